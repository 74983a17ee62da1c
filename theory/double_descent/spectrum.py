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
