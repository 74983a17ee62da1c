r"""Learning time of a chain whose layers but the last start at 1: the pre-trained network.

Setting and conventions are those of `modes`. Reached through `initialisation`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.mode_arguments import (
    FloatArray,
    broadcast_arguments,
    shaped_time,
)

_NODES = 16
_PANEL = 0.5  # the nearest singularity is 0.6 off the path: error 5^-32 a panel
_NEWTON = 100


def pretrained_time(
    initial_strength: ArrayLike,
    final_strength: ArrayLike,
    singular_value: ArrayLike,
    depth: ArrayLike,
    tau: ArrayLike = 1.0,
) -> FloatArray:
    r"""Time in which a pre-trained chain moves from strength u0 to uf.

    Greedy layer-wise pre-training leaves L - 1 layers at a_l = 1 and the last at b = u0. The flow
    keeps a_l^2 - b^2 = 1 - u0^2, and the strength u = a^(L-1) b obeys::

        tau du/dt = a^(2 L - 4) (a^2 + (L - 1) b^2) (s - u),    a^2 = 1 - u0^2 + b^2.

    The factor before (s - u) starts at 1 and grows: there is no plateau at small u, and
    t <= tau log[(s - u0)/(s - uf)], the time of a single layer, at any depth. t is that integral.

    Parameters
    ----------
    initial_strength : array_like
        u0 in [0, 1], the last layer's weight.
    final_strength : array_like
        uf >= u0. The time is 0 at u0, and inf from s on.
    singular_value : array_like
        s > u0.
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
    Exact for the flow of aligned weights; gradient descent deviates by O(learning rate). Gauss-
    Legendre quadrature with a relative precision of 1e-13 for s up to 1e6 and depth up to 1000.

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: greedy pre-training removes the plateau.

    Examples
    --------
    Two layers: the unbalanced mode from a0 = 1, b0 = 0:

    >>> from lazyrich.theory.deep_linear.modes import two_layer_time
    >>> times = pretrained_time(0.0, 1.8, 2.0, 2), two_layer_time(0.0, 1.8, 2.0, imbalance=1.0)
    >>> print(f"{times[0]:.12f} {times[1]:.12f}")
    0.993549026420 0.993549026420
    """
    shape, (u0, uf, s, layers, time_constant) = broadcast_arguments(
        initial_strength=initial_strength,
        final_strength=final_strength,
        singular_value=singular_value,
        depth=depth,
        tau=tau,
    )
    _check(u0, uf, s)
    reached = uf < s
    end = np.where(reached, uf, u0)
    turn = np.clip(s / 2, u0, end)  # below it u is followed, above it log(s - u)
    scale = np.sqrt(layers)
    T = _integrated(
        lambda v: np.cosh(v) / scale / (s - np.sinh(v) / scale),
        lambda v: np.sinh(v) / scale,
        np.arcsinh(u0 * scale), np.arcsinh(turn * scale), u0, layers,
    )  # fmt: skip
    T += _integrated(
        np.ones_like, lambda y: s - (s - turn) * np.exp(-y),
        np.zeros_like(s), np.log1p((end - turn) / (s - end)), u0, layers,
    )  # fmt: skip
    return shaped_time(time_constant * T, reached, uf == u0, shape)


def _check(u0: FloatArray, uf: FloatArray, s: FloatArray) -> None:
    if np.any((u0 < 0) | (u0 > 1)):
        wrong = u0[(u0 < 0) | (u0 > 1)][0]
        raise ValueError(
            f"initial_strength = {wrong} is outside [0, 1]: it is the last layer's weight, "
            "smaller than the others, which are 1"
        )
    for name, values in (("final_strength", uf), ("singular_value", s)):
        wrong = (values < u0) if name == "final_strength" else (values <= u0)
        if np.any(wrong):
            at = np.flatnonzero(wrong)[0]
            raise ValueError(
                f"{name} = {values[at]} with initial_strength = {u0[at]} is outside "
                "u0 <= final_strength, u0 < singular_value: the strength grows towards s"
            )


def _integrated(
    density: Callable[[FloatArray], FloatArray],
    strength: Callable[[FloatArray], FloatArray],
    low: FloatArray,
    high: FloatArray,
    u0: FloatArray,
    layers: FloatArray,
) -> FloatArray:
    """Integral of density/speed over a coordinate with u = strength(coordinate)."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    panels = max(1, int(np.ceil((high - low).max() / _PANEL)))
    width = (high - low) / panels
    total = np.zeros_like(low)
    for panel in range(panels):
        for node, weight in zip(nodes, weights, strict=True):
            at = low + width * (panel + (1 + node) / 2)
            total += weight / 2 * width * density(at) / _speed(strength(at), u0, layers)
    return total


def _speed(u: FloatArray, u0: FloatArray, layers: FloatArray) -> FloatArray:
    """a^(2 L - 4) (a^2 + (L - 1) b^2), with b from b a^(L-1) = u.

    log u is a convex function of log b: Newton steps from above fall to the root monotonically.
    """
    rest = (1 - u0) * (1 + u0)
    log_u = np.log(np.maximum(u, 1e-300))
    log_b = np.minimum(log_u, log_u / layers)
    for _ in range(_NEWTON):
        b2 = np.exp(2 * log_b)
        excess = log_b + (layers - 1) / 2 * np.log(rest + b2) - log_u
        step = excess / (1 + (layers - 1) * b2 / (rest + b2))
        log_b = log_b - step
        if np.all(np.abs(step) <= 4e-16 * np.maximum(1, np.abs(log_b))):
            break
    b2 = np.exp(2 * log_b)
    a2 = rest + b2
    return np.where(layers == 1, 1.0, a2 ** (layers - 2) * (a2 + (layers - 1) * b2))
