r"""A one-unit linear network that learns from data with two opposing groups of outliers.

The network f = c (b_s . x_s + b_o . x_o) learns by full-batch gradient descent on E (y - f)^2/2 from the
data of :mod:`opposing_data`. Gradient, losses and Hessian are computed from the second moments of each
group, of a whole population or of finitely many examples.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.memory import require_memory
from lazyrich.solvers.networks.opposing_data import Data
from lazyrich.solvers.networks.opposing_signals_kernel import descend

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

DIVERGED = 1e8
"""Training has diverged once the loss exceeds this many times its start plus E y^2."""

_FLOP_PER_CALL = 1e8  # a compiled call ends within a fraction of a second, so that Ctrl-C works


class Trajectory(NamedTuple):
    """What was recorded while training; the first axis is time."""

    steps: Steps
    """Number of updates made before each record, (T,)."""
    c: Array
    """Second-layer weight, (T,)."""
    b_s: Array
    """First-layer weights of the signal, (T, d_s)."""
    b_o: Array
    """First-layer weights of the outliers, (T, d_o); 0 where they are below the smallest float."""
    log_b_o: Array
    """log |b_o|, also there, (T,); -inf for b_o = 0."""
    loss: Array
    """E (y - f)^2/2, (T,)."""
    group_losses: Array
    """The same within each of the `GROUPS`, (T, 3); nan for a group without examples."""


def train(
    data: Data, b_s: ArrayLike, b_o: ArrayLike, c: float, learning_rate: float, steps: ArrayLike
) -> Trajectory:
    """Full-batch gradient descent on E (y - f)^2/2, recorded after given numbers of updates.

    Parameters
    ----------
    data : Data
    b_s, b_o : array_like, (d_s,) and (d_o,)
        First-layer weights at the start.
    c : float
        Second-layer weight at the start.
    learning_rate : float
        > 0.
    steps : array_like of int, increasing
        Numbers of updates after which to record, >= 0.

    Returns
    -------
    Trajectory

    Raises
    ------
    ValueError
        For values outside these ranges or shapes that do not fit.
    FloatingPointError
        Where training diverges, with the step.

    Notes
    -----
    Where x_o has no moment with x_s and y, b_o falls below the smallest float and comes back;
    elsewhere the moments hold it at a floor.

    Examples
    --------
    >>> from lazyrich.solvers.networks.opposing_data import population
    >>> run = train(population([2.0], 1, 10.0, 0.5), [0.1], [0.1], 0.1, 0.01, [0, 300, 3000])
    >>> print(run.c.round(3), run.log_b_o.round())
    [0.1   1.411 1.412] [-2.000e+00 -5.410e+02 -1.671e+04]
    """
    xx, yx, yy = data.whole()
    n = data.n_signal
    state = _checked_start(data, b_s, b_o, c)
    at = np.asarray(steps)
    if (
        at.ndim != 1
        or at.size == 0
        or at.dtype.kind not in "iu"
        or at[0] < 0
        or np.any(np.diff(at) <= 0)
    ):
        raise ValueError(f"steps = {steps!r} must be increasing counts of updates, from 0 on")
    at = at.astype(np.int64)
    if not (np.isfinite(learning_rate) and learning_rate > 0):
        raise ValueError(f"learning_rate = {learning_rate} is outside (0, inf)")
    require_memory(32.0 * len(at) * len(state), "the recorded weights")
    records, exponents = np.empty((len(at), len(state))), np.zeros(len(at), dtype=np.int64)
    bound = DIVERGED * (float(_loss(state[:1], state[None, 1:], xx, yx, yy)[0]) + yy)
    apart = not (yx[n:].any() or xx[:n, n:].any())
    updates = 1 + int(_FLOP_PER_CALL / (2 * len(yx) ** 2 + 50))
    end, exponent = int(at[-1]) + 1, 0
    for first in range(0, end, updates):
        stop = min(first + updates, end)
        step, exponent = descend(
            state, xx, yx, yy, n, learning_rate, bound, first, stop, exponent, apart,
            at, records, exponents,
        )  # fmt: skip
        if step >= 0:
            raise FloatingPointError(
                f"training diverged at step {step}: the loss passed {DIVERGED:g} times its scale. "
                f"learning_rate = {learning_rate} is too large"
            )
    return _trajectory(data, at, records, exponents)


def hessian(data: Data, c: float, b_s: ArrayLike, b_o: ArrayLike) -> Array:
    """Dense Hessian of the loss in (c, b_s, b_o): Gauss-Newton part plus residual part.

    E of (df)(df)^T - (y - f) d^2 f, with df/dc = b . x, df/db = c x, d^2 f/(dc db) = x.

    Examples
    --------
    >>> from lazyrich.solvers.networks.opposing_data import population
    >>> at = hessian(population([2.0], 1, 10.0, 0.5), 1.0, [2.0], [0.0])
    >>> np.linalg.eigvalsh(at).round(6)  # a minimum: not negative
    array([ 0.,  5., 50.])
    """
    xx, yx, _ = data.whole()
    state = _checked_start(data, b_s, b_o, c)
    c, b = state[0], state[1:]
    output = xx @ b
    found = np.empty((len(state), len(state)))
    found[0, 0] = b @ output
    found[0, 1:] = found[1:, 0] = c * output + (c * output - yx)
    found[1:, 1:] = c**2 * xx
    return found


def _loss(c: Array, b: Array, xx: Array, yx: Array, yy: float) -> Array:
    quadratic = np.einsum("ti,ij,tj->t", b, xx, b, optimize=True)
    return (c**2 * quadratic - 2 * c * (b @ yx) + yy) / 2


def _trajectory(data: Data, steps: Steps, records: Array, exponents: Steps) -> Trajectory:
    n = 1 + data.n_signal
    largest = np.abs(records[:, n:]).max(axis=1)
    with np.errstate(divide="ignore"):
        scaled = records[:, n:] / np.where(largest > 0, largest, 1.0)[:, None]
        log_b_o = np.log(largest) + np.log(np.linalg.norm(scaled, axis=1))
    log_b_o += exponents * np.log(2.0)
    weights = records.copy()
    weights[:, n:] = np.ldexp(records[:, n:], exponents[:, None])
    c, b = weights[:, 0], weights[:, 1:]
    groups = np.full((len(steps), 3), np.nan)
    for k in np.flatnonzero(data.share):
        groups[:, k] = _loss(c, b, data.sigma_xx[k], data.sigma_yx[k], float(data.sigma_yy[k]))
    loss = _loss(c, b, *data.whole())
    return Trajectory(steps, c, weights[:, 1:n], weights[:, n:], log_b_o, loss, groups)


def _checked_start(data: Data, b_s: ArrayLike, b_o: ArrayLike, c: float) -> Array:
    signal, outlier = np.asarray(b_s, dtype=np.float64), np.asarray(b_o, dtype=np.float64)
    n_outliers = data.sigma_yx.shape[1] - data.n_signal
    for name, array, length in (("b_s", signal, data.n_signal), ("b_o", outlier, n_outliers)):
        if array.shape != (length,):
            raise ValueError(f"{name} has shape {array.shape}; the data need ({length},)")
    state = np.array([c, *signal, *outlier], dtype=np.float64)
    if not np.isfinite(state).all():
        raise ValueError("c, b_s and b_o must be finite")
    return state
