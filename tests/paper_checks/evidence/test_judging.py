"""Verdicts against hand-computed cases, independent routes and toy claims of known truth."""

import numpy as np
import pytest
from scipy import stats

from lazyrich.paper_checks.evidence import largest_t
from lazyrich.paper_checks.evidence.extrapolation import (
    contrast,
    intercept_coefficients,
    size_means,
)
from lazyrich.paper_checks.evidence.judging import (
    judge_ensemble,
    smallest_rejected,
)
from lazyrich.paper_checks.evidence.largest_t import largest_t_quantile
from tests.paper_checks.evidence.judge_campaign import count
from tests.paper_checks.evidence.judge_toys import MARGIN, Setting, gaps, judged, truths

SIZES = [64.0, 256.0, 1024.0]
DECLARED = {"order": 1.0, "noise_exponent": 0.0, "margin": 0.03}


def toy(rng, wrong=0.0, sigma=0.01, seeds=16, points=5, order=1.0):
    return [
        wrong + (64 / n) ** order / 25 + sigma * rng.standard_normal((seeds, points)) for n in SIZES
    ]


def judge(sample, sizes=SIZES, **changes):
    return judge_ensemble(sample, sizes, **(DECLARED | changes))


def rng(seed=1):
    return np.random.default_rng(seed)


# The numbers of one judgement, by other routes


def test_one_size_by_hand():
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]) / 1000
    found = judge([values[:, None]], [5.0], margin=0.01)
    error = np.sqrt(6.0 / 8) / 1000  # variance of 1..8 is 6
    assert found.limit == pytest.approx([0.0045])
    assert found.standard_error == pytest.approx([error])
    assert found.half_width == pytest.approx([stats.t.ppf(0.998, 7) * error])
    assert found.certain == pytest.approx([stats.t.ppf(0.9995, 7) * error], rel=0.05)
    assert (found.verdict, found.order, found.size_effect) == ("agrees", None, None)
    assert (found.gap, found.half_width_at_worst) == (found.limit[0], found.half_width[0])


@pytest.mark.parametrize("q", [0.0, 1.0])
@pytest.mark.parametrize("order", [0.5, 1.0])
def test_limit_is_that_of_weighted_least_squares(order, q):
    sizes, seeds = np.array([10.0, 40.0, 90.0, 200.0]), (8, 9, 10, 20)
    sample = [rng(n).standard_normal((n, 3)) for n in seeds]
    weights = np.array(seeds) * sizes**q
    design = np.stack([np.ones(4), sizes**-order], axis=1) * np.sqrt(weights)[:, None]
    target = np.array([g.mean(axis=0) for g in sample]) * np.sqrt(weights)[:, None]
    found = judge(sample, sizes, order=order, noise_exponent=q)
    assert found.limit == pytest.approx(np.linalg.lstsq(design, target)[0][0])

    c = np.linalg.pinv(design)[0] * np.sqrt(weights)
    parts = [ck**2 * g.var(axis=0, ddof=1) / len(g) for ck, g in zip(c, sample, strict=True)]
    squared = sum(parts)
    dof = squared**2 / sum(p**2 / (n - 1) for p, n in zip(parts, seeds, strict=True))
    width = stats.t.ppf(0.998, dof) * np.sqrt(squared)
    allowance = np.abs(found.limit - sample[-1].mean(axis=0))
    assert found.standard_error == pytest.approx(np.sqrt(squared))
    assert found.half_width == pytest.approx(width + allowance)
    quantile = (found.certain - allowance) / found.standard_error
    assert quantile == pytest.approx(np.full(3, quantile[0]))
    assert np.all(quantile > stats.t.ppf(0.9995, dof) * 0.95)
    assert found.worst == np.argmax(np.abs(found.limit) + width + allowance)


def test_prediction_error_adds_in_quadrature_with_known_variance():
    sample = toy(rng())
    without, with_ = judge(sample), judge(sample, prediction_error=np.full(5, 0.01))
    assert with_.standard_error == pytest.approx(np.hypot(without.standard_error, 0.01))
    vast = judge(sample, prediction_error=np.full(5, 100.0))
    assert vast.half_width / 100 == pytest.approx(stats.norm.ppf(0.998), rel=1e-3)
    bonferroni = stats.norm.ppf(1 - 0.001 / 10)
    assert vast.certain / 100 == pytest.approx(bonferroni, rel=0.03)


@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_largest_t_of_independent_points(alpha):
    means, c = size_means([rng().standard_normal((400, 8))]), np.ones(1)
    exact = stats.t.ppf(0.5 + 0.5 * (1 - alpha) ** (1 / 8), 399)
    assert largest_t_quantile(means, c, contrast(means, c), alpha) == pytest.approx(exact, rel=0.02)


def test_largest_t_of_one_point_is_student_t_of_the_same_draws():
    means, c = size_means([rng().standard_normal((8, 1))]), np.ones(1)
    z = np.quantile(np.abs(largest_t._standard_normals(1)), 0.999, method="higher")
    exact = stats.t.ppf(stats.norm.cdf(z), 7)
    assert largest_t_quantile(means, c, contrast(means, c), 0.001) == pytest.approx(exact, rel=2e-3)


def test_largest_t_of_few_seeds_and_of_one_common_mode():
    means, c = size_means([rng().standard_normal((8, 1)) * np.ones(30)]), np.ones(1)
    exact = stats.t.ppf(0.995, 7)
    assert largest_t_quantile(means, c, contrast(means, c), 0.01) == pytest.approx(exact, rel=0.06)


def test_largest_t_by_multipliers_on_the_seeds():
    """The factorised draws against residuals times multipliers, written out."""
    sample = [rng(k).standard_normal((12, 6)) @ rng(9).standard_normal((6, 6)) for k in range(3)]
    means = size_means(sample)
    c = intercept_coefficients(np.array(SIZES), means.seeds, order=1.0, noise_exponent=0.0)
    found = contrast(means, c)
    generator, z = rng(5), 0.0
    for ck, g in zip(c, sample, strict=True):
        multipliers = generator.standard_normal((40_000, 12)) / np.sqrt(12 * 11)
        z = z + ck * multipliers @ (g - g.mean(axis=0))
    t = stats.t.ppf(stats.norm.cdf(z / found.standard_error), found.dof)
    direct = np.quantile(np.abs(t).max(axis=1), 0.99)
    assert largest_t_quantile(means, c, found, 0.01) == pytest.approx(direct, rel=0.03)


# Verdicts


def test_right_wrong_and_noisy_predictions():
    assert judge(toy(rng())).verdict == "agrees"
    assert judge(toy(rng(), wrong=0.1)).verdict == "disagrees"
    assert judge(toy(rng(), sigma=0.3)).verdict == "inconclusive"


def test_one_wrong_point_is_enough_to_disagree_and_blocks_agreement():
    wrong = np.array([0.0, 0.0, 0.0, 0.08, 0.0])
    found = judge(toy(rng(), wrong=wrong))
    assert (found.verdict, found.worst) == ("disagrees", 3)
    assert judge(toy(rng(), wrong=0.5 * wrong)).verdict != "agrees"


def test_lack_of_fit_blocks_both_verdicts():
    for wrong in (0.0, 0.2):
        found = judge(toy(rng(), wrong=wrong, sigma=0.001, order=0.25), margin=0.1)
        assert found.verdict == "inconclusive"
        assert found.reason.startswith("lack of fit")
        assert found.seeds_needed is None


def test_extrapolation_allowance():
    """A limit far from the largest size is not trusted, however small the noise."""
    sample = [g + 3 / n for g, n in zip(toy(rng(), sigma=1e-4), (4, 16, 64), strict=True)]
    found = judge(sample)
    assert np.all(np.abs(found.limit) < 1e-3)
    assert found.verdict == "inconclusive"
    assert found.reason.startswith("sizes too small")


def test_points_without_noise_are_exact():
    sample = toy(rng())
    for g in sample:
        g[:, 0] = 0.0
    with np.errstate(all="raise"):
        found = judge(sample)
    assert found.half_width[0] == found.certain[0] == found.limit[0] == 0
    assert found.verdict == "agrees"
    sample = [g.copy() for g in sample]
    sample[0][:, 1] = sample[0][0, 1]  # noise at some sizes only
    assert np.isfinite(judge(sample).half_width).all()
    for g in sample:
        g[:, 0] = 0.05
    assert judge(sample).verdict == "disagrees"


def test_rounding_is_no_lack_of_fit():
    sample = toy(rng())
    for k, g in enumerate(sample):
        g[:, 0] = 1e-15 * (k**2 + rng().standard_normal(16) / 100)
    assert judge(sample).verdict == "agrees"


# Invariances


def test_order_of_seeds_sizes_and_points_does_not_matter():
    sample = toy(rng())
    found = judge(sample)
    seeds = judge([rng(3).permutation(g) for g in sample])
    sizes = judge(sample[::-1], SIZES[::-1])
    points = judge([g[:, ::-1] for g in sample])
    for other in (seeds, sizes):
        np.testing.assert_allclose(other.certain, found.certain, rtol=1e-3)
        np.testing.assert_allclose(other.half_width, found.half_width, rtol=1e-9)
    np.testing.assert_allclose(points.half_width[::-1], found.half_width, rtol=1e-9)
    np.testing.assert_allclose(points.certain[::-1], found.certain, rtol=0.1)
    assert points.worst == 4 - found.worst


def test_scale_and_sign_do_not_matter():
    sample = toy(rng(), sigma=0.02)
    found = judge(sample)
    for factor in (-1.0, 1e-6, 1e6):
        scaled = judge([factor * g for g in sample], margin=abs(factor) * 0.03)
        assert scaled.verdict == found.verdict
        assert scaled.seeds_needed == found.seeds_needed
        np.testing.assert_allclose(scaled.limit, factor * found.limit, rtol=1e-9)
        np.testing.assert_allclose(scaled.certain, abs(factor) * found.certain, rtol=1e-3)
    larger = judge(sample, [7 * n for n in SIZES])
    np.testing.assert_allclose(larger.half_width, found.half_width, rtol=1e-9)


def test_same_gaps_same_bytes():
    sample = toy(rng())
    first = judge(sample)
    largest_t._standard_normals.cache_clear()
    second = judge(sample)
    assert first.certain.tobytes() == second.certain.tobytes()
    assert first.reason == second.reason


def test_a_wider_margin_never_loses_agreement():
    order = ["disagrees", "inconclusive", "agrees"]
    sample = toy(rng(), wrong=0.02)
    ranks = [order.index(judge(sample, margin=m).verdict) for m in np.geomspace(1e-3, 1, 40)]
    assert ranks == sorted(ranks) and set(ranks) == {0, 1, 2}


# Order, size effect and seeds


@pytest.mark.parametrize("true", [0.5, 1.0, 2.0])
def test_finite_size_order_is_fitted_with_an_honest_error(true):
    deviations = []
    for seed in range(60):
        estimate, error = judge(toy(rng(seed), sigma=0.003, order=true)).order
        deviations.append((estimate - true) / error)
    assert abs(np.mean(deviations)) < 0.6
    assert 0.6 < np.std(deviations) < 1.5


def test_no_order_is_fitted_where_the_bias_is_in_the_noise():
    found = judge(toy(rng(), sigma=0.1))
    assert found.order is None
    assert found.size_effect > 0.04  # the true bias at the smallest size
    assert judge(toy(rng(), sigma=1e-3)).size_effect == pytest.approx(0.04, rel=0.05)


def test_seeds_needed_decide():
    hopeful = judge(toy(rng(), sigma=0.03, seeds=8))
    assert 8 < hopeful.seeds_needed < 2000
    decided = [
        judge(toy(rng(k), sigma=0.03, seeds=hopeful.seeds_needed)).verdict for k in range(20)
    ]
    assert decided.count("agrees") >= 10
    blurred = judge(toy(rng()), prediction_error=np.full(5, 0.05))
    assert blurred.verdict == "inconclusive" and blurred.seeds_needed is None


# Error rates on toy claims of known truth (the campaign holds the full table)


@pytest.mark.parametrize(
    "setting",
    [
        Setting("three sizes"),
        Setting("smooth, 8 seeds", seeds=8, correlation="smooth"),
        Setting("common mode, one size", sizes=(64.0,), bias=0.0, correlation="common"),
        Setting("noisy prediction", prediction_error=0.003),
    ],
    ids=lambda setting: setting.name,
)
def test_error_rates(setting):
    limits = {name: pair[0] for name, pair in truths(setting).items()}
    assert count(setting, limits["exact"], "disagrees", 1000, rng()) == 0
    assert count(setting, limits["one"], "agrees", 2000, rng()) <= 16  # 4 expected at most
    assert count(setting, limits["all"], "disagrees", 2000, rng()) <= 10  # 1 expected
    assert count(setting, limits["1.5"], "agrees", 2000, rng()) == 0
    assert count(setting, limits["2"], "disagrees", 40, rng()) >= 36


def test_a_right_claim_usually_agrees():
    setting = Setting("8 seeds", seeds=8, correlation="smooth")
    assert count(setting, np.zeros(30), "agrees", 100, rng()) >= 75


def test_the_campaigns_shortcut_counts_what_the_judge_says():
    setting = Setting("8 seeds", seeds=8, sigma=0.02)
    sample = gaps(setting, np.full(30, MARGIN / 2), 60, rng(7))
    said = [judged(setting, sample, i).verdict for i in range(60)]
    for verdict in ("agrees", "disagrees"):
        assert count(setting, np.full(30, MARGIN / 2), verdict, 60, rng(7)) == said.count(verdict)


# Bad input


def with_(sample, k, value):
    changed = [g.copy() for g in sample]
    changed[k][2, 1] = value
    return changed


@pytest.mark.parametrize(
    ("sample", "sizes", "changes", "message"),
    [
        (with_(toy(rng()), 1, np.nan), SIZES, {}, "size 256, seed 2, point 1 is nan"),
        (with_(toy(rng()), 1, np.inf), SIZES, {}, "point 1 is inf"),
        (toy(rng(), seeds=7), SIZES, {}, "at least 8"),
        (toy(rng())[:2], SIZES[:2], {}, "3 or more"),
        (toy(rng()), [64, 64, 1024], {}, "3 or more different"),
        (toy(rng())[:2], [64, 64], {}, "3 or more different"),
        (toy(rng()), [64, 128, 256], {}, "span 4"),
        (toy(rng()), SIZES[:2], {}, "one each"),
        ([], [], {}, "one each"),
        (toy(rng()), [-64, 256, 1024], {}, "size = -64"),
        (toy(rng())[:2] + [np.ones((8, 4))], SIZES, {}, "shape"),
        ([np.ones(8)] * 3, SIZES, {}, "shape"),
        ([np.ones((8, 0))] * 3, SIZES, {}, "shape"),
        ([np.ones((8, 3))] * 3, SIZES, {}, "the seed is not used"),
        ([np.ones((8, 3))], [1.0], {}, "the seed is not used"),
        (toy(rng()), SIZES, {"order": 0.0}, "order = 0"),
        (toy(rng()), SIZES, {"order": np.nan}, "order = nan"),
        (toy(rng()), SIZES, {"margin": -0.1}, "margin = -0.1"),
        (toy(rng()), SIZES, {"noise_exponent": np.inf}, "noise_exponent"),
        (toy(rng()), SIZES, {"prediction_error": np.ones(4)}, "shape"),
        (toy(rng()), SIZES, {"prediction_error": -np.ones(5)}, "point 0 is -1.0"),
    ],
)
def test_bad_ensembles_are_refused(sample, sizes, changes, message):
    with pytest.raises(ValueError, match=message):
        judge(sample, sizes, **changes)


# Sensitivity


def test_sensitivity_of_a_constant_is_the_margin_and_its_certainty():
    """y = 1 with known noise: 1 / (1 +- e) - 1 must exceed margin + K SE + e_j."""
    noise = toy(rng(), sigma=0.01, points=1)

    def verdict(e):
        return judge([(1 + g) / (1 + e) - 1 for g in noise]).verdict

    found = smallest_rejected(verdict)
    base = judge(noise)
    needed = 0.03 + base.certain[0] + abs(base.limit[0])
    assert found == pytest.approx(needed, rel=0.1)
