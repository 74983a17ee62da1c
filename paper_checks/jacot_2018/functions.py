"""Functions that trained networks compute: Gaussian over the random starts, narrow near the data."""

from functools import partial
from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements.jacot_2018 import networks as routes
from lazyrich.paper_checks.predictions import jacot_2018 as predictions

SOURCE = "arXiv:1806.07572, "
FOUR_POINTS: dict[str, Any] = {
    "angle": np.linspace(-np.pi, np.pi, 8, endpoint=False) + 0.2,
    "train_angle": (-2.2, -0.6, 0.5, 1.9),
    "y": (0.75, -0.45, 0.9, -0.6),
    "learning_rate": 0.6,
    "sigma_b": 0.1,
}

CLAIMS = [
    Ensemble(
        name="covariance-at-initialisation",
        statement="At the start the outputs of wide networks at two inputs have the covariance of a Gaussian "
        "process.",
        source=SOURCE + "proposition 1",
        equation=r"$E f(x)f(x^\prime)\to\Sigma^{(4)}(x,x^\prime)$",
        prediction=partial(predictions.kernel_row, kind="nngp"),
        measurement=routes.covariance_at_start,
        parameters={"angle": np.linspace(0, np.pi, 9), "hidden_layers": 3, "sigma_b": 0.1},
        settings={"entries": 12288},
        coordinate=None,
        sizes=(16, 64, 256),
        quick_sizes=(8, 32, 128),
        size="width",
        seeds=48,
        noise_exponent=0.0,  # 12288/width networks are averaged
        margin=0.02,
        quantity="covariance of outputs",
        alternatives={
            "neural tangent kernel": predictions.kernel_row,
            "the paper's depth taken for hidden layers": lambda hidden_layers, **given: (
                predictions.kernel_row(hidden_layers=hidden_layers + 1, kind="nngp", **given)
            ),
        },
        cost=5.0,
    ),
    Ensemble(
        name="gaussian-at-initialisation",
        statement="At the start the output of wide networks is Gaussian over their parameters: percentiles 10, 25, "
        "75 and 90 %.",
        source=SOURCE + "proposition 1, and the figure of functions on the circle",
        equation=r"$f_0(x)\to N(0,\Sigma^{(4)}(x,x))$",
        prediction=predictions.percentiles_at_start,
        measurement=routes.percentiles_at_start,
        parameters={
            "level": np.array([0.1, 0.25, 0.75, 0.9]),
            "hidden_layers": 3,
            "sigma_b": 0.1,
        },
        settings={"entries": 6144},
        coordinate=None,
        sizes=(32, 128, 512),
        quick_sizes=(16, 64, 256),
        size="width",
        seeds=32,
        margin=0.02,
        quantity="percentile of the output",
        alternatives={"logistic": predictions.logistic_percentiles_at_start},
        cost=5.0,
    ),
    Ensemble(
        name="percentiles-of-functions",
        statement="Over their random starts the functions of networks stay Gaussian while they learn four points: "
        "percentiles 10, 50 and 90 %.",
        source=SOURCE + "section on least squares, and the figure of functions on the circle",
        equation=r"$f_t(x)\sim N(m_t(x),s_t^2(x))$",
        prediction=predictions.percentiles,
        measurement=routes.percentiles_of_networks,
        parameters=FOUR_POINTS | {"steps": (2, 6), "hidden_layers": 1},
        settings={"networks": 1536},
        coordinate="y",
        scale=0.9,  # the largest label
        sizes=(64, 256, 1024),
        size="width",
        seeds=16,
        margin=0.025,
        quantity="percentiles of f",
        alternatives={
            "posterior of the Gaussian process": partial(predictions.percentiles, kind="posterior")
        },
        cost=15.0,
    ),
    Ensemble(
        name="functions-follow-the-limiting-kernel",
        statement="What wide networks of depth 3 learn, also between the data, is kernel gradient descent with the "
        "limiting kernel.",
        source=SOURCE + "section on least squares regression",
        equation=r"$f_t(x)-f_0(x)=\Theta(x,X)\Theta^{-1}(1-e^{-t\Theta})(y-f_0(X))$",
        prediction=predictions.learned,
        measurement=routes.learned_functions,
        parameters=FOUR_POINTS
        | {"y": (0.08, -0.06, 0.1, -0.07), "steps": (3, 10), "hidden_layers": 2},
        settings={"entries": 8192},
        coordinate="y",
        scale="maximum",
        sizes=(32, 128, 512),
        quick_sizes=(16, 64, 256),
        size="width",
        seeds=40,
        noise_exponent=0.0,  # 8192/width networks are averaged
        margin=0.02,
        quantity="f - f_0",
        alternatives={"kernel of the outputs": partial(predictions.learned, kind="nngp")},
        cost=15.0,
    ),
]
