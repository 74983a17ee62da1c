"""Strength and learning time of balanced deep linear chains of any depth.

Setting and conventions are those of `modes`, through which these functions are reached.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.chain import chain_flow, chain_time
from lazyrich.theory.deep_linear.mode_arguments import (
    FloatArray,
    broadcast_arguments,
    shaped,
    shaped_time,
    strictly_reached,
)


def deep_mode(
    t: ArrayLike,
    initial_strength: ArrayLike,
    singular_value: ArrayLike,
    depth: ArrayLike,
    tau: ArrayLike = 1.0,
) -> FloatArray:
    """Strength u(t) of one mode of a balanced deep linear network of L weight matrices.

    Solves tau du/dt = L |u|^(2 - 2/L) (s - u), u(0) = u0, the flow of a chain whose weights all
    have size |u|^(1/L). Any sign of u0 and of s is allowed, at every depth: it is the sign of the
    product of the weights. L = 1 relaxes exponentially, through 0 if need be; s = 0 decays as
    u = u0 [1 + (2 - 2/L) L t/tau |u0|^(2 - 2/L)]^(-L/(2 L - 2)); else `deep_time` is inverted to
    full precision. For L >= 2 the saddle u = 0 is never left nor crossed: a start with the sign
    opposite to s tends to 0.

    Parameters
    ----------
    t : array_like
        Gradient-flow time t in [0, inf]; inf gives the limit.
    initial_strength : array_like
        Initial strength u0, of any sign.
    singular_value : array_like
        Strength s of the mode in the data, of any sign.
    depth : array_like of int
        Number L >= 1 of weight matrices.
    tau : array_like
        Time constant, > 0.

    Returns
    -------
    array
        Strength u(t), of the broadcast shape.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, empty arrays, or shapes that do not broadcast.

    Notes
    -----
    Exact for the flow from balanced weights, a_i^2 = a_j^2. Gradient descent deviates by
    O(learning rate), unequal weights by the order of their conserved differences a_i^2 - a_j^2.

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: dynamics of the product of the weights of a
    deep chain with equal weights.

    Examples
    --------
    Depth 2 is the balanced two-layer mode:

    >>> from lazyrich.theory.deep_linear.modes import two_layer_mode
    >>> print(f"{deep_mode(2.0, 0.01, 3.0, 2):.12f} {two_layer_mode(2.0, 0.1, 0.1, 3.0).u:.12f}")
    2.994498747976 2.994498747976
    """
    shape, (times, u0, s, L, time_constant) = broadcast_arguments(
        t=t, initial_strength=initial_strength, singular_value=singular_value, depth=depth, tau=tau
    )
    with np.errstate(all="ignore"):
        mirror = np.where(u0 < 0, -1.0, 1.0)
        T, u0, s = times / time_constant * L, mirror * u0, mirror * s
        u = np.where(np.isinf(T) & (u0 > 0), np.maximum(s, 0.0), u0)
        i = L == 1
        u[i] = u0[i] * np.exp(-T[i]) - s[i] * np.expm1(-T[i])
        moving = (L > 1) & (u0 > 0) & (u0 != s) & np.isfinite(T)
        i = moving & (s == 0)
        power = 2 - 2 / L[i]
        u[i] = u0[i] * np.exp(-np.log1p(power * T[i] * u0[i] ** power) / power)
        i = moving & (s != 0)
        u[i] = chain_flow(T[i], u0[i], s[i], 1 - 2 / L[i])
        return shaped(mirror * u, shape)


def deep_time(
    initial_strength: ArrayLike,
    final_strength: ArrayLike,
    singular_value: ArrayLike,
    depth: ArrayLike,
    tau: ArrayLike = 1.0,
) -> FloatArray:
    """Time t in which a mode of a balanced deep linear network moves from strength u0 to uf.

    Integrates tau du/dt = L |u|^(2 - 2/L) (s - u). For positive strengths::

        t = (tau/L) int_u0^uf du/(u^(2 - 2/L) (s - u)) = (tau/L) [F(uf) - F(u0)],
        F(u) = u^b/(b s) 2F1(1, b; b + 1; u/s),  b = -1 + 2/L,

    tau log[(s - u0)/(s - uf)] for L = 1 and (tau/(2 s)) log[uf (s - u0)/(u0 (s - uf))] for L = 2.
    The integral is evaluated from end to end, not as a difference of F (`chain` says how).
    t is 0 if uf = u0 and inf if uf is never reached: uf not between u0 and s, uf = s, or, for
    L >= 2, u0 and uf not strictly on one side of the saddle u = 0.

    Parameters
    ----------
    initial_strength, final_strength : array_like
        Strengths u0 and uf, of any sign.
    singular_value : array_like
        Strength s of the mode in the data, of any sign.
    depth : array_like of int
        Number L >= 1 of weight matrices.
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
    Exact for the flow from balanced weights; steps of gradient descent times learning rate differ
    by O(learning rate).

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: learning time of a chain of given depth.

    Examples
    --------
    Depth 1 forgets its initial error at rate 1/tau, whatever the singular value:

    >>> print(f"{deep_time(0.0, 2 * (1 - np.exp(-3.0)), 2.0, 1):.12f}")
    3.000000000000
    """
    shape, (u0, uf, s, L, time_constant) = broadcast_arguments(
        initial_strength=initial_strength,
        final_strength=final_strength,
        singular_value=singular_value,
        depth=depth,
        tau=tau,
    )
    with np.errstate(all="ignore"):
        reached = strictly_reached(u0, uf, s, L > 1)
        time = np.zeros_like(u0)
        i = reached & (L == 1)
        time[i] = time_constant[i] * np.log1p((uf[i] - u0[i]) / (s[i] - uf[i]))
        i = reached & (L > 1)
        time[i] = time_constant[i] / L[i] * chain_time(u0[i], uf[i], s[i], 1 - 2 / L[i])
    return shaped_time(time, reached, u0 == uf, shape)


def infinite_depth_time(
    initial_strength: ArrayLike,
    final_strength: ArrayLike,
    singular_value: ArrayLike,
    tau: ArrayLike = 1.0,
) -> FloatArray:
    """Limit of depth x time, L t as L -> infinity, from strength u0 to uf.

    The limit of L times `deep_time`::

        L t -> tau int_u0^uf du/(u^2 (s - u))
             = tau {log[uf (s - u0)/(u0 (s - uf))]/s^2 + 1/(s u0) - 1/(s uf)}.

    At the learning rate 1/(L s^(2 - 2/L)) of `optimal_learning_rate` the number of steps therefore
    stays finite as the depth grows: s^2 times this limit. 0 and inf are returned as by `deep_time`.

    Parameters
    ----------
    initial_strength, final_strength : array_like
        Strengths u0 and uf, of any sign.
    singular_value : array_like
        Strength s of the mode in the data, of any sign.
    tau : array_like
        Time constant, > 0.

    Returns
    -------
    array
        Limit of L t in [0, inf], of the broadcast shape.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, empty arrays, or shapes that do not broadcast.

    Notes
    -----
    Depth L deviates by O(1/L): for small u0 by a relative (2/L) log u0 or less.

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: the learning time in steps, at the best
    learning rate, tends to a finite value as the depth grows.

    Examples
    --------
    >>> print(f"{infinite_depth_time(0.05, 1.9, 2.0):.4f}")
    11.3888
    >>> print(f"{10**6 * deep_time(0.05, 1.9, 2.0, 10**6):.4f}")
    11.3888
    """
    shape, (u0, uf, s, time_constant) = broadcast_arguments(
        initial_strength=initial_strength,
        final_strength=final_strength,
        singular_value=singular_value,
        tau=tau,
    )
    with np.errstate(all="ignore"):
        reached = strictly_reached(u0, uf, s, np.full(u0.shape, True))
        time = np.zeros_like(u0)
        i = reached
        time[i] = time_constant[i] * chain_time(u0[i], uf[i], s[i], np.ones_like(u0[i]))
    return shaped_time(time, reached, u0 == uf, shape)
