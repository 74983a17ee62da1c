r"""Data with two opposing groups of outliers, as second moments: a population, or finitely many examples.

Features x = (x_s, x_o), target y. Every example has a signal x_s, y = beta . x_s + label. With
probability p one of the d_o outlier features is on, x_o = m e_j; of these examples a part has the label
+1 (group "positive"), the rest -1 (group "negative"); the others have x_o = 0 and label 0 ("off").
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

GROUPS = ("off", "positive", "negative")


class Data(NamedTuple):
    """Second moments of each of the `GROUPS` (first axis) over the features (x_s, x_o)."""

    share: Array
    """Share of the examples in each group, (3,)."""
    sigma_xx: Array
    """E x x^T in each group, (3, d, d)."""
    sigma_yx: Array
    """E y x in each group, (3, d)."""
    sigma_yy: Array
    """E y^2 in each group, (3,)."""
    n_signal: int
    """Number d_s of signal features: they come first."""

    def whole(self) -> tuple[Array, Array, float]:
        """E x x^T, E y x and E y^2 over all examples."""
        xx = self.share[0] * self.sigma_xx[0] + (
            self.share[1] * self.sigma_xx[1] + self.share[2] * self.sigma_xx[2]
        )
        yx = self.share[0] * self.sigma_yx[0] + (
            self.share[1] * self.sigma_yx[1] + self.share[2] * self.sigma_yx[2]
        )
        return xx, yx, float(self.share @ self.sigma_yy)


class Examples(NamedTuple):
    """A finite data set: inputs (P, d), targets (P,), and the index of each example's group, (P,)."""

    inputs: Array
    targets: Array
    group: Steps


def population(
    beta: ArrayLike,
    n_outliers: int,
    outlier_size: float,
    probability: float,
    positive_share: float = 0.5,
) -> Data:
    """Moments of infinitely many examples with white signals that are independent of the groups.

    Parameters
    ----------
    beta : array_like, (d_s,)
        Teacher of the signal.
    n_outliers : int
        d_o >= 1 features, one of which is on in each example of the groups of outliers.
    outlier_size : float
        m > 0. E x_o x_o^T = (p m^2/d_o) I.
    probability : float
        p in (0, 1], share of the examples with an outlier.
    positive_share : float
        Share in [0, 1] of these whose label is +1; 0.5 for groups that oppose each other exactly.
        E y x_o = p m (2 positive_share - 1)/d_o for every feature.

    Returns
    -------
    Data

    Raises
    ------
    ValueError
        For values outside these ranges.

    Examples
    --------
    >>> xx, yx, yy = population([2.0], 1, 10.0, 0.5).whole()
    >>> xx.diagonal(), yx
    (array([ 1., 50.]), array([2., 0.]))
    """
    teacher = _checked_teacher(beta, n_outliers, outlier_size, probability, positive_share)
    n, d = len(teacher), len(teacher) + n_outliers
    xx, yx, yy = np.zeros((3, d, d)), np.zeros((3, d)), np.zeros(3)
    for group, label in enumerate((0, 1, -1)):
        xx[group, :n, :n] = np.eye(n)
        yx[group, :n] = teacher
        yy[group] = teacher @ teacher + label**2
        if label:
            xx[group, n:, n:] = outlier_size**2 / n_outliers * np.eye(n_outliers)
            yx[group, n:] = label * outlier_size / n_outliers
    return Data(_shares(probability, positive_share), xx, yx, yy, n)


def sampled(
    rng: np.random.Generator,
    n_samples: int,
    beta: ArrayLike,
    n_outliers: int,
    outlier_size: float,
    probability: float,
    positive_share: float = 0.5,
) -> Examples:
    """Independent examples of the same distribution, with Gaussian signals.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_samples : int
        P >= 1.
    beta, n_outliers, outlier_size, probability, positive_share
        As for `population`.

    Returns
    -------
    Examples

    Raises
    ------
    ValueError
        For values outside these ranges.

    Examples
    --------
    >>> data = sampled(np.random.default_rng(0), 1000, [2.0], 1, 10.0, 0.5)
    >>> data.inputs.shape, np.unique(data.inputs[:, 1])
    ((1000, 2), array([ 0., 10.]))
    """
    teacher = _checked_teacher(beta, n_outliers, outlier_size, probability, positive_share)
    if n_samples < 1:
        raise ValueError(f"n_samples = {n_samples} is outside {{1, 2, ...}}: examples are counted")
    group = rng.choice(3, size=n_samples, p=_shares(probability, positive_share))
    inputs = np.zeros((n_samples, len(teacher) + n_outliers))
    inputs[:, : len(teacher)] = rng.standard_normal((n_samples, len(teacher)))
    feature = rng.integers(n_outliers, size=n_samples)
    on = group > 0
    inputs[on, len(teacher) + feature[on]] = outlier_size
    targets = inputs[:, : len(teacher)] @ teacher + np.array([0.0, 1.0, -1.0])[group]
    return Examples(inputs, targets, group)


def from_examples(examples: Examples, n_signal: int) -> Data:
    """Moments of a finite data set, group by group.

    Examples
    --------
    >>> examples = sampled(np.random.default_rng(0), 50, [2.0], 1, 10.0, 0.5)
    >>> from_examples(examples, 1).share
    array([0.42, 0.34, 0.24])
    """
    inputs, targets, group = examples
    d = inputs.shape[1]
    if not 0 < n_signal < d:
        raise ValueError(f"n_signal = {n_signal} is outside 1, ..., {d - 1}: two kinds of features")
    share, xx, yx, yy = np.zeros(3), np.zeros((3, d, d)), np.zeros((3, d)), np.zeros(3)
    for k in range(3):
        x, y = inputs[group == k], targets[group == k]
        if len(x):
            share[k] = len(x) / len(inputs)
            xx[k], yx[k], yy[k] = x.T @ x / len(x), y @ x / len(x), y @ y / len(y)
    return Data(share, xx, yx, yy, n_signal)


def _shares(probability: float, positive_share: float) -> Array:
    on = probability * np.array([positive_share, 1 - positive_share])
    return np.array([1 - probability, *on])


def _checked_teacher(
    beta: ArrayLike, n_outliers: int, size: float, probability: float, positive_share: float
) -> Array:
    teacher = np.asarray(beta, dtype=np.float64)
    if teacher.ndim != 1 or teacher.size == 0 or not np.isfinite(teacher).all():
        raise ValueError(f"beta = {beta!r} must be one finite vector of one entry or more")
    if n_outliers < 1:
        raise ValueError(f"n_outliers = {n_outliers} is outside {{1, 2, ...}}")
    if not (np.isfinite(size) and size > 0):
        raise ValueError(f"outlier_size = {size} is outside (0, inf)")
    if not 0 < probability <= 1:
        raise ValueError(f"probability = {probability} is outside (0, 1]")
    if not 0 <= positive_share <= 1:
        raise ValueError(f"positive_share = {positive_share} is outside [0, 1]")
    return teacher
