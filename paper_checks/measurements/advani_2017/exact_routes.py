"""Routes without chance: Bessel functions, a rule in the eigenvalue itself, one design in full."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def bessel_test_error(t: Array, teacher_power: float, init_var: float, noise_var: float) -> Array:
    """Test error at ratio 1 from Bessel functions in high precision."""
    import mpmath

    def law(s: Any) -> Any:
        return mpmath.exp(-2 * s) * (mpmath.besseli(0, 2 * s) + mpmath.besseli(1, 2 * s))

    def integral(s: Any) -> Any:
        x = 2 * s
        return x * law(s) + (mpmath.exp(-x) * mpmath.besseli(0, x) - 1) / 2

    found = []
    with mpmath.workdps(40):
        for time in map(mpmath.mpf, t):
            noise = noise_var * (1 + 2 * integral(time) - integral(2 * time))
            found.append(float(noise + (teacher_power + init_var) * law(2 * time)))
    return np.array(found)


def growth_of_bessel_noise(factor: Array, inverse_root_time: float) -> Array:
    """Noise part of the error at ratio 1 at time factor x t, over that at t."""
    t = 1 / inverse_root_time**2
    noise = bessel_test_error(np.append(1.0, factor) * t, 0.0, 0.0, 1.0) - 1
    return noise[1:] / noise[0]


def stationary_times(sample_ratio: Any, snr: Any, inr: float) -> Array:
    """Sum of all times at which the slope of the error rises through zero: (SNRs, ratios).

    The slope is averaged by the Chebyshev rule of the second kind in the eigenvalue, and scanned over
    all times; two minima would add up.
    """
    from scipy.optimize import brentq

    scan = np.linspace(np.log(1e-5), np.log(1e5), 2000)
    found = []
    for alpha in sample_ratio:
        angle = np.pi * np.arange(1, 4096) / 4096
        lam = 1 + alpha - 2 * np.sqrt(alpha) * np.cos(angle)
        weight = np.sin(angle) ** 2 / lam
        for strength in np.asarray(snr) + inr:

            def slope(
                log_t: Any, lam: Array = lam, weight: Array = weight, strength: float = strength
            ) -> Any:
                x = np.multiply.outer(np.exp(log_t), lam)
                rest = -np.expm1(-x) - lam * strength * np.exp(-x)
                return (rest * np.exp(np.min(x, axis=-1, keepdims=True) - x)) @ weight

            signs = np.sign(np.concatenate([slope(part) for part in np.split(scan, 20)]))
            up = np.flatnonzero((signs[:-1] < 0) & (signs[1:] > 0))
            roots = [brentq(slope, scan[k], scan[k + 1], xtol=1e-13) for k in up]
            found.append(np.exp(roots).sum())
    return np.reshape(found, (len(sample_ratio), -1)).T


def best_penalties(
    snr: Array, sample_ratio: float, n_inputs: int, noise_var: float, seed: int
) -> Array:
    """Penalties of least error on one design, by minimisation of dense traces."""
    from scipy.optimize import minimize_scalar

    p = round(sample_ratio * n_inputs)
    x = np.random.default_rng(seed).standard_normal((n_inputs, p)) / np.sqrt(n_inputs)
    gram, one = x @ x.T, np.eye(n_inputs)

    def error(log_penalty: float, teacher: float) -> float:
        inverse = np.linalg.inv(gram + np.exp(log_penalty) * one)
        off = one - gram @ inverse
        fitted = x.T @ inverse
        return float(teacher * np.sum(off**2) + noise_var * np.sum(fitted**2))

    found = []
    for each in snr:
        best = minimize_scalar(
            error,
            bounds=(-8.0, 5.0),
            args=(each * noise_var,),
            method="bounded",
            options={"xatol": 1e-8},
        )
        found.append(np.exp(best.x))
    return np.array(found)


def frozen_error(
    sample_ratio: Any, teacher_power: float, init_var: float, n_inputs: int, seed: int
) -> Array:
    """Error that training without noise never removes, from dense projectors on one design."""
    rng = np.random.default_rng(seed)
    found = []
    for each in sample_ratio:
        x = rng.standard_normal((n_inputs, round(each * n_inputs))) / np.sqrt(n_inputs)
        unseen = np.eye(n_inputs) - x @ np.linalg.pinv(x)
        found.append((teacher_power + init_var) * np.sum(unseen**2) / n_inputs)
    return np.array(found)


def explicit_errors(
    steps: Array, learning_rate: float, shape: Any, noise_var: float, seed: int
) -> Array:
    """(signal, noise, train, norm) of one design by explicit loops, a loop for each unit of variance.

    All averages are quadratic in teacher, start and noise, which are independent: summing over their
    unit vectors averages without sampling.
    """
    from lazyrich.solvers.networks.linear_student import gradient_descent

    x, variances, teacher, initial = explicit_design(shape, seed)
    p, n = x.shape
    total = np.zeros((4, len(steps)))
    for kind, sizes in enumerate((teacher, initial, np.full(p, noise_var))):
        for unit in np.diag(np.sqrt(sizes)):
            target, start = unit * (kind == 0) if kind < 2 else np.zeros(n), np.zeros(n)
            labels = x @ target if kind < 2 else unit
            if kind == 1:
                start = unit
            w = gradient_descent(x, labels, start, learning_rate, int(steps[-1]), steps)
            total[1 if kind == 2 else 0] += (w - target) ** 2 @ variances
            total[2] += ((labels - w @ x.T) ** 2).mean(axis=1)
            total[3] += (w**2).sum(axis=1)
    return total.T


def explicit_design(shape: Any, seed: int) -> tuple[Array, Array, Array, Array]:
    """Inputs, and variances of inputs, teacher and initial weights."""
    from lazyrich.solvers.networks.linear_student import gaussian_design

    rng = np.random.default_rng(seed)
    variances, teacher, initial = rng.uniform(0.2, 2, (3, shape[1]))
    return gaussian_design(shape[0], variances, rng), variances, teacher, initial
