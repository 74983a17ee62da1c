"""Convergence along the principal components of the kernel: fast and slow ones, and stopping early."""

from functools import partial
from typing import Any

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements.jacot_2018 import components as routes
from lazyrich.paper_checks.predictions import jacot_2018 as predictions

SOURCE = "arXiv:1806.07572, "
COMPONENTS: dict[str, Any] = {
    "degrees": (0, 1, 2),
    "learning_rate": 0.4,
    "steps": (1, 2, 4, 8, 16),
    "n_train": 12,
    "hidden_layers": 1,
    "sigma_b": 0.1,
}
WIDTHS: dict[str, Any] = {
    "settings": {"entries": 4096},
    "sizes": (256, 1024, 4096),
    "size": "width",
    "seeds": 24,
    "scale": 1.0,
    "margin": 0.01,
}
NOISE = (
    *(0.08, -0.07, 0.02, 0.11, -0.12, 0.02, -0.04, 0.07),
    *(-0.10, 0.05, 0.12, -0.03, -0.09, 0.06, -0.01, -0.08),
)  # fmt: skip

CLAIMS = [
    Ensemble(
        name="components-decay-exponentially",
        statement="What is left of a principal component of the kernel decays at the rate of its eigenvalue: "
        "constants fast, waves slower.",
        source=SOURCE + "section on least squares, and the figure of convergence along a component",
        equation=r"$(1-\eta\lambda_k)^{steps}\to e^{-\lambda_kt}$",
        prediction=predictions.along_component,
        measurement=routes.along_component,
        parameters=COMPONENTS,
        coordinate="learning_rate",
        noise_exponent=0.0,  # 4096/width networks are averaged
        quantity="part left along the component",
        alternatives={
            "eigenvalues of the kernel of the outputs": partial(
                predictions.along_component, kind="nngp"
            )
        },
        cost=15.0,
        **WIDTHS,
    ),
    Ensemble(
        name="wide-networks-move-straight",
        statement="A target along one principal component is approached along it: what leaves its direction "
        "vanishes, mean squares as 1/width.",
        source=SOURCE + "figure of convergence along a component",
        equation=r"$E|f_\perp|^2=O(1/n)$",
        prediction=predictions.across_component,
        measurement=routes.across_component,
        parameters=COMPONENTS,
        coordinate=None,
        value_sensitivity=False,
        noise_exponent=1.0,  # squares spread as 1/width, and 4096/width of them are averaged
        quantity="mean square across the component",
        alternatives={
            "a tenth leaves": partial(predictions.across_component, part=0.1),
        },
        cost=15.0,
        **WIDTHS,
    ),
    Ensemble(
        name="early-stopping",
        statement="With noisy labels the error on the circle falls while the large components are learned and "
        "rises again as the small ones fit the noise: stopping early helps.",
        source=SOURCE + "section on least squares, motivation of early stopping",
        equation=r"$E_x(f_t-f^*)^2$ with $f_t=\Theta(x,X)\Theta^{-1}(1-e^{-t\Theta})y$",
        prediction=predictions.risk_on_noisy_labels,
        measurement=routes.risk_on_noisy_labels,
        parameters={
            "steps": (0, 2, 4, 8, 16, 32, 64, 192),
            "learning_rate": 0.2,
            "signal": (0.1, 0.2, 0.05, 0.05),
            "noise": NOISE,
            "n_test": 48,
            "hidden_layers": 1,
            "sigma_b": 0.1,
        },
        coordinate="learning_rate",
        settings={"entries": 8192},
        sizes=(256, 1024, 4096),
        quick_sizes=(128, 512, 2048),
        size="width",
        seeds=24,
        margin=0.03,
        quantity="mean square error",
        alternatives={
            "kernel of the outputs": partial(predictions.risk_on_noisy_labels, kind="nngp")
        },
        cost=15.0,
    ),
]
