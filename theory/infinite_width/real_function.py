"""A user's function of one real variable, evaluated on arrays: refused where it is something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lazyrich.theory.infinite_width.correlated_pair import FloatArray

RealFunction = Callable[[FloatArray], FloatArray]

_FAILURES = (TypeError, ValueError, ArithmeticError, IndexError, AttributeError)
_SINGLE_CHECKS = 8


def real_function(function: Callable[[Any], Any], points: FloatArray) -> RealFunction:
    """`function` as a map from float arrays to float arrays of the same shape.

    A function that takes arrays is called with arrays, any other (math.tanh, say) with one number at a
    time. At `points`, shuffled, the two ways must agree: sorting, softmax or centring are refused.

    Raises
    ------
    ValueError
        If a value is not one finite real number, or depends on its neighbours. The map raises the same.
    """
    order = np.random.default_rng(0).permutation(points.size)
    shuffled = points.reshape(-1)[order]
    try:
        values = _on_array(function, shuffled)
    except _FAILURES:
        one_by_one = _one_by_one(function)
        one_by_one(shuffled[:_SINGLE_CHECKS])
        return one_by_one
    singles = np.linspace(0, points.size - 1, _SINGLE_CHECKS).astype(int)
    for k in singles:
        alone = _on_array(function, shuffled[k : k + 1])[0]
        if abs(alone - values[k]) > 1e-12 * max(abs(alone), abs(values[k])):
            raise ValueError(
                f"activation {name_of(function)}: phi({shuffled[k]:.6g}) = {alone:.6g} alone but "
                f"{values[k]:.6g} within an array; needs a function of one real variable"
            )
    return lambda x: _on_array(function, x)


def name_of(function: Callable[[Any], Any]) -> str:
    """How to call it in an error."""
    return getattr(function, "__name__", None) or repr(function)


def _on_array(function: Callable[[Any], Any], x: FloatArray) -> FloatArray:
    with np.errstate(all="ignore"):
        result = np.asarray(function(x.copy()))
    if result.ndim == 0:  # a constant; a sum over the array fails the comparison with single points
        result = np.full(x.shape, result)
    if result.shape != x.shape:
        raise TypeError(f"shape {result.shape} for an argument of shape {x.shape}")
    return _finite(function, x, _as_float(function, result))


def _one_by_one(function: Callable[[Any], Any]) -> RealFunction:
    def evaluate(x: FloatArray) -> FloatArray:
        values = np.empty(x.size)
        for k, point in enumerate(x.reshape(-1)):
            try:
                with np.errstate(all="ignore"):
                    result = np.asarray(function(float(point)))
            except _FAILURES as failure:
                raise ValueError(
                    f"activation {name_of(function)}: phi({point:.6g}) raised {failure!r}; needs a "
                    "function of one real variable, finite on the whole line"
                ) from failure
            if result.size != 1:
                raise ValueError(
                    f"activation {name_of(function)}: phi({point:.6g}) has shape {result.shape}; needs "
                    "one real number"
                )
            values[k] = _as_float(function, result.reshape(1))[0]
        return _finite(function, x, values.reshape(x.shape))

    return evaluate


def _as_float(function: Callable[[Any], Any], result: Any) -> FloatArray:
    if result.dtype.kind not in "biuf":
        raise ValueError(
            f"activation {name_of(function)}: values of type {result.dtype}; needs real numbers"
        )
    return result.astype(np.float64)


def _finite(function: Callable[[Any], Any], x: FloatArray, values: FloatArray) -> FloatArray:
    bad = ~np.isfinite(values)
    if bad.any():
        raise ValueError(
            f"activation {name_of(function)}: phi({x[bad][0]:.6g}) = {values[bad][0]}; needs a function "
            "that is finite wherever Gaussian numbers of this variance fall"
        )
    return values
