"""Classification with flipped labels by a linear student; reached through `truncation`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.double_descent.arguments import broadcast, numbers
from lazyrich.theory.double_descent.spectral_cut import FloatArray, integrals_beside

_SHORT = 1e-100  # below, squares of 1 - q underflow


def label_flip_error(
    t: ArrayLike, sample_ratio: ArrayLike, flip_probability: ArrayLike
) -> FloatArray:
    """Share of new inputs that a linear student of flipped labels classes wrongly, at time t.

    Labels are sign(w* x), each flipped with probability p; inputs are Gaussian of variance 1/N, and the
    student starts at 0 and follows gradient flow on the sum of (y - w X)^2/2. To linear order a label is
    m w* x/abs(w*), m = sqrt(2/pi) (1 - 2 p), in units of its input's standard deviation, and the rest acts as
    noise of variance 1 - m^2. With q = exp(-l t) and rho the Marchenko-Pastur law without its zeros, the
    student w has, along the teacher's direction and in all::

        R = m int rho (1 - q),      Q = int rho (1 - q)^2 (m^2 + (1 - m^2)/l),

    and errs on the angle between both, arccos(R/sqrt(Q))/pi.

    Parameters
    ----------
    t : array_like
        Time on the sum loss, in [0, inf]; at 0 the limit of short times.
    sample_ratio : array_like
        a = P/N in (0, inf).
    flip_probability : array_like
        p in [0, 1]; above 1/2 the student learns the opposite class.

    Returns
    -------
    array
        Error on true labels, of the broadcast shape of the arguments; 1/2 is chance, also reached at
        a = 1, t = inf, where the noise diverges.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    N -> inf at fixed a; first correction O(1/N) to the mean, O(1/sqrt N) to one network. Absolute
    error about 1e-15.

    References
    ----------
    Derived here from the modes of Advani, Saxe 2017, arXiv:1710.03667.

    Examples
    --------
    >>> print(label_flip_error([0.3, 3.0], 1.5, 0.5))  # labels without information
    [0.5 0.5]
    >>> print(round(float(label_flip_error(np.inf, 1e6, 0.1)), 3))
    0.0
    """
    _, (times, a, flips) = broadcast(
        t=numbers("t", t, zero=True, infinite=True),
        sample_ratio=numbers("sample_ratio", sample_ratio),
        flip_probability=numbers("flip_probability", flip_probability, zero=True),
    )
    if (flips > 1).any():
        raise ValueError(f"flip_probability = {flips.max()} is outside [0, 1]")
    m = np.sqrt(2 / np.pi) * (1 - 2 * flips)
    _, above = integrals_beside(np.zeros_like(a), a, times)
    # Q - R^2 = m^2 (spread of 1 - q over all directions, unseen ones included) + noise: no cancellation
    along, seen = above.learned, np.minimum(1.0, a)
    spread = above.spread + (1 - seen) / seen * along**2
    across = np.sqrt(m**2 * spread + (1 - m**2) * above.noise)
    error = np.arctan2(across, m * along) / np.pi
    first = np.arctan2(1.0, m * np.sqrt(a)) / np.pi
    return np.where(times * (1 + np.sqrt(a)) ** 2 < _SHORT, first, error)[()]
