"""One readable sentence for each way a judgement can end."""

import numpy as np

from lazyrich.paper_checks.evidence.extrapolation import Floats
from lazyrich.paper_checks.evidence.record import percent

NOISE_TOLERANCE = 0.5
STEPS_FIT = "(is every time a whole number of each step?)"


def agreed(margin: float) -> str:
    """The gap is inside the margin everywhere."""
    return f"at every point the gap with its half-width is inside the margin {percent(margin)}"


def disagreed(limit: Floats, certain: Floats, margin: float) -> str:
    """At how many points the gap is certainly beyond the margin."""
    beyond = int(np.sum(np.abs(limit) - certain > margin))
    surest = int(np.argmax(np.abs(limit) - certain))
    return (
        f"the gap is certainly beyond the margin {percent(margin)} at {beyond} of {limit.size} "
        f"points; where that is surest it is {_known(limit, certain, surest)}"
    )


def undecided(
    limit: Floats,
    half_width: Floats,
    margin: float,
    allowance: Floats | None = None,
    seeds: int | None = None,
) -> str:
    """What an inconclusive claim lacks: seeds, larger sizes, or a gap off the margin."""
    j = int(np.argmax(np.abs(limit) + half_width))
    found = f"the gap is {_known(limit, half_width, j)}, margin {percent(margin)}"
    if seeds is not None:
        return f"too few seeds: {found}; about {seeds} seeds a size decide"
    if allowance is not None and 2 * allowance[j] > half_width[j]:
        share = percent(float(allowance[j]))
        return f"sizes too small: {found}; {share} of it allows for the extrapolation"
    if half_width[j] > margin:
        return f"the interval is too wide: {found}"
    return f"too near the margin to decide: {found}"


def doubts(
    fitted: tuple[float, float] | None, order: float, noise: float | None, noise_exponent: float
) -> str:
    """Declarations that the measurements contradict, for a claim that is not decided."""
    found = ""
    if fitted is not None and abs(fitted[0] - order) > 2 * fitted[1]:
        found += f"; the fitted order is {fitted[0]:.2f} ± {fitted[1]:.2f}, declared {order:g}"
    if noise is not None and abs(noise - noise_exponent) > NOISE_TOLERANCE:
        found += (
            f"; the variance between seeds falls as size^-{noise:.2g}, declared noise_exponent "
            f"{noise_exponent:g}"
        )
    return found


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
        return (
            "no order can be observed: the step makes no difference, or differences change sign "
            + STEPS_FIT
        )
    if abs(observed - declared) > tolerance:
        return f"the observed order in the step is {observed:.3g}, declared was {declared:g} {STEPS_FIT}"
    return None


def _known(limit: Floats, width: Floats, j: int) -> str:
    return f"{percent(float(abs(limit[j])))} ± {percent(float(width[j]))}"
