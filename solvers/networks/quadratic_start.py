"""Data and weights from which quadratic students start: random, or with planted overlaps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import (
    finite_matrix,
    generator,
    positive_number,
    real_array,
    whole_number,
)

Array = NDArray[np.float64]


class Start(NamedTuple):
    """Weights of a student and of its teacher."""

    weights: Array
    """W, (N, D): a unit in each row."""
    beta: Array
    """Teacher, (D,)."""


def random_inputs(n_samples: int, dim: int, rng: np.random.Generator) -> Array:
    """Independent inputs N(0, I/D), (P, D).

    Examples
    --------
    >>> random_inputs(4, 3, np.random.default_rng(0)).shape
    (4, 3)
    """
    rng, dim = generator(rng), whole_number(dim, "dim")
    return rng.standard_normal((whole_number(n_samples, "n_samples"), dim)) / np.sqrt(dim)


def random_start(width: int, dim: int, teacher_power: float, rng: np.random.Generator) -> Start:
    """Weights N(0, 1), and a teacher of random direction with abs(beta)^2 = teacher_power D exactly.

    Raises
    ------
    ValueError
        A size is not whole and at least 1, or teacher_power is not positive.

    Examples
    --------
    >>> start = random_start(2, 5, 3.0, np.random.default_rng(0))
    >>> round(float(start.beta @ start.beta), 12)
    15.0
    """
    rng, power = generator(rng), positive_number(teacher_power, "teacher_power")
    width, dim = whole_number(width, "width"), whole_number(dim, "dim")
    weights, beta = rng.standard_normal((width, dim)), rng.standard_normal(dim)
    return Start(weights, beta * np.sqrt(power * dim / (beta @ beta)))


def planted_start(
    dim: int,
    overlap: ArrayLike,
    rng: np.random.Generator,
    *,
    gram: ArrayLike | None = None,
    teacher_power: float = 1.0,
) -> Start:
    """Random weights whose overlaps are exactly w_i . beta/D = overlap_i and w_i . w_j/D = gram_ij.

    Parameters
    ----------
    dim : int
        D >= N + 1.
    overlap : array_like, (N,)
    rng : numpy.random.Generator
    gram : array_like, (N, N), optional
        Default: the identity.
    teacher_power : float
        abs(beta)^2/D > 0.

    Returns
    -------
    Start

    Raises
    ------
    ValueError
        For shapes that do not fit, or overlaps that no vectors have.

    Examples
    --------
    >>> start = planted_start(50, [0.1, -0.1], np.random.default_rng(0))
    >>> (start.weights @ start.beta / 50).round(12)
    array([ 0.1, -0.1])
    """
    dim, power = whole_number(dim, "dim"), positive_number(teacher_power, "teacher_power")
    given = real_array(overlap, "overlap")
    if given.ndim != 1 or given.size == 0 or not np.isfinite(given).all():
        raise ValueError(f"overlap = {overlap!r}; needs one finite number a unit")
    width = len(given)
    units = np.eye(width) if gram is None else finite_matrix(gram, "gram")
    if units.shape != (width, width) or not np.allclose(units, units.T, rtol=0, atol=1e-12):
        raise ValueError(f"gram has shape {units.shape}; needs a symmetric ({width}, {width})")
    if dim <= width:
        raise ValueError(f"dim = {dim}; {width} units and a teacher need dim >= {width + 1}")
    whole = np.block([[np.array([[power]]), given[None, :]], [given[:, None], units]])
    values, vectors = np.linalg.eigh(whole)
    if values[0] < -1e-12 * values[-1]:
        raise ValueError(
            f"overlap and gram are those of no vectors: smallest eigenvalue {values[0]:.3g} of "
            "[[teacher_power, overlap], [overlap, gram]]"
        )
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    frame, triangle = np.linalg.qr(generator(rng).standard_normal((dim, width + 1)))
    frame *= np.sign(triangle.diagonal())  # else its directions are not uniform
    rows = np.sqrt(dim) * root @ frame.T
    return Start(rows[1:].copy(), rows[0].copy())


def learning_rate_of(
    scaled_learning_rate: float, width: int, dim: int, output_scale: float
) -> float:
    """eta = eta_hat N D/(2 alpha^2), with which w_i moves by -(eta_hat D/(alpha P)) sum Delta phi' x.

    Examples
    --------
    >>> learning_rate_of(0.1, 2, 800, 1.0)
    80.0
    """
    width, dim = whole_number(width, "width"), whole_number(dim, "dim")
    rate = positive_number(scaled_learning_rate, "scaled_learning_rate")
    return rate * width * dim / (2 * positive_number(output_scale, "output_scale") ** 2)
