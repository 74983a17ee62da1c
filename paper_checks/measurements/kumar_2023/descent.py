"""Quadratic networks that train on samples: units, steps and data as given."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _train(
    W0: Array,
    X: Array,
    beta: Array,
    steps: Any,
    alpha: float,
    eps: float,
    rate: float,
    **kinds: Any,
) -> Any:
    from lazyrich.solvers.networks import quadratic_student as student

    width, dim = W0.shape
    return student.train(
        student.Start(W0, beta),
        X,
        rate * width * dim / (2 * alpha**2),
        steps,
        output_scale=alpha,
        quadratic_strength=eps,
        **kinds,
    )


def curves(
    output_scale: Any,
    X: Array,
    beta: Array,
    W0: Array,
    quadratic_strength: float,
    scaled_learning_rate: float,
    steps: Any,
    centered: bool,
) -> Array:
    """Train and test loss and the mean square of the weights: (scales, steps, 3)."""
    found = []
    for alpha in output_scale:
        run = _train(
            W0, X, beta, steps, alpha, quadratic_strength, scaled_learning_rate, centered=centered
        )
        found.append([run.train_loss, run.test_loss, run.weight_norm**2 / W0.size])
    return np.moveaxis(np.array(found), 1, 2)


def curves_of_random_units(
    rng: np.random.Generator,
    width: int,
    output_scale: Any,
    X: Array,
    beta: Array,
    quadratic_strength: float,
    scaled_learning_rate: float,
    steps: Any,
) -> Array:
    """Train and test loss of a centred network of `width` Gaussian units: (scales, steps, 2)."""
    W0 = rng.standard_normal((width, len(beta)))
    found = curves(
        output_scale, X, beta, W0, quadratic_strength, scaled_learning_rate, steps, centered=True
    )
    return found[..., :2]


def lazy_curves(
    steps: Any,
    X: Array,
    beta: Array,
    W0: Array,
    quadratic_strength: float,
    scaled_learning_rate: float,
    laziness: float,
) -> Array:
    """Train and test loss of a centred network with output scale 1/laziness: (steps, 2)."""
    run = _train(W0, X, beta, steps, 1 / laziness, quadratic_strength, scaled_learning_rate)
    return np.column_stack([run.train_loss, run.test_loss])


def linear_students(
    rng: np.random.Generator,
    dim: int,
    sample_ratio: float,
    scaled_learning_rate: float,
    steps: Any,
    teacher_power: float,
    teachers: int,
) -> Array:
    """Train and test loss of one unit without quadratic part, mean over teachers: (steps, 2)."""
    beta = rng.standard_normal((dim, teachers))
    beta *= np.sqrt(teacher_power * dim) / np.linalg.norm(beta, axis=0)
    X = rng.standard_normal((round(sample_ratio * dim), dim)) / np.sqrt(dim)
    labels = (X @ beta) ** 2 / 2
    unlearned, rate = 0.75 * teacher_power**2, scaled_learning_rate * dim / len(X)
    moved = np.zeros((dim, teachers))
    losses = []
    for _ in range(np.max(steps) + 1):
        error = X @ moved - labels
        losses.append([np.mean(error**2), np.mean(moved**2) + unlearned])
        moved -= rate * X.T @ error
    return np.array(losses)[steps]
