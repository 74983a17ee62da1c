"""States of an ordinary differential equation at given times."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def states_at(
    velocity: Callable[[float, FloatArray], FloatArray],
    times: FloatArray,
    start: FloatArray,
    *,
    method: str = "DOP853",
) -> FloatArray:
    """States at `times` >= 0 in any order, (T, n); the state at time 0 is `start`.

    Each time is the end of a solve of its own: interpolants between steps are less exact than the steps,
    by far so in relaxation phases, where the step is set by stability.

    Raises
    ------
    FloatingPointError
        The solution cannot be continued.

    Examples
    --------
    >>> states_at(lambda t, x: -x, np.array([1.0, 0.0]), np.array([1.0])).round(9).ravel()
    array([0.36787944, 1.        ])
    """
    from scipy.integrate import solve_ivp

    found = np.empty((len(times), len(start)))
    now, state = 0.0, start
    for index in np.argsort(times, kind="stable"):
        if times[index] > now:
            solution = solve_ivp(
                velocity, (now, times[index]), state, method=method, rtol=1e-11, atol=1e-13
            )
            if not solution.success:
                raise FloatingPointError(f"the flow cannot be integrated: {solution.message}")
            now, state = times[index], solution.y[:, -1]
        found[index] = state
    return found
