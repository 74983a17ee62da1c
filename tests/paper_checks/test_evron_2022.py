"""The claims of Evron et al. 2022 would not hold for theories a little wrong."""

import dataclasses
import importlib.util
import inspect
from pathlib import Path

import numpy as np
import pytest

from lazyrich.paper_checks import evron_2022
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.measurements import evron_2022 as routes
from lazyrich.theory.double_descent import alternating_tasks, forgetting

CLAIMS = {claim.name: claim for claim in evron_2022.CLAIMS}


@pytest.fixture(scope="module")
def outcomes(check_quickly):
    return check_quickly("evron_2022").outcomes


def verdict(claim, outcomes):
    return compare_with(claim, outcomes[claim.name]).judgement.verdict


def no_moments(dim, ranks, n_tasks):
    """Projections taken as independent of themselves: c2 = 0, nothing comes back."""
    return 0 * evron_2022.random_forgetting(dim, ranks, n_tasks) + 1e-6


def summed(dim, ranks, n_tasks):
    return n_tasks[:, None] * evron_2022.random_forgetting(dim, ranks, n_tasks)


def one_turn_less(angle, n_tasks):
    return np.cos(angle[:, None]) ** 2 * evron_2022.two_tasks(angle, n_tasks)


def bound_without_e(n_tasks, shapes):
    return 1 / (2 * n_tasks[:, None]) + np.zeros(len(shapes))


def without_the_last(order, n_each, factor):
    found = evron_2022.digit_forgetting(order, n_each, factor)
    return found * np.arange(1, len(found) + 1) / np.maximum(np.arange(len(found)), 1)


def mean_loss_time(t, order, n_each):
    return evron_2022.stopped_digits(t / (2 * n_each), order, n_each)


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("random-tasks-forget", no_moments),
        ("random-tasks-forget", summed),
        ("two-tasks-at-an-angle", one_turn_less),
        ("worst-two-tasks", bound_without_e),
        ("digits-in-cyclic-order", without_the_last),
        ("digits-stopped-early", mean_loss_time),
    ],
)
def test_a_dropped_term_is_refuted(outcomes, name, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    assert verdict(altered, outcomes) == "disagrees"


MUTATED = {
    "random_tasks.squared_distance": "random-tasks-approach-the-teacher",
    "random_tasks.forgetting": "random-tasks-forget",
    "two_tasks": "two-tasks-at-an-angle",
    "two_task_worst_case": "worst-case-dies-out",
    "rotating_tasks": "rotating-tasks-are-forgotten",
    "given_tasks.forgetting": "digits-in-cyclic-order",
}


def claims_anew():
    """The paper's claims as they are made when its module is run now."""
    spec = importlib.util.spec_from_file_location("evron_2022_anew", Path(evron_2022.__file__))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {claim.name: claim for claim in module.CLAIMS}


def test_every_prediction_of_common_teachers_is_mutated():
    own = [forgetting, alternating_tasks]
    public = [getattr(forgetting, name) for name in forgetting.__all__]
    functions = {
        f.__name__ for f in public if inspect.isfunction(f) and inspect.getmodule(f) in own
    }
    assert {name.split(".")[0] for name in MUTATED} == functions


@pytest.mark.parametrize("mutated", MUTATED)
def test_a_mutated_theory_is_refuted(outcomes, monkeypatch, mutated):
    name, _, field = mutated.partition(".")
    original = getattr(forgetting, name)

    def wrong(*arguments, **named):
        found = original(*arguments, **named)
        if field:
            return found._replace(**{field: 1.15 * np.asarray(getattr(found, field))})
        return 1.15 * found

    monkeypatch.setattr(forgetting, name, wrong)
    assert verdict(claims_anew()[MUTATED[mutated]], outcomes) == "disagrees"


def test_digit_tasks_have_a_common_solution_and_share_directions():
    """The realisable theory holds because 40 independent images are fitted at once."""
    inputs, labels = routes.digit_tasks(4)
    stacked, answers = np.vstack(inputs), np.concatenate(labels)
    assert np.linalg.matrix_rank(stacked) == len(stacked) == 40
    w = np.linalg.pinv(stacked) @ answers
    np.testing.assert_allclose(stacked @ w, answers, atol=1e-12)
    assert np.linalg.norm(inputs[0] @ inputs[1].T, 2) > 0.5


def test_search_does_not_need_the_worst_angle():
    """One pair of tasks drawn at random already forgets less than the worst."""
    found = routes.search_two_tasks(np.array([4]), ((2, 3),), starts=2)
    assert found[0, 0] == pytest.approx(27 / 512, rel=1e-10)
