"""Checked arguments of the linear student."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import one_number, real_array

Array = NDArray[np.float64]


def whole_steps(t: Array, learning_rate: float) -> Array:
    steps = t / learning_rate
    finite = np.isfinite(steps)
    whole = np.rint(steps, where=finite, out=steps.copy())
    off = np.abs(steps[finite] - whole[finite]) > 1e-9 * np.maximum(1, whole[finite])
    if off.any():
        raise ValueError(
            f"t = {t[finite][off][0]} is not a whole number of steps of learning_rate = {learning_rate}"
        )
    return whole


def times_of(t: ArrayLike) -> Array:
    times = real_array(t, "t")
    if times.size == 0:
        raise ValueError(f"t is empty, shape {times.shape}; needs one time or more")
    if not (times >= 0).all():
        bad = times[~(times >= 0)][0]
        raise ValueError(f"t = {bad} is outside [0, inf]: training starts at t = 0")
    return times


def variance_vector(values: ArrayLike, name: str) -> Array:
    vector = real_array(values, name)
    if vector.ndim != 1 or vector.size == 0:
        raise ValueError(f"{name} has shape {vector.shape}; needs one variance an input")
    good = (vector >= 0) & (vector < np.inf)
    if not good.all():
        raise ValueError(f"{name} holds {vector[~good][0]}; a variance is in [0, inf)")
    return vector


def per_input(values: ArrayLike, name: str, n_inputs: int) -> Array:
    if np.ndim(values) == 0:
        return np.full(n_inputs, non_negative(values, name))
    vector = variance_vector(values, name)
    if len(vector) != n_inputs:
        raise ValueError(f"{name} has {len(vector)} entries; X has {n_inputs} columns")
    return vector


def non_negative(value: Any, name: str) -> float:
    number = one_number(value, name)
    if not 0 <= number < np.inf:
        raise ValueError(f"{name} = {number} is outside [0, inf): it is a variance")
    return number


def vector(values: ArrayLike, name: str, length: int, needed: str) -> Array:
    vector = real_array(values, name)
    if vector.shape != (length,):
        raise ValueError(f"{name} has shape {vector.shape}; needs ({length},), {needed}")
    if not np.isfinite(vector).all():
        raise ValueError(f"{name} holds NaN or infinite entries")
    return np.ascontiguousarray(vector)


def record_steps(record: ArrayLike, last: int) -> NDArray[np.int64]:
    given = real_array(record, "record")
    if given.ndim != 1 or given.size == 0:
        raise ValueError(f"record has shape {given.shape}; needs a list of numbers of steps")
    inside = (given >= 0) & (given <= last) & (given == np.floor(given))
    if not inside.all():
        raise ValueError(f"record holds {given[~inside][0]}; needs whole numbers in [0, {last}]")
    if (np.diff(given) < 0).any():
        raise ValueError("record is not in ascending order")
    return given.astype(np.int64)
