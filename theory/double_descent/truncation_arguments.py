"""Checked arguments of the formulas reached through `truncation`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.double_descent.spectral_cut import FloatArray

_RANGES = {
    "t": ("[0, inf]: training starts at t = 0", 0.0, np.inf),
    "cut": ("[0, inf]: it is an eigenvalue", 0.0, np.inf),
    "snr": ("[0, inf]: it is a ratio of variances", 0.0, np.inf),
    "sample_ratio": ("(0, inf): samples/dimension", np.nextafter(0, 1), np.finfo(float).max),
    "teacher_power": ("[0, inf): it is a variance", 0.0, np.finfo(float).max),
    "noise_var": ("[0, inf): it is a variance", 0.0, np.finfo(float).max),
    "flip_probability": ("[0, 1]: it is a probability", 0.0, 1.0),
}


def numbers(name: str, value: ArrayLike) -> FloatArray:
    """`value` as float64, within the range of arguments of this name."""
    try:
        given = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length") from None
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {value!r} is outside the real numbers: dtype {given.dtype}")
    if given.size == 0:
        raise ValueError(f"{name} is empty, shape {given.shape}: at least one value is needed")
    array = given.astype(np.float64)
    allowed, low, high = _RANGES[name]
    outside = ~((array >= low) & (array <= high))
    if outside.any():
        raise ValueError(f"{name} = {float(array[outside][0])} is outside {allowed}")
    return array


def number(name: str, value: float) -> float:
    """`value` as one float, within the range of arguments of this name."""
    array = numbers(name, value)
    if array.ndim:
        raise ValueError(f"{name} = {value!r}; needs one number")
    return float(array)


def broadcast(**values: ArrayLike) -> list[FloatArray]:
    """The checked arguments, broadcast to one shape."""
    arrays = [numbers(name, value) for name, value in values.items()]
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError:
        shapes = ", ".join(
            f"{name} {array.shape}" for name, array in zip(values, arrays, strict=True)
        )
        raise ValueError(
            f"shapes must broadcast to one shape, got {shapes}; for all pairs use t[:, None]"
        ) from None
