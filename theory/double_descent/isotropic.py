r"""Linear student and teacher on isotropic inputs: errors in time, in samples and in size.

Setting (Advani, Saxe 2017). N inputs of variance 1/N, P = alpha N samples, labels y = wbar . x + noise;
teacher weights, initial weights and noise are independent of variances S, S0, sigma^2. The student
descends the sum loss abs(y - w X)^2/2; t is flow time, learning rate x steps. N -> inf at fixed alpha.

Each eigenvalue lambda of X X^T, distributed by Marchenko and Pastur, is a mode of its own: of the start
q = exp(-lambda t) is left. Small eigenvalues fit noise late, but amplified by 1/lambda; hence the peak
of the error at ratio 1, and its rise in time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import broadcast, numbers, one_number
from lazyrich.theory.double_descent.deep_isotropic import DeepLinearCurve, deep_linear_curve
from lazyrich.theory.double_descent.isotropic_optimum import optimal_stopping_time, ridge_risk
from lazyrich.theory.double_descent.marchenko_pastur import null_share
from lazyrich.theory.double_descent.spectral_averages import averages, check_learning_rate

__all__ = [
    "DeepLinearCurve",
    "LearningCurve",
    "deep_linear_curve",
    "learning_curve",
    "optimal_stopping_time",
    "ridge_risk",
    "student_size_curve",
]

FloatArray = NDArray[np.float64]


class LearningCurve(NamedTuple):
    """Errors and size of the student, each of the broadcast shape of the arguments."""

    test: FloatArray
    """E (y - w . x)^2 on new noisy samples, label noise included."""
    train: FloatArray
    """Mean squared error on the noisy training labels, without 1/2."""
    weight_norm: FloatArray
    """abs(w)^2 a weight."""


def learning_curve(
    t: ArrayLike,
    sample_ratio: ArrayLike,
    *,
    teacher_power: ArrayLike = 1.0,
    init_var: ArrayLike = 0.0,
    noise_var: ArrayLike = 0.0,
    learning_rate: float | None = None,
) -> LearningCurve:
    """Errors E_g(t), E_tr(t) and abs(w)^2/N of the student in time, at any ratio.

    With q = exp(-lambda t) and int' over the continuous part of the law::

        E_g  = sigma^2 + (1 - alpha)_+ (S + S0) + int' rho [(S + S0) q^2 + sigma^2 (1 - q)^2/lambda],
        E_tr = (1 - 1/alpha)_+ sigma^2 + int' rho [lambda (S + S0) + sigma^2] q^2/alpha,
        abs(w)^2/N = (1 - alpha)_+ S0 + int' rho [S0 q^2 + (1 - q)^2 (S + sigma^2/lambda)].

    Parameters
    ----------
    t : array_like
        Time in [0, inf], learning rate x steps on the sum loss; inf where training never ends.
    sample_ratio : array_like
        alpha = P/N > 0.
    teacher_power, init_var, noise_var : array_like
        S, S0 and sigma^2, each >= 0. All arguments broadcast.
    learning_rate : float, optional
        For exact gradient descent, q = (1 - learning_rate lambda)^k after k = t/learning_rate steps,
        a whole number; below 2/(1 + sqrt alpha)^2. Without it, gradient flow.

    Returns
    -------
    LearningCurve
        (test, train, weight_norm). At ratio 1 and t = inf test error and norm are inf if there is noise.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    N -> inf; a finite design deviates by O(1/N) in mean and spread, by about 1/(N abs(1 - alpha))
    late in training near ratio 1. The flow deviates from descent by O(learning rate).

    References
    ----------
    Advani, Saxe 2017, arXiv:1710.03667: dynamics of the generalisation error.

    Examples
    --------
    Twice as many samples as weights, fully trained: sigma^2 alpha/(alpha - 1).

    >>> print(learning_curve([0.0, np.inf], 2.0, noise_var=0.5).test)
    [1.5 1. ]
    """
    times = numbers("t", t, zero=True, infinite=True)
    ratios = numbers("sample_ratio", sample_ratio)
    teacher = numbers("teacher_power", teacher_power, zero=True)
    start = numbers("init_var", init_var, zero=True)
    noise = numbers("noise_var", noise_var, zero=True)
    shape, (_, ratio, teacher, start, noise) = broadcast(
        t=times, sample_ratio=ratios, teacher_power=teacher, init_var=start, noise_var=noise
    )
    if learning_rate is not None:
        learning_rate = one_number("learning_rate", learning_rate)
        check_learning_rate(times, ratios, learning_rate)
    kept, fitted, residual, learned = (
        np.broadcast_to(each, shape) for each in averages(times, ratios, learning_rate)
    )
    fitted = np.where(noise > 0, noise * np.where(noise > 0, fitted, 0.0), 0.0)
    null, apart = null_share(ratio), teacher + start
    test = noise + null * apart + apart * kept + fitted
    train = np.maximum(1 - 1 / ratio, 0) * noise + (apart * residual + noise * kept) / ratio
    norm = null * start + start * kept + teacher * learned + fitted
    return LearningCurve(test[()], train[()], norm[()])


def student_size_curve(
    t: ArrayLike,
    size_ratio: ArrayLike,
    sample_ratio: ArrayLike,
    *,
    teacher_power: ArrayLike = 1.0,
    init_var: ArrayLike = 0.0,
    noise_var: ArrayLike = 0.0,
) -> LearningCurve:
    """Errors of a student that sees N_s of the teacher's N_t inputs, or N_s - N_t irrelevant ones more.

    Unseen inputs act as label noise. With a = N_s/N_t and m = min(1, a) the curve is
    `learning_curve` at ratio P/N_s, time a t, S -> m S, S0 -> a S0, sigma^2 -> sigma^2 + (1 - m) S.
    At fixed P the error peaks at N_s = P late in training.

    Parameters
    ----------
    t : array_like
        Flow time in [0, inf] of the student's own weights on the sum loss.
    size_ratio : array_like
        a = N_s/N_t > 0.
    sample_ratio : array_like
        P/N_t > 0. All inputs have variance 1/N_t.
    teacher_power, init_var, noise_var : array_like
        S, S0 and sigma^2, each >= 0, of the teacher's and the student's own weights and of the labels.
        All arguments broadcast.

    Returns
    -------
    LearningCurve
        (test, train, weight_norm); the norm is abs(w)^2/N_s.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    N_s, N_t, P -> inf at fixed ratios; corrections as for `learning_curve` at ratio P/N_s.

    References
    ----------
    Advani, Saxe 2017, arXiv:1710.03667: error against the size of the student; the map to equal
    sizes derived here.

    Examples
    --------
    A student of half the size and many samples: what it cannot see is lost.

    >>> print(f"{student_size_curve(np.inf, 0.5, 1e6).test:.3f}")
    0.500
    """
    times = numbers("t", t, zero=True, infinite=True)
    size = numbers("size_ratio", size_ratio)
    samples = numbers("sample_ratio", sample_ratio)
    teacher = numbers("teacher_power", teacher_power, zero=True)
    start = numbers("init_var", init_var, zero=True)
    noise = numbers("noise_var", noise_var, zero=True)
    _, (times, size, samples, teacher, start, noise) = broadcast(
        t=times, size_ratio=size, sample_ratio=samples, teacher_power=teacher, init_var=start,
        noise_var=noise,
    )  # fmt: skip
    seen = np.minimum(size, 1.0)
    test, train, norm = learning_curve(
        size * times,
        samples / size,
        teacher_power=seen * teacher,
        init_var=size * start,
        noise_var=noise + (1 - seen) * teacher,
    )
    return LearningCurve(test, train, (norm / size)[()])
