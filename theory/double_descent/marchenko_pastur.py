r"""Marchenko-Pastur law: eigenvalues of X X^T for N x P inputs of variance 1/N, alpha = P/N fixed.

::

    rho(lambda) = (1 - alpha)_+ delta(lambda) + sqrt((lambda_+ - lambda)(lambda - lambda_-))/(2 pi lambda),
    lambda_+- = (1 +- sqrt alpha)^2.

This is the matrix that drives gradient descent on the sum loss; that of the mean loss with inputs of
variance 1 has the eigenvalues lambda/alpha (see :mod:`units`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import numbers, one_number

FloatArray = NDArray[np.float64]

_PANEL = 4.0  # length in v of a panel of Gauss-Legendre nodes
_ORDER = 48  # nodes of a panel: 1e-15 for these lengths
_WIDEST = 3.0


class Edges(NamedTuple):
    """Ends of the continuous part."""

    lower: FloatArray
    upper: FloatArray


class Nodes(NamedTuple):
    """Quadrature of the continuous part: its integral of f is ``weights @ f(eigenvalues)``."""

    eigenvalues: FloatArray
    weights: FloatArray


def edges(sample_ratio: ArrayLike) -> Edges:
    """Edges lambda_+- = (1 +- sqrt alpha)^2 of the continuous part.

    The lower one as ((1 - alpha)/(1 + sqrt alpha))^2, which keeps its digits near ratio 1.

    Parameters
    ----------
    sample_ratio : array_like, any shape
        alpha = P/N > 0.

    Returns
    -------
    Edges
        (lower, upper), each of the shape of `sample_ratio`.

    Raises
    ------
    ValueError
        For ratios outside (0, inf) or nan.

    Notes
    -----
    The extreme eigenvalues of a finite design lie within O(N^(-2/3)).

    References
    ----------
    Marchenko, Pastur 1967; Advani, Saxe 2017, arXiv:1710.03667.

    Examples
    --------
    >>> print(*edges(4.0))
    1.0 9.0
    """
    alpha = numbers("sample_ratio", sample_ratio)
    root = np.sqrt(alpha)
    return Edges((((1 - alpha) / (1 + root)) ** 2)[()], ((1 + root) ** 2)[()])


def null_share(sample_ratio: ArrayLike) -> FloatArray:
    """Share (1 - alpha)_+ of eigenvalues that are exactly zero: directions without samples.

    Parameters
    ----------
    sample_ratio : array_like, any shape
        alpha = P/N > 0.

    Returns
    -------
    array, of the same shape

    Raises
    ------
    ValueError
        For ratios outside (0, inf) or nan.

    Notes
    -----
    Exact for every finite design.

    References
    ----------
    Marchenko, Pastur 1967.

    Examples
    --------
    >>> print(null_share([0.25, 4.0]))
    [0.75 0.  ]
    """
    return np.maximum(1 - numbers("sample_ratio", sample_ratio), 0.0)[()]


def density(eigenvalue: ArrayLike, sample_ratio: ArrayLike) -> FloatArray:
    """Density of the continuous part, sqrt((lambda_+ - lambda)(lambda - lambda_-))/(2 pi lambda).

    Parameters
    ----------
    eigenvalue : array_like
        lambda >= 0; the density is 0 outside the edges, and inf at 0 for ratio 1.
    sample_ratio : array_like
        alpha = P/N > 0; broadcasts with `eigenvalue`.

    Returns
    -------
    array, of the broadcast shape
        Its integral is min(1, alpha).

    Raises
    ------
    ValueError
        For negative eigenvalues, ratios outside (0, inf), nan, or shapes that do not fit.

    Notes
    -----
    N -> inf at fixed alpha; smooth averages over the eigenvalues deviate by O(1/N).

    References
    ----------
    Marchenko, Pastur 1967; Advani, Saxe 2017, arXiv:1710.03667.

    Examples
    --------
    >>> print(density([0.0, 4.0, 4.1], 1.0))
    [inf  0.  0.]
    """
    lam = numbers("eigenvalue", eigenvalue, zero=True)
    lower, upper = edges(sample_ratio)
    product = np.maximum(upper - lam, 0) * np.maximum(lam - lower, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.sqrt(product) / (2 * np.pi * lam)
    at_zero = np.where(lower == 0, np.inf, 0.0)
    return np.where(lam == 0, at_zero, found)[()]


def nodes(sample_ratio: float, t: float = np.inf, *, both_edges: bool = False) -> Nodes:
    """Nodes and weights for integrals over the continuous part, stable at every ratio and time.

    The angle phi in lambda = lambda_- + 4 sqrt(alpha) sin^2(phi/2) removes both square roots,
    rho d lambda = (2 alpha/pi) sin^2(phi)/lambda d phi, and phi = epsilon sinh v spreads the scales
    near the lower edge evenly: epsilon is the distance abs(1 - sqrt alpha)/alpha^(1/4) of the pole of
    1/lambda or, at ratio 1, the width (alpha^(1/2) t)^(-1/2) of exp(-lambda t). Gauss-Legendre panels
    in v: 48 to some hundred nodes.

    Parameters
    ----------
    sample_ratio : float
        alpha = P/N > 0.
    t : float
        Longest time in [0, inf] of the factors exp(-lambda t).
    both_edges : bool
        Resolve (1 - learning_rate lambda)^(t/learning_rate) too, which may be slow at the upper edge.

    Returns
    -------
    Nodes
        (eigenvalues, weights), ascending.

    Raises
    ------
    ValueError
        For a ratio outside (0, inf), a time outside [0, inf], or nan.

    Notes
    -----
    Error about 1e-15 of the integral for smooth f, exp(-lambda t), and (1 - exp(-lambda t))^2/lambda.

    References
    ----------
    Marchenko, Pastur 1967; the quadrature derived here.

    Examples
    --------
    >>> eigenvalues, weights = nodes(0.5)
    >>> print(f"{weights.sum():.12f} {weights @ eigenvalues:.12f}")
    0.500000000000 0.500000000000
    """
    alpha = one_number("sample_ratio", sample_ratio)
    longest = one_number("t", t, zero=True, infinite=True)
    root = np.sqrt(alpha)
    with np.errstate(divide="ignore"):
        width = 1 / np.sqrt(root * longest)
    gap = abs(1 - alpha) / (1 + root) / np.sqrt(root)
    lower_scale = min(gap or max(width, 1e-16), _WIDEST)
    if both_edges:
        low, w_low = _angles(lower_scale, np.pi / 2)
        high, w_high = _angles(min(max(width, 1e-8), _WIDEST), np.pi / 2)
        phi = np.concatenate([low, np.pi - high[::-1]])
        sine = np.concatenate([np.sin(low), np.sin(high[::-1])])
        weight = np.concatenate([w_low, w_high[::-1]])
    else:
        phi, weight = _angles(lower_scale, np.pi)
        sine = np.sin(phi)
    lower = ((1 - alpha) / (1 + root)) ** 2
    eigenvalues = lower + 4 * root * np.sin(phi / 2) ** 2
    return Nodes(eigenvalues, 2 * alpha / np.pi * weight * sine**2 / eigenvalues)


def _angles(scale: float, end: float) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights on [0, end], evenly spread in asinh(angle/scale)."""
    length = np.arcsinh(end / scale)
    panels = max(1, int(np.ceil(length / _PANEL)))
    half = length / panels / 2
    x, w = _gauss_legendre()
    v = (half * (x + 1) + 2 * half * np.arange(panels)[:, None]).ravel()
    return scale * np.sinh(v), scale * np.cosh(v) * np.tile(half * w, panels)


@lru_cache(maxsize=1)
def _gauss_legendre() -> tuple[FloatArray, FloatArray]:
    return np.polynomial.legendre.leggauss(_ORDER)
