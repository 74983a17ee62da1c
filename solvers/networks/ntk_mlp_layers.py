r"""One forward pass, one step of gradient descent and one block of the NTK, for many perceptrons at once.

Activations are arrays (networks, width, samples): a sample in each column.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dgemm

from lazyrich.solvers.networks.activation_functions import ActivationFunction

Array = NDArray[np.float64]


class Network(NamedTuple):
    """Checked perceptrons of one shape."""

    parameters: list[Array]
    """[W^1, b^1, ..., readout, bias], each with one axis of networks in front."""
    lead: tuple[int, ...]
    """The user's own leading axes."""
    activation: ActivationFunction
    sigma_w: float
    sigma_b: float

    @property
    def networks(self) -> int:
        return len(self.parameters[0])

    @property
    def width(self) -> int:
        return int(self.parameters[0].shape[1])

    @property
    def hidden_layers(self) -> int:
        return len(self.parameters) // 2 - 1

    def take(self, part: slice) -> Network:
        """Some of the networks; they share memory with these."""
        return self._replace(parameters=[array[part] for array in self.parameters])

    def copy(self) -> Network:
        return self._replace(parameters=[array.copy() for array in self.parameters])

    def with_shapes(self) -> list[tuple[Array, tuple[int, ...]]]:
        """Each array with the shape it has for the user."""
        return [(array, (*self.lead, *array.shape[1:])) for array in self.parameters]


def forward(network: Network, columns: Array) -> list[Array]:
    """[z^1, phi(z^1), ..., z^L, phi(z^L), f], the last (networks, samples)."""
    states: list[Array] = []
    inputs = columns
    for layer in range(network.hidden_layers):
        weights, bias = network.parameters[2 * layer : 2 * layer + 2]
        z = _products(weights, inputs)
        z *= network.sigma_w / np.sqrt(weights.shape[2])
        if network.sigma_b:
            z += network.sigma_b * bias[:, :, None]
        inputs = network.activation.value(z)
        states += [z, inputs]
    readout, bias = network.parameters[-2:]
    f = np.matmul(readout[:, None], inputs)[:, 0] * (network.sigma_w / np.sqrt(network.width))
    return [*states, f + network.sigma_b * bias[:, None]]


def step(
    network: Network, states: list[Array], columns: Array, change: Array, last_layer_only: bool
) -> None:
    """Add sum_mu change_mu df(x_mu)/dp to every parameter p, in place; change is (networks, samples)."""
    readout, bias = network.parameters[-2:]
    to_readout = network.sigma_w / np.sqrt(network.width)
    back = to_readout * readout[:, :, None] * change[:, None]
    readout += to_readout * np.matmul(states[-2], change[:, :, None])[:, :, 0]
    bias += network.sigma_b * change.sum(axis=1)
    if last_layer_only:
        return
    for layer in reversed(range(network.hidden_layers)):
        weights, bias = network.parameters[2 * layer : 2 * layer + 2]
        scale = network.sigma_w / np.sqrt(weights.shape[2])
        back *= network.activation.slope(states[2 * layer], states[2 * layer + 1])
        bias += network.sigma_b * back.sum(axis=2)
        back *= scale
        if layer == 0:
            weights += _products(back, columns.T)
            return
        below = np.matmul(np.swapaxes(weights, 1, 2), back)
        for matrix, a, b in zip(weights, back, states[2 * layer - 1], strict=True):
            dgemm(
                1.0, b, a, beta=1.0, c=matrix.T, trans_b=True, overwrite_c=True
            )  # matrix += a b^T
        back = below


def gram_over_layers(network: Network, first: Array, second: Array, last_layer_only: bool) -> Array:
    """Empirical NTK between two sets of columns, (networks, n1, n2)."""
    sides = [
        _forward_and_backward(network, columns, last_layer_only) for columns in (first, second)
    ]
    inputs, backs = zip(*sides, strict=True)
    kernel = np.zeros((network.networks, first.shape[1], second.shape[1]))
    for layer in range(network.hidden_layers if last_layer_only else 0, network.hidden_layers + 1):
        a, b = inputs[0][layer], inputs[1][layer]
        gram = np.matmul(np.swapaxes(a, -1, -2), b) * (network.sigma_w**2 / a.shape[-2])
        gram += network.sigma_b**2
        if layer < network.hidden_layers:
            back = np.matmul(np.swapaxes(backs[0][layer], 1, 2), backs[1][layer])
            gram = gram * back
        kernel += gram
    return kernel


def _forward_and_backward(
    network: Network, columns: Array, last_layer_only: bool
) -> tuple[list[Array], list[Array]]:
    """The inputs of all layers, and df/dz^l of the hidden ones (none if only the last layer counts)."""
    states = forward(network, columns)
    inputs = [columns, *states[1:-1:2]]
    if last_layer_only:
        return inputs, []
    scale = network.sigma_w / np.sqrt(network.width)
    back = scale * network.parameters[-2][:, :, None]
    backs = []
    for layer in reversed(range(network.hidden_layers)):
        back = back * network.activation.slope(states[2 * layer], states[2 * layer + 1])
        backs.append(back)
        if layer:
            back = scale * np.matmul(np.swapaxes(network.parameters[2 * layer], 1, 2), back)
    return inputs, backs[::-1]


def _products(left: Array, right: Array) -> Array:
    """left @ right for stacks of matrices; one call for all where the right one is shared."""
    if right.ndim == 2:
        return (left.reshape(-1, left.shape[2]) @ right).reshape(*left.shape[:2], right.shape[1])
    return np.matmul(left, right)
