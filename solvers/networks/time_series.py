r"""Pairs of neighbours in a stationary time series, the two views of a moment and the next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import generator, real_array, whole_number
from lazyrich.solvers.networks.memory import require_memory

Array = NDArray[np.float64]


class Neighbours(NamedTuple):
    """x(k) and x(k + 1), one pair in each row, (P, d) each."""

    now: Array
    later: Array


def autoregressive_neighbours(
    n_samples: int, persistences: ArrayLike, variances: ArrayLike, rng: np.random.Generator
) -> Neighbours:
    """P neighbouring pairs of one stationary run of d independent Gaussian features.

    x_i(k + 1) = gamma_i x_i(k) + sqrt((1 - gamma_i^2) v_i) z_i(k), with the variance v_i at any time.

    Parameters
    ----------
    n_samples : int
        P >= 1.
    persistences : array_like, (d,)
        gamma_i in (-1, 1); slow features have a large one.
    variances : array_like, (d,)
        v_i > 0.
    rng : numpy.random.Generator

    Returns
    -------
    Neighbours

    Raises
    ------
    ValueError
        For values outside these ranges, or pairs that would not fit in memory.

    Examples
    --------
    >>> now, later = autoregressive_neighbours(5, [0.9, 0.0], [1.0, 2.0], np.random.default_rng(0))
    >>> now.shape, bool(np.all(now[1:] == later[:-1]))
    ((5, 2), True)
    """
    from scipy.signal import lfilter

    count, rng = whole_number(n_samples, "n_samples"), generator(rng)
    gamma, v = real_array(persistences, "persistences"), real_array(variances, "variances")
    if gamma.ndim != 1 or gamma.size == 0 or gamma.shape != v.shape:
        raise ValueError(
            f"persistences has shape {gamma.shape} and variances {v.shape}; needs two lists of one "
            "length, (d,)"
        )
    if not (np.all(np.abs(gamma) < 1) and np.all(np.isfinite(v) & (v > 0))):
        raise ValueError(
            f"persistences = {gamma} and variances = {v}; a stationary series needs |gamma| < 1 and "
            "finite positive variances"
        )
    require_memory(24.0 * (count + 1) * gamma.size, "the time series")
    kicks = rng.standard_normal((gamma.size, count + 1)) * np.sqrt(v)[:, None]
    kicks[:, 1:] *= np.sqrt(1 - gamma**2)[:, None]
    series = np.stack(
        [lfilter([1.0], [1.0, -g], kick) for g, kick in zip(gamma, kicks, strict=True)]
    )
    return Neighbours(series[:, :-1].T, series[:, 1:].T)
