"""The claims of Dominé et al. 2024 hold, and would not hold for theories that are a little wrong."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks import domine_2024
from lazyrich.paper_checks.evidence.claims import Identity
from lazyrich.paper_checks.evidence.examine import compare_with

SOURCE = "lazyrich.paper_checks.domine_2024"
CLAIMS = {claim.name: claim for claim in domine_2024.CLAIMS}
JUDGED = [name for name, claim in CLAIMS.items() if not isinstance(claim, Identity)]


@pytest.fixture(scope="module")
def outcomes(check_quickly):
    return check_quickly("domine_2024").outcomes


def verdict(name, outcomes, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    return compare_with(altered, outcomes[name]).judgement.verdict


# Claims with an altered prediction


def test_a_lost_factor_2_in_the_rate_is_refuted(outcomes):
    def lost(balance, singular_values, initial_strength):
        return np.hypot(balance[:, None], np.asarray(singular_values))

    assert verdict("final-rate-of-learning", outcomes, lost) == "disagrees"


def test_a_kernel_of_one_layer_is_refuted(outcomes, monkeypatch):
    """K = W2 W2^T (x) I alone, in the theory itself."""
    from lazyrich.theory.deep_linear.balanced import BalancedSolution

    right = BalancedSolution._kernel_factors

    def outputs_only(self, qqt):
        alone = qqt.copy()
        alone[: self._n_in, : self._n_in] = 0.0
        return right(self, alone)

    monkeypatch.setattr(BalancedSolution, "_kernel_factors", outputs_only)
    for name in ("lazy-at-both-ends", "funnels-are-lazy-at-one-end"):
        assert verdict(name, outcomes, CLAIMS[name].prediction) == "disagrees"


def test_the_movement_is_as_the_paper_describes():
    found = {name: CLAIMS[name].parameters for name in JUDGED}
    square = domine_2024.exact_kernel_movement(**found["lazy-at-both-ends"])[:, 0]
    assert square.argmax() == 4 and max(square[0], square[-1]) < 0.1 * square.max()
    funnel, inverted = domine_2024.exact_kernel_movement(**found["funnels-are-lazy-at-one-end"]).T
    assert funnel[:3].min() > 0.4 and funnel[-1] < 2e-3
    assert inverted[-3:].min() > 0.4 and inverted[0] < 2e-3
