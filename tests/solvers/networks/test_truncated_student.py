"""Truncated students, against explicit gradient descent on every teacher and every noise."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lazyrich.solvers.networks.linear_student import averaged_errors, gradient_descent
from lazyrich.solvers.networks.truncated_student import (
    learned_energies,
    sample_directions,
    sample_eigenvalues,
    truncate,
    truncated_errors,
)

RNG = np.random.default_rng(4)
VARIANCES = np.array([2.0, 1.0, 0.5, 0.5, 0.1])
TEACHERS = np.array([0.3, 1.0, 0.0, 2.0, 0.7])


def design(n_samples):
    return np.random.default_rng(n_samples).standard_normal((n_samples, 5)) * np.sqrt(VARIANCES)


def descended(X, labels, rate, n_steps):
    """Weights of gradient descent, one student for each column of labels: (students, N)."""
    rows = [
        gradient_descent(X, y, np.zeros(X.shape[1]), rate, n_steps, [n_steps])[0] for y in labels.T
    ]
    return np.array(rows)


def errors_of_descent(X, n_kept, t, noise_var, rate):
    """Averages over teachers and noise, summed over their unit vectors: the errors are quadratic in both."""
    steps = round(t / rate)
    of_teachers = truncate(descended(X, X, rate, steps), X, n_kept) - np.eye(X.shape[1])
    of_noise = truncate(descended(X, np.eye(len(X)), rate, steps), X, n_kept)
    bias = TEACHERS @ (of_teachers**2 @ VARIANCES)
    return np.array([bias, noise_var * (of_noise**2 @ VARIANCES).sum()])


@pytest.mark.parametrize("n_samples", [3, 5, 9])
@pytest.mark.parametrize("n_kept", [0, 1, 3])
def test_trained_then_truncated_networks(n_samples, n_kept):
    X, t, noise = design(n_samples), 2.0, 0.4
    exact = np.array(truncated_errors(X, VARIANCES, TEACHERS, t, n_kept, noise_var=noise))
    coarse, fine = (errors_of_descent(X, n_kept, t, noise, rate) for rate in (2e-3, 1e-3))
    assert_allclose(2 * fine - coarse, exact, rtol=1e-5, atol=1e-12)  # first order in the rate


def test_fully_trained_then_truncated_networks():
    X = design(9)
    exact = np.array(truncated_errors(X, VARIANCES, TEACHERS, np.inf, 2, noise_var=0.4))
    assert_allclose(errors_of_descent(X, 2, 4000.0, 0.4, 0.2), exact, rtol=1e-9)


@pytest.mark.parametrize("n_samples", [3, 9])
def test_the_untruncated_student(n_samples):
    X, t = design(n_samples), np.array([0.0, 0.7, 30.0, np.inf])
    known = averaged_errors(X, VARIANCES, TEACHERS, t, noise_var=0.4)
    found = truncated_errors(X, VARIANCES, TEACHERS, t, min(X.shape), noise_var=0.4)
    assert_allclose(found.bias, known.signal, atol=1e-12)
    assert_allclose(found.variance, known.noise, atol=1e-12)
    energies = learned_energies(X, TEACHERS, t, noise_var=0.4)
    assert_allclose(energies.signal.sum(-1) + energies.noise.sum(-1), known.weight_norm, rtol=1e-11)


def test_equal_variances_need_no_directions():
    X, t, kept = RNG.standard_normal((7, 5)), np.array([0.5, np.inf]), np.arange(6)
    flat = truncated_errors(X, 1.0, 2.0, t, kept, noise_var=0.3)
    general = truncated_errors(X, 1 + 1e-13 * np.arange(5), 2.0, t, kept, noise_var=0.3)
    assert flat.bias.shape == (2, 6)
    assert_allclose(flat.bias, general.bias, atol=1e-11)
    assert_allclose(flat.variance, general.variance, atol=1e-11)


def test_energies_by_direction():
    X, t = design(9), 1.3
    values, vectors = sample_directions(X)
    found = learned_energies(X, TEACHERS, t, noise_var=0.4)
    steps = 20_000
    students = descended(X, X, t / steps, steps) @ vectors  # one teacher a row
    noises = descended(X, np.eye(9), t / steps, steps) @ vectors
    assert_allclose(TEACHERS @ students**2, found.signal, rtol=1e-3)
    assert_allclose(0.4 * (noises**2).sum(axis=0), found.noise, rtol=1e-3)
    assert_allclose(found.eigenvalues, sample_eigenvalues(X))
    assert_allclose(vectors.T @ (X.T @ X / 9) @ vectors, np.diag(values), atol=1e-12)


def test_directions_without_variance_are_left_out():
    X = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    values, vectors = sample_directions(X)
    assert_allclose(values, [28 / 3])
    assert_allclose(np.abs(vectors[:, 0]), np.sqrt(0.5))
    assert len(sample_eigenvalues(np.zeros((2, 2)))) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X": [[np.nan]]}, "X"),
        ({"X": [1.0]}, "X"),
        ({"variances": [1.0]}, "variances"),
        ({"variances": -1.0}, "variances"),
        ({"teacher_variances": [1.0, np.inf]}, "teacher_variances"),
        ({"t": -1.0}, r"t = -1.0"),
        ({"t": []}, "t"),
        ({"t": np.nan}, "t = nan"),
        ({"n_kept": 3}, "n_kept = 3"),
        ({"n_kept": -1}, "n_kept = -1"),
        ({"n_kept": 0.5}, "n_kept = 0.5"),
        ({"noise_var": -0.1}, "noise_var"),
    ],
)
def test_bad_arguments_are_refused(changes, message):
    given = {
        "X": [[1.0, 0.0], [0.0, 2.0]],
        "variances": [1.0, 1.0],
        "teacher_variances": [1.0, 1.0],
        "t": 1.0,
        "n_kept": 1,
    }
    with pytest.raises(ValueError, match=message):
        truncated_errors(**(given | changes))
    with pytest.raises(ValueError, match="n_kept = 3"):
        truncate([1.0, 1.0], given["X"], 3)
    with pytest.raises(ValueError, match="weights"):
        truncate([1.0], given["X"], 1)
