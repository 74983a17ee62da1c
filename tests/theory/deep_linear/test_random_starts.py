"""Random starts: lengths, learning rates and Jacobians against sums, quadrature and dense kernels."""

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad

from lazyrich.solvers.networks.initial_weights import orthogonal_weights, small_random_weights
from lazyrich.solvers.networks.random_networks import product, sampled_signal_variances
from lazyrich.theory.deep_linear import initialisation
from lazyrich.theory.deep_linear.initialisation import (
    fuss_catalan_density,
    fuss_catalan_moment,
    gaussian_rate_spread,
    gaussian_residual,
    log_length,
    lyapunov_exponents,
    tanh_fixed_point,
    tanh_jacobian_spread,
    tanh_mean_field,
)

pytestmark = pytest.mark.filterwarnings("error")


# Lengths of vectors


@pytest.mark.parametrize("width", [1, 2, 3, 10, 101])
def test_log_length_against_the_density_of_chi_squared(width):
    def moment(power):
        def integrand(y):  # y = log of chi^2 with `width` degrees of freedom
            log_density = width / 2 * y - mpmath.exp(y) / 2
            return (y - mpmath.log(width)) ** power * mpmath.exp(log_density)

        middle = mpmath.log(width)
        return mpmath.quad(
            integrand, [middle - 250, middle - 20, middle - 3, middle, middle + 3, middle + 8]
        )

    with mpmath.workdps(30):
        norm, first, second = (moment(power) for power in range(3))
        mean, variance = first / norm, second / norm - (first / norm) ** 2
        found = log_length(width, 7)
        assert found.mean == pytest.approx(float(7 * mean), rel=1e-12)
        assert found.variance == pytest.approx(float(7 * variance), rel=1e-12)


def test_log_length_is_that_of_the_largest_lyapunov_exponent_and_of_wide_layers():
    assert log_length(5, 1).mean == pytest.approx(2 * lyapunov_exponents(5)[0], rel=1e-14)
    wide = log_length(10_000, [1, 50])
    np.testing.assert_allclose(wide.mean, [-1e-4, -5e-3], rtol=1e-3)
    np.testing.assert_allclose(wide.variance, [2e-4, 1e-2], rtol=1e-3)


# Learning rates


@pytest.mark.parametrize("depth", range(1, 9))
def test_rate_spread_is_the_sum_over_pairs_of_layers(depth):
    """Each pair l, k contributes the second moments of the products above and below both."""
    pairs = [(j, k) for j in range(1, depth + 1) for k in range(1, depth + 1)]
    above = (
        fuss_catalan_moment(2, depth - max(j, k)) if max(j, k) < depth else 1.0 for j, k in pairs
    )
    below = (fuss_catalan_moment(2, min(j, k) - 1) if min(j, k) > 1 else 1.0 for j, k in pairs)
    square = sum(a * b for a, b in zip(above, below, strict=True))
    assert gaussian_rate_spread(depth) == pytest.approx(square / depth**2 - 1, abs=1e-13)


@pytest.mark.parametrize(
    ("draw", "tolerance"), [(small_random_weights, 0.12), (orthogonal_weights, 1e-12)]
)
def test_rate_spread_of_dense_tangent_kernels(draw, tolerance):
    """The kernel from the derivatives of the map by every weight, depth 3."""
    spreads = []
    for rng in np.random.default_rng(0).spawn(4):
        weights = draw((14,) * 4, 1.0, rng)
        columns = []
        for k in range(3):
            above = product(weights[k + 1 :]) if k < 2 else np.eye(14)
            below = product(weights[:k]) if k else np.eye(14)
            columns.append(np.einsum("oi,jn->onij", above, below).reshape(14**2, -1))
        jacobian = np.concatenate(columns, axis=1)
        rates = np.linalg.eigvalsh(jacobian @ jacobian.T)
        assert rates.mean() == pytest.approx(3, rel=0.2)
        spreads.append(rates.var() / rates.mean() ** 2)
    expected = gaussian_rate_spread(3) if draw is small_random_weights else 0.0
    assert np.mean(spreads) == pytest.approx(expected, rel=tolerance, abs=1e-12)


def test_residual_is_the_laplace_transform_of_the_rates():
    """Over x = 4 sin^2 angle, in which the density is smooth."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    angle = np.pi / 4 * (1 + nodes)
    x = 4 * np.sin(angle) ** 2
    weights = np.pi / 4 * weights * 8 * np.sin(angle) * np.cos(angle) * fuss_catalan_density(x, 1)
    t = np.array([0.0, 0.01, 0.3, 2.0, 30.0])
    one = (weights * np.exp(-2 * x * t[:, None])).sum(axis=1)
    np.testing.assert_allclose(gaussian_residual(t), one**2, rtol=1e-11)


def test_residual_has_the_spread_as_its_curvature():
    """log of the residual: -2 x mean rate t + 2 x variance t^2 + ..."""
    t = 1e-3
    second = (np.log(gaussian_residual(2 * t)) - 2 * np.log(gaussian_residual(t))) / t**2
    assert second / 4 == pytest.approx(2**2 * gaussian_rate_spread(2), rel=0.02)
    late = np.array([2.4e6, 2.6e6, 1e12, 1e300])  # on both sides of the change of method
    np.testing.assert_allclose(
        2 * np.pi * late * gaussian_residual(late), 1 - 1 / (16 * late), rtol=1e-12
    )
    assert gaussian_residual(np.inf) == 0


# Fixed points of tanh networks


@pytest.mark.parametrize("gain", [1.001, 1.05, 1.5, 3.0, 50.0])
def test_fixed_point_is_where_the_recursion_stays(gain):
    found = tanh_fixed_point(gain)
    after = tanh_mean_field(gain, 1, found.q)
    assert after.q[1] == pytest.approx(found.q, rel=1e-14)
    assert after.chi[0] == pytest.approx(found.chi, rel=1e-12)
    if gain >= 1.05:
        for start in (1e-6, 1e6):
            assert tanh_mean_field(gain, 1500, start).q[-1] == pytest.approx(found.q, rel=1e-9)


def test_fixed_point_next_to_the_edge():
    """q/d = 1/2 + 5 d/24, (chi - 1)/d^2 -> 1/3 with d = g^2 - 1: not 1/2 in g - 1."""
    d = np.array([1e-2, 1e-3, 1e-4])
    q, chi = tanh_fixed_point(np.sqrt(1 + d))
    np.testing.assert_allclose(q / d, 1 / 2 + 5 * d / 24, atol=0.3 * d[0] ** 2)
    np.testing.assert_allclose((chi - 1) / d**2, 1 / 3, rtol=3 * d[0])
    below = tanh_fixed_point([0.0, 0.5, 1.0])
    assert below.q.tolist() == [0, 0, 0] and below.chi.tolist() == [0, 0.25, 1]


def test_settled_networks_leave_the_leading_order_behind():
    for kind in ("orthogonal", "gaussian"):
        q = sampled_signal_variances(kind, 1.5, 60, 4000, np.random.default_rng(3))[20:].mean()
        assert q == pytest.approx(float(tanh_fixed_point(1.5).q), rel=0.02)
        assert abs(q / ((1.5**2 - 1) / 2) - 1) > 0.2


# Spread of Jacobians


def test_spread_of_the_first_layer_against_quadrature():
    def mean(power, q):
        def integrand(z):
            return np.cosh(np.sqrt(q) * z) ** -power * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

        return 2 * quad(integrand, 0, 30, epsabs=0, epsrel=1e-12)[0]

    for q in (0.1, 1.0, 7.0):
        expected = mean(8, q) / mean(4, q) ** 2 - 1
        assert tanh_jacobian_spread(1.3, 1, q, "orthogonal")[0] == pytest.approx(
            expected, rel=1e-11
        )
        assert tanh_jacobian_spread(1.3, 1, q, "gaussian")[0] == pytest.approx(1 + expected)


def test_spread_of_linear_networks_is_that_of_fuss_catalan():
    factors = np.arange(1, 6)
    variance = fuss_catalan_moment(2, factors) - 1
    np.testing.assert_allclose(tanh_jacobian_spread(1.0, 5, 0.0, "gaussian"), variance, rtol=1e-12)


def test_orthogonal_jacobians_are_narrow_only_next_to_the_edge():
    depth = 100
    near, far = (tanh_jacobian_spread(g, depth, 0.05, "orthogonal")[-1] for g in (1.02, 1.5))
    assert near < 10 and far > 40
    assert tanh_jacobian_spread(1.02, depth, 0.05, "gaussian")[-1] > depth


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("log_length", (0, 1), "width = 0"),
        ("log_length", (2, 0), "n_factors = 0"),
        ("gaussian_rate_spread", (0,), "depth = 0"),
        ("gaussian_rate_spread", (1.5,), "depth = 1.5"),
        ("gaussian_residual", (-1.0,), r"t = -1.0 is outside \[0"),
        ("gaussian_residual", (np.nan,), "t = nan"),
        ("gaussian_residual", ([],), "t is empty"),
        ("tanh_fixed_point", (-1.0,), "gain = -1.0"),
        ("tanh_fixed_point", (np.nan,), "gain = nan"),
        ("tanh_jacobian_spread", (1.0, 3, 1.0, "haar"), "kind = 'haar'"),
        ("tanh_jacobian_spread", (1.0, 0, 1.0, "gaussian"), "depth = 0"),
    ],
)
def test_input_outside_the_range_is_refused(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(initialisation, name)(*arguments)
