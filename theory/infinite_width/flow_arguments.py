"""Checked arguments of training in the lazy limit: each error names value, range and assumption."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

ROUNDING = 1e-9
"""Eigenvalues of a kernel above -ROUNDING x the largest one count as rounded zeros."""

_SYMMETRY = 1e-8
_WHOLE = 1e-9


class Modes(NamedTuple):
    """Eigenvalues >= 0 of a kernel, in ascending order, and its eigenvectors in columns."""

    eigenvalues: Array
    vectors: Array


def real_array(values: ArrayLike, name: str) -> Array:
    """`values` as float64; ragged lists, text and complex numbers are refused."""
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length") from None
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} holds {given.dtype} entries; needs real numbers")
    return given.astype(np.float64, copy=False)


def checked_times(t: ArrayLike) -> Array:
    times = real_array(t, "t")
    if times.size == 0:
        raise ValueError("t is empty: at least one time is needed")
    if not (times >= 0).all():
        bad = times[~(times >= 0)][0]
        raise ValueError(f"t = {bad} is outside [0, inf]: training starts at t = 0")
    return times


def checked_eigenvalues(eigenvalues: ArrayLike) -> Array:
    lam = real_array(eigenvalues, "eigenvalues")
    valid = (lam >= 0) & (lam < np.inf)
    if not valid.all():
        raise ValueError(
            f"eigenvalues hold {lam[~valid][0]}, outside [0, inf): kernels are positive semidefinite"
        )
    return lam


def checked_rate(learning_rate: float | None, lam: Array, times: Array) -> float | None:
    """The learning rate, if gradient descent with it converges and takes whole steps to all times."""
    if learning_rate is None:
        return None
    rate = real_array(learning_rate, "learning_rate")
    if rate.ndim or not 0 < rate < np.inf:
        raise ValueError(f"learning_rate = {learning_rate} is outside (0, inf)")
    largest = lam.max(initial=0.0)
    product = float(rate * largest)
    if product > 2 * (1 + 1e-12):
        raise ValueError(
            f"learning_rate = {rate} is outside (0, {2 / largest:.6g}]: above 2/lambda_max(ntk) gradient "
            "descent diverges"
        )
    if product >= 2 and np.isinf(times).any():
        raise ValueError(
            f"learning_rate = {rate} is 2/lambda_max(ntk): outputs oscillate, and t = inf has no limit"
        )
    finite = times[np.isfinite(times)] / float(rate)
    uneven = np.abs(finite - np.rint(finite)) > _WHOLE * np.maximum(1, finite)
    if uneven.any():
        raise ValueError(
            f"t = {finite[uneven][0] * float(rate)} is {finite[uneven][0]} steps of learning_rate = {rate}; "
            "needs a whole number of steps"
        )
    return float(rate)


def steps_of(times: Array, rate: float) -> Array:
    return np.rint(times / rate)


def checked_kernel(kernel: ArrayLike, name: str) -> Array:
    """`kernel` as a symmetric matrix."""
    matrix = checked_matrix(kernel, name, None)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name} has shape {matrix.shape}; needs a square matrix")
    uneven = np.abs(matrix - matrix.T).max()
    if uneven > _SYMMETRY * np.abs(matrix).max():
        raise ValueError(
            f"{name} differs from its transpose by {uneven:.3g}: kernels are symmetric"
        )
    return matrix


def checked_matrix(values: ArrayLike, name: str, shape: tuple[int, ...] | None) -> Array:
    matrix = real_array(values, name)
    if matrix.ndim != 2 or matrix.size == 0 or shape not in (None, matrix.shape):
        raise ValueError(f"{name} has shape {matrix.shape}; needs {shape or 'a non-empty matrix'}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} holds NaN or infinite entries")
    return matrix


def modes_of(kernel: Array, name: str) -> Modes:
    """Eigenvalues and eigenvectors; rounded zeros below 0 are clipped, with a warning."""
    eigenvalues, vectors = np.linalg.eigh((kernel + kernel.T) / 2)
    lowest, highest = eigenvalues[0], eigenvalues[-1]
    if lowest < -ROUNDING * max(highest, 0.0):
        raise ValueError(
            f"{name} has the eigenvalue {lowest:.3g} next to {highest:.3g}: it is not positive semidefinite "
            f"beyond rounding ({ROUNDING:g} of the largest)"
        )
    if lowest < 0:
        warnings.warn(
            f"{name} is singular to rounding: its lowest eigenvalue {lowest:.3g} is set to 0",
            stacklevel=3,
        )
    return Modes(np.maximum(eigenvalues, 0.0), vectors)


def checked_pair(pair: Sequence[ArrayLike], name: str) -> tuple[ArrayLike, ArrayLike]:
    """The two members of (nngp, ntk)."""
    if isinstance(pair, str) or not hasattr(pair, "__len__") or len(pair) != 2:
        raise ValueError(f"{name} must be a pair (nngp, ntk) of kernels")
    return pair[0], pair[1]


def checked_targets(y: ArrayLike, name: str, n_train: int) -> Array:
    targets = real_array(y, name)
    if targets.ndim not in (1, 2) or len(targets) != n_train or targets.size == 0:
        raise ValueError(
            f"{name} has shape {targets.shape}; needs ({n_train},) or ({n_train}, n_outputs), as the "
            "kernel on the training inputs"
        )
    if not np.isfinite(targets).all():
        raise ValueError(f"{name} holds NaN or infinite entries")
    return targets
