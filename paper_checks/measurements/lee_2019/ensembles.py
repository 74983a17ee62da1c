"""Mean and spread of the outputs of random wide networks that train by full-batch gradient descent."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def trained(
    rng: np.random.Generator,
    width: float,
    step: Any,
    learning_rate: float,
    X: Any,
    y: Any,
    X_test: Any,
    families: int,
    pairs: int,
    last_layer_only: bool = False,
    **network: Any,
) -> tuple[Array, Array]:
    """Outputs on training and test inputs, each (steps, families, networks, samples)."""
    from lazyrich.solvers.networks.ntk_mlp import train
    from lazyrich.solvers.networks.sibling_networks import sibling_networks

    start = sibling_networks(
        rng, np.vstack([X, X_test]), width=int(width), families=families,
        pairs=pairs, **network,
    )  # fmt: skip
    del network["hidden_layers"]
    run = train(
        start, X, y, learning_rate, step, X_test=X_test, last_layer_only=last_layer_only, **network
    )
    return run.train_outputs, run.test_outputs


def _covariance(outputs: Array) -> Array:
    """Over all networks: siblings come in whole families, whose own means differ a little."""
    flat = outputs.reshape(len(outputs), -1, outputs.shape[-1])
    centred = flat - flat.mean(axis=1, keepdims=True)
    return np.swapaxes(centred, 1, 2) @ centred / flat.shape[1]


def means(rng: np.random.Generator, **given: Any) -> Array:
    """Mean test outputs, (steps, m)."""
    return trained(rng, **given)[1].mean(axis=(1, 2))


def variances(rng: np.random.Generator, **given: Any) -> Array:
    """Variance of test outputs, (steps, m)."""
    return np.einsum("tii->ti", _covariance(trained(rng, **given)[1]))


def covariances(rng: np.random.Generator, **given: Any) -> Array:
    """Covariance of the first test output with the others, (steps, m - 1)."""
    return _covariance(trained(rng, **given)[1])[:, 0, 1:]


def means_and_covariances(rng: np.random.Generator, **given: Any) -> Array:
    """Mean test outputs and the rows of their covariance on and above the diagonal: (steps, m + m (m+1)/2)."""
    outputs = trained(rng, **given)[1]
    above = np.triu_indices(outputs.shape[-1])
    return np.hstack([outputs.mean(axis=(1, 2)), _covariance(outputs)[:, above[0], above[1]]])


def losses(rng: np.random.Generator, y: Any, **given: Any) -> Array:
    """Mean training loss 1/2 sum (f - y)^2, (steps,)."""
    outputs = trained(rng, y=y, **given)[0]
    return ((outputs - np.asarray(y)) ** 2).sum(axis=-1).mean(axis=(1, 2)) / 2
