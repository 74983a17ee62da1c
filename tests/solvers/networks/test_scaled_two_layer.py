"""Two-layer networks with an output scale: gradients, tangent kernel, records, errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lazyrich.solvers.networks import scaled_two_layer as networks

X = np.random.default_rng(0).standard_normal((4, 3))
Y = np.array([1.0, -1.0, 0.5, 0.0])
PHI = {"identity": lambda z: z, "relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}


def start(width=6, seed=1):
    return networks.random_network(width, 3, np.random.default_rng(seed))


def plain_outputs(W, v, activation):
    return PHI[activation](X @ W.T / np.sqrt(3)) @ v / np.sqrt(len(v))


def gradients(network, activation, h=1e-6):
    """dF/dtheta, (P, parameters)."""
    theta = np.append(network.W.ravel(), network.v)

    def outputs(values):
        size = network.W.size
        return plain_outputs(values[:size].reshape(network.W.shape), values[size:], activation)

    steps = h * np.eye(len(theta))
    return np.array([(outputs(theta + s) - outputs(theta - s)) / (2 * h) for s in steps]).T


@pytest.mark.parametrize("activation", PHI)
def test_outputs_and_kernel(activation):
    network = start()
    expected = plain_outputs(*network, activation)
    assert_allclose(networks.outputs(network, X, activation), expected, rtol=1e-12)
    jacobian = gradients(network, activation)
    kernel = networks.tangent_kernel(network, X, activation)
    assert_allclose(kernel, jacobian @ jacobian.T, atol=1e-8)


@pytest.mark.parametrize("scale", [0.5, 4.0])
@pytest.mark.parametrize("activation", PHI)
def test_steps_follow_the_gradient_of_the_scaled_loss(activation, scale):
    network, rate = start(), 0.05
    W, v = network.W.copy(), network.v.copy()
    f0 = plain_outputs(W, v, activation)
    for _ in range(3):
        error = scale * (plain_outputs(W, v, activation) - f0) - Y
        step = -rate / scale**2 * scale * error @ gradients(networks.Network(W, v), activation)
        W, v = W + step[: W.size].reshape(W.shape), v + step[W.size :]
    run = networks.train(network, X, Y, rate, [0, 3], output_scale=scale, activation=activation)
    assert_allclose(run.network.W[1], W, atol=1e-7)
    assert_allclose(run.network.v[1], v, atol=1e-7)
    expected = scale * (plain_outputs(W, v, activation) - f0)
    assert_allclose(run.outputs, [np.zeros(4), expected], atol=1e-7)
    np.testing.assert_array_equal(run.network.W[0], network.W)


def test_records_do_not_change_the_path():
    given = {"output_scale": 1.0, "activation": "tanh"}
    often = networks.train(start(), X, Y, 0.1, [1, 7, 30, 50], **given)
    once = networks.train(start(), X, Y, 0.1, [50], **given)
    np.testing.assert_array_equal(often.network.W[-1], once.network.W[0])
    np.testing.assert_array_equal(often.outputs[-1], once.outputs[0])


def test_lazy_networks_move_less_and_learn_as_much():
    network, moved = start(width=60), []
    for scale in (10.0, 100.0):
        run = networks.train(network, X, Y, 0.2, [4000], output_scale=scale, activation="tanh")
        assert_allclose(run.outputs[0], Y, atol=1e-3)
        moved.append(np.linalg.norm(run.network.W[0] - network.W))
    assert moved[0] / moved[1] == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize(
    ("altered", "message"),
    [
        ({"X": X[:, :2]}, r"\(P, D\)"),
        ({"X": np.full((4, 3), np.nan)}, "NaN"),
        ({"y": Y[:3]}, "y has shape"),
        ({"y": np.full(4, np.inf)}, "finite"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"record_steps": [3, 1]}, "record_steps"),
        ({"output_scale": -1.0}, "output_scale"),
        ({"activation": "sine"}, "identity, relu, tanh"),
        ({"network": networks.Network(np.ones((3, 3)), np.ones(2))}, "W"),
        ({"network": networks.Network(np.ones((3, 3)), np.full(3, np.nan))}, "finite"),
    ],
)
def test_bad_arguments_are_named(altered, message):
    given = {
        "network": start(),
        "X": X,
        "y": Y,
        "learning_rate": 0.1,
        "record_steps": [0, 2],
        "output_scale": 1.0,
        "activation": "tanh",
    }
    with pytest.raises(ValueError, match=message):
        networks.train(**(given | altered))


def test_divergence_is_reported():
    given = {"output_scale": 100.0, "activation": "identity"}
    with pytest.raises(FloatingPointError, match="before step 200"):
        networks.train(start(), X, Y, 50.0, [0, 200], **given)


def test_a_random_network_needs_a_generator():
    with pytest.raises(ValueError, match="rng"):
        networks.random_network(3, 2, 0)
    with pytest.raises(ValueError, match="width"):
        networks.random_network(0, 2, np.random.default_rng(0))
