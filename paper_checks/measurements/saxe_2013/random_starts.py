"""Two-layer networks trained from small random weights."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.measurements.saxe_2013.steps import whole_steps

Array = NDArray[np.float64]


def small_start(weights: Any, left: Array, right: Array) -> dict[str, Array]:
    """What the first weights hold of each mode: on the growing direction, and as norms."""
    first, second = weights[0] @ right, weights[1].T @ left
    norms = np.linalg.norm(first, axis=0) * np.linalg.norm(second, axis=0)
    return {
        "growing_strength": ((first + second) ** 2).sum(axis=0) / 4,
        "norm_product": norms,
    }


def train_small_random(
    rng: np.random.Generator,
    width: int,
    t: Array,
    singular_values: Any,
    scale: float,
    learning_rate: float,
) -> dict[str, Array]:
    """Mode strengths of a two-layer network from small random weights: (times, modes)."""
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.initial_weights import small_random_weights
    from lazyrich.solvers.networks.linear_tasks import whitened_task

    moments, left, right, *_ = whitened_task(singular_values, 8, 7, rng)
    weights = small_random_weights((8, width, 7), scale, rng)
    run = train(
        weights, moments, learning_rate, whole_steps(t, learning_rate), left=left, right=right
    )
    return {"values": run.mode_strengths, **small_start(weights, left, right)}


def train_on_digits(
    rng: np.random.Generator, width: int, t: Array, scale: float, learning_rate: float
) -> dict[str, Array]:
    """Excess loss of a two-layer network on the whitened digits, from small random weights."""
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.initial_weights import small_random_weights
    from lazyrich.solvers.networks.linear_tasks import digits
    from lazyrich.solvers.networks.second_moments import from_samples

    data = digits(whitened=True)
    moments = from_samples(data.inputs, data.targets)
    left, s, right = np.linalg.svd(moments.sigma_yx, full_matrices=False)
    learned = s > 1e-10 * s[0]
    left, s, right = left[:, learned], s[learned], right[learned].T
    weights = small_random_weights((data.inputs.shape[1], width, 10), scale, rng)
    run = train(weights, moments, learning_rate, whole_steps(t, learning_rate))
    start = small_start(weights, left, right)
    return {"values": run.excess_loss, "singular_values": s, **start}
