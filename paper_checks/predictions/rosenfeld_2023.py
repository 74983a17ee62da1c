"""Predictions of Rosenfeld and Risteski 2023 in the shapes of its claims, and altered ones."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.deep_linear import opposing_signals as opposing

Array = NDArray[np.float64]


def network_path(t: Array, b_o: Any, shrunk: float = 1.0, **start: Any) -> Array:
    """(c, b_s, log |b_o|) of the flow: (times, d_s + 2); `shrunk` b_o act back less on c."""
    path = opposing.flow(t, b_o=shrunk * np.asarray(b_o), **start)
    return np.column_stack([path.c, path.b_s, path.log_b_o - np.log(shrunk)])


def sharpness_path(t: Array, beta: Any, outlier_power: float, **start: Any) -> Array:
    """Sharpness along the flow."""
    path = opposing.flow(t, beta, outlier_power, **start)
    return opposing.sharpness(path.c, path.b_s, path.b_o, beta, outlier_power)


def final_sharpness(
    teacher_norm: Array,
    direction: Any,
    outlier_power: float,
    b_s: Any,
    b_o: Any,
    c: float,
    t: float,
) -> Array:
    """Sharpness of the minimum that the flow reaches, for each teacher norm."""
    betas = teacher_norm[:, None] * np.asarray(direction)
    given = (outlier_power, b_s, b_o, c)
    return np.array([opposing.final_sharpness(beta, *given) for beta in betas])


def conserved_without_outliers(t: Array, b_o: Any, **start: Any) -> Array:
    """Altered: c^2 - |b_s|^2 is conserved, so that c^2 - |b|^2 rises while |b_o|^2 decays."""
    path = opposing.flow(t, b_o=b_o, **start)
    return np.sum(np.square(b_o)) - np.exp(2 * path.log_b_o)


def scaled_threshold(teacher_norm: Array, b_s: Any, b_o: Any, c: float) -> Array:
    """alpha x the threshold learning rate: 2/|beta|."""
    return opposing.threshold_learning_rate(1.0, teacher_norm)


def spike_steps(
    rate_ratio: Array,
    outlier_power: float,
    b_o: Any,
    level: float,
    shrunk: float = 1.0,
    **start: Any,
) -> Array:
    """Step of the spike at each multiple of the threshold; `shrunk` b_o act back less on c."""
    start |= {"outlier_power": outlier_power, "b_o": shrunk * np.asarray(b_o)}
    norm = float(np.linalg.norm(start["beta"]))
    rates = rate_ratio * opposing.threshold_learning_rate(outlier_power, norm)
    start["threshold"] = level * shrunk**2
    return np.array([opposing.spike_step(**start, learning_rate=rate) for rate in rates])


def settled_sharpness(
    rate_ratio: Array, outlier_power: float, beta: Any, step: int, **start: Any
) -> Array:
    """Learning rate x sharpness after the spike, at each multiple of the threshold."""
    norm = float(np.linalg.norm(beta))
    found = []
    for rate in rate_ratio * opposing.threshold_learning_rate(outlier_power, norm):
        end = opposing.descent(step, beta, outlier_power, **start, learning_rate=rate)
        b_o = np.exp(end.log_b_o) / np.sqrt(len(start["b_o"])) * np.ones(len(start["b_o"]))
        found.append(rate * opposing.sharpness(end.c, end.b_s, b_o, beta, outlier_power))
    return np.array(found)


def mirrored_sharpness(rate_ratio: Array, **_: Any) -> Array:
    """Altered: the plateau 2 rate_ratio before the spike is mirrored at the edge 2."""
    return 4 - 2 * np.asarray(rate_ratio)


def outlier_floor(
    imbalance: Array, outlier_power: float, b_o: Any, t: float, **start: Any
) -> Array:
    """Outlier weights that an imbalance leaves after learning: (imbalances, d_o)."""
    start |= {"outlier_power": outlier_power, "b_o": b_o}
    kappas = np.outer(imbalance, np.ones(len(b_o)))
    scale = np.array([opposing.final_scale(**start, imbalance=kappa) for kappa in kappas])
    return opposing.outlier_floor(kappas, outlier_power, scale)


def signal_solution() -> Any:
    """(c, a, r) without outliers: b_s has the component a along beta, s = |beta|, and r across."""
    import sympy

    t, s, c0, a0, r0 = sympy.symbols("t s c0 a0 r0", positive=True)
    m = c0**2 - a0**2 - r0**2
    f = sympy.sqrt(s**2 + m**2 / 4)
    cosine, sine = sympy.sqrt((f - m / 2) / (2 * f)), sympy.sqrt((f + m / 2) / (2 * f))
    g, d = a0 * cosine + c0 * sine, c0 * cosine - a0 * sine
    norm = 1 + g**2 * (sympy.exp(2 * f * t) - 1) / (2 * f) + r0**2 * (1 - sympy.exp(-m * t)) / m
    norm += d**2 * (1 - sympy.exp(-2 * f * t)) / (2 * f)
    grown, decayed = g * sympy.exp(f * t), d * sympy.exp(-f * t)
    c, a = grown * sine + decayed * cosine, grown * cosine - decayed * sine
    return sympy.Matrix([c, a, r0 * sympy.exp(-m * t / 2)]) / sympy.sqrt(norm)


def signal_residual(solution: Any) -> tuple[Any, ...]:
    """c' - a (s - c a) + c r^2, a' - c (s - c a), r' + c^2 r, and the start."""
    import sympy

    t, s, c0, a0, r0 = sympy.symbols("t s c0 a0 r0", positive=True)
    c, a, r = solution
    return (
        c.diff(t) - a * (s - c * a) + c * r**2,
        a.diff(t) - c * (s - c * a),
        r.diff(t) + c**2 * r,
        *(x.subs(t, 0) - x0 for x, x0 in ((c, c0), (a, a0), (r, r0))),
    )
