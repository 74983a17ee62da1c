"""Correlations through any smooth activation, by its series in Hermite polynomials, and polynomials.

With phi(sqrt(q) z) = sum_k a_k(q) h_k(z), h_k orthonormal under z ~ N(0, 1), and normalised a_k = a_k/sqrt(V),
Mehler's formula gives::

    kappa = sum_k a_k(q_1) a_k(q_2) rho^k,     slope = sum_k k a_k(q_1) a_k(q_2) rho^(k-1),
    1 - kappa = sum_k [a_k(q_1) - a_k(q_2)]^2/2 + (1 - rho) sum_k a_k(q_1) a_k(q_2) (1 + ... + rho^(k-1)).

By Schwarz's inequality the terms left out are at most (t_1 t_2)^(1/2), t the share of V = E phi^2 and of
E phi'^2 that the terms kept do not contain: it is computed, and series go on until it is 5e-11.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.compilation import compiled
from lazyrich.theory.infinite_width.kernel_arguments import require_memory
from lazyrich.theory.infinite_width.profiles import Profiler, hermite_rows, profiler
from lazyrich.theory.infinite_width.real_function import name_of

FloatArray = NDArray[np.float64]
Features = tuple[FloatArray, ...]

TOLERANCE = 1e-10  # of the grid
_TAIL = 5e-11
_ROWS = 256
_MOST_TERMS = 8192
_LEAST_ROOT = 1e-3
_ODD, _EVEN = 1.0, 2.0


@compiled(fastmath={"contract"})
def through_series(
    rho: FloatArray,
    gap: FloatArray,
    slope: FloatArray,
    left: FloatArray,
    right: FloatArray,
    first: int,
    start: int,
) -> None:
    """kappa, 1 - |kappa| and slope; features from the third on: parity (1 odd, 2 even, 0), then a_k."""
    parity, n = left[2, first], rho.shape[1]
    step, before, power, powers = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    kappa, change, unequal, tangent = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for i in range(rho.shape[0]):
        for j in range(n):
            step[j] = abs(rho[i, j]) if parity > 0 else rho[i, j]
            before[j], power[j], powers[j] = 0.0, 1.0, 0.0
            kappa[j], change[j], unequal[j], tangent[j] = 0.0, 0.0, 0.0, 0.0
        for k in range(left.shape[0] - 3):
            own = left[3 + k, first + i]
            for j in range(n):
                other = right[3 + k, start + j]
                both, apart = own * other, own - other
                unequal[j] += apart * apart
                kappa[j] += both * power[j]
                change[j] += both * powers[j]
                tangent[j] += k * both * before[j]
                before[j] = power[j]
                power[j] *= step[j]
                powers[j] = 1 + step[j] * powers[j]
        for j in range(n):
            near = rho[i, j] >= 0
            less = unequal[j] / 2 + (gap[i, j] if near or parity > 0 else 2 - gap[i, j]) * change[j]
            gap[i, j] = max(0.0, less) if kappa[j] >= 0 else 1 + kappa[j]
            rho[i, j] = -kappa[j] if parity == _ODD and not near else kappa[j]
            slope[i, j] = -tangent[j] if parity == _EVEN and not near else tangent[j]


def function_rows(function: Callable[[Any], Any], roots: FloatArray) -> tuple[FloatArray, Features]:
    """sqrt(V) at root mean squares `roots` (n,); parity, then a_k/sqrt(V), as many as the tail asks for.

    Raises
    ------
    ValueError
        If phi is no smooth function of one real variable, grows too fast, or needs more than 8192 terms.
    """
    largest = max(float(roots.max()), _LEAST_ROOT) ** 2
    n_terms = 64
    while n_terms <= _MOST_TERMS:
        require_memory(16.0 * n_terms * len(roots), f"Hermite series of {name_of(function)}")
        prepared = profiler(function, largest, TOLERANCE, n_terms)
        terms, slopes = hermite_rows(prepared, roots, n_terms)
        size, slope_size = _sizes(prepared, roots)
        tail = np.abs(size - (terms**2).sum(axis=0)) <= _TAIL * size
        slope_tail = np.abs(slope_size - (slopes**2).sum(axis=0)) <= _TAIL * slope_size
        if (tail & slope_tail).all():
            return np.sqrt(size), _features(_shortened(terms.T))
        n_terms *= 2
    raise ValueError(
        f"activation {name_of(function)} needs more than {_MOST_TERMS} Hermite polynomials at variance "
        f"{largest:.3g}; smaller inputs, sigma_w or sigma_b are needed, or a smoother function"
    )


def _sizes(prepared: Profiler, roots: FloatArray) -> tuple[FloatArray, FloatArray]:
    """E phi^2 and E phi'^2 at each root."""
    size, slope_size = np.empty((2, len(roots)))
    for start in range(0, len(roots), _ROWS):
        part = slice(start, start + _ROWS)
        found = prepared.at(roots[part])
        size[part] = found.mean**2 + (found.value**2).sum(axis=1) * prepared.grid.step
        slope_size[part] = (found.slope**2).sum(axis=1) * prepared.grid.step
    return size, slope_size


def polynomial_rows(
    coefficients: tuple[float, ...], roots: FloatArray
) -> tuple[FloatArray, Features]:
    """The same for sum_m c_m x^m, exactly: E z^m h_k(z) = m!/[((m - k)/2)! 2^((m - k)/2) sqrt(k!)]."""
    terms = _polynomial_terms(coefficients, roots)
    return np.sqrt((terms**2).sum(axis=1)), _features(terms)


def _polynomial_terms(coefficients: tuple[float, ...], roots: FloatArray) -> FloatArray:
    terms = np.zeros((roots.size, len(coefficients)))
    for m, coefficient in enumerate(coefficients):
        for k in range(m, -1, -2):
            half = (m - k) // 2
            log_mean = math.lgamma(m + 1) - math.lgamma(half + 1) - half * math.log(2)
            mean = math.exp(log_mean - math.lgamma(k + 1) / 2)
            terms[:, k] += coefficient * mean * roots**m
    return terms


def _shortened(terms: FloatArray) -> FloatArray:
    """Without the last terms, which are rounding errors."""
    relative = np.abs(terms).max(axis=0) / (np.abs(terms).max() or 1.0)
    return terms[:, : int(np.flatnonzero(relative > 1e-17).max(initial=0)) + 1]


def _features(terms: FloatArray) -> Features:
    """Parity and normalised terms; where an activation is odd or even to 1e-13, it is made so."""
    norms = np.sqrt((terms**2).sum(axis=1, keepdims=True))
    terms = np.divide(terms, norms, out=np.zeros_like(terms), where=norms > 0)
    parity = 0.0
    for first, name in ((0, _ODD), (1, _EVEN)):
        if np.abs(terms[:, first::2]).max(initial=0.0) < 1e-13:
            terms[:, first::2] = 0
            parity = name
    return np.full(len(terms), parity), *terms.T
