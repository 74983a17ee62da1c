"""Kernel ridge regression on a sphere, averaged over teachers, label noise and test points.

Inputs are uniform on the unit sphere in D dimensions. Q_k is the Gegenbauer polynomial of degree k with
Q_k(1) = 1; the kernel is sum_k e_k Q_k(x.x'), and teachers are Gaussian with covariance sum_k p_k Q_k.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def n_harmonics(degree: int, dimension: int) -> int:
    """Number of independent spherical harmonics of a degree."""
    from math import comb

    return comb(degree + dimension - 1, degree) - (
        comb(degree + dimension - 3, degree - 2) if degree > 1 else 0
    )


def gegenbauer(x: Array, highest: int, dimension: int) -> Array:
    """Q_0, ..., Q_highest at x, by their recurrence: (highest + 1, ...)."""
    found = [np.ones_like(x), x]
    for k in range(1, highest):
        weight = k + dimension - 2
        found.append(((2 * k + dimension - 2) * x * found[k] - k * found[k - 1]) / weight)
    return np.array(found[: highest + 1])


def degree_errors(
    rng: np.random.Generator,
    dimension: float,
    sample_ratio: Array,
    learned_degree: int,
    kernel_powers: Sequence[float],
    teacher_powers: Sequence[float],
    penalty: float,
    noise_var: float,
) -> Array:
    """Error of each degree 1, 2, ...: (ratios, degrees), for P = ratio x harmonics of one degree.

    `kernel_powers` e_k and `teacher_powers` p_k are those of the degrees 1, 2, ...
    """
    D = int(dimension)
    e, p = np.asarray(kernel_powers), np.asarray(teacher_powers)
    n = np.array([n_harmonics(k, D) for k in range(1, len(e) + 1)])
    found = []
    for ratio in sample_ratio:
        P = round(ratio * n_harmonics(learned_degree, D))
        x = rng.standard_normal((P, D))
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        Q = gegenbauer(x @ x.T, len(e), D)[1:]
        fit = np.linalg.inv(np.tensordot(e, Q, 1) + P * penalty * np.eye(P))
        labels = np.tensordot(p, Q, 1) + noise_var * np.eye(P)
        square = fit @ labels @ fit
        overlap, power = (np.einsum("kij,ij->k", Q, matrix) for matrix in (fit, square))
        found.append(p - 2 * p * e / n * overlap + e**2 / n * power)
    return np.array(found)


def mean_degree_errors(rng: np.random.Generator, n_designs: float, **given: Any) -> Array:
    """Mean of `degree_errors` over training sets."""
    found = [degree_errors(rng, **given) for _ in range(int(n_designs))]
    return np.mean(found, axis=0)


def first_degree_error(
    rng: np.random.Generator, dimension: float, ridge: float, **given: Any
) -> Array:
    """Error of degree 1 for P = ratio x D samples and the penalty ridge/D: (ratios,)."""
    return degree_errors(rng, dimension, learned_degree=1, penalty=ridge / dimension, **given)[:, 0]
