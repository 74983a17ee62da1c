"""Best stopping time and ridge regression of the isotropic linear student."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import broadcast, numbers
from lazyrich.theory.double_descent.marchenko_pastur import edges, nodes

FloatArray = NDArray[np.float64]


def optimal_stopping_time(
    sample_ratio: ArrayLike, snr: ArrayLike, inr: ArrayLike = 0.0
) -> FloatArray:
    """Time at which the test error of gradient flow is least.

    It solves, with q = exp(-lambda t) and the continuous part of the law,
    ``int' rho [q (1 - q) - lambda (SNR + INR) q^2] = 0``. Mode lambda alone would stop at
    ln(1 + lambda (SNR + INR))/lambda, so that the root lies between these times for both edges.

    Parameters
    ----------
    sample_ratio : array_like
        alpha = P/N > 0.
    snr, inr : array_like
        Variances of teacher weights and of initial weights over that of the label noise, in [0, inf].
        All arguments broadcast.

    Returns
    -------
    array, of the broadcast shape
        Time on the sum loss with inputs of variance 1/N; 0 where there is only noise to learn, inf
        without noise.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    N -> inf. The root is the only one in every case tried; see the claims of advani_2017. The error
    is flat there, so that finite designs lose only O(1/N) by stopping at this time.

    References
    ----------
    Advani, Saxe 2017, arXiv:1710.03667: optimal stopping; the bracket derived here.

    Examples
    --------
    >>> print(f"{optimal_stopping_time(1.0, 5.0):.5f}")
    3.06707
    """
    ratio = numbers("sample_ratio", sample_ratio)
    signal = numbers("snr", snr, zero=True, infinite=True)
    start = numbers("inr", inr, zero=True, infinite=True)
    shape, (ratio, signal, start) = broadcast(sample_ratio=ratio, snr=signal, inr=start)
    pairs, which = np.unique(
        np.stack([ratio.ravel(), (signal + start).ravel()]), axis=1, return_inverse=True
    )
    found = np.array([_stopping_time(*pair) for pair in pairs.T])
    return found[which.ravel()].reshape(shape)[()]


def _stopping_time(ratio: float, strength: float) -> float:
    if strength in (0.0, np.inf):
        return strength
    lower, upper = (float(edge) for edge in edges(ratio))
    first = np.log1p(upper * strength) / upper
    last = float(np.log1p(lower * strength) / lower) if lower > 0 else strength
    lam, weight = nodes(ratio, last)

    def slope(log_t: float) -> float:
        """The stationarity condition over exp(-lower edge x t), which may underflow."""
        exponent = np.exp(log_t) * lam
        left = -np.exp(-exponent) * lam * strength - np.expm1(-exponent)
        return float(weight * np.exp(lower * np.exp(log_t) - exponent) @ left)

    low, high = float(np.log(first)), float(np.log(last))
    if not slope(low) < 0 < slope(high):  # edges that coincide in floating point
        return float(np.sqrt(first * last))
    from scipy.optimize import brentq

    return float(np.exp(brentq(slope, low, high, xtol=1e-14, rtol=1e-14)))


def ridge_risk(
    sample_ratio: ArrayLike,
    penalty: ArrayLike,
    *,
    teacher_power: ArrayLike = 1.0,
    noise_var: ArrayLike = 0.0,
) -> FloatArray:
    """Test error of ridge regression, the minimum of abs(y - w X)^2/2 + gamma abs(w)^2/2.

    E = sigma^2 + int rho (gamma^2 S + lambda sigma^2)/(lambda + gamma)^2 over the whole law, in closed
    form with D = (1 - alpha + gamma)^2 + 4 alpha gamma::

        int rho gamma^2/(lambda + gamma)^2 = u (gamma + u)/sqrt D,   u = (sqrt D - gamma - alpha + 1)/2,
        int rho lambda/(lambda + gamma)^2 = k/sqrt D,   k = 2 alpha/(1 + gamma + alpha + sqrt D).

    The best penalty is gamma = sigma^2/S at every ratio.

    Parameters
    ----------
    sample_ratio : array_like
        alpha = P/N > 0.
    penalty : array_like
        gamma in [0, inf] on the sum loss with inputs of variance 1/N; 0 for the limit gamma -> 0.
    teacher_power, noise_var : array_like
        S and sigma^2, each >= 0. All arguments broadcast.

    Returns
    -------
    array, of the broadcast shape
        Test error with the label noise; inf at ratio 1 without penalty if there is noise.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    N -> inf; a finite design deviates by O(1/N).

    References
    ----------
    Advani, Saxe 2017, arXiv:1710.03667; Hastie, Montanari, Rosset, Tibshirani 2019, arXiv:1903.08560.

    Examples
    --------
    >>> print(ridge_risk([0.25, 2.0], 0.0, noise_var=0.75))
    [1.75 1.5 ]
    """
    ratio = numbers("sample_ratio", sample_ratio)
    gamma = numbers("penalty", penalty, zero=True, infinite=True)
    teacher = numbers("teacher_power", teacher_power, zero=True)
    noise = numbers("noise_var", noise_var, zero=True)
    _, (alpha, gamma, teacher, noise) = broadcast(
        sample_ratio=ratio, penalty=gamma, teacher_power=teacher, noise_var=noise
    )
    none = np.isinf(gamma)
    gamma = np.where(none, 1.0, gamma)
    b = gamma + (alpha - 1)
    root = np.hypot(b, 2 * np.sqrt(gamma))
    singular = root == 0
    safe = np.where(singular, 1.0, root)
    u = np.where(b > 0, 2 * gamma / np.where(b > 0, b + safe, 1.0), (root - b) / 2)
    bias = np.where(singular, 0.0, u * (gamma + u) / safe)
    k = 2 * alpha / (1 + gamma + alpha + root)
    fitted = np.where(noise > 0, noise * k / safe, 0.0)
    fitted = np.where(singular & (noise > 0), np.inf, fitted)
    return (noise + np.where(none, teacher, teacher * bias + fitted))[()]
