"""Linear students that learn signs, some of them flipped."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.malignant_tail_2026.declared import FINITE, SOURCE
from lazyrich.paper_checks.measurements import malignant_tail_2026 as routes
from lazyrich.theory.double_descent import truncation

Array = NDArray[np.float64]


def class_errors(t: Array, flip_probability: Array, sample_ratio: float) -> Array:
    """Class error: (flips, times)."""
    return truncation.label_flip_error(t, sample_ratio, flip_probability[:, None])


def best_times(flip_probability: Array, sample_ratio: float) -> Array:
    """Time of the smallest class error, for each flip probability."""
    from scipy.optimize import minimize_scalar

    def error(log_t: float, p: float) -> float:
        return float(truncation.label_flip_error(np.exp(log_t), sample_ratio, p))

    found = [
        minimize_scalar(error, bounds=(-4, 4), args=(p,), method="bounded", options={"xatol": 1e-6})
        for p in flip_probability
    ]
    return np.exp([each.x for each in found])


FLIP_SIZES: dict[str, Any] = {
    "sizes": (40, 160, 640),
    "quick_sizes": (20, 80, 320),
    "noise_exponent": 1.0,
}

CLAIMS = [
    Ensemble(
        name="class-error-with-flips",
        statement="Linear students of flipped signs err on the angle between teacher and student; flips "
        "shrink the teacher by 1 - 2p and add the noise 1 - (2/pi)(1 - 2p)^2.",
        source=SOURCE + "label noise in classification; the angle derived here",
        equation=r"$\arccos(R/\sqrt{Q})/\pi$",
        prediction=class_errors,
        measurement=routes.class_errors,
        parameters={
            "t": np.geomspace(0.3, 1e3, 12),
            "flip_probability": np.array([0.0, 0.1, 0.2, 0.3, 0.4]),
            "sample_ratio": 1.5,
        },
        coordinate="flip_probability",
        size="n_inputs",
        quantity="class error",
        alternatives={
            "as at the end": lambda t, **given: class_errors(np.full(len(t), np.inf), **given),
            "signs without a remainder": lambda t, flip_probability, sample_ratio: class_errors(
                t, 0 * flip_probability, sample_ratio
            ),
        },
        **FINITE | FLIP_SIZES | {"margin": 0.015},
        cost=5.0,
    ),
    Ensemble(
        name="overtraining-moves-earlier",
        statement="The more labels are flipped, the earlier the class error is smallest.",
        source=SOURCE + "noise memorization under label noise",
        equation=r"$\arg\min_t\ \arccos(R/\sqrt{Q})/\pi$",
        prediction=best_times,
        measurement=routes.time_of_smallest_class_error,
        parameters={
            "flip_probability": np.array([0.0, 0.05, 0.1, 0.15, 0.2]),
            "sample_ratio": 1.5,
        },
        settings={"t": np.geomspace(0.1, 10, 32)},
        coordinate="flip_probability",
        size="n_inputs",
        quantity="best time",
        alternatives={
            "the same time for all flips": lambda flip_probability, sample_ratio: best_times(
                0 * flip_probability, sample_ratio
            )
        },
        **FINITE | FLIP_SIZES | {"seeds": 208, "margin": 0.02},
        cost=56.0,
    ),
]
