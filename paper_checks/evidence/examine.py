"""Examine a claim: predictions against stored measurements, judged, with measured sensitivity."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Claim, Deterministic, Ensemble, Identity
from lazyrich.paper_checks.evidence.extrapolation import (
    intercept_coefficients,
    richardson_limit,
)
from lazyrich.paper_checks.evidence.judging import (
    Judgement,
    judge_deterministic,
    judge_ensemble,
    smallest_rejected,
)
from lazyrich.paper_checks.evidence.predicting import Alteration, Predicted, predict
from lazyrich.paper_checks.evidence.record import Evidence, percent
from lazyrich.paper_checks.evidence.store import Outcome

Array = NDArray[np.float64]
Judged = Deterministic | Ensemble
Predictions = Mapping[float, Predicted]  # for each size or step
LARGEST_ALTERATION = 0.5
TINY = 1e-9
UNDEFINED = "undefined"
HINT_FACTORS = np.geomspace(0.2, 5.0, 161)
SMALLEST_SYMBOLIC_ERROR = 1e-6
PROVEN = "proven: sympy simplifies the residual to 0"
NUMERICAL = "numerical: the residual is 0 at 20 random points in 50 digits"


class Gaps(NamedTuple):
    """Gaps of one prediction, altered or not."""

    sizes: list[float]  # or steps, ascending
    gaps: list[Array]  # (rows, points) for each size or step
    predicted: Array  # mean over seeds at the largest size or finest step
    error: Array  # standard error of the prediction there, in units of the scale


class Comparison(NamedTuple):
    """Gaps of one prediction, altered or not, and their judgement."""

    judgement: Judgement
    predicted: Array  # mean over seeds at the largest size or finest step


def examine(claim: Judged, paper: str, outcomes: Mapping[float, Outcome]) -> Evidence:
    """The evidence about a claim from its outcomes, keyed by size or step (0 without steps)."""
    made = _predictions(claim, outcomes)
    found = _compared(claim, outcomes, made)
    verdict, reason = found.judgement.verdict, found.judgement.reason
    alternatives = {
        name: compare_with(claim, outcomes, Alteration(prediction=other)).judgement.verdict
        for name, other in claim.alternatives.items()
    }
    altered = _alterations(claim, outcomes, made)
    sensitivity = _sensitivity(claim, outcomes, altered) if verdict == "agrees" else {}
    if verdict == "agrees":
        verdict, reason = _held_back(claim, sensitivity, alternatives, reason)
    return Evidence.of(
        claim,
        paper,
        verdict=verdict,
        reason=reason,
        gap=found.judgement.gap,
        half_width=found.judgement.half_width_at_worst,
        margin=claim.margin,
        order=found.judgement.order,
        sensitivity=sensitivity,
        alternatives=alternatives,
        worst=_where(claim, outcomes, found),
        hint=_hint(claim, outcomes, altered) if verdict == "disagrees" else "",
        seeds=_rows(outcomes) if isinstance(claim, Ensemble) else 0,
        sizes=tuple(sorted(outcomes)) if any(outcomes) else (),
        size_name=claim.size if isinstance(claim, Ensemble) else claim.step,
        coordinate=claim.coordinate or "",
        quantity=claim.quantity,
        seeds_needed=found.judgement.seeds_needed,
        cost_seconds=sum(o.cost_seconds for o in outcomes.values()),
        points=_points(claim, outcomes, found),
    )


def compare_with(
    claim: Judged, outcomes: Mapping[float, Outcome], alteration: Alteration | None = None
) -> Comparison:
    """Judge the claim's prediction, or an altered one, against the outcomes."""
    return _compared(claim, outcomes, _predictions(claim, outcomes, alteration))


def _predictions(
    claim: Judged, outcomes: Mapping[float, Outcome], alteration: Alteration | None = None
) -> Predictions:
    alteration = alteration or Alteration()
    return {size: predict(claim, size, found, alteration) for size, found in outcomes.items()}


def _compared(
    claim: Judged, outcomes: Mapping[float, Outcome], predictions: Predictions
) -> Comparison:
    found = _gaps(claim, outcomes, predictions)
    if isinstance(claim, Ensemble):
        judgement = judge_ensemble(
            found.gaps,
            found.sizes,
            order=claim.order,
            noise_exponent=claim.noise_exponent,
            margin=claim.margin,
            prediction_error=found.error if found.error.any() else None,
        )
    elif found.error.any():
        raise ValueError(
            f"claim {claim.name}: the prediction has a standard error; needs an Ensemble"
        )
    else:
        judgement = judge_deterministic(
            np.concatenate(found.gaps),
            found.sizes if claim.steps else None,
            order=claim.order if claim.steps else None,
            margin=claim.margin,
        )
    return Comparison(judgement, found.predicted)


def _gaps(claim: Judged, outcomes: Mapping[float, Outcome], predictions: Predictions) -> Gaps:
    sizes = sorted(outcomes)
    gaps, predicted, errors = [], [], []
    is_log = isinstance(claim.scale, str) and claim.scale == "log"
    for size in sizes:
        values = outcomes[size].values
        made = predictions[size]
        scale = _scale(claim, made)
        if is_log:
            _require_positive(claim, values, "measurement")
        gap = np.log(values) - np.log(made.value) if is_log else (values - made.value) / scale
        gaps.append(gap.reshape(len(values), -1))
        errors.append(np.mean(made.standard_error / scale, axis=0).ravel())
        predicted.append(made.value.mean(axis=0).ravel())
    reference = 0 if isinstance(claim, Deterministic) else -1
    return Gaps(sizes, gaps, predicted[reference], errors[reference])


def _scale(claim: Judged, made: Predicted) -> Array:
    """The declared scale, of a shape that broadcasts against (rows, *points)."""
    if isinstance(claim.scale, str):
        size = np.abs(made.value)
        if claim.scale == "log":
            _require_positive(claim, made.value, "prediction")
        if claim.scale == "maximum":
            size = np.max(size, axis=1, keepdims=True) if size.ndim > 1 else size
        if claim.scale == "initial":
            size = size[:, :1] if size.ndim > 1 else size
    else:
        size = np.asarray(claim.scale, dtype=float)[None]
        if size.ndim > 1 and size.shape[1:] != made.value.shape[1:]:
            raise ValueError(
                f"claim {claim.name}: the scale has shape {size.shape[1:]}, the prediction "
                f"{made.value.shape[1:]}; needs one number, or the same shape"
            )
    if not (np.isfinite(size).all() and (size > 0).all()):
        raise ValueError(
            f"claim {claim.name}: the scale {claim.scale!r} is {size.min()} somewhere; needs numbers "
            "above 0: give a number as scale where the prediction vanishes"
        )
    return size


def _require_positive(claim: Judged, values: Array, what: str) -> None:
    if not (values > 0).all():
        raise ValueError(
            f"claim {claim.name}: {what} reaches {values.min():.3g}; the log scale needs values above 0"
        )


def _alterations(
    claim: Judged, outcomes: Mapping[float, Outcome], made: Predictions
) -> dict[str, Callable[[float], Predictions]]:
    """By what is multiplied, the value or the coordinate: the predictions for a factor."""
    found: dict[str, Callable[[float], Predictions]] = {}
    if claim.value_sensitivity:
        found["value"] = lambda factor: {size: p.times(factor) for size, p in made.items()}
    if claim.coordinate is not None:
        found[claim.coordinate] = lambda factor: _predictions(
            claim, outcomes, Alteration(coordinate=factor)
        )
    return found


def _sensitivity(
    claim: Judged,
    outcomes: Mapping[float, Outcome],
    altered: Mapping[str, Callable[[float], Predictions]],
) -> dict[str, float]:
    def verdict_of(predictions: Callable[[float], Predictions], error: float) -> str:
        try:
            return _compared(claim, outcomes, predictions(1 + error)).judgement.verdict
        except (ValueError, ArithmeticError):  # so far that it is infinite or undefined somewhere
            return UNDEFINED

    def noticed(predictions: Callable[[float], Predictions]) -> float:
        return smallest_rejected(
            lambda error: verdict_of(predictions, error).replace(UNDEFINED, "disagrees"),
            largest=LARGEST_ALTERATION,
        )

    for name, predictions in altered.items():
        if {verdict_of(predictions, error) for error in (-TINY, TINY)} == {UNDEFINED}:
            raise ValueError(
                f"claim {claim.name}: the prediction is undefined as soon as {name} is stretched a "
                "little; choose a continuous coordinate, or None with alternatives"
            )
    return {name: noticed(predictions) for name, predictions in altered.items()}


def _held_back(
    claim: Claim, sensitivity: Mapping[str, float], alternatives: Mapping[str, str], reason: str
) -> tuple[str, str]:
    """An agreement counts only if errors would have been noticed and alternatives are rejected."""
    blunt = {name: e for name, e in sensitivity.items() if not e <= claim.max_sensitivity}
    if blunt:
        noticed = ", ".join(
            f"{name} only from {percent(e)}" if np.isfinite(e) else f"{name} not at all"
            for name, e in blunt.items()
        )
        return "inconclusive", (
            f"agrees, but would notice errors of {noticed} (allowed {percent(claim.max_sensitivity)})"
        )
    kept = [name for name, verdict in alternatives.items() if verdict != "disagrees"]
    if kept:
        return "inconclusive", f"agrees, but does not reject the alternative {kept[0]!r}"
    return "agrees", reason


def _hint(
    claim: Judged,
    outcomes: Mapping[float, Outcome],
    altered: Mapping[str, Callable[[float], Predictions]],
) -> str:
    """Whether one constant factor would mend a prediction that disagrees: a lost 2, say."""
    for name in sorted(altered, key=lambda name: name == "value"):
        misfit = functools.partial(_misfit, claim, outcomes, altered[name])
        factor = _best_factor(misfit)
        if not np.isfinite(misfit(factor)):
            continue
        verdict = _compared(claim, outcomes, altered[name](factor)).judgement.verdict
        if verdict != "disagrees":
            would = "agree" if verdict == "agrees" else "no longer disagree"
            what = "the prediction" if name == "value" else name
            return f"it would {would} with {what} multiplied by {factor:.4g}"
    return ""


def _misfit(
    claim: Judged,
    outcomes: Mapping[float, Outcome],
    predictions: Callable[[float], Predictions],
    factor: float,
) -> float:
    """Mean square of the extrapolated gap."""
    try:
        found = _gaps(claim, outcomes, predictions(factor))
    except (ValueError, ArithmeticError):  # the alteration leaves the prediction's range
        return np.inf
    means = np.stack([gap.mean(axis=0) for gap in found.gaps])
    sizes = np.asarray(found.sizes)
    if isinstance(claim, Deterministic):
        limit = richardson_limit(means[::-1], sizes[::-1], claim.order) if claim.steps else means[0]
    else:
        seeds = np.array([len(gap) for gap in found.gaps])
        declared = {"order": claim.order, "noise_exponent": claim.noise_exponent}
        limit = intercept_coefficients(sizes, seeds, **declared) @ means
    return float(np.mean(limit**2))


def _best_factor(misfit: Callable[[float], float]) -> float:
    from scipy.optimize import minimize_scalar

    coarse = np.log(HINT_FACTORS)
    best = int(np.argmin([misfit(factor) for factor in HINT_FACTORS]))
    fine = minimize_scalar(
        lambda log_factor: misfit(float(np.exp(log_factor))),
        bounds=(coarse[max(best - 1, 0)], coarse[min(best + 1, len(coarse) - 1)]),
        method="bounded",
        options={"xatol": 1e-5},
    )
    return float(np.exp(fine.x))


def _rows(outcomes: Mapping[float, Outcome]) -> int:
    return min(len(o.values) for o in outcomes.values())


def _coordinates(claim: Judged, shape: Sequence[int]) -> Array | None:
    """The coordinate at every point, where it runs along the first axes of the values."""
    if claim.coordinate is None:
        return None
    coordinate = np.asarray(claim.parameters[claim.coordinate], dtype=float)
    if coordinate.ndim == 0 or coordinate.shape != tuple(shape[: coordinate.ndim]):
        return None
    padded = coordinate.reshape(coordinate.shape + (1,) * (len(shape) - coordinate.ndim))
    return np.broadcast_to(padded, shape).ravel()


def _where(claim: Judged, outcomes: Mapping[float, Outcome], found: Comparison) -> str:
    shape = next(iter(outcomes.values())).values.shape[1:]
    if not shape:
        return ""
    point = found.judgement.worst
    coordinate = _coordinates(claim, shape)
    index = tuple(int(i) for i in np.unravel_index(point, shape))
    position = f"index {index if len(index) > 1 else index[0]}"
    if coordinate is None:
        return position
    return f"{claim.coordinate} = {coordinate[point]:.4g} ({position})"


def _points(
    claim: Judged, outcomes: Mapping[float, Outcome], found: Comparison
) -> dict[str, Array]:
    nearest = max(outcomes) if isinstance(claim, Ensemble) else min(outcomes)
    values = outcomes[nearest].values
    shape = values.shape[1:]
    flat = values.reshape(len(values), -1)
    spread = flat.std(axis=0, ddof=1) / np.sqrt(len(flat)) if len(flat) > 1 else 0 * flat[0]
    coordinate = _coordinates(claim, shape)
    count = flat.shape[1]
    curves = count // shape[0] if shape and coordinate is not None else 1
    return {
        "coordinate": np.arange(count, dtype=float) if coordinate is None else coordinate,
        "curve": np.arange(count, dtype=float) % curves,
        "prediction": found.predicted,
        "measured": flat.mean(axis=0),
        "measured_error": spread,
        "limit": found.judgement.limit,
        "half_width": found.judgement.half_width,
    }


def examine_identity(claim: Identity, paper: str, outcome: Outcome) -> Evidence:
    """The evidence about an identity; the outcome says whether it was proven symbolically."""
    from lazyrich.paper_checks.evidence.identities import (
        is_rejected,
        largest_residual,
        rejection_of_altered,
    )

    def verdict(rejected: bool) -> str:
        return "disagrees" if rejected else "agrees"

    def noticed(name: str) -> float:
        rejected = rejection_of_altered(claim, form, name)
        return smallest_rejected(
            lambda error: verdict(rejected(1 + error)),
            largest=LARGEST_ALTERATION,
            smallest=SMALLEST_SYMBOLIC_ERROR,
        )

    form = claim.closed_form()
    residual = largest_residual(claim, form)
    alternatives = {
        name: verdict(is_rejected(claim, other())) for name, other in claim.alternatives.items()
    }
    sensitivity: dict[str, float] = {}
    if residual > 0:
        found, reason = "disagrees", f"the residual reaches {residual:.2g} of its terms"
    else:
        reason = PROVEN if outcome.values.all() else NUMERICAL
        sensitivity = {name: noticed(name) for name in ("value", claim.coordinate)}
        found, reason = _held_back(claim, sensitivity, alternatives, reason)
    return Evidence.of(
        claim,
        paper,
        verdict=found,
        reason=reason,
        gap=residual,
        sensitivity=sensitivity,
        alternatives=alternatives,
        coordinate=claim.coordinate,
        cost_seconds=outcome.cost_seconds,
    )
