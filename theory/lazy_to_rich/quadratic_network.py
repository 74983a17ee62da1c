r"""Grokking in a two-layer network with quadratic units: every quantity that has a formula.

Setting (Kumar, Bordelon, Gershman, Pehlevan 2023): f(x) = (alpha/N) sum_i phi(w_i . x) - f0(x),
phi(h) = h + eps h^2/2, inputs N(0, I/D), target (beta . x)^2/2, q = abs(beta)^2/D, P = nu D samples, full-batch
gradient descent on (1/P) sum (f - y)^2, without 1/2, with the rate eta = eta_hat N D/(2 alpha^2). Centred networks
subtract their outputs at the start, f0. For the target (beta . x)^2 of some of the paper's figures take sqrt(2) beta.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent import isotropic
from lazyrich.theory.double_descent.arguments import numbers, one_number
from lazyrich.theory.lazy_to_rich.quadratic_descent import (
    GradientDescent,
    exact_gradient_descent,
)
from lazyrich.theory.lazy_to_rich.quadratic_kernel import (
    LazyTraining,
    infinite_width_ntk,
    kernel_regression_loss,
    kernel_target_alignment,
    lazy_training,
)
from lazyrich.theory.lazy_to_rich.quadratic_moments import LossParts, test_loss
from lazyrich.theory.lazy_to_rich.quadratic_population import (
    IsotropicFlow,
    PopulationFlow,
    isotropic_population_flow,
    population_flow,
)

__all__ = [
    "GradientDescent",
    "IsotropicFlow",
    "LazyTraining",
    "LinearStudent",
    "LossParts",
    "PopulationFlow",
    "exact_gradient_descent",
    "infinite_width_ntk",
    "isotropic_population_flow",
    "kernel_regression_loss",
    "kernel_target_alignment",
    "lazy_training",
    "linear_student_loss",
    "population_flow",
    "test_loss",
]

FloatArray = NDArray[np.float64]


class LinearStudent(NamedTuple):
    """Errors of the network without its quadratic part, each of the shape of `steps`."""

    train: FloatArray
    """Mean of (f - y)^2 on the samples."""
    test: FloatArray
    """E (f - y)^2 on fresh inputs."""


def linear_student_loss(
    steps: ArrayLike,
    sample_ratio: float,
    scaled_learning_rate: float,
    *,
    teacher_power: float = 1.0,
) -> LinearStudent:
    r"""Errors at eps = 0 after any number of steps, centred, D -> inf: the target is noise to a linear student.

    With s^2 = E y^2 = 3 q^2/4, k = eta_hat/nu and the Marchenko-Pastur law rho of the eigenvalues of X^T X::

        test  = s^2 [1 + int rho (1 - (1 - k l)^n)^2/l dl],
        train = s^2 [1 - (1/nu) int rho (1 - (1 - k l)^(2n)) dl].

    Parameters
    ----------
    steps : array_like
        n, whole numbers >= 0, or inf.
    sample_ratio : float
        nu = P/D > 0.
    scaled_learning_rate : float
        eta_hat in (0, 2 nu/(1 + sqrt nu)^2).
    teacher_power : float
        q = abs(beta)^2/D >= 0.

    Returns
    -------
    LinearStudent
        (train, test).

    Raises
    ------
    ValueError
        For values outside these ranges or nan.

    Notes
    -----
    Correction O(1/D), late in training near nu = 1 much larger.

    References
    ----------
    Derived here; the accuracy test of dynamical mean field theory at eps = 0.

    Examples
    --------
    At last s^2 (1 - 1/nu) and s^2 nu/(nu - 1):

    >>> print(*linear_student_loss(np.inf, 3.0, 0.3))
    0.5 1.125
    """
    counts = numbers("steps", steps, zero=True, infinite=True)
    if (np.isfinite(counts) & (counts != np.floor(counts))).any():
        raise ValueError(f"steps = {steps!r} is outside the whole numbers")
    ratio = one_number("sample_ratio", sample_ratio)
    largest = 2 * ratio / (1 + np.sqrt(ratio)) ** 2
    scaled = one_number("scaled_learning_rate", scaled_learning_rate)
    if scaled >= largest:
        raise ValueError(
            f"scaled_learning_rate = {scaled} is outside (0, {largest:.6g}): "
            "the steepest direction of the samples would diverge"
        )
    power = one_number("teacher_power", teacher_power, zero=True)
    rate = scaled / ratio
    curve = isotropic.learning_curve(
        rate * counts, ratio, teacher_power=0.0, noise_var=0.75 * power**2, learning_rate=rate
    )
    return LinearStudent(curve.train, curve.test)
