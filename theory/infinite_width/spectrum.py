r"""Spectrum of zonal kernels on the sphere S^(dim-1), the one that sets how fast each direction is learned.

A kernel kappa(cos) of the cosine between two inputs has, under the uniform measure, the spherical harmonics as
eigenfunctions, and by Funk and Hecke the eigenvalues ::

    lambda_k = Gamma(d/2) / (sqrt(pi) Gamma((d-1)/2)) int_0^pi kappa(cos th) P_k(cos th) sin(th)^(d-2) dth

with d = dim and P_k the Gegenbauer polynomials with P_k(1) = 1 (cos k th on the circle, d = 2). Under gradient
flow on the mean loss (1/2) E (f - y)^2 the part of f - y in degree k decays as exp(-lambda_k t).
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.adaptive_panels import NotResolved, nodes, resolved_panels
from lazyrich.theory.infinite_width.spectrum_arguments import number, spectrum, whole

Array = NDArray[np.float64]

__all__ = [
    "SphereSpectrum",
    "decay_exponent",
    "multiplicities",
    "sphere_eigenvalues",
    "vanishing_modes",
]

_FINEST = 1e-13  # tolerance that float64 profiles can keep
_WAVES = 8.0  # radians of the highest mode along a panel: 24 nodes integrate it to rounding


class SphereSpectrum(NamedTuple):
    """Eigenvalues by degree k = 0, 1, ..., and how many harmonics share each."""

    eigenvalues: Array
    multiplicities: Array


def sphere_eigenvalues(
    profile: Callable[[Array], ArrayLike], dim: int, n_modes: int, *, tolerance: float = 1e-12
) -> SphereSpectrum:
    """Eigenvalues lambda_k, k < n_modes, of the kernel profile(cos) under the uniform measure of S^(dim-1).

    The integral runs over the angle, on panels that shrink until the profile is resolved: singularities at
    coinciding and opposite inputs, which set the decay of the spectrum, and kinks between cost no accuracy. It
    is done twice, on the panels and on their halves, and refused where the two differ.

    Parameters
    ----------
    profile : callable
        kappa: takes an array of cosines in [-1, 1], returns as many finite numbers.
    dim : int
        d >= 2, dimension of the space around the sphere; 2 is the circle.
    n_modes : int
        Number of degrees, >= 1.
    tolerance : float, 1e-13 to 1e-2
        Largest error of every eigenvalue, as a share of the mean of |kappa| over the sphere (lambda_0, if
        kappa >= 0). Choose one above the relative rounding of the profile.

    Returns
    -------
    SphereSpectrum
        (eigenvalues, multiplicities), each (n_modes,). The sum of their products over all degrees is kappa(1).

    Raises
    ------
    ValueError
        For arguments outside these ranges, a profile that returns other shapes, complex or non-finite numbers,
        and one that is not resolved to `tolerance`.

    Notes
    -----
    Exact for the infinite population on the sphere. n random inputs have eigenvalues of kernel matrix / n within
    O(n^(-1/2)) of these; `dim` equispaced inputs on the circle within the aliases lambda_(n-k) + ....
    A feature of the profile narrower than all panels, of length 8/(n_modes + dim) at most, can be missed.

    References
    ----------
    Jacot, Gabriel, Hongler 2018, arXiv:1806.07572, for its role in training; Bietti, Bach 2020, arXiv:2009.14397,
    for its decay.

    Examples
    --------
    The neural tangent kernel of one hidden ReLU layer on the circle: 12/pi^2, 1, and no odd mode above.

    >>> def kappa(cos):
    ...     th = np.arccos(cos)
    ...     return 2 / np.pi * (np.sin(th) + 2 * (np.pi - th) * cos)
    >>> print(np.abs(sphere_eigenvalues(kappa, 2, 4).eigenvalues).round(12))
    [1.2158542  1.         0.31522146 0.        ]
    """
    from scipy.special import gammaln

    if not callable(profile):
        raise ValueError(  # noqa: TRY004 - as for all that is wrong with an argument
            f"profile is a {type(profile).__name__}; needs a function of an array of cosines"
        )
    dim, n_modes = whole(dim, "dim", 2), whole(n_modes, "n_modes", 1)
    if not (isinstance(tolerance, (int, float)) and _FINEST <= tolerance <= 1e-2):
        raise ValueError(f"tolerance = {tolerance!r}; needs {_FINEST:g} <= tolerance <= 0.01")
    count = multiplicities(dim, n_modes)
    norm = np.exp(gammaln(dim / 2) - gammaln((dim - 1) / 2)) / np.sqrt(np.pi)

    def weighted(angle: Array) -> Array:
        return _values(profile, np.cos(angle)) * norm * np.sin(angle) ** (dim - 2)

    longest = _WAVES / (n_modes + dim)
    try:
        panels = resolved_panels(weighted, 0.0, np.pi, longest=longest, tolerance=tolerance / 50)
    except NotResolved as error:
        raise ValueError(
            f"profile, as a function of the angle, is {error}: needs a profile accurate to the tolerance "
            f"{tolerance:g}, with integrable singularities"
        ) from None
    middle = (panels.left + panels.right) / 2
    coarse = _harmonic_averages(weighted, *nodes(panels.left, panels.right), dim, n_modes)
    angle, weights = nodes(np.append(panels.left, middle), np.append(middle, panels.right))
    eigenvalues = _harmonic_averages(weighted, angle, weights, dim, n_modes)
    change = np.abs(eigenvalues - coarse).max()
    if change > tolerance * panels.modulus:
        raise ValueError(
            f"profile: eigenvalues change by {change:.2g} when its panels are halved, more than tolerance = "
            f"{tolerance:g} times its mean modulus {panels.modulus:.3g}: needs a smoother profile or a larger tolerance"
        )
    rounded = _rounding_of_cosines(profile, angle, weights * norm * np.sin(angle) ** (dim - 2))
    if rounded > tolerance * panels.modulus:
        raise ValueError(
            f"profile: the last digit of the cosine moves the eigenvalues by {rounded:.2g}, more than tolerance = "
            f"{tolerance:g} times its mean modulus {panels.modulus:.3g}: needs a weaker singularity at cosine -1 and 1"
        )
    return SphereSpectrum(eigenvalues, count)


def multiplicities(dim: int, n_modes: int) -> Array:
    """Number N(d, k) of spherical harmonics of degree k = 0, ..., n_modes - 1 on S^(dim-1).

    N(d, k) = C(k+d-1, k) - C(k+d-3, k-2): 1, 2, 2, ... on the circle, 2k + 1 on the sphere in three dimensions.

    Parameters
    ----------
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
        For other arguments, and where a number exceeds the range of float64.

    Examples
    --------
    >>> print(multiplicities(3, 4))
    [1. 3. 5. 7.]
    """
    dim, n_modes = whole(dim, "dim", 2), whole(n_modes, "n_modes", 1)
    counts = [
        comb(k + dim - 1, k) - (comb(k + dim - 3, k - 2) if k > 1 else 0) for k in range(n_modes)
    ]
    try:
        return np.array([float(count) for count in counts])
    except OverflowError:
        raise ValueError(
            f"n_modes = {n_modes} at dim = {dim}: numbers of harmonics above 1e308; needs fewer degrees"
        ) from None


def decay_exponent(eigenvalues: ArrayLike, first: int, *, resolution: float = 1e-11) -> float:
    """Exponent s of the decay lambda_k ~ k^-s: least squares of log lambda_k on log k for k >= first.

    Even and odd degrees share the exponent but not the amplitude, since opposite inputs may be as singular as
    coinciding ones. Degrees that vanish are left out. Weights 1/k: every octave counts alike.

    Parameters
    ----------
    eigenvalues : array_like, (n_modes,)
        lambda_k by degree, k = 0, 1, ...
    first : int
        First degree of the fit, >= 1; the exponent's error falls as a power of it.
    resolution : float, in (0, 1)
        Share of the largest eigenvalue below which an eigenvalue counts as vanishing.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For other arguments, and where fewer than four degrees are left.

    Examples
    --------
    >>> k = np.arange(1.0, 100.0)
    >>> print(round(decay_exponent(np.append(1.0, 3 * k**-2.5), 10), 9))
    2.5
    """
    lam = spectrum(eigenvalues)
    first = whole(first, "first", 1)
    used = ~vanishing_modes(lam, resolution=resolution) & (np.arange(len(lam)) >= first) & (lam > 0)
    k = np.flatnonzero(used)
    if len(k) < 4:
        raise ValueError(
            f"first = {first}: {len(k)} positive eigenvalues from there on; needs 4 or more"
        )
    even = (k % 2 == 0).astype(float)
    design = np.column_stack([np.log(k), even, 1 - even]) / np.sqrt(k)[:, None]
    solution = np.linalg.lstsq(design, np.log(lam[k]) / np.sqrt(k), rcond=None)[0]
    return float(-solution[0])


def vanishing_modes(eigenvalues: ArrayLike, *, resolution: float = 1e-11) -> NDArray[np.bool_]:
    """Which degrees a kernel does not see: |lambda_k| <= resolution x the largest.

    A kernel is positive definite on the sphere, that is, learns any labels of any distinct inputs, only if neither
    all high even nor all high odd degrees vanish (for dim >= 3 this suffices).

    Parameters
    ----------
    eigenvalues : array_like, (n_modes,)
        lambda_k by degree, k = 0, 1, ...
    resolution : float, in (0, 1)
        Above the relative tolerance of the eigenvalues.

    Returns
    -------
    array of bool, (n_modes,)

    Raises
    ------
    ValueError
        For other arguments, and a spectrum that is zero throughout.

    References
    ----------
    Jacot, Gabriel, Hongler 2018, arXiv:1806.07572; Chen, Menegatto, Sun 2003 (which degrees suffice).

    Examples
    --------
    >>> print(vanishing_modes([1.2, 1.0, 0.3, 1e-17, 0.03, -1e-17]))
    [False False False  True False  True]
    """
    lam = spectrum(eigenvalues)
    if not 0 < number(resolution, "resolution") < 1:
        raise ValueError(f"resolution = {resolution}; needs 0 < resolution < 1")
    return np.abs(lam) <= resolution * np.abs(lam).max()


def _harmonic_averages(
    weighted: Callable[[Array], Array], angle: Array, weights: Array, dim: int, n_modes: int
) -> Array:
    """Integrals of weighted(angle) P_k(cos angle), degree by degree."""
    mass = weights * weighted(angle)
    heavy = np.abs(mass) > 1e-30 * np.abs(mass).max(initial=0)  # no denormal numbers
    mass, cosine = mass[heavy], np.cos(angle[heavy])
    before, now = np.ones_like(cosine), cosine
    averages = [mass.sum()]
    for k in range(1, n_modes):
        averages.append(mass @ now)
        before, now = now, ((2 * k + dim - 2) * cosine * now - k * before) / (k + dim - 2)
    return np.array(averages)


def _rounding_of_cosines(
    profile: Callable[[Array], ArrayLike], angle: Array, weights: Array
) -> float:
    """How far an integral may move because cosines near -1 and 1 know their angle only roughly."""
    cosine = np.cos(angle)
    here, inward = _values(profile, cosine), _values(profile, np.nextafter(cosine, 0))
    return float(weights @ np.abs(here - inward))


def _values(profile: Callable[[Array], ArrayLike], cosines: Array) -> Array:
    values = np.asarray(profile(cosines))
    if values.shape != cosines.shape or values.dtype.kind not in "iuf":
        raise ValueError(
            f"profile returns shape {values.shape}, dtype {values.dtype} for {cosines.shape[0]} cosines; needs one "
            "real number for each"
        )
    if not np.isfinite(values).all():
        bad = cosines[~np.isfinite(values)][0]
        raise ValueError(
            f"profile is not finite at cosine {bad!r}; needs finite numbers on [-1, 1]"
        )
    return values.astype(np.float64)
