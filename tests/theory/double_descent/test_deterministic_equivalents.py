"""kappa against its equation in 60 digits, closed forms, and the resolvents of large random matrices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from numpy.testing import assert_allclose

from lazyrich.theory.double_descent.covariance import BlockCovariance
from lazyrich.theory.double_descent.deterministic_equivalents import kappa, ridge_kappa

RNG = np.random.default_rng(0)
ANYWHERE = 10 ** RNG.uniform(-16, 3, 60) * np.exp(1j * np.pi * RNG.uniform(-0.999, 0.999, 60))
CASES = {
    "two scales": (BlockCovariance([1, 0.01], [20, 180], [1, 1]), 100),
    "ratio 1": (BlockCovariance([1], [100], [1]), 100),
    "condition 1e10, ratio 1": (BlockCovariance([1, 1e-10], [60, 50], [1, 1]), 110),
    "condition 1e16": (BlockCovariance([1e-10, 1, 1e-16], [50, 60, 100], [1, 1, 1]), 100),
    "400 blocks": (BlockCovariance(np.geomspace(1, 1e-12, 400), np.ones(400), np.ones(400)), 150),
    "one sample": (BlockCovariance([1, 0.1], [20, 1e6], [1, 1]), 1),
    "many samples": (BlockCovariance([1, 0.1], [20, 200], [1, 1]), 1e12),
}


def newton_correction(root, s, blocks, n_train):
    """Relative distance to the exact root, from one Newton step in 60 digits."""
    with mp.workdps(60):
        k, s = mp.mpmathify(root), mp.mpmathify(s)
        pairs = list(zip(blocks.eigenvalues.tolist(), blocks.dimensions.tolist(), strict=True))
        y = [(n, mp.mpf(c) / (c + k)) for c, n in pairs]
        one_point = 1 - sum(n * v for n, v in y) / n_train
        two_point = 1 - sum(n * v**2 for n, v in y) / n_train
        return float(abs((k * one_point - s) / (two_point * k)))


@pytest.mark.parametrize("name", CASES)
def test_kappa_solves_its_equation(name):
    blocks, n_train = CASES[name]
    points = ANYWHERE[:: 12 if blocks.eigenvalues.size > 10 else 1]
    roots = kappa(points, blocks, n_train)
    assert (roots.imag * points.imag > 0).all()
    errors = [newton_correction(*pair, blocks, n_train) for pair in zip(roots, points, strict=True)]
    assert max(errors) < 5e-15


@pytest.mark.parametrize("name", CASES)
def test_ridge_kappa_solves_its_equation(name):
    blocks, n_train = CASES[name]
    penalty = 10 ** np.linspace(-30, 3, 5 if blocks.eigenvalues.size > 10 else 23)
    roots = ridge_kappa(penalty, blocks, n_train)
    assert (roots >= penalty).all()
    errors = [
        newton_correction(*pair, blocks, n_train) for pair in zip(roots, penalty, strict=True)
    ]
    assert max(errors) < 2e-15


@given(st.floats(-8, 8), st.floats(-0.999, 0.999), st.floats(0.02, 50.0), st.floats(-6, 6))
@settings(max_examples=80, deadline=None)
def test_isotropic_root_of_a_quadratic(log_modulus, turn, ratio, log_c):
    """kappa^2 + kappa (c (1 - 1/ratio) - s) - c s = 0, the root with Im kappa of the sign of Im s."""
    s, c = 10**log_modulus * np.exp(1j * np.pi * turn), 10**log_c
    root = kappa(s, BlockCovariance([c], [100], [1]), 100 * ratio)
    with mp.workdps(40):
        b = c * (1 - 100 / mp.mpf(100 * ratio)) - mp.mpmathify(s)
        roots = [(-b + sign * mp.sqrt(b * b + 4 * c * mp.mpmathify(s))) / 2 for sign in (1, -1)]
        exact = max(roots, key=lambda z: (z.imag * np.sign(s.imag), z.real) if s.imag else z.real)
        condition = abs(mp.mpmathify(s) / (2 * exact + b)) * (1 + c / abs(exact))
    assert abs(root - complex(exact)) <= 1e-14 * abs(complex(exact)) * max(1, float(condition))


def test_difference_identity():
    """(kappa1 - kappa2)(1 - g12) = s1 - s2, so that the two-point sum has no pole off the axis."""
    blocks, n_train = CASES["two scales"]
    s = ANYWHERE[np.abs(ANYWHERE) > 1e-3]
    k = kappa(s, blocks, n_train)
    c, n = blocks.eigenvalues, blocks.dimensions
    y = c / (c + k[:, None])
    one_minus_g = 1 - (y * n / n_train) @ y.T
    left = (k[:, None] - k) * one_minus_g
    assert_allclose(left, s[:, None] - s, atol=1e-13 * np.abs(s).max())


def test_splitting_a_block_changes_nothing():
    whole = BlockCovariance([1.0, 0.03], [40, 160], [1, 1])
    parts = BlockCovariance([0.03, 1.0, 0.03, 1.0], [60, 10, 100, 30], [1, 1, 1, 1])
    assert_allclose(kappa(ANYWHERE, parts, 90), kappa(ANYWHERE, whole, 90), rtol=2e-14)


def test_scaling_of_the_inputs():
    blocks, n_train = CASES["two scales"]
    scaled = BlockCovariance(1e-40 * blocks.eigenvalues, blocks.dimensions, [1, 1])
    assert_allclose(
        kappa(1e-40 * ANYWHERE, scaled, n_train),
        1e-40 * kappa(ANYWHERE, blocks, n_train),
        rtol=1e-13,
    )


def test_real_axis_agrees_with_the_plane_and_with_infinity():
    blocks, n_train = CASES["400 blocks"]
    s = np.geomspace(1e-12, 1e6, 12)
    assert_allclose(kappa(s, blocks, n_train), ridge_kappa(s, blocks, n_train), rtol=1e-13)
    assert_allclose(kappa(1e9j, blocks, n_train), 1e9j + blocks.trace / n_train, rtol=1e-15)


@pytest.mark.parametrize(
    ("n_train", "expected"), [(25.0, 1.0), (50.0, 0.0), (100.0, 0.0), (50 / 1.001, 0.001)]
)
def test_interpolation_threshold(n_train, expected):
    """Isotropic, no penalty: N/P - 1 with fewer samples than dimensions, else 0."""
    blocks = BlockCovariance([1.0, 1.0], [20, 30], [1, 1])
    assert_allclose(ridge_kappa(0.0, blocks, n_train), expected, rtol=1e-12, atol=0)


def test_small_penalty_follows_its_power_law_at_ratio_1():
    """kappa = sqrt(lambda P/sum(n_k/c_k)) for a vanishing penalty and as many dimensions as samples."""
    blocks = BlockCovariance([1.0, 0.01], [60, 40], [1, 1])
    expected = np.sqrt(1e-60 * 100 / (60 + 40 / 0.01))
    assert_allclose(ridge_kappa(1e-60, blocks, 100), expected, rtol=1e-14)


def test_resolvents_of_a_large_random_matrix():
    """Traces at N = 900 agree within their O(1/N), forms of one fixed teacher within O(1/sqrt N)."""
    c, n_train = np.repeat([1.0, 0.05], [300, 600]), 700
    blocks = BlockCovariance([1.0, 0.05], [300, 600], [300, 600])
    X = np.random.default_rng(1).standard_normal((n_train, 900)) * np.sqrt(c)
    values, vectors = np.linalg.eigh(X.T @ X / n_train)
    for s in (0.3 + 0.2j, 0.05j, -0.2 + 0.1j):
        k = kappa(s, blocks, n_train)
        resolvent = (vectors / (values + s)) @ vectors.T
        assert_allclose(c @ resolvent.diagonal() / n_train, k / s - 1, rtol=0.01)
        assert_allclose(s * np.trace(resolvent), (k / (c + k)).sum(), rtol=0.01)
        two_point = np.einsum("ij,j,ij->", resolvent, c, resolvent.conj())
        y, ybar = c / (c + k), c / (c + k.conj())
        expected = (abs(k / s) ** 2 * c / abs(c + k) ** 2).sum() / (1 - (y * ybar).sum() / n_train)
        assert_allclose(two_point, expected, rtol=0.02)


def test_shapes():
    blocks, n_train = CASES["two scales"]
    assert np.ndim(kappa(1j, blocks, n_train)) == 0
    assert kappa(np.full((2, 3), 1j), blocks, n_train).shape == (2, 3)
    assert ridge_kappa(np.ones((2, 1)), blocks, n_train).shape == (2, 1)


@pytest.mark.parametrize("s", [0.0, -1.0, [1j, -2.0], np.nan, complex(np.inf, 1.0), [], "a"])
def test_points_on_the_spectrum_or_beyond_numbers_are_refused(s):
    with pytest.raises(ValueError, match="^s "):
        kappa(s, CASES["ratio 1"][0], 100)


@pytest.mark.parametrize("penalty", [-1e-9, np.nan, np.inf, [], "a"])
def test_bad_penalties_are_refused(penalty):
    with pytest.raises(ValueError, match="^penalty "):
        ridge_kappa(penalty, CASES["ratio 1"][0], 100)


@pytest.mark.parametrize("n_train", [0, -3, np.nan, np.inf, [10, 20], "ten"])
def test_bad_sample_numbers_are_refused(n_train):
    with pytest.raises(ValueError, match="^n_train "):
        ridge_kappa(1.0, CASES["ratio 1"][0], n_train)
