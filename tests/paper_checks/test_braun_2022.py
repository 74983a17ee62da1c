"""The claims of Braun et al. 2022 hold, and would not hold for theories that are a little wrong."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks import braun_2022
from lazyrich.paper_checks.evidence.examine import compare_with

SOURCE = "lazyrich.paper_checks.braun_2022"
CLAIMS = {claim.name: claim for claim in braun_2022.CLAIMS}


@pytest.fixture(scope="module")
def outcomes(check_quickly):
    return check_quickly("braun_2022").outcomes


def verdict(name, outcomes, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    return compare_with(altered, outcomes[name]).judgement.verdict


# Claims with an altered prediction


def test_a_drift_of_the_balance_is_refuted(outcomes):
    claim = CLAIMS["balance-is-conserved"]

    def drifting(t, cases):
        return claim.prediction(t, cases) + 0.01 * t[:, None]

    assert verdict(claim.name, outcomes, drifting) == "disagrees"


def test_the_balance_left_out_is_refuted(outcomes, monkeypatch):
    """F without its balance terms, in the theory itself."""
    from lazyrich.theory.deep_linear import balanced

    right = balanced.spectrum
    monkeypatch.setattr(balanced, "spectrum", lambda target, balance: right(target, 0 * balance))
    for name in ("trained-networks-of-any-balance", "unequal-widths-and-rank-deficient-tasks"):
        assert verdict(name, outcomes, CLAIMS[name].prediction) == "disagrees"


def test_the_integrated_flow_refutes_an_error_of_1e_9(outcomes):
    name = "qqt-against-integrated-flow"

    def off(t):
        return CLAIMS[name].prediction(t=t) * (1 + 1e-9)

    assert verdict(name, outcomes, off) == "disagrees"


def test_the_random_cases_are_of_every_kind():
    starts = braun_2022.routes.random_starts(1000)
    kinds = {
        (
            int(np.sign(start.first.shape[1] - start.second.shape[0])),
            int(np.sign(braun_2022.routes.random_case(k)["balance"])),
        )
        for k, (start, _) in enumerate(starts)
    }
    assert len(kinds) == 9
    deficient = [
        np.linalg.matrix_rank(start.sigma_yx) < min(start.sigma_yx.shape) for start, _ in starts
    ]
    assert 0.3 < np.mean(deficient) < 0.9
    assert sum(np.isfinite(latest) for _, latest in starts) >= 50  # wrong determinants
