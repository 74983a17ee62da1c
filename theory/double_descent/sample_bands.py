"""Bands of the limiting sample spectrum of a block covariance, and the gaps between them.

For P samples x ~ N(0, C) the eigenvalues of X^T X/P fill bands, images of real kappa = -x under

    z(x) = x (1 - (1/P) sum_k n_k c_k/(c_k - x)),      dz/dx = 1 - (1/P) sum_k n_k c_k^2/(c_k - x)^2.

Outside the bands z rises with x: every interval of x with dz/dx > 0 is a gap, and its ends are the
edges of the bands. A gap between c_j > c_(j+1) parts exactly as many sample eigenvalues as population
eigenvalues lie above it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.double_descent.block_covariance import BlockCovariance, surplus
from lazyrich.theory.double_descent.deterministic_equivalents import largest_eigenvalue

FloatArray = NDArray[np.float64]

_ROUNDING = 1e-12


class Gap(NamedTuple):
    """Sample directions above a gap of the spectrum, and where the gap and the spectrum end."""

    n_above: float
    lower: float
    """Upper edge of the band below; 0 if there are only zeros below."""
    upper: float
    """Lower edge of the bands above."""
    top: float
    """Upper edge of the spectrum."""


def gaps(covariance: BlockCovariance, n_train: float) -> list[Gap]:
    """All gaps of the spectrum, from the top down; the last one lies below all bands, if these end above 0."""
    c, n = _distinct(covariance)
    top = largest_eigenvalue(covariance, n_train)
    found = []
    for j in range(len(c) - 1):
        inside = _between(c, n, n_train, j)
        if inside is not None:
            found.append(Gap(float(n[: j + 1].sum()), *inside, top))
    lowest = _bottom(c, n, n_train)
    if lowest > 0:
        found.append(Gap(min(float(n.sum()), n_train), 0.0, lowest, top))
    return found


def _distinct(covariance: BlockCovariance) -> tuple[FloatArray, FloatArray]:
    """Different eigenvalues, falling, and their dimensions."""
    c, inverse = np.unique(covariance.eigenvalues, return_inverse=True)
    n = np.bincount(inverse.ravel(), weights=covariance.dimensions)
    return c[::-1], n[::-1].astype(np.float64)


def _image(x: float, c: FloatArray, n: FloatArray, n_train: float) -> float:
    return float(x * (1 - np.sum(n * (c / (c - x))) / n_train))


def _excess(c: FloatArray, n: FloatArray, n_train: float) -> Callable[[float], float]:
    """-dz/dx, above 0 inside the bands."""
    return lambda x: float(np.sum(n * (c / (c - x)) ** 2) / n_train - 1)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """The one change of sign in [low, high]; an end that is the root up to rounding."""
    if abs(function(low)) < _ROUNDING:
        return low
    if abs(function(high)) < _ROUNDING:
        return high
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-300, rtol=1e-15))


def _between(c: FloatArray, n: FloatArray, n_train: float, j: int) -> tuple[float, float] | None:
    """Ends of the gap between the j-th and the next eigenvalue, if there is one.

    The term of the block above alone closes it for x > c_j (1 - sqrt(n_j/P)), that of the block below
    for x < c_(j+1) (1 + sqrt(n_(j+1)/P)); in between -dz/dx is convex.
    """
    low = c[j + 1] * (1 + np.sqrt(n[j + 1] / n_train))
    high = c[j] * (1 - np.sqrt(n[j] / n_train))
    if low >= high:
        return None

    def slope(x: float) -> float:
        return float(np.sum(n * c**2 / (c - x) ** 3))

    if slope(low) >= 0 or slope(high) <= 0:
        return None
    from scipy.optimize import brentq

    excess = _excess(c, n, n_train)
    middle = float(brentq(slope, low, high, xtol=1e-300, rtol=1e-15))
    if excess(middle) >= -_ROUNDING:
        return None
    ends = _root(excess, low, middle), _root(excess, middle, high)
    lower, upper = (_image(x, c, n, n_train) for x in ends)
    return (lower, upper) if upper > lower * (1 + _ROUNDING) else None


def _bottom(c: FloatArray, n: FloatArray, n_train: float) -> float:
    """Lower edge of the lowest band; 0 if it is not told from 0, as with as many dimensions as samples."""
    if surplus(n_train, n)[-1] == 0:
        return 0.0
    low, high = -float(n @ c) / n_train, c[-1] * (1 - np.sqrt(n[-1] / n_train))
    edge = _image(_root(_excess(c, n, n_train), low, high), c, n, n_train)
    return edge if edge > _ROUNDING * c[-1] else 0.0
