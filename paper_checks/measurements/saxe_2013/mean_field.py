"""Random tanh networks: where their signals settle, and how far their Jacobians spread."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.initial_weights import orthogonal_weights, small_random_weights
from lazyrich.solvers.networks.random_networks import sampled_signal_variances, tanh_jacobians

Array = NDArray[np.float64]


def distance_from_edge(edge_distance: float, order: Any) -> Array:
    """q/d and (chi - 1)/d^2 at the fixed point of gain g, d = g^2 - 1, by quadrature and root finding.

    The two entries of `order` are the powers of d that q and chi - 1 are divided by.
    """
    from scipy.integrate import quad
    from scipy.optimize import brentq

    gain_sq = 1 + edge_distance

    def mean(function: Any, q: float) -> float:
        def integrand(z: float) -> float:
            return float(function(np.tanh(np.sqrt(q) * z)) * np.exp(-z * z / 2))

        return 2 / np.sqrt(2 * np.pi) * float(quad(integrand, 0, 12, epsabs=0, epsrel=1e-13)[0])

    q = float(
        brentq(
            lambda q: gain_sq * mean(lambda x: x**2, q) / q - 1,
            edge_distance / 4, edge_distance, xtol=1e-14, rtol=1e-13,
        )
    )  # fmt: skip
    chi = gain_sq * mean(lambda x: (1 - x**2) ** 2, q)
    return np.array([q, chi - 1]) / edge_distance ** np.asarray(order)


def settled_variances(
    rng: np.random.Generator, width: int, gain: Array, kinds: Any, n_layers: int, averaged: int
) -> Array:
    """|h_l|^2/N, averaged over the last layers of one network a kind and gain: (kinds, gains)."""
    return np.array(
        [
            [
                sampled_signal_variances(kind, g, n_layers, width, rng)[-averaged:].mean()
                for g in gain
            ]
            for kind in kinds
        ]
    )


def jacobian_spreads(
    rng: np.random.Generator, width: int, gain: Array, depths: Any, kind: str
) -> Array:
    """Variance over squared mean of the squared singular values of Jacobians: (gains, depths)."""
    draw = {"orthogonal": orthogonal_weights, "gaussian": small_random_weights}[kind]
    found = []
    for g in gain:
        h = rng.standard_normal(width)
        weights = draw((width,) * (max(depths) + 1), g, rng)
        jacobians = tanh_jacobians(weights, h * np.sqrt(width) / np.linalg.norm(h))
        grams = [jacobians[depth - 1] @ jacobians[depth - 1].T for depth in depths]
        found.append([width * (gram**2).sum() / np.trace(gram) ** 2 - 1 for gram in grams])
    return np.array(found)
