"""Training of encoders on two views, against samples, finite differences and its own symmetries."""

import doctest

import numpy as np
import pytest

from lazyrich.solvers.networks import self_distillation
from lazyrich.solvers.networks.self_distillation import (
    Start,
    Views,
    loss,
    structured_start,
    train,
    views_from_features,
    views_from_samples,
)

RATE = 1e-3
OBJECTIVES = ("jepa", "mae")


def pairs(seed=0, n=40, d=4):
    rng = np.random.default_rng(seed)
    signal = rng.standard_normal((n, d)) @ rng.standard_normal((d, d))
    return [signal + rng.standard_normal((n, d)) for _ in range(2)]


def random_start(depth, d=4, seed=1):
    rng = np.random.default_rng(seed)
    layers = 0.4 * rng.standard_normal((depth, d, d))
    return Start(layers, 0.4 * rng.standard_normal((d, d)))


def encoded(layers, rows):
    for layer in layers:
        rows = rows @ layer.T
    return rows


def sample_loss(layers, predictor, x, goal):
    return ((encoded(layers, x) @ predictor.T - goal) ** 2).sum() / (2 * len(x))


def numerical_gradient(function, at):
    gradient = np.empty_like(at)
    for index in np.ndindex(at.shape):
        moved = []
        for sign in (1, -1):
            there = at.copy()
            there[index] += sign * 1e-5
            moved.append(function(there))
        gradient[index] = (moved[0] - moved[1]) / 2e-5
    return gradient


def layer_after_one_step(start, views, objective, **given):
    """The single layer and the predictor after one update."""
    run = train(start, views, objective, RATE, [0, 1], **given)
    return run.encoder[1], run.predictor[1]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_one_update_follows_the_gradient_of_the_sampled_loss(objective):
    x, y = pairs()
    start = random_start(1)
    goal = encoded(start.layers, y) if objective == "jepa" else y
    encoder, predictor = layer_after_one_step(start, views_from_samples(x, y), objective)
    for changed, gradient in (
        (
            encoder - start.layers[0],
            numerical_gradient(
                lambda w: sample_loss([w], start.predictor, x, goal), start.layers[0]
            ),
        ),
        (
            predictor - start.predictor,
            numerical_gradient(
                lambda v: sample_loss(start.layers, v, x, goal), start.predictor.copy()
            ),
        ),
    ):
        np.testing.assert_allclose(changed / -RATE, gradient, rtol=1e-6, atol=1e-7)


def test_the_gradient_through_the_target_is_another():
    x, y = pairs()
    start = random_start(1)
    encoder, _ = layer_after_one_step(start, views_from_samples(x, y), "jepa")
    through = numerical_gradient(
        lambda w: sample_loss([w], start.predictor, x, y @ w.T), start.layers[0]
    )
    assert np.abs((encoder - start.layers[0]) / -RATE - through).max() > 0.3 * np.abs(through).max()


@pytest.mark.parametrize("depth", [2, 3, 5])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_layer_follows_its_gradient(objective, depth):
    """The product of the layers, each moved by its own finite-difference gradient."""
    x, y = pairs()
    start, small = random_start(depth), 1e-5
    goal = encoded(start.layers, y) if objective == "jepa" else y
    run = train(start, views_from_samples(x, y), objective, small, [0, 1])
    gradient = numerical_gradient(
        lambda layers: sample_loss(layers, start.predictor, x, goal), start.layers
    )
    moved = start.layers - small * gradient
    expected = np.linalg.multi_dot(list(moved[::-1]))
    np.testing.assert_allclose(run.encoder[1], expected, atol=1e-9 * np.abs(expected).max())
    without_last = np.linalg.multi_dot([start.layers[-1], *moved[-2::-1]])
    assert np.abs(run.encoder[1] - without_last).max() > 1e-7 * np.abs(expected).max()


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_recorded_losses_are_those_of_the_samples(objective):
    x, y = pairs()
    run = train(random_start(2), views_from_samples(x, y), objective, 1e-3, [0, 10, 40])
    for k in range(3):
        goal = y @ run.target[k].T if objective == "jepa" else y
        expected = sample_loss([run.encoder[k]], run.predictor[k], x, goal)
        assert run.loss[k] == pytest.approx(expected, rel=1e-12)
    np.testing.assert_array_equal(run.target, run.encoder)
    np.testing.assert_allclose(run.strengths**2, np.diagonal(run.overlaps, axis1=1, axis2=2))
    for k in range(3):
        norms = np.linalg.norm(run.encoder[k], axis=0)
        np.testing.assert_allclose(run.strengths[k], norms)


def test_moving_average_follows_layer_by_layer():
    views = views_from_samples(*pairs())
    start, kappa, rate = random_start(2), 5.0, 0.01
    run = train(start, views, "jepa", rate, [0, 1, 2, 3], ema_rate=kappa)
    np.testing.assert_allclose(run.target[1], run.encoder[0])  # the target of step 0 is the start
    first = train(start, views, "jepa", rate, [0, 1])
    np.testing.assert_allclose(first.encoder, run.encoder[:2])
    assert np.abs(run.encoder[2] - train(start, views, "jepa", rate, [2]).encoder[0]).max() > 1e-5
    averaged = start.layers.copy()
    layers, predictor = start.layers.copy(), start.predictor.copy()
    for k in range(3):
        wb, wt = layers[1] @ layers[0], averaged[1] @ averaged[0]
        np.testing.assert_allclose(run.encoder[k], wb, atol=1e-13)
        np.testing.assert_allclose(run.target[k], wt, atol=1e-13)
        residual = wt @ views.sigma_yx - predictor @ wb @ views.sigma_xx
        averaged = averaged + rate * kappa * (layers - averaged)
        change = np.stack(
            [(predictor @ layers[1]).T @ residual, predictor.T @ residual @ layers[0].T]
        )
        predictor = predictor + rate * residual @ wb.T
        layers = layers + rate * change


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_structured_start_stays_decoupled(objective, depth):
    views = views_from_features([1.0, 0.8, 0.6], [0.7, 0.9, 1.2])
    start = structured_start(3, depth, 0.6, objective, np.random.default_rng(0))
    for layer in (*start.layers, start.predictor):
        np.testing.assert_allclose(layer.T @ layer, 0.36 * np.eye(3), atol=1e-14)
    run = train(start, views, objective, 0.01, [0, 500, 3000])
    off_diagonal = run.overlaps * (1 - np.eye(3))
    assert np.abs(off_diagonal).max() < 1e-12
    np.testing.assert_allclose(run.strengths[0], 0.6**depth)
    assert np.ptp(run.strengths[1]) > 0.01
    other = structured_start(3, depth, 0.6, objective, np.random.default_rng(1))
    again = train(other, views, objective, 0.01, [0, 500, 3000])
    np.testing.assert_allclose(again.strengths, run.strengths, rtol=1e-9)


def test_the_start_is_not_changed_and_runs_repeat():
    views, start = views_from_samples(*pairs()), random_start(3)
    kept = [x.copy() for x in start]
    runs = [train(start, views, "jepa", 0.01, [0, 7, 100]) for _ in range(2)]
    for before, after in zip(kept, start, strict=True):
        np.testing.assert_array_equal(before, after)
    for a, b in zip(*runs, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(
        train(start, views, "jepa", 0.01, [100]).encoder[0], runs[0].encoder[-1]
    )


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_divergence_names_its_step(objective):
    views = views_from_features([1.0, 0.8], [0.9, 0.7])
    start = structured_start(2, 2, 0.8, objective, np.random.default_rng(0))
    with pytest.raises(FloatingPointError, match=r"diverged at step [1-9]\d*:"):
        train(start, views, objective, 50.0, [0, 1000])


def test_loss_of_noiseless_views_vanishes_at_the_regression():
    views = views_from_features([1.0, 0.8], [1.25, 1.6])
    assert views.sigma_yy.diagonal().tolist() == pytest.approx([1.25, 1.28])
    assert loss(np.diag([1.25, 1.6]), np.eye(2), None, views) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objective": "byol"}, "objective = 'byol'"),
        ({"learning_rate": 0.0}, "learning_rate = 0.0"),
        ({"record_steps": [3, 3]}, "increase strictly"),
        ({"ema_rate": 200.0}, "0 < ema_rate < 1/learning_rate"),
        ({"ema_rate": 1.0, "objective": "mae"}, "needs 'jepa'"),
        ({"views": Views(np.eye(3), np.eye(3), np.eye(3))}, r"all \(d, d\)"),
        ({"start": Start(np.full((1, 4, 4), np.nan), np.eye(4))}, "NaN"),
    ],
)
def test_bad_input_is_refused(change, message):
    good = {
        "start": random_start(2),
        "views": views_from_samples(*pairs()),
        "objective": "jepa",
        "learning_rate": 0.01,
        "record_steps": [0, 1],
    }
    with pytest.raises(ValueError, match=message):
        train(**{**good, **change})


def test_bad_views_and_starts_are_refused():
    with pytest.raises(ValueError, match="come in pairs"):
        views_from_samples(np.ones((3, 2)), np.ones((3, 1)))
    with pytest.raises(ValueError, match="positive and finite"):
        views_from_features([1.0, -1.0], [0.5, 0.5])
    with pytest.raises(ValueError, match="one length"):
        views_from_features([1.0, 1.0], [0.5])
    with pytest.raises(ValueError, match="initial_weight = 0.0"):
        structured_start(2, 1, 0.0, "jepa", np.random.default_rng(0))
    with pytest.raises(ValueError, match="objective = 'x'"):
        structured_start(2, 1, 0.1, "x", np.random.default_rng(0))


def test_examples_run():
    assert doctest.testmod(self_distillation).failed == 0
