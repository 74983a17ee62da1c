"""The two-equation form of the risk against the paper's polynomials and limits."""

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic, Identity
from lazyrich.paper_checks.measurements import mei_2019 as routes
from lazyrich.paper_checks.mei_2019.declared import SOURCE
from lazyrich.paper_checks.predictions import mei_2019 as predictions

CLAIMS = [
    Identity(
        name="bias-of-the-two-equations",
        statement="The bias in the two-equation form is the paper's quotient of polynomials in chi.",
        source=SOURCE + "precise asymptotics of the risk, the function B",
        equation=r"$B=E_1/E_0,\quad \chi=-\mu_*^2w$",
        closed_form=predictions.bias_of_two_equations,
        residual=lambda bias: bias - predictions.paper_polynomials()[0],
        coordinate="x",
        domain={"x": (0.1, 1.0), "z": (0.5, 4.0), "psi_1": (2.5, 6.0), "psi_2": (2.5, 6.0)},
    ),
    Identity(
        name="variance-of-the-two-equations",
        statement="The variance in the two-equation form is the paper's quotient of polynomials in chi.",
        source=SOURCE + "precise asymptotics of the risk, the function V",
        equation=r"$V=E_2/E_0,\quad \chi=-\mu_*^2w$",
        closed_form=predictions.variance_of_two_equations,
        residual=lambda variance: variance - predictions.paper_polynomials()[1],
        coordinate="x",
        domain={"x": (0.1, 1.0), "z": (0.5, 4.0), "psi_1": (2.5, 6.0), "psi_2": (2.5, 6.0)},
    ),
    Identity(
        name="omega-of-infinite-limits",
        statement="With infinitely many features, or samples, the paper's omega solves what is left of the two "
        "equations.",
        source=SOURCE + "highly overparametrised and large sample limits, omega",
        equation=r"$\omega=-\mu_1^2w,\quad w\lambda=1-t/\psi$",
        closed_form=predictions.wide_omega,
        residual=predictions.omega_residual,
        coordinate="lam",
        domain={"psi": (0.5, 4.0), "z": (0.5, 4.0), "lam": (0.1, 2.0)},
    ),
    Identity(
        name="risk-with-infinitely-many-features",
        statement="For p/d to infinity the two-equation form is the paper's risk of the highly "
        "overparametrised model.",
        source=SOURCE + "highly overparametrised limit",
        equation=r"$\frac{(1-y)^2+\sigma^2y^2/\psi_2}{1-y^2/\psi_2}$",
        closed_form=predictions.wide_errors,
        residual=predictions.wide_residual,
        coordinate="omega",
        domain={"omega": (0.2, 3.0), "psi": (1.5, 4.0), "noise": (0.1, 1.0)},
    ),
    Identity(
        name="risk-with-infinitely-many-samples",
        statement="For n/d to infinity the two-equation form is the paper's risk in the large sample limit.",
        source=SOURCE + "large sample limit",
        closed_form=predictions.many_samples_bias,
        residual=predictions.many_samples_residual,
        coordinate="omega",
        domain={"omega": (0.2, 3.0), "psi": (1.5, 4.0), "z": (0.5, 4.0)},
    ),
    Deterministic(
        name="risk-against-the-quartic",
        statement="The risk solves the paper's polynomial system, for numbers of samples and features from "
        "1/1000 to 1000 per input and penalties down to 1e-30.",
        source=SOURCE + "fixed-point equations of nu_1 and nu_2 and the polynomials E",
        equation=r"$R=F_1^2E_1/E_0+\tau^2E_2/E_0$",
        prediction=predictions.polynomial_risk,
        measurement=routes.polynomial_risk,
        parameters={
            "feature_ratio": np.geomspace(1e-3, 1e3, 7),
            "sample_ratio": np.array([1e-3, 0.1, 1.0, 10.0, 1e3]),
            "penalty": np.array([1e-6, 1.0, 1e-30, 1e-3, 1e-30]),
            "linear": 0.5,
            "nonlinear_variance": 0.09,
            "noise_var": 0.3,
        },
        coordinate="feature_ratio",
        quantity="excess risk",
        margin=1e-12,
        max_sensitivity=1e-6,
        cost=2.0,
    ),
]
