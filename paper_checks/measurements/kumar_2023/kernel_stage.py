"""Dense linear algebra with the kernel of wide networks, summed over nothing but the samples."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _sample(
    dim: int, n_samples: int, power: float, teachers: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Inner products of the inputs, and h = beta . x for many teachers: (P, P) and (P, teachers)."""
    beta = rng.standard_normal((dim, teachers))
    beta *= np.sqrt(power * dim) / np.linalg.norm(beta, axis=0)
    X = rng.standard_normal((n_samples, dim)) / np.sqrt(dim)
    return X @ X.T, X @ beta


def regression_losses(
    rng: np.random.Generator,
    dim: int,
    quadratic_strength: Any,
    sample_ratio: Any,
    teacher_power: float,
    teachers: int,
) -> Array:
    """Test loss of regression with the kernel x.x' + eps^2 (x.x')^2, mean over teachers.

    The function found errs by b.x + x^T A x/2, b = X^T a, A = 2 eps^2 X^T diag(a) X - beta beta^T, whose
    Gaussian moments need only inner products.
    """
    found = []
    for eps, ratio in zip(quadratic_strength, sample_ratio, strict=True):
        cosine, h = _sample(dim, round(float(ratio) * dim), teacher_power, teachers, rng)
        squares = cosine**2
        dual = np.linalg.solve(cosine + eps**2 * squares, h**2 / 2)
        linear = (dual * (cosine @ dual)).sum(axis=0)
        trace = 2 * eps**2 * cosine.diagonal() @ dual - teacher_power * dim
        cross = ((squares @ dual) * dual).sum(axis=0)
        power = 4 * eps**4 * cross - 4 * eps**2 * (dual * h**2).sum(axis=0)
        power += (teacher_power * dim) ** 2
        found.append(np.mean(linear / dim + trace**2 / 4 / dim**2 + power / 2 / dim**2))
    return np.array(found)


def alignments(
    rng: np.random.Generator,
    n_samples: int,
    quadratic_strength: Any,
    dim: int,
    teachers: int,
) -> Array:
    """Centred alignment of the kernel with the target, mean over teachers."""
    cosine, h = _sample(dim, n_samples, 1.0, teachers, rng)
    y = h**2 / 2
    y = y - y.mean(axis=0)
    found = []
    for eps in quadratic_strength:
        kernel = cosine + eps**2 * cosine**2
        kernel = kernel - kernel.mean(axis=0)
        kernel = kernel - kernel.mean(axis=1)[:, None]
        aligned = (y * (kernel @ y)).sum(axis=0) / (y**2).sum(axis=0)
        found.append(aligned.mean() / np.linalg.norm(kernel))
    return np.array(found)
