"""Compiled integration of the gradient flow of a two-layer linear network, in 32 digits.

A number is an unevaluated sum of two floats, here two arrays or arguments `x` and `x_low`. The method
is the explicit Runge-Kutta formula of order 8 of Cooper and Verner (1972), whose coefficients are
exact in sqrt(21).
"""

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from lazyrich.solvers.networks.numba_cache import compiled

Array = NDArray[np.float64]


def _fma(typing_context: Any, x: Any, y: Any, z: Any) -> Any:
    """x y + z with one rounding."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), build


fma: Any = intrinsic(_fma)


@compiled()
def integrate(
    start: Array, n_in: int, n_hidden: int, n_out: int, target: Array, times: Array,
    tolerance: float, most_steps: int, a: Array, a_low: Array, found: Array,
) -> int:  # fmt: skip
    """Fill found (times, weights); the number of steps made, or -1 if `most_steps` do not do.

    `start` holds W1 and W2 in C order; `a` (12, 11) the tableau, with the weights of the result in its
    last row. A step is accepted when exchanging stages at equal times, which is of order 5, changes
    it by less than `tolerance` x the largest weight.
    """
    widths = n_in, n_hidden, n_out
    state, state_low = start.copy(), np.zeros(start.size)
    trial, trial_low = np.empty(start.size), np.empty(start.size)
    residual, residual_low = np.empty(n_out * n_in), np.empty(n_out * n_in)
    k, k_low = np.empty((11, start.size)), np.empty((11, start.size))
    slope(state, state_low, widths, target, residual, residual_low, k[0], k_low[0])
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
                combine(
                    state, state_low, a[stage, :stage], a_low[stage, :stage], used, k, k_low,
                    trial, trial_low,
                )  # fmt: skip
                if stage < 11:
                    slope(
                        trial, trial_low, widths, target, residual, residual_low,
                        k[stage], k_low[stage],
                    )  # fmt: skip
            error = used * exchange(k) / (tolerance * np.abs(state).max() + 1e-300)
            if error <= 1.0:
                now = times[record] if ends else now + used
                state[:], state_low[:] = trial, trial_low
                slope(state, state_low, widths, target, residual, residual_low, k[0], k_low[0])
            factor = 5.0 if error == 0.0 else min(5.0, max(0.2, 0.9 * error ** (-1 / 5)))
            if error > 1.0 or not ends or factor * used > h:
                h = factor * used
        found[record] = state
    return steps


@compiled()
def exchange(k: Array) -> float:
    """Largest change of the slope when each stage of the result is replaced by one at its time."""
    change = 49 * (k[7] - k[6] + k[9] - k[4]) + 64 * (k[8] - k[5])
    return np.abs(change).max() / 180


@compiled()
def slope(
    w: Array, w_low: Array, widths: tuple[int, int, int], target: Array,
    residual: Array, residual_low: Array, out: Array, out_low: Array,
) -> None:  # fmt: skip
    """dW1/dt and dW2/dt into `out`."""
    n_in, n_hidden, n_out = widths
    split = n_hidden * n_in
    for o in range(n_out):
        for i in range(n_in):
            s, low = -target[o * n_in + i], 0.0
            for j in range(n_hidden):
                p, q = split + o * n_hidden + j, j * n_in + i
                s, low = add_product(w[p], w_low[p], w[q], w_low[q], s, low)
            residual[o * n_in + i], residual_low[o * n_in + i] = -s, -low
    for j in range(n_hidden):
        for i in range(n_in):
            s, low = 0.0, 0.0
            for o in range(n_out):
                p, r = split + o * n_hidden + j, o * n_in + i
                s, low = add_product(w[p], w_low[p], residual[r], residual_low[r], s, low)
            out[j * n_in + i], out_low[j * n_in + i] = s, low
    for o in range(n_out):
        for j in range(n_hidden):
            s, low = 0.0, 0.0
            for i in range(n_in):
                q, r = j * n_in + i, o * n_in + i
                s, low = add_product(w[q], w_low[q], residual[r], residual_low[r], s, low)
            out[split + o * n_hidden + j], out_low[split + o * n_hidden + j] = s, low


@compiled()
def combine(
    state: Array, state_low: Array, weights: Array, weights_low: Array, h: float, k: Array,
    k_low: Array, out: Array, out_low: Array,
) -> None:  # fmt: skip
    """state + h sum_j weights_j k_j into `out`."""
    scaled = h * weights
    scaled_low = np.empty(weights.size)
    for j in range(weights.size):
        scaled_low[j] = fma(h, weights[j], -scaled[j]) + h * weights_low[j]
    for i in range(state.size):
        s, low = 0.0, 0.0
        for j in range(weights.size):
            if weights[j] != 0.0:
                s, low = add_product(scaled[j], scaled_low[j], k[j, i], k_low[j, i], s, low)
        s, low = add_product(1.0, 0.0, state[i], state_low[i], s, low)
        out[i], out_low[i] = s, low


@compiled()
def add_product(
    x: float, x_low: float, y: float, y_low: float, s: float, low: float
) -> tuple[float, float]:
    """(s + low) + (x + x_low) (y + y_low), with about 32 digits."""
    product = x * y
    total = s + product
    added = total - s
    low += (s - (total - added)) + (product - added)
    low += fma(x, y, -product) + fma(x, y_low, x_low * y)
    s = total + low
    return s, low - (s - total)
