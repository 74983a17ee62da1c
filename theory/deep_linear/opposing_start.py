"""Checked arguments of the opposing-signals model, and the few numbers its dynamics depends on.

Used by `opposing_signals`, which describes the model and is where users find its functions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


class Start(NamedTuple):
    """A start (c, b_s, b_o), reduced by the rotations that leave the loss unchanged."""

    teacher_norm: float
    """s = |beta| > 0."""
    outlier_power: float
    """alpha > 0."""
    c: float
    along: float
    """Component of b_s along beta."""
    across: float
    """Length of the rest of b_s, whose direction never changes."""
    log_b_o: float
    """log |b_o|, -inf for b_o = 0; exists where |b_o|^2 underflows."""
    beta_direction: FloatArray
    across_direction: FloatArray
    b_o_direction: FloatArray

    @property
    def conserved(self) -> float:
        """c^2 - |b_s|^2 - |b_o|^2."""
        b_o_sq = math.exp(2 * self.log_b_o)
        return (self.c - self.along) * (self.c + self.along) - self.across**2 - b_o_sq

    def b_s(self, along: FloatArray, across: FloatArray) -> FloatArray:
        """b_s, (..., d_s), from its two components."""
        return along[..., None] * self.beta_direction + across[..., None] * self.across_direction


def reduced_start(
    beta: ArrayLike, outlier_power: float, b_s: ArrayLike, b_o: ArrayLike, c: float
) -> Start:
    """Check one start and reduce it to scalars and directions."""
    teacher, signal = vector("beta", beta), vector("b_s", b_s)
    outlier = vector("b_o", b_o)
    if teacher.shape != signal.shape:
        raise ValueError(
            f"b_s {signal.shape} and beta {teacher.shape} must have one length: both act on x_s"
        )
    s, beta_direction = length_and_direction(teacher)
    if s == 0:
        raise ValueError("beta = 0 is outside |beta| > 0: without a signal nothing is learned")
    along = float(signal @ beta_direction)
    across, across_direction = length_and_direction(signal - along * beta_direction)
    _, b_o_direction = length_and_direction(outlier)
    return Start(
        s,
        positive("outlier_power", outlier_power, "alpha = E x_o^2 of each outlier feature"),
        number("c", c),
        along,
        across,
        log_length(outlier),
        beta_direction,
        across_direction,
        b_o_direction,
    )


def checked_imbalance(imbalance: ArrayLike | None, b_o: FloatArray) -> FloatArray:
    """kappa, with b_o's length."""
    kappa = np.zeros(b_o.shape[-1]) if imbalance is None else vector("imbalance", imbalance)
    if kappa.shape != b_o.shape[-1:]:
        raise ValueError(
            f"imbalance {kappa.shape} and b_o {b_o.shape} must have one length: both act on x_o"
        )
    return kappa


def length_and_direction(v: FloatArray) -> tuple[float, FloatArray]:
    """|v| and v/|v| (zeros for v = 0), without underflow."""
    largest = float(np.abs(v).max())
    if largest == 0:
        return 0.0, np.zeros_like(v)
    scaled = v / largest
    length = float(np.linalg.norm(scaled))
    return largest * length, scaled / length


def log_length(v: FloatArray) -> float:
    """log |v|, -inf for v = 0."""
    largest = float(np.abs(v).max())
    if largest == 0:
        return -math.inf
    return math.log(largest) + math.log(float(np.linalg.norm(v / largest)))


def vector(name: str, value: ArrayLike) -> FloatArray:
    """A finite vector of at least one entry."""
    array = real(name, value)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}: needs one axis, the features")
    return array


def vectors(name: str, value: ArrayLike) -> FloatArray:
    """A finite array whose last axis are the features."""
    array = real(name, value)
    if array.ndim == 0:
        raise ValueError(f"{name} = {value!r} has no axis: needs the features as its last axis")
    return array


def real(name: str, value: ArrayLike) -> FloatArray:
    """A finite, non-empty array of floats."""
    given = np.asarray(value)
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {value!r} is outside the real numbers: dtype {given.dtype}")
    if given.size == 0:
        raise ValueError(f"{name} is empty, shape {given.shape}: at least one value is needed")
    array = given.astype(np.float64)
    if not np.isfinite(array).all():
        bad = float(array[~np.isfinite(array)][0])
        raise ValueError(f"{name} = {bad} is outside (-inf, inf): weights and moments are finite")
    return array


def number(name: str, value: float) -> float:
    """A finite number."""
    array = real(name, value)
    if array.ndim:
        raise ValueError(f"{name} has shape {array.shape}: needs one number")
    return float(array)


def positive(name: str, value: float, meaning: str) -> float:
    """A number in (0, inf)."""
    found = number(name, value)
    if found <= 0:
        raise ValueError(f"{name} = {found} is outside (0, inf): {meaning}")
    return found


def times(t: ArrayLike) -> FloatArray:
    """Times in [0, inf)."""
    array = real("t", t)
    if (array < 0).any():
        raise ValueError(f"t = {array.min()} is outside [0, inf): the flow starts at t = 0")
    return array


def final_squared_scale(s: float, conserved: float) -> float:
    """c^2 at the minimum c b = s with c^2 - |b|^2 = conserved: the positive root of x (x - m) = s^2."""
    f = math.hypot(s, conserved / 2)
    return f + conserved / 2 if conserved > 0 else s * (s / (f - conserved / 2))
