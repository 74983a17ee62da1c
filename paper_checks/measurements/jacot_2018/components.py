"""Convergence of finite networks along the principal components of the kernel on equispaced inputs.

The target is what the network computes at its start plus what is to be learned: the start adds no noise.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.measurements.jacot_2018.networks import (
    networks_at,
    on_circle,
    random_start,
)

Array = NDArray[np.float64]


def component(degree: int, n_train: int) -> Array:
    """Unit vector cos(degree x angle) on equispaced inputs."""
    wave = np.cos(2 * np.pi * degree * np.arange(n_train) / n_train)
    return wave / np.linalg.norm(wave)


def _residuals(
    rng: np.random.Generator,
    width: float,
    degrees: Any,
    learning_rate: float,
    steps: Any,
    n_train: int,
    hidden_layers: int,
    sigma_b: float,
    entries: float,
) -> Array:
    """What of the components is left, each learned alone: (degrees, steps, networks, n_train)."""
    from lazyrich.solvers.networks.ntk_mlp import outputs, train

    options: dict[str, Any] = {"activation": "relu", "sigma_b": sigma_b}
    inputs = on_circle(2 * np.pi * np.arange(n_train) / n_train)
    parameters = random_start(rng, width, hidden_layers, networks_at(width, entries))
    start = outputs(parameters, inputs, **options)
    left = []
    for degree in np.atleast_1d(degrees):
        target = start + component(degree, n_train) / 2
        run = train(parameters, inputs, target, learning_rate, steps, **options)
        left.append(2 * (target - run.train_outputs))
    return np.array(left)


def parts_left(rng: np.random.Generator, width: float, **given: Any) -> tuple[Array, Array]:
    """Part left along the component, and square of the part across it: (degrees, steps, networks) both."""
    residuals = _residuals(rng, width, **given)
    vectors = np.array([component(k, given["n_train"]) for k in given["degrees"]])
    along = np.einsum("kspi,ki->ksp", residuals, vectors)
    return along, np.maximum((residuals**2).sum(axis=3) - along**2, 0)


def along_component(rng: np.random.Generator, width: float, **given: Any) -> Array:
    """Part along the component that is learned, mean over networks: (degrees, steps)."""
    return parts_left(rng, width, **given)[0].mean(axis=2)


def across_component(rng: np.random.Generator, width: float, **given: Any) -> Array:
    """Mean square of what has left the component's direction: (degrees, steps)."""
    return parts_left(rng, width, **given)[1].mean(axis=2)


def risk_on_noisy_labels(
    rng: np.random.Generator,
    width: float,
    steps: Any,
    learning_rate: float,
    signal: Any,
    noise: Any,
    n_test: int,
    hidden_layers: int,
    sigma_b: float,
    entries: float,
) -> Array:
    """Mean square error on the circle of what was learned from a signal with fixed label noise, by step."""
    from lazyrich.solvers.networks.ntk_mlp import outputs, train

    options: dict[str, Any] = {"activation": "relu", "sigma_b": sigma_b}
    angles = 2 * np.pi * np.arange(len(noise)) / len(noise)
    tests = 2 * np.pi * (np.arange(n_test) + 0.5) / n_test
    inputs, test_inputs = on_circle(angles), on_circle(tests)
    parameters = random_start(rng, width, hidden_layers, networks_at(width, entries))
    target = outputs(parameters, inputs, **options) + waves(signal, angles) + np.asarray(noise)
    start = outputs(parameters, test_inputs, **options)
    run = train(parameters, inputs, target, learning_rate, steps, X_test=test_inputs, **options)
    error = run.test_outputs - start - waves(signal, tests)
    return (error**2).mean(axis=(1, 2))


def waves(amplitudes: Any, angles: Array) -> Array:
    """Sum over k of amplitudes[k] cos(k angle)."""
    return np.cos(np.multiply.outer(angles, np.arange(len(amplitudes)))) @ np.asarray(amplitudes)
