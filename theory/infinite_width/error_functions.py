"""Correlations through erf and GELU, whose moments are arctangents."""

import math

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.compilation import compiled

FloatArray = NDArray[np.float64]


@compiled(fastmath={"contract"})
def through_erf(
    rho: FloatArray,
    gap: FloatArray,
    slope: FloatArray,
    left: FloatArray,
    right: FloatArray,
    first: int,
    start: int,
) -> None:
    """kappa, 1 - |kappa| and slope of erf(sqrt(s/2) x), with p = s q and sin(alpha) = p/(1 + p) of a row.

    V = (2/pi) alpha_12, sin(alpha_12) = c/sqrt((1 + p_1)(1 + p_2)). 1 - kappa follows from psi =
    (alpha_1 + alpha_2)/2 - alpha_12, whose sine is a ratio of sums of positive terms. Features from the
    third on: sqrt(p), sqrt(1 + 2 p), sin and cos of alpha/2, the same of (pi/2 - alpha)/2, alpha/2,
    sqrt(alpha).
    """
    for i in range(rho.shape[0]):
        own = left[2:, first + i]
        root, width, sine, cosine = own[0], own[1], own[2], own[3]
        sine_c, cosine_c, half, norm = own[4], own[5], own[6], own[7]
        for j in range(rho.shape[1]):
            k = start + j
            product = root * right[2, k]
            wedge = product * product * (gap[i, j] * (2 - gap[i, j]))
            c = product * abs(rho[i, j])
            base = math.sqrt(1 + root * root + right[2, k] * right[2, k] + wedge)
            up = sine * right[5, k] + cosine * right[4, k]
            along = sine_c * right[7, k] + cosine_c * right[6, k]
            close = abs(rho[i, j]) > 0.5
            widths = (root - right[2, k]) * (root + right[2, k]) / (width + right[3, k])
            y = wedge + widths * widths if close else c
            x = (along * base + up * c) * (up * base + along * c) if close else base
            flat = y <= x
            ratio = (y if flat else x) / (x if flat else y)
            angle = ratio - ratio * ratio * ratio * arc_deficit(2 * ratio * ratio - 1)
            angle = angle if flat else math.pi / 2 - angle
            mean = half + right[8, k]
            alpha = mean - angle if close else angle
            psi = angle if close else mean - angle
            norm_gap = norm - right[9, k]
            over = 1 / (base * norm * right[9, k])
            gap[i, j] = max(0.0, (psi - norm_gap * norm_gap / 2) * base * over)
            rho[i, j] = (alpha if rho[i, j] >= 0 else -alpha) * base * over
            slope[i, j] = product * over


@compiled(fastmath={"contract"})
def through_gelu(
    rho: FloatArray,
    gap: FloatArray,
    slope: FloatArray,
    left: FloatArray,
    right: FloatArray,
    first: int,
    start: int,
) -> None:
    """kappa, 1 - |kappa| and slope of x Phi(x).

    With W = V at -|c|, V = |c|/2 + W at |c|, since x Phi(x) - (-x) Phi(-x) = x; and with D = (1 + q_1)(1 + q_2)
    - c^2, x = sqrt(D)/|c| and the angle atan(x)::

        2 pi W = -|c| atan(x) + q_1 q_2 sqrt(D)/S + c^2/(S sqrt(D)),   S = (1 + q_1)(1 + q_2),

    whose terms nearly cancel for large q, so that there |c| (x - atan(x)) is taken first. Features from
    the third on: sqrt(q), W and sqrt(V) of the row with itself.
    """
    for i in range(rho.shape[0]):
        root, rest, norm = left[2, first + i], left[3, first + i], left[4, first + i]
        for j in range(rho.shape[1]):
            other = right[2, start + j]
            product = root * other
            c = product * abs(rho[i, j])
            wedge = product * product * (gap[i, j] * (2 - gap[i, j]))
            q1, q2 = root * root, other * other
            s = (1 + q1) * (1 + q2)
            base2 = 1 + q1 + q2 + wedge
            base = math.sqrt(base2)
            steep = base <= c
            ratio = (base if steep else c) / (c if steep else base)
            deficit = ratio * ratio * ratio * arc_deficit(2 * ratio * ratio - 1)
            angle = ratio - deficit if steep else math.pi / 2 - (ratio - deficit)
            large = c * deficit + 1 / base - (2 + q1 + q2) * base / s
            small = product * product * base / s + c * c / (s * base) - c * angle
            w = (large if steep else small) / (2 * math.pi)
            lower = (angle - c / base * ((2 + q1 + q2) / s + 1 / base2)) / (2 * math.pi)
            near = rho[i, j] >= 0
            norms = norm * right[4, start + j]
            norm_gap = norm - right[4, start + j]
            apart = (root - other) ** 2 / 4 + product * gap[i, j] / 2
            apart += (rest + right[3, start + j]) / 2 - w
            kappa = (c / 2 + w if near else w) / norms
            less = max(0.0, (apart - norm_gap * norm_gap / 2) / norms)
            gap[i, j] = less if near else 1 - abs(kappa)
            rho[i, j] = kappa
            slope[i, j] = product * (0.5 - lower if near else lower) / norms


@compiled(fastmath={"contract"})
def arc_deficit(t: float) -> float:
    """(x - atan x)/x^3 at t = 2 x^2 - 1, x in [0, 1]; error 2e-16. Two sums run side by side."""
    s = t * t
    even = 1.1284356515460674e-11
    even = even * s + 5.1889990007635726e-11
    even = even * s + 6.542883548242914e-10
    even = even * s + 6.445221669390667e-09
    even = even * s + 6.635657005233138e-08
    even = even * s + 6.95786214620224e-07
    even = even * s + 7.503679456481153e-06
    even = even * s + 8.429363468394925e-05
    even = even * s + 0.0010108109313986678
    even = even * s + 0.013703710151140764
    even = even * s + 0.2591604972657936
    odd = -3.537641742564253e-11
    odd = odd * s - 1.6417955655048355e-10
    odd = odd * s - 2.076580714791197e-09
    odd = odd * s - 2.061472044606591e-08
    odd = odd * s - 2.142499764147594e-07
    odd = odd * s - 2.275514834918793e-06
    odd = odd * s - 2.4993556775049974e-05
    odd = odd * s - 0.00028884675693310224
    odd = odd * s - 0.003641982830657195
    odd = odd * s - 0.055407412565357
    return even + t * odd
