"""Learning time against depth for different initial weights."""

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
TICKS = (1, 2, 4, 8, 16, 32)


def compute_starts(
    *,
    depths: Sequence[int],
    singular_value: float,
    initial_strength: float,
    learned: float,
    random_depths: Sequence[int],
    width: int,
    rate_fraction: float,
    loss_left: float,
    most_steps: int,
    networks: int,
    seed: int,
) -> dict[str, Array]:
    """Learning times of aligned starts and their theory, and steps from random starts."""
    from lazyrich.theory.deep_linear import initialisation, modes

    s, end = singular_value, learned * singular_value
    if not (0 < initial_strength < end < s and 0 < rate_fraction < 2):
        raise ValueError(
            f"initial_strength {initial_strength}, learned {learned}, singular_value {s}, "
            f"rate_fraction {rate_fraction}; needs 0 < initial_strength < learned x singular_value, "
            "0 < learned < 1 and 0 < rate_fraction < 2"
        )
    trained = np.asarray(depths, dtype=float)
    depth = np.arange(1.0, trained.max() + 1)
    rate = 0.02 * modes.optimal_learning_rate(s, trained)
    points = {
        name: np.array(
            [_time(int(d), pretrained, s, initial_strength, end, float(r))
             for d, r in zip(trained, rate, strict=True)]
        )
        for name, pretrained in (("uniform", False), ("pretrained", True))
    }  # fmt: skip
    targets = np.linspace(0.5, 1.5, width)
    steps = np.array(
        [
            [
                _steps_to_learn(rng, kind, d, targets, rate_fraction, loss_left, most_steps)
                for kind in range(3)
            ]
            for d in random_depths
            for rng in np.random.default_rng(seed).spawn(networks)
        ]
    ).reshape(len(random_depths), networks, 3)
    return {
        "depth": depth,
        "theory_uniform": modes.deep_time(initial_strength, end, s, depth),
        "theory_pretrained": initialisation.pretrained_time(initial_strength, end, s, depth),
        "trained_depth": trained,
        "trained_uniform": points["uniform"],
        "trained_pretrained": points["pretrained"],
        "random_depth": np.asarray(random_depths, dtype=float),
        "steps": steps.transpose(0, 2, 1),
        "theory_steps": _predicted_steps(depth[1:], targets, rate_fraction, loss_left),
        "most_steps": np.atleast_1d(float(most_steps)),
    }


def draw_starts(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.2))
    left, right = picture.subplots(1, 2)
    for k, (name, label) in enumerate(
        (("uniform", "small in all layers"), ("pretrained", "pre-trained, last layer small"))
    ):
        theory_line(left, data["depth"], data[f"theory_{name}"], color=f"C{k}", label=label)
        simulation_points(left, data["trained_depth"], data[f"trained_{name}"], color=f"C{k}")
    left.set_ylabel("learning time t")
    theory_line(right, data["depth"][1:], data["theory_steps"], color="C4")
    most = float(data["most_steps"][0])
    for k, label in enumerate(("Gaussian", "orthogonal", "orthogonal, aligned with the task")):
        steps = data["steps"][:, k]
        middle = np.median(steps, axis=1)
        bars = np.abs(np.quantile(steps, (0.25, 0.75), axis=1) - middle)
        look: dict[str, Any] = {"color": f"C{k + 2}", "label": label}
        simulation_points(right, data["random_depth"], middle, bars, **look)
    right.axhline(most, color="0.4", linestyle="--", linewidth=1)
    right.text(1.1, 1.15 * most, "training ended", color="0.4", fontsize=7)
    right.set_ylabel("steps to learn")
    right.set_ylim(1, 40 * most)
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xticks(TICKS, [str(tick) for tick in TICKS])
        axes.minorticks_off()
        axes.set_xlabel("depth L (weight matrices)")
        axes.legend(loc="upper right" if axes is right else "lower left")
    return picture


def _time(
    depth: int, pretrained: bool, s: float, initial: float, final: float, rate: float
) -> float:
    """Time at which an aligned network reaches a strength (interpolated between steps)."""
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.initial_weights import aligned_weights
    from lazyrich.solvers.networks.linear_tasks import whitened_task

    rng = np.random.default_rng(depth)
    task = whitened_task([s], 4, 3, rng)
    layers = np.full((depth, 1), 1.0 if pretrained else initial ** (1 / depth))
    layers[-1] = initial if pretrained else layers[0]
    weights = aligned_weights(task.left, task.right, layers, [4] * (depth - 1), rng)
    last = 512
    while True:
        frames = {"left": task.left, "right": task.right}
        run = train(weights, task.moments, rate, np.arange(last), **frames)
        strength = run.mode_strengths[:, 0]
        if strength[-1] >= final:
            return rate * float(np.interp(final, strength, run.steps))
        last *= 4


def _predicted_steps(depth: Array, targets: Array, fraction: float, left_over: float) -> Array:
    """Steps of the aligned orthogonal start, whose modes all begin at strength 1."""
    from lazyrich.theory.deep_linear import modes

    scaled = np.linspace(0, 40, 4001)[:, None, None]  # depth x time
    layers = depth[:, None]
    u = modes.deep_mode(scaled / layers, 1.0, targets, layers)
    loss = ((targets - u) ** 2).sum(axis=-1) / (targets @ targets)
    times = [np.interp(-left_over, -column, scaled[:, 0, 0]) for column in loss.T]
    rate = fraction * modes.optimal_learning_rate(targets.max(), depth)
    return np.array(times) / depth / rate


def _steps_to_learn(
    rng: np.random.Generator,
    kind: int,
    depth: int,
    targets: Array,
    fraction: float,
    left_over: float,
    most: int,
) -> float:
    """Steps until a part `left_over` is left of the loss of no output, or `most`.

    Layers are square: 0 Gaussian, 1 orthogonal, 2 orthogonal with their product aligned. The flow
    keeps the sign of the product's determinant; it is made that of the task's, since half of all
    starts would else never learn their last mode.
    """
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.initial_weights import (
        aligned_weights,
        orthogonal_weights,
        small_random_weights,
    )
    from lazyrich.solvers.networks.linear_tasks import whitened_task

    n = len(targets)
    moments, left, right, *_ = whitened_task(targets, n, n, rng)
    if kind == 2:
        weights = aligned_weights(left, right, np.ones((depth, n)), [n] * (depth - 1), rng)
    else:
        draw = orthogonal_weights if kind else small_random_weights
        weights = draw((n,) * (depth + 1), 1.0, rng)
        signs = [np.linalg.slogdet(w).sign for w in (moments.sigma_yx, *weights)]
        weights[-1][0] *= np.prod(signs)
    rate = fraction / (depth * targets.max() ** (2 - 2 / depth))
    run = train(weights, moments, rate, np.arange(most + 1))
    reached = run.loss <= left_over * (targets @ targets) / 2
    return float(np.argmax(reached)) if reached.any() else float(most)


FIGURES = [
    Figure(
        name="learning-time-starts",
        caption="The start decides whether depth delays learning. Left: time to learn 90 % of a "
        "mode from a strength shared by all layers, and after pre-training all layers but the last; "
        "lines: theory, points: networks. Right: steps at a tenth of the best rate until "
        "1 % of the loss is left, from random layers with a determinant of the task's sign (theory for "
        "aligned ones only); median and quartiles over networks.",
        source="arXiv:1312.6120, learning time against depth for pre-trained, orthogonal and "
        "Gaussian starts",
        parameters={
            "depths": (1, 2, 3, 4, 6, 8, 12, 16, 24, 32),
            "singular_value": 2.0,
            "initial_strength": 1e-3,
            "learned": 0.9,
            "random_depths": (2, 4, 8, 16),
            "width": 12,
            "rate_fraction": 0.1,
            "loss_left": 1e-2,
            "most_steps": 2000,
            "networks": 6,
            "seed": 0,
        },
        compute=compute_starts,
        draw=draw_starts,
    )
]
