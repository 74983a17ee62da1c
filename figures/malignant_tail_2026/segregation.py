"""Where and when a linear student learns signal and noise, and what cutting out a part does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.malignant_tail_2026.networks import ensemble, explain_marks, times_between
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]


def compute_segregation(
    *,
    cuts: Sequence[float],
    sample_ratio: float,
    noise_var: float,
    t_end: float,
    n_inputs: int,
    n_seeds: int,
) -> dict[str, Array]:
    """Energy of teacher and noise learned between the cuts, in time."""
    from lazyrich.paper_checks.measurements.malignant_tail_2026 import energy_below_cuts
    from lazyrich.theory.double_descent.truncation import learned_energy

    t, t_points = times_between(0.05, t_end, 120), times_between(0.05, t_end, 14)
    edges = np.append(np.sort(np.asarray(cuts, dtype=float)), np.inf)
    given = {"sample_ratio": sample_ratio, "noise_var": noise_var}
    below = learned_energy(t[:, None], edges, **given)

    def between(rng: np.random.Generator, **sizes: Any) -> Array:
        found = energy_below_cuts(rng, t=t_points, cut=edges, teacher_power=1.0, **sizes)
        return np.diff(found, axis=1, prepend=0)

    mean, error = ensemble(between, n_seeds, n_inputs=n_inputs, **given)
    return {
        "t": t,
        "t_points": t_points,
        "cuts": edges[:-1],
        "theory_signal": np.diff(below.signal, axis=1, prepend=0),
        "theory_noise": np.diff(below.noise, axis=1, prepend=0),
        "signal": mean[..., 0],
        "signal_error": error[..., 0],
        "noise": mean[..., 1],
        "noise_error": error[..., 1],
    }


def draw_segregation(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.8, 3.2))
    panels = picture.subplots(1, 2)
    for axes, name in zip(panels, ("signal", "noise"), strict=True):
        for k, label in enumerate(_band_labels(data["cuts"])):
            theory_line(axes, data["t"], data[f"theory_{name}"][:, k], color=f"C{k}", label=label)
            points = data[name][:, k], data[f"{name}_error"][:, k]
            simulation_points(axes, data["t_points"], *points, color=f"C{k}")
        axes.set_xscale("log")
        axes.set_xlabel("time t")
        axes.set_ylabel(f"learned {name}, $|w|^2/N$")
        axes.set_ylim(bottom=0)
    panels[0].legend(loc="upper left")
    explain_marks(panels[1])
    return picture


def _band_labels(cuts: Array) -> list[str]:
    inner = [f"{low:g} < λ ≤ {high:g}" for low, high in pairwise(cuts)]
    return [f"λ ≤ {cuts[0]:g}", *inner, f"λ > {cuts[-1]:g}"]


def compute_risk_of_cuts(
    *,
    times: Sequence[float],
    sample_ratio: float,
    noise_var: float,
    n_inputs: int,
    n_seeds: int,
) -> dict[str, Array]:
    """Test error against the cut, for several times and for the trained student."""
    from lazyrich.paper_checks.measurements.malignant_tail_2026 import risk_of_cuts
    from lazyrich.theory.double_descent.isotropic import ridge_risk
    from lazyrich.theory.double_descent.marchenko_pastur import edges
    from lazyrich.theory.double_descent.truncation import isotropic_risk, optimal_cut

    if not noise_var > 0:
        raise ValueError(f"noise_var {noise_var}; needs noise_var > 0")
    t = np.append(np.sort(np.asarray(times, dtype=float)), np.inf)
    lower, upper = (float(edge) for edge in edges(sample_ratio))
    ends = max(lower, 0.01 * upper) / 3, 1.2 * upper
    cut, cut_points = np.geomspace(*ends, 240), np.geomspace(*ends, 16)
    given = {"sample_ratio": sample_ratio, "noise_var": noise_var}
    sizes = {"n_inputs": n_inputs, "teacher_power": 1.0, "t": t, "cut": cut_points}
    mean, error = ensemble(risk_of_cuts, n_seeds, **sizes, **given)
    best = optimal_cut(1 / noise_var, t)
    return {
        "cut": cut,
        "t": t,
        "theory": isotropic_risk(cut, t=t[:, None], **given),
        "best_cut": best,
        "best_risk": isotropic_risk(best, t=t, **given),
        "ridge": np.atleast_1d(ridge_risk(sample_ratio, noise_var, noise_var=noise_var)),
        "cut_points": cut_points,
        "risk": mean,
        "risk_error": error,
    }


def draw_risk_of_cuts(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.8, 3.6))
    axes = picture.subplots()
    for k, t in enumerate(data["t"]):
        label = "fully trained" if np.isinf(t) else f"t = {t:g}"
        theory_line(axes, data["cut"], data["theory"][k], color=f"C{k}", label=label)
        points = data["risk"][k], data["risk_error"][k]
        simulation_points(axes, data["cut_points"], *points, color=f"C{k}")
        best = max(data["best_cut"][k], data["cut"][0])
        axes.plot(best, data["best_risk"][k], "D", color=f"C{k}", ms=8, mfc="none")
    axes.set_xscale("log")
    axes.axhline(data["ridge"][0], color="0.4", linestyle="--", linewidth=1, label="best ridge")
    axes.set_xlabel("cut: largest eigenvalue λ left out")
    axes.set_ylabel("test error")
    axes.legend(loc="upper right")
    explain_marks(axes)
    return picture


FIGURES = [
    Figure(
        name="segregation",
        caption="Energy of the weights along small, middle and large eigenvalues λ in time. All of them "
        "end with signal in proportion to their number; noise ends along the small ones, and "
        "appears there last.",
        source="arXiv:2603.02293, abstract; segregation of signal and noise",
        parameters={
            "cuts": (0.5, 2.0),
            "sample_ratio": 1.5,
            "noise_var": 0.5,
            "t_end": 200.0,
            "n_inputs": 200,
            "n_seeds": 8,
        },
        compute=compute_segregation,
        draw=draw_segregation,
    ),
    Figure(
        name="risk-against-cut",
        caption="Test error of students that keep the eigenvalues above a cut. Diamonds: best cut, 1/SNR "
        "for the trained student and none until t = 2 SNR. Without a preferred direction of the signal "
        "truncation does not reach the best ridge.",
        source="arXiv:2603.02293, abstract; spectral truncation; the best cut derived here",
        parameters={
            "times": (3.0, 10.0),
            "sample_ratio": 1.2,
            "noise_var": 0.5,
            "n_inputs": 200,
            "n_seeds": 16,
        },
        compute=compute_risk_of_cuts,
        draw=draw_risk_of_cuts,
    ),
]
