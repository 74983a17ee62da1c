"""Students of another size than their teacher, with the teacher's inputs drawn in full."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _curve(
    inputs: Array,
    n_teacher: int,
    n_student: int,
    t: Array,
    teacher: float,
    start: float,
    noise: float,
) -> Array:
    """(test, train, norm) x times, averaged over teacher, start and noise.

    The labels are linear in the teacher's weights through all its inputs, whether the student sees
    them or not: with X_s = U s V^T of the student's inputs, the teacher's reach it as G = U^T X_t.
    """
    p = len(inputs)
    shared = min(n_teacher, n_student)
    u, s, v = np.linalg.svd(inputs[:, :n_student], full_matrices=False)
    g = u.T @ inputs[:, :n_teacher]
    heard = (g**2).sum(axis=1)
    aligned = np.einsum("ri,ri->r", g[:, :shared], v[:, :shared])
    q = np.exp(-np.outer(t, s**2))
    told = -np.expm1(-np.outer(t, s**2)) / s
    frozen = n_student - len(s)
    learned = teacher * told**2 @ heard + noise * (told**2).sum(axis=1)
    left = start * ((q**2).sum(axis=1) + frozen)
    test = noise + (learned + teacher * (n_teacher - 2 * told @ aligned) + left) / n_teacher
    train = q**2 @ (teacher * heard + noise + start * s**2)
    unheard = (inputs[:, :n_teacher] ** 2).sum() - heard.sum()
    train = (train + teacher * unheard + noise * (p - len(s))) / p
    return np.array([test, train, (learned + left) / n_student])


def quantities_by_size(
    rng: np.random.Generator,
    n_teacher: float,
    t: Any,
    size_ratio: Any,
    sample_ratio: float,
    teacher_power: float,
    init_var: float,
    noise_var: float,
) -> Array:
    """Test error, train error and norm a weight of students: (3, times, sizes).

    Sizes share the samples: a larger student sees more of the same inputs.
    """
    from lazyrich.solvers.networks.blas_threads import one_blas_thread

    n = int(n_teacher)
    sizes = [round(a * n) for a in size_ratio]
    if min(sizes) < 1 or not np.allclose(np.divide(sizes, n), size_ratio):
        raise ValueError(f"n_teacher {n}; needs whole numbers of inputs at all {size_ratio}")
    inputs = rng.standard_normal((round(sample_ratio * n), max(n, *sizes))) / np.sqrt(n)
    given = (np.atleast_1d(t), teacher_power, init_var, noise_var)
    with one_blas_thread():
        return np.stack([_curve(inputs, n, each, *given) for each in sizes], axis=-1)


def errors_by_size(
    rng: np.random.Generator, n_teacher: float, t: Any, quantity: int, **given: Any
) -> Array:
    """One of test error (0), train error (1) and norm a weight (2): (times, sizes)."""
    return quantities_by_size(rng, n_teacher, t, **given)[quantity]


def least_errors_by_size(
    rng: np.random.Generator,
    n_teacher: float,
    size_ratio: Any,
    sample_ratio: float,
    teacher_power: float,
    noise_var: float,
) -> Array:
    """Least test error in time of students of several sizes, on a dense scan of times."""
    t = np.geomspace(0.01, 300, 200)
    given = (size_ratio, sample_ratio, teacher_power, 0.0, noise_var)
    return quantities_by_size(rng, n_teacher, t, *given)[0].min(axis=0)
