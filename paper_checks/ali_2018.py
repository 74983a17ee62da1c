"""Ali, Kolter, Tibshirani 2018: a continuous-time view of early stopping for least squares.

Mean loss |y - X w|^2/(2P), gradient flow from w = 0, ridge |y - X w|^2/(2P) + penalty |w|^2/2, compared
at penalty = 1/t. Risks are excess risks, without the noise of test labels.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.measurements import ali_2018 as routes
from lazyrich.theory.double_descent import early_stopping, isotropic

Array = NDArray[np.float64]

BIBTEX = """
@inproceedings{ali2019continuous,
  title = {A Continuous-Time View of Early Stopping for Least Squares Regression},
  author = {Ali, Alnur and Kolter, J. Zico and Tibshirani, Ryan J.},
  booktitle = {International Conference on Artificial Intelligence and Statistics},
  year = {2019},
  eprint = {1810.10082},
  archivePrefix = {arXiv}
}
"""


def ratio_of_filters() -> Any:
    """(1 - e^-x)(1 + x)/x."""
    import sympy

    x = sympy.Symbol("x", positive=True)
    return (1 - sympy.exp(-x)) * (1 + x) / x


def slope_residual(ratio: Any) -> Any:
    """The ratio's derivative is e^-x (1 + x + x^2 - e^x)/x^2: one maximum, at e^x = 1 + x + x^2."""
    import sympy

    x = sympy.Symbol("x", positive=True)
    return ratio.diff(x) - sympy.exp(-x) * (1 + x + x**2 - sympy.exp(x)) / x**2


def bayes_risk() -> Any:
    """Bayes risk of a filter f of one eigenvalue s, in units of the prior's variance; penalty p."""
    import sympy

    f, s, p = sympy.symbols("f s p", positive=True)
    return (1 - f) ** 2 + p * f**2 / s


def square_residual(bayes: Any) -> Any:
    """It is that of optimal ridge, p/(s + p), plus a square."""
    import sympy

    f, s, p = sympy.symbols("f s p", positive=True)
    return bayes - p / (s + p) - (1 + p / s) * (f - s / (s + p)) ** 2


def _spectra(seed: int, n_train: int, n_inputs: int) -> tuple[Array, Array, Array]:
    """Eigenvalues of X^T X/P, squares of the teacher along them, and v_i of fresh inputs."""
    inputs, covariance, teacher = routes.design(seed, n_train, n_inputs)
    eigenvalues, basis = np.linalg.eigh(inputs.T @ inputs / n_train)
    fresh = np.einsum("ij,ik,kj->j", basis, covariance, basis)
    return np.where(eigenvalues > 1e-12, eigenvalues, 0.0), (teacher @ basis) ** 2, fresh


def flow_risks(t: Array, seed: int, n_train: int, n_inputs: int, noise_var: float) -> Array:
    """Risk of the weights, and of the predictions on the samples: (times, 2)."""
    s, squares, _ = _spectra(seed, n_train, n_inputs)
    given = {"n_train": n_train, "noise_var": noise_var}
    risks = [early_stopping.flow_risk(t, s, squares, metric=v, **given) for v in (1.0, s)]
    return np.column_stack(risks)


def ridge_risks(t: Array, seed: int, n_train: int, n_inputs: int, noise_var: float) -> Array:
    """The same for ridge at penalty 1/t."""
    s, squares, _ = _spectra(seed, n_train, n_inputs)
    given = {"n_train": n_train, "noise_var": noise_var}
    risks = [early_stopping.ridge_risk(1 / t, s, squares, metric=v, **given) for v in (1.0, s)]
    return np.column_stack(risks)


def flow_excess(
    t: Array, seed: int, n_train: int, n_inputs: int, prior_var: float, noise_var: float
) -> Array:
    """Excess risk on fresh inputs above optimal ridge."""
    s, _, fresh = _spectra(seed, n_train, n_inputs)
    return early_stopping.flow_excess(t, s, prior_var, n_train, noise_var=noise_var, metric=fresh)


def isotropic_ratio(t: Array, sample_ratio: float, snr: float, gap: float = 1.0) -> Array:
    """Flow over ridge for infinitely many inputs, from the Marchenko-Pastur law.

    In the sum loss with inputs of variance 1/N the time is t/sample_ratio and the penalty sample_ratio/t.
    """
    given = {"teacher_power": snr, "noise_var": 1.0}
    time = t / sample_ratio
    flow = isotropic.learning_curve(time, sample_ratio, **given).test - 1
    return flow / (isotropic.ridge_risk(sample_ratio, gap / time, **given) - 1)


SOURCE = "arXiv:1810.10082, "
DESIGN = {"seed": 3, "n_train": 10, "n_inputs": 14, "noise_var": 0.5}
T = 0.5 * np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128])
RATES = (0.02, 0.01, 0.005)

CLAIMS = [
    Identity(
        name="one-maximum-of-the-ratio-of-filters",
        statement="Flow over ridge, eigenvalue by eigenvalue, has one maximum, at e^x = 1 + x + x^2.",
        source=SOURCE + "the bound 1 - e^-x <= 1.2985 x/(1 + x)",
        equation=r"$\partial_x[(1-e^{-x})(1+x)/x]=e^{-x}(1+x+x^2-e^x)/x^2$",
        closed_form=ratio_of_filters,
        residual=slope_residual,
        coordinate="x",
        domain={"x": (0.1, 8.0)},
    ),
    Identity(
        name="bayes-risk-is-that-of-ridge-plus-a-square",
        statement="Under an isotropic prior no filter beats optimal ridge, and the loss of any other is a "
        "square.",
        source=SOURCE + "Bayes risk; the square derived here",
        equation=r"$(1-f)^2+pf^2/s=p/(s+p)+(1+p/s)(f-s/(s+p))^2$",
        closed_form=bayes_risk,
        residual=square_residual,
        coordinate="f",
        domain={"f": (0.05, 0.95), "s": (0.1, 5.0), "p": (0.1, 5.0)},
    ),
    Deterministic(
        name="risk-of-stopped-descent",
        statement="Stopped gradient flow has the risk of its filter 1 - exp(-s t), with more weights than "
        "samples too.",
        source=SOURCE + "risk of gradient flow",
        equation=r"$\sum_iv_i[e^{-2s_it}w_i^{*2}+\sigma^2(1-e^{-s_it})^2/(Ps_i)]$",
        prediction=flow_risks,
        measurement=routes.risks_of_descent,
        parameters=DESIGN | {"t": T},
        coordinate="t",
        steps=RATES,
        quantity="risk of the weights, and on the samples",
        margin=0.01,
        max_sensitivity=0.03,
        cost=2.0,
    ),
    Deterministic(
        name="risk-of-ridge",
        statement="Ridge at penalty 1/t has the risk of its filter s t/(1 + s t).",
        source=SOURCE + "risk of ridge regression",
        equation=r"$\sum_iv_i[w_i^{*2}+\sigma^2s_it^2/P]/(1+s_it)^2$",
        prediction=ridge_risks,
        measurement=routes.risks_of_ridge,
        parameters=DESIGN | {"t": T},
        coordinate="t",
        quantity="risk of the weights, and on the samples",
        margin=1e-9,
        max_sensitivity=1e-6,
        cost=1.0,
    ),
    Deterministic(
        name="norms-of-flow-and-ridge",
        statement="The weights of flow are longer than those of ridge, by at most 1.2985: on designs of one "
        "eigenvalue s the ratio is (1 - e^-x)(1 + x)/x with x = s t.",
        source=SOURCE + "coupling of the two paths",
        equation=r"$|w_{flow}|/|w_{ridge}|=(1-e^{-x})(1+x)/x$",
        prediction=lambda x, t, n_train: early_stopping.shrinkage_ratio(x),
        measurement=routes.norm_ratio,
        parameters={"x": np.array([0.1, 0.3, 0.6, 1, 1.5, 1.7933, 2.2, 3, 5, 8])}
        | {"t": 4.0, "n_train": 6},
        coordinate=None,
        steps=(0.04, 0.02, 0.01),
        quantity="ratio of norms",
        margin=2e-3,
        max_sensitivity=0.01,
        alternatives={
            "equal paths": lambda x, **_: np.ones(len(x)),
            "penalty 1/(2 t)": lambda x, **_: (1 - np.exp(-x)) * (0.5 + x) / x,
        },
        cost=1.0,
    ),
    Deterministic(
        name="largest-ratio-of-risks",
        statement="Over all designs, teachers and noise, the risk of flow at t is at most 1.685909 times that "
        "of ridge at penalty 1/t, and a search reaches this bound.",
        source=SOURCE + "1.6862 at every time; the exact constant derived here",
        equation=r"$c=(1+x)^2/(1+x+x^2),\ e^x=1+x+x^2$",
        prediction=lambda n_inputs: np.array([early_stopping.largest_shrinkage_ratio().value ** 2]),
        measurement=routes.worst_risk_ratio,
        parameters={"n_inputs": 3},
        coordinate=None,
        quantity="largest ratio of risks",
        margin=1e-5,
        max_sensitivity=1e-4,
        alternatives={"the rounded bound 1.6862": lambda **_: np.array([1.6862])},
        cost=10.0,
    ),
    Deterministic(
        name="largest-ratio-at-the-optimal-penalty",
        statement="Under an isotropic prior, flow stopped at the inverse of the optimal penalty has at most "
        "1.2147 times the risk of optimal ridge, and a search reaches this bound.",
        source=SOURCE + "1.22 at optimal tuning; derived here",
        equation=r"$\max_x(1+x)(e^{-2x}+(1-e^{-x})^2/x)$",
        prediction=lambda n_inputs: np.array([early_stopping.largest_bayes_ratio().value]),
        measurement=routes.worst_tuned_ratio,
        parameters={"n_inputs": 3},
        coordinate=None,
        quantity="largest ratio of risks",
        margin=1e-5,
        max_sensitivity=1e-4,
        alternatives={"the rounded bound 1.22": lambda **_: np.array([1.22])},
        cost=5.0,
    ),
    Deterministic(
        name="stopping-never-beats-optimal-ridge",
        statement="Under an isotropic prior the excess risk of flow on fresh inputs, at any time, is that of "
        "optimal ridge plus a sum of squares.",
        source=SOURCE + "Bayes risk out of sample; the squares derived here",
        equation=r"$\sum_iv_i\tau^2(1+p/s_i)[e^{-s_it}-p/(s_i+p)]^2$",
        prediction=flow_excess,
        measurement=routes.excess_over_ridge,
        parameters=DESIGN | {"t": T, "prior_var": 0.8},
        coordinate="t",
        scale="maximum",
        steps=RATES,
        quantity="risk of flow less that of optimal ridge",
        margin=0.01,
        max_sensitivity=0.03,
        cost=2.0,
    ),
    Ensemble(
        name="ratio-for-many-isotropic-inputs",
        statement="For infinitely many isotropic inputs the ratio of the two excess risks follows from the "
        "Marchenko-Pastur law; it stays below 1.6859.",
        source=SOURCE + "asymptotic risks",
        equation=r"$E_{flow}(t)/E_{ridge}(1/t)$ from $\rho(\lambda)$",
        prediction=isotropic_ratio,
        measurement=routes.isotropic_ratio,
        parameters={
            "t": np.array([0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]),
            "sample_ratio": 1.5,
            "snr": 5.0,
        },
        coordinate="sample_ratio",
        sizes=(24, 96, 384),
        size="n_inputs",
        seeds=16,
        noise_exponent=2.0,
        quantity="ratio of excess risks",
        margin=0.01,
        alternatives={
            "penalty 2/t": lambda **given: isotropic_ratio(**given, gap=2.0),
        },
        cost=5.0,
    ),
]
