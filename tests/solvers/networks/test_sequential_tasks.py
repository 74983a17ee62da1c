"""Students of tasks in sequence: exact ends certified by explicit loops, averages by sampling."""

import numpy as np
import pytest

from lazyrich.solvers.networks import sequential_tasks as students


def data(seed, shapes, n_inputs):
    rng = np.random.default_rng(seed)
    inputs = [rng.standard_normal((n, n_inputs)) for n in shapes]
    return inputs, [rng.standard_normal(n) for n in shapes], rng.standard_normal(n_inputs)


def test_fitted_weights_are_the_nearest_that_fit():
    inputs, labels, w0 = data(0, (2, 3, 1), 5)
    weights = students.fit_sequence(inputs, labels, w0)
    np.testing.assert_array_equal(weights[0], w0)
    for x, y, before, after in zip(inputs, labels, weights, weights[1:], strict=False):
        np.testing.assert_allclose(x @ after, y, rtol=1e-12)
        change = after - before
        np.testing.assert_allclose(np.linalg.pinv(x) @ x @ change, change, atol=1e-13)


def test_more_samples_than_weights_give_least_squares():
    inputs, labels, w0 = data(1, (20, 30), 4)
    weights = students.fit_sequence(inputs, labels, w0)
    expected = [np.linalg.lstsq(x, y)[0] for x, y in zip(inputs, labels, strict=True)]
    np.testing.assert_allclose(weights[1:], expected, rtol=1e-11)


def test_explicit_loops_certify_descent():
    inputs, labels, w0 = data(2, (2, 3, 9), 5)
    rate, steps = 0.2, 13
    loop = students.train_sequence(inputs, labels, w0, rate, steps)
    exact = students.fit_sequence(inputs, labels, w0, rate * steps, learning_rate=rate)
    np.testing.assert_allclose(loop, exact, rtol=1e-12, atol=1e-13)


def test_explicit_loops_approach_the_flow_to_first_order():
    inputs, labels, w0 = data(3, (2, 3), 5)
    flow = students.fit_sequence(inputs, labels, w0, 1.0)
    gaps = [
        np.abs(students.train_sequence(inputs, labels, w0, 1 / n, n) - flow).max()
        for n in (500, 1000)
    ]
    assert gaps[0] < 0.02 and gaps[0] / gaps[1] == pytest.approx(2, rel=0.03)


def test_explicit_loops_end_at_the_fit_with_a_rate_of_each_task():
    inputs, labels, w0 = data(4, (2, 3), 8)
    rates = [len(x) / np.linalg.norm(x, 2) ** 2 for x in inputs]
    loop = students.train_sequence(inputs, labels, w0, rates, 3000)
    np.testing.assert_allclose(loop, students.fit_sequence(inputs, labels, w0), atol=1e-12)


def test_an_explicit_loop_written_out():
    inputs, labels, w = data(5, (3, 2), 4)
    weights = students.train_sequence(inputs, labels, w, 0.1, 7)
    for x, y, after in zip(inputs, labels, weights[1:], strict=True):
        for _ in range(7):
            w = w - 0.1 * x.T @ (x @ w - y) / len(y)
        np.testing.assert_allclose(after, w, rtol=1e-13)


def test_several_students_at_once():
    inputs, labels, w0 = data(6, (2, 3), 5)
    labels = [np.column_stack([y, 2 * y]) for y in labels]
    both = students.fit_sequence(inputs, labels, np.column_stack([w0, 2 * w0]), 0.7)
    alone = students.fit_sequence(inputs, [y[:, 0] for y in labels], w0, 0.7)
    np.testing.assert_allclose(both[..., 0], alone, rtol=1e-13)
    np.testing.assert_allclose(both[..., 1], 2 * alone, rtol=1e-13)


@pytest.mark.parametrize(
    ("t", "rate"), [(np.inf, None), (0.6, None), (0.6, 0.2), (np.inf, 0.2), (0.0, None)]
)
def test_averages_are_those_of_sampled_noise_and_rotations(t, rate):
    """Rotations and noise are averaged over an orthogonal design of each, which is exact."""
    inputs = data(7, (2, 6), 4)[0]
    rng, teachers, noise_var = np.random.default_rng(8), np.array([[1.0, 0.0], [0.5, -1.2]]), 0.3
    given = {"t": t, "learning_rate": rate}
    found = students.averaged_errors(inputs, teachers, noise_var=noise_var, **given)
    draws = 3000
    frames = np.linalg.qr(rng.standard_normal((draws, 4, 4)))[0][:, :, :2]
    w = np.einsum("rni,ki->nkr", frames, teachers)  # weights, teacher, draw
    noise = [np.sqrt(noise_var) * rng.standard_normal((len(x), draws)) for x in inputs]
    labels = [x @ w[:, k] + noise[k] for k, x in enumerate(inputs)]
    weights = students.fit_sequence(inputs, labels, np.zeros((4, draws)), **given)
    errors = ((weights[1:, :, None] - w) ** 2).sum(axis=1)  # after, task, draw
    gap = errors.mean(axis=-1).T - found
    assert np.all(np.abs(gap) <= 4.5 * errors.std(axis=-1).T / np.sqrt(draws) + 1e-12)


def test_averages_over_times_come_first_and_agree():
    inputs = data(9, (2, 3), 4)[0]
    times = np.array([[0.3, np.inf]])
    found = students.averaged_errors(inputs, np.eye(2), times, noise_var=0.1)
    assert found.shape == (1, 2, 2, 2)
    alone = students.averaged_errors(inputs, np.eye(2), 0.3, noise_var=0.1)
    np.testing.assert_array_equal(found[0, 0], alone)


def test_a_wrong_order_of_tasks_is_noticed():
    inputs = data(10, (2, 3), 4)[0]
    there, back = (students.averaged_errors(x, np.eye(2)) for x in (inputs, inputs[::-1]))
    assert np.abs(there - back).max() > 0.01


X, Y = [[[1.0, 2.0]]], [[1.0]]


@pytest.mark.parametrize(
    ("function", "arguments", "more", "message"),
    [
        (students.fit_sequence, ([], [], [0.0]), {}, "needs a list of tasks"),
        (students.fit_sequence, (X, [], [0.0, 0.0]), {}, "needs one array for each of 1"),
        (students.fit_sequence, (X, [[1.0, 2.0]], [0.0, 0.0]), {}, r"labels\[0\] has shape"),
        (students.fit_sequence, (X, [[np.nan]], [0.0, 0.0]), {}, r"labels\[0\] holds NaN"),
        (students.fit_sequence, (X, Y, [0.0]), {}, r"w0 has shape \(1,\)"),
        (students.fit_sequence, (X, Y, [0.0, np.inf]), {}, "w0 holds NaN or inf"),
        (students.fit_sequence, (X, Y, [0.0, 0.0], -1.0), {}, "t = -1.0"),
        (students.fit_sequence, (X, Y, [0.0, 0.0], [1.0]), {}, "needs one time"),
        (students.fit_sequence, (X, Y, [0.0, 0.0], 1.0), {"learning_rate": 0.5}, "diverges"),
        (students.fit_sequence, (X, Y, [0.0, 0.0], 1.0), {"learning_rate": -0.5}, "positive"),
        (students.fit_sequence, (X, Y, [0.0, 0.0], 1.0), {"learning_rate": 0.3}, "whole number"),
        (students.fit_sequence, ([[[0.0, 0.0]]], Y, [0.0, 0.0]), {}, "is zero"),
        (students.fit_sequence, ([*X, [[1.0]]], [*Y, *Y], [0.0, 0.0]), {}, "1 columns"),
        (students.train_sequence, (X, Y, [0.0, 0.0], 0.5, 500), {}, "diverged at step"),
        (students.train_sequence, (X, Y, [0.0, 0.0], [0.1, 0.1], 5), {}, "learning_rates"),
        (students.train_sequence, (X, [[[1.0]]], [[0.0], [0.0]], 0.1, 5), {}, "one student"),
        (students.averaged_errors, (X, [[1.0], [2.0]]), {}, "teachers has 2 rows"),
        (students.averaged_errors, (X, [[1.0]]), {"noise_var": -1.0}, "noise_var = -1.0"),
        (students.averaged_errors, (X, [[1.0]], np.nan), {}, "t = nan"),
    ],
)
def test_bad_arguments(function, arguments, more, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments, **more)
