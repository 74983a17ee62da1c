r"""Learning rates of a deep linear network at its random start: the spectrum of the tangent kernel.

Setting. W = W_L ... W_1 with L = `depth` square matrices of N rows, N -> inf, each either random
orthogonal or with independent normal entries of variance 1/N; whitened inputs, loss
|Sigma_yx - W|^2/2, time t = learning rate x steps. A small change E of the target is learned by
dE/dt = -sum_l A_l A_l^T E B_l^T B_l with A_l = W_L ... W_{l+1} and B_l = W_{l-1} ... W_1: N^2 modes,
each at its own rate.

Reached through `initialisation`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.mode_arguments import FloatArray
from lazyrich.theory.deep_linear.start_arguments import finite, whole

_LATE = 1e7


def gaussian_rate_spread(depth: ArrayLike) -> FloatArray:
    r"""Relative variance of the learning rates of a deep Gaussian start.

    The mean rate is L. With <tr(A_l A_l^T A_k A_k^T)>/N = L - max(l, k) + 1 and the same for B_l with
    min(l, k), the mean square is sum_{l,k} min(l, k) (L + 1 - max(l, k)), so that::

        variance/L^2 = (L + 1)^2 (L + 2)/(12 L) - 1,

    which grows as L^2/12. All rates of an orthogonal start are L, without any spread.

    Parameters
    ----------
    depth : array_like of int
        L >= 1.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        For values that are not whole numbers >= 1.

    Notes
    -----
    Exact at N = inf; of relative order 1/N at finite N.

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: Gaussian starts slow down with depth, orthogonal
    ones do not. The spread is derived here.

    Examples
    --------
    A single matrix learns everything at the rate 1; two learn at x + y with x and y distributed by
    Marchenko and Pastur, of variance 1:

    >>> gaussian_rate_spread([1, 2]).tolist()
    [0.0, 0.5]
    """
    n = whole(depth, "depth", 1)
    return ((n + 1) ** 2 * (n + 2) / (12 * n) - 1)[()]


def gaussian_residual(t: ArrayLike) -> FloatArray:
    r"""Part of a small change that two Gaussian matrices have not learned at time t, |E(t)|^2/|E(0)|^2.

    The rates are x + y with x and y independent of the law of Marchenko and Pastur, hence with the
    modified Bessel functions I_0 and I_1::

        |E(t)|^2/|E(0)|^2 = [e^(-4 t) (I_0(4 t) + I_1(4 t))]^2 -> 1/(2 pi t).

    Two orthogonal matrices leave e^(-4 t).

    Parameters
    ----------
    t : array_like
        Gradient-flow time, learning rate x steps, in [0, inf].

    Returns
    -------
    array
        The shape of t.

    Raises
    ------
    ValueError
        For negative times, nan or empty arrays.

    Notes
    -----
    For changes that are small, so that the kernel stays; in the mean over their directions, at N = inf. At
    finite N of relative order 1/N.

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: slow learning from Gaussian starts. The residual is
    derived here.

    Examples
    --------
    It starts as e^(-4 t), the residual of orthogonal matrices, and ends as a power law:

    >>> print(f"{gaussian_residual(1e-4) * np.exp(4e-4):.6f} {2e4 * np.pi * gaussian_residual(1e4):.4f}")
    1.000000 1.0000
    """
    from scipy.special import ive

    times = np.asarray(t, dtype=np.float64)
    ends = times == np.inf
    x = 4 * finite(np.where(ends, 0.0, times), "t", 0.0, why="time runs forward")
    late = x > _LATE  # where ive gives up; the series leaves x^-2
    early = np.where(late, 1.0, x)
    series = (1 - 1 / (8 * np.maximum(x, 1.0))) * np.sqrt(2 / np.pi / np.maximum(x, 1.0))
    root = np.where(late, series, ive(0, early) + ive(1, early))
    return np.where(ends, 0.0, root**2)[()]
