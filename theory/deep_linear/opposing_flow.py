"""Gradient flow of the opposing-signals model; its functions are reached through `opposing_signals`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.opposing_start import (
    FloatArray,
    Start,
    checked_imbalance,
    final_squared_scale,
    length_and_direction,
    number,
    positive,
    reduced_start,
    times,
    vector,
)


class SignalFlow(NamedTuple):
    """The flow without outliers: c, b_s and the integral of c^2."""

    c: FloatArray
    b_s: FloatArray
    integral: FloatArray


class Flow(NamedTuple):
    """The flow with outliers: c, b_s, b_o and log |b_o|."""

    c: FloatArray
    b_s: FloatArray
    b_o: FloatArray
    log_b_o: FloatArray


def signal_flow(t: ArrayLike, beta: ArrayLike, b_s: ArrayLike, c: float) -> SignalFlow:
    r"""c(t), b_s(t) and int_0^t c^2 of the flow without outliers, from any start.

    Solves c' = b_s . (beta - c b_s), b_s' = c (beta - c b_s): a two-layer linear network with one
    hidden unit and one output. With s = abs(beta), b_s = a beta/s + r (r orthogonal to beta),
    m = c^2 - a^2 - r^2 (conserved), f = sqrt(s^2 + m^2/4), and g, d the components of (a, c) along
    the growing and the decaying eigenvector of F = [[-m/2, s], [s, m/2]] (eigenvalues f, -f)::

        N(t) = 1 + g^2 (e^(2 f t) - 1)/(2 f) + d^2 (1 - e^(-2 f t))/(2 f) + r^2 (1 - e^(-m t))/m,
        (a, c) = (growing g e^(f t) + decaying d e^(-f t))/sqrt(N),   r(t) = r e^(-m t/2)/sqrt(N),
        int_0^t c^2 = (log N + m t)/2.

    Along this path an outlier weight decays as abs(b_o) e^(-alpha int c^2), as long as it is too
    small to act back on c.

    Parameters
    ----------
    t : array_like
        Gradient-flow time t in [0, inf), any shape (...).
    beta, b_s : array_like, (d_s,)
        Teacher (not zero) and first-layer weights at t = 0.
    c : float
        Second-layer weight at t = 0.

    Returns
    -------
    SignalFlow
        c (...), b_s (..., d_s), integral (...).

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact for the flow. Gradient descent deviates by O(learning rate). Digits are lost only where g
    cancels: starts next to the stable line of the saddle, b_s = -c beta/abs(beta).

    References
    ----------
    Fukumizu 1998 and Braun, Domine, Fitzgerald, Saxe 2022 give the matrix Riccati solution, of
    which this is the single-column case. The model: Rosenfeld, Risteski 2023, arXiv:2311.04163.

    Examples
    --------
    From an aligned balanced start c^2 is the sigmoid of strength abs(beta):

    >>> path = signal_flow(1.5, [2.0, 0.0], [0.1, 0.0], 0.1)
    >>> print(f"{path.c**2:.10f} {2 / (1 + (2 / 0.01 - 1) * np.exp(-2 * 2 * 1.5)):.10f}")
    1.3393410071 1.3393410071
    """
    start = reduced_start(beta, 1.0, b_s, [0.0], c)
    c_now, along, across, integral = _signal(times(t), start)
    return SignalFlow(c_now[()], start.b_s(along, across), integral[()])


def _signal(t: FloatArray, start: Start) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """c, the two components of b_s, and the integral of c^2; N is kept as e^(-2 f t) N."""
    s, c, a, r = start.teacher_norm, start.c, start.along, start.across
    m = (c - a) * (c + a) - r * r
    f = np.hypot(s, m / 2)
    sine = np.sqrt((f + m / 2) / (2 * f)) if m > 0 else s / np.sqrt(2 * f * (f - m / 2))
    cosine = s / (2 * f * sine)
    g, d = a * cosine + c * sine, c * cosine - a * sine
    e, w = np.exp(-2 * f * t), -np.expm1(-2 * f * t)
    spent = t if m == 0 else -np.expm1(-abs(m) * t) / abs(m)
    norm = e + (g * g * w + d * d * e * w) / (2 * f)
    norm += r * r * np.exp(-(2 * f + min(m, 0.0)) * t) * spent
    growing, decaying = g / np.sqrt(norm), d * e / np.sqrt(norm)
    return (
        growing * sine + decaying * cosine,
        growing * cosine - decaying * sine,
        r * np.exp(-(f + m / 2) * t) / np.sqrt(norm),
        (2 * f * t + np.log(norm) + m * t) / 2,
    )


def flow(
    t: ArrayLike,
    beta: ArrayLike,
    outlier_power: float,
    b_s: ArrayLike,
    b_o: ArrayLike,
    c: float,
    imbalance: ArrayLike | None = None,
) -> Flow:
    """c(t), b_s(t), b_o(t) and log abs(b_o(t)) of the flow with outliers that act back on c.

    Solves c' = b_s . (beta - c b_s) - alpha c abs(b_o)^2 + kappa . b_o, b_s' = c (beta - c b_s),
    b_o' = c kappa - alpha c^2 b_o. The last line integrates to b_o = D b_o(0) + G kappa,
    D = exp(-alpha int c^2), G' = c - alpha c^2 G; what remains are five numbers, the components of
    b_s, c, int c^2 and G, followed by an adaptive solver (relative tolerance 1e-11).
    c^2 - abs(b_s)^2 - abs(b_o)^2 is conserved.

    Parameters
    ----------
    t : array_like
        Gradient-flow time t in [0, inf), any shape (...).
    beta, b_s : array_like, (d_s,)
        Teacher (not zero) and first-layer weights of the signal at t = 0.
    outlier_power : float
        alpha > 0, with E x_o x_o^T = alpha I.
    b_o : array_like, (d_o,)
        First-layer weights of the outliers at t = 0.
    c : float
        Second-layer weight at t = 0.
    imbalance : array_like, (d_o,), optional
        kappa = E[y x_o]; None means 0, perfectly opposing signals.

    Returns
    -------
    Flow
        c (...), b_s (..., d_s), b_o (..., d_o), log_b_o (...). b_o underflows to 0 where
        log_b_o < -745; without imbalance log_b_o is right there too.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact for the flow, to 1e-9 relative. Gradient descent deviates by O(learning rate); above the
    edge of stability it leaves the flow, see `descent`.

    References
    ----------
    Rosenfeld, Risteski 2023, arXiv:2311.04163, for the model; the reduction is derived here.

    Examples
    --------
    >>> path = flow([0.0, 6.0], [2.0, 0.0], 50.0, [0.1, 0.0], [0.1], 0.1)
    >>> print(path.c.round(4), path.log_b_o.round(1))
    [0.1    1.4124] [  -2.3 -464. ]
    """
    start = reduced_start(beta, outlier_power, b_s, b_o, c)
    outlier = vector("b_o", b_o)
    kappa = checked_imbalance(imbalance, outlier)
    at = times(t)
    moments = np.unique(np.append(at.ravel(), 0.0))
    states = _integrated(moments, start, outlier, kappa)
    c_now, along, across, integral, lifted = states[:, np.searchsorted(moments, at)]
    decay = -start.outlier_power * integral
    now = np.exp(decay + start.log_b_o)[..., None] * start.b_o_direction + lifted[..., None] * kappa
    if kappa.any():
        with np.errstate(divide="ignore"):
            log_b_o = np.log(np.linalg.norm(now, axis=-1))
    else:
        log_b_o = start.log_b_o + decay
    return Flow(c_now[()], start.b_s(along, across), now, log_b_o[()])


def _rate(
    start: Start, b_o: FloatArray, kappa: FloatArray
) -> Callable[[float, FloatArray], list[float]]:
    """Time derivative of (c, along, across, int c^2, G)."""
    s, alpha = start.teacher_norm, start.outlier_power
    size = length_and_direction(b_o)[0] ** 2
    overlap, kappa_sq = float(b_o @ kappa), float(kappa @ kappa)

    def rate(_: float, state: FloatArray) -> list[float]:
        c, a, r, integral, lifted = state
        decay = np.exp(-alpha * integral)
        b_o_sq = decay * (decay * size + 2 * lifted * overlap) + lifted * lifted * kappa_sq
        pull = decay * overlap + lifted * kappa_sq - alpha * c * b_o_sq
        speed = c * (s - c * a)
        return [
            a * (s - c * a) - c * r * r + pull,
            speed,
            -c * c * r,
            c * c,
            c - alpha * c * c * lifted if kappa_sq else 0.0,
        ]

    return rate


def _integrated(t: FloatArray, start: Start, b_o: FloatArray, kappa: FloatArray) -> FloatArray:
    """States (5, times) at ascending times, the first of which is 0."""
    from scipy.integrate import solve_ivp

    first = [start.c, start.along, start.across, 0.0, 0.0]
    if t[-1] == 0:
        return np.array(first)[:, None]
    method = "Radau" if kappa.any() else "DOP853"
    rate = _rate(start, b_o, kappa)
    span = (0.0, float(t[-1]))
    run = solve_ivp(rate, span, first, method=method, t_eval=t, rtol=1e-11, atol=1e-14)
    return np.asarray(run.y)


def crossing_time(
    beta: ArrayLike,
    outlier_power: float,
    b_s: ArrayLike,
    b_o: ArrayLike,
    c: float,
    learning_rate: float,
) -> float:
    """Time at which the curvature alpha c^2 of the outlier weights first reaches 2/learning_rate.

    From then on gradient descent with this rate amplifies b_o. On the flow, alpha >= 1,
    c^2 only falls while it is above its limit m/2 + sqrt(m^2/4 + abs(beta)^2),
    m = c^2 - abs(b_s)^2 - abs(b_o)^2: a start below 2/(learning_rate alpha) crosses it if and only if
    this limit lies above. 0 where the start is beyond, inf where there is no crossing. From an aligned start without outliers it is the time to the strength
    u = sqrt(x (x - m)), x = 2/(learning_rate alpha), of `modes.two_layer_time`.

    Parameters
    ----------
    beta, outlier_power, b_s, b_o, c
        As for `flow`; outlier_power >= 1.
    learning_rate : float
        eta > 0.

    Returns
    -------
    float
        Gradient-flow time in [0, inf].

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact for the flow, to 1e-8 relative; gradient descent deviates by O(learning rate).

    References
    ----------
    Rosenfeld, Risteski 2023, arXiv:2311.04163, for the model; derived here.

    Examples
    --------
    >>> rate = 1.25 * 2 / (50 * 2)  # 1.25 times the threshold
    >>> time = crossing_time([2.0, 0.0], 50.0, [0.1, 0.0], [0.0], 0.1, rate)
    >>> print(f"{time:.8f} {np.log(1.6 * 1.99 / (0.01 * 0.4)) / 4:.8f}")  # sigmoid from .01 to 1.6
    1.66989980 1.66989980
    """
    from scipy.integrate import solve_ivp

    rate = positive("learning_rate", learning_rate, "a step of gradient descent")
    start = reduced_start(beta, outlier_power, b_s, b_o, c)
    if start.outlier_power < 1:
        raise ValueError(
            f"outlier_power = {number('outlier_power', outlier_power)} is outside [1, inf): "
            "outliers are stronger than the signal"
        )
    outlier = vector("b_o", b_o)
    edge = 2 / (rate * start.outlier_power)
    final = final_squared_scale(start.teacher_norm, start.conserved)
    if start.c**2 >= edge:
        return 0.0
    if final <= edge:
        return float("inf")

    def beyond(_: float, state: FloatArray) -> float:
        return float(state[0] ** 2 - edge)

    beyond.terminal, beyond.direction = True, 1.0  # type: ignore[attr-defined]
    run = solve_ivp(
        _rate(start, outlier, np.zeros_like(outlier)),
        (0.0, 1000 / min(start.teacher_norm, final)),
        [start.c, start.along, start.across, 0.0, 0.0],
        method="DOP853",
        rtol=1e-11,
        atol=1e-14,
        events=beyond,
    )
    return float(run.t_events[0][0]) if len(run.t_events[0]) else float("inf")
