"""Excess risk in time of gradient flow on the readout of given random features.

Setting and units are those of `random_features`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent import block_dynamics
from lazyrich.theory.double_descent.arguments import one_number
from lazyrich.theory.double_descent.block_covariance import BlockCovariance
from lazyrich.theory.double_descent.hermite import Activation, HermiteMoments
from lazyrich.theory.double_descent.random_feature_ridge import checked_moments

FloatArray = NDArray[np.float64]


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
    covariance, missed = _mode_blocks(W, checked_moments(activation), power)
    curve = block_dynamics.learning_curve(
        t, covariance, n_train, noise_var=noise + missed, learning_rate=learning_rate
    )
    return curve.bias + curve.variance + missed


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
