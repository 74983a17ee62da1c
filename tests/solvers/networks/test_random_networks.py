"""Random networks: products, their singular values in high precision, Jacobians by differences."""

import mpmath
import numpy as np
import pytest

from lazyrich.solvers.networks.initial_weights import orthogonal_weights, small_random_weights
from lazyrich.solvers.networks.random_networks import (
    log_singular_values,
    product,
    sampled_jacobian_gains,
    tanh_jacobians,
)


def test_product_is_in_the_order_of_the_layers():
    rng = np.random.default_rng(0)
    weights = small_random_weights((5, 4, 3, 2), 1.0, rng)
    x = rng.standard_normal(5)
    through = x
    for weight in weights:
        through = weight @ through
    np.testing.assert_allclose(product(weights) @ x, through, rtol=1e-13)


def test_log_singular_values_of_a_product_that_underflows():
    rng = np.random.default_rng(1)
    weights = small_random_weights((4,) * 201, 0.02, rng)
    with mpmath.workdps(450):
        full = mpmath.eye(4)
        for weight in weights:
            full = mpmath.matrix(weight.tolist()) * full
        expected = [float(mpmath.log(s)) for s in mpmath.svd_r(full, compute_uv=False)]
    assert expected[-1] < -745  # the product itself is 0 in float64
    np.testing.assert_allclose(log_singular_values(weights), expected, rtol=1e-12)


def test_log_singular_values_of_few_layers_and_of_a_stack():
    rng = np.random.default_rng(2)
    layers = list(rng.standard_normal((12, 3, 5, 5)))
    found = log_singular_values(layers)
    assert found.shape == (3, 5)
    for k in range(3):
        one = log_singular_values([layer[k] for layer in layers])
        np.testing.assert_allclose(found[k], one, rtol=1e-12)
        values = np.linalg.svd(product([layer[k] for layer in layers]), compute_uv=False)
        np.testing.assert_allclose(one, np.log(values), atol=1e-4)


def test_orthogonal_products_keep_every_length():
    weights = orthogonal_weights((30,) * 101, 1.0, np.random.default_rng(3))
    np.testing.assert_allclose(np.linalg.svd(product(weights), compute_uv=False), 1, rtol=1e-12)


def test_jacobians_are_derivatives():
    rng = np.random.default_rng(4)
    weights = small_random_weights((4,) * 4, 1.3, rng)
    start, step = rng.standard_normal(4), 1e-6

    def outputs(h):
        found = []
        for weight in weights:
            h = weight @ np.tanh(h)
            found.append(h)
        return np.array(found)

    for k in range(4):
        shift = step * np.eye(4)[k]
        slope = (outputs(start + shift) - outputs(start - shift)) / (2 * step)
        np.testing.assert_allclose(tanh_jacobians(weights, start)[:, :, k], slope, atol=1e-8)


@pytest.mark.parametrize(
    ("kind", "draw"), [("orthogonal", orthogonal_weights), ("gaussian", small_random_weights)]
)
def test_layers_drawn_where_they_act_have_the_law_of_whole_layers(kind, draw):
    """Means and spreads over 400 networks of width 12."""
    whole = []
    for rng in np.random.default_rng(5).spawn(400):
        weights = draw((12,) * 4, 1.1, rng)
        h = rng.standard_normal(12)
        jacobians = tanh_jacobians(weights, h * np.sqrt(12) / np.linalg.norm(h))
        whole.append(np.log((jacobians**2).sum(axis=(1, 2)) / 12))
    sampled = [
        np.log(sampled_jacobian_gains(kind, 1.1, 3, 12, 11, rng))
        for rng in np.random.default_rng(6).spawn(400)
    ]
    error = np.hypot(np.std(whole, axis=0), np.std(sampled, axis=0)) / 20
    gap = np.abs(np.mean(whole, axis=0) - np.mean(sampled, axis=0))
    # log of an average over 11 probes lies below by half its variance, at most 1/11 a layer
    assert np.all(gap < 4 * error + 0.02 * np.arange(1, 4))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: product([]), "one or more non-empty matrices"),
        (lambda: product([[[np.nan]]]), "NaN or infinite"),
        (lambda: log_singular_values([np.ones((2, 3))]), "square matrices of one size"),
        (lambda: log_singular_values([np.eye(2)], sweeps=0), "sweeps = 0"),
        (lambda: tanh_jacobians([np.eye(2)], [1.0]), "finite vector of N entries"),
        (lambda: sampled_jacobian_gains("haar", 1, 2, 9, 2, np.random.default_rng(0)), "kind"),
        (lambda: sampled_jacobian_gains("gaussian", 1, 2, 2, 2, np.random.default_rng(0)), "width"),
    ],
)
def test_input_outside_the_range_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
