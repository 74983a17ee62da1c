"""Training in time with a ridge penalty, for inputs of any covariance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.inverse_laplace import Nodes, invert_pair
from lazyrich.theory.double_descent.arguments import numbers, one_number
from lazyrich.theory.double_descent.block_covariance import BlockCovariance, checked_blocks
from lazyrich.theory.double_descent.block_dynamics import in_time, one_minus_g, two_time_bias
from lazyrich.theory.double_descent.deterministic_equivalents import (
    Split,
    checked_n_train,
    kappa,
    ridge_kappa,
)

FloatArray = NDArray[np.float64]


class RidgeCurve(NamedTuple):
    """Excess risk = bias + variance."""

    bias: FloatArray
    variance: FloatArray


def ridge_learning_curve(
    t: ArrayLike,
    covariance: BlockCovariance,
    n_train: float,
    penalty: float,
    *,
    noise_var: float = 0.0,
) -> RidgeCurve:
    """Bias and variance of gradient flow on (1/2P) sum (y - x . w)^2 + (penalty/2) abs(w)^2 from w = 0.

    The flow leaves w* - w = [penalty + S exp(-(S + penalty) t)] (S + penalty)^-1 w* of the teacher. Both
    terms are one contour integral, in which kappa is taken at s + penalty::

        bias     = LL[ sum_k m_k c_k a_k(s1) a_k(s2)/(1 - g12) ](t, t),   a_k = (kappa(s + penalty)/s)/(c_k + kappa),
        variance = sigma^2 LL[ g12/(1 - g12)/(s1 s2) ](t, t).

    Parameters
    ----------
    t : array_like, (...)
        Time in [0, inf].
    covariance : BlockCovariance
    n_train : float
        P > 0.
    penalty : float
        lambda > 0; `learning_curve` is the limit 0.
    noise_var : float
        sigma^2 >= 0.

    Returns
    -------
    RidgeCurve
        (bias, variance), each of t's shape; without label noise of the test.

    Raises
    ------
    ValueError
        For values outside these ranges.

    Notes
    -----
    Accuracy 1e-10 x teacher power (bias) and 1e-10 x sigma^2 x max(1, variance/sigma^2); first
    correction O(1/P).

    References
    ----------
    Pezeshki, Mitra, Bengio, Lajoie 2021, arXiv:2112.03215, error over time and penalty; derived here.

    Examples
    --------
    >>> isotropic = BlockCovariance([1.0], [100], [1.0])
    >>> end = ridge_learning_curve(np.inf, isotropic, 100, 0.5, noise_var=0.5)  # kappa = 1, g = 1/4
    >>> print(end.bias.round(12), end.variance.round(12))
    0.333333333333 0.166666666667
    """
    times = numbers("t", t, zero=True, infinite=True).ravel()
    P, covariance = checked_n_train(n_train), checked_blocks(covariance)
    ridge = one_number("penalty", penalty)
    sigma_sq = one_number("noise_var", noise_var, zero=True)

    def both(nodes: Nodes) -> FloatArray:
        k = kappa(nodes.s + ridge, covariance, P)
        same, opposite = one_minus_g(k, covariance, P)
        first, second = nodes.s[..., None], nodes.s[:, None, :]
        noise = invert_pair(
            nodes,
            (1 / same - 1) / (first * second),
            (1 / opposite - 1) / (first * second.conj()),
        )
        return np.stack([two_time_bias(nodes, k, covariance, P), noise])

    bias, noise = in_time(both, times, None, covariance, P, start=(covariance.teacher_power, 0.0))
    at_end = np.atleast_1d(ridge_kappa(ridge, covariance, P))
    _, left = Split.around(at_end, covariance, P).sums(at_end, covariance, P)
    c = covariance.eigenvalues
    unseen = covariance.teacher_norms_squared * c @ (at_end / (c + at_end)) ** 2
    bias[times == np.inf], noise[times == np.inf] = unseen / left[0], (1 - left[0]) / left[0]
    curves = bias, sigma_sq * noise
    return RidgeCurve(*(np.maximum(x, 0).reshape(np.shape(t))[()] for x in curves))
