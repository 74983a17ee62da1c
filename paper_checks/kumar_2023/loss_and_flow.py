"""Test loss from two moments of the weights, and the flow on the whole population."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Identity
from lazyrich.paper_checks.measurements.kumar_2023 import population
from lazyrich.theory.lazy_to_rich import quadratic_network as quadratic

Array = NDArray[np.float64]

SOURCE = "arXiv:2310.06110, "
RNG = np.random.default_rng(2310)


def gaussian_square() -> Any:
    """E (b.x + x^T A x/2)^2 for two inputs of variances S1, S2."""
    import sympy

    b1, b2, a11, a12, a22, s1, s2 = sympy.symbols("b1 b2 a11 a12 a22 s1 s2")
    A, S = sympy.Matrix([[a11, a12], [a12, a22]]), sympy.diag(s1, s2)
    linear = b1**2 * s1 + b2**2 * s2
    return linear + (A * S).trace() ** 2 / 4 + (A * S * A * S).trace() / 2


def _without_trace() -> Any:
    import sympy

    a11, a22, s1, s2 = sympy.symbols("a11 a22 s1 s2")
    return gaussian_square() - (a11 * s1 + a22 * s2) ** 2 / 4


def square_residual(form: Any) -> Any:
    """The same by Gaussian moments of every monomial."""
    import sympy

    b1, b2, a11, a12, a22, s1, s2, x, y = sympy.symbols("b1 b2 a11 a12 a22 s1 s2 x y")
    error = b1 * x + b2 * y + (a11 * x**2 + 2 * a12 * x * y + a22 * y**2) / 2
    total = 0
    for (i, j), factor in sympy.Poly(sympy.expand(error**2), x, y).terms():
        if i % 2 == 0 and j % 2 == 0:
            moment = sympy.factorial2(i - 1) * sympy.factorial2(j - 1)
            total += factor * moment * s1 ** (i // 2) * s2 ** (j // 2)
    return form - total


def loss_parts(
    output_scale: Array, W: Any, beta: Any, quadratic_strength: float, **first: Any
) -> Array:
    return np.array(
        [
            quadratic.test_loss(W, beta, alpha, quadratic_strength, **first)
            for alpha in np.asarray(output_scale)
        ]
    )


def two_thirds_of_alignment(**given: Any) -> Array:
    """Off-diagonal entries counted once."""
    return loss_parts(**given) * [1, 1, 2 / 3]


def moments_in_time(t: Array, W0: Any, beta: Any, **strengths: Any) -> Array:
    """Loss, and M along and across the teacher."""
    flow = quadratic.population_flow(t, W0, beta, **strengths)
    unit = np.asarray(beta) / np.linalg.norm(beta)
    along = np.einsum("i,tij,j->t", unit, flow.second_moment, unit)
    across = (np.trace(flow.second_moment, axis1=1, axis2=2) - along) / (len(unit) - 1)
    return np.column_stack([flow.loss, along, across])


def spike_in_time(t: Array, W0: Any, beta: Any, **strengths: float) -> Array:
    """The same from infinitely many Gaussian units."""
    dim = len(beta)
    power = float(np.dot(beta, beta)) / dim
    flow = quadratic.isotropic_population_flow(t, dim, **strengths, teacher_power=power)
    return np.column_stack([flow.loss, flow.aligned, flow.perpendicular])


def spike_without_trace_pull(t: Array, W0: Any, beta: Any, **strengths: float) -> Array:
    """As though the mean output were right: the bulk then rests."""
    found = spike_in_time(t, W0, beta, **strengths)
    found[:, 2] = 1.0
    return found


WEIGHTS = RNG.normal(size=(3, 4))
FIRST = RNG.normal(size=(3, 4))
BETA = (0.9, -1.4, 0.3, 1.1)
ROTATION = np.linalg.qr(RNG.normal(size=(5, 5)))[0]
ISOTROPIC = np.sqrt(5) * np.vstack([ROTATION, -ROTATION])
FLOW: dict[str, Any] = {
    "coordinate": "t",
    "scale": "maximum",
    "steps": (0.08, 0.04, 0.02),
    "quantity": "loss; second moment along and across the teacher",
    "margin": 2e-3,
    "max_sensitivity": 0.02,
    "cost": 4.0,
}

CLAIMS = [
    Identity(
        name="gaussian-moment-of-the-loss",
        statement="The squared error of a quadratic network is a linear, a trace and an alignment part.",
        source=SOURCE + "decomposition of the test loss",
        equation=r"$E(b\cdot x+x^TAx/2)^2=b^TSb+(\mathrm{tr}\,AS)^2/4+\mathrm{tr}(AS)^2/2$",
        closed_form=gaussian_square,
        residual=square_residual,
        coordinate="s1",
        domain={name: (0.5, 2.0) for name in ("b1", "b2", "a11", "a12", "a22", "s1", "s2")},
        alternatives={"without the mean output": _without_trace},
    ),
    Deterministic(
        name="parts-of-the-loss",
        statement="The three parts are the power of the odd part of the error, its squared mean, and the "
        "variance of its even part.",
        source=SOURCE + "decomposition of the test loss",
        equation=r"$E=|b|^2/D+(\mathrm{tr}A/D)^2/4+|A|_F^2/2D^2$",
        prediction=loss_parts,
        measurement=population.parts_by_quadrature,
        parameters={
            "output_scale": np.geomspace(0.3, 10, 8),
            "W": WEIGHTS,
            "beta": BETA,
            "quadratic_strength": 0.7,
            "initial_W": FIRST,
        },
        coordinate="output_scale",
        quantity="linear, trace and alignment part",
        margin=1e-9,
        max_sensitivity=1e-6,
        alternatives={"off-diagonal entries once": two_thirds_of_alignment},
        cost=0.5,
    ),
    Deterministic(
        name="population-flow",
        statement="On the whole population a network of any width follows a closed flow of its mean "
        "weight and second moment.",
        source=SOURCE + "online limit of the model; the flow derived here",
        equation=r"$\dot M=-(v\bar w^T+\bar wv^T+\epsilon(GM+MG))$",
        prediction=moments_in_time,
        measurement=population.descend_on_population,
        parameters={
            "t": np.linspace(1.6, 32, 20),
            "W0": 0.6 * WEIGHTS,
            "beta": BETA,
            "output_scale": 1.3,
            "quadratic_strength": 0.6,
        },
        **FLOW,
    ),
    Deterministic(
        name="spike-along-the-teacher",
        statement="From isotropic weights the second moment grows one spike along the teacher after "
        "the mean output is learned.",
        source=SOURCE + "online limit of the model; the reduction derived here",
        equation=r"$\dot\lambda_\beta=-(\epsilon/D^2)(\mathrm{tr}A+2A_\beta)\lambda_\beta$",
        prediction=spike_in_time,
        measurement=population.descend_on_population,
        parameters={
            "t": np.linspace(1.6, 32, 20),
            "W0": ISOTROPIC,
            "beta": (1.2, -0.7, 0.4, 1.5, 0.9),
            "output_scale": 1.1,
            "quadratic_strength": 0.5,
        },
        alternatives={"the bulk rests": spike_without_trace_pull},
        **FLOW,
    ),
]
