"""Dense linear algebra with the kernel of wide networks, summed over nothing but the samples."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _sample(dim: int, n_samples: int, power: float, rng: np.random.Generator) -> tuple[Array, ...]:
    from lazyrich.solvers.networks import quadratic_student as student

    beta = student.random_start(1, dim, power, rng).beta
    X = student.random_inputs(n_samples, dim, rng)
    return X, beta, (X @ beta) ** 2 / 2


def regression_losses(
    rng: np.random.Generator,
    dim: int,
    quadratic_strength: Any,
    sample_ratio: Any,
    teacher_power: float,
) -> Array:
    """Test loss of regression with the kernel x.x' + eps^2 (x.x')^2, for each strength and ratio.

    The function found is b.x + x^T A x/2 + beta beta^T; its loss is a Gaussian moment.
    """
    found = []
    for eps, ratio in zip(quadratic_strength, sample_ratio, strict=True):
        X, beta, y = _sample(dim, round(float(ratio) * dim), teacher_power, rng)
        cosine = X @ X.T
        dual = np.linalg.solve(cosine + eps**2 * cosine**2, y)
        b, A = X.T @ dual, 2 * eps**2 * (X.T * dual) @ X - np.outer(beta, beta)
        found.append(b @ b / dim + (np.trace(A) / dim) ** 2 / 4 + (A**2).sum() / 2 / dim**2)
    return np.array(found)


def alignments(
    rng: np.random.Generator, dim: int, quadratic_strength: Any, samples_per_pair: float
) -> Array:
    """Centred alignment of the kernel with the target on round(samples_per_pair dim^2) samples."""
    X, _, y = _sample(dim, round(samples_per_pair * dim**2), 1.0, rng)
    y = y - y.mean()
    cosine = X @ X.T
    found = []
    for eps in quadratic_strength:
        kernel = cosine + eps**2 * cosine**2
        kernel = kernel - kernel.mean(axis=0)
        kernel = kernel - kernel.mean(axis=1)[:, None]
        found.append(y @ kernel @ y / (np.linalg.norm(kernel) * (y @ y)))
    return np.array(found)
