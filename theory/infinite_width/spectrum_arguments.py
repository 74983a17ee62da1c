"""Checked arguments of spectra: each error names the value and what is needed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def number(value: Any, name: str) -> float:
    """`value` as a finite float; lists, text and truth values are refused."""
    if (
        isinstance(value, (bool, str))
        or np.ndim(value)
        or np.asarray(value).dtype.kind not in "iuf"
    ):
        raise ValueError(f"{name} = {value!r}; needs one number")
    if not np.isfinite(value):
        raise ValueError(f"{name} = {value!r}; needs a finite number")
    return float(value)


def whole(value: Any, name: str, least: int) -> int:
    """`value`, 2 or 2.0 say, as an int of at least `least`."""
    given = number(value, name)
    if not (given >= least and given.is_integer()):
        raise ValueError(f"{name} = {value!r}; needs one whole number >= {least}")
    return int(given)


def spectrum(eigenvalues: ArrayLike) -> NDArray[np.float64]:
    """`eigenvalues` as a vector of finite numbers that are not all zero."""
    try:
        lam = np.asarray(eigenvalues)
    except ValueError:
        raise ValueError("eigenvalues are ragged; needs one number a degree") from None
    if lam.dtype.kind not in "iuf" or lam.ndim != 1 or lam.size == 0 or not np.isfinite(lam).all():
        raise ValueError(
            f"eigenvalues have shape {lam.shape}, dtype {lam.dtype}; needs finite numbers, one a degree"
        )
    if not lam.any():
        raise ValueError("eigenvalues are all zero; needs one that is not")
    return lam.astype(np.float64)
