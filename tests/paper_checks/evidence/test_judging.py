"""Verdicts against hand-computed cases, independent routes and toy claims of known truth."""

import numpy as np
import pytest
from scipy import stats

from lazyrich.paper_checks.evidence import largest_t
from lazyrich.paper_checks.evidence.extrapolation import (
    contrast,
    intercept_coefficients,
    size_means,
    step_order,
)
from lazyrich.paper_checks.evidence.judging import (
    judge_deterministic,
    judge_ensemble,
    smallest_rejected,
)
from lazyrich.paper_checks.evidence.largest_t import largest_t_quantile
from tests.paper_checks.evidence.judge_campaign import MARGIN, Setting, count, gaps, judged, truths

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


@pytest.mark.parametrize(
    ("sample", "steps", "order", "message"),
    [
        ([[0.1, np.nan]], None, None, "point 1 is nan"),
        ([[0.1], [0.2]], None, None, "name the step"),
        ([[0.1]], [1.0], 1.0, "two or more"),
        ([[0.1], [0.2]], [1.0, 1.0], 1.0, "two or more different"),
        ([[0.1], [0.2]], [1.0, 0.5, 0.2], 1.0, "two or more"),
        ([[0.1], [0.2]], [1.0, 0.0], 1.0, "step = 0"),
        ([[0.1], [0.2]], [1.0, 0.5], None, "declared order"),
        ([[0.1], [0.2]], [1.0, 0.5], -1.0, "order = -1"),
        ([[[0.1]]], None, None, "shape"),
        ([[]], None, None, "shape"),
    ],
)
def test_bad_deterministic_gaps_are_refused(sample, steps, order, message):
    with pytest.raises(ValueError, match=message):
        judge_deterministic(sample, steps, order=order, margin=0.1)


# Deterministic routes


def test_without_steps_only_the_margin_counts():
    assert judge_deterministic([0.01, -0.02], None, order=None, margin=0.02).verdict == "agrees"
    found = judge_deterministic([[0.03, 0.0]], None, order=None, margin=0.02)
    assert (found.verdict, found.worst, found.gap) == ("disagrees", 0, 0.03)
    assert found.half_width_at_worst == 0


@pytest.mark.parametrize("steps", [[0.4, 0.2, 0.1], [0.1, 0.5, 0.2], [0.2, 0.1]])
@pytest.mark.parametrize("order", [1.0, 2.0, 4.0])
def test_richardson_limit_of_a_power(order, steps):
    slope = np.array([1.0, -0.5])
    g = np.multiply.outer(np.array(steps) ** order, slope)
    found = judge_deterministic(g, steps, order=order, margin=0.2)
    assert found.limit == pytest.approx([0.0, 0.0], abs=1e-12)
    assert found.half_width == pytest.approx(0.1**order * np.abs(slope))
    assert found.order[0] == pytest.approx(order)
    assert found.verdict == "agrees"
    assert judge_deterministic(g + 0.5, steps, order=order, margin=0.2).verdict == "disagrees"


def test_a_wrong_order_blocks_agreement_and_weakens_disagreement():
    steps = np.array([4.0, 2.0, 1.0])
    g = 0.1 * steps[:, None]
    assert judge_deterministic(g, steps, order=2.0, margin=1.0).verdict == "inconclusive"
    # a right claim with large step errors, of which order 2 would explain too little
    assert judge_deterministic(g, steps, order=2.0, margin=0.01).verdict == "inconclusive"
    assert judge_deterministic(g + 1, steps, order=2.0, margin=0.01).verdict == "disagrees"


def test_identical_values_show_no_order():
    same = [[0.01, 0.0]] * 3
    found = judge_deterministic(same, [4, 2, 1], order=1.0, margin=0.1)
    assert found.verdict == "inconclusive"
    assert found.order is None and "no order" in found.reason
    assert judge_deterministic(same, [4, 2, 1], order=1.0, margin=0.001).verdict == "disagrees"
    zero = judge_deterministic([[0.0], [0.0]], [2, 1], order=1.0, margin=0.1)
    assert zero.verdict == "inconclusive"


def test_differences_that_change_sign_show_no_order():
    assert step_order(np.array([[0.2], [0.1], [0.15]]), np.array([4.0, 2.0, 1.0])) is None


def test_order_of_growing_differences_is_negative():
    growing = np.array([[0.0], [0.1], [0.3]])
    assert step_order(growing, np.array([4.0, 2.0, 1.0])) == pytest.approx(-1)


# Sensitivity


@pytest.mark.parametrize("true", [0.3, 0.02, 1e-7])
def test_smallest_rejected_finds_a_threshold(true):
    found = smallest_rejected(lambda e: "disagrees" if abs(e) >= true else "agrees")
    assert true <= found <= 1.01 * true


def test_smallest_rejected_needs_both_signs():
    def lopsided(e):
        return "disagrees" if e > 0.01 or e < -0.2 else "inconclusive"

    assert 0.2 <= smallest_rejected(lopsided) <= 0.202


def test_smallest_rejected_needs_all_larger_errors_too():
    def with_a_gap(e):  # a second optimum between 0.2 and 0.3
        return "agrees" if abs(e) < 0.01 or 0.2 < abs(e) < 0.3 else "disagrees"

    assert 0.3 <= smallest_rejected(with_a_gap) <= 0.303


def test_smallest_rejected_at_the_ends_of_its_range():
    assert smallest_rejected(lambda e: "inconclusive") == np.inf
    assert smallest_rejected(lambda e: "disagrees", smallest=1e-3) == 1e-3
    for bad in ({"largest": 1e-13}, {"smallest": 0.0}, {"largest": np.inf}):
        with pytest.raises(ValueError):
            smallest_rejected(lambda e: "disagrees", **bad)


def test_sensitivity_of_a_constant_is_the_margin_and_its_certainty():
    """y = 1 with known noise: 1 / (1 +- e) - 1 must exceed margin + K SE + e_j."""
    noise = toy(rng(), sigma=0.01, points=1)

    def verdict(e):
        return judge([(1 + g) / (1 + e) - 1 for g in noise]).verdict

    found = smallest_rejected(verdict)
    base = judge(noise)
    needed = 0.03 + base.certain[0] + abs(base.limit[0])
    assert found == pytest.approx(needed, rel=0.1)
