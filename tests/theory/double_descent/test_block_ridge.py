"""Ridge risk of block covariances against high precision, closed forms, limits and the sheet's numbers."""

import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazyrich.theory.double_descent.block_covariance import BlockCovariance
from lazyrich.theory.double_descent.block_ridge import ridge_risk

THREE = BlockCovariance([1, 0.02, 0.0005], [10, 100, 1000], [1, 10, 30])
POSITIVE = st.floats(-2, 2).map(lambda x: 10.0**x)
BLOCKS = st.lists(st.tuples(POSITIVE, POSITIVE, POSITIVE), min_size=1, max_size=4).map(
    lambda rows: BlockCovariance(*np.transpose(rows))
)


def in_high_precision(blocks, P, lam, noise):
    """(risk, train, kappa, modes) from bisection of kappa in 60 digits."""
    with mpmath.workdps(60):
        c, n, m = (
            [mpmath.mpf(float(x)) for x in array]
            for array in (blocks.eigenvalues, blocks.dimensions, blocks.teacher_norms_squared)
        )
        P, lam, noise = mpmath.mpf(P), mpmath.mpf(lam), mpmath.mpf(noise)
        rows = list(zip(c, n, m, strict=True))

        def excess(kappa):
            return kappa * (1 - sum(nk * ck / (ck + kappa) for ck, nk, _ in rows) / P) - lam

        low, high = mpmath.mpf(10) ** -40, lam + sum(nk * ck for ck, nk, _ in rows) / P
        for _ in range(400):
            middle = mpmath.sqrt(low * high)
            low, high = (middle, high) if excess(middle) < 0 else (low, middle)
        kappa = high
        gamma = sum(nk * (ck / (ck + kappa)) ** 2 for ck, nk, _ in rows) / P
        missed = [mk * ck * (kappa / (ck + kappa)) ** 2 for ck, _, mk in rows]
        risk = (sum(missed) + noise * gamma) / (1 - gamma)
        leaks = [nk * (ck / (ck + kappa)) ** 2 / P * (risk + noise) for ck, nk, _ in rows]
        modes = [float(a + b) for a, b in zip(missed, leaks, strict=True)]
        return float(risk), float((lam / kappa) ** 2 * (risk + noise)), float(kappa), modes


@pytest.mark.parametrize("noise", [0.0, 0.3])
@pytest.mark.parametrize(
    ("P", "lam"),
    [(60, 1e-6), (150, 1e-3), (1110, 1e-9), (1109.999, 1e-14), (1110.001, 1e-14), (3000, 10.0), (3, 1e3)],
)  # fmt: skip
def test_against_high_precision(P, lam, noise):
    found = ridge_risk(THREE, P, lam, noise_var=noise)
    risk, train, kappa, modes = in_high_precision(THREE, P, lam, noise)
    np.testing.assert_allclose(found.kappa, kappa, rtol=1e-11)
    np.testing.assert_allclose(found.risk, risk, rtol=1e-9)
    np.testing.assert_allclose(found.train, train, rtol=1e-9)
    np.testing.assert_allclose(found.mode_errors, modes, rtol=1e-9)


def test_numbers_of_the_sheet():
    P = [60, 150, 400, 1110, 1500]
    found = ridge_risk(THREE, P, 1e-6, noise_var=0.05)
    np.testing.assert_allclose(found.risk, [0.1863, 0.0919, 0.0587, 0.5667, 0.1352], atol=5e-5)
    assert found.train[3] == pytest.approx(1.06e-3, rel=5e-3)
    modes = ridge_risk(THREE, 150, 1e-3, noise_var=0.05).mode_errors
    np.testing.assert_allclose(modes, [0.00914, 0.06317, 0.01609], atol=5e-6)


@pytest.mark.parametrize(("tail", "variance"), [(220, 5.110), (1000, 0.3543), (20000, 0.12052)])
def test_variance_of_a_tail_in_the_sheet(tail, variance):
    blocks = BlockCovariance([1, 0.5 / tail], [20, tail], [1, 0])
    noisy, clean = (ridge_risk(blocks, 200, 0.0, noise_var=v).risk for v in (1.0, 0.0))
    assert noisy - clean == pytest.approx(variance, rel=2e-4)


def test_an_infinite_tail_is_a_ridge():
    head = ridge_risk(BlockCovariance([1], [20], [1]), 200, 0.5 / 200, noise_var=0.3)
    n = 1e13
    both = ridge_risk(BlockCovariance([1, 0.5 / n], [20, n], [1, 0]), 200, 0.0, noise_var=0.3)
    assert both.risk == pytest.approx(head.risk, rel=1e-9)


@pytest.mark.parametrize("ratio", [0.01, 0.5, 0.999999, 1.000001, 2, 100])
def test_isotropic_ridgeless_limits(ratio):
    """S (1 - P/N) + noise P/(N - P) below, noise N/(P - N) above."""
    blocks = BlockCovariance([0.7], [50], [3.0])
    P, power, noise = 50 * ratio, 2.1, 0.4
    found = ridge_risk(blocks, P, 0.0, noise_var=noise)
    if P < 50:
        expected, train = power * (1 - P / 50) + noise * P / (50 - P), 0.0
    else:
        expected, train = noise * 50 / (P - 50), noise * (1 - 50 / P)
    np.testing.assert_allclose(found.risk, expected, rtol=1e-10)
    np.testing.assert_allclose(found.train, train, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("lam", [1e-8, 0.01, 1.0, 100.0])
@pytest.mark.parametrize("ratio", [0.2, 0.999, 1.0, 5.0])
def test_isotropic_ridge_closed_form(ratio, lam):
    """Stieltjes transform of the Marchenko-Pastur law, and its derivative."""
    with mpmath.workdps(40):
        r, z = 1 / mpmath.mpf(ratio), mpmath.mpf(lam)
        b = z + r - 1
        kappa = (b + mpmath.sqrt(b**2 + 4 * z)) / 2
        slope = (1 + (b + 2) / mpmath.sqrt(b**2 + 4 * z)) / 2  # 1/(1 - gamma)
        risk = (2 * (kappa / (1 + kappa)) ** 2 + mpmath.mpf(0.3) * (1 - 1 / slope)) * slope
    found = ridge_risk(BlockCovariance([1.0], [80], [2.0]), 80 * ratio, lam, noise_var=0.3)
    np.testing.assert_allclose(found.kappa, float(kappa), rtol=1e-11)
    np.testing.assert_allclose(found.risk, float(risk), rtol=1e-10)


def test_best_penalty_and_its_risk():
    """For isotropic inputs: penalty noise N/(P S), risk S kappa/(1 + kappa)."""
    blocks, P, noise = BlockCovariance([1.0], [80], [2.0]), 60, 0.3
    best = noise * 80 / (P * 2.0)
    found = ridge_risk(blocks, P, best * np.array([0.97, 1.0, 1.03]), noise_var=noise)
    assert found.risk[1] < min(found.risk[0], found.risk[2])
    assert found.risk[1] == pytest.approx(2 * found.kappa[1] / (1 + found.kappa[1]), rel=1e-12)


def test_no_fit_at_a_huge_penalty():
    found = ridge_risk(THREE, 100, 1e12, noise_var=0.05)
    assert found.risk == pytest.approx(THREE.teacher_power, rel=1e-9)
    assert found.train == pytest.approx(THREE.teacher_power + 0.05, rel=1e-9)


def test_the_peak_is_infinite_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = ridge_risk(THREE, 1110, 0.0, noise_var=0.05)
        clean = ridge_risk(THREE, 1110, 0.0)
    assert found.risk == np.inf and found.train == 0 and (found.mode_errors == np.inf).all()
    assert clean.risk == 0 and clean.train == 0


@settings(max_examples=60, deadline=None)
@given(BLOCKS, POSITIVE, POSITIVE, st.floats(0, 3))
def test_properties(blocks, P, lam, noise):
    found = ridge_risk(blocks, P, lam, noise_var=noise)
    assert found.risk >= 0 and found.kappa >= lam * (1 - 1e-12)
    np.testing.assert_allclose(found.mode_errors.sum(), found.risk, rtol=1e-8)
    # Generalised cross-validation: the train error gives the test error.
    share = lam / found.kappa
    np.testing.assert_allclose(found.train / share**2, found.risk + noise, rtol=1e-6)
    # A change of the units of x; a block split in two.
    scaled = BlockCovariance(
        7 * blocks.eigenvalues, blocks.dimensions, blocks.teacher_norms_squared / 7
    )
    np.testing.assert_allclose(
        ridge_risk(scaled, P, 7 * lam, noise_var=noise).risk, found.risk, rtol=1e-8
    )
    split = BlockCovariance(
        *(
            np.tile(x, 2) * factor
            for x, factor in (
                (blocks.eigenvalues, 1),
                (blocks.dimensions, 0.5),
                (blocks.teacher_norms_squared, 0.5),
            )
        )
    )
    np.testing.assert_allclose(
        ridge_risk(split, P, lam, noise_var=noise).risk, found.risk, rtol=1e-8
    )


def test_axes_of_samples_and_penalties():
    P, lam = np.array([60.0, 150.0, 1110.0]), np.array([0.0, 0.1])
    found = ridge_risk(THREE, P[:, None], lam, noise_var=0.1)
    assert found.risk.shape == found.train.shape == found.kappa.shape == (3, 2)
    assert found.mode_errors.shape == (3, 2, 3)
    for i in range(3):
        for j in range(2):
            one = ridge_risk(THREE, P[i], lam[j], noise_var=0.1)
            assert np.ndim(one.risk) == 0
            assert one.risk == pytest.approx(found.risk[i, j], rel=1e-12)
            assert one.train == pytest.approx(found.train[i, j], rel=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_train": 0}, "n_train = 0.0 is outside"),
        ({"n_train": np.nan}, "n_train = nan"),
        ({"n_train": []}, "n_train is empty"),
        ({"penalty": -1.0}, "penalty = -1.0 is outside"),
        ({"penalty": np.inf}, "penalty = inf"),
        ({"penalty": "a"}, "penalty = 'a'"),
        ({"noise_var": -0.1}, "noise_var = -0.1"),
        ({"noise_var": np.nan}, "noise_var = nan"),
        ({"noise_var": [0.1, 0.2]}, "noise_var has shape"),
        ({"n_train": [1, 2], "penalty": [1, 2, 3]}, "do not broadcast"),
        ({"covariance": [1.0]}, "BlockCovariance"),
    ],
)
def test_bad_arguments(change, message):
    given = {"covariance": THREE, "n_train": 10, "penalty": 0.1} | change
    with pytest.raises(ValueError, match=message):
        ridge_risk(**given)
