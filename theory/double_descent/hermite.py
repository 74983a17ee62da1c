"""Linear and non-linear part of an activation under a standard Gaussian g: act = mean + linear g + rest."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

Activation = str | tuple[str, Any] | Callable[[Any], Any]

_END = 38.0  # exp(-x^2/2) is 1e-314 there
_PANELS = (-8.0, -4.0, -2.0, 0.0, 2.0, 4.0, 8.0)


class HermiteMoments(NamedTuple):
    """First two Hermite coefficients, and the variance of all that is beyond them."""

    mean: float
    """mu_0 = E act(g)."""
    linear: float
    """mu_1 = E g act(g)."""
    nonlinear_variance: float
    """mu_*^2 = E (act(g) - mu_0 - mu_1 g)^2."""


def hermite_moments(activation: Activation) -> HermiteMoments:
    """mu_0, mu_1 and mu_*^2 of an activation, g ~ N(0, 1).

    Parameters
    ----------
    activation : str, (str, parameters) or callable
        "identity", "relu", "erf" = erf(x), "scaled_erf" = erf(x/sqrt 2), "gaussian" = exp(-x^2), "tanh",
        ("leaky_relu", slope), ("polynomial", coefficients from low to high), or a function of a float
        with E act(g)^2 finite.

    Returns
    -------
    HermiteMoments

    Raises
    ------
    ValueError
        For an unknown name, parameters that are no finite numbers, or a function that is not finite
        or not square integrable.

    Notes
    -----
    Closed forms but for "tanh" and callables, which are integrated adaptively to about 1e-12 of
    E act(g)^2, kinks and jumps included.

    Examples
    --------
    >>> hermite_moments(("polynomial", [1.0, 2.0, 3.0]))  # 3 x^2 = 3 + 3 (x^2 - 1)
    HermiteMoments(mean=4.0, linear=2.0, nonlinear_variance=18.0)
    """
    if callable(activation):
        return _integrated(activation)
    name, parameters = activation if isinstance(activation, tuple) else (activation, None)
    if name == "leaky_relu":
        return _leaky_relu(_finite(parameters, "slope", 0))
    if name == "polynomial":
        return _polynomial(_finite(parameters, "coefficients", 1))
    if parameters is None and isinstance(name, str) and name in _NAMED:
        return _NAMED[name]()
    raise ValueError(
        f'activation = {activation!r}; needs one of {sorted(_NAMED)}, ("leaky_relu", slope), '
        '("polynomial", coefficients) or a function'
    )


def _leaky_relu(slope: Any) -> HermiteMoments:
    """(1 + slope)/2 x + (1 - slope)/2 abs(x)."""
    odd, even = (1 + float(slope)) / 2, (1 - float(slope)) / 2
    return HermiteMoments(even * math.sqrt(2 / math.pi), odd, even**2 * (1 - 2 / math.pi))


def _polynomial(coefficients: Any) -> HermiteMoments:
    c = np.append(np.polynomial.hermite_e.poly2herme(coefficients), [0.0, 0.0])
    higher = sum(math.factorial(k) * c[k] ** 2 for k in range(2, c.size))
    return HermiteMoments(float(c[0]), float(c[1]), float(higher))


def _erf(scale_squared: float) -> HermiteMoments:
    """erf(c x), c^2 = scale_squared."""
    share = 2 * scale_squared / (1 + 2 * scale_squared)
    slope = 2 * math.sqrt(share / (2 * math.pi))
    return HermiteMoments(0.0, slope, 2 / math.pi * (math.asin(share) - share))


def _gaussian() -> HermiteMoments:
    return HermiteMoments(1 / math.sqrt(3), 0.0, 1 / math.sqrt(5) - 1 / 3)


@cache
def _tanh() -> HermiteMoments:
    return _integrated(math.tanh)


_NAMED: dict[str, Callable[[], HermiteMoments]] = {
    "identity": lambda: HermiteMoments(0.0, 1.0, 0.0),
    "relu": lambda: _leaky_relu(0.0),
    "erf": lambda: _erf(1.0),
    "scaled_erf": lambda: _erf(0.5),
    "gaussian": _gaussian,
    "tanh": _tanh,
}


def _integrated(activation: Callable[[Any], Any]) -> HermiteMoments:
    """By adaptive quadrature; the rest is integrated as a square, so that nothing cancels in it."""

    def root_density(x: float) -> float:
        return math.exp(-x * x / 4) / (2 * math.pi) ** 0.25

    def value(x: float) -> float:
        found = np.asarray(activation(x))
        if found.shape != () or not np.isfinite(found):
            raise ValueError(f"activation({x}) = {found}; needs a function with one finite value")
        return float(found)

    def of_power(x: float) -> Any:
        root = root_density(x)
        a = value(x) * root
        return np.array([a * root, x * a * root, a * a])

    def of_rest(x: float) -> Any:
        return np.array([((value(x) - mean - linear * x) * root_density(x)) ** 2])

    mean, linear, power = _quadrature(of_power, 0.0)
    tail = max((value(x) * root_density(x)) ** 2 for x in (-_END, _END)) * _END
    if not tail <= 1e-13 * power:
        raise ValueError(
            f"activation {activation!r} is not square integrable: it grows as fast as exp(x^2/4)"
        )
    (rest,) = _quadrature(of_rest, float(power))
    return HermiteMoments(float(mean), float(linear), float(rest))


def _quadrature(integrand: Callable[[float], Any], scale: float) -> Any:
    from scipy.integrate import quad_vec

    found, _, info = quad_vec(
        integrand, -_END, _END, points=_PANELS, epsrel=1e-13, epsabs=1e-13 * scale + 1e-300,
        limit=20_000, full_output=True,
    )  # fmt: skip
    if not (info.success or info.status == 2):  # 2: limited by rounding
        raise ValueError(f"activation could not be integrated over N(0, 1): {info.message}")
    return found


def _finite(values: Any, name: str, ndim: int) -> Any:
    given = np.asarray(values)
    if given.dtype.kind not in "iuf" or given.ndim != ndim or given.size == 0:
        kind = "one number" if ndim == 0 else "a list of numbers"
        raise ValueError(f"{name} of the activation = {values!r}; needs {kind}")
    if not np.isfinite(given).all():
        raise ValueError(f"{name} of the activation = {values!r}; needs finite numbers")
    return given.astype(np.float64)
