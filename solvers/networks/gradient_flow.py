r"""Gradient flow of a two-layer linear network, integrated to nearly the precision of float64.

    dW1/dt = W2^T (Sigma_yx - W2 W1),   dW2/dt = (Sigma_yx - W2 W1) W1^T

The limit of infinitely small steps of gradient descent for whitened inputs, by the explicit
Runge-Kutta pair of order 8 of Dormand and Prince with a local error of 1e-13 of the largest weight.
Meant for small networks (up to some ten units a layer), whose products are written out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.gradient_flow_kernel import integrate
from lazyrich.solvers.networks.second_moments import finite_matrix

Array = NDArray[np.float64]

LOCAL_ERROR = 1e-13
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
    from scipy.integrate import DOP853

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
    a, b, e3, e5 = (
        np.ascontiguousarray(x) for x in (DOP853.A[:12, :12], DOP853.B, DOP853.E3, DOP853.E5)
    )
    steps = integrate(
        np.concatenate([w1.ravel(), w2.ravel()]), w1.shape[1], w1.shape[0], w2.shape[0],
        np.ascontiguousarray(target), times, LOCAL_ERROR, MOST_STEPS, a, b, e3, e5, found,
    )  # fmt: skip
    if steps < 0:
        raise RuntimeError(f"the flow to t = {times[-1]} needs more than {MOST_STEPS} steps")
    return (
        found[:, : w1.size].reshape(len(times), *w1.shape),
        found[:, w1.size :].reshape(len(times), *w2.shape),
    )
