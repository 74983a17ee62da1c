r"""A two-layer ReLU student that learns a ReLU teacher from finitely many noisy samples, full batch.

The student f(x) = a . relu(W x/sqrt(d))/sqrt(H) of H hidden units and d inputs descends the mean loss
(1/2P) sum (y - f)^2 in both layers. Its error on fresh inputs x ~ N(0, I) is computed exactly, from
the Gaussian averages of products of two ReLUs, so that no test set adds noise.
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
from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.deep_linear_input import checked_steps
from lazyrich.solvers.networks.memory import require_memory

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

DIVERGED = 1e6
"""Training has diverged once the error exceeds this many times its start plus the mean of y^2."""

_FLOP_PER_CALL = 1e8  # a compiled call ends within a fraction of a second, so that Ctrl-C works


class Network(NamedTuple):
    """Weights of f(x) = second . relu(first x/sqrt(d))/sqrt(H)."""

    first: Array
    """W, (H, d), or (T, H, d) along a trajectory."""
    second: Array
    """a, (H,) or (T, H)."""


class Trajectory(NamedTuple):
    """What was recorded while training; the first axis is time, learning_rate x steps."""

    steps: Steps
    """Number of updates made before each record, (T,)."""
    train_error: Array
    """Mean squared error on the P labels, without 1/2, (T,)."""
    network: Network
    """The weights at each record, (T, H, d) and (T, H)."""


def random_network(width: int, n_inputs: int, scale: float, rng: np.random.Generator) -> Network:
    """Independent weights N(0, scale^2) in both layers.

    Raises
    ------
    ValueError
        A size is not whole and at least 1, or scale is not positive.

    Examples
    --------
    >>> random_network(4, 3, 0.5, np.random.default_rng(0)).first.shape
    (4, 3)
    """
    rng, scale = generator(rng), positive_number(scale, "scale")
    width, n_inputs = whole_number(width, "width"), whole_number(n_inputs, "n_inputs")
    return Network(
        scale * rng.standard_normal((width, n_inputs)), scale * rng.standard_normal(width)
    )


def outputs(network: Network, inputs: ArrayLike) -> Array:
    """f of each row of `inputs`, (P,), or (T, P) for a trajectory.

    Examples
    --------
    >>> outputs(Network(np.array([[2.0]]), np.array([3.0])), [[1.0], [-1.0]])
    array([6., 0.])
    """
    x = finite_matrix(inputs, "inputs", "a non-empty matrix, a sample in each row")
    hidden = np.maximum(x @ np.swapaxes(network.first, -1, -2) / np.sqrt(x.shape[1]), 0)
    width = network.second.shape[-1]
    return (hidden @ network.second[..., None])[..., 0] / np.sqrt(width)


def train(
    network: Network,
    inputs: ArrayLike,
    labels: ArrayLike,
    learning_rate: float,
    record_steps: ArrayLike,
) -> Trajectory:
    """Train both layers by full-batch gradient descent on (1/2P) sum (y - f)^2.

    Parameters
    ----------
    network : Network
        The start; it is not changed.
    inputs : array_like, (P, d)
        A sample in each row.
    labels : array_like, (P,)
    learning_rate : float
        > 0.
    record_steps : array_like of int, (T,)
        Numbers of updates, strictly increasing from 0 on, after which to record.

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
    One unit, one sample: the product of both weights approaches the label.

    >>> start = Network(np.array([[1.0]]), np.array([1.0]))
    >>> train(start, [[1.0]], [2.0], 0.1, [0, 100]).train_error.round(6)
    array([1., 0.])
    """
    x = finite_matrix(inputs, "inputs", "a non-empty matrix, a sample in each row")
    y = real_array(labels, "labels")
    if y.shape != (len(x),) or not np.isfinite(y).all():
        raise ValueError(f"labels has shape {y.shape}; needs ({len(x)},), finite numbers")
    first, second = _checked(network, x.shape[1])
    rate, steps = (
        positive_number(learning_rate, "learning_rate"),
        checked_steps(record_steps, "record_steps"),
    )
    require_memory(8.0 * len(steps) * (first.size + second.size), "the recorded weights")
    from lazyrich.solvers.networks.relu_student_kernel import descend

    errors, records = (
        np.empty(len(steps)),
        Network(np.empty((len(steps), *first.shape)), np.empty((len(steps), *second.shape))),
    )
    scaled = x / np.sqrt(x.shape[1])
    bound = DIVERGED * float(np.mean((y - outputs(network, x)) ** 2) + np.mean(y**2)) + 1e-300
    chunk = 1 + int(_FLOP_PER_CALL / (4.0 * first.size * len(x)))
    end = int(steps[-1]) + 1
    with one_blas_thread():
        for start in range(0, end, chunk):
            step = descend(
                scaled, y, first, second, rate, bound, start, min(start + chunk, end), steps,
                errors, *records,
            )  # fmt: skip
            if step >= 0:
                raise FloatingPointError(
                    f"training diverged at step {step}: the error passed {DIVERGED:g} times its scale. "
                    f"learning_rate = {learning_rate} is too large"
                )
    return Trajectory(steps, errors, records)


def population_error(student: Network, teacher: Network) -> Array:
    r"""E (f - f*)^2 over inputs x ~ N(0, I), exact; (T,) for a trajectory of the student.

    With u, v the first-layer vectors over sqrt(d) of two units and theta the angle between them,
    E relu(u . x) relu(v . x) = abs(u) abs(v) (sin theta + (pi - theta) cos theta)/(2 pi).

    Raises
    ------
    ValueError
        The two networks differ in their inputs.

    References
    ----------
    Cho, Saul 2009, the arc-cosine kernel of order 1.

    Examples
    --------
    A teacher that is silent leaves E f^2 = 1/2 of one unit with weight 1:

    >>> one = Network(np.array([[1.0]]), np.array([1.0]))
    >>> float(population_error(one, one._replace(second=np.array([0.0]))))
    0.5
    """
    if student.first.shape[-1] != teacher.first.shape[-1]:
        raise ValueError(
            f"student has {student.first.shape[-1]} inputs and teacher {teacher.first.shape[-1]}"
        )
    units = [np.broadcast_to(teacher.first, (*student.first.shape[:-2], *teacher.first.shape))]
    first = np.concatenate([student.first, *units], axis=-2) / np.sqrt(student.first.shape[-1])
    weights = np.concatenate(
        [
            student.second / np.sqrt(student.second.shape[-1]),
            np.broadcast_to(
                -teacher.second / np.sqrt(len(teacher.second)),
                (*student.second.shape[:-1], len(teacher.second)),
            ),
        ],
        axis=-1,
    )
    overlaps = first @ np.swapaxes(first, -1, -2)
    lengths = np.sqrt(np.diagonal(overlaps, axis1=-2, axis2=-1))
    norms = lengths[..., :, None] * lengths[..., None, :]
    cosine = np.clip(overlaps / np.where(norms > 0, norms, 1.0), -1.0, 1.0)
    angle = np.arccos(cosine)
    kernel = norms * (np.sqrt(1 - cosine**2) + (np.pi - angle) * cosine) / (2 * np.pi)
    return np.maximum(np.einsum("...i,...ij,...j->...", weights, kernel, weights), 0.0)[()]


def _checked(network: Network, n_inputs: int) -> tuple[Array, Array]:
    """Copies of both layers."""
    first = finite_matrix(network.first, "network.first").copy()
    second = real_array(network.second, "network.second").copy()
    if first.shape[1] != n_inputs or second.shape != (len(first),):
        raise ValueError(
            f"network has layers of shape {first.shape} and {second.shape}; the {n_inputs} inputs need "
            f"(H, {n_inputs}) and (H,)"
        )
    if not np.isfinite(second).all():
        raise ValueError("network.second holds NaN or infinite entries")
    return first, second
