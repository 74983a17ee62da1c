import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from lazyrich.theory.infinite_width.activations import dual, resolve
from tests.theory.infinite_width.dual_formulas import ACTIVATIONS, COEFFICIENTS


def logistic(x):
    return 1 / (1 + np.exp(-x))


SLOPES = {
    "tanh": lambda x: 1 / np.cosh(x) ** 2,
    "sigmoid": lambda x: logistic(x) * logistic(-x),
    "softplus": logistic,
    "swish": lambda x: logistic(x) * (1 + x * logistic(-x)),
}
WITH_CLOSED_FORM = ["erf", "scaled_erf", "gelu", "sin", "cos", "gaussian", "polynomial", "identity"]


def over_the_plane(functions, q1, q2, rho):
    """E f(u) f(v) of each f, by the trapezoidal rule for independent x, y."""
    n_points = 2 * int(12 * max(8.0, 3.6 * math.sqrt(max(q1, q2)))) + 1
    x = np.linspace(-12, 12, n_points)
    weight = np.exp(-(x**2) / 2)
    weight /= weight.sum()
    u = math.sqrt(q1) * x
    v = math.sqrt(q2) * (rho * x[:, None] + math.sqrt((1 - rho) * (1 + rho)) * x)
    return [weight * f(u) @ f(v) @ weight for f in functions]


def largest_values(activation, q1, q2):
    """What Schwarz's inequality leaves for V and V'."""
    whole = [dual(activation, q, q, q) for q in (q1, q2)]
    return [math.sqrt(a * b) for a, b in zip(*whole, strict=True)]


@pytest.mark.parametrize("name", SLOPES)
@settings(deadline=None, max_examples=8)
@given(log_q1=st.floats(-4, 2), log_q2=st.floats(-4, 2), gap=st.floats(-16, 0), sign=st.booleans())
def test_named_functions_meet_the_tolerance_for_all_variances(name, log_q1, log_q2, gap, sign):
    q1, q2 = 10**log_q1, 10**log_q2
    rho = (1 if sign else -1) * (1 - 10**gap)
    reference = over_the_plane([resolve(name).function, SLOPES[name]], q1, q2, rho)
    found = dual(name, q1, q2, rho * math.sqrt(q1 * q2))
    scales = largest_values(name, q1, q2)
    for value, expected, scale in zip(found, reference, scales, strict=True):
        assert abs(value - expected) <= 1e-11 * scale


@pytest.mark.parametrize("name", WITH_CLOSED_FORM)
@settings(deadline=None, max_examples=8)
@given(
    log_q1=st.floats(-4, 2),
    log_q2=st.floats(-4, 2),
    rho=st.floats(-1, 1),
    tolerance=st.sampled_from([1e-4, 1e-8, 1e-10, 1e-11]),
)
def test_functions_agree_with_closed_forms(name, log_q1, log_q2, rho, tolerance):
    moments = (10**log_q1, 10**log_q2, rho * math.sqrt(10**log_q1 * 10**log_q2))
    activation = ACTIVATIONS[name]
    found = dual(resolve(activation).function, *moments, tolerance=tolerance)
    exact = dual(activation, *moments)
    scales = largest_values(activation, *moments[:2])
    for value, expected, scale in zip(found, exact, scales, strict=True):
        assert abs(value - expected) <= tolerance * scale


@pytest.mark.parametrize("q", [1e3, 1e4, 1e5])
def test_steep_functions(q):
    found, exact = dual(special.erf, q, q, 0.9 * q), dual("erf", q, q, 0.9 * q)
    assert found.value == pytest.approx(exact.value, rel=1e-11)
    assert found.derivative == pytest.approx(exact.derivative, rel=1e-11)


@pytest.mark.parametrize("rho", [0.499999, 0.5, 0.500001, -0.5, -0.500001, 1 - 1e-15, -1.0])
def test_the_two_routes_meet(rho):
    found, exact = (
        dual(special.erf, 2.0, 3.0, rho * math.sqrt(6)),
        dual("erf", 2.0, 3.0, rho * math.sqrt(6)),
    )
    assert found.value == pytest.approx(exact.value, rel=1e-13)
    assert found.derivative == pytest.approx(exact.derivative, rel=1e-12)


@pytest.mark.parametrize("q", [0.0, 1e-300, 1e-12, 1e-6])
@pytest.mark.parametrize("other", [0.0, 1e-12, 1.0, 50.0])
def test_small_variances(q, other):
    covariance = 0.7 * math.sqrt(q) * math.sqrt(other)
    moments = (q, other, covariance)
    slope = 0.25 * math.sqrt(dual("sigmoid", other, other, 0.0).derivative)
    assert dual("sigmoid", *moments).derivative == pytest.approx(slope, rel=3e-6)
    value = 0.5 * math.sqrt(dual("sigmoid", other, other, 0.0).value)
    assert dual("sigmoid", *moments).value == pytest.approx(value, rel=1e-3)
    for name in ("erf", "gelu"):
        found, exact = dual(resolve(name).function, *moments), dual(name, *moments)
        assert found.value == pytest.approx(exact.value, rel=1e-12, abs=1e-320)
        assert found.derivative == pytest.approx(exact.derivative, rel=1e-11)


def test_functions_of_single_numbers():
    assert dual(math.tanh, 2.0, 1.0, 0.5) == pytest.approx(dual("tanh", 2.0, 1.0, 0.5), rel=1e-13)

    def branches(x):
        return math.exp(-x * x) if x > 0 else 1 / math.exp(x * x)

    assert dual(branches, 2.0, 1.0, 0.5) == pytest.approx(
        dual("gaussian", 2.0, 1.0, 0.5), rel=1e-12
    )


def test_constants_and_growth():
    constant = dual(lambda x: 3.0, 1.0, 2.0, 0.5)
    assert constant.value == pytest.approx(9.0, rel=1e-14)
    assert abs(constant.derivative) < 1e-14
    found, exact = dual(np.exp, 4.0, 3.0, 1.0), dual("exp", 4.0, 3.0, 1.0)
    assert found == pytest.approx(exact, rel=1e-8)
    assert dual(np.cosh, 4.0, 4.0, 1.0).value == pytest.approx(math.exp(4) * math.cosh(1), rel=1e-9)


def test_a_smooth_enough_kink_is_averaged():
    """abs(x)^3: V by the moments of abs(u) and abs(v), V' = 9 E u abs(u) v abs(v)."""
    rho, theta = 0.5, math.acos(0.5)
    half = math.pi / 2 - theta
    value = (2 / math.pi) * (
        (9 * rho + 6 * rho**3) * half + (4 + 11 * rho**2) * math.sqrt(1 - rho**2)
    )
    slope = (2 / math.pi) * ((1 + 2 * rho**2) * half + 3 * rho * math.sqrt(1 - rho**2))
    found = dual(lambda x: np.abs(x) ** 3, 1.0, 1.0, rho)
    assert found.value == pytest.approx(value, rel=1e-10)
    assert found.derivative == pytest.approx(9 * slope, rel=1e-10)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-5])
@pytest.mark.parametrize("q", [1e-6, 1.0])
@pytest.mark.parametrize("name", ["relu", "abs", "leaky_relu", "step", "sign"])
def test_a_kink_is_refused_or_averaged_right(name, q, tolerance):
    activation = ACTIVATIONS[name]
    for rho in (0.3, 1.0):
        exact = dual(activation, q, q, rho * q)
        try:
            found = dual(resolve(activation).function, q, q, rho * q, tolerance=tolerance)
        except ValueError as refusal:
            assert "kink" in str(refusal)
            continue
        for value, expected, scale in zip(
            found, exact, largest_values(activation, q, q), strict=True
        ):
            assert abs(value - expected) <= tolerance * scale


def softmax(x):
    weights = np.exp(x - x.max())
    return weights / weights.sum()


def narrow(x):
    return np.tanh(x) + 0.01 * np.exp(-((1e5 * (x - 0.3)) ** 2))


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: np.maximum(x, 0), "kink"),
        (lambda x: x if x > 0 else 0.0, "kink"),
        (lambda x: (x > 0.3) * 1.0, "kink"),
        (np.floor, "kink"),
        (lambda x: np.maximum(x - 2, 0), "kink"),
        (lambda x: np.where(x > 0, x, np.expm1(x)), "kink"),
        (lambda x: np.tanh(x.astype(np.float32)), "too narrow"),
        (lambda x: np.sin(2.0**18 * x), "too narrow"),
        (lambda x: 1e8 + np.tanh(x), "rounding errors"),
        (lambda x: x + 0j, "complex"),
        (lambda x: "a", "real numbers"),
        (lambda x: None, "real numbers"),
        (lambda x, y: x, "one real variable"),
        (softmax, "one real variable"),
        (lambda x: x - x.mean(), "one real variable"),
        (lambda x: np.sort(x) + 0.0, "one real variable"),
        (np.cumsum, "one real variable"),
        (np.sum, "one real variable"),
        (lambda x: np.stack([x, x]), "one real number|shape"),
        (np.sqrt, "nan"),
        (np.log, "nan|inf"),
        (lambda x: 1 / x - 1 / x, None),
        (lambda x: np.exp(x**2 / 2), "grows too fast|inf"),
        (lambda x: np.exp(x**2), "grows too fast|inf"),
        (lambda x: np.exp(5 * x), "rare large values"),
        (math.sqrt, "one real variable"),
        (lambda x: math.exp(100 * x), "one real variable"),
    ],
)
def test_what_is_no_smooth_function_of_one_variable_is_refused(function, words):
    if words is None:
        assert dual(function, 1.0, 1.0, 0.5).value == 0
        return
    with pytest.raises(ValueError, match=words):
        dual(function, 1.0, 1.0, 0.5)


def test_waves_too_fast_for_the_first_grid_are_not_taken_for_slow_ones():
    found = dual(lambda x: np.sin(3000 * x), 1.0, 1.0, 1.0)
    assert found.value == pytest.approx(0.5, rel=1e-10)
    assert found.derivative == pytest.approx(4.5e6, rel=1e-10)


def test_a_spike_is_seen():
    """exp(-(1000 (x - 0.3))^2) is narrower than a thousandth of a standard deviation."""
    rho = 0.5
    density = math.exp(-(0.3**2) / (1 + rho)) / (2 * math.pi * math.sqrt(1 - rho**2))
    found = dual(lambda x: np.exp(-((1000 * (x - 0.3)) ** 2)), 1.0, 1.0, rho)
    assert found.value == pytest.approx(density * math.pi / 1e6, rel=1e-5)


def test_many_pairs_are_as_single_pairs():
    rng = np.random.default_rng(0)
    q1, q2 = 10 ** rng.uniform(-4, 2, (2, 3, 20))
    covariance = rng.uniform(-1, 1, (3, 20)) * np.sqrt(q1 * q2)
    found = dual("tanh", q1, q2, covariance)
    assert found.value.shape == (3, 20)
    for at in [(0, 0), (1, 7), (2, 19)]:
        alone = dual("tanh", q1[at], q2[at], covariance[at])
        assert found.value[at] == pytest.approx(alone.value, rel=1e-12)
        assert found.derivative[at] == pytest.approx(alone.derivative, rel=1e-12)


def test_polynomials_are_functions_too():
    p = np.polynomial.Polynomial(COEFFICIENTS)
    assert dual(p, 2.0, 1.0, -0.5) == pytest.approx(
        dual(ACTIVATIONS["polynomial"], 2.0, 1.0, -0.5), rel=1e-12
    )
