"""Students that are smaller or larger than their teacher."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements.advani_2017 import student_size as routes
from lazyrich.theory.double_descent import isotropic

Array = NDArray[np.float64]
SOURCE = "arXiv:1710.03667, "


def curve(t: Any, size_ratio: Any, sample_ratio: float, quantity: str, **physics: Any) -> Array:
    """One quantity of the size sweep: (times, sizes)."""
    found = isotropic.student_size_curve(
        np.asarray(t)[:, None], np.asarray(size_ratio), sample_ratio, **physics
    )
    return getattr(found, quantity)


def test_error(**given: Any) -> Array:
    return curve(quantity="test", **given)


def train_error(**given: Any) -> Array:
    return curve(quantity="train", **given)


def weight_norm(**given: Any) -> Array:
    return curve(quantity="weight_norm", **given)


def without_unseen_part(size_ratio: Any, teacher_power: float, **given: Any) -> Array:
    """Altered: the student's error leaves out what it cannot see, which is no noise either."""
    seen = np.minimum(1, size_ratio)
    found = isotropic.learning_curve(
        np.asarray(size_ratio) * np.asarray(given["t"])[:, None],
        given["sample_ratio"] / np.asarray(size_ratio),
        teacher_power=seen * teacher_power,
        init_var=np.asarray(size_ratio) * given["init_var"],
        noise_var=given["noise_var"],
    )
    return found.test


def least_error(
    size_ratio: Any, sample_ratio: float, teacher_power: float, noise_var: float
) -> Array:
    """Test error of each size at its own best time."""
    size = np.asarray(size_ratio)
    seen = np.minimum(1, size)
    noise = noise_var + (1 - seen) * teacher_power
    ratio = sample_ratio / size
    times = isotropic.optimal_stopping_time(ratio, seen * teacher_power / noise) / size
    return isotropic.student_size_curve(
        times, size, sample_ratio, teacher_power=teacher_power, noise_var=noise_var
    ).test


def error_late(
    size_ratio: Any, sample_ratio: float, teacher_power: float, noise_var: float
) -> Array:
    """Altered: training goes on to t = 30."""
    given = {"teacher_power": teacher_power, "noise_var": noise_var}
    return isotropic.student_size_curve(30.0, np.asarray(size_ratio), sample_ratio, **given).test


SWEEP: dict[str, Any] = {
    "measurement": routes.errors_by_size,
    "parameters": {
        "t": np.array([0.5, 2.0, 8.0, 30.0]),
        "size_ratio": (0.25, 0.5, 0.75, 1.0, 1.5, 2.0),
        "sample_ratio": 0.75,
        "teacher_power": 1.0,
        "init_var": 0.2,
        "noise_var": 0.2,
    },
    "coordinate": "t",
    "sizes": (32, 128, 512),
    "quick_sizes": (24, 96, 384),
    "size": "n_teacher",
    "noise_exponent": 2.0,
    "margin": 0.01,
    "cost": 15.0,
}

CLAIMS = [
    Ensemble(
        name="error-against-size-late",
        statement="Late in training the error peaks where the student has as many weights as samples; "
        "inputs that it does not see act as label noise.",
        source=SOURCE + "error against the number of parameters",
        equation=r"$\alpha\to P/N_s,\ t\to at,\ S\to mS,\ \sigma^2\to\sigma^2+(1-m)S$",
        prediction=test_error,
        settings={"quantity": 0},
        quantity="test error",
        alternatives={"unseen inputs do not count": without_unseen_part},
        seeds=24,
        **SWEEP,
    ),
    Ensemble(
        name="train-error-against-size",
        statement="Students with more weights than samples fit all labels late in training.",
        source=SOURCE + "error against the number of parameters",
        prediction=train_error,
        settings={"quantity": 1},
        quantity="train error",
        scale="initial",  # as in time
        seeds=24,
        **SWEEP,
    ),
    Ensemble(
        name="weight-norm-against-size",
        statement="The norm a weight of the student follows the same map of sizes.",
        source=SOURCE + "error against the number of parameters",
        prediction=weight_norm,
        settings={"quantity": 2},
        quantity="norm a weight |w|^2/N_s",
        seeds=64,
        **SWEEP,
    ),
    Ensemble(
        name="no-peak-at-the-best-time",
        statement="Stopped at its best time the error has no peak where weights and samples are as many; "
        "it falls until the student sees all that the teacher sees.",
        source=SOURCE + "error against the number of parameters with early stopping",
        prediction=least_error,
        measurement=routes.least_errors_by_size,
        parameters={
            "size_ratio": (0.25, 0.5, 0.75, 1.0, 1.5, 2.0),
            "sample_ratio": 0.75,
            "teacher_power": 1.0,
            "noise_var": 0.2,
        },
        coordinate="size_ratio",
        sizes=(32, 128, 512),
        quick_sizes=(24, 96, 384),
        size="n_teacher",
        noise_exponent=2.0,
        quantity="least test error in time",
        margin=0.01,
        alternatives={"trained until t = 30": error_late},
        cost=15.0,
    ),
]
