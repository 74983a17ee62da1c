"""A claim in plain words: what was compared, where it is worst, what would decide it."""

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from lazyrich.paper_checks.evidence.claims import Claim, Ensemble, Identity
from lazyrich.paper_checks.evidence.record import Evidence, percent

WIDTH = 96


def explanation(claim: Claim, evidence: Evidence) -> str:
    """The explanation that ``lazyrich explain`` prints."""
    rows = [*_compared(claim, evidence), *_found(claim, evidence), *_decides(evidence)]
    width = max(len(name) for name, _ in rows) + 2
    lines = [f"{evidence.claim}: {evidence.verdict}", ""]
    for name, text in rows:
        lines += textwrap.wrap(
            text, WIDTH, initial_indent=name.ljust(width), subsequent_indent=" " * width
        )
    return "\n".join(lines)


def _compared(claim: Claim, evidence: Evidence) -> Iterator[tuple[str, str]]:
    yield "claim", claim.statement
    yield "source", claim.source
    if isinstance(claim, Identity):
        yield "compared", "a closed form with the equation it must satisfy, symbolically"
        return
    yield "prediction", _described(claim.prediction)
    yield "measurement", _described(claim.measurement)
    yield "parameters", _listed(claim.parameters)
    if claim.settings:
        yield "settings", _listed(claim.settings)
    sizes = ", ".join(f"{size:g}" for size in evidence.sizes)
    if isinstance(claim, Ensemble):
        pairing = "; predicted for each network from its own start" if claim.paired else ""
        yield "networks", f"{evidence.seeds} at each {claim.size} = {sizes}{pairing}"
    elif sizes:
        yield "steps", f"{claim.step} = {sizes}"
    scale = claim.scale if isinstance(claim.scale, str) else "given numbers"
    yield (
        "gap",
        f"(measurement - prediction) / scale, scale: {scale}; margin {percent(claim.margin)}",
    )


def _found(claim: Claim, evidence: Evidence) -> Iterator[tuple[str, str]]:
    yield "found", evidence.reason
    if evidence.points:
        at = f" at {evidence.worst}" if evidence.worst else ""
        yield (
            "worst",
            f"gap {evidence.gap_words()}{at}{_values(evidence)}",
        )
    if evidence.order is not None:
        estimate, error = evidence.order
        known = f" ± {error:.2f}" if error else ""
        declared = "" if isinstance(claim, Identity) else f", declared {claim.order:g}"
        yield "order", f"the correction shrinks with order {estimate:.2f}{known}{declared}"
    if evidence.sensitivity:
        noticed = ", ".join(f"{name} {percent(e)}" for name, e in evidence.sensitivity.items())
        yield (
            "notices",
            f"relative errors from: {noticed} (must be {percent(evidence.max_sensitivity)} or less)",
        )
    for name, verdict in evidence.alternatives.items():
        yield "alternative", f"{name}: {verdict}"


def _values(evidence: Evidence) -> str:
    points = evidence.points
    worst = int(np.argmax(np.abs(points["limit"]) + points["half_width"]))
    predicted, measured = points["prediction"][worst], points["measured"][worst]
    if not evidence.sizes:
        return f": predicted {predicted:.6g}, measured {measured:.6g}"
    nearest = max(evidence.sizes) if evidence.seeds else min(evidence.sizes)
    limit = ", before extrapolation" if len(evidence.sizes) > 1 else ""
    return (
        f": predicted {predicted:.6g}, measured {measured:.6g} at {evidence.size_name} = "
        f"{nearest:g}{limit}"
    )


def _decides(evidence: Evidence) -> Iterator[tuple[str, str]]:
    if evidence.hint:
        yield "hint", evidence.hint
    if evidence.verdict == "inconclusive" and evidence.seeds:
        needed = evidence.seeds_needed
        yield (
            "would decide",
            f"about {needed} networks a size"
            if needed
            else "more networks alone would not; larger sizes, another declared order, or points "
            "where the prediction is steep",
        )


def _described(route: Callable[..., Any] | Any) -> str:
    if hasattr(route, "free_symbols"):
        return f"the expression {route}"
    name = getattr(route, "__name__", repr(route))
    first_line = (getattr(route, "__doc__", None) or "").strip().partition("\n")[0]
    return f"{name}: {first_line}" if first_line else name


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_short(value)}" for name, value in values.items())


def _short(value: Any) -> str:
    array = np.asarray(value)
    if array.ndim == 0 or array.size <= 8:
        return str(value.tolist() if isinstance(value, np.ndarray) else value)
    return f"{array.min():.4g} .. {array.max():.4g} (shape {array.shape})"
