r"""Two-layer networks with an output scale: lazy where it is large, rich where it is small.

F(x) = v . phi(W x/sqrt D)/sqrt N of N hidden units and D inputs, all weights N(0, 1) at the start. What
learns is f = alpha (F - F_0), with the scale alpha and F_0 the start, by full-batch gradient descent on
1/2 sum (f - y)^2 with steps of learning_rate/alpha^2 times the gradient: time is learning_rate x steps
for every alpha, since f then descends with the tangent kernel of F.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import (
    finite_matrix,
    generator,
    positive_number,
    real_array,
    whole_number,
)
from lazyrich.solvers.networks.deep_linear_input import checked_steps
from lazyrich.solvers.networks.memory import require_memory

Array = NDArray[np.float64]

ACTIVATIONS = ("identity", "relu", "tanh")


class Network(NamedTuple):
    """Weights of F(x) = v . phi(W x/sqrt D)/sqrt N."""

    W: Array
    """(N, D), or (T, N, D) along a trajectory."""
    v: Array
    """(N,) or (T, N)."""


class Trajectory(NamedTuple):
    """What was recorded; the first axis is the number of steps."""

    outputs: Array
    """f on the training samples, (T, P)."""
    network: Network
    """The weights, (T, N, D) and (T, N)."""


def random_network(width: int, dim: int, rng: np.random.Generator) -> Network:
    """Independent weights N(0, 1) in both layers.

    Raises
    ------
    ValueError
        A size is not whole and at least 1.

    Examples
    --------
    >>> random_network(4, 3, np.random.default_rng(0)).W.shape
    (4, 3)
    """
    rng = generator(rng)
    width, dim = whole_number(width, "width"), whole_number(dim, "dim")
    return Network(rng.standard_normal((width, dim)), rng.standard_normal(width))


def outputs(network: Network, X: ArrayLike, activation: str) -> Array:
    """F of each row of X, (P,).

    Examples
    --------
    >>> outputs(Network(np.array([[2.0]]), np.array([3.0])), [[1.0], [-1.0]], "relu")
    array([6., 0.])
    """
    W, v, x = _checked(network, X)
    hidden, slope = np.empty((2, len(v), len(x)))
    from lazyrich.solvers.networks.scaled_two_layer_kernel import forward

    return np.asarray(forward(W, v, x, _kind(activation), hidden, slope))


def tangent_kernel(network: Network, X: ArrayLike, activation: str) -> Array:
    """Sum over all weights of dF(x)/dw dF(x')/dw at the network's weights, (P, P).

    Examples
    --------
    >>> tangent_kernel(Network(np.array([[2.0]]), np.array([3.0])), [[1.0]], "identity")
    array([[13.]])
    """
    W, v, x = _checked(network, X)
    hidden, slope = np.empty((2, len(v), len(x)))
    from lazyrich.solvers.networks.scaled_two_layer_kernel import forward

    forward(W, v, x, _kind(activation), hidden, slope)
    back = v[:, None] * slope
    return (hidden.T @ hidden + (back.T @ back) * (x @ x.T)) / len(v)


def train(
    network: Network,
    X: ArrayLike,
    y: ArrayLike,
    learning_rate: float,
    record_steps: ArrayLike,
    *,
    output_scale: float,
    activation: str,
) -> Trajectory:
    """Train both layers and record outputs and weights after the given numbers of steps.

    Parameters
    ----------
    network : Network
        The start; it is not changed.
    X : array_like, (P, D)
        A sample in each row.
    y : array_like, (P,)
    learning_rate : float
        > 0, for the sum loss and f.
    record_steps : array_like of int, (T,)
        Strictly increasing, from 0 on.
    output_scale : float
        alpha > 0.
    activation : str
        "identity", "relu" or "tanh".

    Returns
    -------
    Trajectory

    Raises
    ------
    ValueError
        For values outside these ranges or shapes that do not fit.
    FloatingPointError
        Where training diverges, with the step.

    Examples
    --------
    >>> start = random_network(50, 2, np.random.default_rng(0))
    >>> run = train(start, np.eye(2), [1.0, -1.0], 0.3, [0, 300], output_scale=10.0, activation="tanh")
    >>> run.outputs.round(3) + 0.0
    array([[ 0.,  0.],
           [ 1., -1.]])
    """
    W, v, x = _checked(network, X)
    W, v = W.copy(), v.copy()
    goal = real_array(y, "y")
    if goal.shape != (len(x),) or not np.isfinite(goal).all():
        raise ValueError(f"y has shape {goal.shape}; needs ({len(x)},), finite numbers")
    rate, alpha = (
        positive_number(learning_rate, "learning_rate"),
        positive_number(output_scale, "output_scale"),
    )
    kind, steps = _kind(activation), checked_steps(record_steps, "record_steps")
    require_memory(8.0 * len(steps) * (W.size + v.size), "the recorded weights")
    from lazyrich.solvers.networks.scaled_two_layer_kernel import descend, forward

    hidden, slope = np.empty((2, len(v), len(x)))
    start = forward(W, v, x, kind, hidden, slope)
    found = np.empty((len(steps), len(x)))
    record = Network(np.empty((len(steps), *W.shape)), np.empty((len(steps), *v.shape)))
    done, largest = 0, 1e6 * (0.5 * np.sum(goal**2) + 1e-300)
    for index, step in enumerate(steps):
        loss = descend(W, v, x, goal + alpha * start, rate, alpha, int(step) - done, kind)
        done = int(step)
        found[index] = alpha * (forward(W, v, x, kind, hidden, slope) - start)
        if not (loss <= largest and np.isfinite(found[index]).all()):
            raise FloatingPointError(
                f"training diverged before step {done}, loss {loss:.3g}; learning_rate = {rate} is "
                "above 2/(largest eigenvalue of the tangent kernel)"
            )
        record.W[index], record.v[index] = W, v
    return Trajectory(found, record)


def _kind(activation: str) -> int:
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation = {activation!r}; needs one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS.index(activation)


def _checked(network: Network, X: ArrayLike) -> tuple[Array, Array, Array]:
    """The weights, and X divided by sqrt D."""
    W, v = finite_matrix(network.W, "W"), real_array(network.v, "v")
    x = finite_matrix(X, "X", "a non-empty matrix, a sample in each row")
    if v.shape != (len(W),) or x.shape[1] != W.shape[1] or not np.isfinite(v).all():
        raise ValueError(
            f"W {W.shape}, v {v.shape}, X {x.shape}; need (N, D), (N,) finite, and (P, D)"
        )
    return W, v, x / np.sqrt(x.shape[1])
