"""Zonal kernels from integrals over the Gaussian preactivations, and dense matrices of them.

Inputs x have |x|^2 = d, so that the first preactivation has variance sigma_w^2 + sigma_b^2.
"""

from collections.abc import Callable
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Moments = Callable[[float, Array], tuple[Array, Array]]


def ntk_of_cosines(
    cosines: Array,
    hidden_layers: int,
    sigma_w: float,
    sigma_b: float,
    moments: Moments | None = None,
) -> Array:
    """Neural tangent kernel of an infinitely wide network, layer by layer; ReLU unless said."""
    moments = moments or relu_moments
    covariance = sigma_w**2 * np.asarray(cosines) + sigma_b**2
    variance, kernel = sigma_w**2 + sigma_b**2, covariance
    for _ in range(hidden_layers):
        value, slope = moments(variance, covariance / variance)
        kernel = kernel * sigma_w**2 * slope
        covariance = sigma_w**2 * value + sigma_b**2
        variance = float(sigma_w**2 * moments(variance, np.ones(1))[0][0] + sigma_b**2)
        kernel = kernel + covariance
    return kernel


def relu_moments(variance: float, correlation: Array) -> tuple[Array, Array]:
    """E relu(u) relu(v) and E relu'(u) relu'(v) by Gauss-Legendre over the arc where both are positive."""
    angle = np.arccos(np.clip(correlation, -1, 1))
    x, weights = np.polynomial.legendre.leggauss(12)
    half = (np.pi - angle) / 2  # the arc from angle - pi/2 to pi/2; E of the squared radius is 2
    total = np.zeros_like(angle)
    for node, weight in zip(x, weights, strict=True):
        at = angle / 2 + half * node
        total += weight * np.cos(at) * np.cos(at - angle)
    return variance / np.pi * half * total, half / np.pi


def square_moments(variance: float, correlation: Array) -> tuple[Array, Array]:
    """The same for the activation z^2, by Gauss-Hermite of degree 5 on both axes: exact."""
    z, weights = np.polynomial.hermite_e.hermegauss(5)
    weights = weights / weights.sum()
    u = np.sqrt(variance) * z[:, None]
    rest = np.sqrt(np.maximum(1 - correlation**2, 0))
    value, slope = np.zeros_like(correlation), np.zeros_like(correlation)
    for first, weight in zip(u[:, 0], weights, strict=True):
        for second, other in zip(u[:, 0], weights, strict=True):
            v = correlation * first + rest * second
            value += weight * other * first**2 * v**2
            slope += weight * other * 4 * first * v
    return value, slope


def circle_eigenvalues(
    modes: Any,
    hidden_layers: int,
    sigma_w: float,
    sigma_b: float,
    spacing: float,
    moments: Moments | None = None,
) -> Array:
    """Eigenvalues of the dense kernel matrix of 1/spacing equispaced inputs, over their number.

    They are told apart by their eigenvectors cos(k angle), which must be eigenvectors to rounding.
    """
    n = round(1 / spacing)
    angle = 2 * np.pi * np.arange(n) / n
    row = ntk_of_cosines(np.cos(angle), hidden_layers, sigma_w, sigma_b, moments) / n
    turns = np.arange(n)
    matrix = row[np.abs(np.subtract.outer(turns, turns))]  # the kernel is a function of the angle
    vectors = np.cos(np.outer(angle, np.atleast_1d(modes)))
    vectors /= np.linalg.norm(vectors, axis=0)
    image = matrix @ vectors
    eigenvalues = (vectors * image).sum(axis=0)
    assert np.abs(image - vectors * eigenvalues).max() < 1e-11 * np.abs(matrix).sum(axis=0).max()
    return eigenvalues


def circle_spectra(
    modes: Array, hidden_layers: Any, sigma_w: float, sigma_b: Any, spacing: float
) -> Array:
    """`circle_eigenvalues` for each of several depths or bias strengths: (cases, modes)."""
    cases = np.broadcast_arrays(np.atleast_1d(hidden_layers), np.atleast_1d(sigma_b))
    return np.array(
        [
            circle_eigenvalues(modes, int(layers), sigma_w, float(bias), spacing)
            for layers, bias in zip(*cases, strict=True)
        ]
    )


def smallest_circle_eigenvalues(n_inputs: Array, hidden_layers: int) -> Array:
    """Smallest eigenvalue of dense kernel matrices over the number of equispaced inputs; no bias."""
    found = []
    for n in n_inputs:
        angle = 2 * np.pi * np.arange(n) / n
        cosines = np.cos(np.subtract.outer(angle, angle))
        matrix = ntk_of_cosines(cosines, hidden_layers, np.sqrt(2), 0.0)
        found.append(np.linalg.eigvalsh(matrix / n)[0])
    return np.array(found)


def random_inputs_spectrum(
    rng: np.random.Generator,
    n_inputs: float,
    dim: int,
    n_modes: int,
    hidden_layers: int,
    sigma_w: float,
    sigma_b: float,
) -> Array:
    """Means of the largest 1, d, ... eigenvalues of the kernel matrix of random inputs, over their number."""
    x = rng.standard_normal((int(n_inputs), dim))
    x /= np.linalg.norm(x, axis=1)[:, None]
    rows, columns = np.triu_indices(len(x))
    cosines = np.clip((x @ x.T)[rows, columns], -1, 1)
    matrix = np.empty((len(x), len(x)))
    matrix[columns, rows] = ntk_of_cosines(cosines, hidden_layers, sigma_w, sigma_b)
    eigenvalues = np.linalg.eigvalsh(matrix, UPLO="L")[::-1] / len(x)
    counts = [
        comb(k + dim - 1, k) - (comb(k + dim - 3, k - 2) if k > 1 else 0) for k in range(n_modes)
    ]
    parts = np.split(eigenvalues, np.cumsum(counts))[:-1]
    return np.array([part.mean() for part in parts])


def kernel_of_coinciding_inputs(dims: Any, hidden_layers: int) -> Array:
    """Kernel of an input and itself, He's networks without bias: the same in every dimension."""
    return np.array([ntk_of_cosines(np.ones(1), hidden_layers, np.sqrt(2), 0.0)[0] for _ in dims])


def square_activation_ranks(dims: Any, hidden_layers: int, sigma_b: float) -> Array:
    """Rank of the kernel matrix of 400 random inputs where the activation is z^2, by dimension."""
    ranks = []
    for dim in dims:
        x = np.random.default_rng(dim).standard_normal((400, dim))
        x /= np.linalg.norm(x, axis=1)[:, None]
        cosines = np.clip(x @ x.T, -1, 1)
        matrix = ntk_of_cosines(cosines, hidden_layers, 1.0, sigma_b, square_moments)
        eigenvalues = np.linalg.eigvalsh((matrix + matrix.T) / 2)
        ranks.append(np.sum(eigenvalues > 1e-11 * eigenvalues[-1]))
    return np.array(ranks, dtype=float)
