"""The compiled average of ReLU units that has no elementary form, I4, and its sums in the ODEs.

C is the covariance of all fields; a, b, c, d are rows.
"""

import math

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.compilation import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_SAME_DIRECTION = 1e-13  # squared sine of the angle below which two fields are one
_NEARLY_SAME_SLOPES = 1e-7  # below which I4 is expanded in the angle of both slopes
_LIFT = 1e-14  # variance by which coplanar fields are told apart, the same way in every term


def _end_clustered(n: int) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes and weights of [0, 1] after x = 1 - (1 - y)^4."""
    y, w = np.polynomial.legendre.leggauss(n)
    left = (1 - y) / 2
    return 1 - left**4, 2 * w * left**3


_NODES, _WEIGHTS = _end_clustered(24)


@compiled
def i4(C: FloatArray, a: int, b: int, c: int, d: int) -> float:
    """<g'(a) g'(b) g(c) g(d)>; for slopes of nearly one direction to second order in their angle."""
    if C[c, c] <= 0 or C[d, d] <= 0:
        return 0.0
    if a == b:
        return _by_parts(C, a, b, c, d)
    sine2 = max(_determinant(C[a, a], C[b, b], C[a, b]), 0.0) / (C[a, a] * C[b, b])
    if sine2 >= _NEARLY_SAME_SLOPES:
        return _by_parts(C, a, b, c, d)
    wedge = _wedge(C, a, b, c, d, math.sqrt(sine2))
    return wedge if C[a, b] < 0 else _by_parts(C, a, a, c, d) - wedge


@compiled
def _determinant(p: float, q: float, r: float) -> float:
    """p q - r^2 with the rounding errors of both products, by Dekker's splitting."""
    return (p * q - r * r) + (_rounding(p, q) - _rounding(r, r))


@compiled
def _rounding(x: float, y: float) -> float:
    """x y minus its rounded value, exactly."""
    t, s = 134217729.0 * x, 134217729.0 * y
    x1, y1 = t - (t - x), s - (s - y)
    x2, y2 = x - x1, y - y1
    return ((x1 * y1 - x * y) + x1 * y2 + x2 * y1) + x2 * y2


@compiled
def _wedge(C: FloatArray, a: int, b: int, c: int, d: int, sine: float) -> float:
    """<g(c) g(d), a > 0 > b'> for b' = +-b at a small angle to a, up to its third power.

    There a lies between 0 and tan(angle) f, where f > 0 is the direction across a, and b' likewise; to
    second order the average is thus that at the middle of a = 0 and b' = 0.
    """
    root_a, root_b = math.sqrt(C[a, a]), math.copysign(math.sqrt(C[b, b]), C[a, b])
    if sine == 0:
        return 0.0
    at_a = _at_boundary(C, a, root_a, b, root_b, c, d, sine)
    return (at_a + _at_boundary(C, b, root_b, a, root_a, c, d, -sine)) / 2


@compiled
def _at_boundary(
    C: FloatArray, a: int, root_a: float, b: int, root_b: float, c: int, d: int, sine: float
) -> float:
    """tan/sqrt(2 pi) times the average of f, c and d where they are positive, given a = 0."""
    ac, ad = C[a, c] / root_a, C[a, d] / root_a
    of_c, of_d = C[c, c] - ac * ac, C[d, d] - ad * ad
    if of_c <= 1e-15 * C[c, c] or of_d <= 1e-15 * C[d, d]:
        return 0.0
    cosine = math.sqrt(1 - sine * sine)
    fc = (cosine * ac - C[b, c] / root_b) / sine / math.sqrt(of_c)
    fd = (cosine * ad - C[b, d] / root_b) / sine / math.sqrt(of_d)
    cd = (C[c, d] - ac * ad) / math.sqrt(of_c * of_d)
    fc, fd, cd = (min(max(fc, -1.0), 1.0), min(max(fd, -1.0), 1.0), min(max(cd, -1.0), 1.0))
    size = abs(sine) / cosine * math.sqrt(of_c * of_d / (2 * math.pi))
    return size * _product_of_three(fc, fd, cd)


@compiled
def _product_of_three(xy: float, xz: float, yz: float) -> float:
    """<x y z> over the positive orthant of three fields of variance 1 (Nabeya 1951, Kamat 1953)."""
    root = math.sqrt(max(1 + 2 * xy * xz * yz - xy * xy - xz * xz - yz * yz, 0.0))
    total = 2 / math.pi * root
    total += (xy + xz * yz) * (1 + 2 / math.pi * math.atan2(xy - xz * yz, root))
    total += (xz + xy * yz) * (1 + 2 / math.pi * math.atan2(xz - xy * yz, root))
    total += (yz + xy * xz) * (1 + 2 / math.pi * math.atan2(yz - xy * xz, root))
    return total * math.sqrt(2 / math.pi) / 8


@compiled
def _by_parts(C: FloatArray, a: int, b: int, c: int, d: int) -> float:
    """Second moment of c and d where all fields are positive, by parts.

    With S the correlations of the distinct fields and P the chance that fields are positive::

        S_cd P(all) + sum_{u<v} (S_cu S_dv|u + S_cv S_du|v) P(rest | u = v = 0)/(2 pi sqrt(1 - S_uv^2)).

    Of fields of one direction the first stands for all in what is positive, which for slopes is the
    limit and for c or d changes the result by the square of the angle.
    """
    fields = np.array([a, b, c, d])
    S, place, kept, n = np.eye(4), np.zeros(4, np.int64), np.zeros(4, np.int64), 0
    for k in range(4):
        for m in range(k):
            product = C[fields[k], fields[k]] * C[fields[m], fields[m]]
            S[k, m] = S[m, k] = C[fields[k], fields[m]] / math.sqrt(product)
        place[k] = -1
        for m in range(n):
            if place[k] < 0 and 1 - S[k, kept[m]] ** 2 < _SAME_DIRECTION:
                if S[k, kept[m]] < 0:
                    return 0.0  # never both positive
                place[k] = m
        if place[k] < 0:
            place[k], kept[n] = n, k
            n += 1
    X = _vectors(S, kept, n)
    for k in range(2, 4):
        X[n + k - 2] = X[place[k]]
        if fields[k] != fields[kept[place[k]]]:
            for u in range(n):
                X[n + k - 2, u] = (S[k, kept[u]] - _dot(X[n + k - 2, :u], X[u, :u])) / X[u, u]
    return math.sqrt(C[c, c] * C[d, d]) * _truncated_moment(X, S[2, 3], n)


@compiled
def _vectors(S: FloatArray, kept: IntArray, n: int) -> FloatArray:
    """The first n rows: unit vectors whose products are S.

    Angles of nearly dependent vectors lose half as many digits as those in S. A field in the plane of
    u and v has no sign where u = v = 0; the limit of the sum in `_by_parts` does not depend on how that
    is approached if it is the same way in every term, so all are lifted.
    """
    X = np.zeros((n + 2, n))  # a Cholesky factor; rounding may have made S indefinite
    for v in range(n):
        for u in range(v):
            X[v, u] = (S[kept[u], kept[v]] - _dot(X[u, :u], X[v, :u])) / X[u, u]
        X[v, v] = math.sqrt(max(1 - _dot(X[v, :v], X[v, :v]), 0.0) + _LIFT)
        X[v] /= math.sqrt(_dot(X[v], X[v]))
    return X


@compiled
def _truncated_moment(X: FloatArray, both: float, n: int) -> float:
    """<x_c x_d> where n fields are positive: the rows of X, and in rows n and n + 1 the fields x_c and x_d,
    whose correlation is `both`."""
    S, D = np.eye(n), np.zeros((n, n))  # cosines and squared sines of the angles
    total = 0.0
    for v in range(1, n):
        for u in range(v):
            cosine = _dot(X[u], X[v])
            of_v, of_u = X[v] - cosine * X[u], X[u] - cosine * X[v]
            sine = math.sqrt(_dot(of_v, of_v))
            S[u, v] = S[v, u] = cosine
            D[u, v] = D[v, u] = sine * sine
            pair = _dot(X[n], X[u]) * _dot(X[n + 1], of_v) + _dot(X[n], X[v]) * _dot(X[n + 1], of_u)
            if n == 4:
                w = 0 if u > 0 else (1 if v > 1 else 2)
                pair *= _both_positive(X[w], X[6 - u - v - w], X[u], of_v / sine)
            elif n == 3:
                pair *= 0.5
            total += pair / (2 * math.pi * sine)
    return total + both * _orthant(S, D, n)


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
def squared_error_on_gradients(C: FloatArray, u: FloatArray, K: int) -> FloatArray:
    """<g'(i) g'(k) (sum_a u_a g(a))^2> for the first K fields, (K, K)."""
    found = np.zeros((K, K))
    for i in range(K):
        for k in range(i, K):
            total = 0.0
            for a in range(u.size):
                for b in range(a):
                    total += 2 * u[a] * u[b] * i4(C, i, k, a, b)
                total += u[a] * u[a] * i4(C, i, k, a, a)
            found[i, k] = found[k, i] = total
    return found


@compiled
def i4_of_many(C: FloatArray, a: int, b: int, c: int, d: int) -> FloatArray:
    """I4 for each covariance, (S,)."""
    found = np.empty(len(C))
    for n in range(len(C)):
        found[n] = i4(C[n], a, b, c, d)
    return found
