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
from scipy.special import gammaln

from lazyrich.solvers.adaptive_panels import NotResolved, nodes, resolved_panels

Array = NDArray[np.float64]

__all__ = [
    "SphereSpectrum",
    "decay_exponent",
    "multiplicities",
    "power_eigenvalues",
    "relu_circle_eigenvalues",
    "relu_tail",
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
    if not callable(profile):
        raise ValueError(  # noqa: TRY004 - as for all that is wrong with an argument
            f"profile is a {type(profile).__name__}; needs a function of an array of cosines"
        )
    dim, n_modes = _whole(dim, "dim", 2), _whole(n_modes, "n_modes", 1)
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
    error = np.abs(eigenvalues - coarse).max()
    if error > tolerance * panels.modulus:
        raise ValueError(
            f"profile: eigenvalues change by {error:.2g} when its panels are halved, more than tolerance = "
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
    dim, n_modes = _whole(dim, "dim", 2), _whole(n_modes, "n_modes", 1)
    counts = [
        comb(k + dim - 1, k) - (comb(k + dim - 3, k - 2) if k > 1 else 0) for k in range(n_modes)
    ]
    try:
        return np.array([float(count) for count in counts])
    except OverflowError:
        raise ValueError(
            f"n_modes = {n_modes} at dim = {dim}: numbers of harmonics above 1e308; needs fewer degrees"
        ) from None


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
    dim, n_modes = _whole(dim, "dim", 2), _whole(n_modes, "n_modes", 1)
    p = _number(power, "power")
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
    k = np.arange(_whole(n_modes, "n_modes", 1), dtype=np.float64)
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
    layers = _whole(hidden_layers, "hidden_layers", 1)
    opposite, angle = 1 / np.pi, np.pi
    for _ in range(layers - 1):
        angle = np.arccos((np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi)
        opposite *= 1 - angle / np.pi
    coinciding = layers * (layers + 1) / (2 * np.pi)
    single = power_eigenvalues(0.5, dim, n_modes)
    parity = (-1.0) ** np.arange(len(single))
    return -np.sqrt(8) * (coinciding + parity * opposite) * single


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
    >>> print(round(decay_exponent(relu_circle_eigenvalues(400), 100), 3))
    2.0
    """
    lam = _spectrum(eigenvalues)
    first = _whole(first, "first", 1)
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
    >>> print(vanishing_modes(relu_circle_eigenvalues(6)))
    [False False False  True False  True]
    """
    lam = _spectrum(eigenvalues)
    if not 0 < _number(resolution, "resolution") < 1:
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


def _spectrum(eigenvalues: ArrayLike) -> Array:
    try:
        lam = np.asarray(eigenvalues)
    except ValueError:
        raise ValueError("eigenvalues are ragged; needs one number a degree") from None
    if lam.dtype.kind not in "iuf" or lam.ndim != 1 or lam.size == 0 or not np.isfinite(lam).all():
        raise ValueError(
            f"eigenvalues have shape {lam.shape}, dtype {lam.dtype}; needs finite numbers, one a degree"
        )
    if not lam.any():
        raise ValueError("eigenvalues are all zero; needs one that is not")
    return lam.astype(np.float64)


def _number(value: object, name: str) -> float:
    if (
        isinstance(value, (bool, str))
        or np.ndim(value)
        or np.asarray(value).dtype.kind not in "iuf"
    ):  # type: ignore[arg-type]
        raise ValueError(f"{name} = {value!r}; needs one number")
    number = float(value)  # type: ignore[arg-type]
    if not np.isfinite(number):
        raise ValueError(f"{name} = {value!r}; needs a finite number")
    return number


def _whole(value: object, name: str, least: int) -> int:
    number = _number(value, name)
    if not (number >= least and number.is_integer()):
        raise ValueError(f"{name} = {value!r}; needs one whole number >= {least}")
    return int(number)
