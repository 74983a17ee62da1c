"""Predictions of Hastie et al. 2019 in the shapes of its claims, and altered ones to be rejected.

Numbers of samples and of inputs are in units of the measured size; only their ratios enter.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.double_descent import covariance

Array = NDArray[np.float64]


def bias_and_variance(
    sample_ratio: Array,
    shares: Sequence[float],
    variances: Sequence[float],
    teacher_norms_squared: Sequence[float],
    penalty: Any,
) -> Array:
    """Bias, and variance for label noise 1: (ratios, penalties..., 2)."""
    blocks = covariance.BlockCovariance(variances, shares, teacher_norms_squared)
    lam = np.asarray(penalty)
    P = np.asarray(sample_ratio).reshape(-1, *np.ones(lam.ndim, dtype=int))
    clean, noisy = (covariance.ridge_risk(blocks, P, lam, noise_var=v).risk for v in (0.0, 1.0))
    return np.stack([clean, noisy - clean], axis=-1)


def bias(**given: Any) -> Array:
    return bias_and_variance(**given)[..., 0]


def variance(**given: Any) -> Array:
    return bias_and_variance(**given)[..., 1]


def risk(noise_var: float, **given: Any) -> Array:
    """Excess risk, (ratios, penalties...)."""
    errors = bias_and_variance(**given)
    return errors[..., 0] + noise_var * errors[..., 1]


def classical_variance(sample_ratio: Array, **_: Any) -> Array:
    """Altered: |N/(P - N)|, the variance of least squares continued below the threshold."""
    return 1 / np.abs(sample_ratio - 1)


def break_even_snr(sample_ratio: Array) -> Array:
    return 1 / np.abs(1 - np.asarray(sample_ratio))


def tuned_ridge_risk(sample_ratio: Array, noise_var: float, **given: Any) -> Array:
    """Risk at the best penalty for isotropic inputs and a teacher of length 1."""
    found = [
        risk(noise_var, sample_ratio=ratio, penalty=noise_var / ratio, **given)[0]
        for ratio in sample_ratio
    ]
    return np.array(found)


def best_penalty(
    signal_to_noise: Array, sample_ratio: float, n_inputs: int, seed: int, variances: Any
) -> Array:
    """noise_var/(P x variance of a teacher's weight), for teachers of length 1."""
    return 1 / (sample_ratio * np.asarray(signal_to_noise))


def misspecified_risk(
    seen_share: Array, sample_ratio: float, noise_var: float, unseen_is_noise: bool = True
) -> Array:
    """Risk of interpolators that see a share of the teacher's inputs; unseen ones act as noise."""
    seen = np.asarray(seen_share)
    unseen = np.maximum(1 - seen, 0)
    effective = noise_var + unseen_is_noise * unseen
    return unseen + np.array(
        [
            covariance.ridge_risk(
                covariance.BlockCovariance([1.0], [share], [share]),
                sample_ratio,
                0.0,
                noise_var=float(noise),
            ).risk
            for share, noise in zip(seen, effective, strict=True)
        ]
    )


def latent_risk(
    feature_ratio: Array, sample_ratio: float, noise_var: float, aligned: bool = True
) -> Array:
    """Risk of interpolators on N features of d latent inputs, in units of d.

    x has d directions of variance 1 + N/d and N - d of variance 1. The best linear map of x has the
    squared length s/(1 + s)^2, s = N/d, along the former, and misses the power 1/(1 + s).
    """
    found = []
    for s in np.asarray(feature_ratio):
        missed, norm = 1 / (1 + s), s / (1 + s) ** 2
        norms = [norm, 0.0] if aligned else [norm / s, norm * (1 - 1 / s)]
        blocks = covariance.BlockCovariance([1 + s, 1.0], [1.0, s - 1], norms)
        fit = covariance.ridge_risk(blocks, sample_ratio, 0.0, noise_var=noise_var + missed)
        found.append(fit.risk + missed)
    return np.array(found)


def head_ridge_errors(tail_trace: Array, head_share: float, tail_excess: float) -> Array:
    """Bias and variance of ridge regression on the head alone, with the tail's trace over P as penalty."""
    one = {"variances": (1.0,), "teacher_norms_squared": (1.0,)}
    return bias_and_variance(
        np.array([1.0]), shares=(head_share,), penalty=np.asarray(tail_trace), **one
    )[0]


def half_the_trace(tail_trace: Array, **given: Any) -> Array:
    """Altered: the penalty is half the tail's trace over P."""
    return head_ridge_errors(0.5 * np.asarray(tail_trace), **given)


def isotropic_bias(sample_ratio: Array, **_: Any) -> Array:
    """Altered: the share 1 - P/N of a power 1 is missed, as for isotropic inputs."""
    return 1 - np.asarray(sample_ratio)


def one_scale_risk(sample_ratio: Array, noise_var: float, **_: Any) -> Array:
    """Altered: isotropic inputs, a teacher of power 1."""
    one = (1.0,)
    return risk(
        noise_var,
        sample_ratio=sample_ratio,
        shares=one,
        variances=one,
        teacher_norms_squared=one,
        penalty=0.0,
    )


def isotropic_kappa() -> Any:
    """Effective ridge for isotropic inputs: the root of kappa (1 - r/(1 + kappa)) = penalty, r = N/P."""
    import sympy

    penalty, r = sympy.symbols("penalty r", positive=True)
    b = penalty + r - 1
    return (b + sympy.sqrt(b**2 + 4 * penalty)) / 2


def kappa_residual(kappa: Any) -> tuple[Any, ...]:
    """The equation of kappa, and d kappa/d penalty = 1/(1 - gamma)."""
    import sympy

    penalty, r = sympy.symbols("penalty r", positive=True)
    gamma = r / (1 + kappa) ** 2
    return (
        kappa * (1 - r / (1 + kappa)) - penalty,
        kappa.diff(penalty) * (1 - gamma) - 1,
    )


def optimal_isotropic_risk() -> Any:
    """Risk at the best penalty of isotropic ridge regression, in terms of kappa there."""
    import sympy

    kappa, power = sympy.symbols("kappa power", positive=True)
    return power * kappa / (1 + kappa)


def optimum_residual(claimed: Any) -> tuple[Any, ...]:
    """Risk less the claimed one, and its slope in kappa, where penalty = noise_var r/power."""
    import sympy

    kappa, power, r, noise = sympy.symbols("kappa power r noise", positive=True)
    gamma = r / (1 + kappa) ** 2
    e = (power * kappa**2 / (1 + kappa) ** 2 + noise * gamma) / (1 - gamma)
    best = {noise: kappa * (1 - r / (1 + kappa)) * power / r}
    return e.subs(best) - claimed, e.diff(kappa).subs(best)
