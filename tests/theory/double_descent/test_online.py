"""Online order parameters: fixed points, symmetries, special cases with their own equations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from lazyrich.theory.double_descent import online, online_limits
from lazyrich.theory.double_descent.gaussian_integrals import ACTIVATIONS
from lazyrich.theory.double_descent.online import order_parameters

UNIT = {"student_readout": 1.0, "teacher_readout": 1.0}
RNG = np.random.default_rng(3)
FIELDS = RNG.standard_normal((5, 9)) / 3
C = FIELDS @ FIELDS.T
START = (C[:3, :3], C[:3, 3:], C[3:, 3:])
GENERAL = {
    "student_readout": [0.5, 1.2, -0.4],
    "teacher_readout": [1.0, 0.7],
    "learning_rate": 0.4,
    "noise_var": 0.05,
    "readout_learning_rate": 0.3,
}


def derivatives(state, activation, K=3, M=2, dropped=(), **given):
    """The equations written out with the public integrals, term by term."""
    S = state[: (K + M) ** 2].reshape(K + M, K + M)
    v = state[(K + M) ** 2 :]
    u = np.concatenate((v, -np.array(given["teacher_readout"])))
    eta, n = given["learning_rate"], range(K + M)
    drift = np.array(
        [
            [sum(u[j] * online.i3(S, i, m, j, activation) for j in n) for m in n]
            for i in range(K)
        ]
    )  # fmt: skip
    change = np.zeros_like(S)
    for i in range(K):
        change[i, K:] = change[K:, i] = -eta * v[i] * drift[i, K:]
        for k in range(K):
            noise = given["noise_var"] * online.j2(S, i, k, activation)
            noise += sum(u[j] * u[m] * online.i4(S, i, k, j, m, activation) for j in n for m in n)
            change[i, k] = -eta * (v[i] * drift[i, k] + v[k] * drift[k, i])
            if "step noise" not in dropped:
                change[i, k] += eta**2 * v[i] * v[k] * noise
    of_v = [sum(u[j] * online.i2(S, i, j, activation) for j in n) for i in range(K)]
    return np.concatenate((change.ravel(), -given["readout_learning_rate"] * np.array(of_v)))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_against_another_solver_and_the_equations_written_out(activation):
    t = np.array([0.5, 2.0])
    found = order_parameters(t, *START, **GENERAL, activation=activation, rtol=1e-10)
    state = np.concatenate((C.ravel(), GENERAL["student_readout"]))

    def solved(**more):
        return solve_ivp(
            lambda _, y: derivatives(y, activation, **GENERAL, **more),
            (0, 2), state, t_eval=t, rtol=1e-6, atol=1e-8,
        ).y.T  # fmt: skip

    full = solved()
    S = full[:, :25].reshape(2, 5, 5)
    np.testing.assert_allclose(found.Q, S[:, :3, :3], atol=1e-5)
    np.testing.assert_allclose(found.R, S[:, :3, 3:], atol=1e-5)
    np.testing.assert_allclose(found.readout, full[:, 25:], atol=1e-5)
    dropped = solved(dropped=("step noise",))
    assert np.abs(dropped[:, :25] - full[:, :25]).max() > 1e-3


@pytest.mark.parametrize("K", [1, 2, 3, 4])
def test_linear_fixed_point(K):
    rate, noise = 1.1 / K, 0.01
    found = order_parameters(
        400.0, np.eye(K), np.zeros((K, 1)), [[1.0]], **UNIT, learning_rate=rate, noise_var=noise,
        activation="identity", rtol=1e-13,
    )  # fmt: skip
    exact = rate * K * noise / (4 - 2 * rate * K)
    assert abs(found.error - exact) < 1e-12
    assert online_limits.linear_final_error(K, rate, noise) == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("strength", [0.5, 1.9, 2.0, 2.3])
def test_linear_error_has_its_own_equation(strength):
    """e' = -s (2 - s) e + s^2 sigma^2/2 with s = eta K; it grows from s = 2 on."""
    t = np.linspace(0, 5, 6)
    found = order_parameters(
        t, np.eye(2), np.zeros((2, 1)), [[1.0]], **UNIT, learning_rate=strength / 2,
        noise_var=0.3, activation="identity", rtol=1e-10,
    ).error  # fmt: skip
    rate, gain = -strength * (2 - strength), strength**2 * 0.3 / 2
    grown = t if rate == 0 else np.expm1(rate * t) / rate
    np.testing.assert_allclose(found, 1.5 * np.exp(rate * t) + gain * grown, rtol=1e-7)


def test_divergence_is_an_error():
    with pytest.raises(ValueError, match="diverge"):
        order_parameters(
            1e5, np.eye(2), np.zeros((2, 1)), [[1.0]], **UNIT, learning_rate=1.5,
            activation="identity",
        )  # fmt: skip


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_permuted_teacher_is_a_fixed_point(activation):
    T = C[:3, :3]
    order = [2, 0, 1]
    readout = np.array([0.5, 0.75, 1.0])
    found = order_parameters(
        [0.0, 5.0, 50.0], T[np.ix_(order, order)], T[order], T, student_readout=readout[order],
        teacher_readout=readout, learning_rate=0.1, activation=activation,
        readout_learning_rate=0.1,
    )  # fmt: skip
    assert np.abs(found.error).max() < 1e-12
    assert np.abs(found.Q - T[np.ix_(order, order)]).max() < 1e-12
    assert np.abs(found.R - T[order]).max() < 1e-12
    assert np.abs(found.readout - readout[order]).max() < 1e-12


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_students_reach_their_teacher_without_noise(activation):
    """The covariance becomes singular on the way; the error must still fall to 0."""
    found = order_parameters(
        [0.0, 400.0], np.diag([0.6, 0.5]), [[0.6, 0.1], [0.0, 0.5]], np.eye(2), **UNIT,
        learning_rate=0.5, activation=activation,
    )  # fmt: skip
    assert found.error[0] > 0.05 and found.error[1] < 1e-6


def test_symmetric_start_stays_on_the_plateau():
    Q, R = np.full((2, 2), 0.25), np.zeros((2, 2))
    found = order_parameters([50.0, 1000.0], Q, R, np.eye(2), **UNIT, learning_rate=0.5)
    assert np.ptp(found.R, axis=(1, 2)).max() < 1e-9 and np.ptp(found.Q, axis=(1, 2)).max() < 1e-9
    assert found.error[0] == pytest.approx(found.error[1], rel=1e-6) and found.error[1] > 0.01


@pytest.mark.parametrize("K", [1, 2, 3, 5])
def test_plateau_of_small_rates(K):
    exact = online_limits.symmetric_plateau(K)
    gaps = []
    for rate in (0.02, 0.01):
        start = np.full((K, K), 0.3), np.full((K, K), 0.05)
        found = order_parameters(60 / rate, *start, np.eye(K), **UNIT, learning_rate=rate)
        gaps.append([np.abs(found.Q - exact.Q).max(), found.error - exact.error])
    gaps = np.array(gaps)
    assert np.abs(gaps).max() < 0.02
    if K > 1:
        np.testing.assert_allclose(gaps[0] / gaps[1], 2, rtol=0.1)


@pytest.mark.parametrize("extra", [0, 1])
def test_noise_floor_of_small_rates(extra):
    K, noise = 2 + extra, 0.01
    ratios = []
    for rate in (0.02, 0.01):
        Q = np.diag([1.0, 1.0] + [rate * noise] * extra)
        found = order_parameters(
            300 / rate, Q, np.eye(K, 2), np.eye(2), **UNIT, learning_rate=rate, noise_var=noise,
            rtol=1e-10,
        )  # fmt: skip
        ratios.append(found.error / online_limits.noise_floor(extra, 2, rate, noise) - 1)
    assert 0 < ratios[1] < 0.02
    assert ratios[0] / ratios[1] == pytest.approx(2, rel=0.1)


def test_one_erf_unit_has_two_equations():
    """K = M = 1: q' and r' as elementary functions."""
    eta, q0, r0 = 0.7, 0.5, 0.3

    def velocity(_, y):
        q, r = y
        root = np.sqrt(2 * (1 + q) - r * r)
        dr = (1 + q - r * r) / root - r / np.sqrt(1 + 2 * q)
        dq = r / root - q / np.sqrt(1 + 2 * q)
        inner = np.arcsin(q / (1 + 3 * q)) + np.arcsin(
            (1 + 2 * (q - r * r)) / (2 * (1 + 2 * q - r * r))
        )
        inner -= 2 * np.arcsin(r / np.sqrt((1 + 3 * q) * 2 * (1 + 2 * q - r * r)))
        noise = 4 / np.pi**2 * eta**2 / np.sqrt(1 + 2 * q) * inner
        factor = 2 / np.pi * eta / (1 + q)
        return 2 * factor * dq + noise, factor * dr

    t = np.linspace(0, 8, 9)
    exact = solve_ivp(velocity, (0, 8), (q0, r0), t_eval=t, rtol=1e-11, atol=1e-12).y
    found = order_parameters(t, [[q0]], [[r0]], [[1.0]], **UNIT, learning_rate=eta, rtol=1e-11)
    np.testing.assert_allclose(found.Q.ravel(), exact[0], atol=1e-8)
    np.testing.assert_allclose(found.R.ravel(), exact[1], atol=1e-8)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(ACTIVATIONS))
def test_symmetries(seed, activation):
    """Units may be renumbered; for odd g the sign of a unit moves to its readout."""
    S = (A := np.random.default_rng(seed).standard_normal((4, 6)) / 2) @ A.T
    given = {"learning_rate": 0.1, "noise_var": 0.1, "activation": activation}
    given |= {"teacher_readout": [1.0, 0.6], "readout_learning_rate": 0.1}
    v, t = np.array([0.4, 1.1]), [0.3, 2.0]
    found = order_parameters(t, S[:2, :2], S[:2, 2:], S[2:, 2:], student_readout=v, **given)
    other = order_parameters(
        t, S[:2, :2][::-1, ::-1], S[:2, 2:][::-1], S[2:, 2:], student_readout=v[::-1], **given
    )
    np.testing.assert_allclose(other.error, found.error, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(other.Q, found.Q[:, ::-1, ::-1], rtol=1e-6, atol=1e-7)
    if activation != "relu":
        sign = np.array([1.0, -1.0])
        Q, R = S[:2, :2] * np.outer(sign, sign), S[:2, 2:] * sign[:, None]
        other = order_parameters(t, Q, R, S[2:, 2:], student_readout=v * sign, **given)
        np.testing.assert_allclose(other.error, found.error, rtol=1e-6, atol=1e-9)


def test_times_in_any_order_and_shape():
    one = order_parameters(2.0, *START, **GENERAL)
    many = order_parameters([[3.0, 2.0], [0.0, 2.0]], *START, **GENERAL)
    assert one.Q.shape == (3, 3) and one.R.shape == (3, 2) and np.ndim(one.error) == 0
    assert many.Q.shape == (2, 2, 3, 3) and many.error.shape == (2, 2)
    np.testing.assert_allclose(many.R[0, 1], one.R, atol=1e-6)
    np.testing.assert_array_equal(many.R[1, 0], START[1])
    np.testing.assert_array_equal(order_parameters(0.0, *START, **GENERAL).Q, START[0])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"t": np.nan}, "t = nan"),
        ({"t": np.inf}, "t = inf"),
        ({"t": -1.0}, "t = -1"),
        ({"t": []}, "empty"),
        ({"Q0": np.eye(2)}, r"needs \(2, 2\)"),
        ({"Q0": np.ones((2, 3))}, "square"),
        ({"Q0": np.eye(3)[None]}, "one square matrix"),
        ({"R0": 5 * np.ones((3, 2))}, "eigenvalue"),
        ({"R0": np.full((3, 2), np.nan)}, "nan"),
        ({"T": [[1.0, 0.2], [0.3, 1.0]]}, "not symmetric"),
        ({"student_readout": [1.0, 2.0]}, "student_readout"),
        ({"teacher_readout": np.inf}, "teacher_readout"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"noise_var": -0.1}, "noise_var"),
        ({"readout_learning_rate": -0.1}, "readout_learning_rate"),
        ({"activation": "tanh"}, "not one of"),
        ({"rtol": 1.0}, "rtol"),
        ({"Q0": np.zeros((3, 3)), "R0": np.zeros((3, 2)), "activation": "relu"}, "slope of relu"),
    ],
)
def test_bad_arguments(changed, message):
    given = {"t": 1.0, "Q0": START[0], "R0": START[1], "T": START[2]} | GENERAL | changed
    with pytest.raises(ValueError, match=message):
        order_parameters(**given)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: online_limits.symmetric_plateau(0), "n_units"),
        (lambda: online_limits.symmetric_plateau(1.5), "n_units"),
        (lambda: online_limits.noise_floor(-1, 2, 0.1, 0.1), "n_extra"),
        (lambda: online_limits.noise_floor(0, 0, 0.1, 0.1), "n_teacher"),
        (lambda: online_limits.noise_floor(0, 2, 0.0, 0.1), "learning_rate"),
        (lambda: online_limits.linear_final_error(1, 0.1, np.nan), "noise_var"),
        (lambda: online_limits.linear_final_error([1, 2], [0.1, 0.2, 0.3], 1.0), "broadcast"),
    ],
)
def test_bad_arguments_of_limits(call, message):
    with pytest.raises(ValueError, match=message):
        call()
