"""Compiled descent of a two-layer network with an output scale."""

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.numba_cache import compiled

Array = NDArray[np.float64]


@compiled(fastmath={"reassoc"})
def forward(W: Array, v: Array, x: Array, kind: int, hidden: Array, slope: Array) -> Array:
    """F(x) of each sample; fills phi(z) and phi'(z), (N, P). x is divided by sqrt D."""
    width, dim = W.shape
    n_samples = len(x)
    f = np.zeros(n_samples)
    for i in range(width):
        for p in range(n_samples):
            z = 0.0
            for k in range(dim):
                z += W[i, k] * x[p, k]
            if kind == 0:
                hidden[i, p], slope[i, p] = z, 1.0
            elif kind == 1:
                hidden[i, p], slope[i, p] = max(z, 0.0), 1.0 if z > 0 else 0.0
            else:
                h = np.tanh(z)
                hidden[i, p], slope[i, p] = h, 1 - h * h
            f[p] += v[i] * hidden[i, p]
    return f / np.sqrt(width)


@compiled(fastmath={"reassoc"})
def descend(
    W: Array, v: Array, x: Array, y: Array, rate: float, output_scale: float, steps: int, kind: int
) -> float:
    """Steps of size rate/output_scale^2 on 1/2 sum (output_scale F - y)^2, in place.

    Returns the loss before the last step, or inf where it is no longer finite.
    """
    width, dim = W.shape
    n_samples = len(x)
    hidden, slope = np.empty((width, n_samples)), np.empty((width, n_samples))
    size = rate / (output_scale * np.sqrt(width))
    back, loss = np.empty(n_samples), 0.0
    for _ in range(steps):
        error = output_scale * forward(W, v, x, kind, hidden, slope) - y
        loss = 0.5 * np.sum(error * error)
        if not loss < np.inf:
            return np.inf
        for i in range(width):
            change = 0.0
            for p in range(n_samples):
                change += error[p] * hidden[i, p]
                back[p] = size * v[i] * error[p] * slope[i, p]
            v[i] -= size * change
            for p in range(n_samples):
                for k in range(dim):
                    W[i, k] -= back[p] * x[p, k]
    return loss
