"""The claims on online learning refute theories with a term dropped or a wrong one."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks import goldt_2019, saad_1995
from lazyrich.paper_checks.evidence.examine import compare_with


def claim_of(paper, name):
    (found,) = [claim for claim in paper.CLAIMS if claim.name == name]
    return found


def other_activation(activation, **given):
    return goldt_2019.errors(activation="scaled_erf", **given)


def doubled_step_noise(learning_rates, n_units, noise_var):
    strength = np.asarray(learning_rates) * n_units
    return strength * noise_var / (4 - 4 * strength * 0.75)


def integrals_without_cross_terms(C, strength):
    """I4 as a product of J2 and I2: the Gaussian fields taken as independent."""
    found = saad_1995.integrals(C, strength)
    found[:, 5] = found[:, 1] * found[:, 0]
    return found


@pytest.mark.parametrize(
    ("paper", "name", "prediction"),
    [
        (goldt_2019, "relu-students-follow-the-full-odes", other_activation),
        (goldt_2019, "final-error-of-linear-students", doubled_step_noise),
        (saad_1995, "integrals-against-quadrature", integrals_without_cross_terms),
    ],
)
def test_a_wrong_term_is_refuted(check_quickly, paper, name, prediction):
    claim = claim_of(paper, name)
    outcomes = check_quickly(paper.__name__.split(".")[-1]).outcomes
    altered = dataclasses.replace(claim, prediction=prediction)
    assert compare_with(altered, outcomes[name]).judgement.verdict == "disagrees"
