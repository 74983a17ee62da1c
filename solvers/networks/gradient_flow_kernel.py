"""Compiled Runge-Kutta integration (order 8) of the gradient flow of a two-layer linear network."""

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.numba_cache import compiled

Array = NDArray[np.float64]


@compiled()
def integrate(
    start: Array, n_in: int, n_hidden: int, n_out: int, target: Array, times: Array,
    tolerance: float, most_steps: int, a: Array, b: Array, e3: Array, e5: Array, found: Array,
) -> int:  # fmt: skip
    """Fill found (times, weights); the number of steps made, or -1 if `most_steps` do not do.

    `start` holds W1 and W2 in C order; a, b, e3, e5 are the tableau of DOP853 with 12 stages, the
    error weights with a thirteenth, the slope after the step. A step is accepted when its estimated
    error is below `tolerance` x the largest weight.
    """
    state, trial = start.copy(), start.copy()
    residual = np.empty((n_out, n_in))
    k = np.zeros((13, start.size))
    slope(state, n_in, n_hidden, n_out, target, residual, k[0])
    now, h, steps = 0.0, 1e-3 / (1e-3 + np.abs(target).sum() + (start**2).sum()), 0
    for record in range(times.size):
        while now < times[record]:
            if steps >= most_steps:
                return -1
            steps += 1
            left = times[record] - now
            ends = h >= left * (1 - 1e-12)
            used = left if ends else min(h, left / 2) if h > left / 2 else h
            for stage in range(1, 12):
                trial[:] = state
                for j in range(stage):
                    if a[stage, j] != 0.0:
                        trial += used * a[stage, j] * k[j]
                slope(trial, n_in, n_hidden, n_out, target, residual, k[stage])
            trial[:] = state
            for stage in range(12):
                trial += used * b[stage] * k[stage]
            slope(trial, n_in, n_hidden, n_out, target, residual, k[12])
            error = step_error(k, e3, e5, used) / (tolerance * np.abs(state).max() + 1e-300)
            if error <= 1.0:
                now = times[record] if ends else now + used
                state[:] = trial
                k[0] = k[12]
            factor = 5.0 if error == 0.0 else min(5.0, max(0.2, 0.9 * error ** (-1 / 8)))
            if error > 1.0 or not ends or factor * used > h:
                h = factor * used
        found[record] = state
    return steps


@compiled()
def slope(
    w: Array, n_in: int, n_hidden: int, n_out: int, target: Array, residual: Array, out: Array
) -> None:
    """dW1/dt and dW2/dt into `out`."""
    split = n_hidden * n_in
    first, second = w[:split].reshape(n_hidden, n_in), w[split:].reshape(n_out, n_hidden)
    d_first = out[:split].reshape(n_hidden, n_in)
    d_second = out[split:].reshape(n_out, n_hidden)
    for o in range(n_out):
        for i in range(n_in):
            total = target[o, i]
            for j in range(n_hidden):
                total -= second[o, j] * first[j, i]
            residual[o, i] = total
    for j in range(n_hidden):
        for i in range(n_in):
            total = 0.0
            for o in range(n_out):
                total += second[o, j] * residual[o, i]
            d_first[j, i] = total
    for o in range(n_out):
        for j in range(n_hidden):
            total = 0.0
            for i in range(n_in):
                total += residual[o, i] * first[j, i]
            d_second[o, j] = total


@compiled()
def step_error(k: Array, e3: Array, e5: Array, h: float) -> float:
    """Largest entry of the combined estimates of orders 5 and 3, as in DOP853."""
    largest = 0.0
    for i in range(k.shape[1]):
        third, fifth = 0.0, 0.0
        for stage in range(13):
            third += e3[stage] * k[stage, i]
            fifth += e5[stage] * k[stage, i]
        norm = np.sqrt(fifth**2 + 0.01 * third**2)
        if norm > 0:
            largest = max(largest, h * fifth**2 / norm)
    return largest
