r"""Second moments of a data set: all that full-batch gradient descent of a linear network sees.

For inputs x (``n_inputs``), targets y (``n_outputs``) and a linear network y = W x, the loss

    L(W) = <|y - W x|^2>/2 = (tr Sigma_yy - 2 <Sigma_yx, W> + <W Sigma_xx, W>)/2

is averaged over samples, with Sigma_xx = <x x^T>, Sigma_yx = <y x^T> and <A, B> = sum_ij A_ij B_ij.
The mean is not removed from x or y. A direction in which the inputs vary only by rounding counts
as constant: no network learns along it, and the best map vanishes there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import finite_matrix, one_number, real_array
from lazyrich.solvers.networks.blas_threads import one_blas_thread

Array = NDArray[np.float64]

CONSTANT = 1e-14
"""In a given Sigma_xx, eigenvalues below this part of the largest are rounding: taken as zero."""


class Moments(NamedTuple):
    """Second moments, with the best linear map and its loss.

    Make it with :func:`from_samples` or :func:`from_covariances`, which check their input.
    """

    sigma_xx: Array
    """Sigma_xx, (n_inputs, n_inputs), symmetric and positive semi-definite."""
    sigma_yx: Array
    """Sigma_yx, (n_outputs, n_inputs)."""
    trace_yy: float
    """tr Sigma_yy = <|y|^2>."""
    least_squares: Array
    """W_ls = Sigma_yx Sigma_xx^+, the linear map of lowest loss and least norm, (n_outputs, n_inputs)."""
    floor: float
    """L(W_ls), the lowest loss of any linear map."""
    variances: Array
    """Eigenvalues of Sigma_xx, exactly zero for constant directions, (n_inputs,)."""
    directions: Array
    """Orthonormal eigenvectors of Sigma_xx in the columns, (n_inputs, n_inputs)."""
    coefficients: Array
    """W_ls times `directions`, zero along constant ones, (n_outputs, n_inputs)."""


def from_samples(inputs: ArrayLike, targets: ArrayLike) -> Moments:
    """Second moments <x x^T>, <y x^T>, <|y|^2> of P samples.

    Parameters
    ----------
    inputs : (P, n_inputs)
        One sample x in each row.
    targets : (P, n_outputs)
        One target y in each row.

    Returns
    -------
    Moments
        `least_squares` and `floor` come from the samples themselves (singular value
        decomposition), so that a floor of zero is zero to rounding.

    Raises
    ------
    ValueError
        An array is not a finite, non-empty matrix, or the numbers of rows differ.

    Examples
    --------
    >>> moments = from_samples([[1.0], [-1.0]], [[3.0], [-1.0]])
    >>> moments.sigma_yx.item(), round(moments.least_squares.item(), 12), round(moments.floor, 12)
    (2.0, 2.0, 0.5)
    """
    x, y = finite_matrix(inputs, "inputs"), finite_matrix(targets, "targets")
    n = len(x)
    if len(y) != n:
        raise ValueError(f"inputs has {n} rows and targets {len(y)}: one row is one sample")
    with one_blas_thread():
        samples, scales, rows = np.linalg.svd(x, full_matrices=n < x.shape[1])
        kept = np.flatnonzero(scales > max(x.shape) * np.finfo(float).eps * scales[0])
        variances, coefficients = np.zeros(len(rows)), np.zeros((y.shape[1], len(rows)))
        variances[kept] = scales[kept] ** 2 / n
        samples = samples[:, kept]
        explained = samples.T @ y
        coefficients[:, kept] = explained.T / scales[kept]
        least_squares = coefficients @ rows
        floor = float(np.sum((y - samples @ explained) ** 2)) / (2 * n)
        power = float(np.sum(y**2)) / n
        sxx, syx = x.T @ x / n, y.T @ x / n
    directions = np.ascontiguousarray(rows.T)
    return Moments(sxx, syx, power, least_squares, floor, variances, directions, coefficients)


def from_covariances(
    sigma_xx: ArrayLike, sigma_yx: ArrayLike, trace_yy: float | None = None
) -> Moments:
    """Second moments given directly, as for an infinite data set.

    Parameters
    ----------
    sigma_xx : (n_inputs, n_inputs)
        <x x^T>, symmetric and positive semi-definite.
    sigma_yx : (n_outputs, n_inputs)
        <y x^T>; its rows lie in the range of `sigma_xx`.
    trace_yy : float, optional
        <|y|^2>, at least tr(Sigma_yx Sigma_xx^+ Sigma_yx^T). That bound, which means targets
        without noise and a loss floor of zero, is the default.

    Raises
    ------
    ValueError
        A shape does not fit, a value is not finite, or no data can have these moments.

    Examples
    --------
    >>> moments = from_covariances([[2.0, 0.0], [0.0, 1.0]], [[1.0, 3.0]], trace_yy=10.0)
    >>> moments.least_squares.tolist(), moments.floor
    ([[0.5, 3.0]], 0.25)
    """
    sxx, syx = finite_matrix(sigma_xx, "sigma_xx"), finite_matrix(sigma_yx, "sigma_yx")
    if sxx.shape != (syx.shape[1],) * 2:
        raise ValueError(
            f"sigma_xx has shape {sxx.shape} and sigma_yx {syx.shape}; "
            "expected (n_inputs, n_inputs) and (n_outputs, n_inputs)"
        )
    largest = np.abs(sxx).max()
    if np.abs(sxx - sxx.T).max() > 1e-12 * largest:
        raise ValueError("sigma_xx is not symmetric: it must be a covariance <x x^T>")
    variances, directions = _eigenbasis(sxx)
    if variances.min() < -1e-12 * largest:
        raise ValueError(
            f"sigma_xx has the negative eigenvalue {variances.min():.3g}: "
            "a covariance is positive semi-definite"
        )
    variances[variances <= CONSTANT * largest] = 0.0
    with one_blas_thread():
        projected = syx @ directions
        coefficients = np.divide(
            projected, variances, out=np.zeros_like(projected), where=variances > 0
        )
        least_squares = coefficients @ directions.T
        outside = np.abs(projected[:, variances == 0]).max(initial=0.0)
    if outside > 1e-6 * np.abs(syx).max():
        raise ValueError(
            f"sigma_yx reaches {outside:.3g} outside the range of sigma_xx: "
            "no data have such moments, and the loss would have no minimum"
        )
    explained = float(np.sum(syx * least_squares))
    power = explained if trace_yy is None else one_number(trace_yy, "trace_yy")
    if not np.isfinite(power) or power < explained * (1 - 1e-12):
        raise ValueError(
            f"trace_yy = {power}; it must be at least the {explained:.6g} that a linear map explains"
        )
    floor = max(0.0, (power - explained) / 2)
    return Moments(sxx, syx, power, least_squares, floor, variances, directions, coefficients)


def excess_loss(network_map: ArrayLike, moments: Moments) -> float:
    """Loss above its floor, L(W) - L(W_ls) = <(W_ls - W) Sigma_xx, W_ls - W>/2.

    It keeps its relative precision when it is tiny, where L(W) itself has only absolute precision.

    Parameters
    ----------
    network_map : (n_outputs, n_inputs)
        W; for a deep network the product of its matrices, last one first.
    moments : Moments

    Examples
    --------
    >>> moments = from_covariances([[2.0]], [[2.0]])
    >>> excess_loss([[1 + 1e-10]], moments)  # doctest: +ELLIPSIS
    1.00000016...e-20
    """
    expected = moments.least_squares.shape
    if isinstance(network_map, list | tuple) and any(np.ndim(layer) == 2 for layer in network_map):
        raise ValueError(
            f"network_map is a list of {len(network_map)} matrices; multiply the layers first, "
            "the last one on the left: W_L @ ... @ W_1"
        )
    given = real_array(network_map, "network_map")
    if given.shape != expected:
        raise ValueError(f"network_map has shape {given.shape}; expected {expected}")
    difference = moments.least_squares - finite_matrix(given, "network_map")
    return 0.5 * float(np.sum((difference @ moments.sigma_xx) * difference))


def _eigenbasis(sigma_xx: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors; exact, and in the given order, for a diagonal matrix."""
    variances = np.diagonal(sigma_xx).copy()
    if np.array_equal(sigma_xx, np.diag(variances)):
        return variances, np.eye(len(variances))
    with one_blas_thread():
        variances, directions = np.linalg.eigh(sigma_xx)
    return variances, np.ascontiguousarray(directions)
