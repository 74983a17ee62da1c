"""Checks at the door of a judgement: shapes, finite numbers, enough seeds and sizes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.paper_checks.evidence.extrapolation import Floats

MIN_SEEDS = 8
MIN_SIZES = 3
MIN_SPAN = 16.0


def check_finite(**values: float) -> None:
    """Refuse a parameter that is not finite, naming it."""
    for name, value in values.items():
        if not np.isfinite(value):
            raise ValueError(f"{name} = {value} is not finite")


def check_positive(**values: float) -> None:
    """Refuse a parameter that is not positive and finite, naming it."""
    for name, value in values.items():
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name} = {value} must be positive and finite")


def check_gaps(gaps: Floats, row: str) -> None:
    """Refuse gaps (rows, J) that are not finite, naming the first; `row` says what a row is."""
    bad = np.argwhere(~np.isfinite(gaps))
    if len(bad):
        i, j = bad[0]
        raise ValueError(f"the gap at {row} {i}, point {j} is {gaps[i, j]}, not a number")


def checked_error(error: ArrayLike | None, points: int) -> Floats:
    """Standard errors (J,) of the prediction, 0 where none are given, after their checks."""
    found = np.zeros(points) if error is None else np.asarray(error, dtype=np.float64)
    if found.shape != (points,):
        raise ValueError(f"prediction_error has shape {found.shape}, the gaps {points} points")
    bad = np.flatnonzero(~(np.isfinite(found) & (found >= 0)))
    if len(bad):
        raise ValueError(f"prediction_error at point {bad[0]} is {found[bad[0]]}; it must be >= 0")
    return found


def checked_sizes(gaps: Sequence[ArrayLike], sizes: Sequence[float]) -> tuple[list[Floats], Floats]:
    """Gaps and sizes in ascending order of size, after all their checks."""
    samples = [np.asarray(g, dtype=np.float64) for g in gaps]
    n = np.asarray(sizes, dtype=np.float64)
    if len(samples) != n.size or n.ndim != 1 or n.size == 0:
        raise ValueError(f"{len(samples)} arrays of gaps for {n.size} sizes; one each is needed")
    for size in n:
        check_positive(size=float(size))
    if n.size > 1 and (len(np.unique(n)) < max(MIN_SIZES, n.size) or np.ptp(n) == 0):
        raise ValueError(f"sizes {n.tolist()}: {MIN_SIZES} or more different ones are needed")
    if n.max() < MIN_SPAN * n.min() * (1 - 1e-12) and n.size > 1:
        raise ValueError(f"sizes span {n.max() / n.min():.3g}, less than {MIN_SPAN:g}")
    for g, size in zip(samples, n, strict=True):
        if g.ndim != 2 or g.shape[1] == 0 or g.shape[1] != samples[0].shape[-1]:
            raise ValueError(f"gaps at size {size:g} have shape {g.shape}; (seeds, points) needed")
        if len(g) < MIN_SEEDS:
            raise ValueError(f"{len(g)} seeds at size {size:g}; at least {MIN_SEEDS} are needed")
        check_gaps(g, f"size {size:g}, seed")
        if np.all(g.max(axis=0) == g.min(axis=0)):
            raise ValueError(f"all seeds agree exactly at size {size:g}: the seed is not used")
    ascending = np.argsort(n)
    return [samples[k] for k in ascending], n[ascending]


def checked_steps(steps: Sequence[float], gaps: Floats) -> tuple[Floats, Floats]:
    """Steps, and the gaps' rows with them, from large to small."""
    h = np.asarray(steps, dtype=np.float64)
    if h.ndim != 1 or len(h) != len(gaps) or len(h) < 2 or len(np.unique(h)) != len(h):
        raise ValueError(f"steps {h.tolist()} for {len(gaps)} rows: two or more different ones")
    for step in h:
        check_positive(step=float(step))
    descending = np.argsort(-h)
    return h[descending], gaps[descending]
