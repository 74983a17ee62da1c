"""Panels of Gauss-Legendre nodes, halved until a function is resolved on each of them.

A function with singularities at the ends or kinks inside is covered by panels that shrink
geometrically towards them, so its integrals against smooth weights converge to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ORDER = 24  # nodes of a panel
TAIL = 4  # the last Legendre coefficients, which measure what is not resolved
DEEPEST = 48  # halvings of a first panel
MOST = 40_000  # panels


class NotResolved(ValueError):
    """More panels or halvings than allowed would be needed."""


class Panels(NamedTuple):
    """Left and right ends, and the integral of the function's modulus."""

    left: Array
    right: Array
    modulus: float


def resolved_panels(
    function: Callable[[Array], Array],
    start: float,
    stop: float,
    *,
    longest: float,
    tolerance: float,
) -> Panels:
    """Panels of [start, stop] on which `function` is a polynomial of degree below `ORDER`.

    Parameters
    ----------
    function : takes an array of points inside (start, stop), returns as many finite numbers.
    longest : the longest panel: what the function is integrated against must be smooth on it.
    tolerance : what a panel may leave unresolved, as a share of the integral of the modulus.

    Raises
    ------
    NotResolved
        Where `DEEPEST` halvings or `MOST` panels do not resolve the function.

    Examples
    --------
    >>> panels = resolved_panels(np.sqrt, 0.0, 1.0, longest=1.0, tolerance=1e-14)
    >>> x, weights = nodes(panels.left, panels.right)
    >>> print(f"{weights @ np.sqrt(x):.12f}")
    0.666666666667
    """
    edges = np.linspace(start, stop, 1 + max(8, int(np.ceil((stop - start) / longest))))
    left, right = edges[:-1], edges[1:]
    done: list[tuple[Array, Array]] = []
    modulus, shortest = 0.0, (stop - start) * 2.0**-DEEPEST / len(left)
    while len(left):
        if len(left) + sum(len(ends[0]) for ends in done) > MOST:
            raise NotResolved(f"not resolved by {MOST} panels; the last lie near {left[0]:.6g}")
        x, weights = nodes(left, right)
        values = function(x)
        if not modulus:
            modulus = float(weights @ np.abs(values))
        shaped = values.reshape(len(left), ORDER)
        length = right - left
        missed = length * np.abs(shaped @ _to_legendre().T)[:, -TAIL:].max(axis=1)
        unresolved = missed > tolerance * modulus
        # What the shortest panels hold is as small as what others miss, whatever its shape.
        ended = unresolved & (length < 2 * shortest)
        if np.any((length * np.abs(shaped).max(axis=1))[ended] > 1e3 * tolerance * modulus):
            where = left[ended][0]
            raise NotResolved(f"not resolved by {DEEPEST} halvings near {where:.6g}")
        split = unresolved & ~ended
        done.append((left[~split], right[~split]))
        middle = (left[split] + right[split]) / 2
        left, right = np.append(left[split], middle), np.append(middle, right[split])
    lefts = np.concatenate([ends[0] for ends in done])
    rights = np.concatenate([ends[1] for ends in done])
    order = np.argsort(lefts)
    return Panels(lefts[order], rights[order], modulus)


def nodes(left: Array, right: Array) -> tuple[Array, Array]:
    """Points and weights of all panels, joined: each has ``ORDER * len(left)`` entries."""
    x, weights = np.polynomial.legendre.leggauss(ORDER)
    half = (right - left)[:, None] / 2
    return (left[:, None] + half * (1 + x)).ravel(), (half * weights).ravel()


def _to_legendre() -> Array:
    """Matrix from values at the nodes to Legendre coefficients."""
    x, weights = np.polynomial.legendre.leggauss(ORDER)
    powers = np.arange(ORDER)
    basis = np.polynomial.legendre.legvander(x, ORDER - 1)
    return (powers[:, None] + 0.5) * basis.T * weights
