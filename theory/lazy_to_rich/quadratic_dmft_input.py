"""Checks of what is given to the quadratic DMFT: each error names value, range and assumption."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_LARGEST = 1e100
_MEANINGS = {
    "sample_ratio": "samples per input dimension",
    "output_scale": "a factor on the outputs",
    "quadratic_strength": "units h + eps h^2/2",
    "scaled_learning_rate": "a step of gradient descent",
    "teacher_power": "abs(beta)^2/dimension",
    "noise_var": "variance of the label noise",
    "n_steps": "steps of gradient descent",
    "n_paths": "sampled data points",
    "n_repeats": "solves whose spread gives the standard errors",
    "dim": "one dimension for the teacher and for each neuron",
}


def checked_number(name: str, value: Any, *, zero: bool = False) -> float:
    """`value` as a float in (0, 1e100], or [0, 1e100]."""
    try:
        number = np.asarray(value)
    except ValueError:
        number = np.empty(2)
    if number.ndim or number.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {value!r}; needs one number: {_MEANINGS[name]}")
    found = float(number)
    if not (0 < found <= _LARGEST or (zero and found == 0)):
        raise ValueError(
            f"{name} = {found} is outside {'[' if zero else '('}0, {_LARGEST:g}]: {_MEANINGS[name]}"
        )
    return found


def checked_count(name: str, value: Any, least: int) -> int:
    """`value` as an int of at least `least`."""
    number = checked_number(name, value, zero=True)
    if number < least or number != int(number):
        raise ValueError(f"{name} = {value}; needs a whole number >= {least}: {_MEANINGS[name]}")
    return int(number)


def checked_overlaps(
    overlap: ArrayLike, gram: ArrayLike | None, teacher_power: float
) -> tuple[Array, Array]:
    """m (N,) and C (N, N), those of some vectors."""
    m = _finite("overlap", overlap)
    if m.ndim != 1 or m.size == 0:
        raise ValueError(f"overlap has shape {m.shape}; needs (N,), a number for each neuron")
    C = np.eye(len(m)) if gram is None else _finite("gram", gram)
    if C.shape != (len(m), len(m)) or not np.allclose(C, C.T, rtol=1e-12, atol=1e-14):
        raise ValueError(f"gram has shape {C.shape}; needs ({len(m)}, {len(m)}), symmetric")
    whole = np.block([[np.full((1, 1), teacher_power), m[None, :]], [m[:, None], C]])
    values = np.linalg.eigvalsh(whole)
    if values[0] < -1e-12 * values[-1]:
        raise ValueError(
            f"overlap and gram are those of no vectors: [[teacher_power, overlap], [overlap, gram]] has the "
            f"eigenvalue {values[0]:.3g}, outside [0, inf)"
        )
    return m, C


def require_memory(
    n_steps: int, width: int, n_paths: int, exact: bool, workers: int, repeats: int
) -> None:
    """Raise ``ValueError`` where the solve would need more memory than is free."""
    rows = (n_steps + 1) * width
    a_path = 3 * rows + n_steps if exact else 5 * rows  # fields, slopes or signs, normals
    a_worker = 8.0 * n_paths * a_path + 8.0 * 6 * rows**2
    needed = workers * a_worker + repeats * 16.0 * rows**2 + 32.0 * rows**2
    free = _free_bytes()
    if needed > free:
        raise ValueError(
            f"n_steps = {n_steps}, {width} neurons and n_paths = {n_paths} need {needed / 2**30:.3g} GiB, but "
            f"only {free / 2**30:.3g} GiB of memory are free: take fewer paths and more repeats"
        )


def _free_bytes() -> float:
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


def _finite(name: str, values: ArrayLike) -> Array:
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length") from None
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} holds {array.dtype} entries; needs real numbers")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinite entries")
    return array.astype(np.float64)
