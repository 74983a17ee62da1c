"""Compiled gradient descent of a deep linear encoder with a linear predictor, on second moments.

All matrices are square. The target's covariance with the inputs is a number of this step only: no
gradient flows through it.
"""

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.numba_cache import compiled

Array = NDArray[np.float64]


@compiled()
def advance(
    layers: Array, predictor: Array, target: Array,
    sigma_xx: Array, sigma_yx: Array, latent: bool, ema_step: float,
    learning_rate: float, bound: float, updates: int,
) -> int:  # fmt: skip
    """Make `updates` updates of `layers`, `predictor` and `target` in place.

    Parameters
    ----------
    layers, target : (L, d, d)
        W_1, ..., W_L of the encoder and of the moving average.
    predictor : (d, d)
    latent : bool
        Whether the target is an encoding of y (JEPA) or y itself (MAE).
    ema_step : float
        What the target moves towards the encoder in one update; 1 or more: it is the encoder.
    bound : float
        Training has diverged above this squared norm of the residual.

    Returns
    -------
    int
        The first of these updates whose residual is above `bound` or not a number; -1 without one.
    """
    depth = layers.shape[0]
    forward, gradient = np.empty_like(layers), np.empty_like(layers)
    for update in range(updates):
        forward[0] = layers[0]
        for k in range(1, depth):
            forward[k] = np.dot(layers[k], forward[k - 1])
        encoder = forward[depth - 1]
        if latent and ema_step < 1:
            covariance = np.dot(product(target), sigma_yx)
        elif latent:
            covariance = np.dot(encoder, sigma_yx)
        else:
            covariance = sigma_yx
        residual = covariance - np.dot(predictor, np.dot(encoder, sigma_xx))
        if not np.sum(residual**2) <= bound:
            return update
        backward = np.dot(predictor.T, residual)
        for k in range(depth - 1, 0, -1):
            gradient[k] = np.dot(backward, forward[k - 1].T)
            backward = np.dot(layers[k].T, backward)
        gradient[0] = backward
        if ema_step < 1:
            target += ema_step * (layers - target)
        predictor += learning_rate * np.dot(residual, encoder.T)
        layers += learning_rate * gradient
    return -1


@compiled()
def product(layers: Array) -> Array:
    """W_L ... W_1."""
    total = layers[0].copy()
    for k in range(1, layers.shape[0]):
        total = np.dot(layers[k], total)
    return total
