"""Activations by name, and their averages over two Gaussian numbers: all that a wide layer depends on.

An activation is a name ("relu"), a pair of name and parameters (("leaky_relu", 0.1), ("polynomial",
[0, 1, 0.5])), or a function of one real variable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from lazyrich.theory.infinite_width import closed_duals
from lazyrich.theory.infinite_width.callable_duals import callable_dual
from lazyrich.theory.infinite_width.closed_duals import ClosedForm, Dual
from lazyrich.theory.infinite_width.correlated_pair import pair
from lazyrich.theory.infinite_width.real_function import name_of

__all__ = ["Activation", "Dual", "dual", "resolve"]

_LARGEST_DEGREE = 100


@dataclass(frozen=True)
class Activation:
    """What a name, a pair or a function stands for.

    `function` is phi, elementwise on arrays; `closed_form` gives (V, V') of a `Pair`, or is None where
    quadrature has to; `kinked` says that phi or phi' jumps at 0, `jumps` that phi does (V' infinite).
    """

    name: str
    function: Callable[[Any], Any]
    closed_form: ClosedForm | None = None
    parameters: tuple[float, ...] = ()
    kinked: bool = False
    jumps: bool = False


def _leaky_relu(slope: float) -> Activation:
    return Activation(
        "leaky_relu",
        lambda x: np.where(x > 0, x, slope * x),
        closed_duals.two_slopes(slope, 1.0),
        (slope,),
        kinked=True,
    )


def _polynomial(*coefficients: float) -> Activation:
    return Activation(
        "polynomial",
        lambda x: np.polynomial.polynomial.polyval(x, coefficients),
        closed_duals.polynomial(coefficients),
        coefficients,
    )


_NAMED = {
    activation.name: activation
    for activation in (
        Activation("identity", lambda x: x, closed_duals.identity),
        Activation(
            "relu", lambda x: np.maximum(x, 0), closed_duals.two_slopes(0.0, 1.0), kinked=True
        ),
        Activation("abs", np.abs, closed_duals.two_slopes(-1.0, 1.0), kinked=True),
        Activation(
            "step", lambda x: np.heaviside(x, 0.5), closed_duals.step, kinked=True, jumps=True
        ),
        Activation("sign", np.sign, closed_duals.sign, kinked=True, jumps=True),
        Activation("erf", special.erf, closed_duals.erf),
        Activation("scaled_erf", lambda x: special.erf(x / np.sqrt(2)), closed_duals.scaled_erf),
        Activation("sin", np.sin, closed_duals.sine),
        Activation("cos", np.cos, closed_duals.cosine),
        Activation("exp", np.exp, closed_duals.exponential),
        Activation("gaussian", lambda x: np.exp(-(x**2)), closed_duals.gaussian),
        Activation("gelu", lambda x: x * special.ndtr(x), closed_duals.gelu),
        Activation("tanh", np.tanh),
        Activation("sigmoid", special.expit),
        Activation("softplus", lambda x: np.logaddexp(0, x)),
        Activation("swish", lambda x: x * special.expit(x)),
    )
}

_WITH_PARAMETERS: dict[str, tuple[Callable[..., Activation], str]] = {
    "leaky_relu": (_leaky_relu, '("leaky_relu", slope for x < 0)'),
    "polynomial": (_polynomial, '("polynomial", [a0, a1, ...])'),
}


def resolve(activation: Any) -> Activation:
    """The activation that a name, a (name, parameters) pair or a function stands for.

    Parameters
    ----------
    activation : str, pair or callable
        identity, relu, abs, step = 1[x > 0], sign, erf, scaled_erf = erf(x/sqrt 2), sin, cos, exp,
        gaussian = exp(-x^2), gelu = x Phi(x), tanh, sigmoid, softplus, swish = x sigmoid(x);
        ("leaky_relu", slope), ("polynomial", coefficients from low to high, degree at most 100); or a
        function of one real variable, of arrays or of single numbers.

    Returns
    -------
    Activation

    Raises
    ------
    ValueError
        For an unknown name, with the list of the known; missing, superfluous or non-finite parameters.

    Examples
    --------
    >>> resolve(("leaky_relu", 0.5)).function(-2.0).item()
    -1.0
    """
    if isinstance(activation, Activation):
        return activation
    if isinstance(activation, str):
        return _by_name(activation)
    if callable(activation):
        return Activation(name_of(activation), activation)
    if isinstance(activation, tuple | list) and len(activation) == 2:
        return _with_parameters(*activation)
    raise ValueError(f"activation = {activation!r}; needs one of: {_known()}")


def _by_name(name: str) -> Activation:
    if name in _NAMED:
        return _NAMED[name]
    if name in _WITH_PARAMETERS:
        raise ValueError(f"activation {name!r} has parameters: write {_WITH_PARAMETERS[name][1]}")
    raise ValueError(f"activation {name!r} is unknown; needs one of: {_known()}")


def _with_parameters(name: Any, parameters: ArrayLike | Sequence[float]) -> Activation:
    if not isinstance(name, str) or name not in _WITH_PARAMETERS:
        if isinstance(name, str) and name in _NAMED:
            raise ValueError(f"activation {name!r} has no parameters, got {parameters!r}")
        raise ValueError(
            f"activation {name!r} with parameters is unknown; needs one of: {_known()}"
        )
    make, form = _WITH_PARAMETERS[name]
    try:
        values = np.atleast_1d(np.asarray(parameters))
    except ValueError:
        values = np.empty(0)
    valid = values.dtype.kind in "iuf" and values.ndim == 1 and values.size > 0
    if not valid or not np.isfinite(values).all():
        raise ValueError(f"parameters of {name} = {parameters!r}; write {form}, finite numbers")
    if name == "leaky_relu" and values.size != 1:
        raise ValueError(f"leaky_relu has one slope, got {parameters!r}; write {form}")
    if values.size > _LARGEST_DEGREE + 1:
        raise ValueError(
            f"polynomial of degree {values.size - 1} is outside [0, {_LARGEST_DEGREE}]"
        )
    return make(*(float(value) for value in values))


def _known() -> str:
    forms = (form for _, form in _WITH_PARAMETERS.values())
    return ", ".join((*sorted(_NAMED), *forms))


def dual(
    activation: Any,
    q1: ArrayLike,
    q2: ArrayLike,
    covariance: ArrayLike,
    *,
    tolerance: float = 1e-10,
) -> Dual:
    """V = E phi(u) phi(v) and V' = E phi'(u) phi'(v), (u, v) ~ N(0, [[q1, c], [c, q2]]).

    V carries the covariance of a wide layer's preactivations to the next layer, V' that of gradients;
    V' = dV/dc (Price's theorem), infinite for the step and the sign. At variance 0 a jump of phi or phi'
    counts as the mean of its sides.

    Parameters
    ----------
    activation : str, pair or callable
        See `resolve`.
    q1, q2 : array_like
        Variances in [0, 1e100].
    covariance : array_like
        c, with abs(c) <= sqrt(q1 q2); an excess of 1e-12, relative, counts as rounding. The three
        arrays broadcast.
    tolerance : float
        In [1e-11, 1e-2], for tanh, sigmoid, softplus, swish and functions: the largest error of V and V'
        relative to sqrt(E phi(u)^2 E phi(v)^2) and to sqrt(E phi'(u)^2 E phi'(v)^2), the largest values that
        Schwarz's inequality leaves. The other names have closed forms, which are exact.

    Returns
    -------
    Dual
        (value, derivative), of the broadcast shape.

    Raises
    ------
    ValueError
        For an unknown activation, values outside these ranges or nan, and where a mean overflows; for a
        function that has kinks, jumps or features narrower than 1e-4 standard deviations, is not finite,
        grows too fast, or is not a function of one real variable.

    Notes
    -----
    Exact in the limit of infinite width; a layer of n units has fluctuations O(n^-1/2). Closed forms have
    a relative error of about 1e-14, up to the condition number where V crosses zero.

    References
    ----------
    Cho, Saul 2009; Williams 1997; Price 1958; Jacot, Gabriel, Hongler 2018, arXiv:1806.07572.

    Examples
    --------
    >>> value, derivative = dual("relu", 1.0, 1.0, 1.0)  # half of the variance, half of the units
    >>> float(value), float(derivative)
    (0.5, 0.5)
    """
    chosen = resolve(activation)
    moments = pair(q1, q2, covariance)
    if chosen.closed_form is not None:
        value, derivative = chosen.closed_form(moments)
    else:
        value, derivative = callable_dual(chosen.function, moments, checked_tolerance(tolerance))
    return Dual(value[()], derivative[()])


def checked_tolerance(value: float) -> float:
    """`value`, if it is a tolerance that quadrature can keep."""
    if not (isinstance(value, float | int) and 1e-11 <= value <= 1e-2):
        raise ValueError(f"tolerance = {value!r} is outside [1e-11, 1e-2]: rounding leaves no less")
    return float(value)
