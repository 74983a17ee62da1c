"""Fluctuations of the NTK of one hidden ReLU layer: sampling, quadrature, limits, bad input."""

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.special import erf

from lazyrich.theory.infinite_width.kernel_fluctuation import (
    relu_kernel_drift,
    relu_ntk_variance,
)

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


# Change of the kernel of ReLU networks in a step


def unit_average(alpha):
    """E over one unit of (z'^2 + v'^2 S)/S after the step less before, z = sqrt(S) u: by quadrature over the angle."""

    def integrand(angle):
        u, v = np.cos(angle), np.sin(angle)
        after = u - alpha * v
        return (after**2 + (v - alpha * u) ** 2 if after > 0 else 0.0) - 1

    edge = np.arctan2(1, alpha)
    found = quad(integrand, -np.pi / 2, edge)[0] + quad(integrand, edge, np.pi / 2)[0]
    return found / np.pi  # E (u^2 + v^2) = 2


@pytest.mark.parametrize("alpha", [0.7, 1.5])
def test_one_step_against_quadrature(alpha):
    y, n, power, sw = -1e4, 30.0, 1.8, 1.3
    rate = alpha / (sw * abs(y) * np.sqrt(power / n))
    found = relu_kernel_drift(y, rate, width=n, field_power=power, sigma_w=sw, sigma_b=0.4)
    dependence = -2 * sw**4 * power**2 * rate / n
    expected = sw**2 * power * unit_average(alpha) + dependence
    assert float(found) == pytest.approx(expected, rel=1e-6)


def test_the_average_over_outputs_is_exact_at_the_kink():
    """For small rates the change is linear in |f - y|, whose mean for f ~ N(0, 1) and y = 1 is known."""
    mean_error = 2 * np.exp(-0.5) / np.sqrt(2 * np.pi) + erf(np.sqrt(0.5))
    rate, n = 1e-9, 1e10  # so wide that only the switched units count
    found = relu_kernel_drift(1.0, rate, width=n, field_power=1.0, sigma_b=np.sqrt(0.5))
    assert float(found) * np.sqrt(n) / rate == pytest.approx(-mean_error / np.pi, rel=1e-4)


def test_wide_kernels_move_as_one_over_root_n():
    found = relu_kernel_drift(3.0, [[0.1], [0.2]], width=[1e8, 1e10, 1e12], field_power=2.0)
    assert found.shape == (2, 3)
    np.testing.assert_allclose(found[:, 1:] / found[:, :-1], 0.1, rtol=1e-2)
    assert (found < 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": np.nan}, "target = nan"),
        ({"target": [1.0, 2.0]}, "target"),
        ({"learning_rate": 0.0}, r"learning_rate = 0.0 is outside \(0"),
        ({"learning_rate": []}, "learning_rate"),
        ({"width": 0.5}, r"width = 0.5 is outside \[1"),
        ({"field_power": -1.0}, "field_power = -1.0"),
        ({"sigma_w": np.inf}, "sigma_w = inf"),
        ({"sigma_b": -0.1}, "sigma_b = -0.1"),
    ],
)
def test_bad_steps_are_named(change, message):
    given = {"target": 1.0, "learning_rate": 0.1, "width": 10, "field_power": 1.0, **change}
    with pytest.raises(ValueError, match=message):
        relu_kernel_drift(**given)
