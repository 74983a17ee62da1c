"""Compiled full-batch gradient descent of a linear student on its samples."""

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.numba_cache import compiled

Array = NDArray[np.float64]
Steps = NDArray[np.int64]


@compiled()
def descend(
    inputs: Array, labels: Array, weights: Array, learning_rate: float, bound: float,
    first: int, stop: int, steps: Steps, records: Array,
) -> int:  # fmt: skip
    """Make the updates `first` to `stop` - 1 of `weights` in place, recording on the way.

    Returns the first step whose mean squared error is above `bound` or not a number, else -1.
    """
    n_train = labels.size
    rate = learning_rate / n_train
    record = np.searchsorted(steps, first)
    for step in range(first, stop):
        residual = labels - np.dot(inputs, weights)
        if not np.dot(residual, residual) <= bound * n_train:
            return step
        while record < steps.size and steps[record] == step:
            records[record] = weights
            record += 1
        weights += rate * np.dot(residual, inputs)
    return -1
