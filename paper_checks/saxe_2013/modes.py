"""Modes, learning times and curvature against quadrature, ODE solvers and aligned networks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic
from lazyrich.paper_checks.measurements.saxe_2013 import modes as routes
from lazyrich.theory.deep_linear import modes

Array = NDArray[np.float64]
SOURCE = "arXiv:1312.6120, "
TWO_LAYER_STARTS = (
    (0.3, 0.1, 2.0),
    (0.05, 0.05, 3.0),
    (1.2, -0.2, 1.0),
    (2.0, 0.1, 0.5),
    (0.1, -0.4, 1.5),
    (0.8, 0.5, 0.0),
)


def two_layer_trajectory(t: Array, starts: Any) -> Array:
    """(a, b, u) of the two-layer mode, for each start (a0, b0, s): (times, starts, 3)."""
    a0, b0, s = np.transpose(starts)
    return np.stack(modes.two_layer_mode(t[:, None], a0, b0, s), axis=-1)


def two_layer_times(final_strength: Array, cases: Any) -> Array:
    """Time of the two-layer mode to each final strength, for each case (u0, s, imbalance)."""
    u0, s, imbalance = np.transpose(cases)
    return modes.two_layer_time(u0, np.asarray(final_strength)[:, None], s, imbalance)


def deep_trajectory(t: Array, starts: Any, depths: Any) -> Array:
    """Strength of the balanced mode: (times, starts (u0, s), depths)."""
    u0, s = (np.asarray(x)[:, None] for x in np.transpose(starts))
    return modes.deep_mode(t[:, None, None], u0, s, np.asarray(depths))


def deep_times(
    final_strength: Array, initial_strength: float, singular_value: float, depths: Any
) -> Array:
    """Time of the balanced mode: (final strengths, depths)."""
    uf = np.asarray(final_strength)[:, None]
    return modes.deep_time(initial_strength, uf, singular_value, np.asarray(depths))


def hessian_eigenvalues(strength: Array, singular_value: float, depths: Any) -> Array:
    """The single and the repeated eigenvalue of the chain: (strengths, depths, 2)."""
    u = np.asarray(strength)[:, None]
    found = modes.chain_hessian_eigenvalues(u, singular_value, np.asarray(depths))
    return np.stack(found, axis=-1)


CLAIMS = [
    Deterministic(
        name="two-layer-mode-against-ode-solver",
        statement="The closed form of the two-layer mode equals a numerical solution, also from "
        "unbalanced starts, through zero and for a vanishing singular value.",
        source=SOURCE + "hyperbolic dynamics of unbalanced modes",
        equation=r"$\dot a=b(s-ab),\quad \dot b=a(s-ab),\quad u=ab$",
        prediction=two_layer_trajectory,
        measurement=routes.solve_two_layer,
        parameters={"t": np.linspace(0.1, 4.0, 40), "starts": TWO_LAYER_STARTS},
        coordinate="t",
        scale="maximum",
        quantity="weights a, b and strength u",
        margin=1e-9,
        max_sensitivity=1e-6,
        cost=2.0,
    ),
    Deterministic(
        name="two-layer-time-against-quadrature",
        statement="The time a two-layer mode takes from one strength to another has a closed form "
        "for any imbalance c = a0^2 - b0^2.",
        source=SOURCE + "learning time of a mode",
        equation=r"$t=\int_{u_0}^{u_f}\frac{du}{\sqrt{c^2+4u^2}\,(s-u)}$",
        prediction=two_layer_times,
        measurement=routes.integrate_two_layer_time,
        parameters={
            "final_strength": np.linspace(0.15, 0.95, 17),
            "cases": ((0.01, 1.0, 0.3), (-0.3, 1.5, -2.0), (0.1, 2.0, 0.05), (0.001, 1.2, 4.0)),
        },
        coordinate="final_strength",
        quantity="time t",
        margin=1e-9,
        max_sensitivity=1e-6,
        cost=2.0,
    ),
    Deterministic(
        name="deep-time-against-quadrature",
        statement="The learning time at depth 1 to 100 equals the integral of du/(L u^(2-2/L)(s-u)).",
        source=SOURCE + "learning dynamics of deeper networks",
        equation=r"$t=\frac{1}{L}\int_{u_0}^{u_f}\frac{du}{u^{2-2/L}(s-u)}$",
        prediction=deep_times,
        measurement=routes.integrate_deep_time,
        parameters={
            "final_strength": np.linspace(0.1, 1.98, 20),
            "initial_strength": 0.05,
            "singular_value": 2.0,
            "depths": (1, 2, 3, 4, 5, 8, 20, 100),
        },
        coordinate="final_strength",
        quantity="time t",
        margin=1e-9,
        max_sensitivity=1e-6,
        cost=2.0,
    ),
    Deterministic(
        name="deep-mode-against-ode-solver",
        statement="The strength of a balanced mode at depth L follows du/dt = L |u|^(2-2/L) (s - u), "
        "from starts of either sign.",
        source=SOURCE + "learning dynamics of deeper networks",
        equation=r"$\dot u=L\,|u|^{2-2/L}(s-u)$",
        prediction=deep_trajectory,
        measurement=routes.solve_deep,
        parameters={
            "t": np.linspace(0.05, 2.0, 40),
            "starts": ((0.2, 2.0), (0.05, 1.0), (3.0, 1.5), (-0.5, 1.0)),
            "depths": (1, 2, 3, 4, 6, 20, 100),
        },
        coordinate="t",
        scale="maximum",
        quantity="mode strength u",
        margin=1e-8,
        max_sensitivity=1e-6,
        cost=2.0,
    ),
    Deterministic(
        name="infinite-depth-limit",
        statement="Depth times learning time converges to the infinite-depth form as 1/L.",
        source=SOURCE + "learning time in the limit of infinite depth",
        equation=r"$L\,t_L=\lim+O(1/L)$",
        prediction=modes.infinite_depth_time,
        measurement=routes.scaled_time_of_deep_chain,
        parameters={
            "final_strength": np.linspace(0.2, 1.96, 12),
            "initial_strength": 0.05,
            "singular_value": 2.0,
        },
        coordinate="final_strength",
        steps=(1 / 4000, 1 / 8000, 1 / 16000),
        step="inverse_depth",
        quantity="depth x time, L t",
        margin=1e-3,
        max_sensitivity=0.01,
        cost=2.0,
    ),
    Deterministic(
        name="aligned-networks-follow-the-modes",
        statement="Networks of depth 2 to 6 that start balanced in the modes of the task follow the "
        "predicted strengths; gradient descent deviates in proportion to the learning rate.",
        source=SOURCE + "decoupled dynamics of deeper networks",
        equation=r"$\dot u_i=L\,u_i^{2-2/L}(s_i-u_i)$",
        prediction=lambda t, initial_strength, singular_values, depths: modes.deep_mode(
            t[:, None, None],
            initial_strength,
            np.asarray(singular_values)[:, None],
            np.asarray(depths),
        ),
        measurement=routes.train_aligned,
        parameters={
            "t": 0.08 * np.arange(1, 31),
            "initial_strength": 0.2,
            "singular_values": (2.0, 1.5, 1.0),
            "depths": (2, 3, 4, 5, 6),
        },
        coordinate="t",
        scale="maximum",
        steps=(0.002, 0.001, 0.0005),
        quantity="mode strength u",
        margin=5e-3,
        max_sensitivity=0.01,
        cost=2.0,
    ),
    Deterministic(
        name="unbalanced-networks-follow-the-modes",
        statement="Two-layer networks that start aligned but unbalanced follow the closed form in "
        "both weights and in the strength.",
        source=SOURCE + "hyperbolic dynamics of unbalanced modes",
        equation=r"$\dot a=b(s-ab),\quad \dot b=a(s-ab),\quad u=ab$",
        prediction=two_layer_trajectory,
        measurement=routes.train_unbalanced,
        parameters={
            "t": 0.1 * np.arange(1, 31),
            "starts": ((0.3, 0.1, 2.0), (0.05, 0.6, 1.5), (1.2, -0.2, 1.0), (0.1, -0.4, 1.5)),
        },
        coordinate="t",
        scale="maximum",
        steps=(0.01, 0.005, 0.0025),
        quantity="weights a, b and strength u",
        margin=5e-3,
        max_sensitivity=0.01,
        cost=2.0,
    ),
    Deterministic(
        name="learning-time-against-depth",
        statement="The time at which trained networks of depth 1 to 8 reach a strength is predicted.",
        source=SOURCE + "learning time against depth",
        equation=r"$t=\frac{1}{L}\int_{u_0}^{u_f}\frac{du}{u^{2-2/L}(s-u)}$",
        prediction=deep_times,
        measurement=routes.learning_times,
        parameters={
            "final_strength": np.linspace(0.2, 1.8, 17),
            "initial_strength": 0.1,
            "singular_value": 2.0,
            "depths": (1, 2, 3, 4, 5, 6, 7, 8),
        },
        coordinate="final_strength",
        steps=(0.002, 0.001, 0.0005),
        quantity="learning time t",
        margin=5e-3,
        max_sensitivity=0.01,
        cost=2.0,
    ),
    Deterministic(
        name="chain-hessian-against-diagonalisation",
        statement="The eigenvalues of the dense Hessian of chains of depth 2 to 20 are as predicted.",
        source=SOURCE
        + "optimal learning rate of deep networks; the eigenvalues derived from the loss",
        equation=r"$u^{1-2/L}[(2L-1)u-(L-1)s]$ once, $u^{1-2/L}(s-u)$ $L-1$ times",
        prediction=hessian_eigenvalues,
        measurement=routes.diagonalise_chain_hessian,
        parameters={
            "strength": np.linspace(0.15, 2.55, 13),
            "singular_value": 1.7,
            "depths": (2, 3, 4, 6, 10, 20),
        },
        coordinate="strength",
        quantity="Hessian eigenvalue",
        margin=1e-9,
        max_sensitivity=1e-6,
        cost=2.0,
    ),
    Deterministic(
        name="optimal-learning-rate",
        statement="The optimal rate, one over the largest curvature at the solution, falls as "
        "1/(L s^(2-2/L)).",
        source=SOURCE + "optimal learning rate scales as one over depth",
        equation=r"$\eta_{\mathrm{opt}}=1/(L\,s^{2-2/L})$",
        prediction=lambda singular_value, depths: modes.optimal_learning_rate(
            singular_value[:, None], np.asarray(depths)
        ),
        measurement=routes.inverse_top_curvature,
        parameters={"singular_value": np.linspace(0.5, 3.0, 11), "depths": (2, 3, 5, 10, 30)},
        coordinate="singular_value",
        quantity="learning rate",
        margin=1e-9,
        max_sensitivity=1e-6,
        cost=2.0,
    ),
]
