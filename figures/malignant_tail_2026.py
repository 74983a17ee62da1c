"""Figures of Wang 2026 (arXiv:2603.02293): where a linear student keeps the noise of its labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
TIME = "time t"


def _ensemble(measure: Callable[..., Array], n_seeds: int, **given: Any) -> tuple[Array, Array]:
    """Mean over seeds and its standard error."""
    if n_seeds < 2:
        raise ValueError(f"n_seeds {n_seeds}; needs 2 or more for an error bar")
    seeds = np.random.SeedSequence(2603).spawn(n_seeds)
    found = np.array([measure(np.random.default_rng(seed), **given) for seed in seeds])
    return found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(n_seeds)


def _times(first: float, last: float, points: int) -> Array:
    if not 0 < first < last < np.inf:
        raise ValueError(f"times from {first} to {last}; needs 0 < first < last, finite")
    return np.geomspace(first, last, points)


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

    t, t_points = _times(0.05, t_end, 120), _times(0.05, t_end, 14)
    edges = np.append(np.sort(np.asarray(cuts, dtype=float)), np.inf)
    given = {"sample_ratio": sample_ratio, "noise_var": noise_var}
    below = learned_energy(t[:, None], edges, **given)

    def between(rng: np.random.Generator, **sizes: Any) -> Array:
        found = energy_below_cuts(rng, t=t_points, cut=edges, teacher_power=1.0, **sizes)
        return np.diff(found, axis=1, prepend=0)

    mean, error = _ensemble(between, n_seeds, n_inputs=n_inputs, **given)
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
        axes.set_xlabel(TIME)
        axes.set_ylabel(f"learned {name}, $|w|^2/N$")
        axes.set_ylim(bottom=0)
    panels[0].legend(loc="upper left")
    _explain_marks(panels[1])
    return picture


def _band_labels(cuts: Array) -> list[str]:
    inner = [f"{low:g} < λ ≤ {high:g}" for low, high in zip(cuts[:-1], cuts[1:], strict=True)]
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
    mean, error = _ensemble(risk_of_cuts, n_seeds, **sizes, **given)
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
    _explain_marks(axes)
    return picture


def compute_truncated_in_time(
    *,
    noise_var: float,
    tail_variance: float,
    tail_signal: float,
    t_end: float,
    n_train: int,
    n_seeds: int,
) -> dict[str, Array]:
    """Excess risk of the student cut to its leading directions and of the full one."""
    from lazyrich.paper_checks.measurements.malignant_tail_2026 import risk_of_two_blocks
    from lazyrich.theory.double_descent.truncation import block_risk

    t, t_points = _times(0.1, t_end, 120), _times(0.1, t_end, 15)
    covariance, head = _two_blocks(n_train, tail_variance, tail_signal)
    cut, full = (
        block_risk(covariance, n_train, kept, t=t, noise_var=noise_var) for kept in (head, n_train)
    )
    kinds = {"noise_var": noise_var, "tail_variance": tail_variance, "tail_signal": tail_signal}
    given = {"t": t_points, "n_train": n_train, **kinds}
    mean, error = _ensemble(risk_of_two_blocks, n_seeds, **given)
    return {
        "t": t,
        "theory_cut": cut.bias + cut.variance,
        "theory_full": full.bias + full.variance,
        "theory_cut_variance": cut.variance,
        "theory_full_variance": full.variance,
        "t_points": t_points,
        "cut": mean[:, 0],
        "cut_error": error[:, 0],
        "full": mean[:, 1],
        "full_error": error[:, 1],
    }


def _two_blocks(n_train: int, tail_variance: float, tail_signal: float) -> tuple[Any, int]:
    from lazyrich.paper_checks.measurements.malignant_tail_2026 import HEAD, TAIL
    from lazyrich.theory.double_descent.covariance import BlockCovariance

    head = round(HEAD * n_train)
    if n_train <= 0 or not np.isclose(head, HEAD * n_train):
        raise ValueError(f"n_train {n_train}; needs a positive multiple of {round(1 / HEAD)}")
    dimensions = [head, round(TAIL * n_train)]
    return BlockCovariance([1.0, tail_variance], dimensions, [1.0, tail_signal]), head


def draw_truncated_in_time(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    for colour, name, label in (("C1", "full", "full"), ("C0", "cut", "truncated")):
        theory_line(axes, data["t"], data[f"theory_{name}"], color=colour, label=label)
        theory_line(
            axes, data["t"], data[f"theory_{name}_variance"], color=colour, linestyle=":",
            label=f"{label}, from noise",
        )  # fmt: skip
        points = data[name], data[f"{name}_error"]
        simulation_points(axes, data["t_points"], *points, color=colour)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(TIME)
    axes.set_ylabel("excess risk")
    axes.legend(loc="upper center", bbox_to_anchor=(0.55, 1))
    _explain_marks(axes)
    return picture


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

    t, t_points = _times(0.1, t_end, 200), _times(0.1, t_end, 14)
    flips = np.sort(np.asarray(flip_probabilities, dtype=float))
    given = {"flip_probability": flips, "sample_ratio": sample_ratio}
    mean, error = _ensemble(class_errors, n_seeds, t=t_points, n_inputs=n_inputs, **given)
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
    axes.set_xlabel(TIME)
    axes.set_ylabel("class error on true labels")
    axes.legend(title="flipped labels", loc="center left", bbox_to_anchor=(1, 0.5))
    _explain_marks(axes)
    return picture


def compute_harm(
    *,
    largest_noise: float,
    tail_variance: float,
    tail_signal: float,
    n_train: int,
    n_inputs: int,
    times: Sequence[float],
    n_seeds: int,
) -> dict[str, Array]:
    """Risks against the noise level, and the noise that makes learning harmful against the sample ratio."""
    from lazyrich.paper_checks.measurements import malignant_tail_2026 as routes
    from lazyrich.theory.double_descent.truncation import block_risk, harmful_noise

    noise = np.geomspace(largest_noise / 100, largest_noise, 60)
    noise_points = np.geomspace(largest_noise / 100, largest_noise, 9)
    covariance, head = _two_blocks(n_train, tail_variance, tail_signal)
    stops = np.geomspace(0.3, 300, 120)
    cut, full = (
        block_risk(covariance, n_train, kept, t=np.append(stops, np.inf), noise_var=1.0)
        for kept in (head, n_train)
    )
    late, whole = (each.bias + noise[:, None] * each.variance for each in (cut, full))
    blocks = {"tail_variance": tail_variance, "tail_signal": tail_signal}
    given = {"n_train": n_train, "noise_var": noise_points, "t": stops}
    mean, error = _ensemble(routes.late_and_stopped, n_seeds, **given, **blocks)
    ratio, ratio_points = np.linspace(0.05, 3, 180), np.array([0.25, 0.5, 0.75, 1.5, 2.0, 2.5, 3.0])
    t = np.append(np.sort(np.asarray(times, dtype=float)), np.inf)
    given = {"sample_ratio": ratio_points, "t": t, "n_inputs": n_inputs}
    equal, equal_error = _ensemble(routes.noise_of_equal_error, n_seeds, **given)
    return {
        "noise": noise,
        "theory_risk": np.stack([late[:, -1], whole[:, -1], whole[:, :-1].min(axis=1)]),
        "null_risk": np.atleast_1d(covariance.teacher_power),
        "noise_points": noise_points,
        "risk": mean.T,
        "risk_error": error.T,
        "t": t,
        "ratio": ratio,
        "theory_harmful": harmful_noise(ratio, t=t[:, None]),
        "ratio_points": ratio_points,
        "harmful": equal.T,
        "harmful_error": equal_error.T,
    }


def draw_harm(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(7.0, 3.3))
    left, right = picture.subplots(1, 2)
    for k, label in ((1, "fully trained"), (0, "then truncated"), (2, "stopped at its best")):
        line = "--" if k == 2 else "-"
        theory_line(
            left, data["noise"], data["theory_risk"][k], color=f"C{k}", label=label, linestyle=line
        )
        points = data["risk"][k], data["risk_error"][k]
        simulation_points(left, data["noise_points"], *points, color=f"C{k}")
    left.axhline(data["null_risk"][0], color="0.4", linestyle=":", linewidth=1.2, label="untrained")
    left.set(xscale="log", yscale="log", xlabel="label noise σ²", ylabel="excess risk")
    left.set_ylim(bottom=data["theory_risk"].min() / 12)
    left.legend(loc="lower right")
    for k, t in enumerate(data["t"]):
        label = "fully trained" if np.isinf(t) else f"t = {t:g}"
        colour = "C1" if np.isinf(t) else f"C{k + 3}"
        theory_line(right, data["ratio"], data["theory_harmful"][k], color=colour, label=label)
        points = data["harmful"][k], data["harmful_error"][k]
        simulation_points(right, data["ratio_points"], *points, color=colour)
    right.set(xlabel="samples/dimension", ylabel="noise beyond which learning harms")
    right.set_ylim(bottom=0)
    right.legend(loc="upper left")
    _explain_marks(left)
    return picture


def _explain_marks(axes: Axes) -> None:
    """A legend of the two marks, whatever the colours of the curves."""
    handles = [
        theory_line(axes, [], [], color="0.3", label="theory"),
        simulation_points(axes, [], [], color="0.3", label="network"),
    ]
    axes.figure.legend(handles=handles, loc="outside upper left", ncols=2)


SOURCE = "arXiv:2603.02293, abstract; "
BLOCKS = {"tail_variance": 0.02, "tail_signal": 0.3}

FIGURES = [
    Figure(
        name="segregation",
        caption="Energy of the weights along small, middle and large eigenvalues λ in time. All of them "
        "end with signal in proportion to their number; noise ends along the small ones, and "
        "appears there last.",
        source=SOURCE + "segregation of signal and noise",
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
        source=SOURCE + "spectral truncation; the best cut derived here",
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
    Figure(
        name="truncated-in-time",
        caption="Signal in few strong directions, noise in many weak ones: the student cut to its leading "
        "sample directions stays at its best error, the full one overtrains. Dotted: the part of the "
        "label noise.",
        source=SOURCE + "truncation against early stopping",
        parameters=BLOCKS | {"noise_var": 0.5, "t_end": 1e4, "n_train": 200, "n_seeds": 8},
        compute=compute_truncated_in_time,
        draw=draw_truncated_in_time,
    ),
    Figure(
        name="class-error",
        caption="Share of inputs that a linear student of flipped signs classes wrongly. Diamonds: the best "
        "time, earlier the more labels are flipped.",
        source=SOURCE + "noise memorization; the class error derived here",
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
    Figure(
        name="harm",
        caption="Left: excess risk against the label noise; the truncated student is about as good as the "
        "best stopped one. Right: noise beyond which a student of a teacher of variance 1, all "
        "directions alike, does worse than weights of 0.",
        source=SOURCE + "from benign to harmful overfitting",
        parameters=BLOCKS
        | {
            "largest_noise": 2.0,
            "n_train": 200,
            "n_inputs": 200,
            "times": (1.0, 4.0),
            "n_seeds": 8,
        },
        compute=compute_harm,
        draw=draw_harm,
    ),
]
