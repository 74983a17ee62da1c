r"""Sequences of linear tasks, each with a teacher of its own; reached through :mod:`forgetting`.

Setting (Lin et al. 2023). Task k has P samples of N independent Gaussian inputs, fresh ones for every task,
and noisy labels of the teacher w*_k. The student starts task k where task k - 1 ended, and the first one
at w_0 = 0 (for another start subtract it from every teacher). What is kept of an error delta is Q delta, Q
a random matrix without preferred direction, independent of the past::

    delta -> Q delta + (I - Q) Delta + noise,   delta = w - w*_i,   Delta = w*_k - w*_i.

Hence the mean square needs the traces of Q^2, (I - Q)^2 and Q (I - Q), and the mean error.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import numbers, one_number
from lazyrich.theory.double_descent.marchenko_pastur import nodes, null_share
from lazyrich.theory.double_descent.spectral_averages import check_learning_rate
from lazyrich.theory.double_descent.task_arguments import finite_array, whole_numbers

FloatArray = NDArray[np.float64]


class TaskAverages(NamedTuple):
    """Averages over the tasks so far, after T = 1, ..., K of them: each (..., K)."""

    forgetting: FloatArray
    """Mean of L_i(T) - L_i(i) over the earlier tasks i < T; 0 for T = 1."""
    generalization: FloatArray
    """Mean of L_i(T) over i <= T."""


class _Spectrum(NamedTuple):
    """Traces over N of what a task keeps, Q, and learns, I - Q, and the noise it adds to abs(w)^2."""

    kept: float
    learned: float
    kept_squared: float
    learned_squared: float
    cross: float
    noise: float


def different_teachers(teachers: ArrayLike, n_train: int, *, noise_var: float = 0.0) -> FloatArray:
    """Errors L_i(k) = E abs(w_k - w*_i)^2 after k tasks, each fitted fully from the weights before.

    Gaussian inputs of variance 1; p = dim inputs, n samples a task. For n < p - 1 ::

        L_i(k) = (1 - n/p) L_i(k - 1) + (n/p) abs(w*_k - w*_i)^2 + n sigma^2/(p - n - 1),

    and for n > p + 1, where each task determines its weights, abs(w*_k - w*_i)^2 + p sigma^2/(n - p - 1).

    Parameters
    ----------
    teachers : array_like, (n_tasks, dim)
        w*_k in the order of training.
    n_train : int
        n >= 1 samples of each task.
    noise_var : float
        sigma^2 >= 0, variance of the label noise.

    Returns
    -------
    array, (n_tasks, n_tasks)
        L_i(k), summed over the weights: row i is the task, column k - 1 is after k tasks; also of tasks
        still to come. With noise and n = p - 1, p or p + 1 all are inf.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, inf or wrong shapes.

    Notes
    -----
    Exact at every size, as a mean over inputs and noise. Its fluctuations are heavy-tailed where n is
    near p: the variance is finite only for abs(p - n) > 3.

    References
    ----------
    Lin, Ju, Liang, Shroff 2023, arXiv:2302.05836: expected errors of overparametrised tasks.

    Examples
    --------
    Half as many samples as weights: half of the error is kept.

    >>> print(different_teachers([[1.0, 0.0], [1.0, 0.0]], 1))
    [[0.5  0.25]
     [0.5  0.25]]
    """
    w = finite_array("teachers", teachers, 2)
    n = whole_numbers("n_train", n_train)
    if n.ndim:
        raise ValueError(f"n_train has shape {n.shape}; needs one number")
    sigma_squared = one_number("noise_var", noise_var, zero=True)
    dim, samples = w.shape[1], float(n)
    spare = abs(dim - samples) - 1
    noise = 0.0
    if sigma_squared > 0:
        noise = sigma_squared * min(samples, dim) / spare if spare > 0 else np.inf
    seen = min(1.0, samples / dim)
    kept = max(0.0, (dim - samples) / dim)
    return _errors(w, _Spectrum(kept, seen, kept, seen, 0.0, noise))


def early_stopped(
    t: ArrayLike,
    sample_ratio: float,
    teachers: ArrayLike,
    *,
    noise_var: float = 0.0,
    learning_rate: float | None = None,
) -> FloatArray:
    """Errors L_i(k) = E abs(w_k - w*_i)^2 after k tasks, each trained for a time t.

    In the units of :mod:`isotropic`: N = dim inputs of variance 1/N, P = alpha N samples a task, sum loss
    abs(y - X w)^2/2. With q = exp(-lambda t), rho the Marchenko-Pastur law and int' its continuous part::

        L_i <- A2 L_i + B2 abs(Delta)^2 + 2 AB E[delta].Delta + N sigma^2 V,   Delta = w*_k - w*_i,
        E[delta] <- A1 E[delta] + (1 - A1) Delta,
        A1 = int rho q,  A2 = int rho q^2,  B2 = int' rho (1 - q)^2,  AB = int' rho q (1 - q),
        V = int' rho (1 - q)^2/lambda.

    Parameters
    ----------
    t : array_like
        Time in [0, inf] spent on each task, learning rate x steps on the sum loss.
    sample_ratio : float
        alpha = P/N > 0 of each task.
    teachers : array_like, (n_tasks, dim)
        w*_k in the order of training; only dim and their inner products matter.
    noise_var : float
        sigma^2 >= 0, variance of the label noise.
    learning_rate : float, optional
        For exact gradient descent, q = (1 - learning_rate lambda)^(t/learning_rate), a whole number of
        steps; below 2/(1 + sqrt alpha)^2. Without it, gradient flow.

    Returns
    -------
    array, t's shape + (n_tasks, n_tasks)
        As from `different_teachers`, summed over the weights. At ratio 1 and t = inf it is inf with noise.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or wrong shapes.

    Notes
    -----
    N -> inf at fixed alpha: A1 ... V of a finite size deviate by O(1/N), the rest is exact. At t = inf it
    is `different_teachers` with n = alpha N, p = N and, as inputs have another variance, N sigma^2 for
    sigma^2, but for the 1 in p - n - 1.

    References
    ----------
    Lin, Ju, Liang, Shroff 2023, arXiv:2302.05836: different teachers; Advani, Saxe 2017,
    arXiv:1710.03667: time; their combination derived here.

    Examples
    --------
    Nothing is learned at t = 0, and half of the error at t = inf.

    >>> print(early_stopped([0.0, np.inf], 0.5, [[1.0, 0.0]]).ravel())
    [1.  0.5]
    """
    times = numbers("t", t, zero=True, infinite=True)
    ratio = one_number("sample_ratio", sample_ratio)
    w = finite_array("teachers", teachers, 2)
    sigma_squared = one_number("noise_var", noise_var, zero=True)
    if learning_rate is not None:
        learning_rate = one_number("learning_rate", learning_rate)
        check_learning_rate(times, np.asarray(ratio), learning_rate)
    found = np.empty((times.size, len(w), len(w)))
    for at, time in enumerate(times.ravel()):
        spectrum = _stopped(float(time), ratio, w.shape[1] * sigma_squared, learning_rate)
        found[at] = _errors(w, spectrum)
    return found.reshape(*times.shape, len(w), len(w))


def task_averages(errors: ArrayLike) -> TaskAverages:
    """Forgetting and generalisation error over the tasks, from the errors L_i(k).

    F_T = mean over i < T of L_i(T) - L_i(i), and G_T = mean over i <= T of L_i(T). Forgetting is negative
    where later tasks improve earlier ones.

    Parameters
    ----------
    errors : array_like, (..., K, K)
        L_i(k): row i is the task, column k - 1 is after k tasks; finite.

    Returns
    -------
    TaskAverages
        (forgetting, generalization), each (..., K), after T = 1, ..., K tasks.

    Raises
    ------
    ValueError
        For errors that are not finite or whose last axes differ.

    Notes
    -----
    Definitions.

    References
    ----------
    Lin, Ju, Liang, Shroff 2023, arXiv:2302.05836.

    Examples
    --------
    A second task of the same teacher improves the first one.

    >>> print(task_averages(different_teachers([[1.0, 0.0], [1.0, 0.0]], 1)).forgetting)
    [ 0.   -0.25]
    """
    matrix = finite_array("errors", errors, np.ndim(errors))
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2]:
        raise ValueError(f"errors has shape {matrix.shape}; needs (..., K, K)")
    counts = np.arange(1, matrix.shape[-1] + 1)
    total = np.diagonal(np.cumsum(matrix, axis=-2), axis1=-2, axis2=-1)
    when_learned = np.cumsum(np.diagonal(matrix, axis1=-2, axis2=-1), axis=-1)
    return TaskAverages((total - when_learned) / np.maximum(counts - 1, 1), total / counts)


def _errors(w: FloatArray, spectrum: _Spectrum) -> FloatArray:
    """L_i(k) of K teachers in the rows, (K, K)."""
    delta, mean_square = -w, (w**2).sum(axis=1)
    found, amplified = np.empty((len(w), len(w))), 0.0
    for k, teacher in enumerate(w):
        new = teacher - w
        mean_square = (
            spectrum.kept_squared * mean_square
            + spectrum.learned_squared * (new**2).sum(axis=1)
            + 2 * spectrum.cross * (delta * new).sum(axis=1)
        )
        delta = spectrum.kept * delta + spectrum.learned * new
        amplified = spectrum.kept_squared * amplified + 1
        found[:, k] = mean_square + spectrum.noise * amplified
    return found


def _stopped(t: float, ratio: float, noise_power: float, learning_rate: float | None) -> _Spectrum:
    null, seen = float(null_share(ratio)), min(1.0, ratio)
    if t == np.inf:
        noise = 0.0
        if noise_power > 0:
            noise = np.inf if ratio == 1 else noise_power * seen / abs(1 - ratio)
        return _Spectrum(null, seen, null, seen, 0.0, noise)
    values, weights = nodes(ratio, t, both_edges=learning_rate is not None)
    if learning_rate is None:
        q, learned = np.exp(-values * t), -np.expm1(-values * t)
    else:
        steps, shrunk = np.rint(t / learning_rate), 1 - learning_rate * values
        q = np.power(shrunk, steps)
        with np.errstate(invalid="ignore"):
            exact = -np.expm1(steps * np.log1p(-learning_rate * values))
        learned = np.where(shrunk > 0, exact, 1 - q)
    return _Spectrum(
        null + float(weights @ q),
        float(weights @ learned),
        null + float(weights @ q**2),
        float(weights @ learned**2),
        float(weights @ (q * learned)),
        noise_power * float(weights @ (learned**2 / values)),
    )
