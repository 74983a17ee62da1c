r"""Linear networks with one hidden layer in mean-field parametrisation: closed form, and second moments.

f(x) = w . W x/(gamma0 N sqrt D) with N(0, 1) weights, gradient flow of 1/2 sum (y - f)^2 with the rate gamma0^2 N.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.ode_states import states_at
from lazyrich.theory.double_descent.arguments import broadcast, numbers, one_number
from lazyrich.theory.lazy_to_rich.quadratic_arguments import array

FloatArray = NDArray[np.float64]


class OneHiddenLayer(NamedTuple):
    """Output and kernel in time, each of the broadcast shape of the arguments."""

    f: FloatArray
    kernel: FloatArray
    """H = G, along the target."""


class Moments(NamedTuple):
    """Outputs and second moments of the weights in time; the axes of t come first."""

    f: FloatArray
    """(..., P)."""
    second_moment: FloatArray
    """W^T W/N, (..., D, D)."""
    cross_moment: FloatArray
    """W^T w/N, (..., D)."""
    readout_moment: FloatArray
    """w . w/N, of t's shape."""


def one_hidden_layer(t: ArrayLike, gamma0: ArrayLike, y: ArrayLike) -> OneHiddenLayer:
    r"""Output and kernel of a wide linear network on whitened inputs, along the target.

    df/dt = 2 H (y - f), H = G = sqrt(1 + gamma0^2 f^2), from f(0) = 0. With s = gamma0 abs(y), r = sqrt(1 + s^2),
    w_+ = s + r, E = exp(-2 r t), C = w_+ (1 - w_+)/(1 + w_+)::

        w = 1 + (w_+ - 1) (1 - E)/(1 - C E),   gamma0 f = (w - 1/w)/2.

    Parameters
    ----------
    t : array_like
        Time in [0, inf], learning rate x steps.
    gamma0 : array_like
        Strength of feature learning, >= 0; 0 is lazy.
    y : array_like
        Length of the target along the whitened inputs, any finite number. All arguments broadcast.

    Returns
    -------
    OneHiddenLayer
        (f, kernel).

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    Infinite width, gradient flow; a step of size eta deviates by O(eta), width N by O(1/sqrt N) a network
    and O(1/N) on average. Across the target kernels stay 1.

    References
    ----------
    Bordelon, Pehlevan 2022, arXiv:2205.09653: deep linear networks; the closed form derived here.

    Examples
    --------
    Lazy networks learn as 1 - exp(-2 t), and at last H = sqrt(1 + gamma0^2 y^2):

    >>> print(one_hidden_layer(0.5, 0.0, 1.0).f.round(6), one_hidden_layer(np.inf, 2.0, 1.5))
    0.632121 OneHiddenLayer(f=np.float64(1.5), kernel=np.float64(3.1622776601683795))
    """
    times = numbers("t", t, zero=True, infinite=True)
    strength = numbers("gamma0", gamma0, zero=True)
    target = np.asarray(y, dtype=np.float64)
    if target.size == 0 or not (np.abs(target) <= 1e100).all():
        raise ValueError(f"y = {y!r} is outside [-1e100, 1e100], or empty")
    _, (times, strength, target) = broadcast(t=times, gamma0=strength, y=target)
    size = np.abs(target)
    s = strength * size
    r = np.hypot(1.0, s)
    top = s + r
    with np.errstate(under="ignore"):
        left = np.exp(-2 * r * times)
        gone = -np.expm1(-2 * r * times)
    ratio = gone / (1 + top * ((top - 1) / (1 + top)) * left)
    rise = (size + strength * size * (size / (r + 1))) * ratio  # (w - 1)/gamma0
    w = 1 + strength * rise
    f = np.where(np.isinf(times), size, rise * (1 + 1 / w) / 2)
    return OneHiddenLayer((np.sign(target) * f)[()], np.hypot(1.0, strength * f)[()])


def one_hidden_moments(
    t: ArrayLike,
    X: ArrayLike,
    y: ArrayLike,
    gamma0: float,
    *,
    second_moment: ArrayLike | None = None,
    cross_moment: ArrayLike | None = None,
    readout_moment: float | None = None,
) -> Moments:
    r"""Outputs of a linear network with one hidden layer, for any data and any width.

    M = W^T W/N, m = W^T w/N, G = w . w/N and v = sum_mu (y_mu - f_mu) x_mu/sqrt D are closed::

        dM/dt = gamma0 (m v^T + v m^T),   dm/dt = gamma0 (G v + M v),   dG/dt = 2 gamma0 m . v,
        f = m . x/(gamma0 sqrt D).

    Parameters
    ----------
    t : array_like
        Time in [0, inf), learning rate x steps on the sum loss 1/2 sum (y - f)^2.
    X : array_like, (D, P)
        Inputs, one a column.
    y : array_like, (P,)
    gamma0 : float
        Strength of feature learning, > 0.
    second_moment, cross_moment, readout_moment : array_like, (D, D), (D,) and float, optional
        M, m and G at the start: those of a network of any width, or by default I, 0 and 1 of infinite width.

    Returns
    -------
    Moments
        (f, second_moment, cross_moment, readout_moment).

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact at any width, relative error of integration 1e-9; gradient descent of step eta deviates by O(eta).

    References
    ----------
    Bordelon, Pehlevan 2022, arXiv:2205.09653; the moments at any width derived here.

    Examples
    --------
    Whitened inputs follow the closed form:

    >>> found = one_hidden_moments([0.5, 2.0], np.sqrt(2) * np.eye(2), [1.5, 0.0], 2.0)
    >>> print(found.f[:, 0].round(6), one_hidden_layer([0.5, 2.0], 2.0, 1.5).f.round(6))
    [1.241912 1.499977] [1.241912 1.499977]
    """
    times = numbers("t", t, zero=True)
    x = array("X", X, (None, None))
    dim, count = x.shape
    target, strength = array("y", y, (count,)), one_number("gamma0", gamma0)
    M = np.eye(dim) if second_moment is None else array("second_moment", second_moment, (dim, dim))
    m = np.zeros(dim) if cross_moment is None else array("cross_moment", cross_moment, (dim,))
    G = 1.0 if readout_moment is None else one_number("readout_moment", readout_moment, zero=True)
    whole = np.block([[M, m[:, None]], [m, np.atleast_2d(G)]])
    least = np.linalg.eigvalsh((whole + whole.T) / 2)[0]
    if np.abs(M - M.T).max() > 1e-10 * np.abs(M).max() or least < -1e-8 * np.abs(whole).max():
        raise ValueError(
            "second_moment, cross_moment and readout_moment are those of no network: their joint matrix "
            f"needs to be symmetric without eigenvalues below 0, the least is {least:.3g}"
        )
    scaled = x / np.sqrt(dim)

    def velocity(_: float, state: FloatArray) -> FloatArray:
        M, m, G = state[: dim**2].reshape(dim, dim), state[dim**2 : -1], state[-1]
        v = strength * (scaled @ (target - m @ scaled / strength))
        cross = np.outer(m, v)
        return np.concatenate([(cross + cross.T).ravel(), G * v + M @ v, [2 * (m @ v)]])

    states = states_at(velocity, times.ravel(), np.concatenate([M.ravel(), m, [G]]))
    m_t = states[:, dim**2 : -1]
    return Moments(
        (m_t @ scaled / strength).reshape(*times.shape, count),
        states[:, : dim**2].reshape(*times.shape, dim, dim),
        m_t.reshape(*times.shape, dim),
        states[:, -1].reshape(times.shape)[()],
    )
