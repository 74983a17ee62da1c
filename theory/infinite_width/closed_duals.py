"""Averages V = E phi(u) phi(v) and V' = E phi'(u) phi'(v) of two Gaussian numbers, in closed form.

Each function takes a `Pair` (variances q1, q2, covariance c, correlation rho) and returns (V, V'). The
forms are those that lose no digits: near coincident or opposite u and v, for large and for small
variances. By Price's theorem V' is the derivative of V with respect to c.

References: Cho, Saul 2009 (the ReLU family), Williams 1997 (erf, exp(-x^2)), Price 1958.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from lazyrich.theory.infinite_width.correlated_pair import FloatArray, Pair


class Dual(NamedTuple):
    """V = E phi(u) phi(v) and V' = E phi'(u) phi'(v)."""

    value: FloatArray
    derivative: FloatArray


ClosedForm = Callable[[Pair], Dual]


def identity(pair: Pair) -> Dual:
    """V = c, V' = 1."""
    return Dual(pair.c, np.ones_like(pair.c))


def two_slopes(negative: float, positive: float) -> ClosedForm:
    """phi = a x for x < 0, b x for x > 0, with slopes a and b.

    phi = m x + d abs(x) with m = (b+a)/2, d = (b-a)/2, and the cross terms vanish by parity::

        V  = m^2 c + d^2 (2/pi) [sqrt(q1 q2 - c^2) + c asin rho]
        V' = m^2 + d^2 (2/pi) asin rho.

    Where a b >= 0 the ReLU parts are split off instead, V = (b-a)^2 V_relu + a b c: for opposite u, v
    they vanish like the cube of the angle, which the sum above would lose.
    """
    if negative * positive < 0:
        m, d = (positive + negative) / 2, (positive - negative) / 2

        def closed(pair: Pair) -> Dual:
            folded = pair.root_determinant + pair.c * pair.arcsine
            return Dual(
                m**2 * pair.c + d**2 * (2 / np.pi) * folded,
                m**2 + d**2 * (2 / np.pi) * pair.arcsine,
            )

        return closed
    jump, product = (positive - negative) ** 2, negative * positive

    def split(pair: Pair) -> Dual:
        return Dual(
            jump * _relu_value(pair) + product * pair.c,
            jump * pair.supplement / (2 * np.pi) + product,
        )

    return split


def _relu_value(pair: Pair) -> FloatArray:
    """[sqrt(q1 q2 - c^2) + (pi - theta) c]/(2 pi); s (sin x - x cos x)/(2 pi) with x = pi - theta if c < 0."""
    x = np.minimum(pair.supplement, 1.0)
    series = np.zeros_like(x)
    for k in range(10, 0, -1):  # sin x - x cos x = sum_k (-1)^(k+1) 2k x^(2k+1)/(2k+1)!
        series = (2 * k / math.factorial(2 * k + 1)) - x**2 * series
    opposite = pair.geometric_mean * x**3 * series
    plain = pair.root_determinant + pair.supplement * pair.c
    return np.where(pair.supplement < 1.0, opposite, plain) / (2 * np.pi)


def step(pair: Pair) -> Dual:
    """phi = 1[x > 0]: V = (pi - theta)/(2 pi), V' infinite."""
    return Dual(pair.supplement / (2 * np.pi), np.full_like(pair.c, np.inf))


def sign(pair: Pair) -> Dual:
    """V = (2/pi) asin rho, V' infinite."""
    return Dual((2 / np.pi) * pair.arcsine, np.full_like(pair.c, np.inf))


def erf(pair: Pair) -> Dual:
    """V = (2/pi) asin(2 c/sqrt((1+2 q1)(1+2 q2))), V' = (4/pi)/sqrt(D), D = 1 + 2 q1 + 2 q2 + 4 (q1 q2 - c^2)."""
    root = np.sqrt(1 + 2 * pair.q1 + 2 * pair.q2 + 4 * pair.determinant)
    return Dual((2 / np.pi) * np.arctan2(2 * pair.c, root), (4 / np.pi) / root)


def scaled_erf(pair: Pair) -> Dual:
    """phi = erf(x/sqrt 2): V = (2/pi) asin(c/sqrt((1+q1)(1+q2))), V' = (2/pi)/sqrt(D1)."""
    root = np.sqrt(1 + pair.q1 + pair.q2 + pair.determinant)
    return Dual((2 / np.pi) * np.arctan2(pair.c, root), (2 / np.pi) / root)


def sine(pair: Pair) -> Dual:
    """V = e^(-(q1+q2)/2) sinh c, V' = e^(-(q1+q2)/2) cosh c."""
    odd, even = _waves(pair)
    return Dual(odd, even)


def cosine(pair: Pair) -> Dual:
    """V = e^(-(q1+q2)/2) cosh c, V' = e^(-(q1+q2)/2) sinh c."""
    odd, even = _waves(pair)
    return Dual(even, odd)


def _waves(pair: Pair) -> tuple[FloatArray, FloatArray]:
    near = np.exp(-pair.least_variance / 2) / 2
    far = np.expm1(-2 * np.abs(pair.c))
    return np.sign(pair.c) * near * -far, near * (2 + far)


def exponential(pair: Pair) -> Dual:
    """phi = e^x: V = V' = e^((q1 + q2 + 2 c)/2); ``ValueError`` where that overflows."""
    total = np.where(pair.c < 0, pair.least_variance, pair.q1 + pair.q2 + 2 * pair.c)
    if (total / 2 > math.log(np.finfo(np.float64).max)).any():
        raise ValueError(
            f"q1 + q2 + 2 covariance = {total.max()} is outside [0, 1419]: the mean of exp overflows"
        )
    value = np.exp(total / 2)
    return Dual(value, value.copy())


def gaussian(pair: Pair) -> Dual:
    """phi = e^(-x^2): V = D^(-1/2), V' = 4 c D^(-3/2), D = 1 + 2 q1 + 2 q2 + 4 (q1 q2 - c^2)."""
    root = np.sqrt(1 + 2 * pair.q1 + 2 * pair.q2 + 4 * pair.determinant)
    return Dual(1 / root, 4 * (pair.c / root) / root / root)


def gelu(pair: Pair) -> Dual:
    """phi = x Phi(x), Phi the normal distribution function.

    With D = (1+q1)(1+q2) - c^2 and A = asin(c/sqrt((1+q1)(1+q2)))::

        2 pi V  = c (pi/2 + A) + sqrt(D) q1 q2/((1+q1)(1+q2)) + c^2/((1+q1)(1+q2) sqrt D)
        2 pi V' = pi/2 + A + (c/sqrt D) [1/(1+q1) + 1/(1+q2) + 1/D].

    For large variances and nearly opposite u, v the first two terms of V cancel; there, with
    x = sqrt(D)/abs(c), they are abs(c) (x - atan x) - sqrt(D) (1 + q1 + q2)/((1+q1)(1+q2)).
    """
    q1, q2, c = pair.q1, pair.q2, pair.c
    d = 1 + q1 + q2 + pair.determinant
    root = np.sqrt(d)
    share1, share2 = q1 / (1 + q1), q2 / (1 + q2)
    angle = np.arctan2(root, -c)  # pi/2 + A
    last = (c / (1 + q1)) * (c / (1 + q2)) / root
    plain = c * angle + root * share1 * share2
    x = np.minimum(angle, 1.0)
    opposite = np.abs(c) * _tangent_excess(x) - root * (1 / (1 + q1) + share1 / (1 + q2))
    value = np.where(angle < np.pi / 4, opposite, plain) + last
    derivative = angle + (c / root) * (1 / (1 + q1) + 1 / (1 + q2) + 1 / d)
    return Dual(value / (2 * np.pi), derivative / (2 * np.pi))


def _tangent_excess(x: FloatArray) -> FloatArray:
    """tan x - x for x in [0, 1]."""
    t = np.tan(np.minimum(x, 0.3))
    series = np.zeros_like(t)
    for k in range(16, 0, -1):  # t - atan t = t^3/3 - t^5/5 + ...
        series = 1 / (2 * k + 1) - t**2 * series
    return np.where(x < 0.3, t**3 * series, np.tan(x) - x)


def polynomial(coefficients: Sequence[float]) -> ClosedForm:
    """phi = sum_m a_m x^m: V = sum_k b_k(q1) b_k(q2) c^k/k!, with b_k(q) = E phi^(k)(sqrt(q) z).

    b_k = sum_m a_m m!/(m-k)! (m-k-1)!! q^((m-k)/2) over even m - k; V' is the series of phi'.
    """
    a = np.asarray(coefficients, dtype=np.float64)

    def mean_derivative(order: int, q: FloatArray) -> FloatArray:
        """b_k/k!."""
        total = np.zeros_like(q)
        for m in range(len(a) - 1 - (len(a) - 1 - order) % 2, order - 1, -2):
            half = (m - order) // 2
            weight = math.perm(m, m - order) / (2**half * math.factorial(half))
            total = total * q + a[m] * weight
        return total

    def closed(pair: Pair) -> Dual:
        value = derivative = np.zeros_like(pair.c)
        with np.errstate(over="ignore", invalid="ignore"):
            for k in range(len(a) - 1, -1, -1):
                product = mean_derivative(k, pair.q1) * mean_derivative(k, pair.q2)
                value = value * pair.c + product * math.factorial(k)
                if k:
                    derivative = derivative * pair.c + product * (k * math.factorial(k))
        if not (np.isfinite(value) & np.isfinite(derivative)).all():
            raise ValueError(
                f"variances up to {max(pair.q1.max(), pair.q2.max())}: the moments of a polynomial of "
                f"degree {len(a) - 1} overflow"
            )
        return Dual(value, derivative)

    return closed
