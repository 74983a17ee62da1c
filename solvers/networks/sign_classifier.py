r"""A linear student that learns the signs of a teacher, some of them flipped.

Inputs x are Gaussian of one variance in every direction. Labels are sign(w* . x), each flipped with a
given probability. The student w starts at 0 and follows gradient flow on the squared mean loss
sum (y - X w)^2/(2 P); t = learning rate x steps. It classifies by sign(w . x), and errs on a share
angle(w, w*)/pi of new inputs with true labels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import finite_matrix, generator, real_array, whole_number
from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.linear_student_input import times_of

Array = NDArray[np.float64]


def flipped_signs(
    X: ArrayLike, teachers: ArrayLike, flip_probability: float, rng: np.random.Generator
) -> Array:
    """Labels +-1, (P, K), of K teachers, (N, K), on the samples X, (P, N), independently flipped.

    Examples
    --------
    >>> flipped_signs([[1.0], [-2.0]], [[3.0]], 0.0, np.random.default_rng(0)).ravel()
    array([ 1., -1.])
    """
    samples, targets = _samples_and_teachers(X, teachers)
    if not 0 <= flip_probability <= 1:
        raise ValueError(f"flip_probability = {flip_probability} is outside [0, 1]")
    labels = np.where(samples @ targets >= 0, 1.0, -1.0)
    flipped = generator(rng).random(labels.shape) < flip_probability
    return np.where(flipped, -labels, labels)


def trained_weights(X: ArrayLike, labels: ArrayLike, t: ArrayLike) -> Array:
    """Weights after gradient flow of time t, exactly: t's shape + (N, K) for labels (P, K).

    Examples
    --------
    >>> trained_weights([[2.0], [0.0]], [[1.0], [1.0]], [0.5 * np.log(2), np.inf]).ravel()
    array([0.25, 0.5 ])
    """
    learned, right, final = _modes(X, labels, t)
    with one_blas_thread():
        return np.einsum("...k,kn,ks->...ns", learned, right, final, optimize=True)


def errors_in_time(X: ArrayLike, labels: ArrayLike, teachers: ArrayLike, t: ArrayLike) -> Array:
    """`angle_error` of the `trained_weights` at all times, t's shape + (K,), without forming them.

    Examples
    --------
    >>> errors_in_time([[2.0, 0.0]], [[1.0]], [[1.0], [1.0]], [0.1, np.inf]).ravel()
    array([0.25, 0.25])
    """
    learned, right, final = _modes(X, labels, t)
    targets = finite_matrix(teachers, "teachers", "(inputs, teachers), not empty")
    if targets.shape != (right.shape[1], final.shape[1]):
        raise ValueError(
            f"teachers have shape {targets.shape}; needs {(right.shape[1], final.shape[1])}"
        )
    with one_blas_thread():
        along = learned @ (final * (right @ targets)) / np.linalg.norm(targets, axis=0)
        length_sq = learned**2 @ final**2
    if not (length_sq > 0).all():
        raise ValueError("a student has the weight 0: it classes nothing; needs t > 0")
    return np.arctan2(np.sqrt(np.maximum(length_sq - along**2, 0)), along) / np.pi


def _modes(X: ArrayLike, labels: ArrayLike, t: ArrayLike) -> tuple[Array, Array, Array]:
    """Share learned of each mode, t's shape + (modes,); directions; weights at the end, (modes, K)."""
    samples = finite_matrix(X, "X", "(samples, inputs), not empty")
    targets = finite_matrix(labels, "labels", "(samples, students), not empty")
    if len(targets) != len(samples):
        raise ValueError(f"labels of {len(targets)} samples, X of {len(samples)}")
    times = times_of(t)
    with one_blas_thread():
        left, singular, right = np.linalg.svd(samples, full_matrices=False)
        seen = singular > 1e-13 * max(samples.shape) * singular[0]
        left, singular, right = left[:, seen], singular[seen], right[seen]
        final = (left.T @ targets) / singular[:, None]
    learned = -np.expm1(-(singular**2) / len(samples) * times[..., None])
    return learned, right, final


def angle_error(weights: ArrayLike, teachers: ArrayLike) -> Array:
    """Share of Gaussian inputs that students, (..., N, K), class otherwise than teachers, (N, K).

    Examples
    --------
    >>> angle_error([[0.0], [1.0]], [[1.0], [1.0]])
    array([0.25])
    """
    students, targets = real_array(weights, "weights"), real_array(teachers, "teachers")
    lengths = np.linalg.norm(students, axis=-2), np.linalg.norm(targets, axis=-2)
    if not ((lengths[0] > 0).all() and (lengths[1] > 0).all()):
        raise ValueError("a student or teacher has the weight 0: it classes nothing")
    unit, aim = students / lengths[0][..., None, :], targets / lengths[1][..., None, :]
    apart, sum_ = np.linalg.norm(unit - aim, axis=-2), np.linalg.norm(unit + aim, axis=-2)
    return 2 * np.arctan2(apart, sum_) / np.pi


def counted_error(
    weights: ArrayLike, teachers: ArrayLike, n_test: int, rng: np.random.Generator
) -> Array:
    """The same share, counted on n_test new inputs: (K,) for students (N, K).

    Examples
    --------
    >>> counted_error([[1.0]], [[-2.0]], 5, np.random.default_rng(0))
    array([1.])
    """
    students, targets = _samples_and_teachers(np.transpose(weights), np.asarray(teachers))
    test = generator(rng).standard_normal((whole_number(n_test, "n_test"), len(targets)))
    return np.mean((test @ students.T >= 0) != (test @ targets >= 0), axis=0)


def _samples_and_teachers(X: ArrayLike, teachers: ArrayLike) -> tuple[Array, Array]:
    samples = finite_matrix(X, "X", "(samples, inputs), not empty")
    targets = finite_matrix(teachers, "teachers", "(inputs, teachers), not empty")
    if samples.shape[1] != len(targets):
        raise ValueError(f"teachers of {len(targets)} inputs, X of {samples.shape[1]}")
    return samples, targets
