"""Other rules on the same toy gaps, at the same cost."""

from collections.abc import Iterator

import numpy as np

from lazyrich.paper_checks.evidence.extrapolation import (
    contrast,
    intercept_coefficients,
    size_means,
)
from lazyrich.paper_checks.evidence.judging import ALPHA_AGREES, ALPHA_DISAGREES
from lazyrich.paper_checks.evidence.largest_t import t_quantile
from tests.paper_checks.evidence.judge_toys import MARGIN, Setting, gaps, judged, truths


def alternative_verdicts(
    setting: Setting, sample: list[np.ndarray], i: int, rng: np.random.Generator
) -> dict[str, str]:
    """Verdicts of this rule and of others at the same cost on repetition i."""
    judgement = judged(setting, sample, i)
    seeds = [g[i] for g in sample]
    means, sizes = size_means(seeds), np.array(setting.sizes)
    fit = {"order": setting.order, "noise_exponent": setting.noise_exponent}
    c = intercept_coefficients(sizes, means.seeds, **fit)
    limit = contrast(means, c)
    size, error = np.abs(limit.value), limit.standard_error
    e = np.abs(limit.value - means.mean[-1])
    e_change = e_half = e
    if len(sizes) > 1:
        without = intercept_coefficients(sizes[1:], means.seeds[1:], **fit)
        e_change = np.maximum(e, np.abs(limit.value - without @ means.mean[1:]))
        slower = fit | {"order": setting.order / 2}
        half = intercept_coefficients(sizes, means.seeds, **slower) @ means.mean
        e_half = np.maximum(e, np.abs(limit.value - half))
    t = t_quantile(limit.dof, ALPHA_AGREES) * error
    k = judgement.certain - e
    t_shared = t_quantile(limit.dof, ALPHA_AGREES / setting.points) * error
    k_shared = t_quantile(limit.dof, ALPHA_DISAGREES / 2 / setting.points) * error
    k_single = t_quantile(limit.dof, ALPHA_DISAGREES / 2) * error
    misfit = judgement.reason.startswith("lack of fit")
    bounds = {
        "Bonferroni for both verdicts": (size + t_shared + e, size - k_shared - e),
        "no correction for either": (size + t + e, size - k_single - e),
        "no allowance": (size + t, size - k),
        "allowance also without the smallest size": (size + t + e_change, size - k - e_change),
        "allowance also for half the order": (size + t + e_half, size - k - e_half),
        "the same, for `disagrees` only": (size + t + e, size - k - e_half),
    }
    largest = np.abs(means.mean[-1])
    return {
        "this rule": judgement.verdict,
        **{rule: decide(*pair, misfit) for rule, pair in bounds.items()},
        "no test of fit": decide(size + t + e, size - k - e, False),
        "bootstrap of the largest gap": bootstrap_verdict(c, seeds, rng),
        "tolerance on the largest size": decide(largest, largest, False),
    }


def decide(upper: np.ndarray, lower: np.ndarray, misfit: bool) -> str:
    """Verdict from the bounds (points,) on |a_j| that either verdict uses, and the lack of fit."""
    if misfit:
        return "inconclusive"
    if np.all(upper <= MARGIN):
        return "agrees"
    return "disagrees" if np.any(lower > MARGIN) else "inconclusive"


def bootstrap_verdict(c: np.ndarray, seeds: list[np.ndarray], rng: np.random.Generator) -> str:
    """Percentile interval of max_j |a_j| over 2000 resamplings of the seeds of each size."""
    limit = 0.0
    for ck, g in zip(c, seeds, strict=True):
        weights = rng.multinomial(len(g), np.full(len(g), 1 / len(g)), size=2000)
        limit = limit + ck * (weights @ g) / len(g)
    low, high = np.quantile(np.abs(limit).max(axis=1), [ALPHA_DISAGREES, 1 - ALPHA_AGREES])
    return "agrees" if high <= MARGIN else "disagrees" if low > MARGIN else "inconclusive"


ALTERNATIVE_SETTINGS = (
    Setting("8 seeds, smooth", seeds=8, correlation="smooth"),
    Setting("one size, 16 seeds, independent", sizes=(64.0,), bias=0.0),
    Setting("order 1, truly 1/2, bias 4 %", true_order=0.5),
    Setting("order 1, truly 1/2, bias 48 %, noise 8 times", true_order=0.5, bias=0.48, sigma=0.1),
)


def alternative_rows(effort: float) -> Iterator[list[str]]:
    """Rows of the table of other rules: rates of right and false verdicts."""
    reps = max(10, int(500 * effort))
    plan = (("exact", "agrees"), ("exact", "disagrees"), ("one", "agrees"), ("all", "disagrees"))
    plan += (("1.5", "agrees"), ("2", "disagrees"))
    for number, setting in enumerate(ALTERNATIVE_SETTINGS):
        rng = np.random.default_rng([1947, number])
        table: dict[str, list[str]] = {}
        tables = {}
        for name in dict.fromkeys(name for name, _ in plan):
            sample = gaps(setting, truths(setting)[name][0], reps, rng)
            tables[name] = [alternative_verdicts(setting, sample, i, rng) for i in range(reps)]
        for name, wanted in plan:
            for rule in tables[name][0]:
                rate = np.mean([v[rule] == wanted for v in tables[name]])
                table.setdefault(rule, []).append(f"{rate:.3f}")
        for rule, rates in table.items():
            yield [setting.name, rule, *rates]
