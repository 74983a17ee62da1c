r"""Initial weights of deep linear networks.

A network of depth L is the list [W_1, ..., W_L] with W_l of shape (n_l, n_{l-1}): n_0 inputs,
n_L outputs, and the overall map W = W_L ... W_1. `widths` is (n_0, n_1, ..., n_L).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import (
    finite_matrix,
    generator,
    one_number,
    whole_numbers,
)

Array = NDArray[np.float64]


def small_random_weights(
    widths: Sequence[int], scale: float, rng: np.random.Generator
) -> list[Array]:
    """Independent normal entries, W_l ~ `scale` x N(0, 1/h_l), h_l the neighbouring hidden width.

    h_1 = n_1 and h_l = n_{l-1} for l >= 2, so that both matrices of a network with one hidden
    layer of N units have variance scale^2/N. A single matrix has h_1 = n_0.

    Parameters
    ----------
    widths : sequence of int
        (n_0, ..., n_L), at least two, each at least 1.
    scale : float
        Standard deviation times sqrt(h_l); finite and not negative.
    rng : numpy.random.Generator

    Returns
    -------
    list of arrays
        W_l, (n_l, n_{l-1}).

    Examples
    --------
    >>> first, second = small_random_weights((8, 400, 7), 0.1, np.random.default_rng(0))
    >>> first.shape, second.shape, bool(abs(first.std() / (0.1 / 20) - 1) < 0.05)
    ((400, 8), (7, 400), True)
    """
    sizes = _checked_widths(widths)
    scale, rng = one_number(scale, "scale", "number >= 0"), generator(rng)
    if not (np.isfinite(scale) and scale >= 0):
        raise ValueError(f"scale = {scale}; it must be finite and not negative")
    fans = sizes[:1] if len(sizes) == 2 else [sizes[1], *sizes[1:-1]]
    return [
        scale / np.sqrt(fan) * rng.standard_normal((n_out, n_in))
        for fan, n_in, n_out in zip(fans, sizes[:-1], sizes[1:], strict=True)
    ]


def orthogonal_weights(widths: Sequence[int], gain: float, rng: np.random.Generator) -> list[Array]:
    """Random orthogonal matrices times `gain`, uniform over the orthogonal group (Haar).

    A matrix that is not square has orthonormal rows or columns, whichever are fewer.

    Examples
    --------
    >>> (weight,) = orthogonal_weights((5, 3), 2.0, np.random.default_rng(0))
    >>> bool(np.allclose(weight @ weight.T, 4 * np.eye(3)))
    True
    """
    sizes = _checked_widths(widths)
    gain = one_number(gain, "gain")
    if not np.isfinite(gain):
        raise ValueError(f"gain = {gain}; it must be finite")
    return [
        gain
        * (random_frame(n_out, n_in, rng) if n_out >= n_in else random_frame(n_in, n_out, rng).T)
        for n_in, n_out in pairwise(sizes)
    ]


def aligned_weights(
    left: ArrayLike,
    right: ArrayLike,
    strengths: ArrayLike,
    hidden_widths: Sequence[int],
    rng: np.random.Generator,
) -> list[Array]:
    """Weights in which every mode of the task passes through the layers alone.

    W_l = R_l diag(a_l) R_{l-1}^T with R_0 = `right` (vectors v_i), R_L = `left` (vectors u_i) and
    random orthonormal frames R_l for the hidden layers. Then u_i^T W v_i = prod_l a_{l,i}, and with
    Sigma_xx diagonal in the basis v_i gradient descent keeps this form.

    Parameters
    ----------
    left : (n_outputs, m)
        Orthonormal columns u_i.
    right : (n_inputs, m)
        Orthonormal columns v_i.
    strengths : (L, m)
        a_l in row l, the first row for the layer next to the inputs.
    hidden_widths : sequence of L - 1 int
        Each at least m.
    rng : numpy.random.Generator

    Returns
    -------
    list of arrays
        W_l, (n_l, n_{l-1}).

    Raises
    ------
    ValueError
        Shapes that do not fit, columns that are not orthonormal, a hidden layer too narrow.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> first, second = aligned_weights(np.eye(3, 2), np.eye(4, 2), [[2, 3], [5, 7]], [6], rng)
    >>> np.round(second @ first, 12).diagonal().tolist()
    [10.0, 21.0, 0.0]
    """
    rows = "(L, m): a row for each layer, a column for each mode"
    a = finite_matrix(strengths, "strengths", f"a non-empty matrix {rows}")
    ends = _orthonormal(left, "left"), _orthonormal(right, "right")
    hidden_widths = whole_numbers(hidden_widths, "hidden_widths", "[16]")
    rng = generator(rng)
    depth, n_modes = a.shape
    for name, frame in zip(("left", "right"), ends, strict=True):
        if frame.shape[1] != n_modes:
            raise ValueError(f"{name} has {frame.shape[1]} columns, strengths {n_modes} modes")
    if len(hidden_widths) != depth - 1:
        raise ValueError(
            f"strengths has {depth} rows (layers) and hidden_widths {len(hidden_widths)} entries; "
            "a network of depth L has L - 1 hidden layers"
        )
    if min(hidden_widths, default=n_modes) < n_modes:
        raise ValueError(f"hidden_widths = {hidden_widths}: each must hold {n_modes} modes")
    hidden = [random_frame(width, n_modes, rng) for width in hidden_widths]
    frames = [ends[1], *hidden, ends[0]]
    return [frames[k + 1] * a[k] @ frames[k].T for k in range(depth)]


def random_frame(n: int, m: int, rng: np.random.Generator) -> Array:
    """m orthonormal columns in n dimensions, uniformly distributed; 1 <= m <= n.

    Examples
    --------
    >>> frame = random_frame(5, 2, np.random.default_rng(0))
    >>> bool(np.allclose(frame.T @ frame, np.eye(2)))
    True
    """
    if not 1 <= m <= n:
        raise ValueError(f"{m} orthonormal columns in {n} dimensions; expected 1 <= m <= n")
    q, r = np.linalg.qr(generator(rng).standard_normal((n, m)))
    signs = np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return np.ascontiguousarray(q * signs)


def _checked_widths(widths: Sequence[int]) -> list[int]:
    sizes = whole_numbers(widths, "widths", "[4, 16, 2]")
    if len(sizes) < 2:
        raise ValueError(f"widths = {sizes}; expected (n_0, ..., n_L), two or more")
    return sizes


def _orthonormal(columns: ArrayLike, name: str) -> Array:
    expected = f"a matrix with a vector in each column; for one vector write {name}[:, None]"
    frame = finite_matrix(columns, name, expected)
    error = np.abs(frame.T @ frame - np.eye(frame.shape[1])).max()
    if error > 1e-10:
        raise ValueError(f"the columns of {name} are not orthonormal: off by {error:.2g}")
    return frame
