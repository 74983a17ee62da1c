r"""A two-layer student that learns a two-layer teacher online, from a new noisy example at every step.

Inputs x ~ N(0, I_N). Student sum_k v_k g(w_k . x/sqrt N), label sum_m A_m g(B_m . x/sqrt N) + noise,
D = student - label. A step moves both layers from where they stood before it::

    w_k -= (eta/sqrt N) v_k g'(w_k . x/sqrt N) D x,     v_k -= (eta_v/N) g(w_k . x/sqrt N) D.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import (
    finite_matrix,
    generator,
    one_number,
    positive_number,
    real_array,
    whole_number,
)
from lazyrich.solvers.networks.blas_threads import one_blas_thread

Array = NDArray[np.float64]

ACTIVATIONS = ("scaled_erf", "relu", "identity")
"""erf(x/sqrt 2), max(x, 0) and x."""

DIVERGED = 1e8
"""Training has diverged once a squared error exceeds this many times the largest usual one."""

_DRAWS_PER_CALL = 2e7  # a compiled call ends within a fraction of a second, so that Ctrl-C works


class Trajectory(NamedTuple):
    """State of the student before the recorded steps; an ensemble's networks come first."""

    Q: Array
    """Overlaps w w^T/N of the student's units, (S, K, K)."""
    R: Array
    """Overlaps w B^T/N with the teacher's units, (S, K, M)."""
    T: Array
    """Overlaps B B^T/N of the teacher's units, (M, M)."""
    readout: Array
    """Second layer v, (S, K)."""
    error: Array
    """Half of the mean squared difference from the noiseless teacher over all inputs, (S,)."""


def train(
    rng: np.random.Generator,
    student: ArrayLike,
    teacher: ArrayLike,
    steps: ArrayLike,
    *,
    student_readout: ArrayLike,
    teacher_readout: ArrayLike,
    learning_rate: float,
    noise_var: float = 0.0,
    activation: str = "scaled_erf",
    readout_learning_rate: float = 0.0,
) -> Trajectory:
    """Train one student.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws inputs and noise. What is recorded changes the training by rounding only.
    student, teacher : array_like, (K, N), (M, N)
        First layers, w at the start and B; entries of order 1. Not changed.
    steps : array_like of int, (S,)
        Numbers of updates, ascending, after which to record; training ends with the last.
    student_readout, teacher_readout : array_like, (K,), (M,) or scalar
        Second layers, v at the start and A.
    learning_rate : float
        eta > 0 of the first layer.
    noise_var : float
        Variance of the label noise, >= 0.
    activation : str
        g: "scaled_erf", "relu" or "identity".
    readout_learning_rate : float
        eta_v >= 0 of the second layer.

    Returns
    -------
    Trajectory
        The test error is the average over all inputs, not over a sample: they enter through K + M
        Gaussian fields whose covariance the weights give, and each pair of units is integrated
        numerically, to about 1e-14 of the squared outputs.

    Raises
    ------
    ValueError
        For bad arguments, or when training diverges; the message names the step.

    Examples
    --------
    A linear unit that has become its teacher stays there:

    >>> w = np.ones((1, 4))
    >>> train(
    ...     np.random.default_rng(0), w, w, [0, 9], student_readout=1.0, teacher_readout=1.0,
    ...     learning_rate=0.1, activation="identity",
    ... ).error
    array([0., 0.])
    """
    generator(rng)
    weights = finite_matrix(student, "student", "a unit in each row").copy()
    true = finite_matrix(teacher, "teacher", "a unit in each row")
    if weights.shape[1] != true.shape[1]:
        raise ValueError(
            f"student has {weights.shape[1]} inputs, teacher {true.shape[1]}; needs the same"
        )
    v = _readout(student_readout, "student_readout", len(weights)).copy()
    A = _readout(teacher_readout, "teacher_readout", len(true))
    rates = (
        positive_number(learning_rate, "learning_rate"),
        _non_negative(readout_learning_rate, "readout_learning_rate"),
    )
    noise = float(np.sqrt(_non_negative(noise_var, "noise_var")))
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation = {activation!r}; needs one of {', '.join(ACTIVATIONS)}")
    at = _recorded(steps)
    kind = ACTIVATIONS.index(activation)
    usual = np.abs(v) @ _lengths(weights) + np.abs(A) @ _lengths(true) + noise
    bound = DIVERGED * max(float(usual) ** 2, 1e-300)
    records, done = [], 0
    with one_blas_thread():
        for step in at:
            _advance(rng, weights, v, true, A, rates, noise, kind, bound, done, int(step))
            done = int(step)
            records.append((weights @ weights.T, weights @ true.T, v.copy()))
    Q, R, readout = (np.array(each) for each in zip(*records, strict=True))
    N = weights.shape[1]
    return _trajectory(Q / N, R / N, true @ true.T / N, readout, A, kind)


def train_ensemble(
    rngs: Sequence[np.random.Generator],
    students: ArrayLike,
    teachers: ArrayLike,
    steps: ArrayLike,
    *,
    threads: int = 1,
    **settings: Any,
) -> Trajectory:
    """Train one student for each generator, (E, K, N), with a teacher of its own, (E, M, N).

    `settings` are those of `train`; the networks are spread over `threads`, whose number changes no
    bit. Every field of the `Trajectory` has the networks as its first axis.

    Raises
    ------
    ValueError
        As `train`, or when the numbers of generators, students and teachers differ.

    Examples
    --------
    >>> rngs = np.random.default_rng(0).spawn(3)
    >>> w = np.ones((3, 1, 4))
    >>> train_ensemble(
    ...     rngs, 0 * w, w, [0, 9], student_readout=1.0, teacher_readout=1.0, learning_rate=0.1
    ... ).Q.shape
    (3, 2, 1, 1)
    """
    starts, targets = real_array(students, "students"), real_array(teachers, "teachers")
    counts = (len(rngs), *(len(x) if x.ndim == 3 else 0 for x in (starts, targets)))
    if min(counts) == 0 or len(set(counts)) > 1:
        raise ValueError(
            f"{counts[0]} generators, students of shape {starts.shape}, teachers of shape "
            f"{targets.shape}; needs (E, K, N) and (E, M, N) for E generators"
        )
    with one_blas_thread(), ThreadPoolExecutor(whole_number(threads, "threads")) as pool:
        runs = list(
            pool.map(lambda rng, w, B: train(rng, w, B, steps, **settings), rngs, starts, targets)
        )
    return Trajectory(*(np.stack(field) for field in zip(*runs, strict=True)))


def _advance(
    rng: np.random.Generator, weights: Array, v: Array, true: Array, A: Array,
    rates: tuple[float, float], noise: float, kind: int, bound: float, first: int, last: int,
) -> None:  # fmt: skip
    from lazyrich.solvers.networks.online_student_kernel import learn

    chunk = max(1, int(_DRAWS_PER_CALL / weights.shape[1]))
    for begin in range(first, last, chunk):
        end = min(begin + chunk, last)
        bad = learn(rng, weights, v, true, A, *rates, noise, kind, bound, begin, end)
        if bad >= 0:
            raise ValueError(
                f"training diverged at step {bad}: learning_rate = {rates[0]}, readout_learning_rate "
                f"= {rates[1]} are too large"
            )


def _trajectory(Q: Array, R: Array, T: Array, v: Array, A: Array, kind: int) -> Trajectory:
    """With the test errors, which follow from the covariances [[Q, R], [R^T, T]] of all fields."""
    from lazyrich.solvers.networks.online_student_kernel import test_errors

    K = Q.shape[1]
    C, u = np.empty((len(Q), *[K + len(T)] * 2)), np.empty((len(Q), K + len(T)))
    C[:, :K, :K], C[:, :K, K:], C[:, K:, K:] = Q, R, T
    C[:, K:, :K] = R.swapaxes(1, 2)
    u[:, :K], u[:, K:] = v, -A
    return Trajectory(Q, R, T, v, test_errors(C, u, kind))


def _lengths(weights: Array) -> Array:
    """Size of a unit's output, that of a field or 1."""
    return 1 + np.sqrt((weights**2).mean(axis=1))


def _readout(values: ArrayLike, name: str, size: int) -> Array:
    given = real_array(values, name)
    if given.shape not in ((), (size,)):
        raise ValueError(f"{name} has shape {given.shape}; needs a number or ({size},)")
    if not np.isfinite(given).all():
        raise ValueError(f"{name} holds NaN or infinite entries")
    return np.array(np.broadcast_to(given, (size,)))


def _non_negative(value: Any, name: str) -> float:
    number = one_number(value, name)
    if not 0 <= number < np.inf:
        raise ValueError(f"{name} = {number} is outside [0, inf)")
    return number


def _recorded(steps: ArrayLike) -> NDArray[np.int64]:
    given = real_array(steps, "steps")
    if given.ndim != 1 or given.size == 0:
        raise ValueError(f"steps has shape {given.shape}; needs a list of numbers of updates")
    if not ((given >= 0) & (given < 2**53) & (given == np.floor(given))).all():
        raise ValueError("steps holds numbers that are not whole and >= 0")
    if (np.diff(given) < 0).any():
        raise ValueError("steps is not in ascending order")
    return given.astype(np.int64)
