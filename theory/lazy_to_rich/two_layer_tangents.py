r"""Tangent kernel of a two-layer network at given weights, and how it turns when outputs are moved.

F(x) = v . phi(W x/sqrt D)/sqrt N of N hidden units. J_a is the gradient of F(x_a) in all weights.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.infinite_width.flow_arguments import checked_matrix, real_array

FloatArray = NDArray[np.float64]

ACTIVATIONS = ("identity", "relu", "tanh")


class TangentKernels(NamedTuple):
    """`ntk` K_ab = J_a . J_b, (P, P), and `third` T_abc = (grad K_ab) . J_c, (P, P, P)."""

    ntk: FloatArray
    third: FloatArray


def two_layer_kernels(W: ArrayLike, v: ArrayLike, X: ArrayLike, activation: str) -> TangentKernels:
    r"""K and T of a two-layer network, from its weights::

        K_ab  = (1/N) sum_i [phi_a phi_b + v^2 phi'_a phi'_b G_ab],                     G = X X^T/D,
        T_abc = N^(-3/2) sum_i v [phi'_a phi_b phi'_c G_ac + phi_a phi'_b phi'_c G_bc
                + 2 phi'_a phi'_b phi_c G_ab + v^2 G_ab phi'_c (phi''_a phi'_b G_ac + phi'_a phi''_b G_bc)],

    all at unit i. T is symmetric in a and b: what K changes by when the weights move along J_c.

    Parameters
    ----------
    W : array_like, (N, D)
        First layer.
    v : array_like, (N,)
        Readout.
    X : array_like, (P, D)
        Inputs in rows; T takes P^3 numbers.
    activation : "identity", "relu" or "tanh"

    Returns
    -------
    TangentKernels
        (ntk, third).

    Raises
    ------
    ValueError
        For shapes that do not fit, entries that are not finite, or another activation.

    Notes
    -----
    Exact. For relu phi'' = 0: right as long as no unit switches on a training input. Weights N(0, 1) give
    T a mean of 0 (it is odd in v) and entries of order 1/N.

    References
    ----------
    Chizat, Oyallon, Bach 2018, arXiv:1812.07956: laziness is a small change of the differential; T derived
    here.

    Examples
    --------
    >>> two_layer_kernels([[2.0]], [3.0], [[1.0]], "identity")  # F = v w
    TangentKernels(ntk=array([[13.]]), third=array([[[24.]]]))
    """
    W, x = checked_matrix(W, "W", None), checked_matrix(X, "X", None)
    v = real_array(v, "v")
    if v.shape != (len(W),) or x.shape[1] != W.shape[1] or not np.isfinite(v).all():
        raise ValueError(
            f"W {W.shape}, v {v.shape}, X {x.shape}; need (N, D), (N,) finite, and (P, D)"
        )
    h, d1, d2 = _derivatives(W @ x.T / np.sqrt(x.shape[1]), activation)
    gram, n = x @ x.T / x.shape[1], len(W)
    back = v[:, None] * d1
    ntk = (h.T @ h + (back.T @ back) * gram) / n
    mixed = _summed(v, d1, h, d1)  # indices: phi', phi, phi'
    bent = _summed(v**3, d2, d1, d1)
    of_a = (mixed + bent * gram[:, :, None]) * gram[:, None, :]
    third = of_a + of_a.swapaxes(0, 1) + 2 * mixed.swapaxes(1, 2) * gram[:, :, None]
    return TangentKernels(ntk, third / n**1.5)


def _summed(weight: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """sum_i weight_i a_ip b_iq c_ir, (P, P, P)."""
    return np.einsum("ip,iq,ir->pqr", weight[:, None] * a, b, c, optimize=True)


def _derivatives(z: FloatArray, activation: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """phi, phi' and phi'' at z."""
    if activation == "identity":
        return z, np.ones_like(z), np.zeros_like(z)
    if activation == "relu":
        return np.maximum(z, 0), (z > 0).astype(np.float64), np.zeros_like(z)
    if activation == "tanh":
        h = np.tanh(z)
        return h, 1 - h**2, -2 * h * (1 - h**2)
    raise ValueError(f"activation = {activation!r}; needs one of {', '.join(ACTIVATIONS)}")
