"""Pezeshki, Mitra, Bengio, Lajoie 2021: multi-scale feature learning dynamics, epoch-wise double descent.

Sum loss abs(y - X what)^2/2, inputs of variance 1/d (fast) and 1/(d condition_number^2) (slow), error =
1 - 2 R + Q on labels without noise; the paper plots error/2. Time t = learning rate x steps. Sizes are
given as sample_ratio = n/d and fast_share = p/d.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity
from lazyrich.paper_checks.measurements import pezeshki_2021 as routes
from lazyrich.theory.double_descent import covariance, multiscale
from lazyrich.theory.double_descent.multiscale import (
    covariance_of,
    published_ridge_error,
    ridge_error,
    turning_points,
)

Array = NDArray[np.float64]

BIBTEX = """
@misc{pezeshki2021multiscale,
  title = {Multi-scale feature learning dynamics: insights for double descent},
  author = {Pezeshki, Mohammad and Mitra, Amartya and Bengio, Yoshua and Lajoie, Guillaume},
  year = {2021},
  eprint = {2112.03215},
  archivePrefix = {arXiv}
}
"""


def _curve(
    t: Any, sample_ratio: float, fast_share: float, condition_number: float, **given: Any
) -> Any:
    return multiscale.learning_curve(t, sample_ratio, 1.0, fast_share, condition_number, **given)


def error(t: Array, **given: Any) -> Array:
    return np.asarray(_curve(t, **given).error)


def order_parameters(t: Array, **given: Any) -> Array:
    """(R, Q) at each time."""
    curve = _curve(t, **given)
    return np.column_stack([curve.R, curve.Q])


def flow_error(t: Array, learning_rate: float, **given: Any) -> Array:
    """Altered: gradient flow in place of steps."""
    return error(t, **given)


def stopped_ridge(t: Array, sample_ratio: float, fast_share: float, **given: Any) -> Array:
    """Altered: ridge regression with penalty 1/t in place of training until t."""
    ratio = given.pop("condition_number")
    return ridge_error(sample_ratio, 1.0, fast_share, ratio, 1 / t, **given)


def one_scale(t: Array, condition_number: float, **given: Any) -> Array:
    """Altered: equal features."""
    return error(t, condition_number=1.0, **given)


def train_error(
    t: Array,
    sample_ratio: float,
    fast_share: float,
    condition_number: float,
    noise_var: float,
) -> Array:
    blocks = covariance_of(1.0, fast_share, condition_number)
    times = sample_ratio * t
    return covariance.learning_curve(times, blocks, sample_ratio, noise_var=noise_var).train


def train_without_noise(t: Array, noise_var: float, **given: Any) -> Array:
    """Altered: all label noise is fitted as fast as the signal."""
    return train_error(t, noise_var=0.0, **given) * (1 + noise_var)


def errors_at_condition_numbers(t: Array, condition_number: Array, **given: Any) -> Array:
    """(condition numbers, times)."""
    return np.array([error(t, condition_number=ratio, **given) for ratio in condition_number])


def turns(
    sample_ratio: float, fast_share: float, condition_number: Array, noise_var: float
) -> Array:
    """(condition numbers, 4): times of the first minimum and the maximum, and the errors there."""
    found = []
    for ratio in condition_number:
        t, height = turning_points(sample_ratio, 1.0, fast_share, ratio, noise_var=noise_var)
        found.append([*t[:2], *height[:2]])
    return np.array(found)


def ridge(penalty: Array, sample_ratio: float, fast_share: float, **given: Any) -> Array:
    ratio = given.pop("condition_number")
    return ridge_error(sample_ratio, 1.0, fast_share, ratio, penalty, **given)


def published_ridge(penalty: Array, sample_ratio: float, fast_share: float, **given: Any) -> Array:
    ratio = given.pop("condition_number")
    return published_ridge_error(sample_ratio, 1.0, fast_share, ratio, penalty, **given)


def fast_alone(t: Array, sample_ratio: float, fast_share: float, noise_var: float) -> Array:
    """A student of the fast features only, for whom the slow part of the labels is noise."""
    unseen = 1 - fast_share
    blocks = covariance.BlockCovariance([1.0], [fast_share], [fast_share])
    curve = covariance.learning_curve(
        sample_ratio * t, blocks, sample_ratio, noise_var=noise_var + unseen
    )
    return unseen + curve.bias + curve.variance


def fast_without_noise(t: Array, fast_share: float, **given: Any) -> Array:
    """Altered: slow features do not disturb the fast ones."""
    curve = fast_alone(t, fast_share=fast_share, **given)
    blocks = covariance.BlockCovariance([1.0], [fast_share], [fast_share])
    ratio, noise_var = given["sample_ratio"], given["noise_var"]
    silent = covariance.learning_curve(ratio * t, blocks, ratio, noise_var=noise_var)
    noisy = covariance.learning_curve(
        ratio * t, blocks, ratio, noise_var=noise_var + 1 - fast_share
    )
    return curve + silent.variance - noisy.variance


def given_design(t: Array, noise_var: float, learning_rate: float, **design: Any) -> Array:
    """(R, Q) of one design: R = tr K/d, Q = (abs(F V K (F V)^-1)^2 + noise abs(F V K L^-1/2)^2)/d.

    X^T X = V L V^T, K = 1 - (1 - learning_rate L)^steps.
    """
    X, scales = routes.design_of_seed(**design)
    d = X.shape[1]
    values, vectors = np.linalg.eigh(X.T @ X)
    K = 1 - (1 - learning_rate * values) ** np.rint(t / learning_rate)[:, None]
    student, teacher = scales[:, None] * vectors, vectors / scales[:, None]
    pairs = (student.T @ student) * (teacher.T @ teacher)
    noise = (student**2).sum(axis=0) / values
    return np.column_stack(
        [K.sum(axis=1) / d, (((K @ pairs) * K).sum(axis=1) + noise_var * K**2 @ noise) / d]
    )


def without_noise(t: Array, noise_var: float, **given: Any) -> Array:
    """Altered: Q without its noise."""
    return given_design(t, noise_var=0.0, **given)


def isotropic_curve(t: Array, sample_ratio: float, noise_var: float) -> Array:
    """(R, Q) of the block theory with two blocks of one scale."""
    return order_parameters(
        t, sample_ratio=sample_ratio, fast_share=0.3, condition_number=1.0, noise_var=noise_var
    )


def kappa_differences() -> Any:
    """(difference of s, derivative of s) written through kappa, two blocks."""
    import sympy

    k1, k2, c1, c2, a1, a2 = sympy.symbols("kappa1 kappa2 c1 c2 alpha1 alpha2", positive=True)
    blocks = ((c1, a1), (c2, a2))
    g12 = sum(a * c**2 / ((c + k1) * (c + k2)) for c, a in blocks)
    return sympy.Matrix([(k1 - k2) * (1 - g12), 1 - g12.subs(k2, k1)])


def kappa_residual(forms: Any) -> tuple[Any, ...]:
    """s(kappa) = kappa (1 - sum alpha c/(c + kappa)), alpha = n_k/n."""
    import sympy

    k1, k2, c1, c2, a1, a2 = sympy.symbols("kappa1 kappa2 c1 c2 alpha1 alpha2", positive=True)

    def s(k: Any) -> Any:
        return k * (1 - a1 * c1 / (c1 + k) - a2 * c2 / (c2 + k))

    return s(k1) - s(k2) - forms[0], s(k1).diff(k1) - forms[1]


def kappa_differences_linear() -> Any:
    """Altered: one-point sums in place of the two-point sum."""
    import sympy

    k1, k2, c1, c2, a1, a2 = sympy.symbols("kappa1 kappa2 c1 c2 alpha1 alpha2", positive=True)
    g = a1 * c1 / (c1 + k1) + a2 * c2 / (c2 + k2)
    return sympy.Matrix([(k1 - k2) * (1 - g), 1 - g.subs(k2, k1)])


def scaled_kappa(power: int = 1) -> Any:
    """kappa of inputs scaled by b, at b s."""
    import sympy

    k, b = sympy.symbols("kappa1 b", positive=True)
    return b**power * k


def scaled_residual(scaled: Any) -> tuple[Any, ...]:
    """It solves b s(kappa; c) = s(scaled; b c), and leaves each mode's m c (kappa/s)/(c + kappa) dt alone."""
    import sympy

    k, b, c1, c2, a1, a2, m = sympy.symbols("kappa1 b c1 c2 alpha1 alpha2 m", positive=True)

    def s(k: Any, b: Any) -> Any:
        return k * (1 - a1 * b * c1 / (b * c1 + k) - a2 * b * c2 / (b * c2 + k))

    mode = m * c1 * k / s(k, 1) / (c1 + k)
    moved = m / b * b * c1 * scaled / s(scaled, b) / (b * c1 + scaled)
    return s(scaled, b) - b * s(k, 1), b * moved - mode


SOURCE = "arXiv:2112.03215, "
DERIVED = SOURCE + "model of the paper; the closed form in time is derived here"
MODEL = {"sample_ratio": 1.3, "fast_share": 0.7, "condition_number": 10.0, "noise_var": 0.1}
TIMES = np.geomspace(0.1, 3e3, 24)
DESIGNS: dict[str, Any] = {
    "size": "n_features",
    "sizes": (50, 200, 800),
    "quick_sizes": (20, 80, 320),
    "order": 1.0,
    "noise_exponent": 2.0,
    "margin": 0.02,
}
KAPPAS = {name: (0.2, 3.0) for name in ("kappa1", "kappa2", "c1", "c2", "alpha1", "alpha2")}

CLAIMS = [
    Identity(
        name="kappa-differences",
        statement="Differences and the slope of the self-consistent scale kappa are given by the same "
        "two-point sum, so the two-time error has no pole off the spectrum.",
        source=DERIVED,
        closed_form=kappa_differences,
        residual=kappa_residual,
        coordinate="kappa1",
        domain=KAPPAS,
        alternatives={"one-point sums": kappa_differences_linear},
        equation=r"$(\kappa_1-\kappa_2)(1-\gamma_{12})=s_1-s_2$",
    ),
    Identity(
        name="scale-covariance",
        statement="Only ratios of scales matter: inputs b times as strong in variance are learned b "
        "times as fast, with the same errors.",
        source=SOURCE + "condition number as the only scale",
        closed_form=scaled_kappa,
        residual=scaled_residual,
        coordinate="b",
        domain={name: (0.3, 3.0) for name in ("kappa1", "b", "c1", "c2", "alpha1", "alpha2", "m")},
        alternatives={"kappa grows as b^2": lambda: scaled_kappa(2)},
        equation=r"$\kappa(bs;bC)=b\,\kappa(s;C)$",
    ),
    Deterministic(
        name="equal-scales",
        statement="Equal features follow the isotropic law: the two-block theory at condition number 1 "
        "is an integral over the Marchenko-Pastur density.",
        source=SOURCE + "condition number 1",
        prediction=isotropic_curve,
        measurement=routes.isotropic_order_parameters,
        parameters={"t": np.geomspace(1e-3, 1e4, 15), "sample_ratio": 1.3, "noise_var": 0.2},
        coordinate="t",
        scale="maximum",
        margin=1e-9,
        max_sensitivity=1e-6,
        quantity="R, Q",
        equation=r"$R=\int\rho(\lambda)(1-e^{-\lambda t})d\lambda$",
        cost=1.0,
    ),
    Deterministic(
        name="exact-given-the-design",
        statement="Given the inputs, gradient descent averaged over teacher and noise is a trace: "
        "explicit loops from every teacher direction give the same R and Q.",
        source=SOURCE + "R and Q as traces over the eigenvalues of X^T X",
        prediction=given_design,
        measurement=routes.trained_from_every_direction,
        parameters={
            "t": 0.25 * np.array([1, 2, 3, 5, 10, 30, 100, 400]),
            "n_features": 40,
            "sample_ratio": 1.3,
            "fast_share": 0.7,
            "condition_number": 10.0,
            "noise_var": 0.1,
            "learning_rate": 0.25,
            "seed": 0,
        },
        coordinate="noise_var",
        scale="maximum",
        margin=1e-8,
        alternatives={"no label noise": without_noise},
        quantity="R, Q",
        equation=r"$R=\mathrm{tr}K/d,\ K=1-(1-\eta L)^k$",
        cost=2.0,
    ),
    Ensemble(
        name="error-in-time",
        statement="The error of a student of two scales falls, rises and falls again in training time, "
        "as the two-point deterministic equivalent predicts.",
        source=DERIVED,
        prediction=error,
        measurement=routes.error_of_designs,
        parameters={"t": TIMES, **MODEL, "sample_ratio": 1.5, "noise_var": 0.02},
        coordinate="t",
        alternatives={"ridge with penalty 1/t": stopped_ridge, "equal features": one_scale},
        quantity="error 1 - 2R + Q",
        equation=r"$E=\mathcal{L}\mathcal{L}[\sum_km_kc_ka_ka_k'/(1-\gamma)]+\sigma^2(2A(t)-A(2t))$",
        cost=12.0,
        **DESIGNS,
    ),
    Ensemble(
        name="slow-features-act-as-noise",
        statement="Until slow features are learned, the student overtrains as one of the fast features "
        "alone, whose label noise is the slow part of the labels.",
        source=SOURCE + "first rise of the error explained by overfitting of fast features",
        prediction=fast_alone,
        measurement=partial(routes.error_of_designs, condition_number=1e3),
        parameters={
            "t": np.geomspace(0.1, 100, 16),
            "sample_ratio": 1.5,
            "fast_share": 0.6,
            "noise_var": 0.0,
        },
        coordinate="sample_ratio",
        alternatives={"slow features do not disturb": fast_without_noise},
        quantity="error 1 - 2R + Q",
        cost=12.0,
        **DESIGNS,
    ),
    Ensemble(
        name="order-parameters",
        statement="Overlap R with the teacher and norm Q of the student follow their closed forms in "
        "time.",
        source=DERIVED,
        prediction=order_parameters,
        measurement=routes.order_parameters_of_designs,
        parameters={"t": TIMES, **MODEL},
        coordinate="t",
        quantity="R, Q",
        equation=r"$1-R=\mathcal{L}[\sum_km_kc_k(\kappa/s)/(c_k+\kappa)](t)$",
        cost=15.0,
        **DESIGNS,
    ),
    Ensemble(
        name="training-error",
        statement="The training error falls monotonically through both descents to the unfitted part "
        "1 - d/n of the label noise.",
        source=DERIVED,
        prediction=train_error,
        measurement=routes.train_error_of_designs,
        parameters={"t": TIMES, **MODEL},
        coordinate="t",
        alternatives={"noise learned like the signal": train_without_noise},
        quantity="training error",
        equation=r"$\mathcal{L}[\sum_km_kc_k/(c_k+\kappa)+\sigma^2/\kappa](2t)$",
        cost=12.0,
        **DESIGNS,
    ),
    Ensemble(
        name="steps-of-descent",
        statement="Gradient descent with a large rate is predicted step by step, from the first one.",
        source=SOURCE + "discrete gradient descent; the closed form is derived here",
        prediction=error,
        measurement=routes.error_of_designs,
        parameters={
            "t": 0.4 * np.array([1, 2, 3, 4, 6, 10, 32, 33, 100, 1000, 10000]),
            "learning_rate": 0.4,
            **MODEL,
        },
        coordinate="noise_var",
        alternatives={"gradient flow": flow_error},
        quantity="error 1 - 2R + Q",
        equation=r"$e^{-\lambda t}\to(1-\eta\lambda)^k$",
        cost=12.0,
        **DESIGNS,
    ),
    Ensemble(
        name="condition-numbers",
        statement="The farther apart the scales, the later the second descent.",
        source=SOURCE + "epoch-wise double descent at several condition numbers",
        prediction=errors_at_condition_numbers,
        measurement=routes.error_at_condition_numbers,
        parameters={
            **MODEL,
            "t": np.geomspace(0.3, 1e3, 12),
            "condition_number": np.array([2.0, 5.0, 20.0]),
        },
        coordinate="condition_number",
        quantity="error 1 - 2R + Q",
        cost=15.0,
        **DESIGNS | {"sizes": (40, 160, 640)},
    ),
    Ensemble(
        name="turning-points",
        statement="Best stopping time, worst time and the errors there are those at which the "
        "predicted curve turns.",
        source=SOURCE + "minimum and peak of the epoch-wise curve",
        prediction=turns,
        measurement=routes.turning_points_of_designs,
        parameters={
            "sample_ratio": 1.5,
            "fast_share": 0.6,
            "condition_number": np.array([10.0, 20.0, 50.0]),
            "noise_var": 0.0,
        },
        coordinate="condition_number",
        quantity="turning times and errors",
        cost=20.0,
        **DESIGNS | {"sizes": (40, 160, 640), "margin": 0.03},
    ),
    Ensemble(
        name="coupled-ridge",
        statement="Ridge regression couples fast and slow features through one kappa; the published "
        "form, in which each block sees all samples, is too low once slow features are learned.",
        source=SOURCE + "replica solution, corrected",
        prediction=ridge,
        measurement=routes.ridge_errors_of_designs,
        parameters={
            "penalty": 2 / np.geomspace(1, 1e4, 9),
            "sample_ratio": 1.5,
            "fast_share": 0.6,
            "condition_number": 50.0,
            "noise_var": 0.0,
        },
        coordinate="penalty",
        alternatives={"published form, decoupled": published_ridge},
        quantity="error 1 - 2R + Q",
        equation=r"$\lambda/n=\kappa(1-\frac{1}{n}\sum_kn_kc_k/(c_k+\kappa))$",
        cost=15.0,
        **DESIGNS,
    ),
    Ensemble(
        name="ridge-with-few-samples",
        statement="With fewer samples than features the coupled form holds, where the published one "
        "turns negative.",
        source=SOURCE + "replica solution, corrected",
        prediction=ridge,
        measurement=routes.ridge_errors_of_designs,
        parameters={
            "penalty": 2 / np.geomspace(1, 1e4, 9),
            "sample_ratio": 0.6,
            "fast_share": 0.4,
            "condition_number": 20.0,
            "noise_var": 0.09,
        },
        coordinate="sample_ratio",
        alternatives={"published form, decoupled": published_ridge},
        quantity="error 1 - 2R + Q",
        cost=15.0,
        **DESIGNS,
    ),
    Ensemble(
        name="decoupled-while-slow-features-sleep",
        statement="The published form is right as long as kappa stays far above the slow eigenvalue.",
        source=SOURCE + "replica solution",
        prediction=published_ridge,
        measurement=routes.ridge_errors_of_designs,
        parameters={
            "penalty": 2 / np.geomspace(0.5, 100, 9),
            "sample_ratio": 1.5,
            "fast_share": 0.6,
            "condition_number": 1e3,
            "noise_var": 0.0,
        },
        coordinate="sample_ratio",
        quantity="error 1 - 2R + Q",
        equation=r"$E=1-2(R_1+R_2)+Q_1+Q_2$",
        cost=15.0,
        **DESIGNS | {"margin": 0.01},
    ),
]
