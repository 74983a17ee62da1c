"""Features of deep linear encoders that learn by predicting a second view, in latent or input space.

Setting. Two views x, y of dimension d have Sigma_xx = <x x^T> = diag(sigma_i^2) and
Sigma_yx = <y x^T> = diag(lambda_i); lambda_i is the cross-covariance of feature i and
rho_i = lambda_i/sigma_i^2 its regression coefficient. An encoder Wb = W_L ... W_1 of depth L (weight
matrices; the predictor is not counted) and one more matrix V are trained on

    "jepa":  1/2 <|V Wb x - stop_gradient(Wb y)|^2>     (joint embedding, self-distillation)
    "mae":   1/2 <|V Wb x - y|^2>                       (masked autoencoder, reconstruction)

by gradient flow. From W_l = w0 U_l U_{l-1}^T with orthogonal U_l, U_0 = I, and V = w0 I (jepa) or
w0 U_L^T (mae) the features stay decoupled: each has one weight w_i(t) per layer, shared by V, and
|Wb e_i| = w_i^L. Time t is gradient-flow time (learning rate x steps) of these weights. Littwin et
al. write the flow of w^L without its factor L: their time is t_theirs = L t.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.chain import chain_flow, chain_integral
from lazyrich.theory.deep_linear.ema_flow import ema_flow
from lazyrich.theory.deep_linear.jepa_flow import jepa_flow, time_below
from lazyrich.theory.deep_linear.mode_arguments import FloatArray, broadcast_arguments, shaped

__all__ = ["FeatureTrajectory", "critical_time", "feature_trajectory"]

_OBJECTIVES = ("jepa", "mae")
_SMALLEST_PRODUCT = 1e-290


class FeatureTrajectory(NamedTuple):
    """Weights of one feature, per layer."""

    encoder: FloatArray
    """w, of each layer of the encoder; the feature's product is w^depth."""
    predictor: FloatArray
    """v, of the predictor (jepa) or decoder (mae)."""
    target: FloatArray
    """Weight per layer of the encoder that makes the target; equals `encoder` without EMA."""


def feature_trajectory(
    t: ArrayLike,
    cross_covariance: ArrayLike,
    regression_coefficient: ArrayLike,
    initial_weight: ArrayLike,
    depth: ArrayLike,
    objective: str,
    ema_rate: ArrayLike | None = None,
) -> FeatureTrajectory:
    """Weights of one feature of a deep linear encoder under JEPA or MAE.

    With lambda the cross-covariance, rho the regression coefficient and L the depth::

        jepa:      dw/dt = lambda w^(2L) (1 - w/rho),         w -> rho
        mae:       dw/dt = lambda w^L (1 - w^(L+1)/rho),      w -> rho^(1/(L+1))
        jepa, EMA: dw/dt = lambda w^L (w~^L - w^(L+1)/rho),   dw~/dt = kappa (w - w~)

    and v = w throughout, since v^2 - w^2 is conserved. Starts above the fixed point are allowed.

    Parameters
    ----------
    t : array_like
        Gradient-flow time t in [0, inf]; inf gives the limit.
    cross_covariance : array_like
        lambda > 0.
    regression_coefficient : array_like
        rho > 0.
    initial_weight : array_like
        w0 > 0, the weight of every layer, of V and of the target at t = 0.
    depth : array_like of int
        Number L >= 1 of weight matrices of the encoder.
    objective : {"jepa", "mae"}
    ema_rate : array_like, optional
        kappa > 0, the rate at which the target follows the encoder, layer by layer (jepa only).
        Without it the target is the encoder itself, the limit kappa -> inf.

    Returns
    -------
    FeatureTrajectory
        (encoder, predictor, target), each with the broadcast shape of the arguments.

    Raises
    ------
    ValueError
        For an unknown objective, values outside these ranges, nan, empty arrays, or shapes that do
        not broadcast.

    Notes
    -----
    Exact for the flow from the structured start above; gradient descent deviates by O(learning
    rate). Without EMA the relative error is about 1e-14, with EMA about 1e-10, each times
    max(1, condition number): near the end of the plateau w grows like a finite-time singularity
    and amplifies relative changes of t by up to (rho/w0)^(2L-1)/(2L-1). A start that is not
    structured changes the times of JEPA by an order of its relative deviation, or more.

    References
    ----------
    Littwin, Saremi, Advani, Thilak, Nakkiran, Huang, Susskind 2024, arXiv:2407.03475: decoupled
    dynamics of JEPA and MAE.

    Examples
    --------
    JEPA learns a feature by its regression coefficient, at any depth; MAE learns a root of it:

    >>> print(f"{feature_trajectory(np.inf, 1.0, 0.5, 0.1, 3, 'jepa').encoder:.4f}")
    0.5000
    >>> print(f"{feature_trajectory(np.inf, 1.0, 0.5, 0.1, 3, 'mae').encoder:.4f}")
    0.8409
    """
    _check_objective(objective)
    given = {
        "t": t,
        "cross_covariance": cross_covariance,
        "regression_coefficient": regression_coefficient,
        "initial_weight": initial_weight,
        "depth": depth,
    }
    if ema_rate is not None:
        if objective != "jepa":
            raise ValueError(
                f"ema_rate = {ema_rate!r} with objective {objective!r}; it must be None: only "
                "'jepa' has a target encoder"
            )
        given["ema_rate"] = ema_rate
    shape, values = _positive_arguments(given)
    with np.errstate(all="ignore"):
        if ema_rate is not None:
            w, target = (shaped(x, shape) for x in ema_flow(*values))
            return FeatureTrajectory(w, w, target)
        w = shaped(_jepa(*values) if objective == "jepa" else _mae(*values), shape)
    return FeatureTrajectory(w, w, w)


def critical_time(
    cross_covariance: ArrayLike,
    regression_coefficient: ArrayLike,
    initial_weight: ArrayLike,
    depth: ArrayLike,
    objective: str,
    fraction: ArrayLike = 0.5,
) -> FloatArray:
    """Time at which a feature of the encoder reaches a fraction p of its final strength.

    The strength is the product w^L of the encoder's layers, its limit rho^L (jepa) or
    rho^(L/(L+1)) (mae). With wf the weight per layer at p times the limit::

        jepa:  t = (rho/lambda) int_w0^wf dw/(w^(2L) (rho - w))
                 = (rho/lambda) {sum_{n=1}^{2L-1} (w0^-n - wf^-n)/(n rho^(2L-n))
                                 + rho^(-2L) log[wf (rho - w0)/(w0 (rho - wf))]},
        mae:   t = (rho/lambda) int_w0^wf dw/(w^L (rho - w^(L+1))).

    As w0 -> 0, jepa: t -> (1/lambda) sum_{n=1}^{2L-1} 1/(n rho^(2L-n-1) w0^n) + O(log w0), so that
    of two features with equal lambda the one with the larger rho is learned first at depth >= 2
    (at depth 1 only if w0 is very small: below 0.03 for rho = 0.5 and 0.8, the order is reversed
    above); mae: t -> 1/(lambda (L-1) w0^(L-1)) + O(1) at depth >= 2, whatever rho.

    t is 0 if the feature starts at or above the fraction, as it does when the final strength is
    small: half of rho^L soon lies below w0^L. Compare orders of learning only where both times are
    positive. t is inf for fraction 1 approached from below.

    Parameters
    ----------
    cross_covariance : array_like
        lambda > 0.
    regression_coefficient : array_like
        rho > 0.
    initial_weight : array_like
        w0 > 0, the weight of every layer and of V at t = 0.
    depth : array_like of int
        Number L >= 1 of weight matrices of the encoder.
    objective : {"jepa", "mae"}
    fraction : array_like
        p in (0, 1].

    Returns
    -------
    array
        Gradient-flow time in [0, inf], of the broadcast shape; inf also beyond the largest float.

    Raises
    ------
    ValueError
        For an unknown objective, values outside these ranges, nan, empty arrays, or shapes that do
        not broadcast.

    Notes
    -----
    Exact for the flow from the structured start of this module; steps of gradient descent times
    learning rate differ by O(learning rate).

    References
    ----------
    Littwin, Saremi, Advani, Thilak, Nakkiran, Huang, Susskind 2024, arXiv:2407.03475: critical
    times of JEPA and MAE. Their times are L times these.

    Examples
    --------
    Of two features with equal cross-covariance JEPA prefers the one with the larger regression
    coefficient, MAE does not:

    >>> print(np.round(critical_time(1.0, [0.5, 0.8], 0.1, 3, "jepa")).tolist())
    [26853.0, 23766.0]
    >>> print(np.round(critical_time(1.0, [0.5, 0.8], 0.1, 3, "mae"), 2).tolist())
    [49.39, 49.52]
    """
    _check_objective(objective)
    shape, (lam, rho, w0, L, p) = _positive_arguments(
        {
            "cross_covariance": cross_covariance,
            "regression_coefficient": regression_coefficient,
            "initial_weight": initial_weight,
            "depth": depth,
            "fraction": fraction,
        }
    )
    if np.any(p > 1):
        raise ValueError(f"fraction = {p[p > 1][0]} is outside (0, 1]: it is of the final strength")
    with np.errstate(all="ignore"):
        if objective == "jepa":
            return shaped(_jepa_time(lam, rho, w0, L, p), shape)
        return shaped(_mae_time(lam, rho, w0, L, p), shape)


def _jepa(
    t: FloatArray, lam: FloatArray, rho: FloatArray, w0: FloatArray, L: FloatArray
) -> FloatArray:
    w = np.where(np.isinf(t), rho, w0)
    i = np.isfinite(t) & (t > 0) & (w0 != rho)
    w[i] = jepa_flow(t[i], lam[i], rho[i], w0[i], L[i])
    return w


def _jepa_time(
    lam: FloatArray, rho: FloatArray, w0: FloatArray, L: FloatArray, p: FloatArray
) -> FloatArray:
    x0, xf = w0 / rho, p ** (1 / L)
    reached, unending = x0 < xf, (p == 1) & (x0 < 1)
    time = np.where(unending, np.inf, 0.0)
    i = reached & ~unending
    x0, xf, L = x0[i], xf[i], L[i]
    left = -np.expm1(np.log(p[i]) / L)
    length = np.log1p((xf - x0) / x0)
    delta = length + np.log1p((xf - x0) / left)
    time[i] = time_below(x0, length, delta, L) / w0[i] ** (2 * L - 1) / lam[i]
    return time


def _mae(
    t: FloatArray, lam: FloatArray, rho: FloatArray, w0: FloatArray, L: FloatArray
) -> FloatArray:
    """w^(L+1) is a balanced chain of depth L + 1 with target rho and time constant rho/lambda."""
    layers = L + 1
    product = _chain_start(w0, layers)
    u = np.where(np.isinf(t), rho, product)
    i = np.isfinite(t) & (t > 0) & (product != rho)
    scaled = t[i] * (lam[i] / rho[i]) * layers[i]
    u[i] = chain_flow(scaled, product[i], rho[i], 1 - 2 / layers[i])
    return u ** (1 / layers)


def _mae_time(
    lam: FloatArray, rho: FloatArray, w0: FloatArray, L: FloatArray, p: FloatArray
) -> FloatArray:
    layers = L + 1
    start, exponent = _chain_start(w0, layers), layers / L
    end = rho * p**exponent
    reached, unending = start < end, (p == 1) & (start < rho)
    time = np.where(unending, np.inf, 0.0)
    i = reached & ~unending
    gap = -rho[i] * np.expm1(exponent[i] * np.log(p[i]))
    length = np.log1p((end[i] - start[i]) / start[i])
    beta = 1 - 2 / layers[i]
    scaled = chain_integral(start[i], end[i], gap, length, rho[i], beta)
    time[i] = scaled / layers[i] * (rho[i] / lam[i])
    return time


def _chain_start(w0: FloatArray, layers: FloatArray) -> FloatArray:
    product = w0**layers
    bad = ~((product > _SMALLEST_PRODUCT) & (product < 1 / _SMALLEST_PRODUCT))
    if np.any(bad):
        raise ValueError(
            f"initial_weight = {w0[bad][0]} with depth = {layers[bad][0] - 1:g}: "
            f"initial_weight^(depth + 1) is outside ({_SMALLEST_PRODUCT:g}, "
            f"{1 / _SMALLEST_PRODUCT:g}), the range of floats"
        )
    return product


def _positive_arguments(given: dict[str, ArrayLike]) -> tuple[tuple[int, ...], list[FloatArray]]:
    shape, values = broadcast_arguments(**given)
    for name, value in zip(given, values, strict=True):
        if name != "t" and np.any(value <= 0):
            bad = value[value <= 0][0]
            raise ValueError(
                f"{name} = {bad} is outside (0, inf): the decoupled dynamics is of positively "
                "correlated features and positive weights"
            )
    return shape, values


def _check_objective(objective: str) -> None:
    if objective not in _OBJECTIVES:
        near = get_close_matches(str(objective).lower(), _OBJECTIVES, n=1, cutoff=0.0)
        raise ValueError(
            f"objective = {objective!r}; needs one of {_OBJECTIVES}, nearest {near[0]!r}"
        )
