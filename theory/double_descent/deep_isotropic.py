r"""Deep linear students of a noisy linear teacher, from a balanced rank-one start.

Setting. A student x -> W_D ... W_1 x learns P labels y = w* . x + noise by gradient flow on the sum
loss 1/2 sum (y - W_D ... W_1 x)^2. Balanced rank-one start: W_1 = u r_1 v^T, W_l = u r_l r_(l-1)^T,
W_D = u r_(D-1)^T with unit vectors v, r_l and u^D = abs(beta(0)). The flow conserves this form, so that the
product beta = W_D ... W_1 obeys a closed equation, for any data (`product_flow`)::

    dbeta/dt = abs(beta)^p [g + (D - 1) b (b . g)],   g = X y - X X^T beta,   b = beta/abs(beta),   p = 2 (D-1)/D.

For N independent inputs of variance 1/N (Advani and Saxe) and N -> infinity at fixed P/N the errors
follow from the Marchenko-Pastur law (`deep_linear_curve`). There t is the flow time of the weights
times N^((D-1)/D), because abs(beta) grows as sqrt(N).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import numbers, one_number
from lazyrich.theory.double_descent.first_layer import FirstLayer, Quadratic, first_layer
from lazyrich.theory.double_descent.marchenko_pastur import nodes

FloatArray = NDArray[np.float64]

__all__ = ["DeepLinearCurve", "deep_linear_curve", "plateau_time", "product_flow"]


class DeepLinearCurve(NamedTuple):
    """Errors of a deep linear student, each of the shape of t."""

    test: FloatArray
    """E (y - f)^2 on new noisy labels."""
    train: FloatArray
    """Mean squared error on the P noisy labels."""


def deep_linear_curve(
    t: ArrayLike,
    sample_ratio: float,
    depth: int,
    init_scale: float,
    *,
    teacher_power: float = 1.0,
    noise_var: float = 0.0,
) -> DeepLinearCurve:
    """Test and train error of a deep linear student in time, N -> infinity at fixed P/N.

    With rho the Marchenko-Pastur law of X X^T, s^2 = lambda (lambda S + sigma^2), b^2 = abs(beta)^2/N and
    m = b^((D-1)/D), the product is m (F X y + e^(-lambda theta) gamma(0)) along each eigenvector::

        dF/dt = m - m^2 lambda F,   dtheta/dt = m^2,
        b^(2/D) = int rho [F^2 s^2 + e^(-2 lambda theta) b0^(2/D)],
        test  = sigma^2 + int rho [(1 - m F lambda)^2 S + m^2 F^2 lambda sigma^2 + I],
        train = (1 - 1/alpha)_+ sigma^2 + 1/alpha int rho [(1 - m F lambda)^2 (lambda S + sigma^2) + lambda I],

    I = m^2 e^(-2 lambda theta) b0^(2/D), the start that is left. The weight (1 - alpha)_+ of rho at 0 counts.

    Parameters
    ----------
    t : array_like, in [0, inf]
        Flow time of the weights on the sum loss times N^((D-1)/D); learning rate x steps.
    sample_ratio : float > 0
        alpha = P/N.
    depth : int >= 1
        D, the number of weight matrices.
    init_scale : float > 0
        b0 = abs(beta(0))/sqrt(N), the start's root mean square product; 0 is allowed at D = 1.
    teacher_power : float >= 0
        S = abs(w*)^2/N.
    noise_var : float >= 0
        sigma^2, variance of the label noise.

    Returns
    -------
    DeepLinearCurve
        (test, train), each of t's shape; inf where alpha = 1, t = inf and noise_var > 0.

    Raises
    ------
    ValueError
        For values outside these ranges or nan.

    Notes
    -----
    Exact for N -> infinity when teacher, noise and start have independent directions; errors of one
    student spread by O(1/sqrt N), their mean deviates by O(1/N). A random, unbalanced start deviates at
    any N. Errors are accurate to 1e-9, relative or of S + sigma^2, at every ratio up to t = 1e8.

    References
    ----------
    Advani, Saxe 2017, arXiv:1710.03667, for the setting and for two layers in other variables; the
    equations for any depth and the train error are derived here.

    Examples
    --------
    One layer is a plain linear student; the errors before learning are sigma^2 + S + b0^2 and
    (at alpha = 1) the same:

    >>> print(deep_linear_curve(0.0, 1.0, 1, 0.5, noise_var=0.25).test.round(9))
    1.5
    >>> print(deep_linear_curve([4.0, np.inf], 2.0, 2, 0.05, noise_var=0.3).test.round(4))
    [0.5361 0.6   ]
    """
    times = numbers("t", t, zero=True, infinite=True)
    alpha = one_number("sample_ratio", sample_ratio)
    layers = _depth(depth)
    start = one_number("init_scale", init_scale, zero=layers == 1)
    power = one_number("teacher_power", teacher_power, zero=True)
    noise = one_number("noise_var", noise_var, zero=True)
    unit = max(power + noise, start**2) or 1.0  # so that extreme labels or starts overflow nothing
    scaled = times.ravel() * unit ** ((layers - 1) / layers)
    moving, at = np.unique(scaled[np.isfinite(scaled)], return_inverse=True)
    known = (alpha, layers, (start / unit**0.5) ** (2 / layers), power / unit, noise / unit)
    test, train = (np.full(scaled.shape, value) for value in _final_errors(*known))
    test[np.isfinite(scaled)], train[np.isfinite(scaled)] = _errors(moving, *known)[:, at]
    return DeepLinearCurve(*((unit * found).reshape(times.shape)[()] for found in (test, train)))


def _errors(
    t: FloatArray, alpha: float, depth: int, start: float, power: float, noise: float
) -> FloatArray:
    """Test and train error, (2, T), at increasing finite times; `start` is b0^(2/D)."""
    eigenvalues, weights = nodes(alpha, _longest(t[-1], depth, start) if len(t) else 0.0)
    unseen = int(alpha < 1)
    if unseen:
        eigenvalues, weights = np.append(0.0, eigenvalues), np.append(1 - alpha, weights)
    if depth == 1:
        flow = _one_layer(t, eigenvalues)
    else:
        drive = weights * eigenvalues * (eigenvalues * power + noise)
        flow = first_layer(t, Quadratic(eigenvalues, drive, 0 * drive, weights * start), depth)
    m = flow.norm_squared[:, None] ** ((depth - 1) / 2)
    left = (1 - m * flow.response * eigenvalues) ** 2
    initial = (m * flow.decay) ** 2 * start
    test = left * power + (m * flow.response) ** 2 * eigenvalues * noise + initial
    train = left * (eigenvalues * power + noise) + eigenvalues * initial
    fitted = train[:, unseen:] @ weights[unseen:] / alpha
    return np.stack([noise + test @ weights, max(1 - 1 / alpha, 0.0) * noise + fitted])


def _longest(t: float, depth: int, start: float) -> float:
    """An upper estimate of theta at time t, for S + sigma^2 <= 1.

    theta <= t b^p at the largest b, and b^2 is at most that of a linear student that has had the time
    theta at ratio 1, of the order of 1 + sqrt(theta), and what is left of the start.
    """
    theta = t
    for _ in range(20):
        theta = t * ((2 + 2 * theta**0.5) ** (1 / depth) + start) ** (depth - 1)
    return float(theta)


def _one_layer(t: FloatArray, eigenvalues: FloatArray) -> FirstLayer:
    """F = (1 - e^(-lambda t))/lambda, t at lambda = 0; the first layer is the product, m = 1."""
    exponent = -np.multiply.outer(t, eigenvalues)
    positive = np.where(eigenvalues > 0, eigenvalues, 1.0)
    response = np.where(eigenvalues > 0, -np.expm1(exponent) / positive, t[:, None])
    return FirstLayer(response, np.exp(exponent), np.ones(len(t)))


def _final_errors(
    alpha: float, depth: int, start: float, power: float, noise: float
) -> tuple[float, float]:
    """Errors at t = inf: all that the samples show is fitted, the rest of the start has grown by m."""
    frozen = max(1 - alpha, 0.0)
    variance = noise * min(1.0, alpha) / abs(1 - alpha) if noise and alpha != 1 else 0.0
    if noise and alpha == 1:
        return np.inf, 0.0
    m_squared = _final_norm(min(1.0, alpha) * power + variance, frozen * start, depth) ** (
        depth - 1
    )
    test = noise + variance + frozen * (power + m_squared * start)
    return test, max(1 - 1 / alpha, 0.0) * noise


def _final_norm(learned: float, frozen: float, depth: int) -> float:
    """x = b^(2/D), the root of x^D = learned + frozen x^(D-1): b^2 is learned plus m^2 frozen."""
    from scipy.optimize import brentq

    least = learned ** (1 / depth)
    if least == 0 or frozen == 0:
        return least + frozen
    ends = max(least, frozen) * (1 - 1e-12), (least + frozen) * (1 + 1e-12)
    return float(
        brentq(lambda x: x - frozen - learned / x ** (depth - 1), *ends, xtol=1e-300, rtol=1e-14)
    )


def product_flow(
    t: ArrayLike, gram: ArrayLike, drive: ArrayLike, start: ArrayLike, depth: int
) -> FloatArray:
    """Product beta(t) of a balanced rank-one chain of D weight matrices, for any data.

    The flow of the matrices on 1/2 sum (y - W_D ... W_1 x)^2 gives exactly

        dbeta/dt = abs(beta)^p [g + (D - 1) b (b . g)],   g = X y - X X^T beta,   b = beta/abs(beta),

    p = 2 (D-1)/D. It is solved in the eigenbasis of X X^T for the first layer (`first_layer`).

    Parameters
    ----------
    t : array_like, in [0, inf)
        Flow time of the weights, learning rate x steps.
    gram : array_like, (N, N)
        X X^T, the sum over samples of x x^T; symmetric, positive semi-definite.
    drive : array_like, (N,)
        X y, the sum over samples of y x.
    start : array_like, (N,)
        beta(0), not 0.
    depth : int >= 1
        D, the number of weight matrices.

    Returns
    -------
    array, t's shape + (N,)

    Raises
    ------
    ValueError
        For values outside these ranges, nan, or shapes that do not fit.

    Notes
    -----
    Exact for a balanced rank-one start of any width; relative accuracy about 1e-9. With a mean loss
    of P samples divide gram and drive by P.

    References
    ----------
    Advani, Saxe 2017, arXiv:1710.03667, for deep linear students; Arora, Cohen, Hazan 2018,
    arXiv:1802.06509, for the flow of the product of balanced layers; derived here.

    Examples
    --------
    Two layers, one input: a mode that grows as a sigmoid to drive/gram:

    >>> print(product_flow([0.0, 1.0, 9.0], [[1.0]], [3.0], [0.1], 2).round(4))
    [[0.1   ]
     [2.7988]
     [3.    ]]
    """
    times, layers = numbers("t", t, zero=True), _depth(depth)
    matrix, force, first = _data(gram, drive, start)
    eigenvalues, basis = np.linalg.eigh(matrix)
    if eigenvalues[0] < -1e-10 * np.abs(eigenvalues).max():
        raise ValueError(
            f"gram has the eigenvalue {eigenvalues[0]:g}; X X^T is positive semi-definite"
        )
    eigenvalues = np.maximum(eigenvalues, 0.0)
    a, gamma = force @ basis, first @ basis
    size = float(np.linalg.norm(first))
    gamma = gamma * size ** (1 / layers - 1)
    moving, at = np.unique(times, return_inverse=True)
    if layers == 1:
        flow = _one_layer(moving, eigenvalues)
    else:
        flow = first_layer(moving, Quadratic(eigenvalues, a**2, a * gamma, gamma**2), layers)
    m = flow.norm_squared[:, None] ** ((layers - 1) / 2)
    product = m * (flow.response * a + flow.decay * gamma) @ basis.T
    return product[at.ravel()].reshape(*times.shape, len(first))


def plateau_time(
    sample_ratio: float,
    depth: int,
    init_scale: ArrayLike,
    *,
    teacher_power: float = 1.0,
    noise_var: float = 0.0,
) -> FloatArray:
    """Time that a small start spends near 0 before it learns, to leading order in b0.

    While beta is small its drive a = X y is constant, A^2 = abs(a)^2/N = (alpha + alpha^2) S + alpha sigma^2;
    with x = A F/b0^(1/D) the first layer grows by dx/dt = A b0^((D-2)/D) (1 + x^2)^((D-1)/2), so that

        t = b0^(-(D-2)/D) sqrt(pi) Gamma((D-2)/2)/(2 Gamma((D-1)/2) A)  for D > 2,
        t = log(1/b0)/(2 A)                                             at D = 2,

    in the time of `deep_linear_curve`. A start along a would grow like x alone and take
    b0^(-(D-2)/D)/((D-2) A).

    Parameters
    ----------
    sample_ratio : float > 0
        alpha = P/N.
    depth : int >= 2
        D, the number of weight matrices.
    init_scale : array_like > 0
        b0 = abs(beta(0))/sqrt(N).
    teacher_power, noise_var : float >= 0
        S and sigma^2, not both 0.

    Returns
    -------
    array, init_scale's shape

    Raises
    ------
    ValueError
        For values outside these ranges or nan.

    Notes
    -----
    Leading order as b0 -> 0; the next term is a constant, b0^((D-2)/D) of the whole for D > 2 and
    1/log(1/b0) at D = 2.

    References
    ----------
    Derived here. Saxe, McClelland, Ganguli 2013, arXiv:1312.6120, for the same powers in aligned modes.

    Examples
    --------
    >>> print(f"{plateau_time(1.0, 3, 1e-6) / plateau_time(1.0, 3, 1e-3):.6f}")
    10.000000
    """
    alpha = one_number("sample_ratio", sample_ratio)
    layers = _depth(depth, least=2)
    power = one_number("teacher_power", teacher_power, zero=True)
    noise = one_number("noise_var", noise_var, zero=True)
    if power + noise == 0:
        raise ValueError(
            "teacher_power = noise_var = 0 is outside teacher_power + noise_var > 0: nothing is learned"
        )
    start = numbers("init_scale", init_scale)
    rate = np.sqrt((alpha + alpha**2) * power + alpha * noise)
    if layers == 2:
        return np.asarray(-np.log(start) / (2 * rate))[()]
    shape = (
        np.sqrt(np.pi) * math.exp(math.lgamma(layers / 2 - 1) - math.lgamma(layers / 2 - 0.5)) / 2
    )
    return np.asarray(shape * start ** (-(layers - 2) / layers) / rate)[()]


def _depth(value: int, *, least: int = 1) -> int:
    depth = one_number("depth", value)
    if depth < least or depth != np.floor(depth):
        raise ValueError(
            f"depth = {value!r} is outside {{{least}, {least + 1}, ...}}: it counts weight matrices"
        )
    return int(depth)


def _data(
    gram: ArrayLike, drive: ArrayLike, start: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    matrix, force, first = (np.asarray(x, dtype=np.float64) for x in (gram, drive, start))
    n = len(first) if first.ndim == 1 else 0
    if n == 0 or matrix.shape != (n, n) or force.shape != (n,):
        raise ValueError(
            f"gram {matrix.shape}, drive {force.shape}, start {first.shape}; needs (N, N), (N,), (N,)"
        )
    for name, array in (("gram", matrix), ("drive", force), ("start", first)):
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds nan or infinite entries; needs finite numbers")
    if not np.allclose(matrix, matrix.T, rtol=0, atol=1e-12 * np.abs(matrix).max()):
        raise ValueError("gram is not symmetric; needs X X^T")
    if not first.any():
        raise ValueError("start = 0 is outside start != 0: a deep student at 0 stays there")
    return matrix, force, first
