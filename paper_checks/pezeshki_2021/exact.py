"""Claims without an ensemble: equal scales, and the trace formula of one design."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic
from lazyrich.paper_checks.measurements import pezeshki_2021 as routes
from lazyrich.theory.double_descent import multiscale

Array = NDArray[np.float64]


SOURCE = "arXiv:2112.03215, "


def isotropic_curve(t: Array, sample_ratio: float, noise_var: float) -> Array:
    """(R, Q) of the block theory with two blocks of one scale."""
    curve = multiscale.learning_curve(t, sample_ratio, 1.0, 0.3, 1.0, noise_var=noise_var)
    return np.column_stack([curve.R, curve.Q])


def given_design(t: Array, noise_var: float, learning_rate: float, **design: Any) -> Array:
    """(R, Q) of one design: R = tr K/d, Q = (abs(F V K (F V)^-1)^2 + noise abs(F V K L^-1/2)^2)/d.

    X^T X = V L V^T, K = 1 - (1 - learning_rate L)^steps.
    """
    X, scales = routes.design_of_seed(**design)
    d = X.shape[1]
    values, vectors = np.linalg.eigh(X.T @ X)
    K = 1 - (1 - learning_rate * values) ** np.rint(t / learning_rate)[:, None]
    student, teacher = scales[:, None] * vectors, vectors / scales[:, None]
    pairs = (student.T @ student) * (teacher.T @ teacher)
    noise = (student**2).sum(axis=0) / values
    return np.column_stack(
        [K.sum(axis=1) / d, (((K @ pairs) * K).sum(axis=1) + noise_var * K**2 @ noise) / d]
    )


def without_noise(t: Array, noise_var: float, **given: Any) -> Array:
    """Altered: Q without its noise."""
    return given_design(t, noise_var=0.0, **given)


CLAIMS = [
    Deterministic(
        name="equal-scales",
        statement="Equal features follow the isotropic law: the two-block theory at condition number 1 "
        "is an integral over the Marchenko-Pastur density.",
        source=SOURCE + "condition number 1",
        prediction=isotropic_curve,
        measurement=routes.isotropic_order_parameters,
        parameters={"t": np.geomspace(1e-3, 1e4, 15), "sample_ratio": 1.3, "noise_var": 0.2},
        coordinate="t",
        scale="maximum",
        margin=1e-9,
        max_sensitivity=1e-6,
        quantity="R, Q",
        equation=r"$R=\int\rho(\lambda)(1-e^{-\lambda t})d\lambda$",
        cost=1.0,
    ),
    Deterministic(
        name="exact-given-the-design",
        statement="Given the inputs, gradient descent averaged over teacher and noise is a trace: "
        "explicit loops from every teacher direction give the same R and Q.",
        source=SOURCE + "R and Q as traces over the eigenvalues of X^T X",
        prediction=given_design,
        measurement=routes.trained_from_every_direction,
        parameters={
            "t": 0.25 * np.array([1, 2, 3, 5, 10, 30, 100, 400]),
            "n_features": 40,
            "sample_ratio": 1.3,
            "fast_share": 0.7,
            "condition_number": 10.0,
            "noise_var": 0.1,
            "learning_rate": 0.25,
            "seed": 0,
        },
        coordinate="noise_var",
        scale="maximum",
        margin=1e-8,
        alternatives={"no label noise": without_noise},
        quantity="R, Q",
        equation=r"$R=\mathrm{tr}K/d,\ K=1-(1-\eta L)^k$",
        cost=2.0,
    ),
]
