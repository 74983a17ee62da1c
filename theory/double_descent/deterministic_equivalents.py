"""The self-consistent scale kappa of a sample covariance, off the negative real axis and on the real one.

For P samples x ~ N(0, C) with block eigenvalues c_k of n_k dimensions, S = X^T X/P, kappa(s) solves::

    kappa (1 - (1/P) sum_k n_k c_k/(c_k + kappa)) = s.

It turns functions of the random S into functions of C, up to O(1/P) in traces::

    s (S + s)^-1                 ~  kappa (C + kappa)^-1
    (1/P) tr C (S + s)^-1        ~  kappa/s - 1
    (1/P) tr (X X^T/P + s)^-1    ~  1/kappa
    w^T (S + s1)^-1 C (S + s2)^-1 w  ~  sum_k m_k c_k a_k(s1) a_k(s2)/(1 - g12),
    a_k = (kappa/s)/(c_k + kappa),    g12 = (1/P) sum_k n_k c_k^2/((c_k + kappa1)(c_k + kappa2)),

with m_k the squared length of w in block k.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import numbers, one_number
from lazyrich.theory.double_descent.block_covariance import BlockCovariance, checked_blocks, surplus

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

_ITERATIONS = 400
_HALVINGS = 40


class Split(NamedTuple):
    """The equation's sums written without cancellation around a given kappa.

    Blocks with c_k > kappa (`below`) enter through x = kappa/(c + kappa) = 1 - c/(c + kappa), the others
    through y = c/(c + kappa). `base` is 1 - (1/P) sum of n_k over the former.
    """

    below: NDArray[np.bool_]
    base: FloatArray

    @classmethod
    def around(cls, kappa: FloatArray, covariance: BlockCovariance, n_train: float) -> Split:
        """One split for each entry of `kappa`, (points,): `below` (points, blocks), `base` (points,)."""
        c = covariance.eigenvalues
        order = np.argsort(-c)
        table = surplus(n_train, covariance.dimensions[order]) / n_train
        count = np.searchsorted(-c[order], -kappa, side="left")
        return cls(c > kappa[:, None], table[count])

    def parts(self, kappa: NDArray, covariance: BlockCovariance) -> NDArray:
        """e = x where `below`, -y elsewhere, (points, blocks)."""
        c = covariance.eigenvalues
        kappa = kappa[:, None]
        return np.where(self.below, kappa, -c) / (c + kappa)

    def sums(
        self, kappa: NDArray, covariance: BlockCovariance, n_train: float
    ) -> tuple[NDArray, NDArray]:
        """1 - (1/P) sum n y and 1 - (1/P) sum n y^2, (points,) each."""
        weights = covariance.dimensions / n_train
        e = self.parts(kappa, covariance)
        one_point = self.base + e @ weights
        two_point = self.base + ((2 * self.below - e) * e) @ weights
        return one_point, two_point


def kappa(s: ArrayLike, covariance: BlockCovariance, n_train: float) -> ComplexArray:
    """kappa(s) at z = -s: the root that continues kappa ~ s from infinity.

    It is the only root with Im kappa of the sign of Im s. Each point is reached from abs(s) on the
    positive axis along an arc, by Newton's method from an Euler step of d kappa/ds = 1/(1 - g(kappa,
    kappa)); steps that do not converge to the right half plane are halved.

    Parameters
    ----------
    s : array_like, (...)
        Complex numbers off the negative real axis and 0.
    covariance : BlockCovariance
    n_train : float
        P > 0.

    Returns
    -------
    complex array, (...)
        Relative error about 1e-15 times the condition d log kappa/d log s.

    Raises
    ------
    ValueError
        For s on the negative axis, 0, inf or nan, or n_train outside (0, inf).

    Notes
    -----
    A deterministic equivalent: traces of the random resolvent deviate by O(1/P), quadratic forms of a
    fixed teacher by O(1/sqrt P).

    References
    ----------
    Silverstein, Bai 1995 (J. Multivariate Anal. 54), for the equation and the uniqueness of its root.

    Examples
    --------
    >>> isotropic = BlockCovariance([1.0], [50], [1.0])
    >>> root = kappa(2j, isotropic, 100)  # (kappa + 1)(s - kappa) + kappa/2 = 0
    >>> bool(abs((root + 1) * (2j - root) + root / 2) < 1e-15)
    True
    """
    points, shape = _complex_points(s)
    P, covariance = checked_n_train(n_train), checked_blocks(covariance)
    upper = np.where(points.imag < 0, points.conj(), points)
    modulus, angle = np.abs(upper), np.angle(upper)
    start = _positive_root(modulus, covariance, P)
    split = Split.around(start, covariance, P)
    log_kappa = _along_arc(np.log(start), modulus, angle, split, covariance, P)
    root = np.where(points.imag < 0, np.exp(log_kappa).conj(), np.exp(log_kappa))
    return root.reshape(shape)[()]


def ridge_kappa(penalty: ArrayLike, covariance: BlockCovariance, n_train: float) -> FloatArray:
    """kappa on the real axis: the effective ridge of mean-loss ridge regression, at least `penalty`.

    Parameters
    ----------
    penalty : array_like, (...)
        lambda >= 0 of (1/2P) sum (y - x . w)^2 + (lambda/2) abs(w)^2. At 0 (the least-norm interpolator or
        least squares) kappa > 0 solves sum_k n_k c_k/(c_k + kappa) = P if there are more dimensions
        than samples, and is 0 otherwise.
    covariance : BlockCovariance
    n_train : float
        P > 0.

    Returns
    -------
    array, (...)
        Relative error about 1e-15 times the condition d log kappa/d log lambda; accurate also where
        kappa is many orders of magnitude below the eigenvalues.

    Raises
    ------
    ValueError
        For a penalty below 0, inf or nan, or n_train outside (0, inf).

    Notes
    -----
    A deterministic equivalent: first correction O(1/P).

    References
    ----------
    Hastie, Montanari, Rosset, Tibshirani 2019, arXiv:1903.08560; Canatar, Bordelon, Pehlevan 2020,
    arXiv:2006.13198 (their kappa is P times this one).

    Examples
    --------
    >>> isotropic = BlockCovariance([1.0], [50], [1.0])
    >>> [round(float(ridge_kappa(0.0, isotropic, P)), 12) for P in (25, 50, 100)]  # N/P - 1, or 0
    [1.0, 0.0, 0.0]
    """
    given = numbers("penalty", penalty, zero=True)
    values = given.ravel()
    P, covariance = checked_n_train(n_train), checked_blocks(covariance)
    vanishes = (values == 0) & (surplus(P, covariance.dimensions)[-1] >= 0)
    root = np.zeros_like(values)
    root[~vanishes] = _positive_root(values[~vanishes], covariance, P)
    return root.reshape(given.shape)[()]


def largest_eigenvalue(covariance: BlockCovariance, n_train: float) -> float:
    """Upper edge of the spectrum of S = X^T X/P: gradient descent is stable below 2/edge.

    The edge is the minimum of x (1 + (1/P) sum_k n_k c_k/(x - c_k)) over x > max c_k, where
    (1/P) sum_k n_k c_k^2/(x - c_k)^2 = 1.

    Parameters
    ----------
    covariance : BlockCovariance
    n_train : float
        P > 0.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For n_train outside (0, inf).

    Notes
    -----
    The largest eigenvalue of one sample fluctuates around it by O(P^(-2/3)) relatively.

    References
    ----------
    Silverstein, Choi 1995 (J. Multivariate Anal. 54), support of the limiting law.

    Examples
    --------
    >>> isotropic = BlockCovariance([1.0], [50], [1.0])
    >>> round(largest_eigenvalue(isotropic, 200), 12)  # (1 + sqrt(N/P))^2
    2.25
    """
    from scipy.optimize import brentq

    weights = checked_blocks(covariance).dimensions / checked_n_train(n_train)
    top = covariance.eigenvalues.max()
    c = covariance.eigenvalues / top

    def balance(log_distance: float) -> float:
        return float(weights @ (c / (np.exp(log_distance) + 1 - c)) ** 2) - 1

    middle = 0.5 * np.log(weights[c == 1].sum())
    upper = 0.5 * np.log(weights.sum()) + 1e-12
    log_distance = brentq(balance, middle - 1e-12, upper, xtol=1e-14) if upper > middle else middle
    distance = np.exp(log_distance)
    return float(top * (1 + distance) * (1 + weights @ (c / (distance + 1 - c))))


def checked_n_train(n_train: float) -> float:
    """`n_train` as a positive float."""
    return one_number("n_train", n_train)


def _complex_points(s: ArrayLike) -> tuple[ComplexArray, tuple[int, ...]]:
    given = np.asarray(s)
    if given.dtype.kind not in "iufc":
        raise ValueError(f"s = {s!r} is outside the complex numbers: dtype {given.dtype}")
    if given.size == 0:
        raise ValueError(f"s is empty, shape {given.shape}: at least one point is needed")
    points = given.astype(np.complex128).ravel()
    outside = ~np.isfinite(points) | ((points.imag == 0) & (points.real <= 0))
    if outside.any():
        raise ValueError(
            f"s = {points[outside][0]} is outside the plane without (-inf, 0]: the spectrum lies there"
        )
    return points, given.shape


def _positive_root(s: FloatArray, covariance: BlockCovariance, n_train: float) -> FloatArray:
    """The root kappa > 0 for s >= 0 (s > 0 unless there are more dimensions than samples).

    kappa - (1/P) sum n c kappa/(c + kappa) is convex, so Newton's method from above decreases to the
    root; a step on the logarithms is longer and is taken where it stays above the root.
    """
    root = s + covariance.trace / n_train
    active = np.arange(s.size)
    for _ in range(_ITERATIONS):
        old, target = root[active], s[active]
        value, new = _value_and_newton(old, target, covariance, n_train)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            slope = (value - target) / (old - new)
            bold = old * np.exp(-np.log(value / target) * value / (old * slope))
        bold = np.where((target > 0) & (bold < new) & (bold > 0), bold, new)
        bold_value, _ = _value_and_newton(bold, target, covariance, n_train)
        new = np.where(bold_value > target, bold, new)
        root[active] = new
        active = active[(old - new) > 4e-16 * old]
        if active.size == 0:
            return root
    raise RuntimeError(f"kappa did not converge at s = {s[active][0]}")


def _value_and_newton(
    root: FloatArray, target: FloatArray, covariance: BlockCovariance, n_train: float
) -> tuple[FloatArray, FloatArray]:
    """The equation's left side, and Newton's next root as a quotient of positive sums."""
    split = Split.around(root, covariance, n_train)
    one_point, two_point = split.sums(root, covariance, n_train)
    c = covariance.eigenvalues
    y = c / (c + root[:, None])
    x = root[:, None] / (c + root[:, None])
    curved = root * ((x * y) @ covariance.dimensions) / n_train
    return root * one_point, (target + curved) / two_point


def _along_arc(
    start: FloatArray,
    modulus: FloatArray,
    angle: FloatArray,
    split: Split,
    covariance: BlockCovariance,
    n_train: float,
) -> ComplexArray:
    """log kappa at modulus exp(i angle), from its value at `modulus`; 0 <= angle < pi."""
    log_kappa = start.astype(np.complex128)
    reached = np.zeros(start.size)
    step = np.ones(start.size)
    active = np.flatnonzero(angle > 0)
    while active.size:
        here = Split(split.below[active], split.base[active])
        fraction = np.minimum(reached[active] + step[active], 1.0)
        s = modulus[active] * np.exp(1j * angle[active] * fraction)
        old = log_kappa[active]
        one_point, two_point = here.sums(np.exp(old), covariance, n_train)
        advance = 1j * angle[active] * (fraction - reached[active])
        trial = old + advance * one_point / two_point
        new, good = _newton(trial, s, here, covariance, n_train)
        log_kappa[active[good]] = new[good]
        reached[active[good]] = fraction[good]
        step[active] *= np.where(good, 2.0, 0.5)
        if step[active].min() < 2.0**-_HALVINGS:
            raise RuntimeError(f"kappa lost its branch near s = {s[step[active].argmin()]}")
        active = active[reached[active] < 1]
    return log_kappa


def _newton(
    trial: ComplexArray, s: ComplexArray, split: Split, covariance: BlockCovariance, n_train: float
) -> tuple[ComplexArray, NDArray[np.bool_]]:
    """Roots log kappa near `trial`, and whether each converged with 0 <= arg kappa <= arg s."""
    log_kappa = trial.copy()
    change = np.full(s.size, np.inf)
    with np.errstate(all="ignore"):
        for _ in range(8):
            one_point, two_point = split.sums(np.exp(log_kappa), covariance, n_train)
            change = (s * np.exp(-log_kappa) - one_point) / two_point
            log_kappa = log_kappa + change
            if (np.abs(change) < 1e-9).all():
                break
        rounding = 1e-12
        angle = log_kappa.imag
        good = (np.abs(change) < 1e-9) & (angle > -rounding) & (angle < np.angle(s) + rounding)
    return log_kappa, good
