"""Kernels and functions of finite networks on the circle, at the start and after training.

Inputs (cos g, sin g); ReLU networks in NTK parametrisation, weight strength 1, bias strength `sigma_b`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DIRECTIONS = 16  # equispaced inputs between which kernels are measured


def on_circle(angles: Any) -> Array:
    """Unit vectors at the angles: (n, 2)."""
    return np.column_stack([np.cos(angles), np.sin(angles)])


def random_start(
    rng: np.random.Generator, width: float, hidden_layers: int, networks: int
) -> list[Array]:
    from lazyrich.solvers.networks.ntk_mlp import initial_parameters

    return initial_parameters(2, int(width), hidden_layers, rng, networks=networks)


def by_angle(
    parameters: list[Array],
    angle: Array,
    sigma_b: float,
    *,
    length: float = 1.0,
    last_layer_only: bool = False,
) -> Array:
    """Empirical NTK, or its part of the last layer, between inputs at each of the angles, from every direction: (networks, 16, angles).

    The angles are multiples of pi/8. All directions are alike, and their averages spread less than one.
    """
    from lazyrich.solvers.networks.ntk_mlp import empirical_ntk

    turns = np.rint(np.asarray(angle) * DIRECTIONS / (2 * np.pi)).astype(int)
    assert np.allclose(turns * 2 * np.pi / DIRECTIONS, angle)
    first = np.arange(DIRECTIONS)
    inputs = length * on_circle(2 * np.pi * first / DIRECTIONS)
    kernels = empirical_ntk(
        parameters, inputs, activation="relu", sigma_b=sigma_b, last_layer_only=last_layer_only
    )
    return kernels[:, first[:, None], (first[:, None] + turns) % DIRECTIONS]


def networks_at(width: float, entries: float) -> int:
    """Networks that are averaged: fewer where they are wider, so that every size costs alike."""
    return max(1, round(entries / width))


def kernel_variances(rng: np.random.Generator, width: float, angle: Array, networks: int) -> Array:
    """width x variance, over networks with one hidden layer without bias, of their NTK.

    Inputs of length sqrt 2, so that preactivations have variance 1.
    """
    parameters = random_start(rng, width, 1, networks)
    kernels = by_angle(parameters, angle, 0.0, length=np.sqrt(2))
    return width * kernels.var(axis=0, ddof=1).mean(axis=0)


def kernel_at_start(
    rng: np.random.Generator,
    width: float,
    angle: Array,
    hidden_layers: int,
    sigma_b: float,
    entries: float,
) -> Array:
    """Mean over networks of the empirical NTK, by angle between the inputs."""
    parameters = random_start(rng, width, hidden_layers, networks_at(width, entries))
    return by_angle(parameters, angle, sigma_b).mean(axis=(0, 1))


def covariance_at_start(
    rng: np.random.Generator,
    width: float,
    angle: Array,
    hidden_layers: int,
    sigma_b: float,
    entries: float,
) -> Array:
    """E f f' by angle between the inputs: exact over the last layer, on which f is linear, mean over others."""
    parameters = random_start(rng, width, hidden_layers, networks_at(width, entries))
    return by_angle(parameters, angle, sigma_b, last_layer_only=True).mean(axis=(0, 1))


def percentiles_at_start(
    rng: np.random.Generator,
    width: float,
    level: Array,
    hidden_layers: int,
    sigma_b: float,
    entries: float,
) -> Array:
    """Percentiles of f, exact over the last layer: a mixture of the Gaussians that it gives each network."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    parameters = random_start(rng, width, hidden_layers, networks_at(width, entries))
    variances = by_angle(parameters, np.zeros(1), sigma_b, last_layer_only=True)
    spread = np.sqrt(variances.ravel())
    far = 8 * spread.max()
    return np.array(
        [brentq(lambda f, p=p: ndtr(f / spread).mean() - p, -far, far, xtol=1e-12) for p in level]
    )


def trained_on_product(
    parameters: list[Array], n_train: int, steps: int, sigma_b: float
) -> list[Array]:
    """Gradient descent, rate 1, on the mean loss of x1 x2 on Gaussian inputs."""
    from lazyrich.solvers.networks.ntk_mlp import train

    inputs = np.random.default_rng(1806).standard_normal((n_train, 2))
    run = train(
        parameters,
        inputs,
        inputs[:, 0] * inputs[:, 1],
        1 / n_train,
        [steps],
        activation="relu",
        sigma_b=sigma_b,
    )
    return run.parameters


def kernel_after_training(
    rng: np.random.Generator,
    width: float,
    angle: Array,
    hidden_layers: int,
    sigma_b: float,
    entries: float,
    n_train: int,
    steps: int,
) -> Array:
    """Mean over networks of the empirical NTK after training on x1 x2."""
    parameters = random_start(rng, width, hidden_layers, networks_at(width, entries))
    after = trained_on_product(parameters, n_train, steps, sigma_b)
    return by_angle(after, angle, sigma_b).mean(axis=(0, 1))


def kernel_before_and_after(
    rng: np.random.Generator,
    width: float,
    angle: Array,
    hidden_layers: int,
    sigma_b: float,
    entries: float,
    n_train: int,
    steps: int,
) -> dict[str, Array]:
    """The mean NTK, by angle, of the same networks after training, and at their start."""
    parameters = random_start(rng, width, hidden_layers, networks_at(width, entries))
    before = by_angle(parameters, angle, sigma_b).mean(axis=(0, 1))
    after = trained_on_product(parameters, n_train, steps, sigma_b)
    return {"values": by_angle(after, angle, sigma_b).mean(axis=(0, 1)), "before": before}


def percentiles_of_networks(
    rng: np.random.Generator,
    width: float,
    angle: Array,
    train_angle: Any,
    y: Any,
    learning_rate: float,
    steps: Any,
    hidden_layers: int,
    sigma_b: float,
    networks: int,
) -> Array:
    """10, 50 and 90 % percentiles over networks of f on the circle: (angles, steps, 3)."""
    from lazyrich.solvers.networks.ntk_mlp import train

    run = train(
        random_start(rng, width, hidden_layers, networks),
        on_circle(train_angle),
        y,
        learning_rate,
        steps,
        activation="relu",
        sigma_b=sigma_b,
        X_test=on_circle(angle),
    )
    quantiles = np.quantile(run.test_outputs, [0.1, 0.5, 0.9], axis=1)
    return np.moveaxis(quantiles, (0, 1, 2), (2, 1, 0))


def learned_functions(
    rng: np.random.Generator,
    width: float,
    angle: Array,
    train_angle: Any,
    y: Any,
    learning_rate: float,
    steps: Any,
    hidden_layers: int,
    sigma_b: float,
    entries: float,
) -> Array:
    """Mean over networks of what they learn on the circle, f - f_0, (angles, steps): the labels are f_0 + y."""
    from lazyrich.solvers.networks.ntk_mlp import outputs, train

    options: dict[str, Any] = {"activation": "relu", "sigma_b": sigma_b}
    parameters = random_start(rng, width, hidden_layers, networks_at(width, entries))
    inputs, tests = on_circle(train_angle), on_circle(angle)
    target = outputs(parameters, inputs, **options) + np.asarray(y)
    run = train(parameters, inputs, target, learning_rate, steps, X_test=tests, **options)
    learned = run.test_outputs - outputs(parameters, tests, **options)
    return learned.mean(axis=1).T
