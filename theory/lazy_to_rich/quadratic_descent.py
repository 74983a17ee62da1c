r"""Full-batch gradient descent of the quadratic network at any width, also infinite, exactly.

Every unit feels the same affine map, so gradient descent closes on the mean weight wbar and the second
moment M = sum_i w_i w_i^T/N, whatever the width: infinitely many Gaussian units start at wbar = 0, M = I.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import one_number
from lazyrich.theory.lazy_to_rich.quadratic_arguments import array, strength, whole
from lazyrich.theory.lazy_to_rich.quadratic_moments import parts_of

FloatArray = NDArray[np.float64]

_DIVERGED = 1e6
_LARGEST_RESULT = 8 * 2**30


class GradientDescent(NamedTuple):
    """The course of training; the first axis counts the updates made, from 0 to n_steps."""

    train: FloatArray
    """Mean of (f - y)^2 on the samples, (n_steps + 1,)."""
    test: FloatArray
    """E (f - y)^2 on fresh inputs, (n_steps + 1,)."""
    mean_weight: FloatArray
    """wbar, (n_steps + 1, D)."""
    second_moment: FloatArray
    """M, (n_steps + 1, D, D)."""


def exact_gradient_descent(
    X: ArrayLike,
    beta: ArrayLike,
    mean_weight: ArrayLike,
    second_moment: ArrayLike,
    *,
    output_scale: float,
    quadratic_strength: float,
    scaled_learning_rate: float,
    n_steps: int,
    centered: bool = True,
) -> GradientDescent:
    r"""Errors and moments of the weights after each step of gradient descent on (1/P) sum (f - y)^2.

    With Delta = f - y, v = sum Delta_mu x_mu, G = sum Delta_mu x_mu x_mu^T, nu = P/D, gamma = eta_hat/(alpha nu)
    and S = I - gamma eps G each unit moves to S w - gamma v, hence ::

        wbar <- S wbar - gamma v,
        M    <- S M S - gamma (S wbar v^T + v wbar^T S) + gamma^2 v v^T,
        f_mu =  alpha (wbar . x_mu + eps x_mu^T M x_mu/2) - f0_mu.

    Parameters
    ----------
    X : array_like, (P, D)
        Inputs, of variance 1/D in the theory.
    beta : array_like, (D,)
        Teacher; targets are (beta . x)^2/2.
    mean_weight, second_moment : array_like, (D,) and (D, D)
        wbar and M at the start: `W.mean(0)` and `W.T @ W/N` of a network, 0 and I of infinitely many
        Gaussian units. M is symmetric, and M - wbar wbar^T has no negative eigenvalue.
    output_scale, quadratic_strength : float
        alpha > 0 and eps, any finite number.
    scaled_learning_rate : float
        eta_hat > 0; the learning rate of the weights is eta_hat N D/(2 alpha^2).
    n_steps : int
        Number of updates, >= 0.
    centered : bool
        Whether the outputs at the start are subtracted.

    Returns
    -------
    GradientDescent
        (train, test, mean_weight, second_moment), n_steps + 1 rows each.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, shapes that do not fit, moments that no units have, or more than
        8 GiB of results.
    FloatingPointError
        Where descent diverges, with the step.

    Notes
    -----
    Exact at any width N, dimension and step. A network of N Gaussian units deviates from the
    infinite one by O(1/sqrt N) in its moments at the start, by O(1/N) on average.

    References
    ----------
    The model: Kumar, Bordelon, Gershman, Pehlevan 2023, arXiv:2310.06110; the reduction derived here.

    Examples
    --------
    A centred network errs by 3 q^2/4 on fresh inputs before it moves, whatever its moments:

    >>> X, beta = np.eye(2), [1.0, -1.0]
    >>> run = exact_gradient_descent(X, beta, [0, 0], np.eye(2), output_scale=1.0,
    ...     quadratic_strength=0.5, scaled_learning_rate=0.1, n_steps=1)
    >>> print(run.test[0], run.train)
    0.75 [0.25       0.19072327]
    """
    x = array("X", X, (None, None))
    dim = x.shape[1]
    teacher = array("beta", beta, (dim,))
    mean, moment = _checked_moments(mean_weight, second_moment, dim)
    alpha, eps = one_number("output_scale", output_scale), strength(quadratic_strength)
    rate = one_number("scaled_learning_rate", scaled_learning_rate) * dim / (alpha * len(x))
    steps = whole("n_steps", n_steps, 0)
    size = 8.0 * (steps + 1) * dim**2
    if size > _LARGEST_RESULT:
        raise ValueError(
            f"n_steps = {steps} with {dim} inputs asks for {size / 2**30:.1f} GiB of second moments; "
            f"at most {_LARGEST_RESULT / 2**30:.0f}"
        )
    means, moments = np.empty((steps + 1, dim)), np.empty((steps + 1, dim, dim))
    means[0], moments[0] = mean, moment

    def outputs(step: int) -> FloatArray:
        square = np.einsum("md,md->m", x @ moments[step], x)
        return np.asarray(alpha * (x @ means[step] + eps / 2 * square))

    labels = (x @ teacher) ** 2 / 2 + (outputs(0) if centered else 0.0)
    train = np.empty(steps + 1)
    bound = _DIVERGED * (np.mean((outputs(0) - labels) ** 2) + np.mean(labels**2)) + 1e-300
    for step in range(steps + 1):
        error = outputs(step) - labels
        train[step] = np.mean(error**2)
        if not train[step] <= bound:
            raise FloatingPointError(
                f"gradient descent diverged at step {step}: scaled_learning_rate = "
                f"{scaled_learning_rate} is above what the largest field among the samples allows"
            )
        if step < steps:
            means[step + 1], moments[step + 1] = _update(
                means[step], moments[step], x, rate * error, eps
            )
    first = (means[0], moments[0]) if centered else (0.0, 0.0)
    parts = parts_of(
        alpha * (means - first[0]),
        alpha * eps * (moments - first[1]) - np.outer(teacher, teacher),
    )
    return GradientDescent(train, sum(parts, np.zeros(steps + 1)), means, moments)


def _update(
    mean: FloatArray, moment: FloatArray, x: FloatArray, error: FloatArray, eps: float
) -> tuple[FloatArray, FloatArray]:
    """Moments after w -> S w - v."""
    v = x.T @ error
    shrink = np.eye(len(mean)) - eps * (x.T * error) @ x
    shrunk = shrink @ mean
    cross = np.outer(shrunk, v)
    moved = shrink @ moment @ shrink - cross - cross.T + np.outer(v, v)
    return shrunk - v, (moved + moved.T) / 2


def _checked_moments(
    mean_weight: ArrayLike, second_moment: ArrayLike, dim: int
) -> tuple[FloatArray, FloatArray]:
    mean = array("mean_weight", mean_weight, (dim,))
    moment = array("second_moment", second_moment, (dim, dim))
    size = np.abs(moment).max()
    if np.abs(moment - moment.T).max() > 1e-10 * size:
        raise ValueError("second_moment is not symmetric; it is the mean of w w^T over units")
    least = np.linalg.eigvalsh(moment - np.outer(mean, mean))[0]
    if least < -1e-8 * max(size, 1e-300):
        raise ValueError(
            f"second_moment - mean_weight mean_weight^T has the eigenvalue {least:.3g}; "
            "needs none below 0: it is the covariance of the weights over units"
        )
    return mean, moment
