r"""Lazy stage of the quadratic network: its tangent kernel at the start, and what regression with it learns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import broadcast, numbers, one_number
from lazyrich.theory.lazy_to_rich.quadratic_arguments import array, strength
from lazyrich.theory.lazy_to_rich.quadratic_moments import parts_of

FloatArray = NDArray[np.float64]


class LazyTraining(NamedTuple):
    """Errors of the linearised network, each of the shape of `steps`."""

    train: FloatArray
    """Mean of (f - y)^2 on the samples."""
    test: FloatArray
    """E (f - y)^2 on fresh inputs."""


def infinite_width_ntk(
    X1: ArrayLike, X2: ArrayLike, output_scale: float, quadratic_strength: float
) -> FloatArray:
    r"""Tangent kernel of infinitely many Gaussian units, N sum_k df/dtheta_k df'/dtheta_k.

    K(x, x') = alpha^2 (x . x' + eps^2 (x . x')^2).

    Parameters
    ----------
    X1, X2 : array_like, (P1, D) and (P2, D)
    output_scale, quadratic_strength : float
        alpha > 0 and eps, any finite number.

    Returns
    -------
    array, (P1, P2)

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or different dimensions.

    Notes
    -----
    The factor N makes it finite; a network of N units deviates by O(1/sqrt N).

    References
    ----------
    Derived here for the model of Kumar, Bordelon, Gershman, Pehlevan 2023, arXiv:2310.06110.

    Examples
    --------
    >>> print(infinite_width_ntk([[1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]], 1.0, 0.5))
    [[1.25 3.  ]]
    """
    first = array("X1", X1, (None, None))
    cosine = first @ array("X2", X2, (None, first.shape[1])).T
    alpha, eps = one_number("output_scale", output_scale), strength(quadratic_strength)
    return np.asarray(alpha**2 * (cosine + (eps * cosine) ** 2))


def lazy_training(
    steps: ArrayLike,
    X: ArrayLike,
    beta: ArrayLike,
    *,
    quadratic_strength: float,
    scaled_learning_rate: float,
    mean_weight: ArrayLike | None = None,
    second_moment: ArrayLike | None = None,
) -> LazyTraining:
    r"""Errors of gradient descent of the network linearised at its start, centred, at any number of steps.

    With the kernel k(x, x') = x . x' (1 + eps wbar . (x + x') + eps^2 x^T M x') and k0 = eta_hat D/P, ::

        y - f = (1 - k0 k(X, X))^steps y   on the samples,
        f(x)  = k(x, X) k(X, X)^-1 [1 - (1 - k0 k(X, X))^steps] y.

    After infinitely many steps this is kernel regression without a ridge.

    Parameters
    ----------
    steps : array_like
        Numbers of updates, whole and >= 0, or inf.
    X : array_like, (P, D)
        Inputs, of variance 1/D in the theory.
    beta : array_like, (D,)
        Teacher; targets are (beta . x)^2/2.
    quadratic_strength : float
        eps, any finite number.
    scaled_learning_rate : float
        eta_hat > 0, stable below 2 P/(D times the largest eigenvalue of k(X, X)).
    mean_weight, second_moment : array_like, (D,) and (D, D), optional
        wbar and M at the start; by default 0 and I, of infinitely many Gaussian units.

    Returns
    -------
    LazyTraining
        (train, test).

    Raises
    ------
    ValueError
        For values outside these ranges, nan, shapes that do not fit, or an unstable rate.

    Notes
    -----
    The network with output scale alpha deviates by O(1/alpha). The output scale itself drops out.

    References
    ----------
    Chizat, Oyallon, Bach 2018, arXiv:1812.07956, for lazy training; the kernel derived here.

    Examples
    --------
    One sample without quadratic part: its residual shrinks by 1 - eta_hat abs(x)^2 D a step.

    >>> print(lazy_training([0, 1, 2], [[1.0, 0.0]], [1.0, 0.0], quadratic_strength=0.0,
    ...     scaled_learning_rate=0.25).train)
    [0.25     0.0625   0.015625]
    """
    x = array("X", X, (None, None))
    n_train, dim = x.shape
    teacher, eps = array("beta", beta, (dim,)), strength(quadratic_strength)
    mean = np.zeros(dim) if mean_weight is None else array("mean_weight", mean_weight, (dim,))
    moment = (
        np.eye(dim) if second_moment is None else array("second_moment", second_moment, (dim, dim))
    )
    counts = numbers("steps", steps, zero=True, infinite=True)
    if (np.isfinite(counts) & (counts != np.floor(counts))).any():
        raise ValueError(f"steps = {steps!r} is outside the whole numbers")
    rate = one_number("scaled_learning_rate", scaled_learning_rate) * dim / n_train
    slope = eps * (x @ mean)
    moved = eps**2 * (x @ moment)
    kernel = (x @ x.T) * (1 + slope[:, None] + slope + moved @ x.T)
    lam, modes = np.linalg.eigh((kernel + kernel.T) / 2)
    if rate * lam[-1] >= 2:
        raise ValueError(
            f"scaled_learning_rate = {scaled_learning_rate} is outside "
            f"(0, {2 * n_train / dim / lam[-1]:.6g}): gradient descent would diverge"
        )
    labels = (x @ teacher) ** 2 / 2
    left, learned = _decay(counts.ravel(), lam, rate)
    projected = modes.T @ labels
    train = ((left * projected) ** 2).sum(axis=1) / n_train
    dual = (learned * projected) @ modes.T
    linear = (dual * (1 + slope)) @ x
    quadratic = np.einsum("tm,mi,mj->tij", dual, x, eps * mean + moved, optimize=True)
    quadratic = quadratic + quadratic.swapaxes(1, 2) - np.outer(teacher, teacher)
    test = sum(parts_of(linear, quadratic), np.zeros(len(left)))
    return LazyTraining(train.reshape(counts.shape)[()], test.reshape(counts.shape)[()])


def _decay(steps: FloatArray, lam: FloatArray, rate: float) -> tuple[FloatArray, FloatArray]:
    """(1 - rate lam)^steps and (1 - (1 - rate lam)^steps)/lam, (T, P); null modes stay for ever."""
    null = lam <= len(lam) * np.finfo(float).eps * max(lam[-1], 0.0)
    step = np.where(null, 0.0, rate * lam)
    count = steps[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(
            step < 1,
            np.exp(count * np.log1p(-step)),
            (-1.0) ** (count % 2) * abs(1 - step) ** count,
        )
        gone = np.where(step < 1, -np.expm1(count * np.log1p(-step)), 1 - left)
        learned = gone / np.where(null, np.inf, lam)
    forever = np.isinf(count)
    left = np.where(forever, np.where(null, 1.0, 0.0), left)
    learned = np.where(forever, np.where(null, 0.0, 1 / np.where(null, 1.0, lam)), learned)
    return left, learned


def kernel_regression_loss(
    quadratic_strength: ArrayLike, sample_ratio: ArrayLike, *, teacher_power: ArrayLike = 1.0
) -> FloatArray:
    r"""Test loss of regression with the infinite-width kernel, no ridge, P = nu D samples, D -> inf.

    So few samples cannot teach the quadratic features: they act as a ridge lambda = eps^2 and as one
    direction, the mean of the target. ::

        lambda s^2 + a s = 1,  a = lambda + nu - 1,  s' = -(s^2 + s)/(2 lambda s + a),  k = (1 + s)/(1 + s + nu),
        E = (q^2/2 + q^2 k^2/4) (1 + s + lambda s').

    Parameters
    ----------
    quadratic_strength : array_like
        eps >= 0.
    sample_ratio : array_like
        nu = P/D > 0.
    teacher_power : array_like
        q = abs(beta)^2/D >= 0. All arguments broadcast.

    Returns
    -------
    array, of the broadcast shape
        inf at nu = 1 without quadratic part.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    Relative correction -O(nu/D), a few percent at D = 100. eps = 0 is the limit eps -> 0 after D -> inf: its kernel
    still learns the mean of the target.

    References
    ----------
    Derived here for the kernel stage of Kumar, Bordelon, Gershman, Pehlevan 2023, arXiv:2310.06110.

    Examples
    --------
    Without samples nothing is learned, with very many the mean only, q^2/2 is left:

    >>> print(kernel_regression_loss(1.0, [1e-9, 1e9]).round(6))
    [0.75 0.5 ]
    """
    eps = numbers("quadratic_strength", quadratic_strength, zero=True)
    ratio = numbers("sample_ratio", sample_ratio)
    power = numbers("teacher_power", teacher_power, zero=True)
    _, (eps, ratio, power) = broadcast(
        quadratic_strength=eps, sample_ratio=ratio, teacher_power=power
    )
    ridge = eps**2
    a = (ratio - 1) + ridge
    root = np.hypot(a, 2 * eps)
    # each form is free of cancellation on its side of a = 0
    product = np.where(a > 0, 2 * ridge / np.where(a > 0, a + root, 1.0), (root - a) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = np.where(a > 0, 2 / (a + root), np.where(ridge > 0, product / ridge, np.inf))
        # 1 + s + lambda s', after s' and s^2 are put in
        inflation = 1 + (1 - product) / root
    share = 1 / (1 + ratio / (1 + s))
    return np.asarray(power**2 * (0.5 + share**2 / 4) * inflation)[()]


def kernel_target_alignment(
    quadratic_strength: ArrayLike, n_samples: ArrayLike, dim: ArrayLike
) -> FloatArray:
    r"""Alignment y^T K y/(abs(K)_F abs(y)^2) of the infinite-width kernel with the target, K and y centred.

    For the target (beta . x)^2/2, as the ratio of the means over inputs of numerator and denominators::

        [1 + 4/D + eps^2 (1 + 9/D + 20/D^2) + 2 eps^2 (P - 1)/D^2]
            / sqrt(P E k^2 + P (P - 1) (1/D + 2 eps^4 (1 + 1/D)/D^2)),
        k = r + eps^2 (r^2 - 2 r/D + 1/D),   D r distributed as chi^2 with D degrees of freedom.

    Parameters
    ----------
    quadratic_strength : array_like
        eps >= 0.
    n_samples, dim : array_like
        P > 1 and D > 0. All arguments broadcast.

    Returns
    -------
    array, of the broadcast shape

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    Relative correction O(1/P), up to -15/P: the target's kurtosis is 15, and a ratio is averaged. The diagonal of
    K alone gives about 1/sqrt P: do not compare values at different P. The alignment grows with eps.

    References
    ----------
    The quantity: Kumar, Bordelon, Gershman, Pehlevan 2023, arXiv:2310.06110; the formula derived here.

    Examples
    --------
    On the whole population a linear kernel has none, and eps = 1 about 2 D^(-3/2):

    >>> print(kernel_target_alignment([0.0, 1.0], 1e12, 100).round(5))
    [0.      0.00198]
    """
    eps = numbers("quadratic_strength", quadratic_strength, zero=True)
    count, size = numbers("n_samples", n_samples), numbers("dim", dim)
    if (count <= 1).any():
        raise ValueError(f"n_samples = {count.min()} is outside (1, inf): samples are centred")
    _, (eps, count, size) = broadcast(quadratic_strength=eps, n_samples=count, dim=size)
    square, one = eps**2, 1 / size
    diagonal = 1 + 4 * one + square * (1 + 9 * one + 20 * one**2)
    r2 = 1 + 2 * one
    r3, r4 = r2 * (1 + 4 * one), r2 * (1 + 4 * one) * (1 + 6 * one)
    a, b, c = 1 - 2 * square * one, square, square * one  # k = a r + b r^2 + c
    k2 = a**2 * r2 + b**2 * r4 + c**2 + 2 * (a * b * r3 + a * c + b * c * r2)
    pairs = (count - 1) * (one + 2 * square**2 * (1 + one) * one**2)
    aligned = 2 * square * (count - 1) * one**2
    return np.asarray((diagonal + aligned) / np.sqrt(count * (k2 + pairs)))[()]
