"""Checks of what is given to the training of deep linear networks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import finite_matrix, real_array
from lazyrich.solvers.networks.linear_tasks import Task
from lazyrich.solvers.networks.second_moments import Moments

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

_LAST_STEP = 2.0**53


class Plan(NamedTuple):
    steps: Steps
    weight_steps: Steps
    left: Array
    right: Array


def chained(weights: Sequence[ArrayLike]) -> list[Array]:
    chain = [finite_matrix(w, f"weights[{k}]") for k, w in enumerate(weights)]
    if not chain:
        raise ValueError("weights is empty; a network has at least one matrix")
    for k, (w, after) in enumerate(pairwise(chain)):
        if after.shape[1] != w.shape[0]:
            raise ValueError(
                f"weights[{k}] has shape {w.shape} and weights[{k + 1}] {after.shape}: "
                "each matrix takes the outputs of the one before, (n_l, n_{l-1})"
            )
    return chain


def widths_of(weights: Sequence[Array]) -> Steps:
    return np.array([weights[0].shape[1], *(len(w) for w in weights)], dtype=np.int64)


def common_widths(starts: Sequence[Sequence[Array]]) -> Steps:
    if not starts:
        raise ValueError("members is empty; an ensemble has at least one network")
    widths = widths_of(starts[0])
    for member, weights in enumerate(starts):
        if not np.array_equal(widths_of(weights), widths):
            raise ValueError(
                f"member {member} has widths {widths_of(weights).tolist()}, member 0 "
                f"{widths.tolist()}: an ensemble shares one architecture"
            )
    return widths


def moments_of_each(moments: Moments | Sequence[Moments], members: int) -> list[Moments]:
    """The data of each member: one set for all, or as many sets as members."""
    if isinstance(moments, Moments):
        return [moments] * members
    data = list(moments)
    for each in (moments, *data):
        if isinstance(each, Task):
            raise ValueError("moments is a Task; pass task.moments")  # noqa: TRY004
    for each in data:
        if not isinstance(each, Moments):
            raise ValueError(  # noqa: TRY004 - as for all that is wrong with an argument
                f"moments holds a {type(each).__name__}, not Moments; for samples X (P, n_inputs) "
                "and Y (P, n_outputs) use second_moments.from_samples(X, Y)"
            )
    if len(data) != members:
        raise ValueError(f"{members} members but {len(data)} sets of moments")
    return data


def check_moments(moments: Moments, widths: Steps) -> None:
    if moments.sigma_yx.shape != (widths[-1], widths[0]):
        n_out, n_in = moments.sigma_yx.shape
        raise ValueError(
            f"the data have {n_in} inputs and {n_out} outputs, "
            f"the network {widths[0]} and {widths[-1]}"
        )


def checked_plan(
    record_steps: ArrayLike,
    weight_steps: ArrayLike | None,
    left: ArrayLike | None,
    right: ArrayLike | None,
    widths: Steps,
) -> Plan:
    steps = checked_steps(record_steps, "record_steps")
    w_steps = steps[-1:] if weight_steps is None else checked_steps(weight_steps, "weight_steps")
    if left is None and right is None:
        return Plan(steps, w_steps, np.empty((widths[-1], 0)), np.empty((widths[0], 0)))
    if left is None or right is None:
        raise ValueError("left and right are given together: a mode is a pair u_i, v_i")
    u, v = _columns(left, "left", widths[-1]), _columns(right, "right", widths[0])
    if len(u) != widths[-1] or len(v) != widths[0] or u.shape[1] != v.shape[1]:
        raise ValueError(
            f"left has shape {u.shape} and right {v.shape}; expected ({widths[-1]}, m) and "
            f"({widths[0]}, m): the columns are pairs u_i, v_i"
        )
    return Plan(steps, w_steps, u, v)


def checked_steps(values: ArrayLike, name: str) -> Steps:
    steps = real_array(values, name)
    if steps.ndim != 1:
        raise ValueError(
            f"{name} has shape {steps.shape}; expected a list of whole numbers such as [0, 100]"
        )
    if steps.size == 0:
        raise ValueError(f"{name} is empty; expected a list of whole numbers such as [0, 100]")
    if not np.all(np.floor(steps) == steps) or np.abs(steps).max() > _LAST_STEP:
        wrong = steps[(np.floor(steps) != steps) | ~(np.abs(steps) <= _LAST_STEP)][0]
        raise ValueError(f"{name} holds {wrong}; expected whole numbers of at most 2^53")
    if steps[0] < 0 or np.any(steps[1:] <= steps[:-1]):
        raise ValueError(f"{name} = {steps}; steps must increase strictly from 0 or later")
    return steps.astype(np.int64)


def _columns(values: ArrayLike, name: str, length: int) -> Array:
    shape = f"a non-empty matrix ({length}, m) with a vector in each column"
    return finite_matrix(values, name, f"{shape}; for one vector write {name}[:, None]")
