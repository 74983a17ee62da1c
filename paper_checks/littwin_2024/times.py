"""Equations of single features: trajectories, critical times, and their limits for small weights."""

import numpy as np

from lazyrich.paper_checks.evidence.claims import Deterministic, Identity
from lazyrich.paper_checks.measurements import littwin_2024_features as scalar_routes
from lazyrich.paper_checks.predictions import littwin_2024 as predictions

SOURCE = "arXiv:2407.03475, "
FEATURES = ((1.0, 0.8, 0.3), (0.5, 1.5, 0.25), (0.8, 0.5, 0.1), (1.5, 0.4, 1.1), (0.7, 0.6, 0.6))
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
]
