"""Correlations through sin, cos, exp and exp(-x^2), whose moments are exponentials and powers.

Each function takes rho, gap = 1 - |rho| and features of rows (n, 1) and columns (m,), and gives kappa, 1 - |kappa|
and slope = d kappa/d rho without cancellation, by means of m = E (u - v)^2/2 (of E (u + v)^2/2 for rho < 0).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Through = tuple[FloatArray, FloatArray, FloatArray]


def sine(rho: FloatArray, gap: FloatArray, left: FloatArray, right: FloatArray) -> Through:
    """sin x; features sqrt(q), e^-q, sqrt(V) = [(1 - e^(-2 q))/2]^(1/2)."""
    product, apart, opposite = _waves(rho, gap, left, right)
    norms, norm_gap = left[2] * right[2], left[2] - right[2]
    value = -(1 + apart) * opposite / 2
    distance = -apart * (1 + (1 + apart) * (1 + opposite)) / 2 - (left[1] - right[1]) ** 2 / 4
    less = np.maximum(0.0, (distance - norm_gap**2 / 2) / norms)
    slope = product * (1 + apart) * (2 + opposite) / (2 * norms)
    return np.copysign(value / norms, rho), less, slope


def cosine(rho: FloatArray, gap: FloatArray, left: FloatArray, right: FloatArray) -> Through:
    """cos x; features sqrt(q), e^-q, sqrt(V) = [(1 + e^(-2 q))/2]^(1/2)."""
    product, apart, opposite = _waves(rho, gap, left, right)
    norms, norm_gap = left[2] * right[2], left[2] - right[2]
    value = (1 + apart) * (2 + opposite) / 2
    distance = apart * (apart + opposite + apart * opposite) / 2
    distance += (left[1] - right[1]) ** 2 / 4
    less = np.maximum(0.0, (distance - norm_gap**2 / 2) / norms)
    slope = -product * (1 + apart) * opposite / (2 * norms)
    return value / norms, less, np.copysign(slope, rho)


def _waves(
    rho: FloatArray, gap: FloatArray, left: FloatArray, right: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """sqrt(q_1 q_2), e^-m - 1 and e^(-2 |c|) - 1."""
    product = left[0] * right[0]
    apart = np.expm1(-((left[0] - right[0]) ** 2) / 2 - product * gap)
    return product, apart, np.expm1(-2 * product * np.abs(rho))


def exponential(rho: FloatArray, gap: FloatArray, left: FloatArray, right: FloatArray) -> Through:
    """exp x: kappa = e^-m with m of u - v for either sign; feature sqrt(q)."""
    product = left[0] * right[0]
    lost = np.expm1(-((left[0] - right[0]) ** 2) / 2 - product * np.where(rho >= 0, gap, 2 - gap))
    return 1 + lost, -lost, product * (1 + lost)


def gaussian(rho: FloatArray, gap: FloatArray, left: FloatArray, right: FloatArray) -> Through:
    """exp(-x^2): V = D^(-1/2), D = 1 + 2 q_1 + 2 q_2 + 4 (q_1 q_2 - c^2); features sqrt(q), A = (1 + 4 q)^(1/4)."""
    product, norms = left[0] * right[0], left[1] * right[1]
    wedge = 4 * product**2 * gap * (2 - gap)
    base2 = 1 + 2 * left[0] ** 2 + 2 * right[0] ** 2 + wedge
    base = np.sqrt(base2)
    less = ((left[1] ** 2 - right[1] ** 2) ** 2 / 2 + wedge) / (base * (base + norms))
    return norms / base, less, 4 * product**2 * rho * norms / (base * base2)
