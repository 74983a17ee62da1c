"""Time in steps of gradient descent."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def whole_steps(t: Array, learning_rate: float) -> NDArray[np.int64]:
    """Steps of gradient descent after which the given times are reached, exactly."""
    steps = np.rint(np.asarray(t) / learning_rate).astype(np.int64)
    assert np.allclose(steps * learning_rate, t, rtol=1e-12)
    return steps
