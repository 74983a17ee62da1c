"""Flow of the opposing-signals model against solvers and two-layer modes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

from lazyrich.theory.deep_linear import modes
from lazyrich.theory.deep_linear import opposing_signals as opposing
from tests.theory.deep_linear.opposing_cases import ALPHA, BETA, START, THRESHOLD, gradient


@pytest.mark.parametrize(
    ("c", "b_s"),
    [
        (0.1, (0.1, 0.0)),
        (0.3, (-0.2, 0.5)),
        (1.5, (0.1, 0.2)),
        (0.2, (0.6, 1.3)),
        (-0.4, (0.2, 0.1)),
        (0.0, (3.0, 4.0)),
    ],
)
def test_signal_flow_solves_its_equations(c, b_s):
    beta, t = np.array([1.2, 1.6]), np.linspace(0, 6, 7)

    def rate(_, y):
        residual = beta - y[0] * y[1:3]
        return [y[1:3] @ residual, *(y[0] * residual), y[0] ** 2]

    run = solve_ivp(rate, (0, 6), [c, *b_s, 0], "DOP853", t, rtol=1e-12, atol=1e-14)
    path = opposing.signal_flow(t, beta, b_s, c)
    assert_allclose(np.vstack([path.c, path.b_s.T, path.integral]), run.y, atol=1e-10)


@given(st.floats(0.01, 2), st.floats(-0.99, 2), st.floats(0.1, 4), st.floats(0, 20))
@settings(max_examples=60, deadline=None)
def test_aligned_signal_is_a_two_layer_mode(c, a, s, t):
    a = max(a, -0.9 * c)
    mode = modes.two_layer_mode(t, a, c, s)
    path = opposing.signal_flow(t, [s], [a], c)
    assert_allclose([path.b_s[0], path.c], [mode.a, mode.b], rtol=1e-11, atol=1e-12)


def test_signal_flow_at_extremes():
    """No overflow for late times; small starts; a dominating orthogonal part."""
    late = opposing.signal_flow(1e6, BETA, [0.1, 5.0, 0.2], 0.3)
    assert_allclose(late.c * late.b_s, BETA, atol=1e-14)
    tiny = opposing.signal_flow(100.0, BETA, [1e-80, 1e-80, 0.0], 1e-80)
    assert np.isfinite(tiny.c) and tiny.c > 0


def test_signal_flow_is_a_semigroup():
    half = opposing.signal_flow(0.7, BETA, [0.3, 0.9, 0.2], 0.5)
    whole = opposing.signal_flow(1.9, BETA, [0.3, 0.9, 0.2], 0.5)
    joined = opposing.signal_flow(1.2, BETA, half.b_s, float(half.c))
    assert_allclose([joined.c, *joined.b_s], [whole.c, *whole.b_s], rtol=1e-13)
    assert half.integral + joined.integral == pytest.approx(whole.integral, rel=1e-13)


@pytest.mark.parametrize("kappa", [(0.0, 0.0), (0.6, 0.3)])
def test_flow_solves_its_equations_on_whole_vectors(kappa):
    def rate(_, y):
        of_c, of_s, of_o = gradient(y[0], y[1:4], y[4:], BETA, ALPHA, np.array(kappa))
        return [-of_c, *-of_s, *-of_o]

    t, first = np.linspace(0, 4, 9), [START["c"], *START["b_s"], *START["b_o"]]
    run = solve_ivp(rate, (0, 4), first, "LSODA", t, rtol=1e-12, atol=1e-15)
    path = opposing.flow(t, BETA, ALPHA, **START, imbalance=kappa)
    assert_allclose(np.vstack([path.c, path.b_s.T, path.b_o.T]), run.y, atol=2e-9)
    conserved = path.c**2 - (path.b_s**2).sum(axis=1) - (path.b_o**2).sum(axis=1)
    assert np.ptp(conserved) < 1e-8


def test_outliers_underflow_but_their_logarithm_does_not():
    """The trap of b_o below the smallest float: log |b_o| goes on as -alpha int c^2."""
    path = opposing.flow([6.0, 12.0], BETA, ALPHA, **START)
    assert np.all(path.b_o[1] == 0) and path.log_b_o[1] < -1000
    assert path.log_b_o[1] - path.log_b_o[0] == pytest.approx(-100 * 6, rel=0.01)


def test_outliers_cannot_be_neglected_at_the_start():
    """The trap of dropping b_o: mid-way c^2 is off by a tenth; late it is right."""
    start = {"b_s": 0.1 * BETA / 2, "c": 0.1}
    t = np.linspace(0, 8, 81)
    with_outliers = opposing.flow(t, BETA, ALPHA, b_o=[0.12, 0.09], **start)
    without = opposing.signal_flow(t, BETA, **start)
    gap = np.abs(with_outliers.c**2 - without.c**2)
    assert 0.1 < gap.max() < 0.4 and gap[-1] < 0.03
    tiny = opposing.flow(t, BETA, ALPHA, b_o=[1e-7, 0.0], **start)
    assert_allclose(tiny.c, without.c, atol=1e-9)
    assert_allclose(tiny.log_b_o, np.log(1e-7) - ALPHA * without.integral, rtol=1e-9)


def test_crossing_time_of_balanced_aligned_starts_is_that_of_a_mode():
    for ratio in (1.02, 1.3, 2.0, 5.0):
        rate = ratio * THRESHOLD
        expected = modes.two_layer_time(0.01, 2 / ratio, 2.0)
        found = opposing.crossing_time(BETA, ALPHA, 0.05 * BETA, [0.0], 0.1, rate)
        assert found == pytest.approx(float(expected), rel=1e-9)


def test_crossing_time_is_where_the_flow_crosses():
    time = opposing.crossing_time(BETA, ALPHA, **START, learning_rate=1.2 * THRESHOLD)
    assert opposing.flow(time, BETA, ALPHA, **START).c ** 2 == pytest.approx(2 / 1.2, rel=1e-8)
    end = opposing.final_sharpness(BETA, ALPHA, **START)
    args = (BETA, ALPHA, *START.values())
    assert opposing.crossing_time(*args, 2.0001 / end) < np.inf
    assert opposing.crossing_time(*args, 1.9999 / end) == np.inf
    assert opposing.crossing_time(*args, 10.0) == 0
    stuck = opposing.crossing_time(BETA, ALPHA, np.zeros(3), [0.1, 0.0], 0.0, 1.2 * THRESHOLD)
    assert stuck == np.inf
