r"""From data to a prediction: covariance blocks, teacher and noise as measured on a user's own data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.block_covariance import BlockCovariance

FloatArray = NDArray[np.float64]


class Spectrum(NamedTuple):
    """What `ridge_risk` and `learning_curve` need to know of data."""

    covariance: BlockCovariance
    """One block of one dimension for each direction that varies, by decreasing eigenvalue."""
    noise_var: float
    """Variance of what no linear function of the inputs explains."""


def spectrum_of(X: ArrayLike, y: ArrayLike, *, whole_population: bool = False) -> Spectrum:
    """Eigenvalues of X^T X/M, power of the least-squares teacher along each, variance of the residual.

    With X = sum_i s_i u_i v_i^T over the r directions that vary::

        c_i = s_i^2/M,   m_i = (u_i . y)^2/s_i^2 - noise_var/(M c_i),
        noise_var = abs(y - sum_i u_i (u_i . y))^2/(M - r).

    The last term of m_i removes what label noise adds to a fitted weight squared. A weak m_i may turn
    negative: those are set to 0 and the others shrunk so that sum_i m_i c_i, the power explained,
    keeps its unbiased value.

    Parameters
    ----------
    X : array_like, (M, N)
        Samples x inputs, M > r for an estimate of the noise. Means count: a model without intercept
        sees the second moments X^T X/M, and a constant column is a direction like any other. For a model
        with an intercept subtract the mean of every column, and of y. Columns of zeros, or that
        repeat others, only lower r.
    y : array_like, (M,) or (M, n_outputs)
        Labels. Powers, noise and errors predicted from them are sums over the outputs.
    whole_population : bool
        True if these M samples are all there is: training sets are drawn from them and errors are
        measured on them. Nothing is estimated then: m_i and noise_var = abs(residual)^2/M stay as they
        are, and M <= r is allowed.

    Returns
    -------
    Spectrum
        (covariance, noise_var), with r blocks.

    Raises
    ------
    ValueError
        For nan, inf, shapes that do not fit, X = 0, or M <= r where noise must be estimated.

    Notes
    -----
    Given X, noise_var and the teacher's total power are unbiased if the noise is. Not corrected: the
    eigenvalues of M samples spread around those of the population, by a factor 1 +- 2 sqrt(r/M) in
    the isotropic case, so M should exceed r by far; and what is non-linear in y counts as noise, here
    as in a linear student.

    References
    ----------
    Canatar, Bordelon, Pehlevan 2020, arXiv:2006.13198 (spectrum and teacher measured on data); the
    correction is derived here.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((5000, 3)) * [1.0, 0.5, 0.1]
    >>> covariance, noise_var = spectrum_of(X, X @ [1.0, 2.0, 0.0] + rng.standard_normal(5000))
    >>> print(covariance.eigenvalues.round(3), covariance.teacher_norms_squared.round(1))
    [1.022 0.242 0.01 ] [0.9 4.  0. ]
    >>> round(noise_var, 2)
    0.97
    """
    inputs, labels = _samples(X, "X", 2), _samples(y, "y", 1)
    M = len(inputs)
    if len(labels) != M:
        raise ValueError(f"X has {M} samples and y has {len(labels)}; needs one label each")
    left, scales, _ = np.linalg.svd(inputs, full_matrices=False)
    kept = scales > scales[0] * max(inputs.shape) * np.finfo(float).eps
    left, scales = left[:, kept], scales[kept]
    if scales.size == 0:
        raise ValueError("X holds only zeros; needs inputs that vary")
    rank = scales.size
    if rank >= M and not whole_population:
        raise ValueError(
            f"{M} samples of rank {rank}: any labels are fitted exactly, so noise cannot be told from "
            "signal; needs more samples than directions (or whole_population=True, if these are all)"
        )
    targets = labels.reshape(M, -1)
    along = left.T @ targets
    residual = float(((targets - left @ along) ** 2).sum())
    if residual <= M * np.finfo(float).eps ** 2 * float((targets**2).sum()):
        residual = 0.0
    power = (along**2).sum(axis=1) / M
    noise_var = residual / (M if whole_population else M - rank)
    if not whole_population:
        power = _without_noise(power, noise_var / M)
    eigenvalues = scales**2 / M
    return Spectrum(BlockCovariance(eigenvalues, np.ones(rank), power / eigenvalues), noise_var)


def kernel_spectrum_of(kernel_matrix: ArrayLike, y: ArrayLike) -> Spectrum:
    """The same for kernel regression on a whole population: eigenvalues of K/M and power of y along each.

    With K/M = sum_i c_i u_i u_i^T the eigenfunctions are sqrt(M) u_i, and m_i c_i = (u_i . y)^2/M. Training
    sets are drawn from the M samples and errors are measured on them; power in directions whose eigenvalue
    is 0 to rounding counts as noise.

    Parameters
    ----------
    kernel_matrix : array_like, (M, M)
        K(x, x') between all samples, symmetric and without negative eigenvalues but for rounding.
    y : array_like, (M,) or (M, n_outputs)
        Labels; sums over the outputs are predicted.

    Returns
    -------
    Spectrum
        (covariance, noise_var), one block a direction.

    Raises
    ------
    ValueError
        For nan, inf, shapes that do not fit, or a matrix that is not symmetric and positive.

    Notes
    -----
    The mean loss with penalty lambda is kernel regression f = K_test (K_train + lambda P)^-1 y.

    References
    ----------
    Canatar, Bordelon, Pehlevan 2020, arXiv:2006.13198.

    Examples
    --------
    >>> kernel_spectrum_of([[2.0, 0.0], [0.0, 1.0]], [1.0, 1.0]).covariance.eigenvalues
    array([1. , 0.5])
    """
    K, labels = _samples(kernel_matrix, "kernel_matrix", 2), _samples(y, "y", 1)
    M = len(K)
    if K.shape != (M, M) or len(labels) != M:
        raise ValueError(f"kernel_matrix {K.shape} and y {labels.shape}; needs (M, M) and M labels")
    if not np.allclose(K, K.T, rtol=1e-8, atol=1e-8 * float(np.abs(K).max())):
        raise ValueError("kernel_matrix is not symmetric; needs K(x, x') = K(x', x)")
    eigenvalues, vectors = np.linalg.eigh(K / M)
    rounding = M * np.finfo(float).eps * max(float(eigenvalues[-1]), 0.0)
    if eigenvalues[-1] <= 0 or eigenvalues[0] < -100 * rounding:
        raise ValueError(
            f"kernel_matrix/M has eigenvalues from {eigenvalues[0]:.3g} to {eigenvalues[-1]:.3g}; "
            "a kernel's are >= 0, and not all 0"
        )
    kept = eigenvalues > rounding
    c = eigenvalues[kept][::-1]
    targets = labels.reshape(M, -1)
    power = ((vectors[:, kept].T @ targets) ** 2).sum(axis=1)[::-1] / M
    missed = ((vectors[:, ~kept].T @ targets) ** 2).sum() / M
    return Spectrum(BlockCovariance(c, np.ones(c.size), power / c), float(missed))


def _without_noise(power: FloatArray, noise: float) -> FloatArray:
    """Powers m_i c_i >= 0 after `noise` is subtracted from each, with the total unbiased if positive."""
    positive = np.maximum(power - noise, 0)
    total = power.sum() - noise * power.size
    if total <= 0:
        return np.zeros_like(power)
    return positive * (total / positive.sum())


def _samples(values: ArrayLike, name: str, fewest_axes: int) -> FloatArray:
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length") from None
    if given.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds {given.dtype} entries; needs real numbers")
    shape = "samples x inputs" if fewest_axes == 2 else "(samples,) or (samples, outputs)"
    if not fewest_axes <= given.ndim <= 2 or given.size == 0:
        raise ValueError(f"{name} has shape {given.shape}; needs {shape}, not empty")
    array = given.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds nan or inf; needs finite numbers")
    return array
