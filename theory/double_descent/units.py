"""Units of the sum loss (Advani-Saxe, Pezeshki, Canatar) and of the mean loss, and back.

The sum loss is abs(y - X w)^2/2, the mean loss the same over P. On the sum loss everything happens P
times as fast: time, penalty and the effective penalty kappa change, errors do not. If the inputs
change their scale as well, from the variance 1/N of Advani and Saxe to 1, eigenvalues grow by N and
times shrink by it. Hence one number, `samples`, covers both cases:

* inputs as they are: samples = P;
* isotropic inputs of variance 1/N that become 1: samples = P/N, the sample ratio.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import numbers

FloatArray = NDArray[np.float64]


def mean_loss_time(t: ArrayLike, samples: ArrayLike) -> FloatArray:
    """Time on the mean loss, samples x t, at which the student is as at t on the sum loss.

    Parameters
    ----------
    t : array_like
        Time on the sum loss, in [0, inf].
    samples : array_like
        P, or P/N if inputs of variance 1/N become inputs of variance 1; > 0.

    Returns
    -------
    array, of the broadcast shape

    Raises
    ------
    ValueError
        For values outside these ranges or nan.

    Notes
    -----
    Exact.

    References
    ----------
    Advani, Saxe 2017, arXiv:1710.03667, and Pezeshki et al. 2021, arXiv:2112.03215, use the sum loss.

    Examples
    --------
    >>> print(mean_loss_time([0.0, 3.0], 100))
    [  0. 300.]
    """
    times = numbers("t", t, zero=True, infinite=True)
    return (numbers("samples", samples) * times)[()]


def sum_loss_time(t: ArrayLike, samples: ArrayLike) -> FloatArray:
    """Time on the sum loss, t/samples: the inverse of `mean_loss_time`, with the same arguments.

    Examples
    --------
    >>> print(sum_loss_time(300.0, 100))
    3.0
    """
    times = numbers("t", t, zero=True, infinite=True)
    return (times / numbers("samples", samples))[()]


def mean_loss_penalty(penalty: ArrayLike, samples: ArrayLike) -> FloatArray:
    """Ridge penalty (or kappa, or eigenvalue) on the mean loss, penalty/samples, of one on the sum loss.

    Parameters
    ----------
    penalty : array_like
        gamma of abs(y - X w)^2/2 + gamma abs(w)^2/2, in [0, inf].
    samples : array_like
        P, or P/N if inputs of variance 1/N become inputs of variance 1; > 0.

    Returns
    -------
    array, of the broadcast shape
        lambda of abs(y - X w)^2/(2 P) + lambda abs(w)^2/2.

    Raises
    ------
    ValueError
        For values outside these ranges or nan.

    Notes
    -----
    Exact.

    References
    ----------
    Canatar, Bordelon, Pehlevan 2020, arXiv:2006.13198, and Advani, Saxe 2017, arXiv:1710.03667, use
    the sum loss; Hastie et al. 2019, arXiv:1903.08560, the mean loss.

    Examples
    --------
    >>> print(mean_loss_penalty(5.0, 100))
    0.05
    """
    gamma = numbers("penalty", penalty, zero=True, infinite=True)
    return (gamma / numbers("samples", samples))[()]


def sum_loss_penalty(penalty: ArrayLike, samples: ArrayLike) -> FloatArray:
    """Penalty on the sum loss, samples x penalty: the inverse of `mean_loss_penalty`.

    Examples
    --------
    >>> print(sum_loss_penalty(0.05, 100))
    5.0
    """
    gamma = numbers("penalty", penalty, zero=True, infinite=True)
    return (numbers("samples", samples) * gamma)[()]
