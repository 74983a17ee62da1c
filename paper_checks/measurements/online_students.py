"""Online students and teachers that really train, and quadrature over their Gaussian fields.

Shared by the papers on online learning. Students and teachers start in random directions, with overlaps
that are exactly those of the prediction.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def first_layers(
    rng: np.random.Generator, n_inputs: int, Q0: Any, R0: Any, T: Any
) -> tuple[Array, Array]:
    """(student, teacher) of the overlaps Q0, R0 and T in an orthonormal frame of random directions."""
    Q, R = np.asarray(Q0), np.asarray(R0)
    values, vectors = np.linalg.eigh(np.block([[Q, R], [R.T, np.asarray(T)]]))
    frame = np.linalg.qr(rng.standard_normal((n_inputs, len(values))))[0].T
    units = np.sqrt(n_inputs) * (vectors * np.sqrt(np.maximum(values, 0))) @ frame
    return units[: len(Q)], units[len(Q) :]


def trained(
    rng: np.random.Generator, n_inputs: int, t: Any, Q0: Any, R0: Any, T: Any, readout: Any,
    **settings: Any,
) -> tuple[Any, Any]:  # fmt: skip
    """The trajectory at t N steps in ascending order, and the place of each time in it."""
    from lazyrich.solvers.networks.online_student import train

    student, teacher = first_layers(rng, n_inputs, Q0, R0, T)
    steps, place = np.unique(np.rint(np.asarray(t) * n_inputs), return_inverse=True)
    run = train(
        rng, student, teacher, steps, student_readout=readout, teacher_readout=1.0, **settings
    )
    return run, place.reshape(np.shape(t))


def errors(
    rng: np.random.Generator,
    n_inputs: int,
    t: Any,
    early: tuple[int, float] = (1, 0.0),
    **given: Any,
) -> Array:
    """Test error, averaged over each row of times.

    With early = (n, end), rows up to the time `end` are means over n networks, since noise is largest
    where the error falls.
    """
    t, (n_networks, end) = np.asarray(t), early
    run, place = trained(rng, n_inputs, t, **given)
    found, first = run.error[place].mean(axis=-1), t.max(axis=-1) <= end
    more = [errors(rng, n_inputs, t[first], **given) for _ in range(n_networks - 1)]
    found[first] = np.mean([found[first], *more], axis=0)
    return found


def errors_at_rates(
    rng: np.random.Generator, n_inputs: int, learning_rates: Any, **given: Any
) -> Array:
    """A curve of the error for each learning rate, (rates, times)."""
    return np.stack([errors(rng, n_inputs, **given, learning_rate=x) for x in learning_rates])


def slope_and_activation(field: Array) -> tuple[Array, Array]:
    from scipy.special import erf

    return np.sqrt(2 / np.pi) * np.exp(-(field**2) / 2), erf(field / np.sqrt(2))


def gaussian_grid(dimension: int, nodes: int) -> tuple[Array, Array]:
    """Nodes (n, dimension) and weights (n,) of the standard Gaussian, a product of Hermite rules."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    w = w / w.sum()
    points = np.stack(np.meshgrid(*[x] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension)
    weights = np.stack(np.meshgrid(*[w] * dimension, indexing="ij"), axis=-1)
    return points, weights.reshape(-1, dimension).prod(axis=1)
