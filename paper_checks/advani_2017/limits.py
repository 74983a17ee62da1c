"""Limits, moments and closed forms of the isotropic student, and the simulation's certificate."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.measurements.advani_2017 import designs, exact_routes
from lazyrich.theory.double_descent import isotropic
from lazyrich.theory.double_descent.marchenko_pastur import nodes

Array = NDArray[np.float64]
SOURCE = "arXiv:1710.03667, "


def fully_trained(sample_ratio: Any, noise_var: float, **_: Any) -> Array:
    """Error of the trained student without a start, many samples: sigma^2 alpha/(alpha - 1)."""
    ratio = np.asarray(sample_ratio, dtype=float)
    return isotropic.learning_curve(np.inf, ratio, noise_var=noise_var).test


def trained_designs(
    rng: np.random.Generator, n_inputs: float, sample_ratio: Any, noise_var: float
) -> Array:
    """The same of finite designs."""
    physics = {"teacher_power": 1.0, "init_var": 0.0, "noise_var": noise_var}
    end = np.array([np.inf])
    return designs.errors_in_time(rng, n_inputs, end, sample_ratio, quantity=0, **physics)[0]


def frozen(sample_ratio: Any, teacher_power: float, init_var: float) -> Array:
    """What training without noise never removes."""
    return isotropic.learning_curve(
        np.inf, np.asarray(sample_ratio), teacher_power=teacher_power, init_var=init_var
    ).test


def moments(sample_ratio: Any) -> Array:
    """int rho lambda, int rho lambda^2, int' rho/lambda: (ratios, 3)."""
    found = []
    for ratio in np.asarray(sample_ratio, dtype=float):
        lam, weight = nodes(ratio)
        found.append([weight @ lam, weight @ lam**2, weight @ (1 / lam)])
    return np.array(found)


def at_ratio_one(t: Array, **physics: Any) -> Array:
    return isotropic.learning_curve(t, 1.0, **physics).test


def root_growth(factor: Array) -> Array:
    """Growth sqrt(factor) of the peak from one time to another."""
    return np.sqrt(factor)


def averaged_errors(
    steps: Array, learning_rate: float, shape: Any, noise_var: float, seed: int
) -> Array:
    """(signal, noise, train, norm) of one design from its singular values: (steps, 4)."""
    from lazyrich.solvers.networks import linear_student

    x, variances, teacher, initial = exact_routes.explicit_design(shape, seed)
    run = linear_student.averaged_errors(
        x, variances, teacher, learning_rate * steps, noise_var=noise_var, init_variances=initial,
        learning_rate=learning_rate,
    )  # fmt: skip
    return np.array(run).T


CLAIMS = [
    Ensemble(
        name="first-correction-is-one-over-n",
        statement="Fully trained students of finite size deviate from the limit by O(1/N).",
        source="finite-size order measured here; limit from "
        + SOURCE
        + "the fully trained student",
        equation=r"$E_g-\sigma^2\alpha/(\alpha-1)=O(1/N)$",
        prediction=fully_trained,
        measurement=trained_designs,
        parameters={"sample_ratio": (1.5, 2.0, 3.0), "noise_var": 0.5},
        coordinate="sample_ratio",
        sizes=(16, 64, 256),
        size="n_inputs",
        seeds=256,
        noise_exponent=2.0,
        quantity="test error",
        margin=0.01,
        cost=10.0,
    ),
    Ensemble(
        name="moments-of-the-eigenvalues",
        statement="The eigenvalues have the moments alpha and alpha + alpha^2, and their mean inverse "
        "min(1, alpha)/|1 - alpha| diverges at ratio 1.",
        source=SOURCE + "the Marchenko-Pastur law",
        equation=r"$\int\rho\lambda=\alpha,\ \int\rho\lambda^2=\alpha+\alpha^2,\ "
        r"\int'\rho/\lambda=\min(1,\alpha)/|1-\alpha|$",
        prediction=moments,
        measurement=designs.moments,
        parameters={"sample_ratio": (0.25, 0.5, 2.0, 4.0)},
        coordinate="sample_ratio",
        sizes=(32, 128, 512),
        quick_sizes=(16, 64, 256),
        size="n_inputs",
        seeds=32,
        noise_exponent=2.0,
        quantity="moments",
        margin=0.02,
        cost=6.0,
    ),
    Deterministic(
        name="frozen-subspace",
        statement="Below ratio 1 training without noise never removes (1 - alpha)(S + S0).",
        source=SOURCE + "the frozen subspace",
        equation=r"$E_g(\infty)=(1-\alpha)(S+S_0)$",
        prediction=frozen,
        measurement=exact_routes.frozen_error,
        parameters={
            "sample_ratio": np.array([0.1, 0.3, 0.5, 0.7, 0.9]),
            "teacher_power": 1.0,
            "init_var": 0.4,
        },
        settings={"n_inputs": 60, "seed": 0},
        coordinate="sample_ratio",
        quantity="error left",
        margin=1e-9,
        max_sensitivity=1e-6,
        alternatives={
            "initial weights forgotten": lambda sample_ratio, teacher_power, **_: (
                (1 - sample_ratio) * teacher_power
            )
        },
        cost=1.0,
    ),
    Deterministic(
        name="ratio-one-in-closed-form",
        statement="At ratio 1 the test error is a sum of Bessel functions at any time.",
        source="derived from " + SOURCE + "generalisation error in time at ratio 1",
        equation=r"$\int\rho e^{-\lambda s}=e^{-2s}[I_0(2s)+I_1(2s)]$",
        prediction=at_ratio_one,
        measurement=exact_routes.bessel_test_error,
        parameters={
            "teacher_power": 1.0,
            "init_var": 0.1,
            "noise_var": 0.3,
            "t": np.geomspace(0.1, 1e6, 29),
        },
        coordinate="t",
        quantity="test error",
        margin=1e-9,
        max_sensitivity=1e-6,
        cost=1.0,
    ),
    Deterministic(
        name="peak-grows-as-root-of-time",
        statement="At ratio 1 the error grows without end, as the square root of time.",
        source="derived from " + SOURCE + "the peak at ratio 1 late in training",
        equation=r"$E_g\to\sigma^2\,\frac{2(2-\sqrt{2})}{\sqrt{\pi}}\sqrt{t}$",
        prediction=root_growth,
        measurement=exact_routes.growth_of_bessel_noise,
        parameters={"factor": np.array([2.0, 4.0, 10.0, 100.0])},
        coordinate="factor",
        steps=(0.02, 0.01, 0.005),
        step="inverse_root_time",
        quantity="E(factor x t)/E(t)",
        margin=0.005,
        max_sensitivity=0.02,
        alternatives={"growth like t^(1/3)": lambda factor: np.cbrt(factor)},
        cost=1.0,
    ),
    Deterministic(
        name="averages-against-the-explicit-loop",
        statement="The student averaged on the singular values of a design is what explicit gradient "
        "descent does, summed over all directions of teacher, start and noise.",
        source=SOURCE + "learning dynamics of gradient descent; certifies the simulated students",
        equation=r"$w\leftarrow w+\eta X^\top(y-Xw)/P$",
        prediction=averaged_errors,
        measurement=exact_routes.explicit_errors,
        parameters={
            "steps": np.array([1, 2, 5, 20, 100]),
            "learning_rate": 0.2,
            "shape": (14, 9),
            "noise_var": 0.3,
            "seed": 3,
        },
        coordinate="learning_rate",
        quantity="signal, noise, train error, norm",
        margin=1e-9,
        max_sensitivity=1e-6,
        cost=2.0,
    ),
]
