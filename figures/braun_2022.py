"""Figures of Braun, Domine, Fitzgerald, Saxe 2022: linear networks with prior knowledge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]


def compute_similarity(
    *,
    n_in: int,
    n_hidden: int,
    n_out: int,
    balance: float,
    scale: float,
    singular_values: Sequence[float],
    times: Sequence[float],
    learning_rate: float,
    seed: int,
) -> dict[str, Array]:
    """Q Q^T of one network that trains, and of the exact solution from the same weights."""
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.linear_tasks import whitened_task
    from lazyrich.theory.deep_linear.balanced import BalancedSolution, balanced_weights

    rng = np.random.default_rng(seed)
    if not (learning_rate > 0 and np.all(np.diff(times) > learning_rate) and times[0] >= 0):
        raise ValueError(
            f"times {tuple(times)}, learning_rate {learning_rate}; needs learning_rate > 0 and "
            "increasing times from 0 on, more than a step apart"
        )
    start = balanced_weights(n_in, n_hidden, n_out, balance, scale, rng)
    task = whitened_task(singular_values, n_in, n_out)
    steps = np.rint(np.asarray(times) / learning_rate).astype(np.int64)
    run = train(start, task.moments, learning_rate, steps, weight_steps=steps)
    q = np.concatenate([run.weights[0].swapaxes(1, 2), run.weights[1]], axis=1)
    solution = BalancedSolution(*start, task.moments.sigma_yx)
    return {
        "t": steps * learning_rate,
        "theory": solution.qqt(steps * learning_rate),
        "simulation": q @ q.swapaxes(1, 2),
        "n_in": np.atleast_1d(float(n_in)),
    }


def draw_similarity(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    count, n = len(data["t"]), data["theory"].shape[-1]
    picture = Picture(figsize=(6.5, 2.5))
    panels = picture.subplots(2, count, squeeze=False)
    limit = np.abs(data["theory"]).max()
    edge = float(data["n_in"][0]) - 0.5
    for row, name in enumerate(("theory", "simulation")):
        for k, axes in enumerate(panels[row]):
            shown = axes.imshow(data[name][k], cmap="RdBu_r", vmin=-limit, vmax=limit)
            axes.axhline(edge, color="0.3", linewidth=0.6)
            axes.axvline(edge, color="0.3", linewidth=0.6)
            axes.set_xticks([])
            axes.set_yticks(
                [edge / 2, (edge + n - 0.5) / 2], ["inputs", "outputs"] if k == 0 else ["", ""]
            )
            axes.tick_params(length=0)
            axes.grid(False)
            if row == 0:
                axes.set_title(f"t = {data['t'][k]:.3g}")
        panels[row][0].set_ylabel("theory" if row == 0 else "trained")
    picture.colorbar(shown, ax=panels, label="Q Qᵀ", shrink=0.8)
    return picture


FIGURES = [
    Figure(
        name="similarity",
        caption="Similarity of inputs (upper left block), of outputs (lower right) and the network's "
        "map (lower left) while a balanced linear network learns. Above: exact solution. Below: the "
        "network, trained from the same weights.",
        source="Braun et al. 2022, exact dynamics of the representational similarity",
        parameters={
            "n_in": 4,
            "n_hidden": 3,
            "n_out": 3,
            "balance": 0.0,
            "scale": 0.5,
            "singular_values": (3.0, 2.0, 1.0),
            "times": (0.0, 0.2, 0.5, 1.0, 4.0),
            "learning_rate": 1e-3,
            "seed": 0,
        },
        compute=compute_similarity,
        draw=draw_similarity,
    ),
]
