"""Errors in time of linear regression on inputs of any covariance, averaged over the random inputs.

Setting. P samples x ~ N(0, C), labels y = w* . x + noise, mean loss (1/2P) sum (y - x . w)^2, weights
w(0) = 0. Every error is a trace or a quadratic form of functions of S = X^T X/P, built from exp(-S t)
under gradient flow and from (1 - eta S)^k under k steps of gradient descent. On the contours of
`lazyrich.solvers.inverse_laplace` these are sums of resolvents, whose deterministic equivalents stand in
`deterministic_equivalents`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.inverse_laplace import (
    LAST_ON_CIRCLE,
    Nodes,
    exponential_nodes,
    invert,
    invert_pair,
    power_nodes,
)
from lazyrich.theory.double_descent.arguments import numbers, one_number
from lazyrich.theory.double_descent.block_covariance import BlockCovariance, checked_blocks
from lazyrich.theory.double_descent.deterministic_equivalents import (
    Split,
    checked_n_train,
    kappa,
    largest_eigenvalue,
    ridge_kappa,
)

FloatArray = NDArray[np.float64]

_ENTRIES = 300_000
"""Times x nodes x blocks that are worked on at once; bounds the memory at about 50 MB."""
_EARLIEST = 1e-20
"""Times below this, in units of 1/largest eigenvalue, count as 0."""


class LearningCurve(NamedTuple):
    """Excess risk = bias + variance, and mean squared training error on the noisy labels."""

    bias: FloatArray
    variance: FloatArray
    train: FloatArray


def learning_curve(
    t: ArrayLike,
    covariance: BlockCovariance,
    n_train: float,
    *,
    noise_var: float = 0.0,
    learning_rate: float | None = None,
) -> LearningCurve:
    """Bias, variance and training error in time for any block covariance.

    With f = exp(-S t), or (1 - eta S)^k for t = k eta, and labels of noise variance sigma^2::

        bias     = w*^T f C f w*,          variance = (sigma^2/P) tr C (1 - f)^2 S^-1,
        train    = w*^T S f^2 w* + (sigma^2/P) tr f(X X^T/P)^2,

    in the limit of large P at fixed n_k/P, where they are contour integrals over kappa(s)::

        bias     = LL[ sum_k m_k c_k a_k(s1) a_k(s2)/(1 - g12) ](t, t),   a_k = (kappa/s)/(c_k + kappa),
        variance = sigma^2 (2 A(t) - A(2 t)),                            A = L[ (kappa/s - 1)/s ],
        train    = L[ sum_k m_k c_k/(c_k + kappa) + sigma^2/kappa ](2 t),

    L the inverse Laplace transform, g12 as in `deterministic_equivalents`.

    Parameters
    ----------
    t : array_like, (...)
        Time in [0, inf], learning rate x steps of the mean loss (1/2P) sum (y - x . w)^2.
    covariance : BlockCovariance
        Eigenvalues, dimensions and squared teacher weights of the blocks.
    n_train : float
        P > 0 samples; only n_k/P matters.
    noise_var : float
        sigma^2 >= 0, variance of the label noise.
    learning_rate : float, optional
        eta in (0, 2/largest eigenvalue of S): exact gradient descent, t/eta whole. Early steps and
        rates above 1/(largest eigenvalue) need nothing special: a power of S is a polynomial or, beyond
        32 steps, lives at both ends of the spectrum, and is integrated around them.

    Returns
    -------
    LearningCurve
        (bias, variance, train), each of t's shape. bias + variance is the excess risk
        E (w - w*)^T C (w - w*), without label noise; train includes it. At t = inf the variance is inf
        if there are as many dimensions as samples and noise.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, an unstable learning rate, or t/eta that is not whole.

    Notes
    -----
    Accuracy floor: 1e-10 x teacher power (bias, and the teacher's part of train) and
    1e-10 x sigma^2 x max(1, A(t)) (variance), absolute. Measured: 5e-14 for equal eigenvalues, against
    quadrature in 25 digits, 2e-12 for condition numbers of 1e14. Smaller errors are not resolved; none is
    returned below 0.

    First correction O(1/P) for a random teacher, relative size about 1/(P abs(1 - N/P)); O(1/sqrt P) for
    single draws of teacher and noise.

    References
    ----------
    Derived here; the dynamics of each setting stand in Advani, Saxe 2017, arXiv:1710.03667 (isotropic) and
    Pezeshki, Mitra, Bengio, Lajoie 2021, arXiv:2112.03215 (two scales).

    Examples
    --------
    >>> isotropic = BlockCovariance([1.0], [50], [50.0])
    >>> curve = learning_curve([0.0, np.inf], isotropic, 100, noise_var=0.5)  # sigma^2 N/(P - N)
    >>> np.round(curve.bias, 10), np.round(curve.variance, 10), np.round(curve.train, 10)
    (array([50.,  0.]), array([0. , 0.5]), array([50.5 ,  0.25]))
    """
    times = numbers("t", t, zero=True, infinite=True).ravel()
    P, covariance = checked_n_train(n_train), checked_blocks(covariance)
    sigma_sq = one_number("noise_var", noise_var, zero=True)
    rate = _checked_rate(learning_rate, times, covariance, P)

    def first(nodes: Nodes) -> FloatArray:
        return np.stack(_bias_and_noise(nodes, covariance, P))

    def second(nodes: Nodes) -> FloatArray:
        return np.stack(_noise_and_train(nodes, covariance, P))

    bias, early = in_time(first, times, rate, covariance, P, start=(covariance.teacher_power, 0.0))
    late, signal, noise = in_time(
        second, 2 * times, rate, covariance, P, start=(0.0, covariance.teacher_power, 1.0)
    )
    variance = np.where(times == np.inf, 0.0, 2 * early - late)
    limits = _static_limits(covariance, P)
    for curve, limit in zip((bias, variance, signal, noise), limits, strict=True):
        curve[times == np.inf] = limit
    variance = np.zeros_like(variance) if sigma_sq == 0 else sigma_sq * variance
    curves = bias, variance, signal + sigma_sq * noise
    return LearningCurve(*(np.maximum(c, 0).reshape(np.shape(t))[()] for c in curves))


def alignment(
    t: ArrayLike,
    covariance: BlockCovariance,
    n_train: float,
    *,
    learning_rate: float | None = None,
) -> FloatArray:
    """Overlap w(t)^T C w* of student and teacher outputs: teacher power - L[ sum_k m_k c_k a_k ](t).

    Parameters, accuracy and errors are those of `learning_curve`; label noise does not enter on average.

    Returns
    -------
    array, (...)
        0 at t = 0; the teacher power once everything is learned.

    Examples
    --------
    >>> isotropic = BlockCovariance([1.0], [200], [1.0])
    >>> round(float(alignment(np.inf, isotropic, 50)), 12)  # P/N of the directions are seen
    0.25
    """
    times = numbers("t", t, zero=True, infinite=True).ravel()
    P, covariance = checked_n_train(n_train), checked_blocks(covariance)
    rate = _checked_rate(learning_rate, times, covariance, P)
    c, power = covariance.eigenvalues, covariance.teacher_norms_squared * covariance.eigenvalues

    def unlearned(nodes: Nodes) -> FloatArray:
        k = kappa(nodes.s, covariance, P)
        return invert(nodes, (k / nodes.s) * ((1 / (c + k[..., None])) @ power))[None]

    (rest,) = in_time(unlearned, times, rate, covariance, P, start=(covariance.teacher_power,))
    k = float(ridge_kappa(0.0, covariance, P))
    rest[times == np.inf] = power @ (k / (c + k))
    return (covariance.teacher_power - rest).reshape(np.shape(t))[()]


def in_time(
    transform: Callable[[Nodes], FloatArray],
    times: FloatArray,
    rate: float | None,
    covariance: BlockCovariance,
    n_train: float,
    *,
    start: tuple[float, ...],
) -> FloatArray:
    """`transform` of the contours of all finite times, (results, times); `start` at time 0."""
    values = np.repeat(np.array(start)[:, None], times.size, axis=1)
    earliest = _EARLIEST / largest_eigenvalue(covariance, n_train)
    todo = np.flatnonzero((times > earliest) & (times < np.inf))
    size = max(1, int(_ENTRIES / (72 * covariance.eigenvalues.size)))
    if rate is None:
        for chunk in _chunks(todo, size):
            values[:, chunk] = transform(exponential_nodes(times[chunk]))
        return values
    steps = np.rint(times / rate)
    few = steps[todo] <= LAST_ON_CIRCLE
    for chunk in [*_chunks(todo[few], 1), *_chunks(todo[~few], size)]:
        each = [power_nodes(int(k), rate) for k in steps[chunk]]
        nodes = Nodes(np.stack([x.s for x in each]), np.stack([x.weights for x in each]))
        values[:, chunk] = transform(nodes)
    return values


def _chunks(indices: NDArray[np.intp], size: int) -> list[NDArray[np.intp]]:
    return [indices[first : first + size] for first in range(0, indices.size, size)]


def _bias_and_noise(
    nodes: Nodes, covariance: BlockCovariance, n_train: float
) -> tuple[FloatArray, FloatArray]:
    """Bias and A at each contour; nodes (times, nodes)."""
    k = kappa(nodes.s, covariance, n_train)
    noise = _noise_transform(nodes.s, k, covariance, n_train)
    return two_time_bias(nodes, k, covariance, n_train), invert(nodes, noise)


def two_time_bias(
    nodes: Nodes, k: NDArray[Any], covariance: BlockCovariance, n_train: float
) -> FloatArray:
    """LL[ sum_k m_k c_k a_k(s1) a_k(s2)/(1 - g12) ](t, t), a_k = (kappa/s)/(c_k + kappa), at each contour."""
    c = covariance.eigenvalues
    a = (k / nodes.s)[..., None] / (c + k[..., None])
    weighted = a * (covariance.teacher_norms_squared * c)
    same, opposite = one_minus_g(k, covariance, n_train)
    return invert_pair(
        nodes,
        weighted @ a.swapaxes(1, 2) / same,
        weighted @ a.conj().swapaxes(1, 2) / opposite,
    )


def one_minus_g(
    k: NDArray[Any], covariance: BlockCovariance, n_train: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """1 - g12 for kappa1 on the nodes and kappa2 on the nodes, or on their conjugates."""
    weights = covariance.dimensions / n_train
    c = covariance.eigenvalues
    split = Split.around(np.abs(k[:, 0]), covariance, n_train)
    below, base = split.below[:, None, :], split.base[:, None, None]
    e = np.where(below, k[..., None], -c) / (c + k[..., None])
    linear = (e * below) @ weights
    weighted = e * weights
    same = base + linear[..., None] + linear[:, None, :] - weighted @ e.swapaxes(1, 2)
    opposite = base + linear[..., None] + linear.conj()[:, None, :]
    return same, opposite - weighted @ e.conj().swapaxes(1, 2)


def _noise_and_train(
    nodes: Nodes, covariance: BlockCovariance, n_train: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A, and the training errors from the teacher and from unit noise."""
    c = covariance.eigenvalues
    k = kappa(nodes.s, covariance, n_train)
    noise = _noise_transform(nodes.s, k, covariance, n_train)
    signal = (1 / (c + k[..., None])) @ (covariance.teacher_norms_squared * c)
    return invert(nodes, noise), invert(nodes, signal), invert(nodes, 1 / k)


def _noise_transform(
    s: NDArray[Any],
    k: NDArray[Any],
    covariance: BlockCovariance,
    n_train: float,
) -> NDArray[Any]:
    """(kappa/s - 1)/s without its double pole kappa(0)/s^2, which drops out of 2 A(t) - A(2 t).

    Where kappa(0) = k0 > 0, kappa - k0 = s/(kappa g) with g = (1/P) sum n c/((c + kappa)(c + k0)): no
    difference of nearly equal numbers is formed.
    """
    c, weights = covariance.eigenvalues, covariance.dimensions / n_train
    k0 = float(ridge_kappa(0.0, covariance, n_train))
    if k0 == 0:
        return (k / s) * ((1 / (c + k[..., None])) @ (weights * c)) / s
    g = (1 / (c + k[..., None])) @ (weights * c / (c + k0))
    return (1 / (k * g) - 1) / s


def _static_limits(
    covariance: BlockCovariance, n_train: float
) -> tuple[float, float, float, float]:
    """Bias, variance, and training errors from teacher and noise at t = inf, for unit noise."""
    k0 = ridge_kappa(np.zeros(1), covariance, n_train)
    split = Split.around(k0, covariance, n_train)
    excess = float(split.base[0])
    if k0[0] == 0:
        variance = (1 - excess) / excess if excess > 0 else np.inf
        return 0.0, variance, 0.0, excess
    c = covariance.eigenvalues
    _, one_minus_g = (float(x[0]) for x in split.sums(k0, covariance, n_train))
    unseen = covariance.teacher_norms_squared * c @ (k0[0] / (c + k0[0])) ** 2
    return float(unseen) / one_minus_g, (1 - one_minus_g) / one_minus_g, 0.0, 0.0


def _checked_rate(
    rate: float | None, times: FloatArray, covariance: BlockCovariance, n_train: float
) -> float | None:
    if rate is None:
        return None
    eta = one_number("learning_rate", rate)
    bound = 2 / largest_eigenvalue(covariance, n_train)
    if not eta < bound:
        raise ValueError(
            f"learning_rate = {eta} is outside (0, {bound:.6g}): gradient descent is stable below "
            "2/(largest eigenvalue of X^T X/P)"
        )
    steps = times[times < np.inf] / eta
    off = np.abs(steps - np.rint(steps)) > 1e-9 * np.maximum(steps, 1)
    if off.any():
        raise ValueError(
            f"t = {times[times < np.inf][off][0]} is no whole number of steps of {eta}: t/learning_rate "
            "must be 0, 1, 2, ..."
        )
    return eta
