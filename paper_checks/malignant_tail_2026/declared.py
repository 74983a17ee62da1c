"""What the claims share: source, sizes, seeds, margin."""

from typing import Any

SOURCE = "arXiv:2603.02293, abstract: "
ISOTROPIC = {"sample_ratio": 2.0, "teacher_power": 1.0, "noise_var": 0.5}
FINITE: dict[str, Any] = {
    "sizes": (48, 192, 768),
    "quick_sizes": (24, 96, 384),
    "noise_exponent": 2.0,
    "seeds": 16,
    "margin": 0.02,
}
