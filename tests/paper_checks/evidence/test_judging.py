"""Verdicts against hand-computed cases, independent routes and toy claims of known truth."""

import numpy as np

from lazyrich.paper_checks.evidence.judging import (
    judge_deterministic,
    judge_ensemble,
    smallest_rejected,
)

SIZES = [64.0, 256.0, 1024.0]


def toy(rng, wrong=0.0, sigma=0.01, seeds=16, points=5):
    return [wrong + 1 / n + sigma * rng.standard_normal((seeds, points)) for n in SIZES]


def verdict(gaps, **changes):
    settings = dict(order=1.0, noise_exponent=0.0, margin=0.03) | changes
    return judge_ensemble(gaps, SIZES, **settings).verdict


def test_right_wrong_and_noisy_predictions():
    rng = np.random.default_rng(1)
    assert verdict(toy(rng)) == "agrees"
    assert verdict(toy(rng, wrong=0.1)) == "disagrees"
    assert verdict(toy(rng, sigma=0.3)) == "inconclusive"


def test_deterministic_verdicts():
    assert judge_deterministic([[0.01, -0.02]], None, order=None, margin=0.02).verdict == "agrees"
    assert judge_deterministic([[0.03, 0.0]], None, order=None, margin=0.02).verdict == "disagrees"


def test_smallest_rejected_needs_both_signs():
    def one_sided(e):
        return "disagrees" if e > 0.01 or e < -0.2 else "inconclusive"

    assert 0.2 <= smallest_rejected(one_sided) <= 0.2 * 1.01
