r"""Random features of Gaussian inputs, real ones and their Gaussian equivalents, with exact averages.

Inputs x ~ N(0, I_d). Features phi_j = act(w_j . x) - E act with abs(w_j) = 1. "Gaussian" features are not of
this form: phi = mu_1 W x + mu_* z with independent z ~ N(0, I_p) for each sample, the equivalent of those of
an activation with linear coefficient mu_1 and variance mu_*^2 beyond it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import finite_matrix, generator, whole_number
from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.linear_student_input import non_negative, vector
from lazyrich.solvers.networks.memory import require_memory

Array = NDArray[np.float64]

ACTIVATIONS = ("relu", "erf", "scaled_erf")
_ERF_SCALE_SQUARED = {"erf": 1.0, "scaled_erf": 0.5}


class Features(NamedTuple):
    """Features of the training samples, and what fresh ones have on average."""

    train: Array
    """phi/sqrt(p), (n, p)."""
    inputs: Array
    """x, (n, d)."""
    covariance: Array
    """E phi phi^T/p over fresh inputs, (p, p)."""
    of_inputs: Array
    """E phi x^T/sqrt(p) over fresh inputs, (p, d)."""


def feature_weights(n_features: int, dim: int, rng: np.random.Generator) -> Array:
    """Directions w_j, uniform on the sphere abs(w) = 1: (p, d).

    Examples
    --------
    >>> w = feature_weights(3, 5, np.random.default_rng(0))
    >>> bool(np.allclose((w**2).sum(axis=1), 1))
    True
    """
    size = whole_number(n_features, "n_features"), whole_number(dim, "dim")
    weights = generator(rng).standard_normal(size)
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


def real_features(
    weights: ArrayLike, n_train: int, activation: str, rng: np.random.Generator
) -> Features:
    """Features act(w . x) - E act of n samples x ~ N(0, I).

    Parameters
    ----------
    weights : array_like, (p, d)
        Rows of length 1.
    n_train : int
    activation : str
        "relu", "erf" = erf(x) or "scaled_erf" = erf(x/sqrt 2).
    rng : numpy.random.Generator

    Returns
    -------
    Features

    Raises
    ------
    ValueError
        For another activation, rows of another length or sizes that are not whole.

    References
    ----------
    Cho, Saul 2009 (arc-cosine kernel); Williams 1997 (arcsine kernel).

    Examples
    --------
    >>> W = feature_weights(4, 3, np.random.default_rng(0))
    >>> features = real_features(W, 100_000, "relu", np.random.default_rng(1))
    >>> measured = features.train.T @ features.train / 100_000
    >>> bool(np.abs(measured - features.covariance).max() < 2e-3)
    True
    """
    W, n = _checked_weights(weights), whole_number(n_train, "n_train")
    require_memory(8.0 * (3 * n * len(W) + 3 * len(W) ** 2), "features and their covariance")
    p, d = W.shape
    with one_blas_thread():
        x = generator(rng).standard_normal((n, d))
        fields, overlaps = x @ W.T, np.clip(W @ W.T, -1.0, 1.0)
    np.fill_diagonal(overlaps, 1.0)
    if activation == "relu":
        phi = np.maximum(fields, 0) - 1 / math.sqrt(2 * math.pi)
        arc = np.sqrt(1 - overlaps**2) + (math.pi - np.arccos(overlaps)) * overlaps
        covariance, slope = (arc - 1) / (2 * math.pi), 0.5
    elif activation in _ERF_SCALE_SQUARED:
        from scipy.special import erf

        squared = _ERF_SCALE_SQUARED[activation]
        share = 2 * squared / (1 + 2 * squared)
        phi = erf(math.sqrt(squared) * fields)
        covariance, slope = (
            2 / math.pi * np.arcsin(share * overlaps),
            math.sqrt(2 * share / math.pi),
        )
    else:
        raise ValueError(f"activation = {activation!r}; needs one of {ACTIVATIONS}")
    return Features(phi / math.sqrt(p), x, covariance / p, slope * W / math.sqrt(p))


def gaussian_features(
    weights: ArrayLike,
    n_train: int,
    linear: float,
    nonlinear_variance: float,
    rng: np.random.Generator,
) -> Features:
    """Features linear W x + sqrt(nonlinear_variance) z of n samples, z independent and Gaussian.

    Parameters
    ----------
    weights : array_like, (p, d)
        Rows of length 1.
    n_train : int
    linear : float
        mu_1, the slope of the activation that they stand for; finite.
    nonlinear_variance : float
        mu_*^2 >= 0.
    rng : numpy.random.Generator

    Returns
    -------
    Features

    Raises
    ------
    ValueError
        For values outside these ranges.

    Examples
    --------
    >>> W = feature_weights(4, 3, np.random.default_rng(0))
    >>> gaussian_features(W, 5, 0.5, 0.1, np.random.default_rng(1)).train.shape
    (5, 4)
    """
    W, n = _checked_weights(weights), whole_number(n_train, "n_train")
    extra = non_negative(nonlinear_variance, "nonlinear_variance")
    slope = float(vector([linear], "linear", 1, "one number")[0])
    require_memory(8.0 * (3 * n * len(W) + 3 * len(W) ** 2), "features and their covariance")
    p, d = W.shape
    with one_blas_thread():
        x = generator(rng).standard_normal((n, d))
        phi = slope * (x @ W.T) + math.sqrt(extra) * rng.standard_normal((n, p))
        covariance = (slope**2 * (W @ W.T) + extra * np.eye(p)) / p
    return Features(phi / math.sqrt(p), x, covariance, slope * W / math.sqrt(p))


def _checked_weights(weights: ArrayLike) -> Array:
    matrix = finite_matrix(weights, "weights", "features x inputs")
    lengths = np.linalg.norm(matrix, axis=1)
    if (np.abs(lengths - 1) > 1e-9).any():
        bad = int(np.argmax(np.abs(lengths - 1)))
        raise ValueError(f"weights[{bad}] has length {lengths[bad]}; needs rows of length 1")
    return matrix
