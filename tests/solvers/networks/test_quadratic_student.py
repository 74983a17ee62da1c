"""The quadratic student: gradients, exact test loss, planted starts, divergence, bad input."""

import numpy as np
import pytest

from lazyrich.solvers.networks.quadratic_student import (
    Start,
    learning_rate_of,
    loss_parts,
    planted_start,
    random_inputs,
    random_start,
    train,
)

MODEL = {"output_scale": 0.9, "quadratic_strength": 0.6}


def case(seed=0, width=3, dim=5, samples=130):
    rng = np.random.default_rng(seed)
    return random_start(width, dim, 1.3, rng), random_inputs(samples, dim, rng), rng


def outputs(w, x, alpha=0.9, eps=0.6):
    h = x @ w.T
    return alpha * (h + eps * h**2 / 2).mean(axis=1)


@pytest.mark.parametrize("centered", [True, False])
def test_a_step_follows_the_numerical_gradient(centered):
    start, x, rng = case()
    noise, rate, h = rng.standard_normal(len(x)), 0.7, 1e-6
    base = outputs(start.weights, x) if centered else 0.0
    y = 0.5 * (x @ start.beta) ** 2 + noise
    after = train(start, x, rate, [1], centered=centered, label_noise=noise, **MODEL).weights[0]
    for index in np.ndindex(start.weights.shape):
        sides = []
        for sign in (1, -1):
            moved = start.weights.copy()
            moved[index] += sign * h
            sides.append(np.mean((outputs(moved, x) - base - y) ** 2))
        gradient = (sides[0] - sides[1]) / (2 * h)
        assert after[index] - start.weights[index] == pytest.approx(-rate * gradient, abs=1e-8)


@pytest.mark.parametrize(("centered", "width", "dim"), [(True, 3, 5), (False, 2, 40), (True, 7, 3)])
def test_records_are_those_of_plain_numpy(centered, width, dim):
    start, x, _ = case(1, width, dim, 70)
    steps, rate = [0, 1, 4, 30], 0.3
    run = train(
        start, x, rate, steps, centered=centered, target_factor=0.8, weight_steps=[1, 30], **MODEL
    )
    w, y = start.weights.copy(), 0.8 * (x @ start.beta) ** 2
    base = outputs(w, x) if centered else 0.0
    for step in range(31):
        error = outputs(w, x) - base - y
        if step in steps:
            k = steps.index(step)
            moment = w.T @ w / width
            assert run.train_loss[k] == pytest.approx(np.mean(error**2), rel=1e-11)
            assert run.second_moment_norm[k] == pytest.approx(np.linalg.norm(moment), rel=1e-11)
            aligned = start.beta @ moment @ start.beta / (start.beta @ start.beta)
            assert run.second_moment_aligned[k] == pytest.approx(aligned, rel=1e-11)
            assert run.weight_norm[k] == pytest.approx(np.linalg.norm(w), rel=1e-11)
            np.testing.assert_allclose(run.mean_weight[k], w.mean(axis=0), atol=1e-12)
            np.testing.assert_allclose(run.overlap[k], w @ start.beta / dim, atol=1e-12)
            if step in run.weight_steps:
                kept = run.weights[list(run.weight_steps).index(step)]
                np.testing.assert_allclose(kept, w, rtol=1e-10, atol=1e-12)
        slope = error[:, None] * (1 + 0.6 * x @ w.T)
        w = w - rate * 2 * 0.9 / (width * len(x)) * slope.T @ x
    np.testing.assert_array_equal(start.weights, case(1, width, dim, 70)[0].weights)


@pytest.mark.parametrize(("width", "dim", "centered"), [(2, 4, True), (2, 30, False), (9, 4, True)])
def test_test_loss_by_sampling(width, dim, centered):
    start, _, rng = case(2, width, dim)
    w = start.weights + 0.5 * rng.standard_normal((width, dim)) + 0.4 * start.beta
    first = start.weights if centered else None
    parts = loss_parts(w, start.beta, 0.9, 0.6, start=first, target_factor=0.7)
    x = random_inputs(400_000, dim, rng)
    error = outputs(w, x) - 0.7 * (x @ start.beta) ** 2
    if centered:
        error = error - outputs(start.weights, x)
    expected, spread = np.mean(error**2), np.std(error**2) / np.sqrt(len(x))
    assert parts.sum() == pytest.approx(expected, abs=4 * spread)
    assert 4 * spread < 0.03 * expected


def test_test_loss_of_start_and_of_perfect_student():
    start, _, _ = case(3, 2, 30)
    parts = loss_parts(start.weights, start.beta, 0.9, 0.6, start=start.weights)
    np.testing.assert_allclose(parts, [0, 1.3**2 / 4, 1.3**2 / 2], atol=1e-12)
    teacher = start.beta / np.sqrt(0.9 * 0.6)
    pair = np.array([np.sqrt(1.0) * teacher, -np.sqrt(1.0) * teacher])
    np.testing.assert_allclose(loss_parts(pair, start.beta, 0.9, 0.6), 0, atol=1e-12)


def test_losses_recorded_are_those_of_the_weights_kept():
    start, x, _ = case(4, 3, 20)
    run = train(start, x, 0.5, [0, 10], **MODEL)
    last = loss_parts(run.weights[0], start.beta, 0.9, 0.6, start=start.weights)
    np.testing.assert_allclose(run.test_parts[1], last, rtol=1e-12)
    assert run.test_loss[1] == pytest.approx(last.sum())


def test_planted_overlaps_are_exact_and_directions_random():
    gram = np.array([[1.0, 0.3, -0.2], [0.3, 1.2, 0.1], [-0.2, 0.1, 0.8]])
    overlap = np.array([0.3, 0.1, -0.2])
    rng = np.random.default_rng(0)
    for dim in (4, 50):
        start = planted_start(dim, overlap, rng, gram=gram, teacher_power=1.3)
        np.testing.assert_allclose(start.weights @ start.weights.T / dim, gram, atol=1e-12)
        np.testing.assert_allclose(start.weights @ start.beta / dim, overlap, atol=1e-12)
        assert start.beta @ start.beta == pytest.approx(1.3 * dim)
    betas = np.array([planted_start(4, overlap, rng, gram=gram).beta for _ in range(4000)])
    np.testing.assert_allclose(betas.mean(axis=0), 0, atol=4 / np.sqrt(4000))
    np.testing.assert_allclose(betas.T @ betas / 4000, np.eye(4), atol=0.1)


def test_scaled_learning_rate():
    start, x, _ = case(5, 2, 6, 60)
    rate = learning_rate_of(0.3, 2, 6, 0.9)
    after = train(start, x, rate, [1], **MODEL).weights[0]
    slope = -0.5 * ((x @ start.beta) ** 2)[:, None] * (1 + 0.6 * x @ start.weights.T)
    np.testing.assert_allclose(
        after, start.weights - 0.3 / (0.9 * len(x) / 6) * slope.T @ x, rtol=1e-12
    )


def test_divergence_raises_with_its_step():
    start, x, _ = case(6, 2, 20, 60)
    with pytest.raises(FloatingPointError, match=r"diverged at step \d+:") as diverged:
        train(start, x, 100.0, [0, 5000], **MODEL)
    step = int(str(diverged.value).split("step ")[1].split(":")[0])
    assert step > 1 and np.isfinite(train(start, x, 100.0, [step - 1], **MODEL).train_loss).all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate = 0.0"),
        ({"learning_rate": np.nan}, "learning_rate"),
        ({"output_scale": -1.0}, "output_scale = -1.0"),
        ({"quadratic_strength": [1.0]}, "quadratic_strength"),
        ({"inputs": np.ones((4, 3))}, "3 columns"),
        ({"inputs": np.full((4, 5), np.nan)}, "inputs holds NaN"),
        ({"record_steps": [3, 1]}, "record_steps"),
        ({"record_steps": []}, "record_steps is empty"),
        ({"weight_steps": [2]}, "among record_steps"),
        ({"label_noise": [1.0]}, "label_noise has shape"),
        ({"start": Start(np.ones((2, 5)), np.ones(4))}, "start.beta has shape"),
    ],
)
def test_bad_input_is_refused(changed, message):
    start, x, _ = case()
    given = {"start": start, "inputs": x, "learning_rate": 0.1, "record_steps": [0, 1], **MODEL}
    with pytest.raises(ValueError, match=message):
        train(**(given | changed))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dim": 2, "overlap": [0.1, 0.2]}, "dim = 2"),
        ({"dim": 9, "overlap": [1.5]}, "no vectors"),
        ({"dim": 9, "overlap": []}, "one finite number a unit"),
        ({"dim": 9, "overlap": [0.1, np.nan]}, "one finite number a unit"),
        ({"dim": 9, "overlap": [0.1, 0.2], "gram": np.eye(3)}, "gram has shape"),
        ({"dim": 9, "overlap": [0.1], "teacher_power": 0.0}, "teacher_power = 0.0"),
    ],
)
def test_impossible_plants_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        planted_start(rng=np.random.default_rng(0), **given)
