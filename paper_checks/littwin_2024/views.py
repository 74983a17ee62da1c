"""Views with measured covariances: noisy digits, and neighbours in a time series."""

import numpy as np

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements import littwin_2024 as routes
from lazyrich.paper_checks.predictions import littwin_2024 as predictions

SOURCE = "arXiv:2407.03475, "

CLAIMS = [
    Ensemble(
        name="noisy-views-of-digits",
        statement="From the covariances of two noisy views of handwritten digits alone the order and "
        "the course in which JEPA and MAE learn their components follow.",
        source="scikit-learn's digits, for the statement of arXiv:2407.03475 that JEPA learns "
        "features of large regression coefficient first",
        equation=r"$\lambda_i=\langle y_ix_i\rangle,\quad\rho_i=\lambda_i/\langle x_i^2\rangle$",
        prediction=predictions.digit_strengths,
        measurement=routes.train_on_digit_views,
        paired=True,
        parameters={
            "t": np.linspace(0.05, 1.0, 20),
            "durations": (160.0, 40.0),
            "initial_weight": 0.2,
            "depth": 2,
        },
        settings={"components": (0, 2, 5, 9, 14, 20), "noise": 0.3, "learning_rate": 2.5e-3},
        coordinate="t",
        scale="maximum",
        sizes=(2, 8, 32),
        size="copies",
        noise_exponent=2.0,
        quantity="strength of a component",
        margin=0.02,
        alternatives={
            "all regression coefficients equal": predictions.digit_strengths_blind_to_noise,
            "published, the factor L in the time": predictions.digit_strengths_in_published_time,
        },
        cost=40.0,
    ),
    Ensemble(
        name="neighbours-in-a-time-series",
        statement="Between neighbours of an autoregressive series the regression coefficient of a feature "
        "is its persistence: at equal cross-covariance JEPA learns slow features first.",
        source=SOURCE + "random-walk data: slow features have large regression coefficients",
        equation=r"$x(k+1)=\gamma x(k)+\ldots,\quad\lambda=\gamma v,\quad\rho=\gamma$",
        prediction=predictions.strengths_by_persistence,
        measurement=routes.train_on_time_series,
        parameters={
            "t": np.linspace(0.05, 1.0, 20),
            "persistences": (0.9, 0.7, 0.5),
            "variances": (1 / 0.9, 1 / 0.7, 2.0),
            "durations": (60.0, 20.0),
            "initial_weight": 0.3,
            "depth": 2,
        },
        settings={"learning_rate": 2.5e-3},
        coordinate="t",
        scale="maximum",
        sizes=(32_768, 131_072, 524_288),
        quick_sizes=(16_384, 65_536, 262_144),
        size="n_samples",
        noise_exponent=1.0,
        seeds=32,
        quantity="strength of a feature",
        margin=0.02,
        alternatives={
            "white features, no memory of their variance": predictions.strengths_of_white_features,
            "published, the factor L in the time": predictions.strengths_by_persistence_published,
        },
        cost=10.0,
    ),
]
