"""Empirical kernels of random networks: how they differ from network to network, and move in training."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def variances_at_the_start(
    rng: np.random.Generator,
    networks: float,
    width: Any,
    X: Any,
    hidden_layers: int,
    **network: Any,
) -> Array:
    """Unbiased variance of the NTK between networks: (widths, entries on and above the diagonal)."""
    from lazyrich.solvers.networks.ntk_mlp import empirical_ntk, initial_parameters

    x = np.asarray(X, dtype=float)
    above, found = np.triu_indices(len(x)), []
    for n in np.rint(width).astype(int):
        drawn = initial_parameters(x.shape[1], int(n), hidden_layers, rng, networks=int(networks))
        kernel = empirical_ntk(drawn, x, **network)[:, above[0], above[1]]
        found.append(kernel.var(axis=0, ddof=1))
    return np.array(found)


def mean_after_training(
    rng: np.random.Generator,
    width: float,
    step: Any,
    learning_rate: float,
    X: Any,
    y: Any,
    families: int,
    pairs: int,
    **network: Any,
) -> Array:
    """Mean of the NTK over networks while they train: (steps, entries on and above the diagonal)."""
    from lazyrich.solvers.networks.ntk_mlp import train
    from lazyrich.solvers.networks.sibling_networks import sibling_networks

    above = np.triu_indices(len(X))
    start = sibling_networks(rng, X, width=int(width), families=families, pairs=pairs, **network)
    del network["hidden_layers"]
    run = train(start, X, y, learning_rate, step, record_kernel=True, **network)
    return run.kernels.mean(axis=(1, 2))[:, above[0], above[1]]


def change_in_a_step(
    rng: np.random.Generator,
    width: float,
    learning_rate: Any,
    X: Any,
    y: Any,
    networks: int,
    hidden_layers: int,
    **network: Any,
) -> Array:
    """Mean change of NTK(x, x) in one step on one sample (x, y), by learning rate."""
    from lazyrich.solvers.networks.ntk_mlp import initial_parameters, train

    start = initial_parameters(np.shape(X)[1], int(width), hidden_layers, rng, networks=networks)
    runs = (
        train(start, X, y, float(rate), [0, 1], record_kernel=True, **network).kernels[:, :, 0, 0]
        for rate in learning_rate
    )
    return np.array([(after - before).mean() for before, after in runs])


def root_mean_square_drift(
    rng: np.random.Generator,
    width: int,
    networks: int,
    step: int,
    learning_rate: float,
    X: Any,
    y: Any,
    hidden_layers: int,
    **network: Any,
) -> Array:
    """[spread at the start, change by training] of the NTK, over networks and entries, over its mean norm."""
    from lazyrich.solvers.networks.ntk_mlp import initial_parameters, train

    start = initial_parameters(np.shape(X)[1], width, hidden_layers, rng, networks=networks)
    run = train(start, X, y, learning_rate, [0, step], record_kernel=True, **network)
    norm = (run.kernels[0].mean(axis=0) ** 2).mean()
    spread = run.kernels[0].var(axis=0, ddof=1).mean()
    drift = ((run.kernels[1] - run.kernels[0]) ** 2).mean()
    return np.asarray(np.sqrt(np.array([spread, drift]) / norm))
