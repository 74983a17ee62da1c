"""Early stopping and ridge: constants in high precision, bounds over many designs, optimality."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazyrich.theory.double_descent import early_stopping as es

X = np.concatenate([[0, 1e-300, 1e-12], np.geomspace(1e-6, 1e6, 60), [np.inf]])


def test_the_constants_in_high_precision():
    with mpmath.workdps(30):
        x = mpmath.findroot(lambda z: mpmath.exp(z) - 1 - z - z**2, 1.8)
        largest = (1 - mpmath.exp(-x)) * (1 + x) / x
        bayes = lambda z: (1 + z) * (mpmath.exp(-2 * z) + (1 - mpmath.exp(-z)) ** 2 / z)
        best = mpmath.findroot(lambda z: mpmath.diff(bayes, z), 3)
        assert es.largest_shrinkage_ratio() == pytest.approx((float(x), float(largest)), rel=1e-14)
        assert es.largest_bayes_ratio().x == pytest.approx(float(best), rel=1e-8)
        assert es.largest_bayes_ratio().value == pytest.approx(float(bayes(best)), rel=1e-14)
    assert es.largest_shrinkage_ratio().value ** 2 == pytest.approx(1.685909, abs=5e-7)
    assert 1.2985 - 1e-4 < es.largest_shrinkage_ratio().value < 1.2985
    assert 1.2146 < es.largest_bayes_ratio().value < 1.2147


@pytest.mark.parametrize("x", [1e-9, 1e-3, 0.7, 30.0, 1e5])
def test_ratios_in_high_precision(x):
    with mpmath.workdps(40):
        z = mpmath.mpf(x)
        left = 1 - mpmath.exp(-z)
        assert es.shrinkage_ratio(x) == pytest.approx(float(left * (1 + z) / z), rel=1e-14)
        bayes = (1 + z) * (mpmath.exp(-2 * z) + left**2 / z)
        assert es.bayes_ratio(x) == pytest.approx(float(bayes), rel=1e-13)


def test_bounds_for_each_eigenvalue():
    ratio, bayes = es.shrinkage_ratio(X), es.bayes_ratio(X)
    assert np.all(
        (ratio >= 1 - 1e-14) & (ratio <= es.largest_shrinkage_ratio().value * (1 + 1e-14))
    )
    assert np.all((bayes >= 1 - 1e-14) & (bayes <= es.largest_bayes_ratio().value * (1 + 1e-14)))
    assert np.all(np.exp(-X) <= 1 / (1 + X) * (1 + 1e-14))


designs = st.lists(st.floats(0, 20), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(designs, st.integers(0, 2**31), st.floats(0, 5), st.floats(1e-3, 1e3))
def test_flow_is_never_worse_by_more_than_the_constant(s, seed, noise, t):
    """For any teacher, spectrum, noise and metric that does not mix eigenvectors."""
    teacher, metric = np.random.default_rng(seed).exponential(size=(2, len(s)))
    flow, ridge = (
        risk(at, s, teacher, 10, noise_var=noise, metric=metric)
        for risk, at in ((es.flow_risk, t), (es.ridge_risk, 1 / t))
    )
    assert flow <= es.largest_shrinkage_ratio().value ** 2 * ridge * (1 + 1e-12)


@settings(max_examples=60, deadline=None)
@given(designs, st.integers(0, 2**31), st.floats(1e-2, 5), st.floats(1e-2, 5))
def test_stopping_under_an_isotropic_prior(s, seed, noise, prior):
    """Never better than optimal ridge; at its inverse penalty at most 1.2147 times worse."""
    metric = np.random.default_rng(seed).exponential(size=len(s))
    p = es.optimal_penalty(prior, 10, noise)
    t = np.append(np.geomspace(1e-3, 1e3, 40), 1 / p)
    given = {"noise_var": noise, "metric": metric}
    flow = es.flow_risk(t, s, prior, 10, **given)
    ridge = es.ridge_risk(p, s, prior, 10, **given)
    np.testing.assert_allclose(
        flow - ridge, es.flow_excess(t, s, prior, 10, **given), atol=1e-10 * (1 + flow.max())
    )
    assert np.all(flow >= ridge * (1 - 1e-12))
    assert flow[-1] <= es.largest_bayes_ratio().value * ridge * (1 + 1e-12)
    others = es.ridge_risk(p * np.geomspace(0.1, 10, 21), s, prior, 10, **given)
    assert np.all(others >= ridge * (1 - 1e-12))


def test_dense_linear_algebra_gives_these_risks():
    rng = np.random.default_rng(0)
    x, teacher, noise, t = rng.standard_normal((6, 9)), rng.standard_normal(9), 0.7, 2.3
    s, basis = np.linalg.eigh(x.T @ x / 6)
    b = np.linalg.solve(x.T @ x / 6 + np.eye(9) / t, x.T / 6)
    expected = np.sum((b @ x @ teacher - teacher) ** 2) + noise * np.sum(b**2)
    squares, s = (teacher @ basis) ** 2, np.maximum(s, 0)
    assert es.ridge_risk(1 / t, s, squares, 6, noise_var=noise) == pytest.approx(
        expected, rel=1e-10
    )
    steps = 4000
    left = np.linalg.matrix_power(np.eye(9) - t / steps * x.T @ x / 6, steps)
    bias = np.sum((left @ teacher) ** 2)
    assert es.flow_risk(t, s, squares, 6) == pytest.approx(bias, rel=2e-3)


def test_a_teacher_with_a_direction_breaks_the_bound_on_fresh_inputs():
    """That excess risk mixes eigenvectors, so that less bias along each is not less bias in all."""
    v = np.array([[0.6, -0.8], [0.8, 0.6]])
    s, covariance = np.array([10.0, 0.05]), np.diag([1.0, 1e-6])
    worst = 0.0
    for angle in np.linspace(0, np.pi, 400):
        teacher = np.array([np.cos(angle), np.sin(angle)])
        left = [v @ np.diag(kept) @ v.T @ teacher for kept in (np.exp(-s), 1 / (1 + s))]
        flow, ridge = (each @ covariance @ each for each in left)
        worst = max(worst, flow / ridge)
    assert worst > 10


def test_limits_and_shapes():
    s, squares = [3.0, 0.0], [1.0, 2.0]
    ends = es.flow_risk([[0.0], [np.inf]], s, squares, 5, noise_var=0.3)
    np.testing.assert_allclose(ends, [[3.0], [2.02]])
    np.testing.assert_allclose(
        es.ridge_risk([np.inf, 0.0], s, squares, 5, noise_var=0.3), [3.0, 2.02]
    )
    assert es.flow_risk(1.0, s, squares, 5).shape == ()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: es.shrinkage_ratio(-1.0), "x = -1"),
        (lambda: es.bayes_ratio(np.nan), "x"),
        (lambda: es.flow_risk(-1.0, [1.0], 1.0, 5), "t = -1"),
        (lambda: es.flow_risk(1.0, [[1.0]], 1.0, 5), "eigenvalues has shape"),
        (lambda: es.flow_risk(1.0, [1.0, 2.0], [1.0, 2.0, 3.0], 5), "teacher_squares"),
        (lambda: es.flow_risk(1.0, [1.0], 1.0, 5, metric=-1.0), "metric"),
        (lambda: es.ridge_risk(-0.1, [1.0], 1.0, 5), "penalty"),
        (lambda: es.ridge_risk(0.1, [1.0], 1.0, 0), "n_train"),
        (lambda: es.flow_excess(0.1, [1.0], 1.0, 5, noise_var=0.0), "noise_var"),
        (lambda: es.optimal_penalty(0.0, 5, 1.0), "prior_var"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
