"""Errors and weight norm in time, with students trained on finite designs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.advani_2017.simulated import averaged_over_designs, check_end, times_of_marks
from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
TIME = "time t"
QUANTITIES = ("test", "train", "weight_norm")


def compute_errors(
    *, sample_ratios: Sequence[float], t_end: float, snr: float, inr: float, **designs: Any
) -> dict[str, Array]:
    """Theory and simulation of all three quantities: (times, ratios)."""
    from lazyrich.theory.double_descent import isotropic

    marks = times_of_marks(0.05, t_end)
    t = np.geomspace(0.05, t_end, 200)
    ratios = np.asarray(sample_ratios, dtype=float)
    physics = {"teacher_power": snr, "init_var": inr, "noise_var": 1.0}
    theory = isotropic.learning_curve(t[:, None], ratios, **physics)
    found: dict[str, Array] = {"t": t, "t_designs": marks, "sample_ratio": ratios}
    found |= {f"theory_{name}": getattr(theory, name) for name in QUANTITIES}
    found["stopping_time"] = isotropic.optimal_stopping_time(ratios, snr, inr)
    means, errors = averaged_over_designs(ratios, marks, physics, **designs)
    for k, name in enumerate(QUANTITIES):
        found[name], found[f"{name}_error"] = means[k], errors[k]
    return found


def draw_errors(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    ratios = data["sample_ratio"]
    picture = Picture(figsize=(2.6 * len(ratios), 2.9))
    panels = np.atleast_1d(picture.subplots(1, len(ratios), sharey=True))
    for k, axes in enumerate(panels):
        for color, name in (("C0", "test"), ("C1", "train")):
            label = f"{name} error" if k == 0 else None
            theory_line(axes, data["t"], data[f"theory_{name}"][:, k], color=color, label=label)
            points = data["t_designs"], data[name][:, k], data[f"{name}_error"][:, k]
            simulation_points(axes, *points, color=color)
        stop = float(data["stopping_time"][k])
        if data["t"][0] < stop < data["t"][-1]:
            label = "best stopping time" if k == 0 else None
            axes.axvline(stop, color="0.6", linewidth=1, linestyle=":", label=label)
        axes.set_xscale("log")
        axes.set_xlabel(TIME)
        axes.set_title(f"P/N = {ratios[k]:g}")
    panels[0].set_ylabel("error / noise variance")
    panels[0].set_ylim(bottom=0)
    picture.legend(loc="outside upper center", ncols=3)
    return picture


def compute_map(*, snr: float, inr: float, t_end: float, n_times: int, n_ratios: int) -> Curves:
    """Test error over time and ratio, and the best stopping time at each ratio."""
    from lazyrich.theory.double_descent import isotropic

    if n_times < 2 or n_ratios < 2:
        raise ValueError(f"n_times {n_times}, n_ratios {n_ratios}; needs 2 or more of both")
    check_end(0.05, t_end)
    t = np.geomspace(0.05, t_end, n_times)
    ratio = np.geomspace(0.2, 5.0, n_ratios)
    physics = {"teacher_power": snr, "init_var": inr, "noise_var": 1.0}
    return {
        "t": t,
        "sample_ratio": ratio,
        "theory_test": isotropic.learning_curve(t[:, None], ratio, **physics).test,
        "stopping_time": isotropic.optimal_stopping_time(ratio, snr, inr),
    }


def draw_map(data: Curves) -> Picture:
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.0, 3.4))
    axes = picture.subplots()
    error = data["theory_test"]
    shown = axes.pcolormesh(
        data["t"], data["sample_ratio"], error.T, norm=LogNorm(), shading="gouraud", rasterized=True
    )
    theory_line(
        axes, data["stopping_time"], data["sample_ratio"], color="white", linestyle="--",
        label="best stopping time",
    )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_yticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    axes.minorticks_off()
    axes.set_xlim(data["t"][0], data["t"][-1])
    axes.set_xlabel(TIME)
    axes.set_ylabel("samples a dimension P/N")
    low, high = float(error.min()), float(error.max())
    ticks = [x for x in (1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100, 200) if low <= x <= high]
    bar = picture.colorbar(shown, ax=axes, label="test error / noise variance", ticks=ticks)
    bar.ax.set_yticklabels([f"{x:g}" for x in ticks])
    bar.ax.minorticks_off()
    axes.legend(loc="upper right", labelcolor="white")
    return picture


def compute_norm(
    *,
    sample_ratios: Sequence[float],
    bound_times: Sequence[float],
    t_end: float,
    snr: float,
    inr: float,
    **designs: Any,
) -> dict[str, Array]:
    """Weight norm in time, and the complexity sqrt(norm/ratio) over ratios at some times."""
    from lazyrich.theory.double_descent import isotropic

    found = compute_errors(sample_ratios=sample_ratios, t_end=t_end, snr=snr, inr=inr, **designs)
    line = np.unique(np.append(np.geomspace(0.2, 5.0, 161), 1.0))
    times = np.asarray(bound_times, dtype=float)
    physics = {"teacher_power": snr, "init_var": inr, "noise_var": 1.0}
    norm = isotropic.learning_curve(times, line[:, None], **physics).weight_norm
    marks = np.array([0.25, 0.5, 0.75, 1.0, 1.25, 2.0, 4.0])
    means, errors = averaged_over_designs(marks, times, physics, **designs)
    bound = np.sqrt(means[2] / marks).T
    return found | {
        "bound_ratio": line,
        "bound_times": times,
        "theory_bound": np.sqrt(norm / line[:, None]),
        "bound_ratio_designs": marks,
        "bound": bound,
        "bound_error": (errors[2] / marks).T / (2 * bound),
    }


def draw_norm(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.1))
    left, right = picture.subplots(1, 2)
    for k, ratio in enumerate(data["sample_ratio"]):
        color, label = f"C{k}", f"P/N = {ratio:g}"
        theory_line(left, data["t"], data["theory_weight_norm"][:, k], color=color, label=label)
        points = data["t_designs"], data["weight_norm"][:, k], data["weight_norm_error"][:, k]
        simulation_points(left, *points, color=color)
    for k, time in enumerate(data["bound_times"]):
        color, label = f"C{k}", f"t = {time:g}"
        theory_line(
            right, data["bound_ratio"], data["theory_bound"][:, k], color=color, label=label
        )
        points = data["bound_ratio_designs"], data["bound"][:, k], data["bound_error"][:, k]
        simulation_points(right, *points, color=color)
    left.set_xlabel(TIME)
    left.set_ylabel("weight norm |w|²/N, noise variance 1")
    right.set_xlabel("samples a dimension P/N")
    right.set_ylabel("complexity bound (|w|²/P)$^{1/2}$")
    right.set_xticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.legend()
    right.set_xticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    right.minorticks_off()
    return picture


def compute_starts(
    *, sample_ratio: float, t_end: float, snrs: Sequence[float], inrs: Sequence[float],
    snr: float, **designs: Any,
) -> dict[str, Array]:  # fmt: skip
    """Test error in time from several starts, and for several teachers: (times, values)."""
    from lazyrich.theory.double_descent import isotropic

    marks = times_of_marks(0.05, t_end)
    t = np.geomspace(0.05, t_end, 200)
    found: dict[str, Array] = {"t": t, "t_designs": marks, "inr": np.array(inrs, dtype=float)}
    found["snr"] = np.array(snrs, dtype=float)
    pairs = {"inr": [(snr, inr) for inr in inrs], "snr": [(each, 0.0) for each in snrs]}
    for name, settings in pairs.items():
        theory, means, errors = [], [], []
        for power, start in settings:
            physics = {"teacher_power": power, "init_var": start, "noise_var": 1.0}
            theory.append(isotropic.learning_curve(t, sample_ratio, **physics).test)
            mean, error = averaged_over_designs(np.array([sample_ratio]), marks, physics, **designs)
            means.append(mean[0, :, 0])
            errors.append(error[0, :, 0])
        found[f"theory_by_{name}"] = np.array(theory).T
        found[f"by_{name}"], found[f"by_{name}_error"] = np.array(means).T, np.array(errors).T
    return found


def draw_starts(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.0))
    for axes, name in zip(picture.subplots(1, 2), ("inr", "snr"), strict=True):
        for k, value in enumerate(data[name]):
            color, label = f"C{k}", f"{name.upper()} {value:g}"
            theory_line(axes, data["t"], data[f"theory_by_{name}"][:, k], color=color, label=label)
            points = data["t_designs"], data[f"by_{name}"][:, k], data[f"by_{name}_error"][:, k]
            simulation_points(axes, *points, color=color)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(TIME)
        axes.set_ylabel("test error / noise variance")
        ticks = [1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 100]
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        curves = data[f"theory_by_{name}"]
        axes.set_ylim(0.85 * curves.min(), 1.2 * curves.max())
        axes.legend()
    return picture


SOURCE = "arXiv:1710.03667, "
DESIGNS = {"n_inputs": 200, "designs": 12, "seed": 0}

FIGURES = [
    Figure(
        name="errors-in-time",
        caption="Test and training error of a linear student below, at and above one sample a "
        "dimension. At ratio 1 the test error grows without end; stopped at the best time (dotted) it "
        "hardly differs from its neighbours. Points: students trained on finite designs, averaged over "
        "teacher and noise; mean and standard error over designs.",
        source=SOURCE + "generalisation and training error in time for three ratios",
        parameters={
            "sample_ratios": (0.5, 1.0, 2.0), "t_end": 300.0, "snr": 5.0, "inr": 0.0, **DESIGNS,
        },
        compute=compute_errors,
        draw=draw_errors,
    ),
    Figure(
        name="error-over-time-and-ratio",
        caption="Test error over training time and samples a dimension: a ridge grows at ratio 1. "
        "Along the best stopping time (dashed) there is none.",
        source=SOURCE + "heat map of the generalisation error over time and ratio",
        parameters={"snr": 5.0, "inr": 0.0, "t_end": 300.0, "n_times": 160, "n_ratios": 161},
        compute=compute_map,
        draw=draw_map,
    ),
    Figure(
        name="starts-and-signals",
        caption="Left: large initial weights raise the error, below ratio 1 for ever. Right: the "
        "weaker the signal, the sooner training does harm. Points: finite designs, mean and standard "
        "error.",
        source=SOURCE + "effect of initial weights and of the signal-to-noise ratio",
        parameters={
            "sample_ratio": 0.7, "t_end": 300.0, "snr": 5.0, "inrs": (0.0, 2.0, 10.0),
            "snrs": (1.0, 5.0, 25.0), **DESIGNS,
        },
        compute=compute_starts,
        draw=draw_starts,
    ),
    Figure(
        name="weight-norm",
        caption="Left: the weights grow while noise is fitted. Right: the complexity that bounds the "
        "generalisation gap by the Rademacher argument, up to a constant; it peaks at ratio 1 late in "
        "training. Points: finite designs, mean and standard error.",
        source=SOURCE + "weight norm and Rademacher complexity",
        parameters={
            "sample_ratios": (0.5, 1.0, 2.0), "bound_times": (1.0, 10.0, 100.0), "t_end": 300.0,
            "snr": 5.0, "inr": 0.0, **DESIGNS,
        },
        compute=compute_norm,
        draw=draw_norm,
    ),
]  # fmt: skip
