"""Nonlinear networks: the two-time theory with its response functions, sampled."""

from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.evidence.predicting import Sampled
from lazyrich.paper_checks.measurements.bordelon_2022 import linear as routes

Array = NDArray[np.float64]

SOURCE = "arXiv:2205.09653, "
X = np.array([[1.0, 0.8, -0.2], [0.3, -1.1, 0.9]])
GROUPS = 16
"""Pairs of independent solves, whose spread gives the standard error of the prediction."""


@lru_cache(maxsize=8)
def _solves(learning_rate: float, n_steps: int, setting: tuple[tuple[str, Any], ...]) -> Any:
    from lazyrich.theory.lazy_to_rich import mlp_dmft

    given = dict(setting)
    y = given.pop("y")
    return [
        mlp_dmft.solve(
            X @ X.T / X.shape[1],
            y,
            learning_rate=learning_rate,
            n_steps=n_steps,
            n_paths=4000,
            n_repeats=2,
            rng=rng,
            **given,
        )
        for rng in np.random.default_rng(2022).spawn(GROUPS)
    ]


def networks_in_time(
    X: Array, learning_rate: float, steps: Any, responses: bool = True, **setting: Any
) -> Sampled:
    """f, then Phi and G between the recorded steps, in one row."""
    key = tuple(sorted({**setting, "responses": responses}.items()))
    solves = _solves(float(learning_rate), int(np.max(steps)), key)
    at = np.ix_(range(setting["hidden_layers"]), steps, steps)
    found = np.array(
        [
            np.concatenate([part.ravel() for part in (run.f[steps], run.Phi[at], run.G[at])])
            for run in solves
        ]
    )
    return Sampled(found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(GROUPS))


def faster(learning_rate: float, **given: Any) -> Sampled:
    return networks_in_time(learning_rate=1.2 * learning_rate, **given)


CLAIMS = [
    Ensemble(
        name="two-time-kernels-of-tanh-networks",
        statement="Outputs, and the kernels of features and gradients between any two times, of "
        "networks with two layers of tanh units follow the field theory with its response functions.",
        source=SOURCE + "nonlinear networks; discrete time derived here",
        equation=r"$h^l=u^l+\gamma_0\sum(A^{l-1}+\eta\Delta\Phi^{l-1})g^l$",
        prediction=networks_in_time,
        measurement=routes.networks_in_time,
        parameters={
            "X": X,
            "y": (1.0, -0.6),
            "gamma0": 2.0,
            "learning_rate": 0.1,
            "steps": np.array([2, 5, 9, 14]),
            "hidden_layers": 2,
            "activation": "tanh",
        },
        settings={"networks": 64},
        coordinate=None,
        scale=1.0,
        sizes=(32, 128, 512),
        quick_sizes=(8, 32, 128),
        size="width",
        noise_exponent=1.0,
        seeds=16,
        quantity="outputs and kernels",
        margin=0.015,
        alternatives={
            "without responses": partial(networks_in_time, responses=False),
            "20 % faster": faster,
        },
        cost=40.0,
    )
]
