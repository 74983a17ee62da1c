"""Checks of what is given to the training of deep linear networks."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.second_moments import Moments, finite_matrix

Array = NDArray[np.float64]
Steps = NDArray[np.int64]


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
    u, v = finite_matrix(left, "left"), finite_matrix(right, "right")
    if len(u) != widths[-1] or len(v) != widths[0] or u.shape[1] != v.shape[1]:
        raise ValueError(
            f"left has shape {u.shape} and right {v.shape}; expected ({widths[-1]}, m) and "
            f"({widths[0]}, m): the columns are pairs u_i, v_i"
        )
    return Plan(steps, w_steps, u, v)


def checked_steps(values: ArrayLike, name: str) -> Steps:
    steps = np.array(values)
    if steps.ndim != 1 or steps.size == 0 or not np.issubdtype(steps.dtype, np.integer):
        raise ValueError(
            f"{name} has shape {steps.shape} and type {steps.dtype}; "
            "expected a non-empty list of whole numbers"
        )
    if steps[0] < 0 or np.any(steps[1:] <= steps[:-1]):
        raise ValueError(f"{name} = {steps}; steps must increase strictly from 0 or later")
    return steps.astype(np.int64)
