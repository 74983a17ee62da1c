r"""Tasks for linear networks: second moments with chosen modes, and handwritten digits.

A task with modes (u_i, v_i) has Sigma_yx = sum_i s_i u_i v_i^T and Sigma_xx = sum_i d_i v_i v_i^T,
with orthonormal u_i and v_i. The best linear map then has the mode strengths s_i/d_i.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import real_array, whole_number
from lazyrich.solvers.networks.initial_weights import random_frame
from lazyrich.solvers.networks.second_moments import Moments

Array = NDArray[np.float64]


class Task(NamedTuple):
    """Second moments whose modes are known."""

    moments: Moments
    left: Array
    """Columns u_i, (n_outputs, m)."""
    right: Array
    """Columns v_i, (n_inputs, m)."""
    singular_values: Array
    """s_i, (m,)."""
    input_variances: Array
    """d_i, (m,)."""


def whitened_task(
    singular_values: Sequence[float] | Array,
    n_inputs: int,
    n_outputs: int,
    rng: np.random.Generator | None = None,
) -> Task:
    """Whitened inputs, Sigma_xx = I exactly, and a noiseless target map with given singular values.

    Parameters
    ----------
    singular_values : (m,)
        s_i, at most min(n_inputs, n_outputs) of them; finite and not
        negative, in any order.
    n_inputs, n_outputs : int
    rng : numpy.random.Generator, optional
        Draws random orthonormal u_i and v_i; without it they are the first unit vectors.

    Returns
    -------
    Task
        With a loss floor of zero.

    Examples
    --------
    >>> task = whitened_task([3.0, 1.0], 4, 3)
    >>> task.moments.sigma_yx.tolist()
    [[3.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    s = _singular_values(singular_values)
    n_inputs, n_outputs = whole_number(n_inputs, "n_inputs"), whole_number(n_outputs, "n_outputs")
    left, basis = _bases(s.size, n_inputs, n_outputs, rng)
    right = basis[:, : s.size]
    target = (left * s) @ right.T
    white = np.eye(n_inputs)
    moments = Moments(
        white, target, float(s @ s), target, 0.0, np.ones(n_inputs), white, coefficients=target
    )
    return Task(moments, left, right, s, np.ones_like(s))


def diagonal_task(
    singular_values: Sequence[float] | Array,
    input_variances: Sequence[float] | Array,
    n_outputs: int,
    rng: np.random.Generator | None = None,
) -> Task:
    """Inputs with variances d_i along the right modes v_i, and a noiseless target map.

    Parameters
    ----------
    singular_values : (m,)
        s_i of Sigma_yx, at most min(n_inputs, n_outputs) of them; not negative.
    input_variances : (n_inputs,)
        d_i > 0, the eigenvalues of Sigma_xx; the first m belong to the modes.
    n_outputs : int
    rng : numpy.random.Generator, optional
        Draws random orthonormal u_i and v_i; without it they are the first unit vectors.

    Returns
    -------
    Task
        With a loss floor of zero and W_ls = sum_i (s_i/d_i) u_i v_i^T.

    Examples
    --------
    >>> task = diagonal_task([3.0, 1.0], [2.0, 0.5, 1.0], 2)
    >>> task.moments.least_squares.tolist(), task.moments.trace_yy
    ([[1.5, 0.0, 0.0], [0.0, 2.0, 0.0]], 6.5)
    """
    s, d = _singular_values(singular_values), _vector(input_variances, "input_variances")
    n_outputs = whole_number(n_outputs, "n_outputs")
    if d.min() <= 0:
        raise ValueError(f"input_variances go down to {d.min()}; each must be positive")
    left, basis = _bases(s.size, d.size, n_outputs, rng)
    right, along_modes = basis[:, : s.size], d[: s.size]
    covariance = (basis * d) @ basis.T
    coefficients = np.zeros((n_outputs, d.size))
    coefficients[:, : s.size] = left * (s / along_modes)
    moments = Moments(
        (covariance + covariance.T) / 2,
        (left * s) @ right.T,
        float(np.sum(s**2 / along_modes)),
        coefficients @ basis.T,
        floor=0.0,
        variances=d,
        directions=basis,
        coefficients=coefficients,
    )
    return Task(moments, left, right, s, along_modes)


class Digits(NamedTuple):
    """1797 handwritten digits of 8 x 8 pixels, centred."""

    inputs: Array
    """x, (1797, n_inputs); every column has mean zero."""
    targets: Array
    """y, (1797, 10): one-hot classes minus the frequency of each class."""
    labels: NDArray[np.int64]
    """Classes 0 to 9, (1797,)."""
    transform: Array
    """inputs = (pixels/16 - their mean) @ transform, (64, n_inputs)."""
    pixel_mean: Array
    """Mean of pixels/16, (64,)."""


def digits(*, whitened: bool) -> Digits:
    """The handwritten digits that come with scikit-learn (UCI optical recognition test set).

    Pixels, 0 to 16, are divided by 16. Inputs and targets are centred, so that a linear network
    without biases fits what one with biases would fit.

    Parameters
    ----------
    whitened : bool
        If true, the inputs are the 61 principal components that vary, each divided by its standard
        deviation: <x x^T> = I to rounding. Components are sorted by decreasing variance; the
        largest entry of each direction is positive. If false, the inputs are all 64 centred
        pixels, three of which are constant, so that <x x^T> has rank 61.

    Returns
    -------
    Digits

    Examples
    --------
    >>> data = digits(whitened=True)
    >>> data.inputs.shape, data.targets.shape
    ((1797, 61), (1797, 10))
    >>> bool(np.allclose(data.inputs.T @ data.inputs / 1797, np.eye(61), atol=1e-12))
    True
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.asarray(bunch.data, dtype=np.float64) / 16
    labels = np.asarray(bunch.target, dtype=np.int64)
    mean = pixels.mean(axis=0)
    centred = pixels - mean
    one_hot = np.eye(10)[labels]
    targets = one_hot - one_hot.mean(axis=0)
    if not whitened:
        return Digits(centred, targets, labels, np.eye(64), mean)
    components, scales, directions = np.linalg.svd(centred, full_matrices=False)
    kept = scales > scales[0] * max(centred.shape) * np.finfo(float).eps
    directions = directions[kept]
    rows = np.arange(len(directions))
    signs = np.sign(directions[rows, np.abs(directions).argmax(axis=1)])
    root = np.sqrt(len(centred))
    inputs = root * components[:, kept] * signs
    transform = root * (directions.T * signs / scales[kept])
    return Digits(inputs, targets, labels, transform, mean)


def _bases(
    n_modes: int, n_inputs: int, n_outputs: int, rng: np.random.Generator | None
) -> tuple[Array, Array]:
    """m orthonormal columns u_i of the outputs and a whole orthonormal basis v_i of the inputs."""
    if n_modes > min(n_inputs, n_outputs):
        raise ValueError(
            f"{n_modes} singular values for {n_inputs} inputs and {n_outputs} outputs; "
            "there are at most min(n_inputs, n_outputs) modes"
        )
    if rng is None:
        return np.eye(n_outputs, n_modes), np.eye(n_inputs)
    return random_frame(n_outputs, n_modes, rng), random_frame(n_inputs, n_inputs, rng)


def _singular_values(values: ArrayLike) -> Array:
    s = _vector(values, "singular_values")
    if s.min() < 0:
        raise ValueError(
            f"singular_values go down to {s.min()}; each must be >= 0: a sign belongs to u_i or v_i"
        )
    return s


def _vector(values: ArrayLike, name: str) -> Array:
    vector = real_array(values, name).copy()
    if vector.ndim != 1 or vector.size == 0 or not np.isfinite(vector).all():
        raise ValueError(f"{name} = {values!r}; expected a non-empty list of finite numbers")
    return vector
