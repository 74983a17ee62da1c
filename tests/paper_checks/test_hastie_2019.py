"""The claims of Hastie et al. 2019 would not hold for theories with a dropped or a wrong term."""

import dataclasses

import numpy as np
import pytest
import sympy

from lazyrich.paper_checks import hastie_2019
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.evidence.identities import is_rejected
from lazyrich.paper_checks.measurements import hastie_2019 as routes
from lazyrich.paper_checks.predictions import hastie_2019 as predictions

CLAIMS = {claim.name: claim for claim in hastie_2019.CLAIMS}


def bias_without_amplification(sample_ratio, shares, variances, teacher_norms_squared, penalty):
    """What is not learned, without 1/(1 - gamma)."""
    from lazyrich.theory.double_descent.covariance import BlockCovariance, ridge_risk

    kappa = ridge_risk(
        BlockCovariance(variances, shares, teacher_norms_squared), sample_ratio, penalty
    ).kappa[:, None]
    c, m = np.asarray(variances), np.asarray(teacher_norms_squared)
    return (m * c * (kappa / (c + kappa)) ** 2).sum(axis=-1)


def boundary_without_bias(sample_ratio):
    """Signal-to-noise ratio at which the noise fitted alone is as bad as predicting zero."""
    return np.minimum(sample_ratio, 1) / np.abs(1 - sample_ratio)


def latent_noise_forgotten(feature_ratio, sample_ratio, noise_var):
    """The power that features miss does not act as label noise."""
    missed = 1 / (1 + feature_ratio)
    right = predictions.latent_risk(feature_ratio, sample_ratio, noise_var)
    noisy = predictions.latent_risk(feature_ratio, sample_ratio, noise_var + 1.0)
    return right - missed * (noisy - right)


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("ridgeless-bias", bias_without_amplification),
        ("ridgeless-variance", predictions.classical_variance),
        ("worse-than-zero", boundary_without_bias),
        ("latent-space", latent_noise_forgotten),
    ],
)
def test_a_dropped_term_is_refuted(check_quickly, name, prediction):
    outcomes = check_quickly("hastie_2019").outcomes[name]
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    assert compare_with(altered, outcomes).judgement.verdict == "disagrees"


def test_another_root_of_the_quadratic_is_refuted():
    claim = CLAIMS["isotropic-effective-ridge"]
    penalty, r = sympy.symbols("penalty r", positive=True)
    b = penalty + r - 1
    assert is_rejected(claim, (b + sympy.sqrt(b**2 + 4 * penalty * r)) / 2)


def test_descent_ends_where_the_pseudoinverse_is():
    given = {"n_inputs": 24, "sample_ratio": np.array([0.5, 2.0]), "noise_var": 0.3}
    found = routes.descended_risk(np.random.default_rng(1), **given, n_teachers=5, n_steps=20_000)
    rng = np.random.default_rng(1)
    for risk, n_train in zip(found, (12, 48), strict=True):
        X = rng.standard_normal((n_train, 24))
        teachers = rng.standard_normal((24, 5)) / np.sqrt(24)
        labels = X @ teachers + rng.standard_normal((n_train, 5)) * np.sqrt(0.3)
        assert risk == pytest.approx(((np.linalg.pinv(X) @ labels - teachers) ** 2).sum() / 5)


def test_means_over_exact_finite_designs():
    """E N/(P - N) is N/(P - N - 1) at finite size."""
    rng = np.random.default_rng(2)
    given = {"shares": (1.0,), "variances": (1.0,), "teacher_norms_squared": (1.0,), "penalty": 0.0}
    rows = [
        routes.variance(rng, n_inputs=10, sample_ratio=[0.2, 4.0], **given) for _ in range(2000)
    ]
    error = np.std(rows, axis=0) / np.sqrt(2000)
    assert (np.abs(np.mean(rows, axis=0) - [2 / 7, 10 / 29]) < 4 * error).all()
