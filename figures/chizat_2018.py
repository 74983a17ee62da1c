"""Figures of Chizat, Oyallon, Bach 2018 (arXiv:1812.07956): lazy training."""

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
NAMES = ("weights", "kernel", "departure")
LABELS = (
    r"weights, $|\delta\theta|/|\theta_0|$",
    r"kernel, $|\delta K|/|K_0|$",
    r"outputs, $\max_t|f-f_{\rm lin}|/|y|$",
)


def _network(
    width: int, dim: int, n_samples: int, activation: str, seed: int
) -> tuple[Any, dict[str, Any]]:
    """A random start and the task: the sign of the product of two coordinates."""
    from lazyrich.solvers.networks.scaled_two_layer import ACTIVATIONS, random_network

    if dim < 2 or n_samples < 2:
        raise ValueError(f"dim {dim}, n_samples {n_samples}; needs 2 or more of both")
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation {activation!r}; needs one of {', '.join(ACTIVATIONS)}")
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, dim))
    start = random_network(width, dim, rng)
    return start, {"X": X, "y": np.sign(X[:, 0] * X[:, 1]), "activation": activation}


def _first_order(start: Any, task: dict[str, Any], t: Array) -> dict[str, Array]:
    """Coefficients of 1/alpha in the movements, and the gain of alignment."""
    from lazyrich.theory.lazy_to_rich import diagnostics

    y = task["y"]
    kernel, third = diagnostics.two_layer_kernels(start.W, start.v, task["X"], task["activation"])
    moved = diagnostics.kernel_movement(t[-1], kernel, third, y)
    departed = diagnostics.linear_departure(t, kernel, third, y)
    small = [diagnostics.kernel_target_alignment(kernel + s * 1e-5 * moved, y) for s in (1, -1)]
    size = np.sqrt(np.sum(start.W**2) + np.sum(start.v**2))
    return {
        "weights": np.asarray(diagnostics.weight_movement(t[-1], kernel, y) / size),
        "kernel": np.linalg.norm(moved) / np.linalg.norm(kernel),
        "departure": np.sqrt((departed**2).sum(axis=-1)).max() / np.linalg.norm(y),
        "start": np.asarray(diagnostics.kernel_target_alignment(kernel, y)),
        "gain": np.asarray((small[0] - small[1]) / 2e-5),
    }


def compute(
    *, output_scales: Sequence[float], t_end: float, learning_rate: float, **network: Any
) -> dict[str, Array]:
    """Movements of trained networks against output scale, and their coefficients of 1/alpha."""
    from lazyrich.paper_checks.measurements.lazy_networks import relative_movements

    alpha = np.sort(np.asarray(output_scales, dtype=float))
    if alpha.min() <= 0:
        raise ValueError(f"output_scales {alpha.min()}; needs output_scales > 0")
    if round(t_end / learning_rate) < 40:
        raise ValueError(f"t_end {t_end}; needs 40 steps of learning_rate {learning_rate} or more")
    start, task = _network(**network)
    steps = np.unique(np.geomspace(1, round(t_end / learning_rate), 30).round())
    t = learning_rate * steps
    rows = [
        relative_movements(start, **task, output_scale=a, learning_rate=learning_rate, t=t)
        for a in alpha
    ]
    measured, first = np.array(rows), _first_order(start, task, t)
    line = np.geomspace(alpha[0], alpha[-1], 100)
    return {
        "output_scale": alpha,
        **{name: measured[:, j] for j, name in enumerate(NAMES)},
        "alignment_start": measured[:, 3],
        "alignment": measured[:, 4],
        "line": line,
        **{f"theory_{name}": first[name] / line for name in NAMES},
        "theory_alignment": first["start"] + first["gain"] / line,
    }


def draw_scalings(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.8))
    axes = picture.subplots()
    for j, (name, label) in enumerate(zip(NAMES, LABELS, strict=True)):
        theory_line(axes, data["line"], data[f"theory_{name}"], color=f"C{j}", label=label)
        simulation_points(axes, data["output_scale"], data[name], color=f"C{j}")
    axes.set(xscale="log", yscale="log", xlabel=r"output scale $\alpha$", ylabel="movement")
    axes.legend(loc="lower left")
    return picture


def draw_alignment(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 4.6))
    top, bottom = picture.subplots(2, 1, height_ratios=(3, 2))
    line = theory_line(top, data["line"], data["theory_alignment"], color="C0", label="first order")
    simulation_points(
        top, data["output_scale"], data["alignment"], color="C1", label="after training"
    )
    top.axhline(
        data["alignment_start"][0], color="0.4", linestyle="--", linewidth=1, label="at the start"
    )
    shown = np.append(data["alignment"], data["alignment_start"])
    room = 0.15 * max(np.ptp(shown), 0.01)
    top.set(xscale="log", xlabel=r"output scale $\alpha$", ylabel="kernel-target alignment")
    top.set_ylim(shown.min() - room, shown.max() + room)
    top.legend(handles=[line, *top.containers, top.lines[-1]])
    bottom.set_axis_off()
    cells = zip(
        data["output_scale"], *(data[name] for name in NAMES), data["alignment"], strict=True
    )
    table = bottom.table(
        cellText=[[f"{a:g}", *(f"{x:.2g}" for x in moved), f"{k:.3f}"] for a, *moved, k in cells],
        colLabels=[r"$\alpha$", *(label.split(", ")[1] for label in LABELS), "alignment"],
        loc="center",
        cellLoc="center",
    )
    table.scale(1, 1.1)
    return picture


NETWORK: dict[str, Any] = {
    "output_scales": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
    "t_end": 60.0,
    "learning_rate": 0.05,
    "width": 256,
    "dim": 10,
    "n_samples": 40,
    "activation": "tanh",
    "seed": 0,
}

FIGURES = [
    Figure(
        name="scalings",
        caption="Movement of weights, of the tangent kernel and away from linearised training against "
        "output scale. Lines: coefficients of 1/α, computed from the start. Points: one tanh network, "
        "trained at each α.",
        source="arXiv:1812.07956, lazy training against output scale",
        parameters=NETWORK,
        compute=compute,
        draw=draw_scalings,
    ),
    Figure(
        name="alignment",
        caption="Kernel-target alignment after training against output scale (above) and all diagnostics "
        "(below): rich networks align their kernel with the targets, lazy ones keep that of the start. "
        "Line: first order in 1/α, left where it holds no longer.",
        source="arXiv:1812.07956, lazy training against output scale",
        parameters=NETWORK,
        compute=compute,
        draw=draw_alignment,
    ),
]
