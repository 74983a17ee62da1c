"""Networks that are linear in their parameters: trained step by step with an explicit Jacobian.

The Jacobian is written out parameter by parameter; nothing is taken from the streamed kernel.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def start(X: Any, X_test: Any, seed: int, width: int, hidden_layers: int, **network: Any) -> Any:
    """Parameters of one random network, and training and test inputs."""
    from lazyrich.solvers.networks.ntk_mlp import initial_parameters

    x, x_test = np.asarray(X, dtype=float), np.asarray(X_test, dtype=float)
    rng = np.random.default_rng(seed)
    return initial_parameters(x.shape[1], width, hidden_layers, rng), x, x_test


def _gradient(
    parameters: list[Array], x: Array, activation: Any, sigma_w: float, sigma_b: float
) -> tuple[float, Array]:
    """f(x) and its derivative by every parameter, for one input."""
    from lazyrich.solvers.networks.activation_functions import activation_function

    phi = activation_function(activation)
    inputs, slopes = [x], []
    for weights, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        z = sigma_w / np.sqrt(len(inputs[-1])) * weights @ inputs[-1] + sigma_b * bias
        inputs.append(phi.value(z))
        slopes.append(phi.slope(z, inputs[-1]))
    scale = sigma_w / np.sqrt(len(inputs[-1]))
    value = scale * parameters[-2] @ inputs[-1] + sigma_b * parameters[-1]
    parts = [np.array([sigma_b]), scale * inputs[-1]]
    back = scale * parameters[-2]
    for layer in reversed(range(len(slopes))):
        back = back * slopes[layer]
        scale = sigma_w / np.sqrt(len(inputs[layer]))
        parts += [sigma_b * back, scale * np.outer(back, inputs[layer]).ravel()]
        back = scale * parameters[2 * layer].T @ back
    return float(value), np.concatenate(parts)


def _linear_model(X: Any, X_test: Any, **given: Any) -> tuple[Array, ...]:
    """Outputs and Jacobians on training and test inputs."""
    frozen = {name: np.asarray(x).tobytes() for name, x in (("X", X), ("X_test", X_test))}
    return _cached_model(
        frozen["X"], frozen["X_test"], np.shape(X)[1], tuple(sorted(given.items()))
    )


@lru_cache(maxsize=4)
def _cached_model(x: bytes, x_test: bytes, d: int, given: tuple[Any, ...]) -> tuple[Array, ...]:
    settings = dict(given)
    rows, rows_test = (np.frombuffer(raw).reshape(-1, d) for raw in (x, x_test))
    parameters, *inputs = start(rows, rows_test, **settings)
    network = {name: settings[name] for name in ("activation", "sigma_w", "sigma_b")}
    found: list[Array] = []
    for rows in inputs:
        values, gradients = zip(
            *(_gradient(parameters, row, **network) for row in rows), strict=True
        )
        found += [np.array(values), np.array(gradients)]
    return tuple(found)


def test_outputs(step: Any, learning_rate: float, y: Any, **given: Any) -> Array:
    """Outputs on test inputs after each number of steps of gradient descent in the parameters."""
    f, jacobian, f_test, jacobian_test = _linear_model(**given)
    moved, found = np.zeros(jacobian.shape[1]), {}
    for now in range(int(np.max(step)) + 1):
        found[now] = f_test + jacobian_test @ moved
        moved -= learning_rate * jacobian.T @ (f + jacobian @ moved - np.asarray(y))
    return np.array([found[int(k)] for k in step])


def test_outputs_in_time(t: Array, learning_rate: float, **given: Any) -> Array:
    """The same at times that are whole numbers of every learning rate."""
    steps = np.rint(np.asarray(t) / learning_rate)
    assert np.allclose(steps * learning_rate, t, rtol=1e-12)
    return test_outputs(steps, learning_rate, **given)


def least_squares_outputs(y_scale: Array, y: Any, **given: Any) -> Array:
    """Test outputs of the solution nearest to the start, from a singular value decomposition."""
    f, jacobian, f_test, jacobian_test = _linear_model(**given)
    targets = np.outer(y_scale, y)
    moved = np.linalg.lstsq(jacobian, (targets - f).T, rcond=None)[0]
    return f_test + (jacobian_test @ moved).T


def threshold(sigma_w: Array, steps: int, **given: Any) -> Array:
    """Learning rate from which on the error of the linear model grows, by bisection."""
    found = []
    for scale in sigma_w:
        f, jacobian, _, _ = _linear_model(sigma_w=float(scale), **given)
        low, high = 1e-3, 1e2
        while high / low > 1 + 1e-5:
            rate = np.sqrt(low * high)
            low, high = (low, rate) if _grows(f, jacobian, rate, steps) else (rate, high)
        found.append(np.sqrt(low * high))
    return np.array(found)


def _grows(f: Array, jacobian: Array, rate: float, steps: int) -> bool:
    error = f.copy()
    for _ in range(steps):
        before, error = error, error - rate * jacobian @ (jacobian.T @ error)
        if np.abs(error).max() > 1e100:
            return True
    return bool(np.linalg.norm(error) > np.linalg.norm(before))


def networks_and_their_kernels(
    rng: np.random.Generator,
    width: float,
    step: Any,
    learning_rate: float,
    X: Any,
    y: Any,
    X_test: Any,
    hidden_layers: int,
    **network: Any,
) -> dict[str, Array]:
    """Test outputs of a trained network, with its outputs and its empirical NTK at the start."""
    from lazyrich.solvers.networks.ntk_mlp import (
        empirical_ntk,
        initial_parameters,
        outputs,
        train,
    )

    x, x_test = np.asarray(X, dtype=float), np.asarray(X_test, dtype=float)
    parameters = initial_parameters(x.shape[1], int(width), hidden_layers, rng)
    run = train(parameters, x, y, learning_rate, step, X_test=x_test, **network)
    return {
        "values": run.test_outputs,
        "start_train": outputs(parameters, x, **network),
        "start_test": outputs(parameters, x_test, **network),
        "ntk_train": empirical_ntk(parameters, x, **network),
        "ntk_cross": empirical_ntk(parameters, x_test, x, **network),
    }
