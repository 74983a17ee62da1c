"""Isotropic truncation against high precision, the untruncated laws, brute force and the sheet's numbers."""

import warnings

import hypothesis.strategies as st
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose

from lazyrich.theory.double_descent import isotropic
from lazyrich.theory.double_descent.marchenko_pastur import edges
from lazyrich.theory.double_descent.truncation import (
    harmful_noise,
    isotropic_risk,
    learned_energy,
    optimal_cut,
)

RATIOS = st.floats(-3, 3).map(lambda x: 10.0**x)
TIMES = st.floats(-3, 5).map(lambda x: 10.0**x)
CUTS = st.floats(-2, 2).map(lambda x: 10.0**x)


def precise(ratio, low, high, f):
    """Integral of rho f over the eigenvalues between low and high, 30 digits, in the angle of the law."""
    with mpmath.workdps(30):
        a = mpmath.mpf(ratio)
        lower, upper = (1 - mpmath.sqrt(a)) ** 2, (1 + mpmath.sqrt(a)) ** 2
        middle, half = (lower + upper) / 2, (upper - lower) / 2
        inside = (max(-half, min(half, middle - x)) for x in (low, high))
        ends = [mpmath.acos(x / half) for x in inside]
        inner = [mpmath.pi * mpmath.mpf(2) ** -k for k in range(30)]
        points = [ends[0], *(x for x in reversed(inner) if ends[0] < x < ends[1]), ends[1]]

        def integrand(angle):
            lam = middle - half * mpmath.cos(angle)
            if not lam:  # ratio 1: the limits of sin^2/lam and of the integrands of noise
                lam = mpmath.mpf(10) ** -25
                return half / mpmath.pi * f(lam)
            return (half * mpmath.sin(angle)) ** 2 / (2 * mpmath.pi * lam) * f(lam)

        return float(mpmath.quad(integrand, points))


@pytest.mark.parametrize(
    ("ratio", "cut", "t"),
    [(1.2, 0.5, np.inf), (0.4, 1.0, 300), (1.0, 0.01, 50), (1.0003, 1e-5, 2e4), (3.0, 0.6, 0.2)],
)
def test_against_high_precision(ratio, cut, t):
    def left(lam):
        return mpmath.exp(-lam * t) if np.isfinite(t) else mpmath.mpf(0)

    power, noise = 1.3, 0.7
    below = [precise(ratio, 0, cut, f) for f in (lambda x: 1, lambda x: (1 - left(x)) ** 2)]
    below_noise = precise(ratio, 0, cut, lambda x: (1 - left(x)) ** 2 / x)
    above = precise(
        ratio, cut, np.inf, lambda x: power * left(x) ** 2 + noise * (1 - left(x)) ** 2 / x
    )
    risk = noise + power * (max(1 - ratio, 0) + below[0]) + above
    kinds = {"teacher_power": power, "noise_var": noise}
    assert_allclose(isotropic_risk(cut, ratio, t=t, **kinds), risk, rtol=2e-14)
    found = learned_energy(t, cut, ratio, **kinds)
    assert_allclose(found.signal, power * below[1], rtol=2e-13)
    assert_allclose(found.noise, noise * below_noise, rtol=2e-13)
    gain = precise(ratio, cut, np.inf, lambda x: 1 - left(x) ** 2)
    loss = precise(ratio, cut, np.inf, lambda x: (1 - left(x)) ** 2 / x)
    assert_allclose(harmful_noise(ratio, t=t, cut=cut), gain / loss, rtol=2e-14)


def test_numbers_of_the_theory_sheet():
    risks = isotropic_risk([0.0, 0.5], 1.2, noise_var=0.5)
    assert_allclose(risks, [3.0, 1.1146], atol=5e-5)
    assert_allclose(isotropic.ridge_risk(1.2, 0.5, noise_var=0.5), 0.9390, atol=5e-5)
    assert_allclose(optimal_cut(2.0), 0.5)


@given(RATIOS, TIMES)
@settings(deadline=None, max_examples=60)
def test_nothing_cut_is_the_learning_curve(ratio, t):
    kinds = {"teacher_power": 0.8, "noise_var": 0.3}
    known = isotropic.learning_curve(t, ratio, **kinds)
    assert_allclose(isotropic_risk(0.0, ratio, t=t, **kinds), known.test, rtol=1e-13)
    energies = learned_energy(t, np.inf, ratio, **kinds)
    assert_allclose(energies.signal + energies.noise, known.weight_norm, rtol=1e-12)


@given(RATIOS, TIMES, CUTS)
@settings(deadline=None, max_examples=60)
def test_both_sides_of_a_cut_add_up(ratio, t, cut):
    """E of a pure-noise task is 1 + the noise above the cut; that below is the learned energy."""
    above = isotropic_risk(cut, ratio, t=t, teacher_power=0.0, noise_var=1.0) - 1
    below = learned_energy(t, cut, ratio, noise_var=1.0).noise
    whole = learned_energy(t, np.inf, ratio, noise_var=1.0).noise
    assert_allclose(above + below, whole, rtol=1e-12, atol=1e-14)


@given(RATIOS, CUTS, st.floats(-2, 2).map(lambda x: 10.0**x))
@settings(deadline=None, max_examples=60)
def test_the_best_cut_beats_any_other_and_never_does_harm(ratio, cut, snr):
    for t in (1.0, 30.0, np.inf):
        best = isotropic_risk(optimal_cut(snr, t), ratio, t=t, noise_var=1 / snr)
        other = isotropic_risk(cut, ratio, t=t, noise_var=1 / snr)
        assert best <= other * (1 + 1e-13)
        assert best <= (1 + 1 / snr) * (1 + 1e-13)
    assert best >= isotropic.ridge_risk(ratio, 1 / snr, noise_var=1 / snr) * (1 - 1e-13)


def test_optimal_cut_against_high_precision_and_its_limits():
    for snr, t in [(0.3, 1.0), (2.0, 4.1), (2.0, 1e4), (1e-6, 1.0), (7.0, 14.001)]:
        cut, slack = mpmath.mpf(float(optimal_cut(snr, t))), 1e-14 / (1 - 2 * snr / t)
        low, high = (
            mpmath.tanh(x * t / 2) - x * mpmath.mpf(snr)
            for x in (cut * (1 - slack), cut * (1 + slack))
        )
        assert low > 0 > high
    assert np.array_equal(optimal_cut(3.0, [0.0, 1.0, 6.0]), [0, 0, 0])
    assert optimal_cut(3.0, 6.0001) > 0
    assert np.array_equal(optimal_cut([0.0, 0.0, np.inf], [0.0, 1.0, 1.0]), [0, np.inf, 0])
    assert_allclose(optimal_cut([0.5, 1e99], [np.inf, 1e308]), [2, 1e-99])


def test_noise_comes_late_and_ends_in_small_eigenvalues():
    t, cuts = np.geomspace(0.01, 1e5, 60), np.array([0.2, 1.0, 3.0])
    found = learned_energy(t[:, None], cuts, 1.1, noise_var=1.0)
    final = learned_energy(np.inf, cuts, 1.1, noise_var=1.0)
    between = np.diff(found.noise, axis=1, prepend=0) / np.diff(final.noise, prepend=0)
    half = [np.interp(0.5, curve, np.log(t)) for curve in between.T]
    assert (np.diff(half) < np.log(0.5)).all()
    assert (np.diff(found.noise, axis=0) >= 0).all()
    whole = learned_energy(np.inf, np.inf, 1.1, noise_var=1.0)
    assert final.noise[0] / whole.noise > 0.8 and final.signal[0] / whole.signal < 0.25


def test_harm():
    ratios = np.array([0.3, 0.9, 1.0, 1.4, 5.0])
    assert_allclose(harmful_noise(ratios, teacher_power=2.0), 2 * abs(1 - ratios), atol=1e-14)
    t = np.array([0.01, 0.1, 1.0, 10.0, 100.0, np.inf])
    for ratio in ratios:
        level = harmful_noise(ratio, t=t, teacher_power=2.0)
        assert (np.diff(level[:4]) < 0).all() and (np.diff(level) <= 1e-15).all()
        risks = isotropic_risk(0.0, ratio, t=t[:-1], teacher_power=2.0, noise_var=level[2])
        assert_allclose(risks[2], 2 + level[2], rtol=1e-13)
        assert risks[1] < 2 + level[2] < risks[3]
    assert np.array_equal(harmful_noise([2.0, 2.0], t=[0.0, 1.0], cut=[0.0, 99.0]), [np.inf] * 2)


def test_infinite_where_it_must_be_and_without_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isotropic_risk(0.0, 1.0, noise_var=0.1) == np.inf
        assert isotropic_risk(0.0, 1.0) == 0
        # no gap: int rho/l above a small cut is 2/(pi sqrt(cut)) - 1/2
        cut = np.array([1e-12, 1e-6])
        found = isotropic_risk(cut, 1.0, teacher_power=0.0, noise_var=1.0)
        assert_allclose(found, 2 / (np.pi * np.sqrt(cut)) + 0.5, rtol=1e-3)
        energy = learned_energy([1.0, np.inf, np.inf], [1.0, 0.0, 1e-3], 1.0, noise_var=1.0)
        assert np.array_equal(np.isinf(energy.noise), [False, False, True])
        assert np.isfinite(energy.signal).all()
        assert learned_energy(np.inf, 1.0, 1.0).noise == 0
        assert harmful_noise(1.0) == 0
        extreme = isotropic_risk(
            [0.0, 1.0, np.inf], [[1e-8], [1e8]], t=[0.0, 1e300, 1e-300], noise_var=1.0
        )
        assert np.isfinite(extreme).all()


def test_cuts_beside_the_spectrum():
    for ratio in (0.3, 1.0, 4.0):
        lower, upper = edges(ratio)
        kinds = {"t": 3.0, "noise_var": 0.4}
        uncut = isotropic_risk(0.0, ratio, **kinds)
        assert_allclose(isotropic_risk(lower, ratio, **kinds), uncut, rtol=1e-14)
        assert_allclose(isotropic_risk([upper, 2 * upper], ratio, **kinds), 1.4, rtol=1e-14)
        assert_allclose(learned_energy(3.0, 0.9 * lower, ratio, noise_var=1.0), 0, atol=1e-15)


def test_many_times():
    t = np.geomspace(1e-3, 1e5, 20_000)
    found = isotropic_risk(0.3, 1.2, t=t, noise_var=0.5)
    one_by_one = [isotropic_risk(0.3, 1.2, t=time, noise_var=0.5) for time in t[::5000]]
    assert_allclose(found[::5000], one_by_one, rtol=1e-13)


def test_shapes():
    assert isotropic_risk(0.1, 2.0).shape == ()
    assert isotropic_risk(np.ones((3, 1)), 2.0, t=np.ones(4)).shape == (3, 4)
    assert learned_energy(np.ones((2, 1, 1)), np.ones((3, 1)), np.ones(4)).noise.shape == (2, 3, 4)
    assert optimal_cut(np.ones(3)).shape == (3,)


BAD = [-0.1, np.nan, [], "1", [[1.0], [1.0, 2.0]]]


@pytest.mark.parametrize("value", BAD)
def test_bad_values_are_refused(value):
    for name in ("cut", "sample_ratio", "t", "teacher_power", "noise_var"):
        kinds = {"cut": 0.1, "sample_ratio": 1.5, "t": 1.0}
        with pytest.raises(ValueError, match=name):
            isotropic_risk(**kinds | {name: value})
        with pytest.raises(ValueError, match=name):
            learned_energy(**kinds | {name: value})
    for name in ("sample_ratio", "t", "cut", "teacher_power"):
        with pytest.raises(ValueError, match=name):
            harmful_noise(**{"sample_ratio": 1.5, name: value})
    for name in ("snr", "t"):
        with pytest.raises(ValueError, match=name):
            optimal_cut(**{"snr": 1.5, name: value})


def test_ranges_and_shapes_are_named():
    for ratio in (0.0, np.inf):
        with pytest.raises(ValueError, match=r"sample_ratio = .* outside \(0, inf\)"):
            isotropic_risk(0.1, ratio)
    with pytest.raises(ValueError, match="broadcast"):
        isotropic_risk([0.1, 0.2], 1.5, t=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="noise_var"):
        isotropic_risk(0.1, 1.5, noise_var=[0.1, 0.2])
