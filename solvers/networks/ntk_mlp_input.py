"""Checked arguments of the perceptrons in NTK parametrisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.activation_functions import ActivationFunction, activation_function
from lazyrich.solvers.networks.arguments import (
    finite_matrix,
    one_number,
    positive_number,
    real_array,
)
from lazyrich.solvers.networks.ntk_mlp_layers import Network

Array = NDArray[np.float64]


def checked_network(
    parameters: Sequence[ArrayLike], activation: Any, sigma_w: float, sigma_b: float
) -> Network:
    """The parameters with one axis of networks in front, and what else makes the function."""
    phi: ActivationFunction = activation_function(activation)
    scale_w, scale_b = positive_number(sigma_w, "sigma_w"), one_number(sigma_b, "sigma_b")
    if not 0 <= scale_b < np.inf:
        raise ValueError(f"sigma_b = {sigma_b}; it must be finite and at least 0")
    if len(parameters) < 4 or len(parameters) % 2:
        raise ValueError(
            f"parameters holds {len(parameters)} arrays; needs [W1, b1, ..., readout, bias], an even "
            "number of 4 or more"
        )
    arrays = [real_array(array, f"parameters[{k}]") for k, array in enumerate(parameters)]
    lead, tail = arrays[0].shape[:-2], arrays[0].shape[-2:]
    if len(tail) < 2 or arrays[0].size == 0:
        raise ValueError(
            f"parameters[0] has shape {arrays[0].shape}; needs (..., width, input_dim)"
        )
    n, hidden = tail[0], len(arrays) // 2 - 1
    shapes: list[tuple[int, ...]] = [tail, (n,), *((n, n), (n,)) * (hidden - 1), (n,), ()]
    for k, (array, shape) in enumerate(zip(arrays, shapes, strict=True)):
        if array.shape != (*lead, *shape):
            raise ValueError(f"parameters[{k}] has shape {array.shape}; needs {(*lead, *shape)}")
        if not np.isfinite(array).all():
            raise ValueError(f"parameters[{k}] holds NaN or infinite entries")
    flat = [array.reshape(-1, *shape) for array, shape in zip(arrays, shapes, strict=True)]
    return Network(flat, lead, phi, scale_w, scale_b)


def checked_inputs(values: ArrayLike, name: str, network: Network) -> Array:
    """`values` as a matrix with a column for each input of the networks."""
    d = network.parameters[0].shape[-1]
    x = finite_matrix(values, name, f"a non-empty matrix (n_samples, {d})")
    if x.shape[1] != d:
        raise ValueError(f"{name} has {x.shape[1]} columns; the networks have {d} inputs")
    return x


def checked_targets(values: ArrayLike, network: Network, n_samples: int) -> Array:
    """`values` as (networks, n_samples)."""
    y = real_array(values, "y")
    allowed = {(n_samples,), (*network.lead, n_samples)}
    if y.shape not in allowed:
        needed = " or ".join(str(shape) for shape in sorted(allowed, key=len))
        raise ValueError(f"y has shape {y.shape}; needs {needed}")
    if not np.isfinite(y).all():
        raise ValueError("y holds NaN or infinite entries")
    full = np.broadcast_to(y, (*network.lead, n_samples))
    return full.reshape(network.networks, n_samples)
