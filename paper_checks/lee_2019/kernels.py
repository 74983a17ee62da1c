"""Finite networks have random kernels that move in training: by how much."""

from functools import partial
from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.lee_2019 import predictions
from lazyrich.paper_checks.lee_2019.settings import ONE_LAYER, SCALES, SOURCE, TASK, on_circle
from lazyrich.paper_checks.measurements.lee_2019 import kernels as routes

RELU: dict[str, Any] = {"hidden_layers": 1, "activation": "relu", **SCALES}

CLAIMS = [
    Ensemble(
        name="kernel-fluctuates-as-one-over-root-n",
        statement="The NTK of one hidden ReLU layer has a variance of exactly order 1/n between networks: 3/n on the "
        "diagonal without biases.",
        source=SOURCE
        + "convergence of the empirical kernel at the start; the variance derived here",
        equation=r"$n\,\mathrm{Var}\,\Theta(x,x')=\sigma_w^4[J_2+2SJ_1+3S^2J_0-(J_1+SJ_0)^2]$",
        prediction=predictions.relu_variances,
        measurement=routes.variances_at_the_start,
        parameters=RELU
        | {
            "sigma_w": 1.0,
            "sigma_b": 0.0,
            "X": on_circle(0, 60, 110),
            "width": np.array([32.0, 64.0, 128.0]),
        },
        coordinate="width",
        sizes=(16000,),
        quick_sizes=(4000,),
        size="networks",
        quantity="variance of the NTK",
        margin=0.02,
        alternatives={
            "1/n^2": lambda width, **given: predictions.relu_variances(width**2, **given)
        },
        cost=6.0,
    ),
    Ensemble(
        name="smooth-kernels-move-as-one-over-n",
        statement="While erf networks train, their mean kernel stays that of infinite width up to O(1/n).",
        source=SOURCE + "theorem 2.1, which bounds this by O(1/sqrt n), and the observed 1/n",
        equation=r"$\langle\hat\Theta_t\rangle=\Theta+O(1/n)$",
        prediction=predictions.mean_kernels,
        measurement=routes.mean_after_training,
        parameters={"X": TASK["X"], "y": TASK["y"]}
        | ONE_LAYER
        | {"step": (1, 2, 4), "learning_rate": 0.2},
        settings={"families": 32, "pairs": 5},
        coordinate="sigma_w",
        scale=1.0,
        sizes=(64, 256, 1024),
        quick_sizes=(32, 128, 512),
        size="width",
        noise_exponent=1.0,
        quantity="NTK",
        margin=0.03,
        cost=5.0,
    ),
    Ensemble(
        name="relu-kernels-move-as-one-over-root-n",
        statement="The kernel of ReLU networks moves by O(1/sqrt n) in training, not by O(1/n): a step switches units "
        "near their kink off, but none on.",
        source=SOURCE + "theorem 2.1 and the observed 1/n; for ReLU corrected and derived here",
        equation=r"$\langle\Delta\Theta\rangle=\frac{\sigma_w^2S}{\pi}[(1+\alpha^2)(\pi-\arctan\alpha)"
        r"+\frac{2\alpha^3}{1+\alpha^2}-\pi]-\frac{2\eta\sigma_w^4S^2}{n},\ \alpha=\eta\sigma_w|f-y|\sqrt{S/n}$",
        prediction=predictions.relu_kernel_change,
        measurement=routes.change_in_a_step,
        parameters=RELU | {"X": [[1.0, 1.0]], "y": (6.0,), "learning_rate": np.array([0.05, 0.1])},
        settings={"networks": 10000},
        coordinate=None,
        sizes=(16, 64, 256),
        quick_sizes=(8, 32, 128),
        size="width",
        noise_exponent=0.5,
        quantity="change of the NTK",
        margin=0.025,
        alternatives={
            "twice as many units are switched off": partial(predictions.change_with_switching, 2.0),
        },
        cost=8.0,
    ),
]
