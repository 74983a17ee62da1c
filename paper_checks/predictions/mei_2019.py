"""Predictions of Mei and Montanari 2019 in the shapes of its claims, and altered ones to be rejected.

Numbers of samples and features are in units of the inputs d; teachers have length 1. The symbols of
identities follow the paper: psi_1 = p/d, psi_2 = n/d, zeta = mu_1/mu_*, z = zeta^2; lam is its penalty,
penalty d/(n mu_*^2) of ours.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.double_descent import random_features
from lazyrich.theory.double_descent.hermite import hermite_moments

Array = NDArray[np.float64]


def bias_and_variance(
    feature_ratio: Any, sample_ratio: Any, penalty: Any, activation: Any = "relu"
) -> Array:
    """Bias, and variance for label noise 1: (ratios, penalties..., 2)."""
    lam = np.asarray(penalty)
    trailing = np.ones(lam.ndim, dtype=int)
    p, n = (
        np.asarray(x, dtype=float).reshape(-1, *trailing) for x in (feature_ratio, sample_ratio)
    )
    clean, noisy = (
        random_features.ridge_risk(n, p, 1.0, lam, activation=activation, noise_var=v)
        for v in (0.0, 1.0)
    )
    return np.stack([clean, noisy - clean], axis=-1)


def risk(noise_var: float, **given: Any) -> Array:
    """Excess risk, (ratios, penalties...)."""
    errors = bias_and_variance(**given)
    return errors[..., 0] + noise_var * errors[..., 1]


def polynomial_risk(
    feature_ratio: Array,
    sample_ratio: Array,
    penalty: Array,
    linear: float,
    nonlinear_variance: float,
    noise_var: float,
) -> Array:
    """Excess risk for mu_1 x + mu_* (x^2 - 1)/sqrt 2: (feature_ratio, pairs of n/d and penalty)."""
    b = np.sqrt(nonlinear_variance / 2)
    return random_features.ridge_risk(
        sample_ratio, np.asarray(feature_ratio)[:, None], 1.0, penalty,
        activation=("polynomial", [-b, linear, b]), noise_var=noise_var,
    )  # fmt: skip


def linear_errors(**given: Any) -> Array:
    """Altered: features without their non-linear part."""
    slope = hermite_moments(given.pop("activation", "relu")).linear
    return bias_and_variance(**given, activation=("polynomial", [0.0, slope]))


def linear_risk(noise_var: float, **given: Any) -> Array:
    """Altered: features without their non-linear part."""
    errors = linear_errors(**given)
    return errors[..., 0] + noise_var * errors[..., 1]


def tuned_risk(
    feature_ratio: Any, sample_ratio: Any, noise_var: float, activation: str = "relu"
) -> Array:
    """Risk at the best penalty, (ratios,)."""
    from scipy.optimize import minimize_scalar

    found = []
    for p, n in zip(*np.broadcast_arrays(feature_ratio, sample_ratio), strict=True):

        def at(log_penalty: float, p: float = p, n: float = n) -> float:
            return float(
                random_features.ridge_risk(
                    n, p, 1.0, np.exp(log_penalty),
                    activation=activation, noise_var=noise_var,
                )
            )  # fmt: skip

        best = minimize_scalar(at, bounds=(-12.0, 6.0), method="bounded", options={"xatol": 1e-6})
        found.append(best.fun)
    return np.array(found)


def risk_at_the_widest_penalty(
    feature_ratio: Array, sample_ratio: float, noise_var: float, activation: str = "relu"
) -> Array:
    """Altered: the penalty that is best for infinitely many features, at any number of them."""
    penalty = random_features.best_kernel_penalty(activation=activation, noise_var=noise_var)
    return random_features.ridge_risk(
        sample_ratio, feature_ratio, 1.0, penalty, activation=activation, noise_var=noise_var
    )


def nonlinear_noise_risk(
    nonlinear_variance: Array,
    feature_ratio: float,
    sample_ratio: float,
    penalty: float,
    noise_var: float,
) -> Array:
    """Risk of x + b (x^2 - 1)/sqrt 2 as activation, b^2 the non-linear variance."""
    found = []
    for variance in nonlinear_variance:
        b = np.sqrt(variance / 2)
        errors = bias_and_variance(
            feature_ratio, sample_ratio, penalty, ("polynomial", [-b, 1.0, b])
        )[0]
        found.append(errors[0] + noise_var * errors[1])
    return np.array(found)


def kernel_errors(sample_ratio: Array, penalty: Any) -> Array:
    """Bias and variance with infinitely many features: (ratios, penalties..., 2)."""
    return bias_and_variance(np.full(len(sample_ratio), np.inf), sample_ratio, penalty)


def kernel_errors_with_half_the_ridge(sample_ratio: Array, penalty: Any) -> Array:
    """Altered: half of the variance of the features' non-linear part acts as a ridge."""
    moments = hermite_moments("relu")
    b = np.sqrt(moments.nonlinear_variance / 4)
    infinite = np.full(len(sample_ratio), np.inf)
    return bias_and_variance(
        infinite, sample_ratio, penalty, ("polynomial", [-b, moments.linear, b])
    )


def best_kernel_penalty(noise_var: Array, sample_ratio: float) -> Array:
    return np.array([random_features.best_kernel_penalty(noise_var=v) for v in noise_var])


def penalty_of_linear_features(noise_var: Array, sample_ratio: float) -> Array:
    """Altered: mu_1^2 noise_var."""
    return hermite_moments("relu").linear ** 2 * np.asarray(noise_var)


def unexpressed(feature_ratio: Array, activation: str) -> Array:
    return random_features.ridge_risk(np.inf, feature_ratio, 1.0, 0.0, activation=activation)


def flow_end(feature_ratio: Any, sample_ratio: Any, noise_var: float, activation: str) -> Array:
    return random_features.ridge_risk(
        sample_ratio, feature_ratio, 1.0, 0.0, activation=activation, noise_var=noise_var
    )


@lru_cache
def fixed_weights(n_features: int, dim: int, weight_seed: int) -> Array:
    """The directions of `weight_seed` at this number of inputs, as the measurement draws them."""
    weights = np.random.default_rng([weight_seed, dim]).standard_normal((n_features, dim))
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


def errors_in_time(
    t: Array,
    n_inputs: float,
    feature_ratio: float,
    sample_ratio: float,
    noise_var: float,
    activation: str,
    weight_seed: int,
    learning_rate: float | None = None,
) -> Array:
    """Risk, and what label noise adds over its variance, at times t n_inputs: (times, 2)."""
    rate = None if learning_rate is None else learning_rate * n_inputs
    weights = fixed_weights(round(feature_ratio * n_inputs), int(n_inputs), weight_seed)
    clean, noisy = (
        random_features.learning_curve(
            np.asarray(t) * n_inputs, weights, sample_ratio * n_inputs,
            activation=activation, noise_var=v, learning_rate=rate,
        )
        for v in (0.0, 1.0)
    )  # fmt: skip
    return np.stack([clean + noise_var * (noisy - clean), noisy - clean], axis=-1)


def flow_errors(learning_rate: float, n_inputs: float, **given: Any) -> Array:
    """Altered: gradient flow for gradient descent."""
    return errors_in_time(n_inputs=n_inputs, **given)


def stopped_risk(t: Array, n_inputs: float, feature_ratio: Array, **given: Any) -> Array:
    """Smallest risk over the times t, for each number of features."""
    curves = [errors_in_time(t, n_inputs, ratio, **given)[:, 0] for ratio in feature_ratio]
    return np.array([curve.min() for curve in curves])


def last_risk(t: Array, n_inputs: float, **given: Any) -> Array:
    """Altered: risk at the last time, over the smallest as for 128 inputs.

    One ratio for all sizes: that of the risks of given weights fluctuates between them.
    """
    ratio = stopped_risk(t[-1:], 128, **given) / stopped_risk(t, 128, **given)
    return ratio * stopped_risk(t, n_inputs, **given)


# Identities


def two_equation_errors() -> Any:
    """Bias and variance/noise of `random_features.ridge_risk` in mu_*^2 w = x, as one vector's entries."""
    import sympy

    p1, p2, z, x = sympy.symbols("psi_1 psi_2 z x", positive=True)
    y = z * x / (1 + z * x)
    t, spread = y + x, y * (1 - y) + x
    r, q = 1 - t / p1, 1 - t / p2
    pole = r + spread / p1
    left = q + r * spread / pole / p2
    bias = (1 - y) * (1 - y + y * spread / pole / p1) / left
    variance = ((1 - q) * (1 - r) + r**2 / p2 * y**2 / pole) / left
    return bias, variance


def bias_of_two_equations() -> Any:
    return two_equation_errors()[0]


def variance_of_two_equations() -> Any:
    return two_equation_errors()[1]


def paper_polynomials() -> Any:
    """E_1/E_0 and E_2/E_0 of the paper at chi = -x."""
    import sympy

    p1, p2, z, x = sympy.symbols("psi_1 psi_2 z x", positive=True)
    chi = -x
    e0 = (
        -(chi**5) * z**3 + 3 * chi**4 * z**2 + (p1 * p2 - p2 - p1 + 1) * chi**3 * z**3
        - 2 * chi**3 * z**2 - 3 * chi**3 * z + (p1 + p2 - 3 * p1 * p2 + 1) * chi**2 * z**2
        + 2 * chi**2 * z + chi**2 + 3 * p1 * p2 * chi * z - p1 * p2
    )  # fmt: skip
    e1 = p2 * chi**3 * z**2 - p2 * chi**2 * z + p1 * p2 * chi * z - p1 * p2
    e2 = (
        chi**5 * z**3 - 3 * chi**4 * z**2 + (p1 - 1) * chi**3 * z**3 + 2 * chi**3 * z**2
        + 3 * chi**3 * z + (-p1 - 1) * chi**2 * z**2 - 2 * chi**2 * z - chi**2
    )  # fmt: skip
    return e1 / e0, e2 / e0


def wide_omega() -> Any:
    """The paper's omega(zeta, psi_2, lam) for infinitely many features."""
    import sympy

    psi, z, lam = sympy.symbols("psi z lam", positive=True)
    b = psi * z - z - lam * psi - 1
    return -(sympy.sqrt(b**2 + 4 * psi * z * (lam * psi + 1)) + b) / (2 * (lam * psi + 1))


def omega_residual(omega: Any) -> Any:
    """One equation at r = 1 (or, with psi = psi_1, at q = 1), for w = -omega/mu_1^2."""
    import sympy

    psi, z, lam = sympy.symbols("psi z lam", positive=True)
    y = -omega / (1 - omega)
    return y - omega / z - psi * (1 + lam * omega / z)


def wide_errors() -> Any:
    """Bias and variance/noise of the two-equation form for psi_1 to infinity, sum in one expression."""
    import sympy

    omega, psi, noise = sympy.symbols("omega psi noise", positive=True)
    y = omega / (1 + omega)  # omega is minus the paper's
    return ((1 - y) ** 2 + noise * y**2 / psi) / (1 - y**2 / psi)


def wide_residual(risk_found: Any) -> Any:
    import sympy

    omega, psi, noise = sympy.symbols("omega psi noise", positive=True)
    o = -omega
    below = (psi - 1) * o**3 + (1 - 3 * psi) * o**2 + 3 * psi * o - psi
    return risk_found - ((psi * o - psi) + noise * (o**3 - o**2)) / below


def many_samples_bias() -> Any:
    """Bias of the two-equation form for psi_2 to infinity at fixed penalty of the mean loss."""
    import sympy

    omega, psi, z = sympy.symbols("omega psi z", positive=True)
    y = omega / (1 + omega)
    spread = y * (1 - y) + omega / z
    return (1 - y) * (1 - y + y * spread / (psi - y**2))


def many_samples_residual(bias: Any) -> Any:
    import sympy

    omega, psi, z = sympy.symbols("omega psi z", positive=True)
    o = -omega
    below = (psi - 1) * o**3 + (1 - 3 * psi) * o**2 + 3 * psi * o - psi
    return bias - ((o**3 - o**2) / z + psi * o - psi) / below
