"""Compiled descent of many two-layer ReLU networks with several outputs."""

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.numba_cache import compiled

Array = NDArray[np.float64]


@compiled(fastmath={"reassoc"})
def descend(
    first: Array,
    second: Array,
    x: Array,
    y: Array,
    rate: float,
    output_scale: float,
    n_steps: int,
    tolerance: float,
) -> Array:
    """Full-batch steps on 1/2 sum (output_scale f - y)^2, in place; last losses (R,).

    first (R, d, n), second (R, q, n), x (P, d) divided by sqrt d, y (R, P, q); each step is
    rate/output_scale^2 times the gradient. A network rests once its loss is at most `tolerance`.
    """
    n_networks, n_inputs, width = first.shape
    _, n_samples, n_outputs = y.shape
    scale = output_scale / np.sqrt(width)
    step_size = rate / (output_scale * np.sqrt(width))
    losses = np.zeros(n_networks)
    hidden = np.empty((n_samples, width))
    error = np.empty((n_samples, n_outputs))
    back = np.empty(width)
    for r in range(n_networks):
        w, v = first[r], second[r]
        for step in range(n_steps + 1):
            loss = 0.0
            for p in range(n_samples):
                hidden[p] = 0.0
                for i in range(n_inputs):
                    if x[p, i] != 0:
                        for k in range(width):
                            hidden[p, k] += x[p, i] * w[i, k]
                for k in range(width):
                    hidden[p, k] = max(hidden[p, k], 0.0)
                for j in range(n_outputs):
                    f = 0.0
                    for k in range(width):
                        f += v[j, k] * hidden[p, k]
                    error[p, j] = f * scale - y[r, p, j]
                    loss += error[p, j] ** 2 / 2
            losses[r] = loss
            if step == n_steps or loss <= tolerance or not loss < np.inf:
                break
            for p in range(n_samples):
                back[:] = 0.0
                for j in range(n_outputs):
                    slope = step_size * error[p, j]
                    for k in range(width):
                        back[k] += slope * v[j, k]
                for k in range(width):
                    back[k] = back[k] if hidden[p, k] > 0 else 0.0
                for i in range(n_inputs):
                    if x[p, i] != 0:
                        for k in range(width):
                            w[i, k] -= x[p, i] * back[k]
            for j in range(n_outputs):
                for p in range(n_samples):
                    slope = step_size * error[p, j]
                    for k in range(width):
                        v[j, k] -= slope * hidden[p, k]
    return losses
