"""What the figures share: labels, and averages over simulated students."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FEATURES = "features / samples, p/n"
RISK = "excess risk / teacher power"


def mean_and_error(rows: Any) -> tuple[Array, Array]:
    """Mean over students (first axis) and its standard error."""
    found = np.asarray(rows)
    return found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(len(found))


def checked(students: int, **positive: float) -> None:
    for name, value in positive.items():
        if not value > 0:
            raise ValueError(f"{name} {value}; needs {name} > 0")
    if not students >= 2:
        raise ValueError(f"students {students}; needs 2 or more, for error bars")
