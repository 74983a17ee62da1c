"""Time and flow of one feature of a JEPA: the numerics behind `self_distillation`.

Setting: a positive weight w of dw/dt = lam w^(2L) (1 - w/rho), the fixed point rho reached from below
or from above. Both cases have a coordinate delta >= 0 in which no large terms cancel.

Below, delta is the shift of log[w/(rho - w)]. With x0 = w0/rho and l = log(w/w0)::

    lam t w0^(2L-1) = sum_{n=1}^{2L-1} x0^(2L-1-n) (1 - e^(-n l))/n + x0^(2L-1) delta,

all of whose terms are positive. Above, w - rho = (w0 - rho) e^(-delta). With y = rho/w, y0 = rho/w0
and l = log(w0/w)::

    lam t w^(2L)/rho = int_0^l e^(-2L xi)/(1 - y e^(-xi)) d xi
                     = y^(-2L) {log[1 + y0 (e^delta - 1)] - sum_{k=1}^{2L-1} y^k (1 - e^(-k l))/k},

the second form where y^(2L) > 0.1, so that little cancels, Gauss-Legendre nodes elsewhere.
"""

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)
_SATURATED = 40.0  # e^-40 < eps: the fixed point is reached to the last digit
_PANELS = (0.0, 2.0, 6.0, 14.0, 42.0)  # of 2L xi; e^-42 < eps
_NODES = 24  # nearest pole 2.3 before the first panel
_MAX_ITERATIONS = 120  # bisection alone needs 64; the usual number is 3 to 10
_LARGEST_EXPONENT = 700.0


@cache
def _nodes() -> list[tuple[float, float]]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return list(zip(((1 + nodes) / 2).tolist(), (weights / 2).tolist(), strict=True))


def _exp(exponent: FloatArray) -> FloatArray:
    return np.exp(np.minimum(exponent, _LARGEST_EXPONENT))


def time_below(x0: FloatArray, length: FloatArray, delta: FloatArray, L: FloatArray) -> FloatArray:
    """lam t w0^(2L-1) from x0 < 1 to x0 e^length, where log[x/(1 - x)] has grown by delta."""
    total = np.zeros_like(x0)
    last = 2 * L - 1
    for n in range(1, int(last.max(initial=0)) + 1):
        total = np.where(n <= last, total * x0 - np.expm1(-n * length) / n, total)
    return total + x0**last * delta


def _time_above(
    y0: FloatArray,
    y: FloatArray,
    gap: FloatArray,
    length: FloatArray,
    delta: FloatArray,
    L: FloatArray,
) -> FloatArray:
    """lam t w^(2L)/rho from y0 to y = 1 - gap = y0 e^length, both below 1."""
    n = 2 * L
    result = np.zeros_like(y)
    log_power = n * np.log1p(-gap)
    i = (log_power > np.log(0.1)) & (gap < 0.9)
    result[i] = _logarithm_less_sum(y0[i], y[i], length[i], delta[i], n[i]) * np.exp(-log_power[i])
    i = ~i
    if i.any():
        result[i] = _quadrature(y[i], gap[i], length[i], n[i])
    return result


def _logarithm_less_sum(
    y0: FloatArray, y: FloatArray, length: FloatArray, delta: FloatArray, n: FloatArray
) -> FloatArray:
    late = np.logaddexp(np.log1p(-y0), np.log(y0) + delta)
    total = np.where(delta > 1, late, np.log1p(y0 * np.expm1(np.minimum(delta, 1.0))))
    for k in range(1, int(n.max(initial=0))):
        total += np.where(k < n, y**k * np.expm1(-k * length) / k, 0.0)
    return total


def _quadrature(y: FloatArray, gap: FloatArray, length: FloatArray, n: FloatArray) -> FloatArray:
    total = np.zeros_like(y)
    for start, end in pairwise(_PANELS):
        low, high = np.minimum(start / n, length), np.minimum(end / n, length)
        for node, weight in _nodes():
            xi = low + (high - low) * node
            total += weight * (high - low) * np.exp(-n * xi) / (gap - y * np.expm1(-xi))
    return total


def _state_below(
    delta: FloatArray, w0: FloatArray, rho: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """w, 1 - w/rho and log(w/w0) at the coordinate delta."""
    x0, distance = w0 / rho, (rho - w0) / rho
    e, passed = np.exp(-delta), -np.expm1(-delta)
    denominator = e + x0 * passed
    length = np.log1p(distance * passed / denominator)
    return w0 / denominator, distance * e / denominator, length


def _state_above(
    delta: FloatArray, w0: FloatArray, rho: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """w, 1 - rho/w and log(w0/w) at the coordinate delta."""
    e, passed = np.exp(-delta), -np.expm1(-delta)
    w = w0 * e + rho * passed
    return w, (w0 - rho) * e / w, np.log1p((w0 - rho) * passed / w)


def jepa_flow(
    t: FloatArray, lam: FloatArray, rho: FloatArray, w0: FloatArray, L: FloatArray
) -> FloatArray:
    """w(t) from w0 > 0, w0 != rho, for finite t (not checked).

    Steps on the local model dt/d delta ~ e^(kappa delta), exact for power laws and exponentials. A
    step that leaves the bracket is replaced by a Newton step, by a bisection if that leaves it too,
    and by a bisection now and then in long iterations.
    """
    rising = w0 < rho
    last = np.abs(np.log(w0) - np.log(rho)) + _SATURATED
    delta, lower, upper = np.zeros_like(w0), np.zeros_like(w0), np.full_like(w0, np.inf)
    active = np.arange(w0.size)
    for iteration in range(_MAX_ITERATIONS):
        i = active
        step, kappa, exact = np.empty((3, i.size))
        for below, missing in ((True, _missing_below), (False, _missing_above)):
            j = rising[i] == below
            k = i[j]
            if k.size == 0:
                continue
            step[j], kappa[j], exact[j] = missing(delta[k], t[k], lam[k], rho[k], w0[k], L[k])
        lower[i] = np.where(step > 0, delta[i], lower[i])
        upper[i] = np.where(step > 0, upper[i], delta[i])
        settled = (np.abs(step) <= 2 * _EPS * delta[i]) | (exact > 0) | (lower[i] == last[i])
        new = np.where(np.isinf(upper[i]), last[i], (lower[i] + upper[i]) / 2)
        if iteration < 16 or iteration % 3:
            for proposal in (delta[i] + step, delta[i] + _bent_step(step, kappa)):
                inside = (proposal > lower[i]) & (proposal < np.minimum(upper[i], last[i]))
                new = np.where(inside, proposal, new)
        settled |= new == delta[i]
        delta[i] = np.where(settled, delta[i], new)
        active = i[~settled]
        if active.size == 0:
            break
    w = np.where(rising, _state_below(delta, w0, rho)[0], _state_above(delta, w0, rho)[0])
    return np.clip(w, np.minimum(w0, rho), np.maximum(w0, rho))


def _missing_below(
    delta: FloatArray,
    t: FloatArray,
    lam: FloatArray,
    rho: FloatArray,
    w0: FloatArray,
    L: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Newton step in delta, d log(dt/d delta)/d delta, and 1 where t is met to rounding."""
    _, gap, length = _state_below(delta, w0, rho)
    wanted = lam * w0 ** (2 * L - 1) * t
    missing = wanted - time_below(w0 / rho, length, delta, L)
    step = missing * _exp((2 * L - 1) * length)
    return step, -(2 * L - 1) * gap, (np.abs(missing) <= 8 * _EPS * wanted).astype(float)


def _missing_above(
    delta: FloatArray,
    t: FloatArray,
    lam: FloatArray,
    rho: FloatArray,
    w0: FloatArray,
    L: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """As below; one unit of delta takes the time rho/(lam w^(2L))."""
    w, gap, length = _state_above(delta, w0, rho)
    wanted = lam * t * (w / rho) * w ** (2 * L - 1)
    missing = wanted - _time_above(rho / w0, rho / w, gap, length, delta, L)
    return missing, 2 * L * gap, (np.abs(missing) <= 8 * _EPS * wanted).astype(float)


def _bent_step(step: FloatArray, kappa: FloatArray) -> FloatArray:
    """log(1 + kappa step)/kappa, the step of the model dt/d delta ~ e^(kappa delta)."""
    bend = kappa * step
    safe_bend = np.where((bend == 0) | (bend <= -1), 1.0, bend)
    return np.where(bend > -1, step * np.where(bend == 0, 1, np.log1p(bend) / safe_bend), np.inf)
