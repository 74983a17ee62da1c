"""Opposing signals: rare, strong features whose labels cancel sharpen the loss and spike it.

Setting. A linear network f = c (b_s . x_s + b_o . x_o) of one hidden unit, target y = beta . x_s plus
the label of the outliers; E x_s x_s^T = I, E x_o x_o^T = alpha I with alpha >> 1 (`outlier_power`),
E x_s x_o^T = 0, E[y x_o] = kappa (`imbalance`), 0 when the two groups of outliers oppose each other
exactly. Loss E (y - f)^2/2, up to a constant::

    abs(c b_s - beta)^2/2 + alpha c^2 abs(b_o)^2/2 - c kappa . b_o.

Data of this kind: with probability p one of d_o features is on, x_o = m e_j (alpha = p m^2/d_o); half
of these examples have a label contribution of +1, half of -1.

Time t is gradient-flow time, learning rate x steps. What happens: b_o decays, c^2 grows to abs(beta)
and with it the sharpness to alpha abs(beta). If that exceeds 2/learning_rate, gradient descent
amplifies b_o, whose sign alternates, until the loss spikes.
"""

from __future__ import annotations

from typing import NamedTuple

from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.opposing_curvature import (
    final_scale,
    final_sharpness,
    sharpness,
    threshold_learning_rate,
)
from lazyrich.theory.deep_linear.opposing_descent import Descent, descent, spike_step
from lazyrich.theory.deep_linear.opposing_flow import (
    Flow,
    SignalFlow,
    crossing_time,
    flow,
    signal_flow,
)
from lazyrich.theory.deep_linear.opposing_start import FloatArray, positive, real, vectors

__all__ = [
    "Descent",
    "Flow",
    "GroupLosses",
    "SignalFlow",
    "balance_change",
    "crossing_time",
    "descent",
    "final_scale",
    "final_sharpness",
    "flow",
    "group_losses",
    "outlier_floor",
    "sharpness",
    "signal_flow",
    "spike_step",
    "threshold_learning_rate",
]


def outlier_floor(imbalance: ArrayLike, outlier_power: ArrayLike, c: ArrayLike) -> FloatArray:
    """Outlier weights b_o* = kappa/(alpha c) to which an imbalance pulls b_o while c moves slowly.

    It solves g_o = alpha c^2 b_o - c kappa = 0, and is where regrowth towards the spike starts.

    Parameters
    ----------
    imbalance : array_like, (..., d_o)
        kappa = E[y x_o].
    outlier_power, c : array_like, (...)
        alpha > 0; second-layer weight, not zero.

    Returns
    -------
    array, (..., d_o)
        Leading axes broadcast.

    Raises
    ------
    ValueError
        For values outside these ranges or nan.

    Notes
    -----
    Exact at the minimum; on the way b_o follows it up to O(1/(alpha c^2)), its relaxation time.

    References
    ----------
    Rosenfeld, Risteski 2023, arXiv:2311.04163, for the model; derived here.

    Examples
    --------
    >>> print(outlier_floor([0.5, 0.0], 50.0, 1.25))
    [0.008 0.   ]
    """
    kappa, alpha, scale = (
        vectors("imbalance", imbalance),
        real("alpha", outlier_power),
        real("c", c),
    )
    positive("outlier_power", float(alpha.min()), "alpha = E x_o^2 of each outlier feature")
    if (scale == 0).any():
        raise ValueError("c = 0 is outside c != 0: a silent unit leaves b_o where it is")
    return kappa / (alpha * scale)[..., None]


class GroupLosses(NamedTuple):
    """Mean losses of the examples whose outlier has label +1, and -1."""

    positive: FloatArray
    negative: FloatArray


def group_losses(
    c: ArrayLike, b_s: ArrayLike, b_o: ArrayLike, beta: ArrayLike, outlier_size: float
) -> GroupLosses:
    """Losses of the two opposing groups, (abs(c b_s - beta)^2 + mean_j (m c b_o,j -+ 1)^2)/2.

    Group +1 has x_o = m e_j and the label beta . x_s + 1, group -1 the label beta . x_s - 1; j is any of
    the d_o features with equal chance. The sum of both losses is even in b_o, their difference
    -2 m c mean_j b_o,j odd: when b_o changes sign at every step the groups take turns.

    Parameters
    ----------
    c : array_like, (...)
        Second-layer weight.
    b_s, b_o, beta : array_like, (..., d_s), (..., d_o), (..., d_s)
        Weights of signal and outliers; teacher.
    outlier_size : float
        m > 0, the size of a feature that is on.

    Returns
    -------
    GroupLosses
        (positive, negative), each (...).

    Raises
    ------
    ValueError
        For values outside these ranges or nan.

    Notes
    -----
    Exact for the population; P examples deviate by O(1/sqrt P).

    References
    ----------
    Rosenfeld, Risteski 2023, arXiv:2311.04163: loss of groups with opposing signals.

    Examples
    --------
    >>> group_losses(1.0, [2.0], [0.05], [2.0], 10.0)  # signal learned
    GroupLosses(positive=np.float64(0.125), negative=np.float64(1.125))
    """
    scale = real("c", c)[..., None]
    signal, outlier, teacher = (
        vectors(name, value) for name, value in (("b_s", b_s), ("b_o", b_o), ("beta", beta))
    )
    size = positive("outlier_size", outlier_size, "the size of a feature that is on")
    shared = ((scale * signal - teacher) ** 2).sum(axis=-1)
    output = size * scale * outlier
    losses = (((output - label) ** 2).mean(axis=-1) for label in (1, -1))
    return GroupLosses(*((shared + loss)[()] / 2 for loss in losses))


def balance_change(
    c: ArrayLike,
    b_s: ArrayLike,
    b_o: ArrayLike,
    beta: ArrayLike,
    outlier_power: float,
    learning_rate: float,
) -> FloatArray:
    """Change of c^2 - abs(b_s)^2 - abs(b_o)^2 in one step of gradient descent, without imbalance.

    The flow conserves it because c g_c = b . g_b; a step therefore changes it by exactly
    eta^2 (g_c^2 - abs(g_s)^2 - abs(g_o)^2), with g_c = b_s . (c b_s - beta) + alpha c abs(b_o)^2,
    g_s = c (c b_s - beta), g_o = alpha c^2 b_o.

    Parameters
    ----------
    c : array_like, (...)
        Second-layer weight.
    b_s, b_o, beta : array_like, (..., d_s), (..., d_o), (..., d_s)
        Weights of signal and outliers; teacher.
    outlier_power, learning_rate : float
        alpha > 0 and eta > 0.

    Returns
    -------
    array, (...)
        Change in one step.

    Raises
    ------
    ValueError
        For values outside these ranges or nan.

    Notes
    -----
    Exact.

    References
    ----------
    Rosenfeld, Risteski 2023, arXiv:2311.04163, for the model; derived here.

    Examples
    --------
    >>> print(f"{balance_change(1.0, [1.0], [0.1], [2.0], 50.0, 0.1):.4f}")
    -0.2575
    """
    scale = real("c", c)
    signal, outlier, teacher = (
        vectors(name, value) for name, value in (("b_s", b_s), ("b_o", b_o), ("beta", beta))
    )
    alpha = positive("outlier_power", outlier_power, "alpha = E x_o^2 of each outlier feature")
    rate = positive("learning_rate", learning_rate, "a step of gradient descent")
    residual = scale[..., None] * signal - teacher
    of_c = (signal * residual).sum(axis=-1) + alpha * scale * (outlier**2).sum(axis=-1)
    of_b = scale**2 * (residual**2).sum(axis=-1)
    of_b = of_b + (alpha * scale**2) ** 2 * (outlier**2).sum(axis=-1)
    return (rate**2 * (of_c**2 - of_b))[()]
