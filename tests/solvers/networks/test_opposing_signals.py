"""The one-unit network on opposing signals, against gradients and curvature example by example."""

import numpy as np
import pytest
from mpmath import mp
from numpy.testing import assert_allclose

from lazyrich.solvers.networks.opposing_data import from_examples, population, sampled
from lazyrich.solvers.networks.opposing_signals import hessian, train

BETA = np.array([1.2, 0.0, -1.6])
START = {"b_s": [0.05, 0.07, 0.02], "b_o": [0.06, -0.08], "c": 0.1}


def examples(n=400, **changes):
    kinds = {"n_outliers": 2, "outlier_size": 3.0, "probability": 0.4} | changes
    return sampled(np.random.default_rng(3), n, BETA, **kinds)


def descended(data, b_s, b_o, c, rate, n_steps):
    """Back-propagation example by example; weights and group losses at every step."""
    x, y, group = data
    b, seen = np.array([*b_s, *b_o]), []
    for _ in range(n_steps + 1):
        error = c * x @ b - y
        losses = [np.mean(error[group == k] ** 2) / 2 for k in range(3)]
        seen.append([c, *b, np.mean(error**2) / 2, *losses])
        c, b = c - rate * np.mean(error * (x @ b)), b - rate * c * np.mean(error[:, None] * x, 0)
    return np.array(seen)


def test_follows_back_propagation_on_the_examples():
    data = examples()
    run = train(from_examples(data, 3), *START.values(), 0.03, np.arange(151))
    weights = np.column_stack([run.c, run.b_s, run.b_o])
    expected = descended(data, *START.values(), 0.03, 150)
    assert_allclose(weights, expected[:, :6], atol=1e-12)
    assert_allclose(run.loss, expected[:, 6], atol=1e-12)
    assert_allclose(run.group_losses, expected[:, 7:], atol=1e-12)
    assert_allclose(run.log_b_o, np.log(np.linalg.norm(run.b_o, axis=1)), atol=1e-12)


def test_records_do_not_depend_on_which_steps_are_recorded():
    data = from_examples(examples(), 3)
    every = train(data, *START.values(), 0.03, np.arange(101))
    some = train(data, *START.values(), 0.03, [7, 100])
    assert np.array_equal(every.b_s[[7, 100]], some.b_s)
    assert np.array_equal(every.group_losses[[7, 100]], some.group_losses)


@pytest.mark.parametrize("positive_share", [0.5, 0.8])
def test_many_examples_have_the_moments_of_the_population(positive_share):
    kinds = {"n_outliers": 2, "outlier_size": 3.0, "probability": 0.4}
    kinds["positive_share"] = positive_share
    n = 200_000
    found = from_examples(examples(n, **kinds), 3)
    stated = population(BETA, **kinds)
    for one, other in zip(found.whole(), stated.whole(), strict=True):
        assert_allclose(one, other, atol=5 * 10 / np.sqrt(n))
    assert_allclose(found.share, stated.share, atol=0.01)
    assert_allclose(found.sigma_yx, stated.sigma_yx, atol=0.08)


def test_opposing_groups_cancel_to_the_last_bit():
    xx, yx, _ = population(BETA, 5, 7.3, 0.1).whole()
    assert np.all(yx[3:] == 0) and np.all(xx[:3, 3:] == 0)
    assert_allclose(xx[3:, 3:], 0.1 * 7.3**2 / 5 * np.eye(5), rtol=1e-15)
    uneven = population(BETA, 5, 7.3, 0.1, positive_share=0.75).whole()[1]
    assert_allclose(uneven[3:], 0.1 * 7.3 * 0.5 / 5, rtol=1e-14)


def test_hessian_is_that_of_the_loss_on_examples():
    data = examples()
    with mp.workdps(30):
        h = mp.mpf("1e-8")

        def loss(point):
            c, b = point[0], point[1:]
            output = [c * sum(w * v for w, v in zip(b, row, strict=True)) for row in rows]
            return sum((f - y) ** 2 for f, y in zip(output, targets, strict=True)) / 2 / len(rows)

        rows = [[mp.mpf(float(v)) for v in row] for row in data.inputs[:25]]
        targets = [mp.mpf(float(y)) for y in data.targets[:25]]
        at = [mp.mpf(float(v)) for v in (0.7, 0.2, -0.4, 0.9, 0.3, -0.2)]

        def difference(i, j):
            total = mp.mpf(0)
            for s in (1, -1):
                for r in (1, -1):
                    moved = list(at)
                    moved[i] += s * h
                    moved[j] += r * h
                    total += s * r * loss(moved)
            return float(total / (4 * h * h))

        expected = np.array([[difference(i, j) for j in range(6)] for i in range(6)])
    few = from_examples(type(data)(*(part[:25] for part in data)), 3)
    assert_allclose(hessian(few, 0.7, [0.2, -0.4, 0.9], [0.3, -0.2]), expected, atol=1e-12)


def test_outliers_return_from_below_the_smallest_float():
    """Against 30 digits: b_o falls below 1e-320 and comes back, and nothing is lost."""
    start, rate, alpha = {**START, "b_o": [1e-305, 0.0]}, 0.022, 50.0
    run = train(population(BETA, 2, 10.0, 1.0), *start.values(), rate, np.arange(6000))
    c, b_s = START["c"], np.array(START["b_s"])
    with mp.workdps(30):
        b, logs = mp.mpf("1e-305"), []
        for _ in range(450):
            logs.append(float(mp.log(abs(b))))
            residual = c * b_s - BETA
            b *= 1 - rate * alpha * c**2
            c, b_s = c - rate * b_s @ residual, b_s - rate * c * residual
    assert_allclose(run.log_b_o[:450], logs, atol=1e-6)
    assert run.log_b_o.min() < -750 and np.all(run.b_o[np.argmin(run.log_b_o)] == 0)
    assert run.log_b_o[450:].max() > np.log(1e-3)  # it came back and spiked


def test_an_imbalance_keeps_outliers_at_a_floor():
    run = train(population(BETA, 1, 10.0, 0.5, 0.6), [0.1, 0, 0], [0.1], 0.1, 0.01, [3000])
    assert run.log_b_o[0] == pytest.approx(np.log(0.5 * 10 * 0.2 / 50 / run.c[0]), rel=1e-10)


def test_divergence_is_raised_with_its_step():
    with pytest.raises(FloatingPointError, match="diverged at step"):
        train(population(BETA, 2, 10.0, 1.0), *START.values(), 0.1, [2000])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"b_s": [0.1]}, "b_s has shape"),
        ({"c": np.nan}, "must be finite"),
        ({"learning_rate": 0.0}, "learning_rate = 0.0 is outside"),
        ({"steps": [3, 3]}, "increasing counts"),
        ({"steps": []}, "increasing counts"),
        ({"steps": [0.5]}, "increasing counts"),
    ],
)
def test_bad_training_is_refused(changes, message):
    given = {**START, "learning_rate": 0.01, "steps": [10]} | changes
    with pytest.raises(ValueError, match=message):
        train(population(BETA, 2, 10.0, 1.0), **given)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"beta": []}, "beta"),
        ({"n_outliers": 0}, "n_outliers = 0"),
        ({"outlier_size": -1.0}, "outlier_size = -1.0"),
        ({"probability": 0.0}, r"\(0, 1\]"),
        ({"positive_share": 1.5}, r"\[0, 1\]"),
    ],
)
def test_bad_data_are_refused(changes, message):
    given = {"beta": BETA, "n_outliers": 2, "outlier_size": 3.0, "probability": 0.4} | changes
    with pytest.raises(ValueError, match=message):
        population(**given)
    with pytest.raises(ValueError, match="n_samples"):
        sampled(np.random.default_rng(0), 0, BETA, 2, 3.0, 0.4)
