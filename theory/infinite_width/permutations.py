"""Learning a permutation from single bits: how large an ensemble of wide ReLU networks must be.

Networks are trained on the k basis vectors of R^k only (setting and moments: `permutation_moments`). On
an input with m bits set the average output of N networks is Gaussian, with the moments of one network but
its variance divided by N. A bit is read as set if its average is positive; an input is right if all its
bits are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.infinite_width.permutation_failures import Failures, signals
from lazyrich.theory.infinite_width.permutation_moments import (
    FloatArray,
    OutputMoments,
    broadcast,
    checked_inputs,
    large_length_moments,
    output_moments,
    real_numbers,
    whole_numbers,
)

__all__ = [
    "OutputMoments",
    "expected_failures",
    "large_length_moments",
    "output_moments",
    "required_ensemble_size",
    "success_probability",
    "sufficient_ensemble_size",
]

LogFailure = Callable[[float], float]

_LONGEST = 10**7
_ARRAYS = 12  # held at once, of one number for each m


def success_probability(
    length: ArrayLike, n_ones: ArrayLike, ensemble_size: ArrayLike
) -> FloatArray:
    """Probability that an ensemble of N networks has all k bits right on one input with m set bits.

    Phi(sqrt(N) mean_set/s)^m Phi(sqrt(N) abs(mean_unset)/s)^(k - m), s^2 = variance, through logarithms of
    the normal distribution Phi. At m = 1 (training data) it is 1: unset outputs are exactly 0, which is
    read as "not set".

    Parameters
    ----------
    length, n_ones : array_like
        Bits k, and bits m that are set, whole, 1 <= m <= k.
    ensemble_size : array_like
        Networks N > 0, finite; real values interpolate. All arguments broadcast.

    Returns
    -------
    array
        Probability in [0, 1], of the common shape.

    Raises
    ------
    ValueError
        For values outside these ranges, or shapes that do not broadcast.

    Notes
    -----
    Exact at infinite width; the first correction is O(1/sqrt width).

    References
    ----------
    Giapitzakis, Back de Luca, Fountoulakis 2025, arXiv:2502.16763: averaging an ensemble and rounding.

    Examples
    --------
    >>> print(f"{success_probability(6, 4, 12):.4f}")
    0.7362
    """
    from scipy.special import log_ndtr

    k, m = checked_inputs(length, n_ones)
    size = _ensemble(ensemble_size)
    try:
        k, m, size = np.broadcast_arrays(k, m, size)
    except ValueError:
        raise ValueError(
            f"shapes must broadcast to one shape, got ensemble_size {size.shape} and inputs {k.shape}"
        ) from None
    set_bits, unset_bits = signals(k, m)
    log = m * log_ndtr(np.sqrt(size) * set_bits) + (k - m) * log_ndtr(np.sqrt(size) * unset_bits)
    return np.exp(log)[()]


def expected_failures(length: int, ensemble_size: ArrayLike) -> FloatArray:
    """Expected number of the 2^k - 1 inputs on which an ensemble of N networks has a bit wrong.

    sum over m of binomial(k, m) (1 - success probability), summed as logarithms. It bounds the
    probability that any input fails (union bound), and equals the expected number exactly although the
    inputs are correlated.

    Parameters
    ----------
    length : int
        Bits k, whole, 1 <= k <= 1e7.
    ensemble_size : array_like
        Networks N > 0, finite; real values interpolate.

    Returns
    -------
    array
        Expected number, of the shape of `ensemble_size`; inf beyond 1e308.

    Raises
    ------
    ValueError
        For values outside these ranges.

    Notes
    -----
    Exact at infinite width; the first correction is O(1/sqrt width).

    References
    ----------
    Giapitzakis, Back de Luca, Fountoulakis 2025, arXiv:2502.16763: all inputs at once.

    Examples
    --------
    >>> print(f"{expected_failures(5, 455):.4f}")  # 0.9 of the ensembles fail nowhere
    0.0993
    """
    k = _affordable(whole_numbers("length", length, "inputs have one bit or more"))
    if k.ndim:
        raise ValueError(f"length has shape {k.shape}; needs one number")
    size = _ensemble(ensemble_size)
    failures = Failures(float(k))
    with np.errstate(over="ignore"):
        return np.exp(np.vectorize(failures.log_sum, otypes=[float])(size))[()]


def required_ensemble_size(
    length: ArrayLike, probability: ArrayLike, inputs: Literal["single", "all"]
) -> NDArray[np.int64]:
    """Smallest ensemble that is right with the given probability.

    "single": on any one input, the worst number m of set bits (m = 2). "all": on all 2^k - 1 inputs at
    once, as far as the union bound tells: `expected_failures` is at most 1 - probability.

    Parameters
    ----------
    length : array_like
        Bits k, whole, 2 <= k <= 1e7; time and memory are proportional to k (seconds at 1e6).
    probability : array_like
        0 < probability < 1; broadcasts with `length`.
    inputs : "single" or "all"

    Returns
    -------
    array of int
        Networks N >= 1, of the common shape.

    Raises
    ------
    ValueError
        For values outside these ranges, or another word for `inputs`.

    Notes
    -----
    Exact at infinite width, "all" up to the correlation of the inputs. One input: 2 v k log(k/(1 - p)) to
    leading order, v = 2.80 the limit of variance/(k mean_unset^2) at m = 2: linearithmic. All inputs:
    about three times as many, 16 k log k for k from 1e2 to 1e4, since the k^3/2 unset bits at m = 2 decide.
    Beyond k of about 2e4 nearly full inputs do (k - m of order sqrt k), and N grows as k^(3/2) log k. The
    published k^2, `sufficient_ensemble_size`, is sufficient, not necessary.

    References
    ----------
    Giapitzakis, Back de Luca, Fountoulakis 2025, arXiv:2502.16763: ensemble complexity k log k for one
    input, k^2 sufficient for all; needed size derived here.

    Examples
    --------
    >>> required_ensemble_size([5, 10, 20], 0.9, "single")
    array([205, 333, 579])
    >>> required_ensemble_size([5, 10, 20], 0.9, "all")
    array([ 455,  801, 1469])
    """
    if not isinstance(inputs, str) or inputs not in ("single", "all"):
        raise ValueError(f"inputs = {inputs!r}; needs 'single' or 'all'")
    if inputs == "single":
        return _each(length, probability, lambda k, log_p: (Failures(k).log_largest, log_p))
    return _each(length, probability, lambda k, log_p: (Failures(k).log_sum, log_p))


def sufficient_ensemble_size(length: ArrayLike, probability: ArrayLike) -> NDArray[np.int64]:
    """Ensemble that is right on all inputs even if each were as hard as the hardest.

    Every one of the 2^k - 1 inputs may fail with probability (1 - probability)/(2^k - 1): the smallest N
    at which the worst does. This is the route to the published size of order k^2.

    Parameters
    ----------
    length, probability : array_like
        As for `required_ensemble_size`.

    Returns
    -------
    array of int
        Networks N >= 1, of the common shape.

    Raises
    ------
    ValueError
        As for `required_ensemble_size`.

    Notes
    -----
    2 log(2) v k^2 = 3.89 k^2 to leading order in k, v = 2.80 as there. At infinite width it suffices; it
    is larger than needed since few inputs (those with m = 2) are as hard as that.

    References
    ----------
    Giapitzakis, Back de Luca, Fountoulakis 2025, arXiv:2502.16763: quadratic ensemble complexity.

    Examples
    --------
    >>> sufficient_ensemble_size([5, 10, 20], 0.9)
    array([ 582, 1197, 2976])
    """

    def problem(k: float, log_p: float) -> tuple[LogFailure, float]:
        return Failures(k).log_largest, log_p - k * np.log(2) - np.log1p(-(0.5**k))

    return _each(length, probability, problem)


def _each(
    length: ArrayLike,
    probability: ArrayLike,
    problem: Callable[[float, float], tuple[LogFailure, float]],
) -> NDArray[np.int64]:
    """Smallest sizes for each length and probability; `problem` gives log failure and its target."""
    k = _affordable(whole_numbers("length", length, "one input or more must be new", least=2))
    p = real_numbers("probability", probability)
    valid = (p > 0) & (p < 1)
    if not valid.all():
        raise ValueError(f"probability = {p[~valid][0]} is outside (0, 1): outputs are Gaussian")
    k, p = broadcast(length=k, probability=p)
    found = np.empty(k.shape, dtype=np.int64)
    for index in np.ndindex(k.shape):
        bits = float(k[index])
        found[index] = _smallest(*problem(bits, float(np.log1p(-p[index]))), bits)
    return found[()]


def _smallest(log_failure: LogFailure, target: float, k: float) -> int:
    """Smallest N with log_failure(N) <= target; log_failure falls almost linearly in N."""
    from scipy.optimize import brentq

    def above(size: float) -> float:
        return max(log_failure(size), -1e300) - target

    if above(1.0) <= 0:
        return 1
    low, high = 1.0, 6 * k * (np.log(k) - target)
    while above(high) > 0:
        low, high = high, 2 * high
    size = int(np.ceil(brentq(above, low, high, xtol=0.1)))
    while size > 1 and above(size - 1) <= 0:
        size -= 1
    while above(size) > 0:
        size += 1
    return size


def _affordable(k: FloatArray) -> FloatArray:
    if k.max() > _LONGEST:
        need = 8 * _ARRAYS * k.max() / 2**30
        raise ValueError(
            f"length = {k.max():g} is outside 1, ..., 1e7: the sum over its inputs needs {need:.1f} GiB"
        )
    return k


def _ensemble(ensemble_size: ArrayLike) -> FloatArray:
    size = real_numbers("ensemble_size", ensemble_size)
    if not ((size > 0) & (size < np.inf)).all():
        bad = size[~((size > 0) & (size < np.inf))][0]
        raise ValueError(f"ensemble_size = {bad} is outside (0, inf): networks are averaged")
    return size
