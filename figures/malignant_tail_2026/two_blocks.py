"""Truncation against early stopping where few strong directions hold the signal; harm by noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.malignant_tail_2026.networks import ensemble, explain_marks, times_between
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]


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

    t, t_points = times_between(0.1, t_end, 120), times_between(0.1, t_end, 15)
    covariance, head = _two_blocks(n_train, tail_variance, tail_signal)
    cut, full = (
        block_risk(covariance, n_train, kept, t=t, noise_var=noise_var) for kept in (head, n_train)
    )
    kinds = {"noise_var": noise_var, "tail_variance": tail_variance, "tail_signal": tail_signal}
    given = {"t": t_points, "n_train": n_train, **kinds}
    mean, error = ensemble(risk_of_two_blocks, n_seeds, **given)
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
    axes.set_xlabel("time t")
    axes.set_ylabel("excess risk")
    axes.legend(loc="upper center", bbox_to_anchor=(0.55, 1))
    explain_marks(axes)
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
    mean, error = ensemble(routes.late_and_stopped, n_seeds, **given, **blocks)
    ratio, ratio_points = np.linspace(0.05, 3, 180), np.array([0.25, 0.5, 0.75, 1.5, 2.0, 2.5, 3.0])
    t = np.append(np.sort(np.asarray(times, dtype=float)), np.inf)
    given = {"sample_ratio": ratio_points, "t": t, "n_inputs": n_inputs}
    equal, equal_error = ensemble(routes.noise_of_equal_error, n_seeds, **given)
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
    explain_marks(left)
    return picture


BLOCKS = {"tail_variance": 0.02, "tail_signal": 0.3}

FIGURES = [
    Figure(
        name="truncated-in-time",
        caption="Signal in few strong directions, noise in many weak ones: the student cut to its leading "
        "sample directions stays at its best error, the full one overtrains. Dotted: the part of the "
        "label noise.",
        source="arXiv:2603.02293, abstract; truncation against early stopping",
        parameters=BLOCKS | {"noise_var": 0.5, "t_end": 1e4, "n_train": 200, "n_seeds": 8},
        compute=compute_truncated_in_time,
        draw=draw_truncated_in_time,
    ),
    Figure(
        name="harm",
        caption="Left: excess risk against the label noise; the truncated student is about as good as the "
        "best stopped one. Right: noise beyond which a student of a teacher of variance 1, all "
        "directions alike, does worse than weights of 0.",
        source="arXiv:2603.02293, abstract; from benign to harmful overfitting",
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
