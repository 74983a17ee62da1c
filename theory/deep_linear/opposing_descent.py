"""Gradient descent of the opposing-signals model; reached through `opposing_signals`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.deep_linear.opposing_start import (
    FloatArray,
    Start,
    positive,
    reduced_start,
)

_DIVERGED = 1e50
_REST = 1e-14  # relative residual of the signal at which c no longer moves
_NO_PULL = -80.0  # log of the relative outlier loss below which it does not act back on c


class Descent(NamedTuple):
    """Gradient descent: c, b_s, log |b_o|, and the sign by which b_o has turned."""

    c: FloatArray
    b_s: FloatArray
    log_b_o: FloatArray
    sign: FloatArray


class _State(NamedTuple):
    c: float
    along: float
    across: float
    log_b_o: float
    sign: float


def _descending(start: Start, rate: float) -> Iterator[_State]:
    """States of gradient descent from step 0 on."""
    s, alpha = start.teacher_norm, start.outlier_power
    c, a, r, log_b_o, sign = start.c, start.along, start.across, start.log_b_o, 1.0
    step = 0
    while True:
        yield _State(c, a, r, log_b_o, sign)
        residual = c * a - s
        b_o_sq = math.exp(2 * log_b_o)
        factor = 1 - rate * alpha * c * c
        gradient = a * residual + c * r * r + alpha * c * b_o_sq
        a -= rate * c * residual
        r -= rate * c * c * r
        c -= rate * gradient
        log_b_o += math.log(abs(factor)) if factor else -math.inf
        sign = math.copysign(1.0, factor) * sign
        step += 1
        if not (abs(c) < _DIVERGED and abs(a) < _DIVERGED and log_b_o < math.log(_DIVERGED)):
            raise FloatingPointError(
                f"gradient descent diverged at step {step}: learning_rate = {rate} is too large "
                "for the catapult to end"
            )


def descent(
    steps: ArrayLike,
    beta: ArrayLike,
    outlier_power: float,
    b_s: ArrayLike,
    b_o: ArrayLike,
    c: float,
    learning_rate: float,
) -> Descent:
    """c, b_s and b_o after given steps of gradient descent, exactly, in five numbers.

    Loss abs(c b_s - beta)^2/2 + alpha c^2 abs(b_o)^2/2. With s = abs(beta) and b_s = a beta/s + r,
    r orthogonal to beta, neither the direction of r nor that of b_o changes::

        c <- c - eta [a (c a - s) + c r^2 + alpha c abs(b_o)^2],     a <- a - eta c (c a - s),
        r <- (1 - eta c^2) r,     log abs(b_o) <- log abs(b_o) + log abs(1 - eta alpha c^2),

    and b_o turns by the sign of 1 - eta alpha c^2: it alternates from step to step beyond
    eta alpha c^2 = 1 and grows beyond 2. Every sum of log abs(1 - eta alpha c^2) contains a deep dip
    where eta alpha c^2 passes 1; b_o itself may underflow there and is therefore kept as a logarithm.

    Parameters
    ----------
    steps : array_like of int
        Numbers of updates, >= 0, any shape (...).
    beta, b_s : array_like, (d_s,)
        Teacher (not zero) and first-layer weights of the signal at the start.
    outlier_power : float
        alpha > 0, with E x_o x_o^T = alpha I.
    b_o : array_like, (d_o,)
        First-layer weights of the outliers at the start.
    c : float
        Second-layer weight at the start.
    learning_rate : float
        eta > 0.

    Returns
    -------
    Descent
        c (...), b_s (..., d_s), log_b_o (...), sign (...): b_o is sign exp(log_b_o) times the unit
        vector of its start.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.
    FloatingPointError
        Where the descent diverges, with the step.

    Notes
    -----
    Exact, for perfectly opposing signals (kappa = 0).

    References
    ----------
    Rosenfeld, Risteski 2023, arXiv:2311.04163, for the model; the reduction is derived here.

    Examples
    --------
    >>> path = descent([0, 1, 2], [2.0], 50.0, [1.0], [1e-3], 1.0, 0.03)
    >>> print(path.c.round(6), path.sign)
    [1.       1.029998 1.059016] [ 1. -1.  1.]
    """
    start = reduced_start(beta, outlier_power, b_s, b_o, c)
    rate = positive("learning_rate", learning_rate, "a step of gradient descent")
    wanted = _checked_steps(steps)
    last = int(wanted.max())
    states = [state for state, _ in zip(_descending(start, rate), range(last + 1), strict=False)]
    table = np.array(states).T[:, wanted]
    return Descent(table[0][()], start.b_s(table[1], table[2]), table[3][()], table[4][()])


def _checked_steps(steps: ArrayLike) -> NDArray[np.int64]:
    given = np.asarray(steps)
    if given.size == 0 or given.dtype.kind not in "iu" or (given < 0).any():
        raise ValueError(f"steps = {steps!r} is outside {{0, 1, 2, ...}}: updates are counted")
    return given.astype(np.int64)


def spike_step(
    beta: ArrayLike,
    outlier_power: float,
    b_s: ArrayLike,
    b_o: ArrayLike,
    c: float,
    learning_rate: float,
    *,
    threshold: float = 1e-4,
) -> float:
    """Step of gradient descent at which the outliers' loss has regrown: the delayed loss spike.

    The first step at which b_o grows, eta alpha c^2 > 2, and alpha c^2 abs(b_o)^2/2 >= threshold
    abs(beta)^2. Until then b_o shrinks by 1 - eta alpha c^2 a step over many orders of magnitude,
    log abs(b_k) = log abs(b_0) + sum_{j<k} log abs(1 - eta alpha c_j^2), which is why the spike comes
    long after sharpness has passed 2/eta. The sum runs over the steps of `descent`; while c
    rests and b_o is too small to move it, steps at a constant rate are skipped.

    Parameters
    ----------
    beta, outlier_power, b_s, b_o, c, learning_rate
        As for `descent`.
    threshold : float
        Outlier loss that counts as a spike, > 0, in units of abs(beta)^2.

    Returns
    -------
    float
        Number of updates; inf if the spike never comes (b_o = 0, or a rate below the threshold).

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact, for perfectly opposing signals (kappa = 0) and full batches: noise or an imbalance
    holds b_o at a floor from which the spike comes earlier. The pull of b_o on c at the start
    cannot be neglected unless alpha abs(b_o)^2 is small against abs(beta). Where eta exceeds the threshold
    by less than the spike itself lowers c^2 (about 2 threshold relative), b_o saturates: inf. Costs about
    1e-6 s a step until the signal is learned.

    References
    ----------
    Rosenfeld, Risteski 2023, arXiv:2311.04163, for the model; the sum is derived here.

    Examples
    --------
    The smaller the outlier weights become, the later the spike; below 2/(alpha abs(beta)) it never comes:

    >>> start = dict(beta=[2.0, 0.0], outlier_power=50.0, b_s=[0.1, 0.05], c=0.1)
    >>> [spike_step(**start, b_o=[b], learning_rate=0.024) for b in (0.1, 1e-100, 1e-300)]
    [198.0, 874.0, 2247.0]
    >>> spike_step(**start, b_o=[0.1], learning_rate=0.0196)
    inf
    """
    start = reduced_start(beta, outlier_power, b_s, b_o, c)
    rate = positive("learning_rate", learning_rate, "a step of gradient descent")
    level = math.log(positive("threshold", threshold, "the outlier loss of a spike, per |beta|^2"))
    return _spike(start, rate, level)


def _spike(start: Start, rate: float, level: float) -> float:
    """Step from `start` to the spike; steps at which c rests and feels no pull are skipped."""
    for step, state in enumerate(_descending(start, rate)):
        if state.log_b_o == -math.inf:
            return math.inf
        growth = rate * start.outlier_power * state.c**2
        lost = _log_outlier_loss(state, start)
        if growth > 2 and lost >= level:
            return float(step)
        if not _at_rest(state, start, rate):
            continue
        if growth <= 2 and lost < level:
            return math.inf
        if growth > 2 and lost < min(level, _NO_PULL):
            gain = math.log(growth - 1)
            skipped = math.ceil((min(level, _NO_PULL) - lost) / (2 * gain))
            log_b_o = state.log_b_o + skipped * gain
            later = start._replace(
                c=state.c, along=state.along, across=state.across, log_b_o=log_b_o
            )
            return step + skipped + _spike(later, rate, level)
    raise AssertionError("the descent is endless")


def _log_outlier_loss(state: _State, start: Start) -> float:
    """log of alpha c^2 |b_o|^2/2 / |beta|^2."""
    if state.c == 0:
        return -math.inf
    relative = math.log(start.outlier_power / 2) - 2 * math.log(start.teacher_norm)
    return relative + 2 * (math.log(abs(state.c)) + state.log_b_o)


def _at_rest(state: _State, start: Start, rate: float) -> bool:
    """Whether the signal's gradient vanishes: learned, or exactly on the saddle."""
    s = start.teacher_norm
    small = max(_REST, 0.1 * _REST / (rate * s))  # updates below the last digit change nothing
    along, across = abs(state.c * state.along - s), abs(state.c * state.across)
    learned = along <= small * s and across <= math.sqrt(small) * 1e-2 * s
    return learned or (state.c == 0 and state.along == 0)
