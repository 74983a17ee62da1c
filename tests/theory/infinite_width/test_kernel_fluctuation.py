"""Fluctuations of the NTK of one hidden ReLU layer: sampling, quadrature, limits, bad input."""

import numpy as np
import pytest
from scipy.integrate import dblquad

from lazyrich.theory.infinite_width.kernel_fluctuation import relu_ntk_variance

SCALES = {"sigma_w": 1.3, "sigma_b": 0.4}


def test_three_on_the_diagonal():
    x = np.random.default_rng(0).standard_normal((4, 7))
    x *= np.sqrt(7) / np.linalg.norm(x, axis=1, keepdims=True)
    found = relu_ntk_variance(x, width=50)
    np.testing.assert_allclose(np.diagonal(found), 3 / 50, rtol=1e-12)
    np.testing.assert_allclose(found, found.T)


def test_against_quadrature_over_one_unit():
    """Gaussian averages over (z, z') in plane coordinates, and E v^2 = 1, E v^4 = 3."""
    x1, x2, d = np.array([0.3, -1.2, 0.8]), np.array([1.1, 0.4, 0.9]), 3
    s = 1.3**2 * np.array([[x1 @ x1, x1 @ x2], [x1 @ x2, x2 @ x2]]) / d + 0.4**2
    root = np.linalg.cholesky(s)

    def mean(power):
        def integrand(angle, r):
            z = root @ np.array([np.cos(angle), np.sin(angle)]) * r
            if z.min() <= 0:
                return 0.0
            value = s[0, 1] if power[1] else 1.0
            return np.prod(z) ** power[0] * value ** power[1] * r * np.exp(-r * r / 2) / (2 * np.pi)

        lower = np.arctan2(-root[1, 0], root[1, 1])  # z' > 0 from here on, z > 0 up to pi/2
        return dblquad(integrand, 0, 12, lower, np.pi / 2, epsabs=1e-10, epsrel=1e-10)[0]

    first = mean((1, 0)) + mean((0, 1))
    second = mean((2, 0)) + 2 * mean((1, 1)) + 3 * mean((0, 2))
    found = relu_ntk_variance([x1], [x2], width=10, **SCALES)
    assert float(found[0, 0]) == pytest.approx(1.3**4 * (second - first**2) / 10, rel=1e-8)


def test_opposite_inputs_never_are_active_together():
    assert relu_ntk_variance([[1.0]], [[-1.0]], width=1)[0, 0] == pytest.approx(0, abs=1e-15)


def test_axes_of_the_width_come_first():
    x = np.eye(3)
    found = relu_ntk_variance(x[:2], x, width=[[1, 2], [4, 8]])
    assert found.shape == (2, 2, 2, 3)
    np.testing.assert_allclose(found[0, 0], 8 * found[1, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 0}, "width = 0 is outside"),
        ({"width": []}, "width"),
        ({"sigma_w": 0.0}, r"sigma_w = 0.0 is outside \(0"),
        ({"sigma_b": -1.0}, r"sigma_b = -1.0 is outside \[0"),
        ({"X1": np.ones(3)}, r"X1 has shape \(3,\)"),
        ({"X2": np.ones((2, 4))}, "X1 has 3 columns and X2 4"),
        ({"X1": np.zeros((1, 3))}, "never are active"),
        ({"X1": [[np.nan] * 3]}, "X1 holds NaN"),
    ],
)
def test_bad_arguments_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        relu_ntk_variance(**{"X1": np.eye(3), "width": 10, **change})
