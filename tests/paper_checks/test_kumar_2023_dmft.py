"""The mean-field claims of Kumar et al. 2023 would not hold for theories with a term dropped."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.evidence.identities import is_rejected
from lazyrich.paper_checks.kumar_2023 import dmft
from lazyrich.paper_checks.kumar_2023 import dmft_predictions as predictions
from lazyrich.theory.lazy_to_rich import quadratic_march
from lazyrich.theory.lazy_to_rich.quadratic_tangents import ProbedTangents

CLAIMS = {claim.name: claim for claim in dmft.CLAIMS}


class WithoutStart(ProbedTangents):
    """f0 does not depend on the fields at the start."""

    def __init__(self, model, *given):
        super().__init__(model._replace(centered=False), *given)


class WithoutMemory(ProbedTangents):
    """g(t) depends on u(t) only."""

    def row(self, t, slopes, errors, responses):
        tangent, by_target = super().row(t, slopes, errors, responses)
        tangent[:, : t * len(slopes)] = 0
        return tangent, by_target


class WithoutTeacher(ProbedTangents):
    """The teacher's pull b beta is left out."""

    def row(self, *given):
        tangent, by_target = super().row(*given)
        return tangent, np.zeros_like(by_target)


@pytest.fixture
def solved_anew():
    predictions._solves.cache_clear()
    yield
    predictions._solves.cache_clear()


@pytest.mark.parametrize(
    ("name", "altered"),
    [
        ("dmft-centred-unit", WithoutStart),
        ("dmft-uncentred-unit", WithoutMemory),
        ("dmft-early-descent", WithoutMemory),
        ("dmft-grokking-curve", WithoutTeacher),
        ("dmft-noisy-labels", WithoutMemory),
    ],
)
def test_a_theory_without_a_term_is_refuted(check_quickly, monkeypatch, solved_anew, name, altered):
    outcomes = check_quickly("kumar_2023").outcomes[name]
    monkeypatch.setattr(quadratic_march, "ProbedTangents", altered)
    assert compare_with(CLAIMS[name], outcomes).judgement.verdict == "disagrees"


def test_a_dropped_response_is_refuted(check_quickly, monkeypatch, solved_anew):
    """h(t) = u(t): a sample that never feels its own past influence."""
    original = quadratic_march.March._fields

    def deaf(self, t):
        self._g[: t * self.width] *= 0
        return original(self, t)

    outcomes = check_quickly("kumar_2023").outcomes["dmft-early-descent"]
    monkeypatch.setattr(quadratic_march.March, "_fields", deaf)
    assert compare_with(CLAIMS["dmft-early-descent"], outcomes).judgement.verdict == "disagrees"


def test_identities_notice_a_dropped_term():
    claim = CLAIMS["overlap-after-a-step"]
    form = claim.closed_form()
    m = next(x for x in form.free_symbols if str(x) == "m")
    assert not is_rejected(claim, form)
    assert is_rejected(claim, m + (form - m) * 2 / 3)


def test_predictions_carry_their_standard_errors():
    given = {k: v for k, v in CLAIMS["dmft-grokking-curve"].parameters.items() if k != "step"}
    found = predictions.losses(np.array([0, 10, 110]), **given)
    assert found.value.shape == found.standard_error.shape == (2, 3)
    assert found.standard_error[1, 0] == pytest.approx(0, abs=1e-12)
    assert (found.standard_error[:, 1:] > 0).all() and found.standard_error.max() < 0.01


def test_every_ensemble_is_declared_in_units_of_the_initial_test_loss():
    for name in ("dmft-grokking-curve", "dmft-uncentred-unit", "dmft-noisy-labels"):
        claim = CLAIMS[name]
        given = {k: v for k, v in claim.parameters.items() if k != "step"}
        start = predictions.losses(np.zeros(1), **given).value[1, 0]
        assert dataclasses.asdict(claim)["scale"] == pytest.approx(start, rel=0.1)
