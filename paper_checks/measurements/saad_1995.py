"""Routes to the numbers of Saad and Solla 1995: networks that train online, and quadrature."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.measurements.online_students import (
    errors,
    errors_at_rates,
    gaussian_grid,
    slope_and_activation,
    trained,
)

__all__ = ["errors", "errors_at_rates"]

Array = NDArray[np.float64]


def overlaps(rng: np.random.Generator, n_inputs: int, **given: Any) -> Array:
    """Upper triangle of Q, then R, a row for each time."""
    run, place = trained(rng, n_inputs, **given)
    upper = np.triu_indices(run.Q.shape[-1])
    return np.hstack((run.Q[:, upper[0], upper[1]], run.R.reshape(len(run.R), -1)))[place]


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
            learning_rate=1 / inverse_rate,
        )  # fmt: skip
        found.append([run.Q.mean(), run.R.mean(), run.error.mean()])
    return np.array(found)


def integrals_by_quadrature(C: Any, strength: Any) -> Array:
    """I2, J2, I3, I4 of (0, 1, 2, 3) and of repeated rows, for each strength of the fields."""
    points, weights = gaussian_grid(4, 30)
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
