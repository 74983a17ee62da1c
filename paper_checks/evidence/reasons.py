"""One readable sentence for each way a judgement can end."""

import numpy as np

from lazyrich.paper_checks.evidence.extrapolation import Floats


def largest(limit: Floats, half_width: Floats, margin: float) -> str:
    """Where the gap and its half-width are largest, against the margin."""
    j = int(np.argmax(np.abs(limit) + half_width))
    inside = abs(limit[j]) + half_width[j] <= margin
    return (
        f"the gap is largest at point {j}, {limit[j]:+.3g} known to {half_width[j]:.3g}:"
        f" {'inside' if inside else 'not wholly inside'} the margin {margin:.3g}"
    )


def certain(limit: Floats, certain: Floats, margin: float) -> str:
    """The point that disagrees most certainly."""
    j = int(np.argmax(np.abs(limit) - certain))
    return (
        f"the gap at point {j} is {limit[j]:+.3g}, certain to {certain[j]:.3g}:"
        f" beyond the margin {margin:.3g}"
    )


def undecided(
    limit: Floats, half_width: Floats, allowance: Floats, margin: float, seeds: int | None
) -> str:
    """What an inconclusive ensemble lacks: seeds, larger sizes, or a gap off the margin."""
    j = int(np.argmax(np.abs(limit) + half_width))
    found = f"the gap at point {j} is {limit[j]:+.3g} known to {half_width[j]:.3g}"
    if seeds is not None:
        return f"too few seeds: {found}, margin {margin:.3g}; about {seeds} seeds a size decide"
    if 2 * allowance[j] > half_width[j]:
        return (
            f"sizes too small: {found}, of which {allowance[j]:.3g} allows for the extrapolation;"
            f" margin {margin:.3g}"
        )
    return f"too near the margin {margin:.3g} for more seeds to decide: {found}"


def lack_of_fit(change: Floats, allowed: Floats) -> str:
    """The limit that moved most when the smallest size was left out."""
    j = int(np.argmax(np.abs(change) / allowed))
    return (
        f"lack of fit: without the smallest size the limit changes by {change[j]:+.3g} at point"
        f" {j}, where noise allows {allowed[j]:.3g}; the declared order fails at these sizes"
    )


def wrong_order(observed: float | None, declared: float, tolerance: float) -> str | None:
    """Why the order in the step does not confirm the declared one; None if it does."""
    if observed is None:
        return "no order can be observed: the step makes no difference, or differences change sign"
    if abs(observed - declared) > tolerance:
        return f"the observed order in the step is {observed:.3g}, declared was {declared:g}"
    return None
