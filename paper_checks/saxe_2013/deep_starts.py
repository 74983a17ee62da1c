"""Deep linear networks: pre-trained and orthogonal starts, and the learning rate that depth allows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic
from lazyrich.paper_checks.measurements.saxe_2013 import deep_starts as routes
from lazyrich.theory.deep_linear import initialisation, modes

Array = NDArray[np.float64]
SOURCE = "arXiv:1312.6120, "


def pretrained_times(
    final_strength: Array, initial_strength: float, singular_value: float, depths: Any
) -> Array:
    """Time of the pre-trained chain: (final strengths, depths)."""
    uf = np.asarray(final_strength)[:, None]
    return initialisation.pretrained_time(initial_strength, uf, singular_value, np.asarray(depths))


def times_of_uniform_starts(
    final_strength: Array, initial_strength: float, singular_value: float, depths: Any
) -> Array:
    """Altered: the same small strength, shared equally by all layers."""
    uf = np.asarray(final_strength)[:, None]
    return modes.deep_time(initial_strength, uf, singular_value, np.asarray(depths))


def times_of_one_layer(
    final_strength: Array, initial_strength: float, singular_value: float, depths: Any
) -> Array:
    """Altered: only the last layer learns, du/dt = s - u at any depth."""
    one = modes.deep_time(initial_strength, np.asarray(final_strength), singular_value, 1)
    return np.repeat(one[:, None], len(depths), axis=1)


def orthogonal_trajectory(depth_time: Array, singular_values: Any, depths: Any) -> Array:
    """Balanced modes from strength 1 at t = depth_time/depth: (times, modes, depths)."""
    depth, s = np.asarray(depths), np.asarray(singular_values)[:, None]
    return modes.deep_mode(np.asarray(depth_time)[:, None, None] / depth, 1.0, s, depth)


def rates_beside_the_solution(singular_value: Array, depths: Any) -> Array:
    """Optimal and largest stable rate: (values, depths, 2)."""
    best = modes.optimal_learning_rate(singular_value[:, None], np.asarray(depths))
    return np.stack([best, 2 * best], axis=-1)


def rates_without_depth(singular_value: Array, depths: Any) -> Array:
    """Altered: the rates of two matrices at any depth."""
    return rates_beside_the_solution(singular_value, np.full(len(depths), 2))


CLAIMS = [
    Deterministic(
        name="training-is-fastest-at-the-optimal-rate",
        statement="Trained networks of depth 2 to 20 converge fastest at the optimal rate and are "
        "unstable beyond twice that rate; both fall as one over depth.",
        source=SOURCE + "optimal learning rate scales as one over depth",
        equation=r"$\eta_{\mathrm{opt}}=1/(L\,s^{2-2/L}),\quad \eta_{\max}=2\eta_{\mathrm{opt}}$",
        prediction=rates_beside_the_solution,
        measurement=routes.rates_of_training,
        parameters={"singular_value": np.linspace(0.5, 3.0, 6), "depths": (2, 3, 5, 10, 20)},
        coordinate="singular_value",
        quantity="learning rate",
        margin=1e-3,
        max_sensitivity=0.01,
        alternatives={"rates of depth 2 at any depth": rates_without_depth},
        cost=3.0,
    ),
    Deterministic(
        name="pretrained-networks-have-no-plateau",
        statement="With all layers but the last pre-trained, networks of depth 1 to 10 learn at "
        "once, the deeper the faster.",
        source=SOURCE + "layer-wise pre-training finds a start that learns fast; times derived",
        equation=r"$\dot u=a^{2L-4}(a^2+(L-1)b^2)(s-u),\quad a^2-b^2=1-u_0^2$",
        prediction=pretrained_times,
        measurement=routes.pretrained_learning_times,
        parameters={
            "final_strength": np.linspace(0.1, 1.9, 19),
            "initial_strength": 1e-3,
            "singular_value": 2.0,
            "depths": (1, 2, 3, 5, 10),
        },
        coordinate="final_strength",
        steps=(0.002, 0.001, 0.0005),
        quantity="learning time t",
        margin=5e-3,
        max_sensitivity=0.01,
        alternatives={
            "small uniform start": times_of_uniform_starts,
            "only the last layer learns": times_of_one_layer,
        },
        cost=2.0,
    ),
    Deterministic(
        name="orthogonal-starts-learn-at-any-depth",
        statement="Networks of depth 2 to 20 with orthogonal layers, their product aligned with "
        "the task, learn on a time scale 1/L: the number of steps stays bounded as depth grows.",
        source=SOURCE + "orthogonal starts have depth-independent learning times",
        equation=r"$\dot u=L\,u^{2-2/L}(s-u),\quad u(0)=1$",
        prediction=orthogonal_trajectory,
        measurement=routes.train_orthogonal,
        parameters={
            "depth_time": 0.2 * np.arange(1, 16),
            "singular_values": (0.5, 0.7, 0.9, 1.1, 1.3, 1.5),
            "depths": (2, 3, 5, 10, 20),
        },
        coordinate="depth_time",
        steps=(0.02, 0.01, 0.005),
        step="depth_step",
        quantity="mode strength u",
        margin=3e-3,
        max_sensitivity=0.03,
        cost=2.0,
    ),
]
