"""Descent of the opposing-signals model, and its spikes, against plain iteration."""

import numpy as np
import pytest
from mpmath import mp
from numpy.testing import assert_allclose

from lazyrich.theory.deep_linear import opposing_signals as opposing
from tests.theory.deep_linear.opposing_cases import ALPHA, BETA, START, THRESHOLD, iterated


def iterated_spike(beta, alpha, b_s, b_o, c, rate, threshold=1e-4, digits=None):
    """Step at which the outliers' loss has regrown; b_o stays a logarithm, or has `digits`."""
    b_s = np.array(b_s, dtype=float)
    real = mp.mpf if digits else float
    with mp.workdps(digits or 15):
        size = mp.norm([mp.mpf(float(b)) for b in b_o]) if digits else np.linalg.norm(b_o)
        for step in range(20_000):
            lost = real(alpha * c**2 / 2) * size * size
            if rate * alpha * c**2 > 2 and lost >= threshold * beta @ beta:
                return step
            residual = c * b_s - beta
            of_c = b_s @ residual + alpha * c * float(size * size)
            size *= real(1 - rate * alpha * c**2)
            c, b_s = c - rate * of_c, b_s - rate * c * residual
    return np.inf


@pytest.mark.parametrize("b_s", [(0.05, 0.07, 0.02), (0.5, 0.9, 0.1), (-0.3, 0.2, 0.4)])
def test_descent_is_gradient_descent_on_whole_vectors(b_s):
    start = {**START, "b_s": b_s}
    c, signal, outlier = iterated(BETA, ALPHA, *start.values(), 1.1 * THRESHOLD, 400)
    found = opposing.descent(np.arange(401), BETA, ALPHA, **start, learning_rate=1.1 * THRESHOLD)
    assert_allclose(found.c, c, rtol=1e-10)
    assert_allclose(found.b_s, signal, atol=1e-10)
    b_o = (found.sign * np.exp(found.log_b_o))[:, None] * np.array(START["b_o"]) / 0.1
    assert_allclose(b_o[:60], outlier[:60], rtol=1e-8, atol=1e-13)


@pytest.mark.parametrize("ratio", [1.02, 1.05, 1.1, 1.2, 1.4, 1.7, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_spike_step_of_whole_networks(seed, ratio):
    rng = np.random.default_rng(seed)
    b_s, b_o = rng.standard_normal(20), rng.standard_normal(10)
    b_s, b_o = 0.1 * b_s / np.linalg.norm(b_s), 0.1 * b_o / np.linalg.norm(b_o)
    beta = np.zeros(20)
    beta[3] = 2.0
    given = (beta, ALPHA, b_s, b_o, 0.1, ratio * THRESHOLD)
    assert opposing.spike_step(*given) == pytest.approx(iterated_spike(*given), rel=1e-3)


@pytest.mark.parametrize("b_o", [1e-20, 1e-150, 1e-300])
@pytest.mark.parametrize("ratio", [1.05, 1.3, 2.0])
def test_spike_step_of_outliers_that_underflow(b_o, ratio):
    given = (BETA, ALPHA, (0.05, 0.7, 0.02), [b_o], 0.1, ratio * THRESHOLD)
    if ratio == 1.05:  # the orthogonal part lowers the limit of c^2
        assert opposing.spike_step(*given) == np.inf
        given = (BETA, ALPHA, (0.05, 0.07, 0.02), [b_o], 0.1, ratio * THRESHOLD)
    assert opposing.spike_step(*given) == pytest.approx(iterated_spike(*given, digits=30), rel=1e-3)


def test_just_above_the_threshold_outliers_saturate_before_they_spike():
    given = (BETA, ALPHA, *START.values())
    late = opposing.spike_step(*given, 1.01 * THRESHOLD)
    assert late == iterated_spike(*given, 1.01 * THRESHOLD) > 3000
    assert 1.003 * THRESHOLD > 2 / opposing.final_sharpness(*given)
    assert opposing.spike_step(*given, 1.003 * THRESHOLD) == np.inf
    assert opposing.spike_step(*given, 1.003 * THRESHOLD, threshold=1e-6) < np.inf


def test_without_their_pull_the_outliers_would_spike_too_early():
    """The trap of the sum along the path without b_o: right within 13 %, not within 3 %."""
    for ratio, least in ((1.02, 0.05), (1.2, 0.01), (2.0, 0.0)):
        given = (BETA, ALPHA, START["b_s"])
        rate = ratio * THRESHOLD
        exact = opposing.spike_step(*given, START["b_o"], 0.1, rate)
        tiny = 1e-9 * np.array(START["b_o"])
        without = opposing.spike_step(*given, tiny, 0.1, rate, threshold=1e-22)
        assert least < abs(without / exact - 1) < 0.13


@pytest.mark.parametrize("ratio", [1.02, 1.1, 1.4, 1.9])
def test_after_the_spike_the_curvature_settles_below_the_edge(ratio):
    rate = ratio * THRESHOLD
    spike = int(opposing.spike_step(BETA, ALPHA, **START, learning_rate=rate))
    c = opposing.descent([spike, spike + 3000], BETA, ALPHA, **START, learning_rate=rate).c
    before, after = rate * ALPHA * c**2
    assert before > 2 > after > 1.8


def test_trap_the_landing_is_no_mirror_image():
    """A slow manifold would land 2 + d at 2 - d; here c returns too slowly for that."""
    for ratio in (1.2, 1.4, 1.8):
        rate = ratio * THRESHOLD
        landed = opposing.descent(4000, BETA, ALPHA, **START, learning_rate=rate).c ** 2
        assert abs(rate * ALPHA * landed - (4 - 2 * ratio)) > 0.25
    with pytest.raises(FloatingPointError, match="step"):  # no landing at all
        opposing.descent(4000, BETA, ALPHA, **START, learning_rate=2.2 * THRESHOLD)


def test_no_spike_below_the_threshold_or_without_outliers():
    assert opposing.spike_step(BETA, ALPHA, **START, learning_rate=0.99 * THRESHOLD) == np.inf
    slow = opposing.spike_step(BETA, ALPHA, **START, learning_rate=3e-3 * THRESHOLD)
    assert slow == np.inf  # c rests where its updates fall below the last digit
    none = {**START, "b_o": [0.0, 0.0]}
    assert opposing.spike_step(BETA, ALPHA, **none, learning_rate=1.5 * THRESHOLD) == np.inf
    saddle = {**START, "b_s": np.zeros(3), "c": 0.0}
    assert opposing.spike_step(BETA, ALPHA, **saddle, learning_rate=1.5 * THRESHOLD) == np.inf


def test_the_dip_of_the_sum_is_deep_and_narrow():
    """The trap of the sum's dip: |1 - eta alpha c^2| passes 0, far below the typical factor."""
    found = opposing.descent(np.arange(200), BETA, ALPHA, **START, learning_rate=1.5 * THRESHOLD)
    falls = np.diff(found.log_b_o)
    growth = 1.5 * THRESHOLD * ALPHA * found.c[:-1] ** 2
    assert abs(growth[np.argmin(falls)] - 1) < 0.2 and falls.min() < -2
    assert np.all((falls > 0) == (growth > 2))


def test_a_step_exactly_on_the_dip_silences_the_outliers():
    """eta alpha c^2 = 1 in floats: b_o is 0 from then on, its logarithm -inf, not nan."""
    given = ([2.0], 32.0, [1.0], [0.1], 0.5, 0.125)
    found = opposing.descent([0, 1, 2], *given)
    assert found.log_b_o[0] < 0 and np.all(found.log_b_o[1:] == -np.inf)
    assert opposing.spike_step(*given) == np.inf


def test_divergence_is_raised_with_its_step():
    with pytest.raises(FloatingPointError, match="step"):
        opposing.descent(2000, BETA, ALPHA, **START, learning_rate=5 * THRESHOLD)
