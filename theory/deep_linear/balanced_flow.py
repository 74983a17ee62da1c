"""Exact steps of the matrix Riccati flow behind balanced linear networks, without loss of digits.

With F = V diag(f) V^T and rows K = V^T Q, a step of length h is exact for any h (semigroup):

    K(h) = diag(e^(f h)) K [I + K^T diag(c) K]^(-1/2) x rotation,    c_i = (e^(2 f_i h) - 1)/(2 f_i).

Only K K^T has a meaning; the rotation of the hidden units is left free. Short steps use a Cholesky
factor. Long steps use A = diag(sqrt c) K and A (I + A^T A)^-1 A^T = Q_1 Q_1^T, with Q_1 the first
rows of the orthonormal factor of [A; I]: Householder with column pivoting and rows sorted by size is
stable row by row, so rows that differ by e^300 keep their digits.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LONGEST = 300.0
"""Largest exponent f h of one step: e^(2 f h) stays within the range of floats."""
WELL_CONDITIONED = 20.0
"""Norm of I + K^T diag(c) K up to which its Cholesky factor is used."""
RANK = 1e-12
"""Singular values below this fraction of |Q| count as zero in the limit t = inf."""


class Spectrum(NamedTuple):
    """Eigenvalues f of F in decreasing order, and its orthonormal eigenvectors in columns."""

    rates: FloatArray
    vectors: FloatArray


def spectrum(sigma_yx: FloatArray, balance: float) -> Spectrum:
    """Eigen-decomposition of F = [[-balance/2, Sigma_yx^T], [Sigma_yx, balance/2]] from the SVD.

    Each mode (s, u, v) gives +-f, f = sqrt(s^2 + balance^2/4), with the vectors (v cos, u sin) and
    (-v sin, u cos); the angle is taken by half-angle algebra, free of cancellation.
    """
    n_out, n_in = sigma_yx.shape
    n_modes = min(n_in, n_out)
    left, s, right = np.linalg.svd(sigma_yx)
    s[s <= max(n_in, n_out) * np.finfo(float).eps * s[0]] = 0.0
    half = balance / 2
    f = np.hypot(s, half)
    safe = np.where(f == 0, 1.0, f)
    large = np.where(f == 0, 1.0, np.sqrt((f + abs(half)) / (2 * safe)))
    small = s / (2 * safe * large)
    cos, sin = (small, large) if balance > 0 else (large, small)
    v, u = right.T, left
    vectors = np.zeros((n_in + n_out, n_in + n_out))
    growing, decaying = slice(0, n_modes), slice(n_modes, 2 * n_modes)
    vectors[:n_in, growing], vectors[n_in:, growing] = v[:, :n_modes] * cos, u[:, :n_modes] * sin
    vectors[:n_in, decaying], vectors[n_in:, decaying] = -v[:, :n_modes] * sin, u[:, :n_modes] * cos
    vectors[:n_in, 2 * n_modes : n_in + n_modes] = v[:, n_modes:]
    vectors[n_in:, n_in + n_modes :] = u[:, n_modes:]
    rates = np.concatenate([f, -f, np.full(n_in - n_modes, -half), np.full(n_out - n_modes, half)])
    order = np.argsort(-rates, kind="stable")
    return Spectrum(rates[order], np.ascontiguousarray(vectors[:, order]))


def advance(rows: FloatArray, rates: FloatArray, h: float) -> FloatArray:
    """Rows K after a time h >= 0, up to a rotation of the hidden units.

    Where every growing direction has a hidden unit, exponents beyond 300 are cut: e^-300 is nothing
    beside 1. A narrower hidden layer lets growing directions compete by e^((f_i - f_j) h), which
    needs them all, so h is divided.
    """
    n_hidden = rows.shape[1]
    parts = 1
    if n_hidden < np.count_nonzero(rates > 0):
        parts = max(1, int(np.ceil(rates[0] * h / LONGEST)))
    for _ in range(parts):
        rows = _step(rows, rates, h / parts)
    return rows


def _step(rows: FloatArray, rates: FloatArray, h: float) -> FloatArray:
    from scipy.linalg.blas import dtrsm
    from scipy.linalg.lapack import dpotrf

    exponent = np.clip(rates * h, -LONGEST, LONGEST)
    still = exponent == 0
    safe = np.where(still, 1.0, 2 * rates)
    c = np.where(still, h, np.expm1(2 * exponent) / safe)
    gram = rows.T @ (rows * c[:, None])
    gram.flat[:: len(gram) + 1] += 1.0
    if np.abs(gram).sum(axis=0).max() > WELL_CONDITIONED:
        scale = np.where(still, 1 / h, safe / np.where(still, 1.0, -np.expm1(-2 * exponent)))
        return np.sqrt(scale)[:, None] * _orthonormal_part(np.sqrt(c)[:, None] * rows)
    upper, _ = dpotrf(gram)
    grown = rows * np.exp(exponent)[:, None]
    return np.asarray(dtrsm(1.0, upper, grown, side=1))  # dtrtrs starts threads for any size


def _orthonormal_part(a: FloatArray) -> FloatArray:
    """The first rows Q_1 of the orthonormal factor of [A; I]: Q_1 Q_1^T = A (I + A^T A)^-1 A^T."""
    from scipy.linalg import qr

    stacked = np.concatenate([a, np.eye(a.shape[1])])
    order = np.argsort(-np.abs(stacked).max(axis=1), kind="stable")
    factor = qr(stacked[order], mode="economic", pivoting=True, check_finite=False)[0]
    unsorted = np.empty_like(factor)
    unsorted[order] = factor
    return unsorted[: len(a)]


def limit(rows: FloatArray, rates: FloatArray) -> FloatArray:
    """Rows K at t = inf: the fastest directions that the hidden units reach, each with K K^T = 2 f.

    Groups of equal f take, from the fastest on, the hidden directions that are left. A growing
    direction that the start does not contain is never learned (a saddle of the flow).
    """
    size = np.linalg.norm(rows)
    end = np.zeros_like(rows)
    free = np.eye(rows.shape[1])
    first = 0
    growing = int(np.count_nonzero(rates > 0))
    while first < growing and free.shape[1]:
        same = rates[first:growing] >= rates[first] * (1 - 1e-12)
        last = first + int(np.argmin(same)) if not same.all() else growing
        left, s, right = np.linalg.svd(rows[first:last] @ free)
        rank = int(np.count_nonzero(s > RANK * size))
        taken = free @ right[:rank].T
        end[first:last] = np.sqrt(2 * rates[first]) * left[:, :rank] @ taken.T
        free = free @ right[rank:].T
        first = last
    return end


def distance_to_saddle(rows: FloatArray, rates: FloatArray) -> float:
    """Smallest part of the start on the directions it will learn, relative to |Q|; 1 if it is zero."""
    learned = min(int(np.count_nonzero(rates > 0)), rows.shape[1])
    size = np.linalg.norm(rows, 2)
    if size == 0 or learned == 0:
        return 1.0
    return float(np.linalg.svd(rows[:learned], compute_uv=False)[-1] / size)
