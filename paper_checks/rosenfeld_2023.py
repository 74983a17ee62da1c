"""Rosenfeld, Risteski 2023: outliers with opposing signals have an outsized effect on optimization.

f = c (b_s . x_s + b_o . x_o), loss E (y - f)^2/2, E x_s x_s^T = I, E x_o x_o^T = alpha I; time
t = learning rate x steps. The constants of the paper's theorem are not used: all is derived.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.measurements import rosenfeld_2023 as routes
from lazyrich.paper_checks.predictions import rosenfeld_2023 as predictions
from lazyrich.theory.deep_linear import opposing_signals as opposing

Array = NDArray[np.float64]

BIBTEX = """
@misc{rosenfeld2023outliers,
  title = {Outliers with opposing signals have an outsized effect on neural network optimization},
  author = {Rosenfeld, Elan and Risteski, Andrej},
  year = {2023},
  eprint = {2311.04163},
  archivePrefix = {arXiv}
}
"""


def group_losses(step: Array, alternating: bool = True, **given: Any) -> Array:
    """Losses of the two groups of outliers under gradient descent: (steps, 2)."""
    path = opposing.descent(step, **given)
    directions = np.asarray(given["b_o"]) / np.linalg.norm(given["b_o"])
    size = np.exp(path.log_b_o) * (path.sign if alternating else 1.0)
    m = np.sqrt(given["outlier_power"] * len(directions) / routes.PROBABILITY)
    b_o = size[:, None] * directions
    return np.column_stack(opposing.group_losses(path.c, path.b_s, b_o, given["beta"], m))


SOURCE = "arXiv:2311.04163, "
MODEL = SOURCE + "the two-layer linear model of opposing signals; "
RNG = np.random.default_rng(2311)
POINTS = {
    "c": np.linspace(-1.5, 1.5, 13),
    "b_s": RNG.normal(size=(13, 3)),
    "b_o": 0.3 * RNG.normal(size=(13, 2)),
    "beta": (1.2, 0.0, -1.6),
    "outlier_power": 50.0,
}
START = {
    "beta": (1.2, 0.0, -1.6),
    "outlier_power": 50.0,
    "b_s": (0.05, 0.07, 0.02),
    "b_o": (0.12, -0.09),
    "c": 0.1,
}
WIDE = START | {
    "beta": 2 * np.eye(20)[0],
    "b_s": np.append(0.03, np.sqrt((0.01 - 0.0009) / 19) * np.ones(19)),
    "b_o": (0.06, -0.05, 0.03, 0.05, 0.02),
}
RATES = (4e-4, 2e-4, 1e-4)
EXACT: dict[str, Any] = {"margin": 1e-9, "max_sensitivity": 1e-6, "cost": 1.0}
CLOSE: dict[str, Any] = {"margin": 2e-3, "max_sensitivity": 0.01, "cost": 1.0}

CLAIMS = [
    Deterministic(
        name="sharpness-against-dense-hessian",
        statement="Anywhere, balanced or not, the sharpness is the top eigenvalue of a 3 x 3 matrix.",
        source=MODEL + "the Hessian derived here",
        equation=r"$H_{cc}=|b_s|^2+\alpha|b_o|^2,\ H_{cs}=2cb_s-\beta,\ H_{co}=2\alpha cb_o-\kappa$",
        prediction=opposing.sharpness,
        measurement=routes.top_of_dense_hessian,
        parameters=POINTS | {"imbalance": (0.7, 0.7)},
        coordinate="c",
        quantity="sharpness",
        **EXACT,
    ),
    Identity(
        name="signal-solves-its-odes",
        statement="Without outliers c and b_s have a closed form from any start, aligned or not.",
        source=MODEL + "the single-column case of the matrix Riccati solution",
        equation=r"$\dot c=b_s\cdot(\beta-cb_s),\quad \dot b_s=c(\beta-cb_s)$",
        closed_form=predictions.signal_solution,
        residual=predictions.signal_residual,
        coordinate="t",
        domain={"t": (0.1, 2), "s": (0.5, 3), "c0": (0.1, 1), "a0": (0.1, 1), "r0": (0.1, 1)},
        provable=False,
    ),
    Deterministic(
        name="signal-against-ode-solver",
        statement="The closed form of c, b_s and int c^2 equals a numerical solution.",
        source=MODEL + "the single-column case of the matrix Riccati solution",
        equation=r"$\int_0^t c^2=(\log N+mt)/2$",
        prediction=lambda t, **start: np.column_stack(opposing.signal_flow(t, **start)),
        measurement=routes.solve_signal,
        parameters={"t": np.linspace(0.1, 5, 30), "beta": (1.2, 1.6), "b_s": (-0.2, 0.9), "c": 0.4},
        coordinate="t",
        scale="maximum",
        quantity="c, b_s and their integral",
        **EXACT,
    ),
    Deterministic(
        name="networks-follow-the-flow",
        statement="While outliers decay and act back on c, networks follow the reduced flow in c, b_s "
        "and log |b_o|, with deviations in proportion to the learning rate.",
        source=MODEL + "opposing signals are first reduced together",
        equation=r"$\log|b_o|=\log|b_o(0)|-\alpha\int_0^tc^2$",
        prediction=predictions.network_path,
        measurement=routes.train_along_flow,
        parameters=START | {"t": 0.1 * np.arange(1, 31)},
        coordinate="t",
        scale="maximum",
        steps=(8e-5, 4e-5, 2e-5),
        quantity="c, b_s and log |b_o|",
        margin=2e-3,
        max_sensitivity=0.01,
        alternatives={"outliers do not act back": partial(predictions.network_path, shrunk=1e-9)},
        cost=2.0,
    ),
    Deterministic(
        name="progressive-sharpening",
        statement="While the signal is learned the sharpness rises from the curvature of the saddle, "
        "of the order of |beta|, to alpha c^2.",
        source=SOURCE + "progressive sharpening caused by opposing signals",
        equation=r"$\lambda_{\max}\to\alpha c^2$",
        prediction=predictions.sharpness_path,
        measurement=routes.sharpness_while_training,
        parameters=START | {"t": 0.1 * np.arange(1, 41)},
        coordinate="t",
        steps=RATES,
        quantity="sharpness",
        **CLOSE,
        alternatives={"curvature of the saddle": lambda t, beta, **_: np.full(len(t), 2.0)},
    ),
    Deterministic(
        name="final-sharpness",
        statement="Learned networks have the sharpness alpha c^2, which is alpha |beta| for balanced "
        "starts; an imbalance m of the layers changes it.",
        source=SOURCE + "progressive sharpening caused by opposing signals",
        equation=r"$\alpha\,(m/2+\sqrt{m^2/4+|\beta|^2})$",
        prediction=predictions.final_sharpness,
        measurement=routes.sharpness_of_learned,
        parameters={
            "teacher_norm": np.linspace(0.8, 3.0, 8),
            "direction": (0.6, 0.0, -0.8),
            "outlier_power": 50.0,
            "b_s": (0.3, 0.5, 0.1),
            "b_o": (0.1, -0.2),
            "c": 0.2,
            "t": 20.0,
        },
        coordinate="teacher_norm",
        steps=(2e-3, 1e-3, 5e-4),
        quantity="sharpness",
        **CLOSE,
        alternatives={
            "alpha |beta| from any start": lambda teacher_norm, outlier_power, **_: (
                outlier_power * teacher_norm
            )
        },
    ),
    Ensemble(
        name="sharpening-on-finite-data",
        statement="Networks that learn from finitely many examples, whose outliers oppose each other "
        "only on average, sharpen along the same path.",
        source=SOURCE + "progressive sharpening caused by opposing signals",
        equation=r"$\lambda_{\max}(t)$ for $P\to\infty$",
        prediction=predictions.sharpness_path,
        measurement=routes.sharpness_on_examples,
        parameters=START | {"t": np.array([0.6, 1.0, 1.4, 1.8, 2.2, 3.0, 4.0])},
        settings={"probability": 0.5, "learning_rate": 2e-4},
        coordinate="t",
        scale="maximum",
        sizes=(16000, 64000, 256000),
        quick_sizes=(4000, 16000, 64000),
        size="n_samples",
        seeds=32,
        order=0.5,  # the larger of two sampled outlier powers is biased as their spread
        noise_exponent=1.0,
        quantity="sharpness",
        margin=0.02,
        alternatives={"curvature of the saddle": lambda t, beta, **_: np.full(len(t), 2.0)},
        cost=4.0,
    ),
    Deterministic(
        name="balance-is-conserved",
        statement="The flow conserves c^2 - |b_s|^2 - |b_o|^2.",
        source=MODEL + "balance of the layers",
        equation=r"$c^2-|b_s|^2-|b_o|^2=\mathrm{const}$",
        prediction=lambda t, **_: np.zeros(len(t)),
        measurement=routes.drift_of_balance,
        parameters=START | {"t": 0.1 * np.arange(1, 31)},
        coordinate=None,
        scale=1.0,
        steps=RATES,
        quantity="change of the balance",
        margin=1e-4,
        value_sensitivity=False,
        alternatives={"outlier weights left out": predictions.conserved_without_outliers},
        cost=2.0,
    ),
    Deterministic(
        name="balance-changes-by-the-square-of-the-rate",
        statement="A step of gradient descent changes the balance by exactly "
        "eta^2 (g_c^2 - |g_b|^2).",
        source=MODEL + "balance of the layers",
        equation=r"$\Delta(c^2-|b|^2)=\eta^2(g_c^2-|g_b|^2)$",
        prediction=opposing.balance_change,
        measurement=routes.balance_after_a_step,
        parameters=POINTS | {"learning_rate": 0.02},
        coordinate="learning_rate",
        quantity="change of the balance",
        margin=1e-8,
        max_sensitivity=1e-6,
        cost=1.0,
    ),
    Deterministic(
        name="threshold-learning-rate",
        statement="Balanced networks amplify outliers if and only if the learning rate exceeds "
        "2/(alpha |beta|), up to O(1/alpha).",
        source=SOURCE + "instability when sharpness exceeds 2/eta",
        equation=r"$\alpha\,\eta_c\to 2/|\beta|$",
        prediction=predictions.scaled_threshold,
        measurement=routes.measured_threshold,
        parameters={
            "teacher_norm": np.linspace(1.0, 3.0, 5),
            "b_s": (0.06, 0.064, 0.048),  # balanced: |b_s| = c
            "b_o": (1e-200,),  # too small to spike before the end
            "c": 0.1,
        },
        coordinate="teacher_norm",
        steps=(1 / 50, 1 / 100, 1 / 200),
        step="inverse_outlier_power",
        quantity="alpha x threshold learning rate",
        margin=1e-3,
        max_sensitivity=0.01,
        cost=2.0,
    ),
    Deterministic(
        name="crossing-of-the-edge",
        statement="The time at which the curvature along the outliers passes 2/eta is predicted.",
        source=SOURCE + "sharpness reaches 2/eta and outliers become unstable",
        equation=r"$\alpha c(t)^2=2/\eta$",
        prediction=lambda edge_rate, **start: np.array(
            [opposing.crossing_time(**start, learning_rate=rate) for rate in edge_rate]
        ),
        measurement=routes.time_to_edge,
        parameters=START | {"edge_rate": 0.02 * np.array([1.03, 1.1, 1.2, 1.4, 1.7, 2, 3, 5])},
        coordinate="edge_rate",
        steps=RATES,
        quantity="time t",
        margin=2e-3,
        max_sensitivity=0.02,
        cost=1.0,
    ),
    Deterministic(
        name="step-of-the-loss-spike",
        statement="The loss spikes long after the sharpness has passed 2/eta, at a step that the "
        "sum of log|1 - eta alpha c^2| along the descent predicts.",
        source=SOURCE + "sudden spikes of the loss on outliers; the sum derived here",
        equation=r"$\log|b_k|=\log|b_0|+\sum_{j<k}\log|1-\eta\alpha c_j^2|$",
        prediction=predictions.spike_steps,
        measurement=routes.spike_of_networks,
        parameters=WIDE
        | {"rate_ratio": np.array([1.02, 1.05, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2]), "level": 1e-4},
        coordinate="outlier_power",
        quantity="step of the spike",
        margin=0.02,
        alternatives={"outliers do not act back": partial(predictions.spike_steps, shrunk=1e-9)},
        cost=2.0,
    ),
    Deterministic(
        name="catapult-settles-below-the-edge",
        statement="After the spike the sharpness settles below 2/eta, where the exact descent in five "
        "numbers ends; it is not as far below the edge as it was above.",
        source=SOURCE + "the loss falls again after a spike; no closed form is known",
        equation=r"$\eta\lambda_{\max}\to\eta\alpha c_\infty^2<2$",
        prediction=predictions.settled_sharpness,
        measurement=routes.sharpness_after_the_spike,
        parameters=WIDE
        | {
            "rate_ratio": np.array([1.02, 1.05, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 1.9]),
            "step": 6000,
        },
        coordinate=None,
        quantity="learning rate x sharpness",
        margin=1e-3,
        max_sensitivity=0.01,
        alternatives={
            "as far below the edge as above": predictions.mirrored_sharpness,
            "at the edge": lambda rate_ratio, **_: np.full(len(rate_ratio), 2.0),
        },
        cost=2.0,
    ),
    Deterministic(
        name="groups-take-turns",
        statement="Near the spike b_o changes sign at every step, so that the losses of the two groups "
        "of outliers rise and fall in turns while their sum is even in b_o.",
        source=SOURCE + "groups with opposing signals alternate",
        equation=r"$(|cb_s-\beta|^2+\langle(mcb_{o,j}\mp1)^2\rangle_j)/2$",
        prediction=group_losses,
        measurement=routes.group_losses_of_network,
        parameters=WIDE | {"step": np.arange(150, 180), "learning_rate": 0.026},
        coordinate="learning_rate",
        scale="maximum",
        quantity="group losses",
        margin=1e-3,
        max_sensitivity=0.01,
        alternatives={"b_o keeps its sign": partial(group_losses, alternating=False)},
        cost=1.0,
    ),
    Deterministic(
        name="floor-from-imbalance",
        statement="Groups of unequal size hold the outlier weights at a floor, proportional to the "
        "imbalance.",
        source=MODEL + "groups that do not oppose each other exactly",
        equation=r"$b_o^*=\kappa/(\alpha c)$",
        prediction=predictions.outlier_floor,
        measurement=routes.floor_of_networks,
        parameters=START | {"imbalance": np.array([0.05, 0.1, 0.2, 0.3, 0.45]), "t": 10.0},
        coordinate="imbalance",
        steps=(2e-3, 1e-3, 5e-4),
        quantity="outlier weight",
        **CLOSE,
    ),
]
