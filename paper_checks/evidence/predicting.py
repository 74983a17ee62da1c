"""Call a claim's prediction, a function or a sympy expression, for the seeds of one size."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.evidence.store import Outcome

Array = NDArray[np.float64]


class Sampled(NamedTuple):
    """A prediction that itself was sampled: its value and its standard error."""

    value: Any
    standard_error: Any


class Alteration(NamedTuple):
    """What is changed in a prediction to see whether the change is noticed."""

    coordinate: float = 1.0  # factor on the claim's coordinate
    prediction: Any = None  # another prediction in its place


class Predicted(NamedTuple):
    """Predictions for every row (one row where they are the same for all): (rows, *shape)."""

    value: Array
    standard_error: Array

    def times(self, factor: float) -> "Predicted":
        """With the value multiplied by a factor, to see whether that is noticed."""
        return self._replace(value=self.value * factor)


def predict(
    claim: Deterministic | Ensemble, size: float, outcome: Outcome, alteration: Alteration
) -> Predicted:
    """The (altered) prediction of a claim for one size, checked for shape and finiteness."""
    prediction = claim.prediction if alteration.prediction is None else alteration.prediction
    arguments = dict(claim.parameters)
    if claim.coordinate is not None and alteration.coordinate != 1.0:
        coordinate = np.asarray(arguments[claim.coordinate], dtype=float)
        arguments[claim.coordinate] = coordinate * alteration.coordinate
    if isinstance(claim, Ensemble) and claim.size in _names_of(prediction):
        arguments[claim.size] = size
    shape = outcome.values.shape[1:]
    is_altered = alteration != Alteration()
    rows = []
    # An altered prediction may leave its range: no warning about what the author never wrote.
    with np.errstate(all="ignore" if is_altered else None):
        if isinstance(claim, Ensemble) and claim.paired:
            for i in range(len(outcome.values)):
                start = {name: array[i] for name, array in outcome.start.items()}
                rows.append(_call(claim.name, prediction, arguments | start, shape))
        else:
            rows.append(_call(claim.name, prediction, arguments, shape))
    value = np.stack([row.value for row in rows])
    return Predicted(value, np.stack([row.standard_error for row in rows]))


def called(
    name: str, what: str, function: Callable[..., Any], *first: Any, **arguments: Any
) -> Any:
    """``function(*first, **arguments)``; refuses what does not fit its signature, in words."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a ufunc or a builtin has none
        return function(*first, **arguments)
    try:
        signature.bind(*first, **arguments)
    except TypeError as error:
        passed = ", ".join(["rng"] * len(first) + [f"{argument}=..." for argument in arguments])
        raise ValueError(
            f"claim {name}: the {what} is called with ({passed}), but its signature is "
            f"{signature}: {error}"
        ) from error
    return function(*first, **arguments)


def _call(
    name: str, prediction: Any, arguments: Mapping[str, Any], shape: tuple[int, ...]
) -> Predicted:
    result = (
        _evaluate_expression(name, prediction, arguments)
        if hasattr(prediction, "free_symbols")
        else called(name, "prediction", prediction, **arguments)
    )
    value, error = result if isinstance(result, Sampled) else (result, 0.0)
    if np.iscomplexobj(value):
        raise ValueError(f"claim {name}: the prediction is complex; needs real numbers")
    value = np.asarray(value, dtype=float)
    if value.shape != shape:
        raise ValueError(
            f"claim {name}: the prediction has shape {value.shape}, the measurement {shape}; "
            "needs the same shape"
        )
    if not np.isfinite(value).all():
        bad = np.argwhere(~np.isfinite(np.atleast_1d(value)))[0].tolist()
        raise ValueError(
            f"claim {name}: the prediction is {np.atleast_1d(value)[tuple(bad)]} at index {bad}; "
            "needs finite numbers"
        )
    error = np.asarray(error, dtype=float)
    if error.shape not in ((), shape):
        raise ValueError(
            f"claim {name}: the prediction's standard error has shape {error.shape}, its value {shape}"
        )
    return Predicted(value, np.broadcast_to(error, shape))


def _names_of(prediction: Any) -> set[str]:
    if hasattr(prediction, "free_symbols"):
        return {str(symbol) for symbol in prediction.free_symbols}
    return set(inspect.signature(prediction).parameters)


def _evaluate_expression(name: str, expression: Any, arguments: Mapping[str, Any]) -> Array:
    """A sympy expression on arrays, in float64, and in 50 digits where that overflows."""
    symbols = _names_of(expression)
    if not symbols <= set(arguments):
        missing = sorted(symbols - set(arguments))
        raise ValueError(
            f"claim {name}: the expression has the symbols {missing}, which are not among the "
            f"parameters {sorted(arguments)}"
        )
    names = tuple(sorted(symbols))
    arrays = [np.asarray(arguments[n], dtype=float) for n in names]
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(_compiled(expression, names, "scipy")(*arrays))
        found = np.where(np.imag(found) == 0, np.real(found), np.nan)
    except (NameError, TypeError, ValueError):  # hypergeometric functions, integrals
        found = np.full(shape, np.nan)
    value = np.array(np.broadcast_to(found, shape), dtype=float)
    full = [np.broadcast_to(a, shape) for a in arrays]
    for index in map(tuple, np.argwhere(~np.isfinite(value))):
        point = [float(a[index]) for a in full]
        value[index] = _in_high_precision(name, expression, names, point)
    return value


def _in_high_precision(
    claim: str, expression: Any, names: tuple[str, ...], point: list[float]
) -> float:
    import mpmath

    where = ", ".join(f"{name} = {x:.6g}" for name, x in zip(names, point, strict=True))
    with mpmath.workdps(50):
        try:
            exact = mpmath.mpmathify(
                _compiled(expression, names, "mpmath")(*map(mpmath.mpf, point))
            )
        except (NameError, TypeError, ZeroDivisionError) as error:
            raise ValueError(
                f"claim {claim}: the expression has no value at {where}: {error}"
            ) from error
        if abs(exact.imag) > abs(exact) * mpmath.mpf(10) ** -40:
            raise ValueError(f"claim {claim}: the expression is complex at {where}")
        return float(exact.real)


@functools.lru_cache(maxsize=64)
def _compiled(expression: Any, names: tuple[str, ...], library: str) -> Callable[..., Any]:
    import sympy

    by_name = {str(symbol): symbol for symbol in expression.free_symbols}
    return sympy.lambdify([by_name[n] for n in names], expression, modules=library)
