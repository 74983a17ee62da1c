r"""Early-stopped gradient flow against ridge regression, for any fixed design.

Setting. P samples y = X w* + noise (X: P x N, noise variance sigma^2) and the eigenvalues s_i of X^T X/P.
Gradient flow from w = 0 on the mean loss abs(y - X w)^2/(2P) and ridge regression, the minimum of
abs(y - X w)^2/(2P) + penalty abs(w)^2/2, both multiply the least-squares coefficient of eigenvector i
by a filter, coupled at penalty = 1/t::

    flow:  1 - e^(-x),    ridge:  x/(1 + x),    x = s_i t = s_i/penalty.

Risks are E sum_i v_i (w_i - w*_i)^2 over the noise, in the eigenbasis: v_i = 1 for the error of the
weights, v_i = s_i for the error on the samples' inputs. If w* has independent entries of equal variance,
v_i = (V^T C V)_ii gives the excess risk on fresh inputs of any covariance C, V the eigenvectors; for other
teachers that excess risk mixes eigenvectors and the bounds below need not hold for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import numbers, one_number
from lazyrich.theory.double_descent.stopping_bounds import (
    Largest,
    bayes_ratio,
    largest_bayes_ratio,
    largest_shrinkage_ratio,
    shrinkage_ratio,
)

FloatArray = NDArray[np.float64]

_SMALLEST = 1e-200  # an eigenvalue below is rounding: a direction without samples

__all__ = [
    "Largest",
    "bayes_ratio",
    "flow_excess",
    "flow_risk",
    "largest_bayes_ratio",
    "largest_shrinkage_ratio",
    "optimal_penalty",
    "ridge_risk",
    "shrinkage_ratio",
]


def flow_risk(
    t: ArrayLike,
    eigenvalues: ArrayLike,
    teacher_squares: ArrayLike,
    n_train: float,
    *,
    noise_var: float = 0.0,
    metric: ArrayLike = 1.0,
) -> FloatArray:
    """Risk of gradient flow stopped at t, sum_i v_i [e^(-2 s_i t) w*_i^2 + (sigma^2/P)(1 - e^(-s_i t))^2/s_i].

    Parameters
    ----------
    t : array_like, in [0, inf]
        Flow time on the mean loss, from w = 0.
    eigenvalues : array_like, (N,)
        s_i >= 0 of X^T X/P.
    teacher_squares : array_like, (N,) or scalar
        w*_i^2 along each eigenvector, or its mean under a prior; >= 0.
    n_train : float > 0
        P.
    noise_var : float >= 0
        sigma^2.
    metric : array_like, (N,) or scalar
        v_i >= 0; see the head of this module.

    Returns
    -------
    array, t's shape
        Without the noise of test labels.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact for this design.

    References
    ----------
    Ali, Kolter, Tibshirani 2018, arXiv:1810.10082: risk of gradient flow.

    Examples
    --------
    >>> print(flow_risk([0.0, np.inf], [2.0], [3.0], 10, noise_var=0.4))
    [3.   0.02]
    """
    times = numbers("t", t, zero=True, infinite=True)
    s, squares, weights, variance = _design(
        eigenvalues, teacher_squares, n_train, noise_var, metric
    )
    with np.errstate(invalid="ignore"):
        x = np.where(s > 0, np.multiply.outer(times, s), 0.0)
    bias = np.exp(-2 * x) @ (weights * squares)
    return (bias + np.expm1(-x) ** 2 @ (weights * variance))[()]


def ridge_risk(
    penalty: ArrayLike,
    eigenvalues: ArrayLike,
    teacher_squares: ArrayLike,
    n_train: float,
    *,
    noise_var: float = 0.0,
    metric: ArrayLike = 1.0,
) -> FloatArray:
    """Risk of ridge, sum_i v_i [(penalty/(s_i + penalty))^2 w*_i^2 + (sigma^2/P) s_i/(s_i + penalty)^2].

    Parameters
    ----------
    penalty : array_like, in [0, inf]
        Ridge on the mean loss: abs(y - X w)^2/(2P) + penalty abs(w)^2/2; 0 is the least-squares solution
        of least norm.
    eigenvalues, teacher_squares, n_train, noise_var, metric
        As for `flow_risk`.

    Returns
    -------
    array, penalty's shape
        Without the noise of test labels.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact for this design.

    References
    ----------
    Ali, Kolter, Tibshirani 2018, arXiv:1810.10082: risk of ridge regression.

    Examples
    --------
    >>> print(ridge_risk([0.0, np.inf], [2.0], [3.0], 10, noise_var=0.4))
    [0.02 3.  ]
    """
    ridge = numbers("penalty", penalty, zero=True, infinite=True)
    s, squares, weights, variance = _design(
        eigenvalues, teacher_squares, n_train, noise_var, metric
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(s > 0, s / ridge[..., None], 0.0)
    kept = 1 / (1 + x)
    return (kept**2 @ (weights * squares) + (1 - kept) ** 2 @ (weights * variance))[()]


def optimal_penalty(prior_var: float, n_train: float, noise_var: float) -> float:
    """Best ridge penalty if the teacher's weights are independent with variance tau^2, sigma^2/(P tau^2).

    Ridge is then the best linear estimator in every metric: the posterior mean of a Gaussian prior.

    Parameters
    ----------
    prior_var, n_train, noise_var : float
        tau^2 > 0; P > 0; sigma^2 >= 0.

    Raises
    ------
    ValueError
        For values outside these ranges or nan.

    References
    ----------
    Ali, Kolter, Tibshirani 2018, arXiv:1810.10082: Bayes risk.

    Examples
    --------
    >>> print(optimal_penalty(2.0, 50, 1.0))
    0.01
    """
    prior, samples = one_number("prior_var", prior_var), one_number("n_train", n_train)
    return one_number("noise_var", noise_var, zero=True) / (samples * prior)


def flow_excess(
    t: ArrayLike,
    eigenvalues: ArrayLike,
    prior_var: float,
    n_train: float,
    *,
    noise_var: float,
    metric: ArrayLike = 1.0,
) -> FloatArray:
    """Bayes risk of flow at t above that of optimal ridge: never negative at any time.

    Completing the square in each filter, with p = `optimal_penalty`::

        sum_i v_i tau^2 (1 + p/s_i) [1 - e^(-s_i t) - s_i/(s_i + p)]^2.

    Parameters
    ----------
    t, eigenvalues, n_train, metric
        As for `flow_risk`.
    prior_var : float > 0
        tau^2, variance of the teacher's independent weights.
    noise_var : float > 0
        sigma^2.

    Returns
    -------
    array, t's shape

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact for this design. It vanishes for one eigenvalue at t = log(1 + s/p)/s.

    References
    ----------
    Ali, Kolter, Tibshirani 2018, arXiv:1810.10082, for Bayes risks; the square derived here.

    Examples
    --------
    >>> print(f"{flow_excess(np.log(3.0) / 2, [2.0], 1.0, 10, noise_var=10.0):.12f}")
    0.000000000000
    """
    times = numbers("t", t, zero=True, infinite=True)
    p = optimal_penalty(prior_var, n_train, one_number("noise_var", noise_var))
    s, _, weights, _ = _design(eigenvalues, prior_var, n_train, noise_var, metric)
    s, weights = s[s > 0], weights[s > 0]
    x = np.multiply.outer(times, s)
    # both filters by what they leave, which keeps digits where both have learned all
    apart = p / (s + p) - np.exp(-x)
    return (apart**2 @ (weights * prior_var * (1 + p / s)))[()]


def _design(
    eigenvalues: ArrayLike,
    teacher_squares: ArrayLike,
    n_train: float,
    noise_var: float,
    metric: ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """s_i, w*_i^2, v_i and the variance sigma^2/(P s_i) of each least-squares coefficient."""
    s = numbers("eigenvalues", eigenvalues, zero=True)
    if s.ndim != 1:
        raise ValueError(f"eigenvalues has shape {s.shape}; needs (N,)")
    s = np.where(s > _SMALLEST, s, 0.0)
    pair = []
    for name, values in (("teacher_squares", teacher_squares), ("metric", metric)):
        array = numbers(name, values, zero=True)
        if array.shape not in ((), s.shape):
            raise ValueError(f"{name} has shape {array.shape}; needs {s.shape} or one number")
        pair.append(np.broadcast_to(array, s.shape))
    noise = one_number("noise_var", noise_var, zero=True) / one_number("n_train", n_train)
    return s, pair[0], pair[1], noise / np.where(s > 0, s, np.inf)
