"""Finite random designs: linear students averaged over teacher, initial weights and noise.

Inputs have variance 1 and the loss is the mean one here; the paper's inputs of variance 1/N and its
sum loss make time and penalties smaller by P/N.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _design(rng: np.random.Generator, n_inputs: float, sample_ratio: float) -> tuple[Array, float]:
    """Inputs of variance 1 and the exact P/N."""
    from lazyrich.solvers.networks.linear_student import gaussian_design

    n = int(n_inputs)
    n_train = round(sample_ratio * n)
    assert abs(n_train - sample_ratio * n) < 1e-9 * n_train
    return gaussian_design(n_train, np.ones(n), rng), n_train / n


def design_errors(
    rng: np.random.Generator,
    n_inputs: float,
    t: Any,
    sample_ratio: float,
    teacher_power: float,
    init_var: float,
    noise_var: float,
    learning_rate: float | None = None,
) -> Array:
    """(test, train, weight norm) x times."""
    from lazyrich.solvers.networks.linear_student import averaged_errors

    x, ratio = _design(rng, n_inputs, sample_ratio)
    n = x.shape[1]
    run = averaged_errors(
        x,
        np.ones(n),
        teacher_power / n,
        ratio * np.asarray(t),
        noise_var=noise_var,
        init_variances=init_var / n,
        learning_rate=None if learning_rate is None else ratio * learning_rate,
    )
    return np.array([run.signal + run.noise + noise_var, run.train, run.weight_norm])


def errors_in_time(
    rng: np.random.Generator,
    n_inputs: float,
    t: Array,
    sample_ratio: Any,
    quantity: int,
    **physics: Any,
) -> Array:
    """One of test error (0), train error (1) and weight norm (2): times, or (times, ratios)."""
    if np.ndim(sample_ratio) == 0:
        return design_errors(rng, n_inputs, t, sample_ratio, **physics)[quantity]
    curves = [design_errors(rng, n_inputs, t, each, **physics)[quantity] for each in sample_ratio]
    return np.array(curves).T


def errors_by_start(
    rng: np.random.Generator,
    n_inputs: float,
    t: Array,
    sample_ratio: float,
    init_var: Any,
    **physics: Any,
) -> Array:
    """Test errors on one design from several initial variances: (times, variances)."""
    from copy import deepcopy

    given = {"t": t, "sample_ratio": sample_ratio, **physics}
    return np.array(
        [design_errors(deepcopy(rng), n_inputs, init_var=each, **given)[0] for each in init_var]
    ).T


def _parts_in_time(
    rng: np.random.Generator, n_inputs: float, sample_ratio: float, t: Array
) -> tuple[Array, Array]:
    """Signal and noise part of the excess error for unit variances of teacher and noise."""
    from lazyrich.solvers.networks.linear_student import averaged_errors

    x, ratio = _design(rng, n_inputs, sample_ratio)
    n = x.shape[1]
    run = averaged_errors(x, np.ones(n), 1 / n, ratio * t, noise_var=1.0)
    return run.signal, run.noise


def best_stopping_times(
    rng: np.random.Generator, n_inputs: float, sample_ratio: Any, snr: Any, inr: float
) -> Array:
    """Times of least error of a design, by a scan of its error: (SNRs, ratios)."""
    log_t = np.arange(np.log(1e-2), np.log(2e3), 0.02)
    times = []
    for each in sample_ratio:
        signal, noise = _parts_in_time(rng, n_inputs, each, np.exp(log_t))
        times.append([np.exp(_minimum(log_t, (s + inr) * signal + noise)[0]) for s in snr])
    return np.array(times).T


def stopping_over_ridge(
    rng: np.random.Generator, n_inputs: float, sample_ratio: Any, snr: Any
) -> Array:
    """Least error of a design in time over its least error in the ridge penalty, pair by pair."""
    log_t = np.arange(np.log(1e-2), np.log(2e3), 0.02)
    ratios = []
    for each, s in zip(sample_ratio, snr, strict=True):
        state = rng.bit_generator.state
        signal, noise = _parts_in_time(rng, n_inputs, each, np.exp(log_t))
        rng.bit_generator.state = state
        x, _ = _design(rng, n_inputs, each)
        log_penalty = np.arange(-4, 4, 0.02) - np.log(s)
        ridge = _ridge(x, np.exp(log_penalty), s, 1.0)
        best = _minimum(log_penalty, ridge)[1]
        ratios.append((1 + _minimum(log_t, s * signal + noise)[1]) / best)
    return np.array(ratios)


def _minimum(x: Array, y: Array) -> tuple[float, float]:
    """Place and height of the lowest parabola through three neighbours."""
    k = int(np.clip(np.argmin(y), 1, len(y) - 2))
    below, here, above = y[k - 1 : k + 2]
    shift = (below - above) / (2 * (below - 2 * here + above))
    return x[k] + shift * (x[1] - x[0]), here + (above - below) * shift / 4


def _eigenvalues(x: Array) -> Array:
    """Eigenvalues of X X^T that are not zero, inputs of variance 1/N, from the smaller Gram matrix."""
    from lazyrich.solvers.networks.blas_threads import one_blas_thread

    n = x.shape[1]
    with one_blas_thread():
        return np.linalg.eigvalsh(x.T @ x / n if len(x) >= n else x @ x.T / n)


def _ridge(x: Array, penalty: Array, teacher_power: float, noise_var: float) -> Array:
    """Test error of ridge on this design, averaged over teacher and noise, from its Gram matrix."""
    n = x.shape[1]
    values = _eigenvalues(x)
    missing = n - len(values)
    g, v = penalty[:, None], np.maximum(values, 0)
    modes = (g**2 * teacher_power + v * noise_var) / (v + g) ** 2
    return noise_var + (modes.sum(axis=1) + missing * teacher_power) / n


def ridge_errors(
    rng: np.random.Generator,
    n_inputs: float,
    sample_ratio: Any,
    penalty: Array,
    teacher_power: float,
    noise_var: float,
) -> Array:
    """Test errors of ridge regression: (penalties, ratios)."""
    return np.array(
        [
            _ridge(_design(rng, n_inputs, each)[0], penalty, teacher_power, noise_var)
            for each in sample_ratio
        ]
    ).T


def moments(rng: np.random.Generator, n_inputs: float, sample_ratio: Any) -> Array:
    """tr S/N, tr S^2/N and tr S^+/N of S = X X^T, inputs of variance 1/N: (ratios, 3)."""
    found = []
    for each in sample_ratio:
        x, _ = _design(rng, n_inputs, each)
        n = x.shape[1]
        v = _eigenvalues(x)
        found.append([v.sum() / n, (v**2).sum() / n, (1 / v).sum() / n])
    return np.array(found)
