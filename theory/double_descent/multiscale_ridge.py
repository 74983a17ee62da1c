"""Ridge regression on features of two scales: the exact error, and the published one.

The setting is that of `multiscale`, where users find these functions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import numbers, one_number
from lazyrich.theory.double_descent.block_covariance import BlockCovariance
from lazyrich.theory.double_descent.deterministic_equivalents import Split, ridge_kappa
from lazyrich.theory.double_descent.units import mean_loss_penalty

FloatArray = NDArray[np.float64]


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
