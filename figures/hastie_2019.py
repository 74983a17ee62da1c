"""Figures of Hastie, Montanari, Rosset, Tibshirani 2019 (arXiv:1903.08560): ridgeless least squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import plain_ticks, simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
SAMPLES = "samples / inputs, P/N"
RATIOS = (0.1, 0.2, 0.5, 1, 2, 5, 10)
ISOTROPIC: dict[str, Any] = {
    "shares": (1.0,),
    "variances": (1.0,),
    "teacher_norms_squared": (1.0,),
}


def _mean_and_error(rows: Any) -> tuple[Array, Array]:
    """Mean over designs (first axis) and its standard error."""
    found = np.asarray(rows)
    return found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(len(found))


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"{name} {value}; needs {name} > 0")


def compute_ridgeless(
    *, snrs: Sequence[float], n_inputs: int, designs: int, seed: int
) -> dict[str, Array]:
    """Excess risk, power 1, of the ridgeless fit: theory, and averages over designs."""
    from lazyrich.paper_checks.measurements.hastie_2019 import bias_and_variance as measured
    from lazyrich.paper_checks.predictions.hastie_2019 import bias_and_variance

    _positive(**{f"snr {snr}": snr for snr in snrs}, n_inputs=n_inputs, designs=designs - 1)
    ratios = np.unique(
        np.concatenate([np.geomspace(0.1, 10, 300), 1 + np.geomspace(1e-3, 0.1, 40)])
    )
    ratios = np.unique(np.concatenate([ratios, 2 - ratios[(ratios > 1) & (ratios < 1.1)]]))
    theory = bias_and_variance(ratios, **ISOTROPIC, penalty=0.0)
    at = np.array([0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 1.25, 1.4, 2.0, 3.0, 5.0, 10.0])
    at = np.unique(np.rint(at * n_inputs)) / n_inputs
    rng = np.random.default_rng(seed)
    found = [measured(rng, n_inputs, at, **ISOTROPIC, penalty=0.0) for _ in range(designs)]
    noise = 1 / np.asarray(snrs, dtype=float)[:, None, None]
    risks = np.asarray(found)[..., 0] + noise * np.asarray(found)[..., 1]
    means, errors = _mean_and_error(np.moveaxis(risks, 1, 0))
    return {
        "ratio": ratios,
        "theory_bias": theory[:, 0],
        "theory_risk": theory[:, 0] + noise[:, 0] * theory[:, 1],
        "measured_ratio": at,
        "risk": means,
        "risk_error": errors,
        "snr": np.asarray(snrs, dtype=float),
    }


def draw_ridgeless(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    for k, snr in enumerate(data["snr"]):
        theory_line(
            axes, data["ratio"], data["theory_risk"][k], color=f"C{k}", label=f"SNR {snr:g}"
        )
        points = data["measured_ratio"], data["risk"][k], data["risk_error"][k]
        simulation_points(axes, *points, color=f"C{k}")
    shown = data["theory_bias"] > 0
    theory_line(
        axes, data["ratio"][shown], data["theory_bias"][shown], color="0.4", linestyle="--",
        label="bias",
    )  # fmt: skip
    axes.axhline(1.0, color="0.6", linewidth=1, linestyle=":")
    axes.text(10, 1.03, "zero predictor", ha="right", va="bottom", color="0.4", fontsize=8)
    axes.set(xscale="log", yscale="log", ylim=(0.01, 30), xlabel=SAMPLES)
    axes.set_ylabel("excess risk / teacher power")
    plain_ticks(axes.xaxis, RATIOS)
    axes.legend(loc="lower left")
    return picture


def compute_ridge(
    *, penalties: Sequence[float], noise_var: float, n_inputs: int, designs: int, seed: int
) -> dict[str, Array]:
    """Excess risk for several penalties and for the best one."""
    from lazyrich.paper_checks.measurements import hastie_2019 as routes
    from lazyrich.paper_checks.predictions import hastie_2019 as predictions

    _positive(noise_var=noise_var, n_inputs=n_inputs, designs=designs - 1)
    lam = np.asarray(penalties, dtype=float)
    ratios = np.geomspace(0.2, 5, 201)
    at = np.array([0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0])
    at = np.unique(np.rint(at * n_inputs)) / n_inputs
    rng = np.random.default_rng(seed)
    fixed = [routes.risk(rng, noise_var, n_inputs=n_inputs, sample_ratio=at, **ISOTROPIC, penalty=lam)
             for _ in range(designs)]  # fmt: skip
    best = [
        routes.tuned_ridge_risk(rng, at, noise_var, n_inputs=n_inputs, **ISOTROPIC)
        for _ in range(designs)
    ]
    risks, errors = _mean_and_error(fixed)
    best_risk, best_error = _mean_and_error(best)
    return {
        "ratio": ratios,
        "penalty": lam,
        "theory_risk": predictions.risk(noise_var, sample_ratio=ratios, **ISOTROPIC, penalty=lam),
        "theory_best": predictions.tuned_ridge_risk(ratios, noise_var, **ISOTROPIC),
        "measured_ratio": at,
        "risk": risks,
        "risk_error": errors,
        "best": best_risk,
        "best_error": best_error,
    }


def draw_ridge(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    at = data["measured_ratio"]
    for k, lam in enumerate(data["penalty"]):
        theory_line(
            axes, data["ratio"], data["theory_risk"][:, k], color=f"C{k}", label=f"λ = {lam:g}"
        )
        simulation_points(axes, at, data["risk"][:, k], data["risk_error"][:, k], color=f"C{k}")
    theory_line(axes, data["ratio"], data["theory_best"], color="black", label="best λ = N/(P SNR)")
    simulation_points(axes, at, data["best"], data["best_error"], color="black")
    axes.set(xscale="log", yscale="log", xlabel=SAMPLES, ylabel="excess risk / teacher power")
    plain_ticks(axes.xaxis, RATIOS)
    axes.legend(loc="lower left")
    return picture


def compute_tail(
    *,
    head: int,
    n_train: int,
    trace: float,
    noise_var: float,
    tails: Sequence[int],
    designs: int,
    seed: int,
) -> dict[str, Array]:
    """Bias and noise part of the interpolator's risk against the number of tail dimensions."""
    from lazyrich.solvers.networks.linear_student import gaussian_design
    from lazyrich.solvers.networks.ridge_student import averaged_ridge
    from lazyrich.theory.double_descent.covariance import BlockCovariance, ridge_risk

    _positive(head=head, trace=trace, noise_var=noise_var, designs=designs - 1)
    if not head < n_train < head + min(tails):
        raise ValueError(f"n_train {n_train}; needs head < n_train < head + smallest tail")

    def predicted(tail: float) -> list[float]:
        blocks = BlockCovariance([1.0, trace / tail], [head, tail], [1.0, 0.0])
        clean, noisy = (float(ridge_risk(blocks, n_train, 0.0, noise_var=v).risk)
                        for v in (0.0, noise_var))  # fmt: skip
        return [clean, noisy - clean]

    rng, found = np.random.default_rng(seed), []
    for tail in tails:
        c, n = [1.0, trace / tail], [head, tail]
        rows = []
        for _ in range(designs):
            X = gaussian_design(n_train, np.repeat(c, n), rng)
            fit = averaged_ridge(X, n, c, [1 / head, 0.0], 0.0, noise_var=noise_var)
            rows.append([fit.signal.sum(), fit.noise.sum()])
        found.append(_mean_and_error(rows))
    line = np.geomspace(1.02 * (n_train - head), 2 * max(tails), 200)
    only = BlockCovariance([1.0], [head], [1.0])
    ridge = [
        float(ridge_risk(only, n_train, trace / n_train, noise_var=v).risk)
        for v in (0.0, noise_var)
    ]
    return {
        "tail": line / n_train,
        "theory": np.array([predicted(tail) for tail in line]),
        "measured_tail": np.asarray(tails, dtype=float) / n_train,
        "parts": np.array([mean for mean, _ in found]),
        "parts_error": np.array([error for _, error in found]),
        "ridge": np.array([ridge[0], ridge[1] - ridge[0]]),
        "least_squares": np.atleast_1d(noise_var * head / (n_train - head)),
    }


def draw_tail(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    for k, name in enumerate(("bias", "noise fitted")):
        theory_line(axes, data["tail"], data["theory"][:, k], color=f"C{k}", label=name)
        points = data["measured_tail"], data["parts"][:, k], data["parts_error"][:, k]
        simulation_points(axes, *points, color=f"C{k}")
        axes.axhline(float(data["ridge"][k]), color=f"C{k}", linewidth=1, linestyle="--")
    theory_line(
        axes, [], [], color="0.4", linestyle="--", linewidth=1, label="ridge T/P on the head"
    )
    floor = float(data["least_squares"][0])
    axes.axhline(floor, color="0.6", linewidth=1, linestyle=":", label="least squares on the head")
    axes.axhline(1.0, color="0.6", linewidth=1)
    axes.text(
        data["tail"][-1], 1.05, "zero predictor", ha="right", va="bottom", color="0.4", fontsize=8
    )
    axes.set(xscale="log", yscale="log", xlabel="tail dimensions / samples")
    axes.set_ylabel("part of the excess risk / teacher power")
    axes.legend(loc="center right", bbox_to_anchor=(1.0, 0.425))
    return picture


def compute_features(
    *, noise_var: float, sample_ratio: float, n_latent: int, n_inputs: int, designs: int, seed: int
) -> dict[str, Array]:
    """Risk against the number of features per sample: inputs left out, and noisy features of few."""
    from lazyrich.paper_checks.measurements import hastie_2019 as routes
    from lazyrich.paper_checks.predictions import hastie_2019 as predictions

    _positive(noise_var=noise_var, n_latent=n_latent, n_inputs=n_inputs, designs=designs - 1)
    rng = np.random.default_rng(seed)
    seen = np.array([0.125, 0.25, 0.375, 0.625, 0.75, 1.0])
    features = sample_ratio * np.array([0.5, 0.75, 1.5, 2.0, 4.0, 8.0])
    unseen = [routes.misspecified_risk(rng, n_inputs, seen, 0.5, noise_var) for _ in range(designs)]
    latent = [
        routes.latent_risk(rng, n_latent, features, sample_ratio, noise_var) for _ in range(designs)
    ]
    seen_line = np.linspace(0.05, 1.0, 400)
    feature_line = np.geomspace(1.02, features[-1], 400)
    left, right = _mean_and_error(unseen), _mean_and_error(latent)
    return {
        "seen": seen_line / 0.5,
        "theory_misspecified": predictions.misspecified_risk(seen_line, 0.5, noise_var),
        "measured_seen": seen / 0.5,
        "misspecified": left[0],
        "misspecified_error": left[1],
        "features": feature_line / sample_ratio,
        "theory_latent": predictions.latent_risk(feature_line, sample_ratio, noise_var),
        "measured_features": features / sample_ratio,
        "latent": right[0],
        "latent_error": right[1],
    }


def draw_features(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.0))
    panels = picture.subplots(1, 2, sharey=True)
    for axes, x, name, title in (
        (panels[0], "seen", "misspecified", "inputs of the teacher seen"),
        (panels[1], "features", "latent", "noisy features of few latent inputs"),
    ):
        theory_line(axes, data[x], data[f"theory_{name}"], color="C0", label="theory")
        points = data[f"measured_{x}"], data[name], data[f"{name}_error"]
        simulation_points(axes, *points, color="C1", label="regressions")
        axes.axvline(1.0, color="0.6", linewidth=1, linestyle=":")
        axes.set(yscale="log", ylim=(0.04, 20), xlabel="features / samples", title=title)
    panels[1].set_xscale("log")
    plain_ticks(panels[1].xaxis, RATIOS)
    panels[0].set_ylabel("risk / target power")
    panels[0].legend(loc="upper right")
    return picture


FIGURES = [
    Figure(
        name="ridgeless",
        caption="Double descent of the ridgeless fit: the risk peaks where samples suffice to fit all "
        "inputs. Where it is above the dotted line the interpolator is worse than predicting zero, for "
        "SNR below 1/|1 − P/N|. Points: means and standard errors over random designs.",
        source="arXiv:1903.08560, risk of the ridgeless fit with isotropic features",
        parameters={"snrs": (0.5, 2.0, 10.0), "n_inputs": 200, "designs": 12, "seed": 0},
        compute=compute_ridgeless,
        draw=draw_ridgeless,
    ),
    Figure(
        name="ridge",
        caption="A penalty removes the peak; at the best one (black) the risk falls steadily and is below "
        "that of every fixed penalty. Points: means and standard errors over random designs.",
        source="arXiv:1903.08560, ridge regression and optimal tuning",
        parameters={
            "penalties": (0.001, 0.03, 0.3, 3.0),
            "noise_var": 0.2,
            "n_inputs": 200,
            "designs": 12,
            "seed": 0,
        },
        compute=compute_ridge,
        draw=draw_ridge,
    ),
    Figure(
        name="benign-tail",
        caption="Interpolation is harmless if the noise is fitted by very many weak directions: they act "
        "as a ridge on the head (dashed), the tail's trace over P. With few of them it ruins the fit. "
        "Points: means and standard errors over random designs.",
        source="arXiv:1903.08560, correlated features; effective ridge derived here",
        parameters={
            "head": 20,
            "n_train": 200,
            "trace": 10.0,
            "noise_var": 1.0,
            "tails": (220, 300, 500, 1000, 3000, 10000),
            "designs": 12,
            "seed": 0,
        },
        compute=compute_tail,
        draw=draw_tail,
    ),
    Figure(
        name="number-of-features",
        caption="Risk of interpolators against their number of features. Left: they are inputs of the "
        "teacher, the others act as noise. Right: they are noisy views of few latent inputs, and the best "
        "model has most features. Points: means and standard errors over random designs.",
        source="arXiv:1903.08560, misspecified model and latent space model",
        parameters={
            "noise_var": 0.1,
            "sample_ratio": 4.0,
            "n_latent": 40,
            "n_inputs": 160,
            "designs": 12,
            "seed": 0,
        },
        compute=compute_features,
        draw=draw_features,
    ),
]
