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
from lazyrich.solvers.networks.linear_student_input import non_negative, per_input, times_of

Array = NDArray[np.float64]


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
    seen = _seen(singular, samples.shape)
    return Directions(singular[seen] ** 2 / len(samples), rows[seen].T)


def sample_eigenvalues(X: ArrayLike) -> Array:
    """The same eigenvalues without their directions, in less time.

    Examples
    --------
    >>> sample_eigenvalues([[2.0, 0.0], [0.0, 4.0]])
    array([8., 2.])
    """
    samples = finite_matrix(X, "X", "(samples, inputs), not empty")
    with one_blas_thread():
        singular = np.linalg.svd(samples, compute_uv=False)
    return singular[_seen(singular, samples.shape)] ** 2 / len(samples)


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
    variances, teacher_variances : array_like, (N,) or scalar
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
    samples = finite_matrix(X, "X", "(samples, inputs), not empty")
    inputs = per_input(variances, "variances", samples.shape[1])
    teachers = per_input(teacher_variances, "teacher_variances", samples.shape[1])
    times, noise = times_of(t), non_negative(noise_var, "noise_var")
    spectrum = _Spectrum.of(samples, inputs, teachers)
    kept = [_counted(k, len(spectrum.eigenvalues)) for k in np.ravel(n_kept)]
    learned = -np.expm1(-spectrum.eigenvalues * times.ravel()[:, None])
    bias = np.full((times.size, len(kept)), float(inputs @ teachers))
    variance = np.zeros((times.size, len(kept)))
    per_direction = noise / len(samples) * spectrum.inputs / spectrum.eigenvalues
    with one_blas_thread():
        for j, k in enumerate(kept):
            f = learned[:, :k]
            bias[:, j] += spectrum.quadratic(f) - 2 * f @ spectrum.both[:k]
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
    samples = finite_matrix(X, "X", "(samples, inputs), not empty")
    teachers = per_input(teacher_variances, "teacher_variances", samples.shape[1])
    times, noise = times_of(t), non_negative(noise_var, "noise_var")
    values = _Spectrum.of(samples, teachers, teachers)
    squared = np.expm1(-values.eigenvalues * times[..., None]) ** 2
    of_noise = squared * (noise / (len(samples) * values.eigenvalues))
    return LearnedEnergies(values.eigenvalues, squared * values.inputs, of_noise)


class _Spectrum(NamedTuple):
    """Eigenvalues of X^T X/P, and the diagonals of C and C M on their directions; M = teachers."""

    eigenvalues: Array
    inputs: Array
    both: Array
    crossed: Array | None
    """(V^T C V) * (V^T M V), if not diagonal."""

    @classmethod
    def of(cls, samples: Array, inputs: Array, teachers: Array) -> _Spectrum:
        """Without directions where C and M are the same along all of them."""
        if np.ptp(inputs) == np.ptp(teachers) == 0:
            values = sample_eigenvalues(samples)
            c, m = (np.full(len(values), each[0]) for each in (inputs, teachers))
            return cls(values, c, c * m, None)
        values, v = sample_directions(samples)
        with one_blas_thread():
            of_inputs, of_teachers = ((v.T * each) @ v for each in (inputs, teachers))
            both = (v.T**2) @ (inputs * teachers)
        return cls(values, of_inputs.diagonal(), both, of_inputs * of_teachers)

    def quadratic(self, f: Array) -> Array:
        """tr F C F M at each time, f the shares learned of the leading directions, (T, k)."""
        k = f.shape[1]
        if self.crossed is None:
            return f**2 @ self.both[:k]
        return ((f @ self.crossed[:k, :k]) * f).sum(axis=1)


def _seen(singular: NDArray[np.floating], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    return (singular > max(shape) * np.finfo(np.float64).eps * singular[0]) & (singular > 0)


def _counted(n_kept: object, rank: int) -> int:
    number = real_array(np.asarray(n_kept), "n_kept")
    if number.ndim or not (0 <= number <= rank and float(number).is_integer()):
        raise ValueError(f"n_kept = {n_kept} is outside 0, ..., {rank}: the rank of X")
    return int(number)
