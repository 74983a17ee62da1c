"""Saad, Solla 1995: on-line learning in soft committee machines."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.measurements import saad_1995 as routes
from lazyrich.theory.double_descent import online, online_limits

BIBTEX = """@article{saad1995,
  title = {On-line learning in soft committee machines},
  author = {Saad, David and Solla, Sara A.},
  journal = {Physical Review E},
  volume = {52},
  number = {4},
  pages = {4225--4243},
  year = {1995}
}"""

Array = NDArray[np.float64]


def solved(t: Any, Q0: Any, R0: Any, T: Any, *, readout: Any, **given: Any) -> Any:
    return online.order_parameters(
        t, Q0, R0, T, student_readout=readout, teacher_readout=1.0, **given
    )


def overlaps(t: Any, **given: Any) -> Array:
    found = solved(t, **given)
    upper = np.triu_indices(found.Q.shape[-1])
    return np.hstack((found.Q[:, upper[0], upper[1]], found.R.reshape(len(t), -1)))


def errors(t: Any, **given: Any) -> Array:
    """Averages over the times of each row of t."""
    return solved(t, **given).error.mean(axis=-1)


def windows(*centres: float) -> Array:
    """Seven times around each, in whole steps for every number of inputs that is used."""
    return np.round(np.multiply.outer(centres, np.linspace(0.85, 1.15, 7)) * 16) / 16


def errors_at_rates(learning_rates: Any, **given: Any) -> Array:
    return np.stack([errors(learning_rate=x, **given) for x in learning_rates])


def errors_without_step_noise(t: Any, learning_rate: float, **given: Any) -> Array:
    """The limit of small learning rates, without the terms of order eta^2."""
    small = 1e-4
    return errors(np.asarray(t) * learning_rate / small, learning_rate=small, **given)


def overlaps_without_step_noise(t: Any, learning_rate: float, **given: Any) -> Array:
    small = 1e-4
    return overlaps(np.asarray(t) * learning_rate / small, learning_rate=small, **given)


def plateaus_without_step_noise(learning_rates: Any, **given: Any) -> Array:
    return np.stack([errors_without_step_noise(learning_rate=x, **given) for x in learning_rates])


def plateau(n_units: Any, n_inputs: int) -> Array:
    return np.column_stack(online_limits.symmetric_plateau(n_units))


def integrals(C: Any, strength: Any) -> Array:
    C = np.asarray(strength)[:, None, None] * np.asarray(C)
    g = "scaled_erf"
    return np.column_stack(
        [
            online.i2(C, 0, 1, g),
            online.j2(C, 0, 1, g),
            online.i3(C, 0, 1, 2, g),
            online.i3(C, 0, 0, 2, g),
            online.i3(C, 0, 1, 1, g),
            online.i4(C, 0, 1, 2, 3, g),
            online.i4(C, 0, 0, 2, 3, g),
            online.i4(C, 0, 1, 2, 2, g),
            online.i4(C, 0, 1, 0, 3, g),
            online.i4(C, 0, 0, 0, 0, g),
        ]
    )


SOURCE = "Phys. Rev. E 52, 4225, "
MIXING = np.array([[0.8, 0, 0, 0], [0.3, 0.6, 0, 0], [-0.2, 0.4, 0.7, 0], [0.5, -0.1, 0.3, 0.5]])
STUDENT: dict[str, Any] = {
    "noise_var": 0.0,
    "activation": "scaled_erf",
    "readout_learning_rate": 0.0,
    "readout": 1.0,
}
ASYMMETRIC = {
    "Q0": np.array([[0.25, 0.03], [0.03, 0.22]]),
    "R0": np.array([[0.4, 0.05], [-0.02, 0.36]]),
    "T": np.array([[1.0, 0.1], [0.1, 0.9]]),
}
AWAY = {"Q0": 0.25 * np.eye(2), "R0": np.zeros((2, 2)), "T": np.eye(2)}
EQUAL = AWAY | {"Q0": np.full((2, 2), 0.25)}
FINITE: dict[str, Any] = {
    "sizes": (32, 128, 512),
    "quick_sizes": (16, 64, 256),
    "size": "n_inputs",
    "noise_exponent": 1.0,
    "coordinate": "t",
}

CLAIMS = [
    Ensemble(
        name="overlaps-through-plateau-and-specialisation",
        statement="From a finite asymmetry the overlaps of two student units with each other and with "
        "two teacher units follow the ODEs through the plateau until each unit has become one of the "
        "teacher's. (Escapes from small starts are not compared: their times fluctuate.)",
        source=SOURCE + "the equations of motion of Q and R",
        equation=r"$\dot R_{im}=-\eta\sum_ju_jI_3(i,m,j)$",
        prediction=overlaps,
        measurement=routes.overlaps,
        parameters=STUDENT
        | ASYMMETRIC
        | {"t": np.array([0.5, 1, 2, 4, 8, 12, 16, 24, 32, 40]), "learning_rate": 0.8},
        scale=1.0,
        seeds=192,
        quantity="overlaps Q and R",
        margin=0.005,
        alternatives={"small learning rate": overlaps_without_step_noise},
        cost=12.0,
        **FINITE,
    ),
    Ensemble(
        name="error-through-plateau-and-specialisation",
        statement="From a finite asymmetry the test error follows the ODEs through the plateau.",
        source=SOURCE + "generalisation error of the order parameters",
        equation=r"$\epsilon=\frac{1}{2}\sum_{jl}u_ju_lI_2(j,l)$",
        prediction=errors,
        measurement=routes.errors,
        parameters=STUDENT
        | ASYMMETRIC
        | {"t": windows(0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16), "learning_rate": 0.8},
        settings={"early": (4, 5.0)},
        seeds=160,
        quantity="test error",
        margin=0.03,
        alternatives={"small learning rate": errors_without_step_noise},
        cost=9.0,
        **FINITE,
    ),
    Ensemble(
        name="plateau-height",
        statement="Students that start without a teacher's direction come to rest on a plateau, which "
        "is higher for larger learning rates.",
        source=SOURCE + "the symmetric phase",
        prediction=errors_at_rates,
        measurement=routes.errors_at_rates,
        parameters=STUDENT
        | AWAY
        | {"t": windows(1, 2, 3, 4, 6, 12, 14, 16), "learning_rates": (0.4, 0.8)},
        settings={"early": (8, 7.0)},
        seeds=80,
        quantity="test error",
        margin=0.03,
        alternatives={"small learning rate": plateaus_without_step_noise},
        cost=15.0,
        **FINITE,
    ),
    Ensemble(
        name="equal-units-never-specialise",
        statement="Units that start equal stay on the symmetric plateau for ever: noise of the examples "
        "acts on both alike.",
        source=SOURCE + "the symmetric phase as a fixed point of the dynamics",
        prediction=errors,
        measurement=routes.errors,
        parameters=STUDENT
        | EQUAL
        | {"t": windows(0.5, 1, 2, 3, 4, 8, 16, 32, 64), "learning_rate": 0.8},
        settings={"early": (8, 5.0)},
        seeds=80,
        quantity="test error",
        margin=0.03,
        alternatives={"small learning rate": errors_without_step_noise},
        cost=13.0,
        **FINITE,
    ),
    Ensemble(
        name="plateau-at-small-learning-rate",
        statement="On the plateau of small learning rates all overlaps of students are 1/(2K - 1), "
        "those with teachers 1/sqrt(K(2K - 1)); the error is (K/pi)(pi/6 - K asin(1/2K)).",
        source=SOURCE + "the symmetric fixed point",
        equation=r"$\epsilon^*=\frac{K}{\pi}\left(\frac{\pi}{6}-K\arcsin\frac{1}{2K}\right)$",
        prediction=plateau,
        measurement=routes.plateau_of_equal_units,
        parameters={"n_units": (2, 3), "n_inputs": 50},
        coordinate=None,
        sizes=(20, 80, 320),
        quick_sizes=(10, 40, 160),
        size="inverse_rate",
        noise_exponent=1.0,
        quantity="Q, R and test error on the plateau",
        margin=0.02,
        alternatives={"one unit more": lambda n_units, n_inputs: plateau(np.add(n_units, 1), 50)},
        cost=9.0,
    ),
    Deterministic(
        name="integrals-against-quadrature",
        statement="The Gaussian integrals of erf units have closed forms.",
        source=SOURCE + "appendix: averages over Gaussian fields",
        equation=r"$I_4=\frac{4}{\pi^2\sqrt{\Lambda_4}}\arcsin\frac{\Lambda_0}{\sqrt{\Lambda_1\Lambda_2}}$",
        prediction=integrals,
        measurement=routes.integrals_by_quadrature,
        parameters={"C": MIXING @ MIXING.T, "strength": np.array([0.2, 0.4, 0.7, 1.0])},
        coordinate="strength",
        scale="maximum",
        quantity="I2, J2, I3 and I4",
        margin=1e-6,
        max_sensitivity=1e-4,
        cost=2.0,
    ),
]
