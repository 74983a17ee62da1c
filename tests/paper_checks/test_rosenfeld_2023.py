"""The claims of Rosenfeld and Risteski 2023 hold, and would not for theories a little wrong."""

import dataclasses
import importlib.util
import inspect
from pathlib import Path

import numpy as np
import pytest
import sympy

from lazyrich.paper_checks import rosenfeld_2023
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.evidence.identities import is_rejected
from lazyrich.theory.deep_linear import opposing_signals as opposing

SOURCE = "lazyrich.paper_checks.rosenfeld_2023"
CLAIMS = {claim.name: claim for claim in rosenfeld_2023.CLAIMS}


@pytest.fixture(scope="module")
def outcomes(check_quickly):
    return check_quickly("rosenfeld_2023").outcomes


def verdict(claim, outcomes):
    return compare_with(claim, outcomes[claim.name]).judgement.verdict


# Claims with a dropped or a wrong term


def without_coupling(c, b_s, b_o, outlier_power, **_):
    b_sq = (b_s**2).sum(axis=1) + outlier_power * (b_o**2).sum(axis=1)
    return np.maximum(outlier_power * c**2, b_sq)


def without_imbalance(imbalance, **given):
    return opposing.sharpness(**given)


def signal_power_only(teacher_norm, **_):
    return 2 / (50 * teacher_norm)


def from_the_saddle(edge_rate, beta, outlier_power, c, **_):
    """c grows at the rate |beta| of the saddle until the edge."""
    return np.log(np.sqrt(2 / (edge_rate * outlier_power)) / c) / np.linalg.norm(beta)


def spike_without_delay(rate_ratio, beta, outlier_power, level, **start):
    """The loss spikes as soon as the sharpness has passed 2/eta."""
    rates = rate_ratio * 2 / (outlier_power * np.linalg.norm(beta))
    given = {"beta": beta, "outlier_power": outlier_power, **start}
    return np.array([opposing.crossing_time(**given, learning_rate=r) / r for r in rates])


def spike_of_final_growth(rate_ratio, beta, outlier_power, level, **start):
    """From the start on b_o grows at its final rate: neither decay nor dip."""
    return -np.log(start["c"]) / np.log(2 * rate_ratio - 1)


def odd_in_both(step, **given):
    return rosenfeld_2023.group_losses(step, **given)[:, ::-1]


def floor_without_power(imbalance, b_o, **given):
    return np.outer(imbalance, np.ones(len(b_o))) / np.sqrt(2)


def rate_not_squared(learning_rate, **given):
    return opposing.balance_change(**given, learning_rate=1.0) * learning_rate


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("sharpness-against-dense-hessian", without_coupling),
        ("sharpness-against-dense-hessian", without_imbalance),
        ("threshold-learning-rate", signal_power_only),
        ("crossing-of-the-edge", from_the_saddle),
        ("step-of-the-loss-spike", spike_without_delay),
        ("step-of-the-loss-spike", spike_of_final_growth),
        ("groups-take-turns", odd_in_both),
        ("floor-from-imbalance", floor_without_power),
        ("balance-changes-by-the-square-of-the-rate", rate_not_squared),
    ],
)
def test_a_dropped_term_is_refuted(outcomes, name, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    assert verdict(altered, outcomes) == "disagrees"


def test_a_closed_form_without_the_part_across_is_refuted():
    claim = CLAIMS["signal-solves-its-odes"]
    r0, one = sympy.symbols("r0", positive=True), sympy.Rational(1, 20)
    assert not is_rejected(claim, claim.closed_form())
    assert is_rejected(claim, claim.closed_form() * (1 + one))
    assert is_rejected(claim, claim.closed_form().subs(r0, r0 * (1 + one)))


# The theory itself, mutated

MUTATED = {
    "sharpness": "sharpness-against-dense-hessian",
    "final_sharpness": "final-sharpness",
    "final_scale": "floor-from-imbalance",
    "threshold_learning_rate": "threshold-learning-rate",
    "crossing_time": "crossing-of-the-edge",
    "spike_step": "step-of-the-loss-spike",
    "balance_change": "balance-changes-by-the-square-of-the-rate",
    "outlier_floor": "floor-from-imbalance",
    "signal_flow.c": "signal-against-ode-solver",
    "signal_flow.b_s": "signal-against-ode-solver",
    "signal_flow.integral": "signal-against-ode-solver",
    "flow.c": "networks-follow-the-flow",
    "flow.b_s": "networks-follow-the-flow",
    "flow.log_b_o": "networks-follow-the-flow",
    "flow.b_o": "progressive-sharpening",
    "descent.c": "groups-take-turns",
    "descent.b_s": "groups-take-turns",
    "descent.log_b_o": "groups-take-turns",
    "descent.sign": "groups-take-turns",
    "group_losses.positive": "groups-take-turns",
    "group_losses.negative": "groups-take-turns",
}


def claims_anew():
    """The paper's claims as they are made when its module is run now."""
    path = Path(rosenfeld_2023.__file__)
    spec = importlib.util.spec_from_file_location("rosenfeld_2023_anew", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {claim.name: claim for claim in module.CLAIMS}


def test_every_public_function_is_mutated():
    functions = [n for n in opposing.__all__ if inspect.isfunction(getattr(opposing, n))]
    assert {name.split(".")[0] for name in MUTATED} == set(functions)


@pytest.mark.parametrize("mutated", MUTATED)
def test_a_mutated_theory_is_refuted(outcomes, monkeypatch, mutated):
    name, _, field = mutated.partition(".")
    original = getattr(opposing, name)

    def wrong(*arguments, **named):
        found = original(*arguments, **named)
        if field:
            return found._replace(**{field: 1.05 * np.asarray(getattr(found, field))})
        return 1.05 * found

    monkeypatch.setattr(opposing, name, wrong)
    assert verdict(claims_anew()[MUTATED[mutated]], outcomes) == "disagrees"
