"""Real data: networks that tell the handwritten digits 3 and 8 apart."""

from functools import partial
from typing import Any

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.lee_2019 import predictions
from lazyrich.paper_checks.lee_2019.settings import ONE_LAYER, SOURCE
from lazyrich.paper_checks.measurements.lee_2019 import digits as routes

WIDE: dict[str, Any] = {
    "sizes": (64, 256, 1024),
    "quick_sizes": (16, 64, 256),
    "size": "width",
    "margin": 0.03,
}

CLAIMS = [
    Ensemble(
        name="mean-on-held-out-digits",
        statement="The mean outputs of wide networks on held-out digits are those of regression with the NTK, digit by "
        "digit and step by step.",
        source=SOURCE + "equation 15, figures on images; the digits of scikit-learn here",
        equation=r"$A_ty$ for digits 3 (y = 1) and 8 (y = -1)",
        prediction=predictions.digit_means,
        measurement=routes.means,
        parameters=ONE_LAYER
        | {
            "classes": (3, 8),
            "n_train": 100,
            "n_test": 12,
            "step": (1, 2, 4, 8, 16),
            "learning_rate": 0.02,
        },
        settings={"families": 6, "pairs": 1},
        coordinate="learning_rate",
        scale=1.0,
        noise_exponent=1.0,
        quantity="mean output",
        **WIDE | {"margin": 0.02},
        cost=8.0,
    ),
    Ensemble(
        name="spread-on-held-out-digits",
        statement="The variance of outputs on held-out digits between networks falls as predicted; "
        "neither the NNGP nor the NTK as both kernel and prior predicts it.",
        source=SOURCE + "equation 16, figures on images; the digits of scikit-learn here",
        equation=r"$K_{**}+A_tKA_t^T-A_tK_*^T-K_*A_t^T$, mean of 60 digits",
        prediction=predictions.digit_variances,
        measurement=routes.mean_variances,
        parameters=ONE_LAYER
        | {
            "classes": (3, 8),
            "n_train": 60,
            "n_test": 60,
            "step": (0, 1, 2, 4),
            "learning_rate": 0.04,
        },
        settings={"families": 1, "pairs": 40},
        coordinate=None,
        seeds=20,
        quantity="variance of outputs",
        alternatives={
            "the NTK as kernel and prior": partial(
                predictions.digit_variances_of_one_kernel, "ntk"
            ),
            "the NNGP as kernel and prior": partial(
                predictions.digit_variances_of_one_kernel, "nngp"
            ),
        },
        **WIDE,
        cost=15.0,
    ),
]
