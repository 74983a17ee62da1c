"""Ridge regression at finite ratios: model-wise and sample-wise double descent, real and Gaussian features."""

import numpy as np

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements import mei_2019 as routes
from lazyrich.paper_checks.mei_2019.declared import ENSEMBLE, LESS_WIDE, SOURCE
from lazyrich.paper_checks.predictions import mei_2019 as predictions

AROUND_PEAK = np.array([0.5, 0.75, 0.875, 1.0, 1.125, 1.25, 1.5, 2.0])

CLAIMS = [
    Ensemble(
        name="model-wise-risk",
        statement="Bias and variance against the number of features, on both sides of p = n, follow from "
        "the Gaussian equivalent of the features.",
        source=SOURCE + "risk against the number of features at fixed number of samples",
        equation=r"$r\,q=\lambda w/\psi_2,\ r=1-t/\psi_1,\ q=1-t/\psi_2$",
        prediction=predictions.bias_and_variance,
        measurement=routes.bias_and_variance,
        parameters={
            "feature_ratio": np.array([0.5, 1.0, 1.5, 2.0, 3.0, 6.0]),
            "sample_ratio": 2.0,
            "penalty": (0.01, 0.1),
        },
        settings={"equivalent": True},
        coordinate="feature_ratio",
        alternatives={"linear features": predictions.linear_errors},
        quantity="bias; variance for unit noise",
        cost=4.0,
        **LESS_WIDE,
    ),
    Ensemble(
        name="sample-wise-risk",
        statement="Bias and variance against the number of samples, on both sides of n = p, follow from the "
        "same two equations.",
        source=SOURCE + "risk against the number of samples at fixed number of features",
        equation=r"$r\,q=\lambda w/\psi_2,\ r=1-t/\psi_1,\ q=1-t/\psi_2$",
        prediction=predictions.bias_and_variance,
        measurement=routes.bias_and_variance,
        parameters={
            "feature_ratio": 2.0,
            "sample_ratio": np.array([0.5, 1.0, 1.5, 2.0, 3.0, 6.0]),
            "penalty": (0.01, 0.1),
        },
        settings={"equivalent": True},
        coordinate="sample_ratio",
        alternatives={"linear features": predictions.linear_errors},
        quantity="bias; variance for unit noise",
        cost=3.5,
        **LESS_WIDE,
    ),
    Ensemble(
        name="peak-without-label-noise",
        statement="With a small penalty the risk peaks at p = n even without label noise: the non-linear part "
        "of the features acts as noise.",
        source=SOURCE + "the bias diverges at the interpolation threshold",
        equation=r"$R\approx(1-y)/(2\sqrt{\lambda w/\psi_2})$ at $p=n$",
        prediction=predictions.risk,
        measurement=routes.risk,
        parameters={
            "feature_ratio": AROUND_PEAK,
            "sample_ratio": 1.0,
            "penalty": 0.01,
            "noise_var": 0.0,
        },
        settings={"equivalent": True},
        coordinate="feature_ratio",
        alternatives={"linear features": predictions.linear_risk},
        quantity="excess risk",
        cost=3.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="relu-features",
        statement="ReLU features have the risk of their Gaussian equivalents, against the number of features.",
        source=SOURCE + "universality: only mu_1 and mu_* of the activation enter",
        equation=r"$\mu_1=1/2,\ \mu_*^2=1/4-1/2\pi$",
        prediction=predictions.risk,
        measurement=routes.risk,
        parameters={
            "feature_ratio": np.array([0.5, 0.75, 1.0, 1.5, 2.0, 3.0]),
            "sample_ratio": 1.0,
            "penalty": 0.02,
            "noise_var": 0.5,
            "activation": "relu",
        },
        coordinate="feature_ratio",
        alternatives={"linear features": predictions.linear_risk},
        quantity="excess risk",
        cost=3.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="erf-features",
        statement="Erf features have the risk of their Gaussian equivalents, against the number of samples.",
        source=SOURCE + "universality: only mu_1 and mu_* of the activation enter",
        equation=r"$\mu_1=2/\sqrt{3\pi},\ \mu_1^2+\mu_*^2=\frac{2}{\pi}\arcsin\frac{2}{3}$",
        prediction=predictions.risk,
        measurement=routes.risk,
        parameters={
            "feature_ratio": 1.0,
            "sample_ratio": np.array([0.5, 0.75, 1.0, 1.5, 2.0, 3.0]),
            "penalty": 0.02,
            "noise_var": 0.5,
            "activation": "erf",
        },
        coordinate="sample_ratio",
        alternatives={"linear features": predictions.linear_risk},
        quantity="excess risk",
        cost=3.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="tuned-penalty-has-no-peak",
        statement="At the best penalty the risk of ReLU features falls steadily with their number.",
        source=SOURCE + "optimal regularisation removes the peak",
        prediction=predictions.tuned_risk,
        measurement=routes.tuned_risk,
        parameters={"feature_ratio": AROUND_PEAK, "sample_ratio": 1.0, "noise_var": 0.5},
        coordinate=None,
        alternatives={"best penalty of infinitely many": predictions.risk_at_the_widest_penalty},
        quantity="excess risk at the best penalty",
        cost=3.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="nonlinear-noise",
        statement="The non-linear part of the features enters through its variance alone, as independent noise.",
        source=SOURCE + "noisy linear features model, the role of mu_*",
        equation=r"$\phi\simeq\mu_1Wx+\mu_*\zeta$",
        prediction=predictions.nonlinear_noise_risk,
        measurement=routes.nonlinear_noise_risk,
        parameters={
            "nonlinear_variance": np.array([0.05, 0.1, 0.2, 0.4, 0.8]),
            "feature_ratio": 2.0,
            "sample_ratio": 4.0,
            "penalty": 0.1,
            "noise_var": 0.05,
        },
        coordinate="nonlinear_variance",
        quantity="excess risk",
        cost=4.0,
        **LESS_WIDE,
    ),
]
