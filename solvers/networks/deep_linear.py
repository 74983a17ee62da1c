r"""Full-batch gradient descent of deep linear networks of any depth and widths.

The network y = W x, W = W_L ... W_1, W_l of shape (n_l, n_{l-1}), n_0 inputs, n_L outputs, learns by

    W_l <- W_l - learning_rate dL/dW_l,      L = 1/(2P) sum over P samples of |y - W x|^2.

The gradient needs only the second moments of the data: dL/dW_l = -(W_L ... W_{l+1})^T R
(W_{l-1} ... W_1)^T with R = Sigma_yx - W Sigma_xx: 3L - 3 matrix products a step whatever P is.
All arithmetic is float64. Results do not depend on the number of threads, nor on whether
a network is trained alone or in an ensemble, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from itertools import pairwise
from math import prod
from threading import Event
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import positive_number
from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.deep_linear_input import (
    Plan,
    chained,
    check_moments,
    checked_plan,
    common_widths,
    moments_of_each,
    widths_of,
)
from lazyrich.solvers.networks.deep_linear_kernel import descend
from lazyrich.solvers.networks.memory import require_memory
from lazyrich.solvers.networks.second_moments import Moments

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

DIVERGED = 1e8
"""Training has diverged once the excess loss exceeds this many times its start plus tr Sigma_yy."""

_FLOP_PER_CALL = 1e9  # a compiled call ends within a fraction of a second, so that Ctrl-C works


class Trajectory(NamedTuple):
    """What was recorded while training: the first axis is time, the second the ensemble member.

    A single network has no member axis. Gradient-flow time is learning_rate x steps.
    """

    steps: Steps
    """Number of updates made before each record, (T,)."""
    loss: Array
    """L, (T,) or (T, members)."""
    excess_loss: Array
    """L above the lowest loss of any linear map, precise however small, (T,) or (T, members)."""
    mode_strengths: Array
    """u_i^T W v_i for the m given pairs, (T, m) or (T, members, m)."""
    weight_steps: Steps
    """Number of updates made before each record of the weights, (T_w,)."""
    weights: tuple[Array, ...]
    """W_1, ..., W_L (initial ones to rounding), (T_w, n_l, n_{l-1}) or (T_w, members, n_l, n_{l-1})."""


def train(
    weights: Sequence[ArrayLike],
    moments: Moments,
    learning_rate: float,
    record_steps: ArrayLike,
    *,
    left: ArrayLike | None = None,
    right: ArrayLike | None = None,
    weight_steps: ArrayLike | None = None,
) -> Trajectory:
    """Train one deep linear network and record its trajectory.

    Parameters
    ----------
    weights : sequence of L arrays
        Initial W_l, (n_l, n_{l-1}); they are not changed.
    moments : Moments
        Second moments of the data, for example from ``second_moments.from_samples``.
    learning_rate : float
        Positive. Descent is stable only below 2 / (largest Hessian eigenvalue).
    record_steps : (T,) int
        Steps after which loss and mode strengths are recorded: strictly increasing, from 0 on;
        whole floats will do.
        Step 0 is the initial state.
    left, right : (n_L, m) and (n_0, m), optional
        Columns u_i and v_i of the modes to record; none by default (m = 0).
    weight_steps : (T_w,) int, optional
        Steps after which the weights are recorded; the last of `record_steps` by default.

    Returns
    -------
    Trajectory
        ``trajectory.weights[l][-1]`` is the last record of matrix l + 1.

    Raises
    ------
    ValueError
        Shapes that do not chain, values that are not finite, a learning rate that is not positive,
        steps that are negative or not increasing, or records that would not fit in memory.
    FloatingPointError
        The loss became infinite or exceeded 1e8 times its scale; the message names the step.

    Examples
    --------
    One matrix learns each mode by s (1 - (1 - learning_rate)^step):

    >>> from lazyrich.solvers.networks.second_moments import from_covariances
    >>> moments = from_covariances(np.eye(2), np.diag([3.0, 1.0]))
    >>> modes = np.eye(2)
    >>> run = train([np.zeros((2, 2))], moments, 0.5, [0, 1, 2], left=modes, right=modes)
    >>> run.mode_strengths.tolist()
    [[0.0, 0.0], [1.5, 0.5], [2.25, 0.75]]
    >>> run.loss.tolist()
    [5.0, 1.25, 0.3125]
    """
    run = train_ensemble(
        [weights], moments, learning_rate, record_steps,
        left=left, right=right, weight_steps=weight_steps,
    )  # fmt: skip
    return run._replace(
        loss=run.loss[:, 0],
        excess_loss=run.excess_loss[:, 0],
        mode_strengths=run.mode_strengths[:, 0],
        weights=tuple(w[:, 0] for w in run.weights),
    )


def train_ensemble(
    members: Sequence[Sequence[ArrayLike]],
    moments: Moments | Sequence[Moments],
    learning_rate: float,
    record_steps: ArrayLike,
    *,
    left: ArrayLike | None = None,
    right: ArrayLike | None = None,
    weight_steps: ArrayLike | None = None,
    threads: int = 1,
) -> Trajectory:
    """Train several networks of equal widths, each exactly as :func:`train` would.

    Parameters
    ----------
    members : sequence of S sequences of L arrays
        Initial weights of each network.
    moments : Moments or sequence of S Moments
        The data: the same for all, or one for each member.
    learning_rate, record_steps, left, right, weight_steps
        As in :func:`train`.
    threads : int
        Members trained at a time, each on one core.

    Returns
    -------
    Trajectory
        With the member axis after the time axis. Errors are those of :func:`train`.

    Examples
    --------
    >>> from lazyrich.solvers.networks.initial_weights import small_random_weights
    >>> from lazyrich.solvers.networks.second_moments import from_covariances
    >>> rngs = np.random.default_rng(0).spawn(3)
    >>> starts = [small_random_weights((4, 16, 2), 0.1, rng) for rng in rngs]
    >>> moments = from_covariances(np.eye(4), np.eye(2, 4))
    >>> run = train_ensemble(starts, moments, 0.1, np.arange(0, 201, 50), threads=2)
    >>> run.loss.shape, run.weights[0].shape
    ((5, 3), (1, 3, 16, 4))
    """
    starts = [chained(weights) for weights in members]
    widths = common_widths(starts)
    data = moments_of_each(moments, len(starts))
    for each in data:
        check_moments(each, widths)
    rate = positive_number(learning_rate, "learning_rate")
    if threads < 1:
        raise ValueError(f"threads = {threads}; at least one is needed")
    plan = checked_plan(record_steps, weight_steps, left, right, widths)
    records = _empty_records(len(starts), plan, widths)

    def run_member(member: int, cancelled: Event) -> None:
        mine = _Records(*(each[member] for each in records))
        step = _descend(starts[member], data[member], rate, plan, mine, cancelled)
        if step >= 0:
            raise FloatingPointError(
                f"training diverged at step {step} of network {member}: the loss passed {DIVERGED:g} "
                f"times its scale. learning_rate = {learning_rate} must stay below "
                "2 / (largest eigenvalue of the Hessian of the loss)"
            )

    with one_blas_thread():
        _run_all(run_member, len(starts), threads)
    floors = np.array([[each.floor] for each in data])
    return Trajectory(
        plan.steps,
        (floors + records.excess).T,
        records.excess.T,
        records.strengths.swapaxes(0, 1),
        plan.weight_steps,
        _unpacked(records.weights.swapaxes(0, 1), widths),
    )


class _Records(NamedTuple):
    excess: Array
    strengths: Array
    weights: Array


def _run_all(run_member: Callable[[int, Event], None], n_members: int, threads: int) -> None:
    cancelled = Event()
    if threads == 1:
        for member in range(n_members):
            run_member(member, cancelled)
        return
    with ThreadPoolExecutor(threads) as pool:
        try:
            for future in [pool.submit(run_member, k, cancelled) for k in range(n_members)]:
                future.result()
        except BaseException:
            cancelled.set()
            raise


def _descend(
    weights: list[Array],
    moments: Moments,
    learning_rate: float,
    plan: Plan,
    records: _Records,
    cancelled: Event,
) -> int:
    """Train one network into `records`; the step of divergence, or -1.

    Gradient descent commutes with rotations of the inputs, so it runs in the eigenbasis of Sigma_xx.
    With fewer outputs than inputs the transposed network is trained: its products are smaller.
    """
    basis, variances, target = moments.directions, moments.variances, moments.coefficients
    weights = [weights[0] @ basis, *weights[1:]]
    bound = _largest_loss(weights, moments)
    left, right = plan.left, basis.T @ plan.right
    widths = widths_of(weights)
    mirrored = widths[-1] < widths[0]
    if mirrored:
        weights = [w.T for w in reversed(weights)]
    else:
        target, left, right, variances = target.T, right, left, variances[:, None]
    flat = np.concatenate([w.ravel() for w in weights])
    variances, target, left, right = (
        np.require(a, np.float64, ["C", "W"])
        for a in (np.broadcast_to(variances, target.shape), target, left, right)
    )
    end = int(max(plan.steps[-1], plan.weight_steps[-1])) + 1
    updates = 1 + int(_FLOP_PER_CALL / (6 * flat.size * min(widths[0], widths[-1]) + 2000))
    for first in range(0, end, updates):
        if cancelled.is_set():
            break
        step = descend(
            flat, widths_of(weights), variances.ravel(), target.ravel(), learning_rate, bound, first, min(first + updates, end),
            plan.steps, left, right, records.excess, records.strengths,
            plan.weight_steps, records.weights,
        )  # fmt: skip
        if step >= 0:
            return int(step)
    first_layer = _unpacked(records.weights, widths)[0]
    first_layer[:] = first_layer @ basis.T
    return -1


def _largest_loss(weights: list[Array], moments: Moments) -> float:
    """Excess loss that no stable run exceeds; not a number for a start that overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        distance = reduce(lambda product, w: w @ product, weights) - moments.coefficients
        start = float(np.sum(distance**2 * moments.variances))
        return min(DIVERGED * (start + moments.trace_yy), float(np.finfo(float).max))


def _empty_records(n_members: int, plan: Plan, widths: Steps) -> _Records:
    losses = (n_members, len(plan.steps))
    strengths = (*losses, plan.left.shape[1])
    weights = (n_members, len(plan.weight_steps), int(np.sum(widths[1:] * widths[:-1])))
    numbers = 2 * prod(losses) + prod(strengths) + 2 * prod(weights)
    require_memory(8.0 * numbers, "the recorded losses, mode strengths and weights")
    return _Records(np.empty(losses), np.empty(strengths), np.empty(weights))


def _unpacked(flat: Array, widths: Steps) -> tuple[Array, ...]:
    """Split the last axis into W_1, ..., W_L, undoing the transposition of :func:`_descend`."""
    mirrored = widths[-1] < widths[0]
    order = widths[::-1] if mirrored else widths
    shapes = [(int(n_out), int(n_in)) for n_in, n_out in pairwise(order)]
    parts = np.split(flat, np.cumsum([prod(shape) for shape in shapes])[:-1], axis=-1)
    weights = [a.reshape(*a.shape[:-1], *shape) for a, shape in zip(parts, shapes, strict=True)]
    return tuple(w.swapaxes(-1, -2) for w in reversed(weights)) if mirrored else tuple(weights)
