"""Contours against known transforms, over all eigenvalues, times and numbers of steps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, special

from lazyrich.solvers.inverse_laplace import (
    LAST_ON_CIRCLE,
    exponential_nodes,
    invert,
    invert_pair,
    power_nodes,
)

SPECTRUM = np.concatenate(([0.0], np.geomspace(1e-8, 1e8, 300)))


@pytest.mark.parametrize("t", [1e-250, 1e-8, 1.0, 1e12, 1e250])
def test_exponential_of_any_eigenvalue(t):
    nodes = exponential_nodes(t)
    resolvents = 1 / (nodes.s + SPECTRUM[:, None] / t)
    assert_allclose(invert(nodes, resolvents), np.exp(-SPECTRUM), rtol=0, atol=2e-14)


def test_error_falls_geometrically_with_the_nodes():
    """As exp(-2 pi n/3): a factor 6.6e2 and more for three more nodes."""
    errors = []
    for n in (6, 9, 12):
        nodes = exponential_nodes(1.0, n)
        sums = invert(nodes, 1 / (nodes.s + SPECTRUM[:, None]))
        errors.append(np.abs(sums - np.exp(-SPECTRUM)).max())
    assert errors[1] < errors[0] / 300 and errors[2] < errors[1] / 300


@pytest.mark.parametrize(
    ("transform", "function"),
    [
        (lambda s: s**-0.5, lambda t: 1 / np.sqrt(np.pi * t)),
        (lambda s: s**-1.5, lambda t: 2 * np.sqrt(t / np.pi)),
        (lambda s: np.log1p(s) / s, lambda t: special.exp1(t)),
        (lambda s: np.exp(-np.sqrt(s)) / s, lambda t: special.erfc(1 / np.sqrt(4 * t))),
        (lambda s: (np.sqrt(s + 4) - np.sqrt(s)) / (2 * np.sqrt(s)), lambda t: special.ive(0, 2 * t)
         + special.ive(1, 2 * t)),
    ],
    ids=["1/sqrt", "3/2", "log", "heat", "square Marchenko-Pastur"],
)  # fmt: skip
def test_known_transforms(transform, function):
    t = np.geomspace(1e-2, 1e3, 7)
    nodes = exponential_nodes(t)
    assert nodes.s.shape == nodes.weights.shape == (7, 18)
    expected = function(t)
    assert_allclose(invert(nodes, transform(nodes.s)), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("k", [1, 2, 3, 7, LAST_ON_CIRCLE, LAST_ON_CIRCLE + 1, 50, 1001, 10**5])
def test_powers_of_any_stable_eigenvalue(k):
    """Also for eta lambda between 1 and 2, where the powers alternate in sign."""
    rate = 0.03
    fractions = np.concatenate((SPECTRUM[SPECTRUM < 1.99], [1 - 1e-3, 1, 1 + 1e-3, 1.5, 1.9]))
    fractions = np.concatenate((fractions, 2 - np.geomspace(1e-8, 0.1, 30)))
    nodes = power_nodes(k, rate)
    sums = invert(nodes, 1 / (nodes.s + fractions[:, None] / rate))
    expected = (1 - fractions) ** k
    assert_allclose(sums, expected, rtol=0, atol=5e-14 + 1e-15 * k)


def test_both_routes_to_powers_agree_where_they_meet():
    """Two parabolas give the polynomial 1 - (1 - x)^k over x as the circle does, pole at s = 0 included."""
    fractions = np.linspace(1e-3, 1.999, 50)
    for k in (LAST_ON_CIRCLE, LAST_ON_CIRCLE + 1):
        nodes = power_nodes(k, 1.0)
        sums = invert(nodes, 1 / (nodes.s * (nodes.s + fractions[:, None])))
        assert_allclose(sums, (1 - (1 - fractions) ** k) / fractions, rtol=1e-13, atol=1e-13)


def test_small_steps_follow_the_exponential():
    t, rate = 2.0, 1e-7
    flow, steps = exponential_nodes(t), power_nodes(round(t / rate), rate)
    cut = [1 / np.sqrt(nodes.s * (nodes.s + 4)) for nodes in (flow, steps)]  # spectrum in [0, 4]
    difference = invert(steps, cut[1]) - invert(flow, cut[0])
    assert 0 < abs(difference) < 1e-7


def test_pairs_against_quadrature():
    """F = int_0^1 g(l) dl/((s1 + l)(s2 + l)), with g = 1: f(t, t) = (1 - exp(-2 t))/(2 t)."""
    l, weights = np.polynomial.legendre.leggauss(400)
    l, weights = ((1 + l) / 2) ** 2, weights * (1 + l) / 2
    for t in (0.1, 1.0, 30.0):
        nodes = exponential_nodes(t)
        first = 1 / (nodes.s[:, None] + l)
        same, opposite = (first * weights) @ first.T, (first * weights) @ first.conj().T
        assert_allclose(invert_pair(nodes, same, opposite), -np.expm1(-2 * t) / (2 * t), rtol=1e-12)


def test_pairs_that_do_not_factorise():
    """F = 1/((s1 + a)(s2 + a) - b): the matrix [[a, .]] resolvent of two coupled times, Bessel I0(2 sqrt b t)."""
    a, b, t = 3.0, 0.5, 2.0
    nodes = exponential_nodes(t)
    s = nodes.s[:, None]
    pair = [1 / ((s + a) * (other + a) - b) for other in (nodes.s, nodes.s.conj())]
    expected = np.exp(-2 * a * t) * special.i0(2 * t * np.sqrt(b))
    assert_allclose(invert_pair(nodes, *pair), expected, rtol=0, atol=1e-13)
    series = integrate.quad(lambda x: np.exp(2 * t * np.sqrt(b) * np.cos(x)), 0, np.pi)[0] / np.pi
    assert_allclose(series * np.exp(-2 * a * t), expected, rtol=1e-12)


@pytest.mark.parametrize("t", [0.0, -1.0, np.inf, np.nan, [], "a", [1.0, 0.0]])
def test_bad_times_are_refused(t):
    with pytest.raises(ValueError, match="^t = "):
        exponential_nodes(t)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((0, 0.1), "n_steps"),
        ((1.5, 0.1), "n_steps"),
        ((np.nan, 0.1), "n_steps"),
        ((5, 0.0), "learning_rate"),
        ((5, np.nan), "learning_rate"),
        ((5, 0.1, 0), "half_nodes"),
        ((40, 0.1, 41), "half_nodes"),
    ],
)
def test_bad_powers_are_refused(arguments, name):
    with pytest.raises(ValueError, match=f"^{name} = "):
        power_nodes(*arguments)
