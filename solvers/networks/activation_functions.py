r"""Activation functions of the networks by name, each with its exact derivative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit, ndtr

from lazyrich.solvers.networks.arguments import one_number, real_array

Array = NDArray[np.float64]


class ActivationFunction(NamedTuple):
    """phi and its derivative, both of arrays of any shape."""

    value: Callable[[Array], Array]
    """z -> phi(z)."""
    slope: Callable[[Array, Array], Array]
    """(z, phi(z)) -> phi'(z); phi(z) is at hand wherever the slope is needed, and often shortens it."""


def _gelu_slope(z: Array, _: Array) -> Array:
    return ndtr(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def _swish_slope(z: Array, h: Array) -> Array:
    return expit(z) * (1 + z - h)


_NAMED = {
    "identity": ActivationFunction(np.array, lambda z, h: np.ones_like(z)),
    "relu": ActivationFunction(lambda z: np.maximum(z, 0), lambda z, h: (z > 0).astype(np.float64)),
    "abs": ActivationFunction(np.abs, lambda z, h: np.sign(z)),
    "erf": ActivationFunction(erf, lambda z, h: 2 / np.sqrt(np.pi) * np.exp(-(z**2))),
    "scaled_erf": ActivationFunction(
        lambda z: erf(z / np.sqrt(2)), lambda z, h: np.sqrt(2 / np.pi) * np.exp(-(z**2) / 2)
    ),
    "tanh": ActivationFunction(np.tanh, lambda z, h: 1 - h**2),
    "sin": ActivationFunction(np.sin, lambda z, h: np.cos(z)),
    "cos": ActivationFunction(np.cos, lambda z, h: -np.sin(z)),
    "exp": ActivationFunction(np.exp, lambda z, h: h),
    "gaussian": ActivationFunction(lambda z: np.exp(-(z**2)), lambda z, h: -2 * z * h),
    "gelu": ActivationFunction(lambda z: z * ndtr(z), _gelu_slope),
    "sigmoid": ActivationFunction(expit, lambda z, h: h * (1 - h)),
    "softplus": ActivationFunction(lambda z: np.logaddexp(0, z), lambda z, h: expit(z)),
    "swish": ActivationFunction(lambda z: z * expit(z), _swish_slope),
}
_WITH_PARAMETERS = ("leaky_relu", "polynomial")


def activation_function(activation: Any) -> ActivationFunction:
    """The function named `activation`, and its derivative.

    Parameters
    ----------
    activation : str or tuple
        "identity", "relu", "abs", "erf" (erf x), "scaled_erf" (erf(x/sqrt 2)), "tanh", "sin", "cos",
        "exp", "gaussian" (exp(-x^2)), "gelu" (x Phi(x)), "sigmoid", "softplus", "swish"
        (x sigmoid(x)), ("leaky_relu", slope for x < 0), or ("polynomial", coefficients from low to high).
        The derivatives of "relu" and "leaky_relu" at 0 are those from the left, that of "abs" is 0.

    Raises
    ------
    ValueError
        For another name, or parameters that are not finite numbers.

    Examples
    --------
    >>> relu = activation_function("relu")
    >>> z = np.array([-1.0, 2.0])
    >>> relu.value(z), relu.slope(z, relu.value(z))
    (array([0., 2.]), array([0., 1.]))
    >>> activation_function(("polynomial", [0.0, 0.0, 1.0])).slope(z, z**2)
    array([-2.,  4.])
    """
    if isinstance(activation, str) and activation in _NAMED:
        return _NAMED[activation]
    pair = isinstance(activation, tuple | list) and len(activation) == 2
    if pair and activation[0] == "leaky_relu":
        return _leaky_relu(one_number(activation[1], "slope of leaky_relu"))
    if pair and activation[0] == "polynomial":
        return _polynomial(activation[1])
    raise ValueError(
        f"activation = {activation!r}; needs one of {', '.join(_NAMED)}, or a pair "
        f"(name, parameters) with one of {', '.join(_WITH_PARAMETERS)}"
    )


def _leaky_relu(slope: float) -> ActivationFunction:
    if not np.isfinite(slope):
        raise ValueError(f"slope of leaky_relu = {slope}; it must be finite")
    return ActivationFunction(
        lambda z: np.where(z > 0, z, slope * z), lambda z, h: np.where(z > 0, 1.0, slope)
    )


def _polynomial(coefficients: Sequence[float]) -> ActivationFunction:
    low_to_high = real_array(coefficients, "coefficients of polynomial")
    if low_to_high.ndim != 1 or low_to_high.size == 0 or not np.isfinite(low_to_high).all():
        raise ValueError(
            f"coefficients of polynomial = {coefficients!r}; needs a list of finite numbers, low to high"
        )
    polynomial = np.polynomial.Polynomial(low_to_high)
    derivative = polynomial.deriv()
    return ActivationFunction(polynomial, lambda z, h: derivative(z) + np.zeros_like(z))
