r"""A linear student that learns several tasks one after the other and forgets.

Task k has inputs in the rows of X_k, (P_k, N), and labels y_k. The student w starts where the task before
ended and descends the mean loss abs(y_k - X_k w)^2/(2 P_k), for a time t = learning rate x steps or until
it fits. One singular value decomposition a task gives its end exactly; an explicit loop certifies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import finite_matrix, positive_number, real_array
from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.linear_student import gradient_descent
from lazyrich.solvers.networks.linear_student_input import non_negative, times_of, whole_steps
from lazyrich.solvers.networks.memory import require_memory

Array = NDArray[np.float64]


class _Modes(NamedTuple):
    """Eigenvalues of X^T X/P that are not zero, X = left sqrt(P eigenvalues) right."""

    eigenvalues: Array
    left: Array
    right: Array

    @classmethod
    def of(cls, inputs: Array) -> _Modes:
        left, scales, right = np.linalg.svd(inputs, full_matrices=False)
        seen = scales > max(inputs.shape) * np.finfo(float).eps * scales[0]
        return cls(scales[seen] ** 2 / len(inputs), left[:, seen], right[seen])

    def learned(self, t: float, learning_rate: float | None) -> Array:
        """1 - q of each mode, q what is left of its start."""
        if t == np.inf:
            return np.ones_like(self.eigenvalues)
        if learning_rate is None:
            return -np.expm1(-t * self.eigenvalues)
        shrunk = 1 - learning_rate * self.eigenvalues
        if (shrunk <= -1).any():
            raise ValueError(
                f"learning_rate = {learning_rate} is outside (0, {2 / self.eigenvalues.max():.6g}) = "
                "(0, 2/(largest eigenvalue of X^T X/P)): gradient descent diverges"
            )
        steps = whole_steps(np.atleast_1d(t), learning_rate)
        return 1 - np.power(shrunk, steps)


def fit_sequence(
    inputs: Sequence[ArrayLike],
    labels: Sequence[ArrayLike],
    w0: ArrayLike,
    t: float = np.inf,
    *,
    learning_rate: float | None = None,
) -> Array:
    """Weights before the first task and after each, exact for these data.

    Parameters
    ----------
    inputs : sequence of K array_like, (P_k, N)
    labels : sequence of K array_like, (P_k,) or (P_k, m)
        m students of the same inputs at once.
    w0 : array_like, (N,) or (N, m)
        Weights at the start.
    t : float
        Time spent on each task, in [0, inf]; at inf w moves to the nearest minimum.
    learning_rate : float, optional
        For exact gradient descent, of which t/learning_rate is then a whole number of steps. Without
        it, gradient flow.

    Returns
    -------
    array, (K + 1, N) or (K + 1, N, m)

    Raises
    ------
    ValueError
        For shapes that do not fit, entries that are not finite, times outside [0, inf], or a learning
        rate with which descent diverges.

    Examples
    --------
    The second task spoils the first.

    >>> fit_sequence([[[1.0, 0.0]], [[1.0, 1.0]]], [[1.0], [0.0]], [0.0, 0.0])[1:]
    array([[ 1. ,  0. ],
           [ 0.5, -0.5]])
    """
    tasks, answers = _data(inputs, labels)
    weights = _start(w0, tasks, answers)
    duration, rate = _time(t), _rate(learning_rate)
    found = [weights]
    with one_blas_thread():
        for task, answer in zip(tasks, answers, strict=True):
            modes = _Modes.of(task)
            learned = modes.learned(duration, rate) / np.sqrt(len(task) * modes.eigenvalues)
            push = modes.left.T @ (answer - task @ weights)
            weights = weights + modes.right.T @ (learned * push.T).T
            found.append(weights)
    return np.array(found)


def train_sequence(
    inputs: Sequence[ArrayLike],
    labels: Sequence[ArrayLike],
    w0: ArrayLike,
    learning_rates: ArrayLike,
    n_steps: int,
) -> Array:
    """Weights before the first task and after each, by explicit loops of full-batch gradient descent.

    Parameters
    ----------
    inputs : sequence of K array_like, (P_k, N)
    labels : sequence of K array_like, (P_k,)
    w0 : array_like, (N,)
        Weights at the start.
    learning_rates : array_like, scalar or (K,)
        On the mean loss of each task, > 0.
    n_steps : int
        Updates on each task, >= 1.

    Returns
    -------
    array, (K + 1, N)

    Raises
    ------
    ValueError
        For bad arguments, or when the descent diverges; the message names the step.

    Examples
    --------
    >>> train_sequence([[[1.0]], [[1.0]]], [[1.0], [0.0]], [0.0], 0.5, 2).ravel()
    array([0.    , 0.75  , 0.1875])
    """
    tasks, answers = _data(inputs, labels)
    weights = _start(w0, tasks, answers)
    if weights.ndim != 1:
        raise ValueError(f"w0 has shape {weights.shape}; the loop trains one student, (N,)")
    rates = real_array(learning_rates, "learning_rates")
    if rates.shape not in ((), (len(tasks),)):
        raise ValueError(f"learning_rates has shape {rates.shape}; needs one, or one for each task")
    rates = np.broadcast_to(rates, len(tasks))
    found = [weights]
    for task, answer, rate in zip(tasks, answers, rates, strict=True):
        weights = gradient_descent(task, answer, weights, float(rate), n_steps, [n_steps])[0]
        found.append(weights)
    return np.array(found)


def averaged_errors(
    inputs: Sequence[ArrayLike],
    teachers: ArrayLike,
    t: ArrayLike = np.inf,
    *,
    noise_var: float = 0.0,
    learning_rate: float | None = None,
) -> Array:
    """Mean of abs(w_k - w*_i)^2 over label noise and a rotation of all teachers, exact for these inputs.

    Task k has labels X_k w*_k + noise; the student starts at 0. The teachers, rotated together at random,
    matter by their inner products only: what is needed of the inputs are traces.

    Parameters
    ----------
    inputs : sequence of K array_like, (P_k, N)
    teachers : array_like, (K, any)
        w*_k, or any vectors with their inner products.
    t : array_like, any shape
        Time spent on each task, in [0, inf].
    noise_var : float
        Variance of the label noise, >= 0.
    learning_rate : float, optional
        As for `fit_sequence`.

    Returns
    -------
    array, t's shape + (K, K)
        Row i is the task, column k - 1 is after k tasks; summed over the N weights.

    Raises
    ------
    ValueError
        As for `fit_sequence`.

    Examples
    --------
    Half of the directions seen, the same ones in both tasks.

    >>> averaged_errors([[[1.0, 0.0]], [[1.0, 0.0]]], [[1.0], [1.0]])
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    tasks = _inputs(inputs)
    gram = _gram(teachers, len(tasks))
    times, rate = times_of(t), _rate(learning_rate)
    noise = non_negative(noise_var, "noise_var")
    n_inputs = tasks[0].shape[1]
    require_memory(8.0 * (len(tasks) + 3) * n_inputs**2, "the responses to all teachers")
    found = np.empty((times.size, len(tasks), len(tasks)))
    with one_blas_thread():
        modes = [_Modes.of(task) for task in tasks]
        samples = [len(task) for task in tasks]
        for at, duration in enumerate(times.ravel()):
            found[at] = _averaged(modes, samples, gram, float(duration), noise, rate, n_inputs)
    return found.reshape(*times.shape, len(tasks), len(tasks))


def _averaged(
    modes: list[_Modes],
    samples: list[int],
    gram: Array,
    t: float,
    noise_var: float,
    learning_rate: float | None,
    n_inputs: int,
) -> Array:
    """(K, K) from the responses R_kj, E w_k = sum_j R_kj w*_j, and the covariance of w_k by noise."""
    count = len(modes)
    response = np.zeros((count, n_inputs, n_inputs))
    covariance = np.zeros((n_inputs, n_inputs))
    found = np.empty((count, count))
    for k, (task, n_train) in enumerate(zip(modes, samples, strict=True)):
        learned, v = task.learned(t, learning_rate), task.right
        response[k] = (v.T * learned) @ v
        for j in range(k):
            response[j] -= response[k] @ response[j]
        if noise_var:
            covariance -= response[k] @ covariance
            covariance -= covariance @ response[k]
            covariance += (v.T * (noise_var / n_train * learned**2 / task.eigenvalues)) @ v
        flat = response[: k + 1].reshape(k + 1, -1)
        products = flat @ flat.T / n_inputs
        traces = np.trace(response[: k + 1], axis1=1, axis2=2) / n_inputs
        own = np.sum(products * gram[: k + 1, : k + 1])
        found[:, k] = own - 2 * traces @ gram[: k + 1] + np.diag(gram) + np.trace(covariance)
    return found


def _inputs(inputs: Sequence[ArrayLike]) -> list[Array]:
    if not np.iterable(inputs) or len(inputs) == 0:
        raise ValueError(f"inputs = {inputs!r}; needs a list of tasks, one matrix each")
    tasks = [finite_matrix(task, f"inputs[{k}]") for k, task in enumerate(inputs)]
    for k, task in enumerate(tasks):
        if task.shape[1] != tasks[0].shape[1]:
            raise ValueError(
                f"inputs[{k}] has {task.shape[1]} columns, inputs[0] {tasks[0].shape[1]}; needs as many"
            )
        if not task.any():
            raise ValueError(f"inputs[{k}] is zero; a task has a sample that is not")
    return tasks


def _data(
    inputs: Sequence[ArrayLike], labels: Sequence[ArrayLike]
) -> tuple[list[Array], list[Array]]:
    tasks = _inputs(inputs)
    if not np.iterable(labels) or len(labels) != len(tasks):
        raise ValueError(f"labels = {labels!r}; needs one array for each of {len(tasks)} tasks")
    answers = [real_array(answer, f"labels[{k}]") for k, answer in enumerate(labels)]
    for k, (task, answer) in enumerate(zip(tasks, answers, strict=True)):
        if answer.shape != (len(task), *answers[0].shape[1:2]):
            raise ValueError(f"labels[{k}] has shape {answer.shape}; needs {len(task)} rows")
        if not np.isfinite(answer).all():
            raise ValueError(f"labels[{k}] holds NaN or infinite entries")
    return tasks, answers


def _start(w0: ArrayLike, tasks: list[Array], answers: list[Array]) -> Array:
    weights = real_array(w0, "w0").copy()
    needed = (tasks[0].shape[1], *answers[0].shape[1:])
    if weights.shape != needed:
        raise ValueError(f"w0 has shape {weights.shape}; needs {needed}")
    if not np.isfinite(weights).all():
        raise ValueError("w0 holds NaN or infinite entries")
    return weights


def _gram(teachers: ArrayLike, count: int) -> Array:
    vectors = finite_matrix(teachers, "teachers", "a teacher in each row")
    if len(vectors) != count:
        raise ValueError(f"teachers has {len(vectors)} rows; needs one for each of {count} tasks")
    return vectors @ vectors.T


def _time(t: float) -> float:
    times = times_of(t)
    if times.ndim:
        raise ValueError(f"t has shape {times.shape}; needs one time")
    return float(times)


def _rate(learning_rate: float | None) -> float | None:
    return None if learning_rate is None else positive_number(learning_rate, "learning_rate")
