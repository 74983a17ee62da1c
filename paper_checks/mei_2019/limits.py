"""Infinitely many features, that is their kernel, and infinitely many samples."""

import numpy as np

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements import mei_2019 as routes
from lazyrich.paper_checks.mei_2019.declared import ENSEMBLE, SOURCE
from lazyrich.paper_checks.predictions import mei_2019 as predictions

CLAIMS = [
    Ensemble(
        name="infinitely-many-features",
        statement="Infinitely many ReLU features, that is their kernel, act as linear regression with a "
        "ridge mu_*^2 to which the penalty adds.",
        source=SOURCE + "highly overparametrised limit",
        equation=r"$\lambda\to\lambda+\mu_*^2$",
        prediction=predictions.kernel_errors,
        measurement=routes.kernel_errors,
        parameters={
            "sample_ratio": np.array([0.5, 0.75, 1.0, 1.5, 2.0]),
            "penalty": (0.0, 0.1),
        },
        coordinate="sample_ratio",
        alternatives={"half the ridge": predictions.kernel_errors_with_half_the_ridge},
        quantity="bias; variance for unit noise",
        cost=17.0,
        **ENSEMBLE | {"sizes": (32, 128, 512), "quick_sizes": (8, 32, 128)},
    ),
    Ensemble(
        name="best-penalty-of-infinitely-many-features",
        statement="With infinitely many features the best penalty is mu_1^2 noise_var/power - mu_*^2 at any number "
        "of samples: the interpolator is best where the signal-to-noise ratio exceeds mu_1^2/mu_*^2.",
        source=SOURCE
        + "phase transition of the optimal penalty; boundary in this form derived here",
        equation=r"$\lambda^*=\mu_1^2\sigma^2-\mu_*^2$",
        prediction=predictions.best_kernel_penalty,
        measurement=routes.best_kernel_penalty,
        parameters={"noise_var": np.array([1.0, 1.5, 2.0, 3.0]), "sample_ratio": 1.0},
        coordinate="noise_var",
        alternatives={"as for linear features": predictions.penalty_of_linear_features},
        quantity="best penalty",
        cost=6.0,
        **ENSEMBLE | {"sizes": (32, 128, 512), "quick_sizes": (16, 64, 256)},
    ),
    Ensemble(
        name="infinitely-many-samples",
        statement="From infinitely many samples the risk of ReLU features falls to what they cannot express.",
        source=SOURCE + "large sample limit",
        equation=r"$R=1-y$ at $t=\psi_1$",
        prediction=predictions.unexpressed,
        measurement=routes.unexpressed,
        parameters={
            "feature_ratio": np.array([0.5, 1.0, 1.5, 2.0, 3.0, 4.0]),
            "activation": "relu",
        },
        coordinate="feature_ratio",
        quantity="excess risk",
        cost=3.0,
        **ENSEMBLE,
    ),
]
