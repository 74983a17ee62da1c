"""Networks that are linear in their parameters, and how closely wide networks follow theirs."""

from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.lee_2019 import predictions
from lazyrich.paper_checks.lee_2019.settings import SOURCE, TASK, TWO_LAYERS
from lazyrich.paper_checks.measurements.lee_2019 import linearised as routes

ONE_NETWORK: dict[str, Any] = TASK | TWO_LAYERS | {"seed": 0, "width": 12}
EXACT: dict[str, Any] = {"margin": 1e-8, "max_sensitivity": 1e-6, "scale": "maximum"}

CLAIMS = [
    Deterministic(
        name="linearised-descent",
        statement="Gradient descent in the parameters of a linearised network moves its outputs as powers of its "
        "empirical NTK say.",
        source=SOURCE + "equations 8 to 11, with finite steps",
        equation=r"$f_0+\Theta_*\Theta^{-1}(1-(1-\eta\Theta)^n)(y-f_0)$",
        prediction=predictions.linearised_descent,
        measurement=routes.test_outputs,
        parameters=ONE_NETWORK | {"step": (0, 1, 2, 5, 10, 20, 50), "learning_rate": 0.2},
        coordinate="learning_rate",
        quantity="test outputs",
        **EXACT,
        cost=1.0,
    ),
    Deterministic(
        name="linearised-flow",
        statement="With small steps the outputs of a linearised network follow the exponential of its NTK.",
        source=SOURCE + "equations 8 to 11",
        equation=r"$f_0+\Theta_*\Theta^{-1}(1-e^{-\Theta t})(y-f_0)$",
        prediction=predictions.linearised_flow,
        measurement=routes.test_outputs_in_time,
        parameters=ONE_NETWORK | {"t": np.array([0.2, 0.4, 0.8, 1.6, 3.2])},
        coordinate="t",
        scale="maximum",
        steps=(2e-3, 1e-3, 5e-4),
        quantity="test outputs",
        margin=1e-3,
        max_sensitivity=0.01,
        cost=1.0,
    ),
    Deterministic(
        name="kernel-regression-at-the-end",
        statement="In the end a linearised network has the solution of least squares nearest to its start, which is "
        "kernel regression with its NTK.",
        source=SOURCE + "section 2.2, t to infinity",
        equation=r"$f_0+\Theta_*\Theta^{-1}(y-f_0)$",
        prediction=predictions.kernel_regression,
        measurement=routes.least_squares_outputs,
        parameters=ONE_NETWORK | {"y_scale": np.array([-1.0, 0.5, 1.0, 2.0])},
        coordinate="y_scale",
        quantity="test outputs",
        **EXACT,
        cost=1.0,
    ),
    Deterministic(
        name="threshold-learning-rate",
        statement="Gradient descent on a linearised network converges exactly below the learning rate "
        "2/lambda_max(NTK); the published 2/(lambda_min + lambda_max) is sufficient, not sharp.",
        source=SOURCE + "theorem 2.1; the sharp value derived here",
        equation=r"$2/\lambda_{\max}(\Theta)$",
        prediction=predictions.thresholds,
        measurement=routes.threshold,
        parameters=ONE_NETWORK | {"sigma_w": np.array([0.8, 1.0, 1.2, 1.5]), "steps": 3000},
        coordinate="sigma_w",
        quantity="learning rate",
        margin=1e-3,
        max_sensitivity=0.01,
        alternatives={"2/(lambda_min + lambda_max)": predictions.sufficient_thresholds},
        cost=4.0,
    ),
    Ensemble(
        name="networks-follow-their-linearisation",
        statement="Networks of width n and two hidden layers follow their own linearisation up to O(1/n).",
        source=SOURCE
        + "theorem 2.1, which bounds this by O(1/sqrt n), and the observed 1/n of smooth activations",
        equation=r"$f_t-f_t^{\mathrm{lin}}=O(1/n)$",
        prediction=predictions.paired_descent,
        measurement=routes.networks_and_their_kernels,
        paired=True,
        parameters=TASK | TWO_LAYERS | {"step": (1, 2, 4, 8, 16), "learning_rate": 0.1},
        coordinate="learning_rate",
        scale=1.0,
        sizes=(128, 512, 2048),
        quick_sizes=(32, 128, 512),
        size="width",
        seeds=24,
        noise_exponent=2.0,
        quantity="test outputs",
        margin=0.01,
        cost=6.0,
    ),
]
