"""Curvature of the opposing-signals loss; its functions are reached through `opposing_signals`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.opposing_start import (
    FloatArray,
    checked_imbalance,
    final_squared_scale,
    length_and_direction,
    positive,
    real,
    reduced_start,
    vector,
    vectors,
)


def threshold_learning_rate(outlier_power: ArrayLike, teacher_norm: ArrayLike) -> FloatArray:
    """Learning rate above which the outliers make the loss spike, 2/(alpha abs(beta)).

    It is 2 over the final sharpness alpha c^2 of a balanced start, c^2 -> abs(beta). An unbalanced
    start ends at another c^2: use 2/`final_sharpness`.

    Parameters
    ----------
    outlier_power : array_like
        alpha > 0.
    teacher_norm : array_like
        abs(beta) > 0.

    Returns
    -------
    array
        Learning rate, of the broadcast shape.

    Raises
    ------
    ValueError
        For values that are not positive and finite.

    Notes
    -----
    Exact for aligned balanced starts. From others gradient descent drifts away from balance by
    O(learning rate) = O(1/alpha), relative. For alpha < 2 the signal itself is the sharper.

    References
    ----------
    Rosenfeld, Risteski 2023, arXiv:2311.04163, for the mechanism; derived here.

    Examples
    --------
    >>> float(threshold_learning_rate(50.0, 2.0))
    0.02
    """
    alpha, norm = real("outlier_power", outlier_power), real("teacher_norm", teacher_norm)
    for name, values in (("outlier_power", alpha), ("teacher_norm", norm)):
        positive(name, float(values.min()), "a variance and a length")
    return (2 / (alpha * norm))[()]


def sharpness(
    c: ArrayLike,
    b_s: ArrayLike,
    b_o: ArrayLike,
    beta: ArrayLike,
    outlier_power: ArrayLike,
    imbalance: ArrayLike | None = None,
) -> FloatArray:
    """Largest eigenvalue of the Hessian of the loss, at any point.

    The Hessian in (c, b_s, b_o) has the blocks H_cc = abs(b_s)^2 + alpha abs(b_o)^2,
    H_cs = 2 c b_s - beta, H_co = 2 alpha c b_o - kappa, H_ss = c^2 I, H_oo = alpha c^2 I, H_so = 0.
    Its largest eigenvalue is that of::

        [[H_cc, abs(H_cs), abs(H_co)], [abs(H_cs), c^2, 0], [abs(H_co), 0, alpha c^2]];

    all other eigenvalues are c^2 and alpha c^2.

    Parameters
    ----------
    c : array_like, (...)
        Second-layer weight.
    b_s : array_like, (..., d_s)
        First-layer weights of the signal.
    b_o : array_like, (..., d_o)
        First-layer weights of the outliers.
    beta : array_like, (..., d_s)
        Teacher.
    outlier_power : array_like, (...)
        alpha > 0.
    imbalance : array_like, (..., d_o), optional
        kappa = E[y x_o]; None means 0.

    Returns
    -------
    array, (...)
        Sharpness; leading axes broadcast.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact. At the saddle c = b = 0 it is hypot(abs(beta), abs(kappa)), at the minimum without
    imbalance max(alpha c^2, c^2 + abs(b_s)^2).

    References
    ----------
    Rosenfeld, Risteski 2023, arXiv:2311.04163, for the model; derived here.

    Examples
    --------
    >>> for c in (0.0, 2**0.5):  # saddle and minimum
    ...     print(f"{sharpness(c, [c, 0.0], [0.0], [2.0, 0.0], 50.0):.6f}")
    2.000000
    100.000000
    """
    scale, alpha = real("c", c), real("outlier_power", outlier_power)
    positive("outlier_power", float(alpha.min()), "alpha = E x_o^2 of each outlier feature")
    given = {"b_s": b_s, "beta": beta, "b_o": b_o}
    if imbalance is not None:
        given["imbalance"] = imbalance
    found = {name: vectors(name, value) for name, value in given.items()}
    signal, teacher, outlier = found["b_s"], found["beta"], found["b_o"]
    kappa = found.get("imbalance", np.zeros(outlier.shape[-1]))
    for one, other in (("b_s", "beta"), ("b_o", "imbalance")):
        if other in found and found[one].shape[-1] != found[other].shape[-1]:
            raise ValueError(
                f"{one} {found[one].shape} and {other} {found[other].shape} must have one last "
                "axis: both belong to the same features"
            )
    try:
        leading = [scale.shape, alpha.shape, *(v.shape[:-1] for v in found.values())]
        shape = np.broadcast_shapes(*leading)
    except ValueError:
        raise ValueError(f"leading axes must broadcast to one shape, got {leading}") from None
    hessian = np.zeros((*shape, 3, 3))
    hessian[..., 0, 0] = (signal**2).sum(-1) + alpha * (outlier**2).sum(-1)
    hessian[..., 1, 0] = np.linalg.norm(2 * scale[..., None] * signal - teacher, axis=-1)
    pull = 2 * (alpha * scale)[..., None] * outlier - kappa
    hessian[..., 2, 0] = np.linalg.norm(pull, axis=-1)
    hessian[..., 1, 1] = scale**2
    hessian[..., 2, 2] = alpha * scale**2
    return np.linalg.eigvalsh(hessian)[..., -1][()]


def final_sharpness(
    beta: ArrayLike,
    outlier_power: float,
    b_s: ArrayLike,
    b_o: ArrayLike,
    c: float,
    imbalance: ArrayLike | None = None,
) -> float:
    """Sharpness at the minimum that the flow reaches: the end of progressive sharpening.

    The flow conserves m = c^2 - abs(b_s)^2 - abs(b_o)^2 and ends at c b_s = beta, c b_o = kappa/alpha,
    hence c^2 = m/2 + sqrt(m^2/4 + abs(beta)^2 + abs(kappa)^2/alpha^2). Without imbalance the sharpness
    there is max(alpha c^2, c^2 + abs(b_s)^2); from a balanced start, m = 0, alpha abs(beta) (alpha >= 2).

    Parameters
    ----------
    beta, outlier_power, b_s, b_o, c, imbalance
        As for `flow`: the start.

    Returns
    -------
    float
        Sharpness.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact for the flow; it is the stable learning rates' bound 2/eta that matters for gradient descent,
    which deviates by O(learning rate) below it.

    References
    ----------
    Rosenfeld, Risteski 2023, arXiv:2311.04163, for the mechanism; derived here.

    Examples
    --------
    >>> print(f"{final_sharpness([0.0, 2.0], 50.0, [0.1, 0.0], [0.0], 0.1):.6f}")
    100.000000
    """
    scale = final_scale(beta, outlier_power, b_s, b_o, c, imbalance)
    kappa = checked_imbalance(imbalance, vector("b_o", b_o))
    ends = vector("beta", beta) / scale, kappa / (outlier_power * scale)
    return float(sharpness(scale, *ends, beta, outlier_power, kappa))


def final_scale(
    beta: ArrayLike,
    outlier_power: float,
    b_s: ArrayLike,
    b_o: ArrayLike,
    c: float,
    imbalance: ArrayLike | None = None,
) -> float:
    """abs(c) at the minimum that the flow reaches.

    The flow conserves m = c^2 - abs(b_s)^2 - abs(b_o)^2 and ends at c b_s = beta, c b_o = kappa/alpha::

        c^2 = m/2 + sqrt(m^2/4 + abs(beta)^2 + abs(kappa)^2/alpha^2).

    Parameters
    ----------
    beta, outlier_power, b_s, b_o, c, imbalance
        As for `flow`: the start.

    Returns
    -------
    float
        Second-layer weight, up to its sign.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact for the flow, from any start that does not end on the saddle.

    References
    ----------
    Rosenfeld, Risteski 2023, arXiv:2311.04163, for the model; derived here.

    Examples
    --------
    >>> print(f"{final_scale([0.0, 2.0], 50.0, [0.1, 0.0], [0.0], 0.1):.6f}")  # sqrt(2): balanced
    1.414214
    """
    start = reduced_start(beta, outlier_power, b_s, b_o, c)
    kappa = checked_imbalance(imbalance, vector("b_o", b_o))
    target = np.hypot(start.teacher_norm, length_and_direction(kappa)[0] / start.outlier_power)
    return float(np.sqrt(final_squared_scale(float(target), start.conserved)))
