"""Checked arguments and shaped results of the formulas reached through `modes`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

_LARGEST_STRENGTH = 1e150


def broadcast_arguments(**values: ArrayLike) -> tuple[tuple[int, ...], list[FloatArray]]:
    """Broadcast shape, and the checked arguments broadcast to it and flattened.

    `t`, `tau` and `depth` are checked for their own ranges, every other name as a strength.
    """
    arrays = [_checked(name, value) for name, value in values.items()]
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        pairs = list(zip(values, arrays, strict=True))
        shapes = ", ".join(f"{name} {array.shape}" for name, array in pairs)
        first = next(name for name, array in pairs if array.ndim)
        raise ValueError(
            f"shapes must broadcast to one shape, got {shapes}; for all pairs use {first}[:, None]"
        ) from None
    return shape, [np.broadcast_to(array, shape).ravel() for array in arrays]


def _checked(name: str, value: ArrayLike) -> FloatArray:
    given = np.asarray(value)
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {value!r} is outside the real numbers: dtype {given.dtype}")
    if given.size == 0:
        raise ValueError(f"{name} is empty, shape {given.shape}: at least one value is needed")
    array = given.astype(np.float64)
    if name == "t":
        valid, allowed = array >= 0, "[0, inf]: the flow starts at t = 0"
    elif name == "tau":
        valid, allowed = (array > 0) & (array < np.inf), "(0, inf): tau is a time constant"
    elif name == "depth":
        valid = (array >= 1) & (array < np.inf) & (np.floor(array) == array)
        allowed = "{1, 2, 3, ...}: depth counts weight matrices"
    else:
        valid = np.abs(array) <= _LARGEST_STRENGTH
        limit = f"{_LARGEST_STRENGTH:g}"
        allowed = f"[-{limit}, {limit}]: strengths are finite, and so are their products"
    if np.isnan(array).any():
        raise ValueError(f"{name} holds nan; needs numbers in {allowed}")
    if not np.all(valid):
        raise ValueError(f"{name} = {float(array[~valid][0])} is outside {allowed}")
    return array


def shaped(values: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Flat values in their broadcast shape, without -0.0; a numpy scalar for the shape ()."""
    return (values + 0.0).reshape(shape)[()]


def strictly_reached(
    u0: FloatArray, uf: FloatArray, s: FloatArray, saddle: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Whether a flow from u0 towards s, which stops at 0 if `saddle`, passes uf != u0 on its way."""
    between = ((u0 < uf) & (uf < s)) | ((s < uf) & (uf < u0))
    return between & (~saddle | (np.sign(u0) * np.sign(uf) > 0))


def shaped_time(
    time: FloatArray,
    reached: NDArray[np.bool_],
    at_start: NDArray[np.bool_],
    shape: tuple[int, ...],
) -> FloatArray:
    """`time` where the target is reached, 0 where it is the start, inf elsewhere."""
    return shaped(np.where(at_start, 0.0, np.where(reached, time, np.inf)), shape)
