"""Checks of single arguments: each names the argument, what was given and what is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def real_array(values: ArrayLike, name: str) -> Array:
    """`values` as float64, not copied where that is not needed; ragged lists and text are refused."""
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length") from None
    if given.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds {given.dtype} entries; needs real numbers")
    return given.astype(np.float64, copy=False)


def finite_matrix(values: ArrayLike, name: str, expected: str = "a non-empty matrix") -> Array:
    """`values` as a non-empty float64 matrix in C order; ``ValueError`` names what is wrong."""
    matrix = real_array(values, name)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"{name} has shape {matrix.shape}; expected {expected}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} holds NaN or infinite entries")
    return np.ascontiguousarray(matrix)


def one_number(value: Any, name: str, needed: str = "number") -> float:
    """`value` as a float; a list or text is refused, and `needed` says what stands there."""
    if _kind(value) not in "iuf" or np.ndim(value):
        raise ValueError(f"{name} = {value!r}; needs one {needed}")
    return float(value)


def positive_number(value: Any, name: str) -> float:
    """`value` as a positive, finite float."""
    number = one_number(value, name, "positive number")
    if not (np.isfinite(number) and number > 0):
        raise ValueError(f"{name} = {value}; it must be positive and finite")
    return number


def whole_number(value: Any, name: str) -> int:
    """`value`, 2 or 2.0 say, as an int of at least 1."""
    number = one_number(value, name, "whole number >= 1")
    if not (number >= 1 and number.is_integer()):
        raise ValueError(f"{name} = {value}; needs one whole number >= 1")
    return int(value)


def whole_numbers(values: Sequence[int], name: str, example: str) -> list[int]:
    """`values` as a list of ints of at least 1."""
    if not np.iterable(values) or isinstance(values, str):
        raise ValueError(f"{name} = {values!r}; expected a list such as {example}")
    return [whole_number(value, f"{name}[{k}]") for k, value in enumerate(values)]


def generator(rng: Any) -> np.random.Generator:
    """`rng` itself, if it is one."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(  # noqa: TRY004 - as for all that is wrong with an argument
            f"rng = {rng!r}; needs a numpy.random.Generator such as numpy.random.default_rng(0)"
        )
    return rng


def _kind(value: Any) -> str:
    try:
        return np.asarray(value).dtype.kind
    except ValueError:  # a ragged list
        return "O"
