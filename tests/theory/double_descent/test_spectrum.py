"""Spectra of data: against the truth that made them, and what cannot be estimated is refused."""

import numpy as np
import pytest

from lazyrich.theory.double_descent.covariance import (
    kernel_spectrum_of,
    ridge_risk,
    spectrum_of,
)

SCALES = np.array([1.0, 0.5, 0.5, 0.2, 0.05])
TEACHER = np.array([1.0, -2.0, 0.0, 3.0, 0.0])


def data(rng, samples, noise=1.0):
    X = rng.standard_normal((samples, 5)) * SCALES
    return X, X @ TEACHER + noise * rng.standard_normal(samples)


def test_estimates_are_unbiased_and_a_prediction_follows():
    rng = np.random.default_rng(0)
    powers, noises, eigenvalues = [], [], []
    for _ in range(400):
        covariance, noise = spectrum_of(*data(rng, 60, 2.0))
        powers.append(covariance.teacher_power)
        noises.append(noise)
        eigenvalues.append(covariance.trace)
    se = np.std(noises) / 20
    assert abs(np.mean(noises) - 4) < 4 * se and se < 0.06
    truth = np.sum((SCALES * TEACHER) ** 2)
    assert abs(np.mean(powers) - truth) < 4 * np.std(powers) / 20
    assert abs(np.mean(powers) - truth) < 5 * 4 / 60 / 2  # the plain plug-in is off by 5 sigma^2/60
    assert np.mean(eigenvalues) == pytest.approx((SCALES**2).sum(), rel=0.03)


def test_prediction_from_many_samples_is_that_of_the_truth():
    from lazyrich.theory.double_descent.covariance import BlockCovariance

    found, noise = spectrum_of(*data(np.random.default_rng(1), 100_000))
    true = BlockCovariance(SCALES**2, np.ones(5), TEACHER**2)
    P = np.array([3, 10, 40])
    np.testing.assert_allclose(
        ridge_risk(found, P, 0.1, noise_var=noise).risk,
        ridge_risk(true, P, 0.1, noise_var=1.0).risk,
        rtol=0.03,
    )


def test_whole_population_against_dense_algebra():
    rng = np.random.default_rng(2)
    X, y = data(rng, 30)
    covariance, noise = spectrum_of(X, y, whole_population=True)
    weights = np.linalg.solve(X.T @ X, X.T @ y)
    assert noise == pytest.approx(np.mean((y - X @ weights) ** 2), rel=1e-12)
    values, directions = np.linalg.eigh(X.T @ X / 30)
    np.testing.assert_allclose(covariance.eigenvalues, values[::-1], rtol=1e-10)
    np.testing.assert_allclose(
        covariance.teacher_norms_squared, ((directions.T @ weights) ** 2)[::-1], rtol=1e-8
    )
    assert covariance.teacher_power + noise == pytest.approx(np.mean(y**2), rel=1e-12)


def test_empty_and_repeated_columns_change_nothing_but_scale():
    X, y = data(np.random.default_rng(3), 50)
    covariance, noise = spectrum_of(X, y)
    wide, wide_noise = spectrum_of(np.column_stack([X, np.zeros(50), X]), y)
    assert wide_noise == pytest.approx(noise, rel=1e-12)
    np.testing.assert_allclose(wide.eigenvalues, 2 * covariance.eigenvalues, rtol=1e-10)
    np.testing.assert_allclose(wide.teacher_power, covariance.teacher_power, rtol=1e-10)


def test_a_constant_column_is_a_direction():
    X, y = data(np.random.default_rng(4), 50)
    covariance, noise = spectrum_of(np.column_stack([X, np.ones(50)]), y)
    assert covariance.eigenvalues.size == 6 and covariance.eigenvalues[0] > 0.9
    assert noise > 0


def test_outputs_add_up():
    X, y = data(np.random.default_rng(5), 50)
    other = y[::-1] ** 2
    both, noise = spectrum_of(X, np.column_stack([y, other]), whole_population=True)
    parts = [spectrum_of(X, each, whole_population=True) for each in (y, other)]
    assert noise == pytest.approx(sum(part.noise_var for part in parts), rel=1e-12)
    np.testing.assert_allclose(
        both.teacher_norms_squared,
        sum(part.covariance.teacher_norms_squared for part in parts),
        rtol=1e-9,
    )


def test_labels_without_noise_have_none():
    X, y = data(np.random.default_rng(6), 50, noise=0.0)
    covariance, noise = spectrum_of(X, y)
    assert noise < 1e-28
    np.testing.assert_allclose(covariance.teacher_power, np.mean(y**2), rtol=1e-12)


def test_labels_without_signal_have_little():
    rng = np.random.default_rng(7)
    covariance, noise = spectrum_of(rng.standard_normal((40, 20)), rng.standard_normal(40))
    assert (covariance.teacher_norms_squared >= 0).all() and covariance.teacher_power < noise


def test_kernel_of_a_linear_map_is_the_linear_spectrum():
    X, y = data(np.random.default_rng(8), 30)
    linear = spectrum_of(X, y, whole_population=True)
    kernel = kernel_spectrum_of(X @ X.T, y)
    np.testing.assert_allclose(
        kernel.covariance.eigenvalues, linear.covariance.eigenvalues, rtol=1e-9
    )
    np.testing.assert_allclose(
        kernel.covariance.teacher_norms_squared, linear.covariance.teacher_norms_squared, rtol=1e-6
    )
    assert kernel.noise_var == pytest.approx(linear.noise_var, rel=1e-10)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.eye(3), np.ones(3), "3 samples of rank 3"),
        (np.ones((2, 5)) * [[1], [2]], np.ones(1), "X has 2 samples and y has 1"),
        (np.zeros((4, 2)), np.ones(4), "only zeros"),
        ([[1.0, np.nan]], [1.0], "nan or inf"),
        ([[1.0, 2.0], [1.0]], [1.0, 2.0], "ragged"),
        (np.ones(4), np.ones(4), "X has shape"),
        (np.ones((4, 2)), np.ones((4, 2, 2)), "y has shape"),
        (np.ones((0, 2)), np.ones(0), "not empty"),
        ([["a"]], [1.0], "real numbers"),
    ],
)
def test_what_cannot_be_estimated_is_refused(X, y, message):
    with pytest.raises(ValueError, match=message):
        spectrum_of(X, y)


@pytest.mark.parametrize(
    ("K", "message"),
    [
        ([[1.0, 2.0], [0.0, 1.0]], "not symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], "eigenvalues from"),
        (np.zeros((2, 2)), "eigenvalues from"),
        (np.ones((2, 3)), r"needs \(M, M\)"),
    ],
)
def test_no_kernel(K, message):
    with pytest.raises(ValueError, match=message):
        kernel_spectrum_of(K, [1.0, 2.0])
