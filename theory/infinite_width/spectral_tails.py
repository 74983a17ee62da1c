"""Spectra of singular zonal kernels in closed form: powers of 1 - cos, and ReLU networks without bias.

A kernel that is smooth between coinciding and opposite inputs has a tail set by its singularities there.
Conventions as in :mod:`spectrum`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.infinite_width.spectrum_arguments import number, whole

Array = NDArray[np.float64]


def power_eigenvalues(power: float, dim: int, n_modes: int) -> Array:
    """Eigenvalues of the kernel (1 - cos)^power on S^(dim-1), which set the tail of every singular kernel.

    ::

        lambda_k = 2^(p+d-2) Gamma(d/2) Gamma(p+(d-1)/2) / sqrt(pi) * Gamma(k-p) / (Gamma(-p) Gamma(k+p+d-1))
                 ~ k^-(d-1+2p)

    A kernel whose leading singular terms are a (1 - cos)^p at coinciding and b (1 + cos)^p at opposite inputs
    has lambda_k ~ (a + (-1)^k b) times these, up to relative O(1/k) or less.

    Parameters
    ----------
    power : float
        p > -(d-1)/2. Whole numbers give polynomials: zero above degree p.
    dim : int
        d >= 2.
    n_modes : int
        Number of degrees, >= 1.

    Returns
    -------
    array, (n_modes,)

    Raises
    ------
    ValueError
        For other arguments; below -(d-1)/2 the kernel is not integrable.

    References
    ----------
    Bietti, Bach 2020, arXiv:2009.14397.

    Examples
    --------
    1 - cos on the circle has lambda_0 = 1 and lambda_1 = -1/2.

    >>> print(power_eigenvalues(1.0, 2, 3).round(15) + 0.0)
    [ 1.  -0.5  0. ]
    """
    from scipy.special import gammaln

    dim, n_modes = whole(dim, "dim", 2), whole(n_modes, "n_modes", 1)
    p = number(power, "power")
    if not p > -(dim - 1) / 2:
        raise ValueError(
            f"power = {power}; needs power > {-(dim - 1) / 2:g}: integrable on S^{dim - 1}"
        )
    log_first = (
        (p + dim - 2) * np.log(2)
        + gammaln(dim / 2)
        + gammaln(p + (dim - 1) / 2)
        - gammaln(p + dim - 1)
    )
    k = np.arange(n_modes - 1)
    ratios = np.cumprod((k - p) / (k + p + dim - 1))
    return np.exp(log_first) / np.sqrt(np.pi) * np.append(1.0, ratios)


def relu_circle_eigenvalues(n_modes: int) -> Array:
    """Eigenvalues of the neural tangent kernel of one hidden ReLU layer without bias on the circle.

    lambda_1 = 1, lambda_k = (4/pi^2)(k^2+3)/(k^2-1)^2 for even k, 0 for odd k >= 3: not positive definite.

    Parameters
    ----------
    n_modes : int
        Number of degrees, >= 1. Weight variance 2 in both layers, |x|^2 = 2, so that kappa(1) = 4.

    Returns
    -------
    array, (n_modes,)

    Raises
    ------
    ValueError
        For other arguments.

    References
    ----------
    Jacot, Gabriel, Hongler 2018, arXiv:1806.07572 (the kernel); the sum is derived here.

    Examples
    --------
    >>> print(relu_circle_eigenvalues(4).round(6))
    [1.215854 1.       0.315221 0.      ]
    """
    k = np.arange(whole(n_modes, "n_modes", 1), dtype=np.float64)
    even = 4 / np.pi**2 * (k**2 + 3) / np.where(k == 1, 1.0, (k**2 - 1) ** 2)
    return np.where(k == 1, 1.0, np.where(k % 2 == 0, even, 0.0))


def relu_tail(dim: int, n_modes: int, *, hidden_layers: int) -> Array:
    """Leading tail of the spectrum of the neural tangent kernel of deep ReLU networks without bias.

    With weight variance 2 and |x|^2 = d the kernel is 2(L+1) - 2 a th near coinciding inputs and const - 2 b (pi - th)
    near opposite ones, where ::

        a = L (L+1) / (2 pi),      b = (1/pi) prod_{l=2}^{L} (1 - th_l/pi)

    and th_l is the angle between opposite inputs l - 1 layers deep (pi/2 at l = 2). So
    lambda_k ~ -sqrt8 (a + (-1)^k b) times `power_eigenvalues` of power 1/2: k^-d, and no odd modes at L = 1,
    where a = b.

    Parameters
    ----------
    dim : int
        d >= 2.
    n_modes : int
        Number of degrees, >= 1.
    hidden_layers : int
        L >= 1.

    Returns
    -------
    array, (n_modes,)
        Asymptotic in k: relative corrections O(1/k^2).

    Raises
    ------
    ValueError
        For other arguments.

    References
    ----------
    Bietti, Bach 2020, arXiv:2009.14397 (the exponent); amplitudes derived here.

    Examples
    --------
    >>> tail, exact = relu_tail(2, 41, hidden_layers=1), relu_circle_eigenvalues(41)
    >>> print((tail[40] / exact[40]).round(2), tail[39].round(9))
    1.0 0.0
    """
    layers = whole(hidden_layers, "hidden_layers", 1)
    opposite, angle = 1 / np.pi, np.pi
    for _ in range(layers - 1):
        angle = np.arccos((np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi)
        opposite *= 1 - angle / np.pi
    coinciding = layers * (layers + 1) / (2 * np.pi)
    single = power_eigenvalues(0.5, dim, n_modes)
    parity = (-1.0) ** np.arange(len(single))
    return -np.sqrt(8) * (coinciding + parity * opposite) * single
