"""Compiled online SGD of a two-layer student: a new Gaussian input at every step.

Inputs are taken four at a time. Within such a block the student's fields follow from its weights before
the block and from the products of the inputs, so that the weights, which fill the cache, are read and
written once for four steps.
"""

import math

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.numba_cache import compiled

Array = NDArray[np.float64]

_BLOCK = 4  # the loops over the inputs of a block are written out
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(14)
_MOST_NODES = 100_000
_SUMS = {"reassoc", "contract"}


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


@compiled(fastmath=_SUMS)
def _products(rows: Array, x: Array, out: Array) -> None:
    """rows x^T into out, (K, 4)."""
    for k in range(rows.shape[0]):
        p, q, r, s = 0.0, 0.0, 0.0, 0.0
        for n in range(rows.shape[1]):
            weight = rows[k, n]
            p += weight * x[0, n]
            q += weight * x[1, n]
            r += weight * x[2, n]
            s += weight * x[3, n]
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = p, q, r, s


@compiled(fastmath=_SUMS)
def _products_of_inputs(x: Array, out: Array) -> None:
    """The upper triangle of x x^T, (4, 4)."""
    a, b, c, d, e, f = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for n in range(x.shape[1]):
        p, q, r, s = x[0, n], x[1, n], x[2, n], x[3, n]
        a += p * q
        b += p * r
        c += p * s
        d += q * r
        e += q * s
        f += r * s
    out[0, 1], out[0, 2], out[0, 3], out[1, 2], out[1, 3], out[2, 3] = a, b, c, d, e, f


@compiled(fastmath=_SUMS)
def _subtract(weights: Array, moves: Array, x: Array) -> None:
    for k in range(weights.shape[0]):
        p, q, r, s = moves[k, 0], moves[k, 1], moves[k, 2], moves[k, 3]
        for n in range(weights.shape[1]):
            weights[k, n] -= (p * x[0, n] + q * x[1, n]) + (r * x[2, n] + s * x[3, n])


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
    x, labels = np.empty((_BLOCK, N)), np.empty(_BLOCK)
    of_student, of_teacher = np.empty((K, _BLOCK)), np.empty((teacher_readout.size, _BLOCK))
    of_inputs, moves, fields = np.empty((_BLOCK, _BLOCK)), np.empty((K, _BLOCK)), np.empty(K)
    for begin in range(first, stop, _BLOCK):
        size = min(_BLOCK, stop - begin)
        for s in range(size):
            for n in range(N):
                x[s, n] = rng.standard_normal()
            labels[s] = noise * rng.standard_normal() if noise > 0 else 0.0
        x[size:] = 0.0
        moves[:, size:] = 0.0
        _products(teacher, x, of_teacher)
        _products(student, x, of_student)
        _products_of_inputs(x, of_inputs)
        for s in range(size):
            difference = -labels[s]
            for m in range(teacher_readout.size):
                difference -= teacher_readout[m] * _activation(of_teacher[m, s] / root, kind)
            for k in range(K):
                field = of_student[k, s]
                for r in range(s):
                    field -= moves[k, r] * of_inputs[r, s]
                fields[k] = field / root
                difference += readout[k] * _activation(fields[k], kind)
            if not difference * difference <= bound:
                return begin + s
            for k in range(K):
                moves[k, s] = rate / root * readout[k] * _slope(fields[k], kind) * difference
                if readout_rate > 0:
                    readout[k] -= readout_rate / N * _activation(fields[k], kind) * difference
        _subtract(student, moves, x)
    return -1


@compiled()
def test_errors(C: Array, u: Array, kind: int) -> Array:
    """<(sum_a u_a g(x_a))^2>/2 over all inputs, whose fields x_a have the covariance C, (S, K + M, K + M).

    Each pair of units is one integral, done numerically; u is (S, K + M).
    """
    errors = np.empty(len(C))
    for n in range(len(C)):
        total = 0.0
        for a in range(u.shape[1]):
            for b in range(a):
                total += u[n, a] * u[n, b] * _pair(C[n, a, a], C[n, b, b], C[n, a, b], kind)
            own = C[n, a, a]
            total += u[n, a] ** 2 / 2 * _pair(own, own, own, kind)
        errors[n] = max(total, 0.0)
    return errors


@compiled()
def _pair(own: float, other: float, both: float, kind: int) -> float:
    if kind == 0:
        return _pair_of_erf(own, other, both)
    if kind == 1:
        return _pair_of_relu(own, other, both)
    return both


@compiled()
def _pair_of_erf(own: float, other: float, both: float) -> float:
    """The average over the second field, given the first, is an error function again; the trapezoidal
    rule for the first, z standard deviations from 0, then converges exponentially."""
    if own <= 0 or other <= 0:
        return 0.0
    n_nodes = int(min(12 * math.sqrt(1 + own + other), _MOST_NODES)) + 1
    spread = 1 + max(other - both * both / own, 0.0)
    of_own, of_other = math.sqrt(own / 2), both / math.sqrt(2 * own * spread)
    step = 9.0 / n_nodes
    total = 0.0
    for node in range(1, n_nodes + 1):
        z = step * node
        total += math.exp(-0.5 * z * z) * math.erf(of_own * z) * math.erf(of_other * z)
    return 2 * step * total / math.sqrt(2 * math.pi)


@compiled()
def _pair_of_relu(own: float, other: float, both: float) -> float:
    """Over the angle in the plane of both fields, where both are positive."""
    sine = math.sqrt(max(own * other - both * both, 0.0))
    angle = math.atan2(sine, both)
    half = (math.pi - angle) / 2
    total = 0.0
    for node in range(_NODES.size):
        phi = half * _NODES[node]
        total += _WEIGHTS[node] * math.cos(phi + angle / 2) * math.cos(phi - angle / 2)
    return math.sqrt(own * other) * half * total / math.pi
