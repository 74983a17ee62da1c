"""Figures of Saad, Solla 1995: overlaps on the plateau and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]


def compute_overlaps(
    *, learning_rate: float, overlap: float, n_inputs: int, n_seeds: int, t_end: float, seed: int
) -> dict[str, Array]:
    """Q and R of two units: the ODEs from the mean start, and the mean of networks."""
    from lazyrich.solvers.networks.online_student import train_ensemble
    from lazyrich.theory.double_descent.online import order_parameters

    rngs = np.random.default_rng(seed).spawn(n_seeds)
    teachers = np.stack([rng.standard_normal((2, n_inputs)) for rng in rngs])
    noise = np.stack([rng.standard_normal((2, n_inputs)) for rng in rngs])
    settings: dict[str, Any] = {
        "student_readout": 1.0,
        "teacher_readout": 1.0,
        "learning_rate": learning_rate,
    }
    steps = np.rint(np.linspace(0, t_end, 25) * n_inputs)
    runs = train_ensemble(rngs, overlap * teachers + 0.3 * noise, teachers, steps, **settings)
    start = (field.mean(axis=0) for field in (runs.Q[:, 0], runs.R[:, 0], runs.T))
    t = np.linspace(0, t_end, 300)
    theory = order_parameters(t, *start, **settings)
    found = {"t": t, "t_network": steps / n_inputs}
    for name, (i, k) in {"11": (0, 0), "12": (0, 1)}.items():
        for letter in "QR":
            found[f"theory_{letter}{name}"] = getattr(theory, letter)[:, i, k]
            measured = getattr(runs, letter)[:, :, i, k]
            found[f"{letter}{name}"] = measured.mean(axis=0)
            found[f"error_{letter}{name}"] = measured.std(axis=0, ddof=1) / np.sqrt(n_seeds)
    return found


def draw_overlaps(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.0))
    both = picture.subplots(1, 2, sharex=True)
    for axes, letter, what in zip(both, "QR", ("two students", "student and teacher"), strict=True):
        for name, colour in (("11", "C0"), ("12", "C1")):
            label = f"${letter}_{{{name}}}$"
            theory_line(axes, data["t"], data[f"theory_{letter}{name}"], color=colour, label=label)
            points = data[f"{letter}{name}"], data[f"error_{letter}{name}"]
            simulation_points(axes, data["t_network"], *points, color=colour, markersize=3.5)
        axes.set(xlabel="time t = steps/N", ylabel=f"overlap {letter} of {what}")
        axes.legend(loc="center right")
    return picture


FIGURES = [
    Figure(
        name="plateau-and-specialisation",
        caption="Two student units first learn the sum of the teacher's two units, rest on a plateau "
        "and then specialise: R with one teacher unit grows, with the other it vanishes. Lines: "
        "ODEs from the mean start. Points: mean and standard error of networks.",
        source="Phys. Rev. E 52, 4225: overlaps against time",
        parameters={
            "learning_rate": 0.8,
            "overlap": 0.2,
            "n_inputs": 500,
            "n_seeds": 16,
            "t_end": 60.0,
            "seed": 0,
        },
        compute=compute_overlaps,
        draw=draw_overlaps,
    )
]
