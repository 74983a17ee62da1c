"""Error rates of the judge on toy claims of known truth, as markdown tables.

Run from the repository root: python -m tests.paper_checks.evidence.judge_campaign [effort]
An effort of 1 takes about ten minutes on one core; 0.02 is a smoke run.
"""

import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv, stdtrit

from lazyrich.paper_checks.evidence.extrapolation import (
    contrast,
    intercept_coefficients,
    size_means,
)
from lazyrich.paper_checks.evidence.judging import (
    ALPHA_AGREES,
    ALPHA_DISAGREES,
    ALPHA_FIT,
    judge_deterministic,
    judge_ensemble,
)
from lazyrich.paper_checks.evidence.largest_t import t_quantile

MARGIN = 0.03
SIZES = (64.0, 256.0, 1024.0)


class Setting(NamedTuple):
    """How toy gaps are made, and what the claim declares about them."""

    name: str
    seeds: int = 16
    sizes: tuple[float, ...] = SIZES
    points: int = 30
    sigma: float = 0.012  # standard deviation of a seed at the largest size
    correlation: str = "independent"  # or "smooth", "common"
    shape: str | float = "gaussian"  # or "t3", or the log-width of a lognormal
    bias: float = 0.04  # at the smallest size
    curvature: float = 0.0  # further bias there, falling with twice the order
    true_order: float = 1.0
    order: float = 1.0
    true_noise_exponent: float = 0.0
    noise_exponent: float = 0.0
    prediction_error: float = 0.0
    share: float = 1.0  # of the repetitions, smaller where the judge sees nearly all of them


SETTINGS = (
    Setting("three sizes, 16 seeds, 30 independent points"),
    Setting("smoothly correlated points", correlation="smooth"),
    Setting("one common mode", correlation="common"),
    Setting("8 seeds", seeds=8),
    Setting("32 seeds", seeds=32),
    Setting("100 points", points=100),
    Setting("one size, 8 seeds", seeds=8, sizes=(64.0,), bias=0.0),
    Setting("one size, 16 seeds", sizes=(64.0,), bias=0.0),
    Setting("one size, 16 seeds, smooth", sizes=(64.0,), bias=0.0, correlation="smooth"),
    Setting("lognormal .5", shape=0.5),
    Setting("lognormal 1", shape=1.0),
    Setting("lognormal 1, 8 seeds", shape=1.0, seeds=8),
    Setting("lognormal 1, one size", shape=1.0, sizes=(64.0,), bias=0.0, share=0.1),
    Setting("Student t, 3 dof", shape="t3"),
    Setting("noise exponent 0, truly 1", true_noise_exponent=1.0),
    Setting("noise exponent 1, truly 0", noise_exponent=1.0),
    Setting("prediction known to .003", prediction_error=0.003),
    Setting("order 1, truly 1/2, bias 4 %", true_order=0.5, share=0.1),
    Setting("order 1, truly 1/2, bias 12 %", true_order=0.5, bias=0.12, share=0.1),
    Setting("same, noise 4 times", true_order=0.5, bias=0.12, sigma=0.048, share=0.1),
    Setting("order 1/2, truly 1, bias 4 %", order=0.5, share=0.1),
    Setting("order 1/2, truly 1, bias 12 %", order=0.5, bias=0.12, share=0.1),
    Setting("second-order bias 4 %", curvature=0.04, share=0.1),
    Setting("second-order bias 1 %, 32 seeds", curvature=0.01, seeds=32, share=0.1),
)


def noise(setting: Setting, size: float, reps: int, rng: np.random.Generator) -> np.ndarray:
    """Centred noise (reps, seeds, points) of the setting's shape, width and correlation."""
    shape = (reps, setting.seeds, setting.points)
    if setting.correlation == "common":
        z = np.repeat(rng.standard_normal(shape[:2] + (1,)), setting.points, axis=2)
    else:
        z = rng.standard_normal(shape)
    if setting.correlation == "smooth":
        distance = np.subtract.outer(np.arange(setting.points), np.arange(setting.points)) / 8.0
        covariance = np.exp(-(distance**2) / 2) + 1e-9 * np.eye(setting.points)
        z = z @ np.linalg.cholesky(covariance).T
    if setting.shape == "t3":
        z = z / np.sqrt(rng.chisquare(3, size=shape))
    elif not isinstance(setting.shape, str):
        s = setting.shape
        z = (np.exp(s * z - s**2 / 2) - 1) / np.sqrt(np.expm1(s**2))
    width = setting.sigma * (size / setting.sizes[-1]) ** (-setting.true_noise_exponent / 2)
    return width * z


def gaps(
    setting: Setting, truth: np.ndarray, reps: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Gaps (reps, seeds, points) for each size; their limit is `truth` (points,)."""
    profile = np.cos(np.pi * np.arange(setting.points) / setting.points)
    error = setting.prediction_error * rng.standard_normal((reps, 1, setting.points))
    found = []
    for size in setting.sizes:
        x = (size / setting.sizes[0]) ** -setting.true_order
        bias = (setting.bias * x + setting.curvature * x**2) * profile
        found.append(truth + bias + error + noise(setting, size, reps, rng))
    return found


def judged(setting: Setting, sample: list[np.ndarray], i: int):
    """The judgement of repetition i."""
    error = np.full(setting.points, setting.prediction_error)
    return judge_ensemble(
        [g[i] for g in sample],
        setting.sizes,
        order=setting.order,
        noise_exponent=setting.noise_exponent,
        margin=MARGIN,
        prediction_error=error if setting.prediction_error else None,
    )


def screen(setting: Setting, sample: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Repetitions that may agree, may disagree, may lack fit: (reps,) each, without K.

    K exceeds the quantile of a single point, so whoever fails here fails the judge too.
    """
    sizes = np.array(setting.sizes)
    mean = np.stack([g.mean(axis=1) for g in sample])
    parts = np.stack([g.var(axis=1, ddof=1) / g.shape[1] for g in sample])

    def fit(kept: slice) -> np.ndarray:
        c = np.zeros(len(sizes))
        design = np.stack([np.ones(len(sizes)), sizes**-setting.order], axis=1)[kept]
        root = np.sqrt(sizes[kept] ** setting.noise_exponent)[:, None]
        columns = design if len(design) > 1 else design[:, :1]
        c[kept] = (np.linalg.pinv(columns * root) * root.T)[0]
        return c

    def estimate(c: np.ndarray, extra: float, tail: float) -> tuple[np.ndarray, np.ndarray]:
        u = c[:, None, None] ** 2 * parts
        squared = u.sum(axis=0) + extra**2
        dof = squared**2 / (u**2).sum(axis=0) * (setting.seeds - 1)
        return np.tensordot(c, mean, 1), stdtrit(dof, 1 - tail) * np.sqrt(squared)

    c = fit(slice(None))
    limit, width = estimate(c, setting.prediction_error, ALPHA_AGREES)
    _, single = estimate(c, setting.prediction_error, ALPHA_DISAGREES / 2)
    allowance = np.abs(limit - mean[-1])
    agree = np.all(np.abs(limit) + width + allowance <= MARGIN, axis=1)
    disagree = np.any(np.abs(limit) - 0.95 * single - allowance > MARGIN, axis=1)
    misfit = np.zeros_like(agree)
    if len(sizes) > 1:
        change, allowed = estimate(c - fit(slice(1, None)), 0.0, ALPHA_FIT / 2)
        misfit = np.any(np.abs(change) > 0.95 * allowed, axis=1)
    return agree, disagree, misfit


def count(
    setting: Setting, truth: np.ndarray, wanted: str, reps: int, rng: np.random.Generator
) -> int:
    """How many of `reps` toy claims get the wanted verdict; the judge sees all doubtful ones."""
    total = 0
    for start in range(0, reps, 500):
        sample = gaps(setting, truth, min(500, reps - start), rng)
        agree, disagree, misfit = screen(setting, sample)
        if wanted == "agrees":
            total += int(np.sum(agree & ~misfit))
            doubtful = np.flatnonzero(agree & misfit)
        else:
            doubtful = np.flatnonzero(disagree)
        total += sum(judged(setting, sample, i).verdict == wanted for i in doubtful)
    return total


def interval(k: int, n: int) -> str:
    """Rate k/n with its 95 % Clopper-Pearson interval."""
    low = betaincinv(k, n - k + 1, 0.025) if k else 0.0
    high = betaincinv(k + 1, n - k, 0.975) if k < n else 1.0
    return f"{k / n:.4f} ({low:.4f}-{high:.4f})"


def truths(setting: Setting) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Limits of the gap, of either sign: exact, at the margin in one point or in all, beyond it."""
    one = np.eye(setting.points)[0] * MARGIN
    all_ = np.full(setting.points, MARGIN)
    limits = {"exact": 0 * one, "one": one, "all": all_, "1.5": 1.5 * all_, "2": 2 * all_}
    return {name: (limit, -limit) for name, limit in limits.items()}


def error_rows(effort: float) -> Iterator[list[str]]:
    """Rows of the table of error rates and power."""
    plan = (
        ("exact", "agrees", 1000),
        ("exact", "disagrees", 5000),
        ("one", "agrees", 10000),
        ("all", "disagrees", 10000),
        ("1.5", "agrees", 5000),
        ("1.5", "disagrees", 250),
        ("2", "disagrees", 250),
    )
    for number, setting in enumerate(SETTINGS):
        rng = np.random.default_rng([2013, number])
        row = [setting.name]
        for name, wanted, reps in plan:
            n = max(20, int(effort * setting.share * reps))
            counts = [count(setting, t, wanted, n, rng) for t in truths(setting)[name]]
            small = name in ("one", "all") or (name, wanted) == ("exact", "disagrees")
            row.append(interval(max(counts), n) if small else f"{sum(counts) / (2 * n):.3f}")
        yield row


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
    allowance = np.abs(limit.value - means.mean[-1])
    without = intercept_coefficients(sizes[1:], means.seeds[1:], **fit)
    change = np.abs(limit.value - without @ means.mean[1:])
    t = t_quantile(limit.dof, ALPHA_AGREES) * error
    k = judgement.certain - allowance
    t_shared = t_quantile(limit.dof, ALPHA_AGREES / setting.points) * error
    k_shared = t_quantile(limit.dof, ALPHA_DISAGREES / 2 / setting.points) * error
    k_single = t_quantile(limit.dof, ALPHA_DISAGREES / 2) * error
    misfit = judgement.reason.startswith("lack of fit")
    wide = np.maximum(allowance, change)
    return {
        "this rule": judgement.verdict,
        "Bonferroni for both verdicts": decide(size, t_shared, k_shared, allowance, misfit),
        "no correction for either": decide(size, t, k_single, allowance, misfit),
        "no allowance": decide(size, t, k, 0.0, misfit),
        "no test of fit": decide(size, t, k, allowance, False),
        "allowance also for the change": decide(size, t, k, wide, misfit),
        "bootstrap of the largest gap": bootstrap_verdict(c, seeds, rng),
        "tolerance on the largest size": decide(np.abs(means.mean[-1]), 0.0, 0.0, 0.0, False),
    }


def decide(size, inner, outer, allowance, misfit) -> str:
    """Verdict from |a_j|, the half-widths of either verdict, the allowance, the lack of fit."""
    if misfit:
        return "inconclusive"
    if np.all(size + inner + allowance <= MARGIN):
        return "agrees"
    return "disagrees" if np.any(size - outer - allowance > MARGIN) else "inconclusive"


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
    Setting("16 seeds, independent"),
    Setting("order 1, truly 1/2, bias 12 %", true_order=0.5, bias=0.12),
    Setting("same, noise 4 times", true_order=0.5, bias=0.12, sigma=0.048),
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


def deterministic_rows(effort: float) -> Iterator[list[str]]:
    """Rows for routes that a step separates: gap + b h^order + c h^(2 order), random b and c.

    At the finest step b h^order has the standard deviation `width` margins and c h^(2 order) the
    fraction `next_` of it.
    """
    reps, points = max(50, int(3000 * effort)), 10
    for name, steps, true, declared, width, next_ in (
        ("order 1, three steps", (4, 2, 1), 1, 1, 0.3, 0.005),
        ("order 1, two steps", (2, 1), 1, 1, 0.3, 0.005),
        ("order 2, steps 5 : 2 : 1", (5, 2, 1), 2, 2, 0.3, 0.005),
        ("declared 1, truly 2", (4, 2, 1), 2, 1, 0.3, 0.005),
        ("declared 2, truly 1", (4, 2, 1), 1, 2, 0.3, 0.005),
        ("same, ten times the step error", (4, 2, 1), 1, 2, 3.0, 0.005),
        ("same, two steps", (2, 1), 1, 2, 3.0, 0.005),
        ("steps too large, three", (4, 2, 1), 1, 1, 0.3, 0.5),
        ("steps too large, two", (2, 1), 1, 1, 0.3, 0.5),
    ):
        rng, h = np.random.default_rng(1911), np.array(steps, dtype=float)[:, None]
        row = [name]
        for wrong in (0.0, 1.001, 1.5, 3.0):
            found = []
            for _ in range(reps):
                b, c = width * MARGIN * rng.standard_normal((2, points))
                g = wrong * MARGIN + b * h**true + next_ * c * h ** (2 * true)
                found.append(judge_deterministic(g, steps, order=declared, margin=MARGIN).verdict)
            row += [f"{found.count(v) / reps:.3f}" for v in ("agrees", "disagrees")]
        yield row


def show(title: str, header: list[str], rows: Iterator[list[str]]) -> None:
    """Print a markdown table row by row."""
    print(f"\n{title}\n\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def main(effort: float) -> None:
    rates = ["right agrees", "false disagrees"]
    edge = ["false agrees, one point at the margin", "false disagrees, all at the margin"]
    show(
        "Error rates and power",
        ["toy", *rates, *edge, "1.5: agrees", "1.5: disagrees", "2: disagrees"],
        error_rows(effort),
    )
    show(
        "Other rules",
        ["toy", "rule", *rates, *edge, "1.5: agrees", "2: disagrees"],
        alternative_rows(effort),
    )
    verdicts = [
        f"{w}: {v}" for w in ("exact", "1.001", "1.5", "3") for v in ("agrees", "disagrees")
    ]
    show("Deterministic routes", ["toy", *verdicts], deterministic_rows(effort))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
