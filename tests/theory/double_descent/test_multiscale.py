"""Two-scale features: dense designs, equal scales, ridge by linear algebra, the published form's failure."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lazyrich.theory.double_descent.covariance import learning_curve as block_curve
from lazyrich.theory.double_descent.multiscale import (
    covariance_of,
    learning_curve,
    published_ridge_error,
    ridge_error,
    turning_points,
)

PAPER = (150, 100, 60, 50.0)


def designs(n, d, p, ratio, size, seeds):
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        scales = np.repeat([1.0, 1 / ratio], [p * size, (d - p) * size])
        yield rng.standard_normal((n * size, d * size)) / np.sqrt(d * size) * scales, scales


def test_order_parameters_of_dense_designs():
    """R and Q from whole matrices, averaged over teacher and noise: within their O(1/d)."""
    t = np.array([0.5, 3.0, 30.0, 500.0])
    sums = np.zeros((2, 4))
    for X, scales in designs(13, 10, 7, 10.0, 20, 4):
        d = len(scales)
        values, vectors = np.linalg.eigh(X.T @ X)
        for j, time in enumerate(t):
            learned = (vectors * -np.expm1(-values * time)) @ vectors.T
            outputs = scales[:, None] * learned / scales
            noise = (scales[:, None] * vectors) * (-np.expm1(-values * time) / np.sqrt(values))
            sums[0, j] += np.trace(outputs) / d / 4
            sums[1, j] += ((outputs**2).sum() + 0.1 * (noise**2).sum()) / d / 4
    curve = learning_curve(t, 130, 100, 70, 10.0, noise_var=0.1)
    assert_allclose(sums[0], curve.R, rtol=0.01)
    assert_allclose(sums[1], curve.Q, rtol=0.02)


def test_identity_of_error_and_order_parameters():
    curve = learning_curve(np.geomspace(0.1, 1e5, 9), *PAPER, noise_var=0.2)
    assert_allclose(curve.error, 1 - 2 * curve.R + curve.Q, atol=1e-15)
    assert (np.diff(curve.R) > 0).all() and (curve.Q > 0).all()


def test_units_of_the_sum_loss():
    """Time n t and learning rate n eta of the mean loss."""
    t = np.array([0.5, 20.0])
    mean = block_curve(150 * t, covariance_of(100, 60, 50.0), 150, noise_var=0.2)
    curve = learning_curve(t, *PAPER, noise_var=0.2)
    assert_allclose(curve.error, mean.bias + mean.variance, rtol=1e-12)
    steps = learning_curve(t, *PAPER, noise_var=0.2, learning_rate=0.25)
    flow = learning_curve(t, *PAPER, noise_var=0.2)
    assert abs(steps.error - flow.error).max() > 1e-3
    fine = learning_curve(t, *PAPER, noise_var=0.2, learning_rate=1e-5)
    assert_allclose(fine.error, flow.error, atol=1e-5)


def test_only_ratios_of_numbers_matter():
    one = learning_curve([1.0, 100.0], 150, 100, 60, 50.0)
    other = learning_curve([1.0, 100.0], 1.5, 1.0, 0.6, 50.0)
    assert_allclose(one, other, atol=1e-12)


def test_limits_in_time():
    start, end = (learning_curve(t, *PAPER, noise_var=0.3) for t in (0.0, np.inf))
    assert_allclose(start, (0, 0, 1))
    assert_allclose(end, (1, 1 + 0.3 * 2, 0.3 * 2))  # noise d/(n - d)
    assert learning_curve(np.inf, 100, 100, 60, 50.0, noise_var=0.1).error == np.inf
    assert_allclose(learning_curve(np.inf, 50, 100, 60, 1.0).R, 0.5)


@pytest.mark.parametrize(
    ("model", "noise_var", "t", "half_errors"),
    [
        ((130, 100, 70, 100.0), 0.0, (1.8775, 44.249), (0.249379, 0.322912)),
        ((110, 100, 70, 30.0), 0.0, (1.9966, 48.796), (0.266278, 0.388818)),
        ((110, 100, 70, 1e5), 0.0, (1.9730, 351.5), (0.266923, 0.4125)),
        ((120, 100, 80, 40.0), 0.04, (2.4420, 65.614, 19129), (0.214874, 0.327395, 0.086180)),
        ((150, 100, 60, 1.0), 0.1, (5.2001,), (0.070671,)),
        ((150, 100, 60, 1.0), 0.0, (), ()),
    ],
)
def test_turning_points(model, noise_var, t, half_errors):
    """Numbers of a search on 4,001 times; each is where the curve itself turns."""
    found = turning_points(*model, noise_var=noise_var)
    assert_allclose(found.t, t, rtol=2e-4)
    assert_allclose(found.error / 2, half_errors, atol=1e-6)
    for time, height, sign in zip(found.t, found.error, [1, -1, 1][: len(t)], strict=True):
        beside = learning_curve(time * np.array([0.97, 1.03]), *model, noise_var=noise_var).error
        assert (sign * (beside - height) > 0).all()


@pytest.mark.parametrize("penalty", [2e-1, 2e-2, 2e-3])
@pytest.mark.parametrize("model", [(15, 10, 6, 50.0), (6, 10, 4, 20.0)])
def test_ridge_of_dense_designs(model, penalty):
    total = 0.0
    for X, scales in designs(*model, 25, 6):
        d, n = len(scales), len(X)
        kernel = X @ X.T + penalty * np.eye(n)
        learned = scales[:, None] * (X.T @ np.linalg.solve(kernel, X)) / scales
        noise = scales[:, None] * (X.T @ np.linalg.inv(kernel))
        total += (((np.eye(d) - learned) ** 2).sum() + 0.09 * (noise**2).sum()) / d / 6
    exact = ridge_error(*model, penalty, noise_var=0.09)
    assert_allclose(exact, total, rtol=0.03)


def test_ridge_without_penalty_is_the_end_of_training():
    for n in (60, 100, 150):
        for noise_var in (0.0, 0.2):
            end = learning_curve(np.inf, n, 100, 60, 20.0, noise_var=noise_var).error
            assert_allclose(
                ridge_error(n, 100, 60, 20.0, 0.0, noise_var=noise_var), end, rtol=1e-12
            )
    assert_allclose(ridge_error(150, 100, 60, 20.0, 1e12), 1)


def test_published_form_is_right_only_while_slow_features_are_untouched():
    penalty = 2 / np.array([1.0, 10.0, 1e3, 1e4])
    far = (150, 100, 60, 1e4)
    assert_allclose(published_ridge_error(*far, penalty), ridge_error(*far, penalty), rtol=1e-3)
    near = (150, 100, 60, 50.0)
    ratio = published_ridge_error(*near, penalty) / ridge_error(*near, penalty)
    assert (np.diff(ratio) < 0).all() and ratio[0] > 0.999 and ratio[-1] < 0.55
    assert published_ridge_error(60, 100, 40, 20.0, 2e-4, noise_var=0.09) < -1


def test_published_form_without_penalty():
    """Limits penalty -> 0 on both sides of n = p."""
    for n in (40, 150):
        small = published_ridge_error(n, 100, 60, 50.0, 1e-18, noise_var=0.1)
        none = published_ridge_error(n, 100, 60, 50.0, 0.0, noise_var=0.1)
        assert_allclose(none, small, rtol=1e-6)


def test_shapes():
    assert learning_curve(np.ones((2, 1)), *PAPER).error.shape == (2, 1)
    assert ridge_error(*PAPER, np.ones((3, 2))).shape == (3, 2)
    assert np.ndim(ridge_error(*PAPER, 1.0)) == np.ndim(published_ridge_error(*PAPER, 1.0)) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((150, 100, 100, 50.0), "n_fast = 100 is outside"),
        ((150, 100, 0, 50.0), "n_fast = 0"),
        ((150, 100, 60, 0.0), "condition_number = 0"),
        ((np.nan, 100, 60, 50.0), "n_train = nan"),
        ((150, np.inf, 60, 50.0), "n_features = inf"),
    ],
)
def test_bad_sizes_are_refused(arguments, words):
    for function in (
        lambda *a: learning_curve(1.0, *a),
        lambda *a: ridge_error(*a, 1.0),
        lambda *a: published_ridge_error(*a, 1.0),
        turning_points,
    ):
        with pytest.raises(ValueError, match=words):
            function(*arguments)


def test_bad_penalties_and_noise_are_refused():
    for function in (ridge_error, published_ridge_error):
        with pytest.raises(ValueError, match="penalty = -1"):
            function(*PAPER, -1.0)
        with pytest.raises(ValueError, match="noise_var = -1"):
            function(*PAPER, 1.0, noise_var=-1.0)
