import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from lazyrich.theory.infinite_width.activations import dual, resolve
from tests.theory.infinite_width.dual_formulas import (
    ACTIVATIONS,
    COEFFICIENTS,
    FORMULAS,
    c,
    exact,
    exact_gradient,
)

SMOOTH_SLOPES = {
    "identity": np.ones_like,
    "erf": lambda x: 2 / math.sqrt(math.pi) * np.exp(-(x**2)),
    "scaled_erf": lambda x: math.sqrt(2 / math.pi) * np.exp(-(x**2) / 2),
    "sin": np.cos,
    "cos": lambda x: -np.sin(x),
    "exp": np.exp,
    "gaussian": lambda x: -2 * x * np.exp(-(x**2)),
    "gelu": lambda x: special.ndtr(x) + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi),
    "polynomial": np.polynomial.Polynomial(COEFFICIENTS).deriv(),
}
SLOPES = {"relu": (0, 1), "abs": (-1, 1), "leaky_relu": (0.125, 1)}
JUMPING = ("step", "sign")


def over_the_plane(function, q1, q2, covariance):
    """E f(u) f(v) by the trapezoidal rule for independent x, y."""
    x = np.linspace(-12, 12, 481)
    weight = np.exp(-(x**2) / 2)
    weight /= weight.sum()
    v = covariance / math.sqrt(q1) * x[:, None] + math.sqrt(q2 - covariance**2 / q1) * x
    return weight * function(math.sqrt(q1) * x) @ function(v) @ weight


def over_the_circle(below, above, q1, q2, covariance):
    """V and V' of two slopes: the radius integrates to 2, the angle is cut where a slope changes."""
    with mpmath.workdps(30):
        s = mpmath.sqrt(mpmath.mpf(q1) * q2)
        theta = mpmath.acos(covariance / s)
        turn = 2 * mpmath.pi
        cuts = sorted({(x + k * mpmath.pi / 2) % turn for x in (0, theta) for k in (1, 3)} | {0})

        def slope(x):
            return below if x < 0 else above

        value = derivative = mpmath.mpf(0)
        for start, end in zip(cuts, [*cuts[1:], turn], strict=True):
            middle = (start + end) / 2
            both = slope(mpmath.cos(middle)) * slope(mpmath.cos(middle - theta))
            derivative += both * (end - start) / turn
            value += both * mpmath.quad(
                lambda w: mpmath.cos(w) * mpmath.cos(w - theta), [start, end]
            )
        return float(2 * s * value / turn), float(derivative)


@pytest.mark.parametrize("name", SMOOTH_SLOPES)
@pytest.mark.parametrize("covariance", [0.6, -0.6, 0.0])
def test_smooth_rows_are_averages_over_the_plane(name, covariance):
    moments = (1.3, 0.7, covariance)
    value, derivative = dual(ACTIVATIONS[name], *moments)
    phi = resolve(ACTIVATIONS[name]).function
    assert value == pytest.approx(over_the_plane(phi, *moments), rel=1e-13, abs=1e-15)
    slope = over_the_plane(SMOOTH_SLOPES[name], *moments)
    assert derivative == pytest.approx(slope, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("name", SLOPES)
@pytest.mark.parametrize("covariance", [0.6, -0.6, -0.95, 0.0])
def test_kinked_rows_are_averages_over_the_circle(name, covariance):
    moments = (1.3, 0.7, covariance)
    value, derivative = over_the_circle(*SLOPES[name], *moments)
    found = dual(ACTIVATIONS[name], *moments)
    assert found.value == pytest.approx(value, rel=1e-13)
    assert found.derivative == pytest.approx(derivative, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("covariance", [0.6, -0.6, -0.95])
def test_step_and_sign_are_areas_on_the_circle(covariance):
    moments = (1.3, 0.7, covariance)
    assert dual("step", *moments).value == pytest.approx(
        over_the_circle(0, 1, *moments)[1], rel=1e-13
    )
    assert dual("sign", *moments).value == pytest.approx(
        over_the_circle(-1, 1, *moments)[1], rel=1e-13
    )


@pytest.mark.parametrize("name", [name for name in FORMULAS if name not in JUMPING])
def test_price_the_derivative_is_that_in_the_covariance(name):
    value, derivative = FORMULAS[name]
    residual = sp.diff(value, c) - derivative
    if name in ("sin", "cos", "exp", "polynomial", "identity"):
        assert sp.simplify(residual) == 0
    else:
        for moments in [(1.3, 0.7, 0.6), (20.0, 3.0, -6.5), (0.01, 0.5, 0.03)]:
            _, _, slope = exact_gradient(name, *moments)
            assert abs(slope - exact(name, *moments)[1]) < mpmath.mpf(10) ** -50
    assert derivative != 2 * sp.diff(value, c)


@pytest.mark.parametrize("name", FORMULAS)
@settings(deadline=None, max_examples=60)
@given(
    log_q1=st.floats(-6, 1.5),
    log_q2=st.floats(-6, 1.5),
    rho=st.floats(-0.999, 0.999).map(lambda x: round(x, 12)),
)
def test_every_row_keeps_the_digits_that_its_condition_leaves(name, log_q1, log_q2, rho):
    q1, q2 = 10**log_q1, 10**log_q2
    moments = (q1, q2, rho * math.sqrt(q1 * q2))
    value, derivative = exact(name, *moments)
    gradient = exact_gradient(name, *moments)
    found = dual(ACTIVATIONS[name], *moments)
    spread = sum(abs(x * g) for x, g in zip(moments, gradient, strict=True))
    assert abs(found.value - value) <= 1e-14 * (abs(value) + spread)
    if name in JUMPING:
        assert found.derivative == math.inf
    else:
        largest = math.sqrt(
            math.prod(dual(ACTIVATIONS[name], q, q, q).derivative for q in (q1, q2))
        )
        assert abs(found.derivative - derivative) <= 1e-14 * max(abs(derivative), largest)


NEAR = [0.0, 2e-16, 1e-15, 1e-12, 3e-9, 1e-6, 1e-4, 1e-2]


def beyond_the_bound(q1, q2, covariance):
    """By rounding; there the formulas are complex."""
    return Fraction(covariance) ** 2 > Fraction(q1) * Fraction(q2)


@pytest.mark.parametrize(
    "name", ["relu", "abs", "leaky_relu", "step", "sign", "erf", "scaled_erf", "gaussian"]
)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_near_coincident_and_opposite_inputs(name, sign):
    rng = np.random.default_rng(5)
    for q in (1e-200, 1e-6, 0.3, 7.0, 1e6, 1e90):
        for gap in NEAR:
            ratio = 1.0 if q in (1e-200, 1e90) else 1 + gap * rng.random()
            moments = (q, q * ratio, sign * q * math.sqrt(ratio) * (1 - gap))
            if beyond_the_bound(*moments):
                continue
            value, derivative = exact(name, *moments, digits=250)
            found = dual(ACTIVATIONS[name], *moments)
            assert abs(found.value - value) <= 1e-14 * abs(value), moments
            if name not in JUMPING:
                assert abs(found.derivative - derivative) <= 1e-14 * abs(derivative), moments


@pytest.mark.parametrize("q", [1e-6, 0.3, 10.0, 1e3, 1e6, 1e12])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_gelu_at_any_variance_near_coincident_and_opposite_inputs(q, sign):
    for gap in (*NEAR, 0.3, 0.8, 1.0):
        moments = (q, 1.5 * q, sign * q * math.sqrt(1.5) * (1 - gap))
        if beyond_the_bound(*moments):
            continue
        value, derivative = exact("gelu", *moments)
        found = dual("gelu", *moments)
        assert abs(found.value - value) <= 1e-13 * abs(value), gap
        assert abs(found.derivative - derivative) <= 1e-13 * abs(derivative), gap


def test_naive_angle_would_lose_half_the_digits():
    moments = (1.0, 1.0, 1 - 1e-15)
    _, derivative = exact("relu", *moments)
    rounded = math.sqrt(1.0 * (1 + 2e-16) * (1 + 4e-16))
    naive = (math.pi - math.acos(min(1.0, moments[2] / rounded))) / (2 * math.pi)
    assert abs(naive - derivative) > 1e-10
    assert abs(dual("relu", *moments).derivative - derivative) < 1e-15


@pytest.mark.parametrize("name", FORMULAS)
def test_limits(name):
    activation = ACTIVATIONS[name]
    phi = resolve(activation).function
    z = np.linspace(-14, 14, 2_800_000)  # 0 between two points
    step = z[1] - z[0]
    weight = step * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)

    def average(power, q):
        return (weight * phi(math.sqrt(q) * z) ** power).sum()

    assert dual(activation, 1.7, 1.7, 1.7).value == pytest.approx(average(2, 1.7), rel=1e-8)
    product = average(1, 1.7) * average(1, 0.4)
    assert dual(activation, 1.7, 0.4, 0.0).value == pytest.approx(product, rel=1e-8, abs=1e-12)


def test_gelu_becomes_relu():
    q1, q2, covariance = 1.3, 0.7, -0.4
    relu = dual("relu", q1, q2, covariance)
    gaps = []
    for s in (1e2, 1e3, 1e4):
        gelu = dual("gelu", s**2 * q1, s**2 * q2, s**2 * covariance)
        assert gelu.derivative == pytest.approx(relu.derivative, rel=3 / s**2)
        gaps.append(abs(gelu.value / s**2 / relu.value - 1))
    assert gaps[1] < 1.2e-2 * gaps[0] and gaps[2] < 1.2e-2 * gaps[1]


@pytest.mark.parametrize("name", ["identity", "erf", "scaled_erf", "sin", "sign", "tanh"])
def test_odd_activations_have_odd_moments(name):
    there, back = dual(name, 1.3, 0.7, 0.5), dual(name, 1.3, 0.7, -0.5)
    assert there.value == pytest.approx(-back.value, rel=1e-14)
    if name != "sign":
        assert there.derivative == pytest.approx(back.derivative, rel=1e-13)


@pytest.mark.parametrize("name", ["abs", "cos", "gaussian"])
def test_even_activations_have_even_moments(name):
    there, back = dual(name, 1.3, 0.7, 0.5), dual(name, 1.3, 0.7, -0.5)
    assert there.value == pytest.approx(back.value, rel=1e-14)
    assert there.derivative == pytest.approx(-back.derivative, rel=1e-14)


def test_abs_of_independent_numbers():
    found = dual("abs", 3.0, 5.0, 0.0)
    assert found.value == pytest.approx(2 / math.pi * math.sqrt(15), rel=1e-15)
    assert found.derivative == 0


@pytest.mark.parametrize("name", [*FORMULAS, "tanh", "softplus"])
def test_variance_zero(name):
    activation = ACTIVATIONS.get(name, name)
    phi = resolve(activation).function
    nothing = dual(activation, 0.0, 0.0, 0.0)
    assert nothing.value == pytest.approx(float(phi(0.0)) ** 2, abs=1e-15)
    slope = math.sqrt(dual(activation, 1e-9, 1e-9, 1e-9).derivative)
    if name not in (*JUMPING, *SLOPES, "gaussian", "cos"):
        assert nothing.derivative == pytest.approx(slope**2, rel=1e-7)
    one_sided = dual(activation, 0.0, 1.0, 0.0)
    alone = math.sqrt(dual(activation, 1.0, 1.0, 0.0).value)
    assert one_sided.value == pytest.approx(float(phi(0.0)) * alone, abs=1e-12)
    assert not math.isnan(one_sided.derivative)


def test_kinks_at_variance_zero_are_means_of_their_sides():
    assert dual("relu", 0.0, 1.0, 0.0).derivative == 0.25
    assert dual("step", 0.0, 0.0, 0.0).value == 0.25
    assert dual(("leaky_relu", 0.5), 0.0, 0.0, 0.0).derivative == pytest.approx(0.75**2)


def test_rounding_beyond_the_bound_is_cut_back():
    inside, beyond = dual("relu", 2.0, 2.0, 2.0), dual("relu", 2.0, 2.0, 2.0 * (1 + 3e-15))
    assert inside == beyond
    assert dual("erf", 2.0, 2.0, -2.0 * (1 + 3e-15)) == dual("erf", 2.0, 2.0, -2.0)


def test_arrays_broadcast():
    q = np.array([0.5, 1.0, 2.0])
    found = dual("gelu", q[:, None], q[None, :], 0.1)
    assert found.value.shape == found.derivative.shape == (3, 3)
    assert found.value[2, 0] == dual("gelu", 2.0, 0.5, 0.1).value


@pytest.mark.parametrize("sizes", [(1e6, 1e6, 0.999e6), (1e6, 1e6, -1e6), (1e100, 1e100, 1e100)])
@pytest.mark.parametrize("name", [n for n in FORMULAS if n not in ("exp", "polynomial")])
def test_large_variances_stay_finite(name, sizes):
    found = dual(ACTIVATIONS[name], *sizes)
    assert np.isfinite(found.value)
    assert name in JUMPING or np.isfinite(found.derivative)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("relu", -1.0, 1.0, 0.0), "q1 = -1.0 is outside"),
        (("relu", 1.0, math.nan, 0.0), "q2 = nan"),
        (("relu", 1.0, 1.0, math.inf), "covariance = inf"),
        (("relu", 1.0, 1.0, 1.01), "outside abs"),
        (("relu", 0.0, 1.0, 1e-3), "outside abs"),
        (("relu", 1e101, 1.0, 0.0), "q1 = 1e\\+101"),
        (("relu", [], 1.0, 0.0), "empty"),
        (("relu", [[1.0], [1.0, 2.0]], 1.0, 0.0), "ragged"),
        (("relu", "1", 1.0, 0.0), "real numbers"),
        (("relu", 1j, 1.0, 0.0), "real numbers"),
        (("relu", [1.0, 2.0], [1.0, 2.0, 3.0], 0.0), "broadcast"),
        (("exp", 800.0, 800.0, 0.0), "overflows"),
        ((("polynomial", [0.0] * 60 + [1.0]), 1e20, 1e20, 0.0), "overflow"),
        (("relux", 1.0, 1.0, 0.0), "softplus.*leaky_relu"),
        (("leaky_relu", 1.0, 1.0, 0.0), "has parameters"),
        ((("relu", 1.0), 1.0, 1.0, 0.0), "has no parameters"),
        ((("leaky_relu", [0.1, 0.2]), 1.0, 1.0, 0.0), "one slope"),
        ((("leaky_relu", math.nan), 1.0, 1.0, 0.0), "finite"),
        ((("polynomial", []), 1.0, 1.0, 0.0), "write"),
        ((("polynomial", [0.0] * 102), 1.0, 1.0, 0.0), "degree 101"),
        ((("wave", 1.0), 1.0, 1.0, 0.0), "needs one of"),
        ((3.0, 1.0, 1.0, 0.0), "needs one of"),
        ((None, 1.0, 1.0, 0.0), "needs one of"),
    ],
)
def test_bad_input_is_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        dual(*arguments)


@pytest.mark.parametrize("tolerance", [0.0, -1e-3, 1e-12, 0.1, math.nan, "1e-6", None])
def test_bad_tolerance_is_named(tolerance):
    with pytest.raises(ValueError, match="tolerance"):
        dual("tanh", 1.0, 1.0, 0.5, tolerance=tolerance)
