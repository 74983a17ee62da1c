"""Mean and spread of the outputs of networks with one hidden layer, while they train."""

from functools import partial
from typing import Any

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.lee_2019 import predictions
from lazyrich.paper_checks.lee_2019.settings import ONE_LAYER, SOURCE, TASK
from lazyrich.paper_checks.measurements.lee_2019 import ensembles as routes

FINITE: dict[str, Any] = {
    "coordinate": "learning_rate",
    "sizes": (128, 512, 2048),
    "quick_sizes": (32, 128, 512),
    "size": "width",
    "noise_exponent": 1.0,
    "settings": {"families": 4, "pairs": 8},
    "margin": 0.015,
    "cost": 5.0,
}
TRAINING: dict[str, Any] = TASK | ONE_LAYER | {"step": (0, 1, 2, 4, 8, 16), "learning_rate": 0.2}
LAST_LAYER: dict[str, Any] = (
    TASK
    | ONE_LAYER
    | {"step": (0, 1, 2, 4, 8, 16, 32), "learning_rate": 0.4, "last_layer_only": True}
)


def trained_as_a_whole(quantity: Any, last_layer_only: bool, **given: Any) -> Any:
    return quantity(**given | {"learning_rate": given["learning_rate"] / 4})


CLAIMS = [
    Ensemble(
        name="mean-in-time",
        statement="The mean output of wide networks on a test input moves as the NTK says, step by step.",
        source=SOURCE + "equation 15 and figure 2",
        equation=r"$A_ty$",
        prediction=predictions.means,
        measurement=routes.means,
        parameters=TRAINING,
        scale="maximum",
        quantity="mean test output",
        alternatives={"gradient flow": partial(predictions.means, discrete=False)},
        **FINITE | {"margin": 0.02},
    ),
    Ensemble(
        name="spread-in-time",
        statement="The variance of outputs over random starts is that of a Gaussian start carried along by the linear "
        "flow; it is the posterior of no Gaussian process, not even at the end.",
        source=SOURCE + "equation 16 and figure 2",
        equation=r"$K_{**}+A_tKA_t^T-A_tK_*^T-K_*A_t^T$",
        prediction=predictions.variances,
        measurement=routes.variances,
        parameters=TRAINING,
        scale="initial",
        quantity="variance of test outputs",
        alternatives={
            "the NNGP as kernel and prior": partial(predictions.variances_of_one_kernel, "nngp"),
            "the NTK as kernel and prior": partial(predictions.variances_of_one_kernel, "ntk"),
            "gradient flow": partial(predictions.variances, discrete=False),
        },
        **FINITE,
    ),
    Ensemble(
        name="correlations-in-time",
        statement="Outputs on different test inputs covary as predicted.",
        source=SOURCE + "equation 16",
        equation=r"$\mathrm{Cov}(f_t(x),f_t(x'))$",
        prediction=predictions.covariances,
        measurement=routes.covariances,
        parameters=TRAINING,
        scale=1.0,
        quantity="covariance of test outputs",
        **FINITE | {"settings": {"families": 6, "pairs": 8}},
    ),
    Ensemble(
        name="expected-loss",
        statement="The training loss, averaged over starts, falls as the sum over modes of their squared decay.",
        source=SOURCE + "equations 15 and 16 on the training set; the loss derived here",
        equation=r"$\frac{1}{2}(|D_ty|^2+\mathrm{tr}\,D_tKD_t)$",
        prediction=predictions.losses,
        measurement=routes.losses,
        parameters=TRAINING | {"step": (0, 1, 2, 3, 4, 6)},
        scale="initial",
        quantity="training loss",
        **FINITE,
    ),
    Ensemble(
        name="last-layer-mean",
        statement="If only the last layer trains, the mean converges to the posterior mean of the NNGP.",
        source=SOURCE + "training of the last layer",
        equation=r"$K_*K^{-1}(1-(1-\eta K)^n)y$",
        prediction=predictions.means,
        measurement=routes.means,
        parameters=LAST_LAYER,
        scale=1.0,
        quantity="mean test output",
        alternatives={"all layers train": partial(trained_as_a_whole, predictions.means)},
        **FINITE | {"margin": 0.02, "settings": {"families": 6, "pairs": 8}},
    ),
    Ensemble(
        name="last-layer-posterior",
        statement="If only the last layer trains, the variance converges to the posterior variance of "
        "the NNGP.",
        source=SOURCE + "training of the last layer",
        equation=r"$\to K_{**}-K_*K^{-1}K_*^T$",
        prediction=predictions.variances,
        measurement=routes.variances,
        parameters=LAST_LAYER,
        scale="initial",
        quantity="variance of test outputs",
        alternatives={"all layers train": partial(trained_as_a_whole, predictions.variances)},
        **FINITE,
    ),
]
