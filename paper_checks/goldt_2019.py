"""Goldt, Advani, Saxe, Krzakala, Zdeborova 2019: over-parametrised two-layer networks, online."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.measurements import goldt_2019 as routes
from lazyrich.theory.double_descent import online, online_limits

BIBTEX = """@inproceedings{goldt2019,
  title = {Dynamics of stochastic gradient descent for two-layer neural networks in the
           teacher-student setup},
  author = {Goldt, Sebastian and Advani, Madhu S. and Saxe, Andrew M. and Krzakala, Florent and
            Zdeborov{\\'a}, Lenka},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2019},
  note = {arXiv:1906.08632}
}"""

Array = NDArray[np.float64]


def errors(t: Any, Q0: Any, R0: Any, T: Any, *, readout: Any, **given: Any) -> Array:
    """Averages over the times of each row of t."""
    found = online.order_parameters(
        t, Q0, R0, T, student_readout=readout, teacher_readout=1.0, **given
    )
    return found.error.mean(axis=-1)


def errors_without_step_noise(
    t: Any, learning_rate: float, readout_learning_rate: float, **given: Any
) -> Array:
    """The limit of small learning rates, without the terms of order eta^2."""
    slow = 1e-3
    rates = (slow * learning_rate, slow * readout_learning_rate)
    return errors(
        np.asarray(t) / slow, learning_rate=rates[0], readout_learning_rate=rates[1], **given
    )


def errors_with_fixed_readout(readout_learning_rate: float, **given: Any) -> Array:
    return errors(readout_learning_rate=0.0, **given)


def errors_at_rates(learning_rates: Any, **given: Any) -> Array:
    return np.stack([errors(learning_rate=x, **given) for x in learning_rates])


def errors_without_label_noise(noise_var: float, **given: Any) -> Array:
    return errors_at_rates(noise_var=0.0, **given)


def linear_final_errors(n_units: int, learning_rates: Any, noise_var: float) -> Array:
    return online_limits.linear_final_error(n_units, learning_rates, noise_var)


def linear_errors_of_first_order(n_units: int, learning_rates: Any, noise_var: float) -> Array:
    return np.asarray(learning_rates) * n_units * noise_var / 4


def linear_growth_rates(n_units: int, learning_rates: Any) -> Array:
    strength = np.asarray(learning_rates) * n_units
    return strength * (strength - 2)


def linear_rates_of_flow(n_units: int, learning_rates: Any) -> Array:
    return -2 * np.asarray(learning_rates) * n_units


def errors_of_sizes(t: Any, starts: Any, readouts: Any, **given: Any) -> Array:
    return np.array(
        [
            errors(t, Q0=Q, R0=R, T=T, readout=v, **given)[0]
            for (Q, R, T), v in zip(starts, readouts, strict=True)
        ]
    )


def errors_of_sizes_of_both_layers(learning_rate: float, **given: Any) -> Array:
    return errors_of_sizes(
        learning_rate=learning_rate, readout_learning_rate=learning_rate, **given
    )


def smallest_for_all(starts: Any, readouts: Any, **given: Any) -> Array:
    smallest = errors_of_sizes(starts=starts[:1], readouts=readouts[:1], **given)
    return np.repeat(smallest, len(starts))


def near_teacher(K: int, shared: bool, variance: float) -> tuple[Array, Array, Array]:
    """Q0, R0 and T = I of K units, with teacher units in turn if shared, else 2 of them and K - 2 of 0."""
    R = np.eye(2)[np.arange(K) % 2] if shared else np.eye(K, 2)
    return R @ R.T + variance * np.eye(K), R, np.eye(2)


def errors_at_permuted_teacher(
    t: Any, teacher: Any, order: Any, learning_rate: float, mixed_up: bool = False
) -> Array:
    true, order = np.asarray(teacher), list(order)
    T = true @ true.T / true.shape[1]
    readout = 0.5 + np.arange(len(true)) / 4
    found = [
        online.order_parameters(
            t, T[np.ix_(order, order)], T[order], T,
            student_readout=readout if mixed_up else readout[order], teacher_readout=readout, activation=activation,
            learning_rate=learning_rate, readout_learning_rate=learning_rate,
        ).error
        for activation in ("scaled_erf", "relu", "identity")
    ]  # fmt: skip
    return np.stack(found)


def noise_floors(n_extra: Any, noise_var: float) -> Array:
    return online_limits.noise_floor(n_extra, 2, 1.0, noise_var)


def relu_integrals(C: Any, strength: Any) -> Array:
    C, g = np.asarray(strength)[:, None, None] * np.asarray(C), "relu"
    return np.column_stack(
        [
            online.i2(C, 0, 1, g),
            online.j2(C, 0, 1, g),
            online.i3(C, 0, 0, 2, g),
            online.i3(C, 0, 2, 2, g),
            online.i4(C, 0, 1, 2, 3, g),
            online.i4(C, 0, 0, 2, 3, g),
            online.i4(C, 0, 1, 2, 2, g),
            online.i4(C, 0, 1, 0, 3, g),
            online.i4(C, 0, 0, 0, 0, g),
        ]
    )


def windows(*centres: float) -> Array:
    """Seven times around each, in whole steps for every number of inputs that is used."""
    return np.round(np.multiply.outer(centres, np.linspace(0.85, 1.15, 7)) * 8) / 8


SOURCE = "arXiv:1906.08632, "
MIXING = np.array([[0.8, 0, 0, 0], [0.3, 0.6, 0, 0], [-0.2, 0.4, 0.7, 0], [0.5, -0.1, 0.3, 0.5]])
TEACHER = np.random.default_rng(1906).standard_normal((3, 64))
NOISY: dict[str, Any] = {"noise_var": 0.01, "readout": 1.0, "readout_learning_rate": 0.0}
NAMES = ("Q0", "R0", "T")
OVERLAPS = {
    "Q0": np.array([[0.42, 0.02, 0.15], [0.02, 0.4, 0.03], [0.15, 0.03, 0.38]]),
    "R0": np.array([[0.42, 0.03], [-0.04, 0.38], [0.35, 0.06]]),
    "T": np.array([[1.0, 0.1], [0.1, 0.9]]),
}
FINITE: dict[str, Any] = {
    "size": "n_inputs",
    "sizes": (32, 128, 512),
    "quick_sizes": (16, 64, 256),
    "noise_exponent": 1.0,
    "quantity": "test error",
    "margin": 0.03,
}
LATE = np.arange(10.0, 50.0)[None]

CLAIMS = [
    Ensemble(
        name="both-layers-follow-the-odes",
        statement="With label noise, overparametrised erf students that train both layers follow the "
        "ODEs from a finite asymmetry on.",
        source=SOURCE + "equations of motion of Q, R and the readout",
        equation=r"$\dot v_i=-\eta_v\sum_ju_jI_2(i,j)$",
        prediction=errors,
        measurement=routes.errors,
        parameters=NOISY
        | OVERLAPS
        | {
            "t": windows(0.5, 1, 2, 4, 8, 16),
            "activation": "scaled_erf",
            "learning_rate": 0.5,
            "readout_learning_rate": 0.5,
            "readout": (0.6, 0.9, 0.3),
        },
        settings={"early": (6, 5.0)},
        coordinate="t",
        seeds=96,
        alternatives={"readout at rest": errors_with_fixed_readout},
        cost=7.0,
        **FINITE,
    ),
    Ensemble(
        name="relu-students-follow-the-full-odes",
        statement="ReLU students with label noise follow the ODEs with all terms of second order in the "
        "learning rate, from a finite asymmetry on.",
        source=SOURCE + "equations of motion; the ReLU integral I4 derived here",
        equation=r"$+\eta^2v_iv_k[\sum_{jl}u_ju_lI_4(i,k,j,l)+\sigma^2J_2(i,k)]$",
        prediction=errors,
        measurement=routes.errors,
        parameters=NOISY
        | {name: C[:2, :2] for name, C in OVERLAPS.items()}
        | {"t": windows(0.5, 1, 2, 4, 8, 16), "activation": "relu", "learning_rate": 0.4},
        coordinate="t",
        seeds=256,
        alternatives={"without terms of order eta^2": errors_without_step_noise},
        cost=17.0,
        **FINITE | {"sizes": (48, 192, 768), "quick_sizes": (24, 96, 384)},
    ),
    Ensemble(
        name="final-error-of-linear-students",
        statement="Linear students with noisy labels end at the error eta K sigma^2/(4 - 2 eta K).",
        source=SOURCE + "linear networks; the closed form derived here",
        equation=r"$\epsilon^*=\eta K\sigma^2/(4-2\eta K)$",
        prediction=linear_final_errors,
        measurement=routes.linear_final_errors,
        parameters={
            "n_units": 3,
            "learning_rates": np.array([0.1, 0.2, 0.3, 0.4]),
            "noise_var": 0.01,
        },
        coordinate="learning_rates",
        seeds=32,
        alternatives={"first order in eta": linear_errors_of_first_order},
        cost=11.0,
        **FINITE,
    ),
    Ensemble(
        name="linear-students-diverge-from-two",
        statement="Without noise the error of linear students changes at the rate eta K (eta K - 2): it "
        "grows without bound where eta K > 2.",
        source=SOURCE + "linear networks; the rate derived here",
        equation=r"$d\log\epsilon/dt=\eta K(\eta K-2)$",
        prediction=linear_growth_rates,
        measurement=routes.linear_growth_rates,
        parameters={"n_units": 3, "learning_rates": np.array([0.3, 0.5, 0.8, 1.0])},
        coordinate="learning_rates",
        scale="maximum",
        seeds=320,
        alternatives={"gradient flow": linear_rates_of_flow},
        cost=5.0,
        **FINITE | {"quantity": "growth rate of the error"},
    ),
    Ensemble(
        name="final-error-with-label-noise",
        statement="Specialised erf students with noisy labels end at an error that the ODEs predict for "
        "each learning rate.",
        source=SOURCE + "asymptotic error of noisy teachers",
        prediction=errors_at_rates,
        measurement=routes.errors_at_rates,
        parameters=NOISY
        | dict(zip(NAMES, near_teacher(2, False, 0.0025), strict=True))
        | {"t": LATE, "activation": "scaled_erf", "learning_rates": np.array([0.25, 0.5, 1.0])},
        coordinate="learning_rates",
        seeds=32,
        alternatives={"no label noise": errors_without_label_noise},
        cost=8.0,
        **FINITE,
    ),
    Ensemble(
        name="wider-students-end-worse-if-only-the-first-layer-learns",
        statement="Of erf students whose first layer alone is trained, wider ones end at larger errors. "
        "(Much later, pairs of extra units of opposite signs grow, and the error falls again.)",
        source=SOURCE + "asymptotic error against the number of extra units",
        prediction=errors_of_sizes,
        measurement=routes.errors_of_sizes,
        parameters={
            "t": LATE,
            "starts": [near_teacher(K, False, 0.001) for K in (2, 4, 6, 8)],
            "readouts": (1.0, 1.0, 1.0, 1.0),
            "learning_rate": 0.2,
            "noise_var": 0.01,
        },
        coordinate="learning_rate",
        seeds=32,
        alternatives={"no dependence on the size": smallest_for_all},
        cost=11.0,
        **FINITE,
    ),
    Ensemble(
        name="wider-students-end-better-if-both-layers-learn",
        statement="Of erf students that train both layers and share the teacher's units, wider ones end "
        "at smaller errors: they average over noise.",
        source=SOURCE + "asymptotic error when both layers are trained",
        prediction=errors_of_sizes_of_both_layers,
        measurement=routes.errors_of_sizes_of_both_layers,
        parameters={
            "t": np.arange(5.0, 30.0, 0.5)[None],
            "starts": [near_teacher(K, True, 0.001) for K in (2, 4, 6)],
            "readouts": (1.0, 1 / 2, 1 / 3),
            "learning_rate": 0.2,
            "noise_var": 0.01,
        },
        coordinate="learning_rate",
        seeds=64,
        alternatives={"no dependence on the size": smallest_for_all},
        cost=30.0,
        **FINITE | {"sizes": (64, 256, 1024), "quick_sizes": (24, 96, 384)},
    ),
    Deterministic(
        name="noise-floor-at-small-learning-rate",
        statement="To first order in the learning rate erf students of M + L units end at the error "
        "(sigma^2 eta/2 pi)(L + M/sqrt 3).",
        source=SOURCE + "asymptotic error of overparametrised students",
        equation=r"$\epsilon^*=\frac{\sigma^2\eta}{2\pi}\left(L+\frac{M}{\sqrt{3}}\right)+O(\eta^2)$",
        prediction=noise_floors,
        measurement=routes.noise_floors,
        parameters={"n_extra": (0, 1), "noise_var": 0.01},
        coordinate="noise_var",
        steps=(0.04, 0.02, 0.01),
        order=1.0,
        quantity="final error over learning rate",
        margin=0.01,
        max_sensitivity=0.02,
        alternatives={
            "extra units cost as much as others": lambda n_extra, noise_var: (
                (2 + np.asarray(n_extra)) * noise_var / (2 * np.pi * np.sqrt(3))
            )
        },
        cost=10.0,
    ),
    Deterministic(
        name="permuted-teacher-is-a-fixed-point",
        statement="Without noise the teacher in any order of its units is a fixed point of error 0, for "
        "erf, ReLU and linear units, though the covariance of all fields is singular there.",
        source=SOURCE + "perfect recovery of the teacher",
        prediction=errors_at_permuted_teacher,
        measurement=routes.errors_at_permuted_teacher,
        parameters={
            "t": np.array([0.0, 1, 5, 20]),
            "teacher": TEACHER,
            "order": (2, 0, 1),
            "learning_rate": 0.1,
        },
        coordinate=None,
        scale=1.0,
        quantity="test error",
        margin=1e-12,
        value_sensitivity=False,
        alternatives={
            "units with the readouts of others": lambda **given: errors_at_permuted_teacher(
                **given, mixed_up=True
            )
        },
        cost=2.0,
    ),
    Deterministic(
        name="relu-integrals-against-quadrature",
        statement="The Gaussian integrals of ReLU units have closed forms but for one orthant.",
        source=SOURCE + "averages over Gaussian fields; the ReLU integral I4 derived here",
        equation=r"$I_4=S_{cd}P+\sum_{u<v}(S_{cu}S_{dv|u}+S_{cv}S_{du|v})P_{uv}/2\pi\sqrt{S_{uu}S_{vv|u}}$",
        prediction=relu_integrals,
        measurement=routes.relu_integrals,
        parameters={"C": MIXING @ MIXING.T, "strength": np.array([0.2, 1.0, 3.0])},
        coordinate="strength",
        scale="maximum",
        quantity="I2, J2, I3 and I4",
        margin=1e-8,
        max_sensitivity=1e-6,
        cost=2.0,
    ),
]
