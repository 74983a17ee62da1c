"""Compiled full-batch gradient descent of one two-layer ReLU network."""

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.numba_cache import compiled

Array = NDArray[np.float64]
Steps = NDArray[np.int64]


@compiled(fastmath={"reassoc", "contract"})
def descend(
    inputs: Array, labels: Array, first: Array, second: Array, learning_rate: float, bound: float,
    start: int, stop: int, steps: Steps, errors: Array, firsts: Array, seconds: Array,
) -> int:  # fmt: skip
    """Make the updates `start` to `stop` - 1 of both layers in place, recording on the way.

    `inputs` (P, d) are divided by sqrt(d). Errors are mean squares before the update. Returns the first
    step whose error is above `bound` or not a number; -1 if there is none. One matrix product goes
    forward and one backward; a single pass between them overwrites the hidden units by what flows
    back into them.
    """
    n_train, width = inputs.shape[0], first.shape[0]
    hidden = np.empty((n_train, width))
    d_first, d_second = np.empty(first.shape), np.empty(width)
    scale = 1 / np.sqrt(width)
    record = 0
    while record < steps.size and steps[record] < start:
        record += 1
    for step in range(start, stop):
        np.dot(inputs, first.T, hidden)
        d_second[:] = 0.0
        total = 0.0
        for p in range(n_train):
            output = 0.0
            for k in range(width):
                output += second[k] * max(hidden[p, k], 0.0)
            residual = scale * output - labels[p]
            total += residual * residual
            back = residual * scale / n_train
            for k in range(width):
                active = hidden[p, k] > 0
                d_second[k] += back * hidden[p, k] if active else 0.0
                hidden[p, k] = back * second[k] if active else 0.0
        error = total / n_train
        if not error <= bound:
            return step
        if record < steps.size and steps[record] == step:
            errors[record] = error
            firsts[record] = first
            seconds[record] = second
            record += 1
        np.dot(hidden.T, inputs, d_first)
        for k in range(width):
            second[k] -= learning_rate * d_second[k]
            for i in range(first.shape[1]):
                first[k, i] -= learning_rate * d_first[k, i]
    return -1
