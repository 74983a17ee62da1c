"""Students with several layers: deep linear curves, their plateau, and the width of a ReLU student."""

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
TIME = r"time $t\,N^{(D-1)/D}$"


def compute_curves(
    *,
    depths: Sequence[int],
    sample_ratios: Sequence[float],
    init_scale: float,
    noise_var: float,
    t_end: float,
    n_inputs: int,
    designs: int,
    seed: int,
) -> dict[str, Array]:
    """Theory (depths, ratios, times, test and train) and networks averaged over designs."""
    from lazyrich.paper_checks.measurements.advani_2017.deep_students import students_of_design
    from lazyrich.theory.double_descent import isotropic

    if t_end < 0.4 or designs < 2:
        raise ValueError(
            f"t_end {t_end}, designs {designs}; needs t_end >= 0.4 and 2 or more designs"
        )
    step = 0.04
    t = np.geomspace(0.1, t_end, 200)
    marks = step * np.unique(np.rint(np.geomspace(0.2, t_end, 12) / step))
    theory = np.empty((len(depths), len(sample_ratios), len(t), 2))
    means = np.empty((len(depths), len(sample_ratios), len(marks), 2))
    errors = means.copy()
    for i, depth in enumerate(depths):
        for j, alpha in enumerate(sample_ratios):
            student = alpha, depth, init_scale
            curve = isotropic.deep_linear_curve(t, *student, noise_var=noise_var)
            theory[i, j] = np.column_stack(curve)
            found = np.array(
                [
                    students_of_design(
                        rng, n_inputs, marks, *student, noise_var, step, 8 * n_inputs
                    )
                    for rng in np.random.default_rng(seed).spawn(designs)
                ]
            )
            means[i, j], errors[i, j] = found.mean(axis=0), found.std(axis=0, ddof=1)
    return {
        "depth": np.asarray(depths),
        "sample_ratio": np.asarray(sample_ratios, dtype=float),
        "t": t,
        "theory": theory,
        "t_networks": marks,
        "networks": means,
        "networks_error": errors / np.sqrt(designs),
    }


def draw_curves(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    depths, ratios = data["depth"], data["sample_ratio"]
    picture = Picture(figsize=(6.6, 4.2))
    grid = picture.subplots(2, len(ratios), sharex=True, sharey="row", squeeze=False)
    for column, alpha in enumerate(ratios):
        for row in (0, 1):
            axes = grid[row, column]
            for i, depth in enumerate(depths):
                look = {"color": f"C{i}", "label": f"D = {depth}" if row + column == 0 else None}
                theory_line(axes, data["t"], data["theory"][i, column, :, row], **look)
                simulation_points(
                    axes, data["t_networks"], data["networks"][i, column, :, row],
                    data["networks_error"][i, column, :, row], color=f"C{i}",
                )  # fmt: skip
            axes.set_xscale("log")
            axes.set_ylim(bottom=0)
        grid[0, column].set_title(f"P/N = {alpha:g}")
        grid[1, column].set_xlabel(TIME)
    grid[0, 0].set_ylabel("test error")
    grid[1, 0].set_ylabel("train error")
    picture.legend(loc="outside right upper")
    return picture


def compute_plateau(
    *,
    depths: Sequence[int],
    sample_ratio: float,
    noise_var: float,
    init_scales: Sequence[float],
    n_inputs: int,
) -> dict[str, Array]:
    """Time until half is learned against b0: theory, leading order, and one network a point."""
    from lazyrich.paper_checks.measurements.advani_2017.deep_students import time_on_plateau
    from lazyrich.theory.double_descent.deep_isotropic import plateau_time

    marks = np.sort(np.asarray(init_scales, dtype=float))
    starts = np.geomspace(marks[0], marks[-1], 25)
    ratio = np.array([sample_ratio])
    found: dict[str, Array] = {"depth": np.asarray(depths), "init_scale": starts}
    found |= {"networks_init_scale": marks}
    half, leading, networks = [], [], []
    for depth in depths:
        physics = {"noise_var": noise_var}
        leading.append(plateau_time(sample_ratio, depth, starts, **physics))
        half.append([_half_time(sample_ratio, depth, start, noise_var) for start in starts])
        networks.append(
            [
                time_on_plateau(ratio, depth, noise_var, n_inputs, start ** (1 / depth), 0.05)[0]
                for start in marks
            ]
        )
    found |= {"theory": np.array(half), "leading": np.array(leading)}
    return found | {"networks": np.array(networks)}


def _half_time(sample_ratio: float, depth: int, init_scale: float, noise_var: float) -> float:
    """Time at which half of the train error that can be learned is gone."""
    from scipy.optimize import brentq

    from lazyrich.theory.double_descent.deep_isotropic import deep_linear_curve, plateau_time

    def train(t: Any) -> Any:
        return deep_linear_curve(t, sample_ratio, depth, init_scale, noise_var=noise_var).train

    plateau = float(plateau_time(sample_ratio, depth, init_scale, noise_var=noise_var))
    level = float(train([0.0, np.inf]).mean())
    return float(brentq(lambda t: float(train(t)) - level, 0.0, 2 * plateau + 10, rtol=1e-6))


def draw_plateau(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.2, 3.6))
    axes = picture.subplots()
    for i, depth in enumerate(data["depth"]):
        label = f"D = {depth}"
        theory_line(axes, data["init_scale"], data["theory"][i], color=f"C{i}", label=label)
        theory_line(
            axes, data["init_scale"], data["leading"][i], color=f"C{i}", linestyle="--", linewidth=1
        )
        simulation_points(axes, data["networks_init_scale"], data["networks"][i], color=f"C{i}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(r"start $b_0=|\beta(0)|/\sqrt{N}$")
    axes.set_ylabel(r"time until half is learned, $t\,N^{(D-1)/D}$")
    axes.legend()
    return picture


def compute_relu(
    *, widths: Sequence[int], seeds: int, n_inputs: int, n_train: int, **training: Any
) -> dict[str, Array]:
    """Geometric means over data sets, with their relative standard errors, for each width."""
    from lazyrich.paper_checks.measurements.advani_2017.deep_students import relu_width_sweep

    if seeds < 2:
        raise ValueError(f"seeds {seeds}; needs 2 or more for error bars")
    errors = relu_width_sweep(widths, seeds, n_inputs=n_inputs, n_train=n_train, **training)
    weights = np.asarray(widths) * (n_inputs + 1)
    found: dict[str, Array] = {"width": np.asarray(widths), "weights_per_sample": weights / n_train}
    for name in ("best", "final"):
        logs = np.log(errors[name])
        found[name] = np.exp(logs.mean(axis=0))
        found[f"{name}_error"] = found[name] * logs.std(axis=0, ddof=1) / np.sqrt(seeds)
    found["train"] = errors["train"].mean(axis=0)
    found["train_error"] = errors["train"].std(axis=0, ddof=1) / np.sqrt(seeds)
    return found


def draw_relu(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.2, 3.4))
    axes = picture.subplots()
    x = data["weights_per_sample"]
    for name, label, colour in (
        ("final", "fresh inputs, at the end", "C1"),
        ("best", "fresh inputs, best stopping", "C0"),
        ("train", "train", "0.45"),
    ):
        simulation_points(axes, x, data[name], data[f"{name}_error"], color=colour, label=label)
    axes.axvline(1.0, color="0.6", linestyle=":", linewidth=1)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("weights / samples")
    axes.set_ylabel("error")
    axes.legend()
    return picture


FIGURES = [
    Figure(
        name="deep-linear-students",
        caption="Deeper students start on a plateau, then learn faster, and pass the same minimum on the "
        "way to the same end where samples exceed inputs; with fewer samples than inputs they keep and "
        "amplify their start in the unseen directions. Lines: mean-field theory. Points: trained networks.",
        source="arXiv:1710.03667, deep linear students; any depth derived here",
        parameters={
            "depths": (1, 2, 3),
            "sample_ratios": (0.75, 1.5),
            "init_scale": 0.2,
            "noise_var": 0.2,
            "t_end": 40.0,
            "n_inputs": 256,
            "designs": 8,
            "seed": 0,
        },
        compute=compute_curves,
        draw=draw_curves,
    ),
    Figure(
        name="plateau",
        caption="A smaller start delays learning: logarithmically for two layers, as b0^(-(D-2)/D) for "
        "more. Solid: mean-field theory; dashed: leading order for small starts. Points: one network "
        "each, on data whose drive has its expected norm.",
        source="arXiv:1710.03667, deep linear students; derived here",
        parameters={
            "depths": (2, 3, 4),
            "sample_ratio": 2.0,
            "noise_var": 0.25,
            "init_scales": (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.05),
            "n_inputs": 200,
        },
        compute=compute_plateau,
        draw=draw_plateau,
    ),
    Figure(
        name="relu-width",
        caption="A two-layer ReLU student, both layers trained: at the end of training the error peaks "
        "where weights match samples, at the best stopping time it does not. Networks only (geometric "
        "means over data sets for fresh inputs): no closed form exists.",
        source="arXiv:1710.03667, nonlinear students",
        parameters={
            "widths": (1, 2, 4, 6, 8, 10, 16, 32, 64),
            "seeds": 12,
            "n_inputs": 15,
            "n_train": 120,
            "teacher_width": 5,
            "noise_std": 0.3,
            "learning_rate": 1.0,
            "steps": 20_000,
            "init_scale": 0.5,
        },
        compute=compute_relu,
        draw=draw_relu,
    ),
]
