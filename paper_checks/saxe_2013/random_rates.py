"""Random deep linear starts: why Gaussian ones learn ever more slowly and orthogonal ones do not."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements.saxe_2013 import random_rates as routes
from lazyrich.theory.deep_linear import initialisation

Array = NDArray[np.float64]
SOURCE = "arXiv:1312.6120, "


def log_lengths(widths: Any, n_factors: Any, **_: Any) -> Array:
    """Mean and variance of log|P x|^2: (widths, factors, 2)."""
    return np.stack(initialisation.log_length(np.asarray(widths)[:, None], n_factors), axis=-1)


def log_lengths_of_wide_layers(widths: Any, n_factors: Any, **_: Any) -> Array:
    """Altered: -M/N and 2 M/N, the leading orders of wide layers."""
    mean = -np.asarray(n_factors) / np.asarray(widths)[:, None]
    return np.stack([mean, -2 * mean], axis=-1)


def rate_spreads(depth: Any, **_: Any) -> Array:
    """Relative variance of the learning rates of Gaussian starts."""
    return initialisation.gaussian_rate_spread(depth)


def rate_spreads_without_covariance(depth: Any, **_: Any) -> Array:
    """Altered: the parts of the kernel that belong to different layers are taken for independent."""
    n = np.asarray(depth)
    return np.array([sum(k * (m + 1 - k) - 1 for k in range(1, m + 1)) for m in n]) / n**2


def residuals(t: Array, starts: Any) -> Array:
    """Part of a small change that is not learned yet: (times, starts)."""
    orthogonal = {start: np.exp(-2 * start[1] * t) for start in starts if start[0] == "orthogonal"}
    gaussian = {("gaussian", 2): initialisation.gaussian_residual(t)}
    return np.stack([(orthogonal | gaussian)[start] for start in starts], axis=-1)


def residuals_at_the_mean_rate(t: Array, starts: Any) -> Array:
    """Altered: Gaussian starts learn at their mean rate, as orthogonal ones."""
    return residuals(t, [("orthogonal", depth) for _, depth in starts])


def residuals_of_the_late_power(t: Array, starts: Any) -> Array:
    """Altered: 1/(2 pi t) of Gaussian starts from the beginning."""
    found = residuals(t, starts)
    found[:, [kind == "gaussian" for kind, _ in starts]] = 1 / (2 * np.pi * t[:, None])
    return found


CLAIMS = [
    Ensemble(
        name="lengths-through-gaussian-layers",
        statement="The logarithm of the length of a vector falls on average by a fixed amount a Gaussian "
        "layer, and spreads, although its mean square is kept.",
        source=SOURCE + "Gaussian layers keep lengths on average only; exact at any width",
        equation=r"$E\log|Px|^2=M[\psi(\frac{N}{2})+\log\frac{2}{N}],\quad"
        r"\mathrm{Var}\log|Px|^2=M\psi'(\frac{N}{2})$",
        prediction=log_lengths,
        measurement=routes.log_lengths,
        parameters={"widths": (2, 4, 8), "n_factors": (4, 16)},
        coordinate=None,
        sizes=(20_000,),
        quick_sizes=(20_000,),
        size="draws",
        seeds=24,
        quantity="mean and variance of log |Px|^2",
        margin=0.03,
        alternatives={"wide layers": log_lengths_of_wide_layers},
        cost=8.0,
    ),
    Ensemble(
        name="gaussian-starts-learn-at-uneven-rates",
        statement="The rates at which a Gaussian start learns spread ever further with depth; all rates "
        "of an orthogonal start are equal.",
        source=SOURCE + "Gaussian starts slow down with depth; the spread derived",
        equation=r"$\mathrm{Var}/L^2=(L+1)^2(L+2)/(12L)-1$",
        prediction=rate_spreads,
        measurement=routes.rate_spreads,
        parameters={"depth": (2, 3, 4, 6)},
        coordinate=None,
        sizes=(32, 128, 512),
        size="width",
        noise_exponent=2.0,
        seeds=24,
        quantity="relative variance of learning rates",
        margin=0.03,
        alternatives={"layers independent": rate_spreads_without_covariance},
        cost=15.0,
    ),
    Ensemble(
        name="small-changes-are-learned-by-a-power-law",
        statement="Trained networks learn a small change of their map exponentially, at a rate that grows "
        "with depth, from orthogonal starts, and by a power law from Gaussian ones.",
        source=SOURCE
        + "learning times of Gaussian and orthogonal starts; the law for two Gaussian "
        "matrices derived",
        equation=r"$e^{-2Lt}$ (orthogonal), $[e^{-4t}(I_0(4t)+I_1(4t))]^2\to1/(2\pi t)$ (Gaussian, $L=2$)",
        prediction=residuals,
        measurement=routes.small_changes,
        parameters={
            "t": 0.08 * np.arange(1, 16),
            "starts": (("gaussian", 2), ("orthogonal", 2), ("orthogonal", 4)),
        },
        settings={"size": 1e-4, "learning_rate": 2e-3},
        coordinate="t",
        scale="maximum",
        sizes=(16, 64, 256),
        size="width",
        noise_exponent=2.0,
        quantity="part not yet learned",
        margin=0.01,
        alternatives={
            "all at the mean rate": residuals_at_the_mean_rate,
            "late power law throughout": residuals_of_the_late_power,
        },
        cost=20.0,
    ),
]
