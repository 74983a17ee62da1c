"""Ensembles of networks for the figures, their times, and the legend of the two marks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]


def ensemble(measure: Callable[..., Array], n_seeds: int, **given: Any) -> tuple[Array, Array]:
    """Mean over seeds and its standard error."""
    if n_seeds < 2:
        raise ValueError(f"n_seeds {n_seeds}; needs 2 or more for an error bar")
    seeds = np.random.SeedSequence(2603).spawn(n_seeds)
    found = np.array([measure(np.random.default_rng(seed), **given) for seed in seeds])
    return found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(n_seeds)


def times_between(first: float, last: float, points: int) -> Array:
    """Times evenly spread in log t."""
    if not 0 < first < last < np.inf:
        raise ValueError(f"times from {first} to {last}; needs 0 < first < last, finite")
    return np.geomspace(first, last, points)


def explain_marks(axes: Axes) -> None:
    """A legend of the two marks, whatever the colours of the curves."""
    handles = [
        theory_line(axes, [], [], color="0.3", label="theory"),
        simulation_points(axes, [], [], color="0.3", label="network"),
    ]
    axes.figure.legend(handles=handles, loc="outside upper left", ncols=2)
