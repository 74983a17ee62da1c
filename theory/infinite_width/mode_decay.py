r"""How fast gradient descent learns one eigenvector of the NTK.

Loss 1/2 sum of squares, t = learning_rate x steps. Along a mode of eigenvalue lam the error decays as

    decay(t) = e^{-lam t}   (flow)      or   (1 - learning_rate lam)^steps   (gradient descent, exactly)

and (1 - decay)/lam is what the mode has moved outputs elsewhere, in units of the error at the start.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.infinite_width.flow_arguments import (
    checked_eigenvalues,
    checked_rate,
    checked_times,
    steps_of,
)

Array = NDArray[np.float64]


def mode_decay(
    eigenvalues: ArrayLike, t: ArrayLike, *, learning_rate: float | None = None
) -> Array:
    r"""Part of the initial error that is left at time t in modes of the NTK.

    Parameters
    ----------
    eigenvalues : array_like, any shape
        lam >= 0 of the NTK on the training inputs.
    t : array_like, any shape
        Time >= 0, ``inf`` allowed; with a learning rate a whole number of steps.
    learning_rate : float, optional
        > 0 and at most 2/max(lam), where gradient descent stops to converge; gradient flow by default.

    Returns
    -------
    ndarray, the shape of t followed by that of the eigenvalues
        Never above 1 in modulus. Gradient descent with learning_rate lam > 1 alternates in sign.

    Raises
    ------
    ValueError
        For values outside these ranges, and for t = inf at learning_rate = 2/max(lam), where there is no limit.

    References
    ----------
    Lee et al. 2019, arXiv:1902.06720, section 2.2; exact for linearised networks, first correction of
    order 1/width.

    Examples
    --------
    >>> mode_decay([0.0, 2.0], [0.5, np.inf]).round(4)
    array([[1.    , 0.3679],
           [1.    , 0.    ]])
    >>> mode_decay(2.0, 0.75, learning_rate=0.75)
    array(-0.5)
    """
    lam, times = checked_eigenvalues(eigenvalues), checked_times(t)
    rate = checked_rate(learning_rate, lam, times)
    log, sign = _log_and_sign(lam, times, rate)
    return np.asarray(sign * np.exp(log))


def mode_response(
    eigenvalues: ArrayLike, t: ArrayLike, *, learning_rate: float | None = None
) -> Array:
    r"""(1 - decay)/lam, the integral of the decay over time; t where lam = 0.

    Parameters, errors and reference as for `mode_decay`.

    Returns
    -------
    ndarray, the shape of t followed by that of the eigenvalues
        Between 0 and 1/lam for flow, between 0 and 2/lam for gradient descent; to full precision for small lam t.

    Examples
    --------
    >>> mode_response([0.0, 2.0], np.inf)
    array([inf, 0.5])
    >>> float(mode_response(1e-20, 3.0))
    3.0
    """
    lam, times = checked_eigenvalues(eigenvalues), checked_times(t)
    rate = checked_rate(learning_rate, lam, times)
    log, sign = _log_and_sign(lam, times, rate)
    gone = np.where(sign > 0, -np.expm1(log), 1 + np.exp(log))
    full = np.broadcast_to(times.reshape(times.shape + (1,) * lam.ndim), gone.shape)
    return np.divide(gone, lam, out=full.copy(), where=lam > 0)


def _log_and_sign(lam: Array, times: Array, rate: float | None) -> tuple[Array, Array]:
    """log of the modulus of the decay, and its sign."""
    long = times.reshape(times.shape + (1,) * lam.ndim)
    with np.errstate(invalid="ignore", divide="ignore"):
        if rate is None:
            log, sign = -lam * long, np.ones(np.broadcast_shapes(lam.shape, long.shape))
        else:
            steps = steps_of(long, rate)
            product = rate * lam
            per_step = np.where(
                product < 1, np.log1p(-np.minimum(product, 1)), np.log(np.abs(product - 1))
            )
            log = steps * per_step
            odd = np.isfinite(steps) & (np.mod(steps, 2) == 1)
            sign = np.where(odd & (product > 1), -1.0, 1.0)
    still = (lam == 0) | (long == 0)  # 0 x inf
    return np.where(still, 0.0, log), sign
