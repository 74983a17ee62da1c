"""Where and when a linear student learns the noise of its labels, and how much of it does harm."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.malignant_tail_2026.declared import FINITE, ISOTROPIC, SOURCE
from lazyrich.paper_checks.measurements import malignant_tail_2026 as routes
from lazyrich.theory.double_descent import truncation

Array = NDArray[np.float64]


def energies(t: Array, cut: Array, **given: Any) -> Array:
    """Energy learned of teacher and noise along all eigenvalues up to each cut: (times, cuts, 2)."""
    return np.stack(truncation.learned_energy(t[:, None], cut, **given), axis=-1)


def noise_without_eigenvalue(t: Array, cut: Array, noise_var: float, **given: Any) -> Array:
    """Altered: noise is learned like the signal, with equal energy in all directions."""
    found = energies(t, cut, noise_var=noise_var, **given)
    found[..., 1] = noise_var * found[..., 0]
    return found


def final_energies(cut: Array, **given: Any) -> Array:
    """Energy of the fully trained student along all eigenvalues up to each cut: (cuts, 2)."""
    return np.stack(truncation.learned_energy(np.inf, cut, **given), axis=-1)


def harmful_noise(sample_ratio: Array, t: Array) -> Array:
    """Noise variance beyond which learning harms: (ratios, times)."""
    return truncation.harmful_noise(sample_ratio[:, None], t=t)


CLAIMS = [
    Ensemble(
        name="noise-is-segregated-in-time",
        statement="Below any eigenvalue the noise is learned late, at times of the inverse eigenvalue, and "
        "above it early, while each direction gains its signal at the same time as its noise.",
        source=SOURCE + "label noise is pushed into orthogonal components of high frequency",
        equation=r"$\int_{\lambda\leq\lambda_c}\rho\,(1-e^{-\lambda t})^2\,(S,\ \sigma^2/\lambda)$",
        prediction=energies,
        measurement=routes.energy_below_cuts,
        parameters=ISOTROPIC
        | {"t": np.geomspace(0.2, 100, 12), "cut": np.array([1.0, 2.0, 3.5, 6.0])},
        coordinate="t",
        scale="maximum",
        size="n_inputs",
        quantity="energy of signal and noise below the cut",
        alternatives={"noise without preferred direction": noise_without_eigenvalue},
        **FINITE | {"seeds": 24, "margin": 0.01},
        cost=5.0,
    ),
    Ensemble(
        name="noise-ends-in-small-eigenvalues",
        statement="In the trained student a direction holds noise in proportion to the inverse of its "
        "eigenvalue and signal in equal parts.",
        source=SOURCE + "label noise ends in the tail of the spectrum",
        equation=r"$\int_{\lambda\leq\lambda_c}\rho\,(S,\ \sigma^2/\lambda)$",
        prediction=final_energies,
        measurement=lambda rng, cut, **given: routes.energy_below_cuts(
            rng, t=np.array([np.inf]), cut=cut, **given
        )[0],
        parameters=ISOTROPIC | {"cut": np.linspace(0.3, 5.5, 20)},
        coordinate="cut",
        scale="maximum",
        size="n_inputs",
        quantity="energy of signal and noise below the cut",
        alternatives={
            "noise without preferred direction": lambda cut, **given: noise_without_eigenvalue(
                np.array([np.inf]), cut, **given
            )[0]
        },
        **FINITE | {"margin": 0.015},
        cost=3.0,
    ),
    Ensemble(
        name="harm-sets-in-with-noise",
        statement="Overfitting turns from harmless to harmful at a noise level, S |1 - ratio| for trained "
        "students and higher for stopped ones, beyond which weights of 0 do better.",
        source=SOURCE + "a transition to harmful overfitting as the noise grows",
        equation=r"$\sigma_c^2=S\int\rho\,(1-q^2)\,/\int\rho\,(1-q)^2/\lambda$",
        prediction=harmful_noise,
        measurement=routes.noise_of_equal_error,
        parameters={
            "sample_ratio": np.array([0.25, 0.5, 0.75, 1.5, 2.0, 3.0]),
            "t": np.array([1.0, 5.0, np.inf]),
        },
        coordinate="sample_ratio",
        size="n_inputs",
        quantity="noise variance of equal error",
        alternatives={
            "no stopping": lambda sample_ratio, t: np.outer(abs(1 - sample_ratio), np.ones(len(t)))
        },
        **FINITE,
        cost=10.0,
    ),
]
