"""Flow of one JEPA feature whose target encoder is a moving average, by an adaptive ODE solver.

With p = log w and q = log w~, of the encoder and of the target, per layer::

    dp/dt = lam w^(L-1) (w~^L - w^(L+1)/rho),    dq/dt = kappa (w/w~ - 1).

The logarithms give every phase, the long plateau included, the same relative accuracy.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_TOLERANCE = 1e-12


def ema_flow(
    t: FloatArray,
    lam: FloatArray,
    rho: FloatArray,
    w0: FloatArray,
    L: FloatArray,
    kappa: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """(w, w~) at times t in [0, inf] from w = w~ = w0 > 0 (not checked); one solve a feature."""
    w, target = rho.copy(), rho.copy()
    features, which = np.unique(np.stack([lam, rho, w0, L, kappa]), axis=1, return_inverse=True)
    for k, feature in enumerate(features.T):
        i = np.flatnonzero((which.ravel() == k) & np.isfinite(t))
        times, at = np.unique(t[i], return_inverse=True)
        if times.size:
            w[i], target[i] = _solved(times, *feature)[:, at.ravel()]
    return w, target


def _solved(
    times: FloatArray, lam: float, rho: float, w0: float, L: float, kappa: float
) -> FloatArray:
    """w and w~ at increasing times."""
    from scipy.integrate import solve_ivp

    slope, jacobian = _equations(lam, rho, L, kappa)
    logs = np.full((2, times.size), np.log(w0))
    later = times > 0
    if later.any():
        run = solve_ivp(
            slope, (0.0, times[-1]), logs[:, 0], method="LSODA", jac=jacobian,
            t_eval=times[later], rtol=_TOLERANCE, atol=_TOLERANCE / 10,
        )  # fmt: skip
        if not run.success:
            raise ArithmeticError(f"no solution up to t = {times[-1]}: {run.message}")
        logs[:, later] = run.y
    return np.exp(logs)


def _equations(
    lam: float, rho: float, L: float, kappa: float
) -> tuple[Callable[[float, FloatArray], FloatArray], Callable[[float, FloatArray], FloatArray]]:
    def slope(_: float, state: FloatArray) -> FloatArray:
        p, q = state
        grow, shrink = np.exp((L - 1) * p + L * q), np.exp(2 * L * p)
        return np.array([lam * (grow - shrink / rho), kappa * np.expm1(p - q)])

    def jacobian(_: float, state: FloatArray) -> FloatArray:
        p, q = state
        grow, shrink = lam * np.exp((L - 1) * p + L * q), lam * np.exp(2 * L * p) / rho
        lead = kappa * np.exp(p - q)
        return np.array([[(L - 1) * grow - 2 * L * shrink, L * grow], [lead, -lead]])

    return slope, jacobian
