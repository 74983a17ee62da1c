"""The claims of Mei and Montanari 2019 would not hold for theories with a dropped or a wrong term."""

import dataclasses
import functools

import numpy as np
import pytest
import sympy

from lazyrich.paper_checks import mei_2019
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.evidence.identities import is_rejected
from lazyrich.paper_checks.measurements import mei_2019 as routes
from lazyrich.paper_checks.predictions import mei_2019 as predictions
from lazyrich.theory.double_descent import random_features
from lazyrich.theory.double_descent.hermite import hermite_moments

CLAIMS = {claim.name: claim for claim in mei_2019.CLAIMS}


@pytest.fixture(scope="module")
def outcomes(check_quickly):
    return check_quickly("mei_2019").outcomes


def verdict(name, outcomes, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    return compare_with(altered, outcomes[name]).judgement.verdict


# Dropped and wrong terms


def penalty_as_mean_loss(penalty, sample_ratio, **given):
    """The penalty of (1/n) sum (y - f)^2 + penalty |a|^2, with n in units of d."""
    scaled = sample_ratio * np.asarray(penalty)
    return predictions.bias_and_variance(penalty=scaled, sample_ratio=sample_ratio, **given)


def infinitely_many_features(feature_ratio, **given):
    return predictions.bias_and_variance(feature_ratio=np.full(len(feature_ratio), np.inf), **given)


def infinitely_many_samples(feature_ratio, noise_var, **given):
    errors = predictions.bias_and_variance(**(given | {
        "feature_ratio": feature_ratio, "sample_ratio": 1e6,
    }))  # fmt: skip
    return errors[..., 0]


def of_another_activation(**given):
    return predictions.risk(**(given | {"activation": "scaled_erf"}))


def variance_of_activation(nonlinear_variance, **given):
    """mu_*^2 with the linear part left in it."""
    return predictions.nonlinear_noise_risk(1 + np.asarray(nonlinear_variance), **given)


def unexpressed_without_nonlinear_noise(feature_ratio, activation):
    return np.maximum(1 - np.asarray(feature_ratio), 1e-3)


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("model-wise-risk", penalty_as_mean_loss),
        ("model-wise-risk", infinitely_many_features),
        ("peak-without-label-noise", infinitely_many_samples),
        ("relu-features", of_another_activation),
        ("erf-features", of_another_activation),
        ("nonlinear-noise", variance_of_activation),
        ("infinitely-many-samples", unexpressed_without_nonlinear_noise),
    ],
)
def test_a_dropped_term_is_refuted(outcomes, name, prediction):
    assert verdict(name, outcomes, prediction) == "disagrees"


def at_the_largest_size(name, outcomes):
    """The claim and its outcomes for one size: alterations of given weights differ from size to size."""
    size = max(outcomes[name])
    claim = dataclasses.replace(CLAIMS[name], sizes=(size,), quick_sizes=())
    return claim, {size: outcomes[name][size]}


def unexpressed_part(n_inputs, feature_ratio, activation, weight_seed, **_):
    moments = hermite_moments(activation)
    p, d = round(feature_ratio * n_inputs), int(n_inputs)
    weights = predictions.fixed_weights(p, d, weight_seed)
    signal = moments.linear**2 * np.linalg.svd(weights, compute_uv=False) ** 2
    return 1 - (signal / (signal + moments.nonlinear_variance)).sum() / d


def without_its_noise(t, n_inputs, **given):
    """What the features cannot express is missed but no noise in training."""
    found = predictions.errors_in_time(t, n_inputs, **given)
    found[:, 0] -= unexpressed_part(n_inputs, **given) * found[:, 1]
    return found


def without_its_risk(t, n_inputs, **given):
    """What the features cannot express is noise in training but not missed."""
    found = predictions.errors_in_time(t, n_inputs, **given)
    found[:, 0] -= unexpressed_part(n_inputs, **given)
    return found


@pytest.mark.parametrize("name", ["rise-and-fall-in-time", "relu-features-in-time"])
@pytest.mark.parametrize("prediction", [without_its_noise, without_its_risk])
def test_what_is_not_expressed_is_missed_and_acts_as_noise(outcomes, name, prediction):
    claim, measured = at_the_largest_size(name, outcomes)
    altered = dataclasses.replace(claim, prediction=prediction)
    assert compare_with(claim, measured).judgement.verdict != "disagrees"
    assert compare_with(altered, measured).judgement.verdict == "disagrees"


@pytest.mark.parametrize("name", ["bias-of-the-two-equations", "variance-of-the-two-equations"])
def test_identities_need_every_term(name):
    claim = CLAIMS[name]
    p1, p2 = sympy.symbols("psi_1 psi_2", positive=True)
    right = claim.closed_form()
    assert not is_rejected(claim, right)
    assert is_rejected(claim, right.subs({p1: p2, p2: p1}, simultaneous=True))


def test_the_other_root_of_omega_is_refuted():
    claim = CLAIMS["omega-of-infinite-limits"]
    psi, z, lam = sympy.symbols("psi z lam", positive=True)
    other = -(psi * z - z - lam * psi - 1) / (lam * psi + 1) - claim.closed_form()
    assert not is_rejected(claim, other)  # it solves the quadratic as well ...
    assert other.subs({psi: 2, z: 1, lam: 1}) > 0 > claim.closed_form().subs({psi: 2, z: 1, lam: 1})


# The theory itself, mutated

MUTATED = {
    "ridge_risk": [
        "risk-against-the-quartic", "model-wise-risk", "sample-wise-risk", "relu-features",
        "infinitely-many-samples", "flow-ends-at-the-interpolator",
    ],
    "best_kernel_penalty": ["best-penalty-of-infinitely-many-features"],
    "learning_curve": ["rise-and-fall-in-time", "gradient-descent-with-large-steps"],
}  # fmt: skip


def test_every_public_function_is_mutated():
    assert set(MUTATED) == set(random_features.__all__)


@pytest.mark.parametrize("function, name", [(f, n) for f, names in MUTATED.items() for n in names])
def test_a_mutated_theory_is_refuted(outcomes, monkeypatch, function, name):
    original = getattr(random_features, function)

    @functools.wraps(original)
    def wrong(*arguments, **named):
        return 1.15 * np.asarray(original(*arguments, **named))

    monkeypatch.setattr(random_features, function, wrong)
    assert compare_with(CLAIMS[name], outcomes[name]).judgement.verdict == "disagrees"


# The routes


def test_both_sides_of_claims_in_time_have_the_same_weights():
    from lazyrich.solvers.networks.random_feature_maps import feature_weights

    drawn = feature_weights(24, 16, np.random.default_rng([1908, 16]))
    np.testing.assert_array_equal(predictions.fixed_weights(24, 16, 1908), drawn)


def test_moments_of_the_measured_equivalents_are_those_of_the_activations():
    for name, linear in routes.LINEAR.items():
        moments = hermite_moments(name)
        assert linear == pytest.approx(moments.linear, rel=1e-14)
        assert routes.NONLINEAR[name] == pytest.approx(moments.nonlinear_variance, rel=1e-12)


def test_descended_errors_are_those_of_the_eigensystem():
    given = {
        "n_inputs": 8, "t": np.array([2.0, 8.0]), "feature_ratio": 1.5, "sample_ratio": 2.0,
        "noise_var": 0.2, "activation": "relu", "weight_seed": 3,
    }  # fmt: skip
    flow = routes.errors_in_time(np.random.default_rng(1), **given)
    small, smaller = (
        routes.descended_errors(np.random.default_rng(1), learning_rate=rate, **given)
        for rate in (0.02, 0.01)
    )
    np.testing.assert_allclose(2 * smaller - small, flow, rtol=1e-4)


def test_best_is_the_minimum_over_penalties():
    given = {"n_inputs": 8, "feature_ratio": np.array([1.0]), "sample_ratio": 1.0}
    best = routes.tuned_risk(np.random.default_rng(2), noise_var=0.5, **given)
    every = routes.risk(
        np.random.default_rng(2), noise_var=0.5, penalty=np.geomspace(1e-4, 100, 2000), **given
    )
    assert best[0] == pytest.approx(every.min(), rel=1e-6)
