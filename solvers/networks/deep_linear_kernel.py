"""Compiled full-batch gradient descent of one deep linear network on second moments.

Inputs are given in the eigenbasis of Sigma_xx: the product W Sigma_xx is a scaling of columns there.
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
    flat: Array, widths: Steps,
    variances: Array, least_squares: Array, learning_rate: float, bound: float,
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
    variances, least_squares : (n_0 n_L,)
        For each entry of the transposed map, the eigenvalue of Sigma_xx and the entry of W_ls^T.
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
    change = np.empty(flat.size)
    changes = matrices(change, widths)
    forward, backward = maps(weights)
    network_map = backward[depth - 1]
    flat_map = network_map.reshape(network_map.size)
    projected = np.empty((widths[0], right.shape[1]))
    record = count_below(steps, first)
    weight_record = count_below(weight_steps, first)
    for step in range(first, stop):
        if depth == 1:
            transpose(weights[0], network_map)
        else:
            for k in range(1, depth - 1):
                np.dot(weights[k], forward[k - 1], forward[k])
            np.dot(forward[depth - 2].T, weights[depth - 1].T, network_map)
        recording = record < steps.size and steps[record] == step
        if recording and strengths.shape[1]:
            record_modes(network_map, left, right, projected, strengths[record])
        now = to_residual(flat_map, variances, least_squares, learning_rate)
        if not now <= bound:
            return step
        if recording:
            excess[record] = now
            record += 1
        if weight_record < weight_steps.size and weight_steps[weight_record] == step:
            copy(flat, records[weight_record])
            weight_record += 1
        if depth == 1:
            transpose(network_map, changes[0])
        else:
            for k in range(depth - 1, 1, -1):
                np.dot(backward[k].T, forward[k - 1].T, changes[k])
                np.dot(backward[k], weights[k], backward[k - 1])
            np.dot(backward[1].T, forward[0].T, changes[1])
            np.dot(weights[1].T, backward[1].T, changes[0])
        add(flat, change)
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


@compiled()
def maps(weights: list[Array]) -> tuple[list[Array], list[Array]]:
    """Room for F_l, and for what flows backward into the outputs of each layer (transposed).

    F_1 is W_1 itself. Only two maps flowing backward are needed at a time: they share their room.
    """
    n_in = weights[0].shape[1]
    widest = 0
    for weight in weights:
        widest = max(widest, weight.shape[0])
    room = np.empty((2, widest * n_in))
    forward, backward = [], []
    for k, weight in enumerate(weights):
        n = weight.shape[0]
        forward.append(weight if k == 0 else np.empty((n, n_in)))
        backward.append(room[k % 2, : n * n_in].reshape(n_in, n))
    return forward, backward


@compiled(fastmath={"reassoc", "contract"})
def to_residual(
    network_map: Array, variances: Array, least_squares: Array, learning_rate: float
) -> float:
    """Replace W by learning_rate x R, R = (W_ls - W) Sigma_xx (transposed, flat); return the excess.

    The excess loss is <R, W_ls - W>/2; the loss itself would lose all digits of a small excess.
    Sums may be reordered, in the same way every time.
    """
    total = 0.0
    for i in range(network_map.size):
        distance = least_squares[i] - network_map[i]
        residual = variances[i] * distance
        total += residual * distance
        network_map[i] = learning_rate * residual
    return 0.5 * total


@compiled()
def add(values: Array, change: Array) -> None:
    """Add `change` to `values` without a temporary."""
    for i in range(values.size):
        values[i] += change[i]


@compiled()
def record_modes(
    network_map: Array, left: Array, right: Array, projected: Array, strengths: Array
) -> None:
    """strengths[m] = left_m^T network_map right_m."""
    np.dot(network_map, right, projected)
    for m in range(strengths.size):
        strengths[m] = 0.0
        for i in range(left.shape[0]):
            strengths[m] += left[i, m] * projected[i, m]


@compiled()
def count_below(steps: Steps, first: int) -> int:
    """Number of `steps` before `first`."""
    count = 0
    while count < steps.size and steps[count] < first:
        count += 1
    return count


@compiled()
def transpose(matrix: Array, out: Array) -> None:
    """out = matrix^T."""
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            out[j, i] = matrix[i, j]


@compiled()
def copy(values: Array, out: Array) -> None:
    """out = values."""
    for i in range(values.size):
        out[i] = values[i]
