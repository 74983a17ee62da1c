"""Curvature of a balanced deep linear chain, and the learning rate that it allows.

Setting and conventions are those of `modes`, through which these functions are reached.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.mode_arguments import FloatArray, broadcast_arguments, shaped


class ChainHessian(NamedTuple):
    """Eigenvalues of a balanced chain's loss: one `single`, and `repeated` depth - 1 times."""

    single: FloatArray
    repeated: FloatArray


def chain_hessian_eigenvalues(
    strength: ArrayLike, singular_value: ArrayLike, depth: ArrayLike
) -> ChainHessian:
    """Eigenvalues of the Hessian of a chain's loss (s - a_1 ... a_L)^2/2 at balanced weights.

    At weights of one size |a_i| = |u|^(1/L), whatever their signs, the L x L Hessian has::

        single   = sign(u) |u|^(1 - 2/L) [(2 L - 1) u - (L - 1) s]    (once),
        repeated = sign(u) |u|^(1 - 2/L) (s - u)                      (L - 1 times).

    The eigenvector of `single` lies along the balanced line. At the saddle u = 0, L = 2, sign(u)
    is read as +1. At L = 1 `single` is 1 and `repeated`, of which there is none, is given as 0.

    Parameters
    ----------
    strength : array_like
        Strength u, the product of the weights, of any sign.
    singular_value : array_like
        Strength s of the mode in the data, of any sign.
    depth : array_like of int
        Number L >= 1 of weight matrices.

    Returns
    -------
    ChainHessian
        (single, repeated), each with the broadcast shape of the arguments.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, empty arrays, or shapes that do not broadcast.

    Notes
    -----
    Exact at balanced weights; unequal weights change it by the order of a_i^2 - a_j^2.

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: the curvature along a balanced chain bounds
    the learning rate.

    Examples
    --------
    At the minimum u = s only one direction is curved, with L s^(2 - 2/L):

    >>> single, repeated = chain_hessian_eigenvalues(4.0, 4.0, 2)
    >>> print(f"{single:.1f} {repeated:.1f}")
    8.0 0.0
    """
    shape, (u, s, L) = broadcast_arguments(
        strength=strength, singular_value=singular_value, depth=depth
    )
    with np.errstate(all="ignore"):
        factor = np.where(u < 0, -1.0, 1.0) * np.abs(u) ** (1 - 2 / L)
        single = np.where(L == 1, 1.0, factor * ((2 * L - 1) * u - (L - 1) * s))
        repeated = np.where(L == 1, 0.0, factor * (s - u))
    return ChainHessian(shaped(single, shape), shaped(repeated, shape))


def optimal_learning_rate(singular_value: ArrayLike, depth: ArrayLike) -> FloatArray:
    """Learning rate 1/(L |s|^(2 - 2/L)): the inverse of the curvature at the minimum of a chain.

    Gradient descent on the loss (s - a_1 ... a_L)^2/2 converges locally at learning rates below
    twice this value, fastest at this value, where one step removes the linear part of the error.

    Parameters
    ----------
    singular_value : array_like
        Strength s of the mode in the data, of either sign; 0 is refused for L >= 2.
    depth : array_like of int
        Number L >= 1 of weight matrices.

    Returns
    -------
    array
        Learning rate, of the broadcast shape.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, empty arrays, or shapes that do not broadcast.

    Notes
    -----
    Local, at balanced weights. The learning rate that minimises the number of steps from a given
    start scales in the same way with depth, with a factor of order 1 that depends on the start.

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: the best learning rate falls as 1/depth.

    Examples
    --------
    >>> print(f"{optimal_learning_rate(4.0, 2):.4f} {optimal_learning_rate(1.0, 50):.4f}")
    0.1250 0.0200
    """
    shape, (s, L) = broadcast_arguments(singular_value=singular_value, depth=depth)
    if np.any((s == 0) & (L > 1)):
        raise ValueError(
            "singular_value = 0 with depth >= 2 is outside the range s != 0: the minimum of the "
            "loss has no curvature there, so no learning rate is the best"
        )
    with np.errstate(all="ignore"):
        return shaped(np.abs(s) ** (2 / L - 2) / L, shape)
