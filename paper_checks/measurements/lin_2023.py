"""Routes to the numbers of Lin et al. 2023 that use none of the theory's formulas.

Students of random inputs, fitted or trained for a while task after task. Labels and their noise, and a
common rotation of all teachers, are averaged exactly for the inputs drawn.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def teachers_of(cosines: Any) -> Array:
    """Rows of length 1 whose inner products are these: (K, K) given, (K, K)."""
    values, vectors = np.linalg.eigh(np.asarray(cosines, dtype=float))
    assert values.min() > -1e-12
    return vectors * np.sqrt(np.maximum(values, 0))


def fitted_errors(
    rng: np.random.Generator,
    teachers: Any,
    n_train: float,
    dim: int,
    noise_var: float,
    n_sequences: int,
) -> Array:
    """abs(w_k - w*_i)^2 of students that fit tasks of `n_train` Gaussian samples: (K, K)."""
    from lazyrich.solvers.networks.sequential_tasks import averaged_errors

    shape = (len(teachers), int(n_train), dim)
    found = [
        averaged_errors(list(rng.standard_normal(shape)), teachers, noise_var=noise_var)
        for _ in range(n_sequences)
    ]
    return np.mean(found, axis=0)


def averages_of(errors: Array) -> tuple[float, float]:
    """Mean rise of the errors of earlier tasks since they were learned, and mean error, at the end."""
    at_end, when_learned = errors[:, -1], np.diag(errors)
    return float(np.mean(at_end[:-1] - when_learned[:-1])), float(np.mean(at_end))


def against_dimension(
    rng: np.random.Generator,
    n_train: float,
    dims: Sequence[int],
    teachers: Any,
    noise_var: float,
    n_sequences: Sequence[int],
) -> Array:
    """Forgetting and generalisation error at the end, for each number of inputs: (dims, 2).

    Errors fluctuate most where inputs are nearly as many as samples, so that each has its number of
    sequences.
    """
    found = [
        fitted_errors(rng, teachers, n_train, dim, noise_var, count)
        for dim, count in zip(dims, n_sequences, strict=True)
    ]
    return np.array([averages_of(errors) for errors in found])


def against_angle(
    rng: np.random.Generator,
    angle: Array,
    dim: int,
    n_train: int,
    noise_var: float,
    n_sequences: int,
) -> Array:
    """Forgetting after two tasks whose teachers, of length 1, stand at each angle."""
    pairs = [np.array([[1.0, 0.0], [np.cos(a), np.sin(a)]]) for a in angle]
    found = [fitted_errors(rng, pair, n_train, dim, noise_var, n_sequences) for pair in pairs]
    return np.array([averages_of(errors)[0] for errors in found])


def outlier_teachers(position: int, n_tasks: int, angle: float) -> Array:
    """Equal teachers of length 1 but for one, at `position` from 0 on, at an angle to them."""
    teachers = np.tile([1.0, 0.0], (n_tasks, 1))
    teachers[position] = np.cos(angle), np.sin(angle)
    return teachers


def against_position(
    rng: np.random.Generator,
    dim: int,
    n_train: int,
    n_tasks: int,
    angle: float,
    n_sequences: int,
) -> Array:
    """Forgetting and generalisation error for each position of the outlier: (n_tasks, 2)."""
    found = []
    for position in range(n_tasks):
        teachers = outlier_teachers(position, n_tasks, angle)
        found.append(averages_of(fitted_errors(rng, teachers, n_train, dim, 0.0, n_sequences)))
    return np.array(found)


def stopped_errors(
    rng: np.random.Generator,
    n_inputs: float,
    t: Array,
    sample_ratio: float,
    teachers: Any,
    noise_power: float,
    learning_rate: float | None = None,
) -> Array:
    """abs(w_k - w*_i)^2 of students that train for t on each task: (times, K, K).

    Inputs of variance 1/n_inputs, time on the sum loss, label noise of variance noise_power/n_inputs.
    """
    from lazyrich.solvers.networks.sequential_tasks import averaged_errors

    size, samples = int(n_inputs), round(sample_ratio * n_inputs)
    assert samples == sample_ratio * size
    inputs = rng.standard_normal((len(teachers), samples, size)) / np.sqrt(size)
    rate = None if learning_rate is None else samples * learning_rate
    return averaged_errors(
        list(inputs),
        teachers,
        samples * np.asarray(t),
        noise_var=noise_power / size,
        learning_rate=rate,
    )


def train_digits(n_each: Sequence[int], factor: float, n_steps: int = 20_000) -> Array:
    """Forgetting of the labels of digits 0 or 1, ..., 8 or 9: (samples a class, tasks).

    Mean rise of the mean squared error on earlier tasks since they were learned, after each task.
    """
    from lazyrich.paper_checks.measurements.evron_2022 import digit_tasks
    from lazyrich.solvers.networks.sequential_tasks import train_sequence

    found = []
    for n in n_each:
        inputs, labels = digit_tasks(n)
        answers = [factor * label for label in labels]
        rates = [len(x) / np.linalg.norm(x, 2) ** 2 for x in inputs]
        weights = train_sequence(inputs, answers, np.zeros(inputs[0].shape[1]), rates, n_steps)
        losses = np.array(
            [
                [np.mean((y - x @ after) ** 2) for after in weights[1:]]
                for x, y in zip(inputs, answers, strict=True)
            ]
        )
        rises = losses - np.diag(losses)[:, None]
        found.append([np.mean(rises[:k, k]) for k in range(1, len(inputs))])
    return np.array(found)
