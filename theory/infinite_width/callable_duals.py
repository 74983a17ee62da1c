"""Averages E phi(u) phi(v) and E phi'(u) phi'(v) of any smooth function phi, to a requested tolerance.

With u = sqrt(q1) z1, v = sqrt(q2) z2 and profiles f = phi(sqrt(q) z) p(z)^(1/2), p the normal density,

    V = int f1(z1) M(z1, z2) f2(z2),   M = p_rho(z1, z2)/(p(z1) p(z2))^(1/2)  (Mehler's kernel),

and V' is the same with phi' in place of phi, where sqrt(q) phi' p^(1/2) = f' + z f/2. For rho > 0 the kernel
factorises (it is the propagator of the harmonic oscillator)::

    M = rho^(-1/2) e^(-g z1^2) N(z1 - z2; b) e^(-g z2^2),   g = (1-rho)/(4 (1+rho)),   b = (1-rho^2)/rho,

so that on a uniform grid V is a sum over the Fourier transforms of e^(-g z^2) f with weights e^(-b k^2/2):
as exact near rho = 1, where N is a delta function, as elsewhere. For small rho the series in Hermite
functions, V = sum_k a_k(q1) a_k(q2) rho^k, needs few terms. Negative rho: v -> -v.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import fft

from lazyrich.theory.infinite_width.closed_duals import Dual
from lazyrich.theory.infinite_width.correlated_pair import FloatArray, Pair
from lazyrich.theory.infinite_width.gaussian_grid import Grid
from lazyrich.theory.infinite_width.profiles import Profiler, hermite_rows, profiler

_LEAST = 1e-4  # variances below are averaged on the grid of this one
_SERIES_BELOW = 0.5  # correlations up to here by the Hermite series
_SERIES_TERMS = 56
_CHUNK = 2**17  # numbers in one array


def callable_dual(function: Callable[[Any], Any], pair: Pair, tolerance: float) -> Dual:
    """(V, V') with errors below `tolerance`, relative to the largest values that V and V' can have.

    These are sqrt(E phi(u)^2 E phi(v)^2) and sqrt(E phi'(u)^2 E phi'(v)^2).

    Raises
    ------
    ValueError
        If phi is no smooth function of one real variable, or grows too fast.
    """
    shape = pair.c.shape
    flat = Pair(*(np.ravel(field) for field in pair))
    result = np.empty((2, pair.c.size))
    largest = np.maximum(flat.q1, flat.q2)
    octave = np.frexp(np.maximum(largest, _LEAST))[1]
    few = np.abs(flat.c) <= _SERIES_BELOW * flat.geometric_mean
    for group in np.unique(octave):
        members = octave == group
        prepared = profiler(function, max(float(largest[members].max()), _LEAST), tolerance)
        if (members & few).any():
            at = np.flatnonzero(members & few)
            result[:, at] = _by_series(prepared, Pair(*(field[at] for field in flat)))
        others = np.flatnonzero(members & ~few)
        at_once = max(1, _CHUNK // len(prepared.grid.z))
        for start in range(0, len(others), at_once):
            at = others[start : start + at_once]
            result[:, at] = _by_kernel(prepared, Pair(*(field[at] for field in flat)))
    value, derivative = result.reshape(2, *shape)
    return Dual(value, derivative)


def _by_series(prepared: Profiler, pair: Pair) -> FloatArray:
    """Rows V and V' of pairs with small correlations, from Hermite coefficients of each variance."""
    roots, back = np.unique(np.sqrt(np.stack([pair.q1, pair.q2])), return_inverse=True)
    first, second = back.reshape(2, -1)
    value, derivative = hermite_rows(prepared, roots, _SERIES_TERMS)
    size = np.where(pair.geometric_mean > 0, pair.geometric_mean, 1.0)
    rho = pair.c / size
    total = np.zeros((2, len(rho)))
    for k in range(_SERIES_TERMS - 1, -1, -1):
        total *= rho
        total[0] += value[k, first] * value[k, second]
        total[1] += derivative[k, first] * derivative[k, second]
    return total


def _by_kernel(prepared: Profiler, pair: Pair) -> FloatArray:
    """Rows V and V' of pairs with large correlations."""
    second_root = np.where(pair.c < 0, -1.0, 1.0) * np.sqrt(pair.q2)
    roots, back = np.unique(np.stack([np.sqrt(pair.q1), second_root]), return_inverse=True)
    first, second = back.reshape(2, -1)
    means, profile, slope = prepared.at(roots)
    rho = np.abs(pair.c) / pair.geometric_mean
    sine_squared = (pair.root_determinant / pair.geometric_mean) ** 2
    result = np.stack(
        [
            _propagated(prepared.grid, rho, sine_squared, rows[first], rows[second])
            for rows in (profile, slope)
        ]
    )
    result[0] += means[first] * means[second]
    return result


def _propagated(
    grid: Grid, rho: FloatArray, sine_squared: FloatArray, left: FloatArray, right: FloatArray
) -> FloatArray:
    """Mehler's kernel between rows of profiles."""
    weight = np.exp(-(sine_squared / (4 * (1 + rho) ** 2))[:, None] * grid.z**2)
    modes = np.exp(-(sine_squared / (2 * rho))[:, None] * grid.frequencies**2)
    modes[:, 1:] *= 2
    if len(grid.z) % 2 == 0:
        modes[:, -1] /= 2
    modes *= (grid.step / len(grid.z) / np.sqrt(rho))[:, None]
    a, b = fft.rfft(left * weight, axis=-1), fft.rfft(right * weight, axis=-1)
    return np.asarray(((a.real * b.real + a.imag * b.imag) * modes).sum(axis=-1))
