"""What the kernel recursion needs of each input alone: variances layer by layer, and features of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.infinite_width.activation_maps import ActivationMap

FloatArray = NDArray[np.float64]

LARGEST = 1e75
"""Root mean square of a preactivation beyond which kernels are refused: products must stay finite."""
_SMALLEST = (
    1e-60  # below, all activations look like their first terms, and correlations do not change
)


class Tables(NamedTuple):
    """For each layer (2 + features, n): shares r and b of weights and biases, features of an activation.

    Layer 0 is affine, every further one an activation and the affine layer after it. `scales` (n,) are the
    root mean squares of the outputs.
    """

    layers: list[FloatArray]
    scales: FloatArray


def layer_tables(
    norms: FloatArray, hidden_layers: int, activation: ActivationMap, sigma_w: float, sigma_b: float
) -> Tables:
    """Tables of inputs whose entries have root mean squares `norms` (n,).

    Raises
    ------
    ValueError
        If the root mean square of a preactivation exceeds 1e75.
    """
    shares, roots = _affine(norms, sigma_w, sigma_b, 0)
    layers = [np.stack(shares)]
    for k in range(1, hidden_layers + 1):
        with np.errstate(over="ignore"):
            moment, features = activation.rows(roots)
        shares, roots = _affine(moment, sigma_w, sigma_b, k)
        layers.append(np.stack((*shares, *features)))
    return Tables(layers, roots)


def _affine(
    moment: FloatArray, sigma_w: float, sigma_b: float, layer: int
) -> tuple[tuple[FloatArray, FloatArray], FloatArray]:
    """Shares (r, b) of weights and biases in a preactivation, r^2 + b^2 = 1, and its root mean square."""
    weights = sigma_w * moment
    roots = np.hypot(weights, sigma_b)
    if not (roots <= LARGEST).all():
        raise ValueError(
            f"preactivations after {layer} hidden layers have root mean square {np.max(roots):.3g}, outside "
            f"[0, {LARGEST:g}]: kernels would overflow; smaller inputs or sigma_w, or fewer layers, are needed"
        )
    still = roots == 0
    divisor = np.where(still, 1.0, roots)
    return (np.where(still, 1.0, weights / divisor), sigma_b / divisor), roots
