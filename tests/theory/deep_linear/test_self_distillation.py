"""Features of JEPA and MAE against high precision, ODE solvers and limits; none uses the same code."""

import doctest

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from lazyrich.theory.deep_linear import ema_flow, self_distillation
from lazyrich.theory.deep_linear.self_distillation import critical_time, feature_trajectory

pytestmark = pytest.mark.filterwarnings("error")

BOUND = 1e-13  # times max(1, condition number)
DEPTHS = [1, 2, 3, 5, 10, 20]


def published_sum(w0, wf, lam, rho, L):
    """The time of JEPA as printed: partial fractions, in enough digits to survive their cancellation."""
    with mp.workdps(700):
        w0, wf, lam, rho = (mp.mpf(x) for x in (w0, wf, lam, rho))
        powers = sum((w0**-n - wf**-n) / (n * rho ** (2 * L - n)) for n in range(1, 2 * L))
        logarithm = mp.log(abs(wf * (rho - w0) / (w0 * (rho - wf)))) / rho ** (2 * L)
        return rho / lam * (powers + logarithm)


def speed(w, lam, rho, L):
    return mp.mpf(lam) * mp.mpf(w) ** (2 * L) * (1 - mp.mpf(w) / rho)


# Critical time


def critical_cases(count):
    rng = np.random.default_rng(1)
    for _ in range(count):
        L = int(rng.choice(DEPTHS))
        rho, lam = 10 ** rng.uniform(-4, 4), 10 ** rng.uniform(-3, 3)
        w0 = rho * 10 ** rng.uniform(-4, 1)
        if rng.random() < 0.2:
            w0 = rho * (1 - 10 ** rng.uniform(-14, -1))
        p = rng.random() if rng.random() < 0.7 else 1 - 10 ** rng.uniform(-14, -2)
        yield lam, rho, w0, L, p


def test_critical_time_of_jepa_at_extremes():
    compared = 0
    for lam, rho, w0, L, p in critical_cases(300):
        got, step = critical_time(lam, rho, w0, L, "jepa", p), mp.mpf(10) ** -30
        with mp.workdps(60):
            wf = mp.mpf(rho) * mp.mpf(p) ** (mp.mpf(1) / L)
        if w0 >= wf:
            assert got == 0
            continue
        with mp.workdps(60):
            expected = published_sum(w0, wf, lam, rho, L)
            if expected > 1e300:
                continue
            moved = wf * (1 + step / L)
            condition = abs(published_sum(w0 * (1 + step), wf, lam, rho, L) / expected - 1) / step
            condition += abs(published_sum(w0, moved, lam, rho, L) / expected - 1) / step
            error = abs(mp.mpf(float(got)) / expected - 1)
        assert error <= BOUND * max(1, condition), (lam, rho, w0, L, p)
        compared += 1
    assert compared > 150


@pytest.mark.parametrize("depth", [1, 2, 3, 7])
@pytest.mark.parametrize(("rho", "w0", "p"), [(0.5, 0.1, 0.5), (0.9, 0.3, 0.999), (3.0, 0.05, 0.2)])
@pytest.mark.parametrize("objective", ["jepa", "mae"])
def test_critical_time_against_quadrature(objective, rho, w0, p, depth):
    lam, L = 0.7, depth
    with mp.workdps(40):
        if objective == "jepa":
            end = mp.mpf(rho) * mp.mpf(p) ** (mp.mpf(1) / L)

            def slowness(w):
                return 1 / (lam * w ** (2 * L) * (1 - w / rho))
        else:
            end = mp.mpf(rho) ** (mp.mpf(1) / (L + 1)) * mp.mpf(p) ** (mp.mpf(1) / L)

            def slowness(w):
                return 1 / (lam * w**L * (1 - w ** (L + 1) / rho))

        start = mp.mpf(w0)
        points = [start * (end / start) ** (mp.mpf(k) / 8) for k in range(9)]
        expected = mp.quad(slowness, points) if start < end else mp.mpf(0)
    assert critical_time(lam, rho, w0, L, objective, p) == pytest.approx(float(expected), rel=2e-14)


def test_published_example():
    assert np.round(critical_time(1.0, [0.5, 0.8], 0.1, 3, "jepa")).tolist() == [26853, 23766]
    assert np.round(critical_time(1.0, [0.5, 0.8], 0.1, 3, "mae"), 2).tolist() == [49.39, 49.52]


@pytest.mark.parametrize("objective", ["jepa", "mae"])
def test_start_above_the_fraction_takes_no_time(objective):
    """rho = 0.3 at depth 3: half of the final 0.027 lies below the start 0.3^3."""
    assert critical_time(1.0, 0.3, 0.29, 3, "jepa") == 0
    assert critical_time(1.0, 0.3, 0.5, 3, "jepa") == 0
    assert critical_time(1.0, 0.3, 5.0, 3, objective) == 0
    assert critical_time(1.0, 0.3, 0.1, 3, objective, 1.0) == np.inf
    assert critical_time(1.0, 0.3, 5.0, 3, objective, 1.0) == 0


def test_depth_two_and_more_prefers_large_regression_coefficients_depth_one_small_ones():
    rho, depth = np.array([0.5, 0.8]), np.arange(1, 9)[:, None]
    slow, quick = critical_time(1.0, rho, 0.1, depth, "jepa").T
    assert slow[0] < quick[0]
    assert np.all(slow[1:] > quick[1:])
    slow, quick = critical_time(1.0, rho, [[0.03], [0.02], [1e-6]], 1, "jepa").T
    assert slow[0] < quick[0] and np.all(slow[1:] > quick[1:])  # very small weights
    logarithmic = 1e-6 * np.log(1e6) * (1 / rho[0] - 1 / rho[1])
    assert slow[2] / quick[2] - 1 == pytest.approx(logarithmic, rel=0.4)
    slow, quick = critical_time(1.0, rho, 0.1, depth, "jepa").T
    factor = (2 * depth - 1)[1:, 0] / (2 * depth - 2)[1:, 0]
    for w0 in (1e-3, 1e-4):
        slow, quick = critical_time(1.0, rho, w0, depth[1:], "jepa").T
        predicted = factor * w0 * (1 / rho[0] - 1 / rho[1])
        assert slow / quick - 1 == pytest.approx(predicted, rel=20 * w0)


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_leading_orders(depth):
    """JEPA up to O(log w0), MAE up to O(1): both remainders are checked as such."""
    lam, rho, n = 0.7, 0.6, np.arange(1, 2 * depth)
    remainders = []
    for w0 in (1e-2, 1e-3):
        jepa = (1 / (n * rho ** (2.0 * depth - n - 1) * w0**n)).sum() / lam
        found = mp.mpf(float(critical_time(lam, rho, w0, depth, "jepa", 0.5))) - mp.mpf(jepa)
        assert abs(found) < 60 * rho ** (1 - 2 * depth) / lam + 1e-13 * jepa
        mae = 1 / (lam * (depth - 1) * w0 ** (depth - 1))
        remainders.append(critical_time(lam, rho, w0, depth, "mae", 0.5) - mae)
    assert remainders[1] == pytest.approx(remainders[0], abs=0.05 + 1e-12 * mae)


# Trajectory


def flow_cases(count):
    rng = np.random.default_rng(2)
    for _ in range(count):
        L = int(rng.choice(DEPTHS))
        rho, lam = 10 ** rng.uniform(-2, 2), 10 ** rng.uniform(-3, 3)
        w0 = rho * 10 ** rng.uniform(-3, 3)
        if rng.random() < 0.2:
            w0 = rho * (1 + rng.choice([-1, 1]) * 10 ** rng.uniform(-13, -1))
        on_the_way = rho * (w0 / rho) ** rng.random()
        if rng.random() < 0.3:
            on_the_way = rho + (w0 - rho) * 10 ** rng.uniform(-12, -0.01)
        yield lam, rho, w0, L, on_the_way


def test_jepa_trajectory_at_extremes():
    """The weight is met at the exact time, to rounding times the condition number."""
    compared = 0
    for lam, rho, w0, L, on_the_way in flow_cases(400):
        t = published_sum(w0, on_the_way, lam, rho, L) if on_the_way not in (w0, rho) else 0
        if not 1e-290 < t < 1e290:
            continue
        t = float(t)
        w = float(feature_trajectory(t, lam, rho, w0, L, "jepa").encoder)
        if w in (rho, w0):
            condition = 1 + abs(t * speed(on_the_way, lam, rho, L) / on_the_way)
            assert abs(w / on_the_way - 1) <= BOUND * condition or condition > 1e11
            continue
        with mp.workdps(60):
            error = abs((published_sum(w0, w, lam, rho, L) - t) * speed(w, lam, rho, L) / w)
            from_start = abs(speed(w, lam, rho, L) / speed(w0, lam, rho, L)) * w0 / w
            condition = 1 + abs(t * speed(w, lam, rho, L) / w) + from_start
        assert error <= BOUND * condition, (lam, rho, w0, L, on_the_way, w)
        compared += 1
    assert compared > 250


@pytest.mark.parametrize("depth", [1, 2, 3, 6])
@pytest.mark.parametrize(("lam", "rho", "w0"), [(1.0, 0.8, 0.3), (0.5, 1.5, 0.4), (2.0, 0.4, 1.1)])
def test_trajectories_against_an_ode_solver(lam, rho, w0, depth):
    L, t = depth, np.linspace(0, 60, 31)
    slopes = {
        "jepa": lambda _, w: lam * w ** (2 * L) * (1 - w / rho),
        "mae": lambda _, w: lam * w**L * (1 - w ** (L + 1) / rho),
    }
    for objective, slope in slopes.items():
        run = solve_ivp(slope, (0, 60), [w0], method="DOP853", t_eval=t[1:], rtol=1e-12, atol=1e-13)
        for got in feature_trajectory(t, lam, rho, w0, L, objective):
            assert got[0] == w0
            # DOP853 interpolates between its steps with a lower order
            assert got[1:] == pytest.approx(run.y[0], rel=2e-8)
            swapped = feature_trajectory(
                t, lam, rho, w0, L, "mae" if objective == "jepa" else "jepa"
            )
            assert np.abs(swapped.encoder[1:] - run.y[0]).max() > 1e-3


def test_gradient_of_the_loss_is_the_velocity():
    """-d loss/d w of one feature's chain by finite differences; the target is held where it is."""
    lam, rho, w, L = 0.9, 0.7, 0.45, 3
    variance = lam / rho

    def jepa_loss(first, target):
        product = w * first * w ** (L - 1)  # predictor, first layer, the others
        return (product**2 * variance - 2 * product * target * lam + target**2 * variance) / 2

    def slope(loss):
        return -(loss(w + 1e-6) - loss(w - 1e-6)) / 2e-6

    def velocity(objective):
        later = feature_trajectory(1e-6, lam, rho, w, L, objective).encoder
        return (later - w) / 1e-6

    stopped = slope(lambda first: jepa_loss(first, w**L))
    assert stopped == pytest.approx(velocity("jepa"), rel=1e-5)
    through = slope(lambda first: jepa_loss(first, first * w ** (L - 1)))
    assert abs(through - velocity("jepa")) > 0.1 * abs(stopped)
    assert slope(lambda first: jepa_loss(first, 1.0)) == pytest.approx(velocity("mae"), rel=1e-5)


@pytest.mark.parametrize("objective", ["jepa", "mae"])
@pytest.mark.parametrize("depth", [1, 2, 4, 20])
def test_trajectory_meets_the_fraction_at_the_critical_time(objective, depth):
    rho, w0, p = np.array([0.6, 0.7, 0.8]), 0.55, np.array([0.9, 0.5, 0.3])
    t = critical_time(1.3, rho, w0, depth, objective, p)
    final = feature_trajectory(np.inf, 1.3, rho, w0, depth, objective).encoder ** depth
    reached = feature_trajectory(t, 1.3, rho, w0, depth, objective).encoder ** depth
    assert reached == pytest.approx(np.maximum(p * final, w0**depth), rel=1e-7)


def test_final_weights_and_limits():
    depth, rho = np.array([1, 2, 3, 20]), np.array([0.2, 1.0, 3.0])[:, None]
    for w0 in (0.2, 1.0, 5.0):
        jepa = feature_trajectory(np.inf, 0.7, rho, w0, depth, "jepa").encoder
        mae = feature_trajectory(np.inf, 0.7, rho, w0, depth, "mae").encoder
        np.testing.assert_array_equal(jepa, np.broadcast_to(rho, jepa.shape))
        np.testing.assert_allclose(mae, rho ** (1 / (depth + 1)), rtol=2e-16 * 4)
    kept = feature_trajectory([0.0, 3.0, np.inf], 0.7, 0.4, 0.4, 3, "jepa").encoder
    assert kept.tolist() == [0.4, 0.4, 0.4]


def test_shapes_broadcast_and_arguments_count_once():
    t = np.linspace(0, 20, 5)[:, None, None]
    lam, depth = np.array([1.0, 0.8, 0.6])[:, None], np.array([1, 2])
    run = feature_trajectory(t, lam, 0.7, 0.3, depth, "jepa", ema_rate=0.5)
    assert [x.shape for x in run] == [(5, 3, 2)] * 3
    alone = feature_trajectory(t[3, 0, 0], 0.8, 0.7, 0.3, 2, "jepa", ema_rate=0.5)
    assert np.ndim(alone.encoder) == 0
    assert run.target[3, 1, 1] == pytest.approx(alone.target, rel=1e-9)
    assert critical_time(lam, 0.7, 0.3, depth, "mae").shape == (3, 2)


def test_trajectory_is_monotone():
    t = np.linspace(0, 40, 200)
    for w0, sign in ((0.3, 1), (1.4, -1)):
        w = feature_trajectory(t, 1.0, 0.8, w0, 2, "jepa").encoder
        assert np.all(sign * np.diff(w) > 0)


# Moving average


@pytest.mark.parametrize(("kappa", "depth", "w0"), [(0.05, 3, 0.3), (1.0, 2, 0.2), (4.0, 1, 1.5)])
def test_moving_average_against_matrices_of_weights(kappa, depth, w0):
    """Every layer of its own, so that v = w is found, not assumed."""
    lam, rho, L, t = 0.8, 0.9, depth, np.linspace(0, 40, 9)

    def slope(_, state):
        v, layers, target = state[0], state[1 : L + 1], state[L + 1 :]
        bracket = lam * np.prod(target) - v * np.prod(layers) * lam / rho
        others = np.array([np.prod(np.delete(layers, k)) for k in range(L)])
        gradient = [np.prod(layers) * bracket, *(v * others * bracket)]
        return np.array([*gradient, *(kappa * (layers - target))])

    run = solve_ivp(
        slope, (0, 40), np.full(2 * L + 1, w0), "Radau", t_eval=t, rtol=1e-10, atol=1e-12
    )
    got = feature_trajectory(t, lam, rho, w0, L, "jepa", ema_rate=kappa)
    for values, row in ((got.predictor, 0), (got.encoder, 1), (got.target, -1)):
        assert values == pytest.approx(run.y[row], rel=1e-6)
    without = feature_trajectory(t, lam, rho, w0, L, "jepa")
    assert np.abs(without.encoder / run.y[1] - 1).max() > 1e-3


def test_fast_moving_average_is_jepa_with_a_first_order_delay():
    t, fast = np.linspace(10, 150, 15), []
    jepa = feature_trajectory(t, 1.0, 0.8, 0.3, 2, "jepa").encoder
    for kappa in (1e2, 1e3, 1e4):
        got = feature_trajectory(t, 1.0, 0.8, 0.3, 2, "jepa", ema_rate=kappa).encoder
        fast.append(np.abs(got - jepa).max())
    assert fast[0] < 2e-2
    assert fast[0] / fast[1] == pytest.approx(10, rel=0.1)
    assert fast[1] / fast[2] == pytest.approx(10, rel=0.1)


def test_moving_average_is_accurate(monkeypatch):
    """Against tolerances 100 times looser: the promise of 1e-10 times the condition number."""
    given = (np.geomspace(1, 400, 20), 1.0, 0.8, 0.3, 3, "jepa")
    got = feature_trajectory(*given, ema_rate=0.3)
    with mp.workdps(25):
        ode = mp.odefun(
            lambda _, y: [
                y[0] ** 3 * (y[1] ** 3 - y[0] ** 4 / mp.mpf(0.8)),
                mp.mpf(0.3) * (y[0] - y[1]),
            ],
            0,
            [mp.mpf(0.3)] * 2,
            tol=mp.mpf(10) ** -16,
        )
        exact = [[float(x) for x in ode(mp.mpf(t))] for t in given[0][:8]]
    assert got.encoder[:8] == pytest.approx([x for x, _ in exact], rel=1e-10)
    assert got.target[:8] == pytest.approx([x for _, x in exact], rel=1e-10)
    monkeypatch.setattr(ema_flow, "_TOLERANCE", 1e-10)
    rough = feature_trajectory(*given, ema_rate=0.3)
    assert got.encoder == pytest.approx(rough.encoder, rel=1e-6)


# Bad input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"t": -1.0}, r"t = -1.0 is outside \[0, inf\]"),
        ({"cross_covariance": 0.0}, r"cross_covariance = 0.0 is outside \(0, inf\)"),
        ({"regression_coefficient": -0.1}, r"regression_coefficient = -0.1 is outside"),
        ({"initial_weight": [0.1, 0.0]}, r"initial_weight = 0.0 is outside"),
        ({"depth": 0}, "depth = 0.0 is outside"),
        ({"depth": 1.5}, "depth = 1.5 is outside"),
        ({"t": np.nan}, "t holds nan"),
        ({"initial_weight": []}, "empty"),
        ({"t": np.ones(2), "depth": np.ones(3)}, "broadcast"),
        ({"objective": "japa"}, "nearest 'jepa'"),
        ({"objective": "mse"}, "nearest 'mae'"),
        ({"ema_rate": 0.0}, "ema_rate = 0.0 is outside"),
        ({"objective": "mae", "ema_rate": 1.0}, "only 'jepa' has a target"),
        ({"objective": "mae", "initial_weight": 1e-20, "depth": 20}, "range of floats"),
    ],
)
def test_bad_input_is_refused(change, message):
    good = {
        "t": 1.0,
        "cross_covariance": 1.0,
        "regression_coefficient": 0.5,
        "initial_weight": 0.1,
        "depth": 2,
        "objective": "jepa",
    }
    with pytest.raises(ValueError, match=message):
        feature_trajectory(**{**good, **change})


@pytest.mark.parametrize("fraction", [0.0, -0.5, 1.5, np.nan])
def test_a_fraction_outside_its_range_is_refused(fraction):
    with pytest.raises(ValueError, match="fraction"):
        critical_time(1.0, 0.5, 0.1, 2, "jepa", fraction)


def test_examples_run():
    assert doctest.testmod(self_distillation).failed == 0


def test_plain_quadrature_confirms_one_time_end_to_end():
    expected, _ = quad(lambda w: 1 / (w**4 * (1 - w / 0.5)), 0.1, 0.5 * 0.5**0.5, epsabs=0)
    assert critical_time(1.0, 0.5, 0.1, 2, "jepa") == pytest.approx(expected, rel=1e-9)
