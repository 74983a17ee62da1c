"""The claims of Dominé et al. 2024 hold, and would not hold for theories that are a little wrong."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks import domine_2024
from lazyrich.paper_checks.evidence import store
from lazyrich.paper_checks.evidence.claims import Identity
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.evidence.run import Reference, run
from lazyrich.paper_checks.evidence.tasks import path_of, tasks_of

SOURCE = "lazyrich.paper_checks.domine_2024"
CLAIMS = {claim.name: claim for claim in domine_2024.CLAIMS}
JUDGED = [name for name, claim in CLAIMS.items() if not isinstance(claim, Identity)]


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """Evidence at quick effort, and the outcomes it rests on, by claim."""
    folder = tmp_path_factory.mktemp("domine_2024")
    evidence = run([Reference(SOURCE, name) for name in CLAIMS], effort="quick", output=folder)
    outcomes = {}
    for name in JUDGED:
        blocks = {}
        for task in tasks_of(SOURCE, CLAIMS[name], "quick", 0, folder):
            blocks.setdefault(task.size, []).append(store.load(path_of(task)))
        outcomes[name] = {size: store.joined(found) for size, found in blocks.items()}
    return dict(zip(CLAIMS, evidence, strict=True)), outcomes


def verdict(name, outcomes, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    return compare_with(altered, outcomes[name]).judgement.verdict


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_holds_at_quick_effort(checked, name):
    found = checked[0][name]
    assert found.verdict == "agrees", found
    assert set(found.alternatives.values()) <= {"disagrees"}


# Claims with an altered prediction


@pytest.mark.parametrize("factor", [0.99, 1.01])
@pytest.mark.parametrize("name", JUDGED)
def test_a_prediction_wrong_by_1_percent_is_refuted(checked, name, factor):
    right = CLAIMS[name].prediction
    assert verdict(name, checked[1], lambda **given: factor * right(**given)) == "disagrees"


@pytest.mark.parametrize("name", [name for name in JUDGED if CLAIMS[name].coordinate])
def test_a_coordinate_wrong_by_1_percent_is_refuted(checked, name):
    right, coordinate = CLAIMS[name].prediction, CLAIMS[name].coordinate

    def stretched(**given):
        return right(**{**given, coordinate: 1.01 * np.asarray(given[coordinate])})

    assert verdict(name, checked[1], stretched) == "disagrees"


def test_a_lost_factor_2_in_the_rate_is_refuted(checked):
    def lost(balance, singular_values, initial_strength):
        return np.hypot(balance[:, None], np.asarray(singular_values))

    assert verdict("final-rate-of-learning", checked[1], lost) == "disagrees"


def test_a_kernel_of_one_layer_is_refuted(checked, monkeypatch):
    """K = W2 W2^T (x) I alone, in the theory itself."""
    from lazyrich.theory.deep_linear.balanced import BalancedSolution

    right = BalancedSolution._kernel_factors

    def outputs_only(self, qqt):
        alone = qqt.copy()
        alone[: self._n_in, : self._n_in] = 0.0
        return right(self, alone)

    monkeypatch.setattr(BalancedSolution, "_kernel_factors", outputs_only)
    for name in ("lazy-at-both-ends", "funnels-are-lazy-at-one-end"):
        assert verdict(name, checked[1], CLAIMS[name].prediction) == "disagrees"


def test_the_movement_is_as_the_paper_describes():
    found = {name: CLAIMS[name].parameters for name in JUDGED}
    square = domine_2024.exact_kernel_movement(**found["lazy-at-both-ends"])[:, 0]
    assert square.argmax() == 4 and max(square[0], square[-1]) < 0.1 * square.max()
    funnel, inverted = domine_2024.exact_kernel_movement(**found["funnels-are-lazy-at-one-end"]).T
    assert funnel[:3].min() > 0.4 and funnel[-1] < 2e-3
    assert inverted[-3:].min() > 0.4 and inverted[0] < 2e-3
