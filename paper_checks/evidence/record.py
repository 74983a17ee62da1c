"""What a check found about one claim: the verdict and the numbers behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

TINY = 1e-5  # relative numbers below this are written as powers of ten
VERDICTS = ("agrees", "disagrees", "inconclusive", "failed")


@dataclass(frozen=True, kw_only=True, repr=False)
class Evidence:
    """The judged comparison of one claim.

    All gaps are relative to the claim's declared scale: 0.01 means 1 % of it.

    Attributes
    ----------
    claim : "PAPER/CLAIM".
    kind : "Identity", "Deterministic" or "Ensemble".
    verdict : "agrees", "disagrees", "inconclusive", or "failed" when a run raised an error.
    reason : one sentence that explains the verdict.
    gap, half_width : |limit gap| and its half-width at the worst point (their sum is largest).
    margin : the declared margin (0 for an identity).
    order : (estimate, standard error) of the fitted order of convergence, or None.
    sensitivity : smallest relative error that is surely noticed, for "value" and the coordinate.
    alternatives : verdict on each altered prediction (all must be "disagrees").
    worst : where the gap is worst, in words.
    hint : a simple correction under which the comparison would agree, in words; "" if none.
    seeds, sizes, size_name : networks a size, and the sizes (or step sizes) compared.
    target : what names the claim on the command line.
    coordinate, quantity : names for the axes of the comparison's figure.
    seeds_needed : about how many seeds a size would decide an inconclusive ensemble, or None.
    cost_seconds : processor time behind the stored measurements.
    points : arrays for drawing, all of the prediction's flattened shape: "coordinate",
        "prediction", "measured" (at the largest size or finest step), "measured_error" (one
        standard error), "limit" (extrapolated gap), "half_width", "curve" (index of the curve a
        point belongs to). Empty for identities.
    """

    claim: str
    kind: str
    statement: str
    source: str
    verdict: str
    reason: str
    equation: str = ""
    gap: float = 0.0
    half_width: float = 0.0
    margin: float = 0.0
    order: tuple[float, float] | None = None
    sensitivity: Mapping[str, float] = field(default_factory=dict)
    max_sensitivity: float = 0.05
    alternatives: Mapping[str, str] = field(default_factory=dict)
    worst: str = ""
    hint: str = ""
    seeds: int = 0
    sizes: tuple[float, ...] = ()
    size_name: str = ""
    quantity: str = "value"
    target: str = ""
    coordinate: str = ""
    seeds_needed: int | None = None
    cost_seconds: float = 0.0
    points: Mapping[str, NDArray[np.float64]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, claim: Any, paper: str, **found: Any) -> "Evidence":
        """What was `found` about a claim of a paper, beside what the claim declares."""
        return cls(
            claim=f"{paper}/{claim.name}",
            kind=claim.kind,
            statement=claim.statement,
            source=claim.source,
            equation=claim.equation,
            max_sensitivity=claim.max_sensitivity,
            **found,
        )

    def facts(self) -> dict[str, Any]:
        """The scalars of this record, ready for JSON (inf becomes None: never noticed)."""
        return {
            "claim": self.claim,
            "kind": self.kind,
            "statement": self.statement,
            "source": self.source,
            "verdict": self.verdict,
            "reason": self.reason,
            "gap": _finite(self.gap),
            "half_width": _finite(self.half_width),
            "margin": self.margin,
            "order": None if self.order is None else [_finite(x) for x in self.order],
            "sensitivity": {name: _finite(e) for name, e in self.sensitivity.items()},
            "max_sensitivity": self.max_sensitivity,
            "alternatives": dict(self.alternatives),
            "worst": self.worst,
            "hint": self.hint,
            "seeds": self.seeds,
            "sizes": list(self.sizes),
            "seeds_needed": self.seeds_needed,
            "cost_seconds": round(self.cost_seconds, 3),
        }

    def gap_words(self) -> str:
        """Gap and half-width for people, in the unit of the margin."""
        tiny = self.margin < TINY
        gap, half_width = (
            f"{x:.0e}" if tiny else percent(x) if x == 0 or x >= TINY else "< 0.001 %"
            for x in (self.gap, self.half_width)
        )
        return gap if half_width == "0e+00" else f"{gap} ± {half_width}"

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        """One line: verdict, claim, gap with half-width, margin, sensitivity, hint."""
        parts = [f"{self.verdict:<12} {self.claim}"]
        if self.kind != "Identity" and self.verdict != "failed":
            parts.append(f"gap {self.gap_words()} of {percent(self.margin)}")
        if self.sensitivity:
            noticed = ", ".join(f"{name} {percent(e)}" for name, e in self.sensitivity.items())
            parts.append(f"notices {noticed}")
        if self.verdict != "agrees":
            parts.append(self.reason)
        if self.hint:
            parts.append(self.hint)
        return "; ".join(parts)


def percent(x: float) -> str:
    """A relative number for people: in per cent, or as a plain power of ten where it is tiny."""
    if not np.isfinite(x):
        return "nothing" if x > 0 else str(x)
    return f"{100 * x:.2g} %" if x == 0 or abs(x) >= TINY else f"{x:.0e}"


def _finite(x: float) -> float | None:
    return float(x) if np.isfinite(x) else None
