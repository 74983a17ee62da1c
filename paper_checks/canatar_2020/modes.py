"""Effective ridge, mode errors, multiple descent, validation and order of learning on random designs."""

from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Ensemble, Identity
from lazyrich.paper_checks.measurements.canatar_2020 import kernels
from lazyrich.paper_checks.measurements.canatar_2020 import modes as routes
from lazyrich.paper_checks.predictions import canatar_2020 as predictions

SOURCE = "arXiv:2006.13198, "
THREE_SCALES: dict[str, Any] = {
    "dimensions": (1.0, 3.0, 9.0),
    "variances": (1.0, 0.05, 0.0025),
    "teacher_norms_squared": (1.0, 10.0, 100.0),
}
GAPS: dict[str, Any] = {
    "dimensions": (1.0, 4.0, 12.0),
    "variances": (1.0, 4e-3, 1.6e-5),
    "teacher_norms_squared": (1.0, 50.0, 2500.0),
}
ENSEMBLE: dict[str, Any] = {
    "sizes": (5, 20, 80),
    "quick_sizes": (2, 8, 32),
    "size": "scale",
    "noise_exponent": 2.0,
    "margin": 0.03,
}
SPHERE: dict[str, Any] = {
    "kernel_powers": (1.0, 0.5, 0.25),
    "teacher_powers": (0.6, 0.3, 0.1),
    "noise_var": 0.1,
}
POSITIVE = {
    "kappa": (0.5, 2.0),
    "c1": (0.5, 2.0),
    "c2": (0.05, 0.3),
    "r1": (0.1, 0.4),
    "r2": (1.0, 3.0),
}

CLAIMS = [
    Identity(
        name="slope-of-the-effective-ridge",
        statement="The effective ridge grows with the penalty at the rate 1/(1 - gamma).",
        source=SOURCE + "equation of kappa",
        equation=r"$d\kappa/d\lambda=1/(1-\gamma)$",
        closed_form=predictions.kappa_of_penalty,
        residual=predictions.kappa_residual,
        coordinate="kappa",
        domain=POSITIVE,
    ),
    Identity(
        name="mode-errors-sum-to-the-risk",
        statement="The errors of all modes sum to the generalisation error.",
        source=SOURCE + "mode errors",
        equation=r"$\sum_kE_k=E$",
        closed_form=predictions.sum_of_mode_errors,
        residual=predictions.mode_sum_residual,
        coordinate="kappa",
        domain=POSITIVE | {"m1": (0.5, 2.0), "m2": (0.5, 2.0), "noise": (0.1, 1.0)},
    ),
    Ensemble(
        name="effective-ridge",
        statement="The kernel of a random training set shrinks like that of one mode with an effective ridge, "
        "which solves a self-consistent equation.",
        source=SOURCE + "equation of kappa",
        equation=r"$\lambda=\kappa(1-\frac{1}{P}\sum_k\frac{n_kc_k}{c_k+\kappa})$",
        prediction=predictions.effective_ridge,
        measurement=routes.effective_ridge,
        parameters={
            "samples": np.array([1.0, 3.0, 6.0, 12.0, 20.0]),
            "dimensions": THREE_SCALES["dimensions"],
            "variances": THREE_SCALES["variances"],
            "penalty": np.array([1e-3, 1e-2, 0.1]),
        },
        coordinate="penalty",
        alternatives={"the penalty alone": predictions.penalty_alone},
        max_sensitivity=0.05,
        quantity="effective ridge",
        cost=15.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="mode-errors",
        statement="Each mode's generalisation error is what it has not learned plus its share of the noise, to "
        "which all other modes contribute.",
        source=SOURCE + "mode errors",
        equation=r"$E_k=\frac{m_kc_k\kappa^2}{(c_k+\kappa)^2}+\frac{n_kc_k^2}{P(c_k+\kappa)^2}(E+\sigma^2)$",
        prediction=predictions.mode_errors,
        measurement=routes.mode_errors,
        parameters=THREE_SCALES
        | {"samples": np.array([2.0, 3.0, 6.0, 10.0, 20.0]), "penalty": 1e-3, "noise_var": 0.1},
        coordinate="samples",
        alternatives={"without what other modes leave": predictions.mode_errors_without_leakage},
        quantity="error of a mode",
        cost=15.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="train-error",
        statement="The training error is the squared ratio of penalty and effective ridge times the test "
        "error.",
        source=SOURCE + "training error",
        equation=r"$E_{tr}=(\lambda/\kappa)^2(E+\sigma^2)$",
        prediction=predictions.train_error,
        measurement=routes.train_error,
        parameters=THREE_SCALES
        | {
            "samples": np.array([2.0, 3.0, 6.0, 10.0, 20.0]),
            "penalty": np.array([1e-3, 1e-2, 0.1]),
            "noise_var": 0.1,
        },
        coordinate="samples",
        quantity="train error",
        cost=15.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="cross-validation",
        statement="Generalised cross-validation, computed from the training set alone, equals the test error.",
        source=SOURCE + "ratio of training and test error; generalised cross-validation",
        equation=r"$E_{tr}/(1-df/P)^2=E+\sigma^2$",
        prediction=predictions.test_and_validation_error,
        measurement=routes.test_and_validation_error,
        parameters=THREE_SCALES
        | {
            "samples": np.array([2.0, 3.0, 6.0, 10.0, 20.0]),
            "penalty": np.array([1e-3, 1e-2, 0.1]),
            "noise_var": 0.1,
        },
        coordinate="samples",
        quantity="test error, and its estimate from the training set",
        cost=15.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="sample-wise-multiple-descent",
        statement="With gaps in the spectrum the error peaks each time the samples suffice for one more block: "
        "the blocks below act as noise and as the ridge that limits the peak.",
        source=SOURCE + "multiple descent, several peaks in the learning curve",
        equation=r"peaks near $P=n_1,\ n_1+n_2,\ n_1+n_2+n_3$",
        prediction=predictions.risk,
        measurement=routes.risk,
        parameters=GAPS
        | {
            "samples": np.array([0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 17.0, 24.0]),
            "penalty": 2e-7,
            "noise_var": 0.01,
        },
        coordinate="samples",
        quantity="excess risk",
        cost=30.0,
        **ENSEMBLE | {"sizes": (4, 16, 64), "quick_sizes": (2, 8, 32)},
    ),
    Ensemble(
        name="order-of-learning",
        statement="Modes are learned in the order of their eigenvalues: the numbers of samples after which a "
        "fraction of each block's power is missed are predicted.",
        source=SOURCE + "spectral bias",
        equation=r"$E_k(P)/(m_kc_k)=1/2$",
        prediction=predictions.samples_to_learn,
        measurement=routes.samples_to_learn,
        parameters={
            "fraction": np.array([0.2, 0.35, 0.5, 0.65]),
            "dimensions": (1.0, 3.0, 9.0),
            "variances": (1.0, 0.25, 0.0625),
            "penalty": 1e-3,
            "largest": 20.0,
        },
        coordinate="fraction",
        quantity="number of samples / scale",
        cost=30.0,
        **ENSEMBLE,
    ),
    Ensemble(
        name="kernel-learns-the-first-degree",
        statement="Kernel regression on a sphere of D dimensions learns the linear part of its target from "
        "O(D) samples; higher degrees of the kernel act as a ridge, those of the target as noise.",
        source=SOURCE + "kernel regression on a sphere",
        equation=r"$K=\sum_ke_kQ_k(x\cdot x'),\ \lambda_{eff}=\lambda+\sum_{k>1}e_k/P$",
        prediction=predictions.first_degree_error,
        measurement=kernels.first_degree_error,
        parameters={
            "sample_ratio": np.array([0.25, 0.5, 1.0, 2.0, 4.0]),
            "ridge": 0.02,
            **SPHERE,
        },
        coordinate="sample_ratio",
        alternatives={"without higher degrees": predictions.first_degree_alone},
        quantity="error of degree 1",
        cost=15.0,
        **ENSEMBLE | {"size": "dimension", "sizes": (16, 64, 256), "quick_sizes": (8, 32, 128)},
    ),
    Ensemble(
        name="kernel-learns-the-second-degree",
        statement="With O(D^2) samples it learns the second degree as a block of n_2 Gaussian modes; here at "
        "D = 32 itself, where n_2 = 527.",
        source=SOURCE + "kernel regression on a sphere",
        equation=r"$c_k=e_k/n_k,\ n_2=(D-1)(D+2)/2$",
        prediction=predictions.degree_errors,
        measurement=kernels.mean_degree_errors,
        parameters={
            "sample_ratio": np.array([0.25, 0.5, 1.0, 2.0]),
            "learned_degree": 2,
            "dimension": 32,
            "penalty": 1e-4,
            **SPHERE,
        },
        coordinate="sample_ratio",
        scale=0.1,
        quantity="error of each degree",
        cost=15.0,
        **ENSEMBLE | {"size": "n_designs", "sizes": (1,), "quick_sizes": (1,)},
    ),
]
