"""Mean and covariance of the outputs of deeper networks, while they train."""

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.lee_2019 import predictions
from lazyrich.paper_checks.lee_2019.settings import SOURCE, TASK, TWO_LAYERS
from lazyrich.paper_checks.measurements.lee_2019 import ensembles as routes

CLAIMS = [
    Ensemble(
        name="deep-networks",
        statement="Networks with two hidden layers have the predicted mean and covariance while all layers train.",
        source=SOURCE + "equations 15 and 16, any depth",
        equation=r"$A_ty,\ \mathrm{Cov}(f_t(x),f_t(x'))$",
        prediction=predictions.means_and_covariances,
        measurement=routes.means_and_covariances,
        parameters=TASK
        | TWO_LAYERS
        | {"X_test": TASK["X_test"][::2], "step": (0, 1, 2, 4, 8), "learning_rate": 0.1},
        settings={"families": 4, "pairs": 6},
        coordinate="sigma_w",
        scale=1.0,
        sizes=(32, 128, 512),
        quick_sizes=(16, 64, 256),
        size="width",
        seeds=32,
        noise_exponent=1.0,
        quantity="mean and covariance",
        margin=0.03,
        cost=10.0,
    )
]
