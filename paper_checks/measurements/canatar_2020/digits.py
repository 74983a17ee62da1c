"""Linear and kernel regression trained on handwritten digits.

The 1797 digits are the population: training sets are drawn from them with replacement, and errors are
means of |y - f|^2 over all of them, summed over the ten outputs. Inputs are centred pixels, targets centred
one-hot classes.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@cache
def population(n_components: int = 64) -> tuple[Array, Array]:
    """Inputs in their principal directions, the first `n_components`, and targets."""
    from lazyrich.solvers.networks.linear_tasks import digits

    data = digits(whitened=False)
    directions = np.linalg.svd(data.inputs, full_matrices=False)[2]
    return data.inputs @ directions[:n_components].T, data.targets


@cache
def kernel(width: float) -> Array:
    """exp(-|x - x'|^2/(2 width^2)) between all digits."""
    inputs, _ = population()
    norms = (inputs**2).sum(axis=1)
    distances = np.maximum(norms[:, None] + norms - 2 * inputs @ inputs.T, 0)
    return np.exp(-distances / (2 * width**2))


@cache
def _least_squares(n_components: int) -> tuple[Array, Array]:
    """Best linear map of the population, and its residuals."""
    inputs, targets = population(n_components)
    weights = np.asarray(np.linalg.lstsq(inputs, targets)[0], dtype=np.float64)
    return weights, targets - inputs @ weights


def _floor(n_components: int = 64) -> float:
    _, residuals = _least_squares(n_components)
    return float((residuals**2).sum() / len(residuals))


def _error(weights: Array, n_components: int = 64) -> Array:
    """Mean error over the population of weights (..., N, 10)."""
    inputs, _ = population(n_components)
    best, _ = _least_squares(n_components)
    missed = weights - best
    excess = (missed * (inputs.T @ inputs / len(inputs) @ missed)).sum(axis=(-2, -1))
    return excess + _floor(n_components)


def linear_test_error(
    rng: np.random.Generator,
    n_subsets: float,
    n_train: Array,
    penalty: Array,
    n_components: int = 64,
) -> Array:
    """Test error of ridge regression on random digits: (sizes of training set, penalties)."""
    from lazyrich.solvers.networks.ridge_student import ridge_weights

    inputs, targets = population(n_components)
    found = np.zeros((len(n_train), len(penalty)))
    for row, P in zip(found, np.rint(n_train).astype(int), strict=True):
        for _ in range(int(n_subsets)):
            drawn = rng.integers(len(inputs), size=P)
            row += _error(ridge_weights(inputs[drawn], targets[drawn], penalty), n_components)
    return found / n_subsets


def linear_excess(rng: np.random.Generator, n_components: int = 64, **given: Any) -> Array:
    """Test error less that of the best linear map."""
    error = linear_test_error(rng, n_components=n_components, **given)
    return error - _floor(n_components)


def gaussian_test_error(
    rng: np.random.Generator, n_subsets: float, n_train: Array, penalty: Array
) -> Array:
    """The same for Gaussian inputs of the digits' covariance, their best linear map, and Gaussian noise."""
    from lazyrich.solvers.networks.ridge_student import ridge_weights

    inputs, _ = population()
    scale = np.sqrt((inputs**2).mean(axis=0))
    best, residuals = _least_squares(64)
    noise = np.sqrt((residuals**2).mean(axis=0))
    found = np.zeros((len(n_train), len(penalty)))
    for row, P in zip(found, np.rint(n_train).astype(int), strict=True):
        for _ in range(int(n_subsets)):
            drawn = rng.standard_normal((P, 64)) * scale
            labels = drawn @ best + rng.standard_normal((P, 10)) * noise
            row += _error(ridge_weights(drawn, labels, penalty))
    return found / n_subsets


def linear_error_in_time(
    rng: np.random.Generator, n_subsets: float, steps: Array, learning_rate: float, n_train: Array
) -> Array:
    """Test error under gradient descent from zero: (steps, sizes of training set)."""
    inputs, targets = population()
    found = np.zeros((len(steps), len(n_train)))
    for column, P in enumerate(np.rint(n_train).astype(int)):
        for _ in range(int(n_subsets)):
            drawn = rng.integers(len(inputs), size=P)
            X, y = inputs[drawn], targets[drawn]
            weights = np.zeros((64, 10))
            recorded = []
            for step in range(int(max(steps)) + 1):
                if step in steps:
                    recorded.append(weights.copy())
                weights -= learning_rate / P * (X.T @ (X @ weights - y))
            found[:, column] += _error(np.array(recorded))
    return found / n_subsets


def linear_excess_in_time(rng: np.random.Generator, **given: Any) -> Array:
    return linear_error_in_time(rng, **given) - _floor()


def kernel_test_error(
    rng: np.random.Generator, n_subsets: float, n_train: Array, penalty: Array, width: float
) -> Array:
    """Test error of kernel ridge regression on random digits: (sizes of training set, penalties)."""
    from scipy.linalg import cho_factor, cho_solve

    K, (_, targets) = kernel(width), population()
    found = np.zeros((len(n_train), len(penalty)))
    for row, P in zip(found, np.rint(n_train).astype(int), strict=True):
        for _ in range(int(n_subsets)):
            drawn = rng.integers(len(K), size=P)
            square, across = K[np.ix_(drawn, drawn)], K[:, drawn]
            for j, lam in enumerate(penalty):
                factor = cho_factor(square + lam * P * np.eye(P))
                outputs = across @ cho_solve(factor, targets[drawn])
                row[j] += ((outputs - targets) ** 2).sum() / len(K)
    return found / n_subsets


def kernel_error_in_time(
    rng: np.random.Generator,
    n_subsets: float,
    steps: Array,
    learning_rate: float,
    n_train: Array,
    width: float,
) -> Array:
    """Test error of f = sum_mu a_mu K(., x_mu) descending in its space: (steps, sizes of training set)."""
    K, (_, targets) = kernel(width), population()
    found = np.zeros((len(steps), len(n_train)))
    for column, P in enumerate(np.rint(n_train).astype(int)):
        for _ in range(int(n_subsets)):
            drawn = rng.integers(len(K), size=P)
            square, across, y = K[np.ix_(drawn, drawn)], K[:, drawn], targets[drawn]
            a, recorded = np.zeros((P, 10)), []
            for step in range(int(max(steps)) + 1):
                if step in steps:
                    recorded.append(((across @ a - targets) ** 2).sum() / len(K))
                a -= learning_rate / P * (square @ a - y)
            found[:, column] += recorded
    return found / n_subsets
