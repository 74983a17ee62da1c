"""The whole course of training on samples: memorising first, generalising late, or never."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.measurements.kumar_2023 import descent
from lazyrich.theory.lazy_to_rich import quadratic_network as quadratic

Array = NDArray[np.float64]

SOURCE = "arXiv:2310.06110, "
RNG = np.random.default_rng(202310)
DIM = 16
X = RNG.normal(size=(96, DIM)) / np.sqrt(DIM)
BETA = RNG.normal(size=DIM)
BETA = BETA * np.sqrt(DIM / (BETA @ BETA))
W0 = RNG.normal(size=(2, DIM))


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
    for alpha in np.asarray(output_scale):
        run = quadratic.exact_gradient_descent(
            X,
            beta,
            W0.mean(axis=0),
            W0.T @ W0 / len(W0),
            output_scale=alpha,
            quadratic_strength=quadratic_strength,
            scaled_learning_rate=scaled_learning_rate,
            n_steps=int(np.max(steps)),
            centered=centered,
        )
        size = np.trace(run.second_moment, axis1=1, axis2=2) / len(beta)
        found.append(np.column_stack([run.train, run.test, size])[steps])
    return np.array(found)


def norm_stays(W0: Array, **given: Any) -> Array:
    """As though weights kept their size while the network generalises."""
    found = curves(W0=W0, **given)
    found[..., 2] = (W0**2).mean()
    return found


def curves_of_infinite_width(
    output_scale: Any,
    X: Array,
    beta: Array,
    quadratic_strength: float,
    scaled_learning_rate: float,
    steps: Any,
) -> Array:
    """Train and test loss of infinitely many Gaussian units: (scales, steps, 2)."""
    dim = len(beta)
    found = []
    for alpha in np.asarray(output_scale):
        run = quadratic.exact_gradient_descent(
            X,
            beta,
            np.zeros(dim),
            np.eye(dim),
            output_scale=alpha,
            quadratic_strength=quadratic_strength,
            scaled_learning_rate=scaled_learning_rate,
            n_steps=int(np.max(steps)),
        )
        found.append(np.column_stack([run.train, run.test])[steps])
    return np.array(found)


def lazy_for_ever(
    output_scale: Any,
    X: Array,
    beta: Array,
    quadratic_strength: float,
    scaled_learning_rate: float,
    steps: Any,
) -> Array:
    """The network linearised at its start, whatever the output scale."""
    rates = {"quadratic_strength": quadratic_strength, "scaled_learning_rate": scaled_learning_rate}
    one = np.column_stack(quadratic.lazy_training(steps, X, beta, **rates))
    return np.repeat(one[None], len(output_scale), axis=0)


STEPS = np.array([1, 3, 10, 30, 100, 200, 400, 700, 1000])

CLAIMS = [
    Deterministic(
        name="width-reduction",
        statement="All units feel the same affine map, so that gradient descent at any width closes on "
        "the mean weight and the second moment; the losses grok while the weights grow.",
        source=SOURCE
        + "decomposition of the loss in time; weight norms; the reduction derived here",
        equation=r"$w_i\leftarrow(1-\gamma\epsilon G)w_i-\gamma v$",
        prediction=curves,
        measurement=descent.curves,
        parameters={
            "output_scale": np.array([0.5, 1.0, 2.0]),
            "X": X,
            "beta": BETA,
            "W0": W0,
            "quadratic_strength": 0.25,
            "scaled_learning_rate": 0.05,
            "steps": STEPS,
            "centered": False,
        },
        coordinate="output_scale",
        quantity="train and test loss, mean square of the weights",
        margin=1e-7,
        max_sensitivity=1e-5,
        alternatives={"the norm of the weights stays": norm_stays},
        cost=2.0,
    ),
    Ensemble(
        name="laziness-delays-generalisation",
        statement="Wide networks follow the course of infinite width; the larger the output scale, "
        "the longer the train loss is small while the test loss is not.",
        source=SOURCE + "sweep of the output scale",
        equation=r"$f=(\alpha/N)\sum_i\phi(h_i)-f_0,\quad N\to\infty$",
        prediction=curves_of_infinite_width,
        measurement=descent.curves_of_random_units,
        parameters={
            "output_scale": np.array([0.5, 1.5, 4.0]),
            "X": X,
            "beta": BETA,
            "quadratic_strength": 0.25,
            "scaled_learning_rate": 0.05,
            "steps": STEPS[STEPS <= 400],
        },
        coordinate="scaled_learning_rate",
        scale=0.75,
        sizes=(64, 256, 1024),
        quick_sizes=(16, 64, 256),
        size="width",
        noise_exponent=1.0,
        seeds=24,
        quantity="train and test loss",
        margin=0.015,
        alternatives={"lazy for ever": lazy_for_ever},
        cost=20.0,
    ),
]
