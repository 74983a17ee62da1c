"""Predictions of Jacot, Gabriel, Hongler 2018, for the arguments of its measurements, and wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.infinite_width import kernel_fluctuation, spectral_tails, spectrum
from lazyrich.theory.infinite_width.kernel_flow import ensemble_prediction, linearised_outputs
from lazyrich.theory.infinite_width.kernels import Kernels, mlp_kernels

Array = NDArray[np.float64]
NORMAL_PERCENTILES = np.array([-1.2815515655446004, 0.0, 1.2815515655446004])
EXACT, LONGEST = 200, 100_000  # degrees
RELU: dict[str, Any] = {"activation": "relu"}


def on_circle(angles: Any) -> Array:
    return np.column_stack([np.cos(angles), np.sin(angles)])


def circle_kernels(angles: Any, others: Any, hidden_layers: int, sigma_b: float) -> Kernels:
    """Limiting kernels between unit inputs of the circle, weight strength 1."""
    return mlp_kernels(
        on_circle(angles), on_circle(others), hidden_layers=hidden_layers, sigma_b=sigma_b, **RELU
    )


def zonal_ntk(
    hidden_layers: int, sigma_w: float, sigma_b: float, activation: Any = "relu"
) -> Callable[[Array], Array]:
    """NTK of inputs with |x|^2 = d as a function of their cosine."""

    def profile(cosines: Array) -> Array:
        sines = np.sqrt((1 - cosines) * (1 + cosines))
        points = np.sqrt(2) * np.column_stack([cosines, sines])
        given: dict[str, Any] = {
            "hidden_layers": hidden_layers,
            "sigma_w": sigma_w,
            "sigma_b": sigma_b,
        }
        return mlp_kernels([[np.sqrt(2), 0.0]], points, activation=activation, **given).ntk[0]

    return profile


# Spectra


def circle_spectra(modes: Array, hidden_layers: Any, sigma_w: float, sigma_b: Any) -> Array:
    """Eigenvalues of several depths or bias strengths: (cases, modes)."""
    cases = np.broadcast_arrays(np.atleast_1d(hidden_layers), np.atleast_1d(sigma_b))
    return np.array(
        [
            sphere_spectrum(2, int(np.max(modes)) + 1, int(layers), sigma_w, float(bias))[modes]
            for layers, bias in zip(*cases, strict=True)
        ]
    )


def sphere_spectrum(
    dim: int, n_modes: int, hidden_layers: int, sigma_w: float, sigma_b: float
) -> Array:
    profile = zonal_ntk(hidden_layers, sigma_w, sigma_b)
    return spectrum.sphere_eigenvalues(profile, dim, n_modes).eigenvalues


def relu_tails(modes: Array, hidden_layers: Any, sigma_w: float, sigma_b: float) -> Array:
    """Leading tails on the circle, by depth: (depths, modes)."""
    most = int(np.max(modes)) + 1
    return np.array(
        [spectral_tails.relu_tail(2, most, hidden_layers=layers)[modes] for layers in hidden_layers]
    )


def sums_of_eigenvalues(
    dims: Any, hidden_layers: int, counted_once: bool = False, with_tail: bool = True
) -> Array:
    """Sum over the degrees, by dimension; He's networks without bias."""
    sums = []
    for dim in dims:
        lam = _with_tail(dim, hidden_layers, LONGEST if with_tail else EXACT)
        sums.append(lam.sum() if counted_once else lam @ spectrum.multiplicities(dim, len(lam)))
    return np.array(sums)


def _with_tail(dim: int, hidden_layers: int, n_modes: int) -> Array:
    """The first `EXACT` eigenvalues, and the leading tail of those above; He's networks without bias."""
    lam = spectral_tails.relu_tail(dim, n_modes, hidden_layers=hidden_layers)
    lam[:EXACT] = sphere_spectrum(dim, EXACT, hidden_layers, np.sqrt(2), 0.0)
    return lam


def smallest_eigenvalues(n_inputs: Array, hidden_layers: int) -> Array:
    """Smallest eigenvalue of n equispaced inputs: that of a degree up to n/2 with its aliases."""
    lam = _with_tail(2, hidden_layers, LONGEST)
    return np.array(
        [min(_with_aliases(lam, k, int(n)) for k in range(n // 2 + 1)) for n in n_inputs]
    )


def _with_aliases(lam: Array, k: int, n: int) -> float:
    """Eigenvalue of degree k among n equispaced inputs: cos(k angle) equals cos((m n +- k) angle) there."""
    turns = np.arange(1, (len(lam) - 1 - k) // n + 1)
    return float(lam[k] + lam[turns * n - k].sum() + lam[turns * n + k].sum())


def square_activation_ranks(dims: Any, hidden_layers: int, sigma_b: float) -> Array:
    """Number of harmonics of degrees up to 2^L, and only even ones without bias."""
    degrees = np.arange(2**hidden_layers + 1)
    used = np.ones(len(degrees)) if sigma_b else (degrees % 2 == 0) * 1.0
    counts = [spectrum.multiplicities(dim, len(degrees)) for dim in dims]
    return np.array([count @ used for count in counts])


# Kernels of networks


def kernel_row(
    angle: Array, hidden_layers: int, sigma_b: float, kind: str = "ntk", **_: Any
) -> Array:
    """Limiting kernel between (1, 0) and the inputs at the angles."""
    return getattr(circle_kernels([0.0], angle, hidden_layers, sigma_b), kind)[0]


def kernel_row_at_start(angle: Array, before: Array, **_: Any) -> Array:
    """The measured kernel of the same network before training."""
    return before


def kernel_variances(angle: Array) -> Array:
    """width x variance of the NTK of one hidden layer without bias, inputs of length sqrt 2."""
    inputs = np.sqrt(2) * on_circle([0.0]), np.sqrt(2) * on_circle(angle)
    return kernel_fluctuation.relu_ntk_variance(*inputs, width=1)[0]


# Functions of networks


def percentiles_at_start(level: Array, hidden_layers: int, sigma_b: float) -> Array:
    """Percentiles of the limiting Gaussian output for unit inputs."""
    from scipy.special import ndtri

    variance = kernel_row(np.zeros(1), hidden_layers, sigma_b, "nngp")
    return np.sqrt(variance) * ndtri(level)


def logistic_percentiles_at_start(level: Array, hidden_layers: int, sigma_b: float) -> Array:
    """Those of a logistic distribution of the same variance."""
    variance = kernel_row(np.zeros(1), hidden_layers, sigma_b, "nngp")
    return np.sqrt(3 * variance) / np.pi * np.log(level / (1 - level))


def percentiles(
    angle: Array,
    train_angle: Any,
    y: Any,
    learning_rate: float,
    steps: Any,
    hidden_layers: int,
    sigma_b: float,
    kind: str = "trained",
    **_: Any,
) -> Array:
    """10, 50 and 90 % percentiles of the limiting Gaussian: (angles, steps, 3)."""
    pair = partial(circle_kernels, hidden_layers=hidden_layers, sigma_b=sigma_b)
    given = pair(train_angle, train_angle), pair(angle, train_angle), pair(angle, angle)
    if kind == "posterior":
        train, cross, test = (Kernels(kernels.nngp, kernels.nngp) for kernels in given)
        given = train, cross, test
    found = ensemble_prediction(
        *given, y, learning_rate * np.asarray(steps), learning_rate=learning_rate
    )
    spread = np.sqrt(np.einsum("sii->is", found.covariance))
    return found.mean.T[..., None] + spread[..., None] * NORMAL_PERCENTILES


def learned(
    angle: Array,
    train_angle: Any,
    y: Any,
    learning_rate: float,
    steps: Any,
    hidden_layers: int,
    sigma_b: float,
    kind: str = "ntk",
) -> Array:
    """What kernel gradient descent with the limiting kernel learns of y, from 0: (angles, steps)."""
    train = getattr(circle_kernels(train_angle, train_angle, hidden_layers, sigma_b), kind)
    cross = getattr(circle_kernels(angle, train_angle, hidden_layers, sigma_b), kind)
    zero = np.zeros(len(train)), np.zeros(len(cross))
    times = learning_rate * np.asarray(steps)
    return linearised_outputs(*zero, train, cross, y, times, learning_rate=learning_rate).T


# Principal components


def component_eigenvalues(
    degrees: Any, n_train: int, hidden_layers: int, sigma_b: float, kind: str = "ntk"
) -> Array:
    """Eigenvalues of the limiting kernel matrix on equispaced inputs, by degree."""
    angles = 2 * np.pi * np.arange(n_train) / n_train
    row = kernel_row(angles, hidden_layers, sigma_b, kind)
    return row @ np.cos(np.multiply.outer(angles, np.asarray(degrees)))


def along_component(
    degrees: Any,
    learning_rate: float,
    steps: Any,
    n_train: int,
    hidden_layers: int,
    sigma_b: float,
    kind: str = "ntk",
    **_: Any,
) -> Array:
    """(1 - eta lambda_k)^steps: (degrees, steps)."""
    lam = component_eigenvalues(degrees, n_train, hidden_layers, sigma_b, kind)
    return (1 - learning_rate * lam[:, None]) ** np.asarray(steps)


def across_component(degrees: Any, steps: Any, part: float = 0.0, **_: Any) -> Array:
    """Nothing leaves the component's direction."""
    return np.full((len(degrees), len(steps)), part)


def risk_on_noisy_labels(
    steps: Any,
    learning_rate: float,
    signal: Any,
    noise: Any,
    n_test: int,
    hidden_layers: int,
    sigma_b: float,
    kind: str = "ntk",
    **_: Any,
) -> Array:
    """Mean square error on the circle of kernel gradient descent, by step."""
    angles = 2 * np.pi * np.arange(len(noise)) / len(noise)
    tests = 2 * np.pi * (np.arange(n_test) + 0.5) / n_test
    train = getattr(circle_kernels(angles, angles, hidden_layers, sigma_b), kind)
    cross = getattr(circle_kernels(tests, angles, hidden_layers, sigma_b), kind)
    waves = np.arange(len(signal))
    labels = np.cos(np.multiply.outer(angles, waves)) @ np.asarray(signal) + np.asarray(noise)
    times = learning_rate * np.asarray(steps)
    zero = np.zeros(len(angles)), np.zeros(n_test)
    learned = linearised_outputs(*zero, train, cross, labels, times, learning_rate=learning_rate)
    error = learned - np.cos(np.multiply.outer(tests, waves)) @ np.asarray(signal)
    return (error**2).mean(axis=-1)
