"""Training in time: rise and fall of the risk, its end, and the best stopping time."""

from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements import mei_2019 as routes
from lazyrich.paper_checks.mei_2019.declared import ENSEMBLE, LESS_WIDE, SOURCE
from lazyrich.paper_checks.predictions import mei_2019 as predictions

IN_TIME = "derived here for the paper's setting"
TRAINED: dict[str, Any] = {
    "t": np.geomspace(0.1, 300.0, 9),
    "feature_ratio": 1.5,
    "sample_ratio": 2.0,
    "noise_var": 0.2,
    "weight_seed": 1908,
}

CLAIMS = [
    Ensemble(
        name="flow-ends-at-the-interpolator",
        statement="Gradient flow on the readout of erf features ends at the ridgeless risk on both sides of "
        "p = n.",
        source=SOURCE + "ridgeless limit; gradient flow from zero ends there",
        equation=r"$a(t\to\infty)=\Phi^+y$",
        prediction=predictions.flow_end,
        measurement=routes.flow_end,
        parameters={
            "feature_ratio": np.array([0.25, 0.5, 2.0, 3.0, 4.0]),
            "sample_ratio": 1.0,
            "noise_var": 0.5,
            "activation": "erf",
        },
        coordinate="feature_ratio",
        quantity="excess risk",
        cost=7.0,
        **ENSEMBLE | {"sizes": (24, 96, 384)},
    ),
    Ensemble(
        name="rise-and-fall-in-time",
        statement="For given weights the risk first falls and then rises in time, as in linear regression on "
        "inputs of the features' covariance; what the features cannot express acts as label noise.",
        source=IN_TIME,
        equation=r"$c_i=(\mu_1^2s_i+\mu_*^2)/p,\ \sigma^2\to\sigma^2+\tau^2$",
        prediction=predictions.errors_in_time,
        measurement=routes.errors_in_time,
        parameters=TRAINED | {"activation": "relu"},
        settings={"equivalent": True},
        coordinate="t",
        quantity="risk; variance for unit noise",
        cost=1.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="relu-features-in-time",
        statement="Real ReLU features of given weights fall and rise with their Gaussian equivalents.",
        source=IN_TIME,
        prediction=predictions.errors_in_time,
        measurement=routes.errors_in_time,
        parameters=TRAINED | {"activation": "relu"},
        coordinate="t",
        quantity="risk; variance for unit noise",
        cost=1.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="gradient-descent-with-large-steps",
        statement="Students trained step by step, at a third of the largest stable learning rate, follow the "
        "theory of gradient descent, not that of the flow.",
        source=IN_TIME,
        equation=r"$e^{-\lambda t}\to(1-\eta\lambda)^{t/\eta}$",
        prediction=predictions.errors_in_time,
        measurement=routes.descended_errors,
        parameters=TRAINED
        | {
            "t": 0.5 * np.array([1.0, 2.0, 4.0, 8.0, 20.0, 60.0]),
            "learning_rate": 0.5,
            "activation": "relu",
        },
        coordinate=None,
        alternatives={"gradient flow": predictions.flow_errors},
        quantity="risk; variance for unit noise",
        cost=15.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="best-stopping-has-no-peak",
        statement="Stopped at the best of twelve times, the risk falls steadily with the number of ReLU "
        "features, although late in time it peaks at p = n.",
        source=IN_TIME,
        prediction=predictions.stopped_risk,
        measurement=routes.stopped_risk,
        parameters={
            "t": np.geomspace(0.2, 400.0, 12),
            "feature_ratio": np.array([0.5, 0.75, 1.0, 1.5, 2.0]),
            "sample_ratio": 1.0,
            "noise_var": 0.5,
            "activation": "relu",
            "weight_seed": 1908,
        },
        coordinate=None,
        alternatives={"at the last time": predictions.last_risk},
        quantity="excess risk at the best time",
        cost=1.0,
        **LESS_WIDE,
    ),
]
