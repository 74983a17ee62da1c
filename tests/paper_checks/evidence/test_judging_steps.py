"""Verdicts on deterministic routes, and the search for the smallest error that is rejected."""

import numpy as np
import pytest

from lazyrich.paper_checks.evidence.extrapolation import step_order
from lazyrich.paper_checks.evidence.judging import judge_deterministic, smallest_rejected


@pytest.mark.parametrize(
    ("sample", "steps", "order", "message"),
    [
        ([[0.1, np.nan]], None, None, "point 1 is nan"),
        ([[0.1], [0.2]], None, None, "name the step"),
        ([[0.1]], [1.0], 1.0, "two or more"),
        ([[0.1], [0.2]], [1.0, 1.0], 1.0, "two or more different"),
        ([[0.1], [0.2]], [1.0, 0.5, 0.2], 1.0, "two or more"),
        ([[0.1], [0.2]], [1.0, 0.0], 1.0, "step = 0"),
        ([[0.1], [0.2]], [1.0, 0.5], None, "declared order"),
        ([[0.1], [0.2]], [1.0, 0.5], -1.0, "order = -1"),
        ([[[0.1]]], None, None, "shape"),
        ([[]], None, None, "shape"),
    ],
)
def test_bad_deterministic_gaps_are_refused(sample, steps, order, message):
    with pytest.raises(ValueError, match=message):
        judge_deterministic(sample, steps, order=order, margin=0.1)


# Deterministic routes


def test_without_steps_only_the_margin_counts():
    assert judge_deterministic([0.01, -0.02], None, order=None, margin=0.02).verdict == "agrees"
    found = judge_deterministic([[0.03, 0.0]], None, order=None, margin=0.02)
    assert (found.verdict, found.worst, found.gap) == ("disagrees", 0, 0.03)
    assert found.half_width_at_worst == 0


@pytest.mark.parametrize("steps", [[0.4, 0.2, 0.1], [0.1, 0.5, 0.2], [0.2, 0.1]])
@pytest.mark.parametrize("order", [1.0, 2.0, 4.0])
def test_richardson_limit_of_a_power(order, steps):
    slope = np.array([1.0, -0.5])
    g = np.multiply.outer(np.array(steps) ** order, slope)
    found = judge_deterministic(g, steps, order=order, margin=0.2)
    assert found.limit == pytest.approx([0.0, 0.0], abs=1e-12)
    assert found.half_width == pytest.approx(0.1**order * np.abs(slope))
    assert found.order[0] == pytest.approx(order)
    assert found.verdict == "agrees"
    assert judge_deterministic(g + 0.5, steps, order=order, margin=0.2).verdict == "disagrees"


def test_a_wrong_order_blocks_agreement_and_weakens_disagreement():
    steps = np.array([4.0, 2.0, 1.0])
    g = 0.1 * steps[:, None]
    assert judge_deterministic(g, steps, order=2.0, margin=1.0).verdict == "inconclusive"
    # a right claim with large step errors, of which order 2 would explain too little
    assert judge_deterministic(g, steps, order=2.0, margin=0.01).verdict == "inconclusive"
    assert judge_deterministic(g + 1, steps, order=2.0, margin=0.01).verdict == "disagrees"


def test_identical_values_show_no_order():
    same = [[0.01, 0.0]] * 3
    found = judge_deterministic(same, [4, 2, 1], order=1.0, margin=0.1)
    assert found.verdict == "inconclusive"
    assert found.order is None and "no order" in found.reason
    assert judge_deterministic(same, [4, 2, 1], order=1.0, margin=0.001).verdict == "disagrees"
    zero = judge_deterministic([[0.0], [0.0]], [2, 1], order=1.0, margin=0.1)
    assert zero.verdict == "inconclusive"


def test_differences_that_change_sign_show_no_order():
    assert step_order(np.array([[0.2], [0.1], [0.15]]), np.array([4.0, 2.0, 1.0])) is None


def test_order_of_growing_differences_is_negative():
    growing = np.array([[0.0], [0.1], [0.3]])
    assert step_order(growing, np.array([4.0, 2.0, 1.0])) == pytest.approx(-1)


# Sensitivity


@pytest.mark.parametrize("true", [0.3, 0.02, 1e-7])
def test_smallest_rejected_finds_a_threshold(true):
    found = smallest_rejected(lambda e: "disagrees" if abs(e) >= true else "agrees")
    assert true <= found <= 1.01 * true


def test_smallest_rejected_needs_both_signs():
    def lopsided(e):
        return "disagrees" if e > 0.01 or e < -0.2 else "inconclusive"

    assert 0.2 <= smallest_rejected(lopsided) <= 0.202


def test_smallest_rejected_needs_all_larger_errors_too():
    def with_a_gap(e):  # a second optimum between 0.2 and 0.3
        return "agrees" if abs(e) < 0.01 or 0.2 < abs(e) < 0.3 else "disagrees"

    assert 0.3 <= smallest_rejected(with_a_gap) <= 0.303


def test_smallest_rejected_at_the_ends_of_its_range():
    assert smallest_rejected(lambda e: "inconclusive") == np.inf
    assert smallest_rejected(lambda e: "disagrees", smallest=1e-3) == 1e-3
    for bad in ({"largest": 1e-13}, {"smallest": 0.0}, {"largest": np.inf}):
        with pytest.raises(ValueError):
            smallest_rejected(lambda e: "disagrees", **bad)
