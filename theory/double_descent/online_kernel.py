"""Compiled Gaussian integrals of online learning, and the right-hand side of its ODEs.

Activations are numbered as in `ACTIVATIONS`. C is the covariance of all fields; a, b, c, d are rows.
"""

import math

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.compilation import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ACTIVATIONS = ("scaled_erf", "relu", "identity")
ERF, RELU = 0, 1

# 1 - correlation^2 below which two fields are one: for the two slopes where rounding hides their angle;
# for others, on which I4 depends less, earlier.
_SAME_SLOPE, _SAME_DIRECTION = 1e-15, 1e-13
_LIFT = 1e-14  # variance by which coplanar fields are told apart, the same way in every term


def _end_clustered(n: int) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes and weights of [0, 1] after x = 1 - (1 - y)^4."""
    y, w = np.polynomial.legendre.leggauss(n)
    left = (1 - y) / 2
    return 1 - left**4, 2 * w * left**3


_NODES, _WEIGHTS = _end_clustered(24)


@compiled
def i2(C: FloatArray, a: int, b: int, kind: int) -> float:
    """<g(a) g(b)>."""
    if kind == ERF:
        ratio = C[a, b] / math.sqrt((1 + C[a, a]) * (1 + C[b, b]))
        return 2 / math.pi * math.asin(min(max(ratio, -1.0), 1.0))
    if kind == RELU:
        sine = math.sqrt(max(C[a, a] * C[b, b] - C[a, b] ** 2, 0.0))
        angle = math.atan2(C[a, b], sine) if sine or C[a, b] else 0.0
        return sine / (2 * math.pi) + C[a, b] * (0.25 + angle / (2 * math.pi))
    return C[a, b]


@compiled
def j2(C: FloatArray, a: int, b: int, kind: int) -> float:
    """<g'(a) g'(b)>."""
    if kind == ERF:
        return 2 / math.pi / math.sqrt((1 + C[a, a]) * (1 + C[b, b]) - C[a, b] ** 2)
    if kind == RELU:
        sine = math.sqrt(max(C[a, a] * C[b, b] - C[a, b] ** 2, 0.0))
        return 0.25 + math.atan2(C[a, b], sine) / (2 * math.pi)
    return 1.0


@compiled
def i3(C: FloatArray, a: int, b: int, c: int, kind: int) -> float:
    """<g'(a) b g(c)>."""
    if kind == ERF:
        of_a = 1 + C[a, a]
        root = math.sqrt(of_a * (1 + C[c, c]) - C[a, c] ** 2)
        return 2 / math.pi * (C[b, c] - C[a, b] * C[a, c] / of_a) / root
    if kind == RELU:
        sine = math.sqrt(max(C[a, a] * C[c, c] - C[a, c] ** 2, 0.0))
        angle = math.atan2(C[a, c], sine) if sine or C[a, c] else 0.0
        both = 0.25 + angle / (2 * math.pi)
        return C[a, b] * sine / (2 * math.pi * C[a, a]) + C[b, c] * both
    return C[b, c]


@compiled
def i4(C: FloatArray, a: int, b: int, c: int, d: int, kind: int) -> float:
    """<g'(a) g'(b) g(c) g(d)>."""
    if kind == ERF:
        return _erf_i4(C, a, b, c, d)
    if kind == RELU:
        return _relu_i4(C, a, b, c, d)
    return C[c, d]


@compiled
def _erf_i4(C: FloatArray, a: int, b: int, c: int, d: int) -> float:
    """g'(a) g'(b) is a Gaussian weight: under it <g(c) g(d)> of a smaller covariance is left."""
    of_a, of_b = 1 + C[a, a], 1 + C[b, b]
    det = of_a * of_b - C[a, b] ** 2
    ac, ad, bc, bd = C[a, c], C[a, d], C[b, c], C[b, d]
    cd = C[c, d] - (of_b * ac * ad + of_a * bc * bd - C[a, b] * (ac * bd + ad * bc)) / det
    cc = C[c, c] - (of_b * ac * ac + of_a * bc * bc - 2 * C[a, b] * ac * bc) / det
    dd = C[d, d] - (of_b * ad * ad + of_a * bd * bd - 2 * C[a, b] * ad * bd) / det
    ratio = cd / math.sqrt((1 + cc) * (1 + dd))
    return 4 / math.pi**2 / math.sqrt(det) * math.asin(min(max(ratio, -1.0), 1.0))


@compiled
def _relu_i4(C: FloatArray, a: int, b: int, c: int, d: int) -> float:
    """Second moment of c and d where all fields are positive, by parts.

    With S the correlations of the distinct fields and P the chance that fields are positive::

        S_cd P(all) + sum_{u<v} (S_cu S_dv|u + S_cv S_du|v) P(rest | u = v = 0)/(2 pi sqrt(1 - S_uv^2)).

    Fields of one direction are one field: their product of steps is one step, which is the limit.
    """
    if C[c, c] <= 0 or C[d, d] <= 0:
        return 0.0
    fields = np.array([a, b, c, d])
    place, n = np.zeros(4, np.int64), 0
    S = np.eye(4)
    for k in range(4):
        found = -1
        for m in range(n):
            scale = C[fields[k], fields[k]] * C[fields[m], fields[m]]
            cross = C[fields[k], fields[m]]
            S[n, m] = S[m, n] = cross / math.sqrt(scale)
            if (scale - cross * cross) / scale < (_SAME_SLOPE if k == 1 else _SAME_DIRECTION):
                if cross < 0:
                    return 0.0  # never both positive
                found = m
                break
        if found < 0:
            fields[n] = fields[k]
            found = n
            n += 1
        place[k] = found
    return math.sqrt(C[c, c] * C[d, d]) * _truncated_moment(S, n, place[2], place[3])


@compiled
def _truncated_moment(S: FloatArray, n: int, c: int, d: int) -> float:
    """<c d> over the orthant of n fields of unit variance.

    Fields are vectors here, whose products are S: angles of nearly dependent ones lose half as many
    digits as in S. A field in the plane of u and v has no sign where u = v = 0; the limit of the sum does
    not depend on how that is approached if it is the same way in every term, so all are lifted.
    """
    X = np.zeros((n, n))  # a Cholesky factor; rounding may have made S indefinite
    for v in range(n):
        for u in range(v):
            X[v, u] = (S[u, v] - _dot(X[u, :u], X[v, :u])) / X[u, u]
        X[v, v] = math.sqrt(max(1 - _dot(X[v, :v], X[v, :v]), 0.0) + _LIFT)
        X[v] /= math.sqrt(_dot(X[v], X[v]))
    S, D = np.eye(n), np.zeros((n, n))  # cosines and squared sines of the angles
    total = 0.0
    for v in range(1, n):
        for u in range(v):
            cosine = _dot(X[u], X[v])
            of_v, of_u = X[v] - cosine * X[u], X[u] - cosine * X[v]
            sine = math.sqrt(_dot(of_v, of_v))
            S[u, v] = S[v, u] = cosine
            D[u, v] = D[v, u] = sine * sine
            pair = _dot(X[c], X[u]) * _dot(X[d], of_v) + _dot(X[c], X[v]) * _dot(X[d], of_u)
            if n == 4:
                w = 0 if u > 0 else (1 if v > 1 else 2)
                pair *= _both_positive(X[w], X[6 - u - v - w], X[u], of_v / sine)
            elif n == 3:
                pair *= 0.5
            total += pair / (2 * math.pi * sine)
    return total + _dot(X[c], X[d]) * _orthant(S, D, n)


@compiled
def _dot(a: FloatArray, b: FloatArray) -> float:
    total = 0.0
    for k in range(a.size):
        total += a[k] * b[k]
    return total


@compiled
def _both_positive(w: FloatArray, x: FloatArray, u: FloatArray, v: FloatArray) -> float:
    """P(w > 0, x > 0 | u = v = 0) for orthonormal u and v: a quarter, and the angle of what is left."""
    w = w - _dot(w, u) * u - _dot(w, v) * v
    x = x - _dot(x, u) * u - _dot(x, v) * v
    length = math.sqrt(_dot(w, w))
    along = _dot(w, x) / length
    across = x - along / length * w
    return 0.25 + math.atan2(along, math.sqrt(_dot(across, across))) / (2 * math.pi)


@compiled
def _orthant(S: FloatArray, D: FloatArray, n: int) -> float:
    """P(all n fields are positive), n <= 4."""
    if n == 1:
        return 0.5
    angles = 0.0
    for u in range(1, min(n, 3)):
        for v in range(u):
            angles += math.atan2(S[u, v], math.sqrt(D[u, v]))
    if n == 2:
        return 0.25 + angles / (2 * math.pi)
    three = 0.125 + angles / (4 * math.pi)
    if n == 3:
        return three
    return three / 2 + _rise_with_fourth(S, D)


@compiled
def _rise_with_fourth(S: FloatArray, D: FloatArray) -> float:
    """P(4 fields) - P(3 fields)/2: Plackett's derivative as the fourth becomes correlated.

    Its correlations are s S_3j, 0 <= s <= 1; that with j is the sine of the angle integrated over.
    """
    total = 0.0
    for j in range(3):
        k, m = (j + 1) % 3, (j + 2) % 3
        end = math.atan2(S[3, j], math.sqrt(D[3, j]))
        if end == 0:
            continue
        for node in range(_NODES.size):
            r = math.sin(end * _NODES[node])
            s = r / S[3, j]
            det = (1 - r) * (1 + r)
            k3, kj = s * S[k, 3] - r * S[k, j], S[k, j] - r * s * S[k, 3]
            m3, mj = s * S[m, 3] - r * S[m, j], S[m, j] - r * s * S[m, 3]
            km = S[k, m] * det - k3 * s * S[m, 3] - kj * S[m, j]
            kk = det - k3 * s * S[k, 3] - kj * S[k, j]
            mm = det - m3 * s * S[m, 3] - mj * S[m, j]
            root = math.sqrt(max(kk * mm - km * km, 0.0))
            total += end * _WEIGHTS[node] * (0.25 + math.atan2(km, root) / (2 * math.pi))
    return total / (2 * math.pi)


@compiled
def test_error(C: FloatArray, u: FloatArray, kind: int) -> float:
    """<(sum_a u_a g(a))^2>/2."""
    total = 0.0
    for a in range(u.size):
        for b in range(a):
            total += u[a] * u[b] * i2(C, a, b, kind)
        total += 0.5 * u[a] * u[a] * i2(C, a, a, kind)
    return max(total, 0.0)


@compiled
def _squared_error_on_gradient(C: FloatArray, u: FloatArray, i: int, k: int, kind: int) -> float:
    """<g'(i) g'(k) (sum_a u_a g(a))^2>."""
    if kind == ERF:
        return _erf_squared_error(C, u, i, k)
    total = 0.0
    for a in range(u.size):
        for b in range(a):
            total += 2 * u[a] * u[b] * i4(C, i, k, a, b, kind)
        total += u[a] * u[a] * i4(C, i, k, a, a, kind)
    return total


@compiled
def _erf_squared_error(C: FloatArray, u: FloatArray, i: int, k: int) -> float:
    """As `_erf_i4`, with what belongs to one field computed once."""
    of_i, of_k, ik = 1 + C[i, i], 1 + C[k, k], C[i, k]
    det = of_i * of_k - ik * ik
    n = u.size
    along_i, along_k, inverse = np.empty(n), np.empty(n), np.empty(n)
    total = 0.0
    for a in range(n):
        along_i[a] = (of_k * C[i, a] - ik * C[k, a]) / det
        along_k[a] = (of_i * C[k, a] - ik * C[i, a]) / det
        own = C[a, a] - along_i[a] * C[i, a] - along_k[a] * C[k, a]
        inverse[a] = 1 / math.sqrt(1 + own)
        total += u[a] * u[a] * math.asin(min(own / (1 + own), 1.0))
        for b in range(a):
            both = C[a, b] - along_i[a] * C[i, b] - along_k[a] * C[k, b]
            ratio = min(max(both * inverse[a] * inverse[b], -1.0), 1.0)
            total += 2 * u[a] * u[b] * math.asin(ratio)
    return 4 / math.pi**2 / math.sqrt(det) * total


@compiled
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


@compiled
def velocity(
    state: FloatArray, t: float, C: FloatArray, u: FloatArray, kind: int, M: int,
    rate: float, noise_var: float, readout_rate: float,
) -> FloatArray:  # fmt: skip
    """d state/dt. C and u = (student readout, -teacher readout) are buffers that hold the teacher."""
    K = u.size - M
    fill_covariance(C, state, K, M)
    u[:K] = state[state.size - K :]
    drift = np.zeros((K, K + M))  # <g'(i) m (student - teacher)>
    for i in range(K):
        for m in range(K + M):
            for j in range(K + M):
                drift[i, m] += u[j] * i3(C, i, m, j, kind)
    change, at = np.zeros(state.size), 0
    for i in range(K):
        for k in range(i, K):
            noise = noise_var * j2(C, i, k, kind) + _squared_error_on_gradient(C, u, i, k, kind)
            down = u[i] * drift[i, k] + u[k] * drift[k, i]
            change[at] = rate * (rate * u[i] * u[k] * noise - down)
            at += 1
    for i in range(K):
        for m in range(K, K + M):
            change[at] = -rate * u[i] * drift[i, m]
            at += 1
    if readout_rate > 0:
        for i in range(K):
            for j in range(K + M):
                change[at + i] -= readout_rate * u[j] * i2(C, i, j, kind)
    return change


@compiled
def test_errors(
    states: FloatArray, C: FloatArray, u: FloatArray, kind: int, M: int
) -> FloatArray:  # fmt: skip
    """The test error of each state."""
    K = u.size - M
    errors = np.empty(len(states))
    for n in range(len(states)):
        fill_covariance(C, states[n], K, M)
        u[:K] = states[n, states.shape[1] - K :]
        errors[n] = test_error(C, u, kind)
    return errors


@compiled
def of_many(
    C: FloatArray, a: int, b: int, c: int, d: int, which: int, kind: int
) -> FloatArray:  # fmt: skip
    """One of the integrals, I2, J2, I3, I4 for which = 0, ..., 3, for each covariance: (S,)."""
    found = np.empty(len(C))
    for n in range(len(C)):
        if which == 0:
            found[n] = i2(C[n], a, b, kind)
        elif which == 1:
            found[n] = j2(C[n], a, b, kind)
        elif which == 2:
            found[n] = i3(C[n], a, b, c, kind)
        else:
            found[n] = i4(C[n], a, b, c, d, kind)
    return found
