"""The claims of Advani and Saxe 2017 hold, and would not for theories a little wrong."""

import dataclasses

import numpy as np
import pytest
import sympy

from lazyrich.paper_checks.advani_2017 import (
    identities,
    learning_curves,
    limits,
    stopping,
    student_size,
)
from lazyrich.paper_checks.evidence import store
from lazyrich.paper_checks.evidence.claims import Ensemble, Identity
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.evidence.identities import is_rejected
from lazyrich.paper_checks.evidence.run import Reference, run
from lazyrich.paper_checks.evidence.tasks import path_of, tasks_of
from lazyrich.theory.double_descent import isotropic

SOURCE = "lazyrich.paper_checks.advani_2017"
CLAIMS = {
    claim.name: claim
    for theme in (identities, learning_curves, limits, stopping, student_size)
    for claim in theme.CLAIMS
}
JUDGED = [name for name, claim in CLAIMS.items() if not isinstance(claim, Identity)]
STRETCHABLE = [name for name in JUDGED if CLAIMS[name].coordinate is not None]


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """Evidence at quick effort, and the outcomes it rests on, by claim."""
    folder = tmp_path_factory.mktemp("advani_2017")
    evidence = run([Reference(SOURCE, name) for name in CLAIMS], effort="quick", output=folder)
    outcomes = {}
    for name in JUDGED:
        blocks = {}
        for task in tasks_of(SOURCE, CLAIMS[name], "quick", 0, folder):
            blocks.setdefault(task.size, []).append(store.load(path_of(task)))
        outcomes[name] = {size: store.joined(found) for size, found in blocks.items()}
    return dict(zip(CLAIMS, evidence, strict=True)), outcomes


@pytest.fixture(scope="module")
def outcomes(checked):
    return checked[1]


def verdict(claim, outcomes):
    return compare_with(claim, outcomes[claim.name]).judgement.verdict


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_holds_at_quick_effort(checked, name):
    found = checked[0][name]
    allowed = ("agrees", "inconclusive") if isinstance(CLAIMS[name], Ensemble) else ("agrees",)
    assert found.verdict in allowed, found
    assert set(found.alternatives.values()) <= {"disagrees"}


@pytest.mark.parametrize("factor", [0.9, 1.1])
@pytest.mark.parametrize("name", JUDGED)
def test_a_prediction_wrong_by_10_percent_is_refuted(outcomes, name, factor):
    claim = CLAIMS[name]
    altered = dataclasses.replace(
        claim, prediction=lambda **given: factor * claim.prediction(**given)
    )
    assert verdict(altered, outcomes) == "disagrees"


@pytest.mark.parametrize("name", STRETCHABLE)
def test_a_coordinate_wrong_by_10_percent_is_refuted(outcomes, name):
    claim = CLAIMS[name]

    def stretched(**given):
        given[claim.coordinate] = 1.1 * np.asarray(given[claim.coordinate])
        return claim.prediction(**given)

    altered = dataclasses.replace(claim, prediction=stretched)
    assert verdict(altered, outcomes) == "disagrees"


# Claims with a dropped or a wrong term


def noise_not_in_the_error(t, sample_ratio, noise_var, **given):
    return learning_curves.test_error(t, sample_ratio, noise_var=noise_var, **given) - noise_var


def error_of_half_the_mean(t, sample_ratio, **given):
    return learning_curves.train_error(t, sample_ratio, **given) / 2


def time_of_the_mean_loss(t, sample_ratio, **given):
    ratios = np.asarray(sample_ratio)
    return isotropic.learning_curve(np.asarray(t)[:, None] / ratios, ratios, **given).test


def norm_a_teacher_weight(size_ratio, **given):
    return student_size.weight_norm(size_ratio=size_ratio, **given) * np.asarray(size_ratio)


def student_time_not_rescaled(t, size_ratio, **given):
    sizes = np.asarray(size_ratio)
    return isotropic.student_size_curve(
        np.asarray(t)[:, None] / sizes, sizes, given.pop("sample_ratio"), **given
    ).test


def penalty_of_the_mean_loss(sample_ratio, penalty, **given):
    return isotropic.ridge_risk(
        np.asarray(sample_ratio), penalty[:, None] * np.asarray(sample_ratio), **given
    )


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("test-error-in-time", noise_not_in_the_error),
        ("test-error-in-time", time_of_the_mean_loss),
        ("train-error-in-time", error_of_half_the_mean),
        ("error-against-size-late", student_time_not_rescaled),
        ("weight-norm-against-size", norm_a_teacher_weight),
        ("ridge-error", penalty_of_the_mean_loss),
    ],
)
def test_a_wrong_unit_is_refuted(outcomes, name, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    assert verdict(altered, outcomes) == "disagrees"


def test_closed_forms_a_little_wrong_are_refuted():
    claim = CLAIMS["one-mode-stopping-is-ridge"]
    assert not is_rejected(claim, claim.closed_form())
    assert is_rejected(claim, claim.closed_form() * (1 + sympy.Rational(1, 1000)))
    claim = CLAIMS["laplace-integral-at-ratio-one"]
    assert is_rejected(claim, claim.closed_form() + sympy.Rational(1, 2))


# The theory itself, mutated

MUTATED = {
    "learning_curve.test": "test-error-in-time",
    "learning_curve.train": "train-error-in-time",
    "learning_curve.weight_norm": "weight-norm-in-time",
    "optimal_stopping_time": "optimal-stopping-time",
    "ridge_risk": "ridge-error",
    "student_size_curve.test": "error-against-size-late",
    "student_size_curve.train": "train-error-against-size",
    "student_size_curve.weight_norm": "weight-norm-against-size",
}


@pytest.mark.parametrize("mutated", MUTATED)
def test_a_mutated_theory_is_refuted(outcomes, monkeypatch, mutated):
    name, _, field = mutated.partition(".")
    original = getattr(isotropic, name)

    def wrong(*arguments, **named):
        found = original(*arguments, **named)
        if field:
            return found._replace(**{field: 1.1 * np.asarray(getattr(found, field))})
        return 1.1 * found

    monkeypatch.setattr(isotropic, name, wrong)
    assert verdict(CLAIMS[MUTATED[mutated]], outcomes) == "disagrees"
