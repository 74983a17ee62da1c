"""Perceptrons in NTK parametrisation: outputs, gradients, kernels, training, bad input."""

import itertools

import numpy as np
import pytest
from scipy.special import erf

from lazyrich.solvers.networks import ntk_mlp, ntk_mlp_layers
from lazyrich.solvers.networks.activation_functions import activation_function
from lazyrich.solvers.networks.ntk_mlp_input import checked_network

NAMES = [
    "identity", "relu", "abs", "erf", "scaled_erf", "tanh", "sin", "cos", "exp", "gaussian", "gelu",
    "sigmoid", "softplus", "swish", ("leaky_relu", 0.2), ("polynomial", (0.5, -1.0, 0.3, 0.2)),
]  # fmt: skip
SCALES = {"sigma_w": 1.3, "sigma_b": 0.4}


def case(width=4, hidden_layers=2, networks=None, d=3, samples=5, seed=0):
    rng = np.random.default_rng(seed)
    parameters = ntk_mlp.initial_parameters(d, width, hidden_layers, rng, networks=networks)
    return parameters, rng.standard_normal((samples, d)), rng.standard_normal(samples)


def jacobian(parameters, x, h=1e-6, last_layer_only=False, **settings):
    """df(x_mu)/dp by central differences, (samples, parameters)."""
    columns = []
    first = len(parameters) - 2 if last_layer_only else 0
    for k, array in list(enumerate(parameters))[first:]:
        for index in np.ndindex(array.shape):
            sides = []
            for sign in (1, -1):
                moved = [a.copy() for a in parameters]
                moved[k][index] += sign * h
                sides.append(ntk_mlp.outputs(moved, x, **settings))
            columns.append((sides[0] - sides[1]) / (2 * h))
    return np.array(columns).T


@pytest.mark.parametrize("activation", NAMES)
def test_slopes_are_derivatives(activation):
    phi, z, h = activation_function(activation), np.array([-2.3, -0.4, 0.3, 1.9]), 1e-6
    numerical = (phi.value(z + h) - phi.value(z - h)) / (2 * h)
    np.testing.assert_allclose(phi.slope(z, phi.value(z)), numerical, atol=1e-8)
    assert phi.slope(z, phi.value(z)).shape == z.shape


def test_outputs_are_those_of_the_formula():
    (w1, b1, w2, b2, readout, bias), x, _ = case()
    hidden = erf(1.3 / np.sqrt(3) * w1 @ x.T + 0.4 * b1[:, None])
    hidden = erf(1.3 / 2 * w2 @ hidden + 0.4 * b2[:, None])
    found = ntk_mlp.outputs([w1, b1, w2, b2, readout, bias], x, activation="erf", **SCALES)
    np.testing.assert_allclose(found, 1.3 / 2 * readout @ hidden + 0.4 * bias, rtol=1e-13)


@pytest.mark.parametrize("last_layer_only", [False, True])
@pytest.mark.parametrize("activation", ["relu", "erf", "tanh", "identity", "gelu"])
@pytest.mark.parametrize("hidden_layers", [1, 2, 3])
def test_kernel_is_the_gram_matrix_of_the_jacobian(hidden_layers, activation, last_layer_only):
    parameters, x, _ = case(hidden_layers=hidden_layers)
    settings = {"activation": activation, **SCALES}
    j = jacobian(parameters, x, last_layer_only=last_layer_only, **settings)
    settings["last_layer_only"] = last_layer_only
    kernel = ntk_mlp.empirical_ntk(parameters, x, **settings)
    np.testing.assert_allclose(kernel, j @ j.T, atol=1e-7)
    cross = ntk_mlp.empirical_ntk(parameters, x[3:], x, **settings)
    np.testing.assert_allclose(cross, kernel[3:], rtol=1e-12)


def test_kernel_in_blocks_of_rows_is_the_same(monkeypatch):
    parameters, x, _ = case(samples=11, networks=2)
    whole = ntk_mlp.empirical_ntk(parameters, x, activation="tanh", **SCALES)
    cross = ntk_mlp.empirical_ntk(parameters, x[:7], x, activation="tanh", **SCALES)
    monkeypatch.setattr(ntk_mlp, "_KERNEL_BYTES", 1000)
    blocks = ntk_mlp.empirical_ntk(parameters, x, activation="tanh", **SCALES)
    np.testing.assert_allclose(blocks, whole, rtol=1e-13)
    blocks = ntk_mlp.empirical_ntk(parameters, x[:7], x, activation="tanh", **SCALES)
    np.testing.assert_allclose(blocks, cross, rtol=1e-13)


@pytest.mark.parametrize("last_layer_only", [False, True])
@pytest.mark.parametrize("hidden_layers", [1, 2, 3])
def test_a_step_follows_the_numerical_gradient(hidden_layers, last_layer_only):
    parameters, x, y = case(hidden_layers=hidden_layers)
    settings = {"activation": "gelu", **SCALES}
    residual = ntk_mlp.outputs(parameters, x, **settings) - y
    gradient = residual @ jacobian(parameters, x, last_layer_only=last_layer_only, **settings)
    run = ntk_mlp.train(parameters, x, y, 0.3, [1], last_layer_only=last_layer_only, **settings)
    moved = [(b - a).ravel() for a, b in zip(parameters, run.parameters, strict=True)]
    if last_layer_only:
        assert not any(change.any() for change in moved[:-2])
        moved = moved[-2:]
    np.testing.assert_allclose(np.concatenate(moved), -0.3 * gradient, atol=1e-8)


def test_records_are_those_of_the_parameters_on_the_way():
    parameters, x, y = case()
    before = [array.copy() for array in parameters]
    settings = {"activation": "tanh", **SCALES}
    run = ntk_mlp.train(
        parameters, x, y, 0.1, [0, 3, 7], X_test=x[:2] + 1, record_kernel=True, **settings
    )
    for record, steps in enumerate((0, 3, 7)):
        now = ntk_mlp.train(parameters, x, y, 0.1, [steps], **settings).parameters
        np.testing.assert_allclose(run.train_outputs[record], ntk_mlp.outputs(now, x, **settings))
        np.testing.assert_allclose(
            run.test_outputs[record], ntk_mlp.outputs(now, x[:2] + 1, **settings)
        )
        np.testing.assert_allclose(run.kernels[record], ntk_mlp.empirical_ntk(now, x, **settings))
    for array, unchanged in zip(parameters, before, strict=True):
        np.testing.assert_array_equal(array, unchanged)


@pytest.mark.parametrize("entries", [1, 2**17])
def test_many_networks_train_as_each_alone(monkeypatch, entries):
    monkeypatch.setattr(ntk_mlp, "_BLOCK_ENTRIES", entries)
    parameters, x, _ = case(networks=3)
    y = np.arange(15.0).reshape(3, 5) / 10
    settings = {"activation": "erf", "record_kernel": True, "X_test": x[:2], **SCALES}
    together = ntk_mlp.train(parameters, x, y, 0.1, [0, 4], **settings)
    for k in range(3):
        alone = ntk_mlp.train([a[k] for a in parameters], x, y[k], 0.1, [0, 4], **settings)
        for field in ("train_outputs", "test_outputs", "kernels"):
            np.testing.assert_allclose(
                getattr(together, field)[:, k], getattr(alone, field), rtol=1e-11
            )
        for many, one in zip(together.parameters, alone.parameters, strict=True):
            np.testing.assert_allclose(many[k], one, rtol=1e-11)


def test_only_the_last_layer_learns_linearly():
    """Features stay, so the outputs follow the exact decay of the kernel of the last layer."""
    parameters, x, y = case(width=30, samples=4)
    settings = {"activation": "relu", "last_layer_only": True, **SCALES}
    run = ntk_mlp.train(parameters, x, y, 0.05, [0, 60], record_kernel=True, **settings)
    decay = np.linalg.matrix_power(np.eye(4) - 0.05 * run.kernels[0], 60)
    np.testing.assert_allclose(
        run.train_outputs[1], y + decay @ (run.train_outputs[0] - y), rtol=1e-11
    )
    np.testing.assert_allclose(run.kernels[1], run.kernels[0], rtol=1e-12)


def test_wide_networks_barely_change_their_kernel():
    changes = []
    for width in (64, 1024):
        parameters, x, y = case(width=width, hidden_layers=1, networks=20)
        run = ntk_mlp.train(
            parameters, x, y, 0.1, [0, 20], activation="erf", record_kernel=True, **SCALES
        )
        changes.append(np.abs(run.kernels[1] - run.kernels[0]).mean())
    assert 8 < changes[0] / changes[1] < 32


def test_divergence_is_told_with_its_step():
    parameters, x, y = case(width=200)
    with pytest.raises(FloatingPointError, match=r"diverged at step \d+.*learning_rate = 50"):
        ntk_mlp.train(parameters, x, y, 50.0, [0, 500], activation="relu", **SCALES)


def test_same_generator_same_networks():
    one, other = (case(networks=2)[0] for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
    assert [a.shape for a in one] == [(2, 4, 3), (2, 4), (2, 4, 4), (2, 4), (2, 4), (2,)]


def altered(position, array):
    parameters = case()[0]
    parameters[position] = array
    return parameters


X = np.ones((2, 3))
BAD = [
    ({"parameters": case()[0][:3]}, "parameters holds 3 arrays"),
    ({"parameters": altered(2, np.ones((4, 3)))}, r"parameters\[2\] has shape \(4, 3\)"),
    ({"parameters": altered(4, np.full(4, np.nan))}, r"parameters\[4\] holds NaN"),
    ({"parameters": altered(0, np.ones(3))}, r"parameters\[0\] has shape \(3,\)"),
    ({"activation": "sine"}, "activation = 'sine'"),
    ({"activation": ("leaky_relu", np.inf)}, "slope of leaky_relu"),
    ({"activation": ("polynomial", [])}, "coefficients of polynomial"),
    ({"sigma_w": 0.0}, "sigma_w = 0.0"),
    ({"sigma_b": -1.0}, "sigma_b = -1.0"),
    ({"sigma_b": np.nan}, "sigma_b = nan"),
    ({"X": np.ones((2, 4))}, "X has 4 columns; the networks have 3 inputs"),
    ({"X": np.ones(3)}, r"X has shape \(3,\)"),
    ({"y": np.ones(3)}, r"y has shape \(3,\); needs \(2,\)"),
    ({"y": [np.nan, 1.0]}, "y holds NaN"),
    ({"learning_rate": -0.1}, "learning_rate = -0.1"),
    ({"steps": [3, 1]}, "steps must increase"),
    ({"X_test": np.ones((2, 2))}, "X_test has 2 columns"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_arguments_are_named(change, message):
    given = {
        "parameters": case()[0], "X": X, "y": np.ones(2), "learning_rate": 0.1, "steps": [0, 1],
        "activation": "relu", **change,
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        ntk_mlp.train(**given)


@pytest.mark.parametrize(
    ("width", "hidden_layers", "networks"), [(0, 1, 1), (4, 0, 1), (4, 1, 0), (2.5, 1, 1)]
)
def test_sizes_are_whole(width, hidden_layers, networks):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="whole number >= 1"):
        ntk_mlp.initial_parameters(3, width, hidden_layers, rng, networks=networks)


def test_networks_that_fit_no_memory_are_refused():
    with pytest.raises(ValueError, match="the parameters need .* GiB"):
        ntk_mlp.initial_parameters(3, 10**7, 3, np.random.default_rng(0))


def test_a_dropped_layer_would_be_noticed():
    """Every layer adds to the kernel: no proper subset of layers gives the Gram matrix."""
    parameters, x, _ = case()
    settings = {"activation": "erf", **SCALES}
    kernel = ntk_mlp.empirical_ntk(parameters, x, **settings)
    network = checked_network(parameters, **settings)
    inputs, backs = ntk_mlp_layers._forward_and_backward(network, x.T, False)
    parts = []
    for layer, a in enumerate(inputs):
        gram = 1.3**2 / len(a[0] if layer else a) * np.squeeze(np.swapaxes(a, -1, -2) @ a) + 0.16
        parts.append(gram * (backs[layer][0].T @ backs[layer][0] if layer < 2 else 1))
    np.testing.assert_allclose(sum(parts), kernel, rtol=1e-12)
    for kept in itertools.chain.from_iterable(itertools.combinations(range(3), k) for k in (1, 2)):
        assert np.abs(sum(parts[k] for k in kept) - kernel).max() > 0.05
