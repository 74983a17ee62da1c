"""Averages over the Marchenko-Pastur law of what gradient descent leaves of each mode in time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.double_descent.marchenko_pastur import edges, nodes

FloatArray = NDArray[np.float64]

_CLIPPED = -700.0  # np.exp leaves its fast path below
_BLOCK = 256  # times whose factors stay in the cache


class Averages(NamedTuple):
    """Integrals over the continuous part, q = exp(-lambda t): each of the shape of t."""

    kept: FloatArray
    """int rho q^2."""
    noise: FloatArray
    """int rho (1 - q)^2/lambda."""
    residual: FloatArray
    """int rho lambda q^2."""
    learned: FloatArray
    """int rho (1 - q)^2."""


def averages(t: FloatArray, sample_ratio: FloatArray, learning_rate: float | None) -> Averages:
    """Averages at times and ratios that broadcast; with a rate, q = (1 - rate lambda)^(t/rate)."""
    shape = np.broadcast_shapes(t.shape, sample_ratio.shape)
    found = np.empty((4, *shape))
    if sample_ratio.size == 1:
        at_times = _at_one_ratio(t.ravel(), float(sample_ratio.flat[0]), learning_rate)
        found[...] = at_times.reshape(4, *t.shape)
        return Averages(*found)
    flat = found.reshape(4, -1)
    every_time = np.broadcast_to(t, shape).ravel()
    ratios, which = np.unique(sample_ratio, return_inverse=True)
    which = np.broadcast_to(which.reshape(sample_ratio.shape), shape).ravel()
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which, minlength=len(ratios)))
    for ratio, places in zip(ratios, np.split(order, ends[:-1]), strict=True):
        flat[:, places] = _at_one_ratio(every_time[places], float(ratio), learning_rate)
    return Averages(*found)


def _at_one_ratio(t: FloatArray, ratio: float, learning_rate: float | None) -> FloatArray:
    """(4, T)."""
    found = np.empty((4, t.size))
    finite = np.isfinite(t)
    longest = float(t[finite].max(initial=0.0))
    lam, weight = nodes(ratio, longest, both_edges=learning_rate is not None)
    on_kept = np.stack([weight, weight * lam], axis=1)
    on_learned = np.stack([weight / lam, weight], axis=1)
    times = t[finite]
    sums = np.empty((times.size, 4))
    for first in range(0, times.size, _BLOCK):
        block = slice(first, first + _BLOCK)
        kept, learned = _factors(times[block], lam, learning_rate)
        np.matmul(kept, on_kept, out=sums[block, ::2])
        np.matmul(learned, on_learned, out=sums[block, 1::2])
    found[:, finite] = sums.T
    found[:, ~finite] = _fully_trained(ratio)[:, None]
    return found


def _factors(
    t: FloatArray, lam: FloatArray, learning_rate: float | None
) -> tuple[FloatArray, FloatArray]:
    """q^2 and (1 - q)^2, (T, modes)."""
    if learning_rate is None:
        exponent = np.multiply.outer(-t, lam)
        np.maximum(exponent, _CLIPPED, out=exponent)
        learned = np.expm1(exponent)
        np.square(learned, out=learned)
        exponent *= 2
        np.maximum(exponent, _CLIPPED, out=exponent)
        return np.exp(exponent, out=exponent), learned
    steps = np.rint(t / learning_rate)[:, None]
    shrunk = 1 - learning_rate * lam
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(shrunk > 0, np.log1p(-learning_rate * lam), np.log(-shrunk))
    exponent = np.maximum(steps * np.maximum(log, -1e4), _CLIPPED)
    alternating = (shrunk < 0) & (steps % 2 == 1)
    q = np.where(alternating, -1.0, 1.0) * np.exp(exponent)
    learned = np.where(alternating, q - 1, np.expm1(exponent))
    return q**2, learned**2


def _fully_trained(ratio: float) -> FloatArray:
    """Limits at t = inf: nothing kept; int rho/lambda = min(1, alpha)/abs(1 - alpha)."""
    learned = min(1.0, ratio)
    noise = np.inf if ratio == 1 else learned / abs(1 - ratio)
    return np.array([0.0, noise, 0.0, learned])


def check_learning_rate(t: FloatArray, sample_ratio: FloatArray, learning_rate: float) -> None:
    """Refuse rates with which descent diverges, and times between two steps."""
    largest = float(np.max(edges(sample_ratio).upper))
    if learning_rate * largest >= 2:
        raise ValueError(
            f"learning_rate = {learning_rate} is outside (0, {2 / largest:.6g}) = (0, 2/(1 + sqrt"
            "(sample_ratio))^2): gradient descent diverges"
        )
    steps = t[np.isfinite(t)] / learning_rate
    off = np.abs(steps - np.rint(steps)) > 1e-9 * np.maximum(1, steps)
    if off.any():
        raise ValueError(
            f"t = {t[np.isfinite(t)][off][0]} is not a whole number of steps of learning_rate = "
            f"{learning_rate}: gradient descent has no times between two steps"
        )
