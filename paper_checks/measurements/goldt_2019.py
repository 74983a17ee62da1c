"""Routes to the numbers of Goldt et al. 2019: networks that train online, and quadrature."""

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


def linear_final_errors(
    rng: np.random.Generator, n_inputs: int, n_units: int, learning_rates: Any, noise_var: float
) -> Array:
    """Late errors of linear students of one linear teacher unit that start near it."""
    K = n_units
    start = {
        "Q0": np.full((K, K), K**-2) + 1e-3 * np.eye(K),
        "R0": np.full((K, 1), 1 / K),
        "T": np.eye(1),
    }
    found = errors_at_rates(
        rng, n_inputs, learning_rates, **start, t=np.arange(15.0, 55.0)[None], readout=1.0,
        activation="identity", noise_var=noise_var,
    )  # fmt: skip
    return found[:, 0]


def linear_growth_rates(
    rng: np.random.Generator, n_inputs: int, n_units: int, learning_rates: Any
) -> Array:
    """Rate of the log error between t = 0 and 2."""
    K = n_units
    start = {"Q0": np.eye(K), "R0": np.zeros((K, 1)), "T": np.eye(1)}
    found = []
    for rate in learning_rates:
        run, _ = trained(
            rng, n_inputs, [0, 2], **start, readout=1.0, learning_rate=rate, activation="identity"
        )
        found.append(np.log(run.error[1] / run.error[0]) / 2)
    return np.array(found)


def errors_of_sizes(
    rng: np.random.Generator, n_inputs: int, t: Any, starts: Any, readouts: Any, **given: Any
) -> Array:
    """Late errors of students of several sizes, each with its overlaps (Q0, R0, T) at the start."""
    return np.array(
        [
            errors(rng, n_inputs, t, Q0=Q, R0=R, T=T, readout=v, **given)[0]
            for (Q, R, T), v in zip(starts, readouts, strict=True)
        ]
    )


def errors_of_sizes_of_both_layers(
    rng: np.random.Generator, n_inputs: int, learning_rate: float, **given: Any
) -> Array:
    return errors_of_sizes(
        rng, n_inputs, learning_rate=learning_rate, readout_learning_rate=learning_rate, **given
    )


def errors_at_permuted_teacher(t: Any, teacher: Any, order: Any, learning_rate: float) -> Array:
    """Errors of noiseless students that start as the teacher in another order, (activations, times)."""
    from lazyrich.solvers.networks.online_student import train

    true, order = np.asarray(teacher), list(order)
    readout = 0.5 + np.arange(len(true)) / 4
    return np.array(
        [
            train(
                np.random.default_rng(0), true[order], true, np.rint(np.asarray(t) * true.shape[1]),
                student_readout=readout[order], teacher_readout=readout, activation=activation,
                learning_rate=learning_rate, readout_learning_rate=learning_rate,
            ).error
            for activation in ("scaled_erf", "relu", "identity")
        ]
    )  # fmt: skip


def noise_floors(n_extra: Any, noise_var: float, learning_rate: float) -> Array:
    """Final error over the learning rate of erf students of 2 + L units, by quadrature and a root.

    The mean update of Q and R is averaged over all fields on a grid; no integral in closed form.
    """
    from scipy.optimize import root

    found = []
    for L in n_extra:
        K = 2 + L
        points, weights = gaussian_grid(K + 2, 12 if L == 0 else 10)
        half = points[:, 0] > 0  # what is averaged is even
        points, weights = points[half], 2 * weights[half]
        upper = np.triu_indices(K)
        Q, R = np.zeros((K, K)), np.eye(K, 2)
        Q[:2, :2] = (1 + learning_rate * noise_var / 2) * np.eye(2)
        Q[2:, 2:] = learning_rate * noise_var / 2 * np.eye(L)

        def fields_of(state: Array, upper: Any = upper, K: int = K, points: Array = points) -> Any:
            C = np.eye(K + 2)
            C[upper] = state[: len(upper[0])]
            C[:K, K:] = state[len(upper[0]) :].reshape(K, 2)
            C = np.triu(C) + np.triu(C, 1).T
            values, vectors = np.linalg.eigh(C)
            fields = points @ (vectors * np.sqrt(np.maximum(values, 0))).T
            slopes, outputs = slope_and_activation(fields)
            return fields, slopes[:, :K], outputs[:, :K].sum(axis=1) - outputs[:, K:].sum(axis=1)

        def change(state: Array, upper: Any = upper, K: int = K, weights: Array = weights) -> Array:
            fields, slopes, error = fields_of(state)
            drift = (slopes * (weights * error)[:, None]).T @ fields
            noise = (slopes * (weights * (error**2 + noise_var))[:, None]).T @ slopes
            of_q = learning_rate * noise - drift[:, :K] - drift[:, :K].T
            return np.concatenate((of_q[upper], drift[:, K:].ravel()))

        start, scale = np.concatenate((Q[upper], R.ravel())), learning_rate * noise_var
        solved = root(
            lambda y, x=start, s=scale, f=change: f(x + s * y) / s,
            0 * start,
            options={"eps": 1e-8},
        )
        if np.abs(solved.fun).max() > 1e-6:
            raise ValueError(f"no stationary state found for {L} extra units: {solved.message}")
        error = fields_of(start + scale * solved.x)[2]
        found.append(weights @ error**2 / 2 / learning_rate)
    return np.array(found)


def relu_integrals(C: Any, strength: Any) -> Array:
    """I2, J2, I3 and I4 of relu on the orthant where all its fields are positive, by quadrature."""
    powers = {  # powers of fields 0, ..., 3 on their common orthant; None: the field is free
        "I2": (1, 1, None, None),
        "J2": (0, 0, None, None),
        "I3 with b = a": (1, None, 1, None),
        "I3 with b = c": (0, None, 2, None),
        "I4": (0, 0, 1, 1),
        "I4 with b = a": (0, None, 1, 1),
        "I4 with d = c": (0, 0, 2, None),
        "I4 with c = a": (1, 0, None, 1),
        "I4 with one field": (2, None, None, None),
    }
    rows = []
    for size in strength:
        rows.append([_on_orthant(size * np.asarray(C), p) for p in powers.values()])
    return np.array(rows)


def _on_orthant(C: Array, powers: tuple[int | None, ...]) -> float:
    """<prod x_k^p_k, all x_k > 0>: the last field in closed form, the others on a Legendre grid."""
    from scipy.special import ndtr

    used = [k for k, power in enumerate(powers) if power is not None]
    C, p = C[np.ix_(used, used)], [powers[k] or 0 for k in used]
    n = len(used) - 1
    if n == 0:
        return float(C[0, 0] ** (p[0] / 2) / 2) if p[0] != 1 else float("nan")
    y, w = np.polynomial.legendre.leggauss(60)
    grid = np.stack(np.meshgrid(*[(1 + y) / 2] * n, indexing="ij"), axis=-1).reshape(-1, n)
    weights = (
        np.stack(np.meshgrid(*[w / 2] * n, indexing="ij"), axis=-1).reshape(-1, n).prod(axis=1)
    )
    far = 9 * np.sqrt(np.diag(C)[:n])
    x, inverse = grid * far, np.linalg.inv(C[:n, :n])
    density = np.exp(-((x @ inverse) * x).sum(axis=1) / 2)
    density *= far.prod() / np.sqrt((2 * np.pi) ** n * np.linalg.det(C[:n, :n]))
    mean = x @ inverse @ C[:n, n]
    s = np.sqrt(C[n, n] - C[n, :n] @ inverse @ C[:n, n])
    chance = ndtr(mean / s)
    bell = s * np.exp(-((mean / s) ** 2) / 2) / np.sqrt(2 * np.pi)
    last = (chance, mean * chance + bell, (mean**2 + s**2) * chance + mean * bell)[p[n]]
    return float(weights @ (density * last * (x ** p[:n]).prod(axis=1)))
