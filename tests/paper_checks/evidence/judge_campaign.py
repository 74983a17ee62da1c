"""Error rates of the judge on toy claims of known truth, as markdown tables.

Run from the repository root: python -m tests.paper_checks.evidence.judge_campaign [effort]
An effort of 1 takes about ten minutes on one core; 0.02 is a smoke run.
"""

import sys
from collections.abc import Iterator

import numpy as np
from scipy.special import betaincinv, stdtrit

from lazyrich.paper_checks.evidence.judging import (
    ALPHA_AGREES,
    ALPHA_DISAGREES,
    ALPHA_FIT,
    judge_deterministic,
)
from tests.paper_checks.evidence.judge_alternatives import alternative_rows
from tests.paper_checks.evidence.judge_toys import MARGIN, Setting, gaps, judged, truths

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
    Setting("common mode and prediction error", correlation="common", prediction_error=0.003),
    Setting(
        "order 1, truly 1/2, bias 48 %, noise 8 times",
        true_order=0.5,
        bias=0.48,
        sigma=0.1,
        share=0.1,
    ),
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
