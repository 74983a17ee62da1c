"""Deep linear networks: one hidden layer in closed form, deeper ones by the two-time theory."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.measurements.bordelon_2022 import linear as routes
from lazyrich.theory.lazy_to_rich import linear_dmft

Array = NDArray[np.float64]

SOURCE = "arXiv:2205.09653, "
RNG = np.random.default_rng(2205)
X = np.array([[1.0, 0.8, -0.2], [0.3, -1.1, 0.9]])


def one_mode(t: Array, gamma0: Array, y: float) -> Array:
    return np.stack(linear_dmft.one_hidden_layer(t[:, None], gamma0, y), axis=-1)


def lazy_mode(t: Array, gamma0: Array, y: float) -> Array:
    return np.stack(linear_dmft.one_hidden_layer(t[:, None], 0 * gamma0, y), axis=-1)


def one_network(t: Array, X: Array, y: Any, gamma0: float, W: Array, w: Array) -> Array:
    """Outputs, and kernels between the samples."""
    dim, width = len(X), len(w)
    found = linear_dmft.one_hidden_moments(
        t,
        X,
        y,
        gamma0,
        second_moment=W.T @ W / width,
        cross_moment=W.T @ w / width,
        readout_moment=float(w @ w) / width,
    )
    kernels = np.einsum("dm,tde,en->tmn", X, found.second_moment, X) / dim
    return np.column_stack([found.f, kernels.reshape(len(t), -1)])


def infinite_width(t: Array, X: Array, y: Any, gamma0: float, W: Array, w: Array) -> Array:
    """The same as though the weights at the start had the moments of infinitely many."""
    found = linear_dmft.one_hidden_moments(t, X, y, gamma0)
    kernels = np.einsum("dm,tde,en->tmn", X, found.second_moment, X) / len(X)
    return np.column_stack([found.f, kernels.reshape(len(t), -1)])


def networks_in_time(
    X: Array,
    y: Any,
    gamma0: float,
    learning_rate: float,
    steps: Any,
    hidden_layers: int,
    responses: bool = True,
) -> Array:
    """f, then H and G between the recorded steps, in one row."""
    found = linear_dmft.solve(
        X @ X.T / X.shape[1],
        y,
        hidden_layers=hidden_layers,
        gamma0=gamma0,
        learning_rate=learning_rate,
        n_steps=int(np.max(steps)),
        responses=responses,
    )
    at = np.ix_(range(hidden_layers), steps, steps)
    parts = (found.f[steps], found.H[at], found.G[at])
    return np.concatenate([part.ravel() for part in parts])


def final_kernels(
    gamma0: Any,
    y: float,
    learning_rate: Any,
    steps: Any,
    hidden_layers: int,
    responses: bool = True,
) -> Array:
    """H^l of one sample after training, for each strength and layer."""
    found = []
    for strength, rate, last in zip(gamma0, learning_rate, steps, strict=True):
        run = linear_dmft.solve(
            [[1.0]],
            [y],
            hidden_layers=hidden_layers,
            gamma0=float(strength),
            learning_rate=float(rate),
            n_steps=int(last),
            responses=responses,
        )
        found.append(run.H[:, -1, -1, 0, 0])
    return np.array(found)


def lazy_kernels(gamma0: Any, hidden_layers: int, **_: Any) -> Array:
    return np.ones((len(gamma0), hidden_layers))


CLAIMS = [
    Deterministic(
        name="one-hidden-layer-in-closed-form",
        statement="On whitened data output and kernel of a linear network with one hidden layer are a "
        "sigmoid that turns from exponential to logistic with the strength of feature learning.",
        source=SOURCE + "deep linear networks, one hidden layer; the closed form derived here",
        equation=r"$\dot f=2\sqrt{1+\gamma_0^2f^2}\,(y-f)$",
        prediction=one_mode,
        measurement=routes.solve_one_mode,
        parameters={
            "t": np.linspace(0.05, 2, 25),
            "gamma0": np.array([0.1, 0.5, 1.0, 3.0, 10.0]),
            "y": 1.3,
        },
        coordinate="t",
        quantity="output f and kernel H",
        margin=1e-9,
        max_sensitivity=1e-6,
        alternatives={"lazy": lazy_mode},
        cost=1.0,
    ),
    Deterministic(
        name="second-moments-of-any-network",
        statement="With one hidden layer a linear network of any width on any data follows the flow "
        "of its second moments, from those it starts with.",
        source=SOURCE + "finite width; the moments derived here",
        equation=r"$\dot M=\gamma_0(mv^T+vm^T)$",
        prediction=one_network,
        measurement=routes.train_one_hidden_layer,
        parameters={
            "t": np.linspace(0.08, 1.6, 20),
            "X": X.T,
            "y": (1.0, -0.6),
            "gamma0": 1.4,
            "W": RNG.normal(size=(30, 3)),
            "w": RNG.normal(size=30),
        },
        coordinate="t",
        scale="maximum",
        steps=(0.008, 0.004, 0.002),
        quantity="outputs and kernels of two samples",
        margin=2e-3,
        max_sensitivity=0.02,
        alternatives={"infinite width": infinite_width},
        cost=1.0,
    ),
    Ensemble(
        name="two-time-kernels-of-linear-networks",
        statement="Outputs, and the kernels of features and gradients between any two times, of deep "
        "linear networks follow the field theory with its response functions.",
        source=SOURCE + "deep linear networks; discrete time derived here",
        equation=r"$H^l=R(H^{l-1}+\gamma_0^2XG^{l+1}X^T)R^T$",
        prediction=networks_in_time,
        measurement=routes.networks_in_time,
        parameters={
            "X": X,
            "y": (1.0, -0.6),
            "gamma0": 1.5,
            "learning_rate": 0.1,
            "steps": np.array([2, 4, 7, 15]),
            "hidden_layers": 2,
        },
        settings={"networks": 128},
        coordinate="learning_rate",
        scale=np.append(np.ones(8), np.full(256, 2.0)),  # kernels of two samples grow to about 2
        sizes=(16, 64, 256),
        quick_sizes=(8, 32, 128),
        size="width",
        noise_exponent=1.0,
        seeds=16,
        quantity="outputs and kernels",
        margin=0.02,
        alternatives={"without responses": partial(networks_in_time, responses=False)},
        cost=25.0,
    ),
    Ensemble(
        name="final-kernels-grow-with-the-strength",
        statement="After training the kernel of each layer has grown with the strength of feature "
        "learning, the more the closer it is to the output.",
        source=SOURCE + "final kernels of deep linear networks against gamma0",
        equation=r"$H^l(t,t),\ t\to\infty$",
        prediction=final_kernels,
        measurement=routes.final_kernels,
        parameters={
            "gamma0": np.array([0.5, 1.0, 2.0, 4.0]),
            "y": 1.0,
            "learning_rate": np.array([0.1, 0.08, 0.04, 0.02]),
            "steps": np.array([20, 20, 30, 40]),
            "hidden_layers": 3,
        },
        settings={"networks": 64},
        coordinate="gamma0",
        sizes=(16, 64, 256),
        quick_sizes=(8, 32, 128),
        size="width",
        noise_exponent=1.0,
        seeds=16,
        quantity="final kernels of three layers",
        margin=0.03,
        alternatives={
            "lazy": lazy_kernels,
            "without responses": partial(final_kernels, responses=False),
        },
        cost=25.0,
    ),
]
