"""Deep linear students: limits, other routes to the same flow, and bad input."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from lazyrich.theory.double_descent import isotropic
from lazyrich.theory.double_descent.deep_isotropic import (
    deep_linear_curve,
    plateau_time,
    product_flow,
)
from lazyrich.theory.double_descent.marchenko_pastur import nodes

ALPHAS = st.floats(0.1, 8)
SHEET_T = np.array([0.5, 1, 2, 4, 8, 20, 60])


def direct_closure(t_end, alpha, depth, b0, power, noise, turn=1):
    """Both errors from G and H of the product itself, dG/dt = c (1 - lambda G) + kappa G, by a Runge-Kutta
    method; turn = 0 drops the turning of the product towards its drive.
    """
    lam, w = nodes(alpha, 1e6)
    if alpha < 1:
        lam, w = np.append(0, lam), np.append(1 - alpha, w)
    n, s2 = len(lam), lam * (lam * power + noise)

    def parts(y):
        g, h = y[:n], y[n:]
        b2 = w @ (g**2 * s2 + h**2 * b0**2)
        c = b2 ** ((depth - 1) / depth)
        kappa = turn * (depth - 1) * c / b2 * (w @ (g * s2 - lam * (g**2 * s2 + h**2 * b0**2)))
        return g, h, c, kappa

    def slope(_, y):
        g, h, c, kappa = parts(y)
        return np.concatenate([c * (1 - lam * g) + kappa * g, (kappa - c * lam) * h])

    start = np.concatenate([np.zeros(n), np.ones(n)])
    run = solve_ivp(slope, (0, t_end), start, method="DOP853", rtol=1e-10, atol=1e-12)
    g, h = run.y[:, -1].reshape(2, n)
    test = noise + w @ ((g * lam - 1) ** 2 * power + g**2 * lam * noise + h**2 * b0**2)
    fit = (1 - g * lam) ** 2 * (lam * power + noise) + lam * h**2 * b0**2
    train = max(1 - 1 / alpha, 0) * noise + (w * (lam > 0)) @ fit / alpha
    return test, train


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        ((2.0, 2, 0.05, 0.3), [1.1203, 0.7087, 0.5220, 0.5361, 0.5801, 0.5993, 0.6000]),
        ((1.5, 3, 0.2, 0.2), [1.0699, 0.8219, 0.5480, 0.4618, 0.4870, 0.5661, 0.5991]),
    ],
)
def test_values_found_before(student, expected):
    found = deep_linear_curve(SHEET_T, *student[:3], noise_var=student[3])
    np.testing.assert_allclose(found.test, expected, atol=6e-5)


@pytest.mark.parametrize("t_end", [0.7, 3.0, 25.0])
@pytest.mark.parametrize("student", [(2.0, 2, 0.05), (0.6, 3, 0.3), (1.0, 4, 0.4), (0.3, 6, 0.5)])
def test_the_first_layer_gives_the_flow_of_the_product(student, t_end):
    found = deep_linear_curve(t_end, *student, teacher_power=1.7, noise_var=0.4)
    expected = direct_closure(t_end, *student, 1.7, 0.4)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_without_the_turn_to_the_drive_the_flow_is_another():
    found = deep_linear_curve(2.0, 2.0, 2, 0.05, noise_var=0.3)
    dropped = direct_closure(2.0, 2.0, 2, 0.05, 1.0, 0.3, turn=0)
    assert abs(dropped[0] / found.test - 1) > 0.05 and abs(dropped[1] / found.train - 1) > 0.05


@pytest.mark.parametrize("alpha", [0.3, 0.999, 1.0, 1.001, 4.0])
def test_one_layer_is_the_plain_student(alpha):
    t = np.array([0.0, 0.3, 4.0, 1e3, 1e6, np.inf])
    found = deep_linear_curve(t, alpha, 1, 0.6, teacher_power=1.3, noise_var=0.4)
    plain = isotropic.learning_curve(t, alpha, teacher_power=1.3, init_var=0.36, noise_var=0.4)
    np.testing.assert_allclose(found.test, plain.test, rtol=1e-11)
    np.testing.assert_allclose(found.train, plain.train, rtol=1e-11, atol=1e-13)


@settings(max_examples=30, deadline=None)
@given(ALPHAS, st.integers(1, 10), st.floats(0.01, 3), st.floats(0, 3), st.floats(0, 3))
def test_limits_and_monotone_train_error(alpha, depth, b0, power, noise):
    if abs(alpha - 1) < 1e-3:
        alpha = 1.2
    t = np.array([0, 0.1, 1, 5, 30, 1e3, np.inf])
    found = deep_linear_curve(t, alpha, depth, b0, teacher_power=power, noise_var=noise)
    assert found.test[0] == pytest.approx(power + b0**2 + noise, rel=1e-12)
    assert found.train[0] == pytest.approx(power + b0**2 + noise, rel=1e-12)
    assert np.all(found.test >= noise * (1 - 1e-12))
    assert np.all(np.diff(found.train) <= 1e-9 * found.train[0])
    assert found.train[-1] == pytest.approx(max(1 - 1 / alpha, 0) * noise, abs=1e-12)


@pytest.mark.parametrize(
    "student", [(0.6, 3, 0.3), (2.0, 2, 1e-6), (0.5, 5, 1.5), (3.0, 10, 0.5), (0.8, 2, 4.0)]
)
def test_late_times_reach_the_limit(student):
    late = deep_linear_curve([1e7, np.inf], *student, noise_var=0.4)
    np.testing.assert_allclose(late.test[0], late.test[1], rtol=1e-8)
    np.testing.assert_allclose(late.train[0], late.train[1], atol=1e-8)


def test_below_ratio_one_a_deep_student_amplifies_its_start():
    """x^D = A + z x^(D-1): unseen directions grow by m, here solved in high precision."""
    alpha, depth, b0, noise = 0.6, 3, 0.5, 0.2
    frozen = (1 - alpha) * b0 ** (2 / depth)
    learned = alpha + noise * alpha / (1 - alpha)
    x = mpmath.findroot(lambda z: z**3 - learned - frozen * z**2, 1)
    expected = noise / (1 - alpha) + (1 - alpha) + frozen * float(x) ** 2
    found = deep_linear_curve(np.inf, alpha, depth, b0, noise_var=noise).test
    assert found == pytest.approx(expected, rel=1e-13)
    assert found > isotropic.learning_curve(np.inf, alpha, init_var=b0**2, noise_var=noise).test


@pytest.mark.filterwarnings("error")
def test_ratio_one_and_infinite_time():
    found = deep_linear_curve([5.0, np.inf], 1.0, 3, 0.2, noise_var=0.1)
    assert np.isfinite(found.test[0]) and found.test[1] == np.inf and found.train[1] == 0
    assert deep_linear_curve(np.inf, 1.0, 3, 0.2).test == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("alpha", [1.0, 1 - 1e-9, 1 + 1e-9])
def test_the_neighbourhood_of_ratio_one_is_smooth(alpha):
    t = np.array([3.0, 300.0, 1e5])
    found = deep_linear_curve(t, alpha, 2, 0.1, noise_var=0.5)
    np.testing.assert_allclose(
        found.test, deep_linear_curve(t, 1 + 3e-9, 2, 0.1, noise_var=0.5).test, rtol=1e-6
    )


@pytest.mark.parametrize("depth", [2, 4, 10])
def test_units_of_the_labels_cancel(depth):
    """beta -> k beta with time over k^p."""
    k, t = 1e3, np.array([0.5, 2.0, 10.0])
    one = deep_linear_curve(t, 1.4, depth, 0.3, teacher_power=0.8, noise_var=0.3)
    scaled = deep_linear_curve(
        t / k ** (2 * (depth - 1) / depth), 1.4, depth, 0.3 * k,
        teacher_power=0.8 * k**2, noise_var=0.3 * k**2,
    )  # fmt: skip
    np.testing.assert_allclose(scaled.test, k**2 * one.test, rtol=1e-8)


def test_shapes_and_order_of_times():
    t = np.array([[3.0, 0.0, np.inf], [1.0, 3.0, 0.5]])
    found = deep_linear_curve(t, 0.7, 2, 0.1, noise_var=0.1)
    assert found.test.shape == t.shape and found.test[0, 0] == found.test[1, 1]
    single = deep_linear_curve(0.5, 0.7, 2, 0.1, noise_var=0.1)
    assert single.test.shape == () and single.test == pytest.approx(found.test[1, 2], rel=1e-8)


# The product of the layers


def random_data(seed, n=5, samples=4):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((samples, n))
    return x.T @ x, x.T @ rng.standard_normal(samples), 0.3 * rng.standard_normal(n)


@pytest.mark.parametrize("depth", [1, 2, 3, 7])
def test_the_product_solves_its_equation(depth):
    gram, drive, start = random_data(depth)
    p = 2 * (depth - 1) / depth

    def slope(_, beta):
        g, size = drive - gram @ beta, np.linalg.norm(beta)
        return size**p * (g + (depth - 1) * beta * (beta @ g) / size**2)

    t = np.array([0.1, 0.7, 2.0, 6.0])
    run = solve_ivp(slope, (0, 6), start, t_eval=t, method="RK45", rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(product_flow(t, gram, drive, start, depth), run.y.T, atol=1e-7)


def test_full_matrices_have_this_product():
    """The flow of three full matrices of width 4, by an ODE solver."""
    gram, drive, start = random_data(5)
    size = np.linalg.norm(start) ** (1 / 3)
    r1, r2 = (
        np.linalg.qr(np.random.default_rng(k).standard_normal((4, 1)))[0][:, 0] for k in (1, 2)
    )
    layers = [np.outer(r1, start / np.linalg.norm(start)), np.outer(r2, r1), r2[None]]
    flat = size * np.concatenate([layer.ravel() for layer in layers])

    def split(y):
        return y[:20].reshape(4, 5), y[20:36].reshape(4, 4), y[36:].reshape(1, 4)

    def slope(_, y):
        w1, w2, w3 = split(y)
        g = drive[None] - w3 @ w2 @ w1 @ gram
        parts = (w3 @ w2).T @ g, w3.T @ g @ w1.T, g @ (w2 @ w1).T
        return np.concatenate([part.ravel() for part in parts])

    run = solve_ivp(slope, (0, 4), flat, rtol=1e-10, atol=1e-12)
    w1, w2, w3 = split(run.y[:, -1])
    np.testing.assert_allclose(
        product_flow(4.0, gram, drive, start, 3), (w3 @ w2 @ w1)[0], atol=1e-7
    )


# The plateau


@pytest.mark.parametrize("depth", [2, 3, 4, 6])
def test_the_plateau_ends_when_predicted(depth):
    physics = {"teacher_power": 1.5, "noise_var": 0.2}
    b0 = 1e-30 if depth == 2 else 1e-9
    end = float(plateau_time(0.8, depth, b0, **physics))
    curve = deep_linear_curve([0.95 * end, 1.08 * end], 0.8, depth, b0, **physics)
    assert curve.train[0] > 0.95 * 1.7 and curve.train[1] < 0.6 * 1.7


def test_powers_of_the_plateau():
    for depth, power in ((3, 1 / 3), (4, 1 / 2), (10, 0.8)):
        ratio = plateau_time(2.0, depth, 1e-8) / plateau_time(2.0, depth, 1e-6)
        assert ratio == pytest.approx(100**power, rel=1e-12)
    assert plateau_time(1.0, 4, 1.0) == pytest.approx(1 / np.sqrt(2), rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1.0, 1.0, 2, 0.1), "t = -1.0"),
        ((np.nan, 1.0, 2, 0.1), "t"),
        (([], 1.0, 2, 0.1), "empty"),
        ((1.0, 0.0, 2, 0.1), "sample_ratio"),
        ((1.0, [1.0, 2.0], 2, 0.1), "one number"),
        ((1.0, 1.0, 1.5, 0.1), "depth"),
        ((1.0, 1.0, 0, 0.1), "depth"),
        ((1.0, 1.0, 2, 0.0), "init_scale"),
        ((1.0, 1.0, 2, np.inf), "init_scale"),
    ],
)
def test_bad_students_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        deep_linear_curve(*arguments)


@pytest.mark.parametrize(
    ("altered", "message"),
    [
        ({"gram": np.eye(3)}, "needs"),
        ({"gram": np.triu(np.ones((5, 5)))}, "symmetric"),
        ({"gram": -np.eye(5)}, "semi-definite"),
        ({"drive": np.full(5, np.nan)}, "drive"),
        ({"start": np.zeros(5)}, "start"),
        ({"t": np.inf}, "t = inf"),
        ({"t": -1.0}, "t = -1"),
    ],
)
def test_bad_data_are_refused(altered, message):
    gram, drive, start = random_data(0)
    with pytest.raises(ValueError, match=message):
        product_flow(
            **({"t": 1.0, "gram": gram, "drive": drive, "start": start, "depth": 2} | altered)
        )


@pytest.mark.parametrize(
    "arguments", [(1.0, 1, 0.1), (1.0, 3, 0.0), (0.0, 3, 0.1), (1.0, 2.5, 0.1), (1.0, 3, np.nan)]
)
def test_bad_plateaus_are_refused(arguments):
    with pytest.raises(ValueError, match="outside"):
        plateau_time(*arguments)
    with pytest.raises(ValueError, match="nothing is learned"):
        plateau_time(1.0, 3, 0.1, teacher_power=0.0)
