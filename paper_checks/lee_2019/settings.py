"""The task and the networks that most claims share."""

from typing import Any

import numpy as np

SOURCE = "arXiv:1902.06720, "


def on_circle(*degrees: float) -> list[list[float]]:
    """Inputs of two coordinates with |x|^2 = 2, so that S(x, x) = sigma_w^2 + sigma_b^2."""
    angles = np.deg2rad(degrees)
    return (np.sqrt(2) * np.column_stack([np.cos(angles), np.sin(angles)])).tolist()


TASK: dict[str, Any] = {
    "X": on_circle(0, 80, 150, 250),
    "y": (1.5, 1.0, -1.0, -0.5),
    "X_test": on_circle(40, 60, 200, 300),
}
SCALES: dict[str, Any] = {"sigma_w": 1.2, "sigma_b": 0.5}
ONE_LAYER: dict[str, Any] = {"hidden_layers": 1, "activation": "erf", **SCALES}
TWO_LAYERS: dict[str, Any] = {"hidden_layers": 2, "activation": "erf", **SCALES}
