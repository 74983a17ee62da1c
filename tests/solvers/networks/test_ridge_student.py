"""Averaged ridge regressions against dense algebra and against sampled teachers."""

import numpy as np
import pytest

from lazyrich.solvers.networks.ridge_student import averaged_ridge, ridge_weights

N, C, V = [3, 9], np.array([1.0, 0.3]), np.array([0.5, 2.0])


def design(n_train, seed=0):
    return np.random.default_rng(seed).standard_normal((n_train, 12)) * np.sqrt(np.repeat(C, N))


@pytest.mark.parametrize("penalty", [0.0, 1e-3, 0.2])
@pytest.mark.parametrize("n_train", [1, 7, 12, 40])
def test_against_dense_algebra(n_train, penalty):
    X = design(n_train)
    S, c, v = X.T @ X / n_train, np.repeat(C, N), np.repeat(V, N)
    R = np.linalg.pinv(S + penalty * np.eye(12), rcond=1e-13)
    left = np.eye(12) - R @ S
    found = averaged_ridge(X, N, C, V, penalty, noise_var=0.7)
    H = np.eye(n_train) - X @ R @ X.T / n_train
    for got, expected in (
        (found.signal, (c * (left**2 @ v)).reshape(12)),
        (found.noise, c * np.diag(R @ S @ R) * 0.7 / n_train),
    ):
        np.testing.assert_allclose(
            got, [expected[:3].sum(), expected[3:].sum()], rtol=1e-6, atol=1e-12
        )
    clean = np.trace(H @ (X * v) @ X.T @ H) / n_train
    np.testing.assert_allclose(found.train_signal, clean, rtol=1e-6, atol=1e-10)
    np.testing.assert_allclose(
        found.train_noise, 0.7 * np.trace(H @ H) / n_train, rtol=1e-6, atol=1e-10
    )
    np.testing.assert_allclose(found.residual_share, np.trace(H) / n_train, rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("n_train", [7, 40])
def test_against_sampled_teachers(n_train):
    X, rng, draws = design(n_train), np.random.default_rng(1), 20_000
    teachers = rng.standard_normal((12, draws)) * np.sqrt(np.repeat(V, N))[:, None]
    labels = X @ teachers + 0.5 * rng.standard_normal((n_train, draws))
    weights = ridge_weights(X, labels, 0.1)
    squares = np.repeat(C, N)[:, None] * (weights - teachers) ** 2
    modes = np.array([squares[:3].sum(axis=0), squares[3:].sum(axis=0)])
    found = averaged_ridge(X, N, C, V, 0.1, noise_var=0.25)
    error = modes.std(axis=1) / np.sqrt(draws)
    assert (np.abs(modes.mean(axis=1) - found.signal - found.noise) < 4 * error).all()
    train = ((labels - X @ weights) ** 2).mean(axis=0)
    expected = found.train_signal + found.train_noise
    assert abs(train.mean() - expected) < 4 * train.std() / np.sqrt(draws)


def test_weights_minimise_the_loss():
    X, y = design(20), np.random.default_rng(2).standard_normal((20, 3))
    weights = ridge_weights(X, y, [0.0, 0.3])
    assert weights.shape == (2, 12, 3)
    for w, lam in zip(weights, (0.0, 0.3), strict=True):
        np.testing.assert_allclose(X.T @ (X @ w - y) / 20 + lam * w, 0, atol=1e-12)


def test_interpolator_has_the_smallest_norm():
    X, y = design(5), np.arange(5.0)
    weights = ridge_weights(X, y, 0.0)
    np.testing.assert_allclose(weights, np.linalg.pinv(X) @ y, rtol=1e-10)
    np.testing.assert_allclose(ridge_weights(X, y, 1e-12), weights, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": [[1.0, np.nan]]}, "NaN"),
        ({"dimensions": [3, 8]}, "sum to the inputs"),
        ({"variances": [1.0, 0.0]}, "must be > 0"),
        ({"teacher_variances": [1.0]}, "one entry a block"),
        ({"penalty": -1.0}, "penalty = -1.0"),
        ({"penalty": np.nan}, "penalty"),
        ({"noise_var": -1.0}, "noise_var"),
    ],
)
def test_bad_arguments(change, message):
    given = {
        "X": design(5),
        "dimensions": N,
        "variances": C,
        "teacher_variances": V,
        "penalty": 0.1,
    }
    with pytest.raises(ValueError, match=message):
        averaged_ridge(**(given | change))
