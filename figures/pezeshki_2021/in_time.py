"""The error in time: several condition numbers, the (R, Q) plane, fast and slow features apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.pezeshki_2021.designs import explain_marks, mean_and_error
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
TIME = "training time t = learning rate × steps"
HALF_ERROR = "generalisation error (1 − 2R + Q)/2"


def compute_condition_numbers(
    *,
    condition_numbers: Sequence[float],
    sample_ratio: float,
    fast_share: float,
    noise_var: float,
    t_end: float,
    n_features: int,
    n_designs: int,
    seed: int,
) -> dict[str, Array]:
    """Half the error at each condition number; R and Q with it."""
    from lazyrich.paper_checks.measurements import pezeshki_2021 as routes
    from lazyrich.theory.double_descent import multiscale

    ratios = np.asarray(condition_numbers, dtype=float)
    t, marks = np.geomspace(0.05, t_end, 200), np.geomspace(0.05, t_end, 25)
    curves = [
        multiscale.learning_curve(t, sample_ratio, 1.0, fast_share, each, noise_var=noise_var)
        for each in ratios
    ]

    def with_error(rng: np.random.Generator, **given: Any) -> Array:
        R, Q = routes.order_parameters_of_designs(rng, **given).T
        return np.array([R, Q, (1 - 2 * R + Q) / 2])

    measured = np.array(
        [
            mean_and_error(
                with_error, n_designs, seed, n_features=n_features, sample_ratio=sample_ratio,
                fast_share=fast_share, condition_number=each, t=marks, noise_var=noise_var,
            )
            for each in ratios
        ]
    )  # fmt: skip
    return {
        "condition_number": ratios,
        "t": t,
        "R": np.array([curve.R for curve in curves]),
        "Q": np.array([curve.Q for curve in curves]),
        "half_error": np.array([curve.error / 2 for curve in curves]),
        "t_measured": marks,
        "R_measured": measured[:, 0, 0],
        "Q_measured": measured[:, 0, 1],
        "half_error_measured": measured[:, 0, 2],
        "R_spread": measured[:, 1, 0],
        "Q_spread": measured[:, 1, 1],
        "half_error_spread": measured[:, 1, 2],
    }


def draw_condition_numbers(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    for i, ratio in enumerate(data["condition_number"]):
        theory_line(axes, data["t"], data["half_error"][i], color=f"C{i}", label=f"{ratio:g}")
        simulation_points(
            axes, data["t_measured"], data["half_error_measured"][i],
            data["half_error_spread"][i], color=f"C{i}",
        )  # fmt: skip
    axes.set(xscale="log", xlabel=TIME, ylabel=HALF_ERROR)
    axes.set_ylim(bottom=0)
    axes.legend(title="condition\nnumber", loc="center left", bbox_to_anchor=(1.0, 0.5))
    explain_marks(axes)
    return picture


def draw_plane(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 4.2))
    axes = picture.subplots()
    right, top = 1.02, 1.08 * max(data["Q"].max(), data["Q_measured"].max())
    for half in (0.1, 0.2, 0.3, 0.4):
        end = min(right, (top + 1 - 2 * half) / 2)
        height = 2 * half - 1 + 2 * end
        axes.plot((0, end), (2 * half - 1, height), color="0.8", linewidth=0.8, zorder=1)
        side: dict[str, Any] = (
            {"ha": "left", "va": "center"} if end == right else {"ha": "center", "va": "bottom"}
        )
        axes.text(end, height, f" {half:g}", color="0.5", fontsize="small", **side)
    for i, ratio in enumerate(data["condition_number"]):
        theory_line(axes, data["R"][i], data["Q"][i], color=f"C{i}", label=f"{ratio:g}")
        points = simulation_points(
            axes, data["R_measured"][i], data["Q_measured"][i], data["Q_spread"][i],
            xerr=data["R_spread"][i], color=f"C{i}",
        )  # fmt: skip
        points.set_label("_points")
    axes.set(xlim=(0, right), ylim=(0, top))
    axes.set(xlabel="overlap with the teacher R", ylabel="norm of the student Q")
    axes.legend(title="condition number", loc="upper left")
    explain_marks(axes)
    return picture


def compute_fast_and_slow(
    *,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
    noise_var: float,
    n_features: int,
    n_designs: int,
    seed: int,
) -> dict[str, Array]:
    """Half the error of students that see fast features, slow features, or both."""
    from lazyrich.paper_checks.measurements import pezeshki_2021 as routes
    from lazyrich.theory.double_descent import covariance, multiscale

    t_end = 10 * condition_number**2
    t, marks = np.geomspace(0.05, t_end, 200), np.geomspace(0.05, t_end, 25)
    both = multiscale.learning_curve(
        t, sample_ratio, 1.0, fast_share, condition_number, noise_var=noise_var
    )
    curves, points, spreads = [both.error], [], []
    shared: dict[str, Any] = {"n_features": n_features, "sample_ratio": sample_ratio}
    shared |= {"t": marks, "noise_var": noise_var}
    given: list[Any] = [
        (routes.error_of_designs, {"fast_share": fast_share, "condition_number": condition_number})
    ]
    for share, scale in ((fast_share, 1.0), (1 - fast_share, 1 / condition_number)):
        block = covariance.BlockCovariance([scale**2], [share], [share / scale**2])
        alone = covariance.learning_curve(
            sample_ratio * t, block, sample_ratio, noise_var=noise_var + 1 - share
        )
        curves.append(1 - share + alone.bias + alone.variance)
        given.append((routes.error_of_one_scale, {"share": share, "scale": scale}))
    for measurement, own in given:
        mean, error = mean_and_error(measurement, n_designs, seed, **shared, **own)
        points.append(mean)
        spreads.append(error)
    return {
        "t": t,
        "half_error": np.array(curves) / 2,
        "t_measured": marks,
        "half_error_measured": np.array(points) / 2,
        "half_error_spread": np.array(spreads) / 2,
    }


def draw_fast_and_slow(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    for i, label in enumerate(("all features", "fast ones only", "slow ones only")):
        look = {"linestyle": "-" if i == 0 else "--", "label": label, "color": f"C{i}"}
        theory_line(axes, data["t"], data["half_error"][i], **look)
        simulation_points(
            axes, data["t_measured"], data["half_error_measured"][i],
            data["half_error_spread"][i], color=f"C{i}",
        )  # fmt: skip
    axes.set(xscale="log", xlabel=TIME, ylabel=HALF_ERROR)
    axes.set_ylim(bottom=0)
    axes.legend(title="the student sees", loc="lower left")
    explain_marks(axes)
    return picture


FIGURES = [
    Figure(
        name="epoch-wise-double-descent",
        caption="The error in training time falls while fast features are learned, rises while the "
        "slow ones disturb them like noise, and falls again once they are learned; the larger the "
        "condition number, the later. Points: designs of finite size, whose error bars are below the "
        "size of the marks.",
        source="arXiv:2112.03215, error of the student in time for several condition numbers",
        parameters={
            "condition_numbers": (1.0, 7.0, 30.0, 100.0, 1000.0),
            "sample_ratio": 1.5,
            "fast_share": 0.6,
            "noise_var": 0.0,
            "t_end": 1e5,
            "n_features": 200,
            "n_designs": 8,
            "seed": 0,
        },
        compute=compute_condition_numbers,
        draw=draw_condition_numbers,
    ),
    Figure(
        name="order-parameter-plane",
        caption="Training as a path in the plane of the overlap R with the teacher and the norm Q of "
        "the student. Grey: lines of equal error (1 − 2R + Q)/2. With a large "
        "condition number the path overshoots in Q before R grows again.",
        source="arXiv:2112.03215, phase plane of R and Q",
        parameters={
            "condition_numbers": (1.0, 7.0, 30.0, 1000.0),
            "sample_ratio": 1.1,
            "fast_share": 0.7,
            "noise_var": 0.0,
            "t_end": 1e5,
            "n_features": 400,
            "n_designs": 6,
            "seed": 0,
        },
        compute=compute_condition_numbers,
        draw=draw_plane,
    ),
    Figure(
        name="fast-and-slow-features",
        caption="A student of the fast features alone overtrains, because the slow part of the labels "
        "is noise for it; one of the slow features alone does so much later. A student of all "
        "features follows the first until it learns the slow ones, too: the second descent.",
        source="arXiv:2112.03215, fast features, slow features, and both",
        parameters={
            "sample_ratio": 1.3,
            "fast_share": 0.7,
            "condition_number": 100.0,
            "noise_var": 0.0,
            "n_features": 200,
            "n_designs": 8,
            "seed": 0,
        },
        compute=compute_fast_and_slow,
        draw=draw_fast_and_slow,
    ),
]
