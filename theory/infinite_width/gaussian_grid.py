"""An activation seen by a standard Gaussian number z: a grid in z that resolves it, or a refusal.

For a variance q the profile f(z) = phi(sqrt(q) z) p(z)^(1/2), p the normal density, decays at both ends,
so sums over a uniform grid and Fourier sums converge as fast as f is smooth: the error is the part of the
spectrum of f beyond the grid's reach, which a finer grid shows. Kinks and jumps leave algebraic
tails, which never end: such functions are refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import fft

from lazyrich.theory.infinite_width.correlated_pair import FloatArray
from lazyrich.theory.infinite_width.real_function import RealFunction, name_of, real_function

_HALF_WIDTHS = (13.0, 26.0, 52.0)
_PROBE_POINTS, _MOST_POINTS = 2**14, 2**18
_PLACES_BETWEEN = 16
_HEAVIEST = 1e4
_LEAST_REACH = 24.0  # highest frequency of the coarsest grid: Hermite functions up to order 60 too
_EPSILON = float(np.finfo(np.float64).eps)


class Grid(NamedTuple):
    """Points z of step `step` in [-half_width, half_width), root_density = p(z)^(1/2) there."""

    half_width: float
    step: float
    z: FloatArray
    root_density: FloatArray
    frequencies: FloatArray


class Resolved(NamedTuple):
    """phi as a map of arrays, and a grid that resolves it at the variance asked for, or less."""

    phi: RealFunction
    grid: Grid


def grid_of(half_width: float, n_points: int) -> Grid:
    """A uniform grid; it is not symmetric, so that it avoids the round numbers where phi may be special."""
    step = 2 * half_width / n_points
    z = -half_width + (np.arange(n_points, dtype=np.float64) + 0.381966) * step
    frequencies = (math.pi / half_width) * np.arange(n_points // 2 + 1, dtype=np.float64)
    return Grid(half_width, step, z, normal_root(z), frequencies)


def normal_root(z: FloatArray) -> FloatArray:
    """p(z)^(1/2), p the standard normal density."""
    return np.asarray(np.exp(-(z**2) / 4) / (2 * math.pi) ** 0.25, dtype=np.float64)


def resolving_grid(
    function: Callable[[Any], Any], variance: float, tolerance: float, least_reach: float = 0.0
) -> Resolved:
    """A grid on which E phi(u) phi(v) and E phi'(u) phi'(v) have relative errors below `tolerance`.

    Relative to sqrt(E phi(u)^2 E phi(v)^2), and the same with phi': the largest these averages can be for
    the variances in question, which may be any up to `variance`. The grid's frequencies exceed `least_reach`.

    Raises
    ------
    ValueError
        If phi is no function of one real variable, grows too fast (E phi^2 infinite or above
        1e4 (E abs(phi))^2), or has a kink, a jump, or a feature too narrow for 2^18 points over 26 standard
        deviations.
    """
    phi, half_width = _spanned(function, math.sqrt(variance), tolerance)
    n_points = round(_PROBE_POINTS * half_width / _HALF_WIDTHS[0])
    while n_points <= _MOST_POINTS * half_width / _HALF_WIDTHS[0]:
        grid = grid_of(half_width, n_points)
        values = phi(math.sqrt(variance) * grid.z)
        _not_heavy(function, grid, values, variance)
        if (values == values[0]).all():
            return Resolved(phi, grid_of(half_width, _points_for(least_reach, half_width)))
        reach = _reach(grid, values, tolerance / 8)
        if reach is not None and _holds_between(grid, values, phi, variance, tolerance):
            _above_rounding(function, grid, values, reach, tolerance, variance)
            n_points = _points_for(max(reach, least_reach), half_width)
            return Resolved(phi, grid_of(half_width, n_points))
        n_points *= 2
    raise ValueError(
        f"activation {name_of(function)} has a kink, a jump or a feature too narrow to average at variance "
        f"{variance:g} to tolerance {tolerance:g}; for kinks use the closed forms by name: relu, abs, step, "
        'sign, ("leaky_relu", slope)'
    )


def _not_heavy(
    function: Callable[[Any], Any], grid: Grid, values: FloatArray, variance: float
) -> None:
    """A tolerance relative to E phi^2 says nothing of V where rare values decide E phi^2."""
    size = float(mean(grid, np.abs(values)))
    profile = values * grid.root_density / (size or 1.0)
    if float(profile @ profile) * grid.step > _HEAVIEST:
        raise ValueError(
            f"activation {name_of(function)} grows too fast: at variance {variance:g} E phi^2 exceeds "
            f"{_HEAVIEST:g} (E abs(phi))^2, so that rare large values decide it"
        )


def _spanned(
    function: Callable[[Any], Any], root_variance: float, tolerance: float
) -> tuple[RealFunction, float]:
    for half_width in _HALF_WIDTHS:
        grid = grid_of(half_width, _PROBE_POINTS)
        phi = real_function(function, root_variance * grid.z)
        profile = np.abs(phi(root_variance * grid.z)) * grid.root_density
        edges = profile[np.abs(grid.z) > 0.95 * half_width].max()
        if edges <= 0.01 * tolerance * profile.max():
            return phi, half_width
    raise ValueError(
        f"activation {name_of(function)} grows too fast: at variance {root_variance**2:g} the mean of phi^2 "
        f"is infinite, or decided more than {0.95 * _HALF_WIDTHS[-1]:.0f} standard deviations out"
    )


def _reach(grid: Grid, values: FloatArray, tail: float) -> float | None:
    """The frequency beyond which f and f' have less than `tail` of their norms; None if f is unresolved."""
    profile = values * grid.root_density
    centred = (values - mean(grid, values)) * grid.root_density
    power = np.abs(fft.rfft(centred)) ** 2
    noise = _EPSILON**2 * float(profile @ profile)
    power = np.where(power > 200 * noise, power, 0.0)
    slope = power * grid.frequencies**2
    beyond = np.cumsum(power[::-1])[::-1]
    beyond_slope = np.cumsum(slope[::-1])[::-1]
    scale, scale_slope = (
        float(row @ row) * len(grid.z) / 2 for row in (profile, annihilated(grid, centred))
    )
    inside = (beyond <= tail**2 * scale) & (beyond_slope <= tail**2 * scale_slope)
    if not inside.any():
        return None
    reach = float(grid.frequencies[int(np.argmax(inside))])
    return reach if reach < grid.frequencies[-1] * 2 / 3 else None


def _holds_between(
    grid: Grid, values: FloatArray, phi: RealFunction, variance: float, tolerance: float
) -> bool:
    """Whether the Fourier sum meets phi between the points: waves too fast for the grid pose as slow ones."""
    between = np.random.default_rng(1).uniform(-3, 3, _PLACES_BETWEEN)
    spectrum = fft.rfft(values * grid.root_density) / len(grid.z)
    kept = np.abs(spectrum) > 1e-3 * tolerance * np.abs(spectrum).max()
    waves = np.exp(1j * (between - grid.z[0])[:, None] * grid.frequencies[kept])
    doubled = np.where(grid.frequencies[kept] > 0, 2.0, 1.0)
    interpolated = (waves @ (doubled * spectrum[kept])).real
    profile = phi(math.sqrt(variance) * between) * normal_root(between)
    largest = np.abs(values * grid.root_density).max()
    return bool((np.abs(interpolated - profile) <= 10 * tolerance * largest).all())


def _above_rounding(
    function: Callable[[Any], Any],
    grid: Grid,
    values: FloatArray,
    reach: float,
    tolerance: float,
    variance: float,
) -> None:
    """phi' is only as good as the digits of phi."""
    profile = values * grid.root_density
    coarse = grid_of(grid.half_width, _points_for(reach, grid.half_width))
    rounding = _EPSILON * float(np.linalg.norm(profile)) * math.sqrt(grid.step)
    slope = annihilated(grid, (values - mean(grid, values)) * grid.root_density)
    size = float(np.linalg.norm(slope)) * math.sqrt(grid.step)
    if rounding * coarse.frequencies[-1] > tolerance * size:
        raise ValueError(
            f"activation {name_of(function)} at variance {variance:g}: its slopes drown in its rounding errors "
            f"at tolerance {tolerance:g}; subtract its constant part"
        )


def _points_for(reach: float, half_width: float) -> int:
    highest = max(1.5 * reach, _LEAST_REACH)
    return int(fft.next_fast_len(math.ceil(2 * half_width * highest / math.pi), real=True))


def mean(grid: Grid, values: FloatArray) -> FloatArray:
    """E phi for values phi(sqrt(q) z) along the last axis."""
    return (values @ grid.root_density**2) * grid.step


def annihilated(grid: Grid, profile: FloatArray) -> FloatArray:
    """sqrt(q) phi'(sqrt(q) z) p^(1/2) = f' + z f/2, for f along the last axis."""
    spectrum = fft.rfft(profile, axis=-1) * (1j * grid.frequencies)
    if len(grid.z) % 2 == 0:
        spectrum[..., -1] = 0
    return fft.irfft(spectrum, n=len(grid.z), axis=-1) + grid.z * profile / 2
