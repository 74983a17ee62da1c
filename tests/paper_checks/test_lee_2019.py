"""The claims of Lee et al. 2019 hold, and would not for theories a little wrong."""

import dataclasses

import numpy as np
import pytest

from lazyrich.paper_checks import lee_2019
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.lee_2019 import predictions
from lazyrich.paper_checks.measurements.lee_2019 import digits, linearised
from lazyrich.theory.infinite_width import kernel_flow, kernel_fluctuation

CLAIMS = {claim.name: claim for claim in lee_2019.CLAIMS}


@pytest.fixture(scope="module")
def outcomes(check_quickly):
    return check_quickly("lee_2019").outcomes


def verdict(claim, outcomes):
    return compare_with(claim, outcomes[claim.name]).judgement.verdict


# Claims with a dropped or a wrong term


def spread_without_cross_terms(step, learning_rate, y, **given):
    train, cross, test = predictions.pairs_of_kernels(**given)
    moved = kernel_flow.ensemble_prediction(
        train, (0 * cross[0], cross[1]), test, y, np.asarray(step) * learning_rate
    )
    return np.einsum("tii->ti", moved.covariance)


def mean_for_the_mean_loss(learning_rate, y, **given):
    """A learning rate for the mean over samples instead of the sum."""
    return predictions.means(learning_rate=learning_rate / len(y), y=y, **given)


def loss_without_the_start(step, learning_rate, y, X_test, **given):
    train, _, _ = predictions.pairs_of_kernels(X_test=X_test, **given)
    t = np.asarray(step) * learning_rate
    mean = kernel_flow.training_prediction(train, y, t, learning_rate=learning_rate).mean
    return ((mean - np.asarray(y)) ** 2).sum(axis=-1) / 2


def fluctuation_without_fourth_moment(width, X, **given):
    """As if E v^4 were 1."""
    x = np.asarray(X)
    overlap = x @ x.T / x.shape[1]
    both_active = (np.pi - np.arccos(np.clip(overlap / np.diagonal(overlap)[0], -1, 1))) / (
        2 * np.pi
    )
    dropped = (2 * overlap**2 * both_active)[np.triu_indices(len(x))]
    return predictions.relu_variances(width, X, **given) - dropped / np.asarray(width)[:, None]


def drift_without_dependence(width, X, learning_rate, sigma_w, sigma_b, **given):
    power = sigma_w**2 * np.mean(np.square(X)) + sigma_b**2
    given |= {"X": X, "learning_rate": learning_rate, "sigma_w": sigma_w, "sigma_b": sigma_b}
    dependence = 2 * sigma_w**4 * power**2 * learning_rate / width
    return predictions.relu_kernel_change(width, **given) + 4 * dependence


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("spread-in-time", spread_without_cross_terms),
        ("mean-in-time", mean_for_the_mean_loss),
        ("expected-loss", loss_without_the_start),
        ("kernel-fluctuates-as-one-over-root-n", fluctuation_without_fourth_moment),
    ],
)
def test_a_dropped_term_is_refuted(outcomes, name, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    assert verdict(altered, outcomes) == "disagrees"


def test_the_drift_without_dependence_does_not_agree(outcomes):
    """The few networks of quick effort leave it undecided."""
    claim = CLAIMS["relu-kernels-move-as-one-over-root-n"]
    altered = dataclasses.replace(claim, prediction=drift_without_dependence)
    assert verdict(altered, outcomes) != "agrees"


# The theory itself, mutated

MUTATED = {
    (kernel_flow, "ensemble_prediction", "mean"): "mean-in-time",
    (kernel_flow, "ensemble_prediction", "covariance"): "spread-in-time",
    (kernel_flow, "linearised_outputs", ""): "linearised-descent",
    (kernel_flow, "expected_loss", ""): "expected-loss",
    (kernel_flow, "largest_learning_rate", ""): "threshold-learning-rate",
    (kernel_fluctuation, "relu_ntk_variance", ""): "kernel-fluctuates-as-one-over-root-n",
    (kernel_fluctuation, "relu_kernel_drift", ""): "relu-kernels-move-as-one-over-root-n",
}


@pytest.mark.parametrize("mutated", MUTATED, ids=lambda m: f"{m[1]}.{m[2]}")
def test_a_mutated_theory_is_refuted(outcomes, monkeypatch, mutated):
    module, name, field = mutated
    original = getattr(module, name)

    def wrong(*arguments, **named):
        found = original(*arguments, **named)
        if field:
            return found._replace(**{field: 1.2 * getattr(found, field)})
        return 1.2 * found

    monkeypatch.setattr(module, name, wrong)
    assert verdict(CLAIMS[MUTATED[mutated]], outcomes) == "disagrees"


# The routes


def test_the_explicit_jacobian_gives_the_empirical_kernel():
    claim = CLAIMS["linearised-descent"]
    given = {
        name: value
        for name, value in claim.parameters.items()
        if name not in ("step", "learning_rate", "y")
    }
    f, jacobian, f_test, jacobian_test = linearised._linear_model(**given)
    own = predictions._own_kernels(**given)
    np.testing.assert_allclose(jacobian @ jacobian.T, own["ntk_train"], rtol=1e-12)
    np.testing.assert_allclose(jacobian_test @ jacobian.T, own["ntk_cross"], rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(f, own["start_train"], rtol=1e-12)
    np.testing.assert_allclose(f_test, own["start_test"], rtol=1e-12)


def test_digits_are_two_classes_without_overlap_of_sets():
    x, y, x_test, y_test = digits.task((3, 8), 60, 40)
    assert x.shape == (60, 64) and x_test.shape == (40, 64)
    np.testing.assert_allclose((x**2).mean(axis=1), 1, rtol=1e-12)
    assert set(y) == set(y_test) == {-1.0, 1.0}
    assert np.abs(x @ x_test.T / 64).max() < 1 - 1e-6


def test_held_out_digits_are_told_apart():
    claim = CLAIMS["mean-on-held-out-digits"]
    *_, targets = digits.task((3, 8), claim.parameters["n_train"], claim.parameters["n_test"])
    mean = claim.prediction(**claim.parameters)[-1]
    assert (np.sign(mean) == targets).mean() > 0.9
