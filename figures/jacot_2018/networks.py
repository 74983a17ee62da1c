"""Kernel and functions on the circle: random networks, before and after training."""

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
SOURCE = "arXiv:1806.07572, figure of "


def compute_kernel(
    *,
    widths: Sequence[int],
    networks: int,
    hidden_layers: int,
    sigma_b: float,
    n_train: int,
    steps: int,
    seed: int,
) -> dict[str, Array]:
    """Kernel between (1, 0) and the circle: limit, and networks before and after training on x1 x2."""
    from lazyrich.paper_checks.measurements.jacot_2018.networks import (
        on_circle,
        random_start,
        trained_on_product,
    )
    from lazyrich.paper_checks.predictions.jacot_2018 import kernel_row
    from lazyrich.solvers.networks.ntk_mlp import empirical_ntk

    rng = np.random.default_rng(seed)
    line, marks = np.linspace(-np.pi, np.pi, 181), np.linspace(-np.pi, np.pi, 17)
    found: dict[str, Array] = {
        "angle": line,
        "theory": kernel_row(line, hidden_layers, sigma_b),
        "angle_networks": marks,
        "width": np.array(widths, dtype=float),
    }
    given: dict[str, Any] = {"activation": "relu", "sigma_b": sigma_b}
    for width in widths:
        start = random_start(rng, width, hidden_layers, networks)
        after = trained_on_product(start, n_train, steps, sigma_b)
        for when, parameters in (("start", start), ("trained", after)):
            kernels = empirical_ntk(parameters, on_circle([0.0]), on_circle(marks), **given)
            found[f"{when}_{width}"] = kernels[:, 0]
    return found


def draw_kernel(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    widths = [int(width) for width in data["width"]]
    picture = Picture(figsize=(3.3 * len(widths), 3.2))
    panels = np.atleast_1d(picture.subplots(1, len(widths), sharey=True))
    for axes, width in zip(panels, widths, strict=True):
        theory_line(axes, data["angle"], data["theory"], color="0.2", label="infinite width")
        for when, colour, shift in (("start", "C0", -0.04), ("trained", "C1", 0.04)):
            kernels = data[f"{when}_{width}"]
            mean, spread = kernels.mean(axis=0), kernels.std(axis=0, ddof=1)
            label = "at the start" if when == "start" else "trained"
            at = data["angle_networks"] + shift
            simulation_points(axes, at, mean, spread, color=colour, label=label, markersize=4)
        axes.set_title(f"width {width}")
        _angle_axis(axes)
    panels[0].set_ylabel("kernel Θ(x, x′)")
    panels[0].set_ylim(bottom=0)
    panels[-1].legend(loc="upper right")
    return picture


def compute_functions(
    *,
    widths: Sequence[int],
    networks: int,
    train_angle: Sequence[float],
    y: Sequence[float],
    learning_rate: float,
    steps: int,
    hidden_layers: int,
    sigma_b: float,
    seed: int,
) -> dict[str, Array]:
    """Functions of trained networks, and percentiles of the limiting Gaussian."""
    from lazyrich.paper_checks.measurements.jacot_2018.networks import on_circle, random_start
    from lazyrich.paper_checks.predictions.jacot_2018 import percentiles
    from lazyrich.solvers.networks.ntk_mlp import train

    rng = np.random.default_rng(seed)
    angle = np.linspace(-np.pi, np.pi, 121)
    given = (train_angle, y, learning_rate, (steps,), hidden_layers, sigma_b)
    found: dict[str, Array] = {
        "angle": angle,
        "percentiles": percentiles(angle, *given)[:, 0],
        "train_angle": np.array(train_angle),
        "y": np.array(y),
        "width": np.array(widths, dtype=float),
    }
    for width in widths:
        run = train(
            random_start(rng, width, hidden_layers, networks),
            on_circle(train_angle),
            y,
            learning_rate,
            [steps],
            activation="relu",
            sigma_b=sigma_b,
            X_test=on_circle(angle),
        )
        found[f"networks_{width}"] = run.test_outputs[0].T
    return found


def draw_functions(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    widths = [int(width) for width in data["width"]]
    picture = Picture(figsize=(3.3 * len(widths), 3.2))
    panels = np.atleast_1d(picture.subplots(1, len(widths), sharey=True))
    low, middle, high = data["percentiles"].T
    for axes, width in zip(panels, widths, strict=True):
        axes.fill_between(
            data["angle"], low, high, color="0.85", label="10 to 90 %, infinite width"
        )
        axes.plot(data["angle"], data[f"networks_{width}"], color="C1", linewidth=0.7, alpha=0.7)
        theory_line(axes, data["angle"], middle, color="C0", label="median, infinite width")
        axes.plot([], [], color="C1", linewidth=0.7, label="networks")
        axes.plot(data["train_angle"], data["y"], "k*", markersize=8, label="data", zorder=4)
        axes.set_title(f"width {width}")
        _angle_axis(axes)
    panels[0].set_ylabel("output f after training")
    handles, labels = panels[0].get_legend_handles_labels()
    picture.legend(handles, labels, loc="outside lower center", ncols=4)
    return picture


def _angle_axis(axes: Axes) -> None:
    axes.set_xlabel("angle γ")
    axes.set_xticks(np.pi * np.array([-1, -0.5, 0, 0.5, 1]), ["−π", "−π/2", "0", "π/2", "π"])


FIGURES = [
    Figure(
        name="kernel-on-the-circle",
        caption="Kernel between (1, 0) and (cos γ, sin γ): the wider the networks, the less it spreads between "
        "them at the start and the less training on x1 x2 inflates it. Line: infinite width. Points: mean "
        "of the networks; bars: standard deviation between them.",
        source=SOURCE + "the kernel on the circle, at smaller widths",
        parameters={
            "widths": (100, 400),
            "networks": 10,
            "hidden_layers": 3,
            "sigma_b": 0.1,
            "n_train": 16,
            "steps": 200,
            "seed": 0,
        },
        compute=compute_kernel,
        draw=draw_kernel,
    ),
    Figure(
        name="functions-on-the-circle",
        caption="Functions of trained networks on the circle (thin lines) through four points (stars): narrow "
        "networks too nearly follow the Gaussian of infinite width, whose median and 10 to 90 % band are drawn.",
        source=SOURCE + "functions on the circle, at smaller widths",
        parameters={
            "widths": (50, 400),
            "networks": 10,
            "train_angle": (-2.2, -0.6, 0.5, 1.9),
            "y": (0.5, -0.3, 0.6, -0.4),
            "learning_rate": 1.0,
            "steps": 200,
            "hidden_layers": 3,
            "sigma_b": 0.1,
            "seed": 0,
        },
        compute=compute_functions,
        draw=draw_functions,
    ),
]
