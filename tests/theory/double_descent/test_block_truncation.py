"""Truncation of any covariance: against other contours, closed forms, whole students and real spectra."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from lazyrich.theory.double_descent import covariance as whole
from lazyrich.theory.double_descent.covariance import BlockCovariance
from lazyrich.theory.double_descent.marchenko_pastur import edges
from lazyrich.theory.double_descent.sample_bands import gaps
from lazyrich.theory.double_descent.truncation import block_risk

HEAD = BlockCovariance([1.0, 0.02], [40, 560], [1.0, 1.0])
T = np.array([1e-3, 0.3, 3.0, 100.0, 1e5, np.inf])


def test_numbers_of_the_theory_sheet():
    full = block_risk(HEAD, 200, 200, noise_var=0.5)
    head = block_risk(HEAD, 200, 40, noise_var=0.5)
    assert_allclose([sum(full), full.variance], [0.3767, 0.3556], atol=1e-4)
    assert_allclose([sum(head), head.variance], [0.1369, 0.1057], atol=1e-4)
    assert_allclose(sum(block_risk(HEAD, 200, 40, t=3.0, noise_var=0.5)), 0.1386, atol=5e-5)
    second = BlockCovariance([1.0, 0.05], [30, 170], [1.0, 0.5])
    assert_allclose(sum(block_risk(second, 600, 200, noise_var=1.0)), 0.5, atol=1e-12)
    assert_allclose(sum(block_risk(second, 600, 30, noise_var=1.0)), 0.0783, atol=5e-5)


def on_a_circle(n_train, t, noise_var):
    """The same integrals over a circle in z, with kappa picked from the roots of its polynomial."""
    c, n, m, nodes = np.array([1.0, 0.02]), np.array([40, 560]), np.array([1.0, 1.0]), 800
    turn = np.exp(2j * np.pi * (np.arange(nodes) + 0.5) / nodes)
    z = 1.41 + 1.19 * turn
    weight = 1.19 * turn / nodes
    trace, total = n @ c / n_train, n.sum() / n_train
    kappa = []
    for point in z:
        poly = [
            1,
            c.sum() + point - trace,
            c.prod() * (1 - total) + point * c.sum(),
            point * c.prod(),
        ]
        kappa.append(min(np.roots(poly), key=lambda k, y=point.imag: k.imag * y))
    kappa = np.array(kappa)
    f, resolvent = 1 - np.exp(-z * t), 1 / (c + kappa[:, None])
    scaled = (kappa / z)[:, None] * resolvent
    pairs = ((scaled * m * c) @ scaled.T) / (1 - (resolvent * n * c**2 / n_train) @ resolvent.T)
    bias = m @ c - 2 * (f * weight) @ scaled @ (m * c) + (f * weight) @ pairs @ (f * weight)
    noise = noise_var * np.sum(weight * f**2 / z * (kappa / z + 1))  # its 1 integrates to 0
    return bias.real, noise.real


def test_against_another_contour():
    found = block_risk(HEAD, 200, 40, t=1.7, noise_var=0.5)
    assert_allclose(found, on_a_circle(200, 1.7, 0.5), rtol=1e-12)


@pytest.mark.parametrize("n_train", [200, 1500])
def test_all_directions_are_the_whole_student(n_train):
    known = whole.learning_curve(T, HEAD, n_train, noise_var=0.5)
    found = block_risk(HEAD, n_train, min(n_train, 600), t=T, noise_var=0.5)
    assert_allclose(found.bias, known.bias, atol=1e-9)
    assert_allclose(found.variance, known.variance, atol=1e-9)


@pytest.mark.parametrize("n_train", [1, 30, 49, 49.99, 50.01, 60, 1e3, 1e9])
def test_one_block_trained_to_the_end(n_train):
    """Excess risk S (1 - P/N) + noise P/(N - P), or noise N/(P - N)."""
    covariance, kept = BlockCovariance([3.0], [50], [2.0]), min(n_train, 50)
    bias, variance = block_risk(covariance, n_train, kept, noise_var=0.7)
    assert_allclose(bias, 6 * max(1 - n_train / 50, 0), atol=1e-12)
    assert_allclose(variance, 0.7 * kept / (max(n_train, 50) - kept), rtol=1e-10)


@pytest.mark.parametrize("ratio", [0.2, 0.9, 1.0, 3.0])
def test_gaps_of_one_block_are_the_edges(ratio):
    found = gaps(BlockCovariance([2.0], [100], [1.0]), 100 * ratio)
    lower, upper = (2 * edge / ratio for edge in edges(ratio))
    assert len(found) == (ratio != 1)
    for gap in found:
        assert_allclose([gap.lower, gap.upper, gap.top], [0, lower, upper], rtol=1e-12)
        assert_allclose(gap.n_above, 100 * min(ratio, 1))


@pytest.mark.parametrize("n_train", [150, 500, 3000])
def test_gaps_part_real_spectra(n_train):
    """Each gap holds no sample eigenvalue and has as many above it as it says."""
    c, n = [30.0, 1.0, 0.01], [60, 200, 400]
    variances = np.repeat(c, n)
    X = np.random.default_rng(5).standard_normal((n_train, 660)) * np.sqrt(variances)
    values = np.linalg.eigvalsh(X.T @ X / n_train)
    found = gaps(BlockCovariance(c, n, [1, 1, 1]), n_train)
    assert len(found) >= 2
    for gap in found:
        width = gap.upper - gap.lower
        above = (values > gap.lower + width / 2).sum()
        assert above == gap.n_above
        inside = (values > gap.lower + width / 10) & (values < gap.upper - width / 10)
        assert not inside.any()
    assert_allclose(values.max(), found[0].top, rtol=0.1)


def test_a_closed_gap_is_no_gap():
    covariance = BlockCovariance([1.0, 0.5], [50, 50], [1.0, 1.0])
    assert [gap.n_above for gap in gaps(covariance, 300)] == [100]
    assert [gap.n_above for gap in gaps(covariance, 20_000)] == [50, 100]
    with pytest.raises(ValueError, match=r"n_kept = 50 .* gaps: 100\."):
        block_risk(covariance, 300, 50)


@pytest.mark.parametrize("n_kept", [0.5, 39, 41, 199, 600])
def test_cuts_through_a_band_are_refused(n_kept):
    with pytest.raises(ValueError, match=r"gaps: 40, 200\."):
        block_risk(HEAD, 200, n_kept)


def test_no_gap_at_all_and_nearly_none():
    with pytest.raises(ValueError, match="none but 0"):
        block_risk(BlockCovariance([1.0], [50], [1.0]), 50, 50)
    covariance, closed, open_ = BlockCovariance([1.0, 0.3], [50, 50], [1.0, 1.0]), 100.0, 1e5
    while open_ - closed > 1e-4 * closed:
        middle = (open_ + closed) / 2
        closed, open_ = (closed, middle) if len(gaps(covariance, middle)) == 2 else (middle, open_)
    with pytest.raises(ValueError, match="too narrow"):
        block_risk(covariance, open_, 50)


def test_a_gap_about_to_close():
    """The wider the gap the fewer nodes: the values still go over smoothly into each other."""
    covariance = BlockCovariance([1.0, 0.3], [50, 50], [1.0, 1.0])
    sizes = np.arange(335, 375, 5)  # it opens at about 325
    risks = [sum(block_risk(covariance, P, 50, noise_var=0.5)) for P in sizes]
    assert abs(np.diff(risks, 3)).max() < 1e-5


@given(st.floats(-4, 4), st.floats(0.05, 0.95), st.floats(-2, 4))
@settings(deadline=None, max_examples=25)
def test_scale_and_splits_change_nothing(log_scale, part, log_t):
    scale, t = 10.0**log_scale, 10.0**log_t
    plain = block_risk(HEAD, 200, 40, t=t, noise_var=0.5)
    scaled = BlockCovariance(scale * HEAD.eigenvalues, HEAD.dimensions, [1 / scale, 1 / scale])
    assert_allclose(block_risk(scaled, 200, 40, t=t / scale, noise_var=0.5), plain, rtol=1e-10)
    parts = np.array([part, 1 - part])
    split = BlockCovariance([0.02, 1.0, 0.02, 1.0], [*(560 * parts[:1]), 40 * part, 560 * parts[1], 40 * parts[1]],
                            [part, part, parts[1], parts[1]])  # fmt: skip
    assert_allclose(block_risk(split, 200, 40, t=t, noise_var=0.5), plain, rtol=1e-10)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_extreme_scales(scale):
    plain = block_risk(HEAD, 200, 40, t=[0.7, np.inf], noise_var=0.5)
    scaled = BlockCovariance(scale * HEAD.eigenvalues, HEAD.dimensions, [1 / scale, 1 / scale])
    found = block_risk(scaled, 200, 40, t=[0.7 / scale, np.inf], noise_var=0.5)
    assert_allclose(found, plain, rtol=1e-12)


def test_many_times():
    t = np.geomspace(1e-3, 1e5, 20_000)
    found = block_risk(HEAD, 200, 40, t=t, noise_var=0.5)
    few = block_risk(HEAD, 200, 40, t=t[::5000], noise_var=0.5)
    assert_allclose(np.array(found)[:, ::5000], few, rtol=1e-13)


def test_400_blocks_that_split_two_eigenvalues():
    many = BlockCovariance(
        np.repeat([1.0, 0.02], 200), np.repeat([0.2, 2.8], 200), np.full(400, 1 / 200)
    )
    found = block_risk(many, 200, 40, t=T, noise_var=0.5)
    assert_allclose(found, block_risk(HEAD, 200, 40, t=T, noise_var=0.5), rtol=1e-9)


def test_extreme_conditions():
    """Nine decades of eigenvalues: cutting more blocks only ever leaves their own signal."""
    covariance = BlockCovariance([1e3, 1, 1e-6], [3, 20, 100], [1e-3, 1, 1e6])
    for t in (1e-12, 1.0, 1e12, np.inf):
        risks = [block_risk(covariance, 500, kept, t=t) for kept in (0, 3, 23, 123)]
        assert (np.diff([risk.bias for risk in risks]) <= 1e-12).all()
    assert_allclose(risks[1].bias, 2, rtol=0.02)  # the head's own signal is learned
    assert_allclose(risks[3].bias, 0, atol=1e-11)


def test_limits_in_time():
    risk = block_risk(HEAD, 200, 40, t=[0.0, 1e-12, 1e9, np.inf], noise_var=0.5)
    assert_allclose(risk.bias[:2], HEAD.teacher_power, rtol=1e-10)
    assert_allclose(risk.variance[:2], 0, atol=1e-20)
    assert_allclose(risk.bias[2], risk.bias[3], rtol=1e-14)
    assert_allclose(risk.variance[2], risk.variance[3], rtol=1e-14)
    nothing = block_risk(HEAD, 200, 0, t=[1.0, np.inf], noise_var=0.5)
    assert_allclose(nothing.bias, HEAD.teacher_power)
    assert not nothing.variance.any() and nothing.bias.shape == (2,)
    assert block_risk(HEAD, 200, 40, t=np.ones((2, 3))).bias.shape == (2, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"t": -1.0}, "t = -1"),
        ({"t": np.nan}, "t = nan"),
        ({"t": []}, "t is empty"),
        ({"noise_var": -1.0}, "noise_var"),
        ({"n_train": 0}, "n_train"),
        ({"n_train": np.inf}, "n_train"),
        ({"n_kept": -1}, "n_kept"),
        ({"n_kept": np.nan}, "n_kept"),
        ({"n_kept": [40]}, "n_kept"),
        ({"covariance": 3.0}, "covariance"),
    ],
)
def test_bad_arguments_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        block_risk(**{"covariance": HEAD, "n_train": 200, "n_kept": 40} | changes)
