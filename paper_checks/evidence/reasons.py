"""One readable sentence for each way a judgement can end."""

import numpy as np

from lazyrich.paper_checks.evidence.extrapolation import Floats
from lazyrich.paper_checks.evidence.record import percent


def agreed(margin: float) -> str:
    """The gap is inside the margin everywhere."""
    return f"at every point the gap with its half-width is inside the margin {percent(margin)}"


def disagreed(limit: Floats, certain: Floats, margin: float) -> str:
    """At how many points the gap is certainly beyond the margin."""
    beyond = int(np.sum(np.abs(limit) - certain > margin))
    return (
        f"the gap is certainly beyond the margin {percent(margin)} at {beyond} of {limit.size} "
        f"points; at the worst it is {_known(limit, certain)}"
    )


def undecided(
    limit: Floats,
    half_width: Floats,
    margin: float,
    allowance: Floats | None = None,
    seeds: int | None = None,
) -> str:
    """What an inconclusive claim lacks: seeds, larger sizes, or a gap off the margin."""
    found = f"the gap is {_known(limit, half_width)}, margin {percent(margin)}"
    if seeds is not None:
        return f"too few seeds: {found}; about {seeds} seeds a size decide"
    j = _worst(limit, half_width)
    if allowance is not None and 2 * allowance[j] > half_width[j]:
        share = percent(float(allowance[j]))
        return f"sizes too small: {found}; {share} of it allows for the extrapolation"
    return f"too near the margin to decide: {found}"


def lack_of_fit(change: Floats, allowed: Floats) -> str:
    """The limit that moved most when the smallest size was left out."""
    j = int(np.argmax(np.abs(change) / allowed))
    return (
        "lack of fit: without the smallest size the limit changes by "
        f"{percent(float(abs(change[j])))}, where noise allows {percent(float(allowed[j]))}; the "
        "declared order fails at these sizes"
    )


def wrong_order(observed: float | None, declared: float, tolerance: float) -> str | None:
    """Why the order in the step does not confirm the declared one; None if it does."""
    if observed is None:
        return "no order can be observed: the step makes no difference, or differences change sign"
    if abs(observed - declared) > tolerance:
        return f"the observed order in the step is {observed:.3g}, declared was {declared:g}"
    return None


def _known(limit: Floats, width: Floats) -> str:
    j = _worst(limit, width)
    return f"{percent(float(abs(limit[j])))} ± {percent(float(width[j]))}"


def _worst(limit: Floats, width: Floats) -> int:
    return int(np.argmax(np.abs(limit) + width))
