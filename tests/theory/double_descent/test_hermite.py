"""Linear and non-linear parts of activations against quadrature in high precision."""

import math

import mpmath
import numpy as np
import pytest

from lazyrich.theory.double_descent.hermite import hermite_moments

FUNCTIONS = {
    "identity": lambda x: x,
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "erf": mpmath.erf,
    "scaled_erf": lambda x: mpmath.erf(x / mpmath.sqrt(2)),
    "gaussian": lambda x: mpmath.exp(-x * x),
    "tanh": mpmath.tanh,
    ("leaky_relu", 0.3): lambda x: x if x > 0 else mpmath.mpf(0.3) * x,
    ("polynomial", (1.0, -0.5, 0.2, 0.1)): lambda x: 1 - x / 2 + 0.2 * x**2 + 0.1 * x**3,
}


def in_high_precision(act):
    with mpmath.workdps(20):
        cuts = [-15, -4, 0, 4, 15]

        def mean(f):
            return mpmath.quad(lambda x: f(x) * mpmath.npdf(x), cuts)

        mu0, mu1 = mean(act), mean(lambda x: x * act(x))
        rest = mean(lambda x: (act(x) - mu0 - mu1 * x) ** 2)
        return [float(v) for v in (mu0, mu1, rest)]


@pytest.mark.parametrize("name", FUNCTIONS, ids=str)
def test_against_high_precision(name):
    np.testing.assert_allclose(
        hermite_moments(name), in_high_precision(FUNCTIONS[name]), rtol=1e-11, atol=1e-14
    )


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: max(x, 0.0), "relu"),
        (math.erf, "erf"),
        (lambda x: np.exp(-(x**2)), "gaussian"),
        (lambda x: 1.0 - 2 * x + 3 * x**4, ("polynomial", [1.0, -2.0, 0.0, 0.0, 3.0])),
    ],
)
def test_functions_and_names_agree(function, name):
    np.testing.assert_allclose(
        hermite_moments(function), hermite_moments(name), rtol=1e-11, atol=1e-13
    )


def test_a_jump_off_the_panels():
    """1 for x > a: mean Q(a), linear coefficient the density at a."""
    a = 0.3217
    tail, density = math.erfc(a / math.sqrt(2)) / 2, math.exp(-a * a / 2) / math.sqrt(2 * math.pi)
    expected = tail, density, tail * (1 - tail) - density**2
    np.testing.assert_allclose(hermite_moments(lambda x: float(x > a)), expected, rtol=1e-11)


def test_a_small_nonlinear_part_is_not_lost():
    """The rest is a mean of squares, not a difference of second moments."""
    moments = hermite_moments(lambda x: x + 1e-9 * (x * x - 1))
    assert moments.nonlinear_variance == pytest.approx(2e-18, rel=1e-5)
    assert hermite_moments(lambda x: 2 * x + 1).nonlinear_variance < 1e-30


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        ("swish", "swish"),
        (("relu", 1.0), "relu"),
        (("leaky_relu", None), "slope"),
        (("leaky_relu", [0.1]), "slope"),
        (("leaky_relu", np.nan), "finite"),
        (("polynomial", []), "coefficients"),
        (("polynomial", [1.0, np.inf]), "finite"),
        (3, "activation = 3"),
        (lambda x: np.inf * x, "finite"),
        (lambda x: np.array([x, x]), "one finite value"),
        (lambda x: math.exp(x * x / 4), "square integrable"),
    ],
)
def test_bad_activations(activation, message):
    with pytest.raises(ValueError, match=message):
        hermite_moments(activation)
