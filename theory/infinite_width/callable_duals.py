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

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import fft

from lazyrich.theory.infinite_width.closed_duals import Dual
from lazyrich.theory.infinite_width.correlated_pair import FloatArray, Pair
from lazyrich.theory.infinite_width.gaussian_grid import (
    Grid,
    annihilated,
    mean,
    resolving_grid,
)
from lazyrich.theory.infinite_width.real_function import RealFunction, name_of

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
    value, derivative = np.empty((2, pair.c.size))
    largest = np.maximum(flat.q1, flat.q2)
    octave = np.frexp(np.maximum(largest, 1e-4))[1]
    for group in np.unique(octave):
        members = np.flatnonzero(octave == group)
        phi, grid = resolving_grid(function, max(float(largest[members].max()), 1e-4), tolerance)
        slopes = _central_slopes(function, phi, grid, tolerance)
        for start in range(0, len(members), max(1, _CHUNK // len(grid.z))):
            chunk = members[start : start + max(1, _CHUNK // len(grid.z))]
            part = Pair(*(field[chunk] for field in flat))
            value[chunk], derivative[chunk] = _chunk(phi, slopes, grid, part)
    return Dual(value.reshape(shape), derivative.reshape(shape))


def _chunk(
    phi: RealFunction, slopes: RealFunction, grid: Grid, pair: Pair
) -> tuple[FloatArray, FloatArray]:
    sign = np.where(pair.c < 0, -1.0, 1.0)
    mean1, profile1, slope1 = _profiles(phi, slopes, grid, np.sqrt(pair.q1))
    mean2, profile2, slope2 = _profiles(phi, slopes, grid, sign * np.sqrt(pair.q2))
    size = np.where(pair.geometric_mean > 0, pair.geometric_mean, 1.0)
    rho = np.abs(pair.c) / size
    sine_squared = (pair.root_determinant / size) ** 2
    value, derivative = np.empty((2, len(rho)))
    few = rho <= _SERIES_BELOW
    if few.any():
        functions = hermite_functions(grid.z, _SERIES_TERMS).T * grid.step
        for out, left, right in ((value, profile1, profile2), (derivative, slope1, slope2)):
            products = (left[few] @ functions) * (right[few] @ functions)
            out[few] = (products * rho[few, None] ** np.arange(_SERIES_TERMS)).sum(axis=-1)
    many = ~few
    if many.any():
        pieces = (row[many] for row in (rho, sine_squared, profile1, profile2, slope1, slope2))
        value[many], derivative[many] = _propagated(grid, *pieces)
    return mean1 * mean2 + value, derivative


def _propagated(
    grid: Grid,
    rho: FloatArray,
    sine_squared: FloatArray,
    profile1: FloatArray,
    profile2: FloatArray,
    slope1: FloatArray,
    slope2: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Mehler's kernel between the profiles, and between the slopes."""
    weight = np.exp(-(sine_squared / (4 * (1 + rho) ** 2))[:, None] * grid.z**2)
    modes = np.exp(-(sine_squared / (2 * rho))[:, None] * grid.frequencies**2)
    modes[:, 1:] *= 2
    if len(grid.z) % 2 == 0:
        modes[:, -1] /= 2
    modes *= (grid.step / len(grid.z) / np.sqrt(rho))[:, None]

    def between(left: FloatArray, right: FloatArray) -> FloatArray:
        a, b = fft.rfft(left * weight, axis=-1), fft.rfft(right * weight, axis=-1)
        return ((a.real * b.real + a.imag * b.imag) * modes).sum(axis=-1)

    return between(profile1, profile2), between(slope1, slope2)


def _profiles(
    phi: RealFunction, slopes: RealFunction, grid: Grid, root: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """E phi, (phi - E phi) p^(1/2) and sgn phi' p^(1/2) at u = root z; root is negative for -v."""
    values = phi(root[:, None] * grid.z)
    means = mean(grid, values)
    profile = (values - means[:, None]) * grid.root_density
    slope = annihilated(grid, profile) / np.where(root == 0, 1.0, root)[:, None]
    narrow = np.abs(root) * grid.half_width < 1
    if narrow.any():
        slope[narrow] = slopes(root[narrow, None] * grid.z) * grid.root_density
    return means, profile, slope


def _central_slopes(
    function: Callable[[Any], Any], phi: RealFunction, grid: Grid, tolerance: float
) -> RealFunction:
    """phi' on [-1, 1], where a small variance leaves too few digits of f' + z f/2, by Chebyshev's series.

    Nothing is evaluated before it is asked for.
    """
    found: list[Any] = []

    def slopes(x: FloatArray) -> FloatArray:
        if not found:
            found.append(_chebyshev_slope(function, phi, tolerance))
        return found[0](x)

    return slopes


def _chebyshev_slope(
    function: Callable[[Any], Any], phi: RealFunction, tolerance: float
) -> np.polynomial.Chebyshev:
    for n_points in (32, 64, 128, 256, 512, 1024):
        nodes = np.cos(math.pi * (np.arange(n_points) + 0.5) / n_points)
        coefficients = fft.dct(phi(nodes)) / n_points
        coefficients[0] /= 2
        noise = 4 * np.finfo(float).eps * np.abs(coefficients).max()
        kept = int(np.flatnonzero(np.abs(coefficients) > noise).max(initial=0)) + 1
        slope = np.polynomial.Chebyshev(coefficients[:kept]).deriv()
        largest = np.abs(slope(nodes)).max()
        if kept < 0.75 * n_points and (kept == 1 or noise * kept**2 <= tolerance * largest):
            return slope
    raise ValueError(
        f"activation {name_of(function)} has a kink, a jump or a narrow feature in [-1, 1]: its slope there, "
        f"which small variances need, is not resolved to tolerance {tolerance:g}"
    )


def hermite_functions(z: FloatArray, n_terms: int) -> FloatArray:
    """h_k(z) p(z)^(1/2), k = 0..n_terms - 1 (rows): orthonormal, by their recursion in k."""
    functions = np.empty((n_terms, len(z)))
    functions[0] = np.exp(-(z**2) / 4) / (2 * math.pi) ** 0.25
    if n_terms > 1:
        functions[1] = z * functions[0]
    for k in range(1, n_terms - 1):
        functions[k + 1] = (z * functions[k] - math.sqrt(k) * functions[k - 1]) / math.sqrt(k + 1)
    return functions
