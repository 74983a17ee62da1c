r"""Ridge and ridgeless regression on inputs of any covariance: risk, train error and error of each mode.

Mean loss (1/2P) sum_mu (y_mu - x_mu . w)^2 + (penalty/2) abs(w)^2, inputs x ~ N(0, C), labels
y = w* . x + noise. Blocks k of C have eigenvalue c_k, n_k dimensions and m_k, the teacher's squared
weights. With kappa from the `deterministic_equivalents` and

    x_k = kappa/(c_k + kappa),  y_k = c_k/(c_k + kappa),  gamma = (1/P) sum_k n_k y_k^2,

the excess risk E = sum_k E_k, its share E_k in each block and the train error are

    E = (sum_k m_k c_k x_k^2 + noise_var gamma)/(1 - gamma),
    E_k = m_k c_k x_k^2 + (n_k/P) y_k^2 (E + noise_var),
    train = (penalty/kappa)^2 (E + noise_var),   penalty/kappa = 1 - (1/P) sum_k n_k y_k.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.block_covariance import BlockCovariance
from lazyrich.theory.double_descent.deterministic_equivalents import Split, ridge_kappa

FloatArray = NDArray[np.float64]


class RidgeRisk(NamedTuple):
    """Prediction of ridge regression; the axes of n_train and penalty come first."""

    risk: FloatArray
    """Excess risk E (w - w*)^T C (w - w*), without label noise: (...)."""
    train: FloatArray
    """Mean squared error on the noisy training labels: (...)."""
    kappa: FloatArray
    """Effective ridge: directions with c_k > kappa are learned: (...)."""
    mode_errors: FloatArray
    """Share of each block in the risk, (..., blocks); their sum is `risk`."""


def ridge_risk(
    covariance: BlockCovariance,
    n_train: ArrayLike,
    penalty: ArrayLike,
    *,
    noise_var: float = 0.0,
) -> RidgeRisk:
    """Excess risk, train error, effective ridge and mode errors of ridge regression on P samples.

    Equations in the module's head. Ridgeless limits at penalty 0: for fewer dimensions N than
    samples kappa = 0 and E = noise_var N/(P - N); for more, kappa > 0 solves sum_k n_k y_k = P, the
    train error is 0 and the fit is the interpolator of smallest norm, where gradient descent from
    zero ends; at N = P the risk is infinite with label noise and 0 without.

    Parameters
    ----------
    covariance : BlockCovariance
        c_k > 0, n_k > 0 (need not be whole) and m_k >= 0 of each block.
    n_train : array_like, (...)
        P > 0. Only n_k/P enters: fractions of a large dimension serve as well as numbers.
    penalty : array_like, (...)
        lambda >= 0 of the mean loss; the sum loss has P lambda. Broadcasts with n_train.
    noise_var : float
        Variance of the label noise, >= 0.

    Returns
    -------
    RidgeRisk
        (risk, train, kappa, mode_errors) of shapes (...), (...), (...), (..., blocks).

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not broadcast.

    Notes
    -----
    Exact for n_k and P to infinity together; the first correction is O(1/P), and O(1/abs(P - N)) near
    the peak of ridgeless regression. Gaussian inputs are not needed: independent entries, kernels
    and real images obey the same law to a few percent or better.

    References
    ----------
    Hastie, Montanari, Rosset, Tibshirani 2019, arXiv:1903.08560 (ridgeless and ridge risk);
    Canatar, Bordelon, Pehlevan 2020, arXiv:2006.13198 (mode errors; sum loss, their kappa is P times
    this one).

    Examples
    --------
    Isotropic inputs at penalty 0, teacher power 1, noise_var 1/2, on both sides of the peak:

    >>> isotropic = BlockCovariance([1.0], [50], [1.0])
    >>> above, at, below = ridge_risk(isotropic, [100, 50, 25], 0.0, noise_var=0.5).risk
    >>> float(above), float(at)  # noise_var N/(P - N); the peak
    (0.5, inf)
    >>> round(float(below), 12)  # 1 - P/N + noise_var P/(N - P)
    1.0
    """
    P, lam, shape = _pairs(n_train, penalty)
    noise = _checked_noise(noise_var)
    n, c, m = covariance.dimensions, covariance.eigenvalues, covariance.teacher_norms_squared
    kappa, one_point, two_point = _equivalents(covariance, P, lam)
    e = kappa[:, None] / (c + kappa[:, None])
    y = c / (c + kappa[:, None])
    gamma = (n * y**2).sum(axis=1) / P
    missed = m * c * e**2
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        risk = (missed.sum(axis=1) + noise * gamma) / two_point
    # At N = P and penalty 0 both kappa and 1 - gamma vanish, kappa^2 faster.
    peak = two_point == 0
    risk[peak] = np.inf if noise else 0.0
    test = risk + noise
    with np.errstate(invalid="ignore"):
        train = np.where(one_point == 0, 0.0, one_point**2 * test)
    modes = missed + n * y**2 / P[:, None] * test[:, None]
    risk, train, kappa = (array.reshape(shape)[()] for array in (risk, train, kappa))
    return RidgeRisk(risk, train, kappa, modes.reshape(*shape, c.size))


def _equivalents(
    covariance: BlockCovariance, n_train: FloatArray, penalty: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """kappa, penalty/kappa and 1 - gamma at every pair: differences are taken before they cancel."""
    kappa, one_point, two_point = (np.empty_like(penalty) for _ in range(3))
    for P in np.unique(n_train):
        here = n_train == P
        root = np.atleast_1d(ridge_kappa(penalty[here], covariance, P))
        split = Split.around(root, covariance, P)
        kappa[here] = root
        one_point[here], two_point[here] = split.sums(root, covariance, P)
    one_point[(penalty == 0) & (kappa > 0)] = 0.0
    return kappa, one_point, two_point


def _pairs(
    n_train: ArrayLike, penalty: ArrayLike
) -> tuple[FloatArray, FloatArray, tuple[int, ...]]:
    P, lam = (_real(value, name) for value, name in ((n_train, "n_train"), (penalty, "penalty")))
    for array, valid, allowed in (
        (P, (P > 0) & (P < np.inf), "n_train = {} is outside (0, inf): it counts samples"),
        (
            lam,
            (lam >= 0) & (lam < np.inf),
            "penalty = {} is outside [0, inf): it weighs abs(w)^2/2",
        ),
    ):
        if not valid.all():
            raise ValueError(allowed.format(float(array[~valid].flat[0])))
    try:
        P, lam = np.broadcast_arrays(P, lam)
    except ValueError:
        raise ValueError(
            f"n_train {P.shape} and penalty {lam.shape} do not broadcast; for all pairs use n_train[:, None]"
        ) from None
    return P.ravel(), lam.ravel(), P.shape


def _real(value: ArrayLike, name: str) -> FloatArray:
    given = np.asarray(value)
    if given.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {value!r} is outside the real numbers: dtype {given.dtype}")
    if given.size == 0:
        raise ValueError(f"{name} is empty, shape {given.shape}: at least one value is needed")
    return given.astype(np.float64)


def _checked_noise(noise_var: float) -> float:
    noise = _real(noise_var, "noise_var")
    if noise.ndim:
        raise ValueError(f"noise_var has shape {noise.shape}; needs one number >= 0")
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise_var = {noise_var} is outside [0, inf): it is a variance")
    return float(noise)
