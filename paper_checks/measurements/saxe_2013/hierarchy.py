"""Spectra of hierarchical data, and networks that learn it."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.measurements.saxe_2013.steps import whole_steps

Array = NDArray[np.float64]


def _level_slices(n_levels: int) -> list[slice]:
    """Where the modes of the root and of each level stand in the order of falling strength."""
    ends = [0, *(2**level for level in range(n_levels + 1))]
    return [slice(a, b) for a, b in pairwise(ends)]


def diagonalise_tree(flip_probability: Array, n_levels: int) -> Array:
    """Eigenvalues of the matrix of item correlations, pair by pair: (flips, items)."""
    items = range(2**n_levels)
    apart = np.array([[(a ^ b).bit_length() for b in items] for a in items])
    kept = 1 - 2 * np.asarray(flip_probability)
    return np.stack([np.linalg.eigvalsh(k ** (2.0 * apart))[::-1] for k in kept])


def sampled_spectrum(
    rng: np.random.Generator, n_features: int, flip_probability: Array, n_levels: int
) -> Array:
    """Mean squared singular value of each level in sampled features, over N_f: (flips, levels)."""
    from lazyrich.solvers.networks.hierarchical_data import hierarchical_features

    found = []
    for flip in flip_probability:
        features = hierarchical_features(n_levels, flip, n_features, rng)
        values = np.linalg.svd(features, compute_uv=False) ** 2 / n_features
        found.append([values[level].mean() for level in _level_slices(n_levels)])
    return np.array(found)


def level_learning_times(
    rng: np.random.Generator,
    n_features: int,
    flip_probability: Array,
    n_levels: int,
    initial_strength: float,
    learning_rate: float,
) -> Array:
    """Times at which trained networks have learned half of each level: (flips, levels).

    Inputs are one-hot items, targets their features over sqrt(N_f), written in an orthonormal basis
    of the space they span. The network starts balanced in the modes of its data.
    """
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.hierarchical_data import hierarchical_features
    from lazyrich.solvers.networks.initial_weights import aligned_weights
    from lazyrich.solvers.networks.second_moments import from_samples

    items = 2**n_levels
    steps = np.arange(round(10 * items / learning_rate))
    found = []
    for flip in flip_probability:
        features = hierarchical_features(n_levels, flip, n_features, rng) / np.sqrt(n_features)
        targets = features @ np.linalg.qr(features.T)[0]
        moments = from_samples(np.eye(items), targets)
        left, s, rows = np.linalg.svd(moments.sigma_yx)
        layers = np.full((2, items), np.sqrt(initial_strength))
        weights = aligned_weights(left, rows.T, layers, [items], rng)
        run = train(weights, moments, learning_rate, steps, left=left, right=rows.T)
        found.append(_half_times(run.mode_strengths, items * s, n_levels, learning_rate))
    return np.array(found)


def learn_tree_from_random_weights(
    rng: np.random.Generator,
    width: int,
    t: Array,
    flip_probability: float,
    n_levels: int,
    n_features: int,
    scale: float,
    learning_rate: float,
) -> dict[str, Array]:
    """Strength of each level, mean over its modes, of networks from small random weights.

    Data as for `level_learning_times`. (times, levels); and at the start, of each mode: its singular
    value in the data, its final strength, and the weights' part on its growing direction.
    """
    from lazyrich.paper_checks.measurements.saxe_2013.random_starts import small_start
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.hierarchical_data import hierarchical_features
    from lazyrich.solvers.networks.initial_weights import small_random_weights
    from lazyrich.solvers.networks.second_moments import from_samples

    items = 2**n_levels
    features = hierarchical_features(n_levels, flip_probability, n_features, rng)
    targets = features @ np.linalg.qr(features.T)[0] / np.sqrt(n_features)
    moments = from_samples(np.eye(items), targets)
    left, s, rows = np.linalg.svd(moments.sigma_yx)
    weights = small_random_weights((items, width, items), scale, rng)
    steps = whole_steps(t, learning_rate)
    run = train(weights, moments, learning_rate, steps, left=left, right=rows.T)
    levels = [run.mode_strengths[:, level].mean(axis=1) for level in _level_slices(n_levels)]
    start = small_start(weights, left, rows.T)
    return {"values": np.stack(levels, axis=-1), "final_strengths": items * s, **start}


def _half_times(strengths: Array, final: Array, n_levels: int, learning_rate: float) -> list[Any]:
    times = learning_rate * np.arange(len(strengths))
    found = []
    for level in _level_slices(n_levels):
        learned = strengths[:, level].mean(axis=1) / final[level].mean()
        assert learned[-1] > 0.5
        found.append(np.interp(0.5, learned, times))
    return found
