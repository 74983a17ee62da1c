"""Singular values of sampled products of random layers, and of Jacobians of random tanh networks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.initial_weights import small_random_weights
from lazyrich.solvers.networks.random_networks import (
    log_singular_values,
    product,
    sampled_jacobian_gains,
)

Array = NDArray[np.float64]


def _gaussian_product(width: int, n_factors: int, rng: np.random.Generator) -> Array:
    return product(small_random_weights((width,) * (n_factors + 1), 1.0, rng))


def product_moments(rng: np.random.Generator, width: int, orders: Any, n_factors: Any) -> Array:
    """tr (P P^T)^k / N for one product of each number of factors: (orders, factors)."""
    found = []
    for factors in n_factors:
        matrix = _gaussian_product(width, factors, rng)
        gram = matrix @ matrix.T
        powers = [gram]
        while len(powers) < max(orders):
            powers.append(powers[-1] @ gram)
        found.append([np.trace(powers[order - 1]) / width for order in orders])
    return np.transpose(found)


def product_histogram(
    rng: np.random.Generator, width: int, edges: Array, n_factors: Any, products: int
) -> Array:
    """Part of the squared singular values in each bin; `edges` (bins + 1, factors): (bins, factors)."""
    found = []
    for column, factors in zip(edges.T, n_factors, strict=True):
        squared = [
            np.linalg.svd(_gaussian_product(width, factors, rng), compute_uv=False) ** 2
            for _ in range(products)
        ]
        found.append(np.histogram(squared, column)[0] / (width * products))
    return np.stack(found, axis=-1)


def largest_of_product(rng: np.random.Generator, width: int, n_factors: Any) -> Array:
    """Largest squared singular value of one product of each number of factors."""
    from scipy.linalg import eigh

    found = []
    for factors in n_factors:
        matrix = _gaussian_product(width, factors, rng)
        last = (width - 1, width - 1)
        found.append(eigh(matrix @ matrix.T, eigvals_only=True, subset_by_index=last)[0])
    return np.array(found)


def growth_of_singular_values(
    rng: np.random.Generator, n_factors: int, width: int, products: int
) -> Array:
    """log sigma_k / M, averaged over `products` products of M layers: (N,)."""
    shape = (n_factors, products, width, width)
    layers = rng.standard_normal(shape) / np.sqrt(width)
    return log_singular_values(list(layers)).mean(axis=0) / n_factors


def jacobian_gains(
    rng: np.random.Generator, width: int, gain: Array, depths: Any, kind: str, n_probes: int
) -> Array:
    """Mean squared singular value of Jacobians of one network a gain: (gains, depths)."""
    found = [
        sampled_jacobian_gains(kind, g, max(depths), width, n_probes, rng)[np.subtract(depths, 1)]
        for g in gain
    ]
    return np.array(found)
