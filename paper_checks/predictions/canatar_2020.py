"""Predictions of Canatar et al. 2020 in the shapes of its claims, and altered ones to be rejected.

Numbers of samples and dimensions are in units of the measured scale; only their ratios enter.
"""

from collections.abc import Sequence
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.double_descent import covariance
from lazyrich.theory.double_descent.covariance import BlockCovariance, RidgeRisk

Array = NDArray[np.float64]


def prediction(
    samples: Any,
    dimensions: Sequence[float],
    variances: Sequence[float],
    teacher_norms_squared: Sequence[float] | Array,
    penalty: Any,
    noise_var: float = 0.0,
) -> RidgeRisk:
    """All arrays with the axes (samples, penalties...) first."""
    blocks = BlockCovariance(variances, dimensions, teacher_norms_squared)
    lam = np.asarray(penalty)
    P = np.asarray(samples).reshape(-1, *np.ones(lam.ndim, dtype=int))
    return covariance.ridge_risk(blocks, P, lam, noise_var=noise_var)


def mode_errors(**given: Any) -> Array:
    return prediction(**given).mode_errors


def mode_errors_without_leakage(**given: Any) -> Array:
    """Altered: each mode errs by what it has not learned, without the error others leave in it."""
    blocks = zip(given["variances"], given["teacher_norms_squared"], strict=True)
    kappa = prediction(**given).kappa
    return np.stack([m * c * (kappa / (c + kappa)) ** 2 for c, m in blocks], axis=-1)


def risk(**given: Any) -> Array:
    return prediction(**given).risk


def train_error(**given: Any) -> Array:
    return prediction(**given).train


def effective_ridge(dimensions: Sequence[float], **given: Any) -> Array:
    zeros = np.zeros(len(dimensions))
    return prediction(dimensions=dimensions, teacher_norms_squared=zeros, **given).kappa


def penalty_alone(samples: Array, penalty: Any, **_: Any) -> Array:
    """Altered: the effective ridge is the penalty."""
    return np.broadcast_to(penalty, (len(samples), len(penalty)))


def test_and_validation_error(noise_var: float, **given: Any) -> Array:
    """Both equal the excess risk with the label noise."""
    test = prediction(noise_var=noise_var, **given).risk + noise_var
    return np.stack([test, test], axis=-1)


def samples_to_learn(
    fraction: Array,
    dimensions: Sequence[float],
    variances: Sequence[float],
    penalty: float,
    largest: float,
) -> Array:
    """P at which a fraction of a block's power is missed, each block having a teacher of length 1."""
    from scipy.optimize import brentq

    c = np.asarray(variances)

    def excess(log_samples: float, left: float, k: int) -> float:
        norms = np.ones(len(c))
        fit = prediction([np.exp(log_samples)], dimensions, variances, norms, penalty)
        return float(fit.mode_errors[0, k] / c[k] - left)

    log_samples = [
        [brentq(excess, -12, np.log(largest), args=(left, k), xtol=1e-12) for k in range(len(c))]
        for left in fraction
    ]
    return np.exp(log_samples)


def degree_errors(
    sample_ratio: Array,
    dimension: float,
    learned_degree: int,
    kernel_powers: Sequence[float],
    teacher_powers: Sequence[float],
    penalty: float,
    noise_var: float,
) -> Array:
    """Error of each degree of a kernel on the sphere: (ratios, degrees).

    Degree k is a block of n_k harmonics of eigenvalue e_k/n_k and teacher power p_k.
    """
    D = int(dimension)
    degrees = range(1, len(kernel_powers) + 1)
    n = np.array(
        [comb(k + D - 1, k) - (comb(k + D - 3, k - 2) if k > 1 else 0) for k in degrees],
        dtype=float,
    )
    c = np.asarray(kernel_powers) / n
    blocks = BlockCovariance(c, n, np.asarray(teacher_powers) / c)
    samples = np.asarray(sample_ratio) * n[learned_degree - 1]
    return covariance.ridge_risk(blocks, samples, penalty, noise_var=noise_var).mode_errors


def first_degree_error(
    sample_ratio: Array,
    ridge: float,
    kernel_powers: Sequence[float],
    teacher_powers: Sequence[float],
    noise_var: float,
) -> Array:
    """Error of degree 1 as D grows in proportion to P, in units of D, with the penalty ridge/D."""
    ratio = np.asarray(sample_ratio)
    first = BlockCovariance(kernel_powers[:1], [1.0], [teacher_powers[0] / kernel_powers[0]])
    penalty = ridge + sum(kernel_powers[1:]) / ratio
    return covariance.ridge_risk(
        first, ratio, penalty, noise_var=noise_var + sum(teacher_powers[1:])
    ).risk


def first_degree_alone(
    kernel_powers: Sequence[float], teacher_powers: Sequence[float], **given: Any
) -> Array:
    """Altered: higher degrees of kernel and target play no part."""
    return first_degree_error(
        kernel_powers=kernel_powers[:1], teacher_powers=teacher_powers[:1], **given
    )


def kappa_of_penalty() -> Any:
    """1/(1 - gamma), the slope of kappa in the penalty, for two blocks."""
    import sympy

    kappa, c1, c2, r1, r2 = sympy.symbols("kappa c1 c2 r1 r2", positive=True)
    return 1 / (1 - r1 * c1**2 / (c1 + kappa) ** 2 - r2 * c2**2 / (c2 + kappa) ** 2)


def kappa_residual(slope: Any) -> Any:
    """The claimed slope less the inverse of d penalty/d kappa."""
    import sympy

    kappa, c1, c2, r1, r2 = sympy.symbols("kappa c1 c2 r1 r2", positive=True)
    penalty = kappa * (1 - r1 * c1 / (c1 + kappa) - r2 * c2 / (c2 + kappa))
    return slope - 1 / penalty.diff(kappa)


def sum_of_mode_errors() -> Any:
    """Risk of two blocks from the closed form."""
    import sympy

    kappa, c1, c2, r1, r2, m1, m2, noise = sympy.symbols(
        "kappa c1 c2 r1 r2 m1 m2 noise", positive=True
    )
    missed = m1 * c1 * kappa**2 / (c1 + kappa) ** 2 + m2 * c2 * kappa**2 / (c2 + kappa) ** 2
    gamma = r1 * c1**2 / (c1 + kappa) ** 2 + r2 * c2**2 / (c2 + kappa) ** 2
    return (missed + noise * gamma) / (1 - gamma)


def mode_sum_residual(risk: Any) -> Any:
    """Sum of the mode errors less the risk."""
    import sympy

    kappa, c1, c2, r1, r2, m1, m2, noise = sympy.symbols(
        "kappa c1 c2 r1 r2 m1 m2 noise", positive=True
    )
    total = 0
    for c, r, m in ((c1, r1, m1), (c2, r2, m2)):
        total += m * c * kappa**2 / (c + kappa) ** 2 + r * c**2 / (c + kappa) ** 2 * (risk + noise)
    return total - risk
