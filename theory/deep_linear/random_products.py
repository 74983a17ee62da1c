r"""Singular values of products of random Gaussian matrices, the first map of a deep linear network.

Setting. P = W_M ... W_1 with M = `n_factors` square matrices of N rows, all entries independent and
normal with mean 0 and variance 1/N. (Products of orthogonal matrices are orthogonal: all their
singular values are 1.) At fixed M and N -> inf the squared singular values follow the Fuss-Catalan
law; at fixed N and M -> inf the logarithms of the singular values are M times the Lyapunov exponents.

Reached through `initialisation`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.mode_arguments import FloatArray
from lazyrich.theory.deep_linear.start_arguments import finite, whole

_BISECTIONS = 64  # from a bracket of 400 to 2e-17


def fuss_catalan_moment(order: ArrayLike, n_factors: ArrayLike) -> FloatArray:
    r"""Mean k-th power of the squared singular values of a product of M large Gaussian matrices.

    The limit N -> inf of <tr (P P^T)^k>/N, a Fuss-Catalan number::

        m_k = binomial((M + 1) k, k)/(M k + 1).

    Parameters
    ----------
    order : array_like of int
        k >= 0.
    n_factors : array_like of int
        M >= 1.

    Returns
    -------
    array
        Moments of the broadcast shape, each the float nearest to its whole number; inf beyond
        the largest float.

    Raises
    ------
    ValueError
        For values that are not whole numbers in these ranges, or shapes that do not broadcast.

    Notes
    -----
    Exact at N = inf; at finite N of relative order 1/N for real matrices.

    References
    ----------
    Penson, Zyczkowski 2011, arXiv:1103.3453: moments and density of products of Ginibre matrices.
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: the product of Gaussian layers is ever worse
    conditioned.

    Examples
    --------
    For M = 1 (Marchenko-Pastur) the Catalan numbers; the mean square is M + 1:

    >>> fuss_catalan_moment([1, 2, 3, 4], 1).tolist(), float(fuss_catalan_moment(2, 7))
    ([1.0, 2.0, 5.0, 14.0], 8.0)
    """
    k, m = np.broadcast_arrays(whole(order, "order", 0), whole(n_factors, "n_factors", 1))
    values = [_moment(int(a), int(b)) for a, b in zip(k.ravel(), m.ravel(), strict=True)]
    return np.array(values).reshape(k.shape)[()]


def _moment(k: int, m: int) -> float:
    if k * math.log(float(fuss_catalan_edge(m))) > 800 + 3 * math.log(1 + k) + math.log(m):
        return math.inf
    try:
        return float(math.comb((m + 1) * k, k) // (m * k + 1))
    except OverflowError:
        return math.inf


def fuss_catalan_edge(n_factors: ArrayLike) -> FloatArray:
    r"""Largest squared singular value of a product of M large Gaussian matrices.

    ::

        x_max = (M + 1)^(M + 1)/M^M,

    which grows as e (M + 1/2): the largest singular value as sqrt(e M).

    Parameters
    ----------
    n_factors : array_like of int
        M >= 1.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        For values that are not whole numbers >= 1.

    Notes
    -----
    Exact at N = inf; the largest of N squared singular values deviates by order N^(-2/3).

    References
    ----------
    Penson, Zyczkowski 2011, arXiv:1103.3453.

    Examples
    --------
    >>> print(f"{fuss_catalan_edge(1):.12f} {fuss_catalan_edge(2):.12f}")
    4.000000000000 6.750000000000
    """
    m = whole(n_factors, "n_factors", 1)
    return ((m + 1) * np.exp(m * np.log1p(1 / m)))[()]


def fuss_catalan_density(x: ArrayLike, n_factors: ArrayLike) -> FloatArray:
    r"""Density of the squared singular values of a product of M large Gaussian matrices.

    Parametrised by an angle 0 < p < pi/(M + 1)::

        x = sin^(M+1)((M + 1) p)/(sin p sin^M(M p)),
        density = sin p sin((M + 1) p)/(pi x sin(M p)).

    It diverges as x^(-M/(M+1)) at x -> 0 and vanishes as a square root at the edge.

    Parameters
    ----------
    x : array_like
        Squared singular value, finite. The density is inf at 0, and 0 below 0 and from the edge on.
    n_factors : array_like of int
        M >= 1.

    Returns
    -------
    array
        Density of the broadcast shape; its integral is 1.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, empty arrays, or shapes that do not broadcast.

    Notes
    -----
    Exact at N = inf; a histogram of finite matrices deviates by order 1/N in the bulk. Relative
    precision 1e-12 times the condition number, edge/(2 (edge - x)) near the edge.

    References
    ----------
    Penson, Zyczkowski 2011, arXiv:1103.3453; Haagerup, Moeller 2012, arXiv:1211.4457.

    Examples
    --------
    For M = 1 the law of Marchenko and Pastur, sqrt(x (4 - x))/(2 pi x):

    >>> print(f"{fuss_catalan_density(3.0, 1):.12f} {np.sqrt(3 * (4 - 3)) / (2 * np.pi * 3):.12f}")
    0.091888149237 0.091888149237
    """
    points, factors = np.broadcast_arrays(finite(x, "x"), whole(n_factors, "n_factors", 1))
    density = np.where(points == 0, np.inf, 0.0)
    inside = (points > 0) & (points < fuss_catalan_edge(factors))
    density[inside] = _density(points[inside], factors[inside])
    return density[()]


def _density(x: FloatArray, m: FloatArray) -> FloatArray:
    """The density within its support: p is measured from the end of its range that is nearer."""
    z, last = np.empty_like(x), np.empty_like(x)
    i = np.log(x) > _log_x(np.full_like(x, (np.pi / 2) ** 2), m)
    low, high = np.zeros_like(x[i]), np.full_like(x[i], (np.pi / 2) ** 2)
    z[i] = np.sqrt(_bisected(lambda w: np.log(x[i]) - _log_x(w, m[i]), low, high)) / (m[i] + 1)
    last[i] = np.sin(m[i] * z[i])
    first = np.sin(np.where(i, z, 0.0))
    i = ~i
    low = np.minimum(np.log(x[i]), 0.0) / (m[i] + 1) - np.log(m[i] + 1) - 5
    high = np.full_like(low, np.log(np.pi / 2))
    found = _bisected(lambda v: _log_x_from_zero(v, m[i]) - np.log(x[i]), low, high)
    z[i] = np.exp(found) / (m[i] + 1)
    last[i] = np.sin(np.pi / (m[i] + 1) + m[i] * z[i])
    first[i] = np.sin(np.pi / (m[i] + 1) - z[i])
    return first * np.sin((m + 1) * z) / (np.pi * x * last)


def _bisected(
    function: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray
) -> FloatArray:
    """Zeros of an increasing function between low and high."""
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        below = function(middle) < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


def _log_x(squared: FloatArray, m: FloatArray) -> FloatArray:
    """log x at (M + 1) p = sqrt(squared) in [0, pi/2], from sin((M+1) p)/sin(M p) = 1 + ..."""
    p = np.sqrt(np.maximum(squared, 1e-40)) / (m + 1)
    excess = np.sin(p) / np.tan(m * p) - 2 * np.sin(p / 2) ** 2
    return np.log(np.sin((m + 1) * p) / np.sin(p)) + m * np.log1p(excess)


def _log_x_from_zero(logarithm: FloatArray, m: FloatArray) -> FloatArray:
    """log x at (M + 1) p = pi - z, where `logarithm` is log z and z in (0, pi/2]."""
    z = np.exp(logarithm)
    q = z / (m + 1)
    log_sine = np.where(z < 1e-8, logarithm, np.log(np.sin(np.maximum(z, 1e-9))))
    other = np.log(np.sin(np.pi / (m + 1) + m * q))
    return (m + 1) * log_sine - np.log(np.sin(np.pi / (m + 1) - q)) - m * other


def lyapunov_exponents(width: int) -> FloatArray:
    r"""Growth rates of the singular values of a product of many Gaussian matrices.

    With psi the digamma function, as M -> inf at fixed width N::

        log sigma_k / M -> [psi((N - k + 1)/2) + log(2/N)]/2,    k = 1, ..., N.

    Parameters
    ----------
    width : int
        N >= 1.

    Returns
    -------
    array
        All N exponents, the largest first, all negative: (N,). The largest is near -1/(2 N), the
        smallest near -log(N)/2 - 0.64.

    Raises
    ------
    ValueError
        For a width that is not a whole number >= 1.

    Notes
    -----
    Exact at M = inf. At finite M the variance of log sigma_k is M psi'((N - k + 1)/2)/4, and the
    spread of neighbours adds a bias of order 1/M to log sigma_k / M.

    References
    ----------
    Newman 1986, Commun. Math. Phys. 103, 121: the distribution of Lyapunov exponents.
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: the product shrinks almost every direction.

    Examples
    --------
    One normal number: the mean of log |w|, -(log 2 + Euler's constant)/2:

    >>> print(f"{lyapunov_exponents(1)[0]:.12f} {-(np.log(2) + np.euler_gamma) / 2:.12f}")
    -0.635181422731 -0.635181422731
    """
    from scipy.special import digamma

    n = float(whole(width, "width", 1, scalar=True))
    k = np.arange(n)
    return (digamma((n - k) / 2) + np.log(2 / n)) / 2
