"""Optimal stopping, and ridge regression."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.measurements.advani_2017 import designs, exact_routes
from lazyrich.theory.double_descent import isotropic

Array = NDArray[np.float64]
SOURCE = "arXiv:1710.03667, "


def stopping_times(sample_ratio: Any, snr: Any, inr: float) -> Array:
    """Best stopping times: (SNRs, ratios)."""
    return isotropic.optimal_stopping_time(np.asarray(sample_ratio), np.asarray(snr)[:, None], inr)


def of_mean_eigenvalue(sample_ratio: Any, snr: Any, inr: float) -> Array:
    """Altered: all modes stop like the one at the mean eigenvalue alpha."""
    ratio, strength = np.asarray(sample_ratio), np.asarray(snr)[:, None] + inr
    return np.log1p(ratio * strength) / ratio


def without_start(sample_ratio: Any, snr: Any, inr: float) -> Array:
    """Altered: initial weights do not count."""
    return stopping_times(sample_ratio, snr, 0.0)


def ridge(sample_ratio: Any, penalty: Array, **physics: Any) -> Array:
    """Test error of ridge: (penalties, ratios)."""
    return isotropic.ridge_risk(np.asarray(sample_ratio), penalty[:, None], **physics)


def penalty_as_early_stopping(sample_ratio: Any, penalty: Array, **physics: Any) -> Array:
    """Altered: ridge is gradient flow stopped at 1/penalty."""
    times = 1 / penalty[:, None]
    return isotropic.learning_curve(times, np.asarray(sample_ratio), **physics).test


def stopping_over_ridge(sample_ratio: Any, snr: Any) -> Array:
    """Least error in time over least error in the penalty, pair by pair."""
    ratio, strength = np.asarray(sample_ratio), np.asarray(snr)
    times = isotropic.optimal_stopping_time(ratio, strength)
    physics: dict[str, Any] = {"teacher_power": strength, "noise_var": 1.0}
    stopped = isotropic.learning_curve(times, ratio, **physics).test
    return stopped / isotropic.ridge_risk(ratio, 1 / strength, **physics)


CLAIMS = [
    Ensemble(
        name="optimal-stopping-time",
        statement="The best time to stop grows with the signal-to-noise ratio, and is longest near "
        "ratio 1.",
        source=SOURCE + "optimal stopping time",
        equation=r"$\int'\rho\,[q(1-q)-\lambda(\mathrm{SNR}+\mathrm{INR})q^2]=0$",
        prediction=stopping_times,
        measurement=designs.best_stopping_times,
        parameters={"sample_ratio": (0.5, 1.0, 2.0), "snr": (1.0, 5.0, 30.0), "inr": 0.5},
        coordinate="snr",
        sizes=(48, 192, 768),
        quick_sizes=(24, 96, 384),
        size="n_inputs",
        seeds=48,
        noise_exponent=2.0,
        quantity="best stopping time",
        margin=0.01,
        alternatives={
            "one mode at the mean eigenvalue": of_mean_eigenvalue,
            "initial weights do not count": without_start,
        },
        cost=20.0,
    ),
    Deterministic(
        name="one-minimum-in-time",
        statement="The error has one minimum in time, at every ratio and signal-to-noise ratio tried.",
        source=SOURCE + "optimal stopping time; its uniqueness, checked here",
        equation=r"$\dot E_g=0$ once",
        prediction=stopping_times,
        measurement=exact_routes.stationary_times,
        parameters={
            "sample_ratio": (0.25, 0.5, 0.8, 1.25, 2.0, 4.0),
            "snr": (0.1, 1.0, 5.0, 20.0, 100.0, 1000.0),
            "inr": 0.0,
        },
        coordinate="snr",
        quantity="sum of all minima in time",
        margin=1e-6,
        max_sensitivity=1e-4,
        alternatives={"one mode at the mean eigenvalue": of_mean_eigenvalue},
        cost=8.0,
    ),
    Ensemble(
        name="ridge-error",
        statement="Ridge regression has the error given by the resolvent of the eigenvalues; it has no "
        "peak at ratio 1 for the best penalty.",
        source=SOURCE + "ridge regression",
        equation=r"$E=\sigma^2+\int\rho\,(\gamma^2S+\lambda\sigma^2)/(\lambda+\gamma)^2$",
        prediction=ridge,
        measurement=designs.ridge_errors,
        parameters={
            "sample_ratio": (0.5, 1.0, 2.0),
            "penalty": np.geomspace(0.03, 30.0, 9),
            "teacher_power": 1.0,
            "noise_var": 0.3,
        },
        coordinate="penalty",
        sizes=(48, 192, 768),
        quick_sizes=(24, 96, 384),
        size="n_inputs",
        noise_exponent=2.0,
        quantity="test error of ridge",
        margin=0.005,
        alternatives={"flow stopped at 1/penalty": penalty_as_early_stopping},
        cost=6.0,
    ),
    Deterministic(
        name="best-penalty-of-a-design",
        statement="The best penalty of every design is 1/SNR.",
        source=SOURCE + "the best regularisation",
        equation=r"$\gamma^*=\sigma^2/S$",
        prediction=lambda snr, **_: 1 / snr,
        measurement=exact_routes.best_penalties,
        parameters={"snr": np.array([0.5, 2.0, 5.0, 20.0])},
        settings={"sample_ratio": 0.75, "n_inputs": 40, "noise_var": 0.3, "seed": 1},
        coordinate="snr",
        quantity="best penalty",
        margin=1e-4,
        max_sensitivity=1e-3,
        cost=1.0,
    ),
    Ensemble(
        name="stopping-is-almost-as-good-as-ridge",
        statement="Stopping at the best time loses a few percent to the best ridge, at most near ratio "
        "1 and for strong signals.",
        source=SOURCE + "early stopping against the best regularisation",
        equation=r"$\min_tE_g\,/\,\min_\gamma E$",
        prediction=stopping_over_ridge,
        measurement=designs.stopping_over_ridge,
        parameters={"sample_ratio": (0.5, 1.0, 1.125, 1.5), "snr": (20.0, 5.0, 100.0, 20.0)},
        coordinate=None,
        sizes=(48, 192, 768),
        quick_sizes=(24, 96, 384),
        size="n_inputs",
        noise_exponent=2.0,
        quantity="error of stopping over ridge",
        margin=0.005,
        alternatives={"stopping is ridge": lambda sample_ratio, snr: np.ones(len(snr))},
        cost=15.0,
    ),
]
