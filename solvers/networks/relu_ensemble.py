r"""Ensembles of two-layer ReLU networks with several outputs, trained on a handful of samples.

f(x) = V relu(W x/sqrt d)/sqrt n of n hidden units without bias (NTK parametrisation: all weights start
as N(0, 1)); gradient descent on 1/2 sum of squares over samples and outputs in both layers, the networks
independently of each other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import (
    finite_matrix,
    generator,
    one_number,
    positive_number,
    real_array,
    whole_number,
)
from lazyrich.solvers.networks.memory import require_memory

Array = NDArray[np.float64]


class Ensemble(NamedTuple):
    """Weights of R networks, hidden units along the last axis."""

    first: Array
    """W of each network, transposed, (R, d, n)."""
    second: Array
    """V of each network, (R, q, n)."""


def random_ensemble(
    n_networks: int, width: int, n_inputs: int, n_outputs: int, rng: np.random.Generator
) -> Ensemble:
    """Independent networks with all weights N(0, 1).

    Raises
    ------
    ValueError
        A count is not whole and at least 1, or the weights do not fit in memory.

    Examples
    --------
    >>> random_ensemble(2, 5, 3, 4, np.random.default_rng(0)).second.shape
    (2, 4, 5)
    """
    rng = generator(rng)
    count, width = whole_number(n_networks, "n_networks"), whole_number(width, "width")
    d, q = whole_number(n_inputs, "n_inputs"), whole_number(n_outputs, "n_outputs")
    require_memory(24.0 * count * width * (d + q), "the weights before and after training")
    return Ensemble(rng.standard_normal((count, d, width)), rng.standard_normal((count, q, width)))


def mirrored(ensemble: Ensemble) -> Ensemble:
    """The same networks with the sign of every output reversed.

    Before training their outputs are opposite, so that the mean over both has no noise of the start.

    Examples
    --------
    >>> mirrored(Ensemble(np.ones((1, 1, 1)), np.ones((1, 1, 1)))).second
    array([[[-1.]]])
    """
    return Ensemble(ensemble.first, -ensemble.second)


def outputs(ensemble: Ensemble, inputs: ArrayLike) -> Array:
    """f of each network on each row of `inputs`, (R, P, q).

    Examples
    --------
    >>> outputs(Ensemble(np.array([[[2.0]]]), np.array([[[3.0]]])), [[1.0], [-1.0]])
    array([[[6.],
            [0.]]])
    """
    first, second = _checked(ensemble)
    x = _inputs(inputs, first)
    hidden = np.maximum(x @ first, 0)
    return hidden @ np.swapaxes(second, 1, 2) / np.sqrt(first.shape[2])


def train(
    ensemble: Ensemble,
    inputs: ArrayLike,
    labels: ArrayLike,
    learning_rate: float,
    n_steps: int,
    *,
    output_scale: float = 1.0,
    tolerance: float = 0.0,
) -> tuple[Ensemble, Array]:
    """Train both layers of every network by full-batch gradient descent on 1/2 sum (f - y)^2.

    With an output_scale alpha the output that learns is f_0 + alpha (f - f_0), f_0 that of the start, and
    the steps are learning_rate/alpha^2 times the gradient: the same start and tangent kernel for any
    alpha, but weights that move by O(1/alpha).

    Parameters
    ----------
    ensemble : Ensemble
        The start; it is not changed.
    inputs : array_like, (P, d)
        A sample in each row; zeros cost nothing.
    labels : array_like, (P, q)
    learning_rate : float
        > 0, for the sum loss.
    n_steps : int
        Updates, at least 1.
    output_scale : float
        alpha > 0.
    tolerance : float
        A network stops once its loss is at most this, >= 0.

    Returns
    -------
    Ensemble, array (R,)
        The networks after training and their losses.

    Raises
    ------
    ValueError
        For values outside these ranges or shapes that do not fit.
    FloatingPointError
        Where a network diverges.

    Examples
    --------
    One unit, one sample: the product of both weights approaches the label.

    >>> start = Ensemble(np.array([[[1.0]]]), np.array([[[1.0]]]))
    >>> trained, loss = train(start, [[1.0]], [[2.0]], 0.1, 200)
    >>> outputs(trained, [[1.0]]).round(6), loss < 1e-12
    (array([[[2.]]]), array([ True]))
    """
    first, second = _checked(ensemble)
    x = _inputs(inputs, first)
    y = real_array(labels, "labels")
    if y.shape != (len(x), second.shape[1]) or not np.isfinite(y).all():
        raise ValueError(
            f"labels has shape {y.shape}; needs {(len(x), second.shape[1])}, finite numbers"
        )
    rate, n_steps = (
        positive_number(learning_rate, "learning_rate"),
        whole_number(n_steps, "n_steps"),
    )
    alpha = positive_number(output_scale, "output_scale")
    least = one_number(tolerance, "tolerance")
    if not 0 <= least < np.inf:
        raise ValueError(f"tolerance = {tolerance} is outside [0, inf)")
    start = outputs(ensemble, inputs)
    goal = y + (alpha - 1) * start
    from lazyrich.solvers.networks.relu_ensemble_kernel import descend

    trained, losses = Ensemble(first.copy(), second.copy()), np.empty(len(first))
    bound = 1e6 * (1 + np.sum((start - y) ** 2, axis=(1, 2)))
    for r in range(len(first)):  # one network a call, so that Ctrl-C works
        one = slice(r, r + 1)
        weights = trained.first[one], trained.second[one]
        losses[one] = descend(*weights, x, goal[one], rate, alpha, n_steps, least)
        if not losses[r] < bound[r]:
            raise FloatingPointError(
                f"network {r} diverged within {n_steps} steps, loss {losses[r]:.3g}; "
                f"learning_rate = {rate} is too large"
            )
    return trained, losses


def scaled_outputs(start: Ensemble, trained: Ensemble, inputs: ArrayLike, scale: float) -> Array:
    """f_0 + scale (f - f_0), what networks trained with this output_scale say, (R, P, q).

    Examples
    --------
    >>> start, end = (Ensemble(np.ones((1, 1, 1)), np.full((1, 1, 1), v)) for v in (1.0, 1.1))
    >>> scaled_outputs(start, end, [[1.0]], 10.0).round(6)
    array([[[2.]]])
    """
    first = outputs(start, inputs)
    return first + scale * (outputs(trained, inputs) - first)


def _checked(ensemble: Ensemble) -> Ensemble:
    first, second = (
        np.ascontiguousarray(real_array(part, name))
        for part, name in zip(ensemble, Ensemble._fields, strict=True)
    )
    fits = first.ndim == second.ndim == 3 and first.shape[::2] == second.shape[::2]
    if not fits or 0 in first.shape + second.shape:
        raise ValueError(
            f"weights have shapes {first.shape} and {second.shape}; need (R, d, n) and (R, q, n)"
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("weights hold NaN or infinite entries")
    return Ensemble(first, second)


def _inputs(inputs: ArrayLike, first: Array) -> Array:
    """The inputs divided by sqrt d."""
    x = finite_matrix(inputs, "inputs", "a non-empty matrix, a sample in each row")
    if x.shape[1] != first.shape[1]:
        raise ValueError(f"inputs has {x.shape[1]} columns; the networks have {first.shape[1]}")
    return x / np.sqrt(x.shape[1])
