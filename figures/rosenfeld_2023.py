"""Figures of Rosenfeld, Risteski 2023 (arXiv:2311.04163): outliers with opposing signals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
STEP = "step of gradient descent"
MARKS = 45


def _model(
    teacher_norm: float,
    outlier_power: float,
    n_signal: int,
    n_outliers: int,
    scale: float,
    seed: int,
) -> tuple[dict[str, Any], Any, float]:
    """A random start of length `scale` in every part, the data, and the size of an outlier."""
    from lazyrich.solvers.networks.opposing_data import population

    needed = {"teacher_norm": teacher_norm, "outlier_power": outlier_power, "scale": scale}
    for name, value in needed.items():
        if not value > 0:
            raise ValueError(f"{name} {value}; needs {name} > 0")
    rng = np.random.default_rng(seed)
    b_s, b_o = rng.standard_normal(n_signal), rng.standard_normal(n_outliers)
    beta, probability = teacher_norm * np.eye(n_signal)[0], 0.1
    size = float(np.sqrt(outlier_power * n_outliers / probability))
    start = {
        "b_s": scale * b_s / np.linalg.norm(b_s),
        "b_o": scale * b_o / np.linalg.norm(b_o),
        "c": scale,
    }
    data = population(beta, n_outliers, size, probability)
    return {"beta": beta, "outlier_power": outlier_power, **start}, data, size


def _descents(
    model: dict[str, Any], data: Any, size: float, learning_rate: float, steps: NDArray[np.int64]
) -> dict[str, Array]:
    """The exact descent at every step up to the last, and a network that was trained."""
    from lazyrich.solvers.networks.opposing_signals import hessian, train
    from lazyrich.theory.deep_linear import opposing_signals as opposing

    every = np.arange(steps[-1] + 1)
    path = opposing.descent(every, **model, learning_rate=learning_rate)
    direction = model["b_o"] / np.linalg.norm(model["b_o"])
    b_o = (path.sign * np.exp(path.log_b_o))[:, None] * direction
    beta, alpha = model["beta"], model["outlier_power"]
    start = (model["b_s"], model["b_o"], model["c"])
    run = train(data, *start, learning_rate, steps)
    points = zip(run.c, run.b_s, run.b_o, strict=True)
    residual = ((path.c[:, None] * path.b_s - beta) ** 2).sum(axis=1)
    constant = float(data.share[1:].sum()) / 2
    groups = opposing.group_losses(path.c, path.b_s, b_o, beta, size)
    return {
        "step": every.astype(float),
        "theory_sharpness": opposing.sharpness(path.c, path.b_s, b_o, beta, alpha),
        "theory_loss": (residual + alpha * path.c**2 * (b_o**2).sum(axis=1)) / 2 + constant,
        "theory_outlier_loss": np.log10(np.e)
        * (np.log(alpha / 2) + 2 * (np.log(np.abs(path.c)) + path.log_b_o)),
        "theory_positive": np.asarray(groups.positive),
        "theory_negative": np.asarray(groups.negative),
        "step_network": steps.astype(float),
        "sharpness": np.array([np.linalg.eigvalsh(hessian(data, *point))[-1] for point in points]),
        "loss": run.loss,
        "outlier_loss": np.log10(np.e)
        * (np.log(alpha / 2) + 2 * (np.log(np.abs(run.c)) + run.log_b_o)),
        "positive": run.group_losses[:, 1],
        "negative": run.group_losses[:, 2],
        "edge": np.atleast_1d(2 / learning_rate),
        "spike": np.atleast_1d(opposing.spike_step(**model, learning_rate=learning_rate)),
    }


def _rate(rate_ratio: float, model: dict[str, Any], teacher_norm: float) -> float:
    from lazyrich.theory.deep_linear import opposing_signals as opposing

    if not rate_ratio > 0:
        raise ValueError(f"rate_ratio {rate_ratio}; needs rate_ratio > 0")
    threshold = opposing.threshold_learning_rate(model["outlier_power"], teacher_norm)
    return float(rate_ratio * threshold)


def compute_sharpness(
    *, rate_ratio: float, steps: int, teacher_norm: float, **kinds: Any
) -> dict[str, Array]:
    """Sharpness of a network and of the exact descent until after the spike."""
    from lazyrich.theory.deep_linear import opposing_signals as opposing

    model, data, size = _model(teacher_norm, **kinds)
    if steps < 1:
        raise ValueError(f"steps {steps}; needs 1 or more")
    rate = _rate(rate_ratio, model, teacher_norm)
    spike = min(opposing.spike_step(**model, learning_rate=rate), steps)
    marks = np.append(np.linspace(0, steps, MARKS), spike + np.arange(0, 25, 3))
    at = np.unique(marks[marks <= steps].astype(np.int64))
    return _descents(model, data, size, rate, at)


def draw_sharpness(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.4))
    axes = picture.subplots()
    theory_line(axes, data["step"], data["theory_sharpness"], color="C0")
    simulation_points(axes, data["step_network"], data["sharpness"], color="C1")
    edge = float(data["edge"][0])
    axes.axhline(edge, color="0.4", linestyle="--", linewidth=1)
    axes.text(0.0, edge, " 2/η", va="bottom", color="0.4")
    _mark_spike(axes, data)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(STEP)
    axes.set_ylabel("sharpness")
    _explain_marks(axes)
    return picture


def draw_loss_spike(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.0))
    left, right = picture.subplots(1, 2)
    for axes, name, label in (
        (left, "loss", "loss"),
        (right, "outlier_loss", r"$\log_{10}$ of $\alpha c^2|b_o|^2/2$, the outliers' part"),
    ):
        theory_line(axes, data["step"], data[f"theory_{name}"], color="C0")
        simulation_points(axes, data["step_network"], data[name], color="C1", markersize=3.5)
        _mark_spike(axes, data)
        axes.set_xlabel(STEP)
        axes.set_ylabel(label)
    left.set_ylim(bottom=0)
    _explain_marks(left)
    return picture


def compute_groups(
    *, rate_ratio: float, window: int, teacher_norm: float, **kinds: Any
) -> dict[str, Array]:
    """Losses of both groups of outliers at every step around the spike."""
    from lazyrich.theory.deep_linear import opposing_signals as opposing

    model, data, size = _model(teacher_norm, **kinds)
    rate = _rate(rate_ratio, model, teacher_norm)
    spike = opposing.spike_step(**model, learning_rate=rate)
    if not np.isfinite(spike):
        raise ValueError(f"rate_ratio {rate_ratio}: no spike; needs a rate above the threshold")
    at = np.arange(max(0, int(spike) - window), int(spike) + window + 1)
    found = _descents(model, data, size, rate, at)
    return {name: array[-len(at) :] for name, array in found.items()}


def draw_groups(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.0, 3.4))
    axes = picture.subplots()
    for name, label, colour in (("positive", "label +1", "C0"), ("negative", "label −1", "C1")):
        theory_line(axes, data["step"], data[f"theory_{name}"], color=colour, label=label)
        simulation_points(axes, data["step_network"], data[name], color=colour)
    mean = (data["theory_positive"] + data["theory_negative"]) / 2
    theory_line(axes, data["step"], mean, color="0.4", linestyle="--", label="mean of both")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(STEP)
    axes.set_ylabel("loss of a group of outliers")
    axes.legend(loc="upper left")
    _explain_marks(axes)
    return picture


def compute_spike_step(
    *, rate_ratios: Sequence[float], teacher_norm: float, **kinds: Any
) -> dict[str, Array]:
    """Step of the spike against the learning rate: exact sum, and trained networks."""
    from lazyrich.solvers.networks.opposing_signals import train
    from lazyrich.theory.deep_linear import opposing_signals as opposing

    model, data, _ = _model(teacher_norm, **kinds)
    ratios = np.sort(np.asarray(rate_ratios, dtype=float))
    line = 1 + np.geomspace(ratios[0] - 1, ratios[-1] - 1, 160) if ratios[0] > 1 else ratios
    rates = [_rate(ratio, model, teacher_norm) for ratio in line]
    steps = np.array([opposing.spike_step(**model, learning_rate=rate) for rate in rates])
    if not np.isfinite(steps).all():
        raise ValueError(f"rate_ratios {ratios[0]}: no spike; needs rates above the threshold")
    measured = []
    alpha, start = model["outlier_power"], (model["b_s"], model["b_o"], model["c"])
    for ratio in ratios:
        last = np.arange(2 * int(steps.max()) + 10)
        run = train(data, *start, _rate(ratio, model, teacher_norm), last)
        lost = np.log(alpha * run.c**2 / 2 / teacher_norm**2) + 2 * run.log_b_o
        fallen = np.minimum.accumulate(lost) < np.log(1e-7)
        measured.append(np.argmax(fallen & (lost >= np.log(1e-4))))
    crossing = [opposing.crossing_time(**model, learning_rate=rate) / rate for rate in rates]
    return {
        "rate_ratio": line,
        "theory_spike": steps,
        "theory_crossing": np.array(crossing),
        "trained_ratio": ratios,
        "trained_spike": np.array(measured, dtype=float),
    }


def draw_spike_step(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.4))
    axes = picture.subplots()
    theory_line(axes, data["rate_ratio"], data["theory_spike"], color="C0", label="spike, theory")
    theory_line(
        axes, data["rate_ratio"], data["theory_crossing"], color="0.4", linestyle="--",
        label="sharpness passes 2/η, flow",
    )  # fmt: skip
    trained = data["trained_ratio"], data["trained_spike"]
    simulation_points(axes, *trained, color="C1", label="spike, trained networks")
    axes.set_yscale("log")
    axes.set_xlabel("learning rate / threshold 2/(α|β|)")
    axes.set_ylabel(STEP)
    axes.legend(loc="upper right")
    return picture


def _mark_spike(axes: Axes, data: Curves) -> None:
    """A thin line at the predicted step of the spike."""
    spike = float(data["spike"][0])
    if np.isfinite(spike) and spike <= data["step"][-1]:
        axes.axvline(spike, color="0.6", linewidth=1, linestyle=":")


def _explain_marks(axes: Axes) -> None:
    """A legend of the two marks, whatever the colours of the curves."""
    handles = [
        theory_line(axes, [], [], color="0.3", label="theory"),
        simulation_points(axes, [], [], color="0.3", label="network"),
    ]
    axes.figure.legend(handles=handles, loc="outside upper left", ncols=2)


KINDS = {
    "teacher_norm": 2.0,
    "outlier_power": 50.0,
    "n_signal": 20,
    "n_outliers": 1,
    "scale": 0.1,
    "seed": 0,
}

FIGURES = [
    Figure(
        name="sharpness",
        caption="Sharpness rises from the curvature of the saddle to that of the outliers, passes "
        "2/η (dashed) without any sign in the loss, and falls below it when the outliers, amplified "
        "step by step, make the loss spike (dotted). Points: a network, top eigenvalue of its Hessian.",
        source="arXiv:2311.04163, progressive sharpening and the edge of stability",
        parameters={"rate_ratio": 1.2, "steps": 300, **KINDS},
        compute=compute_sharpness,
        draw=draw_sharpness,
    ),
    Figure(
        name="loss-spike",
        caption="The loss spikes late because outlier weights first shrink by many orders of "
        "magnitude and must grow back. Left: loss. Right: logarithm of the outliers' part of it. "
        "Dotted: predicted step of the spike. Points: a network; it starts from one state, so no "
        "error bar.",
        source="arXiv:2311.04163, spikes of the loss on outliers",
        parameters={"rate_ratio": 1.2, "steps": 300, **KINDS},
        compute=compute_sharpness,
        draw=draw_loss_spike,
    ),
    Figure(
        name="opposing-groups",
        caption="Around the spike the outlier weights change sign at every step: what lowers the loss "
        "of one group raises that of the other. Points: a network.",
        source="arXiv:2311.04163, groups with opposing signals",
        parameters={"rate_ratio": 1.2, "window": 14, **KINDS},
        compute=compute_groups,
        draw=draw_groups,
    ),
    Figure(
        name="spike-step",
        caption="The nearer the learning rate to the threshold 2/(α|β|), the later the spike, long "
        "after the sharpness has passed 2/η (dashed). The line is jagged because b_o dips by a chance "
        "amount where η α c² passes 1. Points: trained networks.",
        source="arXiv:2311.04163, spikes of the loss; the step derived here",
        parameters={
            "rate_ratios": (1.02, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0),
            **KINDS,
        },
        compute=compute_spike_step,
        draw=draw_spike_step,
    ),
]
