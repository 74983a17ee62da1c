r"""Gradient flow of the quadratic network on the whole population of inputs.

The flow of the mean weight and of the second moment over units is closed. From Gaussian weights of
infinitely many units the second moment stays isotropic but for one spike along the teacher.

Time: n steps of gradient descent with learning rate eta on the mean of (f - y)^2 are t = (2 alpha eta/N) n.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.ode_states import states_at
from lazyrich.theory.double_descent.arguments import numbers, one_number
from lazyrich.theory.lazy_to_rich.quadratic_arguments import array, strength, whole
from lazyrich.theory.lazy_to_rich.quadratic_moments import parts_of

FloatArray = NDArray[np.float64]


class PopulationFlow(NamedTuple):
    """Moments of the weights over units in time; the axes of t come first."""

    mean_weight: FloatArray
    """wbar, (..., D)."""
    second_moment: FloatArray
    """M, (..., D, D)."""
    loss: FloatArray
    """E (f - y)^2, of t's shape."""


class IsotropicFlow(NamedTuple):
    """Eigenvalues of the second moment in time, each of t's shape."""

    perpendicular: FloatArray
    """M across the teacher."""
    aligned: FloatArray
    """M along the teacher."""
    loss: FloatArray
    """E (f - y)^2."""


def population_flow(
    t: ArrayLike,
    W0: ArrayLike,
    beta: ArrayLike,
    output_scale: float,
    quadratic_strength: float,
    *,
    centered: bool = True,
) -> PopulationFlow:
    r"""Mean weight, second moment and loss of a network of any width under population gradient flow.

    With b = alpha (wbar - wbar_0), A = alpha eps (M - M_0) - beta beta^T (without the start where not
    centred), v = b/D and G = (tr(A) I + 2A)/(2 D^2), ::

        dwbar/dt = -(v + eps G wbar),
        dM/dt    = -(v wbar^T + wbar v^T + eps (G M + M G)).

    Parameters
    ----------
    t : array_like
        Time >= 0, t = (2 alpha eta/N) x steps.
    W0 : array_like, (N, D)
        Weights at the start, a unit in each row.
    beta : array_like, (D,)
        Teacher; the target is (beta . x)^2/2.
    output_scale, quadratic_strength : float
        alpha > 0 and eps, any finite number.
    centered : bool
        Whether the output at the start is subtracted.

    Returns
    -------
    PopulationFlow
        (mean_weight, second_moment, loss).

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact for any N and D, relative error of integration 1e-9; gradient descent deviates by O(learning rate), batches
    of B samples by O(1/sqrt B).

    References
    ----------
    The model: Kumar, Bordelon, Gershman, Pehlevan 2023, arXiv:2310.06110; the flow derived here.

    Examples
    --------
    A student that equals its teacher rests:

    >>> flow = population_flow([0.0, 9.0], [[1.0, 2.0], [-1.0, -2.0]], [1.0, 2.0], 2.0, 0.5, centered=False)
    >>> print(flow.loss)
    [0. 0.]
    """
    times = numbers("t", t, zero=True)
    w = array("W0", W0, (None, None))
    dim = w.shape[1]
    teacher = array("beta", beta, (dim,))
    alpha, eps = one_number("output_scale", output_scale), strength(quadratic_strength)
    start = np.concatenate([w.mean(axis=0), (w.T @ w / len(w)).ravel()])
    origin = start if centered else np.zeros_like(start)
    target, eye = np.outer(teacher, teacher), np.eye(dim)

    def forms(state: FloatArray) -> tuple[FloatArray, FloatArray]:
        moved = state - origin
        return alpha * moved[:dim], alpha * eps * moved[dim:].reshape(dim, dim) - target

    def velocity(_: float, state: FloatArray) -> FloatArray:
        mean, moment = state[:dim], state[dim:].reshape(dim, dim)
        b, quadratic = forms(state)
        pull = eps * (np.trace(quadratic) * eye + 2 * quadratic) / (2 * dim**2)
        cross = np.outer(b / dim, mean) + pull @ moment
        return -np.concatenate([b / dim + pull @ mean, (cross + cross.T).ravel()])

    states = states_at(velocity, times.ravel(), start)
    found = [forms(state) for state in states]
    parts = parts_of(np.array([b for b, _ in found]), np.array([a for _, a in found]))
    shape = times.shape
    return PopulationFlow(
        states[:, :dim].reshape(*shape, dim),
        states[:, dim:].reshape(*shape, dim, dim),
        sum(parts, np.zeros(len(states))).reshape(shape)[()],
    )


def isotropic_population_flow(
    t: ArrayLike,
    dim: int,
    output_scale: float,
    quadratic_strength: float,
    *,
    teacher_power: float = 1.0,
) -> IsotropicFlow:
    r"""The population flow of infinitely many Gaussian units, centred: two eigenvalues.

    With A_p = alpha eps (l_p - 1), A_b = alpha eps (l_b - 1) - q D and tr = (D - 1) A_p + A_b, ::

        dl_p/dt = -(eps/D^2) (tr + 2 A_p) l_p,    dl_b/dt = -(eps/D^2) (tr + 2 A_b) l_b,
        E = (tr/D)^2/4 + ((D - 1) A_p^2 + A_b^2)/(2 D^2).

    Parameters
    ----------
    t : array_like
        Time in [0, inf], t = (2 alpha eta/N) x steps.
    dim : int
        D >= 1.
    output_scale, quadratic_strength : float
        alpha > 0, eps > 0.
    teacher_power : float
        q = abs(beta)^2/D >= 0.

    Returns
    -------
    IsotropicFlow
        (perpendicular, aligned, loss).

    Raises
    ------
    ValueError
        For values outside these ranges or nan.

    Notes
    -----
    N -> inf at any D; a network deviates by O(1/sqrt N) in its start. Relative error of integration 1e-9 (the
    loss: 1e-9 of its start). Within t of the order of D/(q eps) the trace is
    learned; from then on the spike, which must grow D-fold, has the rate 2 q eps/D and escapes after about
    (D/(2 q eps)) log(q D/(alpha eps)).

    References
    ----------
    The model: Kumar, Bordelon, Gershman, Pehlevan 2023, arXiv:2310.06110; the flow derived here.

    Examples
    --------
    At last the spike is 1 + q D/(alpha eps):

    >>> print(np.round(isotropic_population_flow(np.inf, 20, 1.0, 0.5), 9))
    [ 1. 41.  0.]
    """
    times = numbers("t", t, zero=True, infinite=True)
    n = whole("dim", dim, 1)
    alpha, eps = (
        one_number("output_scale", output_scale),
        strength(quadratic_strength, positive=True),
    )
    power = one_number("teacher_power", teacher_power, zero=True)
    growth = alpha * eps

    def forms(logs: FloatArray) -> tuple[FloatArray, FloatArray]:
        return growth * np.expm1(logs[..., 0]), growth * np.expm1(logs[..., 1]) - power * n

    def velocity(_: float, logs: FloatArray) -> FloatArray:
        across, along = forms(logs)
        trace = (n - 1) * across + along
        return -eps / n**2 * (trace + 2 * np.array([across, along]))

    finite = np.isfinite(times)
    logs = np.empty((times.size, 2))
    logs[:] = 0.0, np.log1p(power * n / growth)
    if finite.any():
        logs[finite.ravel()] = states_at(velocity, times[finite], np.zeros(2), method="LSODA")
    across, along = forms(logs)
    trace = (n - 1) * across + along
    loss = (trace / n) ** 2 / 4 + ((n - 1) * across**2 + along**2) / (2 * n**2)
    loss[~finite.ravel()] = 0.0
    shape = times.shape
    return IsotropicFlow(
        np.exp(logs[:, 0]).reshape(shape)[()],
        np.exp(logs[:, 1]).reshape(shape)[()],
        loss.reshape(shape)[()],
    )
