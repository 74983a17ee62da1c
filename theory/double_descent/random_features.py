r"""Ridge regression on random features of isotropic inputs: double descent in size, in samples and in time.

Setting. Inputs x ~ N(0, I_d), labels y = theta . x + noise, abs(theta)^2 = `teacher_power`. Features
phi_j = act(w_j . x) - E act of weights abs(w_j) = 1, model f = a . phi/sqrt(p), only a is trained.
Of the activation three numbers enter (`hermite`): the linear coefficient mu_1 carries the teacher, and the
variance mu_*^2 beyond it acts as independent noise in each feature (Gaussian equivalence).

Excess risk means E (f(x) - theta . x)^2 on fresh inputs, against the noiseless teacher: the label noise
of a test set is left out, what the features cannot express of the teacher is counted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import broadcast, numbers, one_number
from lazyrich.theory.double_descent.block_covariance import BlockCovariance
from lazyrich.theory.double_descent.block_dynamics import learning_curve as linear_learning_curve
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
    1/d, larger by 1/abs(1 - n/p) near the peak of the ridgeless fit. Real features with a second Hermite coefficient
    mu_2 share the fluctuation of abs(x)^2, a direction of variance mu_2^2/d: ReLU is 3 to 5 % worse at d = 200.

    References
    ----------
    Mei, Montanari 2019, arXiv:1908.05355 (same risk as a root of a polynomial system: their
    lambda is penalty d/n, their chi is -mu_*^2 w); Defilippis, Loureiro, Misiakiewicz 2024,
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
    moments = _checked_moments(activation)
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
    moments = _checked_moments(activation)
    power = one_number("teacher_power", teacher_power)
    noise = one_number("noise_var", noise_var, zero=True)
    return max(0.0, moments.linear**2 * noise / power - moments.nonlinear_variance)


def learning_curve(
    t: ArrayLike,
    feature_weights: ArrayLike,
    n_train: float,
    *,
    activation: Activation = "relu",
    teacher_power: float = 1.0,
    noise_var: float = 0.0,
    learning_rate: float | None = None,
) -> FloatArray:
    """Excess risk in time of gradient flow on (1/2n) sum_mu (y - f)^2 over the readout, a(0) = 0.

    Features of given weights W have the covariance C = (mu_1^2 W W^T + mu_*^2 I)/p. A teacher of
    random direction has, along the mode of eigenvalue s_i of W W^T,

        c_i = (mu_1^2 s_i + mu_*^2)/p,    m_i = b_i^2/c_i^2,    b_i^2 = mu_1^2 s_i teacher_power/(p d),

    and what the features cannot express, tau^2 = teacher_power - sum_i b_i^2/c_i, acts as label noise::

        risk = bias + variance + tau^2

    of linear regression (`covariance.learning_curve`) with blocks c_i, m_i and noise noise_var + tau^2.

    Parameters
    ----------
    t : array_like, (...)
        Time in [0, inf], learning rate x steps of the mean loss.
    feature_weights : array_like, (p, d)
        W, rows of length 1.
    n_train : float
        n > 0 samples.
    activation, teacher_power, noise_var
        As for `ridge_risk`.
    learning_rate : float, optional
        Exact gradient descent with this step instead of the flow; t/learning_rate is whole.

    Returns
    -------
    array, (...)
        E (f(x) - theta . x)^2 of the shape of t, averaged over teachers of this power in all directions,
        training samples and label noise. teacher_power at t = 0; inf at t = inf where n = p.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, rows that are not of length 1, or a constant activation.

    Notes
    -----
    First correction O(1/n) for given W, larger near n = p at late times; O(1/d) more for real
    features, as in `ridge_risk`. W should be unstructured: far from parallel features, so that higher powers of
    their overlaps average out. Accuracy as for `covariance.learning_curve`. A random W deviates from
    the average over W by O(1/d); at late times the curve ends at `ridge_risk` for penalty 0.

    References
    ----------
    Derived here; the setting is that of Mei, Montanari 2019, arXiv:1908.05355.

    Examples
    --------
    Linear features of all 40 inputs end at least squares, noise_var d/(n - d):

    >>> risk = learning_curve([0.0, np.inf], np.eye(40), 120, activation="identity", noise_var=0.5)
    >>> print(risk.round(12))
    [1.   0.25]
    """
    W = _checked_weights(feature_weights)
    power = one_number("teacher_power", teacher_power, zero=True)
    noise = one_number("noise_var", noise_var, zero=True)
    covariance, missed = _mode_blocks(W, _checked_moments(activation), power)
    curve = linear_learning_curve(
        t, covariance, n_train, noise_var=noise + missed, learning_rate=learning_rate
    )
    return curve.bias + curve.variance + missed


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
        raise RuntimeError(f"no fixed point at n, p, d, penalty = {n[active][0], p[active][0]}")
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


def _mode_blocks(
    weights: FloatArray, moments: HermiteMoments, power: float
) -> tuple[BlockCovariance, float]:
    """Blocks of the features' covariance with the teacher's weights in each, and tau^2."""
    p, d = weights.shape
    mu_sq, extra = moments.linear**2, moments.nonlinear_variance
    s = np.linalg.svd(weights, compute_uv=False) ** 2
    s = s[s > s[0] * max(p, d) * np.finfo(float).eps]
    if mu_sq == 0:
        s = s[:0]
    c = (mu_sq * s + extra) / p
    teacher = mu_sq * s * power / (p * d) / c**2
    missed = power * float((extra / (mu_sq * s + extra)).sum() + d - s.size) / d
    n = np.ones(s.size)
    if extra > 0 and p > s.size:
        c, n, teacher = np.append(c, extra / p), np.append(n, p - s.size), np.append(teacher, 0.0)
    return BlockCovariance(c, n, teacher), missed


def _checked_moments(activation: Activation) -> HermiteMoments:
    moments = hermite_moments(activation)
    if moments.linear == 0 and moments.nonlinear_variance == 0:
        raise ValueError(f"activation = {activation!r} is constant: its features carry nothing")
    return moments


def _checked_weights(feature_weights: ArrayLike) -> FloatArray:
    try:
        given = np.asarray(feature_weights)
    except ValueError:
        raise ValueError("feature_weights is ragged; needs (n_features, dim)") from None
    if given.dtype.kind not in "iuf" or given.ndim != 2 or given.size == 0:
        raise ValueError(
            f"feature_weights has shape {given.shape} and dtype {given.dtype}; needs real numbers, "
            "(n_features, dim)"
        )
    lengths = np.linalg.norm(given, axis=1)
    if not np.isfinite(given).all() or (np.abs(lengths - 1) > 1e-6).any():
        bad = int(np.argmax(~(np.abs(lengths - 1) <= 1e-6)))
        raise ValueError(
            f"feature_weights[{bad}] has length {lengths[bad]}; needs rows of length 1: w . x ~ N(0, 1)"
        )
    return given.astype(np.float64)
