"""Littwin et al. 2024: how JEPA avoids noisy features, the implicit bias of deep linear self distillation networks.

Views x, y with Sigma_xx = diag(lam_i/rho_i), Sigma_yx = diag(lam_i); encoder of depth L (weight
matrices, predictor not counted); time t = learning rate x steps of the layers' own weights.
"""

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.measurements import littwin_2024 as routes
from lazyrich.paper_checks.measurements import littwin_2024_features as scalar_routes
from lazyrich.paper_checks.predictions import littwin_2024 as predictions

BIBTEX = """
@inproceedings{littwin2024jepa,
  title = {How {JEPA} avoids noisy features: the implicit bias of deep linear self distillation networks},
  author = {Littwin, Etai and Saremi, Omid and Advani, Madhu and Thilak, Vimal and
            Nakkiran, Preetum and Huang, Chen and Susskind, Joshua},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2024},
  eprint = {2407.03475},
  archivePrefix = {arXiv}
}
"""


SOURCE = "arXiv:2407.03475, "
FEATURES = ((1.0, 0.8, 0.3), (0.5, 1.5, 0.25), (0.8, 0.5, 0.1), (1.5, 0.4, 1.1), (0.7, 0.6, 0.6))
ENCODED = {
    "t": np.linspace(0.05, 1, 20),
    "cross_covariances": (1.0, 0.8, 0.6, 0.5, 0.4, 0.3),
    "regression_coefficients": (0.35, 0.5, 0.6, 0.9, 1.0, 1.2),
    "initial_weight": 0.3,
    "depths": (1, 2, 3),
}
EQUAL = {"regression_coefficients": (0.9, 0.7, 0.5), "initial_weight": 0.2}
JEPA_FLOW = r"$\dot w=\lambda w^{2L}(1-w/\rho)$"
JEPA_POWERS = r"$t^*=\frac{1}{\lambda}\sum_{n=1}^{2L-1}\frac{1}{n\rho^{2L-n-1}w_0^n}+O(\ln w_0)$"
MAE_FLOW = r"$\dot w=\lambda w^{L}(1-w^{L+1}/\rho)$"

CLAIMS = [
    Identity(
        name="jepa-critical-time-solves-its-ode",
        statement="The time in which JEPA learns a feature is a sum of powers and a logarithm.",
        source=SOURCE + "critical time of JEPA; here in the time of the layers' own flow",
        equation=r"$t=\frac{\rho}{\lambda}\{\sum_{n=1}^{2L-1}\frac{w_0^{-n}-w^{-n}}{n\rho^{2L-n}}"
        r"+\rho^{-2L}\ln\frac{w(\rho-w_0)}{w_0(\rho-w)}\}$",
        closed_form=predictions.jepa_primitives,
        residual=predictions.jepa_residual,
        coordinate="w",
        domain={"w": (0.3, 0.7), "w0": (0.05, 0.2), "lam": (0.3, 2.0), "rho": (0.8, 1.5)},
    ),
    Identity(
        name="mae-critical-time-primitive",
        statement="The time in which MAE learns a feature is a difference of hypergeometric functions.",
        source=SOURCE + "critical time of MAE; here in the time of the layers' own flow",
        equation=r"$F=\frac{w^{1-L}}{1-L}+\rho^{-(L-1)/(L+1)}\frac{x^2}{2}\,"
        r"{}_2F_1(1,k;1+k;x^{L+1})$, $F'w^L(1-w^{L+1}/\rho)=1$",
        closed_form=predictions.mae_primitive,
        residual=predictions.mae_residual,
        coordinate="w",
        domain={"w": (0.2, 0.8), "lam": (0.3, 2.0), "rho": (1.0, 2.0), "L": (1.5, 6.0)},
    ),
    *(
        Deterministic(
            name=f"{objective}-feature-against-ode-solver",
            statement=f"A feature follows its equation under {objective.upper()}, from any start.",
            source=SOURCE + "decoupled dynamics of the features",
            equation=flow,
            prediction=predictions.feature_weights,
            measurement=scalar_routes.solve_features,
            parameters={
                "t": np.linspace(0.05, 1.0, 20),
                "durations": durations,
                "features": FEATURES,
                "depths": (1, 2, 3, 5, 8),
                "objective": objective,
            },
            coordinate="t",
            scale="maximum",
            quantity="weight w of a layer",
            margin=1e-8,
            max_sensitivity=1e-5,
            cost=3.0,
        )
        for objective, flow, durations in (
            ("jepa", JEPA_FLOW, (20.0, 100.0, 500.0, 2e3, 1e4)),
            ("mae", MAE_FLOW, (5.0, 20.0, 50.0, 200.0, 1e3)),
        )
    ),
    *(
        Deterministic(
            name=f"{objective}-critical-time-against-quadrature",
            statement=f"The critical time of {objective.upper()} is an integral in closed form.",
            source=SOURCE + "critical time",
            equation=equation,
            prediction=predictions.critical_times,
            measurement=scalar_routes.integrate_critical_times,
            parameters={
                "fraction": np.linspace(0.1, 0.9, 5),
                "features": ((1.0, 0.8, 0.1), (0.5, 1.5, 0.02), (0.8, 0.3, 0.15), (2.0, 0.5, 0.4)),
                "depths": (1, 2, 3, 5, 10),
                "objective": objective,
            },
            coordinate="fraction",
            scale="maximum",
            quantity="critical time t*",
            margin=1e-9,
            max_sensitivity=1e-6,
            cost=4.0,
        )
        for objective, equation in (
            ("jepa", r"$t^*=\int_{w_0}^{\rho p^{1/L}}dw/[\lambda w^{2L}(1-w/\rho)]$"),
            ("mae", r"$t^*=\int dw/[\lambda w^{L}(1-w^{L+1}/\rho)]$"),
        )
    ),
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
    Deterministic(
        name="quick-moving-average-is-jepa",
        statement="As the moving average gets quicker, JEPA without one is approached, as 1/kappa.",
        source=SOURCE + "stop-gradient as the limit of a moving average; derived",
        equation=r"$w_\kappa(t)=w_\infty(t)+O(1/\kappa)$",
        prediction=predictions.quick_average_weights,
        measurement=scalar_routes.solve_fast_average,
        parameters={
            "t": np.linspace(5.0, 100.0, 20),
            "features": ((1.0, 0.8, 0.3), (0.6, 0.9, 0.3), (1.0, 0.4, 1.1)),
            "depth": 2,
        },
        coordinate="t",
        scale="maximum",
        steps=(4e-2, 2e-2, 1e-2),
        step="inverse_rate",
        quantity="weight w of a layer",
        margin=5e-3,
        max_sensitivity=0.01,
        cost=3.0,
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
        name="small-weights-preference",
        statement="From small weights w0 the relative gap of JEPA's critical times is proportional to "
        "w0 and to the difference of the inverse regression coefficients, at depth 2 and more.",
        source=SOURCE + "critical time of JEPA for small initial weights",
        equation=r"$\frac{t_2-t_1}{t_1w_0}\to\frac{2L-1}{2L-2}(\frac{1}{\rho_2}-\frac{1}{\rho_1})$",
        prediction=predictions.small_weight_gap,
        measurement=scalar_routes.relative_gap_per_weight,
        parameters={
            "slow_coefficient": np.linspace(0.3, 0.7, 5),
            "quick_coefficient": 0.9,
            "depths": (2, 3, 5),
        },
        coordinate="slow_coefficient",
        steps=(2e-3, 1e-3, 5e-4),
        step="initial_weight",
        quantity="relative gap over initial weight",
        margin=5e-3,
        max_sensitivity=0.01,
        alternatives={"without the factor of depth": predictions.small_weight_gap_without_depth},
        cost=4.0,
    ),
    Deterministic(
        name="mae-gap-stays-finite",
        statement="The gap of MAE's critical times at equal cross-covariance tends to a constant as "
        "the weights get small, while the times themselves grow without bound.",
        source=SOURCE + "critical time of MAE for small initial weights; the constant derived",
        equation=r"$t_2-t_1\to C_L(p)(\rho_2^{-(L-1)/(L+1)}-\rho_1^{-(L-1)/(L+1)})$",
        prediction=predictions.mae_gap,
        measurement=scalar_routes.mae_gap,
        parameters={
            "slow_coefficient": np.linspace(0.3, 0.7, 5),
            "quick_coefficient": 0.9,
            "depths": (2, 3, 5),
            "fraction": 0.7,
        },
        coordinate="slow_coefficient",
        steps=(4e-2, 2e-2, 1e-2),
        step="initial_weight",
        order=2.0,
        quantity="gap of critical times",
        margin=5e-3,
        max_sensitivity=0.01,
        cost=4.0,
    ),
    *(
        Deterministic(
            name=f"{objective}-critical-time-of-small-weights",
            statement="As the weights get small the critical time follows its powers of 1/w0.",
            source=SOURCE + "critical time, leading orders; the printed one absorbs a factor L",
            equation=equation,
            prediction=predictions.leading_orders,
            measurement=scalar_routes.integrate_from_small_weights,
            parameters={
                "initial_weight": np.geomspace(1e-3, largest, 6),
                "features": ((1.0, 0.9), (0.7, 0.5), (0.5, 1.3)),
                "depths": (2, 3, 4),
                "objective": objective,
                "fraction": 0.5,
            },
            coordinate="initial_weight",
            quantity="critical time t*",
            margin=0.01,
            max_sensitivity=0.03,
            alternatives=predictions.WRONG_LEADING_ORDERS[objective],
            cost=3.0,
        )
        for objective, largest, equation in (
            ("jepa", 0.03, JEPA_POWERS),
            ("mae", 0.003, r"$t^*=\frac{1}{\lambda(L-1)w_0^{L-1}}+O(1)$"),
        )
    ),
    Deterministic(
        name="jepa-remainder-is-logarithmic",
        statement="What the powers of 1/w0 leave of JEPA's critical time grows by 1/(lam rho^(2L-1)) "
        "with every e-fold of 1/w0.",
        source=SOURCE + "critical time of JEPA, order of the remainder; its coefficient derived",
        equation=r"$t^*-\sum_n(\ldots)\sim\frac{1}{\lambda\rho^{2L-1}}\ln\frac{1}{w_0}$",
        prediction=predictions.growth_of_the_time,
        measurement=scalar_routes.growth_of_the_time,
        parameters={"coefficient": np.linspace(0.4, 1.4, 5), "depths": (1, 2, 3)},
        coordinate="coefficient",
        steps=(8e-3, 4e-3, 2e-3),
        step="initial_weight",
        quantity="growth of the critical time per e-fold",
        margin=5e-3,
        max_sensitivity=0.01,
        cost=3.0,
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
    Ensemble(
        name="noisy-views-of-digits",
        statement="From the covariances of two noisy views of handwritten digits alone the order and "
        "the course in which JEPA and MAE learn their components follow.",
        source="scikit-learn's digits, for the statement of arXiv:2407.03475 that JEPA learns "
        "features of large regression coefficient first",
        equation=r"$\lambda_i=\langle y_ix_i\rangle,\quad\rho_i=\lambda_i/\langle x_i^2\rangle$",
        prediction=predictions.digit_strengths,
        measurement=routes.train_on_digit_views,
        paired=True,
        parameters={
            "t": np.linspace(0.05, 1.0, 20),
            "durations": (160.0, 40.0),
            "initial_weight": 0.2,
            "depth": 2,
        },
        settings={"components": (0, 2, 5, 9, 14, 20), "noise": 0.3, "learning_rate": 2.5e-3},
        coordinate="t",
        scale="maximum",
        sizes=(2, 8, 32),
        size="copies",
        noise_exponent=2.0,
        quantity="strength of a component",
        margin=0.02,
        alternatives={
            "all regression coefficients equal": predictions.digit_strengths_blind_to_noise,
            "published, the factor L in the time": predictions.digit_strengths_in_published_time,
        },
        cost=40.0,
    ),
]
