r"""Bounds of early stopping against ridge, eigenvalue by eigenvalue; reached through `early_stopping`.

With x = s t = s/penalty, gradient flow keeps 1 - e^(-x) of a coefficient and ridge x/(1 + x).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import numbers

FloatArray = NDArray[np.float64]


class Largest(NamedTuple):
    """A maximum and where it is reached."""

    x: float
    value: float


def shrinkage_ratio(x: ArrayLike) -> FloatArray:
    """Filter of gradient flow over that of ridge at penalty 1/t, (1 - e^-x)(1 + x)/x.

    It is at least 1, so that flow shrinks every coefficient less: abs(w_flow) >= abs(w_ridge); and at most
    `largest_shrinkage_ratio`, so that abs(w_flow) <= 1.2985 abs(w_ridge). The residual filters obey
    e^-x <= 1/(1 + x). Hence risk(flow at t) <= 1.6860 risk(ridge at 1/t).

    Parameters
    ----------
    x : array_like, in [0, inf]
        s t, eigenvalue of X^T X/P times flow time on the mean loss.

    Returns
    -------
    array, x's shape

    Raises
    ------
    ValueError
        For negative values or nan.

    Notes
    -----
    Exact, for each eigenvalue of any design.

    References
    ----------
    Ali, Kolter, Tibshirani 2018, arXiv:1810.10082: flow against ridge at penalty 1/t.

    Examples
    --------
    >>> print(shrinkage_ratio([0.0, np.inf]))
    [1. 1.]
    """
    given = numbers("x", x, zero=True, infinite=True)
    inner = np.where((given > 0) & (given < np.inf), given, 1.0)
    # (1 + 1/x) would overflow for tiny x
    ratio = -np.expm1(-inner) / inner * (1 + inner)
    return np.where((given > 0) & (given < np.inf), ratio, 1.0)[()]


def largest_shrinkage_ratio() -> Largest:
    """Largest `shrinkage_ratio`, c = (1 + x)^2/(1 + x + x^2) at the root of e^x = 1 + x + x^2.

    c^2 = 1.685909... is the constant of the bound on risks: the risk of gradient flow at t is at most
    c^2 times that of ridge at penalty 1/t, for any teacher, noise and design. It is reached without a
    teacher where all eigenvalues are x/t.

    Returns
    -------
    Largest
        (x, value) = (1.7933, 1.2984).

    Notes
    -----
    Exact to rounding.

    References
    ----------
    Ali, Kolter, Tibshirani 2018, arXiv:1810.10082, which rounds up to 1.2985 and 1.6862.

    Examples
    --------
    >>> print(f"{largest_shrinkage_ratio().value**2:.6f}")
    1.685909
    """
    from scipy.optimize import brentq

    x = float(brentq(lambda z: z - np.log1p(z + z * z), 1.0, 3.0, xtol=1e-15, rtol=1e-15))
    return Largest(x, (1 + x) ** 2 / (1 + x + x * x))


def bayes_ratio(x: ArrayLike) -> FloatArray:
    """Bayes risk of flow over that of ridge for one eigenvalue, both at the penalty that is best for ridge.

    (1 + x)(e^(-2x) + (1 - e^-x)^2/x) with x = s/penalty = s t and penalty = noise_var/(P prior_var).

    Parameters
    ----------
    x : array_like, in [0, inf]

    Returns
    -------
    array, x's shape

    Raises
    ------
    ValueError
        For negative values or nan.

    Notes
    -----
    Exact. Its maximum bounds the ratio of the risks at the best time and at the best penalty.

    References
    ----------
    Ali, Kolter, Tibshirani 2018, arXiv:1810.10082: optimal tuning under an isotropic prior.

    Examples
    --------
    >>> print(bayes_ratio([0.0, np.inf]))
    [1. 1.]
    """
    given = numbers("x", x, zero=True, infinite=True)
    inner = np.where((given > 0) & (given < np.inf), given, 1.0)
    learned = -np.expm1(-inner)
    ratio = (1 + inner) * (np.exp(-2 * inner) + learned / inner * learned)
    return np.where((given > 0) & (given < np.inf), ratio, 1.0)[()]


def largest_bayes_ratio() -> Largest:
    """Largest `bayes_ratio`, 1.2147: what optimally stopped flow loses at most to optimal ridge.

    Under an isotropic prior, min_t risk(flow) <= 1.2147 min risk(ridge), for every design.

    Returns
    -------
    Largest
        (x, value) = (3.10, 1.2147).

    Notes
    -----
    Exact to rounding. The ratio of the two minima itself stays below: one eigenvalue gives 1, because
    flow then reaches the risk of ridge at another time.

    References
    ----------
    Ali, Kolter, Tibshirani 2018, arXiv:1810.10082: 1.22 at optimal tuning.

    Examples
    --------
    >>> print(f"{largest_bayes_ratio().value:.4f}")
    1.2147
    """
    from scipy.optimize import brentq

    def slope(x: float) -> float:
        """Derivative of the ratio."""
        kept = np.exp(-x)
        inside = kept**2 + (1 - kept) ** 2 / x
        change = -2 * kept**2 + 2 * kept * (1 - kept) / x - ((1 - kept) / x) ** 2
        return float(inside + (1 + x) * change)

    x = float(brentq(slope, 2.0, 5.0, xtol=1e-14, rtol=1e-14))
    return Largest(x, float(bayes_ratio(x)))
