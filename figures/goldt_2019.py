"""Figures of Goldt et al. 2019 (arXiv:1906.08632): label noise and the size of the student."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
TEACHER_UNITS = 2


def _runs(
    K: int, shared: bool, steps: Array, n_inputs: int, n_seeds: int, seed: int,
    own: float = 1.0, spread: float = 0.1, **settings: Any,
) -> Any:  # fmt: skip
    """Networks of K units near the teacher's; extra units at a teacher unit (shared) or near 0."""
    from lazyrich.solvers.networks.online_student import train_ensemble

    rngs = np.random.default_rng([seed, K]).spawn(n_seeds)
    teachers = np.stack([rng.standard_normal((TEACHER_UNITS, n_inputs)) for rng in rngs])
    noise = np.stack([rng.standard_normal((K, n_inputs)) for rng in rngs])
    shares = own * (shared | (np.arange(K) < TEACHER_UNITS))
    students = spread * noise + shares[:, None] * teachers[:, np.arange(K) % TEACHER_UNITS]
    return train_ensemble(rngs, students, teachers, steps, teacher_readout=1.0, **settings)


def _theory(t: Array, run: Any, **settings: Any) -> Array:
    from lazyrich.theory.double_descent.online import order_parameters

    start = (field.mean(axis=0) for field in (run.Q[:, 0], run.R[:, 0], run.T))
    return order_parameters(t, *start, teacher_readout=1.0, **settings).error


def _mean(values: Array) -> tuple[Array, Array]:
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))


def compute_curves(
    *, sizes: Sequence[int], t_end: float, n_inputs: int, n_seeds: int, seed: int, **settings: Any
) -> dict[str, Array]:
    """Test error in time of students of each size, first layer trained."""
    settings |= {"student_readout": 1.0}
    steps = np.unique(np.rint(np.geomspace(0.2, t_end, 25) * n_inputs))
    steps = np.append(0, steps)
    t = np.append(0, np.geomspace(0.1, t_end, 300))
    found = {"t": t[1:], "t_network": steps[1:] / n_inputs, "sizes": np.array(sizes, float)}
    for K in sizes:
        run = _runs(K, False, steps, n_inputs, n_seeds, seed, own=0.4, spread=0.3, **settings)
        found[f"theory_{K}"] = _theory(t, run, **settings)[1:]
        found[f"network_{K}"], found[f"error_{K}"] = _mean(run.error[:, 1:])
    return found


def draw_curves(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.4))
    axes = picture.subplots()
    for n, K in enumerate(data["sizes"].astype(int)):
        label = f"K = {K}" + (" = M" if K == TEACHER_UNITS else "")
        theory_line(axes, data["t"], data[f"theory_{K}"], color=f"C{n}", label=label)
        points = data[f"network_{K}"], data[f"error_{K}"]
        simulation_points(axes, data["t_network"], *points, color=f"C{n}", markersize=3.5)
    axes.set(xscale="log", yscale="log", xlabel="time t = steps/N", ylabel="test error")
    axes.legend()
    return picture


def compute_final(
    *, learning_rates: Sequence[float], sizes: Sequence[int], learning_rate: float,
    noise_var: float, n_inputs: int, n_seeds: int, seed: int,
) -> dict[str, Array]:  # fmt: skip
    """Late error against the learning rate of K = M, and against K for both ways of training."""
    from lazyrich.theory.double_descent.online_limits import noise_floor

    late = np.linspace(100.0, 160.0, 21)
    steps = np.append(0, np.rint(late * n_inputs))
    found = {"rates": np.array(learning_rates), "sizes": np.array(sizes, float)}

    def point(K: int, rate: float, both: bool) -> tuple[float, float, float]:
        unit = np.arange(K) % TEACHER_UNITS
        settings: dict[str, Any] = {
            "learning_rate": rate,
            "noise_var": noise_var,
            "student_readout": 1 / np.bincount(unit)[unit] if both else 1.0,
            "readout_learning_rate": rate if both else 0.0,
        }
        run = _runs(K, both, steps, n_inputs, n_seeds, seed, **settings)
        mean, error = _mean(run.error[:, 1:].mean(axis=1))
        return float(_theory(late, run, **settings).mean()), float(mean), float(error)

    groups = {
        "rate": [point(TEACHER_UNITS, rate, False) for rate in learning_rates],
        "first": [point(K, learning_rate, False) for K in sizes],
        "both": [point(K, learning_rate, True) for K in sizes],
    }
    for name, points in groups.items():
        parts = np.array(points).T
        found |= dict(
            zip((f"theory_{name}", f"network_{name}", f"error_{name}"), parts, strict=True)
        )
    found["first_order"] = noise_floor(0, TEACHER_UNITS, found["rates"], noise_var)
    return found


def draw_final(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture
    from matplotlib.ticker import FixedLocator, NullFormatter

    picture = Picture(figsize=(6.5, 3.0))
    left, right = picture.subplots(1, 2)
    theory_line(left, data["rates"], 1e3 * data["theory_rate"], color="C0", label="ODEs")
    theory_line(
        left, data["rates"], 1e3 * data["first_order"], color="0.4", linestyle="--",
        label="first order in η",
    )  # fmt: skip
    simulation_points(
        left, data["rates"], 1e3 * data["network_rate"], 1e3 * data["error_rate"], color="C0"
    )
    left.set(xlabel="learning rate η", ylabel="final test error x 1000")
    for name, label, colour in (("first", "first layer", "C0"), ("both", "both layers", "C1")):
        theory_line(right, data["sizes"], 1e3 * data[f"theory_{name}"], color=colour, label=label)
        points = 1e3 * data[f"network_{name}"], 1e3 * data[f"error_{name}"]
        simulation_points(right, data["sizes"], *points, color=colour)
    right.set(xlabel="units K of the student", ylabel="final test error x 1000")
    right.set_yscale("log")
    right.yaxis.set_major_locator(FixedLocator([0.1, 0.2, 0.5, 1, 2, 5]))
    right.yaxis.set_major_formatter("{x:g}")
    right.yaxis.set_minor_formatter(NullFormatter())
    right.set_xticks(data["sizes"])
    for axes in (left, right):
        axes.legend()
    return picture


SOURCE = "arXiv:1906.08632, "

FIGURES = [
    Figure(
        name="label-noise-in-time",
        caption="Test error of erf students of two teacher units with noisy labels, first layer "
        "trained: students of K > M units end at larger errors than K = M. Lines: ODEs from the mean "
        "start. Points: mean and standard error of networks.",
        source=SOURCE + "error in time of noisy teachers",
        parameters={
            "sizes": (2, 3, 5),
            "t_end": 100.0,
            "n_inputs": 500,
            "n_seeds": 8,
            "seed": 0,
            "learning_rate": 0.5,
            "noise_var": 0.04,
        },
        compute=compute_curves,
        draw=draw_curves,
    ),
    Figure(
        name="final-error",
        caption="Error of erf students at 100 < t < 160 from starts near the teacher. Left: K = M = 2 "
        "against the learning rate. Right: it grows with the size of the student if only the first layer "
        "is trained, and falls if both are and the units share the teacher's. Lines: ODEs. Points: mean and "
        "standard error of networks.",
        source=SOURCE + "asymptotic error against learning rate and size",
        parameters={
            "learning_rates": (0.2, 0.3, 0.4, 0.6, 0.8, 1.0),
            "sizes": (2, 3, 4, 5, 6, 7, 8),
            "learning_rate": 0.2,
            "noise_var": 0.01,
            "n_inputs": 300,
            "n_seeds": 10,
            "seed": 0,
        },
        compute=compute_final,
        draw=draw_final,
    ),
]
