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
from lazyrich.theory.double_descent.arguments import numbers, one_number
from lazyrich.theory.double_descent.block_covariance import BlockCovariance
from lazyrich.theory.double_descent.deterministic_equivalents import (
    Split,
    largest_eigenvalue,
    ridge_kappa,
)
from lazyrich.theory.double_descent.units import mean_loss_penalty, mean_loss_time

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


def covariance_of(n_features: float, n_fast: float, condition_number: float) -> BlockCovariance:
    """The student's inputs as blocks (fast, slow) of the mean loss; a teacher of power 1.

    Parameters
    ----------
    n_features : float
        d > 0 directions of z; only d/n and p/n matter.
    n_fast : float
        p in (0, d).
    condition_number : float
        Ratio of the two standard deviations, > 0; 1 for equal features.

    Returns
    -------
    BlockCovariance

    Raises
    ------
    ValueError
        For values outside these ranges.

    Examples
    --------
    >>> covariance_of(100, 60, 10.0).eigenvalues.round(6)
    array([0.01  , 0.0001])
    """
    d = one_number("n_features", n_features)
    p = one_number("n_fast", n_fast)
    ratio = one_number("condition_number", condition_number)
    if p >= d:
        raise ValueError(
            f"n_fast = {n_fast} is outside (0, {n_features}) = (0, n_features): the rest is slow"
        )
    return BlockCovariance([1 / d, 1 / (d * ratio**2)], [p, d - p], [p, (d - p) * ratio**2])


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
    log_t = np.linspace(np.log(1e-4 / fastest), np.log(1e4 / smallest), 600)
    turns = _turns(error(log_t))
    found, heights = np.empty(len(turns)), np.empty(len(turns))
    for k, (index, sign) in enumerate(turns):
        found[k], heights[k] = _refined(error, log_t[index - 1], log_t[index + 1], sign)
    return TurningPoints(np.exp(found) / n, heights)


def ridge_error(
    n_train: float,
    n_features: float,
    n_fast: float,
    condition_number: float,
    penalty: ArrayLike,
    *,
    noise_var: float = 0.0,
) -> FloatArray:
    """Error of ridge regression on the sum loss, abs(y - X what)^2/2 + penalty abs(what)^2/2.

    One kappa couples both blocks::

        penalty/n = kappa (1 - (1/n) sum_k n_k c_k/(c_k + kappa)),
        error = [sum_k m_k c_k kappa^2/(c_k + kappa)^2 + noise_var g]/(1 - g),
        g = (1/n) sum_k n_k c_k^2/(c_k + kappa)^2.

    Parameters
    ----------
    n_train, n_features, n_fast, condition_number, noise_var : float
        As for `learning_curve`.
    penalty : array_like, (...)
        In [0, inf).

    Returns
    -------
    array, (...)
        inf for penalty 0, n = d and noise.

    Raises
    ------
    ValueError
        For values outside these ranges.

    Notes
    -----
    Exact as n, d, p grow in proportion; first correction O(1/d).

    References
    ----------
    Hastie, Montanari, Rosset, Tibshirani 2019, arXiv:1903.08560; Canatar, Bordelon, Pehlevan 2020,
    arXiv:2006.13198, for the coupled form.

    Examples
    --------
    >>> print(round(float(ridge_error(150, 100, 60, 50.0, 2e-3)), 4))
    0.4911
    """
    blocks = covariance_of(n_features, n_fast, condition_number)
    n = one_number("n_train", n_train)
    sigma_sq = one_number("noise_var", noise_var, zero=True)
    given = mean_loss_penalty(penalty, n)
    k = np.atleast_1d(ridge_kappa(np.ravel(given), blocks, n))
    _, one_minus_g = Split.around(k, blocks, n).sums(k, blocks, n)
    c = blocks.eigenvalues
    left = (k[:, None] / (c + k[:, None])) ** 2 @ (blocks.teacher_norms_squared * c)
    numerator = left + sigma_sq * (1 - one_minus_g)
    silent = one_minus_g == 0
    error = np.where(silent, 0.0 if sigma_sq == 0 else np.inf, numerator)
    return (error / np.where(silent, 1.0, one_minus_g)).reshape(np.shape(given))[()]


def published_ridge_error(
    n_train: float,
    n_features: float,
    n_fast: float,
    condition_number: float,
    penalty: ArrayLike,
    *,
    noise_var: float = 0.0,
) -> FloatArray:
    """The published form of `ridge_error`, in which each block sees all n samples by itself.

    With a1 = n/p, a2 = n/(d - p), l1 = penalty d/p, l2 = penalty d condition_number^2/(d - p)::

        A_i = 1 + 2 l_i/(1 - a_i - l_i + sqrt((1 - a_i - l_i)^2 + 4 l_i)),    R_i = (n/d)/A_i,
        b_i = a_i/(A_i^2 - a_i),
        h_1 = 1 + noise_var - 2 R_2 - ((2 - A_1)/A_1) n/d,    h_2 with 1 and 2 exchanged,
        Q_1 = (b_1 b_2 h_2 + b_1 h_1)/(1 - b_1 b_2),    Q_2 with 1 and 2 exchanged,
        error = 1 - 2 (R_1 + R_2) + Q_1 + Q_2.

    Parameters, errors and shapes are those of `ridge_error`.

    Returns
    -------
    array, (...)
        Right while the effective penalty is far above the slow eigenvalue; too low once slow features
        are learned, because fewer than n samples are left for them; negative for n < d.

    References
    ----------
    Pezeshki, Mitra, Bengio, Lajoie 2021, arXiv:2112.03215, replica solution and its public code.

    Examples
    --------
    >>> wrong = published_ridge_error(60, 100, 40, 20.0, 2e-4, noise_var=0.09)
    >>> print(round(float(wrong), 2), round(float(ridge_error(60, 100, 40, 20.0, 2e-4, noise_var=0.09)), 2))
    -1.07 1.43
    """
    covariance_of(n_features, n_fast, condition_number)
    n, d, p = (float(x) for x in (one_number("n_train", n_train), n_features, n_fast))
    sigma_sq = one_number("noise_var", noise_var, zero=True)
    g = numbers("penalty", penalty, zero=True)
    ratios = n / p, n / (d - p)
    loads = g * d / p, g * d * float(condition_number) ** 2 / (d - p)
    A = [1 + _root(1 - a - load, load) for a, load in zip(ratios, loads, strict=True)]
    R = [n / d / a for a in A]
    inverse_b = [(a**2 - ratio) / ratio for ratio, a in zip(ratios, A, strict=True)]
    h = [1 + sigma_sq - 2 * R[1 - i] - (2 - A[i]) / A[i] * n / d for i in (0, 1)]
    coupling = inverse_b[0] * inverse_b[1] - 1
    Q = [(h[1 - i] + h[i] * inverse_b[1 - i]) / coupling for i in (0, 1)]
    return (1 - 2 * (R[0] + R[1]) + Q[0] + Q[1])[()]


def _root(x: FloatArray, load: FloatArray) -> FloatArray:
    """2 load/(x + sqrt(x^2 + 4 load)), which at load = 0 is max(-x, 0)."""
    root = np.sqrt(x**2 + 4 * load)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x > 0, 2 * load / (x + root), (root - x) / 2)


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
        grid = np.linspace(low, high, 21)
        best = int(np.clip(np.argmin(sign * error(grid)), 1, 19))
        low, high = grid[best - 1], grid[best + 1]
    grid = np.linspace(low, high, 3)
    left, middle, right = error(grid)
    bend = left - 2 * middle + right
    shift = 0.5 * (left - right) / bend if bend * sign > 0 else 0.0
    return float(grid[1] + shift * (grid[1] - low)), float(middle - (left - right) * shift / 4)
