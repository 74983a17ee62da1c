"""The ODEs of online learning for scaled_erf, compiled, with what belongs to one field computed once.

C is the covariance of the K + M fields, u = (student readout, -teacher readout).
"""

import math

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.compilation import compiled

FloatArray = NDArray[np.float64]


def _series() -> tuple[float, ...]:
    """Coefficients of y^0, ..., y^13 of asin(sqrt z)/sqrt z for 0 <= z = (1 + y)/8 <= 1/4."""
    y = np.cos(np.pi * (np.arange(400) + 0.5) / 400)
    root = np.sqrt((1 + y) / 8)
    cheb = np.polynomial.chebyshev
    return tuple(cheb.cheb2poly(cheb.chebfit(y, np.arcsin(root) / root, 13)))


_S = _series()
_ANY_ORDER = {"reassoc", "contract"}


@compiled(inline="always")
def weighted_asin(weights: FloatArray, x: FloatArray) -> float:
    """sum_n weights_n asin(x_n), |x_n| clipped to 1, without branches so that it is vectorised."""
    total = 0.0
    for n in range(x.size):
        size = min(abs(x[n]), 1.0)
        far = size > 0.5
        z = 0.5 - 0.5 * size if far else size * size
        y = 8 * z - 1
        s = _S[13] * y + _S[12]
        s = ((((s * y + _S[11]) * y + _S[10]) * y + _S[9]) * y + _S[8]) * y + _S[7]
        s = ((((s * y + _S[6]) * y + _S[5]) * y + _S[4]) * y + _S[3]) * y + _S[2]
        s = ((s * y + _S[1]) * y + _S[0]) * (math.sqrt(z) if far else size)
        total += weights[n] * math.copysign(math.pi / 2 - 2 * s if far else s, x[n])
    return total


@compiled(inline="always")
def fill_covariance(C: FloatArray, state: FloatArray, K: int, M: int) -> None:
    """Q and R of the state (upper triangle of Q, R, student readout) into C = [[Q, R], [R^T, T]]."""
    at = 0
    for i in range(K):
        for k in range(i, K):
            C[i, k] = C[k, i] = state[at]
            at += 1
    for i in range(K):
        for m in range(K, K + M):
            C[i, m] = C[m, i] = state[at]
            at += 1


@compiled(inline="always")
def _drift(C: FloatArray, u: FloatArray, i: int, out: FloatArray) -> None:
    """sum_j u_j I3(i, m, j) for each m."""
    of_i, along = 1 + C[i, i], 0.0
    for m in range(u.size):
        out[i, m] = 0.0
    for j in range(u.size):
        weight = 2 / math.pi * u[j] / math.sqrt(of_i * (1 + C[j, j]) - C[i, j] ** 2)
        along += weight * C[i, j]
        for m in range(u.size):
            out[i, m] += weight * C[j, m]
    for m in range(u.size):
        out[i, m] -= C[i, m] * along / of_i


@compiled(inline="always")
def _step_noise(
    C: FloatArray, u: FloatArray, i: int, k: int, noise_var: float, weights: FloatArray,
    fields: FloatArray, ratios: FloatArray,
) -> float:  # fmt: skip
    """sum_jl u_j u_l I4(i, k, j, l) + noise_var J2(i, k)."""
    of_i, of_k, ik = 1 + C[i, i], 1 + C[k, k], C[i, k]
    det = of_i * of_k - ik * ik
    for a in range(u.size):
        fields[0, a] = (of_k * C[i, a] - ik * C[k, a]) / det
        fields[1, a] = (of_i * C[k, a] - ik * C[i, a]) / det
        fields[2, a] = 1 / math.sqrt(1 + C[a, a] - fields[0, a] * C[i, a] - fields[1, a] * C[k, a])
    at = 0
    for a in range(u.size):
        for b in range(a):
            both = C[a, b] - fields[0, a] * C[i, b] - fields[1, a] * C[k, b]
            ratios[at + b] = both * fields[2, a] * fields[2, b]
        ratios[at + a] = 1 - fields[2, a] * fields[2, a]
        at += a + 1
    squares = weighted_asin(weights, ratios)
    return (4 / math.pi**2 * squares + 2 / math.pi * noise_var) / math.sqrt(det)


@compiled(fastmath=_ANY_ORDER)
def velocity(
    state: FloatArray, t: float, C: FloatArray, u: FloatArray, M: int,
    rate: float, noise_var: float, readout_rate: float,
) -> FloatArray:  # fmt: skip
    """d state/dt. C and u are buffers that hold the teacher."""
    n = u.size
    K = n - M
    fill_covariance(C, state, K, M)
    for k in range(K):
        u[k] = state[state.size - K + k]
    weights, ratios = np.empty(n * (n + 1) // 2), np.empty(n * (n + 1) // 2)
    fields, drift = np.empty((3, n)), np.empty((K, n))
    at = 0
    for a in range(n):
        for b in range(a + 1):
            weights[at] = u[a] * u[b] * (1 if a == b else 2)
            at += 1
    for i in range(K):
        _drift(C, u, i, drift)
    change, at = np.zeros(state.size), 0
    for i in range(K):
        for k in range(i, K):
            noise = _step_noise(C, u, i, k, noise_var, weights, fields, ratios)
            down = u[i] * drift[i, k] + u[k] * drift[k, i]
            change[at] = rate * (rate * u[i] * u[k] * noise - down)
            at += 1
    for i in range(K):
        for m in range(K, n):
            change[at] = -rate * u[i] * drift[i, m]
            at += 1
    if readout_rate > 0:
        for i in range(K):
            for j in range(n):
                ratio = C[i, j] / math.sqrt((1 + C[i, i]) * (1 + C[j, j]))
                change[at + i] -= readout_rate * 2 / math.pi * u[j] * math.asin(ratio)
    return change
