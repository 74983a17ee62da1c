"""The averaged linear student against dense averages, the explicit loop and its own limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from lazyrich.solvers.networks.linear_student import (
    averaged_errors,
    gaussian_design,
    gradient_descent,
)


def dense_average(x, variances, teacher, t, noise_var, initial, maps=None):
    """All averages from the dense maps of start and labels to weights, by matrix exponential."""
    n, p = x.shape[1], len(x)
    gram = x.T @ x / p
    left = expm(-t * gram) if maps is None else maps
    learned = np.linalg.lstsq(x, np.eye(p), rcond=None)[0]
    from_labels = (np.eye(n) - left) @ learned
    c, both = np.diag(variances), np.diag(teacher + initial)
    signal = np.trace(left.T @ c @ left @ both)
    noise = noise_var * np.trace(from_labels.T @ c @ from_labels)
    residual = x @ left
    shown = np.eye(p) - x @ from_labels
    train = (np.trace(residual.T @ residual @ both) + noise_var * np.sum(shown**2)) / p
    told = np.eye(n) - left
    norm = np.trace(left.T @ left @ np.diag(initial)) + np.trace(told.T @ told @ np.diag(teacher))
    return signal, noise, train, norm + noise_var * np.sum(from_labels**2)


@pytest.mark.parametrize("shape", [(9, 5), (5, 9), (6, 6)])
@pytest.mark.parametrize("flat", [False, True])
def test_flow_matches_dense_matrix_exponentials(shape, flat):
    rng = np.random.default_rng(3)
    n = shape[1]
    variances, teacher, initial = (
        np.full(n, v) if flat else rng.uniform(0.1, 2, n) for v in (0.7, 1.3, 0.4)
    )
    x = gaussian_design(shape[0], variances, rng)
    t = np.array([[0.0, 0.3], [2.0, 9.0]])
    found = averaged_errors(x, variances, teacher, t, noise_var=0.6, init_variances=initial)
    for index in np.ndindex(t.shape):
        true = dense_average(x, variances, teacher, t[index], 0.6, initial)
        np.testing.assert_allclose([each[index] for each in found], true, rtol=1e-10)


@pytest.mark.parametrize("shape", [(7, 4), (4, 7)])
def test_descent_matches_dense_powers_also_where_modes_alternate(shape):
    rng = np.random.default_rng(4)
    variances, teacher = rng.uniform(0.1, 2, shape[1]), rng.uniform(0.1, 2, shape[1])
    x = gaussian_design(shape[0], variances, rng)
    gram = x.T @ x / len(x)
    largest = np.linalg.eigvalsh(gram)[-1]
    rate = 1.9 / largest
    steps = np.array([0, 1, 2, 7, 30])
    found = averaged_errors(x, variances, teacher, rate * steps, noise_var=0.6, learning_rate=rate)
    for k, step in enumerate(steps):
        left = np.linalg.matrix_power(np.eye(len(gram)) - rate * gram, step)
        true = dense_average(x, variances, teacher, 0.0, 0.6, np.zeros(len(gram)), left)
        np.testing.assert_allclose([each[k] for each in found], true, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("shape", [(12, 5), (5, 12)])
def test_explicit_loop_certifies_the_averages(shape):
    """Over all directions of one design the averages are sums of loops: no sampling."""
    rng = np.random.default_rng(5)
    p, n = shape
    variances, teacher, initial = rng.uniform(0.2, 2, (3, n))
    x = gaussian_design(p, variances, rng)
    rate, record = 1.5 / np.linalg.eigvalsh(x.T @ x / p)[-1], np.array([0, 1, 5, 40])
    noise_var, totals = 0.3, np.zeros((4, len(record)))
    for sizes, direction in ((teacher, "teacher"), (initial, "start"), (np.full(p, noise_var), "")):
        for i, size in enumerate(np.sqrt(sizes)):
            unit = size * np.eye(len(sizes))[i]
            target = unit if direction == "teacher" else np.zeros(n)
            start = unit if direction == "start" else np.zeros(n)
            y = x @ target + (0 if direction else unit)
            w = gradient_descent(x, y, start, rate, 40, record)
            excess = (w - target) ** 2 @ variances
            totals[0 if direction else 1] += excess
            totals[2] += ((y - w @ x.T) ** 2).mean(axis=1)
            totals[3] += (w**2).sum(axis=1)
    found = averaged_errors(
        x, variances, teacher, rate * record, noise_var=noise_var, init_variances=initial,
        learning_rate=rate,
    )  # fmt: skip
    np.testing.assert_allclose(np.array(found), totals, rtol=1e-10, atol=1e-14)


def test_small_steps_become_the_flow_at_first_order():
    rng = np.random.default_rng(6)
    x = gaussian_design(20, np.ones(10), rng)
    flow = averaged_errors(x, np.ones(10), 1.0, 2.0, noise_var=0.5)
    gaps = [
        np.array(averaged_errors(x, np.ones(10), 1.0, 2.0, noise_var=0.5, learning_rate=rate))
        - np.array(flow)
        for rate in (1e-3, 5e-4)
    ]
    np.testing.assert_allclose(gaps[0] / gaps[1], 2, rtol=2e-3)


def test_limits_and_frozen_directions():
    rng = np.random.default_rng(7)
    variances, teacher, initial = rng.uniform(0.2, 2, (3, 8))
    x = gaussian_design(5, variances, rng)
    run = averaged_errors(
        x, variances, teacher, [0.0, np.inf, 1e300], noise_var=0.2, init_variances=initial
    )
    np.testing.assert_allclose(run.signal[0], variances @ (teacher + initial), rtol=1e-12)
    assert run.noise[0] == 0 and run.train[1] < 1e-25
    np.testing.assert_allclose(run.weight_norm[0], initial.sum())
    for each in run:
        np.testing.assert_allclose(each[1], each[2], rtol=1e-12)
    projector = np.eye(8) - np.linalg.pinv(x) @ x
    frozen = np.trace(projector @ np.diag(variances) @ projector @ np.diag(teacher + initial))
    np.testing.assert_allclose(run.signal[1], frozen, rtol=1e-11)


def test_repeated_samples_are_a_smaller_rank_not_a_division_by_zero():
    rng = np.random.default_rng(8)
    x = np.repeat(gaussian_design(3, np.ones(6), rng), 2, axis=0)
    run = averaged_errors(x, np.ones(6), 1.0, np.inf, noise_var=1.0)
    assert np.isfinite(run.noise) and run.noise < 100
    np.testing.assert_allclose(run.train, 0.5)  # half the noise of each pair is fitted
    np.testing.assert_allclose(run.signal, 3)


def test_zero_inputs_learn_nothing():
    run = averaged_errors(np.zeros((3, 2)), np.ones(2), 1.0, [0.0, np.inf], noise_var=0.5)
    np.testing.assert_array_equal(run.signal, [2, 2])
    np.testing.assert_array_equal(run.train, [0.5, 0.5])


@settings(max_examples=25, deadline=None)
@given(
    p=st.integers(1, 12), n=st.integers(1, 12), noise_var=st.floats(0, 10), t=st.floats(0, 1e8),
    seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_scaling_of_inputs_time_and_teacher(p, n, noise_var, t, seed):
    """Inputs times c, teacher variances over c^2 and time over c^2 leave every error as it is."""
    rng = np.random.default_rng(seed)
    variances, teacher = rng.uniform(0.1, 2, (2, n))
    x = gaussian_design(p, variances, rng)
    one = averaged_errors(x, variances, teacher, t, noise_var=noise_var)
    two = averaged_errors(2 * x, 4 * variances, teacher / 4, t / 4, noise_var=noise_var)
    np.testing.assert_allclose(two[:3], one[:3], rtol=1e-9, atol=1e-12 * (1 + noise_var))
    later = averaged_errors(x, variances, teacher, 2 * t, noise_var=noise_var)
    assert later.train <= one.train * (1 + 1e-12)


def test_design_has_the_variances_asked_for():
    x = gaussian_design(4000, [1.0, 0.25, 0.0], np.random.default_rng(9))
    np.testing.assert_allclose((x**2).mean(axis=0), [1, 0.25, 0], rtol=0.1)
    again = gaussian_design(4000, [1.0, 0.25, 0.0], np.random.default_rng(9))
    np.testing.assert_array_equal(x, again)


X = np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 0.0]])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"X": [[np.nan, 1.0]]}, "X holds NaN"),
        ({"X": np.empty((0, 2))}, "X has shape"),
        ({"variances": [1.0]}, "variances has 1 entries"),
        ({"variances": [1.0, -1.0]}, "variances holds -1.0"),
        ({"teacher_variances": [1.0, np.inf]}, "teacher_variances holds inf"),
        ({"t": -1.0}, r"t = -1.0 is outside \[0, inf\]"),
        ({"t": [np.nan]}, "t = nan"),
        ({"t": []}, "t is empty"),
        ({"noise_var": -0.1}, "noise_var = -0.1"),
        ({"init_variances": -0.1}, "init_variances = -0.1"),
        ({"learning_rate": 0.0}, "learning_rate = 0.0"),
        ({"learning_rate": 0.3}, "t = 1.0 is not a whole number of steps"),
        ({"learning_rate": 50.0, "t": 50.0}, "diverges"),
    ],
)
def test_bad_arguments_of_the_averages(changed, message):
    good = {"X": X, "variances": [1.0, 1.0], "teacher_variances": 1.0, "t": 1.0}
    with pytest.raises(ValueError, match=message):
        averaged_errors(**(good | changed))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y": [1.0]}, "y has shape"),
        ({"w0": [0.0, np.inf]}, "w0 holds NaN or infinite"),
        ({"record": [11]}, "record holds 11"),
        ({"record": [2, 1]}, "ascending"),
        ({"record": [0.5]}, "record holds 0.5"),
        ({"record": []}, "record has shape"),
        ({"n_steps": 0}, "n_steps = 0"),
        ({"learning_rate": -1.0}, "learning_rate = -1.0"),
        ({"learning_rate": 50.0, "n_steps": 100}, "diverged at step"),
    ],
)
def test_bad_arguments_of_the_loop(changed, message):
    good = {"X": X, "y": np.ones(3), "w0": np.zeros(2), "learning_rate": 0.1, "n_steps": 10}
    with pytest.raises(ValueError, match=message):
        gradient_descent(**(good | {"record": [0]} | changed))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((0, [1.0]), "n_train = 0"),
        ((2, []), "variances has shape"),
        ((2, [np.nan]), "variances holds nan"),
    ],
)
def test_bad_designs(given, message):
    with pytest.raises(ValueError, match=message):
        gaussian_design(*given, np.random.default_rng(0))
    with pytest.raises(ValueError, match="rng"):
        gaussian_design(2, [1.0], 0)
