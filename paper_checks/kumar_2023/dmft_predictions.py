"""Mean-field predictions of Kumar et al. 2023 in the shapes of its claims, and altered ones.

A solve is sampled, so each prediction carries its standard error. Solves are kept: all claims about one setting,
and all alterations of a coordinate, read the same curves.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.predicting import Sampled
from lazyrich.theory.lazy_to_rich import quadratic_dmft as dmft

Array = NDArray[np.float64]

PATHS_TIMES_ROWS = 600_000
"""Paths of one solve times its steps and units."""
LARGEST_PATHS = 15_000
GROUPS = 8
"""Pairs of independent solves, whose spread gives the standard error of whatever is made of their means."""


@lru_cache(maxsize=16)
def _solves(n_steps: int, setting: tuple[tuple[str, Any], ...]) -> list[dmft.Solution]:
    given = dict(setting)
    n_paths = min(LARGEST_PATHS, PATHS_TIMES_ROWS // (n_steps * len(given["overlap"])))
    return [
        dmft.solve(
            n_steps=n_steps, n_paths=n_paths, n_repeats=2, tangents="hutchinson", rng=rng, **given
        )
        for rng in np.random.default_rng(2310).spawn(GROUPS)
    ]  # fmt: skip


def _sampled(
    of: Callable[[dmft.Solution, Array], Array], n_steps: int, setting: dict[str, Any]
) -> Sampled:
    """Mean and standard error of a function of a solve and of its steps."""
    solves = _solves(n_steps, tuple(sorted(setting.items())))
    found = np.array([of(solve, np.arange(n_steps + 1.0)) for solve in solves])
    return Sampled(found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(GROUPS))


def losses(step: Array, n_steps: int, **setting: Any) -> Sampled:
    """Train and test loss at the steps given, (2, steps); between steps and beyond the last interpolated."""
    return _sampled(
        lambda solve, at: np.array([np.interp(step, at, x) for x in (solve.train, solve.test)]),
        n_steps,
        setting,
    )


def loss_on_fresh_inputs(step: Array, n_steps: int, **setting: Any) -> Sampled:
    """Test loss only, (steps,); a cubic spline between steps."""
    from scipy.interpolate import CubicSpline

    return _sampled(lambda solve, at: CubicSpline(at, solve.test)(step), n_steps, setting)


def train_level(train_level: Array, **_: Any) -> Array:
    """Altered: fresh inputs are met as well as the samples."""
    return train_level


def without_gap(step: Array, n_steps: int, **setting: Any) -> Sampled:
    """Altered: fresh inputs are met as well as the samples."""
    found = losses(step, n_steps, **setting)
    return found._replace(value=found.value[[0, 0]])


def late_clock(step: Array, n_steps: int, **setting: Any) -> Sampled:
    """Altered: all happens 30 % later."""
    return losses(np.asarray(step) / 1.3, n_steps, **setting)


def other_start(step: Array, n_steps: int, centered: bool, **setting: Any) -> Sampled:
    """Altered: the outputs of the start are subtracted, or not."""
    return losses(step, n_steps, centered=not centered, **setting)


def counting_label_noise(step: Array, n_steps: int, noise_var: float, **setting: Any) -> Sampled:
    """Altered: the test loss counts the labels' noise."""
    found = losses(step, n_steps, noise_var=noise_var, **setting)
    return found._replace(value=found.value + np.array([[0.0], [noise_var]]))


def linear_without_gap(step: Array, n_steps: int, **setting: Any) -> Array:
    """Altered: as `without_gap`."""
    return losses_only(step, n_steps, **setting)[[0, 0]]


def losses_only(step: Array, n_steps: int, **setting: Any) -> Array:
    """As `losses`, where the standard error is too small to count."""
    return losses(step, n_steps, **setting).value


def loss_against_loss(train_level: Array, n_steps: int, **setting: Any) -> Sampled:
    """Test loss where the train loss first falls to each level."""

    def at_levels(solve: dmft.Solution, at: Array) -> Array:
        fallen = -np.log(np.minimum.accumulate(solve.train))
        return np.interp(np.interp(-np.log(train_level), fallen, at), at, solve.test)

    return _sampled(at_levels, n_steps, setting)


def overlaps(step: Array, n_steps: int, **setting: Any) -> Sampled:
    """m_i of each neuron, (steps, N)."""
    return _sampled(
        lambda solve, at: np.column_stack([np.interp(step, at, x) for x in solve.overlap.T]),
        n_steps,
        setting,
    )


def swapped_overlaps(step: Array, n_steps: int, **setting: Any) -> Array:
    """Altered: the neurons' roles are exchanged."""
    return overlaps(step, n_steps, **setting).value[:, ::-1]


def correlations(step: Array, n_steps: int, **setting: Any) -> Sampled:
    """tr C(t, s)/N for all pairs s <= t of the steps given, in the order of `numpy.tril_indices`."""
    at = np.asarray(step, dtype=int)
    pairs = np.tril_indices(len(at))
    return _sampled(
        lambda solve, _: np.einsum("tsii->ts", solve.correlation)[np.ix_(at, at)][pairs] / len(
            setting["overlap"]
        ),
        n_steps,
        setting,
    )  # fmt: skip


def turned_weights(step: Array, n_steps: int, **setting: Any) -> Array:
    """Altered: C(t, s) = sqrt(C(t, t) C(s, s)), weights that grow but do not turn."""
    found = correlations(step, n_steps, **setting).value
    rows, columns = np.tril_indices(len(step))
    size = np.sqrt(found[rows == columns])
    return size[rows] * size[columns]


def growth_in_a_step(quadratic_strength: Array, overlap: float, **setting: Any) -> Array:
    """m(1)/m(0) - 1 for each eps; matched normals leave it without sampling error, whatever the paths."""
    found = [
        dmft.solve(
            n_steps=1, quadratic_strength=float(eps), overlap=[overlap], n_paths=200, n_repeats=2,
            rng=np.random.default_rng(2310), **setting,
        )
        for eps in quadratic_strength
    ]  # fmt: skip
    return np.array([each.overlap[1, 0] for each in found]) / overlap - 1


def growth_without_teacher_response(
    quadratic_strength: Array, scaled_learning_rate: float, output_scale: float, teacher_power: float = 1.0,
    **_: Any,
) -> Array:  # fmt: skip
    """Altered: b beta left out of the weights' motion, B w kept."""
    return scaled_learning_rate / output_scale * np.asarray(quadratic_strength) * teacher_power / 2


def quadratic_form_moment() -> Any:
    """E (b.x + x^T A x/2)^2 of two correlated Gaussians, A = ((a, c), (c, d)), b = (k, l)."""
    import sympy

    a, c, d, k, l, s = sympy.symbols("a c d k l s", real=True)
    A, S, b = (
        sympy.Matrix([[a, c], [c, d]]),
        sympy.Matrix([[1, s], [s, 1 + s**2]]),
        sympy.Matrix([k, l]),
    )
    AS = A * S
    return (b.T * S * b)[0] + AS.trace() ** 2 / 4 + (AS * AS).trace() / 2


def overlap_after_a_step() -> Any:
    """m(1) of one centred unit of unit length."""
    import sympy

    m, eps, rate, alpha, q = sympy.symbols("m eps rate alpha q", positive=True)
    return m * (1 + sympy.Rational(3, 2) * rate / alpha * eps * q)
