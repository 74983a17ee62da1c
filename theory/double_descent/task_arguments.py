"""Checked arguments of the theory of forgetting."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import numbers

FloatArray = NDArray[np.float64]

_LARGEST_WHOLE = 2.0**53
_LARGEST_ENTRY = 1e150  # its square is finite


def whole_numbers(name: str, values: ArrayLike, least: int = 1) -> FloatArray:
    """`values` as floats that are whole numbers >= `least`."""
    array = numbers(name, values, zero=True)
    valid = (array >= least) & (array <= _LARGEST_WHOLE) & (np.floor(array) == array)
    if not valid.all():
        bad = array[~valid][0]
        raise ValueError(f"{name} = {bad} is outside {{{least}, {least + 1}, ...}}: it is a count")
    return array


def finite_array(name: str, values: ArrayLike, axes: int) -> FloatArray:
    """`values` as a non-empty float64 array with that many axes, entries finite and squarable."""
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length") from None
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} holds {given.dtype} entries; needs real numbers")
    if given.ndim != axes or given.size == 0:
        raise ValueError(f"{name} has shape {given.shape}; needs {axes} axes and an entry or more")
    array = given.astype(np.float64)
    valid = np.abs(array) <= _LARGEST_ENTRY
    if not valid.all():
        raise ValueError(
            f"{name} holds {array[~valid][0]}; entries are in [-{_LARGEST_ENTRY:g}, {_LARGEST_ENTRY:g}]"
        )
    return array
