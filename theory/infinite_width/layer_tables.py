"""What the kernel recursion needs of each input alone: variances layer by layer, and features of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LARGEST = 1e75
"""Root mean square of a preactivation beyond which kernels are refused: products must stay finite."""
_SMALLEST = (
    1e-60  # below, all activations look like their first terms, and correlations do not change
)


class Activation(NamedTuple):
    """`moment(root)` is sqrt(E phi(root z)^2), z ~ N(0, 1); `features(root)` go to the pass `name`."""

    name: str
    moment: Callable[[FloatArray], FloatArray]
    features: Callable[[FloatArray], tuple[FloatArray, ...]]
    parameters: tuple[float, ...] = (0.0,)


class Tables(NamedTuple):
    """Rows of one set of inputs: `shares` (layers + 1, 2 + features, n), `scales` (n,)."""

    layers: FloatArray
    scales: FloatArray


def piecewise_linear(below: float, above: float) -> Activation:
    """`below` x for x < 0 and `above` x for x > 0."""
    size = np.hypot(below, above)
    kink = (above - below) ** 2 / (above**2 + below**2)
    return Activation("slopes", lambda root: size / np.sqrt(2) * root, lambda root: (), (kink,))


def scaled_erf(scale: float) -> Activation:
    """erf(sqrt(scale/2) x)."""

    def angles(root: FloatArray) -> tuple[FloatArray, ...]:
        p = scale * root**2
        width = np.sqrt(1 + 2 * p)
        return p, width, np.arctan2(p, width)

    def features(root: FloatArray) -> tuple[FloatArray, ...]:
        p, width, alpha = angles(root)
        rest = np.arctan2(width, p)
        return (
            np.sqrt(p),
            width,
            *(np.sin(alpha / 2), np.cos(alpha / 2), np.cos(rest / 2), np.sin(rest / 2)),
            *(alpha / 2, np.sqrt(alpha)),
        )

    return Activation("erf", lambda root: np.sqrt(2 / np.pi * angles(root)[2]), features)


def layer_tables(
    norms: FloatArray, hidden_layers: int, activation: Activation, sigma_w: float, sigma_b: float
) -> Tables:
    """Shares of weights and biases, and features, of inputs with root mean square entries `norms`.

    Layer 0 is affine; each further one is the activation and the affine layer after it.
    """
    shares, root = _affine(norms, sigma_w, sigma_b)
    layers = []
    for _ in range(hidden_layers + 1):
        layers.append(shares)
        if len(layers) > hidden_layers:
            break
        visible = np.maximum(root, _SMALLEST)
        features = activation.features(visible)
        shares, root = _affine(activation.moment(root), sigma_w, sigma_b)
        shares = (*shares, *features)
    n_features = len(layers[-1])
    table = np.zeros((hidden_layers + 1, n_features, norms.size))
    for k, rows in enumerate(layers):
        table[k, : len(rows)] = rows
    return Tables(table, root)


def _affine(
    moment: FloatArray, sigma_w: float, sigma_b: float
) -> tuple[tuple[FloatArray, ...], FloatArray]:
    """Shares (r, b) of weights and biases in a preactivation, and its root mean square."""
    weights = sigma_w * moment
    root = np.hypot(weights, sigma_b)
    if not (root <= LARGEST).all():
        raise ValueError(
            f"the root mean square of a preactivation reaches {np.max(root):.3g}, more than "
            f"{LARGEST:g}: kernels would overflow; smaller inputs, sigma_w or hidden_layers are needed"
        )
    still = root == 0
    divisor = np.where(still, 1.0, root)
    return (np.where(still, 1.0, weights / divisor), sigma_b / divisor), root
