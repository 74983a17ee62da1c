"""Deep encoders that train by JEPA and MAE, with and without a moving average."""

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic
from lazyrich.paper_checks.measurements import littwin_2024 as routes
from lazyrich.paper_checks.predictions import littwin_2024 as predictions

SOURCE = "arXiv:2407.03475, "
ENCODED = {
    "t": np.linspace(0.05, 1, 20),
    "cross_covariances": (1.0, 0.8, 0.6, 0.5, 0.4, 0.3),
    "regression_coefficients": (0.35, 0.5, 0.6, 0.9, 1.0, 1.2),
    "initial_weight": 0.3,
    "depths": (1, 2, 3),
}
EQUAL = {"regression_coefficients": (0.9, 0.7, 0.5), "initial_weight": 0.2}
JEPA_FLOW = r"$\dot w=\lambda w^{2L}(1-w/\rho)$"
MAE_FLOW = r"$\dot w=\lambda w^{L}(1-w^{L+1}/\rho)$"

CLAIMS = [
    *(
        Deterministic(
            name=f"encoders-follow-{objective}",
            statement=f"{objective.upper()} encoders with random orthogonal layers follow their flow.",
            source=SOURCE
            + "decoupled dynamics of the features; the printed time absorbs a factor L",
            equation=flow + r", $|\bar We_i|=w_i^L$",
            prediction=predictions.strengths,
            measurement=routes.train_encoders,
            parameters={**ENCODED, "objective": objective, "durations": durations},
            coordinate="t",
            scale="maximum",
            steps=(0.01, 0.005, 0.0025),
            quantity="strength of a feature",
            margin=5e-3,
            max_sensitivity=0.01,
            alternatives={
                "published, the factor L in the time": predictions.strengths_in_published_time
            },
            cost=2.0,
        )
        for objective, flow, durations in (
            ("jepa", JEPA_FLOW, (20.0, 100.0, 600.0)),
            ("mae", MAE_FLOW, (6.0, 16.0, 32.0)),
        )
    ),
    Deterministic(
        name="final-strengths",
        statement="JEPA ends with features of strength rho^L, MAE with rho^(L/(L+1)).",
        source=SOURCE + "fixed points",
        equation=r"$|\bar We_i|\to\rho_i^L$ (JEPA), $\rho_i^{L/(L+1)}$ (MAE)",
        prediction=predictions.final_strengths,
        measurement=routes.final_strengths,
        parameters={
            "regression_coefficient": np.linspace(0.5, 1.3, 9),
            "initial_weight": 0.45,
            "depths": (1, 2, 3),
        },
        settings={"learning_rate": 0.02},
        coordinate="regression_coefficient",
        quantity="final strength of a feature",
        margin=1e-6,
        max_sensitivity=1e-4,
        alternatives={"JEPA ends as MAE": predictions.least_squares_strengths},
        cost=2.0,
    ),
    Deterministic(
        name="encoders-with-moving-average",
        statement="A target that is a moving average of the layers delays the features as predicted.",
        source=SOURCE + "self-distillation; the moving average derived from its equations",
        equation=r"$\dot w=\lambda w^L(\tilde w^L-w^{L+1}/\rho),\quad\dot{\tilde w}=\kappa(w-\tilde w)$",
        prediction=predictions.moving_average_strengths,
        measurement=routes.train_with_moving_average,
        parameters={
            "t": np.linspace(10.0, 150.0, 15),
            "cross_covariances": (1.0, 0.8, 0.5),
            "regression_coefficients": (0.5, 0.8, 1.1),
            "initial_weight": 0.3,
            "depth": 2,
            "ema_rates": (0.05, 1.0),
        },
        coordinate="t",
        scale="maximum",
        steps=(0.01, 0.005, 0.0025),
        quantity="strength of a feature, encoder and target",
        margin=5e-3,
        max_sensitivity=0.01,
        alternatives={"no moving average": predictions.strengths_without_moving_average},
        cost=4.0,
    ),
    *(
        Deterministic(
            name=f"critical-times-of-{objective}-encoders",
            statement=f"{objective.upper()} encoders learn every feature at its critical time.",
            source=SOURCE + "critical time; the printed one absorbs a factor L",
            equation=r"$t^*=\int_{w_0}^{w^*}dw/\dot w$",
            prediction=predictions.crossing_times,
            measurement=routes.crossing_times,
            parameters={
                **EQUAL,
                "fraction": np.linspace(0.45, 0.85, 5),
                "depths": (1, 2, 3),
                "objective": objective,
                "durations": durations,
            },
            coordinate="fraction",
            steps=(0.02, 0.01, 0.005),
            quantity="critical time t*",
            margin=5e-3,
            max_sensitivity=0.05,
            alternatives={"published, L times as long": predictions.published_crossing_times},
            cost=4.0,
        )
        for objective, durations in (("jepa", (10.0, 120.0, 1500.0)), ("mae", (10.0, 20.0, 40.0)))
    ),
    Deterministic(
        name="jepa-prefers-large-regression-coefficients",
        statement="JEPA encoders learn larger regression coefficients first at depth 2 and 3; at depth "
        "1, from weights of 0.2, the order is reversed.",
        source=SOURCE + "JEPA learns influential features first; reversal at depth 1 derived",
        equation=r"$t^*_i/t^*_1-1$, $\rho_1>\rho_i$",
        prediction=predictions.relative_gaps,
        measurement=routes.relative_gaps,
        parameters={
            **EQUAL,
            "depths": (1, 2, 3),
            "objective": "jepa",
            "fraction": 0.5,
            "durations": (10.0, 120.0, 1500.0),
        },
        coordinate="fraction",
        steps=(0.02, 0.01, 0.005),
        quantity="relative gap of critical times",
        margin=0.01,
        alternatives={"no reversal at depth 1": predictions.gaps_that_never_reverse},
        cost=4.0,
    ),
    Deterministic(
        name="perturbed-layers-deviate-in-proportion",
        statement="Layers that are not exactly orthogonal change JEPA's critical times in proportion "
        "to their perturbation; the decoupled theory is the limit.",
        source=SOURCE + "assumption of decoupled initial weights; its necessity derived",
        equation=r"$t^*(\delta)=t^*(0)+O(\delta)$",
        prediction=predictions.unperturbed_times,
        measurement=routes.crossing_times_from_perturbed_layers,
        parameters={
            "fraction": np.linspace(0.3, 0.7, 5),
            "regression_coefficients": (0.9, 0.7, 0.5),
            "initial_weight": 0.2,
            "depth": 2,
            "duration": 150.0,
        },
        settings={"learning_rate": 1e-3},
        coordinate="fraction",
        steps=(8e-3, 4e-3, 2e-3),
        step="perturbation",
        quantity="critical time t*",
        margin=0.01,
        cost=3.0,
    ),
]
