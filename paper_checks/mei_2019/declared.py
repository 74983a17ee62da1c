"""What the claims share: source, sizes, margin."""

from typing import Any

SOURCE = "arXiv:1908.05355, "
ENSEMBLE: dict[str, Any] = {
    "sizes": (16, 64, 256),
    "quick_sizes": (8, 32, 128),
    "size": "n_inputs",
    "margin": 0.025,
    "noise_exponent": 2.0,
}
LESS_WIDE = ENSEMBLE | {"sizes": (12, 48, 192)}
