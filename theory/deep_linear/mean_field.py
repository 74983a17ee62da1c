r"""Size of the signal and of the Jacobian of wide random tanh networks.

Setting. h_{l+1} = W_l tanh(h_l), all layers of one width N -> inf, W_l either gain g times a random
orthogonal matrix or with independent normal entries of variance g^2/N; no biases.

Reached through `initialisation`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.mode_arguments import FloatArray
from lazyrich.theory.deep_linear.start_arguments import finite, whole

_STEP = 1 / 16  # the trapezoidal rule errs by exp(-2 pi (pi/4)/step) = 5e-35
_FARTHEST = 9.0  # standard deviations: exp(-81/2) = 3e-18
_HALVINGS = 64  # of a bracket in log q


class TanhMeanField(NamedTuple):
    """Variances q and mean squared gains chi, layer by layer along the first axis."""

    q: FloatArray
    chi: FloatArray


class TanhFixedPoint(NamedTuple):
    """Variance q and mean squared gain chi that deep layers tend to."""

    q: FloatArray
    chi: FloatArray


def tanh_mean_field(gain: ArrayLike, depth: int, q0: ArrayLike) -> TanhMeanField:
    r"""Variance of the pre-activations and mean squared singular value of each layer's Jacobian.

    With z a standard normal number::

        q_{l+1} = g^2 E[tanh^2(sqrt(q_l) z)],    q_0 = q0,
        chi_l   = g^2 E[(1 - tanh^2(sqrt(q_l) z))^2].

    The mean squared singular value of the Jacobian dh_L/dh_0 is chi_0 chi_1 ... chi_{L-1}. Below
    g = 1 both signal and Jacobian vanish with depth; just above, q_l tends to (g^2 - 1)/2.

    Parameters
    ----------
    gain : array_like
        g >= 0, at most 1e150.
    depth : int
        Number L >= 1 of layers.
    q0 : array_like
        Variance of the first pre-activations, in [0, 1e150].

    Returns
    -------
    TanhMeanField
        q, (depth + 1, ...), and chi, (depth, ...), chi[l] at q[l]; the rest of the shape is the
        broadcast shape of gain and q0.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, empty arrays, or shapes that do not broadcast.

    Notes
    -----
    Exact at infinite width. At width N and depth L the logarithm of the product deviates by order
    L/N. For Gaussian weights it also fluctuates by order sqrt(L/N) between networks, so that the
    mean over networks is dominated by rare ones; the typical value is compared on a log scale. The
    expectations have a relative precision of 1e-13.

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: gains near 1 keep nonlinear networks trainable.
    Poole et al. 2016, arXiv:1606.05340: mean-field recursions of random networks.

    Examples
    --------
    A vanishing signal passes a linear network: chi = g^2, q = g^2 q0:

    >>> q, chi = tanh_mean_field(1.5, 2, 1e-12)
    >>> print(f"{q[1] / 1e-12:.9f} {chi[0]:.9f}")
    2.250000000 2.250000000
    """
    why = "a finite scale"
    layers = int(whole(depth, "depth", 1, scalar=True))
    g, q = np.broadcast_arrays(
        finite(gain, "gain", 0.0, 1e150, why), finite(q0, "q0", 0.0, 1e150, why)
    )
    qs, chis = [q], []
    for _ in range(layers):
        squared, squared_slope, _ = _tanh_expectations(qs[-1])
        qs.append(g**2 * squared)
        chis.append(g**2 * squared_slope)
    return TanhMeanField(np.stack(qs), np.stack(chis))


def tanh_fixed_point(gain: ArrayLike) -> TanhFixedPoint:
    r"""Variance of the pre-activations and mean squared gain in the deep layers of a tanh network.

    q is the stable solution of q = g^2 E[tanh^2(sqrt(q) z)], 0 up to the edge of chaos g = 1, and
    chi = g^2 E[(1 - tanh^2(sqrt(q) z))^2]. Just above the edge::

        q   = (g^2 - 1)/2 + 5 (g^2 - 1)^2/24 + ...,
        chi = 1 + (g^2 - 1)^2/3 + ...,

    so that gradients grow only in second order of the distance.

    Parameters
    ----------
    gain : array_like
        g in [0, 1e150].

    Returns
    -------
    TanhFixedPoint
        q and chi, each of the gain's shape. Up to g = 1 they are 0 and g^2.

    Raises
    ------
    ValueError
        For values outside this range, nan or empty arrays.

    Notes
    -----
    Exact at infinite width and depth. The relative precision is 1e-15 g^2/(g^2 - 1).

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: gains near 1 keep nonlinear networks trainable.
    Poole et al. 2016, arXiv:1606.05340: fixed points of the mean-field recursion.

    Examples
    --------
    >>> q, chi = tanh_fixed_point([0.5, 1.01])
    >>> q[0], bool(abs(q[1] / (1.01**2 - 1) - 0.5) < 0.005), bool(chi[1] > 1)
    (np.float64(0.0), True, True)
    """
    g = finite(gain, "gain", 0.0, 1e150, "a finite scale")
    above = np.maximum(g, 1.0)
    low, high = -np.expm1(-2 * np.log(above)) / 2, above**2  # 1 - 2 q <= E tanh^2/q <= 1/q
    for _ in range(_HALVINGS):
        middle = np.sqrt(low) * np.sqrt(high)
        grows = above**2 * _tanh_expectations(middle)[0] > middle
        low, high = np.where(grows, middle, low), np.where(grows, high, middle)
    q = np.where(g > 1, np.sqrt(low) * np.sqrt(high), 0.0)
    return TanhFixedPoint(q[()], (g**2 * _tanh_expectations(q)[1])[()])


def tanh_jacobian_spread(gain: ArrayLike, depth: int, q0: ArrayLike, kind: str) -> FloatArray:
    r"""Relative variance of the squared singular values of the Jacobian dh_l/dh_0, l = 1, ..., L.

    Relative variances of free factors add. Each layer adds that of the squared slopes of tanh, and a
    Gaussian layer 1 for its own singular values::

        Var(sigma^2)/(E sigma^2)^2 = sum_{k<l} [kappa_k - 1 + a],
        kappa_k = E[(1 - tanh^2(sqrt(q_k) z))^4]/E[(1 - tanh^2(sqrt(q_k) z))^2]^2,

    a = 0 for orthogonal and 1 for Gaussian layers, q_k from `tanh_mean_field`. Both grow with depth, the
    orthogonal ones slowly where q is small: at the edge of chaos.

    Parameters
    ----------
    gain : array_like
        g >= 0, at most 1e150.
    depth : int
        Number L >= 1 of layers.
    q0 : array_like
        Variance of the first pre-activations, in [0, 1e150].
    kind : {"orthogonal", "gaussian"}

    Returns
    -------
    array
        (L, ...), the rest the broadcast shape of gain and q0.

    Raises
    ------
    ValueError
        For values outside these ranges, nan, empty arrays, or shapes that do not broadcast.

    Notes
    -----
    Exact at infinite width; of relative order L/N at width N.

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: orthogonal layers keep the spread of Jacobians small.
    Pennington, Schoenholz, Ganguli 2017, arXiv:1711.04735: variance by free probability.

    Examples
    --------
    A vanishing signal passes a linear network, with the variance M of the Fuss-Catalan law:

    >>> np.round(tanh_jacobian_spread(1.0, 3, 0.0, "gaussian"), 12).tolist()
    [1.0, 2.0, 3.0]
    >>> np.round(tanh_jacobian_spread(1.0, 3, 0.0, "orthogonal"), 12).tolist()
    [0.0, 0.0, 0.0]
    """
    if kind not in ("orthogonal", "gaussian"):
        raise ValueError(f"kind = {kind!r}; it must be 'orthogonal' or 'gaussian'")
    _, slope, squared_slope = _tanh_expectations(tanh_mean_field(gain, depth, q0).q[:-1])
    return np.cumsum(squared_slope / slope**2 - 1 + (kind == "gaussian"), axis=0)


def _tanh_expectations(q: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """E tanh^2(sqrt(q) z), and E of the second and fourth power of 1 - tanh^2(sqrt(q) z).

    The trapezoidal rule in r with z = sinh(r)/max(1, sqrt(q)): tanh(sqrt(q) z) then has its nearest
    pole pi/2 off the real axis for any q, and the Gaussian decays within pi/4 of it, so that the
    rule converges exponentially at a fixed step and its range grows as log q.
    """
    root = np.sqrt(q)[..., None]
    wide = np.maximum(1.0, root)
    reach = np.arcsinh(_FARTHEST * wide)
    count = int(np.ceil(reach.max() / _STEP))
    r = reach * np.arange(count + 1) / count
    z = np.sinh(r) / wide
    weight = np.exp(-(z**2) / 2) * np.cosh(r) / wide * (reach / count) * np.sqrt(2 / np.pi)
    weight[..., 0] /= 2
    decay = np.exp(-2 * root * z)
    slope = 4 * decay / (1 + decay) ** 2
    return (
        (weight * np.tanh(root * z) ** 2).sum(axis=-1),
        (weight * slope**2).sum(axis=-1),
        (weight * slope**4).sum(axis=-1),
    )
