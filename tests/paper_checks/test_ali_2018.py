"""Theories of early stopping with a wrong or a dropped term are refuted."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks import ali_2018
from lazyrich.paper_checks.evidence.examine import compare_with

CLAIMS = {claim.name: claim for claim in ali_2018.CLAIMS}


def penalty_not_inverted(t, **given):
    return ali_2018.ridge_risks(1 / t, **given)


def without_noise(t, noise_var, **given):
    return ali_2018.flow_risks(t, noise_var=0.0, **given)


def time_of_the_sum_loss(t, n_train, **given):
    return ali_2018.flow_risks(t * n_train, n_train=n_train, **given)


def one_metric(t, **given):
    return ali_2018.flow_risks(t, **given)[:, [0, 0]]


def prior_of_half_the_variance(prior_var, **given):
    return ali_2018.flow_excess(prior_var=prior_var / 2, **given)


def bias_alone(n_inputs):
    return np.ones(1)


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("risk-of-ridge", penalty_not_inverted),
        ("risk-of-stopped-descent", without_noise),
        ("risk-of-stopped-descent", time_of_the_sum_loss),
        ("risk-of-stopped-descent", one_metric),
        ("risk-of-stopped-descent", ali_2018.ridge_risks),
        ("stopping-never-beats-optimal-ridge", prior_of_half_the_variance),
        ("largest-ratio-of-risks", bias_alone),
    ],
)
def test_a_wrong_term_is_refuted(check_quickly, name, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    outcomes = check_quickly("ali_2018").outcomes[name]
    assert compare_with(altered, outcomes).judgement.verdict == "disagrees"
