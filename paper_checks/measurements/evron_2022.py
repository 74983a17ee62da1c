"""Routes to the numbers of Evron et al. 2022 that use none of the theory's formulas.

Students fitted task after task, students trained by gradient descent, and a search over all pairs of
tasks by dense linear algebra.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FITTED = 60  # steps that halve the residual of one row each


def _average_losses(inputs: Sequence[Any], labels: Sequence[Any], weights: Array) -> Array:
    """Mean over the tasks so far of their summed squared errors, after each training."""
    tasks = [(np.asarray(x), np.asarray(y)) for x, y in zip(inputs, labels, strict=True)]
    return np.array(
        [
            np.mean([np.sum((y - x @ after) ** 2) for x, y in tasks[: k + 1]])
            for k, after in enumerate(weights[1:])
        ]
    )


def random_sequences(
    rng: np.random.Generator,
    dim: int,
    ranks: Sequence[int],
    n_tasks: Any,
    n_sequences: int,
) -> Array:
    """abs(e_k)^2 and forgetting of students of random tasks: (numbers of tasks, ranks, 2).

    Rows are Gaussian, then made orthonormal; a student of every teacher along an axis is fitted at
    once, which averages over the teachers.
    """
    from lazyrich.solvers.networks.sequential_tasks import fit_sequence

    found = np.empty((n_sequences, len(n_tasks), len(ranks), 2))
    teachers = np.eye(dim)
    for at in range(n_sequences):
        for column, rank in enumerate(ranks):
            normal = rng.standard_normal((n_tasks.max(), dim, rank))
            tasks = [np.linalg.qr(each)[0].T for each in normal]
            weights = fit_sequence(tasks, [task @ teachers for task in tasks], np.zeros((dim, dim)))
            distance = np.sum((weights - teachers) ** 2, axis=(1, 2)) / dim
            forgotten = _average_losses(tasks, tasks, weights) / dim
            found[at, :, column, 0] = distance[n_tasks]
            found[at, :, column, 1] = forgotten[n_tasks - 1]
    return found.mean(axis=0)


def train_two_tasks(angle: Array, n_tasks: Any) -> Array:
    """Forgetting of students trained on two rows in turn: (angles, numbers of tasks).

    The row lengths differ; losses are divided by their squares.
    """
    from lazyrich.solvers.networks.sequential_tasks import train_sequence

    last, teacher, found = max(n_tasks), np.array([0.0, 0.6, 0.8]), []
    for theta in angle:
        second = 0.7 * np.array([np.cos(theta), 0.6 * np.sin(theta), 0.8 * np.sin(theta)])
        rows = [np.array([[1.4, 0.0, 0.0]]), second[None]]
        tasks = [rows[k % 2] for k in range(last)]
        squares = np.array([np.sum(task**2) for task in tasks])
        labels = [task @ teacher for task in tasks]
        weights = train_sequence(tasks, labels, np.zeros(3), 0.5 / squares, FITTED)
        scales = np.sqrt(squares)
        unit = [task / scale for task, scale in zip(tasks, scales, strict=True)]
        answers = [label / scale for label, scale in zip(labels, scales, strict=True)]
        found.append(_average_losses(unit, answers, weights)[np.asarray(n_tasks) - 1])
    return np.array(found)


def _worst_start(tasks: Sequence[Array], k: int) -> float:
    """Forgetting of two tasks in turn from the worst start of length 1."""
    lost = np.eye(tasks[0].shape[1])
    keep = [lost - np.linalg.pinv(x) @ x for x in tasks]
    for m in range(k):
        lost = keep[m % 2] @ lost
    counts = ((k + 1) // 2, k // 2)
    seen = sum(n * x.T @ x for n, x in zip(counts, tasks, strict=True)) / k
    return float(np.linalg.eigvalsh(lost.T @ seen @ lost)[-1])


def _worst_pair(k: int, rank: int, dim: int, starts: int) -> float:
    """The worst over pairs of tasks of spectral norm 1, by search from several pairs."""
    from scipy.optimize import minimize

    def negative(entries: Array) -> float:
        pair = [x / np.linalg.norm(x, 2) for x in entries.reshape(2, rank, dim)]
        return -_worst_start(pair, k)

    rng = np.random.default_rng([k, rank, dim])
    runs = [
        minimize(negative, rng.standard_normal(2 * rank * dim), method="BFGS", tol=1e-9)
        for _ in range(starts)
    ]
    return -min(float(run.fun) for run in runs)


def search_two_tasks(n_tasks: Array, shapes: Sequence[tuple[int, int]], starts: int) -> Array:
    """Worst forgetting for each number of tasks and each (rank, dim)."""
    return np.array(
        [[_worst_pair(int(k), *shape, starts=starts) for shape in shapes] for k in n_tasks]
    )


def scaled_worst_case(one: float, inverse_n_tasks: float) -> Array:
    """k times the worst forgetting of two rows, by a search over angles, with k = 1/inverse_n_tasks."""
    from scipy.optimize import minimize_scalar

    k = round(1 / inverse_n_tasks)

    def negative(angle: float) -> float:
        rows = (np.array([[1.0, 0.0]]), np.array([[np.cos(angle), np.sin(angle)]]))
        return -_worst_start(rows, k)

    run = minimize_scalar(negative, bounds=(0, 4 / np.sqrt(k)), options={"xatol": 1e-9})
    return np.array([-k * float(run.fun)])


def train_rotating_tasks(n_tasks: Any, n_turning: Any) -> Array:
    """Forgetting of students trained on k - j equal rows, then on j that turn by a right angle."""
    from lazyrich.solvers.networks.sequential_tasks import train_sequence

    found = []
    for k, j in zip(n_tasks, n_turning, strict=True):
        angles = np.pi / 2 * np.maximum(np.arange(1, k + 1) - (k - j), 0) / j
        tasks = [np.array([[-np.sin(a), np.cos(a)]]) for a in angles]
        labels = [task @ np.array([1.0, 0.0]) for task in tasks]
        weights = train_sequence(tasks, labels, np.zeros(2), 0.5, FITTED)
        found.append(_average_losses(tasks, labels, weights)[-1])
    return np.array(found)


def digit_tasks(n_each: int) -> tuple[list[Array], list[Array]]:
    """Tasks of the digits 0 or 1, 2 or 3, ..., 8 or 9: unit-length inputs, and labels -1 or 1.

    The first `n_each` of either class, 64 centred pixels.
    """
    from lazyrich.solvers.networks.linear_tasks import digits

    data = digits(whitened=False)
    first = [np.flatnonzero(data.labels == digit)[:n_each] for digit in range(10)]
    picked = [np.concatenate(first[c : c + 2]) for c in range(0, 10, 2)]
    inputs = [data.inputs[rows] for rows in picked]
    inputs = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in inputs]
    return inputs, [np.repeat([-1.0, 1.0], n_each) for _ in inputs]


def train_digits(order: Sequence[int], n_each: int, factor: float, n_steps: int = 10_000) -> Array:
    """Mean squared error on the digit tasks learned so far, after each training by descent."""
    from lazyrich.solvers.networks.sequential_tasks import train_sequence

    inputs, labels = digit_tasks(n_each)
    largest = [np.linalg.norm(x, 2) ** 2 / len(x) for x in inputs]
    tasks, answers = [inputs[m] for m in order], [factor * labels[m] for m in order]
    rates = [1 / largest[m] for m in order]
    weights = train_sequence(tasks, answers, np.zeros(inputs[0].shape[1]), rates, n_steps)
    return _average_losses(tasks, answers, weights) / (2 * n_each)


def stop_digits(t: Array, order: Sequence[int], n_each: int, learning_rate: float) -> Array:
    """The same at every number of trainings, each of time t on the sum loss: (times, trainings)."""
    from lazyrich.solvers.networks.sequential_tasks import train_sequence

    inputs, labels = digit_tasks(n_each)
    tasks, answers = [inputs[m] for m in order], [labels[m] for m in order]
    start, samples = np.zeros(inputs[0].shape[1]), 2 * n_each
    found = []
    for time in t:
        steps = round(time / learning_rate)
        assert np.isclose(steps * learning_rate, time, rtol=1e-12)
        weights = train_sequence(tasks, answers, start, samples * learning_rate, steps)
        found.append(_average_losses(tasks, answers, weights) / samples)
    return np.array(found)
