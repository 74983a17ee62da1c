"""Student's t at one point, and its largest value over many correlated points."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.extrapolation import Contrast, Floats, SizeMeans

DRAWS = 20_000
BLOCK = 4_000_000  # float32 values held at once while drawing


def t_quantile(dof: Floats, alpha: float) -> Floats:
    """1 - alpha quantile of Student's t, one-sided, for each number of degrees of freedom.

    Examples
    --------
    >>> import numpy as np
    >>> t_quantile(np.array([1.0]), 0.25).round(9)
    array([1.])
    """
    from scipy.special import stdtrit

    return np.asarray(stdtrit(dof, 1.0 - alpha))


@lru_cache(maxsize=8)
def _standard_normals(rows: int) -> NDArray[np.float32]:
    draws = np.random.default_rng(20131220).standard_normal((rows, DRAWS), dtype=np.float32)
    draws.setflags(write=False)
    return draws


def _multiplier_factor(
    means: SizeMeans, c: Floats, found: Contrast, extra_error: Floats | float
) -> NDArray[np.float32]:
    """Factor R (r, J) such that Gaussian multipliers on the seeds give Z = R^T standard normals.

    R is the triangular factor of the residuals c_k r_ki / SE_j, so it needs no more than J
    normals a draw and does not depend on the order of the seeds.
    """
    rows = [ck * r for ck, r in zip(c, means.residuals, strict=True)]
    if np.any(extra_error):
        rows.append(np.diag(np.broadcast_to(extra_error, found.value.shape)))
    noisy = found.standard_error > 0
    scaled = np.concatenate(rows)[:, noisy] / found.standard_error[noisy]
    factor = np.array(np.linalg.qr(scaled, mode="r"))
    sign = np.where(np.diagonal(factor) < 0, -1.0, 1.0)
    factor[: len(sign)] *= sign[:, None]
    return np.asarray(factor, dtype=np.float32)


def largest_t_quantile(
    means: SizeMeans, c: Floats, found: Contrast, alpha: float, extra_error: Floats | float = 0.0
) -> float:
    """1 - alpha quantile K of max_j |T_j| for the contrast `found`, by a multiplier bootstrap.

    Residuals times Gaussian multipliers over SE_j give Z_j with the points' own correlations.
    T_j = sqrt(nu_j (exp(k_j Z_j^2 / nu_j) - 1)) is Student's t with nu_j degrees of freedom:
    Wallace's transform, its k_j chosen so that the two-sided alpha / J quantile is exact. An
    extra error is drawn independently at every point.

    Parameters
    ----------
    means, c, extra_error : as in `contrast`, which gave `found`
    alpha : float in (0, 1)

    Returns
    -------
    float, to three decimals (20,000 draws know it to about 2 %); 0 if no point varies

    Examples
    --------
    >>> import numpy as np
    >>> from lazyrich.paper_checks.evidence.extrapolation import contrast, size_means
    >>> means = size_means([np.random.default_rng(0).standard_normal((400, 1))])
    >>> c = np.ones(1)
    >>> 1.9 < largest_t_quantile(means, c, contrast(means, c), 0.05) < 2.05
    True
    """
    from scipy.special import ndtri, stdtrit

    noisy = found.standard_error > 0
    if not noisy.any():
        return 0.0
    factor = _multiplier_factor(means, c, found, extra_error)
    nu = found.dof[noisy]
    tail = alpha / (2 * len(nu))
    stretch = np.log1p(stdtrit(nu, tail) ** 2 / nu) / ndtri(tail) ** 2
    stretch32, nu32 = stretch.astype(np.float32)[:, None], nu.astype(np.float32)[:, None]
    largest = np.empty(DRAWS, dtype=np.float32)
    width = max(1, min(DRAWS, BLOCK // len(nu)))
    normals = _standard_normals(len(factor))
    for start in range(0, DRAWS, width):
        z = factor.T @ normals[:, start : start + width]
        np.multiply(z, z, out=z)
        np.expm1(z * stretch32, out=z)
        largest[start : start + width] = (nu32 * z).max(axis=0)
    return round(float(np.sqrt(np.quantile(largest, 1 - alpha, method="higher"))), 3)
