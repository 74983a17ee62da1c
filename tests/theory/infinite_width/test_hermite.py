import math

import mpmath
import numpy as np
import pytest

from lazyrich.theory.infinite_width.activations import dual
from lazyrich.theory.infinite_width.hermite import hermite_coefficients, hermite_series
from tests.theory.infinite_width.dual_formulas import ACTIVATIONS, COEFFICIENTS


def normalised_hermite(k, z):
    """He_k(z)/sqrt(k!)."""
    return math.sqrt(2.0**-k / math.factorial(k)) * mpmath.hermite(k, z / mpmath.sqrt(2))


def in_high_precision(phi, q, k):
    """E phi(sqrt(q) z) h_k(z) by the trapezoidal rule in 20 digits, good for slopes of order 1."""
    with mpmath.workdps(20):
        step = mpmath.mpf(1) / 10
        nodes = [j * step for j in range(-110, 111)]
        return float(
            step
            * sum(phi(math.sqrt(q) * z) * normalised_hermite(k, z) * mpmath.npdf(z) for z in nodes)
        )


@pytest.mark.parametrize("k", [0, 1, 4, 9])
@pytest.mark.parametrize(
    ("name", "phi"),
    [
        ("tanh", mpmath.tanh),
        ("softplus", lambda x: mpmath.log1p(mpmath.exp(x))),
        ("gelu", lambda x: x * mpmath.ncdf(x)),
    ],
)
def test_coefficients_in_high_precision(name, phi, k):
    found = hermite_coefficients(name, 1.2, 10).value[k]
    assert found == pytest.approx(in_high_precision(phi, 1.2, k), abs=1e-13)


def test_exponential_and_sine_have_known_coefficients():
    q, k = 2.0, np.arange(12)
    factorials = np.array([math.factorial(n) for n in k])
    known = np.exp(q / 2) * np.sqrt(q**k / factorials)
    found = hermite_coefficients("exp", q, 12)
    assert found.value == pytest.approx(known, rel=1e-10, abs=1e-12)
    assert found.derivative == pytest.approx(known, rel=1e-10, abs=1e-12)
    waves = np.exp(-q / 2) * np.sqrt(q**k / factorials) * np.sin(np.pi / 2 * k)
    assert hermite_coefficients("sin", q, 12).value == pytest.approx(waves, abs=1e-13)


@pytest.mark.parametrize("q", [1e-8, 0.3, 5.0])
def test_slopes_are_shifted_coefficients(q):
    series = hermite_coefficients("swish", q, 12)
    shifted = np.sqrt(np.arange(1, 12)) * series.value[1:] / math.sqrt(q)
    assert series.derivative[:11] == pytest.approx(shifted, abs=1e-9 if q < 1e-4 else 1e-12)


@pytest.mark.parametrize("name", ["erf", "gelu", "sin", "gaussian", "polynomial"])
@pytest.mark.parametrize("r", [0.9, 1.0])
def test_series_meet_the_tolerance(name, r):
    activation = ACTIVATIONS[name]
    q = np.array([1e-6, 0.2, 1.0, 6.0])
    pairs = q[:, None], q[None, :]
    for tolerance in (1e-3, 1e-6, 1e-10):
        series = hermite_series(activation, q, largest_correlation=r, tolerance=tolerance)
        for rho in (r, -r, 0.4):
            exact = dual(activation, *pairs, rho * np.sqrt(pairs[0] * pairs[1]))
            whole = dual(activation, q, q, q)
            for rows, expected, total in zip(series, exact, whole, strict=True):
                powers = rho ** np.arange(len(rows))
                found = np.einsum("k,ki,kj->ij", powers, rows, rows)
                scale = np.sqrt(total[:, None] * total[None, :])
                assert (np.abs(found - expected) <= tolerance * scale + 1e-16).all()


def test_series_are_no_longer_than_needed():
    lengths = [
        len(hermite_series("tanh", 1.0, largest_correlation=r, tolerance=tolerance).value)
        for r, tolerance in [(0.5, 1e-4), (0.5, 1e-8), (0.9, 1e-8), (1.0, 1e-8)]
    ]
    assert lengths == sorted(lengths) and lengths[0] < 12 and lengths[-1] < 80
    assert hermite_series(("polynomial", COEFFICIENTS), [0.5, 2.0]).value.shape == (4, 2)


def test_shapes_follow_q():
    q = np.array([[1.0, 2.0, 1.0]])
    found = hermite_coefficients(np.tanh, q, 5)
    assert found.value.shape == found.derivative.shape == (5, 1, 3)
    assert (found.value[:, 0, 0] == found.value[:, 0, 2]).all()
    assert hermite_series("tanh", q, tolerance=1e-4).value.shape[1:] == (1, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: hermite_coefficients("relu", 1.0, 5), "kink"),
        (lambda: hermite_coefficients("tanh", -1.0, 5), "q = -1.0"),
        (lambda: hermite_coefficients("tanh", 1.0, 0), "n_terms = 0"),
        (lambda: hermite_coefficients("tanh", 1.0, 2.5), "n_terms = 2.5"),
        (lambda: hermite_coefficients("tanh", 1.0, 5, tolerance=1e-14), "tolerance"),
        (lambda: hermite_series("tanh", 1.0, largest_correlation=1.5), "largest_correlation"),
        (lambda: hermite_series("sign", 1.0), "kink"),
        (lambda: hermite_series("tanh", 90.0), "lower largest_correlation"),
        (lambda: hermite_series(lambda x: np.maximum(x, 0), 1.0), "kink"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
