"""Figures of Ali, Kolter, Tibshirani 2018 (arXiv:1810.10082): early stopping against ridge regression."""

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
TIME = "time t = 1/penalty"


def compute_risks(
    *, seed: int, n_train: int, n_inputs: int, noise_vars: Sequence[float], learning_rate: float
) -> dict[str, Array]:
    """Risks of the weights of one design along both paths: (noise variances, times)."""
    from lazyrich.paper_checks.measurements import ali_2018 as routes
    from lazyrich.theory.double_descent import early_stopping

    inputs, _, teacher = routes.design(seed, n_train, n_inputs)
    s, basis = np.linalg.eigh(inputs.T @ inputs / n_train)
    s = np.where(s > 1e-12 * s[-1], s, 0.0)
    t = np.geomspace(0.3, 300, 200)
    marks = learning_rate * np.unique(np.rint(np.geomspace(0.5, 200, 13) / learning_rate))
    flow, ridge = routes.descended(inputs, marks, learning_rate), routes.ridge(inputs, 1 / marks)
    found: dict[str, Any] = {"noise_var": np.asarray(noise_vars, dtype=float), "t": t}
    found |= {name: [] for name in ("theory_flow", "theory_ridge", "descent", "solved")}
    squares = (teacher @ basis) ** 2
    for noise in noise_vars:
        given = (s, squares, n_train)
        found["theory_flow"].append(early_stopping.flow_risk(t, *given, noise_var=noise))
        found["theory_ridge"].append(early_stopping.ridge_risk(1 / t, *given, noise_var=noise))
        measured = (inputs, teacher[:, None], noise, np.eye(n_inputs))
        found["descent"].append(routes.risk(flow, *measured))
        found["solved"].append(routes.risk(ridge, *measured))
    return {name: np.asarray(array) for name, array in found.items()} | {"t_marks": marks}


def draw_risks(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(2.3 * len(data["noise_var"]), 2.9))
    row = picture.subplots(1, len(data["noise_var"]), squeeze=False)[0]
    for k, (axes, noise) in enumerate(zip(row, data["noise_var"], strict=True)):
        for name, points, colour, label in (
            ("theory_flow", "descent", "C0", "gradient flow stopped at t"),
            ("theory_ridge", "solved", "C1", "ridge at penalty 1/t"),
        ):
            words = label if k == 0 else None
            theory_line(axes, data["t"], data[name][k], color=colour, label=words)
            simulation_points(axes, data["t_marks"], data[points][k], color=colour)
        axes.set_xscale("log")
        axes.set_title(f"noise variance {noise:g}")
        axes.set_xlabel(TIME)
        axes.set_ylim(bottom=0)
    row[0].set_ylabel(r"$E|w-w^*|^2$")
    picture.legend(loc="outside upper center", ncols=2)
    return picture


def compute_bounds(*, t: float, learning_rate: float) -> dict[str, Array]:
    """Ratios of one eigenvalue in x = s t, and their largest values; points: trained designs."""
    from lazyrich.paper_checks.measurements import ali_2018 as routes
    from lazyrich.theory.double_descent import early_stopping

    x, marks = np.geomspace(0.02, 100, 300), np.geomspace(0.03, 30, 12)
    shrinkage = early_stopping.largest_shrinkage_ratio()
    bayes = early_stopping.largest_bayes_ratio()
    return {
        "x": x,
        "risk": early_stopping.shrinkage_ratio(x) ** 2,
        "bayes": early_stopping.bayes_ratio(x),
        "largest": np.array([[shrinkage.x, shrinkage.value**2], [bayes.x, bayes.value]]),
        "x_marks": marks,
        "descent": routes.norm_ratio(marks, t, 6, learning_rate) ** 2,
    }


def draw_bounds(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.2, 3.3))
    axes = picture.subplots()
    theory_line(axes, data["x"], data["risk"], color="C0", label="no teacher: only variance")
    simulation_points(axes, data["x_marks"], data["descent"], color="C0")
    theory_line(
        axes, data["x"], data["bayes"], color="C1", label="prior, penalty optimal for ridge"
    )
    for (x, value), colour in zip(data["largest"], ("C0", "C1"), strict=True):
        axes.plot([x], [value], marker="_", markersize=14, color="0.2", linestyle="none", zorder=4)
        axes.annotate(
            f"{value:.4f}",
            (x, value),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            color=colour,
        )
    axes.axhline(1, color="0.6", linewidth=1, linestyle=":")
    axes.set_xscale("log")
    axes.set_ylim(0.95, 1.8)
    axes.set_xlabel("eigenvalue x time, x = s t")
    axes.set_ylabel("risk of flow / risk of ridge")
    axes.legend(loc="upper left")
    return picture


def compute_isotropic(
    *, sample_ratios: Sequence[float], snr: float, n_inputs: int, designs: int, seed: int
) -> dict[str, Array]:
    """Ratio of the excess risks for isotropic inputs: (sample ratios, times)."""
    from lazyrich.paper_checks.measurements.ali_2018 import isotropic_ratio
    from lazyrich.theory.double_descent import isotropic

    if designs < 2:
        raise ValueError(f"designs {designs}; needs 2 or more for error bars")
    t, marks = np.geomspace(0.05, 500, 200), np.geomspace(0.1, 300, 12)
    theory, means, errors = [], [], []
    for alpha in sample_ratios:
        flow = isotropic.learning_curve(t / alpha, alpha, teacher_power=snr, noise_var=1.0).test
        ridge = isotropic.ridge_risk(alpha, alpha / t, teacher_power=snr, noise_var=1.0)
        theory.append((flow - 1) / (ridge - 1))
        runs = np.array(
            [
                isotropic_ratio(rng, n_inputs, marks, alpha, snr)
                for rng in np.random.default_rng(seed).spawn(designs)
            ]
        )
        means.append(runs.mean(axis=0))
        errors.append(runs.std(axis=0, ddof=1) / np.sqrt(designs))
    return {
        "sample_ratio": np.asarray(sample_ratios, dtype=float),
        "t": t,
        "theory": np.array(theory),
        "t_designs": marks,
        "designs": np.array(means),
        "designs_error": np.array(errors),
    }


def draw_isotropic(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.2, 3.3))
    axes = picture.subplots()
    for k, alpha in enumerate(data["sample_ratio"]):
        theory_line(axes, data["t"], data["theory"][k], color=f"C{k}", label=f"P/N = {alpha:g}")
        simulation_points(
            axes, data["t_designs"], data["designs"][k], data["designs_error"][k], color=f"C{k}"
        )
    axes.axhline(1, color="0.6", linewidth=1, linestyle=":")
    axes.set_xscale("log")
    axes.set_xlabel(TIME)
    axes.set_ylabel("risk of flow / risk of ridge")
    axes.legend()
    return picture


SOURCE = "arXiv:1810.10082, "
FIGURES = [
    Figure(
        name="risks",
        caption="Early stopping at t and ridge at penalty 1/t trace nearly the same risk, on one design "
        "with more weights than samples and a covariance that is not white. Points: explicit gradient "
        "descent and linear solves, averaged exactly over the label noise.",
        source=SOURCE + "risks along the two paths",
        parameters={
            "seed": 3,
            "n_train": 30,
            "n_inputs": 40,
            "noise_vars": (0.5, 2.0, 8.0),
            "learning_rate": 0.02,
        },
        compute=compute_risks,
        draw=draw_risks,
    ),
    Figure(
        name="bounds",
        caption="Ratio of risks on designs of one eigenvalue s. Whatever the design, the ratio at penalty "
        "1/t stays below the upper curve's maximum, and at the penalty that is optimal under an "
        "isotropic prior below the lower curve's. Points: gradient descent and linear solves.",
        source=SOURCE + "bounds 1.6862 and 1.22",
        parameters={"t": 4.0, "learning_rate": 0.002},
        compute=compute_bounds,
        draw=draw_bounds,
    ),
    Figure(
        name="isotropic-ratio",
        caption="Flow against ridge at penalty 1/t for isotropic inputs of variance 1: excess risks from "
        "the Marchenko-Pastur law. Points: random designs, averaged exactly over teacher and noise.",
        source=SOURCE + "asymptotic risks",
        parameters={
            "sample_ratios": (0.5, 1.1, 3.0),
            "snr": 5.0,
            "n_inputs": 200,
            "designs": 16,
            "seed": 0,
        },
        compute=compute_isotropic,
        draw=draw_isotropic,
    ),
]
