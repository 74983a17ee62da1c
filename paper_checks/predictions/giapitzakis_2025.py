"""Predictions of Giapitzakis et al. 2025 in the shapes of its claims, and altered ones."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.infinite_width import permutations

Array = NDArray[np.float64]


def moments(n_ones: Any, length: Any, **_: Any) -> Array:
    """Mean on set bits, mean on unset bits and variance, (inputs, 3)."""
    return np.column_stack(permutations.output_moments(length, n_ones))


def readout_moments(n_ones: Any, length: int, **_: Any) -> Array:
    """Altered: moments if only the readout is trained (the posterior of its Gaussian process)."""
    r = 1 / np.sqrt(np.asarray(n_ones, dtype=float))
    c = 1 / (2 * np.pi)
    a = 0.5 - c
    cross = (np.sqrt(1 - r**2) + r * (np.pi - np.arccos(r))) * c
    total = np.asarray(n_ones) * cross + (length - np.asarray(n_ones)) * c
    w1, w0 = ((v - c * total / (a + c * length)) / a for v in (cross, c))
    explained = np.asarray(n_ones) * w1 * cross + (length - np.asarray(n_ones)) * w0 * c
    return np.column_stack([w1, w0, (0.5 - explained) / length])


def limits(n_ones: Any) -> Array:
    """Limits of mean on set bits, k x mean on unset bits and k x variance, (m, 3)."""
    return np.column_stack(permutations.large_length_moments(n_ones))


def success(ensemble_size: Any, n_ones: Any, length: int, **_: Any) -> Array:
    """Probability that an ensemble is right, (sizes, m)."""
    return permutations.success_probability(length, n_ones, np.asarray(ensemble_size)[:, None])


def rounded_at_half(ensemble_size: Any, n_ones: Any, length: int, **_: Any) -> Array:
    """Altered: a bit counts as set if its average exceeds 1/2."""
    from scipy.special import ndtr

    mean_set, mean_unset, variance = permutations.output_moments(length, n_ones)
    noise = np.sqrt(variance / np.asarray(ensemble_size)[:, None])
    m = np.asarray(n_ones)
    return ndtr((mean_set - 0.5) / noise) ** m * ndtr((0.5 - mean_unset) / noise) ** (length - m)


def readout_success(ensemble_size: Any, n_ones: Any, length: int, **_: Any) -> Array:
    """Altered: only the readout is trained."""
    from scipy.special import ndtr

    mean_set, mean_unset, variance = readout_moments(n_ones, length).T
    noise = np.sqrt(variance / np.asarray(ensemble_size)[:, None])
    m = np.asarray(n_ones)
    return ndtr(mean_set / noise) ** m * ndtr(-mean_unset / noise) ** (length - m)


def ensembles(length: Any, probability: float) -> Array:
    """Smallest N for one input, for all inputs, and if all were as hard as the hardest, (lengths, 3)."""
    return np.array([_sizes(int(k), float(probability)) for k in length], dtype=float)


def needed_ensembles(length: Any, probability: float) -> Array:
    """Smallest N for one input and for all inputs, (lengths, 2)."""
    return ensembles(length, probability)[:, :2]


@cache  # judging asks for the same sizes many times
def _sizes(k: int, probability: float) -> tuple[int, int, int]:
    return (
        int(permutations.required_ensemble_size(k, probability, "single")),
        int(permutations.required_ensemble_size(k, probability, "all")),
        int(permutations.sufficient_ensemble_size(k, probability)),
    )


def quadratic(length: Any, probability: float) -> Array:
    """Altered: as `needed_ensembles`, with the published k^2 as the size needed for all inputs."""
    needed = needed_ensembles(length, probability)
    needed[:, 1] = np.asarray(length, dtype=float) ** 2
    return needed


def linearithmic(length: Any, probability: float) -> Array:
    """Altered: as `needed_ensembles`, with 16 k log k for all inputs at any length."""
    needed = needed_ensembles(length, probability)
    needed[:, 1] = 16 * np.asarray(length) * np.log(length)
    return needed


def regression_weights() -> Any:
    """w0 of the theory in symbols, (A - m G) c/(A (A + c k)); w1 = w0 + G/A."""
    import sympy

    k, m, c, d, f = sympy.symbols("k m c d f", positive=True)
    return c * (d - c - m * (f - c)) / ((d - c) * (d - c + c * k))


def regression_residual(w0: Any) -> Any:
    """The equations of set and of unset bits, (d - c) w + c sum w = kernel."""
    import sympy

    k, m, c, d, f = sympy.symbols("k m c d f", positive=True)
    w1 = w0 + (f - c) / (d - c)
    total = m * w1 + (k - m) * w0
    return (d - c) * w1 + c * total - f, (d - c) * w0 + c * total - c
