"""The polynomials behind the compiled maps, against their definitions in 40 digits."""

import mpmath
import numpy as np

from lazyrich.theory.infinite_width.error_functions import arc_deficit
from lazyrich.theory.infinite_width.linear_pieces import half_angle, lune


def largest_error(found, true, end):
    worst = 0.0
    with mpmath.workdps(40):
        for z in np.linspace(1e-9, end, 60):
            exact = true(mpmath.sqrt(mpmath.mpf(z)))
            worst = max(worst, abs(float(found(2 * z / end - 1) / exact - 1)))
    return worst


def test_half_angle():
    assert largest_error(half_angle, lambda x: mpmath.asin(x) / x, 0.5) < 5e-16


def test_lune():
    def exact(x):
        theta = 2 * mpmath.asin(x)
        return (mpmath.sin(theta) - theta * mpmath.cos(theta)) / x**3

    assert largest_error(lune, exact, 0.5) < 5e-16


def test_arc_deficit():
    assert largest_error(arc_deficit, lambda x: (x - mpmath.atan(x)) / x**3, 1.0) < 5e-16
