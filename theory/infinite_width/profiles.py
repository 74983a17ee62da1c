"""Profiles of an activation and of its slope at many variances, on one grid.

phi' is not asked for: with a profile f = phi(sqrt(q) z) p(z)^(1/2), p the normal density, the lowering
operator of the Hermite functions gives sqrt(q) phi'(sqrt(q) z) p^(1/2) = f' + z f/2, and f' is exact on a
grid that resolves f.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy import fft

from lazyrich.theory.infinite_width.correlated_pair import FloatArray
from lazyrich.theory.infinite_width.gaussian_grid import (
    Grid,
    annihilated,
    mean,
    normal_root,
    resolving_grid,
)
from lazyrich.theory.infinite_width.real_function import RealFunction, name_of

_CHUNK = 2**20  # numbers in one array


class Profiles(NamedTuple):
    """E phi, (phi - E phi) p^(1/2) and phi' p^(1/2), for each root: (m,), (m, n_points), (m, n_points)."""

    mean: FloatArray
    value: FloatArray
    slope: FloatArray


class Profiler(NamedTuple):
    """phi, its slope near 0, and the grid that resolves both."""

    phi: RealFunction
    central_slope: RealFunction
    grid: Grid

    def at(self, root: FloatArray) -> Profiles:
        """Profiles of phi(root z), whose roots sqrt(q) may be negative (phi(-x))."""
        grid = self.grid
        values = self.phi(root[:, None] * grid.z)
        means = mean(grid, values)
        profile = (values - means[:, None]) * grid.root_density
        slope = annihilated(grid, profile) / np.where(root == 0, 1.0, root)[:, None]
        narrow = np.abs(root) * grid.half_width < 1
        if narrow.any():
            slope[narrow] = self.central_slope(root[narrow, None] * grid.z) * grid.root_density
        return Profiles(means, profile, slope)


def profiler(
    function: Callable[[Any], Any], variance: float, tolerance: float, n_terms: int = 0
) -> Profiler:
    """Profiles at any variance up to `variance`; with Hermite functions below order `n_terms` in mind."""
    phi, grid = resolving_grid(function, variance, tolerance, math.sqrt(n_terms))
    return Profiler(phi, _central_slope(function, phi, tolerance), grid)


def _central_slope(
    function: Callable[[Any], Any], phi: RealFunction, tolerance: float
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


def hermite_rows(
    prepared: Profiler, roots: FloatArray, n_terms: int
) -> tuple[FloatArray, FloatArray]:
    """E phi(root z) h_k(z) and E phi'(root z) h_k(z), (n_terms, n_roots) each, h_k orthonormal."""
    grid = prepared.grid
    value, derivative = np.empty((2, n_terms, len(roots)))
    at_once = max(1, _CHUNK // len(grid.z))
    for start in range(0, len(roots), at_once):
        part = slice(start, start + at_once)
        profiles = prepared.at(roots[part])
        for terms, functions in _hermite_functions(grid.z, n_terms):
            value[terms, part] = functions @ profiles.value.T * grid.step
            derivative[terms, part] = functions @ profiles.slope.T * grid.step
        value[0, part] += profiles.mean
    return value, derivative


def _hermite_functions(z: FloatArray, n_terms: int) -> Iterator[tuple[slice, FloatArray]]:
    """Blocks of orders k and of rows h_k(z) p(z)^(1/2), by their recursion in k."""
    block = max(1, _CHUNK // len(z))
    before, last = np.zeros_like(z), normal_root(z)
    for start in range(0, n_terms, block):
        rows = np.empty((min(block, n_terms - start), len(z)))
        for k in range(start, start + len(rows)):
            rows[k - start] = last
            before, last = last, (z * last - math.sqrt(k) * before) / math.sqrt(k + 1)
        yield slice(start, start + len(rows)), rows
