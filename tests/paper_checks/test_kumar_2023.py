"""The claims of Kumar et al. 2023 would not hold for theories a little wrong."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.kumar_2023 import kernel_stage, loss_and_flow, time_course
from lazyrich.theory.lazy_to_rich import quadratic_network as quadratic

CLAIMS = {
    claim.name: claim
    for claim in (*loss_and_flow.CLAIMS, *time_course.CLAIMS, *kernel_stage.CLAIMS)
}


def verdict(check_quickly, name, prediction):
    claim = dataclasses.replace(CLAIMS[name], prediction=prediction)
    return compare_with(claim, check_quickly("kumar_2023").outcomes[name]).judgement.verdict


def half_time(t, **given):
    """Time of a loss with a factor 1/2."""
    return loss_and_flow.moments_in_time(t / 2, **given)


def isotropic_forgets_the_bulk(t, **given):
    return loss_and_flow.spike_without_trace_pull(t, **given)


def uncentred(centered, **given):
    return time_course.curves(centered=not centered, **given)


def no_quadratic_kernel(quadratic_strength, **given):
    """The tangent kernel without its quadratic part."""
    return kernel_stage.lazy_curves(quadratic_strength=1e-9, **given)


def no_ridge(quadratic_strength, sample_ratio, teacher_power):
    return quadratic.kernel_regression_loss(
        0.5 * np.asarray(quadratic_strength), sample_ratio, teacher_power=teacher_power
    )


def always_lazy(**given):
    return time_course.lazy_for_ever(**given)


def single_power(steps, **given):
    """The train loss decays as its residuals, not as their squares."""
    found = kernel_stage.linear_curves(steps, **given)
    found[::2, 0] = found[: (len(found) + 1) // 2, 0]
    return found


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("population-flow", half_time),
        ("spike-along-the-teacher", isotropic_forgets_the_bulk),
        ("width-reduction", uncentred),
        ("lazy-stage", no_quadratic_kernel),
        ("kernel-regression", no_ridge),
        ("laziness-delays-generalisation", always_lazy),
        ("linear-students-fit-noise", single_power),
    ],
)
def test_a_wrong_term_is_refuted(check_quickly, name, prediction):
    assert verdict(check_quickly, name, prediction) == "disagrees"
