"""Hermite series of activations: the kernel of any smooth layer as a power series in the correlation.

With h_k the Hermite polynomials orthonormal for z ~ N(0, 1), a_k(q) = E phi(sqrt(q) z) h_k(z) and
b_k(q) = E phi'(sqrt(q) z) h_k(z), Mehler's formula gives for (u, v) of variances q1, q2 and correlation rho

    E phi(u) phi(v)   = sum_k a_k(q1) a_k(q2) rho^k,
    E phi'(u) phi'(v) = sum_k b_k(q1) b_k(q2) rho^k,      b_k = sqrt(k+1) a_{k+1}/sqrt(q).

A kernel between n inputs of any norms thus needs n times n_terms coefficients and no quadrature per pair.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.infinite_width.activations import (
    checked_tolerance,
    dual,
    resolve,
)
from lazyrich.theory.infinite_width.correlated_pair import FloatArray, variances
from lazyrich.theory.infinite_width.profiles import hermite_rows, profiler

__all__ = ["HermiteSeries", "hermite_coefficients", "hermite_series"]

_MOST_TERMS = 4096
_LEAST = 1e-4


class HermiteSeries(NamedTuple):
    """Coefficients a_k(q) and b_k(q), each (n_terms, ...) over the shape of q."""

    value: FloatArray
    derivative: FloatArray


def hermite_coefficients(
    activation: Any, q: ArrayLike, n_terms: int, *, tolerance: float = 1e-10
) -> HermiteSeries:
    """a_k(q) = E phi(sqrt(q) z) h_k(z) and b_k(q) = E phi'(sqrt(q) z) h_k(z) for k < n_terms, z ~ N(0, 1).

    Parameters
    ----------
    activation : str, pair or callable
        See `activations.resolve`; smooth: without kinks and jumps, whose series converge too slowly to
        be of use where the closed forms exist.
    q : array_like
        Variances in [0, 1e100].
    n_terms : int
        In [1, 4096].
    tolerance : float
        In [1e-11, 1e-2]: the error of a_k relative to sqrt(E phi^2), of b_k relative to sqrt(E phi'^2).

    Returns
    -------
    HermiteSeries
        (value, derivative), each (n_terms, ...).

    Raises
    ------
    ValueError
        For values outside these ranges, and as `activations.dual`.

    Notes
    -----
    Sums over a uniform grid that resolves phi (`gaussian_grid`); all variances share the grid of the
    largest.

    References
    ----------
    Mehler 1866; Daniely, Frostig, Singer 2016, arXiv:1602.05897 (dual activations).

    Examples
    --------
    >>> hermite_coefficients("identity", 4.0, 3).value.round(12) + 0.0  # 2 z
    array([0., 2., 0.])
    """
    chosen = resolve(activation)
    if chosen.kinked:
        raise ValueError(
            f"activation {chosen.name!r} has a kink: its Hermite series converges too slowly; use "
            "activations.dual, which is exact"
        )
    if not (isinstance(n_terms, int | np.integer) and 1 <= n_terms <= _MOST_TERMS):
        raise ValueError(f"n_terms = {n_terms!r} is outside {{1, ..., {_MOST_TERMS}}}")
    given = variances("q", q)
    distinct, back = np.unique(given, return_inverse=True)
    prepared = profiler(
        chosen.function, max(float(distinct[-1]), _LEAST), checked_tolerance(tolerance), n_terms
    )
    value, derivative = hermite_rows(prepared, np.sqrt(distinct), n_terms)
    shape = (n_terms, *given.shape)
    index = back.reshape(-1)
    return HermiteSeries(value[:, index].reshape(shape), derivative[:, index].reshape(shape))


def hermite_series(
    activation: Any,
    q: ArrayLike,
    *,
    largest_correlation: float = 1.0,
    tolerance: float = 1e-10,
) -> HermiteSeries:
    """The shortest such series whose kernels have relative errors below `tolerance`.

    The terms from K on contribute at most r^K sqrt(T_K(q1) T_K(q2)) for abs(rho) <= r, where the tail
    T_K(q) = sum_{k >= K} a_k^2 = E phi^2 - sum_{k < K} a_k^2 (Parseval); K is the least number for which this is
    below the tolerance times sqrt(E phi(u)^2 E phi(v)^2) for all q given, and the same for phi'.

    Parameters
    ----------
    activation, q, tolerance
        As for `hermite_coefficients`.
    largest_correlation : float
        r in [0, 1]: the bound on abs(rho); just below 1 it shortens the series of steep activations.

    Returns
    -------
    HermiteSeries
        (value, derivative), each (K, ...).

    Raises
    ------
    ValueError
        As for `hermite_coefficients`, and if more than 4096 terms are needed.

    Notes
    -----
    K for tanh at r = 1 and 1e-10: 91, 837, 2497 terms at q = 1, 10, 30; at r = 0.99: 85, 534, 978.

    References
    ----------
    Daniely, Frostig, Singer 2016, arXiv:1602.05897.

    Examples
    --------
    >>> len(hermite_series(("polynomial", [1.0, 0.0, 2.0]), [1.0, 3.0]).value)  # up to rho^2
    3
    """
    r = largest_correlation
    if not (isinstance(r, float | int) and 0 <= r <= 1):
        raise ValueError(f"largest_correlation = {r!r} is outside [0, 1]: it bounds abs(rho)")
    limit = checked_tolerance(tolerance)
    distinct = np.unique(variances("q", q))
    whole = dual(activation, distinct, distinct, distinct, tolerance=max(limit / 8, 1e-11))
    n_terms = 64
    while True:
        series = hermite_coefficients(activation, distinct, n_terms, tolerance=limit)
        kept = max(
            _length(row, total, float(r), limit) for row, total in zip(series, whole, strict=True)
        )
        if kept <= n_terms:
            break
        if n_terms == _MOST_TERMS:
            raise ValueError(
                f"activation {resolve(activation).name!r} at variance {distinct[-1]:g} needs more than "
                f"{_MOST_TERMS} terms for correlations up to {r} at tolerance {limit:g}; lower "
                "largest_correlation and take the rest from activations.dual"
            )
        n_terms = min(2 * n_terms, _MOST_TERMS)
    shape = np.shape(q)
    index = np.searchsorted(distinct, np.asarray(q, dtype=np.float64).reshape(-1))
    value, derivative = (row[:kept, index].reshape(kept, *shape) for row in series)
    return HermiteSeries(value, derivative)


def _length(coefficients: FloatArray, total: FloatArray, r: float, tolerance: float) -> int:
    """Fewest terms whose rest is below the tolerance; more than there are if there are too few."""
    n_terms = len(coefficients)
    powers = np.cumsum(coefficients**2, axis=0)
    unit = np.where(total > 0, total, 1.0)
    rest = np.maximum(1 - powers / unit, 0.0) * (total > 0)
    orders = np.arange(1, n_terms + 1)[:, None]
    enough = (rest * float(r) ** orders <= tolerance).all(axis=1)
    return int(np.argmax(enough)) + 1 if enough.any() else n_terms + 1
