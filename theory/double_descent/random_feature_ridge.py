"""Excess risk of ridge regression on random features: one unknown, solved without cancellation.

Setting and units are those of `random_features`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import broadcast, numbers, one_number
from lazyrich.theory.double_descent.hermite import Activation, HermiteMoments, hermite_moments

FloatArray = NDArray[np.float64]

_ITERATIONS = 2000
_CAP = 1e290
"""w beyond this stands for infinity: all of the teacher's linear part is learned."""


def ridge_risk(
    n_train: ArrayLike,
    n_features: ArrayLike,
    dim: ArrayLike,
    penalty: ArrayLike,
    *,
    activation: Activation = "relu",
    teacher_power: float = 1.0,
    noise_var: float = 0.0,
) -> FloatArray:
    """Excess risk of ridge regression on random features, min sum_mu (y - f)^2 + penalty abs(a)^2.

    With psi_1 = p/d, psi_2 = n/d one unknown w > 0 solves, for t(w) < min(psi_1, psi_2)::

        t = y + mu_*^2 w,    y = mu_1^2 w/(1 + mu_1^2 w),
        r q = (penalty/psi_2) w,    r = 1 - t/psi_1,    q = 1 - t/psi_2.

    t d is the number of degrees of freedom used, y the share of the teacher that is learned from
    infinitely many samples and features. With D = y (1 - y) + mu_*^2 w and G = D/(r + D/psi_1)::

        risk = [teacher_power (1 - y)(1 - y + y G/psi_1) + noise_var U]/(1 - U),
        1 - U = q + r G/psi_2,    U = (1 - q)(1 - r) + (r^2/psi_2) y^2/(r + D/psi_1).

    No difference of nearly equal numbers is formed, whatever the ratios and the penalty.

    Parameters
    ----------
    n_train, n_features, dim : array_like, (...)
        n > 0 samples, p > 0 features, d > 0 inputs; only ratios matter. One of n and p may be inf.
    penalty : array_like, (...)
        >= 0, on the sum of squares; 0 is the interpolator of smallest norm, or least squares. All four
        broadcast.
    activation : str, (str, parameters) or callable
        As for `hermite.hermite_moments`.
    teacher_power, noise_var : float
        abs(theta)^2 = E (theta . x)^2, and variance of the label noise, >= 0.

    Returns
    -------
    array, (...)
        E (f(x) - theta . x)^2, averaged over inputs, weights, training samples and their label noise.
        At penalty 0 it is inf where n = p.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, shapes that do not broadcast, n and p both inf, or a
        constant activation.

    Notes
    -----
    Exact for n, p and d to infinity together, for any fixed teacher; the first correction is of order
    1/d, larger by 1/abs(1 - n/p) near the peak of the ridgeless fit. For ReLU features at d = 200, n = 2 d it
    is -0.7 % (p = 3 d, penalty 0.05) to 1.4 % (p = 8 d, penalty 1e-4).

    References
    ----------
    Mei, Montanari 2019, arXiv:1908.05355 (same risk as a root of a polynomial system: their lambda is
    penalty d/n = `units.mean_loss_penalty(penalty, n/d)`, their chi is -mu_*^2 w); Defilippis, Loureiro, Misiakiewicz 2024,
    arXiv:2405.15699 (deterministic equivalents of random features). This form derived here.

    Examples
    --------
    Linear features of all inputs are least squares, noise_var d/(n - d):

    >>> round(float(ridge_risk(300, 400, 100, 0.0, activation="identity", noise_var=1.0)), 12)
    0.5
    >>> peak = ridge_risk(300, [200, 300, 3000], 200, 0.0, noise_var=0.1)
    >>> bool(np.isinf(peak[1])), bool(peak[2] < peak[0])
    (True, True)
    """
    n, p, d, lam = (
        numbers("n_train", n_train, infinite=True),
        numbers("n_features", n_features, infinite=True),
        numbers("dim", dim),
        numbers("penalty", penalty, zero=True),
    )
    power = one_number("teacher_power", teacher_power, zero=True)
    noise = one_number("noise_var", noise_var, zero=True)
    moments = checked_moments(activation)
    shape, arrays = broadcast(n_train=n, n_features=p, dim=d, penalty=lam)
    n, p, d, lam = (array.ravel() for array in arrays)
    if (np.isinf(n) & np.isinf(p)).any():
        raise ValueError("n_train and n_features are both inf; needs one of them finite")
    root = _fixed_point(n, p, d, lam, moments)
    with np.errstate(divide="ignore", invalid="ignore"):
        risk = _risk(root, n / d, p / d, power, noise)
    return risk.reshape(shape)[()]


def best_kernel_penalty(
    *, activation: Activation = "relu", teacher_power: float = 1.0, noise_var: float = 0.0
) -> float:
    """Penalty with the least `ridge_risk` at n_features = inf: max(0, mu_1^2 noise_var/teacher_power - mu_*^2).

    Infinitely many features act as a ridge mu_*^2 on linear regression, to which the penalty adds; their
    sum should be mu_1^2 noise_var/teacher_power at any number of samples. The interpolator is
    the best fit where teacher_power/noise_var > mu_1^2/mu_*^2.

    Parameters
    ----------
    activation, teacher_power, noise_var
        As for `ridge_risk`; teacher_power > 0.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For values outside these ranges.

    Notes
    -----
    Exact for n and d to infinity together, after p; corrections of order 1/d and n/p.

    References
    ----------
    Mei, Montanari 2019, arXiv:1908.05355, for the existence of the two phases in the wide limit; this
    form of the boundary, which is independent of n/d, derived here.

    Examples
    --------
    >>> best_kernel_penalty(activation="identity", noise_var=0.5)
    0.5
    >>> best_kernel_penalty(activation="relu", noise_var=0.1)  # below mu_*^2/mu_1^2 = 0.363
    0.0
    """
    moments = checked_moments(activation)
    power = one_number("teacher_power", teacher_power)
    noise = one_number("noise_var", noise_var, zero=True)
    return max(0.0, moments.linear**2 * noise / power - moments.nonlinear_variance)


class _FixedPoint(NamedTuple):
    """y, 1 - y, mu_*^2 w, r and q at the root w."""

    learned: FloatArray
    missed: FloatArray
    nonlinear: FloatArray
    features_left: FloatArray
    samples_left: FloatArray


def _fixed_point(
    n: FloatArray, p: FloatArray, d: FloatArray, penalty: FloatArray, moments: HermiteMoments
) -> _FixedPoint:
    """The root, by Newton's method from the left: t(w) + N s(w) is concave and increasing, so it climbs.

    N <= M are psi_1 and psi_2 in order, s = 1 - t/N the smaller of r and q and s N/M + gap the larger.
    """
    mu_sq, extra = moments.linear**2, moments.nonlinear_variance
    few, many = np.minimum(n, p), np.maximum(n, p)
    ratio = few / many
    gap = np.where(np.isinf(many), 1.0, (many - few) / np.where(np.isinf(many), 1.0, many))
    N, above = few / d, (few - d) / d
    rho = penalty * d / n

    def parts(w: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        missed = 1 / (1 + mu_sq * w)
        learned = mu_sq * w * missed
        s_root = np.sqrt(gap**2 + 4 * ratio * rho * w)
        return learned, missed, s_root

    with np.errstate(divide="ignore", invalid="ignore"):
        w = np.fmin(N / 2 / (mu_sq + extra), (ratio / 4 + gap / 2) / rho)
    w[(rho == 0) & (extra == 0) & (above >= 0)] = _CAP
    active = w < _CAP
    for _ in range(_ITERATIONS):
        learned, missed, s_root = parts(w)
        with np.errstate(divide="ignore", invalid="ignore"):
            s = np.where(rho > 0, 2 * rho * w / (gap + s_root), 0.0)
            slope = mu_sq * missed**2 + extra + np.where(rho > 0, N * rho / s_root, 0.0)
        unlearned = np.where(mu_sq * w > 1, above + missed, N - learned)
        slope = np.where(active, slope, 1.0)
        step = np.maximum((unlearned - extra * w - N * s) / slope, 0.0)
        w = np.where(active, np.minimum(w + step, _CAP), w)
        active &= (step > 4e-16 * w) & (w < _CAP)
        if not active.any():
            break
    else:
        worst = [float(x[active][0]) for x in (n, p, d, penalty)]
        raise RuntimeError(f"the fixed point was not reached at n, p, d, penalty = {worst}")
    learned, missed, s_root = parts(w)
    capped = w >= _CAP
    learned, missed = np.where(capped, 1.0, learned), np.where(capped, 0.0, missed)
    small = np.where(capped, above / N, 2 * rho * w / np.where(rho > 0, gap + s_root, 1.0))
    large = small * ratio + gap
    wide = p >= n
    return _FixedPoint(
        learned, missed, extra * w, np.where(wide, large, small), np.where(wide, small, large)
    )


def _risk(
    root: _FixedPoint, psi_2: FloatArray, psi_1: FloatArray, power: float, noise: float
) -> FloatArray:
    y, missed, nonlinear, r, q = root
    used = y + nonlinear
    spread = y * missed + nonlinear
    pole = r + spread / psi_1
    empty = pole == 0  # as many linear features as inputs, no penalty: all is learned
    pole = np.where(empty, 1.0, pole)
    share = np.where(empty, 1.0, spread / psi_1 / pole)  # G/psi_1
    left = q + r * spread / pole / psi_2
    fitted = used / psi_2 * (used / psi_1) + r**2 / psi_2 * y**2 / pole
    lost = power * missed * (missed + y * share) + noise * fitted
    return np.where(left > 0, lost / left, np.where(lost > 0, np.inf, 0.0))


def checked_moments(activation: Activation) -> HermiteMoments:
    moments = hermite_moments(activation)
    if moments.linear == 0 and moments.nonlinear_variance == 0:
        raise ValueError(f"activation = {activation!r} is constant: its features carry nothing")
    return moments
