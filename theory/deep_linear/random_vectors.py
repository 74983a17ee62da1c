r"""Length of a vector that passes many random Gaussian layers.

Setting. P = W_M ... W_1 with M = `n_factors` square matrices of N = `width` rows, all entries
independent and normal with mean 0 and variance 1/N; x is any vector that is not zero.

Reached through `initialisation`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.mode_arguments import FloatArray
from lazyrich.theory.deep_linear.start_arguments import whole


class LogLength(NamedTuple):
    """Mean and variance of log(|P x|^2/|x|^2) over networks."""

    mean: FloatArray
    variance: FloatArray


def log_length(width: ArrayLike, n_factors: ArrayLike) -> LogLength:
    r"""Mean and variance of the logarithm of a vector's squared length after M Gaussian layers.

    Each layer multiplies the squared length by an independent chi^2_N/N, whatever the vector, so that
    with the digamma function psi and its derivative psi'::

        E log(|P x|^2/|x|^2)   = M [psi(N/2) + log(2/N)],
        Var log(|P x|^2/|x|^2) = M psi'(N/2).

    For wide layers these are -M/N and 2 M/N: |P x|^2 has the mean |x|^2 at any depth, but the typical
    network shrinks x.

    Parameters
    ----------
    width : array_like of int
        N >= 1.
    n_factors : array_like of int
        M >= 1.

    Returns
    -------
    LogLength
        mean and variance, each of the broadcast shape.

    Raises
    ------
    ValueError
        For values that are not whole numbers in these ranges, or shapes that do not broadcast.

    Notes
    -----
    Exact at finite width and depth. The mean keeps a relative precision of 2e-16 N.

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: Gaussian layers keep lengths only on average.

    Examples
    --------
    One factor of two columns, |P x|^2 exponential: minus Euler's constant and pi^2/6:

    >>> found = log_length(2, 1)
    >>> print(f"{found.mean + np.euler_gamma:.12f} {found.variance - np.pi**2 / 6:.12f}")
    0.000000000000 0.000000000000
    """
    from scipy.special import digamma, polygamma

    n, m = np.broadcast_arrays(whole(width, "width", 1), whole(n_factors, "n_factors", 1))
    return LogLength((m * (digamma(n / 2) + np.log(2 / n)))[()], (m * polygamma(1, n / 2))[()])
