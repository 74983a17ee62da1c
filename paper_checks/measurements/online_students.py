"""Online students and teachers that really train, and quadrature over their Gaussian fields.

Shared by the papers on online learning. What a network's overlaps were at the start is measured with
the rest, so that a prediction can start from them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def first_layers(
    rng: np.random.Generator, n_inputs: int, K: int, M: int, overlap: Any, spread: float
) -> tuple[Array, Array]:
    """(student, teacher): Gaussian teacher units; unit k of the student is overlap x teacher unit
    k mod M plus Gaussian weights of the size `spread`; without a teacher's part from k = M on if
    overlap is a pair, whose second number is that of the extra units."""
    teacher = rng.standard_normal((M, n_inputs))
    student = spread * rng.standard_normal((K, n_inputs))
    own, extra = np.broadcast_to(overlap, 2)
    shares = np.where(np.arange(K) < M, own, extra)
    return student + shares[:, None] * teacher[np.arange(K) % M], teacher


def start_of(run: Any) -> dict[str, Array]:
    """What a prediction starts from."""
    return {"Q0": run.Q[0], "R0": run.R[0], "T": run.T}


def steps_at(t: Any, n_inputs: int) -> tuple[Array, Any]:
    """Ascending steps, from 0 on, and the place of each time among them."""
    steps, place = np.unique(np.rint(np.append(0, t) * n_inputs), return_inverse=True)
    return steps, place.ravel()[1:].reshape(np.shape(t))


def curve(
    rng: np.random.Generator,
    n_inputs: int,
    t: Any,
    learning_rate: float,
    noise_var: float,
    activation: str,
    readout_learning_rate: float,
    readout: Any,
    overlap: float,
    spread: float,
    observed: str,
    units: tuple[int, int] = (2, 2),
) -> dict[str, Array]:
    """Test error, averaged over each row of times, or overlaps (upper triangle of Q, then R, a row
    for each time) after t N steps."""
    from lazyrich.solvers.networks.online_student import train

    K, M = units
    student, teacher = first_layers(rng, n_inputs, K, M, overlap, spread)
    steps, place = steps_at(t, n_inputs)
    run = train(
        rng, student, teacher, steps, student_readout=readout, teacher_readout=1.0, learning_rate=learning_rate,
        noise_var=noise_var, activation=activation, readout_learning_rate=readout_learning_rate,
        n_test=4000 if observed == "error" else 1,
    )  # fmt: skip
    if observed == "error":
        return {"values": run.error[place].mean(axis=1), **start_of(run)}
    upper = np.triu_indices(K)
    overlaps = np.hstack((run.Q[:, upper[0], upper[1]], run.R.reshape(len(steps), -1)))[place]
    return {"values": overlaps, **start_of(run)}


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
