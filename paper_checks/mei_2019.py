"""Mei, Montanari 2019: generalisation error of random features regression and the double descent curve.

Features act(w.x) of inputs x ~ N(0, I_d) with |w| = 1, output a.phi/sqrt(p), fit of the readout a to n
samples with penalty |a|^2 on the sum of squares; excess risk E (f - theta.x)^2, |theta| = 1. Sizes in units
of d: feature_ratio = p/d (the paper's psi_1), sample_ratio = n/d (psi_2); its penalty is penalty d/n.
Times t are those of the mean loss (1/2n) sum (y - f)^2, over d.
"""

from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.measurements import mei_2019 as routes
from lazyrich.paper_checks.predictions import mei_2019 as predictions

BIBTEX = """
@article{mei2022generalization,
  title = {The generalization error of random features regression: precise asymptotics and the double
           descent curve},
  author = {Mei, Song and Montanari, Andrea},
  journal = {Communications on Pure and Applied Mathematics},
  volume = {75},
  number = {4},
  pages = {667--766},
  year = {2022},
  eprint = {1908.05355},
  archivePrefix = {arXiv}
}
"""

SOURCE = "arXiv:1908.05355, "
IN_TIME = "derived here for the paper's setting"
AROUND_PEAK = np.array([0.5, 0.75, 0.875, 1.0, 1.125, 1.25, 1.5, 2.0])
ENSEMBLE: dict[str, Any] = {
    "sizes": (16, 64, 256),
    "quick_sizes": (8, 32, 128),
    "size": "n_inputs",
    "margin": 0.025,
    "noise_exponent": 2.0,
}
LESS_WIDE = ENSEMBLE | {"sizes": (12, 48, 192)}
TRAINED: dict[str, Any] = {
    "t": np.geomspace(0.1, 300.0, 9),
    "feature_ratio": 1.5,
    "sample_ratio": 2.0,
    "noise_var": 0.2,
    "weight_seed": 1908,
}

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
            "feature_ratio": np.repeat(np.geomspace(1e-3, 1e3, 7), 5),
            "sample_ratio": np.tile(np.geomspace(1e-3, 1e3, 5), 7),
            "penalty": np.resize([1e-30, 1e-6, 1.0], 35),
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
        quantity="bias, and variance / noise variance",
        cost=12.0,
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
        quantity="bias, and variance / noise variance",
        cost=12.0,
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
        cost=8.0,
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
        cost=8.0,
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
        cost=8.0,
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
        cost=10.0,
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
        cost=8.0,
        **LESS_WIDE,
    ),
    Ensemble(
        name="infinitely-many-features",
        statement="Infinitely many ReLU features, that is their kernel, act as linear regression with a "
        "ridge mu_*^2 to which the penalty adds.",
        source=SOURCE + "highly overparametrised limit",
        equation=r"$\lambda\to\lambda+\mu_*^2$",
        prediction=predictions.kernel_errors,
        measurement=routes.kernel_errors,
        parameters={
            "sample_ratio": np.array([0.5, 0.75, 1.0, 1.25]),
            "penalty": (0.0, 0.1),
        },
        coordinate="sample_ratio",
        alternatives={"half the ridge": predictions.kernel_errors_with_half_the_ridge},
        quantity="bias, and variance / noise variance",
        cost=10.0,
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
        cost=10.0,
        **ENSEMBLE,
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
        cost=6.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="flow-ends-at-the-interpolator",
        statement="Gradient flow on the readout of erf features ends at the ridgeless risk on both sides of "
        "p = n.",
        source=SOURCE + "ridgeless limit; gradient flow from zero ends there",
        equation=r"$a(t\to\infty)=\Phi^+y$",
        prediction=predictions.flow_end,
        measurement=routes.flow_end,
        parameters={
            "feature_ratio": np.array([0.25, 0.5, 2.0, 3.0, 4.0]),
            "sample_ratio": 1.0,
            "noise_var": 0.5,
            "activation": "erf",
        },
        coordinate="feature_ratio",
        quantity="excess risk",
        cost=10.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="rise-and-fall-in-time",
        statement="For given weights the risk first falls and then rises in time, as in linear regression on "
        "inputs of the features' covariance; what the features cannot express acts as label noise.",
        source=IN_TIME,
        equation=r"$c_i=(\mu_1^2s_i+\mu_*^2)/p,\ \sigma^2\to\sigma^2+\tau^2$",
        prediction=predictions.errors_in_time,
        measurement=routes.errors_in_time,
        parameters=TRAINED | {"activation": "relu"},
        settings={"equivalent": True},
        coordinate="t",
        quantity="risk, and noise added / noise variance",
        cost=15.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="relu-features-in-time",
        statement="Real ReLU features of given weights fall and rise with their Gaussian equivalents.",
        source=IN_TIME,
        prediction=predictions.errors_in_time,
        measurement=routes.errors_in_time,
        parameters=TRAINED | {"activation": "relu"},
        coordinate="t",
        quantity="risk, and noise added / noise variance",
        cost=15.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="best-stopping-has-no-peak",
        statement="Stopped at the best of twelve times, the risk falls steadily with the number of ReLU "
        "features, although late in time it peaks at p = n.",
        source=IN_TIME,
        prediction=predictions.stopped_risk,
        measurement=routes.stopped_risk,
        parameters={
            "t": np.geomspace(0.2, 400.0, 12),
            "feature_ratio": np.array([0.5, 0.75, 1.0, 1.5, 2.0]),
            "sample_ratio": 1.0,
            "noise_var": 0.5,
            "activation": "relu",
            "weight_seed": 1908,
        },
        coordinate=None,
        alternatives={"at the last time": predictions.last_risk},
        quantity="excess risk at the best time",
        cost=10.0,
        **LESS_WIDE,
    ),
]
