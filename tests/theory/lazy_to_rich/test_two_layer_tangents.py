"""Tangent and third kernels of two-layer networks against finite differences of the network."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lazyrich.theory.lazy_to_rich.two_layer_tangents import two_layer_kernels

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 3))
W, V = RNG.standard_normal((6, 3)), RNG.standard_normal(6)
PHI = {"identity": lambda z: z, "relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}


def gradients(W, v, activation, h=1e-4):
    """dF(x_a)/dtheta by central differences of the outputs, (P, parameters)."""

    def outputs(theta):
        w, readout = theta[: W.size].reshape(W.shape), theta[W.size :]
        return PHI[activation](X @ w.T / np.sqrt(3)) @ readout / np.sqrt(len(v))

    theta = np.append(W.ravel(), v)
    steps = h * np.eye(len(theta))
    return np.array([(outputs(theta + s) - outputs(theta - s)) / (2 * h) for s in steps]).T


@pytest.mark.parametrize("activation", PHI)
def test_kernel_is_the_product_of_gradients(activation):
    jacobian = gradients(W, V, activation)
    ntk = two_layer_kernels(W, V, X, activation).ntk
    assert_allclose(ntk, jacobian @ jacobian.T, atol=1e-7)


@pytest.mark.parametrize("activation", PHI)
def test_third_kernel_is_the_change_of_the_kernel_along_gradients(activation):
    third, h = two_layer_kernels(W, V, X, activation).third, 1e-5
    for c, direction in enumerate(gradients(W, V, activation)):
        dW, dv = direction[: W.size].reshape(W.shape), direction[W.size :]
        ahead, behind = (
            two_layer_kernels(W + s * h * dW, V + s * h * dv, X, activation).ntk for s in (1, -1)
        )
        assert_allclose(third[:, :, c], (ahead - behind) / (2 * h), atol=1e-6)
    assert np.abs(third).max() > 0.02


@pytest.mark.parametrize("activation", PHI)
def test_third_kernel_is_symmetric_in_its_kernel_and_odd_in_the_readout(activation):
    third = two_layer_kernels(W, V, X, activation).third
    np.testing.assert_allclose(third, third.swapaxes(0, 1), atol=1e-15)
    np.testing.assert_allclose(two_layer_kernels(W, -V, X, activation).third, -third, atol=1e-15)


def test_third_kernel_of_random_weights_shrinks_as_the_width():
    def size(width):
        starts = (np.random.default_rng((width, s)) for s in range(20))
        tensors = [
            two_layer_kernels(
                rng.standard_normal((width, 3)), rng.standard_normal(width), X, "tanh"
            ).third
            for rng in starts
        ]
        return np.sqrt(np.mean(np.square(tensors)))

    assert size(100) / size(1600) == pytest.approx(16, rel=0.35)


@pytest.mark.parametrize(
    ("altered", "message"),
    [
        ({"activation": "sine"}, "identity, relu, tanh"),
        ({"v": V[:-1]}, r"\(N,\)"),
        ({"X": X[:, :2]}, r"\(P, D\)"),
        ({"W": W[0]}, "W has shape"),
        ({"W": np.full((6, 3), np.nan)}, "W holds NaN"),
        ({"v": np.full(6, np.inf)}, "finite"),
        ({"X": np.empty((0, 3))}, "X has shape"),
    ],
)
def test_bad_arguments_are_named(altered, message):
    with pytest.raises(ValueError, match=message):
        two_layer_kernels(**({"W": W, "v": V, "X": X, "activation": "tanh"} | altered))
