"""Students on finite random designs: mean and standard error over designs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def check_end(first: float, last: float) -> None:
    """Refuse an end before the first time shown."""
    if not first < last < np.inf:
        raise ValueError(f"t_end {last}; needs a finite t_end > {first}")


def times_of_marks(first: float, last: float) -> Array:
    """Fourteen times, evenly spread in the logarithm."""
    check_end(first, last)
    return np.geomspace(first, last, 14)


def over_designs(
    measure: Callable[[np.random.Generator], Any], *, designs: int, seed: int
) -> tuple[Array, Array]:
    """Mean of a measurement over independent designs, and its standard error."""
    if designs < 2:
        raise ValueError(f"designs {designs}; needs 2 or more for an error bar")
    found = np.array([measure(rng) for rng in np.random.default_rng(seed).spawn(designs)])
    return found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(designs)


def averaged_over_designs(
    ratios: Array, t: Array, physics: Mapping[str, float], *, n_inputs: int, **ensemble: Any
) -> tuple[Array, Array]:
    """Test error, train error and weight norm: (3, times, ratios) and their standard errors."""
    from lazyrich.paper_checks.measurements.advani_2017.designs import design_errors

    whole = np.rint(ratios * n_inputs) / n_inputs
    if n_inputs < 1 or not np.allclose(whole, ratios):
        raise ValueError(f"n_inputs {n_inputs}; needs whole numbers of samples at all {ratios}")

    def measure(rng: np.random.Generator) -> Array:
        return np.stack(
            [design_errors(rng, n_inputs, t, ratio, **physics) for ratio in ratios], axis=-1
        )

    return over_designs(measure, **ensemble)
