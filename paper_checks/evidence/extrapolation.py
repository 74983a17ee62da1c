"""Limits of infinite size or zero step, read off finite ones, with their uncertainty.

Everything an ensemble is asked is a contrast of its size means, sum_k c_k gbar_kj: the extrapolated
limit, its change when a size is left out, its distance from the largest size.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LARGE_DOF = 1e8  # stands for a known variance
MEASURABLE_BIAS = 5.0  # bias over its standard error, from which an order is fitted


class SizeMeans(NamedTuple):
    """Seed statistics of gaps g_kij at K sizes and J points.

    Fields
    ------
    mean : (K, J), gbar_kj
    variance : (K, J), variance of the mean, v_kj / n_k
    seeds : (K,), n_k
    residuals : K arrays (n_k, J), (g_kij - gbar_kj) / sqrt(n_k (n_k - 1))
    """

    mean: Floats
    variance: Floats
    seeds: Floats
    residuals: list[Floats]


class Contrast(NamedTuple):
    """Estimate of sum_k c_k E g_kj at each of J points.

    Fields
    ------
    value : (J,)
    standard_error : (J,)
    dof : (J,), Welch-Satterthwaite degrees of freedom
    """

    value: Floats
    standard_error: Floats
    dof: Floats


def size_means(gaps: Sequence[Floats]) -> SizeMeans:
    """Means, variances of the mean and scaled residuals, size by size.

    Parameters
    ----------
    gaps : K arrays (n_k, J) with n_k >= 2

    Returns
    -------
    SizeMeans; the variance is exactly 0 where all seeds give the same number.

    Examples
    --------
    >>> import numpy as np
    >>> size_means([np.array([[1.0], [3.0]])]).variance
    array([[1.]])
    """
    mean = np.array([g.mean(axis=0) for g in gaps])
    residuals = []
    for g, m in zip(gaps, mean, strict=True):
        constant = g.max(axis=0) == g.min(axis=0)
        residuals.append(np.where(constant, 0.0, g - m) / np.sqrt(len(g) * (len(g) - 1)))
    variance = np.array([np.sum(r**2, axis=0) for r in residuals])
    return SizeMeans(mean, variance, np.array([float(len(g)) for g in gaps]), residuals)


def intercept_coefficients(
    sizes: Floats, seeds: Floats, *, order: float, noise_exponent: float
) -> Floats:
    """Coefficients c_k of the limit in the weighted fit gbar_k = a + b N_k^-order.

    With x_k = N_k^-order and weights w_k = n_k N_k^noise_exponent, the fitted limit is
    a = sum_k c_k gbar_k, with sum_k c_k = 1 and sum_k c_k x_k = 0.

    Parameters
    ----------
    sizes, seeds : (K,); one size alone gives c = 1
    order, noise_exponent : float

    Returns
    -------
    (K,)

    Examples
    --------
    >>> import numpy as np
    >>> intercept_coefficients(np.array([1.0, 2.0]), np.ones(2), order=1.0, noise_exponent=0.0)
    array([-1.,  2.])
    """
    if len(sizes) == 1:
        return np.ones(1)
    relative = sizes / sizes.max()
    x = relative**-order
    w = seeds * relative**noise_exponent
    w = w / w.sum()
    centre = np.sum(w * x)
    return w * (1.0 - centre * (x - centre) / np.sum(w * (x - centre) ** 2))


def contrast(means: SizeMeans, c: Floats, extra_error: Floats | float = 0.0) -> Contrast:
    """Estimate sum_k c_k gbar_kj with its standard error and degrees of freedom.

    SE_j^2 = sum_k c_k^2 v_kj / n_k + extra_error_j^2, and by Welch and Satterthwaite
    nu_j = SE_j^4 / sum_k (c_k^2 v_kj / n_k)^2 / (n_k - 1): the extra error counts as known.

    Parameters
    ----------
    means : SizeMeans
    c : (K,)
    extra_error : (J,) or 0, a further independent standard error

    Returns
    -------
    Contrast; a point without any variance has standard error 0 and a large dof.

    Examples
    --------
    >>> import numpy as np
    >>> contrast(size_means([np.array([[0.0], [2.0]])]), np.ones(1))
    Contrast(value=array([1.]), standard_error=array([1.]), dof=array([1.]))
    """
    parts = c[:, None] ** 2 * means.variance
    squared = parts.sum(axis=0) + np.asarray(extra_error) ** 2
    spread = np.sum(parts**2 / (means.seeds[:, None] - 1.0), axis=0)
    dof = np.full_like(squared, LARGE_DOF)
    np.divide(squared**2, spread, out=dof, where=spread > 0)
    return Contrast(c @ means.mean, np.sqrt(squared), np.minimum(dof, LARGE_DOF))


def finite_size_order(
    gaps: Sequence[Floats], means: SizeMeans, c: Floats, sizes: Floats, order: float
) -> tuple[float, float] | None:
    """Fitted order p of gbar_kj = a_j + b_j N_k^-p, with its standard error, where measurable.

    Points whose bias at the smallest size, gbar_1j - a_j, exceeds five of its standard errors
    are combined into one number a seed, weighted by bias over variance, and a + b N^-p is
    fitted to that by least squares, its limit left free.

    Parameters
    ----------
    gaps, means, c : K arrays (n_k, J), their SizeMeans, the limit's coefficients (K,)
    sizes : (K,) ascending
    order : float, declared order, where the search starts

    Returns
    -------
    (order, standard error), or None with fewer than three sizes, where no bias is that large,
    or where the fit finds no order between 0 and 8

    Examples
    --------
    >>> import numpy as np
    >>> sizes, noise = np.array([1.0, 4.0, 16.0]), np.linspace(-1e-3, 1e-3, 8)
    >>> gaps = [(1 / n**0.5 + noise)[:, None] for n in sizes]
    >>> means = size_means(gaps)
    >>> c = intercept_coefficients(sizes, means.seeds, order=1.0, noise_exponent=0.0)
    >>> round(finite_size_order(gaps, means, c, sizes, 1.0)[0], 6)
    0.5
    """
    if len(sizes) < 3:
        return None
    bias = contrast(means, np.eye(len(sizes))[0] - c)
    large = np.abs(bias.value) > MEASURABLE_BIAS * np.maximum(bias.standard_error, 1e-12)
    if not large.any():
        return None
    size, error = bias.value[large], bias.standard_error[large]
    weight = size / np.maximum(error, 1e-6 * np.abs(size)) ** 2
    combined = size_means([(g[:, large] @ (weight / (weight @ size)))[:, None] for g in gaps])
    if not np.all(combined.variance > 0):
        return None
    return _fit_power(sizes / sizes[0], combined.mean[:, 0], combined.variance[:, 0] ** 0.5, order)


def _fit_power(x: Floats, y: Floats, error: Floats, order: float) -> tuple[float, float] | None:
    """Gauss-Newton fit of y = a + b x^-p: (p, its standard error), None without convergence."""
    p = order
    for _ in range(100):
        power = x**-p
        basis = np.stack([np.ones_like(x), power], axis=1) / error[:, None]
        (a, b), *_ = np.linalg.lstsq(basis, y / error, rcond=None)
        jacobian = np.column_stack([basis, -b * power * np.log(x) / error])
        step = np.linalg.lstsq(jacobian, (y - a - b * power) / error, rcond=None)[0][2]
        p += float(np.clip(step, -0.25, 0.25))
        if not 0 < p < 8:
            return None
        if abs(step) < 1e-10:
            covariance = np.linalg.pinv(jacobian.T @ jacobian)
            return p, float(np.sqrt(covariance[2, 2]))
    return None


def richardson_limit(gaps: Floats, steps: Floats, order: float) -> Floats:
    """Limit of zero step from the two finest steps, g_2 + (g_2 - g_1) / ((h_1/h_2)^order - 1).

    Parameters
    ----------
    gaps : (S, J), steps : (S,) descending, S >= 2
    order : float > 0, power of the leading error in the step

    Returns
    -------
    (J,)

    Examples
    --------
    >>> import numpy as np
    >>> richardson_limit(np.array([[1.2], [1.1]]), np.array([0.2, 0.1]), 1.0).round(12)
    array([1.])
    """
    coarse, fine = gaps[-2], gaps[-1]
    return fine + (fine - coarse) / np.expm1(order * np.log(steps[-2] / steps[-1]))


def step_order(gaps: Floats, steps: Floats) -> float | None:
    """Observed order in the step: of successive differences, or of the gaps when two steps exist.

    Three or more steps: the p that solves (h_1^p - h_2^p) / (h_2^p - h_3^p) = +-D_1 / D_2 on the
    three finest, with D the root mean square over the points of g_1 - g_2 and g_2 - g_3 and the
    sign that of their inner product. Two steps: log(G_1 / G_2) / log(h_1 / h_2), with G the root
    mean square gap, which supposes that the limit is the prediction.

    Parameters
    ----------
    gaps : (S, J), steps : (S,) descending, S >= 2

    Returns
    -------
    float in [-8, 16], or None where differences vanish (1e-14) or change sign

    Examples
    --------
    >>> import numpy as np
    >>> steps = np.array([0.4, 0.2, 0.05])
    >>> round(step_order(0.3 + steps[:, None] ** 2, steps), 9)
    2.0
    """
    if len(steps) == 2:
        upper, lower = (float(np.sqrt(np.mean(g**2))) for g in gaps)
        if min(upper, lower, float(np.max(np.abs(gaps[0] - gaps[1])))) <= 1e-14:
            return None
        return float(np.clip(np.log(upper / lower) / np.log(steps[0] / steps[1]), -8.0, 16.0))
    first, second = gaps[-3] - gaps[-2], gaps[-2] - gaps[-1]
    if min(np.max(np.abs(first)), np.max(np.abs(second))) <= 1e-14 or first @ second <= 0:
        return None
    ratio = float(np.sqrt(np.sum(first**2) / np.sum(second**2)))
    x, y = np.log(steps[-3:-1] / steps[-2:])
    low, high = -8.0, 16.0
    for _ in range(60):
        p = 0.5 * (low + high) or 1e-9
        if np.expm1(p * x) / -np.expm1(-p * y) < ratio:
            low = p
        else:
            high = p
    return 0.5 * (low + high)
