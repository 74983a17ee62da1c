"""Time and flow of one balanced deep linear chain: the numerics behind `modes`.

Setting: a positive strength u and any target s of du/dT = u^(1 + beta) (s - u), where
beta = 1 - 2/depth lies in [0, 1] and T = depth t/tau. (beta = 1 is the limit of infinite depth;
u < 0 is the mirror image u -> -u, s -> -s.)

The integral. With eta = |log(u/|s|)| the time between two strengths on one side of |s| is
    u1^(-beta)/max(u1, |s|)  int_0^length  e^(alpha xi)/(1 - sign e^(-(eta1 + xi)))  d xi,
where u1 is the end nearest to |s|, alpha = beta below |s| and -(1 + beta) above it, and sign is that
of s. No large terms cancel in it: the part with eta < 2 is a logarithm plus Gauss-Legendre nodes on a
smooth remainder, the part beyond is the geometric series integrated term by term.

The inverse. It is sought in a coordinate lam in which u(lam) and T(lam) vary on the scale 1:
    0 < u0 < s :  u = u0/(e^-lam + (u0/s)(1 - e^-lam))   (lam: the clock of the two-layer mode)
    u0 > s > 0 :  u = u0 e^-lam + s (1 - e^-lam)         (lam: the clock of the one-layer mode)
    s < 0 < u0 :  u = u0 e^-lam
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_SPLIT = 2.0  # eta where the series takes over: e^-2 a term
_TERMS = 20  # e^(-2*20) = 4e-18
_NODES = 12  # nearest pole at i pi: error 7^-24 = 5e-21
_EPS = float(np.finfo(np.float64).eps)
_SATURATED = 40.0  # e^-40 < eps: the target is reached to the last digit
_VANISHED = 1200.0  # e^-1200 of any allowed strength is 0
_MAX_ITERATIONS = 80  # bisection alone needs 64; the usual number is 3 to 8


@cache
def _nodes() -> list[tuple[float, float]]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return list(zip(((1 + nodes) / 2).tolist(), (weights / 2).tolist(), strict=True))


def _exponential_integral(rate: FloatArray, length: FloatArray) -> FloatArray:
    """int_0^length e^(rate xi) d xi."""
    safe_rate = np.where(rate == 0, 1.0, rate)
    return np.where(rate == 0, length, np.expm1(safe_rate * length) / safe_rate)


def _near_integral(
    alpha: FloatArray, positive: NDArray[np.bool_], eta: FloatArray, length: FloatArray
) -> FloatArray:
    """The part of the integral with eta + xi < 2, the pole at eta = 0 in closed form."""
    pole = np.where(positive, np.exp(-alpha * eta), 0.0)
    safe_eta = np.where(positive, eta, 1.0)
    remainder = np.zeros_like(eta)
    for node, weight in _nodes():
        xi = length * node
        decay = np.expm1(-(eta + xi))
        denominator = np.where(positive, -decay, 2 + decay)
        remainder += weight * (np.exp(alpha * xi) / denominator - pole / (safe_eta + xi))
    return pole * np.log1p(length / safe_eta) + length * remainder


def _far_integral(
    alpha: FloatArray, sign: FloatArray, eta: FloatArray, length: FloatArray
) -> FloatArray:
    """The part with eta >= 2, as sum_k sign^k e^(-k eta) int_0^length e^((alpha - k) xi) d xi."""
    ratio = sign * np.exp(-eta)
    total = np.zeros_like(eta)
    for k in range(_TERMS, -1, -1):
        total = total * ratio + _exponential_integral(alpha - k, length)
    return total


def _geometric_integral(
    alpha: FloatArray, sign: FloatArray, eta: FloatArray, length: FloatArray
) -> FloatArray:
    """int_0^length e^(alpha xi)/(1 - sign e^(-(eta + xi))) d xi, for eta > 0 if sign > 0."""
    near = np.minimum(length, np.maximum(_SPLIT - eta, 0.0))
    far = length - near
    total = np.zeros_like(eta)
    i = near > 0
    total[i] = _near_integral(alpha[i], sign[i] > 0, eta[i], near[i])
    i = far > 0
    total[i] += np.exp(alpha[i] * near[i]) * _far_integral(
        alpha[i], sign[i], np.maximum(eta[i], _SPLIT), far[i]
    )
    return total


def _log_ratio(large: FloatArray, small: FloatArray, gap: FloatArray) -> FloatArray:
    """log(large/small) from gap = large - small; inf where small = 0."""
    quotient = gap / small
    direct = np.isfinite(quotient)
    return np.where(direct, np.log1p(quotient), np.log(large) - np.log(small))


def chain_integral(
    u0: FloatArray,
    uf: FloatArray,
    gap: FloatArray,
    log_ratio: FloatArray,
    s: FloatArray,
    beta: FloatArray,
) -> FloatArray:
    """T = int_u0^uf du/(u^(1 + beta) (s - u)) for positive strengths and a reachable uf.

    gap = |s - uf| and log_ratio = |log(uf/u0)| are passed beside uf since uf itself, rounded, may
    no longer resolve them. All arguments are one-dimensional arrays of one length.
    """
    size, sign = np.abs(s), np.sign(s)
    crosses = (uf < size) & (size < u0) & (sign < 0)
    above_length = np.where(crosses, _log_ratio(u0, size, u0 - size), log_ratio)
    below_length = np.where(crosses, log_ratio - above_length, log_ratio)
    attracted = sign > 0
    result = np.zeros_like(u0)

    i = np.minimum(u0, uf) < size
    near = np.where(attracted, uf, np.minimum(u0, size))[i]
    distance = np.where(attracted, gap, np.maximum(size - u0, 0.0))[i]
    eta = _log_ratio(size[i], near, distance)
    part = _geometric_integral(beta[i], sign[i], eta, below_length[i])
    result[i] = part / size[i] / near ** beta[i]

    i = np.maximum(u0, uf) > size
    near = np.where(attracted, uf, np.maximum(uf, size))[i]
    distance = np.where(attracted, gap, np.maximum(uf - size, 0.0))[i]
    eta = _log_ratio(near, size[i], distance)
    part = _geometric_integral(-1 - beta[i], sign[i], eta, above_length[i])
    result[i] += part / near / near ** beta[i]
    return result


def chain_time(u0: FloatArray, uf: FloatArray, s: FloatArray, beta: FloatArray) -> FloatArray:
    """T between two strengths of one sign, uf strictly between u0 and s (not checked)."""
    mirror = np.sign(u0)
    u0, uf, s = mirror * u0, mirror * uf, mirror * s
    large, small = np.maximum(u0, uf), np.minimum(u0, uf)
    log_ratio = _log_ratio(large, small, large - small)
    return chain_integral(u0, uf, np.abs(s - uf), log_ratio, s, beta)


def _along(
    lam: FloatArray, u0: FloatArray, s: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Strength, distance to the target and |log(u/u0)| at the coordinate lam."""
    rising, repelled = s > u0, s < 0
    e, w = np.exp(-lam), -np.expm1(-lam)
    denominator = np.where(rising, e + u0 / np.where(rising, s, 1.0) * w, 1.0)
    target = np.where(repelled, 0.0, s)
    # Rounding must not carry u past its target: chain_integral would count a second branch.
    u = np.where(rising, np.minimum(u0 / denominator, s), np.maximum(u0 * e + target * w, target))
    gap = np.where(repelled, u - s, np.abs(s - u0) * e / denominator)
    moved = np.abs(s - u0) * w / np.where(rising, s * denominator, u)
    return u, gap, np.where(repelled, lam, np.log1p(moved))


def _rate(
    u: FloatArray, gap: FloatArray, u0: FloatArray, s: FloatArray, beta: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """d lam/dT, and d log(dT/d lam)/d lam, which lies in [-1, 2]."""
    rising, repelled = s > u0, s < 0
    rate = u**beta * np.where(rising, s, np.where(repelled, gap, u))
    falling = np.where(repelled, beta + u / gap, (1 + beta) * gap / u)
    return rate, np.where(rising, -beta * gap / s, falling)


def _last_coordinate(u0: FloatArray, s: FloatArray) -> FloatArray:
    """lam from which on u is its limit to the last digit."""
    large, small = np.maximum(u0, s), np.minimum(u0, np.abs(s))
    return np.where(s < 0, _VANISHED, np.log(large) - np.log(small) + _SATURATED)


def chain_flow(T: FloatArray, u0: FloatArray, s: FloatArray, beta: FloatArray) -> FloatArray:
    """u(T) from u0 > 0, for finite T, u0 != s and s != 0 (not checked).

    Steps on the local model dT/d lam ~ e^(kappa lam), exact for power laws and exponentials and of
    third order otherwise. A step that leaves the bracket is replaced by a Newton step, by a
    bisection if that leaves it too, and by a bisection now and then in long iterations.
    """
    lam, lower = np.zeros_like(u0), np.zeros_like(u0)
    upper = np.full_like(u0, np.inf)
    last = _last_coordinate(u0, s)
    active = np.arange(u0.size)
    for iteration in range(_MAX_ITERATIONS):
        i = active
        u, gap, log_ratio = _along(lam[i], u0[i], s[i])
        missing = T[i] - chain_integral(u0[i], u, gap, log_ratio, s[i], beta[i])
        rate, kappa = _rate(u, gap, u0[i], s[i], beta[i])
        lower[i] = np.where(missing > 0, lam[i], lower[i])
        upper[i] = np.where(missing > 0, upper[i], lam[i])
        step = missing * rate
        settled = np.abs(step) <= 2 * _EPS * np.maximum(1.0, lam[i])
        settled |= np.abs(missing) <= 4 * _EPS * T[i]
        settled |= lower[i] == last[i]
        new = np.where(np.isinf(upper[i]), last[i], (lower[i] + upper[i]) / 2)
        if iteration < 12 or iteration % 3:
            for proposal in (lam[i] + step, lam[i] + _bent_step(step, kappa)):
                inside = (proposal > lower[i]) & (proposal < np.minimum(upper[i], last[i]))
                new = np.where(inside, proposal, new)
        lam[i] = np.where(settled, lam[i], new)
        active = i[~settled]
        if active.size == 0:
            break
    limit = np.maximum(s, 0.0)
    return np.clip(_along(lam, u0, s)[0], np.minimum(u0, limit), np.maximum(u0, limit))


def _bent_step(step: FloatArray, kappa: FloatArray) -> FloatArray:
    """log(1 + kappa step)/kappa, the step of the model dT/d lam ~ e^(kappa lam)."""
    bend = kappa * step
    safe_bend = np.where((bend == 0) | (bend <= -1), 1.0, bend)
    return np.where(bend > -1, step * np.where(bend == 0, 1, np.log1p(bend) / safe_bend), np.inf)
