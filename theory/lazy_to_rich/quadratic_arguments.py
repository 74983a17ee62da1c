"""Checked arguments of the quadratic network: each error names value, range and assumption."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def array(name: str, values: ArrayLike, shape: tuple[int | None, ...]) -> FloatArray:
    """`values` as finite float64 of a shape; None stands for any size of at least 1."""
    try:
        found = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length") from None
    if found.dtype.kind not in "iuf":
        raise ValueError(f"{name} has dtype {found.dtype}; needs real numbers")
    fits = found.ndim == len(shape) and all(
        have == want if want is not None else have > 0
        for have, want in zip(found.shape, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} has shape {found.shape}; needs ({wanted})")
    if not np.isfinite(found).all():
        raise ValueError(f"{name} contains {found[~np.isfinite(found)][0]}; needs finite numbers")
    return found.astype(np.float64)


def strength(quadratic_strength: float, *, positive: bool = False) -> float:
    """quadratic_strength as a finite float, above 0 where asked."""
    eps = float(array("quadratic_strength", quadratic_strength, ()))
    if positive and eps <= 0:
        raise ValueError(
            f"quadratic_strength = {eps} is outside (0, inf): "
            "without a quadratic part of that sign the spike cannot grow"
        )
    return eps


def whole(name: str, value: float, least: int) -> int:
    """`value` as an int of at least `least`."""
    number = float(array(name, value, ()))
    if number != int(number) or number < least:
        raise ValueError(f"{name} = {value} is outside the whole numbers from {least} on")
    return int(number)
