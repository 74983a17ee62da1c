"""Random deep linear starts: lengths of vectors, learning rates, and small changes that they learn."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.measurements.saxe_2013.steps import whole_steps
from lazyrich.solvers.networks.initial_weights import orthogonal_weights, small_random_weights

Array = NDArray[np.float64]


def log_lengths(rng: np.random.Generator, draws: int, widths: Any, n_factors: Any) -> Array:
    """Mean and variance of log|P x|^2 over networks, x a unit vector: (widths, factors, 2)."""
    found = np.empty((len(widths), len(n_factors), 2))
    for i, width in enumerate(widths):
        x = np.zeros((draws, width, 1))
        x[:, 0] = 1.0
        for layer in range(1, max(n_factors) + 1):
            x = rng.standard_normal((draws, width, width)) @ x / np.sqrt(width)
            if layer in n_factors:
                logs = np.log((x**2).sum(axis=(1, 2)))
                found[i, n_factors.index(layer)] = logs.mean(), logs.var(ddof=1)
    return found


def rate_spreads(rng: np.random.Generator, width: int, depth: Any) -> Array:
    """Variance over squared mean of the eigenvalues of tangent kernels of Gaussian starts, by depth.

    The kernel is sum_l A_l (x) B_l, A_l and B_l the Gram matrices of the layers above and below l.
    """
    found = []
    for n in depth:
        weights = small_random_weights((width,) * (n + 1), 1.0, rng)
        above, below = [np.eye(width)], [np.eye(width)]
        for k in range(n - 1):
            above.append(above[-1] @ weights[n - 1 - k])
            below.append(weights[k] @ below[-1])
        A = [a @ a.T for a in reversed(above)]
        B = [b.T @ b for b in below]
        mean = sum(np.trace(a) * np.trace(b) for a, b in zip(A, B, strict=True)) / width**2
        square = sum(np.vdot(A[j], A[k]) * np.vdot(B[j], B[k]) for j in range(n) for k in range(n))
        found.append(square / width**2 / mean**2 - 1)
    return np.array(found)


def small_changes(
    rng: np.random.Generator, width: int, t: Array, starts: Any, size: float, learning_rate: float
) -> Array:
    """What trained networks have not learned of a small random change of their map, as a part of its
    squared size: (times, starts); starts are pairs of a kind and a depth."""
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.random_networks import product
    from lazyrich.solvers.networks.second_moments import from_covariances

    draws = {"orthogonal": orthogonal_weights, "gaussian": small_random_weights}
    steps = np.append(0, whole_steps(t, learning_rate))
    found = []
    for kind, depth in starts:
        weights = draws[kind]((width,) * (depth + 1), 1.0, rng)
        change = size * rng.standard_normal((width, width)) / np.sqrt(width)
        moments = from_covariances(np.eye(width), product(weights) + change)
        left = train(weights, moments, learning_rate, steps).excess_loss
        found.append(left[1:] / left[0])
    return np.stack(found, axis=-1)
