"""Forgetting of tasks of one teacher, against dense projections, exact fractions and limits."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazyrich.theory.double_descent import forgetting


def recursion(dim, rank, n_tasks):
    """E abs(e_k)^2 and E F_k in exact fractions, task by task, from the moments of P and of P (x) P."""
    d, r, p = Fraction(dim), Fraction(rank), Fraction(dim - rank)
    c2 = p * (d - p) / (d * (d - 1) * (d + 2))
    c1 = p * (p + 2) / (d * (d + 2)) - c2
    total = Fraction(0)
    for m in range(1, n_tasks + 1):
        x, y = Fraction(1), Fraction(0)
        for _ in range(n_tasks - m):
            x, y = c1 * x, c1 * y + c2 * (x * r + y * d)
        total += y * (p / d) ** m
    return float((p / d) ** n_tasks), float(total / n_tasks)


@pytest.mark.parametrize(
    ("dim", "rank"), [(2, 1), (30, 8), (30, 0), (30, 29), (30, 30), (1000, 3), (10**6, 1)]
)
@pytest.mark.parametrize("n_tasks", [1, 2, 3, 4, 17, 40])
def test_random_tasks_against_the_recursion_in_fractions(dim, rank, n_tasks):
    distance, forgotten = forgetting.random_tasks(dim, rank, n_tasks)
    expected = recursion(dim, rank, n_tasks)
    assert distance == pytest.approx(expected[0], rel=1e-13, abs=0)
    assert forgotten == pytest.approx(expected[1], rel=2e-13, abs=0)


def test_numbers_of_the_plane_and_of_30_dimensions():
    """d = 2, r = 1: E cos^2 sin^2 = 1/8 of E abs(e_1)^2 = 1/2, halved over both tasks."""
    assert forgetting.random_tasks(2, 1, 2).forgetting == pytest.approx(1 / 32, rel=1e-15)
    found = forgetting.random_tasks(30, 8, [2, 3, 4]).forgetting
    np.testing.assert_allclose(found, [0.018544, 0.024853, 0.025093], atol=6e-7)


def test_second_moments_of_random_projections_against_sampling():
    """E P A P = c1 A + c2 tr(A) I, which the share 1 - s = 1 - c1/rho rests on."""
    d, r, draws = 5, 2, 40_000
    q = np.linalg.qr(np.random.default_rng(1).standard_normal((draws, d, r)))[0]
    keep = np.eye(d) - q @ q.transpose(0, 2, 1)
    a = np.diag([1.0, 2.0, 0.0, 0.0, -1.0])
    a[0, 3] = a[3, 0] = 0.7
    mean = (keep @ a @ keep).mean(axis=0)
    rho, share = 1 - r / d, d * r / ((d - 1) * (d + 2))
    c1 = rho * (1 - share)
    c2 = (rho - c1) / d
    np.testing.assert_allclose(mean, c1 * a + c2 * np.trace(a) * np.eye(d), atol=0.02)


@pytest.mark.parametrize("dim", [1, 2, 7])
def test_extreme_ranks_forget_nothing(dim):
    k = np.array([1, 2, 10**6])
    nothing_seen, all_seen = (
        forgetting.random_tasks(dim, 0, k),
        forgetting.random_tasks(dim, dim, k),
    )
    np.testing.assert_array_equal(nothing_seen.squared_distance, 1)
    np.testing.assert_array_equal(all_seen.squared_distance, 0)
    np.testing.assert_array_equal([nothing_seen.forgetting, all_seen.forgetting], 0)


def test_a_million_tasks_in_a_million_dimensions():
    """As d -> inf at k r/d = x: F = (r/d) e^-x [1 - (1 - e^-x)/x]."""
    found = forgetting.random_tasks(10**6, 1, 10**6)
    assert found.squared_distance == pytest.approx(np.exp(-1), rel=1e-6)
    assert found.forgetting == pytest.approx(1e-6 * np.exp(-1) * np.exp(-1), rel=1e-5)
    few = forgetting.random_tasks(10**9, 1, 2).forgetting
    assert few == pytest.approx(1e-18 / 2, rel=1e-8)  # (r/d)(1 - s)/2, no digit lost


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.data(), st.integers(1, 10**6))
def test_shares_are_bounded(dim, data, n_tasks):
    rank = data.draw(st.integers(0, dim))
    distance, forgotten = forgetting.random_tasks(dim, rank, n_tasks)
    assert 0 <= distance <= 1
    assert 0 <= forgotten <= distance * rank / dim
    if n_tasks == 1:
        assert forgotten == 0


def test_arguments_broadcast():
    found = forgetting.random_tasks([[10], [20]], 3, [1, 2, 5])
    assert found.forgetting.shape == found.squared_distance.shape == (2, 3)
    assert found.forgetting[1, 2] == forgetting.random_tasks(20, 3, 5).forgetting


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((10, 11, 2), r"rank = 11 is outside \[0, 10\]"),
        ((0, 0, 2), "dim = 0.0 is outside"),
        ((10, 2.5, 2), "rank = 2.5 is outside"),
        ((10, -1, 2), "rank = -1.0 is outside"),
        ((10, 2, 0), "n_tasks = 0.0 is outside"),
        ((10, 2, np.nan), "n_tasks = nan"),
        ((10, 2, []), "empty"),
        ((10, 2, "two"), "n_tasks = 'two'"),
        (([1, 2], [1, 1, 1], 2), "broadcast"),
    ],
)
def test_bad_random_tasks(arguments, message):
    with pytest.raises(ValueError, match=message):
        forgetting.random_tasks(*arguments)


# Given tasks


def tasks_of(seed, shapes, dim):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((n, dim)) for n in shapes], rng


def test_given_tasks_against_pseudo_inverses():
    inputs, rng = tasks_of(2, (3, 1, 5, 2), 6)
    teacher, start = rng.standard_normal((2, 6))
    error, errors = start - teacher, []
    for x in inputs:
        error = error - np.linalg.pinv(x) @ (x @ error)
        errors.append(error)
    found = forgetting.given_tasks(inputs, teacher, start=start)
    for k, e in enumerate(errors):
        losses = [np.sum((x @ e) ** 2) for x in inputs]
        np.testing.assert_allclose(found.losses[:, k], losses, atol=1e-12)
        np.testing.assert_allclose(found.squared_distance[:, k], e @ e, rtol=1e-12)
        assert found.forgetting[k] == pytest.approx(np.mean(losses[: k + 1]), abs=1e-13)


def test_given_tasks_of_several_teachers_and_times_against_an_ode_solver():
    from scipy.integrate import solve_ivp

    inputs, rng = tasks_of(3, (3, 4, 8), 5)
    teachers, t = rng.standard_normal((3, 5)), 0.37
    w, found = np.zeros(5), forgetting.given_tasks(inputs, teachers, t)
    for k, (x, teacher) in enumerate(zip(inputs, teachers, strict=True)):
        w = solve_ivp(
            lambda _, v, x=x, y=x @ teacher: x.T @ (y - x @ v), (0, t), w, rtol=1e-11, atol=1e-12
        ).y[:, -1]
        np.testing.assert_allclose(
            found.squared_distance[:, k], ((w - teachers) ** 2).sum(1), rtol=1e-8
        )


def test_repeated_and_orthogonal_tasks_forget_nothing():
    inputs, rng = tasks_of(4, (3,), 6)
    rows = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    for tasks in (inputs * 4, [rows[:2], rows[2:3], rows[3:]]):
        np.testing.assert_allclose(
            forgetting.given_tasks(tasks, np.ones(6)).forgetting, 0, atol=1e-25
        )


def test_time_zero_learns_nothing_and_long_times_everything():
    inputs, rng = tasks_of(5, (3, 3), 6)
    w = rng.standard_normal(6)
    start = forgetting.given_tasks(inputs, w, 0.0)
    np.testing.assert_allclose(start.squared_distance, w @ w, rtol=1e-14)
    late, fitted = forgetting.given_tasks(inputs, w, 1e5), forgetting.given_tasks(inputs, w)
    np.testing.assert_allclose(late.losses, fitted.losses, atol=1e-12)


def test_linearly_dependent_and_zero_rows_are_seen_once():
    x = np.array([[1.0, 0.0, 1.0], [2.0, 0.0, 2.0], [0.0, 0.0, 0.0]])
    twice, once = (forgetting.given_tasks([a], [1.0, 2.0, 3.0]) for a in (x, x[:1]))
    np.testing.assert_allclose(twice.squared_distance, once.squared_distance, rtol=1e-14)
    zero = forgetting.given_tasks([np.zeros((2, 3))], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(zero.squared_distance, 14.0)


def test_random_tasks_are_the_mean_of_given_tasks():
    rng, d, r, k, draws = np.random.default_rng(6), 6, 2, 3, 1000
    found = []
    for _ in range(draws):
        tasks = list(np.linalg.qr(rng.standard_normal((k, d, r)))[0].transpose(0, 2, 1))
        found.append(forgetting.given_tasks(tasks, np.eye(d)[0]).forgetting)
    error = np.std(found, axis=0) / np.sqrt(draws)
    expected = forgetting.random_tasks(d, r, np.arange(1, k + 1)).forgetting
    assert np.all(np.abs(np.mean(found, axis=0) - expected) <= 4 * error + 1e-15)


@pytest.mark.parametrize(
    ("inputs", "teachers", "more", "message"),
    [
        ([], [1.0], {}, "needs a list of tasks"),
        (3.0, [1.0], {}, "needs a list of tasks"),
        ([[1.0, 2.0]], [1.0, 2.0], {}, r"inputs\[0\] has shape \(2,\)"),
        ([[[1.0, 2.0]]], [1.0], {}, r"inputs\[0\] has 2 columns; needs 1"),
        ([[[1.0, np.nan]]], [1.0, 2.0], {}, r"inputs\[0\] holds nan"),
        ([[[1.0, 2.0], [1.0]]], [1.0, 2.0], {}, "ragged"),
        ([[[1.0, 2.0]]], [[1.0, 2.0]] * 3, {}, "teachers has 3 rows"),
        ([[[1.0, 2.0]]], [np.inf, 2.0], {}, "teachers holds inf"),
        ([[[1.0, 2.0]]], [1.0, 2.0], {"t": -1.0}, "t = -1.0 is outside"),
        ([[[1.0, 2.0]]], [1.0, 2.0], {"t": [1.0, 2.0]}, "needs one number"),
        ([[[1.0, 2.0]]], [1.0, 2.0], {"start": [1.0]}, r"start has shape \(1,\)"),
    ],
)
def test_bad_given_tasks(inputs, teachers, more, message):
    with pytest.raises(ValueError, match=message):
        forgetting.given_tasks(inputs, teachers, **more)
