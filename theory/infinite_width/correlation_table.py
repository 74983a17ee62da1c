"""The dual moments at one variance as functions of the correlation alone, for inputs of equal norm."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from lazyrich.theory.infinite_width.activations import Dual, checked_tolerance, dual, resolve
from lazyrich.theory.infinite_width.correlated_pair import FloatArray, variances

__all__ = ["CorrelationTable", "correlation_table"]

_MOST_TERMS = 2048


class CorrelationTable(NamedTuple):
    """Chebyshev coefficients, (n_terms,) each: V(q, q, q rho) = sum_k value[k] T_k(rho), V' likewise."""

    value: FloatArray
    derivative: FloatArray

    def at(self, rho: ArrayLike) -> Dual:
        """V and V' at correlations rho in [-1, 1]."""
        inside = np.asarray(rho, dtype=np.float64)
        if not (np.abs(inside) <= 1).all():
            raise ValueError(f"rho = {rho!r} is outside [-1, 1]: it is a correlation")
        value, derivative = (np.polynomial.chebyshev.chebval(inside, row) for row in self)
        return Dual(np.asarray(value), np.asarray(derivative))


def correlation_table(activation: Any, q: float, *, tolerance: float = 1e-10) -> CorrelationTable:
    """V = E phi(u) phi(v) and V' = E phi'(u) phi'(v) for variances q, q as Chebyshev series in rho.

    The values at Chebyshev points come from `activations.dual`; the number of points is doubled until
    the last half of the coefficients is below the tolerance.

    Parameters
    ----------
    activation : str, pair or callable
        See `activations.resolve`. Kinks make V' vary like sqrt(1 - rho) and are refused where that cannot be
        met; their closed forms need no table.
    q : float
        Variance in [0, 1e100].
    tolerance : float
        In [4e-11, 1e-2]: the largest error of V and V' for any rho in [-1, 1], relative to E phi^2 and to
        E phi'^2.

    Returns
    -------
    CorrelationTable

    Raises
    ------
    ValueError
        As `activations.dual`, and if more than 2048 terms are needed.

    Notes
    -----
    Near rho = 1 the error is that of V, not of V(1) - V(rho); tanh needs about 28 sqrt(q)
    terms.

    References
    ----------
    Trefethen 2013, Approximation Theory and Approximation Practice (when to stop).

    Examples
    --------
    >>> table = correlation_table("sin", 1.0)
    >>> print(f"{table.at(0.0).derivative:.6f}")  # (E cos u)^2 = 1/e
    0.367879
    """
    variance = variances("q", q)
    if variance.ndim:
        raise ValueError(f"q has shape {variance.shape}; needs one variance")
    limit = checked_tolerance(tolerance)
    if limit < 4e-11:
        raise ValueError(
            f"tolerance = {tolerance} is outside [4e-11, 1e-2]: rounding leaves no less"
        )
    chosen = resolve(activation)
    if chosen.jumps:
        raise ValueError(f"activation {chosen.name!r} jumps: its V' is infinite at every rho")
    scales = dual(chosen, q, q, q, tolerance=limit / 4)
    n_points = 32
    while n_points <= 2 * _MOST_TERMS:
        rho = np.cos(np.pi * (np.arange(n_points) + 0.5) / n_points)
        rows = dual(chosen, q, q, q * rho, tolerance=limit / 4)
        series = [_coefficients(np.asarray(row)) for row in rows]
        lengths = [
            _length(row, limit * float(scale) / 4)
            for row, scale in zip(series, scales, strict=True)
        ]
        if max(lengths) <= n_points // 2:
            value, derivative = (row[: max(lengths)] for row in series)
            return CorrelationTable(value, derivative)
        n_points *= 2
    raise ValueError(
        f"activation {chosen.name!r} at variance {float(variance):g} needs more than "
        f"{_MOST_TERMS} Chebyshev terms at tolerance {limit:g}: a kink, or slopes too steep for this variance"
    )


def _coefficients(values: FloatArray) -> FloatArray:
    coefficients = fft.dct(values) / len(values)
    coefficients[0] /= 2
    return np.asarray(coefficients)


def _length(coefficients: FloatArray, allowed: float) -> int:
    """Terms to keep so that the others sum to no more than `allowed`."""
    rest = np.cumsum(np.abs(coefficients)[::-1])[::-1]
    beyond = np.flatnonzero(rest <= allowed)
    return int(beyond[0]) if beyond.size else len(coefficients) + 1
