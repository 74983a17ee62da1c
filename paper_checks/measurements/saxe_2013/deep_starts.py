"""Deep linear networks trained from pre-trained and orthogonal starts, and at the stability edge."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def pretrained_learning_times(
    final_strength: Array,
    initial_strength: float,
    singular_value: float,
    depths: Any,
    learning_rate: float,
) -> Array:
    """Times at which networks cross strengths, their layers at 1 and the last one small."""
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.initial_weights import aligned_weights
    from lazyrich.solvers.networks.linear_tasks import whitened_task

    steps = np.arange(round(4 / learning_rate))
    found = []
    for depth in depths:
        rng = np.random.default_rng(depth)
        moments, left, right, *_ = whitened_task([singular_value], 4, 3, rng)
        layers = np.ones((depth, 1))
        layers[-1] = initial_strength
        weights = aligned_weights(left, right, layers, [4] * (depth - 1), rng)
        run = train(weights, moments, learning_rate, steps, left=left, right=right)
        strength = run.mode_strengths[:, 0]
        assert strength[-1] > max(final_strength)
        found.append(np.interp(final_strength, strength, learning_rate * steps))
    return np.stack(found, axis=-1)


def train_orthogonal(
    depth_time: Array, singular_values: Any, depths: Any, depth_step: float
) -> Array:
    """Modes of networks whose layers are orthogonal and whose product is aligned with the task.

    Depth times t is `depth_time`; the learning rate is `depth_step`/depth: (times, modes, depths).
    """
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.initial_weights import aligned_weights
    from lazyrich.solvers.networks.linear_tasks import whitened_task

    steps = np.rint(depth_time / depth_step).astype(np.int64)
    n = len(singular_values)
    found = []
    for depth in depths:
        rng = np.random.default_rng(depth)
        moments, left, right, *_ = whitened_task(singular_values, n, n, rng)
        weights = aligned_weights(left, right, np.ones((depth, n)), [n] * (depth - 1), rng)
        run = train(weights, moments, depth_step / depth, steps, left=left, right=right)
        found.append(run.mode_strengths)
    return np.stack(found, axis=-1)


def rates_of_training(singular_value: Array, depths: Any) -> Array:
    """Fastest and largest stable learning rate of networks just beside their solution.

    A network is put 1e-6 off the solution. At the fastest rate one step leaves no error of first
    order; beyond the largest the error grows. Both by bisection: (values, depths, 2).
    """
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.initial_weights import aligned_weights
    from lazyrich.solvers.networks.linear_tasks import whitened_task

    found = np.empty((len(singular_value), len(depths), 2))
    for i, s in enumerate(singular_value):
        for j, depth in enumerate(depths):
            rng = np.random.default_rng(depth)
            moments, left, right, *_ = whitened_task([s], 4, 3, rng)
            layers = np.full((depth, 1), (s * (1 - 1e-6)) ** (1 / depth))
            weights = aligned_weights(left, right, layers, [4] * (depth - 1), rng)
            frames = {"left": left, "right": right}

            def overshoots(rate: float) -> bool:
                run = train(weights, moments, rate, [1], **frames)  # noqa: B023 - used at once
                return bool(run.mode_strengths[0, 0] > s)  # noqa: B023

            def grows(rate: float) -> bool:
                run = train(weights, moments, rate, [10, 30])  # noqa: B023
                return bool(run.excess_loss[1] > run.excess_loss[0])

            found[i, j, 0] = _threshold(overshoots)
            found[i, j, 1] = _threshold(grows, 1.6 * found[i, j, 0], 2.4 * found[i, j, 0])
    return found


def _threshold(passed: Any, low: float = 1e-4, high: float = 10.0) -> float:
    """The rate at which `passed` turns true, bisected on a logarithmic scale."""
    assert passed(high) and not passed(low)
    for _ in range(20):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if passed(middle) else (middle, high)
    return float(np.sqrt(low * high))
