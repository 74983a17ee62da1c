"""Panels resolve singular functions, and say so where they cannot."""

import numpy as np
import pytest

from lazyrich.solvers.adaptive_panels import NotResolved, nodes, resolved_panels

GIVEN = {"longest": 1.0, "tolerance": 1e-14}


@pytest.mark.parametrize(
    ("function", "integral"),
    [
        (np.sqrt, 2 / 3),
        (lambda x: x**0.1, 1 / 1.1),
        (lambda x: np.abs(x - 1 / 3), 5 / 18),
        (lambda x: x * np.log(x), -1 / 4),
        (lambda x: (x > np.sqrt(0.5)) * 1.0, 1 - np.sqrt(0.5)),
        (np.exp, np.e - 1),
    ],
)
def test_integrals_are_exact_to_rounding(function, integral):
    panels = resolved_panels(function, 0.0, 1.0, **GIVEN)
    x, weights = nodes(panels.left, panels.right)
    assert abs(weights @ function(x) - integral) < 1e-13
    np.testing.assert_array_equal(panels.left[1:], panels.right[:-1])
    assert (panels.left[0], panels.right[-1]) == (0.0, 1.0)


def test_smooth_functions_need_few_panels_and_kinks_many():
    assert len(resolved_panels(np.exp, 0.0, 1.0, **GIVEN).left) == 8
    assert 20 < len(resolved_panels(np.sqrt, 0.0, 1.0, **GIVEN).left) < 80


def test_what_is_integrated_against_limits_the_panels():
    panels = resolved_panels(np.exp, 0.0, 1.0, longest=0.01, tolerance=1e-14)
    assert np.max(panels.right - panels.left) <= 0.01 * (1 + 1e-12)


def test_modulus_is_that_of_the_function():
    modulus = resolved_panels(lambda x: np.sin(2 * np.pi * x), 0.0, 1.0, **GIVEN).modulus
    assert abs(modulus - 2 / np.pi) < 0.02


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: np.random.default_rng(0).normal(size=len(x)), "panels"),
        (lambda x: 1 / x, "halvings near 0"),
    ],
)
def test_noise_and_poles_are_not_resolved(function, message):
    with pytest.raises(NotResolved, match=message):
        resolved_panels(function, 0.0, 1.0, **GIVEN)
