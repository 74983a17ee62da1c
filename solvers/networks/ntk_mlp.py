r"""Multilayer perceptrons in NTK parametrisation that really train, one or many of a kind at once.

With all parameters drawn from N(0, 1), `hidden_layers` = L hidden layers of width n, and phi the activation,

    z^1 = sw/sqrt(d) W^1 x + sb b^1,   z^{l+1} = sw/sqrt(n) W^{l+1} phi(z^l) + sb b^{l+1},   f = z^{L+1}

is one number. Parameters are a list [W^1, b^1, ..., W^L, b^L, readout, bias] of arrays of shapes
(n, d), (n,), (n, n), (n,), ..., (n,), (). Any leading axes, the same for all arrays, are networks that do not
know of each other: outputs and kernels carry these axes first, and all train in few BLAS calls.

The loss is 1/2 sum_mu (f(x_mu) - y_mu)^2, so that outputs change by -learning_rate NTK (f - y) per step to
first order in the learning rate; for a mean over P samples divide the learning rate by P.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import generator, positive_number, whole_number
from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.deep_linear_input import checked_steps
from lazyrich.solvers.networks.memory import require_memory
from lazyrich.solvers.networks.ntk_mlp_input import (
    checked_inputs,
    checked_network,
    checked_targets,
)
from lazyrich.solvers.networks.ntk_mlp_layers import Network, forward, gram_over_layers, step

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

DIVERGED = 1e6
"""Training has diverged once the loss of a network exceeds this many times its start plus sum y^2."""

_BLOCK_ENTRIES = 2**17  # activations that are worked on at once stay in the cache
_KERNEL_BYTES = 2**27  # activations and backward vectors of one block of rows of a kernel


class Training(NamedTuple):
    """What was recorded while training; the first axis is the T recorded steps, then the networks."""

    train_outputs: Array
    """f on the training inputs, (T, ..., P)."""
    test_outputs: Array
    """f on X_test, (T, ..., n_test); n_test = 0 without X_test."""
    kernels: Array
    """Empirical NTK on the training inputs, (T, ..., P, P); T = 0 unless asked for."""
    parameters: list[Array]
    """The parameters after the last recorded step."""


def initial_parameters(
    input_dim: int,
    width: int,
    hidden_layers: int,
    rng: np.random.Generator,
    *,
    networks: int | None = None,
) -> list[Array]:
    """Independent N(0, 1) parameters [W^1, b^1, ..., readout, bias] of one network, or of many.

    Parameters
    ----------
    input_dim, width, hidden_layers : int
        d, n and L, each >= 1.
    rng : numpy.random.Generator
    networks : int, optional
        Number of networks, the first axis of every array; by default one network without such an axis.

    Raises
    ------
    ValueError
        A size is not whole and at least 1.

    Examples
    --------
    >>> parameters = initial_parameters(3, 5, 2, np.random.default_rng(0))
    >>> [array.shape for array in parameters]
    [(5, 3), (5,), (5, 5), (5,), (5,), ()]
    """
    d, n = whole_number(input_dim, "input_dim"), whole_number(width, "width")
    layers = whole_number(hidden_layers, "hidden_layers")
    lead = () if networks is None else (whole_number(networks, "networks"),)
    shapes: list[tuple[int, ...]] = [(n, d), (n,), *((n, n), (n,)) * (layers - 1), (n,), ()]
    count = sum(float(np.prod((*lead, *shape))) for shape in shapes)
    require_memory(8.0 * count, "the parameters")
    rng = generator(rng)
    return [np.asarray(rng.standard_normal((*lead, *shape))) for shape in shapes]


def outputs(
    parameters: Sequence[ArrayLike],
    X: ArrayLike,
    *,
    activation: Any,
    sigma_w: float = 1.0,
    sigma_b: float = 0.0,
) -> Array:
    """f of each row of X, (..., n_samples).

    Parameters
    ----------
    parameters : sequence of arrays
        As from `initial_parameters`.
    X : array_like, (n_samples, d)
    activation : str or tuple
        As for `activation_functions.activation_function`.
    sigma_w, sigma_b : float
        sw > 0 and sb >= 0.

    Raises
    ------
    ValueError
        For values outside these ranges or shapes that do not fit.

    Examples
    --------
    >>> one_unit = [[[2.0]], [0.0], [3.0], 0.0]
    >>> outputs(one_unit, [[1.0], [-1.0]], activation="relu")
    array([6., 0.])
    """
    network = checked_network(parameters, activation, sigma_w, sigma_b)
    x = checked_inputs(X, "X", network)
    found = np.empty((network.networks, len(x)))
    with one_blas_thread():
        for part in _blocks(network, len(x)):
            found[part] = forward(network.take(part), x.T)[-1]
    return found.reshape(*network.lead, len(x))


def empirical_ntk(
    parameters: Sequence[ArrayLike],
    X1: ArrayLike,
    X2: ArrayLike | None = None,
    *,
    activation: Any,
    sigma_w: float = 1.0,
    sigma_b: float = 0.0,
    last_layer_only: bool = False,
) -> Array:
    """Sum over all parameters of df(x)/dp df(x')/dp, (..., n1, n2).

    Each layer contributes its Gram matrix of backward vectors times that of its inputs, so that no
    array of parameters x samples is ever formed; blocks of rows bound the memory.

    Parameters
    ----------
    parameters, activation, sigma_w, sigma_b
        As for `outputs`.
    X1, X2 : array_like, (n1, d) and (n2, d)
        X2 = X1 by default.
    last_layer_only : bool
        Only the readout and the output's bias count: the kernel of training the last layer alone.

    Raises
    ------
    ValueError
        For values outside these ranges or shapes that do not fit.

    Examples
    --------
    f = 3 relu(2 x) has df/dW = 3 x, df/dreadout = 2 x for x > 0:

    >>> one_unit = [[[2.0]], [0.0], [3.0], 0.0]
    >>> empirical_ntk(one_unit, [[1.0], [2.0]], activation="relu")
    array([[13., 26.],
           [26., 52.]])
    """
    network = checked_network(parameters, activation, sigma_w, sigma_b)
    first = checked_inputs(X1, "X1", network)
    second = None if X2 is None else checked_inputs(X2, "X2", network)
    columns = len(first if second is None else second)
    require_memory(8.0 * network.networks * len(first) * columns, "the kernel")
    found = np.empty((network.networks, len(first), columns))
    with one_blas_thread():
        for part in _blocks(network, len(first)):
            _fill_kernel(found[part], network.take(part), first, second, last_layer_only)
    return found.reshape(*network.lead, len(first), columns)


def train(
    parameters: Sequence[ArrayLike],
    X: ArrayLike,
    y: ArrayLike,
    learning_rate: float,
    steps: ArrayLike,
    *,
    activation: Any,
    sigma_w: float = 1.0,
    sigma_b: float = 0.0,
    X_test: ArrayLike | None = None,
    record_kernel: bool = False,
    last_layer_only: bool = False,
) -> Training:
    """Full-batch gradient descent on 1/2 sum_mu (f(x_mu) - y_mu)^2, recorded after given numbers of steps.

    Parameters
    ----------
    parameters, activation, sigma_w, sigma_b
        As for `outputs`; the start is not changed.
    X : array_like, (P, d)
        A sample in each row.
    y : array_like, (P,) or (..., P)
        Targets, the same for all networks or one set for each.
    learning_rate : float
        > 0; near the lazy limit training is stable below 2/lambda_max(NTK).
    steps : array_like of int, (T,)
        Numbers of updates, strictly increasing from 0 on, after which to record.
    X_test : array_like, (n_test, d), optional
        Inputs on which the outputs are recorded too.
    record_kernel : bool
        Record the empirical NTK on X as well.
    last_layer_only : bool
        Train only the readout and the output's bias; recorded kernels are those of these parameters.

    Returns
    -------
    Training

    Raises
    ------
    ValueError
        For values outside these ranges or shapes that do not fit.
    FloatingPointError
        Where a network diverges, with the step.

    Examples
    --------
    One sample of one unit: the output approaches its target.

    >>> one_unit = [[[1.0]], [0.0], [1.0], 0.0]
    >>> train(one_unit, [[1.0]], [2.0], 0.1, [0, 100], activation="relu").train_outputs.round(6)
    array([[1.],
           [2.]])
    """
    network = checked_network(parameters, activation, sigma_w, sigma_b).copy()
    x = checked_inputs(X, "X", network)
    tests = (
        np.empty((0, x.shape[1])) if X_test is None else checked_inputs(X_test, "X_test", network)
    )
    targets = checked_targets(y, network, len(x))
    rate, at = positive_number(learning_rate, "learning_rate"), checked_steps(steps, "steps")
    shape = (len(at), network.networks, len(x))
    kernels = np.empty((*shape, len(x)) if record_kernel else (0, *shape[1:], len(x)))
    require_memory(8.0 * (np.prod(shape) + kernels.size), "the records")
    records = np.empty(shape), np.empty((*shape[:2], len(tests))), kernels
    with one_blas_thread():
        for part in _blocks(network, len(x)):
            parts = tuple(array[:, part] for array in records)
            _descend(network.take(part), x, targets[part], tests, rate, at, parts, last_layer_only)
    train_outputs, test_outputs, recorded = (
        array.reshape(len(array), *network.lead, *array.shape[2:]) for array in records
    )
    after = [array.reshape(shape) for array, shape in network.with_shapes()]
    return Training(train_outputs, test_outputs, recorded, after)


def _descend(
    network: Network,
    x: Array,
    y: Array,
    x_test: Array,
    rate: float,
    steps: Steps,
    records: tuple[Array, ...],
    last_layer_only: bool,
) -> None:
    """Train the networks in place."""
    train_outputs, test_outputs, kernels = records
    columns, record, bound = np.ascontiguousarray(x.T), 0, np.empty(0)
    for now in range(int(steps[-1]) + 1):
        states = forward(network, columns)
        residual = states[-1] - y
        loss = (residual**2).sum(axis=1)
        if now == 0:
            bound = DIVERGED * (loss + (y**2).sum(axis=1)) + 1e-300
        if not (loss <= bound).all():
            raise FloatingPointError(
                f"training diverged at step {now}: the loss of a network passed {DIVERGED:g} times its "
                f"scale. learning_rate = {rate} is too large"
            )
        if now == steps[record]:
            train_outputs[record] = states[-1]
            if len(x_test):
                test_outputs[record] = forward(network, x_test.T)[-1]
            if len(kernels):
                _fill_kernel(kernels[record], network, x, None, last_layer_only)
            record += 1
        if now < steps[-1]:
            step(network, states, columns, -rate * residual, last_layer_only)


def _fill_kernel(
    kernel: Array, network: Network, first: Array, second: Array | None, last_layer_only: bool
) -> None:
    """Write the empirical NTK block by block."""
    entries = 16 * network.networks * network.width * network.hidden_layers
    rows = max(1, _KERNEL_BYTES // entries)
    others = first if second is None else second
    for i in range(0, len(first), rows):
        for j in range(0, len(others), rows):
            if second is None and j < i:
                kernel[:, i : i + rows, j : j + rows] = np.swapaxes(
                    kernel[:, j : j + rows, i : i + rows], 1, 2
                )
                continue
            block = gram_over_layers(
                network, first[i : i + rows].T, others[j : j + rows].T, last_layer_only
            )
            kernel[:, i : i + rows, j : j + rows] = block


def _blocks(network: Network, n_samples: int) -> list[slice]:
    """Networks in groups whose activations and parameters fit in the cache."""
    entries = network.width * n_samples + sum(array[0].size for array in network.parameters)
    size = max(1, _BLOCK_ENTRIES // entries)
    return [slice(k, k + size) for k in range(0, network.networks, size)]
