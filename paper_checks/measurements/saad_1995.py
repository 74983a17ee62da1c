"""Routes to the numbers of Saad and Solla 1995: networks that train online, and quadrature."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.measurements.online_students import (
    curve,
    gaussian_grid,
    slope_and_activation,
    start_of,
    steps_at,
)

Array = NDArray[np.float64]


def overlaps(rng: np.random.Generator, n_inputs: int, **given: Any) -> dict[str, Array]:
    return curve(rng, n_inputs, **given, observed="overlaps")


def errors(rng: np.random.Generator, n_inputs: int, **given: Any) -> dict[str, Array]:
    return curve(rng, n_inputs, **given, observed="error")


def errors_at_rates(
    rng: np.random.Generator, n_inputs: int, learning_rates: Any, **given: Any
) -> dict[str, Array]:
    """A curve of the error for each learning rate, (rates, times), each with a start of its own."""
    runs = [
        curve(rng, n_inputs, **given, learning_rate=rate, observed="error")
        for rate in learning_rates
    ]
    return {name: np.stack([run[name] for run in runs]) for name in runs[0]}


def errors_of_equal_units(
    rng: np.random.Generator, n_inputs: int, t: Any, learning_rate: float, spread: float
) -> dict[str, Array]:
    """Two student units with the same weights at the start."""
    from lazyrich.solvers.networks.online_student import train

    teacher = rng.standard_normal((2, n_inputs))
    student = np.tile(spread * rng.standard_normal(n_inputs), (2, 1))
    steps, place = steps_at(t, n_inputs)
    run = train(
        rng, student, teacher, steps, student_readout=1.0,
        teacher_readout=1.0, learning_rate=learning_rate, n_test=4000,
    )  # fmt: skip
    return {"values": run.error[place].mean(axis=1), **start_of(run)}


def plateau_of_equal_units(
    rng: np.random.Generator, inverse_rate: float, n_units: Any, n_inputs: int
) -> Array:
    """Q, R and error of K equal units and an orthonormal teacher, averaged late: (len(K), 3)."""
    from lazyrich.solvers.networks.online_student import train

    found = []
    for K in n_units:
        basis, _ = np.linalg.qr(rng.standard_normal((n_inputs, K)))
        teacher = np.sqrt(n_inputs) * basis.T
        student = np.tile(teacher.sum(axis=0) / K, (K, 1))
        steps = np.rint(np.linspace(15, 45, 61) * inverse_rate * n_inputs)
        run = train(
            rng, student, teacher, steps, student_readout=1.0, teacher_readout=1.0,
            learning_rate=1 / inverse_rate, n_test=4000,
        )  # fmt: skip
        found.append([run.Q.mean(), run.R.mean(), run.error.mean()])
    return np.array(found)


def integrals_by_quadrature(C: Any, strength: Any) -> Array:
    """I2, J2, I3, I4 of (0, 1, 2, 3) and of repeated rows, for each strength of the fields."""
    points, weights = gaussian_grid(4, 40)
    found = []
    for size in strength:
        factor = np.linalg.cholesky(size * np.asarray(C))
        slopes, outputs = slope_and_activation(points @ factor.T)
        fields, g, dg = (x.T for x in (points @ factor.T, outputs, slopes))
        found.append(
            [
                weights @ (g[0] * g[1]),
                weights @ (dg[0] * dg[1]),
                weights @ (dg[0] * fields[1] * g[2]),
                weights @ (dg[0] * fields[0] * g[2]),
                weights @ (dg[0] * fields[1] * g[1]),
                weights @ (dg[0] * dg[1] * g[2] * g[3]),
                weights @ (dg[0] ** 2 * g[2] * g[3]),
                weights @ (dg[0] * dg[1] * g[2] ** 2),
                weights @ (dg[0] * dg[1] * g[0] * g[3]),
                weights @ (dg[0] ** 2 * g[0] ** 2),
            ]
        )
    return np.array(found)
