"""About how many seeds would decide an inconclusive ensemble."""

import numpy as np

from lazyrich.paper_checks.evidence.extrapolation import Contrast, Floats
from lazyrich.paper_checks.evidence.largest_t import t_quantile

MOST_SEEDS = 100_000  # seeds a size beyond which more seeds are no answer


def seeds_needed(
    limit: Contrast,
    from_largest: Contrast,
    error: Floats,
    levels: tuple[float, float],
    margin: float,
    seeds: float,
) -> int | None:
    """Seeds a size from which the rule would decide, were the gaps what they now seem.

    With f times the seeds, SE^2 = (SE_now^2 - error^2) / f + error^2. The square of a gap, or of
    an allowance, in excess of its squared standard error stays; the rest shrinks as its noise.

    Parameters
    ----------
    limit, from_largest : Contrast, the limit and its distance from the largest size
    error : (J,), the prediction's own standard error, part of the limit's
    levels : (alpha of `agrees`, quantile K of `disagrees`)
    margin : float
    seeds : float, present seeds a size

    Returns
    -------
    int, to 2 %, or None where `MOST_SEEDS` would not decide

    Examples
    --------
    >>> import numpy as np
    >>> limit = Contrast(np.zeros(1), np.array([0.02]), np.array([45.0]))
    >>> exact = Contrast(np.zeros(1), np.zeros(1), np.array([45.0]))
    >>> 40 < seeds_needed(limit, exact, np.zeros(1), (0.002, 4.5), 0.03, 16) < 80
    True
    """
    alpha, k = levels
    limit_kept, limit_noise = _split(limit)
    allowance_kept, allowance_noise = _split(from_largest)
    own = limit.standard_error**2 - error**2

    def decided(factor: float) -> bool:
        squared = own / factor + error**2
        se = np.sqrt(squared)
        a = np.sqrt(limit_kept + np.minimum(limit_noise, squared))
        e = np.sqrt(allowance_kept + allowance_noise / factor)
        inside = a + t_quantile(limit.dof * factor, alpha) * se + e <= margin
        return bool(np.all(inside) or np.any(a - k * se - e > margin))

    low, high = 1.0, MOST_SEEDS / seeds
    if high <= 1 or not decided(high):
        return None
    while high > 1.02 * low:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if decided(middle) else (middle, high)
    return int(np.ceil(high * seeds))


def _split(found: Contrast) -> tuple[Floats, Floats]:
    """Squared value, the part beyond its squared standard error and the rest."""
    noise = np.minimum(found.value**2, found.standard_error**2)
    return found.value**2 - noise, noise
