"""Features learned fast and slowly: a linear student whose inputs have two scales.

Setting. z ~ N(0, I/d), labels y = z . w + noise with w ~ N(0, I), and a student that sees x = F^T z, where F
has p singular values 1 (fast) and d - p singular values 1/condition_number (slow). From what = 0 it
descends the sum loss abs(y - X what)^2/2 over n samples, t = learning rate x steps. Order parameters::

    R = w^T F what/d,    Q = abs(F what)^2/d,    error = 1 - 2 R + Q = E (test label - student)^2,

test labels without noise; the paper plots error/2. Singular vectors of F change nothing on average. On
the mean loss (`lazyrich.theory.double_descent.covariance`) the same student has block eigenvalues
(1, condition_number^-2)/d, squared teacher weights (p, (d - p) condition_number^2) and time n t.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent import block_dynamics
from lazyrich.theory.double_descent.arguments import one_number
from lazyrich.theory.double_descent.deterministic_equivalents import largest_eigenvalue
from lazyrich.theory.double_descent.multiscale_ridge import (
    covariance_of,
    published_ridge_error,
    ridge_error,
)
from lazyrich.theory.double_descent.units import mean_loss_time

__all__ = [
    "OrderParameters",
    "TurningPoints",
    "covariance_of",
    "learning_curve",
    "published_ridge_error",
    "ridge_error",
    "turning_points",
]

FloatArray = NDArray[np.float64]

_RESOLVED = 1e-9
"""Rises and falls of the error smaller than this are below the accuracy of the curve."""


class OrderParameters(NamedTuple):
    """Overlap R with the teacher, norm Q of the student, error 1 - 2 R + Q; each of t's shape."""

    R: FloatArray
    Q: FloatArray
    error: FloatArray


class TurningPoints(NamedTuple):
    """Times and errors at which the error turns, in the order of time; minima and maxima alternate."""

    t: FloatArray
    error: FloatArray


def learning_curve(
    t: ArrayLike,
    n_train: float,
    n_features: float,
    n_fast: float,
    condition_number: float,
    *,
    noise_var: float = 0.0,
    learning_rate: float | None = None,
) -> OrderParameters:
    """R, Q and the error in time: epoch-wise double descent where the scales are far apart.

    Parameters
    ----------
    t : array_like, (...)
        Time in [0, inf] on the sum loss; fast features are learned at t ~ d/n, slow ones at
        t ~ condition_number^2 d/n.
    n_train : float
        n > 0 samples.
    n_features, n_fast, condition_number : float
        d, p in (0, d) and the ratio of standard deviations, > 0.
    noise_var : float
        Variance >= 0 of the label noise.
    learning_rate : float, optional
        For exact gradient descent on the sum loss, t/learning_rate whole.

    Returns
    -------
    OrderParameters
        (R, Q, error), each of t's shape; error is inf at t = inf where n = d and there is noise.

    Raises
    ------
    ValueError
        For values outside these ranges.

    Notes
    -----
    Exact as n, d, p grow in proportion; first correction O(1/d), relative size about
    1/(d abs(n/d - 1)) at late times. Accuracy 1e-10 absolute.

    References
    ----------
    Pezeshki, Mitra, Bengio, Lajoie 2021, arXiv:2112.03215, for the model and its order parameters;
    closed form in time derived here.

    Examples
    --------
    The error falls, rises while slow features act as noise on the fast ones, and falls again.

    >>> curve = learning_curve([1.88, 44.25, 1e6], 130, 100, 70, 100.0)
    >>> np.round(curve.error / 2, 4)
    array([0.2494, 0.3229, 0.    ])
    """
    blocks = covariance_of(n_features, n_fast, condition_number)
    n = one_number("n_train", n_train)
    times = mean_loss_time(t, n)
    rate = None
    if learning_rate is not None:
        rate = float(mean_loss_time(one_number("learning_rate", learning_rate), n))
    R = block_dynamics.alignment(times, blocks, n, learning_rate=rate)
    curve = block_dynamics.learning_curve(times, blocks, n, noise_var=noise_var, learning_rate=rate)
    error = curve.bias + curve.variance
    return OrderParameters(R, error - 1 + 2 * R, error)


def turning_points(
    n_train: float,
    n_features: float,
    n_fast: float,
    condition_number: float,
    *,
    noise_var: float = 0.0,
) -> TurningPoints:
    """Minima and maxima of the error over time, the two ends excluded.

    Parameters
    ----------
    n_train, n_features, n_fast, condition_number, noise_var : float
        As for `learning_curve`.

    Returns
    -------
    TurningPoints
        (t, error), each of the number of turning points, t in ascending order: none for a curve
        without overtraining, one for an error that falls and rises, two for an epoch-wise double
        descent, three if it rises again at the end. Turns of less than 1e-9 are not resolved.

    Raises
    ------
    ValueError
        For values outside these ranges.

    Notes
    -----
    t to about 1e-5 relative: at a turning point the error is flat.

    References
    ----------
    Pezeshki, Mitra, Bengio, Lajoie 2021, arXiv:2112.03215.

    Examples
    --------
    >>> first, second = turning_points(130, 100, 70, 100.0)
    >>> np.round(first, 2), np.round(second / 2, 4)
    (array([ 1.88, 44.25]), array([0.2494, 0.3229]))
    """
    blocks = covariance_of(n_features, n_fast, condition_number)
    n = one_number("n_train", n_train)

    def error(log_t: FloatArray) -> FloatArray:
        curve = block_dynamics.learning_curve(np.exp(log_t), blocks, n, noise_var=noise_var)
        return curve.bias + curve.variance

    gap = abs(1 - np.sqrt(blocks.total_dimension / n))
    smallest = float(blocks.eigenvalues.min()) * max(gap, 1e-4) ** 2
    fastest = largest_eigenvalue(blocks, n)
    log_t = np.linspace(np.log(1e-4 / fastest), np.log(1e4 / smallest), 300)
    turns = _turns(error(log_t))
    found, heights = np.empty(len(turns)), np.empty(len(turns))
    for k, (index, sign) in enumerate(turns):
        found[k], heights[k] = _refined(error, log_t[index - 1], log_t[index + 1], sign)
    return TurningPoints(np.exp(found) / n, heights)


def _turns(error: FloatArray) -> list[tuple[int, int]]:
    """Indices where the error turns, and +1 for minima, -1 for maxima; small wiggles are passed over."""
    turns = []
    sign, best = 1, 0
    for i, value in enumerate(error):
        if sign * value <= sign * error[best]:
            best = i
        elif sign * (value - error[best]) > _RESOLVED:
            turns.append((best, sign))
            sign, best = -sign, i
    return turns


def _refined(
    error: Callable[[FloatArray], FloatArray], low: float, high: float, sign: int
) -> tuple[float, float]:
    """Place and height of the turning point between `low` and `high`: grids, then a parabola."""
    for _ in range(2):
        grid = np.linspace(low, high, 15)
        best = int(np.clip(np.argmin(sign * error(grid)), 1, 13))
        low, high = grid[best - 1], grid[best + 1]
    grid = np.linspace(low, high, 3)
    left, middle, right = error(grid)
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend * sign > 0 else 0.0
    return float(grid[1] + shift * (grid[1] - low)), float(middle - (left - right) * shift / 4)
