"""Two jointly Gaussian numbers u, v of mean 0: what the averages of activations need, without lost digits.

With variances q1, q2 and covariance c the correlation is rho = c/sqrt(q1 q2). Near rho = +-1 neither
1 - rho^2 nor arccos rho may be formed from a rounded rho; the determinant q1 q2 - c^2 is therefore
computed with the rounding errors of both products (Dekker 1971), and angles come from it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

LARGEST_VARIANCE = 1e100  # products of two variances stay finite
_ROUNDING = 1e-12  # relative excess of abs(c) over sqrt(q1 q2) that counts as rounding
_SPLITTER = 2.0**27 + 1


class Pair(NamedTuple):
    """Arrays of one shape: moments of (u, v) and what follows from them.

    `geometric_mean` is s = sqrt(q1 q2), `determinant` q1 q2 - c^2, `root_determinant` its root,
    `arcsine` asin(rho), `angle` arccos(rho), `supplement` pi - arccos(rho), and `least_variance` that of
    u - v where c >= 0, of u + v where c < 0. Where a variance is 0, rho counts as 0.
    """

    q1: FloatArray
    q2: FloatArray
    c: FloatArray
    geometric_mean: FloatArray
    determinant: FloatArray
    root_determinant: FloatArray
    arcsine: FloatArray
    angle: FloatArray
    supplement: FloatArray
    least_variance: FloatArray


def pair(q1: ArrayLike, q2: ArrayLike, covariance: ArrayLike) -> Pair:
    """Checked moments, broadcast to one shape; abs(c) beyond sqrt(q1 q2) by rounding is cut back.

    Parameters
    ----------
    q1, q2 : array_like
        Variances in [0, 1e100].
    covariance : array_like
        c, with abs(c) <= sqrt(q1 q2) (1 + 1e-12).

    Returns
    -------
    Pair

    Raises
    ------
    ValueError
        For values outside these ranges, nan, empty arrays, or shapes that do not broadcast.

    Notes
    -----
    The three numbers are taken as exact: every field has a relative error of a few 1e-16, however near
    rho = +-1. A c that is itself rounded near there determines arccos rho to half the digits only.

    References
    ----------
    Dekker 1971, Numer. Math. 18, 224 (the error of a product).

    Examples
    --------
    >>> float(pair(1.0, 1.0, 0.5).angle / np.pi).__round__(12)
    0.333333333333
    """
    variance1, variance2 = variances("q1", q1), variances("q2", q2)
    c = _real("covariance", covariance)
    try:
        variance1, variance2, c = np.broadcast_arrays(variance1, variance2, c)
    except ValueError:
        raise ValueError(
            f"q1, q2, covariance have shapes {variance1.shape}, {variance2.shape}, {c.shape}; they must "
            "broadcast: for all pairs use q1[:, None], q2[None, :]"
        ) from None
    return _derived(variance1, variance2, c)


def _derived(q1: FloatArray, q2: FloatArray, c: FloatArray) -> Pair:
    # Powers of 4 are taken out of the variances: nothing under- or overflows, and it costs no digit.
    m1, half1 = _mantissa(q1)
    m2, half2 = _mantissa(q2)
    exponent = half1 + half2
    product = m1 * m2
    size = np.sqrt(product)
    with np.errstate(over="ignore"):
        cosine = np.ldexp(c, -exponent)
    _within_bound(q1, q2, c, size, cosine)
    sine_squared = _product_error(m1, m2) - _product_error(cosine, cosine)
    sine_squared += product - cosine * cosine
    cosine = np.where(sine_squared < 0, np.copysign(size, cosine), cosine)
    sine_squared = np.maximum(sine_squared, 0.0)
    sine = np.sqrt(sine_squared)
    degenerate = product == 0
    right = np.pi / 2
    return Pair(
        q1=q1,
        q2=q2,
        c=np.ldexp(cosine, exponent),
        geometric_mean=np.ldexp(size, exponent),
        determinant=np.ldexp(sine_squared, 2 * exponent),
        root_determinant=np.ldexp(sine, exponent),
        arcsine=np.arctan2(cosine, sine),
        angle=np.where(degenerate, right, np.arctan2(sine, cosine)),
        supplement=np.where(degenerate, right, np.arctan2(sine, -cosine)),
        least_variance=_least_variance(q1, q2, exponent, sine_squared, size + np.abs(cosine)),
    )


def _least_variance(
    q1: FloatArray,
    q2: FloatArray,
    exponent: NDArray[np.intp],
    sine_squared: FloatArray,
    sizes: FloatArray,
) -> FloatArray:
    """q1 + q2 - 2 abs(c) = (sqrt q1 - sqrt q2)^2 + 2 (s - abs(c))."""
    roots = np.sqrt(q1) + np.sqrt(q2)
    gap = (q1 - q2) / np.where(roots > 0, roots, 1.0)
    return gap**2 + 2 * np.ldexp(sine_squared / np.where(sizes > 0, sizes, 1.0), exponent)


def _mantissa(q: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """(m, e) with q = m 4^e and m in [1/4, 1), or 0."""
    m, exponent = np.frexp(q)
    half = (exponent + 1) // 2
    return np.ldexp(m, exponent - 2 * half), half


def _product_error(a: FloatArray, b: FloatArray) -> FloatArray:
    """The exact a b less the rounded one."""
    a_high = _SPLITTER * a
    a_high = a_high - (a_high - a)
    b_high = _SPLITTER * b
    b_high = b_high - (b_high - b)
    a_low, b_low = a - a_high, b - b_high
    return a_low * b_low - (((a * b - a_high * b_high) - a_low * b_high) - a_high * b_low)


def _within_bound(
    q1: FloatArray, q2: FloatArray, c: FloatArray, size: FloatArray, cosine: FloatArray
) -> None:
    outside = np.abs(cosine) > size * (1 + _ROUNDING)
    if outside.any():
        at = np.unravel_index(int(np.argmax(outside)), outside.shape)
        raise ValueError(
            f"covariance = {c[at]} is outside abs(covariance) <= sqrt(q1 q2) = "
            f"{np.sqrt(q1[at]) * np.sqrt(q2[at])}: no two Gaussian numbers have these moments"
        )


def variances(name: str, values: ArrayLike) -> FloatArray:
    """`values` as float64 in [0, 1e100]."""
    array = _real(name, values)
    valid = (array >= 0) & (array <= LARGEST_VARIANCE)
    if not valid.all():
        raise ValueError(
            f"{name} = {array[~valid][0]} is outside [0, {LARGEST_VARIANCE:g}]: it is a variance"
        )
    return array


def _real(name: str, values: ArrayLike) -> FloatArray:
    try:
        given = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} is ragged: its rows differ in length") from None
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {values!r} is outside the real numbers: dtype {given.dtype}")
    if given.size == 0:
        raise ValueError(f"{name} is empty, shape {given.shape}: at least one value is needed")
    array = given.astype(np.float64)
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array)][0]
        raise ValueError(f"{name} = {bad} is outside the finite numbers")
    return array
