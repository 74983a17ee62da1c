r"""Linear students fitted by ridge regression, exactly averaged over teachers and label noise.

Labels y = x.w* + noise; the fit minimises (1/2P) sum_mu (y_mu - x_mu.w)^2 + penalty/2 |w|^2 over P
samples. The N inputs come in blocks of equal variance, block after block, and the teacher's weights
in a block are independent with equal variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import finite_matrix, real_array, whole_numbers
from lazyrich.solvers.networks.linear_student_input import non_negative

Array = NDArray[np.float64]


class RidgeErrors(NamedTuple):
    """Errors of the fit to one design, averaged over teachers and label noise.

    The penalty's axes come first.
    """

    signal: Array
    """E sum_i c_i (w_i - w*_i)^2 over the inputs of each block, without label noise: (..., K)."""
    noise: Array
    """What label noise adds to it: (..., K)."""
    train_signal: Array
    """Mean squared error on the training labels without noise: (...)."""
    train_noise: Array
    """What label noise adds to it: (...)."""
    residual_share: Array
    """1 - (effective degrees of freedom)/P = tr penalty (X X^T/P + penalty)^-1 / P: (...)."""


def averaged_ridge(
    X: ArrayLike,
    dimensions: Sequence[int],
    variances: ArrayLike,
    teacher_variances: ArrayLike,
    penalty: ArrayLike,
    *,
    noise_var: float = 0.0,
) -> RidgeErrors:
    """Exact errors of ridge regression on the design X, for all penalties from one eigensystem.

    Parameters
    ----------
    X : array_like, (P, N)
        Rows are samples; any design, Gaussian or not.
    dimensions : (K,)
        Inputs in each block; they sum to N.
    variances, teacher_variances : array_like, (K,)
        c of an input in each block, which weighs the errors, and E w*_i^2 of its teacher weights.
    penalty : array_like, (...)
        >= 0; 0 is the interpolator of smallest norm, or least squares where P > N.
    noise_var : float
        Variance of the label noise, >= 0.

    Returns
    -------
    RidgeErrors

    Raises
    ------
    ValueError
        For values outside these ranges or blocks that do not fit X.

    Examples
    --------
    An interpolator of smallest norm fits its training labels:

    >>> X = np.random.default_rng(0).standard_normal((20, 40)) * np.repeat([1.0, 0.3], [10, 30])
    >>> errors = averaged_ridge(X, [10, 30], [1.0, 0.09], [0.1, 0.0], 0.0, noise_var=1.0)
    >>> bool(errors.train_signal + errors.train_noise < 1e-12)
    True
    """
    design = finite_matrix(X, "X", "samples x inputs")
    counts, c, v = _blocks(dimensions, variances, teacher_variances, design.shape[1])
    lam = real_array(penalty, "penalty")
    if not (np.isfinite(lam).all() and lam.size and lam.min() >= 0):
        raise ValueError(f"penalty = {penalty!r}; needs finite values >= 0")
    noise = non_negative(noise_var, "noise_var")
    eigenvalues, grams = _overlaps(design, counts)
    return _errors(len(design), counts, c, v, lam, noise, eigenvalues, grams)


def ridge_weights(X: ArrayLike, y: ArrayLike, penalty: ArrayLike) -> Array:
    """Fitted weights w = (X^T X/P + penalty)^-1 X^T y/P; of smallest norm for penalty 0.

    Parameters
    ----------
    X : array_like, (P, N)
    y : array_like, (P,) or (P, n_outputs)
    penalty : array_like, (...)
        >= 0.

    Returns
    -------
    array, (..., N) or (..., N, n_outputs)
        The penalty's axes come first.

    Examples
    --------
    >>> print(ridge_weights([[1.0, 0.0], [0.0, 2.0]], [2.0, 2.0], [0.0, 0.5]))
    [[2.  1. ]
     [1.  0.8]]
    """
    design, labels = finite_matrix(X, "X", "samples x inputs"), real_array(y, "y")
    lam = np.asarray(penalty, dtype=np.float64)
    left, s, right = np.linalg.svd(design, full_matrices=False)
    kept = s > s[0] * max(design.shape) * np.finfo(float).eps
    left, s, right = left[:, kept], s[kept], right[kept]
    n_train = len(design)
    targets = left.T @ labels.reshape(n_train, -1)
    gain = s / (s**2 + n_train * lam[..., None])
    weights = np.einsum("ri,...r,rk->...ik", right, gain, targets, optimize=True)
    return weights.reshape(*lam.shape, design.shape[1], *labels.shape[1:])


def _blocks(
    dimensions: Sequence[int], variances: ArrayLike, teacher_variances: ArrayLike, n_inputs: int
) -> tuple[list[int], Array, Array]:
    counts = whole_numbers(dimensions, "dimensions", "[10, 30]")
    c = real_array(variances, "variances")
    v = real_array(teacher_variances, "teacher_variances")
    if sum(counts) != n_inputs or c.shape != (len(counts),) or v.shape != (len(counts),):
        raise ValueError(
            f"dimensions {counts}, variances {c.shape}, teacher_variances {v.shape} for "
            f"{n_inputs} inputs; needs one entry a block and dimensions that sum to the inputs"
        )
    if not (np.isfinite(c).all() and np.isfinite(v).all() and c.min() > 0 and v.min() >= 0):
        raise ValueError(f"variances {c} must be > 0 and teacher_variances {v} >= 0, all finite")
    return counts, c, v


def _overlaps(design: Array, counts: list[int]) -> tuple[Array, Array]:
    """Eigenvalues of X^T X/P above 0, (r,), and W_k^T W_k of its eigenvectors W, (K, r, r)."""
    n_train, n_inputs = design.shape
    parts = np.split(np.arange(n_inputs), np.cumsum(counts)[:-1])
    small = n_train <= n_inputs
    square = design @ design.T if small else design.T @ design
    eigenvalues, vectors = np.linalg.eigh(square / n_train)
    kept = eigenvalues > eigenvalues[-1] * max(design.shape) * np.finfo(float).eps
    eigenvalues, vectors = eigenvalues[kept], vectors[:, kept]
    if small:
        vectors = design.T @ (vectors / np.sqrt(n_train * eigenvalues))
    return eigenvalues, np.stack([vectors[part].T @ vectors[part] for part in parts])


def _errors(
    n_train: int,
    counts: list[int],
    c: Array,
    v: Array,
    lam: Array,
    noise_var: float,
    eigenvalues: Array,
    grams: Array,
) -> RidgeErrors:
    """w - w* = -(1 - W f W^T) w* + W f (noise part), with f = L/(L + penalty) on eigenvalues L."""
    total = eigenvalues + lam[..., None]
    learned, left = eigenvalues / total, lam[..., None] / total
    diagonals = np.diagonal(grams, axis1=1, axis2=2)
    full = len(eigenvalues) == sum(counts)
    used = left if full else learned
    joint = np.einsum("l,lab->ab", v, grams)
    squares = np.stack([((used @ (gram * joint)) * used).sum(axis=-1) for gram in grams], axis=-1)
    if not full:
        squares += v * (np.array(counts) - 2 * learned @ diagonals.T)
    noise = noise_var / n_train * (learned / total) @ diagonals.T
    power = v @ diagonals
    return RidgeErrors(
        c * squares,
        c * noise,
        (eigenvalues * left**2) @ power,
        noise_var * (1 - (1 - left**2).sum(axis=-1) / n_train),
        1 - learned.sum(axis=-1) / n_train,
    )
