r"""Flow of a balanced deep linear student, solved for its first layer.

A balanced chain of D matrices of rank one has the product beta = m gamma, where gamma, the first
layer, and m = |gamma|^(D-1), the product of the others, obey

    dgamma/dt = m (a - m Lambda gamma)

in the eigenbasis of the data, a = Lambda x (target). Hence gamma = F a + e^(-Lambda theta) gamma(0) with

    dF/dt = m - m^2 lambda F,    dtheta/dt = m^2,    F = theta = 0 at t = 0,

one pair of functions for all inputs of the same eigenvalue; only |gamma|^2 couples them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_TOLERANCE = 1e-10
_SMALLEST_EXPONENT = -700.0  # below it exp leaves its fast path


class Quadratic(NamedTuple):
    """abs(gamma)^2 = sum over eigenvalues of drive F^2 + 2 cross F e + start e^2, e = e^(-lambda theta)."""

    eigenvalues: FloatArray
    drive: FloatArray
    """abs(a)^2 of each eigenvalue, (n,)."""
    cross: FloatArray
    """a . gamma(0) of each eigenvalue, (n,)."""
    start: FloatArray
    """abs(gamma(0))^2 of each eigenvalue, (n,); their sum is above 0."""


class FirstLayer(NamedTuple):
    """Solution at the times asked for; the first axis is time."""

    response: FloatArray
    """F, (T, n)."""
    decay: FloatArray
    """e^(-lambda theta), (T, n)."""
    norm_squared: FloatArray
    """abs(gamma)^2, (T,)."""


def first_layer(t: FloatArray, quadratic: Quadratic, depth: int) -> FirstLayer:
    """F, e^(-lambda theta) and abs(gamma)^2 at increasing finite times t >= 0 (not checked).

    F is solved in units of abs(gamma(0)), so that a small start keeps its digits through the plateau.
    The equations become stiff once small eigenvalues are all that is left to learn; LSODA changes
    to an implicit method there.
    """
    from scipy.integrate import solve_ivp

    scale = float(quadratic.start.sum())
    scaled = quadratic._replace(
        cross=quadratic.cross / np.sqrt(scale), start=quadratic.start / scale
    )
    n = len(quadratic.eigenvalues)
    states = np.zeros((n + 1, len(t)))
    later = t > 0
    if later.any():
        slope, jacobian = _equations(scaled, depth, scale)
        run = solve_ivp(
            slope, (0.0, t[-1]), states[:, 0], method="LSODA", jac=jacobian, t_eval=t[later],
            rtol=_TOLERANCE, atol=1e-3 * _TOLERANCE,
        )  # fmt: skip
        if not run.success:
            raise ArithmeticError(f"no solution up to t = {t[-1]}: {run.message}")
        states[:, later] = run.y
    response, decay, norm = _parts(states, scaled)
    return FirstLayer(np.sqrt(scale) * response.T, decay.T, scale * norm)


def _parts(state: FloatArray, quadratic: Quadratic) -> tuple[FloatArray, FloatArray, FloatArray]:
    """F, e^(-lambda theta) and abs(gamma)^2, all in units of the start."""
    eigenvalues, drive, cross, start = quadratic
    response, theta = state[:-1], state[-1]
    decay = np.exp(np.maximum(-np.multiply.outer(eigenvalues, theta), _SMALLEST_EXPONENT))
    norm = drive @ response**2 + 2 * (cross @ (response * decay)) + start @ decay**2
    return response, decay, norm


def _equations(
    quadratic: Quadratic, depth: int, scale: float
) -> tuple[Callable[[float, FloatArray], FloatArray], Callable[[float, FloatArray], FloatArray]]:
    """Slope of (F, theta) and its Jacobian, a diagonal plus one outer product."""
    eigenvalues, drive, cross, start = quadratic
    diagonal = np.arange(len(eigenvalues))
    root = np.sqrt(scale)
    power = (depth - 1) / 2

    def slope(_: float, state: FloatArray) -> FloatArray:
        response, _decay, norm = _parts(state, quadratic)
        m = (scale * norm) ** power
        return np.append(m / root - m * m * eigenvalues * response, m * m)

    def jacobian(_: float, state: FloatArray) -> FloatArray:
        response, decay, norm = _parts(state, quadratic)
        m = (scale * norm) ** power
        dm = power * m / norm
        along = np.append(dm / root - 2 * m * dm * eigenvalues * response, 2 * m * dm)
        of_response = drive * response + cross * decay
        of_theta = -(eigenvalues * decay) @ (cross * response + start * decay)
        found = np.outer(along, 2 * np.append(of_response, of_theta))
        found[diagonal, diagonal] -= m * m * eigenvalues
        return found

    return slope, jacobian
