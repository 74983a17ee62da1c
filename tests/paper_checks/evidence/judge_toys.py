"""Toy claims of known truth: gaps of declared noise, bias and limit, and the judge's word on them."""

from typing import NamedTuple

import numpy as np

from lazyrich.paper_checks.evidence.judging import Judgement, judge_ensemble

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
    independent = 1 if setting.correlation == "common" else setting.points
    error = setting.prediction_error * rng.standard_normal((reps, 1, independent))
    found = []
    for size in setting.sizes:
        x = (size / setting.sizes[0]) ** -setting.true_order
        bias = (setting.bias * x + setting.curvature * x**2) * profile
        found.append(truth + bias + error + noise(setting, size, reps, rng))
    return found


def judged(setting: Setting, sample: list[np.ndarray], i: int) -> Judgement:
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


def truths(setting: Setting) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Limits of the gap, of either sign: exact, at the margin in one point or in all, beyond it."""
    one = np.eye(setting.points)[0] * MARGIN
    all_ = np.full(setting.points, MARGIN)
    limits = {"exact": 0 * one, "one": one, "all": all_, "1.5": 1.5 * all_, "2": 2 * all_}
    return {name: (limit, -limit) for name, limit in limits.items()}
