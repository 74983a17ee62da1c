"""Claims on students with several layers: deep linear ones, and a ReLU student's width."""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.measurements.advani_2017 import deep_students as routes
from lazyrich.theory.double_descent import deep_isotropic

Array = NDArray[np.float64]

SOURCE = "arXiv:1710.03667, "
DEEP = SOURCE + "deep linear students; any depth derived here"


def curves(t: Array, noise_var: float, **student: Any) -> Array:
    """Test and train error: (times, 2)."""
    return np.column_stack(deep_isotropic.deep_linear_curve(t, noise_var=noise_var, **student))


def products(t: Array, gram: Any, drive: Any, start: Any, depths: tuple[int, ...]) -> Array:
    """Product of the layers for each depth: (times, depths, N)."""
    given = (t, gram, drive, start)
    return np.stack([deep_isotropic.product_flow(*given, depth) for depth in depths], axis=1)


def as_if_shallow(t: Array, depth: int, **student: Any) -> Array:
    """Altered: the layers multiply the learning rate, but do not turn the student to its drive."""
    return curves(t, depth=1, **student)


def first_layer_alone(t: Array, gram: Any, drive: Any, start: Any, depths: Any) -> Array:
    """Altered: only the first layer learns, so that its balance with the second is lost."""
    norm = np.linalg.norm(start)
    found = []
    for depth in depths:
        learned = np.linalg.norm(deep_isotropic.product_flow(t, gram, drive, start, depth), axis=1)
        grown = (learned / norm) ** (2 / depth) - 1
        found.append(np.stack([grown, 0 * grown], axis=1))
    return np.stack(found, axis=1)


def scaled_plateau(sample_ratio: Array, depth: int, noise_var: float, n_inputs: int) -> Array:
    """Time on the plateau x b0^((depth - 2)/depth), for each sample ratio."""
    plateau = partial(deep_isotropic.plateau_time, depth=depth, noise_var=noise_var)
    return np.array([plateau(alpha, init_scale=1.0) for alpha in sample_ratio])


def aligned_plateau(sample_ratio: Array, depth: int, noise_var: float, n_inputs: int) -> Array:
    """Altered: as if the start pointed along the drive, 1/((depth - 2) A)."""
    return 1 / ((depth - 2) * np.sqrt(sample_ratio * (1 + sample_ratio + noise_var)))


def delay(sample_ratio: Array, ratio: float, noise_var: float, n_inputs: int) -> Array:
    """log(ratio)/(2 A), for each sample ratio."""
    plateau = partial(deep_isotropic.plateau_time, depth=2, noise_var=noise_var)
    both = [plateau(alpha, init_scale=np.array([1 / ratio, 1.0])) for alpha in sample_ratio]
    return np.array([smaller - larger for smaller, larger in both])


def design() -> dict[str, Any]:
    """A fixed design of six inputs, one direction of which no sample shows."""
    rng = np.random.default_rng(1710)
    inputs = rng.standard_normal((5, 6)) / np.sqrt(6)
    labels = inputs @ rng.standard_normal(6) + 0.3 * rng.standard_normal(5)
    start = 0.2 * rng.standard_normal(6)
    return {"gram": inputs.T @ inputs, "drive": inputs.T @ labels, "start": start}


FLOW: dict[str, Any] = {
    "parameters": design() | {"t": 0.8 * np.arange(1, 16), "depths": (2, 3, 5)},
    "steps": (0.005, 0.0025, 0.00125),
}
CURVE: dict[str, Any] = {
    "source": DEEP,
    "equation": r"$b^{2/D}=\int\rho\,[F^2s^2+e^{-2\lambda\theta}b_0^{2/D}]$",
    "prediction": curves,
    "measurement": routes.students_of_design,
    "settings": {"step": 0.04, "weights_in_all": 12288},
    "coordinate": "t",
    "scale": "maximum",
    "sizes": (32, 128, 512),
    "quick_sizes": (16, 64, 256),
    "size": "n_inputs",
    "seeds": 24,
    "quantity": "test and train error",
    "margin": 0.025,
    "alternatives": {"a shallow student": as_if_shallow},
    "cost": 12.0,
}
PLATEAU: dict[str, Any] = {
    "settings": {"step": 0.05},
    "coordinate": "sample_ratio",
    "step": "init_root",
    "quantity": "scaled time on the plateau",
    "margin": 0.005,
    "max_sensitivity": 0.03,
    "cost": 3.0,
}
RATIOS = {"sample_ratio": np.array([0.5, 0.75, 1.25, 2.0]), "noise_var": 0.25, "n_inputs": 24}

CLAIMS = [
    Deterministic(
        name="layers-stay-balanced-and-of-rank-one",
        statement="From a balanced rank-one start gradient flow keeps all layers balanced and of rank one.",
        source=DEEP,
        equation=r"$W_{l+1}^TW_{l+1}=W_lW_l^T$",
        prediction=lambda t, depths, **_: np.zeros((len(t), len(depths), 2)),
        measurement=routes.drift_of_form,
        coordinate=None,
        scale=1.0,
        quantity="drift, and second singular value",
        margin=1e-3,
        value_sensitivity=False,
        alternatives={"only the first layer learns": first_layer_alone},
        cost=1.0,
        **FLOW,
    ),
    Deterministic(
        name="product-of-layers-follows-its-flow",
        statement="The product of two, three or five full matrices obeys one closed equation, for any data.",
        source=DEEP,
        equation=r"$\dot\beta=|\beta|^{2(D-1)/D}\,[g+(D-1)\hat\beta(\hat\beta\cdot g)]$",
        prediction=products,
        measurement=routes.products_of_networks,
        coordinate="t",
        scale="maximum",
        quantity="product of the layers",
        margin=2e-3,
        max_sensitivity=0.02,
        cost=2.0,
        **FLOW,
    ),
    Ensemble(
        name="two-layers-above-ratio-one",
        statement="Test and train error of a two-layer linear student with more samples than inputs "
        "follow the mean-field equations.",
        parameters={
            "t": np.array([0.6, 1.0, 1.6, 2.0, 3.0, 4.0, 8.0, 12.0]),
            "sample_ratio": 2.0,
            "depth": 2,
            "init_scale": 0.05,
            "noise_var": 0.3,
        },
        **CURVE,
    ),
    Ensemble(
        name="two-layers-below-ratio-one",
        statement="With fewer samples than inputs a two-layer linear student also amplifies what its start "
        "holds in the unseen directions, as the mean-field equations say.",
        parameters={
            "t": np.array([0.6, 1.0, 1.4, 1.8, 2.4, 3.2, 4.8, 8.0, 12.0]),
            "sample_ratio": 0.75,
            "depth": 2,
            "init_scale": 0.2,
            "noise_var": 0.2,
        },
        **CURVE,
    ),
    Ensemble(
        name="three-layers-above-ratio-one",
        statement="Test and train error of a three-layer linear student with more samples than inputs "
        "follow the mean-field equations.",
        parameters={
            "t": np.array([1.0, 1.6, 2.0, 3.0, 4.0, 8.0, 12.0]),
            "sample_ratio": 1.5,
            "depth": 3,
            "init_scale": 0.2,
            "noise_var": 0.2,
        },
        **CURVE,
    ),
    Ensemble(
        name="three-layers-below-ratio-one",
        statement="Test and train error of a three-layer linear student with fewer samples than inputs "
        "follow the mean-field equations.",
        parameters={
            "t": np.array([1.0, 1.6, 2.0, 2.4, 3.0, 4.0, 6.0, 8.0, 12.0]),
            "sample_ratio": 0.625,
            "depth": 3,
            "init_scale": 0.3,
            "noise_var": 0.2,
        },
        **CURVE,
    ),
    Deterministic(
        name="plateau-of-two-layers",
        statement="Two layers leave their small start later by log(ratio)/(2 A) if it is made smaller by "
        "that ratio: the plateau is logarithmic in b0.",
        source=DEEP,
        equation=r"$t=\log(1/b_0)/(2A)$",
        prediction=delay,
        measurement=routes.delay_of_smaller_start,
        parameters=RATIOS | {"ratio": 100.0},
        steps=(0.1, 0.05, 0.025, 0.0125, 0.00625),
        alternatives={"the rate of one layer": lambda **given: 2 * delay(**given)},
        **PLATEAU,
    ),
    Deterministic(
        name="plateau-of-three-layers",
        statement="Three layers stay on their plateau for a time that grows as b0^(-1/3); a start "
        "across the drive takes pi/2 times as long as one along it.",
        source=DEEP,
        equation=r"$t=\pi\,b_0^{-1/3}/(2A)$",
        prediction=partial(scaled_plateau, depth=3),
        measurement=partial(routes.scaled_plateau, depth=3),
        parameters=RATIOS,
        steps=(0.01, 0.005, 0.0025),
        alternatives={"a start along the drive": partial(aligned_plateau, depth=3)},
        **PLATEAU,
    ),
    Deterministic(
        name="plateau-of-four-layers",
        statement="Four layers stay on their plateau for a time that grows as b0^(-1/2).",
        source=DEEP,
        equation=r"$t=b_0^{-1/2}/A$",
        prediction=partial(scaled_plateau, depth=4),
        measurement=partial(routes.scaled_plateau, depth=4),
        parameters=RATIOS,
        steps=(0.1, 0.05, 0.025),
        order=2.0,
        alternatives={"a start along the drive": partial(aligned_plateau, depth=4)},
        **PLATEAU,
    ),
    Deterministic(
        name="width-of-a-relu-student",
        statement="Trained to the end, a ReLU student with about as many weights as samples is worse than a "
        "narrower and a wider one, by 1.5, and than itself at the best stopping time, by 2, where "
        "it is at most 1.5 times as bad as the narrower one: early stopping removes the peak.",
        source=SOURCE + "nonlinear students; qualitative, in 24 data sets",
        prediction=lambda **_: np.ones(4),
        measurement=routes.relu_peak_statements,
        parameters={"widths": (2, 8, 64), "factors": (1.5, 1.5, 2.0, 1.5), "seeds": 24},
        coordinate=None,
        scale=1.0,
        quantity="part of each statement that holds",
        margin=1e-3,
        value_sensitivity=False,
        alternatives={"no peak at the end": lambda **_: np.array([1.0, 0.0, 1.0, 1.0])},
        cost=15.0,
    ),
]
