"""Predictions for two-layer networks with an output scale in the shapes of the claims, and altered ones."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.lazy_to_rich import diagnostics

Array = NDArray[np.float64]


def weights_moved(t: Any, W: Array, v: Array, X: Array, y: Array, activation: str) -> Array:
    """alpha |theta_t - theta_0|, (T,)."""
    kernel, _ = diagnostics.two_layer_kernels(W, v, X, activation)
    return diagnostics.weight_movement(t, kernel, y)


def kernel_moved(
    t: Any, W: Array, v: Array, X: Array, y: Array, activation: str, bend: bool = True
) -> Array:
    """alpha (K_t - K_0), (T, P, P); altered without `bend`: phi'' of tanh is dropped."""
    kernel, third = diagnostics.two_layer_kernels(W, v, X, activation)
    if not bend:
        third = third - _bend(W, v, X)
    return diagnostics.kernel_movement(t, kernel, third, y)


def _bend(W: Array, v: Array, X: Array) -> Array:
    """The part of the third kernel of a tanh network that holds phi''."""
    gram = X @ X.T / X.shape[1]
    h = np.tanh(W @ X.T / np.sqrt(X.shape[1]))
    slope, curve = 1 - h**2, -2 * h * (1 - h**2)
    half = np.einsum("i,ip,iq,ir->pqr", v**3, curve, slope, slope) * gram[:, None, :]
    return np.asarray((half + half.swapaxes(0, 1)) * gram[:, :, None] / len(W) ** 1.5)


def outputs_departed(
    t: Any, W: Array, v: Array, X: Array, y: Array, activation: str, relaxing: bool = True
) -> Array:
    """alpha (f - f_lin), (T, P); altered if not `relaxing`: what has departed does not come back."""
    kernel, third = diagnostics.two_layer_kernels(W, v, X, activation)
    if relaxing:
        return diagnostics.linear_departure(t, kernel, third, y)
    fine = np.linspace(0, 1, 400)[:, None] * np.asarray(t)
    drift = np.einsum(
        "stab,stb->sta",
        diagnostics.kernel_movement(fine, kernel, third, y),
        y - diagnostics.linearised_outputs(fine, kernel, y),
    )
    return np.asarray(np.trapezoid(drift, axis=0) * np.asarray(t)[:, None] / 399)


def alignment_gained(t: Any, W: Array, v: Array, X: Array, y: Array, activation: str) -> Array:
    """alpha x the gain of kernel-target alignment, to first order, (T,)."""
    kernel, third = diagnostics.two_layer_kernels(W, v, X, activation)
    moved, size = diagnostics.kernel_movement(t, kernel, third, y), 1e-5
    ends = [diagnostics.kernel_target_alignment(kernel + s * size * moved, y) for s in (1, -1)]
    return (ends[0] - ends[1]) / (2 * size)


def everything_moved(t: Any, **network: Any) -> Array:
    """|dtheta|, |dK|, |f - f_lin| (all x alpha), (T, 3)."""
    kernel, departed = kernel_moved(t, **network), outputs_departed(t, **network)
    columns = [
        weights_moved(t, **network),
        np.sqrt((kernel**2).sum(axis=(1, 2))),
        np.sqrt((departed**2).sum(axis=1)),
    ]
    return np.column_stack(columns)


def only_readout(t: Any, W: Array, v: Array, X: Array, y: Array, activation: str) -> Array:
    """Altered: as `everything_moved` with the kernel of the readout alone for the weights."""
    found = everything_moved(t, W=W, v=v, X=X, y=y, activation=activation)
    hidden = np.maximum(W @ X.T / np.sqrt(X.shape[1]), 0)
    found[:, 0] = diagnostics.weight_movement(t, hidden.T @ hidden / len(W), y)
    return found


def linearised(
    step: Any,
    learning_rate: float,
    W: Array,
    v: Array,
    X: Array,
    y: Array,
    activation: str,
) -> Array:
    """f of the linearised network after numbers of steps, (steps, P)."""
    kernel, _ = diagnostics.two_layer_kernels(W, v, X, activation)
    t = learning_rate * np.asarray(step)
    return diagnostics.linearised_outputs(t, kernel, y, learning_rate=learning_rate)


def crossover(richness: Any, width: Any, n_samples: int, dim: int) -> Array:
    """Relative movement of weights and kernel, (richness, widths, 2): no width left."""
    found = np.stack(diagnostics.linear_crossover(richness, n_samples, dim), axis=-1)
    return np.repeat(found[:, None], len(width), axis=1)


def by_scale_alone(richness: Any, width: Any, n_samples: int, dim: int) -> Array:
    """Altered: output_scale alone decides, as measured at the first width."""
    rescaled = np.asarray(richness)[:, None] * np.sqrt(np.asarray(width) / width[0])
    return np.stack(diagnostics.linear_crossover(rescaled, n_samples, dim), axis=-1)


def lazy_fluctuation(width: Any, n_samples: int, dim: int) -> Array:
    """alpha width |dK|/|K_0| at fixed width, (widths,)."""
    return np.full(len(width), diagnostics.lazy_kernel_fluctuation(1.0, n_samples))


def even_in_scale(width: Any, n_samples: int, dim: int) -> Array:
    """Altered: the law at fixed alpha sqrt N continued to alpha = 100."""
    richness = 1 / (100 * np.sqrt(np.asarray(width, dtype=float)))
    return 100 * np.asarray(width) * diagnostics.linear_crossover(richness, n_samples, dim).kernel


def lazy_weights(
    t: Any, X: Array, y: Array, activation: str, learning_rate: float, **_: Any
) -> Array:
    """alpha sqrt(N) |dtheta|/|theta_0| of infinite width, (T,)."""
    from lazyrich.theory.infinite_width.activations import dual

    gram = X @ X.T / X.shape[1]
    power = np.diag(gram)
    found = dual(activation, power[:, None], power, gram)
    kernel = found.value + found.derivative * gram
    kernel = (kernel + kernel.T) / 2
    moved = diagnostics.weight_movement(t, kernel, y, learning_rate=learning_rate)
    return moved / np.sqrt(X.shape[1] + 1)
