"""The Marchenko-Pastur law against its moments, high precision and sampled eigenvalues."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazyrich.theory.double_descent.marchenko_pastur import density, edges, nodes, null_share
from tests.theory.double_descent.high_precision import in_high_precision

RATIOS = st.floats(1e-3, 1e3)


@given(alpha=RATIOS)
def test_moments_of_the_law(alpha):
    lam, weight = nodes(alpha)
    assert weight.sum() == pytest.approx(min(1, alpha), rel=1e-13)
    assert weight @ lam == pytest.approx(alpha, rel=1e-13)
    assert weight @ lam**2 == pytest.approx(alpha + alpha**2, rel=1e-13)


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("distance", [0.9, 0.1, 1e-2, 1e-4, 1e-8, 1e-12, 1e-15])
def test_mean_inverse_however_near_to_ratio_one(side, distance):
    alpha = 1 + side * distance
    lam, weight = nodes(alpha)
    assert weight @ (1 / lam) == pytest.approx(min(1, alpha) / abs(1 - alpha), rel=1e-11)


@pytest.mark.parametrize(
    ("alpha", "t"), [(0.97, 50), (1.0003, 2e4), (1.5, 7), (0.4, 300), (1, 3), (1, 1e6)]
)
@pytest.mark.parametrize("both", [False, True])
def test_integrals_against_high_precision(alpha, t, both):
    lam, weight = nodes(alpha, t, both_edges=both)
    q = np.exp(-lam * t)
    signal = in_high_precision(alpha, lambda x: mpmath.exp(-2 * x * t))
    noise = in_high_precision(alpha, lambda x: mpmath.expm1(-x * t) ** 2 / x if x else 0)
    assert weight @ q**2 == pytest.approx(signal, rel=1e-13, abs=1e-40)
    assert weight @ (np.expm1(-lam * t) ** 2 / lam) == pytest.approx(noise, rel=1e-13)


@pytest.mark.parametrize("t", [0.0, 1e-3, 1.0, 1e3, 1e9, 1e30, 1e300])
def test_ratio_one_at_any_time(t):
    """int rho exp(-2 lambda t) = (I0 + I1)(4 t) exp(-4 t)."""
    from scipy.special import ive

    lam, weight = nodes(1.0, t)
    x = 4 * t
    exact = ive(0, x) + ive(1, x) if x < 1e9 else 2 / np.sqrt(2 * np.pi * x)
    assert weight @ np.exp(-2 * lam * t) == pytest.approx(exact, rel=1e-9 if t >= 1e9 else 1e-13)


@given(alpha=RATIOS)
def test_edges_and_companion(alpha):
    """X X^T and X^T X share their non-zero eigenvalues: rho_alpha(l) = rho_(1/alpha)(l/alpha)."""
    lower, upper = edges(alpha)
    lam = lower + np.linspace(0.01, 0.99, 9) * (upper - lower)
    np.testing.assert_allclose(density(lam, alpha), density(lam / alpha, 1 / alpha), rtol=1e-8)
    assert lower * upper == pytest.approx((1 - alpha) ** 2, rel=1e-12)
    assert nodes(alpha).eigenvalues.min() >= lower and nodes(alpha).eigenvalues.max() <= upper


@pytest.mark.parametrize("alpha", [0.3, 1.0, 2.5])
def test_density_integrates_to_the_nodes(alpha):
    from scipy.integrate import quad

    lower, upper = edges(alpha)
    mass, _ = quad(lambda x: density(x * x, alpha) * 2 * x, np.sqrt(lower), np.sqrt(upper))
    assert mass + null_share(alpha) == pytest.approx(1, rel=1e-7)
    assert density(0.9 * lower, alpha) == (np.inf if alpha == 1 else 0)
    assert density(1.1 * upper, alpha) == 0


def test_eigenvalues_of_a_design_follow_the_law():
    rng = np.random.default_rng(0)
    n, p = 200, 120
    x = rng.standard_normal((n, p)) / np.sqrt(n)
    found = np.linalg.eigvalsh(x @ x.T)
    lam, weight = nodes(p / n)
    assert np.mean(found < 1e-12) == null_share(p / n) == 0.4
    assert np.mean(np.exp(-found)) == pytest.approx(weight @ np.exp(-lam) + 0.4, rel=1e-2)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf, "1", None, [], [[1.0], [2.0, 3.0]]])
def test_impossible_ratios_are_refused(bad):
    for function in (edges, null_share, nodes):
        with pytest.raises(ValueError, match="sample_ratio"):
            function(bad)
    with pytest.raises(ValueError, match="sample_ratio"):
        density(1.0, bad)


def test_impossible_times_and_eigenvalues_are_refused():
    with pytest.raises(ValueError, match=r"t = -1.0 is outside \[0, inf\]"):
        nodes(1.0, -1.0)
    with pytest.raises(ValueError, match="t = nan"):
        nodes(1.0, np.nan)
    with pytest.raises(ValueError, match="one number"):
        nodes([1.0, 2.0])
    with pytest.raises(ValueError, match="eigenvalue = -0.1"):
        density(-0.1, 1.0)
    assert np.all(np.isfinite(density(np.linspace(0.1, 5, 7)[:, None], [0.5, 2.0])))
