"""The lazy stage: what the kernel at the start learns, and what it cannot."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.measurements.kumar_2023 import descent, kernel_stage
from lazyrich.theory.lazy_to_rich import quadratic_network as quadratic

Array = NDArray[np.float64]

SOURCE = "arXiv:2310.06110, "
RNG = np.random.default_rng(20231)
DIM = 12
X = RNG.normal(size=(48, DIM)) / np.sqrt(DIM)
BETA = RNG.normal(size=DIM)
BETA = BETA * np.sqrt(DIM / (BETA @ BETA))
W0 = RNG.normal(size=(6, DIM))


def lazy_curves(
    steps: Any,
    X: Array,
    beta: Array,
    W0: Array,
    quadratic_strength: float,
    scaled_learning_rate: float,
) -> Array:
    found = quadratic.lazy_training(
        steps,
        X,
        beta,
        quadratic_strength=quadratic_strength,
        scaled_learning_rate=scaled_learning_rate,
        mean_weight=W0.mean(axis=0),
        second_moment=W0.T @ W0 / len(W0),
    )
    return np.column_stack(found)


def of_infinite_width(
    steps: Any,
    X: Array,
    beta: Array,
    W0: Array,
    quadratic_strength: float,
    scaled_learning_rate: float,
) -> Array:
    rates = {"quadratic_strength": quadratic_strength, "scaled_learning_rate": scaled_learning_rate}
    return np.column_stack(quadratic.lazy_training(steps, X, beta, **rates))


def regression_losses(quadratic_strength: Any, sample_ratio: Any, teacher_power: float) -> Array:
    return quadratic.kernel_regression_loss(
        quadratic_strength, sample_ratio, teacher_power=teacher_power
    )


def mean_learned_at_once(quadratic_strength: Any, sample_ratio: Any, teacher_power: float) -> Array:
    """Without the unlearned share of the mean output."""
    eps, ratio = np.asarray(quadratic_strength), np.asarray(sample_ratio)
    a = eps**2 + ratio - 1
    s = 2 / (a + np.hypot(a, 2 * eps))
    share = (1 + s) / (1 + s + ratio)
    given = regression_losses(eps, ratio, teacher_power)
    return np.asarray(given / (1 + share**2 / 2))


def linear_curves(
    steps: Any, sample_ratio: float, scaled_learning_rate: float, teacher_power: float
) -> Array:
    found = quadratic.linear_student_loss(
        steps, sample_ratio, scaled_learning_rate, teacher_power=teacher_power
    )
    return np.column_stack(found)


def alignments(quadratic_strength: Any, dim: int, n_samples: int) -> Array:
    return quadratic.kernel_target_alignment(quadratic_strength, n_samples, dim)


def leading_order(quadratic_strength: Any, dim: int, n_samples: int) -> Array:
    """As though the dimension were infinite beside 1."""
    square = np.asarray(quadratic_strength) ** 2
    pairs = n_samples**2 * (1 / dim + 2 * square**2 / dim**2)
    norm = np.sqrt(n_samples * (1 + square) ** 2 + pairs)
    return np.asarray((1 + square + 2 * square * n_samples / dim**2) / norm)


CLAIMS = [
    Deterministic(
        name="lazy-stage",
        statement="With a large output scale the whole course of training is that of the network "
        "linearised at its start.",
        source=SOURCE + "lazy regime of large output scale",
        equation=r"$y-f=(1-\eta_0K_0)^ny$",
        prediction=lazy_curves,
        measurement=descent.lazy_curves,
        parameters={
            "steps": np.array([1, 2, 5, 10, 20, 50, 100, 200, 400]),
            "X": X,
            "beta": BETA,
            "W0": W0,
            "quadratic_strength": 0.4,
            "scaled_learning_rate": 0.1,
        },
        coordinate="scaled_learning_rate",
        scale="maximum",
        steps=(0.004, 0.002, 0.001),
        step="laziness",
        quantity="train and test loss",
        margin=2e-3,
        max_sensitivity=0.02,
        alternatives={"kernel of infinite width": of_infinite_width},
        cost=2.0,
    ),
    Ensemble(
        name="kernel-regression",
        statement="The first stage ends at kernel regression: samples in proportion to the dimension "
        "cannot teach the quadratic features, which act as a ridge, but the mean of the target.",
        source=SOURCE + "kernel regression with the initial kernel; the formula derived here",
        equation=r"$E=(q^2/2+q^2k^2/4)(1+s+\lambda s')$",
        prediction=regression_losses,
        measurement=kernel_stage.regression_losses,
        parameters={
            "quadratic_strength": np.array([1.0, 0.5, 0.3, 2.0, 0.8]),
            "sample_ratio": np.array([3.0, 0.7, 2.0, 1.5, 1.0]),
            "teacher_power": 1.2,
        },
        coordinate="sample_ratio",
        settings={"teachers": 64},
        sizes=(48, 96, 192, 384, 768),
        quick_sizes=(12, 24, 48, 96, 192),
        size="dim",
        noise_exponent=1.0,
        seeds=16,
        quantity="test loss",
        margin=0.02,
        alternatives={"mean learned at once": mean_learned_at_once},
        cost=30.0,
    ),
    Ensemble(
        name="alignment-grows-with-the-quadratic-strength",
        statement="The kernel at the start is poorly aligned with the target where the quadratic "
        "strength is small.",
        source=SOURCE + "centred kernel alignment; the formula derived here",
        equation=r"$[1+\epsilon^2+2\epsilon^2P/D^2]/\sqrt{P(1+\epsilon^2)^2+P^2(1/D+2\epsilon^4/D^2)}$"
        " to leading order",
        prediction=alignments,
        measurement=kernel_stage.alignments,
        parameters={
            "quadratic_strength": np.array([0.25, 0.7, 1.5, 4.0]),
            "dim": 24,
        },
        coordinate="quadratic_strength",
        settings={"teachers": 64},
        sizes=(2048,),
        size="n_samples",
        seeds=80,
        quantity="alignment of kernel and target",
        margin=0.02,
        alternatives={"leading order in 1/D": leading_order},
        cost=20.0,
    ),
    Ensemble(
        name="linear-students-fit-noise",
        statement="Without quadratic part the target is noise to the student: it is fitted along the "
        "Marchenko-Pastur spectrum, and the test loss only rises.",
        source=SOURCE + "the limit of quadratic strength 0; derived here",
        equation=r"$E=s^2[1+\int\rho\,(1-(1-kl)^n)^2/l\,dl]$",
        prediction=linear_curves,
        measurement=descent.linear_students,
        parameters={
            "steps": np.array([1, 2, 4, 8, 16, 32, 64]),
            "sample_ratio": 2.0,
            "scaled_learning_rate": 0.4,
            "teacher_power": 1.1,
        },
        coordinate="sample_ratio",
        settings={"teachers": 64},
        sizes=(24, 96, 384),
        size="dim",
        noise_exponent=1.0,
        seeds=96,
        quantity="train and test loss",
        margin=0.02,
        cost=10.0,
    ),
]
