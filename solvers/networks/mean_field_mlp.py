r"""Deep perceptrons in mean-field parametrisation, with a strength gamma0 of feature learning.

With all weights drawn from N(0, 1), L hidden layers of width N and inputs x of dimension D,

    h^1 = W^0 x/sqrt(D),   h^{l+1} = W^l phi(h^l)/sqrt(N),   f = w . phi(h^L)/(gamma0 N),

and gradient descent on 1/2 sum_mu (y_mu - f_mu)^2 with the rate learning_rate gamma0^2 N, so that features move
by order gamma0: lazy for gamma0 -> 0, maximal updates for gamma0 = 1. Outputs at the start are noise
of size 1/(gamma0 sqrt N), which centred networks subtract. (Pairs of units with opposite readouts would
silence it too, but then no gradient reaches the layers below at first.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.activation_functions import activation_function
from lazyrich.solvers.networks.arguments import (
    finite_matrix,
    generator,
    positive_number,
    real_array,
    whole_number,
)
from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.deep_linear_input import checked_steps
from lazyrich.solvers.networks.memory import require_memory

Array = NDArray[np.float64]

DIVERGED = 1e6
"""Training has diverged once the loss exceeds this many times its start plus sum y^2."""


class Training(NamedTuple):
    """What was recorded while training, at T steps."""

    outputs: Array
    """f, less that at the start where centred, (T, P)."""
    forward_kernels: Array
    """phi(h^l_mu(t)) . phi(h^l_nu(s))/N, (L, T, T, P, P); T = 0 unless asked for."""
    backward_kernels: Array
    """g^l_mu(t) . g^l_nu(s)/N, g^l = gamma0 N df/dh^l, likewise."""
    weights: list[Array]
    """[W^0, ..., W^{L-1}, w] after the last recorded step."""


def initial_weights(
    input_dim: int,
    width: int,
    hidden_layers: int,
    rng: np.random.Generator,
) -> list[Array]:
    """Independent N(0, 1) weights [W^0 (N, D), W^1 (N, N), ..., w (N,)].

    Parameters
    ----------
    input_dim, width, hidden_layers : int
        D, N and L, each >= 1.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        A size is not whole and at least 1.

    Examples
    --------
    >>> [w.shape for w in initial_weights(3, 10, 2, np.random.default_rng(0))]
    [(10, 3), (10, 10), (10,)]
    """
    rng, n = generator(rng), whole_number(width, "width")
    layers = whole_number(hidden_layers, "hidden_layers")
    sizes = [whole_number(input_dim, "input_dim"), *[n] * (layers - 1)]
    return [*[rng.standard_normal((n, size)) for size in sizes], rng.standard_normal(n)]


def train(
    weights: Sequence[ArrayLike],
    X: ArrayLike,
    y: ArrayLike,
    gamma0: float,
    learning_rate: float,
    steps: ArrayLike,
    *,
    activation: Any = "identity",
    centered: bool = True,
    record_kernels: bool = True,
) -> Training:
    """Full-batch gradient descent with the rate learning_rate gamma0^2 N on 1/2 sum (y - f)^2.

    Parameters
    ----------
    weights : sequence of array_like
        [W^0, ..., W^{L-1}, w] as from `initial_weights`; not changed.
    X : array_like, (P, D)
        Inputs, one a row.
    y : array_like, (P,)
    gamma0, learning_rate : float
        Each > 0.
    steps : array_like of int, (T,)
        Numbers of updates, strictly increasing, at which to record.
    activation : str or pair
        phi, by name.
    centered : bool
        Whether the outputs at the start are subtracted.
    record_kernels : bool
        Whether the kernels between all recorded steps are wanted.

    Returns
    -------
    Training

    Raises
    ------
    ValueError
        For values outside these ranges or shapes that do not fit.
    FloatingPointError
        Where training diverges, with the step.

    Examples
    --------
    >>> start = initial_weights(2, 100, 1, np.random.default_rng(0))
    >>> run = train(start, np.sqrt(2) * np.eye(2)[:1], [1.0], 1.0, 0.05, [0, 200])
    >>> print(run.outputs.round(6).ravel(), run.forward_kernels.shape)
    [0. 1.] (1, 2, 2, 1, 1)
    """
    phi = activation_function(activation)
    x = finite_matrix(X, "X", "a non-empty matrix, an input in each row")
    layers = _checked_weights(weights, x.shape[1])
    target = real_array(y, "y")
    if target.shape != (len(x),) or not np.isfinite(target).all():
        raise ValueError(f"y has shape {target.shape}; needs ({len(x)},), finite numbers")
    strength = positive_number(gamma0, "gamma0")
    rate = positive_number(learning_rate, "learning_rate")
    record = checked_steps(steps, "steps")
    n, depth = len(layers[-1]), len(layers) - 1
    kept = len(record) if record_kernels else 0
    require_memory(
        16.0 * depth * kept * len(x) * (n + kept * len(x)) + 8.0 * depth * n**2,
        "the recorded features",
    )
    features, gradients = np.empty((2, depth, kept, len(x), n))
    found: list[Array] = []
    bound = np.inf
    offset = _forward(layers, x.T, phi, strength)[1] if centered else 0.0
    with one_blas_thread():
        for step in range(record[-1] + 1):
            states, outputs = _forward(layers, x.T, phi, strength)
            f = outputs - offset
            error = target - f
            loss = error @ error
            if step == 0:
                bound = DIVERGED * (loss + target @ target)
            if not loss <= bound:
                raise FloatingPointError(
                    f"training diverged at step {step}: learning_rate = {rate} is too large for the "
                    f"kernel as grown by then, at gamma0 = {strength}"
                )
            backs = _backward(layers, states, phi)
            if step == record[len(found)]:
                if record_kernels:
                    features[:, len(found)] = [state[1].T for state in states]
                    gradients[:, len(found)] = [back.T for back in backs]
                found.append(f)
            if step < record[-1]:
                _update(layers, x.T, states, backs, rate * strength * error)
    return Training(np.array(found), _gram(features), _gram(gradients), layers)


def _forward(layers: list[Array], columns: Array, phi: Any, strength: float) -> Any:
    """Pairs (h^l, phi(h^l)) of shape (N, P), and f."""
    states, inputs = [], columns
    for weights in layers[:-1]:
        h = weights @ inputs / np.sqrt(len(inputs))
        inputs = phi.value(h)
        states.append((h, inputs))
    return states, layers[-1] @ inputs / (strength * len(layers[-1]))


def _backward(layers: list[Array], states: Any, phi: Any) -> list[Array]:
    """g^l = gamma0 N df/dh^l of all hidden layers, (N, P)."""
    z = layers[-1][:, None]
    backs = []
    for level in reversed(range(len(states))):
        back = z * phi.slope(*states[level])
        backs.append(back)
        if level:
            z = layers[level].T @ back / np.sqrt(len(back))
    return backs[::-1]


def _update(
    layers: list[Array], columns: Array, states: Any, backs: list[Array], change: Array
) -> None:
    """Add sum_mu change_mu (gamma0 N df_mu/dp) to all weights p, in place."""
    layers[-1] += states[-1][1] @ change
    below = [columns, *[state[1] for state in states[:-1]]]
    for weights, inputs, back in zip(layers, below, backs, strict=False):
        weights += (back * change) @ inputs.T / np.sqrt(len(inputs))


def _gram(vectors: Array) -> Array:
    """Inner products over N of (L, T, P, N), as (L, T, T, P, P)."""
    depth, times, count, n = vectors.shape
    flat = vectors.reshape(depth, times * count, n)
    gram = np.matmul(flat, flat.swapaxes(1, 2)) / n
    return gram.reshape(depth, times, count, times, count).swapaxes(2, 3)


def _checked_weights(weights: Sequence[ArrayLike], input_dim: int) -> list[Array]:
    if len(weights) < 2:
        raise ValueError(f"weights holds {len(weights)} arrays; needs [W0, ..., w], 2 or more")
    layers = [real_array(array, f"weights[{k}]").copy() for k, array in enumerate(weights)]
    n = layers[-1].size
    shapes = [(n, input_dim), *[(n, n)] * (len(layers) - 2), (n,)]
    for k, (array, shape) in enumerate(zip(layers, shapes, strict=True)):
        if array.shape != shape:
            raise ValueError(f"weights[{k}] has shape {array.shape}; needs {shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"weights[{k}] holds NaN or infinite entries")
    return layers
