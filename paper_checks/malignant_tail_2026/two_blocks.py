"""Cutting a student to its leading sample directions where few strong ones hold the signal."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.malignant_tail_2026.declared import FINITE, SOURCE
from lazyrich.paper_checks.measurements import malignant_tail_2026 as routes
from lazyrich.theory.double_descent import truncation
from lazyrich.theory.double_descent.covariance import BlockCovariance

Array = NDArray[np.float64]


def two_blocks(tail_variance: float, tail_signal: float) -> tuple[BlockCovariance, float, float]:
    """Covariance of one sample's worth of directions; numbers of samples and of leading directions."""
    dimensions = np.array([routes.HEAD, routes.TAIL])
    covariance = BlockCovariance([1.0, tail_variance], 1000 * dimensions, [1.0, tail_signal])
    return covariance, 1000.0, float(1000 * routes.HEAD)


def risk_of_two_blocks(
    t: Array, tail_variance: float, tail_signal: float, noise_var: float
) -> Array:
    """Excess risk of the student cut to its leading directions, and of the full one: (times, 2)."""
    covariance, n_train, head = two_blocks(tail_variance, tail_signal)
    risks = [
        sum(truncation.block_risk(covariance, n_train, kept, t=t, noise_var=noise_var))
        for kept in (head, n_train)
    ]
    return np.stack(risks, axis=-1)


def cut_overtrains(t: Array, **given: Any) -> Array:
    """Altered: the truncated student overtrains like the full one."""
    return np.repeat(risk_of_two_blocks(t, **given)[:, 1:], 2, axis=1)


def late_and_stopped(noise_var: Array, t: Array, tail_variance: float, tail_signal: float) -> Array:
    """Excess risk at the end, cut and full, and at the best of the times: (noises, 3)."""
    covariance, n_train, head = two_blocks(tail_variance, tail_signal)
    times = np.append(t, np.inf)
    cut, full = (
        truncation.block_risk(covariance, n_train, kept, t=times, noise_var=1.0)
        for kept in (head, n_train)
    )
    late, whole = (risk.bias + noise_var[:, None] * risk.variance for risk in (cut, full))
    return np.stack([late[:, -1], whole[:, -1], whole[:, :-1].min(axis=1)], axis=-1)


BLOCKS = {"tail_variance": 0.02, "tail_signal": 0.3}
# Sizes of which the shares of leading and trailing directions are whole
BLOCK_SIZES: dict[str, Any] = {"sizes": (40, 160, 640), "quick_sizes": (20, 80, 320)}

CLAIMS = [
    Ensemble(
        name="truncated-students-do-not-overtrain",
        statement="Where the signal lies in few strong directions, a student cut to the leading directions of "
        "its samples keeps its best error for all times, while the full one overtrains.",
        source=SOURCE + "truncation is stable where early stopping is not",
        equation=r"$f(S)=\frac{1}{2\pi i}\oint(1-e^{-zt})\frac{\kappa}{z}(C+\kappa)^{-1}dz$",
        prediction=risk_of_two_blocks,
        measurement=routes.risk_of_two_blocks,
        parameters=BLOCKS | {"t": np.geomspace(0.1, 1e4, 16), "noise_var": 0.5},
        coordinate="t",
        scale="maximum",
        size="n_train",
        quantity="excess risk: cut, full",
        alternatives={"the truncated student overtrains too": cut_overtrains},
        **FINITE | BLOCK_SIZES | {"margin": 0.01},
        cost=5.0,
    ),
    Ensemble(
        name="truncated-late-as-good-as-stopped",
        statement="Truncating the trained student recovers, to within a tenth, what the best stopping time "
        "would have given, however much noise the full student has learned.",
        source=SOURCE + "truncation recovers the generalization latent in the converged model",
        equation=r"$E_\mathrm{cut}(\infty),\ E(\infty),\ \min_tE(t)$",
        prediction=late_and_stopped,
        measurement=routes.late_and_stopped,
        parameters=BLOCKS
        | {"noise_var": np.array([0.05, 0.1, 0.2, 0.5, 1.0, 2.0]), "t": np.geomspace(1, 100, 60)},
        coordinate="noise_var",
        size="n_train",
        quantity="excess risk: cut late, full, stopped",
        **FINITE | BLOCK_SIZES,
        cost=5.0,
    ),
]
