"""The two-layer ReLU student: gradients, exact population error, divergence, bad input."""

import numpy as np
import pytest

from lazyrich.solvers.networks.relu_student import (
    Network,
    outputs,
    population_error,
    random_network,
    train,
)


def case(seed=0, width=5, n=4, samples=7):
    rng = np.random.default_rng(seed)
    network = random_network(width, n, 0.8, rng)
    return network, rng.standard_normal((samples, n)), rng.standard_normal(samples)


def loss(network, x, y):
    return np.mean((y - outputs(network, x)) ** 2) / 2


def test_a_step_follows_the_numerical_gradient():
    network, x, y = case()
    rate, h = 0.3, 1e-6
    after = train(network, x, y, rate, [1]).network
    for layer in (0, 1):
        for index in np.ndindex(network[layer].shape):
            sides = []
            for sign in (1, -1):
                moved = [array.copy() for array in network]
                moved[layer][index] += sign * h
                sides.append(loss(Network(*moved), x, y))
            gradient = (sides[0] - sides[1]) / (2 * h)
            change = after[layer][0][index] - network[layer][index]
            assert change == pytest.approx(-rate * gradient, abs=1e-8)


def test_records_are_those_of_plain_numpy():
    network, x, y = case(1, width=6, n=3, samples=9)
    run = train(network, x, y, 0.2, [0, 1, 5, 40])
    w, a = (array.copy() for array in network)
    found = {}
    for step in range(41):
        hidden = np.maximum(x @ w.T / np.sqrt(3), 0)
        residual = hidden @ a / np.sqrt(6) - y
        found[step] = np.mean(residual**2), w.copy(), a.copy()
        back = residual[:, None] * a / np.sqrt(6) * (hidden > 0) / 9
        a = a - 0.2 * hidden.T @ residual / np.sqrt(6) / 9
        w = w - 0.2 * back.T @ x / np.sqrt(3)
    for k, step in enumerate(run.steps):
        assert run.train_error[k] == pytest.approx(found[step][0], rel=1e-11)
        np.testing.assert_allclose(run.network.first[k], found[step][1], rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(run.network.second[k], found[step][2], rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(network.first, case(1, width=6, n=3, samples=9)[0].first)


def test_population_error_by_sampling():
    student, teacher = case(2)[0], case(3, width=3)[0]
    x = np.random.default_rng(4).standard_normal((400_000, 4))
    squares = (outputs(student, x) - outputs(teacher, x)) ** 2
    error = squares.std() / np.sqrt(len(x))
    assert population_error(student, teacher) == pytest.approx(squares.mean(), abs=4 * error)
    assert 4 * error < 0.02 * squares.mean()


def test_population_error_of_equal_networks_and_of_trajectories():
    network, x, y = case(5)
    order = np.random.default_rng(0).permutation(5)
    equal = Network(2.0 * network.first[order], network.second[order] / 2.0)
    assert population_error(equal, network) == pytest.approx(0, abs=1e-14)
    run = train(network, x, y, 0.1, [0, 10])
    along = population_error(run.network, equal)
    assert along.shape == (2,) and along[0] == pytest.approx(0, abs=1e-14) and along[1] > 0


def test_divergence_raises_with_its_step():
    network, x, y = case(6)
    with pytest.raises(FloatingPointError, match=r"diverged at step \d+"):
        train(network, x, y, 1e3, [1000])


@pytest.mark.parametrize(
    ("altered", "message"),
    [
        ({"inputs": np.ones((7, 3))}, "layers of shape"),
        ({"labels": np.ones(6)}, "labels"),
        ({"labels": np.full(7, np.nan)}, "labels"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"record_steps": [3, 2]}, "record_steps"),
        ({"record_steps": []}, "empty"),
        ({"network": Network(np.ones((5, 4)), np.ones(4))}, "layers of shape"),
        ({"network": Network(np.ones((5, 4)), np.full(5, np.inf))}, "second"),
    ],
)
def test_bad_input_is_refused(altered, message):
    network, x, y = case()
    given = {
        "network": network,
        "inputs": x,
        "labels": y,
        "learning_rate": 0.1,
        "record_steps": [1],
    }
    with pytest.raises(ValueError, match=message):
        train(**(given | altered))


def test_other_bad_input():
    with pytest.raises(ValueError, match="width"):
        random_network(0, 3, 1.0, np.random.default_rng(0))
    with pytest.raises(ValueError, match="scale"):
        random_network(2, 3, -1.0, np.random.default_rng(0))
    with pytest.raises(ValueError, match="inputs"):
        population_error(case()[0], case(n=3)[0])
