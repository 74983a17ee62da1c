"""Mean-field perceptrons: gradients by finite differences, kernels, centring, and errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lazyrich.solvers.networks import mean_field_mlp as mlp

X = np.array([[1.0, 0.5, -0.3], [0.2, -1.0, 0.7]])
Y = np.array([0.8, -0.4])


def output(weights, x, gamma0, phi):
    h = weights[0] @ x / np.sqrt(len(x))
    for W in weights[1:-1]:
        h = W @ phi(h) / np.sqrt(len(h))
    return weights[-1] @ phi(h) / (gamma0 * len(h))


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_step_descends_the_gradient(layers):
    n, gamma0, rate = 5, 0.7, 1e-3
    weights = mlp.initial_weights(3, n, layers, np.random.default_rng(1))

    def loss(weights):
        return sum(
            (y - output(weights, x, gamma0, np.tanh)) ** 2 / 2 for x, y in zip(X, Y, strict=True)
        )

    run = mlp.train(weights, X, Y, gamma0, rate, [0, 1], activation="tanh", centered=False)
    for k, array in enumerate(weights):
        gradient = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            for sign in (1, -1):
                moved = [w.copy() for w in weights]
                moved[k][index] += sign * 1e-5
                gradient[index] += sign * loss(moved) / 2e-5
        assert_allclose(run.weights[k] - array, -rate * gamma0**2 * n * gradient, atol=1e-8)


def test_kernels_are_inner_products():
    weights = mlp.initial_weights(3, 8, 2, np.random.default_rng(2))
    run = mlp.train(weights, X, Y, 1.0, 0.05, [0, 3], activation="tanh")
    h1 = weights[0] @ X.T / np.sqrt(3)
    h2 = weights[1] @ np.tanh(h1) / np.sqrt(8)
    assert_allclose(run.forward_kernels[1, 0, 0], np.tanh(h2).T @ np.tanh(h2) / 8, rtol=1e-12)
    g2 = weights[2][:, None] / np.cosh(h2) ** 2
    g1 = weights[1].T @ g2 / np.sqrt(8) / np.cosh(h1) ** 2
    assert_allclose(run.backward_kernels[0, 0, 0], g1.T @ g1 / 8, rtol=1e-12)
    crossed = run.forward_kernels.transpose(0, 2, 1, 4, 3)
    assert_allclose(run.forward_kernels, crossed, rtol=1e-12)
    assert run.outputs[0].tolist() == [0.0, 0.0]


def test_the_start_is_not_changed():
    weights = mlp.initial_weights(3, 6, 2, np.random.default_rng(3))
    before = [w.copy() for w in weights]
    mlp.train(weights, X, Y, 1.0, 0.1, [5])
    for w, old in zip(weights, before, strict=True):
        assert np.array_equal(w, old)


def test_divergence_names_its_step():
    weights = mlp.initial_weights(3, 6, 2, np.random.default_rng(3))
    with pytest.raises(FloatingPointError, match=r"diverged at step \d+"):
        mlp.train(weights, X, Y, 1.0, 20.0, [200])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weights": [np.ones((2, 3))]}, "2 or more"),
        ({"weights": [np.ones((2, 3)), np.ones(3)]}, r"weights\[0\] has shape"),
        ({"X": [[1.0, np.nan, 0.0]]}, "X holds NaN"),
        ({"y": [1.0]}, "y has shape"),
        ({"gamma0": 0}, "gamma0 = 0"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"steps": [2, 1]}, "increase"),
    ],
)
def test_bad_input_is_named(change, words):
    given = {"weights": [np.ones((2, 3)), np.ones(2)], "X": X, "y": Y, "gamma0": 1.0}
    with pytest.raises(ValueError, match=words):
        mlp.train(**(given | {"learning_rate": 0.1, "steps": [1]} | change))
