"""Cutting the small eigenvalues out of a trained student whose signal has no preferred direction."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble, Identity
from lazyrich.paper_checks.malignant_tail_2026.declared import FINITE, SOURCE
from lazyrich.paper_checks.measurements import malignant_tail_2026 as routes
from lazyrich.theory.double_descent import isotropic, truncation

Array = NDArray[np.float64]


def risk_of_cuts(cut: Array, t: Array, **given: Any) -> Array:
    """Test error by time and cut: (times, cuts)."""
    return truncation.isotropic_risk(cut, t=np.asarray(t)[:, None], **given)


def best_cuts(snr: Array, t: Array, sample_ratio: float) -> Array:
    """Optimal cut: (snr, times)."""
    return truncation.optimal_cut(snr[:, None], t)


def best_truncated(snr: Array, sample_ratio: float) -> Array:
    """Excess risk of the fully trained student at its best cut."""
    noise = 1 / snr
    cut = truncation.optimal_cut(snr)
    risks = [
        truncation.isotropic_risk(c, sample_ratio, noise_var=float(s))
        for c, s in zip(cut, noise, strict=True)
    ]
    return np.array(risks) - noise


def best_ridge(snr: Array, sample_ratio: float) -> Array:
    """Excess risk of ridge at its best penalty 1/snr: the least of all that know no directions."""
    risks = [isotropic.ridge_risk(sample_ratio, float(s), noise_var=float(s)) for s in 1 / snr]
    return np.array(risks) - 1 / snr


def truncated_and_ridge(snr: Array, sample_ratio: float) -> Array:
    """Excess risks of the best truncation and of the best ridge: (snr, 2)."""
    return np.stack([best_truncated(snr, sample_ratio), best_ridge(snr, sample_ratio)], axis=-1)


def as_good_as_ridge(snr: Array, sample_ratio: float) -> Array:
    """Published form: truncation recovers the optimum."""
    return np.stack([best_ridge(snr, sample_ratio)] * 2, axis=-1)


def noise_of_balance() -> Any:
    """Noise variance at which a direction's error is the same kept and cut."""
    import sympy

    power, eigenvalue, t = sympy.symbols("S lambda t", positive=True)
    return power * eigenvalue / sympy.tanh(eigenvalue * t / 2)


def balance(noise_var: Any) -> Any:
    """Error of a direction kept, S q^2 + noise_var (1 - q)^2/lambda, less that of the weight 0."""
    import sympy

    power, eigenvalue, t = sympy.symbols("S lambda t", positive=True)
    q = sympy.exp(-eigenvalue * t)
    kept = power * q**2 + noise_var * (1 - q) ** 2 / eigenvalue
    return (kept - power).rewrite(sympy.exp)


CLAIMS = [
    Identity(
        name="directions-worth-keeping",
        statement="A direction errs less kept than cut if and only if its noise is below "
        "S lambda/tanh(lambda t/2), which is S lambda at the end of training.",
        source=SOURCE + "noise-dominated subspaces can be pruned; the rule derived here",
        equation=r"$\lambda\,\mathrm{SNR}=\tanh(\lambda t/2)$",
        closed_form=noise_of_balance,
        residual=balance,
        coordinate="t",
        domain={"S": (0.5, 2), "lambda": (0.2, 2), "t": (0.5, 3)},
    ),
    Ensemble(
        name="truncation-lowers-the-error",
        statement="Pruning the trained student below a cut lowers its error, most near 1/SNR; an early "
        "stopped one gains less.",
        source=SOURCE + "spectral truncation removes noise-dominated subspaces",
        equation=r"$E=\sigma^2+S\int_{\lambda\leq\lambda_c}\rho"
        r"+\int_{\lambda>\lambda_c}\rho\,[Sq^2+\sigma^2(1-q)^2/\lambda]$",
        prediction=risk_of_cuts,
        measurement=routes.risk_of_cuts,
        parameters={
            "cut": np.linspace(0.0, 7.5, 16),
            "t": np.array([2.0, np.inf]),
            "sample_ratio": 3.0,
            "teacher_power": 1.0,
            "noise_var": 2.0,
        },
        coordinate="cut",
        scale=1.0,
        size="n_inputs",
        quantity="test error",
        alternatives={
            "without a cut": lambda cut, **given: risk_of_cuts(0 * cut, **given),
        },
        **FINITE | {"margin": 0.01},
        cost=7.0,
    ),
    Ensemble(
        name="optimal-cut",
        statement="The best cut is 1/SNR for trained students and smaller for stopped ones.",
        source=SOURCE + "truncation to d << D directions; the cut derived here",
        equation=r"$\lambda_c\,\mathrm{SNR}=\tanh(\lambda_c t/2)$",
        prediction=best_cuts,
        measurement=routes.best_cuts,
        parameters={
            "snr": np.array([0.6, 1.0, 2.0, 4.0]),
            "t": np.array([12.0, 20.0, np.inf]),
            "sample_ratio": 1.5,
        },
        coordinate="snr",
        sizes=(400,),
        size="n_inputs",
        seeds=32,
        quantity="best cut",
        margin=0.02,
        alternatives={"1/SNR at any time": lambda snr, t, **_: np.outer(1 / snr, np.ones(len(t)))},
        cost=2.0,
    ),
    Ensemble(
        name="truncation-is-not-the-optimum",
        statement="With equal signal in all directions truncation helps but does not recover the optimum: "
        "its best excess risk stays above that of the best ridge.",
        source=SOURCE + "truncation recovers the optimal generalization (corrected)",
        equation=r"$S\int_{\lambda\leq1/\mathrm{SNR}}\rho+\int_{\lambda>1/\mathrm{SNR}}\rho\,\sigma^2/\lambda"
        r"\ >\ \sigma^2m(1/\mathrm{SNR})$",
        prediction=truncated_and_ridge,
        measurement=routes.best_of_isotropic_students,
        parameters={"snr": np.array([0.5, 1.0, 2.0, 5.0, 10.0]), "sample_ratio": 1.5},
        coordinate="snr",
        size="n_inputs",
        quantity="smallest excess risk: truncation, ridge",
        alternatives={"published: the optimum is recovered": as_good_as_ridge},
        **FINITE,
        cost=4.0,
    ),
]
