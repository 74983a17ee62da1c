"""Two-layer networks from small random weights, on chosen modes and on handwritten digits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements.saxe_2013 import random_starts as routes
from lazyrich.theory.deep_linear import modes

Array = NDArray[np.float64]
SOURCE = "arXiv:1312.6120, "


def sigmoid_strengths(t: Array, singular_values: Any, growing_strength: Array, **_: Array) -> Array:
    """Two-layer sigmoids from the measured strength on the growing direction: (times, modes)."""
    start = np.sqrt(growing_strength)
    return modes.two_layer_mode(t[:, None], start, start, np.asarray(singular_values)).u


def sigmoids_from_norms(t: Array, singular_values: Any, norm_product: Array, **_: Array) -> Array:
    """Altered: the start is |W1 v| |W2^T u|, not its projection on the growing direction."""
    return sigmoid_strengths(t, singular_values, norm_product)


def digits_excess_loss(
    t: Array, growing_strength: Array, singular_values: Array, **_: Array
) -> Array:
    """Loss above the best linear map, sum_i (s_i - u_i(t))^2 / 2, from the data's singular values."""
    u = sigmoid_strengths(t, singular_values, growing_strength)
    return ((singular_values - u) ** 2).sum(axis=-1) / 2


def digits_excess_loss_equal_modes(
    t: Array, growing_strength: Array, singular_values: Array, **_: Array
) -> Array:
    """Altered: all singular values replaced by their root mean square."""
    equal = np.full_like(singular_values, np.sqrt((singular_values**2).mean()))
    return digits_excess_loss(t, growing_strength, equal)


CLAIMS = [
    Ensemble(
        name="small-random-weights-follow-the-sigmoids",
        statement="From small random weights the modes of a wide two-layer network follow the "
        "sigmoids that start at their part on the growing direction.",
        source=SOURCE + "approximate validity of the decoupled solutions for small random weights",
        equation=r"$u_i(0)\to\frac{1}{4}|W_1v_i+W_2^\top u_i|^2$",
        prediction=sigmoid_strengths,
        measurement=routes.train_small_random,
        paired=True,
        parameters={
            "t": 0.3 * np.arange(1, 26),
            "singular_values": (5.0, 3.0, 2.0, 1.5, 1.0),
        },
        settings={"scale": 1e-2, "learning_rate": 2.5e-4},
        coordinate="t",
        scale="maximum",
        sizes=(64, 256, 1024),
        size="width",
        quantity="mode strength u",
        margin=0.02,
        alternatives={"start not projected on the growing direction": sigmoids_from_norms},
        cost=20.0,
    ),
    Ensemble(
        name="digits-learning-curve",
        statement="The singular values of the map from whitened handwritten digits to their labels "
        "predict the whole learning curve of a two-layer network trained on them.",
        source="scikit-learn's digits, for the statement of arXiv:1312.6120 that the input-output "
        "correlations alone determine the dynamics",
        equation=r"$L(t)-L_{\min}=\frac{1}{2}\sum_i(s_i-u_i(t))^2$",
        prediction=digits_excess_loss,
        measurement=routes.train_on_digits,
        paired=True,
        parameters={"t": 1.0 * np.arange(2, 41)},
        settings={"scale": 1e-2, "learning_rate": 5e-3},
        coordinate="t",
        scale="initial",
        sizes=(64, 256, 1024),
        size="width",
        quantity="excess loss",
        margin=0.02,
        alternatives={"all singular values equal": digits_excess_loss_equal_modes},
        cost=35.0,
    ),
]
