"""Ridge regression on two scales: the coupled form, and where the published one is right."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements import pezeshki_2021 as routes
from lazyrich.paper_checks.pezeshki_2021.in_time import DESIGNS
from lazyrich.theory.double_descent.covariance import ridge_learning_curve
from lazyrich.theory.double_descent.multiscale import (
    covariance_of,
    published_ridge_error,
    ridge_error,
)

Array = NDArray[np.float64]


SOURCE = "arXiv:2112.03215, "


def ridge(penalty: Array, sample_ratio: float, fast_share: float, **given: Any) -> Array:
    ratio = given.pop("condition_number")
    return ridge_error(sample_ratio, 1.0, fast_share, ratio, penalty, **given)


def published_ridge(penalty: Array, sample_ratio: float, fast_share: float, **given: Any) -> Array:
    ratio = given.pop("condition_number")
    return published_ridge_error(sample_ratio, 1.0, fast_share, ratio, penalty, **given)


def penalised_flow(
    t: Array,
    penalty: Array,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
    noise_var: float,
) -> Array:
    """(penalties, times)."""
    blocks = covariance_of(1.0, fast_share, condition_number)
    curves = [
        ridge_learning_curve(
            sample_ratio * t, blocks, sample_ratio, ridge / sample_ratio, noise_var=noise_var
        )
        for ridge in penalty
    ]
    return np.array([curve.bias + curve.variance for curve in curves])


def end_of_training(t: Array, penalty: Array, **given: Any) -> Array:
    """Altered: ridge regression of penalty + 1/t in place of the flow until t."""
    return np.array([ridge(each + 1 / t, **given) for each in penalty])


CLAIMS = [
    Ensemble(
        name="coupled-ridge",
        statement="Ridge regression couples fast and slow features through one kappa; the published "
        "form, in which each block sees all samples, is too low once slow features are learned.",
        source=SOURCE + "replica solution, corrected",
        prediction=ridge,
        measurement=routes.ridge_errors_of_designs,
        parameters={
            "penalty": 2 / np.geomspace(1, 1e4, 9),
            "sample_ratio": 1.5,
            "fast_share": 0.6,
            "condition_number": 50.0,
            "noise_var": 0.0,
        },
        coordinate="penalty",
        alternatives={"published form, decoupled": published_ridge},
        quantity="error 1 - 2R + Q",
        equation=r"$\lambda/n=\kappa(1-\frac{1}{n}\sum_kn_kc_k/(c_k+\kappa))$",
        cost=15.0,
        **DESIGNS,
    ),
    Ensemble(
        name="ridge-with-few-samples",
        statement="With fewer samples than features the coupled form holds, where the published one "
        "turns negative.",
        source=SOURCE + "replica solution, corrected",
        prediction=ridge,
        measurement=routes.ridge_errors_of_designs,
        parameters={
            "penalty": 2 / np.geomspace(1, 1e4, 9),
            "sample_ratio": 0.6,
            "fast_share": 0.4,
            "condition_number": 20.0,
            "noise_var": 0.09,
        },
        coordinate="sample_ratio",
        alternatives={"published form, decoupled": published_ridge},
        quantity="error 1 - 2R + Q",
        cost=15.0,
        **DESIGNS,
    ),
    Ensemble(
        name="decoupled-while-slow-features-sleep",
        statement="The published form is right as long as kappa stays far above the slow eigenvalue.",
        source=SOURCE + "replica solution",
        prediction=published_ridge,
        measurement=routes.ridge_errors_of_designs,
        parameters={
            "penalty": 2 / np.geomspace(0.5, 100, 9),
            "sample_ratio": 1.5,
            "fast_share": 0.6,
            "condition_number": 1e3,
            "noise_var": 0.0,
        },
        coordinate="sample_ratio",
        quantity="error 1 - 2R + Q",
        equation=r"$E=1-2(R_1+R_2)+Q_1+Q_2$",
        cost=15.0,
        **DESIGNS | {"margin": 0.01},
    ),
    Ensemble(
        name="penalised-training",
        statement="With a ridge penalty the error in time keeps its closed form, kappa being taken at "
        "s + penalty; the penalty flattens the peak.",
        source=SOURCE + "error over training time and ridge penalty",
        prediction=penalised_flow,
        measurement=routes.penalised_flow_of_designs,
        parameters={
            "t": np.geomspace(0.1, 3e3, 12),
            "penalty": np.array([1e-3, 1e-2, 0.1, 1.0]),
            "sample_ratio": 1.2,
            "fast_share": 0.8,
            "condition_number": 10.0,
            "noise_var": 0.04,
        },
        coordinate="sample_ratio",
        alternatives={"ridge of penalty + 1/t": end_of_training},
        quantity="error 1 - 2R + Q",
        cost=4.0,
        **DESIGNS,
    ),
]
