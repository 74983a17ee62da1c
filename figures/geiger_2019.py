"""Figures of Geiger, Spigler, Jacot, Wyart 2019 (arXiv:1906.08034): output scale against width."""

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
SCALE = r"$\alpha\sqrt{N}\,/\,|y|$"
WEIGHTS = r"$|\delta\theta|/|\theta_0|$"
KERNEL = r"$|\delta K|/|K_0|$"


def _measured(
    scaled: Array, widths: Sequence[int], task: Any, rate: float, n_seeds: int, seed: int
) -> tuple[Array, Array]:
    """Root mean square over starts of both movements and its standard error, (scales, widths, 2)."""
    from lazyrich.paper_checks.measurements.lazy_networks import relative_movements
    from lazyrich.solvers.networks.scaled_two_layer import random_network

    if scaled.min() <= 0 or min(widths) < 1 or n_seeds < 2:
        raise ValueError(
            f"scaled_outputs {scaled.min()}, widths {min(widths)}, n_seeds {n_seeds}; needs positive "
            "scales, widths from 1 on and 2 seeds or more"
        )
    norm, found = float(np.linalg.norm(task["y"])), []
    for s in scaled:
        step = rate / np.sqrt(1 + s**-2)
        t = step * np.array([round(25 / step)])
        for width in widths:
            alpha = s * norm / np.sqrt(width)
            given = {**task, "output_scale": alpha, "learning_rate": step, "t": t}
            for rng in np.random.default_rng(seed).spawn(n_seeds):
                start = random_network(width, task["X"].shape[1], rng)
                found.append(relative_movements(start, **given)[:2] ** 2)
    squares = np.reshape(found, (len(scaled), len(widths), n_seeds, 2))
    mean = np.sqrt(squares.mean(axis=2))
    return mean, squares.std(axis=2, ddof=1) / np.sqrt(n_seeds) / (2 * mean)


def compute_linear(
    *,
    n_samples: int,
    dim: int,
    widths: Sequence[int],
    scaled_outputs: Sequence[float],
    n_seeds: int,
    seed: int,
) -> dict[str, Array]:
    """Linear networks on white inputs: the closed crossover, and random networks of growing width."""
    from lazyrich.theory.lazy_to_rich import diagnostics

    scaled = np.sort(np.asarray(scaled_outputs, dtype=float))
    y = np.ones(n_samples) / np.sqrt(n_samples)
    task = {"X": np.sqrt(dim) * np.eye(n_samples, dim), "y": y, "activation": "identity"}
    mean, error = _measured(scaled, widths, task, 0.1, n_seeds, seed)
    line = np.geomspace(scaled[0], scaled[-1], 120)
    law = diagnostics.linear_crossover(1 / line, n_samples, dim)
    odd = diagnostics.lazy_kernel_fluctuation(1 / line, n_samples)[:, None] / np.sqrt(widths)
    return {
        "width": np.array(widths, dtype=float),
        "scaled_output": scaled,
        "weights": mean[..., 0],
        "weights_error": error[..., 0],
        "kernel": mean[..., 1],
        "kernel_error": error[..., 1],
        "line": line,
        "theory_weights": law.weights,
        "theory_kernel": law.kernel,
        "theory_kernel_at_width": np.hypot(law.kernel[:, None], odd),
    }


def draw_linear(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(7.0, 3.6))
    left, right = picture.subplots(1, 2)
    theory_line(left, data["line"], data["theory_weights"], color="0.2", label="limit of width")
    theory_line(right, data["line"], data["theory_kernel"], color="0.2")
    for j in range(len(data["width"])):
        at_width = data["theory_kernel_at_width"][:, j]
        theory_line(right, data["line"], at_width, color=f"C{j}", linestyle="--")
    _points(left, right, data)
    left.legend(loc="lower left")
    return picture


def compute_tanh(
    *,
    n_samples: int,
    dim: int,
    widths: Sequence[int],
    scaled_outputs: Sequence[float],
    n_seeds: int,
    seed: int,
) -> dict[str, Array]:
    """tanh networks on Gaussian inputs: movements of random networks, and the lazy law of the weights."""
    from lazyrich.theory.infinite_width.activations import dual
    from lazyrich.theory.lazy_to_rich import diagnostics

    scaled = np.sort(np.asarray(scaled_outputs, dtype=float))
    X = np.random.default_rng(seed).standard_normal((n_samples, dim))
    y = np.sign(X[:, 0] * X[:, 1])
    mean, error = _measured(
        scaled, widths, {"X": X, "y": y, "activation": "tanh"}, 0.1, n_seeds, seed
    )
    gram = X @ X.T / dim
    found = dual("tanh", gram.diagonal()[:, None], gram.diagonal(), gram)
    kernel = found.value + found.derivative * gram
    moved = diagnostics.weight_movement(25.0, (kernel + kernel.T) / 2, y) / np.sqrt(y @ y)
    line = np.geomspace(scaled[0], scaled[-1], 50)
    return {
        "width": np.array(widths, dtype=float),
        "scaled_output": scaled,
        "weights": mean[..., 0],
        "weights_error": error[..., 0],
        "kernel": mean[..., 1],
        "kernel_error": error[..., 1],
        "line": line,
        "theory_weights": moved / line / np.sqrt(dim + 1),
    }


def draw_tanh(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(7.0, 3.6))
    left, right = picture.subplots(1, 2)
    theory_line(left, data["line"], data["theory_weights"], color="0.2", label="lazy, from the NTK")
    _points(left, right, data)
    left.legend(loc="lower left")
    return picture


def _points(left: Axes, right: Axes, data: Curves) -> None:
    for j, width in enumerate(data["width"]):
        for axes, name in ((left, "weights"), (right, "kernel")):
            y, error = data[name][:, j], data[f"{name}_error"][:, j]
            marks = {"color": f"C{j}", "label": f"N = {width:.0f}", "markersize": 4}
            simulation_points(axes, data["scaled_output"], y, error, **marks)
    for axes, label in ((left, WEIGHTS), (right, KERNEL)):
        axes.set(xscale="log", yscale="log", xlabel=SCALE, ylabel=label)


COMMON: dict[str, Any] = {
    "widths": (32, 128, 512),
    "scaled_outputs": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
    "n_seeds": 8,
    "seed": 0,
}

FIGURES = [
    Figure(
        name="crossover",
        caption="Movement of weights and of the tangent kernel of linear networks against output scale x "
        "square root of the width. Full lines: limit of large width at fixed α√N. Dashed: with the "
        "first order in 1/α of each width, where the collapse ends. Points: random networks with "
        "standard errors.",
        source="arXiv:1906.08034, the crossover from feature to lazy training; lines derived here",
        parameters={"n_samples": 3, "dim": 4, **COMMON},
        compute=compute_linear,
        draw=draw_linear,
    ),
    Figure(
        name="tanh-collapse",
        caption="The same for tanh networks: the movement of the weights collapses in output scale x "
        "square root of the width, and that of the kernel where the network is not lazy. Line: lazy "
        "limit, from the NTK of infinite width. Points: random networks with standard errors.",
        source="arXiv:1906.08034, the crossover from feature to lazy training",
        parameters={"n_samples": 8, "dim": 6, **COMMON},
        compute=compute_tanh,
        draw=draw_tanh,
    ),
]
