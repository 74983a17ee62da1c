r"""How lazy a network is: movement of weights, of its tangent kernel, and away from linearised training.

Setting. f = alpha (F - F_0) with the output scale alpha and F_0 the start of F; gradient flow on
1/2 sum (f - y)^2 with all rates divided by alpha^2, so that at leading order f descends with the tangent
kernel K of F at the start, whatever alpha; t = learning_rate x steps. Then, J the gradients of F,

    dtheta(t) = (1/alpha) J^T K^-1 (1 - e^{-K t}) y + O(1/alpha^2),

and everything else follows: predictions below are the coefficients of 1/alpha at fixed width, computed
from K and the third kernel T (`two_layer_kernels`) at the start. Scalings: weights move relative to their
start by O(1/(alpha sqrt N)); kernels by O(1/(alpha N)) + O(1/(alpha^2 N)); outputs leave linearised training
as kernels do. At fixed alpha sqrt N wide networks share one crossover (`linear_crossover`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.infinite_width.flow_arguments import (
    checked_kernel,
    checked_targets,
    checked_times,
    modes_of,
    real_array,
)
from lazyrich.theory.infinite_width.mode_decay import mode_decay, mode_response
from lazyrich.theory.lazy_to_rich.alignment import kernel_target_alignment
from lazyrich.theory.lazy_to_rich.linear_crossover import (
    Movement,
    lazy_kernel_fluctuation,
    linear_crossover,
)
from lazyrich.theory.lazy_to_rich.two_layer_tangents import TangentKernels, two_layer_kernels

__all__ = [
    "Movement",
    "TangentKernels",
    "kernel_movement",
    "kernel_target_alignment",
    "lazy_kernel_fluctuation",
    "linear_crossover",
    "linear_departure",
    "linearised_outputs",
    "two_layer_kernels",
    "weight_movement",
]

FloatArray = NDArray[np.float64]

_SINGULAR = 1e-12  # of the largest eigenvalue: modes below do not move


class _Start(NamedTuple):
    lam: FloatArray
    vectors: FloatArray
    y: FloatArray
    moves: NDArray[np.bool_]


def weight_movement(
    t: ArrayLike, kernel: ArrayLike, y: ArrayLike, *, learning_rate: float | None = None
) -> FloatArray:
    r"""alpha |dtheta(t)| as alpha -> inf: sqrt(y^T K^-1 (1 - e^{-K t})^2 y).

    Parameters
    ----------
    t : array_like
        Time >= 0, inf allowed.
    kernel : array_like, (P, P)
        K at the start, positive semidefinite; null modes do not move.
    y : array_like, (P,)
        Targets.
    learning_rate : float, optional
        > 0, at most 2/(largest eigenvalue): gradient descent exactly, (1 - learning_rate K)^steps for the
        exponential; t is then a whole number of steps.

    Returns
    -------
    array
        Of the shape of t; the relative movement is this over alpha |theta_0|.

    Raises
    ------
    ValueError
        For values outside these ranges, shapes that do not fit, or a kernel that is not positive
        semidefinite.

    Notes
    -----
    Exact as alpha -> inf at fixed width; the correction is O(1/alpha). With the NTK of infinite width, the
    limit of alpha |dtheta| at fixed alpha, while |theta_0| grows as sqrt(width).

    References
    ----------
    Chizat, Oyallon, Bach 2018, arXiv:1812.07956: movement of order 1/alpha; coefficient derived here.

    Examples
    --------
    >>> weight_movement([0.0, np.inf], [[4.0]], [2.0])
    array([0., 1.])
    """
    start = _start(kernel, y)
    response = _response(start, t, learning_rate)
    return np.sqrt((start.lam * (response * start.y) ** 2).sum(axis=-1))[()]


def kernel_movement(
    t: ArrayLike,
    kernel: ArrayLike,
    third: ArrayLike,
    y: ArrayLike,
    *,
    learning_rate: float | None = None,
) -> FloatArray:
    r"""alpha (K_t - K_0) as alpha -> inf: sum_c T_abc [K^-1 (1 - e^{-K t}) y]_c.

    Parameters
    ----------
    t, kernel, y, learning_rate
        As for `weight_movement`.
    third : array_like, (P, P, P)
        T of `two_layer_kernels`.

    Returns
    -------
    array, the shape of t followed by (P, P)

    Raises
    ------
    ValueError
        As for `weight_movement`.

    Notes
    -----
    Exact as alpha -> inf at fixed width; the correction is O(1/alpha).

    References
    ----------
    Chizat, Oyallon, Bach 2018, arXiv:1812.07956, for the order; coefficient derived here.

    Examples
    --------
    >>> kernel_movement(np.inf, [[4.0]], [[[2.0]]], [2.0])
    array([[1.]])
    """
    start = _start(kernel, y)
    tensor = _checked_third(third, len(start.lam))
    moved = (_response(start, t, learning_rate) * start.y) @ start.vectors.T
    return np.einsum("abc,...c->...ab", tensor, moved)


def linear_departure(t: ArrayLike, kernel: ArrayLike, third: ArrayLike, y: ArrayLike) -> FloatArray:
    r"""alpha (f - f_lin) as alpha -> inf, f_lin = (1 - e^{-K t}) y the linearised training.

    The error e^{-K s} y drives f through the kernel's movement and then relaxes with K::

        int_0^t e^{-K (t - s)} [alpha (K_s - K_0)] e^{-K s} y ds,

    in modes of K: sum_bc T_abc y_b y_c [C(a, b) - C(a, b + c)]/lam_c, with C(p, q) the convolution of two
    exponentials.

    Parameters
    ----------
    t, kernel, third, y
        As for `kernel_movement`; gradient flow.

    Returns
    -------
    array, the shape of t followed by (P,)

    Raises
    ------
    ValueError
        As for `weight_movement`, and for t = inf where K is singular.

    Notes
    -----
    Exact as alpha -> inf at fixed width; the correction is O(1/alpha). It is 0 at the start and at the end.

    References
    ----------
    Chizat, Oyallon, Bach 2018, arXiv:1812.07956: distance to linearised training; coefficient derived here.

    Examples
    --------
    >>> linear_departure([0.0, np.inf], [[4.0]], [[[2.0]]], [2.0]) + 0.0
    array([[0.],
           [0.]])
    """
    start, times = _start(kernel, y), checked_times(t)
    if np.isinf(times).any() and not start.moves.all():
        raise ValueError(
            "t = inf is outside [0, inf): the kernel is singular, its modes have no end"
        )
    u, lam = start.vectors, start.lam
    tensor = np.einsum("abc,ai,bj,ck->ijk", _checked_third(third, len(lam)), u, u, u, optimize=True)
    weight = np.divide(start.y, lam, out=np.zeros_like(lam), where=start.moves)
    driven = tensor * start.y[:, None] * weight
    both = lam[:, None] + lam
    found = np.empty((*times.shape, len(lam)))
    for index in np.ndindex(times.shape):
        at = float(times[index])
        direct = _convolution(lam[:, None], lam, at)
        late = _convolution(lam[:, None, None], both, at)
        found[index] = u @ (driven * (direct[:, :, None] - late)).sum(axis=(1, 2))
    return found


def linearised_outputs(
    t: ArrayLike, kernel: ArrayLike, y: ArrayLike, *, learning_rate: float | None = None
) -> FloatArray:
    r"""f_lin(t) = (1 - e^{-K t}) y, or exactly (1 - (1 - learning_rate K)^steps) y of gradient descent.

    Parameters
    ----------
    t, kernel, y
        As for `weight_movement`; with a learning rate t is a whole number of steps.
    learning_rate : float, optional
        > 0, at most 2/(largest eigenvalue).

    Returns
    -------
    array, the shape of t followed by (P,)

    Raises
    ------
    ValueError
        As for `weight_movement`, and for a learning rate at which gradient descent diverges.

    Notes
    -----
    Exact for alpha -> inf at any width.

    References
    ----------
    Chizat, Oyallon, Bach 2018, arXiv:1812.07956.

    Examples
    --------
    >>> linearised_outputs(1.0, [[0.5]], [2.0], learning_rate=1.0)
    array([1.])
    """
    start = _start(kernel, y)
    left = mode_decay(start.lam, t, learning_rate=learning_rate)
    return ((1 - left) * start.y) @ start.vectors.T


def _start(kernel: ArrayLike, y: ArrayLike) -> _Start:
    lam, vectors = modes_of(checked_kernel(kernel, "kernel"), "kernel")
    targets = checked_targets(y, "y", len(lam))
    if targets.ndim != 1:
        raise ValueError(f"y has shape {targets.shape}; needs ({len(lam)},): one output")
    return _Start(lam, vectors, vectors.T @ targets, lam > _SINGULAR * lam[-1])


def _response(start: _Start, t: ArrayLike, learning_rate: float | None) -> FloatArray:
    """(1 - e^{-lam t})/lam or that of gradient descent, 0 for null modes."""
    lam = np.where(start.moves, start.lam, start.lam[-1] or 1.0)
    return np.where(start.moves, mode_response(lam, t, learning_rate=learning_rate), 0.0)


def _convolution(p: FloatArray, q: FloatArray, t: float) -> FloatArray:
    """int_0^t e^{-p (t - s) - q s} ds; 0 at t = inf for p, q > 0."""
    if np.isinf(t):
        return np.zeros(np.broadcast_shapes(p.shape, q.shape))
    return mode_decay(np.minimum(p, q), t) * mode_response(np.abs(p - q), t)


def _checked_third(third: ArrayLike, n_samples: int) -> FloatArray:
    tensor = real_array(third, "third")
    if tensor.shape != (n_samples,) * 3 or not np.isfinite(tensor).all():
        raise ValueError(
            f"third has shape {tensor.shape}; needs {(n_samples,) * 3}, finite numbers"
        )
    return tensor
