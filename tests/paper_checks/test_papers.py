"""What holds of every paper: its claims hold at quick effort, and would not if a little wrong."""

import dataclasses
import functools
import importlib

import numpy as np
import pytest
import sympy

from lazyrich.paper_checks.cli import papers
from lazyrich.paper_checks.evidence.claims import Ensemble, Identity
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.evidence.identities import is_rejected
from lazyrich.paper_checks.evidence.predicting import Sampled

CLAIMS = {
    f"{paper}/{claim.name}": claim
    for paper in papers()
    for claim in importlib.import_module(f"lazyrich.paper_checks.{paper}").CLAIMS
}
IDENTITIES = [name for name, claim in CLAIMS.items() if isinstance(claim, Identity)]
JUDGED = [name for name in CLAIMS if name not in IDENTITIES]
SCALABLE = [name for name in JUDGED if CLAIMS[name].value_sensitivity]
STRETCHABLE = [name for name in JUDGED if CLAIMS[name].coordinate is not None]


def assert_refuted(check_quickly, name, altered_by):
    """`altered_by(e)` is a prediction wrong by e: refuted for e = the sensitivity promised.

    The few random networks of quick effort may leave that undecided, but not three times as much.
    """
    claim = CLAIMS[name]
    paper, _, short = name.partition("/")
    outcomes = check_quickly(paper).outcomes[short]

    def verdict(e):
        altered = dataclasses.replace(claim, prediction=altered_by(e))
        return compare_with(altered, outcomes).judgement.verdict

    least = claim.max_sensitivity
    if isinstance(claim, Ensemble):
        assert verdict(least) != "agrees"
        least = 3 * least
    assert verdict(least) == "disagrees"


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_holds_at_quick_effort(check_quickly, name):
    paper, _, short = name.partition("/")
    found = check_quickly(paper).evidence[short]
    allowed = ("agrees", "inconclusive") if isinstance(CLAIMS[name], Ensemble) else ("agrees",)
    assert found.verdict in allowed, found
    assert set(found.alternatives.values()) <= {"disagrees"}


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("name", SCALABLE)
def test_a_scaled_prediction_is_refuted(check_quickly, name, sign):
    right = CLAIMS[name].prediction

    def scaled_by(e):
        @functools.wraps(right)  # it may ask for the size of the networks
        def scaled(**given):
            made = right(**given)
            if isinstance(made, Sampled):
                return made._replace(value=(1 + sign * e) * np.asarray(made.value))
            return (1 + sign * e) * np.asarray(made)

        return scaled

    assert_refuted(check_quickly, name, scaled_by)


@pytest.mark.parametrize("name", STRETCHABLE)
def test_a_stretched_coordinate_is_refuted(check_quickly, name):
    claim = CLAIMS[name]

    def stretched_by(e):
        @functools.wraps(claim.prediction)
        def stretched(**given):
            given[claim.coordinate] = (1 - e) * np.asarray(given[claim.coordinate])
            return claim.prediction(**given)

        return stretched

    assert_refuted(check_quickly, name, stretched_by)


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_closed_form_wrong_by_5_percent_is_refuted(name):
    claim, factor = CLAIMS[name], sympy.Rational(105, 100)
    form = claim.closed_form()
    stretch = {x: factor * x for x in form.free_symbols if str(x) == claim.coordinate}
    assert not is_rejected(claim, form)
    assert is_rejected(claim, factor * form)
    if claim.coordinate is not None:
        assert stretch and is_rejected(claim, form.subs(stretch))
