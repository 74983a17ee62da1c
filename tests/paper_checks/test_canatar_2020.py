"""The claims of Canatar et al. 2020 would not hold for theories with a dropped term; digits as measured."""

import dataclasses
from math import comb

import numpy as np
import pytest

from lazyrich.paper_checks import canatar_2020
from lazyrich.paper_checks.canatar_2020 import digits
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.measurements.canatar_2020 import digits as digit_routes
from lazyrich.paper_checks.measurements.canatar_2020 import kernels
from lazyrich.paper_checks.predictions import canatar_2020 as predictions

CLAIMS = {claim.name: claim for claim in canatar_2020.CLAIMS}


def train_error_of_penalty(penalty, **given):
    """The effective ridge is the penalty: train and test error are equal."""
    return predictions.prediction(penalty=penalty, **given).risk + given["noise_var"]


def one_mode_at_a_time(fraction, dimensions, variances, penalty, largest):
    """Each block learned as if it were alone."""
    alone = [
        predictions.samples_to_learn(fraction, [n], [c], penalty, largest)
        for n, c in zip(dimensions, variances, strict=True)
    ]
    return np.column_stack(alone)


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("effective-ridge", predictions.penalty_alone),
        ("mode-errors", predictions.mode_errors_without_leakage),
        ("train-error", train_error_of_penalty),
        ("order-of-learning", one_mode_at_a_time),
        ("kernel-learns-the-first-degree", predictions.first_degree_alone),
    ],
)
def test_a_dropped_term_is_refuted(check_quickly, name, prediction):
    outcomes = check_quickly("canatar_2020").outcomes[name]
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    assert compare_with(altered, outcomes).judgement.verdict == "disagrees"


@pytest.mark.parametrize("dimension", [3, 5, 20])
def test_harmonics_on_the_sphere(dimension):
    """Q_k(x.x) = 1, and the mean of Q_k^2 over the sphere is 1 over the number of harmonics."""
    from scipy.special import roots_gegenbauer

    nodes, weights = roots_gegenbauer(40, (dimension - 2) / 2)
    found = kernels.gegenbauer(nodes, 4, dimension)
    np.testing.assert_allclose(kernels.gegenbauer(np.ones(1), 4, dimension), 1, rtol=1e-12)
    inner = found * weights @ found.T / weights.sum()
    counts = [1] + [kernels.n_harmonics(k, dimension) for k in range(1, 5)]
    np.testing.assert_allclose(inner, np.diag(1 / np.array(counts)), atol=1e-12)
    assert counts[2] == comb(dimension + 1, 2) - 1


def test_degree_errors_against_sampled_test_points():
    """The average over teachers and test points, drawn instead."""
    D, e, p = 4, np.array([1.0, 0.5]), np.array([0.6, 0.4])
    given = {
        "dimension": D, "sample_ratio": np.array([3.0]), "learned_degree": 1,
        "kernel_powers": e, "teacher_powers": p, "penalty": 0.05, "noise_var": 0.2,
    }  # fmt: skip
    (exact,) = kernels.degree_errors(np.random.default_rng(3), **given)
    rng = np.random.default_rng(3)
    x = rng.standard_normal((12, D))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    z = rng.standard_normal((400, D))
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    both = np.vstack([x, z])
    Q = kernels.gegenbauer(both @ both.T, 2, D)[1:]
    roots = [np.linalg.cholesky(p[k] * Q[k] + 1e-10 * np.eye(412)) for k in range(2)]
    parts = np.array([root @ rng.standard_normal((412, 4000)) for root in roots])
    labels = parts[:, :12].sum(axis=0) + np.sqrt(0.2) * rng.standard_normal((12, 4000))
    K = np.tensordot(e, Q, 1)
    fitted = np.linalg.solve(K[:12, :12] + 12 * 0.05 * np.eye(12), labels)
    errors = [((e[k] * Q[k][12:, :12] @ fitted - parts[k, 12:]) ** 2).mean() for k in range(2)]
    np.testing.assert_allclose(errors, exact, rtol=0.06)


def test_blocks_of_close_eigenvalues_stand_for_the_kernel():
    full = digits.kernel_spectrum(digits.WIDTH)
    merged = digits._merged(full)
    assert merged.covariance.eigenvalues.size < 250
    np.testing.assert_allclose(merged.covariance.trace, full.covariance.trace, rtol=1e-12)
    P, lam = np.array([80.0, 320.0]), np.array([0.01, 0.1])
    np.testing.assert_allclose(
        digits.test_error(merged, P, lam), digits.test_error(full, P, lam), rtol=1e-3
    )


def test_error_of_all_weights_is_that_on_all_digits():
    inputs, targets = digit_routes.population()
    weights = np.random.default_rng(4).standard_normal((64, 10))
    direct = ((targets - inputs @ weights) ** 2).sum() / len(inputs)
    assert digit_routes._error(weights) == pytest.approx(direct, rel=1e-10)


def test_descent_in_time_ends_at_the_ridgeless_fit_of_the_subset():
    rng = np.random.default_rng(5)
    late = digit_routes.linear_error_in_time(rng, 1, np.array([4000]), 1.0, np.array([30]))
    drawn = np.random.default_rng(5).integers(1797, size=30)
    inputs, targets = digit_routes.population()
    weights = np.linalg.pinv(inputs[drawn], rcond=1e-10) @ targets[drawn]
    assert late[0, 0] == pytest.approx(digit_routes._error(weights), rel=0.02)
