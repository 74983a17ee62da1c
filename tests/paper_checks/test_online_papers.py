"""The claims on online learning refute theories with a term dropped or a wrong one."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks import goldt_2019, saad_1995
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.measurements.online_students import errors, first_layers


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


def test_networks_start_with_the_overlaps_of_the_prediction():
    """Also where the student's units are equal, so that the covariance is singular."""
    for start in (saad_1995.ASYMMETRIC, saad_1995.EQUAL, goldt_2019.OVERLAPS):
        w, B = first_layers(np.random.default_rng(1), 20, **start)
        np.testing.assert_allclose(w @ w.T / 20, start["Q0"], atol=1e-14)
        np.testing.assert_allclose(w @ B.T / 20, start["R0"], atol=1e-14)
        np.testing.assert_allclose(B @ B.T / 20, start["T"], atol=1e-14)


def test_early_times_are_means_over_networks():
    t = np.array([[1.0, 1.5], [4.0, 5.0]])
    given = saad_1995.ASYMMETRIC | {"readout": 1.0, "learning_rate": 0.5}
    one = errors(np.random.default_rng(3), 20, t, **given)
    many = errors(np.random.default_rng(3), 20, t, early=(3, 2.0), **given)
    assert many[0] != one[0] and many[1] == one[1]
