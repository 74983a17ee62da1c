r"""Forgetting in linear regression: tasks learned one after the other, each of them completely.

Setting (Evron et al. 2022). Task m is the data X_m w = X_m w* of one common teacher w*. Training on it
moves w to the nearest point that fits it, so that the error e = w - w* loses its part in the span of
the rows, Pi_m the projection onto it::

    e_k = (I - Pi_k) ... (I - Pi_1) e_0.

What is lost of earlier tasks is the forgetting, F_k = (1/k) sum_(m <= k) abs(X_m e_k)^2. With rows that
are orthonormal X_m e = Pi_m e in length, and F_k is a share of abs(e_0)^2. The next task takes the part
of e_k out that it sees, and by that may bring back errors on earlier ones.

The worst cases stand in :mod:`alternating_tasks`; tasks of different teachers, and training that is
stopped early, in :mod:`changing_teachers`. Their predictions are reached through this module too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.alternating_tasks import (
    rotating_tasks,
    two_task_worst_case,
    two_tasks,
)
from lazyrich.theory.double_descent.arguments import broadcast, one_number
from lazyrich.theory.double_descent.changing_teachers import (
    TaskAverages,
    different_teachers,
    early_stopped,
    task_averages,
)
from lazyrich.theory.double_descent.task_arguments import finite_array, whole_numbers

__all__ = [
    "GivenTasks",
    "RandomTasks",
    "TaskAverages",
    "different_teachers",
    "early_stopped",
    "given_tasks",
    "random_tasks",
    "rotating_tasks",
    "task_averages",
    "two_task_worst_case",
    "two_tasks",
]

FloatArray = NDArray[np.float64]

_SERIES_BELOW = 0.5  # from here on the direct form loses less than a digit
_SERIES_TERMS = 16  # 0.5^16/17! of the first


class RandomTasks(NamedTuple):
    """Means over random tasks, each of the broadcast shape of the arguments."""

    squared_distance: FloatArray
    """E abs(e_k)^2/abs(e_0)^2."""
    forgetting: FloatArray
    """E F_k/abs(e_0)^2."""


class GivenTasks(NamedTuple):
    """Errors of K given tasks; row i is the task, column k - 1 is after k tasks."""

    squared_distance: FloatArray
    """abs(w_k - w*_i)^2, (K, K)."""
    losses: FloatArray
    """abs(X_i (w_k - w*_i))^2, also of tasks still to come, (K, K)."""
    forgetting: FloatArray
    """F_k, the mean of the losses of the tasks learned so far, (K,)."""


def random_tasks(dim: ArrayLike, rank: ArrayLike, n_tasks: ArrayLike) -> RandomTasks:
    """Distance to the teacher and forgetting F_k after k tasks whose row spaces are random.

    Row spaces of rank r in d dimensions, independent and uniform (Haar); rows orthonormal. Of a
    projection P = I - Pi of rank d - r, E P A P = c1 A + c2 tr(A) I with c2 = (d - r) r/(d (d - 1)(d + 2)),
    c1 + d c2 = rho = 1 - r/d. Hence E abs(Pi_m e_k)^2 = (r/d)(rho^k - rho^m c1^(k - m)), and ::

        E abs(e_k)^2 = rho^k,   E F_k = (r/d) rho^k [1 - (1 - s^k)/(k (1 - s))],
        1 - s = 1 - c1/rho = d r/((d - 1)(d + 2)).

    Parameters
    ----------
    dim : array_like of int
        d >= 1.
    rank : array_like of int
        r in 0, ..., d.
    n_tasks : array_like of int
        k >= 1. All arguments broadcast.

    Returns
    -------
    RandomTasks
        (squared_distance, forgetting), shares of abs(e_0)^2.

    Raises
    ------
    ValueError
        For numbers that are not whole or outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact at every size. As d -> inf at fixed r/d, s -> rho.

    References
    ----------
    Evron et al. 2022, arXiv:2205.09588: the setting; the average over random tasks derived here.

    Examples
    --------
    In a plane a second task brings 1/16 back on the first: 1/32 a task.

    >>> print(random_tasks(2, 1, [1, 2]).forgetting)
    [0.      0.03125]
    """
    _, (d, r, k) = broadcast(
        dim=whole_numbers("dim", dim),
        rank=whole_numbers("rank", rank, 0),
        n_tasks=whole_numbers("n_tasks", n_tasks),
    )
    if (r > d).any():
        raise ValueError(
            f"rank = {r[r > d][0]:g} is outside [0, {d[r > d][0]:g}]: a task has no more independent "
            "rows than there are dimensions"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.where(r < d, np.exp(k * np.log1p(-r / d)), 0.0)
        share = np.where(d > 1, d * r / ((d - 1) * (d + 2)), 0.0)
    return RandomTasks(kept[()], (r / d * kept * _brought_back(k, share))[()])


def _brought_back(k: FloatArray, share: FloatArray) -> FloatArray:
    """1 - (1 - s^k)/(k (1 - s)), the mean of 1 - s^j over j = 0, ..., k - 1; share = 1 - s."""
    small = k * share < _SERIES_BELOW
    series, term = np.zeros_like(share), np.ones_like(share)
    for j in range(1, _SERIES_TERMS + 1):
        term = -term * (k - j) * np.where(small, share, 0.0) / (j + 1)
        series -= term
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = -np.expm1(k * np.log1p(-np.minimum(share, 1.0)))
        direct = 1 - lost / (k * share)
    return np.where(small, series, direct)


def given_tasks(
    inputs: Sequence[ArrayLike],
    teachers: ArrayLike,
    t: float = np.inf,
    *,
    start: ArrayLike = 0.0,
) -> GivenTasks:
    """Errors and forgetting F_k of given tasks, from the singular vectors of their inputs.

    Task k keeps Q_k = I - V (1 - exp(-s^2 t)) V^T of an error, s and V the singular values and right
    singular vectors of X_k; the projection I - Pi_k for t = inf::

        w_k - w*_i = Q_k (w_(k-1) - w*_i) + (I - Q_k)(w*_k - w*_i).

    Parameters
    ----------
    inputs : sequence of K array_like, (n_m, d)
        X_m, a sample in each row; n_m may differ. List a task as often as it is trained on.
    teachers : array_like, (d,) or (K, d)
        w* of all tasks, or w*_m of each. For labels that no weights fit, the least-squares solution.
    t : float
        Time in [0, inf] spent on each task, learning rate x steps on the sum loss
        abs(y - X w)^2/2.
    start : array_like, (d,) or one number
        w_0.

    Returns
    -------
    GivenTasks
        (squared_distance, losses, forgetting); a loss is summed over the rows, without 1/2.

    Raises
    ------
    ValueError
        For shapes that do not fit, no task, empty tasks, entries that are not finite, or times
        outside [0, inf].

    Notes
    -----
    Exact for gradient flow. Directions of X_m whose singular value is below rounding, max(n_m, d) eps
    of the largest, count as unseen.

    References
    ----------
    Evron et al. 2022, arXiv:2205.09588: forgetting as a product of projections.

    Examples
    --------
    The second task brings an error on the first one back.

    >>> found = given_tasks([[[1.0, 0.0]], [[1.0, 1.0]]], [-1.0, -2.0])
    >>> print(found.forgetting.round(12))
    [0.  0.5]
    """
    time = one_number("t", t, zero=True, infinite=True)
    if not np.iterable(inputs) or len(inputs) == 0:
        raise ValueError(f"inputs = {inputs!r}; needs a list of tasks, one matrix each")
    tasks = [finite_array(f"inputs[{m}]", task, 2) for m, task in enumerate(inputs)]
    w, w0 = _teachers_and_start(tasks, teachers, start)
    errors, count = w0 - w, len(tasks)
    distance, losses = np.empty((count, count)), np.empty((count, count))
    for k, task in enumerate(tasks):
        _, scales, rows = np.linalg.svd(task, full_matrices=False)
        seen = scales > max(task.shape) * np.finfo(float).eps * scales[0]
        learned = -np.expm1(-time * scales[seen] ** 2)
        rows = rows[seen]
        errors = errors - ((errors - (w[k] - w)) @ rows.T * learned) @ rows
        distance[:, k] = (errors**2).sum(axis=1)
        pairs = zip(tasks, errors, strict=True)
        losses[:, k] = [np.sum((each @ error) ** 2) for each, error in pairs]
    so_far = np.cumsum(losses, axis=0).diagonal() / np.arange(1, count + 1)
    return GivenTasks(distance, losses, so_far)


def _teachers_and_start(
    tasks: list[FloatArray], teachers: ArrayLike, start: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """w*_m, (K, d), and w_0, (d,)."""
    w = np.atleast_2d(finite_array("teachers", teachers, 2 if np.ndim(teachers) == 2 else 1))
    dim = w.shape[1]
    for m, task in enumerate(tasks):
        if task.shape[1] != dim:
            raise ValueError(
                f"inputs[{m}] has {task.shape[1]} columns; needs {dim}, as the teachers have"
            )
    if len(w) not in (1, len(tasks)):
        raise ValueError(f"teachers has {len(w)} rows; needs 1 or {len(tasks)}, one a task")
    w0 = finite_array("start", start, min(np.ndim(start), 1))
    if w0.ndim and w0.shape != (dim,):
        raise ValueError(f"start has shape {w0.shape}; needs ({dim},)")
    return np.broadcast_to(w, (len(tasks), dim)), np.broadcast_to(w0, dim)
