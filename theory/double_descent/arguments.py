"""Checked arguments of the isotropic linear theory: each error names value, range and assumption."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

MEANINGS = {
    "sample_ratio": "samples per input dimension",
    "samples": "number of samples, or samples per input dimension",
    "size_ratio": "inputs of the student over those of the teacher",
    "t": "training starts at t = 0",
    "eigenvalue": "X X^T has no negative eigenvalues",
    "teacher_power": "variance of the teacher's weights",
    "init_var": "variance of the initial weights",
    "noise_var": "variance of the label noise",
    "snr": "variance of teacher weights over that of the noise",
    "inr": "variance of initial weights over that of the noise",
    "penalty": "a ridge penalty",
    "learning_rate": "a step of gradient descent",
}


def numbers(
    name: str, values: ArrayLike, *, zero: bool = False, infinite: bool = False
) -> FloatArray:
    """`values` as float64 above 0; 0 and inf only where allowed."""
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length") from None
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {values!r} is outside the real numbers: dtype {given.dtype}")
    if given.size == 0:
        raise ValueError(f"{name} is empty, shape {given.shape}: at least one value is needed")
    array = given.astype(np.float64)
    valid = ((array >= 0) if zero else (array > 0)) & (
        (array <= np.inf) if infinite else array < np.inf
    )
    if not valid.all():
        allowed = f"{'[' if zero else '('}0, inf{']' if infinite else ')'}"
        meaning = f": {MEANINGS[name]}" if name in MEANINGS else ""
        raise ValueError(f"{name} = {array[~valid][0]} is outside {allowed}{meaning}")
    return array


def one_number(name: str, value: ArrayLike, *, zero: bool = False, infinite: bool = False) -> float:
    """One such number as a float."""
    number = numbers(name, value, zero=zero, infinite=infinite)
    if number.ndim:
        raise ValueError(f"{name} has shape {number.shape}; needs one number")
    return float(number)


def broadcast(**arrays: FloatArray) -> tuple[tuple[int, ...], list[FloatArray]]:
    """Common shape, and the arrays broadcast to it."""
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        first = next(name for name, array in arrays.items() if array.ndim)
        raise ValueError(
            f"shapes must broadcast to one shape, got {shapes}; for all pairs use {first}[:, None]"
        ) from None
    return shape, [np.broadcast_to(array, shape) for array in arrays.values()]
