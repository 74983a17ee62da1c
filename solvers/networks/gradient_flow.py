r"""Gradient flow of a two-layer linear network, integrated in 32 digits.

    dW1/dt = W2^T (Sigma_yx - W2 W1),   dW2/dt = (Sigma_yx - W2 W1) W1^T

The limit of infinitely small steps of gradient descent for whitened inputs, by an explicit
Runge-Kutta formula of order 8 in pairs of floats. Its steps are so small that the weights are right to
about 1e-14, even where the flow passes by saddles that amplify errors. Meant for small networks (up
to some ten units a layer), whose products are written out.
"""

from __future__ import annotations

import functools
from decimal import Decimal, localcontext

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.gradient_flow_kernel import integrate
from lazyrich.solvers.networks.second_moments import finite_matrix

Array = NDArray[np.float64]

TOLERANCE = 1e-15
MOST_STEPS = 20_000_000


def two_layer_flow(
    first: ArrayLike, second: ArrayLike, sigma_yx: ArrayLike, t: ArrayLike
) -> tuple[Array, Array]:
    """Weights of a two-layer linear network at times t of its gradient flow.

    Parameters
    ----------
    first : (n_hidden, n_in)
        W1 at t = 0.
    second : (n_out, n_hidden)
        W2 at t = 0.
    sigma_yx : (n_out, n_in)
        Average of y x^T over the data; inputs are whitened.
    t : (T,)
        Times, finite, not negative, in increasing order.

    Returns
    -------
    W1 (T, n_hidden, n_in), W2 (T, n_out, n_hidden)

    Raises
    ------
    ValueError
        Shapes that do not fit, times that are negative, infinite or decreasing.
    RuntimeError
        More than 20 million steps would be needed.

    Examples
    --------
    A single balanced mode follows the sigmoid:

    >>> first, second = two_layer_flow([[0.1]], [[0.1]], [[3.0]], [2.0])
    >>> print(f"{(second @ first)[0, 0, 0]:.12f} {3 / (1 + 299 * np.exp(-12.0)):.12f}")
    2.994498747976 2.994498747976
    """
    w1, w2 = finite_matrix(first, "first"), finite_matrix(second, "second")
    target = finite_matrix(sigma_yx, "sigma_yx")
    times = np.atleast_1d(np.asarray(t, dtype=np.float64))
    if w1.shape[0] != w2.shape[1] or target.shape != (w2.shape[0], w1.shape[1]):
        raise ValueError(
            f"first {w1.shape}, second {w2.shape}, sigma_yx {target.shape}: need "
            "(n_hidden, n_in), (n_out, n_hidden), (n_out, n_in)"
        )
    if times.ndim != 1 or not (np.isfinite(times).all() and (np.diff(times, prepend=0) >= 0).all()):
        raise ValueError("t must hold finite times that start at or after 0 and do not decrease")
    found = np.empty((len(times), w1.size + w2.size))
    steps = integrate(
        np.concatenate([w1.ravel(), w2.ravel()]), w1.shape[1], w1.shape[0], w2.shape[0],
        target.ravel(), times, TOLERANCE, MOST_STEPS, *tableau(), found,
    )  # fmt: skip
    if steps < 0:
        raise RuntimeError(f"the flow to t = {times[-1]} needs more than {MOST_STEPS} steps")
    return (
        found[:, : w1.size].reshape(len(times), *w1.shape),
        found[:, w1.size :].reshape(len(times), *w2.shape),
    )


@functools.cache
def tableau() -> tuple[Array, Array]:
    """Coefficients (12, 11) of Cooper and Verner's method of order 8, as sums of two floats.

    Row i < 11 makes stage i from the stages before it, row 11 the result.

    >>> high, low = tableau()
    >>> f"{high[11].sum():.15f} {high[3].sum() - (7 + 21**0.5) / 14:.15f}"
    '1.000000000000000 0.000000000000000'
    """
    with localcontext(prec=50):
        root = Decimal(21).sqrt()
        high, low = np.zeros((12, 11)), np.zeros((12, 11))
        for i, row in enumerate(_TABLEAU):
            for j, (whole, irrational, divisor) in row.items():
                exact = (whole + irrational * root) / divisor
                high[i, j] = float(exact)
                low[i, j] = float(exact - Decimal(high[i, j]))
    return high, low


# Row by row, the column and (p, q, r) of each coefficient (p + q sqrt(21))/r.
_TABLEAU: tuple[dict[int, tuple[int, int, int]], ...] = (
    {},
    {0: (1, 0, 2)},
    {0: (1, 0, 4), 1: (1, 0, 4)},
    {0: (1, 0, 7), 1: (-7, -3, 98), 2: (21, 5, 49)},
    {0: (11, 1, 84), 2: (18, 4, 63), 3: (21, -1, 252)},
    {0: (5, 1, 48), 2: (9, 1, 36), 3: (-231, 14, 360), 4: (63, -7, 80)},
    {0: (10, -1, 42), 2: (-432, 92, 315), 3: (633, -145, 90), 4: (-504, 115, 70), 5: (63, -13, 35)},
    {0: (1, 0, 14), 4: (14, -3, 126), 5: (13, -3, 63), 6: (1, 0, 9)},
    {0: (1, 0, 32), 4: (91, -21, 576), 5: (11, 0, 72), 6: (-385, -75, 1152), 7: (63, 13, 128)},
    {0: (1, 0, 14), 4: (1, 0, 9), 5: (-733, -147, 2205), 6: (515, 111, 504), 7: (-51, -11, 56),
     8: (132, 28, 245)},
    {4: (-42, 7, 18), 5: (-18, 28, 45), 6: (-273, -53, 72), 7: (301, 53, 72), 8: (28, -28, 45),
     9: (49, -7, 18)},
    {0: (1, 0, 20), 7: (49, 0, 180), 8: (16, 0, 45), 9: (49, 0, 180), 10: (1, 0, 20)},
)  # fmt: skip
