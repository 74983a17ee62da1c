"""Gaussian integrals against samples and quadrature for every pattern of rows, and their limits."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf, ndtr

from lazyrich.theory.double_descent import online
from lazyrich.theory.double_descent.gaussian_integrals import ACTIVATIONS, i2, i3, i4, j2

MIXING = np.random.default_rng(5).standard_normal((4, 4))
C = MIXING @ MIXING.T / 2

ANGLES = np.polynomial.legendre.leggauss(100)

FUNCTIONS = {
    "scaled_erf": (
        lambda x: erf(x / np.sqrt(2)),
        lambda x: np.sqrt(2 / np.pi) * np.exp(-x * x / 2),
    ),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
    "identity": (lambda x: x, np.ones_like),
}


def patterns(n):
    """Rows up to what permutes among slopes, and among activations, of I4."""
    for rows in itertools.product(range(4), repeat=n):
        if n < 4 or (rows[0] <= rows[1] and rows[2] <= rows[3]):
            yield rows


def sampled(activation, samples, seed):
    """{(name, rows): (mean, standard error)} of every integral and pattern."""
    g, slope = FUNCTIONS[activation]
    x = np.random.default_rng(seed).standard_normal((samples, 4)) @ np.linalg.cholesky(C).T
    x = np.ascontiguousarray(x.T)
    y, d = g(x), slope(x)
    products = {
        "i2": (2, lambda a, b: y[a] * y[b]),
        "j2": (2, lambda a, b: d[a] * d[b]),
        "i3": (3, lambda a, b, c: d[a] * x[b] * y[c]),
        "i4": (4, lambda a, b, c, e: d[a] * d[b] * y[c] * y[e]),
    }
    return {
        (name, rows): (value.mean(), value.std() / np.sqrt(samples))
        for name, (n, product) in products.items()
        for rows in patterns(n)
        for value in [product(*rows)]
    }


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_pattern_against_samples(activation):
    far = []
    for (name, rows), (mean, error) in sampled(activation, 100_000, 3).items():
        found = getattr(online, name)(C, *rows, activation)
        far.append(abs(found - mean) / max(error, 1e-12))
    assert max(far) < 4.5 and np.mean(np.square(far)) < 1.6


def on_grid(covariance):
    """Fields (4, n) and weights of the trapezoidal rule, exponentially accurate for smooth functions.

    What is averaged is even, so that half of the points do.
    """
    z = 0.5 * np.arange(-16, 17)
    w = np.exp(-z * z / 2) * 0.5 / np.sqrt(2 * np.pi)
    points = np.stack(np.meshgrid(z, z, z, z[16:], indexing="ij"), -1).reshape(-1, 4)
    half = np.where(z[16:] == 0, 1, 2) * w[16:]
    weights = np.multiply.outer(np.multiply.outer(np.multiply.outer(w, w), w), half).ravel()
    keep = weights > 1e-18
    return np.ascontiguousarray((points[keep] @ np.linalg.cholesky(covariance).T).T), weights[keep]


@pytest.mark.parametrize("activation", ["scaled_erf", "identity"])
def test_every_pattern_of_smooth_units_against_quadrature(activation):
    g, slope = FUNCTIONS[activation]
    x, w = on_grid(C / 4)
    y, d = g(x), slope(x)
    weighted = w * y[:, None] * y  # (4, 4, n)
    for a, b in itertools.combinations_with_replacement(range(4), 2):
        exact = weighted[a, b].sum(), w @ (d[a] * d[b])
        found = i2(C / 4, a, b, activation), j2(C / 4, a, b, activation)
        np.testing.assert_allclose(found, exact, atol=2e-12)
        moments = np.einsum("n,cen->ce", d[a] * d[b], weighted)
        found = [[i4(C / 4, a, b, c, e, activation) for e in range(4)] for c in range(4)]
        np.testing.assert_allclose(found, moments, atol=2e-12)
    for a in range(4):
        exact = np.einsum("n,bn,cn->bc", w * d[a], x, y)
        found = [[i3(C / 4, a, b, c, activation) for c in range(4)] for b in range(4)]
        np.testing.assert_allclose(found, exact, atol=2e-12)


def orthant_moment(covariance, powers):
    """<prod x_k^p_k, x_k > 0 for all k in powers>: a Legendre grid, the last field in closed form."""
    used = list(powers)
    S, n = covariance[np.ix_(used, used)], len(used) - 1
    power = [powers[k] for k in used]
    y, w = np.polynomial.legendre.leggauss(60)
    x = np.stack(np.meshgrid(*[(1 + y) / 2] * n, indexing="ij"), -1).reshape(-1, n)
    w = np.stack(np.meshgrid(*[w / 2] * n, indexing="ij"), -1).reshape(-1, n).prod(axis=1)
    far = 9 * np.sqrt(np.diag(S)[:n])
    x, inverse = x * far, np.linalg.inv(S[:n, :n])
    density = np.exp(-((x @ inverse) * x).sum(axis=1) / 2) * far.prod()
    density /= np.sqrt((2 * np.pi) ** n * np.linalg.det(S[:n, :n]))
    mean = x @ inverse @ S[:n, n]
    s = np.sqrt(S[n, n] - S[n, :n] @ inverse @ S[:n, n])
    p, bell = ndtr(mean / s), s * np.exp(-((mean / s) ** 2) / 2) / np.sqrt(2 * np.pi)
    last = (p, mean * p + bell, (mean**2 + s**2) * p + mean * bell)[power[n]]
    return w @ (density * last * (x ** power[:n]).prod(axis=1))


def relu_moment(slopes, active):
    """<product of the slopes and activations of these rows> of relu units."""
    powers = {k: sum(row == k for row in active) for k in sorted({*slopes, *active})}
    if len(powers) == 1:
        ((k, power),) = powers.items()
        return (1, np.sqrt(2 * C[k, k] / np.pi), C[k, k])[power] / 2
    return orthant_moment(C, powers)


@pytest.mark.parametrize("rows", list(patterns(4)))
def test_every_pattern_of_relu_against_quadrature(rows):
    a, b, c, d = rows
    assert i4(C, *rows, "relu") == pytest.approx(relu_moment((a, b), (c, d)), abs=1e-10)
    assert i2(C, a, c, "relu") == pytest.approx(relu_moment((), (a, c)), abs=1e-10)
    assert j2(C, a, b, "relu") == pytest.approx(relu_moment((a, b), ()), abs=1e-10)


@pytest.mark.parametrize(("a", "c"), [(a, c) for a in range(4) for c in range(4)])
def test_every_pattern_of_the_drift_of_relu_against_quadrature(a, c):
    """The field that is not cut off is regressed on the two that are."""
    cut = sorted({a, c})
    for b in range(4):
        share = np.linalg.solve(C[np.ix_(cut, cut)], C[cut, b])
        exact = sum(
            s * relu_moment((a,), (k, c)) for s, k in zip(share, cut, strict=True) if k == c
        )
        exact += sum(
            s * orthant_moment(C, {a: 1, c: 1}) for s, k in zip(share, cut, strict=True) if k != c
        )
        assert i3(C, a, b, c, "relu") == pytest.approx(exact, abs=1e-10)


@pytest.mark.parametrize("rows", [(0, 1, 2, 3), (0, 2, 1, 3), (2, 3, 0, 1), (0, 3, 1, 2)])
def test_nearly_parallel_fields_approach_parallel_ones(rows):
    """Field 3 = 1.3 x field 2 + epsilon x its own part; errors of rounding would grow as 1/epsilon."""

    def value(epsilon):
        mixing = MIXING.copy()
        mixing[3] = 1.3 * mixing[2] + epsilon * mixing[3]
        return i4(mixing @ mixing.T, *rows, "relu")

    gaps = np.array([abs(value(10.0**-k) - value(0.0)) for k in range(2, 8)])
    assert (gaps <= 1.5 * gaps[0] * 10.0 ** -np.arange(6) + 1e-9).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_coinciding_fields_are_repeated_rows(activation):
    """Rows 4 to 7 are the same fields again: singular C, and the same integrals to the last digits."""
    double = np.block([[C, C], [C, C]])
    for rows in patterns(4):
        again = (rows[0], rows[1] + 4, rows[2], rows[3] + 4)
        assert i4(double, *again, activation) == pytest.approx(i4(C, *rows, activation), abs=1e-13)
    for rows in patterns(3):
        again = (rows[0] + 4, rows[1], rows[2])
        assert i3(double, *again, activation) == pytest.approx(i3(C, *rows, activation), abs=1e-14)


def coplanar(epsilon):
    """Four fields in a plane, lifted out of it by independent parts of size epsilon."""
    angles = np.array([0.3, 1.1, 2.0, -0.4])
    plane = np.column_stack((np.cos(angles), np.sin(angles)))
    return plane @ plane.T + epsilon**2 * np.diag([1.0, 2.0, 0.5, 1.5])


@pytest.mark.parametrize("rows", list(patterns(4)))
def test_coplanar_fields_have_the_limit_of_nearly_coplanar_ones(rows):
    """In the plane I4 is an integral over one angle, done here without the code under test."""
    phi, w = ANGLES
    angles = np.array([0.3, 1.1, 2.0, -0.4])[list(rows)]
    low, high = angles.max() - np.pi / 2, angles.min() + np.pi / 2  # where all are positive
    phi = low + (high - low) * (1 + phi) / 2
    weight = w * (high - low) / 2 / np.pi  # <r^2>/(2 pi) = 1/pi
    exact = weight @ (np.cos(phi - angles[2]) * np.cos(phi - angles[3])) if high > low else 0.0
    assert i4(coplanar(0.0), *rows, "relu") == pytest.approx(exact, abs=1e-9)
    assert i4(coplanar(1e-4), *rows, "relu") == pytest.approx(exact, abs=1e-3)


def test_opposite_fields_are_never_both_on():
    opposite = np.array([[1.0, -2.0], [-2.0, 4.0]])
    assert i4(opposite, 0, 1, 0, 1, "relu") == 0
    assert i2(opposite, 0, 1, "relu") == pytest.approx(0, abs=1e-15)
    assert j2(opposite, 0, 1, "relu") == pytest.approx(0, abs=1e-15)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["scaled_erf", "relu", "identity"]))
def test_what_may_be_permuted(seed, activation):
    A = np.random.default_rng(seed).standard_normal((4, 5))
    S = A @ A.T
    rows = np.random.default_rng(seed + 1).integers(0, 4, size=4)
    a, b, c, d = rows
    value = i4(S, a, b, c, d, activation)
    scale = 1e-9 * np.sqrt(S[c, c] * S[d, d])
    assert i4(S, b, a, d, c, activation) == pytest.approx(value, abs=scale)
    permuted = np.random.default_rng(seed + 2).permutation(4)
    again = np.argsort(permuted)[rows]
    assert i4(S[np.ix_(permuted, permuted)], *again, activation) == pytest.approx(value, abs=scale)


def test_small_fields_of_erf_are_linear():
    slope = 2 / np.pi
    for rows in patterns(4):
        small = i4(1e-8 * C, *rows, "scaled_erf") / 1e-8
        assert small == pytest.approx(slope**2 * C[rows[2], rows[3]], rel=1e-6, abs=1e-9)


def test_batches():
    many = np.stack([C, 2 * C, C / 3]).reshape(3, 1, 4, 4)
    found = i4(many, 0, 1, 2, 3, "relu")
    assert found.shape == (3, 1) and found[1, 0] == pytest.approx(2 * i4(C, 0, 1, 2, 3, "relu"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0, 2.0], [2.0, 1.0]], 0, 0, "relu"), "eigenvalue"),
        (([[1.0, 0.5], [0.4, 1.0]], 0, 0, "relu"), "not symmetric"),
        (([[np.nan]], 0, 0, "relu"), "nan"),
        (([1.0], 0, 0, "relu"), "square"),
        (([[1.0]], 1, 0, "relu"), "row 1"),
        (([[1.0]], -1, 0, "relu"), "row -1"),
        (([[1.0]], 0.0, 0, "relu"), "whole"),
        (([[1.0]], 0, 0, "erf"), "not one of"),
        (([[1.0]], 0, 0, ["relu"]), "not one of"),
        (([[0.0]], 0, 0, "relu"), "slope of relu"),
        ((np.zeros((0, 0)), 0, 0, "relu"), "square"),
        (([["x"]], 0, 0, "relu"), "real"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        j2(*arguments)
