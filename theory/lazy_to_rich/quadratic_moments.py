r"""Test loss of the quadratic network from its first two moments over units.

f(x) = (alpha/N) sum_i phi(w_i . x) - f0(x), phi(h) = h + eps h^2/2, inputs x ~ N(0, I/D), target
(beta . x)^2/2. Only the mean weight wbar and M = sum_i w_i w_i^T/N enter: f - y = b . x + x^T A x/2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import one_number
from lazyrich.theory.lazy_to_rich.quadratic_arguments import array, strength

FloatArray = NDArray[np.float64]


class LossParts(NamedTuple):
    """Parts of the test loss; it is their sum."""

    linear: FloatArray
    """abs(b)^2/D: error of the linear part."""
    trace: FloatArray
    """(tr A/D)^2/4: error of the mean output."""
    alignment: FloatArray
    """abs(A)_F^2/(2 D^2): error of the quadratic form."""


def parts_of(b: FloatArray, quadratic: FloatArray) -> LossParts:
    """Parts of E (b . x + x^T A x/2)^2 for x ~ N(0, I/D); b (..., D), A (..., D, D) symmetric."""
    dim = b.shape[-1]
    trace = np.trace(quadratic, axis1=-2, axis2=-1)
    return LossParts(
        (b**2).sum(axis=-1) / dim,
        trace**2 / 4 / dim**2,
        (quadratic**2).sum(axis=(-2, -1)) / 2 / dim**2,
    )


def test_loss(
    W: ArrayLike,
    beta: ArrayLike,
    output_scale: float,
    quadratic_strength: float,
    *,
    initial_W: ArrayLike | None = None,
) -> LossParts:
    r"""Mean squared error on fresh inputs in three parts, exact for any sizes.

    With b = alpha (wbar - wbar_0) and A = alpha eps (M - M_0) - beta beta^T, ::

        E (f - y)^2 = abs(b)^2/D + (tr A/D)^2/4 + abs(A)_F^2/(2 D^2).

    Parameters
    ----------
    W : array_like, (N, D)
        Weights, a unit in each row.
    beta : array_like, (D,)
        Teacher; the target is (beta . x)^2/2.
    output_scale, quadratic_strength : float
        alpha > 0 and eps, any finite number.
    initial_W : array_like, (N0, D), optional
        Weights whose outputs are subtracted (centred network); without them nothing is.

    Returns
    -------
    LossParts
        (linear, trace, alignment).

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    No correction in N or D. Sampled test sets are a poor substitute: the integrand has fourth powers of
    Gaussians, 2,000 inputs leave about 5 % of noise.

    References
    ----------
    Kumar, Bordelon, Gershman, Pehlevan 2023, arXiv:2310.06110: decomposition of the loss.

    Examples
    --------
    Untrained, the output is 0: q^2 (1/4 + 1/2) with q = abs(beta)^2/D.

    >>> W = [[0.5, -1.0]]
    >>> print(*test_loss(W, [0.0, 2.0], 1.0, 0.25, initial_W=W))
    0.0 1.0 2.0
    """
    w = array("W", W, (None, None))
    dim = w.shape[1]
    teacher = array("beta", beta, (dim,))
    alpha, eps = one_number("output_scale", output_scale), strength(quadratic_strength)
    mean, moment = w.mean(axis=0), w.T @ w / len(w)
    if initial_W is not None:
        first = array("initial_W", initial_W, (None, dim))
        mean, moment = mean - first.mean(axis=0), moment - first.T @ first / len(first)
    found = parts_of(alpha * mean, alpha * eps * moment - np.outer(teacher, teacher))
    return LossParts(*(part[()] for part in found))


test_loss.__test__ = False  # type: ignore[attr-defined]  # pytest: a formula, not a test
