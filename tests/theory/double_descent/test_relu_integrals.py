"""I4 of relu where fields are nearly of one direction, against quadrature in polar coordinates."""

import itertools

import mpmath as mp
import numpy as np
import pytest
from scipy.special import ndtr

from lazyrich.theory.double_descent.gaussian_integrals import i4

MIXING = np.random.default_rng(5).standard_normal((4, 4))
FINE = np.polynomial.legendre.leggauss(70)
PANEL = np.polynomial.legendre.leggauss(14)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)


def covariance(epsilon, sign, third=None):
    """Field 1 is +-1.3 x field 0 and epsilon x its own part; so is field 2, if `third` is given."""
    fields = MIXING.copy()
    fields[1] = sign * 1.3 * fields[0] + epsilon * fields[1]
    if third is not None:
        fields[2] = 0.7 * fields[0] + third * fields[2]
    return fields @ fields.T / 2


def coefficients(C):
    """The fields in orthonormal directions, by a factorisation in 60 digits; fields 0 and 1 are in
    the plane of the first two, at the angle returned."""
    with mp.workdps(60):
        L = mp.cholesky(mp.matrix(C.tolist()))
        return np.array(L.tolist(), dtype=float), float(mp.atan2(L[1, 1], L[1, 0]))


def by_quadrature(C, c, d):
    """<x_c x_d> where x_0, x_1, x_c and x_d are positive: over the angle and the radius in the plane of
    x_0 and x_1, over x_c if it leaves the plane, and over x_d in closed form."""
    L, angle = coefficients(C)
    c, d = min(c, d), max(c, d)
    phi, of_phi = end_clustered(angle - np.pi / 2, np.pi / 2)
    r = 5 * (1 + NODES)
    outer = np.multiply.outer(of_phi, 5 * WEIGHTS * r * np.exp(-r * r / 2))
    plane = r[:, None] * np.stack((np.cos(phi), np.sin(phi)), axis=-1)[:, None]
    if d < 2:
        inner = (plane @ L[c, :2]) * (plane @ L[d, :2])
    elif c < 2 or c == d:
        kept = 1 if c < 2 else 0
        mean, s = plane @ L[d, :2], np.sqrt((L[d, 2:] ** 2).sum())
        inner = (plane @ L[c, :2]) if kept else 1.0
        inner = inner * positive_moment(mean, s, 1 if kept else 2)
    else:
        mean = plane @ L[c, :2]
        low = np.clip(-mean / L[2, 2], -9, 9)
        y, w = FINE
        z = low[..., None] + (9 - low)[..., None] * (1 + y) / 2
        density = (mean[..., None] + L[2, 2] * z) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
        last = positive_moment((plane @ L[d, :2])[..., None] + L[3, 2] * z, L[3, 3], 1)
        inner = (density * last) @ w * (9 - low) / 2
    return (outer * inner).sum() / (2 * np.pi)


def end_clustered(low, high):
    """Nodes and weights in panels that shrink towards both ends, where fields near x_0 change sign."""
    near = 10.0 ** np.arange(-5, 0)
    edges = low + (high - low) * np.concatenate(([0], near, [0.5], 1 - near[::-1], [1]))
    y, w = PANEL
    nodes = [a + (b - a) * (1 + y) / 2 for a, b in itertools.pairwise(edges)]
    return np.concatenate(nodes), np.concatenate([np.diff(edges)[:, None] * w / 2]).ravel()


def positive_moment(mean, s, power):
    """<y^power, y > 0> for y of this mean and standard deviation."""
    p, bell = ndtr(mean / s), s * np.exp(-((mean / s) ** 2) / 2) / np.sqrt(2 * np.pi)
    return mean * p + bell if power == 1 else (mean**2 + s**2) * p + mean * bell


PAIRS = [(c, d) for c in range(4) for d in range(c, 4)]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("epsilon", [1.0, 1e-2, 1e-3, 3e-4, 2e-4, 1e-5, 1e-6, 1e-7])
def test_slopes_of_nearly_one_direction(epsilon, sign):
    """The digits lost in the entries of C are no error: the angle is that of C as it is given."""
    C = covariance(epsilon, sign)
    for c, d in PAIRS:
        exact = by_quadrature(C, c, d)
        assert i4(C, 0, 1, c, d, "relu") == pytest.approx(exact, abs=3e-10), (c, d)
        assert i4(C, 1, 0, d, c, "relu") == pytest.approx(exact, abs=3e-10), (c, d)


@pytest.mark.parametrize("third", [1e-2, 1e-4])
@pytest.mark.parametrize("epsilon", [1e-3, 2e-4, 1e-5])
def test_three_fields_of_nearly_one_direction(epsilon, third):
    C = covariance(epsilon, 1, third)
    for c, d in PAIRS:
        assert i4(C, 0, 1, c, d, "relu") == pytest.approx(by_quadrature(C, c, d), abs=1e-9), (c, d)


def test_the_first_order_in_the_angle_is_needed():
    """The limit of equal slopes alone is off by the angle times a number of order 1."""
    C = covariance(1e-4, 1)
    limit = i4(C, 0, 0, 2, 3, "relu")
    assert abs(limit - by_quadrature(C, 2, 3)) > 1e-6


@pytest.mark.parametrize("rows", [(0, 1, 2, 3), (0, 1, 0, 3), (0, 1, 1, 1)])
def test_coinciding_slopes_are_the_limit(rows):
    values = [i4(covariance(epsilon, 1), *rows, "relu") for epsilon in (0.0, 1e-9, 1e-8, 1e-7)]
    assert np.ptp(values) < 1e-7 and np.ptp(values[:2]) < 1e-9
