"""Risk of random-feature students in time: rise and fall, and the peak that grows late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.mei_2019.students import FEATURES, RISK, checked, mean_and_error
from lazyrich.figures.style import plain_ticks, simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]


def compute_in_time(
    *, feature_ratios: Sequence[float], sample_ratio: float, noise_var: float, n_inputs: int,
    students: int, seed: int,
) -> dict[str, Array]:  # fmt: skip
    """Risk in time for several numbers of features: theory of given weights, and students on them."""
    from lazyrich.paper_checks.measurements import mei_2019 as routes
    from lazyrich.paper_checks.predictions import mei_2019 as predictions

    checked(students, n_inputs=n_inputs, sample_ratio=sample_ratio, noise_var=noise_var)
    t, marks = np.geomspace(0.1, 3e3, 121), np.geomspace(0.1, 3e3, 16)
    rng = np.random.default_rng(seed)
    theory, risks, errors = [], [], []
    for ratio in feature_ratios:
        given: dict[str, Any] = {
            "n_inputs": n_inputs, "feature_ratio": ratio, "sample_ratio": sample_ratio,
            "noise_var": noise_var, "activation": "relu", "weight_seed": seed,
        }  # fmt: skip
        theory.append(predictions.errors_in_time(t, **given)[:, 0])
        rows = [routes.errors_in_time(rng, t=marks, **given)[:, 0] for _ in range(students)]
        mean, error = mean_and_error(rows)
        risks.append(mean)
        errors.append(error)
    return {
        "t": t,
        "ratio": np.asarray(feature_ratios, dtype=float) / sample_ratio,
        "theory": np.array(theory),
        "measured_t": marks,
        "risk": np.array(risks),
        "risk_error": np.array(errors),
    }


def draw_in_time(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    for k, ratio in enumerate(data["ratio"]):
        theory_line(axes, data["t"], data["theory"][k], color=f"C{k}", label=f"p/n = {ratio:g}")
        points = data["measured_t"], data["risk"][k], data["risk_error"][k]
        simulation_points(axes, *points, color=f"C{k}")
    axes.set(xscale="log", yscale="log", xlabel="time / inputs, t/d", ylabel=RISK)
    plain_ticks(axes.yaxis, (0.2, 0.5, 1, 2, 5))
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.98))
    return picture


def compute_stopping(
    *, times: Sequence[float], noise_var: float, sample_ratio: float, n_inputs: int, students: int,
    seed: int,
) -> dict[str, Array]:  # fmt: skip
    """Risk against p/n at several times and at the best one."""
    from lazyrich.paper_checks.measurements import mei_2019 as routes
    from lazyrich.paper_checks.predictions import mei_2019 as predictions

    checked(students, n_inputs=n_inputs, sample_ratio=sample_ratio, noise_var=noise_var)
    grid = np.unique(np.append(np.geomspace(0.3, 300, 40), times))
    shown = np.searchsorted(grid, times)
    given: dict[str, Any] = {
        "n_inputs": n_inputs, "sample_ratio": sample_ratio, "noise_var": noise_var,
        "activation": "relu", "weight_seed": seed,
    }  # fmt: skip
    sizes = np.unique(np.rint(np.geomspace(0.15, 6, 81) * n_inputs * sample_ratio)) / n_inputs
    at = np.rint(
        np.array([0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0]) * n_inputs * sample_ratio
    )
    at = at / n_inputs
    theory = np.array(
        [predictions.errors_in_time(grid, feature_ratio=p, **given)[:, 0] for p in sizes]
    )
    rng = np.random.default_rng(seed)
    rows = [
        [routes.errors_in_time(rng, t=grid, feature_ratio=p, **given)[:, 0] for p in at]
        for _ in range(students)
    ]
    found = np.asarray(rows)
    curves = np.concatenate([found[:, :, shown], found.min(axis=2, keepdims=True)], axis=2)
    risks, errors = mean_and_error(curves)
    return {
        "time": np.asarray(times, dtype=float),
        "ratio": sizes / sample_ratio,
        "theory": np.column_stack([theory[:, shown], theory.min(axis=1)]),
        "measured_ratio": at / sample_ratio,
        "risk": risks,
        "risk_error": errors,
    }


def draw_stopping(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    labels = [*(f"t/d = {t:g}" for t in data["time"]), "best time"]
    for k, label in enumerate(labels):
        colour = "black" if label == "best time" else f"C{k}"
        theory_line(axes, data["ratio"], data["theory"][:, k], color=colour, label=label)
        points = data["measured_ratio"], data["risk"][:, k], data["risk_error"][:, k]
        simulation_points(axes, *points, color=colour)
    axes.set(xscale="log", yscale="log", xlabel=FEATURES, ylabel=RISK)
    plain_ticks(axes.xaxis, (0.2, 0.5, 1, 2, 5))
    plain_ticks(axes.yaxis, (0.5, 1, 2, 5))
    axes.legend(loc="upper right")
    return picture


FIGURES = [
    Figure(
        name="rise-and-fall",
        caption="In time the risk first falls and then rises as the readout fits label noise and what the "
        "features cannot express, most where they are as many as the samples. Lines: theory for given weights. "
        "Points: ReLU students, means and standard errors over training sets.",
        source="derived here for the setting of arXiv:1908.05355",
        parameters={
            "feature_ratios": (0.6, 1.5, 2.0, 8.0),
            "sample_ratio": 2.0,
            "noise_var": 0.2,
            "n_inputs": 100,
            "students": 10,
            "seed": 0,
        },
        compute=compute_in_time,
        draw=draw_in_time,
    ),
    Figure(
        name="peak-in-time",
        caption="The peak at p = n grows late in training; stopped at the best time (black) the risk falls "
        "steadily with the number of features. Points: ReLU students, means and standard errors over "
        "training sets.",
        source="derived here for the setting of arXiv:1908.05355",
        parameters={
            "times": (2.0, 30.0, 300.0),
            "noise_var": 0.5,
            "sample_ratio": 1.0,
            "n_inputs": 100,
            "students": 10,
            "seed": 0,
        },
        compute=compute_stopping,
        draw=draw_stopping,
    ),
]
