"""Ensembles of two-layer ReLU networks: gradients, laziness, mirror images, errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lazyrich.solvers.networks import relu_ensemble as networks

X = np.array([[1.0, 0.0, -0.5], [0.3, 1.0, 0.0]])
Y = np.array([[1.0, -1.0], [0.5, 2.0]])


def start(n_networks=3, width=40, seed=0):
    return networks.random_ensemble(n_networks, width, 3, 2, np.random.default_rng(seed))


def loss(first, second, scale, f0):
    f = networks.outputs(networks.Ensemble(first, second), X)
    return 0.5 * np.sum((f0 + scale * (f - f0) - Y) ** 2, axis=(1, 2))


@pytest.mark.parametrize("scale", [1.0, 5.0])
def test_a_step_is_minus_the_gradient(scale):
    before = start(n_networks=1, width=6)
    f0 = networks.outputs(before, X)
    once, _ = networks.train(before, X, Y, 0.01, 1, output_scale=scale)
    for part in range(2):
        step = once[part] - before[part]
        for index in np.ndindex(step.shape):
            h = np.zeros(step.shape)
            h[index] = 1e-6
            moved = [
                [w + sign * h if p == part else w for p, w in enumerate(before)] for sign in (1, -1)
            ]
            slope = np.subtract(*(loss(*weights, scale, f0)[0] for weights in moved)) / 2e-6
            assert step[index] == pytest.approx(-0.01 / scale**2 * slope, abs=1e-9)


def test_training_reaches_the_labels_and_leaves_the_start():
    before = start()
    kept = before.first.copy()
    after, losses = networks.train(before, X, Y, 0.5, 10000, tolerance=1e-14)
    assert_allclose(networks.outputs(after, X), np.broadcast_to(Y, (3, 2, 2)), atol=2e-7)
    assert np.all(losses <= 1e-14)
    np.testing.assert_array_equal(before.first, kept)


def test_scaled_networks_learn_the_same_and_move_less():
    before = start(width=400)
    moved = []
    for scale in (8.0, 32.0):
        after, _ = networks.train(before, X, Y, 0.5, 3000, output_scale=scale, tolerance=1e-20)
        out = networks.scaled_outputs(before, after, X, scale)
        assert_allclose(out, np.broadcast_to(Y, (3, 2, 2)), atol=1e-8)
        moved.append(np.linalg.norm(after.first - before.first))
    assert moved[0] / moved[1] == pytest.approx(4, rel=0.02)


def test_networks_learn_independently_of_each_other():
    before = start()
    alone = networks.Ensemble(before.first[1:2], before.second[1:2])
    together, _ = networks.train(before, X, Y, 0.5, 50)
    single, _ = networks.train(alone, X, Y, 0.5, 50)
    np.testing.assert_array_equal(together.first[1], single.first[0])


def test_mirror_images_start_opposite():
    before = start()
    np.testing.assert_array_equal(
        networks.outputs(networks.mirrored(before), X), -networks.outputs(before, X)
    )


def test_start_has_the_predicted_variance():
    ensemble = networks.random_ensemble(2000, 50, 3, 1, np.random.default_rng(1))
    f = networks.outputs(ensemble, np.array([[1.0, 0.0, 0.0]]))
    assert f.var() == pytest.approx(1 / 6, rel=0.1)  # E relu(w)^2/d


@pytest.mark.parametrize(
    ("altered", "message"),
    [
        ({"inputs": np.ones((2, 4))}, "4 columns"),
        ({"inputs": [[np.nan, 0, 0], [0, 0, 0]]}, "NaN"),
        ({"labels": np.ones((2, 3))}, "labels has shape"),
        ({"labels": np.full((2, 2), np.inf)}, "finite"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"n_steps": 0}, "n_steps"),
        ({"output_scale": 0.0}, "output_scale"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"tolerance": np.nan}, "tolerance"),
        ({"ensemble": networks.Ensemble(np.ones((1, 3, 5)), np.ones((1, 2, 4)))}, "shapes"),
        ({"ensemble": networks.Ensemble(np.ones((3, 5)), np.ones((2, 5)))}, "shapes"),
        ({"ensemble": networks.Ensemble(np.full((1, 3, 5), np.nan), np.ones((1, 2, 5)))}, "NaN"),
    ],
)
def test_bad_arguments_are_named(altered, message):
    given = {"ensemble": start(), "inputs": X, "labels": Y, "learning_rate": 0.1, "n_steps": 3}
    with pytest.raises(ValueError, match=message):
        networks.train(**(given | altered))


def test_divergence_is_reported():
    with pytest.raises(FloatingPointError, match="learning_rate = 20.0 is too large"):
        networks.train(start(width=400), X, Y, 20.0, 100, output_scale=1e6)


def test_memory_is_checked_first():
    with pytest.raises(ValueError, match="GiB"):
        networks.random_ensemble(10**6, 10**7, 10, 10, np.random.default_rng(0))
