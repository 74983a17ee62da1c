"""The dual moments as textbooks write them, in sympy; evaluated in 60 digits they check stable forms."""

import functools

import mpmath
import sympy as sp

q1, q2 = sp.symbols("q1 q2", positive=True)
c = sp.symbols("c", real=True)
COEFFICIENTS = (0.3, -1.0, 0.75, 0.25)

_rho = c / sp.sqrt(q1 * q2)
_theta = sp.acos(_rho)
_relu = sp.sqrt(q1 * q2) / (2 * sp.pi) * (sp.sqrt(1 - _rho**2) + (sp.pi - _theta) * _rho)
_relu_slope = (sp.pi - _theta) / (2 * sp.pi)
_d2 = (1 + 2 * q1) * (1 + 2 * q2) - 4 * c**2
_d1 = (1 + q1) * (1 + q2) - c**2
_a = sp.asin(c / sp.sqrt((1 + q1) * (1 + q2)))
_minus, _plus = sp.exp(-(q1 + q2 - 2 * c) / 2) / 2, sp.exp(-(q1 + q2 + 2 * c) / 2) / 2


def _two_slopes(a, b):
    a, b = sp.Rational(a), sp.Rational(b)
    return (b - a) ** 2 * _relu + a * b * c, (b - a) ** 2 * _relu_slope + a * b


def _moment(m, n):
    """E u^m v^n by Wick's theorem."""
    return sum(
        sp.binomial(m, k)
        * sp.binomial(n, k)
        * sp.factorial(k)
        * c**k
        * sp.factorial2(m - k - 1)
        * sp.factorial2(n - k - 1)
        * q1 ** sp.Rational(m - k, 2)
        * q2 ** sp.Rational(n - k, 2)
        for k in range(min(m, n) + 1)
        if (m - k) % 2 == 0 and (n - k) % 2 == 0
    )


def _polynomial(coefficients):
    return sum(
        sp.Rational(a) * sp.Rational(b) * _moment(m, n)
        for m, a in enumerate(coefficients)
        for n, b in enumerate(coefficients)
    )


_slopes = tuple(k * a for k, a in enumerate(COEFFICIENTS))[1:]

FORMULAS = {
    "identity": (c, sp.Integer(1)),
    "relu": (_relu, _relu_slope),
    "abs": _two_slopes(-1, 1),
    "leaky_relu": _two_slopes(0.125, 1),
    "step": (_relu_slope, sp.oo),
    "sign": (2 / sp.pi * sp.asin(_rho), sp.oo),
    "erf": (
        2 / sp.pi * sp.asin(2 * c / sp.sqrt((1 + 2 * q1) * (1 + 2 * q2))),
        4 / sp.pi / sp.sqrt(_d2),
    ),
    "scaled_erf": (2 / sp.pi * _a, 2 / sp.pi / sp.sqrt(_d1)),
    "sin": (_minus - _plus, _minus + _plus),
    "cos": (_minus + _plus, _minus - _plus),
    "exp": (sp.exp((q1 + q2 + 2 * c) / 2),) * 2,
    "gaussian": (_d2 ** sp.Rational(-1, 2), 4 * c * _d2 ** sp.Rational(-3, 2)),
    "gelu": (
        c * (sp.Rational(1, 4) + _a / (2 * sp.pi))
        + (q1 * q2 + c**2 * (1 - q1 * q2) / ((1 + q1) * (1 + q2))) / (2 * sp.pi * sp.sqrt(_d1)),
        sp.Rational(1, 4)
        + _a / (2 * sp.pi)
        + c / (2 * sp.pi * sp.sqrt(_d1)) * (1 / (1 + q1) + 1 / (1 + q2) + 1 / _d1),
    ),
    "polynomial": (_polynomial(COEFFICIENTS), _polynomial(_slopes)),
}
ACTIVATIONS = {name: name for name in FORMULAS} | {
    "leaky_relu": ("leaky_relu", 0.125),
    "polynomial": ("polynomial", COEFFICIENTS),
}


@functools.cache
def _compiled(name, with_gradient):
    value, derivative = FORMULAS[name]
    found = [sp.diff(value, x) for x in (q1, q2, c)] if with_gradient else [value, derivative]
    return sp.lambdify((q1, q2, c), found, "mpmath")


def _evaluated(name, moments, digits, with_gradient):
    with mpmath.workdps(digits):
        found = _compiled(name, with_gradient)(*(mpmath.mpf(float(x)) for x in moments))
        return [mpmath.re(mpmath.mpmathify(x)) for x in found]


def exact(name, *moments, digits=60):
    """V and V' at moments that are floats."""
    return _evaluated(name, moments, digits, False)


def exact_gradient(name, *moments, digits=60):
    """Derivatives of V with respect to q1, q2 and c."""
    return _evaluated(name, moments, digits, True)
