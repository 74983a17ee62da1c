"""Routes to the numbers of Hastie et al. 2019: linear regressions on random designs, and descent to them.

Sizes grow together: N inputs, of which each block has a share, and P = sample_ratio x N samples.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _whole(numbers: Any, size: float) -> list[int]:
    """Shares of `size`, which must come out whole."""
    exact = np.atleast_1d(numbers) * size
    whole = np.rint(exact).astype(int)
    assert np.allclose(exact, whole), f"{numbers} of {size} are not whole"
    return whole.tolist()


def bias_and_variance(
    rng: np.random.Generator,
    n_inputs: float,
    sample_ratio: Array,
    shares: Sequence[float],
    variances: Sequence[float],
    teacher_norms_squared: Sequence[float],
    penalty: Any,
) -> Array:
    """Bias, and variance for label noise 1, of one design a ratio: (ratios, penalties..., 2)."""
    from lazyrich.solvers.networks.linear_student import gaussian_design
    from lazyrich.solvers.networks.ridge_student import averaged_ridge

    n = _whole(shares, n_inputs)
    teacher = np.asarray(teacher_norms_squared) / n
    found = []
    for n_train in _whole(sample_ratio, n_inputs):
        X = gaussian_design(n_train, np.repeat(variances, n), rng)
        errors = averaged_ridge(X, n, variances, teacher, penalty, noise_var=1.0)
        found.append(np.stack([errors.signal.sum(axis=-1), errors.noise.sum(axis=-1)], axis=-1))
    return np.array(found)


def bias(rng: np.random.Generator, **given: Any) -> Array:
    return bias_and_variance(rng, **given)[..., 0]


def variance(rng: np.random.Generator, **given: Any) -> Array:
    return bias_and_variance(rng, **given)[..., 1]


def risk(rng: np.random.Generator, noise_var: float, **given: Any) -> Array:
    errors = bias_and_variance(rng, **given)
    return errors[..., 0] + noise_var * errors[..., 1]


def tuned_ridge_risk(
    rng: np.random.Generator, sample_ratio: Array, noise_var: float, **given: Any
) -> Array:
    """Risk at the penalty noise_var/sample_ratio, the best for isotropic teachers of length 1."""
    found = [
        risk(rng, noise_var, sample_ratio=[ratio], penalty=noise_var / ratio, **given)[0]
        for ratio in sample_ratio
    ]
    return np.array(found)


def break_even_snr(rng: np.random.Generator, n_inputs: float, sample_ratio: Array) -> Array:
    """Signal-to-noise ratio at which the interpolator is as bad as predicting zero."""
    one = {"shares": (1.0,), "variances": (1.0,), "teacher_norms_squared": (1.0,)}
    errors = bias_and_variance(rng, n_inputs, sample_ratio, penalty=0.0, **one)
    return errors[:, 1] / (1 - errors[:, 0])


def best_penalty(
    signal_to_noise: Array, sample_ratio: float, n_inputs: int, seed: int, variances: Any
) -> Array:
    """Penalty that minimises the risk of one design, averaged over isotropic teachers and noise."""
    from scipy.optimize import minimize_scalar

    from lazyrich.solvers.networks.linear_student import gaussian_design
    from lazyrich.solvers.networks.ridge_student import averaged_ridge

    n = _whole(np.full(len(variances), 1 / len(variances)), n_inputs)
    rng, n_train = np.random.default_rng(seed), _whole(sample_ratio, n_inputs)[0]
    X = gaussian_design(n_train, np.repeat(variances, n), rng)
    teacher = np.full(len(n), 1 / n_inputs)

    def risk_at(log_penalty: float, snr: float) -> float:
        errors = averaged_ridge(X, n, variances, teacher, np.exp(log_penalty), noise_var=1 / snr)
        return float(np.sum(errors.signal + errors.noise))

    best = [
        minimize_scalar(risk_at, bounds=(-15, 8), args=(snr,), method="bounded", options={"xatol": 1e-9})
        for snr in signal_to_noise
    ]  # fmt: skip
    return np.exp([found.x for found in best])


def descended_risk(
    rng: np.random.Generator,
    n_inputs: float,
    sample_ratio: Array,
    noise_var: float,
    n_teachers: int,
    n_steps: int,
) -> Array:
    """Excess risk where gradient descent from zero ends: students of independent noisy teachers."""
    n, found = int(n_inputs), []
    for n_train in _whole(sample_ratio, n_inputs):
        X = rng.standard_normal((n_train, n))
        teachers = rng.standard_normal((n, n_teachers)) / np.sqrt(n)
        noise = rng.standard_normal((n_train, n_teachers)) * np.sqrt(noise_var)
        labels = X @ teachers + noise
        rate = 1 / np.linalg.norm(X, ord=2) ** 2
        weights = np.zeros_like(teachers)
        for _ in range(n_steps):
            weights -= rate * (X.T @ (X @ weights - labels))
        found.append(((weights - teachers) ** 2).sum() / n_teachers)
    return np.array(found)


def misspecified_risk(
    rng: np.random.Generator,
    n_inputs: float,
    seen_share: Array,
    sample_ratio: float,
    noise_var: float,
) -> Array:
    """Error of interpolators that see some of the teacher's inputs, without test noise.

    All inputs have variance 1, the teacher's weights variance 1/N.
    """
    n, n_train = int(n_inputs), _whole(sample_ratio, n_inputs)[0]
    found = []
    for seen in _whole(seen_share, n_inputs):
        X = rng.standard_normal((n_train, n))
        fit = np.linalg.pinv(X[:, :seen])
        missed = np.vstack([fit @ X, np.zeros((n - seen, n))]) - np.eye(n)
        found.append((missed**2).sum() / n + noise_var * (fit**2).sum())
    return np.array(found)


def latent_risk(
    rng: np.random.Generator,
    n_latent: float,
    feature_ratio: Array,
    sample_ratio: float,
    noise_var: float,
) -> Array:
    """Error of interpolators that see features x = W z + u of d latent inputs z, without test noise.

    W has N rows of mean square length 1 and orthogonal columns; the target is theta.z with E |theta|^2 = 1.
    """
    d, n_train = int(n_latent), _whole(sample_ratio, n_latent)[0]
    found = []
    for n in _whole(feature_ratio, n_latent):
        W = np.sqrt(n / d) * np.linalg.qr(rng.standard_normal((n, d)))[0]
        z = rng.standard_normal((n_train, d))
        fit = np.linalg.pinv(z @ W.T + rng.standard_normal((n_train, n)))
        weights = fit @ z
        signal = ((W.T @ weights - np.eye(d)) ** 2).sum() + (weights**2).sum()
        noise = ((W.T @ fit) ** 2).sum() + (fit**2).sum()
        found.append(signal / d + noise_var * noise)
    return np.array(found)


def head_errors_with_tail(
    rng: np.random.Generator,
    n_train: float,
    tail_trace: Array,
    head_share: float,
    tail_excess: float,
) -> Array:
    """Bias, and variance for label noise 1, of interpolators on a head and a long tail: (traces, 2).

    The head has variance 1 and the teacher's power 1; the tail's n_2 = tail_excess P^2 dimensions have
    variances that sum to tail_trace x P, and no teacher.
    """
    from lazyrich.solvers.networks.linear_student import gaussian_design
    from lazyrich.solvers.networks.ridge_student import averaged_ridge

    P = int(n_train)
    n = [*_whole(head_share, P), *_whole(tail_excess, P**2)]
    white = gaussian_design(P, np.ones(sum(n)), rng)
    found = []
    for trace in tail_trace:
        c = [1.0, trace * P / n[1]]
        X = white * np.sqrt(np.repeat(c, n))
        errors = averaged_ridge(X, n, c, [1 / n[0], 0.0], 0.0, noise_var=1.0)
        found.append([errors.signal.sum(), errors.noise.sum()])
    return np.array(found)
