"""Deep linear networks that train, and the ODE of one hidden layer solved numerically."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def solve_one_mode(t: Array, gamma0: Any, y: float) -> Array:
    """f and the kernel for each strength, by a numerical solution: (times, strengths, 2)."""
    from scipy.integrate import solve_ivp

    found = []
    for strength in gamma0:

        def velocity(_: float, state: Array, strength: float = strength) -> Array:
            f, kernel = state
            grown = 2 * kernel * (y - f)
            return np.array([grown, strength**2 * f * grown / kernel])

        solution = solve_ivp(
            velocity, (0, t[-1]), [0.0, 1.0], "RK45", t_eval=t, rtol=1e-12, atol=1e-13
        )
        found.append(solution.y.T)
    return np.stack(found, axis=1)


def train_one_hidden_layer(
    t: Array, X: Array, y: Any, gamma0: float, W: Array, w: Array, learning_rate: float
) -> Array:
    """Outputs, and kernels between the samples, of one network: (times, P + P^2)."""
    from lazyrich.solvers.networks import mean_field_mlp as mlp

    steps = np.rint(np.asarray(t) / learning_rate).astype(int)
    run = mlp.train([W, w], X.T, y, gamma0, learning_rate, steps, centered=False)
    kernels = np.einsum("ttmn->tmn", run.forward_kernels[0])
    return np.column_stack([run.outputs, kernels.reshape(len(steps), -1)])


def networks_in_time(
    rng: np.random.Generator,
    width: int,
    X: Array,
    y: Any,
    gamma0: float,
    learning_rate: float,
    steps: Any,
    hidden_layers: int,
    networks: int,
    activation: str = "identity",
) -> Array:
    """Outputs (steps, P), then forward and backward kernels between the recorded steps, in one row.

    Each kernel is averaged over networks, for every layer, pair of recorded steps and pair of samples.
    """
    from lazyrich.solvers.networks import mean_field_mlp as mlp

    total: Any = 0.0
    for _ in range(networks):
        weights = mlp.initial_weights(X.shape[1], width, hidden_layers, rng)
        run = mlp.train(weights, X, y, gamma0, learning_rate, steps, activation=activation)
        parts = (run.outputs, run.forward_kernels, run.backward_kernels)
        total = total + np.concatenate([part.ravel() for part in parts])
    return np.asarray(total / networks)


def final_kernels(
    rng: np.random.Generator,
    width: int,
    gamma0: Any,
    y: float,
    learning_rate: Any,
    steps: Any,
    hidden_layers: int,
    networks: int,
) -> Array:
    """Forward kernels of one sample after training, for each strength and layer."""
    from lazyrich.solvers.networks import mean_field_mlp as mlp

    found = np.zeros((len(gamma0), hidden_layers))
    for row, strength, rate, last in zip(found, gamma0, learning_rate, steps, strict=True):
        for _ in range(networks):
            weights = mlp.initial_weights(1, width, hidden_layers, rng)
            run = mlp.train(weights, [[1.0]], [y], float(strength), float(rate), [int(last)])
            row += run.forward_kernels[:, 0, 0, 0, 0] / networks
    return found
