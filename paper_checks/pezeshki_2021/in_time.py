"""The errors of training in time against ensembles of random designs."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements import pezeshki_2021 as routes
from lazyrich.theory.double_descent import covariance, multiscale
from lazyrich.theory.double_descent.multiscale import covariance_of, ridge_error, turning_points

Array = NDArray[np.float64]


SOURCE = "arXiv:2112.03215, "
DERIVED = SOURCE + "model of the paper; the closed form in time is derived here"
MODEL = {"sample_ratio": 1.3, "fast_share": 0.7, "condition_number": 10.0, "noise_var": 0.1}
TIMES = np.geomspace(0.1, 3e3, 24)
DESIGNS: dict[str, Any] = {
    "size": "n_features",
    "sizes": (50, 200, 800),
    "quick_sizes": (30, 120, 480),
    "order": 1.0,
    "noise_exponent": 2.0,
    "margin": 0.02,
}


def _curve(
    t: Any, sample_ratio: float, fast_share: float, condition_number: float, **given: Any
) -> Any:
    return multiscale.learning_curve(t, sample_ratio, 1.0, fast_share, condition_number, **given)


def error(t: Array, **given: Any) -> Array:
    return np.asarray(_curve(t, **given).error)


def order_parameters(t: Array, **given: Any) -> Array:
    """(R, Q) at each time."""
    curve = _curve(t, **given)
    return np.column_stack([curve.R, curve.Q])


def flow_error(t: Array, learning_rate: float, **given: Any) -> Array:
    """Altered: gradient flow in place of steps."""
    return error(t, **given)


def stopped_ridge(t: Array, sample_ratio: float, fast_share: float, **given: Any) -> Array:
    """Altered: ridge regression with penalty 1/t in place of training until t."""
    ratio = given.pop("condition_number")
    return ridge_error(sample_ratio, 1.0, fast_share, ratio, 1 / t, **given)


def one_scale(t: Array, condition_number: float, **given: Any) -> Array:
    """Altered: equal features."""
    return error(t, condition_number=1.0, **given)


def train_error(
    t: Array,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
    noise_var: float,
) -> Array:
    blocks = covariance_of(1.0, fast_share, condition_number)
    times = sample_ratio * t
    return covariance.learning_curve(times, blocks, sample_ratio, noise_var=noise_var).train


def train_without_noise(t: Array, noise_var: float, **given: Any) -> Array:
    """Altered: all label noise is fitted as fast as the signal."""
    return train_error(t, noise_var=0.0, **given) * (1 + noise_var)


def fast_alone(t: Array, sample_ratio: float, fast_share: float, noise_var: float) -> Array:
    """A student of the fast features only, for whom the slow part of the labels is noise."""
    unseen = 1 - fast_share
    blocks = covariance.BlockCovariance([1.0], [fast_share], [fast_share])
    curve = covariance.learning_curve(
        sample_ratio * t, blocks, sample_ratio, noise_var=noise_var + unseen
    )
    return unseen + curve.bias + curve.variance


def fast_without_noise(t: Array, fast_share: float, **given: Any) -> Array:
    """Altered: slow features do not disturb the fast ones."""
    curve = fast_alone(t, fast_share=fast_share, **given)
    blocks = covariance.BlockCovariance([1.0], [fast_share], [fast_share])
    ratio, noise_var = given["sample_ratio"], given["noise_var"]
    silent = covariance.learning_curve(ratio * t, blocks, ratio, noise_var=noise_var)
    noisy = covariance.learning_curve(
        ratio * t, blocks, ratio, noise_var=noise_var + 1 - fast_share
    )
    return curve + silent.variance - noisy.variance


def errors_at_condition_numbers(t: Array, condition_number: Array, **given: Any) -> Array:
    """(condition numbers, times)."""
    return np.array([error(t, condition_number=ratio, **given) for ratio in condition_number])


def turns(
    sample_ratio: float, fast_share: float, condition_number: Array, noise_var: float
) -> Array:
    """(condition numbers, 4): times of the first minimum and the maximum, and the errors there."""
    found = []
    for ratio in condition_number:
        t, height = turning_points(sample_ratio, 1.0, fast_share, ratio, noise_var=noise_var)
        found.append([*t[:2], *height[:2]])
    return np.array(found)


CLAIMS = [
    Ensemble(
        name="error-in-time",
        statement="The error of a student of two scales falls, rises and falls again in training time, "
        "as the two-point deterministic equivalent predicts.",
        source=DERIVED,
        prediction=error,
        measurement=routes.error_of_designs,
        parameters={"t": TIMES, **MODEL, "sample_ratio": 1.5, "noise_var": 0.02},
        coordinate="t",
        alternatives={"ridge with penalty 1/t": stopped_ridge, "equal features": one_scale},
        quantity="error 1 - 2R + Q",
        equation=r"$E=\mathcal{L}\mathcal{L}[\sum_km_kc_ka_ka_k'/(1-\gamma)]+\sigma^2(2A(t)-A(2t))$",
        cost=12.0,
        **DESIGNS,
    ),
    Ensemble(
        name="slow-features-act-as-noise",
        statement="Until slow features are learned, the student overtrains as one of the fast features "
        "alone, whose label noise is the slow part of the labels.",
        source=SOURCE + "first rise of the error explained by overfitting of fast features",
        prediction=fast_alone,
        measurement=partial(routes.error_of_designs, condition_number=1e3),
        parameters={
            "t": np.geomspace(0.1, 100, 16),
            "sample_ratio": 1.5,
            "fast_share": 0.6,
            "noise_var": 0.0,
        },
        coordinate="sample_ratio",
        alternatives={"slow features do not disturb": fast_without_noise},
        quantity="error 1 - 2R + Q",
        cost=12.0,
        **DESIGNS,
    ),
    Ensemble(
        name="order-parameters",
        statement="Overlap R with the teacher and norm Q of the student follow their closed forms in "
        "time.",
        source=DERIVED,
        prediction=order_parameters,
        measurement=routes.order_parameters_of_designs,
        parameters={"t": TIMES, **MODEL},
        coordinate="t",
        quantity="R, Q",
        equation=r"$1-R=\mathcal{L}[\sum_km_kc_k(\kappa/s)/(c_k+\kappa)](t)$",
        cost=15.0,
        **DESIGNS,
    ),
    Ensemble(
        name="training-error",
        statement="The training error falls monotonically through both descents to the unfitted part "
        "1 - d/n of the label noise.",
        source=DERIVED,
        prediction=train_error,
        measurement=routes.train_error_of_designs,
        parameters={"t": TIMES, **MODEL},
        coordinate="t",
        alternatives={"noise learned like the signal": train_without_noise},
        quantity="training error",
        equation=r"$\mathcal{L}[\sum_km_kc_k/(c_k+\kappa)+\sigma^2/\kappa](2t)$",
        cost=12.0,
        **DESIGNS,
    ),
    Ensemble(
        name="steps-of-descent",
        statement="Gradient descent with a large rate is predicted step by step, from the first one.",
        source=SOURCE + "discrete gradient descent; the closed form is derived here",
        prediction=error,
        measurement=routes.error_of_designs,
        parameters={
            "t": 0.4 * np.array([1, 2, 3, 4, 6, 10, 32, 33, 100, 1000, 10000]),
            "learning_rate": 0.4,
            **MODEL,
        },
        coordinate="noise_var",
        alternatives={"gradient flow": flow_error},
        quantity="error 1 - 2R + Q",
        equation=r"$e^{-\lambda t}\to(1-\eta\lambda)^k$",
        cost=12.0,
        **DESIGNS,
    ),
    Ensemble(
        name="condition-numbers",
        statement="The farther apart the scales, the later the second descent.",
        source=SOURCE + "epoch-wise double descent at several condition numbers",
        prediction=errors_at_condition_numbers,
        measurement=routes.error_at_condition_numbers,
        parameters={
            **MODEL,
            "t": np.geomspace(0.3, 1e3, 12),
            "condition_number": np.array([2.0, 5.0, 20.0]),
        },
        coordinate="condition_number",
        quantity="error 1 - 2R + Q",
        cost=15.0,
        **DESIGNS | {"sizes": (40, 160, 640)},
    ),
    Ensemble(
        name="turning-points",
        statement="Best stopping time, worst time and the errors there are those at which the "
        "predicted curve turns.",
        source=SOURCE + "minimum and peak of the epoch-wise curve",
        prediction=turns,
        measurement=routes.turning_points_of_designs,
        parameters={
            "sample_ratio": 1.5,
            "fast_share": 0.6,
            "condition_number": np.array([10.0, 20.0, 50.0]),
            "noise_var": 0.0,
        },
        coordinate="condition_number",
        quantity="turning times and errors",
        cost=20.0,
        **DESIGNS | {"sizes": (40, 160, 640), "margin": 0.03},
    ),
]
