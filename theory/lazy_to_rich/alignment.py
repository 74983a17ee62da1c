"""How far a kernel points at the targets."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.infinite_width.flow_arguments import real_array

FloatArray = NDArray[np.float64]


def kernel_target_alignment(kernel: ArrayLike, y: ArrayLike) -> FloatArray:
    r"""y^T K y/(|K| |y|^2), |K| the Frobenius norm: 1 if K is proportional to y y^T.

    Parameters
    ----------
    kernel : array_like, (..., P, P)
        Symmetric, not zero.
    y : array_like, (P,)
        Not zero.

    Returns
    -------
    array, (...)

    Raises
    ------
    ValueError
        For shapes that do not fit, entries that are not finite, or zeros.

    References
    ----------
    Cristianini, Shawe-Taylor, Elisseeff, Kandola 2001: kernel-target alignment.

    Examples
    --------
    >>> kernel_target_alignment([[[1.0, -1.0], [-1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]], [1.0, -1.0])
    array([1.        , 0.70710678])
    """
    matrices, targets = real_array(kernel, "kernel"), real_array(y, "y")
    if targets.ndim != 1 or matrices.shape[-2:] != 2 * targets.shape or matrices.size == 0:
        raise ValueError(f"kernel {matrices.shape}, y {targets.shape}; need (..., P, P) and (P,)")
    size = np.linalg.norm(matrices, axis=(-2, -1)) * (targets @ targets)
    if not ((size > 0) & np.isfinite(size)).all():
        raise ValueError("kernel or y is zero or not finite: alignment has no value there")
    return ((matrices @ targets) @ targets / size)[()]
