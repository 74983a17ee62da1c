"""Compiled full-batch gradient descent of one deep linear network on second moments.

Compiled once for all depths and widths. Nothing is allocated in the loop over steps. The products
F_l = W_l ... W_1 are kept on the way forward and one sweep goes backward. The overall map and all
that flows backward are kept transposed, so that no step has a product of the form A B^T of two
row-major matrices: BLAS needs 1.4 times longer for it than for A B or A^T B^T.
"""

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.numba_cache import compiled

Array = NDArray[np.float64]
Steps = NDArray[np.int64]


@compiled()
def descend(
    flat: Array, widths: Steps, mirrored: bool,
    sigma_xx: Array, sigma_xy: Array, least_squares: Array, learning_rate: float, bound: float,
    first: int, stop: int,
    steps: Steps, left: Array, right: Array, excess: Array, strengths: Array,
    weight_steps: Steps, records: Array,
) -> int:  # fmt: skip
    """Make the updates `first` to `stop` - 1 of `flat` in place, recording on the way.

    Parameters
    ----------
    flat : (n_weights,)
        W_1, ..., W_L, each in C order.
    widths : (L + 1,) int
    mirrored : bool
        The network is the transposed one, with W^T = W_1^T ... W_L^T for W.
    sigma_xy, least_squares : (n_0, n_L)
        Sigma_yx^T and W_ls^T; Sigma_yx and W_ls if `mirrored`.
    bound : float
        Training has diverged above this excess loss.
    steps, weight_steps : int arrays, increasing
        Where `excess` and `strengths`, and where `records`, are written.
    left, right : (n_0, m) and (n_L, m)
        Vectors on either side of the transposed map.

    Returns
    -------
    int
        The first step whose excess loss is above `bound` or not a number; -1 if there is none.
    """
    depth = widths.size - 1
    weights = matrices(flat, widths)
    gradients = matrices(np.empty(flat.size), widths)
    forward = [np.empty((widths[k], widths[0])) for k in range(1, depth)]
    backward = [np.empty((widths[0], widths[k])) for k in range(1, depth + 1)]
    network_map = np.empty(sigma_xy.shape)
    projected = np.empty((widths[0], right.shape[1]))
    if depth > 1:
        forward[0] = weights[0]
    record = np.searchsorted(steps, first)
    weight_record = np.searchsorted(weight_steps, first)
    for step in range(first, stop):
        if depth == 1:
            network_map[:, :] = weights[0].T
        else:
            for k in range(1, depth - 1):
                np.dot(weights[k], forward[k - 1], forward[k])
            np.dot(forward[depth - 2].T, weights[depth - 1].T, network_map)
        if mirrored:
            np.dot(network_map, sigma_xx, backward[depth - 1])
        else:
            np.dot(sigma_xx, network_map, backward[depth - 1])
        now = finish_residual(
            backward[depth - 1], sigma_xy, least_squares, network_map, learning_rate
        )
        if not now <= bound:
            return step
        if record < steps.size and steps[record] == step:
            excess[record] = max(now, 0.0)
            record_modes(network_map, left, right, projected, strengths[record])
            record += 1
        if weight_record < weight_steps.size and weight_steps[weight_record] == step:
            records[weight_record, :] = flat
            weight_record += 1
        for k in range(depth - 1, 0, -1):
            np.dot(backward[k].T, forward[k - 1].T, gradients[k])
            if k > 1:
                np.dot(backward[k], weights[k], backward[k - 1])
            else:
                np.dot(weights[1].T, backward[1].T, gradients[0])
            add(weights[k], gradients[k])
        if depth == 1:
            gradients[0][:, :] = backward[0].T
        add(weights[0], gradients[0])
    return -1


@compiled()
def matrices(flat: Array, widths: Steps) -> list[Array]:
    """Views of `flat` as W_1, ..., W_L."""
    views = []
    end = 0
    for k in range(widths.size - 1):
        start, end = end, end + widths[k + 1] * widths[k]
        views.append(flat[start:end].reshape(widths[k + 1], widths[k]))
    return views


@compiled(fastmath={"reassoc", "contract"})
def finish_residual(
    fitted: Array, sigma_xy: Array, least_squares: Array, network_map: Array, learning_rate: float
) -> float:
    """Turn (W Sigma_xx)^T into learning_rate x R^T; return <R, W_ls - W>/2, the excess loss.

    The loss itself would lose all digits of a small excess. Sums may be reordered, in the same way
    every time.
    """
    a, b = fitted.reshape(fitted.size), sigma_xy.reshape(fitted.size)
    c, d = least_squares.reshape(fitted.size), network_map.reshape(fitted.size)
    total = 0.0
    for i in range(a.size):
        residual = b[i] - a[i]
        total += residual * (c[i] - d[i])
        a[i] = learning_rate * residual
    return 0.5 * total


@compiled()
def add(matrix: Array, change: Array) -> None:
    """Add `change` to `matrix` without a temporary."""
    a, b = matrix.reshape(matrix.size), change.reshape(matrix.size)
    for i in range(a.size):
        a[i] += b[i]


@compiled()
def record_modes(
    network_map: Array, left: Array, right: Array, projected: Array, strengths: Array
) -> None:
    """strengths[m] = left_m^T network_map right_m."""
    if strengths.size == 0:
        return
    np.dot(network_map, right, projected)
    strengths[:] = 0.0
    for i in range(left.shape[0]):
        for m in range(strengths.size):
            strengths[m] += left[i, m] * projected[i, m]
