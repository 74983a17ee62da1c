"""exp(-lambda t) and (1 - eta lambda)^k as short sums of resolvents 1/(s_j + lambda), for all lambda at once.

Inverse Laplace transforms f(t) = (1/2 pi i) int exp(s t) F(s) ds whose F is analytic off the negative
real axis are sums over nodes of a parabola around that axis; so is their discrete analogue, in which
(1 + eta s)^k replaces exp(s t)::

    f = sum_j w_j F(s_j) + complex conjugate,

with all nodes in the upper half plane, since F(conj s) = conj F(s). A function of a positive matrix S
follows from its resolvents, F(s) = (S + s)^-1; a function of two variables from a double sum.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complexfloating[Any, Any]]

HALF_NODES = 18
"""Nodes above the axis. 1e-14 absolute from 16 on; round-off grows as exp(pi n/12) beyond 20."""
LAST_ON_CIRCLE = 32
"""Powers up to this are sums over a circle, larger ones over two parabolas, which need fewer nodes."""


class Nodes(NamedTuple):
    """Nodes s in the upper half plane and their weights, of one shape (..., nodes)."""

    s: ComplexArray
    weights: ComplexArray


def exponential_nodes(t: ArrayLike, half_nodes: int = HALF_NODES) -> Nodes:
    """Nodes and weights for exp(s t): abs(sum - exp(-lambda t)) < 2e-14 for every lambda >= 0.

    s_j = mu (1 + i theta_j)^2 with theta_j = 3 (j + 1/2)/n, mu = pi n/(12 t).

    Parameters
    ----------
    t : array_like, (...)
        Times in (0, inf).
    half_nodes : int
        n >= 1; the error falls as exp(-2 pi n/3) down to round-off.

    Returns
    -------
    Nodes
        (..., n) each.

    Raises
    ------
    ValueError
        For t or half_nodes outside these ranges.

    References
    ----------
    Weideman, Trefethen 2007 (Math. Comp. 76, 1341), parabolic contours.

    Examples
    --------
    >>> nodes = exponential_nodes(3.0)
    >>> print(f"{invert(nodes, 1 / (nodes.s + 0.5)):.12f}")  # exp(-1.5)
    0.223130160148
    """
    times = np.asarray(t)
    if times.dtype.kind not in "iuf" or times.size == 0:
        raise ValueError(f"t = {t!r}; needs times, one or more")
    valid = (times > 0) & np.isfinite(times)
    if not valid.all():
        raise ValueError(f"t = {times[~valid][0]} is outside (0, inf)")
    n = _whole(half_nodes, "half_nodes")
    theta = (np.arange(n) + 0.5) * 3 / n
    mu = np.pi * n / 12
    scaled: ComplexArray = mu * (1 + 1j * theta) ** 2
    weights: ComplexArray = (3 / n) * mu * (1 + 1j * theta) / np.pi * np.exp(scaled)
    times = times.astype(np.float64)[..., None]
    return Nodes(scaled / times, weights / times)


def power_nodes(n_steps: int, learning_rate: float, half_nodes: int = HALF_NODES) -> Nodes:
    """Nodes and weights for (1 + eta s)^k: the sum is (1 - eta lambda)^k to 5e-14 + 1e-15 k, 0 <= eta lambda < 2.

    In u = 1 + eta s the powers need a contour around the interval -1 < u <= 1. Up to k = 32 it is a circle
    of radius min(3, 30^(1/k)), where the trapezoidal rule errs by radius^-M. Beyond, u = exp(eta s')
    and u = -exp(eta s') with the parabola of `exponential_nodes` in s': the two halves meet at u = 0,
    where abs(u)^k is below round-off.

    Parameters
    ----------
    n_steps : int
        k >= 1.
    learning_rate : float
        eta > 0.
    half_nodes : int
        Nodes of each half parabola, at most k where parabolas are used.

    Returns
    -------
    Nodes
        2 `half_nodes` of them for k > 32, else 17 or 5.3 k, whichever is more.

    Raises
    ------
    ValueError
        For arguments outside these ranges.

    Examples
    --------
    >>> nodes = power_nodes(3, 0.5)
    >>> print(f"{invert(nodes, 1 / (nodes.s + 3.0)):.12f}")  # (1 - 1.5)^3
    -0.125000000000
    """
    k = _whole(n_steps, "n_steps")
    n = _whole(half_nodes, "half_nodes")
    if not 0 < learning_rate < np.inf:
        raise ValueError(f"learning_rate = {learning_rate} is outside (0, inf)")
    if k <= LAST_ON_CIRCLE:
        log_radius = min(np.log(3.0), np.log(30.0) / k)
        half = int(np.ceil(18 / log_radius))
        u = np.exp(log_radius + 1j * np.pi * (np.arange(half) + 0.5) / half)
        on_circle: ComplexArray = u ** (k + 1) / (2 * half * learning_rate)
        return Nodes((u - 1) / learning_rate, on_circle)
    if n > k:
        raise ValueError(f"half_nodes = {n} is outside 1, ..., {k}: {k} steps carry no more")
    scaled = exponential_nodes(float(k), n)
    u, weights = np.exp(scaled.s), scaled.weights * np.exp(scaled.s)
    sign = -1.0 if k % 2 else 1.0
    path: Any = np.concatenate((np.expm1(scaled.s), -u.conj() - 1)) / learning_rate
    both: Any = np.concatenate((weights, -sign * weights.conj())) / learning_rate
    return Nodes(path, both)


def invert(nodes: Nodes, values: NDArray[Any]) -> FloatArray:
    """f from F at the nodes: twice the real part of sum_j w_j F(s_j), over the last axis."""
    return 2 * (nodes.weights * values).sum(axis=-1).real


def invert_pair(nodes: Nodes, same: NDArray[Any], opposite: NDArray[Any]) -> FloatArray:
    """f(t, t) from F(s1, s2) with both arguments on the nodes or their conjugates.

    Parameters
    ----------
    nodes : Nodes
        (..., n).
    same, opposite : complex array, (..., n, n)
        F(s_i, s_j) and F(s_i, conj s_j).

    Returns
    -------
    array, (...)
        2 Re sum_ij [w_i w_j F(s_i, s_j) + w_i conj(w_j) F(s_i, conj s_j)].

    Examples
    --------
    >>> nodes = exponential_nodes(2.0)
    >>> first, second = 1 / (nodes.s[:, None] + 1), 1 / (nodes.s + 0.5)
    >>> print(f"{invert_pair(nodes, first * second, first * second.conj()):.12f}")  # exp(-3)
    0.049787068368
    """
    w = nodes.weights
    inner = (same * w[..., None, :]).sum(axis=-1) + (opposite * w.conj()[..., None, :]).sum(axis=-1)
    return 2 * (w * inner).sum(axis=-1).real


def _whole(value: float, name: str) -> int:
    given = np.asarray(value)
    if given.dtype.kind not in "iuf" or given.ndim or not (given >= 1 and given == np.floor(given)):
        raise ValueError(f"{name} = {value!r} is outside {{1, 2, ...}}")
    return int(given)
