"""Compiled online SGD of a two-layer student: a new Gaussian input at every step."""

import math

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.numba_cache import compiled

Array = NDArray[np.float64]


@compiled()
def _activation(field: float, kind: int) -> float:
    if kind == 0:
        return math.erf(field / math.sqrt(2.0))
    if kind == 1:
        return max(field, 0.0)
    return field


@compiled()
def _slope(field: float, kind: int) -> float:
    if kind == 0:
        return math.sqrt(2 / math.pi) * math.exp(-0.5 * field * field)
    if kind == 1:
        return 1.0 if field > 0 else 0.0
    return 1.0


@compiled(fastmath={"reassoc", "contract"})
def _dot(a: Array, b: Array) -> float:
    total = 0.0
    for n in range(a.size):
        total += a[n] * b[n]
    return total


@compiled()
def learn(
    rng: np.random.Generator, student: Array, readout: Array, teacher: Array, teacher_readout: Array,
    rate: float, readout_rate: float, noise: float, kind: int, bound: float, first: int, stop: int,
) -> int:  # fmt: skip
    """Make the updates `first` to `stop` - 1 of student (K, N) and readout (K,) in place.

    Returns the first step whose squared error is above `bound` or not a number, else -1.
    """
    K, N = student.shape
    root = math.sqrt(N)
    x, fields = np.empty(N), np.empty(K)
    for step in range(first, stop):
        for n in range(N):
            x[n] = rng.standard_normal()
        difference = 0.0
        if noise > 0:
            difference -= noise * rng.standard_normal()
        for m in range(teacher_readout.size):
            field = _dot(teacher[m], x) / root
            difference -= teacher_readout[m] * _activation(field, kind)
        for k in range(K):
            fields[k] = _dot(student[k], x) / root
            difference += readout[k] * _activation(fields[k], kind)
        if not difference * difference <= bound:
            return step
        for k in range(K):
            weights = student[k]
            move = rate / root * readout[k] * _slope(fields[k], kind) * difference
            for n in range(N):
                weights[n] -= move * x[n]
            readout[k] -= readout_rate / N * _activation(fields[k], kind) * difference
    return -1
