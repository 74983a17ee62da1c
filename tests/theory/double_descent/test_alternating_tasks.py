"""Two tasks in turn and slowly turning ones, against dense projections and bounds."""

import numpy as np
import pytest

from lazyrich.theory.double_descent import forgetting


def from_worst_start(angle, k):
    """Largest eigenvalue of the forgetting as a quadratic form of e_0."""
    rows = np.array([[1.0, 0.0], [np.cos(angle), np.sin(angle)]])
    seen = [np.outer(row, row) for row in rows]
    lost = np.eye(2)
    for m in range(k):
        lost = (np.eye(2) - seen[m % 2]) @ lost
    form = sum(lost.T @ seen[m % 2] @ lost for m in range(k)) / k
    return np.linalg.eigvalsh(form)[-1]


@pytest.mark.parametrize("k", [1, 2, 3, 4, 7, 30])
def test_two_tasks_against_dense_projections(k):
    angles = np.linspace(0, np.pi / 2, 11)
    expected = [from_worst_start(a, k) for a in angles]
    np.testing.assert_allclose(forgetting.two_tasks(angles, k), expected, atol=1e-14)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 20, 21])
def test_worst_case_is_the_largest_over_angles(k):
    angles = np.linspace(0, np.pi / 2, 20_001)
    largest = forgetting.two_tasks(angles, k).max()
    worst = forgetting.two_task_worst_case(k)
    assert largest <= worst * (1 + 1e-14)
    assert largest == pytest.approx(worst, rel=1e-6, abs=1e-15)
    if k > 1:
        at_worst = forgetting.two_tasks(np.arctan(1 / np.sqrt(k - 1)), k)
        assert at_worst == pytest.approx(worst, rel=1e-13)


def test_worst_case_in_numbers_and_one_task():
    found = forgetting.two_task_worst_case([1, 2, 3, 4])
    np.testing.assert_allclose(found, [0, 1 / 8, 4 / 81, 27 / 512], rtol=1e-14)


def test_bounds_of_the_worst_case():
    k = np.array([2, 4, 10, 100, 10**4, 10**6])
    worst, bound = forgetting.two_task_worst_case(k), 1 / (2 * np.e * (k - 1))
    assert np.all(worst <= bound) and np.all(worst >= bound * (1 - 1 / k))
    odd = forgetting.two_task_worst_case(k + 1)
    assert np.all(odd < worst)


@pytest.mark.parametrize(("last", "sign"), [(10**6, 1), (10**6 + 1, -1)])
def test_worst_case_dies_out_as_1_over_2ek(last, sign):
    found = 2 * np.e * last * forgetting.two_task_worst_case(last)
    assert found == pytest.approx(1 + sign / (2 * last), abs=1e-11)


@pytest.mark.parametrize(("k", "j"), [(1, 1), (3, 2), (4, 4), (9, 3), (40, 7)])
def test_rotating_tasks_are_given_tasks(k, j):
    angles = np.concatenate([np.zeros(k - j), np.pi / 2 * np.arange(1, j + 1) / j])
    rows = [np.array([[-np.sin(a), np.cos(a)]]) for a in angles]
    found = forgetting.given_tasks(rows, [1.0, 0.0]).forgetting[-1]
    assert forgetting.rotating_tasks(k, j) == pytest.approx(found, rel=1e-12, abs=1e-15)


def test_rotating_tasks_are_forgotten_up_to_the_root():
    for k in (10**4, 10**6):
        kept = 1 - forgetting.rotating_tasks(k, round(np.pi * np.sqrt(k / 2)))
        assert kept == pytest.approx(np.pi / np.sqrt(2 * k), rel=2 / np.sqrt(k))


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (forgetting.two_tasks, (2.0, 2), r"angle = 2.0 is outside \[0, pi/2\]"),
        (forgetting.two_tasks, (-0.1, 2), "angle = -0.1"),
        (forgetting.two_tasks, (np.nan, 2), "angle = nan"),
        (forgetting.two_tasks, (0.1, 0), "n_tasks = 0.0"),
        (forgetting.two_tasks, ([0.1, 0.2], [1, 2, 3]), "broadcast"),
        (forgetting.two_task_worst_case, (1.5,), "n_tasks = 1.5"),
        (forgetting.two_task_worst_case, (np.inf,), "n_tasks = inf"),
        (forgetting.rotating_tasks, (3, 4), r"n_turning = 4 is outside \[1, 3\]"),
        (forgetting.rotating_tasks, (3, 0), "n_turning = 0.0"),
    ],
)
def test_bad_arguments(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)
