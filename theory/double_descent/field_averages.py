"""Averages over Gaussian fields as functions of the entries of their covariance, which broadcast.

Formulas stand with the public functions of `gaussian_integrals`. ab is the covariance of a and b.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def i2(activation: str, aa: FloatArray, bb: FloatArray, ab: FloatArray) -> FloatArray:
    """<g(a) g(b)>."""
    if activation == "identity":
        return ab
    if activation == "scaled_erf":
        return 2 / np.pi * _asin(ab / np.sqrt((1 + aa) * (1 + bb)))
    return _sine(aa, bb, ab) / (2 * np.pi) + ab * _both_on(aa, bb, ab)


def j2(activation: str, aa: FloatArray, bb: FloatArray, ab: FloatArray) -> FloatArray:
    """<g'(a) g'(b)>."""
    if activation == "identity":
        return np.ones_like(ab)
    if activation == "scaled_erf":
        return 2 / np.pi / np.sqrt((1 + aa) * (1 + bb) - ab**2)
    return _both_on(aa, bb, ab)


def i3(
    activation: str, aa: FloatArray, cc: FloatArray, ab: FloatArray, ac: FloatArray, bc: FloatArray
) -> FloatArray:
    """<g'(a) b g(c)>."""
    if activation == "identity":
        return bc
    if activation == "scaled_erf":
        root = np.sqrt((1 + aa) * (1 + cc) - ac**2)
        return 2 / np.pi * (bc - ab * ac / (1 + aa)) / root
    return ab * _sine(aa, cc, ac) / (2 * np.pi * aa) + bc * _both_on(aa, cc, ac)


def erf_i4(C: FloatArray, a: int, b: int, c: int, d: int) -> FloatArray:
    """<g'(a) g'(b) g(c) g(d)>: g'(a) g'(b) is a Gaussian weight that leaves a smaller covariance."""
    of_a, of_b, ab = 1 + C[..., a, a], 1 + C[..., b, b], C[..., a, b]
    det = of_a * of_b - ab**2

    def left(x: int, y: int) -> FloatArray:
        ax, ay, bx, by = C[..., a, x], C[..., a, y], C[..., b, x], C[..., b, y]
        return C[..., x, y] - (of_b * ax * ay + of_a * bx * by - ab * (ax * by + ay * bx)) / det

    ratio = left(c, d) / np.sqrt((1 + left(c, c)) * (1 + left(d, d)))
    return 4 / np.pi**2 / np.sqrt(det) * _asin(ratio)


def _asin(ratio: FloatArray) -> FloatArray:
    return np.arcsin(np.clip(ratio, -1, 1))


def _sine(aa: FloatArray, bb: FloatArray, ab: FloatArray) -> FloatArray:
    """Sine of the angle between two fields, times their standard deviations."""
    return np.sqrt(np.maximum(aa * bb - ab**2, 0))


def _both_on(aa: FloatArray, bb: FloatArray, ab: FloatArray) -> FloatArray:
    """The chance that both fields are positive; 1/4 where one is 0."""
    return 0.25 + np.arctan2(ab, _sine(aa, bb, ab)) / (2 * np.pi)
