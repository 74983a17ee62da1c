"""Compiled full-batch gradient descent of a quadratic two-layer student with fixed readout."""

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.numba_cache import compiled

Array = NDArray[np.float64]

ROWS = 64
"""Samples taken at once: they stay in the cache between the forward and the backward product."""


@compiled(fastmath={"reassoc", "contract"})
def evaluate(
    inputs: Array, labels: Array, weights: Array, output_scale: float, quadratic_strength: float,
    gradient: Array,
) -> float:  # fmt: skip
    """Mean squared error of the outputs; `gradient` (N, D) becomes sum_mu Delta_mu (1 + eps h_mu) x_mu.

    The inputs are read once: each block of rows goes forward and back at once.
    """
    n_train, width, eps = inputs.shape[0], weights.shape[0], quadratic_strength
    fields, part = np.empty((ROWS, width)), np.empty(weights.shape)
    transposed = np.ascontiguousarray(weights.T)
    gradient[:] = 0.0
    total = 0.0
    for first in range(0, n_train, ROWS):
        rows = min(ROWS, n_train - first)
        block, h = inputs[first : first + rows], fields[:rows]
        np.dot(block, transposed, h)
        for p in range(rows):
            output = 0.0
            for i in range(width):
                output += h[p, i] * (1 + 0.5 * eps * h[p, i])
            error = output_scale / width * output - labels[first + p]
            total += error * error
            for i in range(width):
                h[p, i] = error * (1 + eps * h[p, i])
        np.dot(h.T, block, part)
        gradient += part
    return total / n_train


@compiled()
def descend(
    inputs: Array, labels: Array, weights: Array, output_scale: float, quadratic_strength: float,
    gradient: Array, rate: float, bound: float, n_updates: int,
) -> tuple[float, int]:  # fmt: skip
    """Make `n_updates` updates w -= rate gradient in place; `gradient` is that of the weights given.

    Returns the error after the last update and -1, or the first error above `bound` or not a number
    and the number of updates after which it came.
    """
    error = 0.0
    for update in range(n_updates):
        for i in range(weights.shape[0]):
            for k in range(weights.shape[1]):
                weights[i, k] -= rate * gradient[i, k]
        error = evaluate(inputs, labels, weights, output_scale, quadratic_strength, gradient)
        if not error <= bound:
            return error, update + 1
    return error, -1
