"""Risk of ridge regression on random features against their number and that of the samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.mei_2019.students import FEATURES, RISK, checked, mean_and_error
from lazyrich.figures.style import plain_ticks, simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
SAMPLES = "samples / features, n/p"
RATIOS = (0.1, 0.2, 0.5, 1, 2, 5, 10)
LINE = np.unique(np.concatenate([np.geomspace(0.1, 10, 241), np.geomspace(0.9, 1.1, 121)]))


def _swept(
    ratios_of: Callable[[Array], dict[str, Any]],
    at: Sequence[float],
    penalties: Sequence[float],
    noise_var: float,
    n_inputs: int,
    students: int,
    seed: int,
) -> dict[str, Array]:
    """Risk along LINE and of ReLU students at `at`, for each penalty and for the best one."""
    from lazyrich.paper_checks.measurements import mei_2019 as routes
    from lazyrich.paper_checks.predictions import mei_2019 as predictions

    checked(students, noise_var=noise_var, n_inputs=n_inputs)
    lam, points = np.asarray(penalties, dtype=float), np.asarray(at, dtype=float)
    rng = np.random.default_rng(seed)
    fixed = [
        routes.risk(rng, noise_var, n_inputs=n_inputs, penalty=lam, **ratios_of(points))
        for _ in range(students)
    ]
    best = [
        routes.tuned_risk(rng, n_inputs, noise_var=noise_var, **ratios_of(points))
        for _ in range(students)
    ]
    risks, errors = mean_and_error(fixed)
    best_risk, best_error = mean_and_error(best)
    coarse = LINE[::6]
    return {
        "ratio": LINE,
        "penalty": lam,
        "theory_risk": predictions.risk(noise_var, penalty=lam, **ratios_of(LINE)),
        "best_ratio": coarse,
        "theory_best": np.concatenate(
            [predictions.tuned_risk(noise_var=noise_var, **ratios_of(x[None])) for x in coarse]
        ),
        "measured_ratio": points,
        "risk": risks,
        "risk_error": errors,
        "best": best_risk,
        "best_error": best_error,
    }


def compute_model_wise(*, sample_ratio: float, **given: Any) -> dict[str, Array]:
    """Risk against p/n at a fixed number of samples."""
    checked(2, sample_ratio=sample_ratio)
    return _swept(
        lambda x: {
            "feature_ratio": x * sample_ratio,
            "sample_ratio": np.full(len(x), sample_ratio),
        },
        **given,
    )


def compute_sample_wise(*, feature_ratio: float, **given: Any) -> dict[str, Array]:
    """Risk against n/p at a fixed number of features."""
    checked(2, feature_ratio=feature_ratio)
    return _swept(
        lambda x: {
            "feature_ratio": np.full(len(x), feature_ratio),
            "sample_ratio": x * feature_ratio,
        },
        **given,
    )


def _draw_swept(data: Curves, label: str) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    at = data["measured_ratio"]
    for k, lam in enumerate(data["penalty"]):
        theory_line(
            axes, data["ratio"], data["theory_risk"][:, k], color=f"C{k}", label=f"λ = {lam:g}"
        )
        simulation_points(axes, at, data["risk"][:, k], data["risk_error"][:, k], color=f"C{k}")
    theory_line(axes, data["best_ratio"], data["theory_best"], color="black", label="best λ")
    simulation_points(axes, at, data["best"], data["best_error"], color="black")
    axes.set(xscale="log", yscale="log", xlabel=label, ylabel=RISK)
    plain_ticks(axes.xaxis, RATIOS)
    plain_ticks(axes.yaxis, (0.2, 0.5, 1, 2, 5, 10, 20, 50))
    axes.legend(loc="upper right")
    return picture


def draw_model_wise(data: Curves) -> Picture:
    return _draw_swept(data, FEATURES)


def draw_sample_wise(data: Curves) -> Picture:
    return _draw_swept(data, SAMPLES)


def compute_activations(
    *,
    sample_ratio: float,
    penalty: float,
    noise_var: float,
    n_inputs: int,
    students: int,
    seed: int,
) -> dict[str, Array]:
    """Risk of real features of two activations and of their Gaussian equivalents, against p/n."""
    from lazyrich.paper_checks.measurements import mei_2019 as routes
    from lazyrich.paper_checks.predictions import mei_2019 as predictions

    checked(students, n_inputs=n_inputs, penalty=penalty, sample_ratio=sample_ratio)
    at = np.array([0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0])
    rng = np.random.default_rng(seed)
    found: dict[str, Array] = {"ratio": LINE, "measured_ratio": at}
    for name in ("relu", "erf"):
        shared = {"sample_ratio": sample_ratio, "penalty": penalty, "activation": name}
        found[f"theory_{name}"] = predictions.risk(
            noise_var, feature_ratio=LINE * sample_ratio, **shared
        )
        found[f"limit_{name}"] = predictions.risk(noise_var, feature_ratio=[np.inf], **shared)
        for kind, equivalent in (("real", False), ("equivalent", True)):
            rows = [
                routes.risk(
                    rng, noise_var, n_inputs=n_inputs, feature_ratio=at * sample_ratio,
                    equivalent=equivalent, **shared,
                )
                for _ in range(students)
            ]  # fmt: skip
            found[f"{kind}_{name}"], found[f"{kind}_{name}_error"] = mean_and_error(rows)
    return found


def draw_activations(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    at = data["measured_ratio"]
    for k, (name, label) in enumerate((("relu", "ReLU"), ("erf", "erf"))):
        colour = f"C{k}"
        theory_line(axes, data["ratio"], data[f"theory_{name}"], color=colour, label=label)
        end = float(data[f"limit_{name}"][0])
        axes.plot([5, 10], [end, end], color=colour, linestyle=":", linewidth=1)
        for kind, mark in (("real", "o"), ("equivalent", "D")):
            points = data[f"{kind}_{name}"], data[f"{kind}_{name}_error"]
            shift = 1.03 if kind == "equivalent" else 1 / 1.03
            filled = (
                {} if kind == "real" else {"markerfacecolor": "white", "markeredgecolor": colour}
            )
            simulation_points(axes, at * shift, *points, color=colour, fmt=mark, **filled)
    simulation_points(axes, [], [], color="0.3", label="real features")
    simulation_points(
        axes, [], [], color="0.3", fmt="D", markerfacecolor="white", markeredgecolor="0.3",
        label="Gaussian equivalents",
    )  # fmt: skip
    axes.plot([], [], color="0.3", linestyle=":", linewidth=1, label="infinitely many features")
    axes.set(xscale="log", yscale="log", xlabel=FEATURES, ylabel=RISK)
    plain_ticks(axes.xaxis, RATIOS)
    plain_ticks(axes.yaxis, (0.2, 0.5, 1, 2, 5, 10))
    axes.legend(loc="upper right")
    return picture


SWEEP = {
    "at": (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0),
    "penalties": (0.0001, 0.01, 0.1),
    "noise_var": 0.2,
    "n_inputs": 60,
    "students": 8,
    "seed": 0,
}

FIGURES = [
    Figure(
        name="model-wise",
        caption="Model-wise double descent: with a small penalty the risk of ReLU features peaks where they "
        "are as many as the samples; at the best penalty (black) it falls steadily. Points: means and "
        "standard errors over students.",
        source="arXiv:1908.05355, risk against the number of features",
        parameters={"sample_ratio": 2.0, **SWEEP},
        compute=compute_model_wise,
        draw=draw_model_wise,
    ),
    Figure(
        name="sample-wise",
        caption="Sample-wise double descent: more samples hurt on the way to as many as there are "
        "features, unless the penalty is tuned. Points: means and standard errors over students.",
        source="arXiv:1908.05355, risk against the number of samples",
        parameters={"feature_ratio": 2.0, **SWEEP},
        compute=compute_sample_wise,
        draw=draw_sample_wise,
    ),
    Figure(
        name="gaussian-equivalence",
        caption="Of an activation only two numbers enter: real features (points) and Gaussian ones with the "
        "same linear part and the same variance beyond it (diamonds) share one curve. Dotted: infinitely "
        "many features. Means and standard errors over students.",
        source="arXiv:1908.05355, universality of the risk and the highly overparametrised limit",
        parameters={
            "sample_ratio": 2.0,
            "penalty": 0.001,
            "noise_var": 0.2,
            "n_inputs": 60,
            "students": 8,
            "seed": 0,
        },
        compute=compute_activations,
        draw=draw_activations,
    ),
]
