"""Hastie, Montanari, Rosset, Tibshirani 2019: surprises in high-dimensional ridgeless least squares interpolation.

Mean loss (1/2P) sum (y - x.w)^2 + (penalty/2) |w|^2; excess risk E (x.w - x.w*)^2, without label noise.
Sizes in units of the number of inputs N: sample_ratio = P/N, which the paper calls 1/gamma.
"""

from functools import partial
from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.measurements import hastie_2019 as routes
from lazyrich.paper_checks.predictions import hastie_2019 as predictions

BIBTEX = """
@article{hastie2022surprises,
  title = {Surprises in high-dimensional ridgeless least squares interpolation},
  author = {Hastie, Trevor and Montanari, Andrea and Rosset, Saharon and Tibshirani, Ryan J.},
  journal = {The Annals of Statistics},
  volume = {50},
  number = {2},
  pages = {949--986},
  year = {2022},
  eprint = {1903.08560},
  archivePrefix = {arXiv}
}
"""


SOURCE = "arXiv:1903.08560, "
ISOTROPIC: dict[str, Any] = {"shares": (1.0,), "variances": (1.0,), "teacher_norms_squared": (1.0,)}
TWO_SCALES = {
    "shares": (0.25, 0.75),
    "variances": (1.0, 0.1),
    "teacher_norms_squared": (0.2, 8.0),
}
BELOW = np.array([0.25, 0.375, 0.5, 0.625, 0.75])
BOTH = np.array([0.25, 0.5, 0.75, 1.5, 2.0, 4.0])
ENSEMBLE: dict[str, Any] = {
    "sizes": (48, 192, 768),
    "quick_sizes": (24, 96, 384),
    "size": "n_inputs",
    "coordinate": "sample_ratio",
    "margin": 0.03,
    "noise_exponent": 2.0,
}

CLAIMS = [
    Identity(
        name="isotropic-effective-ridge",
        statement="For isotropic inputs the effective ridge solves a quadratic equation, and its slope in "
        "the penalty is 1/(1 - gamma).",
        source=SOURCE + "ridge regression with isotropic features",
        equation=r"$\kappa=\frac{1}{2}(b+\sqrt{b^2+4\lambda}),\ b=\lambda+N/P-1$",
        closed_form=predictions.isotropic_kappa,
        residual=predictions.kappa_residual,
        coordinate="penalty",
        domain={"penalty": (0.05, 2.0), "r": (0.3, 3.0)},
    ),
    Identity(
        name="optimal-ridge-risk",
        statement="The risk of isotropic ridge regression is stationary at penalty noise_var N/(P power), and "
        "is power kappa/(1 + kappa) there.",
        source=SOURCE + "optimal tuning of ridge regression",
        equation=r"$\lambda^*=\frac{N}{P\,\mathrm{SNR}},\quad E^*=S'\kappa/(1+\kappa)$",
        closed_form=predictions.optimal_isotropic_risk,
        residual=predictions.optimum_residual,
        coordinate="kappa",
        domain={"kappa": (0.5, 3.0), "power": (0.5, 2.0), "r": (0.3, 1.2)},
    ),
    Ensemble(
        name="ridgeless-variance",
        statement="Label noise adds N/(P - N) to the excess risk of least squares and P/(N - P) to that of "
        "the interpolator of smallest norm.",
        source=SOURCE + "variance with isotropic features",
        equation=r"$V/\sigma^2=N/(P-N)$ or $P/(N-P)$",
        prediction=predictions.variance,
        measurement=routes.variance,
        parameters=ISOTROPIC | {"sample_ratio": BOTH, "penalty": 0.0},
        alternatives={"least squares continued": predictions.classical_variance},
        quantity="variance / noise variance",
        cost=6.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="ridgeless-bias",
        statement="What interpolators of smallest norm miss of the teacher depends on how its power is "
        "spread over the scales of the inputs.",
        source=SOURCE + "bias with correlated features",
        equation=r"$B=\frac{\sum_km_kc_k\kappa^2/(c_k+\kappa)^2}{1-\gamma},\ \sum_kn_kc_k/(c_k+\kappa)=P$",
        prediction=predictions.bias,
        measurement=routes.bias,
        parameters=TWO_SCALES | {"sample_ratio": BELOW, "penalty": 0.0},
        alternatives={"as for one scale": predictions.isotropic_bias},
        quantity="bias",
        cost=4.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="ridgeless-risk-of-two-scales",
        statement="For inputs of two scales bias and variance of ridgeless regression follow from one "
        "self-consistent kappa, below and above the threshold.",
        source=SOURCE + "correlated features",
        equation=r"$\sum_k n_kc_k/(c_k+\kappa)=P,\ B=\frac{\sum_km_kc_k\kappa^2/(c_k+\kappa)^2}{1-\gamma}$",
        prediction=partial(predictions.risk, noise_var=0.2),
        measurement=partial(routes.risk, noise_var=0.2),
        parameters=TWO_SCALES | {"sample_ratio": BOTH, "penalty": 0.0},
        alternatives={"one scale": partial(predictions.one_scale_risk, noise_var=0.2)},
        quantity="excess risk",
        cost=6.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="ridge-bias-and-variance",
        statement="With a penalty, bias and variance follow the same kappa on both sides of the threshold.",
        source=SOURCE + "ridge regression with correlated features",
        equation=r"$B=\frac{\sum_km_kc_k\kappa^2/(c_k+\kappa)^2}{1-\gamma},\ V=\frac{\sigma^2\gamma}{1-\gamma}$",
        prediction=predictions.bias_and_variance,
        measurement=routes.bias_and_variance,
        parameters=TWO_SCALES | {"sample_ratio": BOTH, "penalty": (0.02, 0.1, 0.5)},
        quantity="bias, and variance / noise variance",
        cost=6.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="peak-at-interpolation",
        statement="With a small penalty the risk peaks where there are as many samples as inputs.",
        source=SOURCE + "double descent at the interpolation threshold",
        equation=r"$E\approx\sigma^2/(2\sqrt{\lambda})$ at $P=N$",
        prediction=partial(predictions.risk, noise_var=0.5),
        measurement=partial(routes.risk, noise_var=0.5),
        parameters=ISOTROPIC
        | {
            "sample_ratio": np.array([0.5, 0.75, 0.875, 1.0, 1.125, 1.25, 1.5, 2.0]),
            "penalty": 0.01,
        },
        quantity="excess risk",
        cost=8.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="tuned-ridge-has-no-peak",
        statement="At the best penalty the risk falls steadily with the number of samples.",
        source=SOURCE + "optimally tuned ridge regression dominates the interpolator",
        equation=r"$\lambda^*=N/(P\,\mathrm{SNR})$",
        prediction=partial(predictions.tuned_ridge_risk, noise_var=0.2),
        measurement=partial(routes.tuned_ridge_risk, noise_var=0.2),
        parameters=ISOTROPIC
        | {"sample_ratio": np.array([0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 4.0])},
        quantity="excess risk",
        cost=8.0,
        **ENSEMBLE,
    ),
    Deterministic(
        name="best-penalty",
        statement="The best penalty for isotropic teachers is noise_var/(P x variance of a weight), for each "
        "single design and whatever the covariance.",
        source=SOURCE + "optimal tuning of ridge regression; here at finite size",
        equation=r"$\lambda^*=N/(P\,\mathrm{SNR})$",
        prediction=predictions.best_penalty,
        measurement=routes.best_penalty,
        parameters={
            "signal_to_noise": np.geomspace(0.3, 30, 9),
            "sample_ratio": 0.75,
            "n_inputs": 80,
            "seed": 1903,
            "variances": (1.0, 0.1),
        },
        coordinate="signal_to_noise",
        quantity="best penalty",
        margin=1e-4,
        max_sensitivity=1e-3,
        cost=2.0,
    ),
    Ensemble(
        name="descent-ends-at-the-interpolator",
        statement="Gradient descent from zero ends at the interpolator of smallest norm, or at least "
        "squares, and so at the ridgeless risk.",
        source=SOURCE + "gradient descent and ridgeless least squares",
        equation=r"$w(t\to\infty)=X^+y$",
        prediction=partial(predictions.risk, penalty=0.0, **ISOTROPIC),
        measurement=routes.descended_risk,
        parameters={"sample_ratio": np.array([0.25, 0.5, 2.0, 3.0]), "noise_var": 0.5},
        settings={"n_teachers": 64, "n_steps": 500},
        quantity="excess risk",
        cost=20.0,
        **ENSEMBLE | {"sizes": (16, 64, 256), "quick_sizes": (8, 32, 128)},
    ),
    Ensemble(
        name="worse-than-zero",
        statement="The interpolator is worse than predicting zero if and only if the signal-to-noise ratio is "
        "below 1/|1 - P/N|.",
        source=SOURCE + "comparison with the null risk; the boundary derived here",
        equation=r"$\mathrm{SNR}=1/|1-P/N|$",
        prediction=predictions.break_even_snr,
        measurement=routes.break_even_snr,
        parameters={"sample_ratio": BOTH},
        quantity="signal-to-noise ratio at break-even",
        cost=6.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="misspecified",
        statement="Inputs that the student does not see act as label noise: the risk peaks where it sees as "
        "many as there are samples.",
        source=SOURCE + "misspecified model",
        equation=r"$\sigma^2\to\sigma^2+\sum_{unseen}w_i^{*2}$",
        prediction=predictions.misspecified_risk,
        measurement=routes.misspecified_risk,
        parameters={
            "seen_share": np.array([0.125, 0.25, 0.375, 0.625, 0.75, 1.0]),
            "sample_ratio": 0.5,
            "noise_var": 0.1,
        },
        alternatives={
            "unseen inputs are no noise": partial(
                predictions.misspecified_risk, unseen_is_noise=False
            )
        },
        quantity="risk",
        cost=12.0,
        **ENSEMBLE | {"coordinate": "seen_share"},
    ),
    Ensemble(
        name="latent-space",
        statement="With more and more noisy features of few latent inputs the risk falls below that of any "
        "model under the threshold: the best interpolator has most features.",
        source=SOURCE + "latent space model",
        equation=r"$x=Wz+u,\ y=\theta\cdot z+\epsilon$",
        prediction=predictions.latent_risk,
        measurement=routes.latent_risk,
        parameters={
            "feature_ratio": np.array([1.5, 2.0, 3.0, 6.0, 8.0, 16.0]),
            "sample_ratio": 4.0,
            "noise_var": 0.1,
        },
        alternatives={
            "teacher in all directions alike": partial(predictions.latent_risk, aligned=False)
        },
        quantity="risk",
        cost=12.0,
        **ENSEMBLE
        | {
            "coordinate": "feature_ratio",
            "size": "n_latent",
            "sizes": (8, 32, 128),
            "quick_sizes": (6, 24, 96),
        },
    ),
    Ensemble(
        name="benign-tail-is-a-ridge",
        statement="A tail of very many weak directions acts on the others as a ridge penalty, its trace over "
        "P, and its interpolator is harmless.",
        source=SOURCE
        + "ridgeless regression with correlated features; effective ridge derived here",
        equation=r"$\lambda_{eff}=T/P,\quad n_2\gg P$",
        prediction=predictions.head_ridge_errors,
        measurement=routes.head_errors_with_tail,
        parameters={
            "tail_trace": np.array([0.05, 0.2, 0.4]),
            "head_share": 0.5,
            "tail_excess": 0.5,
        },
        scale="maximum",
        alternatives={"half the trace": predictions.half_the_trace},
        quantity="bias, and variance / noise variance",
        cost=25.0,
        seeds=24,
        **ENSEMBLE
        | {
            "coordinate": "tail_trace",
            "size": "n_train",
            "sizes": (16, 64, 256),
            "quick_sizes": (12, 48, 192),
        },
    ),
]
