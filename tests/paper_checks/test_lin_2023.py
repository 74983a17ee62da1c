"""The claims of Lin et al. 2023 would not hold for theories a little wrong."""

import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from lazyrich.paper_checks import lin_2023
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.measurements import lin_2023 as routes
from lazyrich.theory.double_descent import forgetting

CLAIMS = {claim.name: claim for claim in lin_2023.CLAIMS}


@pytest.fixture(scope="module")
def outcomes(check_quickly):
    return check_quickly("lin_2023").outcomes


def verdict(claim, outcomes):
    return compare_with(claim, outcomes[claim.name]).judgement.verdict


def after_the_task_before(teachers, n_train, dim, noise_var):
    """Columns shifted: before each task instead of after it."""
    found = lin_2023.fitted(teachers, n_train, dim, noise_var)
    first = (np.asarray(teachers) ** 2).sum(axis=1)
    return np.column_stack([first, found[:, :-1]])


def since_the_start(n_train, dims, teachers, noise_var):
    """Forgetting since before the first task instead of since learning each."""
    found = lin_2023.against_dimension(n_train, dims, teachers, noise_var)
    lengths = (np.asarray(teachers) ** 2).sum(axis=1)
    found[:, 0] = found[:, 1] - lengths.mean()
    return found


def error_instead(angle, dim, n_train, noise_var):
    errors = lin_2023.against_angle(angle, dim, n_train, noise_var)
    return errors + 1 - n_train / dim


def order_forgotten(dim, n_train, n_tasks, angle):
    found = lin_2023.against_position(dim, n_train, n_tasks, angle)
    return np.tile(found.mean(axis=0), (n_tasks, 1))


def mean_loss_time(t, sample_ratio, **given):
    return lin_2023.stopped(sample_ratio * t, sample_ratio, **given)


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("different-teachers", after_the_task_before),
        ("overparametrisation", since_the_start),
        ("similar-tasks", error_instead),
        ("order-of-tasks", order_forgotten),
        ("stopped-early", mean_loss_time),
    ],
)
def test_a_dropped_term_is_refuted(outcomes, name, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    assert verdict(altered, outcomes) == "disagrees"


MUTATED = {
    "different_teachers": "different-teachers",
    "early_stopped": "stopped-early",
    "task_averages.forgetting": "overparametrisation",
    "task_averages.generalization": "order-of-tasks",
}


@pytest.mark.parametrize("mutated", MUTATED)
def test_a_mutated_theory_is_refuted(outcomes, monkeypatch, mutated):
    name, _, field = mutated.partition(".")
    original = getattr(forgetting, name)

    def wrong(*arguments, **named):
        found = original(*arguments, **named)
        return found._replace(**{field: 1.15 * getattr(found, field)}) if field else 1.15 * found

    monkeypatch.setattr(forgetting, name, wrong)
    spec = importlib.util.spec_from_file_location("lin_2023_anew", Path(lin_2023.__file__))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    anew = {claim.name: claim for claim in module.CLAIMS}
    assert verdict(anew[MUTATED[mutated]], outcomes) == "disagrees"


def test_sides_of_the_peak_are_far_enough_for_finite_fluctuations():
    """Var of tr (X X^T)^-1 is finite only for abs(p - n) > 3."""
    claim = CLAIMS["overparametrisation"]
    dims, (n,) = np.array(claim.parameters["dims"]), claim.sizes
    assert np.abs(dims - n).min() > 5 and (dims < n).any()


def test_similar_tasks_cross_zero_within_the_claim():
    claim = CLAIMS["similar-tasks"]
    found = lin_2023.against_angle(**claim.parameters, n_train=claim.sizes[0])
    assert found[0] < -0.1 and found[-1] > 1


def test_statements_on_the_order_of_tasks():
    found = lin_2023.against_position(**CLAIMS["order-of-tasks"].parameters, n_train=12)
    forgotten, error = found.T
    assert np.all(np.diff(error) > 0)  # least error if the outlier comes first
    assert forgotten.argmin() < 2 and forgotten.argmax() == 4


def test_teachers_of_given_cosines():
    cosines = np.array([[1.0, 0.3, -0.2], [0.3, 1.0, 0.0], [-0.2, 0.0, 1.0]])
    w = routes.teachers_of(cosines)
    np.testing.assert_allclose(w @ w.T, cosines, atol=1e-14)
