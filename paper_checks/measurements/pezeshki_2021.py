"""Routes to the numbers of Pezeshki and others 2021: random finite designs, loops, dense ridge, quadrature.

Sum loss, inputs of variance 1/d (fast) and 1/(d condition_number^2) (slow), test labels without noise;
averages over teacher and label noise are exact for each design.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _design(
    rng: np.random.Generator,
    n_features: int,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
) -> tuple[Array, Array]:
    """Inputs (n, d), and the d standard deviations of the features times sqrt(d)."""
    d, n, p = int(n_features), round(sample_ratio * n_features), round(fast_share * n_features)
    scales = np.repeat([1.0, 1 / condition_number], [p, d - p])
    return rng.standard_normal((n, d)) * (scales / np.sqrt(d)), scales


def _averaged(
    X: Array, scales: Array, t: Any, noise_var: float, learning_rate: float | None = None
) -> Any:
    from lazyrich.solvers.networks.linear_student import averaged_errors

    n, d = X.shape
    rate = None if learning_rate is None else n * learning_rate
    times = n * np.asarray(t)
    return averaged_errors(
        X, scales**2 / d, scales**-2.0, times, noise_var=noise_var, learning_rate=rate
    )


def error_of_designs(
    rng: np.random.Generator,
    n_features: int,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
    t: Array,
    noise_var: float,
    learning_rate: float | None = None,
) -> Array:
    """1 - 2 R + Q at each time."""
    X, scales = _design(rng, n_features, sample_ratio, fast_share, condition_number)
    found = _averaged(X, scales, t, noise_var, learning_rate)
    return np.asarray(found.signal + found.noise)


def train_error_of_designs(
    rng: np.random.Generator,
    n_features: int,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
    t: Array,
    noise_var: float,
) -> Array:
    """Mean squared error on the noisy labels at each time."""
    X, scales = _design(rng, n_features, sample_ratio, fast_share, condition_number)
    return np.asarray(_averaged(X, scales, t, noise_var).train)


def order_parameters_of_designs(
    rng: np.random.Generator,
    n_features: int,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
    t: Array,
    noise_var: float,
) -> Array:
    """(R, Q) at each time; R = tr(1 - exp(-X^T X t))/d on average over teachers."""
    X, scales = _design(rng, n_features, sample_ratio, fast_share, condition_number)
    found = _averaged(X, scales, t, noise_var)
    values = np.linalg.svd(X, compute_uv=False) ** 2
    R = -np.expm1(-np.multiply.outer(t, values)).sum(axis=-1) / n_features
    return np.column_stack([R, found.signal + found.noise - 1 + 2 * R])


def error_at_condition_numbers(
    rng: np.random.Generator,
    n_features: int,
    sample_ratio: float,
    fast_share: float,
    condition_number: Sequence[float],
    t: Array,
    noise_var: float,
) -> Array:
    """(condition numbers, times): the same Gaussian draws at every condition number."""
    X, _ = _design(rng, n_features, sample_ratio, fast_share, 1.0)
    errors = []
    for ratio in condition_number:
        scales = np.repeat([1.0, 1 / ratio], _fast_and_slow(n_features, fast_share))
        found = _averaged(X * scales, scales, t, noise_var)
        errors.append(found.signal + found.noise)
    return np.array(errors)


def turning_points_of_designs(
    rng: np.random.Generator,
    n_features: int,
    sample_ratio: float,
    fast_share: float,
    condition_number: Sequence[float],
    noise_var: float,
) -> Array:
    """(condition numbers, 4): times at which the largest rise begins and ends, and the errors there."""
    t = np.geomspace(0.3, 3e3, 400)
    curves = error_at_condition_numbers(
        rng, n_features, sample_ratio, fast_share, condition_number, t, noise_var
    )
    found = []
    for error in curves:
        top = int(np.argmax(error - np.minimum.accumulate(error)))
        bottom = int(np.argmin(error[: top + 1]))
        points = [_vertex(np.log(t), error, i) for i in (bottom, top)]
        found.append([*(np.exp(x) for x, _ in points), *(y for _, y in points)])
    return np.array(found)


def ridge_errors_of_designs(
    rng: np.random.Generator,
    n_features: int,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
    penalty: Array,
    noise_var: float,
) -> Array:
    """1 - 2 R + Q of ridge regression on whole matrices, at each penalty of the sum loss."""
    X, scales = _design(rng, n_features, sample_ratio, fast_share, condition_number)
    values, vectors = np.linalg.eigh(X.T @ X)
    values = np.maximum(values, 0.0)
    student, teacher = scales[:, None] * vectors, vectors / scales[:, None]
    both = (student.T @ student) * (teacher.T @ teacher)
    noise = (student**2).sum(axis=0)
    left = np.asarray(penalty)[:, None] / (values + np.asarray(penalty)[:, None])
    fitted = (1 - left) ** 2 / np.where(values > 0, values, np.inf)
    errors = ((left @ both) * left).sum(axis=1) + noise_var * fitted @ noise
    return np.asarray(errors / n_features)


def penalised_flow_of_designs(
    rng: np.random.Generator,
    n_features: int,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
    t: Array,
    penalty: Sequence[float],
    noise_var: float,
) -> Array:
    """(penalties, times): 1 - 2 R + Q of gradient flow with a ridge penalty, on whole matrices."""
    X, scales = _design(rng, n_features, sample_ratio, fast_share, condition_number)
    values, vectors = np.linalg.eigh(X.T @ X)
    values = np.maximum(values, 0.0)
    student, teacher = scales[:, None] * vectors, vectors / scales[:, None]
    both = (student.T @ student) * (teacher.T @ teacher)
    noise = (student**2).sum(axis=0)
    errors = []
    for ridge in penalty:
        gone = np.exp(-np.multiply.outer(t, values + ridge))
        left = (ridge + values * gone) / (values + ridge)
        fitted = values * ((1 - gone) / (values + ridge)) ** 2
        errors.append(((left @ both) * left).sum(axis=1) + noise_var * fitted @ noise)
    return np.array(errors) / n_features


def trained_from_every_direction(
    n_features: int,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
    t: Array,
    noise_var: float,
    learning_rate: float,
    seed: int,
) -> Array:
    """(R, Q): explicit loops of gradient descent, one a direction of the teacher and one a noisy sample.

    The student is linear in the labels, so their squares add up to the exact averages.
    """
    from lazyrich.solvers.networks.linear_student import gradient_descent

    X, scales = design_of_seed(n_features, sample_ratio, fast_share, condition_number, seed)
    n, d = X.shape
    steps = np.rint(np.asarray(t) / learning_rate).astype(np.int64)

    def outputs(labels: Array) -> Array:
        record = gradient_descent(X, labels, np.zeros(d), n * learning_rate, steps[-1], steps)
        return record * scales

    R, Q = np.zeros(len(steps)), np.zeros(len(steps))
    for i in range(d):
        student = outputs(X[:, i] / scales[i])
        R += student[:, i] / d
        Q += (student**2).sum(axis=1) / d
    for label in np.eye(n):
        Q += noise_var * (outputs(label) ** 2).sum(axis=1) / d
    return np.column_stack([R, Q])


def design_of_seed(
    n_features: int, sample_ratio: float, fast_share: float, condition_number: float, seed: int
) -> tuple[Array, Array]:
    """Inputs and scales of one design."""
    rng = np.random.default_rng(seed)
    return _design(rng, n_features, sample_ratio, fast_share, condition_number)


def isotropic_order_parameters(t: Array, sample_ratio: float, noise_var: float) -> Array:
    """(R, Q) of equal features by adaptive quadrature over the Marchenko-Pastur law."""
    from scipy.integrate import quad

    low = ((1 - sample_ratio) / (1 + np.sqrt(sample_ratio))) ** 2

    def average(function: Any) -> float:
        def integrand(phi: float) -> Any:
            value = low + 4 * np.sqrt(sample_ratio) * np.sin(phi / 2) ** 2
            return 2 * sample_ratio / np.pi * np.sin(phi) ** 2 / value * function(value)

        edges = np.concatenate(([0], np.pi * 2.0 ** np.arange(-14, 1)))
        parts = pairwise(edges)
        return float(sum(quad(integrand, *part, epsabs=1e-14, epsrel=1e-13)[0] for part in parts))

    found = []
    for time in t:
        learned = [lambda x, k=k, s=time: (-np.expm1(-x * s)) ** k for k in (1, 2)]
        noise = average(lambda x, s=time: np.expm1(-x * s) ** 2 / x)
        found.append([average(learned[0]), average(learned[1]) + noise_var * noise])
    return np.array(found)


def _fast_and_slow(n_features: int, fast_share: float) -> list[int]:
    p = round(fast_share * n_features)
    return [p, int(n_features) - p]


def _vertex(x: Array, y: Array, i: int) -> tuple[float, float]:
    """Place and height of the parabola through three neighbouring points of a grid."""
    i = int(np.clip(i, 1, len(x) - 2))
    left, middle, right = y[i - 1 : i + 2]
    shift = 0.5 * (left - right) / (left - 2 * middle + right)
    return x[i] + shift * (x[1] - x[0]), middle - 0.25 * (left - right) * shift
