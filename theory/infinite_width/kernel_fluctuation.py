r"""The empirical NTK of finite networks: its spread at the start, and how ReLU networks move it.

One hidden layer of n ReLU units in NTK parametrisation, f = sw/sqrt(n) v . relu(z) + sb b with
z = sw/sqrt(d) W x + sb b^1 and all parameters N(0, 1). Then

    NTK(x, x') = sb^2 + sw^2/n sum_i [ relu(z_i) relu(z_i') + v_i^2 S 1(z_i > 0) 1(z_i' > 0) ],   S = sw^2 x.x'/d + sb^2

is a mean over independent units: unbiased at every width, with a variance of exactly order 1/n.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.infinite_width.flow_arguments import checked_matrix, real_array

Array = NDArray[np.float64]


def relu_ntk_variance(
    X1: ArrayLike,
    X2: ArrayLike | None = None,
    *,
    width: ArrayLike,
    sigma_w: float = 1.0,
    sigma_b: float = 0.0,
) -> Array:
    r"""Variance over random starts of the empirical NTK of one hidden ReLU layer, exact at every width.

    With q = S(x, x), q' = S(x', x'), theta the angle of (S), E v^4 = 3, and the moments of order k = 0, 1, 2
    J_k = E relu(z)^k relu(z')^k,

        n Var = sw^4 [ J_2 + 2 S J_1 + 3 S^2 J_0 - (J_1 + S J_0)^2 ].

    Parameters
    ----------
    X1, X2 : array_like, (n1, d) and (n2, d)
        Inputs; X2 = X1 by default. No input may have S(x, x) = 0.
    width : array_like
        n >= 1.
    sigma_w, sigma_b : float
        > 0 and >= 0.

    Returns
    -------
    ndarray, the shape of width followed by (n1, n2)

    Raises
    ------
    ValueError
        For values outside these ranges or shapes that do not fit.

    References
    ----------
    Derived here; the setting of Jacot et al. 2018, arXiv:1806.07572, and Lee et al. 2019, arXiv:1902.06720. J_k are
    the arc-cosine kernels of Cho, Saul 2009.

    Examples
    --------
    On the diagonal n Var = 3 for |x|^2 = d:

    >>> relu_ntk_variance([[1.0]], width=[1, 100])
    array([[[3.  ]],
    <BLANKLINE>
           [[0.03]]])
    """
    first = checked_matrix(X1, "X1", None)
    second = first if X2 is None else checked_matrix(X2, "X2", None)
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"X1 has {first.shape[1]} columns and X2 {second.shape[1]}; needs one dimension"
        )
    scale_w, scale_b = _scale(sigma_w, "sigma_w", zero=False), _scale(sigma_b, "sigma_b", zero=True)
    n = real_array(width, "width")
    if n.size == 0 or not ((n >= 1) & (n < np.inf)).all():
        raise ValueError(f"width = {width!r} is outside [1, inf): units are counted")

    def field(a: Array, b: Array) -> Array:
        return np.asarray(scale_w**2 * (a @ b.T) / a.shape[1] + scale_b**2)

    powers = [
        np.einsum("ij,ij->i", x, x) * scale_w**2 / x.shape[1] + scale_b**2 for x in (first, second)
    ]
    if min(power.min() for power in powers) <= 0:
        raise ValueError("an input has S(x, x) = 0: its hidden units never are active")
    overlap = field(first, second)
    norm = np.sqrt(np.outer(*powers))
    theta = np.arccos(np.clip(overlap / norm, -1, 1))
    j0 = (np.pi - theta) / (2 * np.pi)
    j1 = norm / (2 * np.pi) * (np.sin(theta) + (np.pi - theta) * np.cos(theta))
    cosine = np.cos(theta)
    j2 = 3 * np.sin(theta) * cosine + (np.pi - theta) * (1 + 2 * cosine**2)
    j2 *= norm**2 / (2 * np.pi)
    each = j2 + 2 * overlap * j1 + 3 * overlap**2 * j0 - (j1 + overlap * j0) ** 2
    return scale_w**4 * each / n.reshape(n.shape + (1, 1))


def relu_kernel_drift(
    target: float,
    learning_rate: ArrayLike,
    *,
    width: ArrayLike,
    field_power: float,
    sigma_w: float = 1.0,
    sigma_b: float = 0.0,
) -> Array:
    r"""Mean change of NTK(x, x) in one step of gradient descent on one sample (x, y), one hidden ReLU layer.

    Active units change by z -> z - a v and v -> v - a z/S with a = eta sw S (f - y)/sqrt(n); others stay as they are. Units
    near the kink are thus switched off, and none on. With alpha = eta sw |f - y| sqrt(S/n), averages over a wedge give

        sw^2 S/pi E[ alpha^2 pi - (1 + alpha^2) arctan alpha + 2 alpha^3/(1 + alpha^2) ] - 2 sw^4 S^2 eta/n
            = -sw^3 S^{3/2} eta E|f - y|/(pi sqrt(n)) + O(1/n),

    E over the output f ~ N(0, sw^2 S/2 + sb^2) at the start. The last term of the first line is due to the dependence of f
    on every single unit. Lee et al. 2019 prove O(1/sqrt n) for the movement of the kernel of smooth activations and observe
    O(1/n). For ReLU the order is 1/sqrt(n), because of the kink.

    Parameters
    ----------
    target : float
        y.
    learning_rate : array_like
        eta > 0, for the loss 1/2 (f - y)^2.
    width : array_like
        n >= 1. The first correction is of relative order 1/n.
    field_power : float
        S = sw^2 |x|^2/d + sb^2 > 0, the variance of z.
    sigma_w, sigma_b : float
        > 0 and >= 0.

    Returns
    -------
    ndarray, the broadcast shape of learning_rate and width

    Raises
    ------
    ValueError
        For values outside these ranges.

    References
    ----------
    Derived here; to be compared with theorem 2.1 of Lee et al. 2019, arXiv:1902.06720.

    Examples
    --------
    For a wide network and a large target, -eta |y|/(pi sqrt(n)):

    >>> wide = relu_kernel_drift(1e3, 1e-6 * np.pi, width=1e8, field_power=1.0)
    >>> float(wide / 1e-7)  # doctest: +ELLIPSIS
    -0.9999...
    """
    y = real_array(target, "target")
    if y.ndim or not np.isfinite(y):
        raise ValueError(f"target = {target!r} must be one finite number")
    rate, n = _positive(learning_rate, "learning_rate"), _positive(width, "width")
    if (n < 1).any():
        raise ValueError(f"width = {width!r} is outside [1, inf): units are counted")
    power = _scale(field_power, "field_power", zero=False)
    scale_w, scale_b = _scale(sigma_w, "sigma_w", zero=False), _scale(sigma_b, "sigma_b", zero=True)
    per_error = rate * scale_w * np.sqrt(power / n)
    errors, weights = _absolute_errors(float(y), scale_w**2 * power / 2 + scale_b**2)
    alpha = per_error[..., None] * errors
    square = alpha**2
    change = square * np.pi - (1 + square) * np.arctan(alpha) + 2 * alpha * square / (1 + square)
    dependence = 2 * scale_w**4 * power**2 * rate / n
    return np.asarray(scale_w**2 * power / np.pi * (change @ weights) - dependence)


def _absolute_errors(y: float, output_var: float) -> tuple[Array, Array]:
    """Nodes |f - y| and weights of a Gauss-Legendre rule for f ~ N(0, output_var), split at the kink f = y."""
    deviation = np.sqrt(output_var)
    kink = np.clip(y / deviation, -12.0, 12.0)
    nodes, weights = np.polynomial.legendre.leggauss(60)
    parts = [(-12.0, kink), (kink, 12.0)]
    z = np.concatenate([(b - a) / 2 * nodes + (a + b) / 2 for a, b in parts])
    w = np.concatenate([(b - a) / 2 * weights for a, b in parts])
    return np.abs(deviation * z - y), w * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def _positive(values: ArrayLike, name: str) -> Array:
    array = real_array(values, name)
    if array.size == 0 or not ((array > 0) & (array < np.inf)).all():
        raise ValueError(f"{name} = {values!r} is outside (0, inf)")
    return array


def _scale(value: float, name: str, *, zero: bool) -> float:
    number = real_array(value, name)
    if number.ndim or not (number >= 0 if zero else number > 0) or number == np.inf:
        raise ValueError(f"{name} = {value} is outside {'[' if zero else '('}0, inf)")
    return float(number)
