"""Points of the figures: means and standard errors over random designs, and their legend."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]


def mean_and_error(
    measurement: Callable[..., Array], n_designs: int, seed: int, **given: Any
) -> tuple[Array, Array]:
    """Mean of the measurement over `n_designs` >= 2 designs, and its standard error."""
    if n_designs < 2:
        raise ValueError(f"n_designs {n_designs}; needs 2 or more, for an error bar")
    spawned = np.random.SeedSequence(seed).spawn(n_designs)
    found = np.array([measurement(np.random.default_rng(each), **given) for each in spawned])
    return found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(n_designs)


def explain_marks(axes: Axes) -> None:
    """A legend of the two marks, whatever the colours of the curves."""
    handles: list[Any] = [
        theory_line(axes, [], [], color="0.3", label="theory"),
        simulation_points(axes, [], [], color="0.3", label="mean of random designs"),
    ]
    axes.figure.legend(handles=handles, loc="outside upper left", ncols=2)
