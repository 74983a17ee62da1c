"""Integrals over the Marchenko-Pastur law on either side of a cut.

Eigenvalues l of X X^T, inputs of variance 1/N, P = sample_ratio x N samples; the continuous part of the
law lies between (1 - sqrt(sample_ratio))^2 and (1 + sqrt(sample_ratio))^2. A student that starts at 0 has
learned the share 1 - q, q = exp(-l t), along a direction, by the time t.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.double_descent.marchenko_pastur import Nodes, edges

FloatArray = NDArray[np.float64]

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(24)
_FINEST = 0.05
_LARGEST = 2**20  # entries of a table of times and nodes
_DECAYED = 750.0  # exp(-750) is 0 in double precision


class Integrals(NamedTuple):
    """Integrals over one side of the cut, without the zeros of the spectrum; each of t's shape."""

    mass: FloatArray
    """int rho."""
    learned: FloatArray
    """int rho (1 - q)."""
    learned_squared: FloatArray
    """int rho (1 - q)^2."""
    decayed_squared: FloatArray
    """int rho q^2."""
    spread: FloatArray
    """int rho (1 - q - c)^2, c the mean of 1 - q over this side."""
    noise: FloatArray
    """int rho (1 - q)^2/l; inf where it diverges, at the sample ratio 1 and t = inf."""


def integrals_beside(
    cut: FloatArray, sample_ratio: FloatArray, t: FloatArray
) -> tuple[Integrals, Integrals]:
    """Integrals up to the cut, and above it, for arguments of one shape."""
    given = np.stack([np.ravel(each) for each in (cut, sample_ratio, t)])
    found = np.empty((2, len(Integrals._fields), given.shape[1]))
    pairs, group = np.unique(given[:2], axis=1, return_inverse=True)
    for k, (at, a) in enumerate(pairs.T):
        chosen = group.ravel() == k
        times = given[2, chosen]
        finite = times[times < np.inf]
        sides = nodes_beside(at, a, float(finite.max(initial=0.0)))
        for side, nodes in enumerate(sides):
            chunks = np.array_split(times, 1 + times.size * len(nodes.weights) // _LARGEST)
            found[side][:, chosen] = np.hstack([_integrals(nodes, chunk) for chunk in chunks])
        if a == 1:
            found[int(at == 0), -1, chosen] = np.where(
                times == np.inf, np.inf, found[int(at == 0), -1, chosen]
            )
    shape = (len(Integrals._fields), *np.shape(t))
    below, above = (Integrals(*side.reshape(shape)) for side in found)
    return below, above


def nodes_beside(cut: float, sample_ratio: float, largest_t: float) -> tuple[Nodes, Nodes]:
    """Nodes for the eigenvalues up to `cut`, and for those above it; both without the zeros.

    With l = l_- + (l_+ - l_-) sin(phi/2)^2 the weight 2 a sin(phi)^2/(pi l) dphi is smooth. Its integrals
    against functions of l t have features of the widths of the gap below l_- and of 1/sqrt(t) near
    phi = 0: panels double from there, and one of them ends at the cut.
    """
    a = sample_ratio
    lower, width = float(edges(a).lower), 4 * np.sqrt(a)
    at_cut = 2 * np.arcsin(np.sqrt(np.clip((cut - lower) / width, 0, 1)))
    longest = min(largest_t, _DECAYED / lower) if lower > 0 else largest_t
    panels = _panel_ends(a, longest, at_cut)
    below = np.append(panels[panels < at_cut], at_cut)
    above = np.append(at_cut, panels[panels > at_cut])
    return _nodes(below, a, lower, width), _nodes(above, a, lower, width)


def _panel_ends(a: float, largest_t: float, at_cut: float) -> FloatArray:
    scales = [1.0]
    if a != 1:
        scales.append(abs(1 - a) / ((1 + np.sqrt(a)) * a**0.25))
    if largest_t > 0:
        scales.append(1 / (a**0.25 * np.sqrt(largest_t)))
    finest = _FINEST * min(scales)
    if at_cut > 0:  # without a gap 1/l is as steep at the cut as the cut is small
        finest = min(finest, at_cut)
    doublings = int(np.ceil(np.log2(np.pi / finest)))
    return np.append(0.0, np.pi * 2.0 ** np.arange(-doublings, 1))


def _nodes(ends: FloatArray, a: float, lower: float, width: float) -> Nodes:
    half = np.diff(ends)[:, None] / 2
    phi = (ends[:-1, None] + half * (1 + _POINTS)).ravel()
    eigenvalues = lower + width * np.sin(phi / 2) ** 2
    density = 2 * a / np.pi * np.sin(phi) ** 2 / eigenvalues
    return Nodes(eigenvalues, (half * _WEIGHTS).ravel() * density)


def _integrals(nodes: Nodes, t: FloatArray) -> FloatArray:
    """The fields of `Integrals`, (fields, times)."""
    eigenvalues, weights = nodes
    with np.errstate(over="ignore"):
        exponent = np.maximum(-np.outer(t, eigenvalues), -_DECAYED)
    learned, mass = -np.expm1(exponent), weights.sum()
    mean = learned @ weights / (mass if mass else 1.0)
    return np.array(
        [
            np.full(len(t), mass),
            learned @ weights,
            learned**2 @ weights,
            np.exp(2 * exponent) @ weights,
            (learned - mean[:, None]) ** 2 @ weights,
            learned**2 @ (weights / eigenvalues),
        ]
    )
