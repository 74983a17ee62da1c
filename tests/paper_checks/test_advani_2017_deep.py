"""Theories of deep students with a wrong or a dropped term are refuted."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks.advani_2017 import deep_students
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.theory.double_descent import deep_isotropic

CLAIMS = {claim.name: claim for claim in deep_students.CLAIMS}


def without_turn(t, gram, drive, start, depths):
    """|beta|^p times the gradient, as if only the first layer learned."""
    return deep_students.products(t, gram, drive, start, tuple(1 for _ in depths))


def time_not_scaled(t, depth, **student):
    return deep_students.curves(t * 1.5, depth=depth, **student)


def one_layer_more(t, depth, **student):
    return deep_students.curves(t, depth=depth + 1, **student)


def start_left_out(t, init_scale, **student):
    return deep_students.curves(t, init_scale=init_scale / 10, **student)


def noise_not_in_the_test_error(t, noise_var, **student):
    found = deep_isotropic.deep_linear_curve(t, noise_var=noise_var, **student)
    return np.column_stack([found.test - noise_var, found.train])


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("product-of-layers-follows-its-flow", without_turn),
        ("two-layers-above-ratio-one", time_not_scaled),
        ("two-layers-below-ratio-one", one_layer_more),
        ("three-layers-above-ratio-one", noise_not_in_the_test_error),
        ("three-layers-below-ratio-one", start_left_out),
    ],
)
def test_a_wrong_term_is_refuted(check_quickly, name, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    outcomes = check_quickly("advani_2017").outcomes[name]
    assert compare_with(altered, outcomes).judgement.verdict == "disagrees"
