"""The claims of Braun et al. 2022 hold, and would not hold for theories that are a little wrong."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks import braun_2022
from lazyrich.paper_checks.evidence import store
from lazyrich.paper_checks.evidence.claims import Identity
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.evidence.run import Reference, run
from lazyrich.paper_checks.evidence.tasks import path_of, tasks_of

SOURCE = "lazyrich.paper_checks.braun_2022"
CLAIMS = {claim.name: claim for claim in braun_2022.CLAIMS}
JUDGED = [name for name, claim in CLAIMS.items() if not isinstance(claim, Identity)]


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """Evidence at quick effort, and the outcomes it rests on, by claim."""
    folder = tmp_path_factory.mktemp("braun_2022")
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
@pytest.mark.parametrize("name", [n for n in JUDGED if CLAIMS[n].value_sensitivity])
def test_a_prediction_wrong_by_1_percent_is_refuted(checked, name, factor):
    right = CLAIMS[name].prediction
    assert verdict(name, checked[1], lambda **given: factor * right(**given)) == "disagrees"


@pytest.mark.parametrize("name", [name for name in JUDGED if CLAIMS[name].coordinate == "t"])
def test_times_wrong_by_1_percent_are_refuted(checked, name):
    right = CLAIMS[name].prediction
    late = verdict(name, checked[1], lambda t, **given: right(t=1.01 * t, **given))
    assert late == "disagrees"


def test_a_drift_of_the_balance_is_refuted(checked):
    claim = CLAIMS["balance-is-conserved"]

    def drifting(t, cases):
        return claim.prediction(t, cases) + 0.01 * t[:, None]

    assert verdict(claim.name, checked[1], drifting) == "disagrees"


def test_the_balance_left_out_is_refuted(checked, monkeypatch):
    """F without its balance terms, in the theory itself."""
    from lazyrich.theory.deep_linear import balanced

    right = balanced.spectrum
    monkeypatch.setattr(balanced, "spectrum", lambda target, balance: right(target, 0 * balance))
    for name in ("trained-networks-of-any-balance", "unequal-widths-and-rank-deficient-tasks"):
        assert verdict(name, checked[1], CLAIMS[name].prediction) == "disagrees"


def test_the_integrated_flow_refutes_an_error_of_1e_9(checked):
    name = "qqt-against-integrated-flow"

    def off(t):
        return CLAIMS[name].prediction(t=t) * (1 + 1e-9)

    assert verdict(name, checked[1], off) == "disagrees"


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
