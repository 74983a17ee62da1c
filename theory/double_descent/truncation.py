"""Label noise by spectral subspace: what a truncated linear student has learned of signal and noise.

Setting (Advani-Saxe units). Labels y = w* X + noise; N teacher weights of variance `teacher_power`, noise
of variance `noise_var`, P = sample_ratio x N samples with inputs of variance 1/N. The student starts at 0
and follows gradient flow on the sum of (y - w X)^2/2; t = learning rate x steps. Along a direction of
X X^T with eigenvalue l, and q = exp(-l t), it has learned on average::

    signal energy  teacher_power (1 - q)^2,      noise energy  noise_var (1 - q)^2/l.

Noise of small eigenvalues appears late, t ~ 1/l, and ends large, 1/l. A truncated student keeps its
weights along the eigenvalues above a cut and has the weight 0 along the others.

`block_risk` (any covariance, mean loss) and `label_flip_error` (signs as labels) stand in files of their own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.double_descent.arguments import broadcast, numbers, one_number
from lazyrich.theory.double_descent.block_truncation import TruncatedRisk, block_risk
from lazyrich.theory.double_descent.label_flips import label_flip_error
from lazyrich.theory.double_descent.spectral_cut import FloatArray, integrals_beside

__all__ = [
    "LearnedEnergy",
    "TruncatedRisk",
    "block_risk",
    "harmful_noise",
    "isotropic_risk",
    "label_flip_error",
    "learned_energy",
    "optimal_cut",
]


def isotropic_risk(
    cut: ArrayLike,
    sample_ratio: ArrayLike,
    *,
    t: ArrayLike = np.inf,
    teacher_power: float = 1.0,
    noise_var: float = 0.0,
) -> FloatArray:
    """Test error of a student that is trained for a time t and keeps the eigenvalues above a cut.

    With a = sample_ratio, S = teacher_power, rho the Marchenko-Pastur law without its zeros::

        E = noise_var + S max(1 - a, 0) + S int_{l <= cut} rho
            + int_{l > cut} rho [S q^2 + noise_var (1 - q)^2/l],     q = exp(-l t).

    Parameters
    ----------
    cut : array_like
        Eigenvalue of X X^T, in [0, inf]. Below the spectrum nothing is cut; from its upper edge
        (1 + sqrt(a))^2 on, everything is.
    sample_ratio : array_like
        a = P/N in (0, inf).
    t : array_like
        Time on the sum loss, in [0, inf]; inf (default) for a fully trained student.
    teacher_power, noise_var : float
        Variance of the teacher's weights and of the label noise, both in [0, inf).

    Returns
    -------
    array
        Test error, label noise included, of the broadcast shape of `cut`, `sample_ratio` and `t`; inf
        for a fully trained student of noisy labels at a = 1 with cut = 0.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    N -> inf at fixed a; first correction O(1/N). Relative error about 1e-14.

    References
    ----------
    Advani, Saxe 2017, arXiv:1710.03667, for the student without a cut; the cut is derived here.

    Examples
    --------
    >>> print(round(float(isotropic_risk(0.0, 1.2, noise_var=0.5)), 12))  # 1.2 noise_var/(1.2 - 1)
    3.0
    >>> print(isotropic_risk(np.inf, 1.2, noise_var=0.5))  # nothing is kept
    1.5
    """
    cuts, a, times = _arrays(cut=cut, sample_ratio=sample_ratio, t=t)
    power, noise = _variances(teacher_power=teacher_power, noise_var=noise_var)
    below, above = integrals_beside(cuts, a, times)
    missed = np.maximum(1 - a, 0.0) + below.mass + above.decayed_squared
    return (noise + power * missed + _scaled(noise, above.noise))[()]


class LearnedEnergy(NamedTuple):
    """Energy of the weights, abs(w)^2/N, that is learned of the teacher and of the label noise."""

    signal: FloatArray
    noise: FloatArray


def learned_energy(
    t: ArrayLike,
    cut: ArrayLike,
    sample_ratio: ArrayLike,
    *,
    teacher_power: float = 1.0,
    noise_var: float = 0.0,
) -> LearnedEnergy:
    """Energy of the student's weights along all eigenvalues up to a cut, at time t.

    Averages over teacher and label noise; both parts together are abs(w)^2/N of the subspace::

        signal = teacher_power int_{l <= cut} rho (1 - q)^2,
        noise  = noise_var int_{l <= cut} rho (1 - q)^2/l,      q = exp(-l t).

    Parameters
    ----------
    t : array_like
        Time on the sum loss, in [0, inf].
    cut : array_like
        Eigenvalue of X X^T, in [0, inf]; inf for the whole student.
    sample_ratio : array_like
        a = P/N in (0, inf).
    teacher_power, noise_var : float
        Variance of the teacher's weights and of the label noise, both in [0, inf).

    Returns
    -------
    LearnedEnergy
        (signal, noise), each of the broadcast shape of `t`, `cut` and `sample_ratio`; the noise is inf at
        a = 1, t = inf.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    N -> inf at fixed a; first correction O(1/N). Relative error about 1e-14.

    References
    ----------
    Derived here from the modes of Advani, Saxe 2017, arXiv:1710.03667.

    Examples
    --------
    >>> signal, noise = learned_energy(np.inf, np.inf, 3.0, noise_var=0.5)  # noise_var/(a - 1)
    >>> print(round(float(signal), 12), round(float(noise), 12))
    1.0 0.25
    """
    times, cuts, a = _arrays(t=t, cut=cut, sample_ratio=sample_ratio)
    power, noise = _variances(teacher_power=teacher_power, noise_var=noise_var)
    below, _ = integrals_beside(cuts, a, times)
    return LearnedEnergy((power * below.learned_squared)[()], _scaled(noise, below.noise)[()])


def optimal_cut(snr: ArrayLike, t: ArrayLike = np.inf) -> FloatArray:
    """The cut of smallest test error: 1/snr for a fully trained student, 0 until t = 2 snr.

    Along an eigenvalue l the weights kept err by S q^2 + noise_var (1 - q)^2/l, the weight 0 by S. It is
    worth keeping if and only if l snr > tanh(l t/2), whose right side is concave in l: always for
    t <= 2 snr, above the positive root l of l snr = tanh(l t/2) afterwards.

    Parameters
    ----------
    snr : array_like
        Variance of the teacher's weights over that of the label noise, in [0, inf].
    t : array_like
        Time on the sum loss, in [0, inf]; inf (default) for a fully trained student.

    Returns
    -------
    array
        Eigenvalue of X X^T, of the broadcast shape of `snr` and `t`; the same for every sample ratio.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    Exact for a teacher of equal variance in all directions, at any size. The relative error is about
    1e-16 times the condition of the root, 1/(1 - 2 snr/t) just after t = 2 snr.

    References
    ----------
    Derived here.

    Examples
    --------
    >>> print(optimal_cut(4.0), optimal_cut(4.0, 8.0))
    0.25 0.0
    """
    ratios, times = _arrays(snr=snr, t=t)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        final = 1 / ratios
        slope = np.where(times == np.inf, 0.0, 2 * (ratios / times))
    cut = np.where((times == np.inf) | (ratios == 0), final, 0.0)
    cut = np.where((times == 0) | (ratios == np.inf), 0.0, cut)
    inside = (slope > 0) & (slope < 1) & (times < np.inf)
    cut[inside] = 2 * _root_of_tanh(slope[inside]) / times[inside]
    return cut[()]


def harmful_noise(
    sample_ratio: ArrayLike,
    *,
    t: ArrayLike = np.inf,
    cut: ArrayLike = 0.0,
    teacher_power: float = 1.0,
) -> FloatArray:
    """Variance of the label noise above which the student errs more than one that never learned.

    With S = teacher_power the kept eigenvalues lower the error by S int rho (1 - q^2) and raise it by
    noise_var int rho (1 - q)^2/l; both balance at

        S int_{l > cut} rho (1 - q^2) / int_{l > cut} rho (1 - q)^2/l,

    which is S abs(1 - a) for the fully trained student without a cut, and falls in t.

    Parameters
    ----------
    sample_ratio : array_like
        a = P/N in (0, inf).
    t : array_like
        Time on the sum loss, in [0, inf]; inf (default) for a fully trained student.
    cut : array_like
        Eigenvalue of X X^T, in [0, inf]; 0 (default) keeps all.
    teacher_power : float
        Variance of the teacher's weights, in [0, inf).

    Returns
    -------
    array
        Of the broadcast shape of `sample_ratio`, `t` and `cut`; inf where nothing is learned or kept.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    N -> inf at fixed a; first correction O(1/N).

    References
    ----------
    Derived here; at t = inf it is the comparison of interpolation with the zero predictor of Hastie,
    Montanari, Rosset, Tibshirani 2019, arXiv:1903.08560.

    Examples
    --------
    >>> print(np.round(harmful_noise([0.5, 1.0, 3.0]), 12))
    [0.5 0.  2. ]
    """
    a, times, cuts = _arrays(sample_ratio=sample_ratio, t=t, cut=cut)
    (power,) = _variances(teacher_power=teacher_power)
    _, above = integrals_beside(cuts, a, times)
    gain = 2 * above.learned - above.learned_squared
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(above.noise > 0, power * gain / above.noise, np.inf)[()]


def _arrays(**values: ArrayLike) -> list[FloatArray]:
    """Checked arguments in their common shape: sample ratios in (0, inf), all others in [0, inf]."""
    checked = {
        name: numbers(name, value, zero=name != "sample_ratio", infinite=name != "sample_ratio")
        for name, value in values.items()
    }
    return broadcast(**checked)[1]


def _variances(**values: float) -> list[float]:
    return [one_number(name, value, zero=True) for name, value in values.items()]


def _scaled(noise_var: float, integral: FloatArray) -> FloatArray:
    """noise_var x integral; no noise is none, also where the integral diverges."""
    return noise_var * integral if noise_var else np.zeros_like(integral)


def _root_of_tanh(slope: FloatArray) -> FloatArray:
    """x > 0 with slope x = tanh(x), 0 < slope < 1: Newton's method from above, on a convex function."""
    x = 1 / slope
    while True:
        bent = np.tanh(x)
        rise = slope - 1 + bent**2
        new = x - (slope * x - bent) / np.where(rise > 0, rise, np.inf)
        falling = new < x
        if not falling.any():
            return x
        x = np.where(falling, new, x)
