"""Errors and weight norm in time, below, at and above ratio 1."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.measurements.advani_2017 import designs, exact_routes
from lazyrich.theory.double_descent import isotropic
from lazyrich.theory.double_descent.marchenko_pastur import nodes

Array = NDArray[np.float64]
SOURCE = "arXiv:1710.03667, "


def curve(t: Any, sample_ratio: Any, quantity: str = "test", **physics: Any) -> Array:
    """One quantity of the learning curve: (times, ratios)."""
    times = np.asarray(t) if np.ndim(sample_ratio) == 0 else np.asarray(t)[:, None]
    ratios = np.asarray(sample_ratio, dtype=float)
    return getattr(isotropic.learning_curve(times, ratios, **physics), quantity)


def test_error(t: Any, sample_ratio: Any, **physics: Any) -> Array:
    return curve(t, sample_ratio, "test", **physics)


def train_error(t: Any, sample_ratio: Any, **physics: Any) -> Array:
    return curve(t, sample_ratio, "train", **physics)


def weight_norm(t: Any, sample_ratio: Any, **physics: Any) -> Array:
    return curve(t, sample_ratio, "weight_norm", **physics)


def without_frozen_part(t: Any, sample_ratio: Any, **physics: Any) -> Array:
    """Altered: directions without samples cost nothing."""
    null = np.maximum(0, 1 - np.asarray(sample_ratio))
    return test_error(t, sample_ratio, **physics) - null * (
        physics["teacher_power"] + physics["init_var"]
    )


def without_label_noise(t: Any, sample_ratio: Any, **physics: Any) -> Array:
    """Altered: the training error on clean labels."""
    return train_error(t, sample_ratio, **(physics | {"noise_var": 0.0}))


def without_fitted_noise(t: Any, sample_ratio: Any, **physics: Any) -> Array:
    """Altered: the weights do not fit noise."""
    return weight_norm(t, sample_ratio, **(physics | {"noise_var": 0.0}))


def by_start(t: Array, sample_ratio: float, init_var: Any, **physics: Any) -> Array:
    """Test error from several initial variances: (times, variances)."""
    starts = np.asarray(init_var)
    return isotropic.learning_curve(t[:, None], sample_ratio, init_var=starts, **physics).test


def forgetting_the_start(t: Array, sample_ratio: float, init_var: Any, **physics: Any) -> Array:
    """Altered: the start is forgotten also where there are no samples."""
    frozen = max(0.0, 1 - sample_ratio) * np.asarray(init_var)
    return by_start(t, sample_ratio, init_var, **physics) - frozen


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


PHYSICS = {"teacher_power": 1.0, "init_var": 0.1, "noise_var": 0.3}
IN_TIME: dict[str, Any] = {
    "parameters": {
        "t": np.array([0.1, 0.2, 0.4, 0.7, 1.2, 2.0, 4.0, 7.0, 12.0, 25.0]),
        "sample_ratio": (0.5, 1.0, 2.0),
        **PHYSICS,
    },
    "measurement": designs.errors_in_time,
    "coordinate": "t",
    "sizes": (48, 192, 768),
    "size": "n_inputs",
    "noise_exponent": 2.0,
    "margin": 0.01,
    "cost": 8.0,
}

CLAIMS = [
    Ensemble(
        name="test-error-in-time",
        statement="The test error falls while the teacher is learned and rises while noise is fitted, "
        "most at ratio 1; below it a part of the error is never removed.",
        source=SOURCE + "generalisation error in time below, at and above ratio 1",
        equation=r"$E_g=\sigma^2+(1-\alpha)_+(S+S_0)+\int'\rho[(S+S_0)q^2+\sigma^2(1-q)^2/\lambda]$",
        prediction=test_error,
        settings={"quantity": 0},
        quantity="test error",
        alternatives={"nothing is lost without samples": without_frozen_part},
        **IN_TIME,
    ),
    Ensemble(
        name="train-error-in-time",
        statement="The training error falls at every ratio, to zero below ratio 1.",
        source=SOURCE + "training error in time",
        equation=r"$E_{tr}=(1-1/\alpha)_+\sigma^2+\frac{1}{\alpha}\int'\rho[\lambda(S+S_0)+\sigma^2]q^2$",
        prediction=train_error,
        settings={"quantity": 1},
        quantity="train error",
        scale="initial",  # late ones hang on the smallest eigenvalue, which is no mean over N modes
        alternatives={"no label noise": without_label_noise},
        **IN_TIME,
    ),
    Ensemble(
        name="weight-norm-in-time",
        statement="The weights grow while noise is fitted, most at ratio 1.",
        source=SOURCE + "weight norm and the Rademacher bound",
        equation=r"$|w|^2/N=(1-\alpha)_+S_0+\int'\rho[S_0q^2+(1-q)^2(S+\sigma^2/\lambda)]$",
        prediction=weight_norm,
        settings={"quantity": 2},
        quantity="weight norm |w|^2/N",
        alternatives={"no noise is fitted": without_fitted_noise},
        **IN_TIME,
    ),
    Ensemble(
        name="descent-in-steps",
        statement="With (1 - eta lambda)^k in place of exp(-lambda t) all holds exactly for gradient "
        "descent, also where modes alternate (1 < eta lambda < 2).",
        source=SOURCE + "learning dynamics; in discrete steps, derived here",
        equation=r"$q=(1-\eta\lambda)^k$",
        prediction=test_error,
        measurement=designs.errors_in_time,
        parameters=PHYSICS
        | {
            "t": 0.2 * np.array([1, 2, 3, 5, 10, 30, 100]),
            "sample_ratio": 2.0,
            "learning_rate": 0.2,
        },
        settings={"quantity": 0},
        coordinate="sample_ratio",
        sizes=(48, 192, 768),
        size="n_inputs",
        noise_exponent=2.0,
        quantity="test error",
        margin=0.01,
        alternatives={
            "gradient flow": lambda learning_rate, **given: test_error(**given),
        },
        cost=6.0,
    ),
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
        size="n_inputs",
        seeds=32,
        noise_exponent=2.0,
        quantity="moments",
        margin=0.02,
        cost=6.0,
    ),
    Ensemble(
        name="initial-weights-add-to-the-teacher",
        statement="Initial weights raise the error at the start like a stronger teacher; along "
        "directions without samples they stay for ever.",
        source=SOURCE + "effect of the initial weights",
        equation=r"$S\to S+S_0$ in $E_g$",
        prediction=by_start,
        measurement=designs.errors_by_start,
        parameters={
            "t": np.array([0.2, 0.5, 1.0, 2.0, 5.0, 15.0]),
            "sample_ratio": 0.5,
            "init_var": (0.0, 0.5, 2.0),
            "teacher_power": 1.0,
            "noise_var": 0.2,
        },
        coordinate="init_var",
        sizes=(48, 192, 768),
        size="n_inputs",
        noise_exponent=2.0,
        quantity="test error",
        margin=0.01,
        alternatives={"the start is forgotten": forgetting_the_start},
        cost=5.0,
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
        parameters=PHYSICS | {"t": np.geomspace(0.1, 1e6, 29)},
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
