r"""The whole crossover from lazy to rich in closed form: wide linear two-layer networks, white inputs.

F = v . W x/sqrt(D N) with weights N(0, 1) learns P orthogonal inputs of norm sqrt D (X X^T = D I) as
f = alpha (F - F_0) to the end of training, at width N -> inf with the richness |y|/(alpha sqrt N) fixed.
Every unit turns by the same hyperbolic angle tau between its readout and its output along y::

    sinh(2 tau) = |y|/(alpha sqrt N).

alpha and N enter only as alpha sqrt N.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.infinite_width.flow_arguments import real_array

FloatArray = NDArray[np.float64]


class Movement(NamedTuple):
    """|dtheta|/|theta_0| and |dK|/|K_0| (Frobenius), from start to end of training."""

    weights: FloatArray
    kernel: FloatArray


def linear_crossover(richness: ArrayLike, n_samples: int, dim: int) -> Movement:
    r"""Movement of weights and of the tangent kernel at the end of training::

        |dtheta|/|theta_0| = sqrt(4 cosh(tau) (cosh(tau) - 1)/(D + 1)),
        K - K_0 = (cosh(2 tau) - 1)(I + yhat yhat^T),  K_0 = 2 I,
        |dK|/|K_0| = (sqrt(1 + richness^2) - 1) sqrt((P + 3)/(4 P)).

    Lazy: richness/sqrt(2 (D + 1)) and richness^2/2 x that root; rich: sqrt(2 richness/(D + 1)) and
    richness x that root.

    Parameters
    ----------
    richness : array_like
        |y|/(alpha sqrt N) >= 0, finite.
    n_samples : int
        P, 1 <= P <= D.
    dim : int
        D >= 1.

    Returns
    -------
    Movement
        (weights, kernel), each of the shape of `richness`.

    Raises
    ------
    ValueError
        For values outside these ranges.

    Notes
    -----
    At fixed alpha sqrt N the first correction is O(1/N) on average over starts. At fixed N and alpha -> inf
    the kernel does not follow this law: see `lazy_kernel_fluctuation`.

    References
    ----------
    Geiger, Spigler, Jacot, Wyart 2019, arXiv:1906.08034: the crossover at alpha sqrt(width) of order 1;
    closed form derived here.

    Examples
    --------
    >>> linear_crossover([0.0, 0.75], 1, 1)
    Movement(weights=array([0.        , 0.35871947]), kernel=array([0.  , 0.25]))
    """
    r = _checked("richness", richness)
    p, d = _counts(n_samples, dim)
    cosh2 = np.hypot(1, r)
    # cosh tau - 1 = (cosh 2 tau - 1)/(2 (cosh tau + 1)), free of cancellation
    excess = r**2 / (cosh2 + 1)
    cosh = np.sqrt((cosh2 + 1) / 2)
    weights = np.sqrt(2 * cosh * excess / (cosh + 1) / (d + 1))
    return Movement(weights[()], (excess * np.sqrt((p + 3) / (4 * p)))[()])


def lazy_kernel_fluctuation(richness: ArrayLike, n_samples: int) -> FloatArray:
    r"""Root of the mean over starts of N (|dK|/|K_0|)^2 to first order in 1/alpha, at fixed width N.

    richness sqrt((3 P + 5)/(8 P)): the kernel moves by |y|/(alpha N) x that root, with a random sign of
    every entry that the start decides. This is odd in the readout; the law of `linear_crossover`, of order
    |y|^2/(alpha^2 N), is even and smaller once alpha > |y|. A collapse in alpha sqrt N therefore holds at
    fixed alpha sqrt N for N -> inf, not for alpha -> inf.

    Parameters
    ----------
    richness : array_like
        |y|/(alpha sqrt N) >= 0, finite.
    n_samples : int
        P >= 1.

    Returns
    -------
    array
        Of the shape of `richness`.

    Raises
    ------
    ValueError
        For values outside these ranges.

    Notes
    -----
    Linear network, white inputs, end of training; exact to first order in 1/alpha as N -> inf, correction
    O(1/N).

    References
    ----------
    Chizat, Oyallon, Bach 2018, arXiv:1812.07956: 1/alpha at fixed width; the constant derived here.

    Examples
    --------
    >>> float(lazy_kernel_fluctuation(0.1, 1))
    0.1
    """
    return _checked("richness", richness) * np.sqrt(
        (3 * _counts(n_samples, n_samples)[0] + 5) / 8 / n_samples
    )


def _checked(name: str, values: ArrayLike) -> FloatArray:
    array = real_array(values, name)
    valid = (array >= 0) & (array < np.inf)
    if array.size == 0 or not valid.all():
        shown = array[~valid][0] if array.size else "empty"
        raise ValueError(f"{name} = {shown} is outside [0, inf): |y|/(output_scale sqrt(width))")
    return array


def _counts(n_samples: int, dim: int) -> tuple[int, int]:
    for name, value in (("n_samples", n_samples), ("dim", dim)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} = {value!r} is outside {{1, 2, ...}}")
    if n_samples > dim:
        raise ValueError(
            f"n_samples = {n_samples} is outside 1, ..., dim = {dim}: orthogonal inputs"
        )
    return int(n_samples), int(dim)
