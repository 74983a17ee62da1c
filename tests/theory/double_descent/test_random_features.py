"""Risk of ridge regression on random features: limits, identities, extremes and high precision."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazyrich.theory.double_descent import covariance, units
from lazyrich.theory.double_descent.hermite import hermite_moments
from lazyrich.theory.double_descent.random_features import (
    best_kernel_penalty,
    learning_curve,
    ridge_risk,
)

RELU = hermite_moments("relu")


def quadratic(linear, nonlinear_variance):
    """An activation with these moments."""
    b = np.sqrt(nonlinear_variance / 2)
    return ("polynomial", [-b, linear, b])


def paper_risk(n, p, d, penalty, noise_var, linear=0.5, nonlinear=RELU.nonlinear_variance):
    """The polynomials of Mei and Montanari at the root of their equations, 160 digits, by bisection."""
    with mpmath.workdps(160):
        n, p, d, lam, extra = (mpmath.mpf(float(x)) for x in (n, p, d, penalty, nonlinear))
        p1, p2, z = p / d, n / d, mpmath.mpf(linear) ** 2 / extra
        u_sq = p1 * lam / extra  # psi_1 psi_2 of their penalty

        def used(x):
            return x + z * x / (1 + z * x)

        low, high = mpmath.mpf(0), min(p1, p2)
        for _ in range(530):
            x = (low + high) / 2
            inside = used(x) < min(p1, p2) and u_sq * x < (p1 - used(x)) * (p2 - used(x))
            low, high = (x, high) if inside else (low, x)
        c = -low
        e0 = (
            -(c**5) * z**3 + 3 * c**4 * z**2 + (p1 * p2 - p2 - p1 + 1) * c**3 * z**3
            - 2 * c**3 * z**2 - 3 * c**3 * z + (p1 + p2 - 3 * p1 * p2 + 1) * c**2 * z**2
            + 2 * c**2 * z + c**2 + 3 * p1 * p2 * c * z - p1 * p2
        )  # fmt: skip
        e1 = p2 * c**3 * z**2 - p2 * c**2 * z + p1 * p2 * c * z - p1 * p2
        e2 = (
            c**5 * z**3 - 3 * c**4 * z**2 + (p1 - 1) * c**3 * z**3 + 2 * c**3 * z**2
            + 3 * c**3 * z + (-p1 - 1) * c**2 * z**2 - 2 * c**2 * z - c**2
        )  # fmt: skip
        return float((e1 + mpmath.mpf(noise_var) * e2) / e0)


exponents = st.floats(-4, 4)


@settings(max_examples=25, deadline=None)
@given(exponents, exponents, st.sampled_from([1e-30, 1e-12, 1e-3, 1.0, 1e6]), st.floats(-4, 2))
def test_against_the_polynomials_of_the_paper(log_n, log_p, penalty, log_nonlinear):
    n, p, extra = 10**log_n, 10**log_p, 10**log_nonlinear
    found = ridge_risk(n, p, 1.0, penalty, activation=quadratic(0.7, extra), noise_var=0.3)
    moments = hermite_moments(quadratic(0.7, extra))
    expected = paper_risk(n, p, 1.0, penalty, 0.3, moments.linear, moments.nonlinear_variance)
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "n, p", [(1.0, 1.0), (3.0, 3.0), (0.2, 0.2), (1e4, 1e4), (1.0, 7.0), (7.0, 1.0)]
)
@pytest.mark.parametrize("penalty", [1e-40, 1e-9, 0.1])
def test_on_the_peak_and_where_one_size_is_that_of_the_inputs(n, p, penalty):
    found = ridge_risk(n, p, 1.0, penalty, noise_var=0.3)
    assert found == pytest.approx(paper_risk(n, p, 1.0, penalty, 0.3), rel=1e-12)


def test_numbers_of_the_sheet():
    assert ridge_risk(400, 400, 200, 1e-4, noise_var=0.2) == pytest.approx(8.345, abs=5e-4)
    assert ridge_risk(400, 1600, 200, 1e-4, noise_var=0.2) == pytest.approx(0.3015, abs=5e-5)
    assert ridge_risk(400, 600, 200, 0.05, noise_var=0.2) == pytest.approx(0.4385, abs=5e-5)


@pytest.mark.parametrize("n, p", [(40.0, 300.0), (300.0, 40.0), (150.0, 220.0), (220.0, 150.0)])
def test_ridgeless_limit_is_a_quadratic(n, p):
    """At penalty 0 the smaller of n and p is used up: t = min(n, p)/d."""
    d, mu_sq, extra, N = 100.0, RELU.linear**2, RELU.nonlinear_variance, min(n, p) / 100
    a, b, c = extra * mu_sq, mu_sq + extra - N * mu_sq, -N
    w = -2 * c / (b + np.sqrt(b * b - 4 * a * c))
    y = mu_sq * w / (1 + mu_sq * w)
    D = y * (1 - y) + extra * w
    r, q = max(1 - n / p, 0), max(1 - p / n, 0)
    g = D / (p / d * r + D)
    left = q + r * p / n * g
    expected = ((1 - y) * (1 - y + y * g) + 0.3 * (1 - left)) / left
    assert ridge_risk(n, p, d, 0.0, noise_var=0.3) == pytest.approx(expected, rel=1e-12)
    assert ridge_risk(n, p, d, 1e-25, noise_var=0.3) == pytest.approx(expected, rel=1e-12)


def test_the_peak_is_infinite_and_grows_as_the_root_of_the_penalty():
    assert np.isinf(ridge_risk([50, 200], [50, 200], 100, 0.0)).all()  # without label noise too
    high, low = ridge_risk(200, 200, 100, [1e-12, 1e-14], noise_var=0.1)
    assert low / high == pytest.approx(10, rel=1e-4)
    # (1 - y + noise_var)/(2 s), s^2 = penalty w/psi_2 where t(w) = psi_2
    mu_sq, extra = RELU.linear**2, RELU.nonlinear_variance
    w = np.roots([mu_sq * extra, mu_sq + extra - 2 * mu_sq, -2.0]).max()
    expected = (1 / (1 + mu_sq * w) + 0.1) / (2 * np.sqrt(1e-14 * w / 2))
    assert low == pytest.approx(expected, rel=1e-5)


def test_the_best_penalty_has_no_peak():
    p = np.geomspace(10, 1000, 41)[:, None]
    risks = ridge_risk(100, p, 100, np.geomspace(1e-4, 10, 400), noise_var=0.3)
    assert (np.diff(risks.min(axis=1)) < 0).all()
    assert (np.diff(risks[:, 0]) > 0).any()


@pytest.mark.parametrize("penalty", [0.0, 1e-3, 0.4])
@pytest.mark.parametrize("n", [40.0, 100.0, 300.0])
def test_infinitely_many_features_are_a_ridge(n, penalty):
    """Linear regression with the penalty (penalty + mu_*^2) d/mu_1^2 on the sum of squares."""
    found = ridge_risk(n, np.inf, 100, penalty, noise_var=0.3)
    lam = (penalty + RELU.nonlinear_variance) * 100 / RELU.linear**2 / n
    inputs = covariance.BlockCovariance([1.0], [100.0], [1.0])
    expected = covariance.ridge_risk(inputs, n, lam, noise_var=0.3).risk
    assert found == pytest.approx(float(expected), rel=1e-12)
    near = ridge_risk(n, 1e10, 100, penalty, noise_var=0.3)
    assert near == pytest.approx(float(found), rel=1e-6)


def test_infinitely_many_samples():
    found = ridge_risk(np.inf, [50, 100, 400], 100, 0.3, noise_var=5.0)
    near = ridge_risk(1e12, [50, 100, 400], 100, 0.3, noise_var=5.0)
    np.testing.assert_allclose(found, near, rtol=1e-7)
    mu_sq, extra = RELU.linear**2, RELU.nonlinear_variance
    w = np.roots([mu_sq * extra, mu_sq + extra - 4 * mu_sq, -4.0]).max()
    assert found[2] == pytest.approx(1 / (1 + mu_sq * w), rel=1e-12)  # t(w) = p/d


@pytest.mark.parametrize("n, p", [(300, 1000), (300, 100), (50, 1000), (300, 60), (101, 1000)])
def test_linear_features(n, p):
    """At penalty 0 linear regression on the min(p, d) directions seen, the others as noise."""
    found = ridge_risk(n, p, 100, 0.0, activation="identity", noise_var=0.4)
    if p >= 100 and n > 100:
        assert found == pytest.approx(0.4 * 100 / (n - 100), rel=1e-12)
    elif p < 100:
        missed = 1 - p / 100
        assert found == pytest.approx(missed + (missed + 0.4) * p / (n - p), rel=1e-12)
    else:
        assert found == pytest.approx(
            ridge_risk(n, p, 100, 1e-30, activation="identity", noise_var=0.4)
        )


def test_linear_features_at_their_own_thresholds():
    given = {"activation": "identity"}
    assert ridge_risk(300, 100, 100, 0.0, noise_var=0.4, **given) == pytest.approx(0.2, rel=1e-12)
    assert ridge_risk(100, 300, 100, 0.0, **given) == 0
    assert np.isinf(ridge_risk(100, 300, 100, 0.0, noise_var=0.4, **given))
    assert np.isinf(ridge_risk(100, 100, 100, 0.0, noise_var=0.4, **given))


def test_even_activations_learn_nothing():
    risks = ridge_risk([50, 200], 100, 100, [0.0, 0.3], activation="gaussian", noise_var=0.2)
    assert (risks > 1).all()
    assert ridge_risk(50, 100, 100, 1e9, activation="gaussian") == pytest.approx(1)


@settings(max_examples=50, deadline=None)
@given(exponents, exponents, st.floats(-6, 2), st.floats(0.1, 10))
def test_scales(log_n, log_p, log_penalty, scale):
    n, p, penalty = 10**log_n, 10**log_p, 10**log_penalty
    risk = ridge_risk(n, p, 1.0, penalty, noise_var=0.3)
    same = ridge_risk(scale * n, scale * p, scale, penalty, noise_var=0.3)
    assert same == pytest.approx(float(risk), rel=1e-9)
    power = ridge_risk(n, p, 1.0, penalty, teacher_power=scale, noise_var=0.3 * scale)
    assert power == pytest.approx(scale * float(risk), rel=1e-12)
    loud = quadratic(0.5 * scale, RELU.nonlinear_variance * scale**2)
    louder = ridge_risk(n, p, 1.0, penalty * scale**2, activation=loud, noise_var=0.3)
    assert louder == pytest.approx(float(risk), rel=1e-9)


def test_the_mean_of_the_activation_drops_out():
    shifted = ridge_risk(100, 150, 80, 0.1, activation=("polynomial", [5.0, 1.0, 0.3]))
    assert shifted == pytest.approx(
        float(ridge_risk(100, 150, 80, 0.1, activation=("polynomial", [-1.0, 1.0, 0.3])))
    )


def test_shapes_and_extremes():
    n, p = np.geomspace(1e-4, 1e4, 9)[:, None], np.geomspace(1.3e-4, 1.3e4, 9)
    risks = ridge_risk(
        n, p, 1.0, np.array([0.0, 1e-100, 1e-10, 1e100])[:, None, None], noise_var=0.1
    )
    assert risks.shape == (4, 9, 9)
    assert np.isfinite(risks).all() and (risks > 0).all()
    np.testing.assert_allclose(risks[0], risks[1], rtol=1e-12)
    np.testing.assert_allclose(risks[3], 1, rtol=1e-12)
    assert isinstance(float(ridge_risk(1, 2, 3, 0.1)), float)


@pytest.mark.parametrize("noise_var", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("n", [50.0, 200.0])
def test_best_kernel_penalty_is_a_minimum(n, noise_var):
    best = best_kernel_penalty(noise_var=noise_var, teacher_power=1.3)
    near = best * np.array([0.99, 1.0, 1.01])
    low, middle, high = ridge_risk(n, np.inf, 100, near, noise_var=noise_var, teacher_power=1.3)
    assert middle < low and middle < high
    assert low - middle == pytest.approx(high - middle, rel=0.05)


def test_interpolation_is_best_above_a_signal_to_noise_ratio():
    boundary = RELU.nonlinear_variance / RELU.linear**2
    assert best_kernel_penalty(noise_var=0.99 * boundary) == 0
    assert best_kernel_penalty(noise_var=1.01 * boundary) > 0
    risks = ridge_risk(100, np.inf, 100, [0.0, 1e-3], noise_var=0.9 * boundary)
    assert risks[0] < risks[1]


# Given weights, and in time


def random_weights(p, d, seed=0):
    weights = np.random.default_rng(seed).standard_normal((p, d))
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("n", "p", "penalty"), [(600, 300, 0.02), (300, 600, 0.02), (600, 900, 0.2), (450, 900, 0.0)]
)
def test_given_weights_average_to_the_fixed_point(n, p, penalty):
    """Linear regression on the features' own covariance, one level of averages less."""
    d, weights = 300, random_weights(p, 300)
    extra, mu_sq = RELU.nonlinear_variance, RELU.linear**2
    s = np.linalg.eigvalsh(weights @ weights.T)
    c = (mu_sq * s + extra) / p
    b_sq = mu_sq * np.maximum(s, 0) / (p * d)
    tau_sq = 1 - (b_sq / c).sum()
    blocks = covariance.BlockCovariance(c, np.ones(p), b_sq / c**2)
    given_weights = covariance.ridge_risk(blocks, n, penalty / n, noise_var=0.2 + tau_sq)
    expected = float(given_weights.risk) + tau_sq
    assert ridge_risk(n, p, d, penalty, noise_var=0.2) == pytest.approx(expected, rel=1.5e-2)


def test_curve_in_time_against_the_sheet():
    weights = random_weights(220, 150)
    found = learning_curve([10, 1e2, 1e3, 1e4, 1e5], weights, 300, noise_var=0.2)
    np.testing.assert_allclose(found, [0.9682, 0.7831, 0.5879, 0.9448, 1.6633], rtol=0.01)
    weights = random_weights(440, 300)
    found = learning_curve([10, 1e2, 1e3, 1e4, 1e5], weights, 600, noise_var=0.2)
    np.testing.assert_allclose(found, [0.9837, 0.8675, 0.6010, 0.7673, 1.4937], rtol=0.005)


@pytest.mark.parametrize("n, p", [(200, 100), (100, 200), (120, 60), (60, 150)])
def test_curve_starts_at_the_power_and_ends_at_the_ridgeless_risk(n, p):
    weights = random_weights(p, 80)
    start, early, end = learning_curve(
        [0.0, 0.01, np.inf], weights, n, teacher_power=1.7, noise_var=0.2
    )
    assert start == pytest.approx(1.7, rel=1e-12)
    slope = 2 * RELU.linear**2 * 1.7 / 80  # 2 sum b_i^2
    assert (1.7 - early) / 0.01 == pytest.approx(slope, rel=1e-3)
    static = ridge_risk(n, p, 80, 0.0, teacher_power=1.7, noise_var=0.2)
    assert end == pytest.approx(float(static), rel=0.03)


def test_curve_is_infinite_late_at_the_threshold():
    late, later, end = learning_curve([1e6, 1e8, np.inf], random_weights(60, 40), 60)
    assert np.isinf(end)
    assert later / late == pytest.approx(10, rel=0.05)  # as the root of t


def test_small_steps_of_descent_are_the_flow():
    weights, t = random_weights(60, 40), np.array([16.0, 40.0])
    flow = learning_curve(t, weights, 90, noise_var=0.3)
    gaps = [
        np.abs(learning_curve(t, weights, 90, noise_var=0.3, learning_rate=rate) - flow)
        for rate in (8.0, 4.0)
    ]
    assert (gaps[0] > 1e-4).all()
    np.testing.assert_allclose(gaps[0] / gaps[1], 2, rtol=0.15)


def test_shape_of_time_and_scalars():
    weights = random_weights(20, 30)
    curve = learning_curve(np.ones((2, 3)), weights, 25)
    assert curve.shape == (2, 3)
    assert learning_curve(1.0, weights, 25) == pytest.approx(curve[0, 0])


def test_linear_features_of_orthogonal_weights_are_linear_regression():
    Q = np.linalg.qr(np.random.default_rng(1).standard_normal((50, 50)))[0]
    t = np.array([3.0, 30.0, 300.0])
    found = learning_curve(t, Q, 80, activation="identity", noise_var=0.3)
    inputs = covariance.BlockCovariance([1 / 50], [50.0], [50.0])
    expected = covariance.learning_curve(t, inputs, 80, noise_var=0.3)
    np.testing.assert_allclose(found, expected.bias + expected.variance, rtol=1e-9)


def test_fewer_features_than_inputs_and_linear_act():
    """What 20 orthogonal directions of 50 do not see is missed and acts as noise."""
    weights = np.eye(50)[:20]
    end = learning_curve(np.inf, weights, 80, activation="identity", noise_var=0.3)
    assert end == pytest.approx(0.6 + (0.6 + 0.3) * 20 / 60, rel=1e-9)


def test_even_activation_in_time():
    risks = learning_curve([0.0, 100.0], random_weights(20, 30), 40, activation="gaussian")
    assert risks[0] == pytest.approx(1) and risks[1] > 1


def test_the_penalty_of_the_paper_has_the_same_minimum():
    """(1/n) sum (y - a' . act)^2 + (p/d) lambda |a'|^2 there, with a' = a/sqrt(p)."""
    rng, (n, p, d), penalty = np.random.default_rng(3), (15, 9, 6), 0.7
    phi, y = rng.standard_normal((n, p)), rng.standard_normal(n)
    ours = np.linalg.solve(phi.T @ phi / p + penalty * np.eye(p), phi.T @ y / np.sqrt(p))
    lam = units.mean_loss_penalty(penalty, n / d)
    theirs = np.linalg.solve(phi.T @ phi / n + p / d * lam * np.eye(p), phi.T @ y / n)
    np.testing.assert_allclose(ours / np.sqrt(p), theirs)


# Bad arguments


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_train": 0}, r"n_train = 0.0 is outside \(0"),
        ({"n_train": np.nan}, "n_train = nan"),
        ({"n_features": -1}, "n_features"),
        ({"n_features": []}, "n_features is empty"),
        ({"dim": np.inf}, "dim = inf"),
        ({"penalty": -1e-9}, "penalty"),
        ({"penalty": np.inf}, "penalty = inf"),
        ({"n_train": np.inf, "n_features": np.inf}, "both inf"),
        ({"n_train": [1, 2], "dim": [1, 2, 3]}, "broadcast"),
        ({"noise_var": -1}, "noise_var"),
        ({"teacher_power": [1, 2]}, "teacher_power"),
        ({"activation": "swish"}, "swish"),
        ({"activation": ("polynomial", [3.0])}, "constant"),
    ],
)
def test_bad_arguments_of_ridge(change, message):
    given = {"n_train": 10, "n_features": 20, "dim": 5, "penalty": 0.1}
    with pytest.raises(ValueError, match=message):
        ridge_risk(**(given | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"t": -1.0}, "t = -1.0"),
        ({"t": np.nan}, "t = nan"),
        ({"feature_weights": np.ones((3, 4))}, r"feature_weights\[0\] has length 2.0"),
        ({"feature_weights": np.eye(3)[0]}, "shape"),
        ({"feature_weights": [[1.0], [1.0, 0.0]]}, "ragged"),
        ({"feature_weights": [[np.nan, 1.0]]}, r"feature_weights\[0\]"),
        ({"feature_weights": np.zeros((0, 3))}, "shape"),
        ({"n_train": 0}, "n_train"),
        ({"noise_var": np.nan}, "noise_var"),
        ({"learning_rate": 1e9}, "learning_rate"),
        ({"activation": ("polynomial", [3.0])}, "constant"),
    ],
)
def test_bad_arguments_in_time(change, message):
    given = {"t": 1.0, "feature_weights": np.eye(4), "n_train": 10}
    with pytest.raises(ValueError, match=message):
        learning_curve(**(given | change))
