"""Stationary states of online learning in closed form: plateau, noise floor, linear students.

Setting, units and symbols of `online`; t = steps/N, errors carry the factor 1/2 and no label noise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import broadcast, numbers

__all__ = ["Plateau", "linear_final_error", "noise_floor", "symmetric_plateau"]

FloatArray = NDArray[np.float64]


class Plateau(NamedTuple):
    """Overlaps and error of the unspecialised student, each of n_units' shape."""

    Q: FloatArray
    """Every overlap of two student units, equal or not."""
    R: FloatArray
    """Every overlap of a student and a teacher unit."""
    error: FloatArray


def symmetric_plateau(n_units: ArrayLike) -> Plateau:
    """The plateau of K = M units before they specialise, small learning rate.

    All student units are equal, Q_ik = 1/(2 K - 1), R_im = 1/sqrt(K (2 K - 1)), and the error is
    (K/pi) (pi/6 - K asin(1/(2 K))). It is a saddle: any difference between the units grows.

    Parameters
    ----------
    n_units : array_like
        K = M >= 1, whole. Activation scaled_erf, readouts 1, orthonormal teacher T = I.

    Returns
    -------
    Plateau
        (Q, R, error).

    Raises
    ------
    ValueError
        For values outside this range or nan.

    Notes
    -----
    The limit of learning rate 0; the first correction is of order 1 in it.

    References
    ----------
    Saad, Solla 1995, Phys. Rev. E 52, 4225: the symmetric fixed point.

    Examples
    --------
    One unit has nothing to specialise:

    >>> print(f"{symmetric_plateau(1).error:.1f} {symmetric_plateau(2).error:.5f}")
    0.0 0.01161
    """
    K = _counts("n_units", n_units, least=1)
    error = K / np.pi * (np.pi / 6 - K * np.arcsin(1 / (2 * K)))
    return Plateau(1 / (2 * K - 1), 1 / np.sqrt(K * (2 * K - 1)), np.maximum(error, 0.0))


def noise_floor(
    n_extra: ArrayLike, n_teacher: ArrayLike, learning_rate: ArrayLike, noise_var: ArrayLike
) -> FloatArray:
    """Final error of scaled_erf students of K = M + L units, first layer trained, small rates.

    M units have become the teacher's, L have become 0. SGD noise holds every direction of the
    weights at the variance eta sigma^2/2, so that the error is eta sigma^2/4 times sum_k <g'(lambda_k)^2>::

        (sigma^2 eta/(2 pi)) (L + M/sqrt 3).

    Parameters
    ----------
    n_extra, n_teacher : array_like
        L >= 0 and M >= 1, whole; readouts 1, T = I.
    learning_rate, noise_var : array_like
        eta > 0, sigma^2 >= 0. All arguments broadcast.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        For values outside these ranges or nan.

    Notes
    -----
    First order in eta; the correction relative to it is of order 1 in eta.

    References
    ----------
    Goldt, Advani, Saxe, Krzakala, Zdeborova 2019, arXiv:1906.08632: the final error grows with L.

    Examples
    --------
    >>> print(f"{noise_floor(1, 2, 0.1, 0.01):.6f}")
    0.000343
    """
    arrays = {
        "n_extra": _counts("n_extra", n_extra, least=0),
        "n_teacher": _counts("n_teacher", n_teacher, least=1),
        "learning_rate": numbers("learning_rate", learning_rate),
        "noise_var": numbers("noise_var", noise_var, zero=True),
    }
    _, (L, M, rate, noise) = broadcast(**arrays)
    return (noise * rate / (2 * np.pi) * (L + M / np.sqrt(3)))[()]


def linear_final_error(
    n_units: ArrayLike, learning_rate: ArrayLike, noise_var: ArrayLike
) -> FloatArray:
    """Final error eta K sigma^2/(4 - 2 eta K) of K linear units, first layer trained.

    The error follows d error/dt = -eta K (2 - eta K) error + (eta K sigma)^2/2, so that it grows
    without bound from eta K = 2 on.

    Parameters
    ----------
    n_units, learning_rate, noise_var : array_like
        K >= 1, whole; eta > 0; sigma^2 >= 0. All arguments broadcast. Activation identity, student
        readouts 1, any linear teacher.

    Returns
    -------
    array
        inf where eta K >= 2.

    Raises
    ------
    ValueError
        For values outside these ranges or nan.

    Notes
    -----
    Exact at any rate for N -> inf; the first correction is O(1/N).

    References
    ----------
    Goldt, Advani, Saxe, Krzakala, Zdeborova 2019, arXiv:1906.08632, for linear networks.

    Examples
    --------
    >>> linear_final_error(2, [0.5, 1.0], 0.01)
    array([0.005,   inf])
    """
    arrays = {
        "n_units": _counts("n_units", n_units, least=1),
        "learning_rate": numbers("learning_rate", learning_rate),
        "noise_var": numbers("noise_var", noise_var, zero=True),
    }
    _, (K, rate, noise) = broadcast(**arrays)
    slack = np.maximum(4 - 2 * rate * K, 0.0)
    stable = slack > 0
    error = rate * K * noise / np.where(stable, slack, 1.0)
    return np.where(stable, error, np.inf)[()]


def _counts(name: str, values: ArrayLike, least: int) -> FloatArray:
    counts = numbers(name, values, zero=least == 0)
    whole = (counts >= least) & (counts == np.floor(counts))
    if not whole.all():
        raise ValueError(
            f"{name} = {counts[~whole][0]} is outside {{{least}, {least + 1}, ...}}: units are counted"
        )
    return counts
