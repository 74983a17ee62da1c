"""Learning of one singular mode of a linear network: strength, time, depth, curvature.

Setting. A linear network y = W_L ... W_1 x with loss 1/(2 P) sum |y_target - y|^2 over P examples,
whitened inputs (Sigma_xx = I) and Sigma_yx = (averages over the examples) U diag(s) V^T. When the
weights share these singular vectors every mode learns alone: a chain of `depth` = L scalars (L
counts weight matrices) with strength u = a_1 ... a_L and loss (s - u)^2/2. For a diagonal Sigma_xx
with eigenvalues d the formulas hold mode by mode with s -> s/d and tau -> tau/d.

Time t is gradient-flow time, tau dW/dt = -gradient; with tau = 1 it is learning rate x steps of
gradient descent, which follows the flow up to O(learning rate).

All arguments may be scalars or arrays and broadcast; results have the broadcast shape (a numpy
scalar if all are scalars). Strengths are limited to 1e150 in size so that their products exist;
they, t/tau and the results are precise down to 1e-150, below which floats may underflow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.chain_curvature import (
    ChainHessian,
    chain_hessian_eigenvalues,
    optimal_learning_rate,
)
from lazyrich.theory.deep_linear.deep_modes import deep_mode, deep_time, infinite_depth_time
from lazyrich.theory.deep_linear.mode_arguments import (
    FloatArray,
    broadcast_arguments,
    shaped,
    shaped_time,
    strictly_reached,
)

__all__ = [
    "ChainHessian",
    "TwoLayerMode",
    "chain_hessian_eigenvalues",
    "deep_mode",
    "deep_time",
    "infinite_depth_time",
    "optimal_learning_rate",
    "two_layer_mode",
    "two_layer_time",
]


class TwoLayerMode(NamedTuple):
    """Weights a, b and strength u = a b of a two-layer mode."""

    a: FloatArray
    b: FloatArray
    u: FloatArray


def two_layer_mode(
    t: ArrayLike, a0: ArrayLike, b0: ArrayLike, singular_value: ArrayLike, tau: ArrayLike = 1.0
) -> TwoLayerMode:
    """Weights a(t), b(t) and strength u = a b of one mode of a two-layer linear network.

    Solves tau da/dt = b (s - a b), tau db/dt = a (s - a b), hence tau du/dt = sqrt(c^2 + 4 u^2)
    (s - u), with the conserved imbalance c = a^2 - b^2 = (a0 + b0)(a0 - b0). For s >= 0 and
    a0 >= abs(b0), to which symmetry reduces every other case, with f = sqrt(s^2 + c^2/4),
    h = exp(-f t/tau), W = (1 - h^2)/(2 f) (t/tau if f = 0) and g = a0 + b0 s/(f + c/2)::

        a = (a0 h^2 + (f + c/2) W g)/sqrt(N D),    b = (b0 h^2 + s W g)/sqrt(N D),
        N = h^2 + W (f + s + (a0 - b0)^2/2),
        D = h^2 + W (a0 + b0)(a0 + b0 + (a0 - b0) (c/2)/(f + s))/2.

    A mode that starts on the saddle's stable line a0 = -b0 (s > 0) tends to 0 and never learns.

    Parameters
    ----------
    t : array_like
        Gradient-flow time t in [0, inf]; inf gives the limit.
    a0, b0 : array_like
        Initial weights of the first and of the second layer, of any sign.
    singular_value : array_like
        Strength s of the mode in the data, of any sign.
    tau : array_like
        Time constant, > 0.

    Returns
    -------
    TwoLayerMode
        (a, b, u), each with the broadcast shape of the arguments.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, empty arrays, or shapes that do not broadcast.

    Notes
    -----
    Exact for the flow of aligned weights. Gradient descent deviates by O(learning rate), weights
    that are not aligned by the order of their misalignment.

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: two-layer modes decouple, conserve a^2 - b^2
    and follow hyperbolic curves, a sigmoid when a0 = b0.

    Examples
    --------
    The balanced mode is the sigmoid u = s/(1 + (s/u0 - 1) exp(-2 s t/tau)):

    >>> print(f"{two_layer_mode(2.0, 0.1, 0.1, 3.0).u:.12f}")
    2.994498747976
    >>> print(f"{3 / (1 + (3 / 0.01 - 1) * np.exp(-12.0)):.12f}")
    2.994498747976
    """
    shape, (times, first, second, s, time_constant) = broadcast_arguments(
        t=t, a0=a0, b0=b0, singular_value=singular_value, tau=tau
    )
    with np.errstate(all="ignore"):
        # Mirror images: (b, s) -> (-b, -s), a <-> b, (a, b) -> (-a, -b).
        second = np.where(s < 0, -second, second)
        swapped = np.abs(second) > np.abs(first)
        large = np.where(swapped, second, first)
        small = np.where(swapped, first, second)
        sign = np.where(large < 0, -1.0, 1.0)
        T = times / time_constant
        large, small = _reduced_mode(T, sign * large, sign * small, np.abs(s))
        large, small = sign * large, sign * small
        a, b = np.where(swapped, small, large), np.where(swapped, large, small)
        b = np.where(s < 0, -b, b)
        return TwoLayerMode(shaped(a, shape), shaped(b, shape), shaped(a * b, shape))


def _reduced_mode(
    T: FloatArray, a0: FloatArray, b0: FloatArray, s: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """a(T), b(T) for s >= 0 and a0 >= |b0|: every sum but that of b has terms of one sign.

    N and D are those of `two_layer_mode`; sqrt(D) = hypot(h, z) is divided out by its larger part
    m, so that neither a mode on the saddle nor one that leaves it late underflows.
    """
    x0, y0 = a0 + b0, a0 - b0
    c2 = x0 * y0 / 2
    f = np.hypot(s, c2)
    still = f == 0
    safe_f = np.where(still, 1.0, f)
    phase = np.where(still, 0.0, f * T)
    h, w = np.exp(-phase), -np.expm1(-2 * phase)
    W = np.where(still, T, w / (2 * safe_f))
    q = c2 / np.where(still, 1.0, f + s)
    r_complement = c2 * (1 + q) / np.where(still, 1.0, f + c2)  # 1 - s/(f + c/2)
    r = s / np.where(still, 1.0, f + c2)
    g = np.where(b0 >= 0, a0 + r * b0, x0 - r_complement * b0)
    z = np.sqrt(W / 2) * np.sqrt(x0) * np.sqrt(x0 + q * y0)
    m = np.maximum(h, z)
    stuck = m == 0  # on the saddle, h underflown
    m = np.where(stuck, 1.0, m)
    N = h * h + w * (1 + s / safe_f) / 2 + np.where(y0 == 0, 0.0, W * y0 * y0 / 2)
    norm = np.sqrt(N) * np.where(stuck, 1.0, np.hypot(h / m, z / m))
    a = (a0 * h * (h / m) + w * (1 + c2 / safe_f) / 2 * (g / m)) / norm
    b = (b0 * h * (h / m) + w * (s / safe_f) / 2 * (g / m)) / norm
    decayed = still & np.isinf(T)
    return np.where(decayed, np.sqrt(x0) * np.sqrt(y0), a), np.where(decayed, 0.0, b)


def two_layer_time(
    initial_strength: ArrayLike,
    final_strength: ArrayLike,
    singular_value: ArrayLike,
    imbalance: ArrayLike = 0.0,
    tau: ArrayLike = 1.0,
) -> FloatArray:
    """Time t in which a two-layer mode moves from strength u0 to uf.

    Integrates tau du/dt = sqrt(c^2 + 4 u^2) (s - u). With h(u) = sqrt(c^2 + 4 u^2) and
    X(u) = 2 u + h(u), which is (a + b)^2, and f = h(s)/2::

        t = tau/(2 f) log(1 + 4 f (X(uf) - X(u0))/((X(s) - X(uf)) (X(u0) + X(-s)))).

    For c = 0 and strengths of one sign this is tau/(2 s) log[uf (s - u0)/(u0 (s - uf))].
    t is 0 if uf = u0 and inf if uf is never reached: uf not between u0 and s, uf = s, or, for
    c = 0, u0 and uf not strictly on one side of the saddle u = 0. For c != 0 the strength crosses 0.

    Parameters
    ----------
    initial_strength, final_strength : array_like
        Strengths u0 and uf, of any sign.
    singular_value : array_like
        Strength s of the mode in the data, of any sign.
    imbalance : array_like
        c = a0^2 - b0^2, of any sign.
    tau : array_like
        Time constant, > 0.

    Returns
    -------
    array
        Gradient-flow time in [0, inf], of the broadcast shape.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, empty arrays, or shapes that do not broadcast.

    Notes
    -----
    Exact for the flow; steps of gradient descent times learning rate differ by O(learning rate).

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: the time to learn a mode is of order
    tau/s, up to the logarithm of the initial strength.

    Examples
    --------
    From a small strength u0 to s - u0 the balanced mode takes (tau/s) log(s/u0 - 1):

    >>> print(f"{two_layer_time(1e-3, 2 - 1e-3, 2.0):.12f} {np.log(2 / 1e-3 - 1) / 2:.12f}")
    3.800201167250 3.800201167250
    """
    shape, (u0, uf, s, c, time_constant) = broadcast_arguments(
        initial_strength=initial_strength,
        final_strength=final_strength,
        singular_value=singular_value,
        imbalance=imbalance,
        tau=tau,
    )
    with np.errstate(all="ignore"):
        mirror = np.where(uf < 0, -1.0, 1.0)
        T = _reduced_time(mirror * u0, mirror * uf, mirror * s, np.abs(c))
        reached = strictly_reached(u0, uf, s, c == 0)
    return shaped_time(time_constant * T, reached, u0 == uf, shape)


def _reduced_time(u0: FloatArray, uf: FloatArray, s: FloatArray, c: FloatArray) -> FloatArray:
    """t/tau for uf >= 0 and c >= 0; u0 < 0 only where the strength rises to 0 or through it.

    The differences of X are written as X(v) - X(u) = 2 (v - u)(X(v) + X(u))/(h(v) + h(u)).
    """

    def h(u: FloatArray) -> FloatArray:
        return np.hypot(c, 2 * u)

    def X(u: FloatArray) -> FloatArray:
        return np.where(u < 0, c * (c / (h(u) + 2 * np.abs(u))), h(u) + 2 * np.abs(u))

    f = h(s) / 2
    factor = 4 * ((uf - u0) / (s - uf)) * ((X(uf) + X(u0)) / (h(uf) + h(u0)))
    factor *= (h(s) + h(uf)) / (X(s) + X(uf))
    rises = u0 < 0
    per_c2 = 1 / X(s) + 1 / X(-u0)  # (X(u0) + X(-s))/c^2 if u0 < 0 < s
    ratio = factor / np.where(rises, c * c * per_c2, X(u0) + X(-s))
    log_low = np.where(rises, np.log(per_c2) + 2 * np.log(c), np.log(X(u0) + X(-s)))
    late = f * ratio > 1e100  # c^2 or 1/u0 may leave the range of floats
    log = np.where(late, np.log(f * factor) - log_low, np.log1p(f * ratio))
    return np.where(f * ratio < 1e-20, ratio, log / np.where(f == 0, 1.0, f)) / 2
