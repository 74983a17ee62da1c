"""Checked arguments of infinite-width kernels: each error names the value and what is needed."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def inputs(values: ArrayLike, name: str, columns: int | None = None) -> FloatArray:
    """`values` as a non-empty, finite float64 matrix with one input a row, of `columns` entries if given."""
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length") from None
    if given.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds {given.dtype} entries; needs real numbers")
    if given.ndim != 2 or given.size == 0:
        raise ValueError(
            f"{name} has shape {given.shape}; needs (n, d), one input of d numbers a row"
        )
    if columns is not None and given.shape[1] != columns:
        raise ValueError(
            f"{name} has rows of {given.shape[1]} numbers but X1 of {columns}: "
            "kernels compare inputs of one dimension"
        )
    matrix = np.ascontiguousarray(given, dtype=np.float64)
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} holds NaN or infinite entries; needs finite numbers")
    return matrix


def real(value: Any, name: str, needed: str) -> float:
    """One finite real number; `needed` says what stands there."""
    try:
        number = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} = {value!r}; needs {needed}") from None
    if number.dtype.kind not in "iuf" or number.ndim or not np.isfinite(number):
        raise ValueError(f"{name} = {value!r}; needs {needed}")
    return float(number)


def non_negative(value: Any, name: str) -> float:
    """A standard deviation."""
    number = real(value, name, "one number in [0, 1e75]: a standard deviation")
    if not 0 <= number <= 1e75:
        raise ValueError(f"{name} = {value} is outside [0, 1e75]: it is a standard deviation")
    return number


def whole(value: Any, name: str) -> int:
    """A whole number >= 0."""
    number = real(value, name, "one whole number >= 0")
    if not (number >= 0 and number.is_integer()):
        raise ValueError(f"{name} = {value}; needs one whole number >= 0")
    return int(number)


def available_bytes() -> float:
    """Memory that new arrays may take, in bytes; ``inf`` where the system does not tell."""
    try:
        with open("/proc/meminfo") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return 1024.0 * int(line.split()[1])
    except OSError:
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # no sysconf on Windows
        return float("inf")


def require_memory(n_bytes: float, purpose: str) -> None:
    """Raise ``ValueError`` if `n_bytes` for `purpose` exceed the available memory."""
    available = available_bytes()
    if n_bytes > available:
        raise ValueError(
            f"{purpose} need {n_bytes / 2**30:.3g} GiB, "
            f"but only {available / 2**30:.3g} GiB of memory are available"
        )
