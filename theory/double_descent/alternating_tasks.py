r"""Tasks of one teacher at chosen angles: two in turn, and many that rotate slowly.

Each task is fitted fully; in the notation of :mod:`forgetting`, through which the predictions are reached.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import broadcast, numbers
from lazyrich.theory.double_descent.task_arguments import whole_numbers

FloatArray = NDArray[np.float64]


def two_tasks(angle: ArrayLike, n_tasks: ArrayLike) -> FloatArray:
    """Forgetting F_k of two tasks in turn, from the worst start of length 1.

    Two rows x_1, x_2 of length 1 at an angle theta (or row spaces with that one principal angle). Each
    turn multiplies the error by cos(theta), and the task that is not up sees sin(theta) of it::

        F_k = (share of the other task) cos(theta)^(2 (k - 1)) sin(theta)^2,

    its share being 1/2 for even k and (k - 1)/(2 k) for odd k.

    Parameters
    ----------
    angle : array_like
        theta in [0, pi/2].
    n_tasks : array_like of int
        k >= 1, trainings in all, task 1 first. Broadcasts with `angle`.

    Returns
    -------
    array, of the broadcast shape
        F_k/abs(e_0)^2; the worst e_0 is orthogonal to x_1, and no other pair at this angle is worse.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    Exact. For several principal angles the forgetting is at most the largest of theirs.

    References
    ----------
    Evron et al. 2022, arXiv:2205.09588: two tasks in cyclic order.

    Examples
    --------
    Equal tasks and orthogonal ones forget nothing.

    >>> print(two_tasks([0.0, np.pi / 4, np.pi / 2], 2).round(12))
    [0.    0.125 0.   ]
    """
    theta = numbers("angle", angle, zero=True)
    if (theta > np.pi / 2).any():
        raise ValueError(
            f"angle = {theta[theta > np.pi / 2][0]} is outside [0, pi/2]: an angle between two lines"
        )
    _, (theta, k) = broadcast(angle=theta, n_tasks=whole_numbers("n_tasks", n_tasks))
    seen = np.cos(theta) ** (2 * (k - 1)) * np.sin(theta) ** 2
    return (_share_of_other(k) * seen)[()]


def two_task_worst_case(n_tasks: ArrayLike) -> FloatArray:
    """Largest forgetting F_k of any two tasks in turn, from any start of length 1.

    The worst angle has cos(theta)^2 = 1 - 1/k, so that ::

        max F_k = (share of the other task) (1 - 1/k)^(k - 1)/k,

    with the shares of `two_tasks`; 0 for k = 1. For even k it lies between (1 - 1/k)/(2 e (k - 1)) and
    1/(2 e (k - 1)): forgetting dies out as 1/(2 e k) however the tasks are chosen.

    Parameters
    ----------
    n_tasks : array_like of int
        k >= 1, trainings in all.

    Returns
    -------
    array, of the shape of `n_tasks`
        max F_k/abs(e_0)^2 over all pairs of tasks with abs(X_m) <= 1, of any rank and dimension.

    Raises
    ------
    ValueError
        For numbers that are not whole or below 1.

    Notes
    -----
    Exact for every k; 2 e k times it is 1 + 1/(2 k) for even k, 1 - 1/(2 k) for odd k, up to O(1/k^2).

    References
    ----------
    Evron et al. 2022, arXiv:2205.09588: worst case of two tasks in cyclic order.

    Examples
    --------
    >>> print(two_task_worst_case([1, 2, 4]).round(6))
    [0.       0.125    0.052734]
    """
    k = whole_numbers("n_tasks", n_tasks)
    with np.errstate(divide="ignore", invalid="ignore"):
        largest = np.where(k > 1, np.exp((k - 1) * np.log1p(-1 / k)) / k, 1.0)
    return (_share_of_other(k) * largest)[()]


def _share_of_other(k: FloatArray) -> FloatArray:
    """Share of trainings so far that were not on the task now up."""
    return np.where(k % 2 == 0, 0.5, (k - 1) / (2 * k))


def rotating_tasks(n_tasks: ArrayLike, n_turning: ArrayLike) -> FloatArray:
    """Forgetting F_k of tasks that turn slowly: it can come close to everything.

    k tasks of one row in a plane: first k - j equal ones, then j that turn by pi/(2 j) each, from e_0
    orthogonal to the first row. The error follows the tasks and hardly shrinks::

        F_k = cos(pi/(2 j))^(2 j) [1 - (j + 1)/(2 k)].

    Parameters
    ----------
    n_tasks : array_like of int
        k >= 1.
    n_turning : array_like of int
        j in 1, ..., k. Broadcasts with `n_tasks`.

    Returns
    -------
    array, of the broadcast shape
        F_k/abs(e_0)^2. With j near pi sqrt(k/2) it is 1 - pi/sqrt(2 k) up to O(1/k).

    Raises
    ------
    ValueError
        For numbers that are not whole or outside these ranges, or shapes that do not fit.

    Notes
    -----
    Exact.

    References
    ----------
    Evron et al. 2022, arXiv:2205.09588: sequences of tasks whose forgetting is nearly complete; this
    sequence and its forgetting derived here.

    Examples
    --------
    >>> print(rotating_tasks(10**6, 2221).round(4))
    0.9978
    """
    _, (k, j) = broadcast(
        n_tasks=whole_numbers("n_tasks", n_tasks), n_turning=whole_numbers("n_turning", n_turning)
    )
    if (j > k).any():
        raise ValueError(
            f"n_turning = {j[j > k][0]:g} is outside [1, {k[j > k][0]:g}]: they are some of the n_tasks"
        )
    with np.errstate(divide="ignore"):
        length = np.where(j > 1, np.exp(j * np.log1p(-(np.sin(np.pi / (2 * j)) ** 2))), 0.0)
    return (length * (1 - (j + 1) / (2 * k)))[()]
