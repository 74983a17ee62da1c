"""Verdicts: does a prediction agree with what was measured, within a margin declared before?

`agrees` must hold at every point at once, so each point is tested at its own level; `disagrees`
needs a single point, so its level is shared by all points. All else is `inconclusive`. Gaps are
(measured - predicted) / scale, and every number here is in units of that scale.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.paper_checks.evidence import reasons
from lazyrich.paper_checks.evidence.extrapolation import (
    Contrast,
    Floats,
    SizeMeans,
    contrast,
    finite_size_order,
    intercept_coefficients,
    richardson_limit,
    size_means,
    step_order,
)
from lazyrich.paper_checks.evidence.judging_inputs import (
    check_finite,
    check_gaps,
    check_positive,
    checked_error,
    checked_sizes,
    checked_steps,
)
from lazyrich.paper_checks.evidence.largest_t import largest_t_quantile, t_quantile
from lazyrich.paper_checks.evidence.seeds_needed import seeds_needed

ALPHA_AGREES = 0.002  # of one point, for each point
ALPHA_DISAGREES = 0.001  # of all points together
ALPHA_FIT = 0.01  # of all points together
ROUNDING = 1e-10  # a misfit below this is no lack of fit
ORDER_TOLERANCE = 0.2


class Judgement(NamedTuple):
    """A verdict with the numbers it rests on, at J points.

    Fields
    ------
    verdict : "agrees", "disagrees" or "inconclusive"
    reason : one sentence
    limit : (J,), a_j, the extrapolated gap, signed
    standard_error : (J,), SE_j
    half_width : (J,), t SE_j + e_j; `agrees` needs |a_j| + half_width_j <= margin everywhere
    certain : (J,), K SE_j + e_j; `disagrees` needs |a_j| - certain_j > margin somewhere
    worst : int, the point where |a_j| + half_width_j is largest
    order : (estimate, standard error) of the order in the size or step, None where not
        measurable; the order in a step has standard error 0
    size_effect : float or None, bound at confidence 1 - ALPHA_AGREES a point on the
        finite-size correction at the smallest size; None without sizes
    seeds_needed : int or None, about how many seeds a size would decide an inconclusive
        ensemble; None where seeds alone cannot
    """

    verdict: str
    reason: str
    limit: Floats
    standard_error: Floats
    half_width: Floats
    certain: Floats
    worst: int
    order: tuple[float, float] | None = None
    size_effect: float | None = None
    seeds_needed: int | None = None

    @property
    def gap(self) -> float:
        """|a_j| at the worst point."""
        return float(abs(self.limit[self.worst]))

    @property
    def half_width_at_worst(self) -> float:
        """t SE_j + e_j at the worst point."""
        return float(self.half_width[self.worst])


def judge_ensemble(
    gaps: Sequence[ArrayLike],
    sizes: Sequence[float],
    *,
    order: float,
    noise_exponent: float,
    margin: float,
    prediction_error: ArrayLike | None = None,
) -> Judgement:
    """Judge a prediction of infinite size against seeds of several finite sizes.

    The gaps' size means are fitted by gbar_kj = a_j + b_j N_k^-order with weights
    n_k N_k^noise_exponent. With SE_j and nu_j of that limit, t the 1 - .002 quantile of
    Student's t with nu_j degrees of freedom, K the 1 - .001 quantile of max_j |T_j| and the
    allowance e_j = |a_j - gbar_largest,j|:

    - agrees: |a_j| + t SE_j + e_j <= margin at every j;
    - disagrees: |a_j| - K SE_j - e_j > margin at some j;
    - inconclusive: neither, or the limit changes (max-T test at .01) when the smallest size is
      left out: then the declared order does not fit, and the limit is not known.

    One size is judged as it is: no extrapolation, no allowance, no test of fit.

    Parameters
    ----------
    gaps : K arrays (n_k, J), gap of seed i at point j for each size, n_k >= 8
    sizes : (K,), in any order; one, or at least three that span a factor 16
    order : float > 0, declared order of the first correction in 1/size
    noise_exponent : float, q of the declared noise variance ~ size^-q
    margin : float > 0
    prediction_error : (J,), standard error of the prediction, in units of the scale

    Returns
    -------
    Judgement

    Raises
    ------
    ValueError
        Gaps that are not finite, too few seeds or sizes, shapes that do not match, parameters
        out of range, or a size whose seeds all give the same numbers (the seed is not used).

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> sizes = [64, 256, 1024]
    >>> gaps = [1 / n + 0.01 * rng.standard_normal((16, 5)) for n in sizes]
    >>> judge_ensemble(gaps, sizes, order=1, noise_exponent=0, margin=0.03).verdict
    'agrees'
    >>> wrong = [g + 0.1 for g in gaps]
    >>> judge_ensemble(wrong, sizes, order=1, noise_exponent=0, margin=0.03).verdict
    'disagrees'
    """
    samples, n = checked_sizes(gaps, sizes)
    error = checked_error(prediction_error, samples[0].shape[1])
    check_positive(order=order, margin=margin)
    check_finite(noise_exponent=noise_exponent)
    means = size_means(samples)
    c = intercept_coefficients(n, means.seeds, order=order, noise_exponent=noise_exponent)
    limit = contrast(means, c, error)
    from_largest = contrast(means, c - np.eye(len(n))[-1])
    allowance = np.abs(from_largest.value)
    half_width = t_quantile(limit.dof, ALPHA_AGREES) * limit.standard_error + allowance
    k = largest_t_quantile(means, c, limit, ALPHA_DISAGREES, error)
    certain = k * limit.standard_error + allowance
    seeds, order_found, size_effect = None, None, None
    verdict, reason = _verdict(limit.value, half_width, certain, margin)
    if verdict == "inconclusive":
        levels = (ALPHA_AGREES, k)
        seeds = seeds_needed(limit, from_largest, error, levels, margin, means.seeds.max())
        reason = reasons.undecided(limit.value, half_width, margin, allowance, seeds)
    if len(n) > 1:
        order_found = finite_size_order(samples, means, c, n, order)
        size_effect = _size_effect(contrast(means, c - np.eye(len(n))[0]))
        misfit = _lack_of_fit(means, n, c, order, noise_exponent)
        if misfit:
            verdict, reason, seeds = "inconclusive", misfit, None
        if verdict == "inconclusive":
            noise = _noise_exponent(samples, n)
            reason += reasons.doubts(order_found, order, noise, noise_exponent)
    return Judgement(
        verdict,
        reason,
        limit=limit.value,
        standard_error=limit.standard_error,
        half_width=half_width,
        certain=certain,
        worst=int(np.argmax(np.abs(limit.value) + half_width)),
        order=order_found,
        size_effect=size_effect,
        seeds_needed=seeds,
    )


def judge_deterministic(
    gaps: ArrayLike, steps: Sequence[float] | None, *, order: float | None, margin: float
) -> Judgement:
    """Judge a prediction against an independent deterministic route.

    Without steps: |g_j| <= margin at every point agrees, else disagrees. With steps, the limit
    of zero step is a_j = g_2 + (g_2 - g_1) / ((h_1/h_2)^order - 1) of the two finest, known to
    within w_j = |a_j - g_2|:

    - agrees: |a_j| + w_j <= margin at every j, and the observed order is within 0.2 of `order`;
    - disagrees: |a_j| - w_j > margin at some j. Where the order is not confirmed, w_j is here no
      less than the spread of g_j over all steps, since the limit is then not known better;
    - inconclusive: neither.

    Parameters
    ----------
    gaps : (S, J), or (J,) without steps; a row for each step
    steps : (S,), S >= 2, in any order, or None where no step separates the two routes
    order : float > 0, declared power of the leading error in the step; unused without steps
    margin : float > 0

    Returns
    -------
    Judgement; `half_width` and `standard_error` are w_j, `order` is `step_order`'s

    Raises
    ------
    ValueError
        Gaps that are not finite, shapes that do not match, steps or order out of range.

    Examples
    --------
    >>> judge_deterministic([[0.2], [0.1], [0.05]], [4, 2, 1], order=1, margin=0.06).verdict
    'agrees'
    >>> judge_deterministic([[0.2], [0.1], [0.05]], [4, 2, 1], order=2, margin=0.06).verdict
    'inconclusive'
    """
    check_positive(margin=margin)
    g = np.atleast_2d(np.asarray(gaps, dtype=np.float64))
    if g.ndim != 2 or g.size == 0:
        raise ValueError(f"gaps have shape {np.shape(gaps)}; one row for each step is needed")
    check_gaps(g, "row")
    observed = unconfirmed = None
    if steps is None:
        if len(g) != 1:
            raise ValueError(f"{len(g)} rows of gaps but no steps: name the step of each row")
        limit, width, certain = g[0], np.zeros(g.shape[1]), np.zeros(g.shape[1])
    else:
        if order is None:
            raise ValueError("steps need a declared order")
        check_positive(order=order)
        h, g = checked_steps(steps, g)
        limit, observed = richardson_limit(g, h, order), step_order(g, h)
        unconfirmed = reasons.wrong_order(observed, order, ORDER_TOLERANCE)
        width = np.abs(limit - g[-1])
        certain = np.maximum(width, np.ptp(g, axis=0)) if unconfirmed else width
    verdict, reason = _verdict(limit, width, certain, margin)
    if unconfirmed and verdict != "disagrees":
        verdict, reason = "inconclusive", unconfirmed
    return Judgement(
        verdict,
        reason,
        limit=limit,
        standard_error=width,
        half_width=width,
        certain=certain,
        worst=int(np.argmax(np.abs(limit) + width)),
        order=None if observed is None else (observed, 0.0),
    )


def smallest_rejected(
    verdict_of: Callable[[float], str], *, largest: float = 0.5, smallest: float = 1e-12
) -> float:
    """Smallest relative error e from which on every altered prediction is rejected.

    Both signs are tried, from `largest` downward on a geometric grid of ratio 0.8, until an
    alteration is not called `disagrees`; bisection then places e to 1 %. An error that is not
    rejected between two neighbouring grid points, above the first that is seen, goes unnoticed.

    Parameters
    ----------
    verdict_of : callable, signed relative alteration -> verdict
    largest, smallest : float, 0 < smallest < largest; range searched

    Returns
    -------
    float, at most 1 % above the true e; inf if `largest` itself is not rejected, `smallest` if
    everything down to it is

    Raises
    ------
    ValueError
        A range that is empty or not positive.

    Examples
    --------
    >>> e = smallest_rejected(lambda e: "disagrees" if abs(e) > 0.02 else "agrees")
    >>> 0.02 < e <= 0.0202
    True
    """
    check_positive(largest=largest, smallest=smallest)
    if smallest >= largest:
        raise ValueError(f"smallest = {smallest:g} must lie below largest = {largest:g}")

    def rejected(e: float) -> bool:
        return verdict_of(e) == "disagrees" and verdict_of(-e) == "disagrees"

    if not rejected(largest):
        return float("inf")
    good = largest
    while good > smallest:
        trial = max(0.8 * good, smallest)
        if not rejected(trial):
            return _bisect(rejected, trial, good)
        good = trial
    return good


def _bisect(rejected: Callable[[float], bool], bad: float, good: float) -> float:
    while good > 1.01 * bad:
        middle = float(np.sqrt(bad * good))
        if rejected(middle):
            good = middle
        else:
            bad = middle
    return good


def _verdict(limit: Floats, half_width: Floats, certain: Floats, margin: float) -> tuple[str, str]:
    if np.all(np.abs(limit) + half_width <= margin):
        return "agrees", reasons.agreed(margin)
    if np.any(np.abs(limit) - certain > margin):
        return "disagrees", reasons.disagreed(limit, certain, margin)
    return "inconclusive", reasons.undecided(limit, half_width, margin)


def _noise_exponent(samples: Sequence[Floats], sizes: Floats) -> float | None:
    """The power with which the variance between seeds falls with the size, None if it vanishes."""
    variances = np.array([sample.var(axis=0, ddof=1).mean() for sample in samples])
    if not (variances > 0).all():
        return None
    return float(-np.polyfit(np.log(sizes), np.log(variances), 1)[0])


def _lack_of_fit(
    means: SizeMeans, sizes: Floats, c: Floats, order: float, noise_exponent: float
) -> str | None:
    """Why the fit fails, if leaving out the smallest size changes the limit beyond noise."""
    rest = intercept_coefficients(
        sizes[1:], means.seeds[1:], order=order, noise_exponent=noise_exponent
    )
    coefficients = np.concatenate([[0.0], rest]) - c
    change = contrast(means, coefficients)
    quantile = largest_t_quantile(means, coefficients, change, ALPHA_FIT)
    allowed = np.maximum(quantile * change.standard_error, ROUNDING)
    if np.all(np.abs(change.value) <= allowed):
        return None
    return reasons.lack_of_fit(change.value, allowed)


def _size_effect(bias: Contrast) -> float:
    return float(
        np.max(np.abs(bias.value) + t_quantile(bias.dof, ALPHA_AGREES) * bias.standard_error)
    )
