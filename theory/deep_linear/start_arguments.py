"""Checked arguments of the formulas for initial weights, reached through `initialisation`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.deep_linear.mode_arguments import FloatArray

_LARGEST_WHOLE = 2.0**53


def whole(value: ArrayLike, name: str, least: int, *, scalar: bool = False) -> FloatArray:
    """`value` as floats that are whole numbers >= `least`."""
    array = _real(value, name)
    valid = (array >= least) & (array <= _LARGEST_WHOLE) & (np.floor(array) == array)
    _require(array, valid, name, f"{{{least}, {least + 1}, ...}}: it is a count")
    if scalar and array.ndim:
        raise ValueError(f"{name} has shape {array.shape}; it must be one whole number")
    return array


def finite(
    value: ArrayLike, name: str, low: float = -np.inf, high: float = np.inf, why: str = ""
) -> FloatArray:
    """`value` as finite floats in [low, high]."""
    array = _real(value, name)
    valid = np.isfinite(array) & (array >= low) & (array <= high)
    _require(array, valid, name, f"[{low:g}, {high:g}]" + (f": {why}" if why else ""))
    return array


def _real(value: ArrayLike, name: str) -> FloatArray:
    given = np.asarray(value)
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {value!r} is outside the real numbers: dtype {given.dtype}")
    if given.size == 0:
        raise ValueError(f"{name} is empty, shape {given.shape}: at least one value is needed")
    return given.astype(np.float64)


def _require(array: FloatArray, valid: NDArray[np.bool_], name: str, allowed: str) -> None:
    if not np.all(valid):
        raise ValueError(f"{name} = {float(array[~valid].flat[0])} is outside {allowed}")
