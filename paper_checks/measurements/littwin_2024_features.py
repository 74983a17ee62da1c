"""Routes to single features of Littwin et al. 2024: an ODE solver, quadrature in high precision.

Objectives are "jepa" and "mae"; w is the weight of every layer of an encoder of the given depth.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _slope(objective: str, lam: Any, rho: Any, depth: int) -> Any:
    """dw/dt of one feature, from the gradient of its chain of depth + 1 equal weights."""
    if objective == "jepa":
        return lambda w: lam * w ** (2 * depth) * (1 - w / rho)
    return lambda w: lam * w**depth * (1 - w ** (depth + 1) / rho)


def _integrated(slope: Any, start: Any, t: Array) -> Array:
    """An ODE solution at times t, one solver call an interval (no interpolated output)."""
    from scipy.integrate import solve_ivp

    states, state, before = [], np.asarray(start, dtype=float), 0.0
    for now in t:
        if now > before:
            run = solve_ivp(
                lambda _, x: slope(x), (before, now), state, method="DOP853", rtol=1e-12, atol=1e-14
            )
            state, before = run.y[:, -1], now
        states.append(state)
    return np.array(states)


def solve_features(t: Array, durations: Any, features: Any, depths: Any, objective: str) -> Array:
    """Runge-Kutta of every feature (lam, rho, w0): weights (times, features, depths)."""
    found = []
    for lam, rho, w0 in features:
        runs = [
            _integrated(_slope(objective, lam, rho, depth), (w0,), duration * t)[:, 0]
            for depth, duration in zip(depths, durations, strict=True)
        ]
        found.append(np.stack(runs, axis=-1))
    return np.stack(found, axis=1)


def _quadrature(
    lam: float, rho: float, w0: float, depth: int, objective: str, fraction: float
) -> Any:
    """Time from w0 to a fraction of the final strength, in the working precision; 0 if started above."""
    import mpmath

    lam, rho, w0, fraction = (mpmath.mpf(x) for x in (lam, rho, w0, fraction))
    final = rho if objective == "jepa" else rho ** (mpmath.mpf(1) / (depth + 1))
    end = final * fraction ** (mpmath.mpf(1) / depth)
    if w0 >= end:
        return mpmath.mpf(0)
    slope = _slope(objective, lam, rho, depth)

    def time_per_fold(log_weight: Any) -> Any:
        w = mpmath.exp(log_weight)
        return w / slope(w)

    logs = mpmath.linspace(mpmath.log(w0), mpmath.log(end), 4)
    return mpmath.quad(time_per_fold, logs, method="gauss-legendre")


def integrate_critical_times(fraction: Array, features: Any, depths: Any, objective: str) -> Array:
    """Quadrature in 30 digits, for features (lam, rho, w0): (fractions, features, depths)."""
    import mpmath

    with mpmath.workdps(30):
        return np.array(
            [
                [
                    [float(_quadrature(lam, rho, w0, L, objective, p)) for L in depths]
                    for lam, rho, w0 in features
                ]
                for p in fraction
            ]
        )


def integrate_from_small_weights(
    initial_weight: Array, features: Any, depths: Any, objective: str, fraction: float
) -> Array:
    """Quadrature in 30 digits, for features (lam, rho): (initial weights, features, depths)."""
    import mpmath

    with mpmath.workdps(30):
        return np.array(
            [
                [
                    [float(_quadrature(lam, rho, w0, L, objective, fraction)) for L in depths]
                    for lam, rho in features
                ]
                for w0 in initial_weight
            ]
        )


def relative_gap_per_weight(
    slow_coefficient: Array, quick_coefficient: float, depths: Any, initial_weight: float
) -> Array:
    """(t_slow - t_quick)/(t_quick w0) of JEPA at equal lam, by quadrature: (coefficients, depths)."""
    import mpmath

    with mpmath.workdps(30):
        rows = []
        for depth in depths:
            quick = _quadrature(1.0, quick_coefficient, initial_weight, depth, "jepa", 0.5)
            slow = [
                _quadrature(1.0, rho, initial_weight, depth, "jepa", 0.5)
                for rho in slow_coefficient
            ]
            rows.append([float((s - quick) / quick / initial_weight) for s in slow])
        return np.transpose(rows)


def mae_gap(
    slow_coefficient: Array,
    quick_coefficient: float,
    depths: Any,
    fraction: float,
    initial_weight: float,
) -> Array:
    """t_slow - t_quick of MAE at lam = 1, by quadrature: (coefficients, depths)."""
    import mpmath

    def time(rho: float, depth: int) -> Any:
        return _quadrature(1.0, rho, initial_weight, depth, "mae", fraction)

    with mpmath.workdps(30):
        quick = [time(quick_coefficient, depth) for depth in depths]
        return np.array(
            [
                [float(time(rho, L) - q) for L, q in zip(depths, quick, strict=True)]
                for rho in slow_coefficient
            ]
        )


def growth_of_the_time(coefficient: Array, depths: Any, initial_weight: float) -> Array:
    """Growth per e-fold of 1/w0 of JEPA's time less its powers of 1/w0: (coefficients, depths)."""
    import mpmath

    def remainder(rho: float, w0: float, depth: int) -> Any:
        rho, w0 = mpmath.mpf(rho), mpmath.mpf(w0)
        powers = sum(1 / (n * rho ** (2 * depth - n - 1) * w0**n) for n in range(1, 2 * depth))
        return _quadrature(1.0, rho, w0, depth, "jepa", 0.5) - powers

    with mpmath.workdps(50):
        return np.array(
            [
                [
                    float(
                        (remainder(rho, initial_weight / 2, L) - remainder(rho, initial_weight, L))
                        / mpmath.log(2)
                    )
                    for L in depths
                ]
                for rho in coefficient
            ]
        )


def solve_fast_average(t: Array, features: Any, depth: int, inverse_rate: float) -> Array:
    """Radau of a feature with a quick moving average: weights (times, features)."""
    from scipy.integrate import solve_ivp

    found = []
    for lam, rho, w0 in features:

        def slope(_: float, x: Array, lam: float = lam, rho: float = rho) -> Array:
            w, target = x
            grow = lam * w**depth * (target**depth - w ** (depth + 1) / rho)
            return np.array([grow, (w - target) / inverse_rate])

        states, state, before = [], np.array([w0, w0]), 0.0
        for now in t:
            run = solve_ivp(slope, (before, now), state, method="Radau", rtol=1e-10, atol=1e-12)
            state, before = run.y[:, -1], now
            states.append(state[0])
        found.append(states)
    return np.transpose(found)
