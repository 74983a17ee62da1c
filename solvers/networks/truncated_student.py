r"""A linear student that is trained and then truncated to the leading directions of its own data.

Rows of X are samples. The student w starts at 0 and follows gradient flow on the mean loss
sum (y - X w)^2 / (2 P), with labels y = X w* + noise; t = learning rate x steps. The sample covariance
X^T X/P has eigenvalues lambda_i and directions v_i. Truncation projects w(t) onto the leading v_i,
those of the largest eigenvalues, and leaves the rest at 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import finite_matrix, real_array
from lazyrich.solvers.networks.blas_threads import one_blas_thread

Array = NDArray[np.float64]

_ROUNDING = 64 * np.finfo(np.float64).eps


class Directions(NamedTuple):
    """Eigenvalues of X^T X/P above 0, falling, (K,), and their directions, (N, K), K <= min(P, N)."""

    eigenvalues: Array
    vectors: Array


def sample_directions(X: ArrayLike) -> Directions:
    """Directions in which the samples X, (P, N), vary, from a singular value decomposition.

    Examples
    --------
    >>> sample_directions([[2.0, 0.0], [0.0, 4.0]]).eigenvalues
    array([8., 2.])
    """
    samples = finite_matrix(X, "X", "(samples, inputs), not empty")
    with one_blas_thread():
        _, singular, rows = np.linalg.svd(samples, full_matrices=False)
    seen = singular > _ROUNDING * max(samples.shape) * max(singular[0], np.finfo(float).tiny)
    return Directions(singular[seen] ** 2 / len(samples), rows[seen].T)


def truncate(weights: ArrayLike, X: ArrayLike, n_kept: int) -> Array:
    """Projection of trained weights, (N,) or (n_students, N), onto the n_kept leading directions.

    Raises
    ------
    ValueError
        For a number of directions the samples do not have, or weights of another length.

    Examples
    --------
    >>> truncate([1.0, 1.0], [[2.0, 0.0], [0.0, 4.0]], 1)
    array([0., 1.])
    """
    vectors = sample_directions(X).vectors
    given = real_array(weights, "weights")
    if given.ndim not in (1, 2) or given.shape[-1] != len(vectors):
        raise ValueError(f"weights have shape {given.shape}; needs {len(vectors)} inputs last")
    leading = vectors[:, : _counted(n_kept, vectors.shape[1])]
    return given @ leading @ leading.T


class TruncatedErrors(NamedTuple):
    """Excess risk of truncated students, each of the shape of t and then of n_kept.

    Bias: what is not learned of the teacher. Variance: what is learned of the label noise.
    """

    bias: Array
    variance: Array


def truncated_errors(
    X: ArrayLike,
    variances: ArrayLike,
    teacher_variances: ArrayLike,
    t: ArrayLike,
    n_kept: ArrayLike,
    *,
    noise_var: float = 0.0,
) -> TruncatedErrors:
    r"""E (w - w*)^T diag(variances) (w - w*) of students truncated to leading sample directions.

    With f_i = 1 - exp(-lambda_i t) in the kept directions and 0 elsewhere, and F = sum f_i v_i v_i^T,
    the average over teachers of covariance M = diag(teacher_variances) and over the label noise is
    exact for this X::

        bias = tr C M - 2 tr C F M + tr F C F M,   variance = (noise_var/P) sum f_i^2/lambda_i v_i^T C v_i.

    Parameters
    ----------
    X : array_like, (P, N)
        Samples of variances C = diag(variances).
    variances, teacher_variances : array_like, (N,)
        Input variances; variances of independent teacher weights. Both >= 0.
    t : array_like
        Time of gradient flow on the mean loss, >= 0; inf for a student trained to the end.
    n_kept : array_like of int
        Directions kept, from 0 to the rank of X.
    noise_var : float
        Variance of the label noise, >= 0.

    Returns
    -------
    TruncatedErrors

    Raises
    ------
    ValueError
        For values outside these ranges or shapes that do not fit X.

    Examples
    --------
    >>> truncated_errors([[2.0, 0.0], [0.0, 4.0]], [1, 1], [3, 5], np.inf, [0, 1, 2], noise_var=8.0)
    TruncatedErrors(bias=array([8., 3., 0.]), variance=array([0. , 0.5, 2.5]))
    """
    directions = sample_directions(X)
    eigenvalues, vectors = directions
    n_samples = len(np.asarray(X))
    inputs = _non_negative(variances, "variances", len(vectors))
    teachers = _non_negative(teacher_variances, "teacher_variances", len(vectors))
    times, noise = _times(t), _noise(noise_var)
    kept = np.array([_counted(k, len(eigenvalues)) for k in np.ravel(n_kept)], dtype=np.int64)
    most = int(kept.max(initial=0))
    vectors, eigenvalues = vectors[:, :most], eigenvalues[:most]
    with one_blas_thread():
        of_inputs = (vectors.T * inputs) @ vectors
        crossed = of_inputs * ((vectors.T * teachers) @ vectors)
        single = (vectors.T**2) @ (inputs * teachers)
        learned = -np.expm1(-eigenvalues * times.ravel()[:, None])
        bias = np.full((times.size, kept.size), float(inputs @ teachers))
        variance = np.zeros((times.size, kept.size))
        per_direction = noise / n_samples * of_inputs.diagonal() / eigenvalues
        for j, k in enumerate(kept):
            f = learned[:, :k]
            bias[:, j] += ((f @ crossed[:k, :k]) * f).sum(axis=1) - 2 * f @ single[:k]
            variance[:, j] = f**2 @ per_direction[:k]
    shape = times.shape + np.shape(n_kept)
    return TruncatedErrors(bias.reshape(shape)[()], variance.reshape(shape)[()])


class LearnedEnergies(NamedTuple):
    """Eigenvalues, (K,), and energies of the weights along their directions, t's shape + (K,).

    Energies are E (w . v_i)^2: what comes from the teacher, and what comes from the label noise.
    """

    eigenvalues: Array
    signal: Array
    noise: Array


def learned_energies(
    X: ArrayLike, teacher_variances: ArrayLike, t: ArrayLike, *, noise_var: float = 0.0
) -> LearnedEnergies:
    r"""What the student has learned of teacher and noise along each sample direction, exactly for X.

    signal_i = f_i^2 v_i^T M v_i, noise_i = noise_var f_i^2/(P lambda_i), f_i = 1 - exp(-lambda_i t).

    Parameters and errors are those of `truncated_errors`.

    Examples
    --------
    >>> learned_energies([[2.0, 0.0], [0.0, 4.0]], [3, 5], np.inf, noise_var=8.0)
    LearnedEnergies(eigenvalues=array([8., 2.]), signal=array([5., 3.]), noise=array([0.5, 2. ]))
    """
    eigenvalues, vectors = sample_directions(X)
    teachers = _non_negative(teacher_variances, "teacher_variances", len(vectors))
    times, noise = _times(t), _noise(noise_var)
    squared = np.expm1(-eigenvalues * times[..., None]) ** 2
    signal = squared * ((vectors.T**2) @ teachers)
    return LearnedEnergies(
        eigenvalues, signal, squared * (noise / (len(np.asarray(X)) * eigenvalues))
    )


def _counted(n_kept: object, rank: int) -> int:
    number = real_array(np.asarray(n_kept), "n_kept")
    if number.ndim or not (0 <= number <= rank and float(number).is_integer()):
        raise ValueError(f"n_kept = {n_kept} is outside 0, ..., {rank}: the rank of X")
    return int(number)


def _non_negative(values: ArrayLike, name: str, length: int) -> Array:
    array = real_array(values, name)
    if array.shape != (length,):
        raise ValueError(f"{name} has shape {array.shape}; X needs ({length},)")
    if not ((array >= 0) & (array < np.inf)).all():
        raise ValueError(f"{name} = {array[~((array >= 0) & (array < np.inf))][0]}; needs [0, inf)")
    return array


def _times(t: ArrayLike) -> Array:
    times = real_array(t, "t")
    if times.size == 0:
        raise ValueError(f"t is empty, shape {times.shape}: at least one time is needed")
    if not (times >= 0).all():
        raise ValueError(f"t = {times[~(times >= 0)][0]} is outside [0, inf]: training starts at 0")
    return times


def _noise(noise_var: float) -> float:
    if not 0 <= noise_var < np.inf:
        raise ValueError(f"noise_var = {noise_var} is outside [0, inf)")
    return float(noise_var)
