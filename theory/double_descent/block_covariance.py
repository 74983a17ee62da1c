"""Input covariance and teacher of a linear model, gathered in blocks of equal eigenvalue."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BlockCovariance:
    """Covariance C = sum_k c_k 1_k of the inputs x ~ N(0, C), and the teacher's weights in each block.

    Labels are y = w* . x + noise. Rotations inside a block change nothing, so a block is given by three
    numbers; blocks may share an eigenvalue, and a spectrum without degeneracy is one block a direction.

    Parameters
    ----------
    eigenvalues : array_like, (blocks,)
        c_k > 0, variance of the inputs along the block's directions. Leave out directions of variance
        0: they carry neither input nor signal.
    dimensions : array_like, (blocks,)
        n_k > 0, number of directions; need not be whole, since only n_k/n_train enters.
    teacher_norms_squared : array_like, (blocks,)
        m_k >= 0, sum of the squared teacher weights w*_i over the block.

    Attributes
    ----------
    teacher_power : float
        sum_k m_k c_k = E (w* . x)^2, the excess risk of zero weights.
    trace : float
        sum_k n_k c_k = E |x|^2.
    total_dimension : float
        sum_k n_k.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, inf, or arrays that are not 1-d of one length.

    Examples
    --------
    >>> covariance = BlockCovariance([1.0, 0.01], [20, 180], [20.0, 180.0])
    >>> covariance.teacher_power, covariance.total_dimension
    (21.8, 200.0)
    """

    eigenvalues: FloatArray
    dimensions: FloatArray
    teacher_norms_squared: FloatArray

    def __init__(
        self, eigenvalues: ArrayLike, dimensions: ArrayLike, teacher_norms_squared: ArrayLike
    ) -> None:
        c = _vector(eigenvalues, "eigenvalues")
        n = _vector(dimensions, "dimensions")
        m = _vector(teacher_norms_squared, "teacher_norms_squared")
        if not c.size == n.size == m.size:
            raise ValueError(
                f"{c.size} eigenvalues, {n.size} dimensions and {m.size} teacher_norms_squared; "
                "needs one of each for every block"
            )
        _require(c, c > 0, "eigenvalues", "(0, inf): leave out directions without variance")
        _require(n, n > 0, "dimensions", "(0, inf): leave out empty blocks")
        _require(m, m >= 0, "teacher_norms_squared", "[0, inf): they are sums of squares")
        for name, array in (("eigenvalues", c), ("dimensions", n), ("teacher_norms_squared", m)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def teacher_power(self) -> float:
        return float(self.teacher_norms_squared @ self.eigenvalues)

    @property
    def trace(self) -> float:
        return float(self.dimensions @ self.eigenvalues)

    @property
    def total_dimension(self) -> float:
        return math.fsum(self.dimensions)


def checked_blocks(covariance: BlockCovariance) -> BlockCovariance:
    """`covariance` itself, if it is a `BlockCovariance`."""
    if not isinstance(covariance, BlockCovariance):
        raise ValueError(  # noqa: TRY004 - as for all that is wrong with an argument
            f"covariance = {covariance!r}; needs a BlockCovariance(eigenvalues, dimensions, "
            "teacher_norms_squared)"
        )
    return covariance


def surplus(n_train: float, dimensions: FloatArray) -> FloatArray:
    """n_train - (0, n_1, n_1 + n_2, ...), (blocks + 1,); 0 where only rounding differs from it."""
    difference = n_train - np.concatenate(([0.0], np.cumsum(dimensions)))
    return np.where(np.abs(difference) <= 1e-13 * n_train, 0.0, difference)


def _vector(values: Any, name: str) -> FloatArray:
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is ragged; needs a vector of real numbers") from None
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {values!r} is outside the real numbers: dtype {given.dtype}")
    if given.ndim != 1 or given.size == 0:
        raise ValueError(f"{name} has shape {given.shape}; needs (blocks,), one block or more")
    if not np.isfinite(given).all():
        raise ValueError(f"{name} holds nan or inf; needs finite numbers")
    return given.astype(np.float64)


def _require(array: FloatArray, valid: NDArray[np.bool_], name: str, allowed: str) -> None:
    if not np.all(valid):
        raise ValueError(f"{name} holds {float(array[~valid][0])}, outside {allowed}")
