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
    "y": (0.5, -0.3, 0.6, -0.4),
    "learning_rate": 1.0,
    "sigma_b": 0.1,
}

CLAIMS = [
    Ensemble(
        name="percentiles-of-functions",
        statement="Over their random starts the functions of networks are Gaussian before, during and after "
        "training on four points: percentiles 10, 50 and 90 %.",
        source=SOURCE
        + "proposition 1, section on least squares, and the figure of functions on the circle",
        equation=r"$f_t(x)\sim N(m_t(x),s_t^2(x))$",
        prediction=predictions.percentiles,
        measurement=routes.percentiles_of_networks,
        parameters=FOUR_POINTS | {"steps": (0, 2, 20), "hidden_layers": 1},
        settings={"networks": 2048},
        coordinate="learning_rate",
        scale=0.6,  # the largest label
        sizes=(8, 32, 128),
        quick_sizes=(4, 16, 64),
        size="width",
        seeds=32,
        margin=0.03,
        quantity="percentiles of f",
        alternatives={
            "posterior of the Gaussian process": partial(predictions.percentiles, kind="posterior")
        },
        cost=15.0,
    ),
    Ensemble(
        name="functions-follow-the-limiting-kernel",
        statement="Wide networks of depth 4 compute what kernel gradient descent with the limiting kernel makes "
        "of their start, on average over few of them.",
        source=SOURCE + "section on least squares regression",
        equation=r"$f_t(x)=f_0(x)+\Theta(x,X)\Theta^{-1}(1-e^{-t\Theta})(y-f_0(X))$",
        prediction=predictions.linearised,
        measurement=routes.functions_and_starts,
        parameters=FOUR_POINTS | {"steps": (2, 8, 30), "hidden_layers": 3},
        settings={"entries": 2048},
        coordinate="learning_rate",
        scale=0.6,  # the largest label
        sizes=(16, 64, 256),
        quick_sizes=(8, 32, 128),
        size="width",
        seeds=32,
        noise_exponent=0.0,  # 2048/width networks are averaged
        paired=True,
        margin=0.03,
        quantity="f",
        alternatives={
            "kernel of the outputs": partial(predictions.linearised, kind="nngp"),
        },
        cost=15.0,
    ),
]
