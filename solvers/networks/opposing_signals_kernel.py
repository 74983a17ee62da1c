"""Compiled full-batch gradient descent of f = c (b . x) on second moments.

The weights b = (b_s, b_o) are split after `n_signal` features. b_o is kept as a mantissa times 2^e, so
that it may fall far below the smallest float and come back: where the outliers have no moment with
the rest, their gradient is linear in b_o, and multiplying by powers of two rounds nothing.
"""

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.numba_cache import compiled

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

SHIFT = 400
_SMALL = 2.0**-SHIFT


@compiled()
def descend(
    state: Array, sigma_xx: Array, sigma_yx: Array, sigma_yy: float, n_signal: int,
    learning_rate: float, bound: float, first: int, stop: int, exponent: int, rescaled: bool,
    steps: Steps, records: Array, exponents: Steps,
) -> tuple[int, int]:  # fmt: skip
    """Make the updates `first` to `stop` - 1 of `state` = (c, b) in place, recording on the way.

    Returns the first step whose loss is above `bound` or not a number (-1 if there is none), and the
    exponent of b_o.
    """
    size = sigma_yx.size
    b = state[1:]
    residual = np.empty(size)
    record = np.searchsorted(steps, first)
    for step in range(first, stop):
        weight = 2.0 ** (2 * exponent)
        c = state[0]
        loss, slope = 0.5 * sigma_yy, 0.0
        for i in range(size):
            output = 0.0
            for j in range(size):
                output += sigma_xx[i, j] * b[j]
            residual[i] = c * output - sigma_yx[i]
            part = b[i] * residual[i]
            half = 0.5 * c * b[i] * (residual[i] - sigma_yx[i])
            if i >= n_signal:
                part *= weight
                half *= weight
            slope += part
            loss += half
        if not loss <= bound:
            return step, exponent
        if record < steps.size and steps[record] == step:
            records[record] = state
            exponents[record] = exponent
            record += 1
        state[0] = c - learning_rate * slope
        largest = 0.0
        for i in range(size):
            b[i] -= learning_rate * c * residual[i]
            if i >= n_signal:
                largest = max(largest, abs(b[i]))
        if rescaled and (0 < largest < _SMALL or (exponent < 0 and largest > 1)):
            up = largest < _SMALL
            for i in range(n_signal, size):
                b[i] *= 2.0**SHIFT if up else _SMALL
            exponent += -SHIFT if up else SHIFT
    return -1, exponent
