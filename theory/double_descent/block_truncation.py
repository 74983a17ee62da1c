"""Excess risk of a student truncated to the leading directions of its samples, for any covariance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import numbers, one_number
from lazyrich.theory.double_descent.block_covariance import BlockCovariance, checked_blocks
from lazyrich.theory.double_descent.deterministic_equivalents import checked_n_train, kappa
from lazyrich.theory.double_descent.sample_bands import Gap, gaps

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

_DIGITS = 40.0  # the trapezoid rule stops at exp(-40)
_MOST_NODES = 6000
_LARGEST = 2**18  # entries of a table of times and nodes


class TruncatedRisk(NamedTuple):
    """Excess risk: what is not learned of the teacher, and what is learned of the label noise."""

    bias: FloatArray
    variance: FloatArray


def block_risk(
    covariance: BlockCovariance,
    n_train: float,
    n_kept: float,
    *,
    t: ArrayLike = np.inf,
    noise_var: float = 0.0,
) -> TruncatedRisk:
    """Excess risk of a student trained for a time t that keeps its leading sample directions.

    The student starts at 0 and follows gradient flow on the mean loss sum (y - x . w)^2/(2P). Its weights are
    then projected on the n_kept leading eigenvectors of S = X^T X/P. With f(S) = 1 - exp(-S t) on these and
    0 on the others, an integral along a closed contour around the bands above the gap,

        f(S) = (1/2 pi i) int f(z) (z - S)^-1 dz,      (z - S)^-1 ~ (kappa/z) (C + kappa)^-1,

    and with kappa(z), a_k = (kappa/z)/(c_k + kappa), g12 as in :mod:`deterministic_equivalents`::

        bias = sum_k m_k c_k - 2 F1 + F2,     F1 = int f sum_k m_k c_k a_k dz/(2 pi i),
        F2 = int int f(z1) f(z2) sum_k m_k c_k a_k(z1) a_k(z2)/(1 - g12) dz1 dz2/(2 pi i)^2,
        variance = noise_var int f^2 kappa/z^2 dz/(2 pi i).

    Parameters
    ----------
    covariance : BlockCovariance
        Eigenvalues c_k, dimensions n_k, squared teacher norms m_k.
    n_train : float
        P > 0.
    n_kept : float
        Number of directions kept: 0, or the dimensions of the leading blocks together where the sample
        spectrum has a gap below them, or all of its min(P, N) directions.
    t : array_like, (...)
        Time, in [0, inf]; inf (default) for a fully trained student.
    noise_var : float
        Variance of the label noise, >= 0.

    Returns
    -------
    TruncatedRisk
        (bias, variance), each of t's shape; without the label noise of the test.

    Raises
    ------
    ValueError
        For values outside these ranges or nan, and if no gap parts n_kept directions: a cut through a
        band is no smooth function of the spectrum. The message lists the numbers that can be kept.

    Notes
    -----
    P, n_k -> inf at fixed ratios; first correction O(1/P). Absolute error of the bias about 1e-12 times the
    teacher's power; relative error of the variance about 1e-12, 1e-10 for P = 1e7 n_k. Work grows as the root of the gap's
    relative width shrinks.

    References
    ----------
    Derived here. Silverstein, Choi 1995 (J. Multivariate Anal. 54) for the edges; Bai, Silverstein 1999
    (Ann. Probab. 27) for the number of eigenvalues above a gap.

    Examples
    --------
    >>> head_and_tail = BlockCovariance([1.0, 0.02], [40, 560], [1.0, 1.0])
    >>> bias, variance = block_risk(head_and_tail, 200, 40, noise_var=0.5)
    >>> print(f"{bias + variance:.4f} {variance:.4f}")
    0.1369 0.1056
    """
    times = numbers("t", t, zero=True, infinite=True)
    noise = one_number("noise_var", noise_var, zero=True)
    covariance, P = checked_blocks(covariance), checked_n_train(n_train)
    kept = one_number("n_kept", n_kept, zero=True)
    shape, power = times.shape, covariance.teacher_power
    if kept == 0:
        return TruncatedRisk(np.full(shape, power)[()], np.zeros(shape)[()])
    covariance, times = _in_units_of_the_largest(covariance, times)
    z, weights = _contour(_gap_below(kept, covariance, P))
    root = kappa(-z, covariance, P)
    single, pairs = _kernels(z, root, covariance, P)
    risks = []
    for chunk in np.array_split(times.ravel(), 1 + times.size * len(z) // _LARGEST):
        learned = -np.expm1(-_products(chunk, z))
        weighted = learned * weights
        bias = power - 4 * (weighted @ single).real + _paired(weighted, pairs)
        variance = noise * 2 * ((weighted * learned) @ (root / z**2)).real
        risks.append((bias, variance))
    bias, variance = np.hstack(risks)
    return TruncatedRisk(bias.reshape(shape)[()], variance.reshape(shape)[()])


def _in_units_of_the_largest(
    covariance: BlockCovariance, t: FloatArray
) -> tuple[BlockCovariance, FloatArray]:
    """The same student with a largest eigenvalue of 1, far from overflow."""
    top = covariance.eigenvalues.max()
    with np.errstate(over="ignore"):
        times = t * top
    scaled = covariance.eigenvalues / top, covariance.teacher_norms_squared * top
    return BlockCovariance(scaled[0], covariance.dimensions, scaled[1]), times


def _gap_below(n_kept: float, covariance: BlockCovariance, n_train: float) -> Gap:
    found = gaps(covariance, n_train)
    for gap in found:
        if abs(gap.n_above - n_kept) <= 1e-9 * n_kept:
            return gap
    allowed = ", ".join(f"{gap.n_above:g}" for gap in found) or "none but 0"
    raise ValueError(
        f"n_kept = {n_kept:g} cuts through a band of the sample spectrum at n_train = {n_train:g}; needs a "
        f"number of directions above one of its gaps: {allowed}. For all directions without a gap "
        "above 0 see covariance.learning_curve"
    )


def _contour(gap: Gap) -> tuple[ComplexArray, ComplexArray]:
    """Upper half of a closed contour around the bands above a gap: points z, weights dz/(2 pi i).

    An ellipse in log z with the ends of the bands as foci, log z = m + h cosh(mu + i theta). The integrands
    are analytic from mu = 0 to where the ellipse meets the band below or the imaginary axis of z (beyond
    it exp(-z t) grows); the contour lies half-way, so that the trapezoid rule converges as
    exp(-n mu) for any t.
    """
    bottom, top = np.log(gap.upper), np.log(gap.top)
    middle, half = (top + bottom) / 2, (top - bottom) / 2
    reach = np.arcsinh(np.pi / 2 / half)
    if gap.lower > 0:
        beyond = (bottom - np.log(gap.lower)) / half
        reach = min(reach, np.log1p(beyond + np.sqrt(beyond * (2 + beyond))))
    mu = reach / 2
    nodes = 2 * int(np.ceil(_DIGITS / mu / 2))
    if nodes > _MOST_NODES:
        raise ValueError(
            f"the gap of the sample spectrum below {gap.n_above:g} directions has the relative width "
            f"{1 - gap.lower / gap.upper:.1g}, too narrow to part them: real samples close it"
        )
    theta = 2 * np.pi * (np.arange(nodes // 2) + 0.5) / nodes
    z = np.exp(middle + half * np.cosh(mu + 1j * theta))
    return z, z * half * np.sinh(mu + 1j * theta) / nodes


def _products(t: FloatArray, z: ComplexArray) -> ComplexArray:
    """t z for each pair, inf + 0i where t is inf (or the product overflows)."""
    with np.errstate(over="ignore", invalid="ignore"):
        products = np.multiply.outer(t, z)
    return np.where(np.isfinite(products), products, np.inf)


def _kernels(
    z: ComplexArray, root: ComplexArray, covariance: BlockCovariance, n_train: float
) -> tuple[ComplexArray, tuple[ComplexArray, ComplexArray]]:
    """Integrands of F1 and F2 without f: at each point, and at pairs (z, z') and (z, conj z')."""
    c = covariance.eigenvalues
    resolvent = 1 / (c + root[:, None])
    scaled = (root / z)[:, None] * resolvent
    signal = covariance.teacher_norms_squared * c
    spread = covariance.dimensions * c**2 / n_train
    pairs = [
        ((scaled * signal) @ other.T) / (1 - (resolvent * spread) @ mate.T)
        for other, mate in ((scaled, resolvent), (scaled.conj(), resolvent.conj()))
    ]
    return scaled @ signal, (pairs[0], pairs[1])


def _paired(weighted: ComplexArray, pairs: tuple[ComplexArray, ComplexArray]) -> FloatArray:
    """F2 from the upper half: the contour's points come in conjugate pairs."""
    same, crossed = pairs
    total = (weighted @ same) * weighted + (weighted @ crossed) * weighted.conj()
    return 2 * total.sum(axis=1).real
