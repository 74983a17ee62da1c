"""Traps of deep random starts, sprung on networks that train."""

import numpy as np
import pytest

from lazyrich.solvers.networks.deep_linear import train
from lazyrich.solvers.networks.initial_weights import (
    aligned_weights,
    orthogonal_weights,
    small_random_weights,
)
from lazyrich.solvers.networks.linear_tasks import whitened_task
from lazyrich.solvers.networks.random_networks import product

STRENGTHS = np.linspace(0.5, 1.5, 6)


def task(seed, n=6):
    return whitened_task(STRENGTHS, n, n, np.random.default_rng(seed))


def steps_to_learn(weights, moments, rate):
    """Updates until 5 % of the loss of a silent network is left; inf beyond 3000."""
    steps = np.arange(3001)
    loss = train(weights, moments, rate, steps).excess_loss
    learned = np.flatnonzero(loss < 0.05 * np.sum(STRENGTHS**2) / 2)
    return learned[0] if len(learned) else np.inf


def with_sign(weights, sign):
    """The same layers, the first row of the last one turned if the determinant has the other sign."""
    if np.linalg.slogdet(product(weights)).sign != sign:
        weights[-1][0] *= -1
    return weights


@pytest.mark.parametrize("depth", [3, 4])
def test_trap_a_wrong_determinant_leaves_one_mode_unlearned(depth):
    """The flow conserves the sign of det W of square layers: half of all orthogonal starts are lost."""
    moments = task(0).moments
    sign = np.linalg.slogdet(moments.sigma_yx).sign
    draw = orthogonal_weights((6,) * (depth + 1), 1.0, np.random.default_rng(depth))
    found = {}
    for which in (sign, -sign):
        weights = with_sign([w.copy() for w in draw], which)
        run = train(weights, moments, 0.02 / depth, [0, 2000])
        found[which] = run.excess_loss[1]
        assert np.linalg.slogdet(product([w[-1] for w in run.weights])).sign == which
    assert found[sign] < 1e-6 and found[-sign] > 0.4 * STRENGTHS.min() ** 2 / 2


def test_half_of_the_orthogonal_starts_have_the_wrong_determinant():
    signs = [
        np.linalg.slogdet(product(orthogonal_weights((4,) * 4, 1.0, rng))).sign
        for rng in np.random.default_rng(0).spawn(400)
    ]
    assert abs(np.mean(signs)) < 0.15


def test_trap_depth_independence_needs_aligned_layers():
    """Unaligned orthogonal layers must be turned first; Gaussian ones hardly learn at all."""
    found = {}
    for depth in (2, 16):
        rate = 0.25 / (depth * 1.5 ** (2 - 2 / depth))
        moments, left, right, *_ = task(1)
        rng = np.random.default_rng(depth)
        sign = np.linalg.slogdet(moments.sigma_yx).sign
        widths = (6,) * (depth + 1)
        starts = {
            "aligned": aligned_weights(left, right, np.ones((depth, 6)), [6] * (depth - 1), rng),
            "orthogonal": with_sign(orthogonal_weights(widths, 1.0, rng), sign),
            "gaussian": with_sign(small_random_weights(widths, 1.0, rng), sign),
        }
        found[depth] = {name: steps_to_learn(w, moments, rate) for name, w in starts.items()}
    assert abs(found[2]["aligned"] - found[16]["aligned"]) <= 6
    assert found[16]["orthogonal"] > 5 * found[16]["aligned"]
    assert found[16]["gaussian"] > 5 * found[16]["orthogonal"]


def test_trap_the_mean_square_of_a_gaussian_product_is_carried_by_rare_networks():
    """The mean square of |P x|^2 is 1, yet a thousand networks hardly see it; their logarithm is seen."""
    width, depth, draws = 4, 64, 1000
    rng = np.random.default_rng(0)
    x = np.zeros((draws, width, 1))
    x[:, 0] = 1.0
    for _ in range(depth):
        x = rng.standard_normal((draws, width, width)) @ x / np.sqrt(width)
    squared = (x**2).sum(axis=(1, 2))
    assert squared.mean() < 0.1
    expected = depth * (1 - np.euler_gamma + np.log(2 / width))  # psi(2) = 1 - Euler's constant
    assert np.log(squared).mean() == pytest.approx(expected, rel=0.05)
