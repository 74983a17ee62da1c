"""Both conventions give one student: the same design, trained and regularised on either loss."""

import numpy as np
import pytest

from lazyrich.solvers.networks.linear_student import averaged_errors, gaussian_design
from lazyrich.theory.double_descent import units


def test_sum_loss_is_the_mean_loss_p_times_as_fast():
    """Flow on the sum loss by its own exponential, inputs as they are."""
    rng = np.random.default_rng(0)
    n, p, t = 6, 15, 0.2
    variances = rng.uniform(0.1, 1, n)
    x = gaussian_design(p, variances, rng)
    values, vectors = np.linalg.eigh(x.T @ x)
    left = vectors * np.exp(-values * t) @ vectors.T
    signal = np.trace(left @ np.diag(variances) @ left)
    found = averaged_errors(x, variances, 1.0, units.mean_loss_time(t, p))
    assert found.signal == pytest.approx(signal, rel=1e-12)


def test_inputs_of_variance_one_over_n_become_inputs_of_variance_one():
    rng = np.random.default_rng(1)
    n, p, t, noise = 6, 15, 0.7, 0.3
    x = gaussian_design(p, np.ones(n), rng)  # of variance 1
    values = np.linalg.eigvalsh(x.T @ x / n)  # X X^T with inputs of variance 1/n
    q = np.exp(-values * t)
    test = (q**2).sum() / n + noise * ((1 - q) ** 2 / values).sum() / n
    run = averaged_errors(x, np.ones(n), 1 / n, units.mean_loss_time(t, p / n), noise_var=noise)
    assert run.signal + run.noise == pytest.approx(test, rel=1e-12)


def test_penalties_belong_to_one_minimum():
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((15, 6)), rng.standard_normal(15)
    on_sum = np.linalg.solve(x.T @ x + 0.7 * np.eye(6), x.T @ y)
    penalty = units.mean_loss_penalty(0.7, 15)
    on_mean = np.linalg.solve(x.T @ x / 15 + penalty * np.eye(6), x.T @ y / 15)
    np.testing.assert_allclose(on_sum, on_mean)
    scaled = np.linalg.solve(x.T @ x / 6 + 0.7 * np.eye(6), x.T @ y / np.sqrt(6)) / np.sqrt(6)
    penalty = units.mean_loss_penalty(0.7, 15 / 6)
    on_mean = np.linalg.solve(x.T @ x / 15 + penalty * np.eye(6), x.T @ y / 15)
    np.testing.assert_allclose(scaled, on_mean)


def test_there_and_back():
    t, samples = np.array([0.0, 3.0, np.inf]), 40
    back = units.sum_loss_time(units.mean_loss_time(t, samples), samples)
    np.testing.assert_array_equal(back, t)
    penalty = units.sum_loss_penalty(units.mean_loss_penalty(t, samples), samples)
    np.testing.assert_array_equal(penalty, t)


@pytest.mark.parametrize("samples", [0, -1.0, np.nan, np.inf, "P"])
def test_impossible_numbers_of_samples(samples):
    for convert in (
        units.mean_loss_time, units.sum_loss_time, units.mean_loss_penalty, units.sum_loss_penalty,
    ):  # fmt: skip
        with pytest.raises(ValueError, match="samples"):
            convert(1.0, samples)
        with pytest.raises(ValueError, match="-1.0"):
            convert(-1.0, 3)
