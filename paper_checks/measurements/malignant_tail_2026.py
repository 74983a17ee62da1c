"""Finite linear students whose label noise is followed, cut out, or left in; none of the theory's formulas.

Where not said otherwise, inputs have the variance 1/N, the loss is a sum over samples and the averages over
teacher and label noise are exact for each design: only the random inputs differ between seeds.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TEACHERS = 200  # sign teachers that share a design
HEAD, TAIL = 0.1, 1.9  # leading and trailing directions per sample, in the two-block inputs


def _design(rng: np.random.Generator, n_inputs: float, sample_ratio: float) -> Any:
    from lazyrich.solvers.networks.linear_student import gaussian_design

    n_train = round(sample_ratio * n_inputs)
    assert n_train == sample_ratio * n_inputs
    return gaussian_design(n_train, np.full(int(n_inputs), 1 / n_inputs), rng)


def energy_below_cuts(
    rng: np.random.Generator,
    n_inputs: float,
    t: Array,
    cut: Array,
    sample_ratio: float,
    teacher_power: float,
    noise_var: float,
) -> Array:
    """|w|^2/N along all eigenvalues up to each cut, from teacher and from noise: (times, cuts, 2)."""
    from lazyrich.solvers.networks.truncated_student import learned_energies

    X = _design(rng, n_inputs, sample_ratio)
    found = learned_energies(X, teacher_power, len(X) * t, noise_var=noise_var)
    below = (len(X) * found.eigenvalues <= np.asarray(cut)[:, None]).T
    return np.stack([part @ below / n_inputs for part in (found.signal, found.noise)], axis=-1)


def risk_of_cuts(
    rng: np.random.Generator,
    n_inputs: float,
    cut: Array,
    t: Array,
    sample_ratio: float,
    teacher_power: float,
    noise_var: float,
) -> Array:
    """Test error with label noise of students truncated at each cut: (times, cuts)."""
    from lazyrich.solvers.networks.truncated_student import sample_eigenvalues, truncated_errors

    X = _design(rng, n_inputs, sample_ratio)
    eigenvalues = len(X) * sample_eigenvalues(X)
    kept = (eigenvalues > np.asarray(cut)[:, None]).sum(axis=1)
    given = (1 / n_inputs, teacher_power, len(X) * np.asarray(t), kept)
    bias, variance = truncated_errors(X, *given, noise_var=noise_var)
    return noise_var + bias + variance


def best_cuts(
    rng: np.random.Generator,
    n_inputs: float,
    snr: Array,
    t: Array,
    sample_ratio: float,
) -> Array:
    """The cut of smallest test error, half-way between the last eigenvalue kept and the next: (snr, times)."""
    from lazyrich.solvers.networks.truncated_student import sample_eigenvalues, truncated_errors

    X = _design(rng, n_inputs, sample_ratio)
    eigenvalues = len(X) * sample_eigenvalues(X)
    every = np.arange(len(eigenvalues) + 1)
    bias, variance = truncated_errors(X, 1 / n_inputs, 1.0, len(X) * t, every, noise_var=1.0)
    best = np.argmin(bias + variance / np.asarray(snr)[:, None, None], axis=-1)
    assert best.min() > 0 and best.max() < len(eigenvalues)
    return (eigenvalues[best - 1] + eigenvalues[best]) / 2


def noise_of_equal_error(
    rng: np.random.Generator, n_inputs: float, sample_ratio: Array, t: Array
) -> Array:
    """Noise variance at which students err as much as weights of 0: (ratios, times)."""
    from lazyrich.solvers.networks.linear_student import averaged_errors

    found = []
    for ratio in sample_ratio:
        X = _design(rng, n_inputs, ratio)
        errors = averaged_errors(
            X, np.full(int(n_inputs), 1 / n_inputs), 1.0, len(X) * t, noise_var=1.0
        )
        found.append((1 - errors.signal) / errors.noise)
    return np.array(found)


def best_of_isotropic_students(
    rng: np.random.Generator, n_inputs: float, snr: Array, sample_ratio: float
) -> Array:
    """Smallest excess risk, teacher of variance 1: by truncating trained students, and by ridge: (snr, 2)."""
    from lazyrich.solvers.networks.truncated_student import sample_eigenvalues, truncated_errors

    X = _design(rng, n_inputs, sample_ratio)
    eigenvalues = len(X) * sample_eigenvalues(X)
    noise = 1 / np.asarray(snr)
    every = np.arange(len(eigenvalues) + 1)
    bias, variance = truncated_errors(X, 1 / n_inputs, 1.0, np.inf, every, noise_var=1.0)
    truncated = (bias + noise[:, None] * variance).min(axis=1)
    unseen = 1 - len(eigenvalues) / n_inputs
    shrunk = noise[:, None] + eigenvalues  # the best penalty is the noise-to-signal ratio
    errors = (noise[:, None] ** 2 + noise[:, None] * eigenvalues) / shrunk**2
    return np.stack([truncated, unseen + errors.sum(axis=1) / n_inputs], axis=-1)


def _two_blocks(
    rng: np.random.Generator, n_train: float, tail_variance: float, tail_signal: float
) -> tuple[Array, Array, Array, int]:
    """Inputs, their variances, the teacher's, and the number of leading directions."""
    from lazyrich.solvers.networks.linear_student import gaussian_design

    head, tail = round(HEAD * n_train), round(TAIL * n_train)
    assert np.allclose((head, tail), (HEAD * n_train, TAIL * n_train))
    variances = np.repeat([1.0, tail_variance], [head, tail])
    teachers = np.repeat([1.0 / head, tail_signal / tail], [head, tail])
    return gaussian_design(int(n_train), variances, rng), variances, teachers, head


def risk_of_two_blocks(
    rng: np.random.Generator,
    n_train: float,
    t: Array,
    tail_variance: float,
    tail_signal: float,
    noise_var: float,
) -> Array:
    """Excess risk of the student cut to its leading directions, and of the full one: (times, 2). Mean loss."""
    from lazyrich.solvers.networks.truncated_student import truncated_errors

    X, variances, teachers, head = _two_blocks(rng, n_train, tail_variance, tail_signal)
    given = (X, variances, teachers, t, [head, len(X)])
    return np.asarray(sum(truncated_errors(*given, noise_var=noise_var)))


def late_and_stopped(
    rng: np.random.Generator,
    n_train: float,
    noise_var: Array,
    t: Array,
    tail_variance: float,
    tail_signal: float,
) -> Array:
    """Excess risk at the end: cut to the leading directions, full, and stopped at the best of t: (noises, 3)."""
    from lazyrich.solvers.networks.truncated_student import truncated_errors

    X, variances, teachers, head = _two_blocks(rng, n_train, tail_variance, tail_signal)
    times = np.append(t, np.inf)
    bias, variance = truncated_errors(X, variances, teachers, times, [head, len(X)], noise_var=1.0)
    risk = bias + np.asarray(noise_var)[:, None, None] * variance
    return np.stack([risk[:, -1, 0], risk[:, -1, 1], risk[:, :-1, 1].min(axis=1)], axis=-1)


def class_errors(
    rng: np.random.Generator,
    n_inputs: float,
    t: Array,
    flip_probability: Array,
    sample_ratio: float,
) -> Array:
    """Share of new inputs classed wrongly by students of flipped signs: (flips, times).

    One design and several teachers: their weights after training are exact, the flips drawn.
    """
    from lazyrich.solvers.networks.sign_classifier import errors_in_time, flipped_signs

    X = _design(rng, n_inputs, sample_ratio)
    teachers = rng.standard_normal((int(n_inputs), TEACHERS))
    labels = [flipped_signs(X, teachers, p, rng) for p in flip_probability]
    repeated = np.tile(teachers, len(labels))
    errors = errors_in_time(X, np.hstack(labels), repeated, len(X) * np.asarray(t))
    return errors.reshape(len(t), len(labels), TEACHERS).mean(axis=-1).T


def time_of_smallest_class_error(
    rng: np.random.Generator,
    n_inputs: float,
    flip_probability: Array,
    sample_ratio: float,
    t: Array,
) -> Array:
    """Time at which the class error, averaged over teachers, is smallest: vertex of a parabola in log t."""
    errors = class_errors(rng, n_inputs, t, flip_probability, sample_ratio)
    log_t = np.log(t)
    found = []
    for curve in errors:
        k = int(np.clip(np.argmin(curve), 1, len(t) - 2))
        bend, slope, _ = np.polyfit(log_t[k - 1 : k + 2] - log_t[k], curve[k - 1 : k + 2], 2)
        found.append(np.exp(log_t[k] - slope / (2 * bend)))
    return np.array(found)
