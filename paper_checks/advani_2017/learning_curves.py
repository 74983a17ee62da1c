"""Errors and weight norm in time, below, at and above ratio 1."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements.advani_2017 import designs
from lazyrich.theory.double_descent import isotropic

Array = NDArray[np.float64]
SOURCE = "arXiv:1710.03667, "


def curve(t: Any, sample_ratio: Any, quantity: str = "test", **physics: Any) -> Array:
    """One quantity of the learning curve: (times, ratios)."""
    times = np.asarray(t) if np.ndim(sample_ratio) == 0 else np.asarray(t)[:, None]
    ratios = np.asarray(sample_ratio, dtype=float)
    return getattr(isotropic.learning_curve(times, ratios, **physics), quantity)


def test_error(t: Any, sample_ratio: Any, **physics: Any) -> Array:
    return curve(t, sample_ratio, "test", **physics)


def train_error(t: Any, sample_ratio: Any, **physics: Any) -> Array:
    return curve(t, sample_ratio, "train", **physics)


def weight_norm(t: Any, sample_ratio: Any, **physics: Any) -> Array:
    return curve(t, sample_ratio, "weight_norm", **physics)


def without_frozen_part(t: Any, sample_ratio: Any, **physics: Any) -> Array:
    """Altered: directions without samples cost nothing."""
    null = np.maximum(0, 1 - np.asarray(sample_ratio))
    return test_error(t, sample_ratio, **physics) - null * (
        physics["teacher_power"] + physics["init_var"]
    )


def without_label_noise(t: Any, sample_ratio: Any, **physics: Any) -> Array:
    """Altered: the training error on clean labels."""
    return train_error(t, sample_ratio, **(physics | {"noise_var": 0.0}))


def without_fitted_noise(t: Any, sample_ratio: Any, **physics: Any) -> Array:
    """Altered: the weights do not fit noise."""
    return weight_norm(t, sample_ratio, **(physics | {"noise_var": 0.0}))


def by_start(t: Array, sample_ratio: float, init_var: Any, **physics: Any) -> Array:
    """Test error from several initial variances: (times, variances)."""
    starts = np.asarray(init_var)
    return isotropic.learning_curve(t[:, None], sample_ratio, init_var=starts, **physics).test


def forgetting_the_start(t: Array, sample_ratio: float, init_var: Any, **physics: Any) -> Array:
    """Altered: the start is forgotten also where there are no samples."""
    frozen = max(0.0, 1 - sample_ratio) * np.asarray(init_var)
    return by_start(t, sample_ratio, init_var, **physics) - frozen


PHYSICS = {"teacher_power": 1.0, "init_var": 0.1, "noise_var": 0.3}
IN_TIME: dict[str, Any] = {
    "parameters": {
        "t": np.array([0.1, 0.2, 0.4, 0.7, 1.2, 2.0, 4.0, 7.0, 12.0, 25.0]),
        "sample_ratio": (0.5, 1.0, 2.0),
        **PHYSICS,
    },
    "measurement": designs.errors_in_time,
    "coordinate": "t",
    "sizes": (48, 192, 768),
    "quick_sizes": (24, 96, 384),
    "size": "n_inputs",
    "noise_exponent": 2.0,
    "margin": 0.01,
    "cost": 8.0,
}

CLAIMS = [
    Ensemble(
        name="test-error-in-time",
        statement="The test error falls while the teacher is learned and rises while noise is fitted, "
        "most at ratio 1; below it a part of the error is never removed.",
        source=SOURCE + "generalisation error in time below, at and above ratio 1",
        equation=r"$E_g=\sigma^2+(1-\alpha)_+(S+S_0)+\int'\rho[(S+S_0)q^2+\sigma^2(1-q)^2/\lambda]$",
        prediction=test_error,
        settings={"quantity": 0},
        quantity="test error",
        alternatives={"nothing is lost without samples": without_frozen_part},
        **IN_TIME,
    ),
    Ensemble(
        name="train-error-in-time",
        statement="The training error falls at every ratio, to zero below ratio 1.",
        source=SOURCE + "training error in time",
        equation=r"$E_{tr}=(1-1/\alpha)_+\sigma^2+\frac{1}{\alpha}\int'\rho[\lambda(S+S_0)+\sigma^2]q^2$",
        prediction=train_error,
        settings={"quantity": 1},
        quantity="train error",
        scale="initial",  # late ones hang on the smallest eigenvalue, which is no mean over N modes
        alternatives={"no label noise": without_label_noise},
        **IN_TIME,
    ),
    Ensemble(
        name="weight-norm-in-time",
        statement="The weights grow while noise is fitted, most at ratio 1.",
        source=SOURCE + "weight norm and the Rademacher bound",
        equation=r"$|w|^2/N=(1-\alpha)_+S_0+\int'\rho[S_0q^2+(1-q)^2(S+\sigma^2/\lambda)]$",
        prediction=weight_norm,
        settings={"quantity": 2},
        quantity="weight norm |w|^2/N",
        alternatives={"no noise is fitted": without_fitted_noise},
        **IN_TIME,
    ),
    Ensemble(
        name="descent-in-steps",
        statement="With (1 - eta lambda)^k in place of exp(-lambda t) all holds exactly for gradient "
        "descent, also where modes alternate (1 < eta lambda < 2).",
        source=SOURCE + "learning dynamics; in discrete steps, derived here",
        equation=r"$q=(1-\eta\lambda)^k$",
        prediction=test_error,
        measurement=designs.errors_in_time,
        parameters=PHYSICS
        | {
            "t": 0.2 * np.array([1, 2, 3, 5, 10, 30, 100]),
            "sample_ratio": 2.0,
            "learning_rate": 0.2,
        },
        settings={"quantity": 0},
        coordinate="sample_ratio",
        sizes=(48, 192, 768),
        quick_sizes=(24, 96, 384),
        size="n_inputs",
        noise_exponent=2.0,
        quantity="test error",
        margin=0.01,
        alternatives={
            "gradient flow": lambda learning_rate, **given: test_error(**given),
        },
        cost=6.0,
    ),
    Ensemble(
        name="initial-weights-add-to-the-teacher",
        statement="Initial weights raise the error at the start like a stronger teacher; along "
        "directions without samples they stay for ever.",
        source=SOURCE + "effect of the initial weights",
        equation=r"$S\to S+S_0$ in $E_g$",
        prediction=by_start,
        measurement=designs.errors_by_start,
        parameters={
            "t": np.array([0.2, 0.5, 1.0, 2.0, 5.0, 15.0]),
            "sample_ratio": 0.5,
            "init_var": (0.0, 0.5, 2.0),
            "teacher_power": 1.0,
            "noise_var": 0.2,
        },
        coordinate="init_var",
        sizes=(48, 192, 768),
        quick_sizes=(24, 96, 384),
        size="n_inputs",
        noise_exponent=2.0,
        quantity="test error",
        margin=0.01,
        alternatives={"the start is forgotten": forgetting_the_start},
        cost=5.0,
    ),
]
