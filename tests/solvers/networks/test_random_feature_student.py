"""Random-feature students against dense algebra, sampled test inputs and training step by step."""

import numpy as np
import pytest
from scipy.special import erf

from lazyrich.solvers.networks import random_feature_maps as maps
from lazyrich.solvers.networks.random_feature_kernel import relu_kernel, relu_student
from lazyrich.solvers.networks.random_feature_student import (
    Student,
    averaged_risk,
    descend,
)

D = 8
MEAN = {"relu": 1 / np.sqrt(2 * np.pi), "erf": 0.0, "scaled_erf": 0.0}
FUNCTIONS = {
    "relu": lambda h: np.maximum(h, 0),
    "erf": erf,
    "scaled_erf": lambda h: erf(h / np.sqrt(2)),
}


def features(kind, n_train=30, n_features=12, seed=0):
    rng = np.random.default_rng(seed)
    weights = maps.feature_weights(n_features, D, rng)
    if kind == "gaussian":
        return weights, maps.gaussian_features(weights, n_train, 0.6, 0.2, rng)
    return weights, maps.real_features(weights, n_train, kind, rng)


@pytest.mark.parametrize("kind", [*FUNCTIONS, "gaussian"])
def test_averages_over_fresh_inputs(kind):
    weights, found = features(kind)
    rng, total = np.random.default_rng(1), 400_000
    x = rng.standard_normal((total, D))
    h = x @ weights.T
    if kind == "gaussian":
        phi = 0.6 * h + np.sqrt(0.2) * rng.standard_normal(h.shape)
    else:
        phi = FUNCTIONS[kind](h) - MEAN[kind]
    phi /= np.sqrt(12)
    assert np.abs(phi.mean(axis=0)).max() < 1e-3
    np.testing.assert_allclose(phi.T @ phi / total, found.covariance, atol=7e-4)
    np.testing.assert_allclose(phi.T @ x / total, found.of_inputs, atol=2e-3)


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_features_of_the_training_inputs(kind):
    weights, found = features(kind)
    phi = (FUNCTIONS[kind](found.inputs @ weights.T) - MEAN[kind]) / np.sqrt(12)
    np.testing.assert_allclose(found.train, phi, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("n_train", [5, 12, 30])
@pytest.mark.parametrize("penalty", [0.0, 1e-3, 0.5])
def test_ridge_against_dense_algebra(n_train, penalty):
    _, given = features("relu", n_train)
    phi, x, C, of_inputs = given
    A = np.linalg.pinv(phi.T @ phi + penalty * np.eye(12), rcond=1e-13) @ phi.T
    of_x = A @ x
    signal = np.trace(of_x.T @ C @ of_x) - 2 * np.trace(of_inputs.T @ of_x) + D
    found = Student(given).ridge_risk(penalty, teacher_power=2.0, noise_var=0.3)
    np.testing.assert_allclose(found.signal, 2 * signal / D, rtol=1e-6)
    np.testing.assert_allclose(found.noise, 0.3 * np.trace(A.T @ C @ A), rtol=1e-6)
    labels = np.arange(n_train, dtype=float)
    np.testing.assert_allclose(
        Student(given).ridge_readout(labels, penalty), A @ labels, rtol=1e-6, atol=1e-9
    )


def test_risk_averages_over_teachers_and_noise():
    _, given = features("erf")
    student, rng, draws = Student(given), np.random.default_rng(2), 4000
    exact = student.flow_risk([3.0, 300.0], teacher_power=1.5, noise_var=0.4)
    errors = []
    for _ in range(draws):
        theta = rng.standard_normal(D) * np.sqrt(1.5 / D)
        labels = given.inputs @ theta + np.sqrt(0.4) * rng.standard_normal(30)
        a = student.flow_readout(labels, [3.0, 300.0])
        own = ((a @ given.covariance) * a).sum(axis=1)
        errors.append(own - 2 * a @ (given.of_inputs @ theta) + theta @ theta)
    mean, error = np.mean(errors, axis=0), np.std(errors, axis=0) / np.sqrt(draws)
    assert (np.abs(mean - exact.signal - exact.noise) < 4 * error).all()


@pytest.mark.parametrize("kind, n_train", [("relu", 30), ("gaussian", 8)])
def test_gradient_descent_with_small_steps_is_the_flow(kind, n_train):
    _, given = features(kind, n_train)
    labels, t = np.random.default_rng(3).standard_normal(n_train), np.array([2.0, 8.0, 32.0])
    flow = Student(given).flow_readout(labels, t)
    gaps = [
        np.abs(descend(given, labels, rate, np.rint(t / rate)) - flow).max() for rate in (0.1, 0.05)
    ]
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.05)
    assert gaps[1] < 5e-3 * np.abs(flow).max()


def test_gradient_descent_against_powers():
    """a_k = (1 - (1 - eta S)^k) S^-1 phi^T y/n."""
    _, given = features("relu")
    phi, labels = given.train, np.random.default_rng(4).standard_normal((30, 2))
    S = phi.T @ phi / 30
    found = descend(given, labels, 2.0, [0, 1, 7])
    for k, readout in zip((0, 1, 7), found, strict=True):
        power = np.linalg.matrix_power(np.eye(12) - 2.0 * S, k)
        np.testing.assert_allclose(
            readout, np.linalg.solve(S, (np.eye(12) - power) @ phi.T @ labels / 30), atol=1e-12
        )
    np.testing.assert_allclose(descend(given, labels[:, 1], 2.0, [7])[0], found[2, :, 1])


def test_averaged_risk_is_that_of_the_eigensystem():
    _, given = features("relu")
    labels = np.hstack([given.inputs, np.eye(30)])
    readouts = descend(given, labels, 0.01, [500])
    found = averaged_risk(given, readouts[..., :D], readouts[..., D:])
    expected = Student(given).flow_risk([5.0])
    np.testing.assert_allclose(found.signal, expected.signal, rtol=1e-4)
    np.testing.assert_allclose(found.noise, expected.noise, rtol=1e-2)


def test_times_and_penalties_keep_their_axes():
    student = Student(features("relu")[1])
    assert student.flow_risk(np.ones((2, 3))).signal.shape == (2, 3)
    assert student.ridge_risk(0.1).noise.shape == ()
    start, end = student.flow_risk([0.0, np.inf])[0]
    assert start == 1
    np.testing.assert_allclose(end, student.ridge_risk(0.0).signal)


def test_same_generator_same_students():
    first, second = (features("gaussian")[1] for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_kernel_is_the_mean_over_many_features():
    rng = np.random.default_rng(5)
    X = rng.standard_normal((4, D))
    weights = maps.feature_weights(1_000_000, D, rng)
    phi = np.maximum(X @ weights.T, 0) - MEAN["relu"]
    np.testing.assert_allclose(relu_kernel(X, X), phi @ phi.T / 1_000_000, atol=2e-3)


def test_kernel_student_is_the_limit_of_wide_students():
    n, penalty = 20, 0.05
    kernel = relu_student(n, D, 200_000, np.random.default_rng(6)).ridge_risk(penalty)
    rng = np.random.default_rng(6)
    X = rng.standard_normal((n + 200_000, D))[:n]
    weights = maps.feature_weights(3000, D, rng)
    wide = maps.real_features(weights, n, "relu", rng)
    phi = (np.maximum(X @ weights.T, 0) - MEAN["relu"]) / np.sqrt(3000)
    found = Student(wide._replace(train=phi, inputs=X)).ridge_risk(penalty)
    np.testing.assert_allclose(found.signal, kernel.signal, rtol=0.03)
    np.testing.assert_allclose(found.noise, kernel.noise, rtol=0.03)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda w, f: maps.feature_weights(0, 3, np.random.default_rng(0)), "n_features = 0"),
        (lambda w, f: maps.feature_weights(2, 3, 0), "rng = 0"),
        (lambda w, f: maps.real_features(w, 5, "tanh", np.random.default_rng(0)), "tanh"),
        (lambda w, f: maps.real_features(2 * w, 5, "relu", np.random.default_rng(0)), "length 2.0"),
        (lambda w, f: maps.real_features(w, 2.5, "relu", np.random.default_rng(0)), "n_train"),
        (lambda w, f: maps.real_features(w, 10**14, "relu", np.random.default_rng(0)), "GiB"),
        (lambda w, f: maps.gaussian_features(w, 5, np.nan, 0.1, np.random.default_rng(0)), "NaN"),
        (
            lambda w, f: maps.gaussian_features(w, 5, 1.0, -0.1, np.random.default_rng(0)),
            "nonlinear_variance",
        ),
        (lambda w, f: Student(f).ridge_risk(-1.0), "penalty = -1.0"),
        (lambda w, f: Student(f).ridge_risk([]), "penalty"),
        (lambda w, f: Student(f).flow_risk(-1.0), "t = -1.0"),
        (lambda w, f: Student(f).flow_risk(1.0, noise_var=-1.0), "noise_var"),
        (lambda w, f: Student(f).ridge_readout(np.ones(3), 0.1), "labels"),
        (lambda w, f: descend(f, np.ones(3), 0.1, [1]), "labels"),
        (lambda w, f: descend(f, np.ones(30), 1e3, [100]), "diverged at step"),
        (lambda w, f: descend(f, np.ones(30), 0.1, [2, 1]), "record"),
        (lambda w, f: descend(f, np.ones(30), -0.1, [1]), "learning_rate"),
        (lambda w, f: averaged_risk(f, np.ones((12, 3)), np.ones((12, 30))), "of_inputs"),
        (lambda w, f: relu_kernel([[np.nan]], [[1.0]]), "X1"),
        (lambda w, f: relu_student(0, 3, 4, np.random.default_rng(0)), "n_train"),
        (lambda w, f: relu_student(3, 3, 4, np.random.default_rng(0)).ridge_risk(-1), "penalty"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call(*features("relu"))
