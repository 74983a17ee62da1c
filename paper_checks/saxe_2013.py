"""Saxe, McClelland, Ganguli 2013: exact solutions to the nonlinear dynamics of learning in deep linear networks.

Loss 1/(2P) sum |y - W_L ... W_1 x|^2 with whitened inputs, Sigma_yx = U diag(s) V^T; time
t = learning rate x steps; depth L counts weight matrices.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.measurements import saxe_2013 as routes
from lazyrich.theory.deep_linear import modes

Array = NDArray[np.float64]

BIBTEX = """
@inproceedings{saxe2014exact,
  title = {Exact solutions to the nonlinear dynamics of learning in deep linear neural networks},
  author = {Saxe, Andrew M. and McClelland, James L. and Ganguli, Surya},
  booktitle = {International Conference on Learning Representations},
  year = {2014},
  eprint = {1312.6120},
  archivePrefix = {arXiv}
}
"""


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


def sigmoid_strengths(t: Array, singular_values: Any, growing_strength: Array, **_: Array) -> Array:
    """Two-layer sigmoids from the measured strength on the growing direction: (times, modes)."""
    start = np.sqrt(growing_strength)
    return modes.two_layer_mode(t[:, None], start, start, np.asarray(singular_values)).u


def sigmoids_from_norms(t: Array, singular_values: Any, norm_product: Array, **_: Array) -> Array:
    """Altered: the start is |W1 v| |W2^T u|, not its projection on the growing direction."""
    return sigmoid_strengths(t, singular_values, norm_product)


def digits_excess_loss(
    t: Array, growing_strength: Array, singular_values: Array, **_: Array
) -> Array:
    """Loss above the best linear map, sum_i (s_i - u_i(t))^2 / 2, from the data's singular values."""
    u = sigmoid_strengths(t, singular_values, growing_strength)
    return ((singular_values - u) ** 2).sum(axis=-1) / 2


def digits_excess_loss_equal_modes(
    t: Array, growing_strength: Array, singular_values: Array, **_: Array
) -> Array:
    """Altered: all singular values replaced by their root mean square."""
    equal = np.full_like(singular_values, np.sqrt((singular_values**2).mean()))
    return digits_excess_loss(t, growing_strength, equal)


def sigmoid() -> Any:
    """u = s e^(2 s t) / (e^(2 s t) - 1 + s/u0): the balanced two-layer mode."""
    import sympy

    t, s, u0 = sympy.symbols("t s u0", positive=True)
    growth = sympy.exp(2 * s * t)
    return s * growth / (growth - 1 + s / u0)


def sigmoid_residual(u: Any) -> tuple[Any, ...]:
    """u' - 2 u (s - u) and u(0) - u0."""
    import sympy

    t, s, u0 = sympy.symbols("t s u0", positive=True)
    return u.diff(t) - 2 * u * (s - u), u.subs(t, 0) - u0


def unbalanced_mode() -> Any:
    """(a, b) of the two-layer mode from any start: rotation by phi, growth of p, decay of m."""
    import sympy

    t, s, a0, b0 = sympy.symbols("t s a0 b0", positive=True)
    lam = b0**2 - a0**2
    f = sympy.sqrt(s**2 + lam**2 / 4)
    phi = sympy.atan2(s, -lam / 2) / 2
    p, m = a0 * sympy.cos(phi) + b0 * sympy.sin(phi), b0 * sympy.cos(phi) - a0 * sympy.sin(phi)
    e = sympy.exp(-2 * f * t)
    norm = sympy.sqrt(e + (p**2 + m**2 * e) * (1 - e) / (2 * f))
    big, small = p / norm, m * e / norm
    a = big * sympy.cos(phi) - small * sympy.sin(phi)
    b = big * sympy.sin(phi) + small * sympy.cos(phi)
    return sympy.Matrix([a, b])


def unbalanced_residual(ab: Any) -> tuple[Any, ...]:
    """a' - b (s - a b), b' - a (s - a b), a(0) - a0, b(0) - b0."""
    import sympy

    t, s, a0, b0 = sympy.symbols("t s a0 b0", positive=True)
    a, b = ab
    return (
        a.diff(t) - b * (s - a * b),
        b.diff(t) - a * (s - a * b),
        a.subs(t, 0) - a0,
        b.subs(t, 0) - b0,
    )


def deep_time_primitive() -> Any:
    """F(u) = u^k/(k s) 2F1(1, k; k + 1; u/s), k = 2/L - 1; the time is (F(uf) - F(u0))/L."""
    import sympy

    u, s, depth = sympy.symbols("u s L", positive=True)
    k = 2 / depth - 1
    return u**k / (k * s) * sympy.hyper((1, k), (k + 1,), u / s)


def deep_time_residual(primitive: Any) -> Any:
    """dF/du u^(2 - 2/L) (s - u) - 1."""
    import sympy

    u, s, depth = sympy.symbols("u s L", positive=True)
    return primitive.diff(u) * u ** (2 - 2 / depth) * (s - u) - 1


def infinite_depth_primitive() -> Any:
    """lim L x time from u0 to u: s^-2 ln[u (s - u0)/(u0 (s - u))] + 1/(s u0) - 1/(s u)."""
    import sympy

    u, s, u0 = sympy.symbols("u s u0", positive=True)
    return sympy.log(u * (s - u0) / (u0 * (s - u))) / s**2 + 1 / (s * u0) - 1 / (s * u)


def infinite_depth_residual(time: Any) -> tuple[Any, ...]:
    """dT/du u^2 (s - u) - 1 and T(u0)."""
    import sympy

    u, s, u0 = sympy.symbols("u s u0", positive=True)
    return time.diff(u) * u**2 * (s - u) - 1, time.subs(u, u0)


def chain_eigenvalues() -> Any:
    """Single and repeated eigenvalue of the chain's Hessian on the balanced manifold."""
    import sympy

    u, s, depth = sympy.symbols("u s L", positive=True)
    root = u ** (1 - 2 / depth)
    return sympy.Matrix([root * ((2 * depth - 1) * u - (depth - 1) * s), root * (s - u)])


def chain_residual(eigenvalues: Any) -> tuple[Any, ...]:
    """(H - eigenvalue) v, first row, for chains of 2, 3 and 5: v uniform, v = e_1 - e_2."""
    import sympy

    u, s, depth = sympy.symbols("u s L", positive=True)
    residuals = []
    for layers in (2, 3, 5):
        a = sympy.symbols(f"a:{layers}", positive=True)
        hessian = sympy.hessian((s - sympy.prod(a)) ** 2 / 2, a)
        balanced = hessian.subs({x: u ** sympy.Rational(1, layers) for x in a})
        single, repeated = eigenvalues.subs(depth, layers)
        residuals.append(sum(balanced[0, :]) - single)
        residuals.append(balanced[0, 0] - balanced[0, 1] - repeated)
    return tuple(sympy.expand(r) for r in residuals)


SOURCE = "arXiv:1312.6120, "
TWO_LAYER_STARTS = (
    (0.3, 0.1, 2.0),
    (0.05, 0.05, 3.0),
    (1.2, -0.2, 1.0),
    (2.0, 0.1, 0.5),
    (0.1, -0.4, 1.5),
    (0.8, 0.5, 0.0),
)

CLAIMS = [
    Identity(
        name="sigmoid-solves-its-ode",
        statement="From a balanced start the strength of a two-layer mode follows a sigmoid.",
        source=SOURCE + "exact learning trajectory of the three-layer network",
        equation=r"$u(t)=\frac{s\,e^{2st}}{e^{2st}-1+s/u_0}$ solves $\dot u=2u(s-u)$",
        closed_form=sigmoid,
        residual=sigmoid_residual,
        coordinate="t",
        domain={"t": (0.05, 2.0), "s": (0.5, 3.0), "u0": (0.01, 0.4)},
    ),
    Identity(
        name="unbalanced-mode-solves-its-odes",
        statement="From any start one closed form gives both weights of a two-layer mode.",
        source=SOURCE + "hyperbolic dynamics of unbalanced modes, in the form stable for any start",
        equation=r"$\dot a=b(s-ab),\quad \dot b=a(s-ab),\quad a^2-b^2=$ const",
        closed_form=unbalanced_mode,
        residual=unbalanced_residual,
        coordinate="t",
        domain={"t": (0.05, 1.5), "s": (0.5, 3.0), "a0": (0.05, 1.5), "b0": (0.05, 1.5)},
        provable=False,
    ),
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
    Identity(
        name="deep-time-primitive",
        statement="The learning time at any depth is a difference of hypergeometric functions.",
        source=SOURCE + "learning dynamics of deeper networks",
        equation=r"$\frac{d}{du}\left[\frac{u^{k}}{ks}\,{}_2F_1(1,k;k+1;u/s)\right]"
        r"=\frac{1}{u^{2-2/L}(s-u)},\quad k=2/L-1$",
        closed_form=deep_time_primitive,
        residual=deep_time_residual,
        coordinate="u",
        domain={"u": (0.1, 0.9), "s": (1.0, 3.0), "L": (2.5, 10.0)},
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
    Identity(
        name="infinite-depth-time-solves-its-ode",
        statement="Depth times learning time has a finite limit at infinite depth.",
        source=SOURCE + "learning time in the limit of infinite depth",
        equation=r"$L\,t\to\frac{1}{s^2}\ln\frac{u_f(s-u_0)}{u_0(s-u_f)}+\frac{1}{su_0}-\frac{1}{su_f}$",
        closed_form=infinite_depth_primitive,
        residual=infinite_depth_residual,
        coordinate="u",
        domain={"u": (0.2, 0.9), "s": (1.0, 3.0), "u0": (0.01, 0.1)},
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
    Identity(
        name="chain-hessian-eigenvalues",
        statement="On the balanced manifold the Hessian of a chain has one eigenvalue of the uniform "
        "direction and L - 1 equal ones.",
        source=SOURCE
        + "optimal learning rate of deep networks; the eigenvalues derived from the loss",
        equation=r"$u^{1-2/L}[(2L-1)u-(L-1)s]$ once, $u^{1-2/L}(s-u)$ $L-1$ times",
        closed_form=chain_eigenvalues,
        residual=chain_residual,
        coordinate="u",
        domain={"u": (0.2, 2.0), "s": (0.5, 3.0)},
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
    Ensemble(
        name="small-random-weights-follow-the-sigmoids",
        statement="From small random weights the modes of a wide two-layer network follow the "
        "sigmoids that start at their part on the growing direction.",
        source=SOURCE + "approximate validity of the decoupled solutions for small random weights",
        equation=r"$u_i(0)\to\frac{1}{4}|W_1v_i+W_2^\top u_i|^2$",
        prediction=sigmoid_strengths,
        measurement=routes.train_small_random,
        paired=True,
        parameters={
            "t": 0.3 * np.arange(1, 26),
            "singular_values": (5.0, 3.0, 2.0, 1.5, 1.0),
        },
        settings={"scale": 1e-2, "learning_rate": 2.5e-4},
        coordinate="t",
        scale="maximum",
        sizes=(64, 256, 1024),
        size="width",
        quantity="mode strength u",
        margin=0.02,
        alternatives={"start not projected on the growing direction": sigmoids_from_norms},
        cost=20.0,
    ),
    Ensemble(
        name="digits-learning-curve",
        statement="The singular values of the map from whitened handwritten digits to their labels "
        "predict the whole learning curve of a two-layer network trained on them.",
        source="scikit-learn's digits, for the statement of arXiv:1312.6120 that the input-output "
        "correlations alone determine the dynamics",
        equation=r"$L(t)-L_{\min}=\frac{1}{2}\sum_i(s_i-u_i(t))^2$",
        prediction=digits_excess_loss,
        measurement=routes.train_on_digits,
        paired=True,
        parameters={"t": 1.0 * np.arange(2, 41)},
        settings={"scale": 1e-2, "learning_rate": 5e-3},
        coordinate="t",
        scale="initial",
        sizes=(64, 256, 1024),
        size="width",
        quantity="excess loss",
        margin=0.02,
        alternatives={"all singular values equal": digits_excess_loss_equal_modes},
        cost=35.0,
    ),
]
