"""Error over time and ridge penalty, and where the published ridge form fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.pezeshki_2021.designs import explain_marks, mean_and_error
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]


def compute_map(
    *,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
    noise_var: float,
    points: int,
    n_features: int,
    n_designs: int,
    seed: int,
) -> dict[str, Array]:
    """Half the error over penalties x times, and three cuts."""
    from lazyrich.paper_checks.measurements import pezeshki_2021 as routes
    from lazyrich.theory.double_descent.covariance import ridge_learning_curve
    from lazyrich.theory.double_descent.multiscale import covariance_of

    blocks = covariance_of(1.0, fast_share, condition_number)

    def half_error(t: Array, penalty: float) -> Array:
        curve = ridge_learning_curve(
            sample_ratio * t, blocks, sample_ratio, penalty / sample_ratio, noise_var=noise_var
        )
        return (curve.bias + curve.variance) / 2

    t, penalty = np.geomspace(0.1, 1e6, points), np.geomspace(1e-5, 10, points)
    marks, cuts = np.geomspace(0.1, 1e6, 22), np.array([1e-4, 1e-2, 0.3])
    mean, error = mean_and_error(
        routes.penalised_flow_of_designs, n_designs, seed, n_features=n_features,
        sample_ratio=sample_ratio, fast_share=fast_share, condition_number=condition_number,
        t=marks, penalty=cuts, noise_var=noise_var,
    )  # fmt: skip
    return {
        "t": t,
        "penalty": penalty,
        "half_error": np.array([half_error(t, each) for each in penalty]),
        "cut": cuts,
        "half_error_cut": np.array([half_error(t, each) for each in cuts]),
        "t_measured": marks,
        "half_error_measured": mean / 2,
        "half_error_spread": error / 2,
    }


def draw_map(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(8.5, 3.7))
    left, right = picture.subplots(1, 2)
    image = left.pcolormesh(
        data["t"], data["penalty"], data["half_error"], cmap="cividis", shading="gouraud",
        rasterized=True,
    )  # fmt: skip
    left.set(xscale="log", yscale="log", xlabel="training time t", ylabel="ridge penalty")
    picture.colorbar(image, ax=left, label="generalisation error (1 − 2R + Q)/2")
    for i, cut in enumerate(data["cut"]):
        left.axhline(cut, color="white", linestyle=":", linewidth=1)
        theory_line(
            right, data["t"], data["half_error_cut"][i], color=f"C{i}", label=_power(float(cut))
        )
        simulation_points(
            right, data["t_measured"], data["half_error_measured"][i],
            data["half_error_spread"][i], color=f"C{i}",
        )  # fmt: skip
    right.set(xscale="log", xlabel="training time t", ylabel="generalisation error")
    right.set_ylim(bottom=0)
    right.legend(title="penalty", loc="lower left")
    explain_marks(right)
    return picture


def _power(value: float) -> str:
    exponent = int(np.floor(np.log10(value) + 1e-9))
    return rf"$10^{{{exponent}}}$" if np.isclose(value, 10.0**exponent) else f"{value:g}"


PANELS = ("many", "few")


def compute_published(
    *,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
    noise_var: float,
    few_sample_ratio: float,
    few_fast_share: float,
    few_condition_number: float,
    few_noise_var: float,
    n_features: int,
    n_designs: int,
    seed: int,
) -> dict[str, Array]:
    """Exact ridge error, the published form and dense ridge; more samples than features, and fewer."""
    from lazyrich.paper_checks.measurements import pezeshki_2021 as routes
    from lazyrich.theory.double_descent.deterministic_equivalents import ridge_kappa
    from lazyrich.theory.double_descent.multiscale import (
        covariance_of,
        published_ridge_error,
        ridge_error,
    )

    models = (
        (sample_ratio, fast_share, condition_number, noise_var),
        (few_sample_ratio, few_fast_share, few_condition_number, few_noise_var),
    )
    penalty, marks = 2 / np.geomspace(1, 1e5, 200), 2 / np.geomspace(1, 1e5, 16)
    found = {"penalty": penalty, "penalty_measured": marks}
    for name, (ratio, share, condition, noise) in zip(PANELS, models, strict=True):
        model = (ratio, 1.0, share, condition, penalty)
        mean, error = mean_and_error(
            routes.ridge_errors_of_designs, n_designs, seed, n_features=n_features,
            sample_ratio=ratio, fast_share=share, condition_number=condition, penalty=marks,
            noise_var=noise,
        )  # fmt: skip
        blocks = covariance_of(1.0, share, condition)
        kappa = ridge_kappa(penalty / ratio, blocks, ratio)
        reached = np.interp(0.0, -np.log(kappa * condition**2), -np.log(penalty), right=np.nan)
        found |= {
            f"exact_{name}": ridge_error(*model, noise_var=noise) / 2,
            f"published_{name}": published_ridge_error(*model, noise_var=noise) / 2,
            f"measured_{name}": mean / 2,
            f"spread_{name}": error / 2,
            f"slow_reached_{name}": np.exp(-np.atleast_1d(reached)),
        }
    return found


def draw_published(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(7.5, 3.5))
    panels = picture.subplots(1, 2)
    titles = ("more samples than features", "fewer samples than features")
    for axes, name, title in zip(panels, PANELS, titles, strict=True):
        exact = theory_line(
            axes, 1 / data["penalty"], data[f"exact_{name}"], color="C0", label="coupled by one κ"
        )
        heights = data[f"published_{name}"]
        bottom, top = (-0.8, 1.2) if heights.min() < -0.1 else (-0.02, 1.1 * heights.max())
        shown = np.where((heights > bottom) & (heights < top), heights, np.nan)
        published = theory_line(
            axes, 1 / data["penalty"], shown, color="C1", linestyle="--",
            label="published, decoupled",
        )  # fmt: skip
        dense = simulation_points(
            axes, 1 / data["penalty_measured"], data[f"measured_{name}"], data[f"spread_{name}"],
            color="0.3", label="dense ridge, mean of designs",
        )  # fmt: skip
        axes.axhline(0, color="0.6", linewidth=0.8)
        if np.isfinite(reached := float(data[f"slow_reached_{name}"][0])):
            axes.axvline(1 / reached, color="0.6", linestyle=":")
        axes.set_ylim(bottom, top)
        axes.set(xscale="log", xlabel="1/penalty", ylabel="generalisation error (1 − 2R + Q)/2")
        axes.set_title(title, fontsize="medium")
    picture.legend(handles=[exact, published, dense], loc="outside upper left", ncols=3)
    return picture


FIGURES = [
    Figure(
        name="time-and-penalty",
        caption="Error over training time and ridge penalty (left), with cuts at three penalties "
        "(dotted; right). A penalty damps the peak between the two descents; a large one also keeps "
        "slow features from being learned. Points: random designs.",
        source="arXiv:2112.03215, error over training time and regularisation",
        parameters={
            "sample_ratio": 1.2,
            "fast_share": 0.8,
            "condition_number": 40.0,
            "noise_var": 0.04,
            "points": 100,
            "n_features": 300,
            "n_designs": 8,
            "seed": 0,
        },
        compute=compute_map,
        draw=draw_map,
    ),
    Figure(
        name="published-ridge-form",
        caption="The published form, in which each block of features sees all samples, is right while "
        "the effective penalty κ is far above the slow eigenvalue (they are equal at the dotted line) and "
        "too low as it comes near; with fewer samples than features it diverges and turns negative. Its "
        "curve is broken where it leaves the panel.",
        source="arXiv:2112.03215, replica solution, corrected",
        parameters={
            "sample_ratio": 1.5,
            "fast_share": 0.6,
            "condition_number": 50.0,
            "noise_var": 0.0,
            "few_sample_ratio": 0.6,
            "few_fast_share": 0.4,
            "few_condition_number": 20.0,
            "few_noise_var": 0.09,
            "n_features": 300,
            "n_designs": 8,
            "seed": 0,
        },
        compute=compute_published,
        draw=draw_published,
    ),
]
