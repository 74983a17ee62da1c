"""How correlations of preactivations pass each activation: row features, and the map of blocks of pairs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.infinite_width import (
    error_functions,
    exponential_pieces,
    hermite_series,
    linear_pieces,
)
from lazyrich.theory.infinite_width.activations import Activation, resolve

FloatArray = NDArray[np.float64]
Features = tuple[FloatArray, ...]


class ActivationMap(NamedTuple):
    """`moment(roots)` = sqrt(E phi(root z)^2), z ~ N(0, 1), and `features(roots)` of rows (n,).

    ``through(rho, gap, slope, left, right, first, start)`` overwrites a block of pairs: kappa, 1 - |kappa| and
    slope = d kappa/d rho take the place of rho and its gap. `left` and `right` hold the features of all rows,
    from the third line on; the block starts at row `first` and column `start`.
    """

    moment: Callable[[FloatArray], FloatArray]
    features: Callable[[FloatArray], Features]
    through: Callable[..., None]


def activation_map(activation: Any) -> ActivationMap:
    """The map of an activation as `activations.resolve` takes it.

    Raises
    ------
    ValueError
        For unknown activations, and for those that jump: their NTK is infinite.
    """
    chosen = resolve(activation)
    if chosen.jumps:
        raise ValueError(
            f"activation {chosen.name!r} jumps: its NTK is infinite at infinite width; "
            "`activations.dual` gives its NNGP layer by layer"
        )
    if chosen.name in _CLOSED and chosen == resolve(chosen.name):
        return _CLOSED[chosen.name]
    if chosen.name == "leaky_relu" and chosen.parameters:
        return _two_slopes(chosen.parameters[0], 1.0)
    if chosen.name == "polynomial" and chosen.parameters:
        return _polynomial(chosen.parameters)
    return _smooth(chosen)


def _two_slopes(below: float, above: float) -> ActivationMap:
    kink = (above - below) ** 2 / (above**2 + below**2)
    size = np.hypot(below, above) / np.sqrt(2)

    def through(rho: FloatArray, gap: FloatArray, slope: FloatArray, *_: Any) -> None:
        linear_pieces.through_slopes(rho, gap, slope, kink)

    return ActivationMap(lambda roots: size * roots, lambda roots: (), through)


def _erf(scale: float) -> ActivationMap:
    """erf(sqrt(scale/2) x)."""

    def angle(roots: FloatArray) -> FloatArray:
        p = scale * roots**2
        return np.arctan2(p, np.sqrt(1 + 2 * p))

    def features(roots: FloatArray) -> Features:
        p, alpha = scale * roots**2, angle(roots)
        width = np.sqrt(1 + 2 * p)
        rest = np.arctan2(width, p)
        halves = np.sin(alpha / 2), np.cos(alpha / 2), np.sin(rest / 2), np.cos(rest / 2)
        return np.sqrt(p), width, *halves, alpha / 2, np.sqrt(alpha)

    return ActivationMap(
        lambda roots: np.sqrt(2 / np.pi * angle(roots)), features, error_functions.through_erf
    )


def _gelu() -> ActivationMap:
    def rest(roots: FloatArray) -> FloatArray:
        """W = E phi(u) phi(-u); see `error_functions.through_gelu`."""
        q = roots**2
        base = np.sqrt(1 + 2 * q)
        ratio = base / np.maximum(q, 1e-300)
        angle = np.arctan(ratio)
        small = q * (q / (1 + q) * base / (1 + q) + q / (1 + q) / ((1 + q) * base) - angle)
        excess = np.where(ratio < 0.01, ratio**3 * (1 / 3 - ratio**2 / 5 + ratio**4 / 7), 0)
        excess = np.where(ratio < 0.01, excess, ratio - angle)
        large = q * excess + 1 / base - 2 / (1 + q) * base
        return np.where(base <= q, large, small) / (2 * np.pi)

    def moment(roots: FloatArray) -> FloatArray:
        return np.sqrt(roots**2 / 2 + rest(roots))

    return ActivationMap(
        moment,
        lambda roots: (roots, rest(roots), moment(roots)),
        error_functions.through_gelu,
    )


def _numpy(
    formula: Callable[..., tuple[FloatArray, FloatArray, FloatArray]],
    moment: Callable[[FloatArray], FloatArray],
    features: Callable[[FloatArray], Features],
) -> ActivationMap:
    def through(
        rho: FloatArray,
        gap: FloatArray,
        slope: FloatArray,
        left: FloatArray,
        right: FloatArray,
        first: int,
        start: int,
    ) -> None:
        rows = left[2:, first : first + len(rho), None]
        rho[:], gap[:], slope[:] = formula(rho, gap, rows, right[2:, start:])

    return ActivationMap(moment, features, through)


def _exponential(
    formula: Callable[..., tuple[FloatArray, FloatArray, FloatArray]],
    moment: Callable[[FloatArray], FloatArray],
    *features: Callable[[FloatArray], FloatArray],
) -> ActivationMap:
    return _numpy(formula, moment, lambda roots: (roots, *(f(roots) for f in features)))


def _polynomial(coefficients: tuple[float, ...]) -> ActivationMap:
    return ActivationMap(
        partial(hermite_series.polynomial_moment, coefficients),
        partial(hermite_series.polynomial_features, coefficients),
        hermite_series.through_series,
    )


def _smooth(activation: Activation) -> ActivationMap:
    return ActivationMap(
        partial(hermite_series.function_moment, activation.function),
        partial(hermite_series.function_features, activation.function),
        hermite_series.through_series,
    )


def _sine_moment(roots: FloatArray) -> FloatArray:
    return np.sqrt(-np.expm1(-2 * roots**2) / 2)


def _cosine_moment(roots: FloatArray) -> FloatArray:
    return np.sqrt((1 + np.exp(-2 * roots**2)) / 2)


def _decay(roots: FloatArray) -> FloatArray:
    return np.exp(-(roots**2))


_CLOSED = {
    "relu": _two_slopes(0.0, 1.0),
    "abs": _two_slopes(-1.0, 1.0),
    "identity": _two_slopes(1.0, 1.0),
    "erf": _erf(2.0),
    "scaled_erf": _erf(1.0),
    "gelu": _gelu(),
    "sin": _exponential(exponential_pieces.sine, _sine_moment, _decay, _sine_moment),
    "cos": _exponential(exponential_pieces.cosine, _cosine_moment, _decay, _cosine_moment),
    "exp": _exponential(exponential_pieces.exponential, lambda roots: np.exp(roots**2)),
    "gaussian": _exponential(
        exponential_pieces.gaussian,
        lambda roots: (1 + 4 * roots**2) ** -0.25,
        lambda roots: (1 + 4 * roots**2) ** 0.25,
    ),
}
