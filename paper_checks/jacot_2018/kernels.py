"""The kernel on the circle: random at the start, less so in wide networks, and hardly moved by training."""

from functools import partial
from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements.jacot_2018 import networks as routes
from lazyrich.paper_checks.predictions import jacot_2018 as predictions

SOURCE = "arXiv:1806.07572, "
ANGLES = np.linspace(0, np.pi, 9)
PAPER: dict[str, Any] = {"angle": ANGLES, "hidden_layers": 3, "sigma_b": 0.1}

CLAIMS = [
    Ensemble(
        name="kernel-at-initialisation",
        statement="The kernel of random networks tends to a deterministic one as they get wider.",
        source=SOURCE + "theorem 1, and the figure of the kernel on the circle",
        equation=r"$\Theta_n(x,x^\prime)\to\Theta^{(4)}_\infty(x,x^\prime)$",
        prediction=predictions.kernel_row,
        measurement=routes.kernel_at_start,
        parameters=PAPER,
        settings={"entries": 12288},
        coordinate="angle",
        sizes=(16, 64, 256),
        quick_sizes=(8, 32, 128),
        size="width",
        seeds=48,
        noise_exponent=0.0,  # 12288/width networks are averaged
        margin=0.02,
        quantity="neural tangent kernel",
        alternatives={
            "kernel of the outputs": partial(predictions.kernel_row, kind="nngp"),
            "the paper's depth taken for hidden layers": lambda hidden_layers, **given: (
                predictions.kernel_row(hidden_layers=hidden_layers + 1, **given)
            ),
        },
        cost=10.0,
    ),
    Ensemble(
        name="spread-at-initialisation",
        statement="At the start the kernel spreads between networks as 1/sqrt(width): width x variance is a "
        "constant, 3 for coinciding inputs of one hidden ReLU layer.",
        source=SOURCE + "theorem 1, convergence in probability; the variance derived here",
        equation=r"$n\,\mathrm{Var}\,\Theta_n(x,x)=3$",
        prediction=predictions.kernel_variances,
        measurement=routes.kernel_variances,
        parameters={"angle": ANGLES},
        settings={"networks": 2048},
        coordinate="angle",
        scale="maximum",
        sizes=(16, 64, 256),
        quick_sizes=(8, 32, 128),
        size="width",
        seeds=32,
        margin=0.03,
        quantity="width x variance of the kernel",
        cost=10.0,
    ),
    Ensemble(
        name="kernel-after-training",
        statement="Trained networks have the same limiting kernel.",
        source=SOURCE + "theorem 2, and the figure of the kernel on the circle",
        equation=r"$\Theta_n(t)\to\Theta_\infty$",
        prediction=predictions.kernel_row,
        measurement=routes.kernel_after_training,
        parameters=PAPER | {"hidden_layers": 1, "angle": ANGLES[:5]},
        settings={"entries": 8192, "n_train": 16, "steps": 200},
        coordinate="angle",
        sizes=(128, 512, 2048),
        quick_sizes=(64, 256, 1024),
        size="width",
        seeds=16,
        margin=0.02,
        quantity="neural tangent kernel after 200 steps",
        cost=10.0,
    ),
    Ensemble(
        name="drift-in-training",
        statement="Training moves the kernel of each network by an amount of order 1/width.",
        source=SOURCE + "theorem 2, and the figure of the kernel on the circle",
        equation=r"$\Theta_n(t)-\Theta_n(0)=O(1/n)$",
        prediction=predictions.kernel_row_at_start,
        measurement=routes.kernel_before_and_after,
        parameters=PAPER,
        settings={"entries": 1024, "n_train": 16, "steps": 8},
        coordinate=None,
        scale="maximum",
        sizes=(64, 256, 1024),
        size="width",
        seeds=32,
        order=1.0,
        noise_exponent=1.0,  # single drifts spread as 1/width, and 1024/width of them are averaged
        paired=True,
        margin=0.03,
        quantity="neural tangent kernel after 8 steps",
        alternatives={
            "inflated by a tenth": lambda before, **_: 1.1 * before,
            "deflated by a tenth": lambda before, **_: 0.9 * before,
        },
        cost=15.0,
    ),
]
