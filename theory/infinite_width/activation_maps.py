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
from lazyrich.theory.infinite_width.activations import resolve

FloatArray = NDArray[np.float64]
Features = tuple[FloatArray, ...]

_SMALLEST = 1e-60


class ActivationMap(NamedTuple):
    """`rows(roots)` = (moment, features) of rows of root mean square (n,), moment = sqrt(E phi(root z)^2).

    ``through(rho, gap, slope, left, right, first, start)`` overwrites a block of pairs: kappa, 1 - |kappa| and
    slope = d kappa/d rho take the place of rho and its gap. `left` and `right` hold the features of all rows,
    from the third line on; the block starts at row `first` and column `start`.
    """

    rows: Callable[[FloatArray], tuple[FloatArray, Features]]
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
    if chosen.closed_form is None:
        rows = partial(hermite_series.function_rows, chosen.function)
        return ActivationMap(rows, hermite_series.through_series)
    if chosen.name == "polynomial":
        rows = partial(hermite_series.polynomial_rows, chosen.parameters)
        return ActivationMap(rows, hermite_series.through_series)
    if chosen.name == "leaky_relu":
        return _two_slopes(chosen.parameters[0], 1.0)
    return _NAMED[chosen.name]


def _two_slopes(below: float, above: float) -> ActivationMap:
    kink = (above - below) ** 2 / (above**2 + below**2)
    size = np.hypot(below, above) / np.sqrt(2)

    def through(rho: FloatArray, gap: FloatArray, slope: FloatArray, *_: Any) -> None:
        linear_pieces.through_slopes(rho, gap, slope, kink)

    return ActivationMap(lambda roots: (size * roots, ()), through)


def _closed(
    moment: Callable[[FloatArray], FloatArray],
    features: Callable[[FloatArray], Features],
    through: Callable[..., None],
) -> ActivationMap:
    """Features of rows that do not vanish: below 1e-60 correlations do not change any more."""
    return ActivationMap(
        lambda roots: (moment(roots), features(np.maximum(roots, _SMALLEST))), through
    )


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

    return _closed(
        lambda roots: np.sqrt(2 / np.pi * angle(roots)), features, error_functions.through_erf
    )


def _gelu() -> ActivationMap:
    def rest(roots: FloatArray) -> FloatArray:
        """W = E phi(u) phi(-u); see `error_functions.through_gelu`."""
        q = roots**2
        base, share = np.sqrt(1 + 2 * q), q / (1 + q)
        ratio = base / np.maximum(q, 1e-300)
        angle = np.arctan(ratio)
        small = share**2 * (base + 1 / base) - q * angle
        x = np.minimum(ratio, 0.01)
        excess = np.where(ratio > x, ratio - angle, x**3 * (1 / 3 - x**2 / 5 + x**4 / 7))
        large = q * excess + 1 / base - 2 / (1 + q) * base
        return np.where(base <= q, large, small) / (2 * np.pi)

    def moment(roots: FloatArray) -> FloatArray:
        return np.sqrt(roots**2 / 2 + rest(roots))

    return _closed(
        moment, lambda roots: (roots, rest(roots), moment(roots)), error_functions.through_gelu
    )


def _exponential(
    formula: Callable[..., tuple[FloatArray, FloatArray, FloatArray]],
    moment: Callable[[FloatArray], FloatArray],
    *features: Callable[[FloatArray], FloatArray],
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
        own, other = left[2:, first : first + len(rho), None], right[2:, start:]
        rho[:], gap[:], slope[:] = formula(rho, gap, own, other)

    return _closed(moment, lambda roots: (roots, *(f(roots) for f in features)), through)


def _sine_moment(roots: FloatArray) -> FloatArray:
    return np.sqrt(-np.expm1(-2 * roots**2) / 2)


def _cosine_moment(roots: FloatArray) -> FloatArray:
    return np.sqrt((1 + np.exp(-2 * roots**2)) / 2)


def _decay(roots: FloatArray) -> FloatArray:
    return np.exp(-(roots**2))


_NAMED = {
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
