"""The layer recursion of NNGP and NTK in 60 digits, pair by pair, from the table of closed forms."""

import mpmath
import numpy as np
from mpmath import acos, asin, cos, exp, mpf, pi, sin, sqrt


def _angle(q1, q2, c):
    rho = c / sqrt(q1 * q2) if q1 * q2 else mpf(0)
    return acos(max(mpf(-1), min(mpf(1), rho)))


def _slopes(below, above):
    def moments(q1, q2, c):
        theta, size, jump = _angle(q1, q2, c), sqrt(q1 * q2), (mpf(above) - below) ** 2
        value = size / (2 * pi) * (sin(theta) + (pi - theta) * cos(theta))
        slope = (pi - theta) / (2 * pi)
        return jump * value + mpf(below) * above * c, jump * slope + mpf(below) * above

    return moments


def _erf(scale):
    def moments(q1, q2, c):
        p1, p2, p = scale * q1, scale * q2, scale * c
        value = 2 / pi * asin(p / sqrt((1 + p1) * (1 + p2)))
        return value, 2 / pi * scale / sqrt((1 + p1) * (1 + p2) - p * p)

    return moments


def _waves(sign):
    def moments(q1, q2, c):
        same, opposite = exp(-(q1 + q2 - 2 * c) / 2), exp(-(q1 + q2 + 2 * c) / 2)
        return (same + sign * opposite) / 2, (same - sign * opposite) / 2

    return moments


def _exponential(q1, q2, c):
    return (exp((q1 + q2 + 2 * c) / 2),) * 2


def _gaussian(q1, q2, c):
    d = 1 + 2 * q1 + 2 * q2 + 4 * (q1 * q2 - c * c)
    return 1 / sqrt(d), 4 * c / d**1.5


def _gelu(q1, q2, c):
    s = (1 + q1) * (1 + q2)
    d, a = s - c * c, asin(c / sqrt(s))
    value = c * (mpf(1) / 4 + a / (2 * pi))
    value += (q1 * q2 + c * c * (1 - q1 * q2) / s) / (2 * pi * sqrt(d))
    slope = mpf(1) / 4 + a / (2 * pi)
    return value, slope + c / (2 * pi * sqrt(d)) * (1 / (1 + q1) + 1 / (1 + q2) + 1 / d)


def _cubic(q1, q2, c):
    """0.3 + x - 0.5 x^2 + 0.25 x^3, from the moments of two Gaussian numbers."""
    a0, a1, a2, a3 = mpf("0.3"), mpf(1), mpf("-0.5"), mpf("0.25")
    value = a0**2 + a0 * a2 * (q1 + q2) + a1**2 * c + 3 * a1 * a3 * c * (q1 + q2)
    value += a2**2 * (q1 * q2 + 2 * c * c) + a3**2 * (9 * q1 * q2 * c + 6 * c**3)
    slope = a1**2 + 3 * a1 * a3 * (q1 + q2) + 4 * a2**2 * c + 9 * a3**2 * (q1 * q2 + 2 * c * c)
    return value, slope


CUBIC = ("polynomial", [0.3, 1.0, -0.5, 0.25])
MOMENTS = {
    "identity": _slopes(1, 1),
    "relu": _slopes(0, 1),
    "abs": _slopes(-1, 1),
    ("leaky_relu", 0.25): _slopes(mpf("0.25"), 1),
    "erf": _erf(2),
    "scaled_erf": _erf(1),
    "sin": _waves(-1),
    "cos": _waves(1),
    "exp": _exponential,
    "gaussian": _gaussian,
    "gelu": _gelu,
    "cubic": _cubic,
}


def kernels_in_60_digits(x, y, *, hidden_layers, activation, sigma_w, sigma_b):
    """(NNGP, NTK) of two inputs as mpmath numbers."""
    with mpmath.workdps(60):
        moments = MOMENTS[activation]
        weight, bias = mpf(float(sigma_w)) ** 2, mpf(float(sigma_b)) ** 2
        u, v = ([mpf(float(entry)) for entry in row] for row in (x, y))
        q1, q2, c = (
            weight * mpmath.fdot(*pair) / len(u) + bias for pair in ((u, u), (v, v), (u, v))
        )
        ntk = c
        for _ in range(hidden_layers):
            value, slope = moments(q1, q2, c)
            q1, q2 = (weight * moments(q, q, q)[0] + bias for q in (q1, q2))
            c = weight * value + bias
            ntk = c + weight * slope * ntk
        return +c, +ntk


def at_angle(angle, dim=5, ratio=1.0, seed=0):
    """Two inputs whose lengths have the given ratio, at an angle; pi - angle: give it negative."""
    rng = np.random.default_rng(seed)
    x, across = rng.standard_normal((2, dim))
    across -= x * (x @ across) / (x @ x)
    across *= np.linalg.norm(x) / np.linalg.norm(across)
    sign = -1 if angle < 0 else 1
    return x, sign * ratio * (np.cos(abs(angle)) * x + np.sin(abs(angle)) * across)
