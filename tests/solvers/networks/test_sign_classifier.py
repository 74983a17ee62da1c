"""Students of flipped signs, against gradient descent and counted mistakes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lazyrich.solvers.networks.linear_student import gradient_descent
from lazyrich.solvers.networks.sign_classifier import (
    angle_error,
    counted_error,
    errors_in_time,
    flipped_signs,
    trained_weights,
)


def task(n_samples=12, n_inputs=5, students=3, p=0.2):
    rng = np.random.default_rng(7)
    X = rng.standard_normal((n_samples, n_inputs))
    teachers = rng.standard_normal((n_inputs, students))
    return X, teachers, flipped_signs(X, teachers, p, rng)


@pytest.mark.parametrize("n_samples", [3, 12])
def test_weights_are_those_of_gradient_descent(n_samples):
    X, _, labels = task(n_samples)
    rate, steps = 5e-4, np.array([200, 4000])
    exact = trained_weights(X, labels, rate * steps)
    for k in range(3):
        found = gradient_descent(X, labels[:, k], np.zeros(5), rate, 4000, steps)
        assert_allclose(found, exact[..., k], atol=1e-3)


def test_errors_without_weights():
    X, teachers, labels = task()
    t = np.array([0.01, 1.0, np.inf])
    weights = trained_weights(X, labels, t)
    assert_allclose(errors_in_time(X, labels, teachers, t), angle_error(weights, teachers))


def test_the_angle_is_the_share_of_mistakes():
    X, teachers, labels = task()
    weights = trained_weights(X, labels, 0.5)
    counted = counted_error(weights, teachers, 200_000, np.random.default_rng(0))
    expected = angle_error(weights, teachers)
    assert_allclose(counted, expected, atol=4 * np.sqrt(0.25 / 200_000))


def test_small_angles_keep_their_digits():
    assert_allclose(angle_error([[1.0], [1e-9]], [[1.0], [0.0]]), 1e-9 / np.pi, rtol=1e-12)
    assert angle_error([[-1.0]], [[2.0]]) == 1.0


def test_flips_are_drawn_with_their_probability():
    rng = np.random.default_rng(1)
    X, teachers = rng.standard_normal((20_000, 2)), np.ones((2, 1))
    clean = flipped_signs(X, teachers, 0.0, rng)
    assert_allclose(clean, np.sign(X @ teachers))
    share = np.mean(flipped_signs(X, teachers, 0.3, rng) != clean)
    assert abs(share - 0.3) < 4 * np.sqrt(0.21 / 20_000)
    assert np.array_equal(flipped_signs(X, teachers, 1.0, rng), -clean)


def test_bad_arguments_are_refused():
    X, teachers, labels = task()
    rng = np.random.default_rng(0)
    for p in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="flip_probability"):
            flipped_signs(X, teachers, p, rng)
    with pytest.raises(ValueError, match="rng"):
        flipped_signs(X, teachers, 0.1, None)
    with pytest.raises(ValueError, match="teachers"):
        flipped_signs(X, teachers[:2], 0.1, rng)
    with pytest.raises(ValueError, match="labels"):
        trained_weights(X, labels[:2], 1.0)
    with pytest.raises(ValueError, match="t = -1"):
        trained_weights(X, labels, -1.0)
    with pytest.raises(ValueError, match="teachers"):
        errors_in_time(X, labels, teachers[:, :1], 1.0)
    with pytest.raises(ValueError, match="weight 0"):
        errors_in_time(X, labels, teachers, 0.0)
    with pytest.raises(ValueError, match="weight 0"):
        angle_error(np.zeros((5, 3)), teachers)
