"""Predictions of Littwin et al. 2024 in the shapes of its claims, and altered ones to be rejected.

Objectives are "jepa" and "mae"; strengths are |Wb e_i| = w_i^L. Notation of `self_distillation`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.deep_linear import self_distillation

Array = NDArray[np.float64]


def feature_weights(t: Array, durations: Any, features: Any, depths: Any, objective: str) -> Array:
    """Weight of every feature (lam, rho, w0): (times, features, depths)."""
    lam, rho, w0 = (np.asarray(x)[:, None] for x in np.transpose(features))
    times = np.asarray(durations) * np.asarray(t)[:, None, None]
    depth = np.asarray(depths)
    return self_distillation.feature_trajectory(times, lam, rho, w0, depth, objective).encoder


def strengths(
    t: Array,
    durations: Any,
    cross_covariances: Any,
    regression_coefficients: Any,
    initial_weight: float,
    depths: Any,
    objective: str,
) -> Array:
    """|Wb e_i| = w_i^L: (times, features, depths)."""
    start = np.full(len(cross_covariances), initial_weight)
    features = np.stack([cross_covariances, regression_coefficients, start], axis=-1)
    return feature_weights(t, durations, features, depths, objective) ** np.asarray(depths)


def strengths_in_published_time(t: Array, depths: Any, **given: Any) -> Array:
    """Altered: the printed flow of |Wb e_i|, which has no factor L."""
    durations = np.asarray(given.pop("durations")) / np.asarray(depths)
    return strengths(t, durations=durations, depths=depths, **given)


def moving_average_strengths(
    t: Array,
    cross_covariances: Any,
    regression_coefficients: Any,
    initial_weight: float,
    depth: int,
    ema_rates: Any,
) -> Array:
    """|Wb e_i| and |Wt e_i|: (times, features, rates, 2)."""
    lam, rho = np.asarray(cross_covariances)[:, None], np.asarray(regression_coefficients)[:, None]
    found = self_distillation.feature_trajectory(
        t[:, None, None], lam, rho, initial_weight, depth, "jepa", np.asarray(ema_rates)
    )
    return np.stack([found.encoder, found.target], axis=-1) ** depth


def strengths_without_moving_average(ema_rates: Any, depth: int, **given: Any) -> Array:
    """Altered: the target is the encoder itself."""
    alone = strengths(durations=(1.0,), depths=(depth,), objective="jepa", **given)
    return np.repeat(np.repeat(alone[..., None], len(ema_rates), axis=2), 2, axis=3)


def quick_average_weights(t: Array, features: Any, depth: int) -> Array:
    """JEPA without a moving average: (times, features)."""
    return feature_weights(t, (1.0,), features, (depth,), "jepa")[..., 0]


def final_strengths(regression_coefficient: Array, initial_weight: float, depths: Any) -> Array:
    """Limits of |Wb e_i|: (coefficients, depths, (jepa, mae))."""
    rho, depth = np.asarray(regression_coefficient)[:, None], np.asarray(depths)
    limits = [
        self_distillation.feature_trajectory(np.inf, 1.0, rho, initial_weight, depth, objective)
        for objective in ("jepa", "mae")
    ]
    return np.stack([limit.encoder**depth for limit in limits], axis=-1)


def least_squares_strengths(
    regression_coefficient: Array, initial_weight: float, depths: Any
) -> Array:
    """Altered: V Wb is shared equally among L + 1 layers by JEPA too, as by MAE."""
    found = final_strengths(regression_coefficient, initial_weight, depths)
    return np.stack([found[..., 1], found[..., 1]], axis=-1)


def critical_times(fraction: Array, features: Any, depths: Any, objective: str) -> Array:
    """Times of features (lam, rho, w0): (fractions, features, depths)."""
    lam, rho, w0 = (np.asarray(x)[:, None] for x in np.transpose(features))
    p = np.asarray(fraction)[:, None, None]
    return self_distillation.critical_time(lam, rho, w0, np.asarray(depths), objective, p)


def crossing_times(
    fraction: Array,
    regression_coefficients: Any,
    initial_weight: float,
    depths: Any,
    objective: str,
    **_: Any,
) -> Array:
    """Critical times of features of equal lam = 1: (fractions, features, depths)."""
    features = [(1.0, rho, initial_weight) for rho in regression_coefficients]
    return critical_times(fraction, features, depths, objective)


def published_crossing_times(depths: Any, **given: Any) -> Array:
    """Altered: the printed times, L times those of the layers' flow."""
    return np.asarray(depths) * crossing_times(depths=depths, **given)


def relative_gaps(
    regression_coefficients: Any,
    initial_weight: float,
    depths: Any,
    objective: str,
    fraction: float,
    **_: Any,
) -> Array:
    """(t_i - t_first)/t_first: (other features, depths)."""
    times = crossing_times(
        np.array([fraction]), regression_coefficients, initial_weight, depths, objective
    )[0]
    return times[1:] / times[0] - 1


def gaps_that_never_reverse(**given: Any) -> Array:
    """Altered: at every depth the larger coefficient is first."""
    return np.abs(relative_gaps(**given))


def small_weight_gap(slow_coefficient: Array, quick_coefficient: float, depths: Any) -> Array:
    """(2L-1)/(2L-2) (1/rho_slow - 1/rho_quick): (coefficients, depths)."""
    depth, slow = np.asarray(depths), np.asarray(slow_coefficient)[:, None]
    return (2 * depth - 1) / (2 * depth - 2) * (1 / slow - 1 / quick_coefficient)


def small_weight_gap_without_depth(
    slow_coefficient: Array, quick_coefficient: float, depths: Any
) -> Array:
    """Altered: without the factor (2L-1)/(2L-2)."""
    depth = np.asarray(depths)
    factor = (2 * depth - 1) / (2 * depth - 2)
    return small_weight_gap(slow_coefficient, quick_coefficient, depths) / factor


def leading_orders(
    initial_weight: Array, features: Any, depths: Any, objective: str, **_: Any
) -> Array:
    """Critical times of features (lam, rho) as w0 -> 0: (initial weights, features, depths)."""
    lam, rho = (np.asarray(x)[:, None] for x in np.transpose(features))
    w0, depth = np.asarray(initial_weight)[:, None, None], np.asarray(depths)
    if objective == "mae":
        return 1 / (lam * (depth - 1) * w0 ** (depth - 1)) + 0 * rho
    terms = [
        np.where(n < 2 * depth, 1 / (n * rho ** (2.0 * depth - n - 1) * w0**n), 0.0)
        for n in range(1, 2 * int(depth.max()))
    ]
    return np.sum(terms, axis=0) / lam


def published_leading_orders(depths: Any, **given: Any) -> Array:
    """Altered: as printed, for a time that absorbs the factor L."""
    return np.asarray(depths) * leading_orders(depths=depths, **given)


def leading_power_alone(depths: Any, initial_weight: Array, features: Any, **_: Any) -> Array:
    """Altered: 1/(lam (2L-1) w0^(2L-1)) alone, blind to rho."""
    depth, w0 = np.asarray(depths), np.asarray(initial_weight)[:, None, None]
    lam = np.transpose(features)[0][:, None]
    return 1 / (lam * (2 * depth - 1) * w0 ** (2 * depth - 1))


WRONG_LEADING_ORDERS: dict[str, dict[str, Any]] = {
    "jepa": {
        "published, L times as long": published_leading_orders,
        "the leading power alone": leading_power_alone,
    },
    "mae": {"published, L times as long": published_leading_orders},
}


def growth_of_the_time(coefficient: Array, depths: Any) -> Array:
    """1/rho^(2L-1), per e-fold of 1/w0 and at lam = 1: (coefficients, depths)."""
    return 1 / np.asarray(coefficient)[:, None] ** (2 * np.asarray(depths) - 1)


def mae_gap(
    slow_coefficient: Array, quick_coefficient: float, depths: Any, fraction: float
) -> Array:
    """Limit of MAE's t_slow - t_quick as w0 -> 0 at lam = 1: (coefficients, depths).

    t - 1/((L-1) w0^(L-1)) -> rho^(-(L-1)/(L+1)) C(x), x = p^(1/L), with
    C(x) = x^2/2 2F1(1, 2/(L+1); 1 + 2/(L+1); x^(L+1)) - x^(1-L)/(L-1).
    """
    from scipy.special import hyp2f1

    slow, depth = np.asarray(slow_coefficient)[:, None], np.asarray(depths, dtype=float)
    x, k = fraction ** (1 / depth), 2 / (depth + 1)
    constant = x**2 / 2 * hyp2f1(1, k, 1 + k, x ** (depth + 1)) - x ** (1 - depth) / (depth - 1)
    power = -(depth - 1) / (depth + 1)
    return constant * (slow**power - quick_coefficient**power)


def unperturbed_times(
    fraction: Array,
    regression_coefficients: Any,
    initial_weight: float,
    depth: int,
    duration: float,
) -> Array:
    """Critical times of JEPA from the structured start: (fractions, features)."""
    return crossing_times(fraction, regression_coefficients, initial_weight, (depth,), "jepa")[
        ..., 0
    ]


def digit_strengths(
    t: Array,
    durations: Any,
    initial_weight: float,
    depth: int,
    cross_covariances: Array,
    regression_coefficients: Array,
    **_: Any,
) -> Array:
    """|Wb e_i| of JEPA and MAE from the measured covariances: (times, features, 2)."""
    found = [
        strengths(
            t, (duration,), cross_covariances, regression_coefficients, initial_weight, (depth,),
            objective,
        )[..., 0]
        for objective, duration in zip(("jepa", "mae"), durations, strict=True)
    ]  # fmt: skip
    return np.stack(found, axis=-1)


def digit_strengths_blind_to_noise(regression_coefficients: Array, **given: Any) -> Array:
    """Altered: every feature has the mean regression coefficient."""
    mean = np.full_like(regression_coefficients, regression_coefficients.mean())
    return digit_strengths(regression_coefficients=mean, **given)


def digit_strengths_in_published_time(depth: int, durations: Any, **given: Any) -> Array:
    """Altered: time without the factor L."""
    return digit_strengths(depth=depth, durations=np.asarray(durations) / depth, **given)


def strengths_by_persistence(
    t: Array, durations: Any, persistences: Any, variances: Any, initial_weight: float, depth: int
) -> Array:
    """|Wb e_i| of JEPA and MAE for lam = gamma v, rho = gamma: (times, features, 2)."""
    gamma = np.asarray(persistences)
    return digit_strengths(t, durations, initial_weight, depth, gamma * variances, gamma)


def strengths_of_white_features(persistences: Any, variances: Any, **given: Any) -> Array:
    """Altered: the same cross-covariances with the variance 1 of every feature."""
    lam = np.asarray(persistences) * np.asarray(variances)
    return strengths_by_persistence(persistences=lam, variances=np.ones(len(lam)), **given)


def strengths_by_persistence_published(depth: int, durations: Any, **given: Any) -> Array:
    """Altered: time without the factor L."""
    return strengths_by_persistence(depth=depth, durations=np.asarray(durations) / depth, **given)


def jepa_primitives() -> Any:
    """Critical times of JEPA from w0 to w at depth 1, 2 and 3."""
    import sympy

    w, w0, lam, rho = sympy.symbols("w w0 lam rho", positive=True)
    times = []
    for depth in (1, 2, 3):
        powers = sum((w0**-n - w**-n) / (n * rho ** (2 * depth - n)) for n in range(1, 2 * depth))
        logarithm = sympy.log(w * (rho - w0) / (w0 * (rho - w))) / rho ** (2 * depth)
        times.append(rho / lam * (powers + logarithm))
    return sympy.Matrix(times)


def jepa_residual(times: Any) -> tuple[Any, ...]:
    """dt/dw lam w^(2L) (1 - w/rho) - 1 and t(w0), for each depth."""
    import sympy

    w, w0, lam, rho = sympy.symbols("w w0 lam rho", positive=True)
    residuals = []
    for depth, time in zip((1, 2, 3), times, strict=True):
        residuals.append(time.diff(w) * lam * w ** (2 * depth) * (1 - w / rho) - 1)
        residuals.append(time.subs(w, w0))
    return tuple(residuals)


def mae_primitive() -> Any:
    """-w^(1-L)/(L-1) + rho^(-(L-1)/(L+1)) x^2/2 2F1(1, 2/(L+1); 1 + 2/(L+1); x^(L+1)), over lam."""
    import sympy

    w, lam, rho, depth = sympy.symbols("w lam rho L", positive=True)
    x, k = w / rho ** (1 / (depth + 1)), 2 / (depth + 1)
    integral = x**2 / 2 * sympy.hyper((1, k), (1 + k,), x ** (depth + 1))
    power = rho ** (-(depth - 1) / (depth + 1))
    return (-(w ** (1 - depth)) / (depth - 1) + power * integral) / lam


def mae_residual(primitive: Any) -> Any:
    """dF/dw lam w^L (1 - w^(L+1)/rho) - 1."""
    import sympy

    w, lam, rho, depth = sympy.symbols("w lam rho L", positive=True)
    return primitive.diff(w) * lam * w**depth * (1 - w ** (depth + 1) / rho) - 1
