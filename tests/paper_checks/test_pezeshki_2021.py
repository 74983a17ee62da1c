"""The claims of Pezeshki and others 2021 are refuted when a term is dropped; their routes agree."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lazyrich.paper_checks import pezeshki_2021
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.measurements import pezeshki_2021 as routes
from lazyrich.paper_checks.pezeshki_2021 import in_time
from lazyrich.theory.double_descent import block_dynamics

CLAIMS = {claim.name: claim for claim in pezeshki_2021.CLAIMS}


@pytest.fixture(scope="module")
def outcomes(check_quickly):
    return check_quickly("pezeshki_2021").outcomes


def verdict(claim, outcomes):
    return compare_with(claim, outcomes[claim.name]).judgement.verdict


# Claims with a dropped or a wrong term


def without_two_point_factor(t, **given):
    """1 - g12 = 1: each mode's error is the square of its mean."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            block_dynamics, "one_minus_g", lambda k, *_: (np.ones((*k.shape, k.shape[-1])),) * 2
        )
        return in_time.error(t, **given)


def without_label_noise(t, noise_var, **given):
    return in_time.error(t, noise_var=0.0, **given)


def without_late_noise(t, noise_var, **given):
    """2 A(t) in place of 2 A(t) - A(2 t)."""
    full = in_time.error(t, noise_var=noise_var, **given)
    silent = in_time.error(t, noise_var=0.0, **given)
    later = in_time.error(2 * t, noise_var=noise_var, **given)
    return full + 0.5 * (later - in_time.error(2 * t, noise_var=0.0, **given)) + 0 * silent


def time_of_the_mean_loss(t, sample_ratio, **given):
    return in_time.error(t / sample_ratio, sample_ratio=sample_ratio, **given)


def squared_condition_number(condition_number, **given):
    return in_time.errors_at_condition_numbers(condition_number=condition_number**2, **given)


def train_at_t(t, **given):
    """exp(-S t) in place of its square."""
    return in_time.train_error(t / 2, **given)


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("error-in-time", without_two_point_factor),
        ("error-in-time", without_late_noise),
        ("error-in-time", time_of_the_mean_loss),
        ("steps-of-descent", without_label_noise),
        ("condition-numbers", squared_condition_number),
        ("training-error", train_at_t),
    ],
)
def test_a_dropped_term_is_refuted(outcomes, name, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    assert verdict(altered, outcomes) == "disagrees"


def test_swapped_order_parameters_are_refuted(outcomes):
    claim = CLAIMS["order-parameters"]
    swapped = dataclasses.replace(
        claim, prediction=lambda **given: claim.prediction(**given)[:, ::-1]
    )
    assert verdict(swapped, outcomes) == "disagrees"


# The routes themselves

DESIGN = {"n_features": 30, "sample_ratio": 1.5, "fast_share": 0.6, "condition_number": 5.0}


def test_routes_to_the_error_of_one_design_agree():
    """SVD averages, order parameters, and the penalised flow with a vanishing penalty."""
    t = np.array([0.3, 5.0, 200.0])
    common = {**DESIGN, "t": t, "noise_var": 0.2}

    def of(route, **more):
        return route(np.random.default_rng(3), **common, **more)

    error = of(routes.error_of_designs)
    R, Q = of(routes.order_parameters_of_designs).T
    assert_allclose(1 - 2 * R + Q, error, rtol=1e-10)
    assert_allclose(of(routes.penalised_flow_of_designs, penalty=[1e-13])[0], error, rtol=1e-8)


def test_dense_ridge_by_solving_for_every_direction():
    penalty = np.array([1e-3, 0.1])
    given = {**DESIGN, "penalty": penalty, "noise_var": 0.2}
    X, scales = routes.design_of_seed(**DESIGN, seed=4)
    expected = []
    for ridge in penalty:
        inverse = np.linalg.solve(X.T @ X + ridge * np.eye(30), X.T)
        student = scales[:, None] * inverse
        left = np.eye(30) - student @ X / scales
        expected.append(((left**2).sum() + 0.2 * (student**2).sum()) / 30)
    found = routes.ridge_errors_of_designs(np.random.default_rng(4), **given)
    assert_allclose(found, expected, rtol=1e-9)


def test_turning_points_of_a_design_are_its_own_extrema():
    given = {**DESIGN, "n_features": 60, "noise_var": 0.0}
    ratio = given.pop("condition_number") * 4
    (found,) = routes.turning_points_of_designs(
        np.random.default_rng(5), condition_number=[ratio], **given
    )
    t = np.geomspace(found[0] / 2, 2 * found[1], 20_001)
    (curve,) = routes.error_at_condition_numbers(
        np.random.default_rng(5), condition_number=[ratio], t=t, **given
    )
    bottom, top = curve[t < 4].argmin(), curve.argmax()
    assert_allclose(found, [t[bottom], t[top], curve[bottom], curve[top]], rtol=2e-3)


def test_features_seen_alone_are_those_of_equal_scale():
    """All features of one scale: no slow part, the usual curve."""
    t = np.array([0.5, 4.0])
    one = routes.error_of_one_scale(np.random.default_rng(6), 40, 1.5, 1.0, 1.0, t, 0.1)
    other = routes.error_of_designs(np.random.default_rng(6), 40, 1.5, 0.5, 1.0, t, 0.1)
    assert_allclose(one, other, rtol=1e-12)
