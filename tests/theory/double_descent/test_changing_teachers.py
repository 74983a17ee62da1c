"""Tasks of different teachers, against expansions, sampling, high precision and limits."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazyrich.theory.double_descent import forgetting, isotropic
from tests.theory.double_descent.high_precision import in_high_precision

RNG = np.random.default_rng(0)
TEACHERS = RNG.standard_normal((4, 30))


def expanded(w, n, noise_var):
    """The sum over tasks instead of the recursion."""
    count, p = w.shape
    r, floor = 1 - n / p, n * noise_var / (p - n - 1)
    found = np.empty((count, count))
    for i in range(count):
        for k in range(1, count + 1):
            steps = [r ** (k - j) * n / p * np.sum((w[j - 1] - w[i]) ** 2) for j in range(1, k + 1)]
            noise = floor * sum(r**j for j in range(k))
            found[i, k - 1] = r**k * w[i] @ w[i] + sum(steps) + noise
    return found


@pytest.mark.parametrize("n", [1, 10, 28])
def test_overparametrised_against_the_expanded_sum(n):
    found = forgetting.different_teachers(TEACHERS, n, noise_var=0.7)
    np.testing.assert_allclose(found, expanded(TEACHERS, n, 0.7), rtol=1e-13)


def test_underparametrised_is_the_last_teacher_and_noise():
    found = forgetting.different_teachers(TEACHERS, 40, noise_var=0.3)
    apart = ((TEACHERS[:, None] - TEACHERS) ** 2).sum(axis=-1)
    np.testing.assert_allclose(found, apart + 30 * 0.3 / 9, rtol=1e-13)


@pytest.mark.parametrize("n", [29, 30, 31])
def test_at_the_peak_noise_is_infinite_and_without_it_all_is_finite(n):
    assert np.isposinf(forgetting.different_teachers(TEACHERS, n, noise_var=0.1)).all()
    assert np.isfinite(forgetting.different_teachers(TEACHERS, n)).all()


def test_different_teachers_against_sampled_inputs_labels_and_noise():
    rng, (p, n, sigma), draws = np.random.default_rng(1), (10, 4, 0.5), 4000
    w = rng.standard_normal((3, p))
    found = np.empty((draws, 3, 3))
    for at in range(draws):
        student = np.zeros(p)
        for k in range(3):
            x = rng.standard_normal((n, p))
            y = x @ w[k] + sigma * rng.standard_normal(n)
            student = student + np.linalg.pinv(x) @ (y - x @ student)
            found[at, :, k] = ((student - w) ** 2).sum(axis=1)
    error = found.std(axis=0) / np.sqrt(draws)
    gap = found.mean(axis=0) - forgetting.different_teachers(w, n, noise_var=sigma**2)
    assert np.all(np.abs(gap) < 4 * error)


def test_sign_of_the_forgetting_of_two_tasks():
    """Noiseless F_2 = (n/p)[abs(w_2 - w_1)^2 - (1 - n/p)]: zero where the angle says."""
    zero = np.arccos(1 - 0.75 / 2)
    for angle, sign in ((zero - 0.01, -1), (zero + 0.01, 1)):
        w = np.zeros((2, 40))
        w[0, 0], w[1, :2] = 1, (np.cos(angle), np.sin(angle))
        errors = forgetting.different_teachers(w, 10)
        assert np.sign(forgetting.task_averages(errors).forgetting[1]) == sign


def test_many_equal_tasks_end_at_the_noise_floor():
    found = forgetting.different_teachers(np.ones((400, 20)), 5, noise_var=0.4)
    np.testing.assert_allclose(found[:, -1], 20 * 0.4 / 14, rtol=1e-12)


# Stopped early


def test_against_30_digits_and_a_recursion_of_its_own():
    t, alpha, sigma_squared = 1.5, 0.5, 0.2
    w = TEACHERS[:3]
    null, n = 1 - alpha, w.shape[1]

    def mean(f):
        return in_high_precision(alpha, lambda lam: f(lam, mpmath.exp(-lam * t)))

    a1, a2 = null + mean(lambda _, q: q), null + mean(lambda _, q: q**2)
    b2, ab = mean(lambda _, q: (1 - q) ** 2), mean(lambda _, q: q * (1 - q))
    v = n * sigma_squared * mean(lambda lam, q: (1 - q) ** 2 / lam)
    found = forgetting.early_stopped(t, alpha, w, noise_var=sigma_squared)
    for i in range(3):
        square, delta = w[i] @ w[i], -w[i]
        for k in range(3):
            new = w[k] - w[i]
            square = a2 * square + b2 * new @ new + 2 * ab * delta @ new + v
            delta = a1 * delta + (1 - a1) * new
            assert found[i, k] == pytest.approx(square, rel=1e-13)


@pytest.mark.parametrize("alpha", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("rate", [None, 0.1])
def test_the_first_task_is_the_isotropic_learning_curve(alpha, rate):
    w, t = 1.3 * np.ones((1, 50)), np.array([0.0, 0.1, 2.0, 300.0])
    found = forgetting.early_stopped(t, alpha, w, noise_var=0.4, learning_rate=rate)
    curve = isotropic.learning_curve(
        t, alpha, teacher_power=1.69, noise_var=0.4, learning_rate=rate
    )
    np.testing.assert_allclose(found[:, 0, 0] / 50 + 0.4, curve.test, rtol=1e-12)


@pytest.mark.parametrize("rate", [None, 0.05])
def test_equal_teachers_without_noise_multiply_what_is_kept(rate):
    w, t = np.ones((4, 1)), np.array([0.2, 3.0, 50.0])
    found = forgetting.early_stopped(t, 0.7, w, learning_rate=rate)
    np.testing.assert_allclose(found[:, 2], found[:, 2, :1] ** np.arange(1, 5), rtol=1e-12)


def test_ends_of_training():
    found = forgetting.early_stopped([0.0, np.inf, 1e9], 0.4, TEACHERS, noise_var=0.02)
    start = np.tile((TEACHERS**2).sum(axis=1)[:, None], 4)
    np.testing.assert_allclose(found[0], start, rtol=1e-13)
    np.testing.assert_allclose(found[1], found[2], rtol=1e-12)
    large = np.pad(TEACHERS, ((0, 0), (0, 29_970)))
    stopped = forgetting.early_stopped(np.inf, 0.4, large, noise_var=0.02)
    fitted = forgetting.different_teachers(large, 12_000, noise_var=0.02 * 30_000)
    np.testing.assert_allclose(stopped, fitted, rtol=1e-4)


def test_ratio_1():
    assert np.isposinf(forgetting.early_stopped(np.inf, 1.0, TEACHERS, noise_var=0.1)).all()
    noiseless = forgetting.early_stopped([1e6, np.inf], 1.0, TEACHERS)
    apart = ((TEACHERS[:, None] - TEACHERS) ** 2).sum(axis=-1)
    np.testing.assert_allclose(noiseless[1], apart, rtol=1e-14)
    np.testing.assert_allclose(noiseless[0], apart, atol=0.2)
    noisy = forgetting.early_stopped(1e8, 1.0, TEACHERS, noise_var=0.1)
    assert np.isfinite(noisy).all() and noisy.min() > 1e3


def test_small_rates_are_the_flow_to_first_order():
    t, w = np.array([0.4, 2.0]), TEACHERS[:2]
    flow = forgetting.early_stopped(t, 1.5, w, noise_var=0.1)
    gaps = [
        np.abs(forgetting.early_stopped(t, 1.5, w, noise_var=0.1, learning_rate=r) - flow).max()
        for r in (0.02, 0.01)
    ]
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.05)


def test_rates_that_overshoot_alternate():
    """One step: q = 1 - rate lambda; int rho q^2 = 1 - 2 rate alpha + rate^2 (alpha + alpha^2)."""
    alpha, rate = 0.8, 0.55
    found = forgetting.early_stopped(rate, alpha, [[1.0]], learning_rate=rate)
    expected = 1 - 2 * rate * alpha + rate**2 * (alpha + alpha**2)
    assert found == pytest.approx(expected, rel=1e-13)
    ends = forgetting.early_stopped(np.inf, alpha, [[1.0]], learning_rate=rate)
    assert ends == pytest.approx(1 - alpha, rel=1e-14)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0, 1e3),
    st.floats(0.1, 4),
    st.integers(0, 2**32 - 1),
    st.floats(0, 2),
    st.integers(1, 4),
)
def test_only_inner_products_matter_and_errors_are_positive(t, alpha, seed, noise, count):
    rng = np.random.default_rng(seed)
    w, turn = rng.standard_normal((count, 5)), np.linalg.qr(rng.standard_normal((5, 5)))[0]
    found = forgetting.early_stopped(t, alpha, w, noise_var=noise)
    assert found.shape == (count, count) and (found > -1e-12).all()
    turned = forgetting.early_stopped(t, alpha, w @ turn, noise_var=noise)
    np.testing.assert_allclose(turned, found, rtol=1e-9, atol=1e-12)


def test_shape_of_times():
    t = np.array([[0.1, 1.0, np.inf]])
    found = forgetting.early_stopped(t, 0.5, TEACHERS)
    assert found.shape == (1, 3, 4, 4)
    np.testing.assert_array_equal(found[0, 1], forgetting.early_stopped(1.0, 0.5, TEACHERS))


# Averages over tasks


def test_task_averages_by_hand():
    errors = np.array([[1.0, 2.0, 4.0], [9.0, 0.5, 0.25], [9.0, 9.0, 3.0]])
    found = forgetting.task_averages(errors)
    np.testing.assert_allclose(found.forgetting, [0, 1, (3 - 0.25) / 2], rtol=1e-15)
    np.testing.assert_allclose(found.generalization, [1, 1.25, 7.25 / 3], rtol=1e-15)
    stacked = forgetting.task_averages(np.stack([errors, 2 * errors]))
    np.testing.assert_allclose(stacked.forgetting[1], 2 * found.forgetting, rtol=1e-15)


GOOD = np.ones((2, 3))


@pytest.mark.parametrize(
    ("function", "arguments", "more", "message"),
    [
        (forgetting.different_teachers, ([1.0, 2.0], 3), {}, r"teachers has shape \(2,\)"),
        (forgetting.different_teachers, (np.ones((0, 3)), 3), {}, "teachers has shape"),
        (forgetting.different_teachers, ([[1.0, np.nan]], 3), {}, "teachers holds nan"),
        (forgetting.different_teachers, ([[1e200, 0.0]], 3), {}, "teachers holds 1e"),
        (forgetting.different_teachers, (GOOD, 0), {}, "n_train = 0.0"),
        (forgetting.different_teachers, (GOOD, 2.5), {}, "n_train = 2.5"),
        (forgetting.different_teachers, (GOOD, [2, 3]), {}, "needs one number"),
        (forgetting.different_teachers, (GOOD, 2), {"noise_var": -1.0}, "noise_var = -1.0"),
        (forgetting.early_stopped, (-1.0, 0.5, GOOD), {}, "t = -1.0"),
        (forgetting.early_stopped, (np.nan, 0.5, GOOD), {}, "t = nan"),
        (forgetting.early_stopped, (1.0, 0.0, GOOD), {}, "sample_ratio = 0.0"),
        (forgetting.early_stopped, (1.0, [0.5], GOOD), {}, "sample_ratio has shape"),
        (forgetting.early_stopped, (1.0, 0.5, GOOD), {"noise_var": np.inf}, "noise_var = inf"),
        (forgetting.early_stopped, (1.0, 0.5, GOOD), {"learning_rate": 1.0}, "diverges"),
        (forgetting.early_stopped, (1.0, 0.5, GOOD), {"learning_rate": 0.3}, "whole number"),
        (forgetting.task_averages, (np.ones((2, 3)),), {}, r"needs \(..., K, K\)"),
        (forgetting.task_averages, (np.ones(3),), {}, r"needs \(..., K, K\)"),
        (forgetting.task_averages, ([[np.inf]],), {}, "errors holds inf"),
    ],
)
def test_bad_arguments(function, arguments, more, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments, **more)
