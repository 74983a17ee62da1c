"""Class error of linear students of flipped signs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.malignant_tail_2026.networks import ensemble, explain_marks, times_between
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]


def compute_class_error(
    *,
    flip_probabilities: Sequence[float],
    sample_ratio: float,
    t_end: float,
    n_inputs: int,
    n_seeds: int,
) -> dict[str, Array]:
    """Class error in time for several shares of flipped labels."""
    from lazyrich.paper_checks.measurements.malignant_tail_2026 import class_errors
    from lazyrich.theory.double_descent.truncation import label_flip_error

    t, t_points = times_between(0.1, t_end, 200), times_between(0.1, t_end, 14)
    flips = np.sort(np.asarray(flip_probabilities, dtype=float))
    given = {"flip_probability": flips, "sample_ratio": sample_ratio}
    mean, error = ensemble(class_errors, n_seeds, t=t_points, n_inputs=n_inputs, **given)
    theory = label_flip_error(t, sample_ratio, flips[:, None])
    best = np.argmin(theory, axis=1)
    return {
        "t": t,
        "flips": flips,
        "theory": theory,
        "best_t": t[best],
        "best_error": theory.min(axis=1),
        "t_points": t_points,
        "error": mean,
        "error_error": error,
    }


def draw_class_error(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.8, 3.6))
    axes = picture.subplots()
    for k, p in enumerate(data["flips"]):
        theory_line(axes, data["t"], data["theory"][k], color=f"C{k}", label=f"p = {p:g}")
        points = data["error"][k], data["error_error"][k]
        simulation_points(axes, data["t_points"], *points, color=f"C{k}")
        if data["best_t"][k] > data["t"][0]:
            best = data["best_t"][k], data["best_error"][k]
            axes.plot(*best, "D", color=f"C{k}", ms=8, mfc="none")
    axes.set_xscale("log")
    axes.set_xlabel("time t")
    axes.set_ylabel("class error on true labels")
    axes.legend(title="flipped labels", loc="center left", bbox_to_anchor=(1, 0.5))
    explain_marks(axes)
    return picture


FIGURES = [
    Figure(
        name="class-error",
        caption="Share of inputs that a linear student of flipped signs classes wrongly. Diamonds: the best "
        "time, earlier the more labels are flipped.",
        source="arXiv:2603.02293, abstract; noise memorization; the class error derived here",
        parameters={
            "flip_probabilities": (0.0, 0.1, 0.2, 0.3, 0.4),
            "sample_ratio": 1.5,
            "t_end": 1e3,
            "n_inputs": 200,
            "n_seeds": 8,
        },
        compute=compute_class_error,
        draw=draw_class_error,
    ),
]
