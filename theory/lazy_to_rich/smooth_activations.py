"""Activations by name with two derivatives: response functions of the field theory need the curvature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit, ndtr

from lazyrich.theory.infinite_width.activations import resolve

FloatArray = NDArray[np.float64]
Function = Callable[[FloatArray], FloatArray]


class Smooth(NamedTuple):
    """phi, phi' and phi'', each of arrays of any shape."""

    value: Function
    slope: Function
    curvature: Function


def _erf(scale: float) -> Smooth:
    """erf(scale x)."""

    def slope(x: FloatArray) -> FloatArray:
        return 2 * scale / np.sqrt(np.pi) * np.exp(-((scale * x) ** 2))

    return Smooth(lambda x: erf(scale * x), slope, lambda x: -2 * scale**2 * x * slope(x))


def _bell(x: FloatArray) -> FloatArray:
    return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def _sigmoid_slope(x: FloatArray) -> FloatArray:
    return expit(x) * expit(-x)


def _sigmoid_curvature(x: FloatArray) -> FloatArray:
    return -_sigmoid_slope(x) * np.tanh(x / 2)


def _tanh_slope(x: FloatArray) -> FloatArray:
    return 1 - np.tanh(x) ** 2


_SMOOTH = {
    "identity": Smooth(np.array, np.ones_like, np.zeros_like),
    "tanh": Smooth(np.tanh, _tanh_slope, lambda x: -2 * np.tanh(x) * _tanh_slope(x)),
    "erf": _erf(1.0),
    "scaled_erf": _erf(np.sqrt(0.5)),
    "sin": Smooth(np.sin, np.cos, lambda x: -np.sin(x)),
    "cos": Smooth(np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)),
    "exp": Smooth(np.exp, np.exp, np.exp),
    "gaussian": Smooth(
        lambda x: np.exp(-(x**2)),
        lambda x: -2 * x * np.exp(-(x**2)),
        lambda x: (4 * x**2 - 2) * np.exp(-(x**2)),
    ),
    "gelu": Smooth(
        lambda x: x * ndtr(x),
        lambda x: ndtr(x) + x * _bell(x),
        lambda x: (2 - x**2) * _bell(x),
    ),
    "sigmoid": Smooth(expit, _sigmoid_slope, _sigmoid_curvature),
    "softplus": Smooth(lambda x: np.logaddexp(0, x), expit, _sigmoid_slope),
    "swish": Smooth(
        lambda x: x * expit(x),
        lambda x: expit(x) + x * _sigmoid_slope(x),
        lambda x: 2 * _sigmoid_slope(x) + x * _sigmoid_curvature(x),
    ),
}


def with_derivatives(activation: Any, *, curvature: bool = True) -> Smooth:
    """phi with phi' and phi''.

    Parameters
    ----------
    activation : str, pair or Smooth
        identity, tanh, erf, scaled_erf = erf(x/sqrt 2), sin, cos, exp, gaussian = exp(-x^2), gelu = x Phi(x),
        sigmoid, softplus, swish, ("polynomial", coefficients from low to high), or a `Smooth` of one's own.
    curvature : bool
        Where it is not needed relu, abs and ("leaky_relu", slope) are accepted too: phi'' is then 0.

    Raises
    ------
    ValueError
        For others; a kink has no curvature that samples could see, and a jump no slope.

    Examples
    --------
    >>> square = with_derivatives(("polynomial", [0.0, 0.0, 1.0]))
    >>> square.slope(np.array([3.0])), square.curvature(np.array([3.0]))
    (array([6.]), array([2.]))
    """
    if isinstance(activation, Smooth):
        return activation
    chosen = resolve(activation)
    if chosen.name == "polynomial":
        return _polynomial(chosen.parameters)
    if chosen.jumps or (chosen.kinked and curvature):
        raise ValueError(
            f"activation {chosen.name!r} {'jumps' if chosen.jumps else 'has a kink'}; with two or more "
            "hidden layers the responses need phi'', whose spike no sample sees: take a smooth one of "
            f"{', '.join(_SMOOTH)}, or polynomial"
        )
    if chosen.kinked:
        below = {"relu": 0.0, "abs": -1.0}.get(chosen.name, *chosen.parameters or (0.0,))
        return Smooth(chosen.function, lambda x: np.where(x > 0, 1.0, below), np.zeros_like)
    if chosen.name in _SMOOTH:
        return _SMOOTH[chosen.name]
    raise ValueError(
        f"activation = {activation!r}; needs one of {', '.join(_SMOOTH)}, a polynomial, or "
        "Smooth(value, slope, curvature): its derivatives must be known"
    )


def _polynomial(coefficients: tuple[float, ...]) -> Smooth:
    whole = np.polynomial.Polynomial(coefficients)
    first, second = whole.deriv(), whole.deriv(2)
    return Smooth(whole, lambda x: first(x) + 0 * x, lambda x: second(x) + 0 * x)
