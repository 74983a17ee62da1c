"""The opposing-signals model against automatic second differences, solvers and plain iteration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

from lazyrich.theory.deep_linear import modes
from lazyrich.theory.deep_linear import opposing_signals as opposing

ALPHA, BETA = 50.0, np.array([1.2, 0.0, -1.6])
START = {"b_s": [0.05, 0.07, 0.02], "b_o": [0.06, -0.08], "c": 0.1}
THRESHOLD = 0.02


def loss(point, beta, alpha, kappa):
    """The loss as it is defined, in any arithmetic."""
    n = len(beta)
    c, b_s, b_o = point[0], point[1 : 1 + n], point[1 + n :]
    signal = sum((c * b - target) ** 2 for b, target in zip(b_s, beta, strict=True)) / 2
    outliers = sum(alpha * (c * b) ** 2 / 2 - c * k * b for b, k in zip(b_o, kappa, strict=True))
    return signal + outliers


def second_differences(point, beta, alpha, kappa):
    """Hessian from differences of the loss in 40 digits."""
    with mp.workdps(40):
        h = mp.mpf("1e-10")
        x = [mp.mpf(float(v)) for v in point]

        def shifted(*moves):
            moved = list(x)
            for i, size in moves:
                moved[i] += size * h
            return loss(moved, *model)

        model = ([mp.mpf(float(b)) for b in beta], mp.mpf(alpha), [mp.mpf(float(k)) for k in kappa])
        n = len(x)
        return np.array(
            [
                [
                    float(
                        sum(s * r * shifted((i, s), (j, r)) for s in (1, -1) for r in (1, -1))
                        / (4 * h * h)
                    )
                    for j in range(n)
                ]
                for i in range(n)
            ]
        )


def gradient(c, b_s, b_o, beta, alpha, kappa=0.0):
    residual = c * b_s - beta
    return (
        b_s @ residual + alpha * c * b_o @ b_o - np.sum(kappa * b_o),
        c * residual,
        alpha * c**2 * b_o - c * kappa,
    )


def iterated(beta, alpha, b_s, b_o, c, rate, n_steps, kappa=0.0):
    """Plain gradient descent on whole vectors, every state."""
    b_s, b_o = np.array(b_s, dtype=float), np.array(b_o, dtype=float)
    states = []
    for _ in range(n_steps + 1):
        states.append((c, b_s.copy(), b_o.copy()))
        of_c, of_s, of_o = gradient(c, b_s, b_o, beta, alpha, kappa)
        c, b_s, b_o = c - rate * of_c, b_s - rate * of_s, b_o - rate * of_o
    return [np.array(x) for x in zip(*states, strict=True)]


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


# Curvature


@pytest.mark.parametrize("kappa", [(0.0, 0.0), (0.7, -1.1)])
@pytest.mark.parametrize("seed", range(4))
def test_sharpness_is_the_top_eigenvalue_of_the_hessian(seed, kappa):
    rng = np.random.default_rng(seed)
    c, b_s, b_o = rng.standard_normal(), rng.standard_normal(3), 0.3 * rng.standard_normal(2)
    hessian = second_differences([c, *b_s, *b_o], BETA, ALPHA, kappa)
    expected = np.linalg.eigvalsh(hessian)[-1]
    found = opposing.sharpness(c, b_s, b_o, BETA, ALPHA, kappa)
    assert found == pytest.approx(expected, rel=1e-12)


def test_sharpness_broadcasts_and_covers_every_block():
    rng = np.random.default_rng(1)
    c, b_s, b_o = rng.standard_normal(5), rng.standard_normal((5, 3)), np.zeros((4, 1, 2))
    found = opposing.sharpness(c, b_s, b_o, BETA, [[50.0], [1e-3], [5.0], [1e6]])
    assert found.shape == (4, 5)
    assert found[2, 3] == opposing.sharpness(c[3], b_s[3], b_o[0, 0], BETA, 5.0)


def test_saddle_is_not_the_final_curvature():
    """The trap of taking alpha |beta| for the curvature of the saddle, which is |beta|."""
    at_saddle = opposing.sharpness(0.0, np.zeros(3), [0.0, 0.0], BETA, ALPHA)
    assert at_saddle == pytest.approx(2.0, rel=1e-15)
    end = opposing.final_sharpness(BETA, ALPHA, 0.05 * BETA, [0.0, 0.0], 0.1)
    assert end == pytest.approx(100.0, rel=1e-14)
    assert opposing.threshold_learning_rate(ALPHA, 2.0) == pytest.approx(2 / end)


@pytest.mark.parametrize("kappa", [(0.0, 0.0), (6.0, 3.0)])
def test_flow_ends_at_the_final_sharpness(kappa):
    start = {"b_s": [0.4, 0.3, 0.1], "b_o": [0.3, -0.1], "c": 0.9}
    path = opposing.flow(15.0, BETA, ALPHA, **start, imbalance=kappa)
    found = opposing.sharpness(path.c, path.b_s, path.b_o, BETA, ALPHA, kappa)
    expected = opposing.final_sharpness(BETA, ALPHA, **start, imbalance=kappa)
    assert found == pytest.approx(expected, rel=1e-8)
    assert abs(expected - 100) > 5  # unbalanced: not alpha |beta|


def test_sharpness_rises_along_the_flow_to_alpha_c_squared():
    path = opposing.flow(np.linspace(0, 7, 30), BETA, ALPHA, **START)
    found = opposing.sharpness(path.c, path.b_s, path.b_o, BETA, ALPHA)
    late = path.log_b_o < -40
    top = np.maximum(ALPHA * path.c[late] ** 2, 0)
    assert late.sum() > 15 and np.all(np.diff(found[late]) > -1e-9)
    assert_allclose(found[late], top, rtol=1e-13)


# Flow


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


def test_floor_is_where_an_imbalance_holds_the_outliers():
    kappa = np.array([0.4, -0.2])
    path = opposing.flow(12.0, BETA, ALPHA, **START, imbalance=kappa)
    floor = opposing.outlier_floor(kappa, ALPHA, path.c)
    assert_allclose(path.b_o, floor, rtol=1e-8)
    assert path.log_b_o == pytest.approx(np.log(np.linalg.norm(floor)), rel=1e-9)


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


# Descent


@pytest.mark.parametrize("b_s", [(0.05, 0.07, 0.02), (0.5, 0.9, 0.1), (-0.3, 0.2, 0.4)])
def test_descent_is_gradient_descent_on_whole_vectors(b_s):
    start = {**START, "b_s": b_s}
    c, signal, outlier = iterated(BETA, ALPHA, *start.values(), 1.1 * THRESHOLD, 400)
    found = opposing.descent(np.arange(401), BETA, ALPHA, **start, learning_rate=1.1 * THRESHOLD)
    assert_allclose(found.c, c, rtol=1e-10)
    assert_allclose(found.b_s, signal, atol=1e-10)
    b_o = (found.sign * np.exp(found.log_b_o))[:, None] * np.array(START["b_o"]) / 0.1
    assert_allclose(b_o[:60], outlier[:60], rtol=1e-8, atol=1e-13)


def test_balance_changes_as_stated():
    c, b_s, b_o = iterated(BETA, ALPHA, *START.values(), 0.024, 200)
    balance = c**2 - (b_s**2).sum(axis=1) - (b_o**2).sum(axis=1)
    change = opposing.balance_change(c[:-1], b_s[:-1], b_o[:-1], BETA, ALPHA, 0.024)
    assert_allclose(np.diff(balance), change, atol=2e-15)
    assert np.abs(change).max() > 1e-5


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


# Groups


def test_group_losses_are_even_together_and_odd_apart():
    c, b_s, b_o = 1.3, np.array([0.9, 0.1, -1.2]), np.array([0.03, -0.01])
    plus, minus = (opposing.group_losses(c, b_s, sign * b_o, BETA, 8.0) for sign in (1, -1))
    assert plus.positive + plus.negative == pytest.approx(minus.positive + minus.negative)
    assert plus.positive == pytest.approx(minus.negative)
    assert plus.positive - plus.negative == pytest.approx(-2 * 8 * c * b_o.mean())


# The door

VALID = {"beta": BETA, "outlier_power": ALPHA, **START, "learning_rate": 0.02}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("beta", [0.0, 0.0, 0.0], "beta = 0 is outside"),
        ("beta", [np.nan, 0.0, 0.0], "beta = nan is outside"),
        ("beta", [1.0], "one length"),
        ("outlier_power", 0.0, "outlier_power = 0.0 is outside"),
        ("b_s", [], "b_s is empty"),
        ("b_o", 0.1, "one axis"),
        ("c", np.inf, "c = inf is outside"),
        ("c", [0.1], "one number"),
        ("learning_rate", -1.0, "learning_rate = -1.0 is outside"),
        ("b_o", ["a"], "outside the real numbers"),
    ],
)
def test_bad_values_are_refused(name, value, message):
    given = {**VALID, name: value}
    for function in (opposing.spike_step, opposing.crossing_time):
        with pytest.raises(ValueError, match=message):
            function(**given)


def test_other_bad_values_are_refused():
    start = {name: VALID[name] for name in ("beta", "outlier_power", "b_s", "b_o", "c")}
    with pytest.raises(ValueError, match=r"t = -1.0 is outside \[0, inf\)"):
        opposing.flow(-1.0, **start)
    with pytest.raises(ValueError, match="imbalance"):
        opposing.flow(1.0, **start, imbalance=[0.1])
    with pytest.raises(ValueError, match="steps"):
        opposing.descent(-1, **VALID)
    with pytest.raises(ValueError, match="threshold = 0.0"):
        opposing.spike_step(**VALID, threshold=0.0)
    with pytest.raises(ValueError, match="leading axes"):
        opposing.sharpness([1.0, 2.0], np.ones((3, 1)), [0.0], [1.0], 2.0)
    with pytest.raises(ValueError, match="last axis"):
        opposing.sharpness(1.0, [1.0, 2.0], [0.0], [1.0], 2.0)
    with pytest.raises(ValueError, match="c = 0"):
        opposing.outlier_floor([0.1], 2.0, 0.0)
    with pytest.raises(ValueError, match="outlier_power = -1.0"):
        opposing.threshold_learning_rate(-1.0, 1.0)
    with pytest.raises(ValueError, match=r"\[1, inf\)"):
        opposing.crossing_time(**{**VALID, "outlier_power": 0.5})
