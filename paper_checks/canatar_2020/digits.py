"""Real data: the spectrum and the teacher measured on handwritten digits predict regression on subsets.

Training sets are drawn with replacement, so that their samples are independent draws from the population
of 1797 digits, as the theory supposes. The theory takes what a linear map cannot explain for noise that does
not depend on the inputs, and modes for Gaussian. With little regularisation digits deviate from that.
"""

from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Ensemble
from lazyrich.paper_checks.measurements.canatar_2020 import digits as routes
from lazyrich.theory.double_descent import covariance
from lazyrich.theory.double_descent.covariance import Spectrum

Array = NDArray[np.float64]


@cache
def linear_spectrum(n_components: int = 64) -> Spectrum:
    """Spectrum, teacher and noise of the digits' pixels."""
    return covariance.spectrum_of(*routes.population(n_components), whole_population=True)


@cache
def kernel_spectrum(width: float) -> Spectrum:
    """The same in the eigenfunctions of a kernel on all digits."""
    return covariance.kernel_spectrum_of(routes.kernel(width), routes.population()[1])


def test_error(spectrum: Spectrum, n_train: Array, penalty: Any) -> Array:
    """Error of ridge regression: (sizes of training set, penalties)."""
    blocks, noise = spectrum
    P = np.asarray(n_train, dtype=float)[:, None]
    return covariance.ridge_risk(blocks, P, penalty, noise_var=noise).risk + noise


def error_in_time(spectrum: Spectrum, steps: Array, learning_rate: float, n_train: Array) -> Array:
    """Error of gradient descent: (steps, sizes of training set)."""
    blocks, noise = spectrum
    curves = [
        covariance.learning_curve(
            np.asarray(steps) * learning_rate,
            blocks,
            P,
            noise_var=noise,
            learning_rate=learning_rate,
        )
        for P in n_train
    ]
    return np.stack([curve.bias + curve.variance for curve in curves], axis=-1) + noise


def linear_test_error(n_train: Array, penalty: Array) -> Array:
    return test_error(linear_spectrum(), n_train, penalty)


def linear_excess(n_train: Array, penalty: Array) -> Array:
    return linear_test_error(n_train, penalty) - linear_spectrum().noise_var


def linear_excess_in_time(**given: Any) -> Array:
    spectrum = linear_spectrum()
    return error_in_time(spectrum, **given) - spectrum.noise_var


def kernel_test_error(n_train: Array, penalty: Array, width: float) -> Array:
    return test_error(kernel_spectrum(width), n_train, penalty)


def kernel_error_in_time(width: float, **given: Any) -> Array:
    return error_in_time(_merged(kernel_spectrum(width)), **given)


def _merged(spectrum: Spectrum) -> Spectrum:
    """Eigenvalues within 5 % of each other as one block of the same trace and teacher power.

    1797 blocks become 180; errors change by less than 1e-3 of themselves.
    """
    blocks, noise = spectrum
    c, m = blocks.eigenvalues, blocks.teacher_norms_squared
    first = np.unique(np.floor(np.log(c / c.max()) / np.log(1.05)), return_index=True)[1]
    first = np.sort(first)
    n = np.diff(np.append(first, c.size)).astype(float)
    trace, power = np.add.reduceat(c, first), np.add.reduceat(m * c, first)
    return Spectrum(covariance.BlockCovariance(trace / n, n, power * n / trace), noise)


def excess(
    n_train: Array, penalty: Array, n_components: int, dependent_noise: bool = True
) -> Array:
    """Excess risk where the noise e depends on the inputs: (sizes of training set, penalties).

    In the variance, noise_var n_k c_k gives way to E e^2 x_k^2, measured along each principal direction k.
    """
    blocks, noise = linear_spectrum(n_components)
    P = np.asarray(n_train, dtype=float)[:, None]
    plain = covariance.ridge_risk(blocks, P, penalty, noise_var=noise)
    if not dependent_noise:
        return plain.risk
    clean = covariance.ridge_risk(blocks, P, penalty)
    c, kappa = blocks.eigenvalues, plain.kappa[..., None]
    weight = c / (c + kappa) ** 2
    measured = (weight * _noise_along(n_components)).sum(axis=-1)
    return clean.risk + (plain.risk - clean.risk) * measured / (noise * (weight * c).sum(axis=-1))


@cache
def _noise_along(n_components: int) -> Array:
    inputs, targets = routes.population(n_components)
    residuals = targets - inputs @ np.linalg.lstsq(inputs, targets)[0]
    return ((residuals**2).sum(axis=1, keepdims=True) * inputs**2).mean(axis=0)


SOURCE = "arXiv:2006.13198, "
REAL = SOURCE + "experiments on real data; here scikit-learn's digits"
SUBSETS: dict[str, Any] = {"size": "n_subsets", "sizes": (25,)}
PENALTIES = np.array([0.03, 0.1, 0.3])
WIDTH = 2.0

CLAIMS = [
    Ensemble(
        name="gaussian-inputs-with-the-covariance-of-digits",
        statement="For Gaussian inputs with the covariance of digits and their best linear map the measured "
        "spectrum predicts the test error, also with little regularisation.",
        source=REAL,
        prediction=linear_test_error,
        measurement=routes.gaussian_test_error,
        parameters={
            "n_train": np.array([100, 200, 400, 800]),
            "penalty": np.array([1e-3, 1e-2, 0.1]),
        },
        coordinate="n_train",
        quantity="test error",
        cost=10.0,
        margin=0.015,
        **SUBSETS,
    ),
    Ensemble(
        name="linear-regression-on-digits",
        statement="Spectrum and teacher measured on digits predict the excess risk of ridge regression on "
        "random subsets of them, as long as the penalty is not weak.",
        source=REAL,
        prediction=linear_excess,
        measurement=routes.linear_excess,
        parameters={"n_train": np.array([60, 100, 200, 400]), "penalty": np.array([0.1, 0.3, 1.0])},
        coordinate="penalty",
        quantity="excess risk",
        cost=10.0,
        margin=0.025,
        **SUBSETS | {"sizes": (75,)},
    ),
    Ensemble(
        name="noise-depends-on-the-inputs",
        statement="With little regularisation the excess risk on digits is higher than for independent "
        "noise: what a linear map misses is largest where inputs are large, and the measured noise along "
        "each direction predicts it.",
        source=REAL + "; correction derived here",
        equation=r"$\sigma^2\gamma\to\frac{1}{P}\sum_kc_k\langle e^2x_k^2\rangle/(c_k+\kappa)^2$",
        prediction=excess,
        measurement=routes.linear_excess,
        parameters={
            "n_train": np.array([600, 1200]),
            "penalty": np.array([1e-4, 1e-3, 1e-2]),
            "n_components": 40,
        },
        coordinate="n_train",
        alternatives={"independent noise": partial(excess, dependent_noise=False)},
        quantity="excess risk",
        cost=15.0,
        margin=0.03,
        **SUBSETS | {"sizes": (100,)},
    ),
    Ensemble(
        name="linear-regression-on-digits-in-time",
        statement="They predict the excess risk in time under gradient descent, step by step, until late times.",
        source=REAL + "; in time derived here",
        prediction=linear_excess_in_time,
        measurement=routes.linear_excess_in_time,
        parameters={
            "steps": np.array([2, 4, 8, 16, 20]),
            "learning_rate": 0.5,
            "n_train": np.array([100, 400]),
        },
        coordinate="learning_rate",
        quantity="excess risk",
        cost=15.0,
        margin=0.025,
        **SUBSETS,
    ),
    Ensemble(
        name="kernel-regression-on-digits",
        statement="Eigenvalues and eigenfunctions of a Gaussian kernel on digits predict the test error of "
        "kernel regression on random subsets.",
        source=REAL,
        prediction=kernel_test_error,
        measurement=routes.kernel_test_error,
        parameters={
            "n_train": np.array([40, 80, 160, 320, 640]),
            "penalty": PENALTIES,
            "width": WIDTH,
        },
        coordinate="penalty",
        quantity="test error",
        cost=20.0,
        margin=0.012,
        **SUBSETS,
    ),
    Ensemble(
        name="kernel-regression-on-digits-in-time",
        statement="They predict the test error in time of kernel regression by gradient descent.",
        source=REAL + "; in time derived here",
        prediction=kernel_error_in_time,
        measurement=routes.kernel_error_in_time,
        parameters={
            "steps": np.array([1, 2, 4, 8, 16, 30]),
            "learning_rate": 1.0,
            "n_train": np.array([80, 320]),
            "width": WIDTH,
        },
        coordinate="learning_rate",
        quantity="test error",
        cost=20.0,
        margin=0.012,
        **SUBSETS,
    ),
]
