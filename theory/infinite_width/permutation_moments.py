"""Gaussian law of the outputs of wide ReLU networks that have learned a permutation from single bits.

Setting. Two layers without bias in NTK parametrisation, f = V relu(W x / sqrt k) / sqrt n, all weights
N(0, 1), width n to infinity, one readout per output bit. Training inputs are the k basis vectors e_i of
R^k (`length` k), targets e_pi(i) of a permutation pi; the loss 1/2 sum of squares is trained to 0. A test
input has m bits set (`n_ones`) and length 1: x = (sum of m basis vectors)/sqrt m. The right answer has the
m images of these bits set.

Kernels of unit vectors at cosine r, times k, with u = pi - arccos r::

    nngp(r) = (sqrt(1 - r^2) + r u)/(2 pi),      ntk(r) = nngp(r) + r u/(2 pi).

All kernels between basis vectors are p I + c 11^T with c = 1/(2 pi), and so are their inverses. Let
r = 1/sqrt m, q = r u/(2 pi), g = nngp(r) - c, G = ntk(r) - c = g + q; a = 1/2 - c, A = 1 - c are g and G
at m = 1. Everything below is written in terms of these, so that nothing cancels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

_ORTHOGONAL = 1 / (2 * np.pi)  # c, either kernel of two basis vectors
_READOUT = 0.5 - _ORTHOGONAL  # a
_BOTH = 0.5 + _READOUT  # A
_LARGEST_COUNT = 10**9  # counts and their products are exact in float64


class OutputMoments(NamedTuple):
    """Mean on a bit that should be set, on one that should not; variance of any output."""

    mean_set: FloatArray
    mean_unset: FloatArray
    variance: FloatArray


class _Kernels(NamedTuple):
    """q, g, G, gamma = G/A - g/a and (a^2 - m g^2)/a at m set bits."""

    hidden: FloatArray
    nngp: FloatArray
    ntk: FloatArray
    excess: FloatArray
    unexplained: FloatArray


def output_moments(length: ArrayLike, n_ones: ArrayLike) -> OutputMoments:
    """Gaussian law of the outputs of one network, trained on the basis vectors, at m set bits.

    With the notation of the module::

        mean_unset = c (A - m G)/(A (A + c k)),       mean_set = mean_unset + G/A,
        k variance = P + a (m d1^2 + (k - m) d0^2) + c (m d1 + (k - m) d0)^2,

    where P is the posterior variance of the readout's Gaussian process, and d1, d0 are the means above
    less those of that process (weights of NTK regression less weights of NNGP regression). All outputs
    are independent. mean_set is positive; mean_unset is 0 at m = 1 and negative beyond.

    Parameters
    ----------
    length : array_like
        Bits k, whole, 1 <= k <= 1e9.
    n_ones : array_like
        Bits m that are set, whole, 1 <= m <= k; broadcasts with `length`.

    Returns
    -------
    OutputMoments
        (mean_set, mean_unset, variance), each of the common shape; mean_unset at m = k is the limit of
        a bit that is not there.

    Raises
    ------
    ValueError
        For counts that are not whole or outside these ranges, or shapes that do not broadcast.

    Notes
    -----
    Infinite width and training time; the first correction is O(1/sqrt width) (a unit that a
    training input has switched off gets no more gradient from it), O(1/width) in lazy training. At m = 1, training data, mean
    and variance are exactly (1, 0, 0).

    References
    ----------
    Giapitzakis, Back de Luca, Fountoulakis 2025, arXiv:2502.16763: exact mean and variance of the limiting
    Gaussian process; Lee et al. 2019, arXiv:1902.06720, for its covariance. Written without cancellation
    here.

    Examples
    --------
    >>> OutputMoments(*(round(float(x), 4) for x in output_moments(6, 4)))
    OutputMoments(mean_set=0.3281, mean_unset=-0.0429, variance=0.0193)
    >>> output_moments(6, 1)
    OutputMoments(mean_set=np.float64(1.0), mean_unset=np.float64(0.0), variance=np.float64(0.0))
    """
    k, m = checked_inputs(length, n_ones)
    return _moments(k, m)


def large_length_moments(n_ones: ArrayLike) -> OutputMoments:
    """Limits of mean_set, length x mean_unset and length x variance as the length grows at fixed m.

    They are G/A, 1 - m G/A and (a^2 - m g^2)/a + a m (G/A - g/a)^2.

    Parameters
    ----------
    n_ones : array_like
        Bits m that are set, whole, 1 <= m <= 1e9.

    Returns
    -------
    OutputMoments
        The three limits, of the shape of `n_ones`.

    Raises
    ------
    ValueError
        For counts that are not whole or outside this range.

    Notes
    -----
    The corrections are O(1/length). An unset bit fails as exp(-N mean_unset^2/(2 variance)), so that the
    ensemble grows as length x (variance limit)/(mean limit)^2, which is largest at m = 2.

    References
    ----------
    Giapitzakis, Back de Luca, Fountoulakis 2025, arXiv:2502.16763, for the model; derived here.

    Examples
    --------
    >>> _, mean, variance = large_length_moments(2)
    >>> print(f"{mean:.4f} {variance:.4f} {variance / mean**2:.2f}")
    -0.1505 0.0635 2.80
    """
    m = whole_numbers("n_ones", n_ones, "one bit or more is set")
    kernel = _kernels(m)
    mean_set = kernel.ntk / _BOTH
    variance = kernel.unexplained + _READOUT * m * kernel.excess**2
    return OutputMoments(mean_set[()], (1 - m * mean_set)[()], variance[()])


def _kernels(m: FloatArray) -> _Kernels:
    r = 1 / np.sqrt(m)
    bend = r / (1 + np.sqrt((m - 1) / m))  # (1 - sqrt(1 - r^2))/r
    share = 0.25 + np.arcsin(r) / (2 * np.pi)  # u/(2 pi)
    hidden = r * share
    slope = share - bend * _ORTHOGONAL  # g/r; a at m = 1, to the last digit
    nngp = r * slope
    excess = (r * bend - 2 * hidden) / (4 * np.pi * _READOUT * _BOTH)
    unexplained = (_READOUT - slope) * (_READOUT + slope) / _READOUT
    return _Kernels(hidden, nngp, nngp + hidden, excess, unexplained)


def _moments(k: FloatArray, m: FloatArray) -> OutputMoments:
    c, a, both = _ORTHOGONAL, _READOUT, _BOTH
    kernel = _kernels(m)
    mean_unset = c * (both - m * kernel.ntk) / (both * (both + c * k))
    mean_set = (kernel.ntk * (both + c * (k - m)) + c * both) / (both * (both + c * k))
    total = c * k * (m * kernel.hidden - 0.5) + m * both * a * kernel.excess
    total = total / ((both + c * k) * (a + c * k))  # m d1 + (k - m) d0
    d0 = (total - m * kernel.excess) / k
    d1 = d0 + kernel.excess
    posterior = kernel.unexplained + c * (a - m * kernel.nngp) ** 2 / (a * (a + c * k))
    variance = posterior + a * (m * d1**2 + (k - m) * d0**2) + c * total**2
    mean_set = np.where(m == 1, 1.0, mean_set)
    return OutputMoments(mean_set[()], mean_unset[()], (variance / k)[()])


def checked_inputs(length: ArrayLike, n_ones: ArrayLike) -> list[FloatArray]:
    """`length` and `n_ones`, broadcast, after their checks."""
    k = whole_numbers("length", length, "inputs have one bit or more")
    m = whole_numbers("n_ones", n_ones, "one bit or more is set")
    k, m = broadcast(length=k, n_ones=m)
    if (m > k).any():
        bad = m > k
        raise ValueError(f"n_ones = {m[bad][0]:g} is outside 1, ..., length = {k[bad][0]:g}")
    return [k, m]


def whole_numbers(name: str, values: ArrayLike, meaning: str, least: int = 1) -> FloatArray:
    array = real_numbers(name, values)
    valid = (array >= least) & (array <= _LARGEST_COUNT) & (array == np.floor(array))
    if not valid.all():
        bad = array[~valid][0]
        raise ValueError(f"{name} = {bad:g} is outside {least}, {least + 1}, ..., 1e9: {meaning}")
    return array


def real_numbers(name: str, values: ArrayLike) -> FloatArray:
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length") from None
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {values!r} is outside the real numbers: dtype {given.dtype}")
    if given.size == 0:
        raise ValueError(f"{name} is empty, shape {given.shape}: at least one value is needed")
    return given.astype(np.float64)


def broadcast(**arrays: FloatArray) -> list[FloatArray]:
    try:
        return list(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"shapes must broadcast to one shape, got {shapes}") from None
