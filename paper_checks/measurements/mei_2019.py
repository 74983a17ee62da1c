"""Routes to the numbers of Mei and Montanari 2019: trained random-feature students, and their equations.

Sizes grow together: d inputs, p = feature_ratio d features, n = sample_ratio d samples; teachers have
length 1. Errors are exact averages over teachers, label noise and (but for kernels) fresh inputs.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LINEAR = {"relu": 0.5, "erf": 2 / np.sqrt(3 * np.pi)}
NONLINEAR = {
    "relu": 0.25 - 1 / (2 * np.pi),
    "erf": 2 / np.pi * np.arcsin(2 / 3) - 4 / (3 * np.pi),
}
N_TEST = 1000  # fresh inputs of students with infinitely many features


def _whole(number: float, size: float) -> int:
    exact = number * size
    assert abs(exact - round(exact)) < 1e-9, f"{number} of {size} is not whole"
    return round(exact)


def _student(
    rng: np.random.Generator, weights: Array, n_train: int, activation: str, equivalent: bool
) -> Any:
    from lazyrich.solvers.networks import random_feature_maps as maps
    from lazyrich.solvers.networks.random_feature_student import Student

    if equivalent:
        moments = LINEAR[activation], NONLINEAR[activation]
        return Student(maps.gaussian_features(weights, n_train, *moments, rng))
    return Student(maps.real_features(weights, n_train, activation, rng))


def _students(
    rng: np.random.Generator,
    n_inputs: float,
    feature_ratio: Any,
    sample_ratio: Any,
    activation: str,
    equivalent: bool,
) -> list[Any]:
    """One student for each pair of ratios, with weights of its own."""
    from lazyrich.solvers.networks.random_feature_maps import feature_weights

    pairs = zip(*np.broadcast_arrays(feature_ratio, sample_ratio), strict=True)
    found = []
    for features, samples in pairs:
        weights = feature_weights(_whole(features, n_inputs), int(n_inputs), rng)
        found.append(_student(rng, weights, _whole(samples, n_inputs), activation, equivalent))
    return found


def bias_and_variance(
    rng: np.random.Generator,
    n_inputs: float,
    feature_ratio: Any,
    sample_ratio: Any,
    penalty: Any,
    activation: str = "relu",
    equivalent: bool = False,
) -> Array:
    """Bias, and variance for label noise 1, of one student a pair of ratios: (ratios, penalties..., 2)."""
    students = _students(rng, n_inputs, feature_ratio, sample_ratio, activation, equivalent)
    return np.array([np.stack(student.ridge_risk(penalty), axis=-1) for student in students])


def risk(rng: np.random.Generator, noise_var: float, **given: Any) -> Array:
    errors = bias_and_variance(rng, **given)
    return errors[..., 0] + noise_var * errors[..., 1]


def tuned_risk(
    rng: np.random.Generator,
    n_inputs: float,
    feature_ratio: Any,
    sample_ratio: Any,
    noise_var: float,
    activation: str = "relu",
) -> Array:
    """Smallest risk over all penalties, (ratios,)."""
    students = _students(rng, n_inputs, feature_ratio, sample_ratio, activation, False)
    return np.array([_best(student.ridge_risk, noise_var)[1] for student in students])


def _best(ridge_risk: Callable[[Any], Any], noise_var: float) -> tuple[float, float]:
    """Penalty that minimises the risk, and the risk there."""
    from scipy.optimize import minimize_scalar

    def at(log_penalty: float) -> float:
        errors = ridge_risk(np.exp(log_penalty))
        return float(errors.signal + noise_var * errors.noise)

    found = minimize_scalar(at, bounds=(-12.0, 6.0), method="bounded", options={"xatol": 1e-5})
    return float(np.exp(found.x)), float(found.fun)


def nonlinear_noise_risk(
    rng: np.random.Generator,
    n_inputs: float,
    nonlinear_variance: Array,
    feature_ratio: float,
    sample_ratio: float,
    penalty: float,
    noise_var: float,
) -> Array:
    """Risk with Gaussian features x + z of each variance of z."""
    from lazyrich.solvers.networks import random_feature_maps as maps
    from lazyrich.solvers.networks.random_feature_student import Student

    found = []
    for variance in nonlinear_variance:
        weights = maps.feature_weights(_whole(feature_ratio, n_inputs), int(n_inputs), rng)
        features = maps.gaussian_features(
            weights, _whole(sample_ratio, n_inputs), 1.0, variance, rng
        )
        errors = Student(features).ridge_risk(penalty)
        found.append(errors.signal + noise_var * errors.noise)
    return np.array(found)


def kernel_errors(
    rng: np.random.Generator, n_inputs: float, sample_ratio: Array, penalty: Any
) -> Array:
    """Bias and variance with infinitely many ReLU features: (ratios, penalties..., 2)."""
    from lazyrich.solvers.networks.random_feature_kernel import relu_student

    students = [
        relu_student(_whole(ratio, n_inputs), int(n_inputs), N_TEST, rng) for ratio in sample_ratio
    ]
    return np.array([np.stack(student.ridge_risk(penalty), axis=-1) for student in students])


def best_kernel_penalty(
    rng: np.random.Generator, n_inputs: float, noise_var: Array, sample_ratio: float
) -> Array:
    """Best penalty with infinitely many ReLU features, for each noise."""
    from lazyrich.solvers.networks.random_feature_kernel import relu_student

    student = relu_student(_whole(sample_ratio, n_inputs), int(n_inputs), N_TEST, rng)
    return np.array([_best(student.ridge_risk, noise)[0] for noise in noise_var])


def unexpressed(
    rng: np.random.Generator, n_inputs: float, feature_ratio: Array, activation: str
) -> Array:
    """What the best readout misses of the teacher, from infinitely many samples."""
    from lazyrich.solvers.networks import random_feature_maps as maps

    found = []
    for ratio in feature_ratio:
        weights = maps.feature_weights(_whole(ratio, n_inputs), int(n_inputs), rng)
        features = maps.real_features(weights, 1, activation, rng)
        best = np.linalg.solve(features.covariance, features.of_inputs)
        found.append(1 - (features.of_inputs * best).sum() / n_inputs)
    return np.array(found)


def flow_end(rng: np.random.Generator, noise_var: float, **given: Any) -> Array:
    """Risk of gradient flow after infinite time, (ratios,)."""
    students = _students(rng, **given, equivalent=False)
    ends = [student.flow_risk(np.inf, noise_var=noise_var) for student in students]
    return np.array([end.signal + end.noise for end in ends])


def errors_in_time(
    rng: np.random.Generator,
    n_inputs: float,
    t: Array,
    feature_ratio: float,
    sample_ratio: float,
    noise_var: float,
    activation: str,
    weight_seed: int,
    equivalent: bool = False,
) -> Array:
    """Risk, and what label noise adds over its variance, at times t n_inputs: (times, 2).

    One student with the weights of `weight_seed`, which are the same for every rng.
    """
    from lazyrich.solvers.networks.random_feature_maps import feature_weights

    fixed = np.random.default_rng([weight_seed, int(n_inputs)])
    weights = feature_weights(_whole(feature_ratio, n_inputs), int(n_inputs), fixed)
    student = _student(rng, weights, _whole(sample_ratio, n_inputs), activation, equivalent)
    errors = student.flow_risk(np.asarray(t) * n_inputs)
    return np.stack([errors.signal + noise_var * errors.noise, errors.noise], axis=-1)


def descended_errors(
    rng: np.random.Generator,
    n_inputs: float,
    t: Array,
    learning_rate: float,
    feature_ratio: float,
    sample_ratio: float,
    noise_var: float,
    activation: str,
    weight_seed: int,
) -> Array:
    """The same after t/learning_rate steps of gradient descent, all labels trained step by step."""
    from lazyrich.solvers.networks import random_feature_maps as maps
    from lazyrich.solvers.networks.random_feature_student import averaged_risk, descend

    fixed = np.random.default_rng([weight_seed, int(n_inputs)])
    weights = maps.feature_weights(_whole(feature_ratio, n_inputs), int(n_inputs), fixed)
    n_train = _whole(sample_ratio, n_inputs)
    features = maps.real_features(weights, n_train, activation, rng)
    labels = np.hstack([features.inputs, np.eye(n_train)])
    steps = np.rint(t / learning_rate).astype(int)
    readouts = descend(features, labels, learning_rate * n_inputs, steps)
    errors = averaged_risk(features, *np.split(readouts, [int(n_inputs)], axis=2))
    return np.stack([errors.signal + noise_var * errors.noise, errors.noise], axis=-1)


def stopped_risk(
    rng: np.random.Generator, n_inputs: float, t: Array, feature_ratio: Array, **given: Any
) -> Array:
    """Smallest risk over the times t, for each number of features."""
    curves = [errors_in_time(rng, n_inputs, t, ratio, **given)[:, 0] for ratio in feature_ratio]
    return np.array([curve.min() for curve in curves])


def polynomial_risk(
    feature_ratio: Array,
    sample_ratio: Array,
    penalty: Array,
    linear: float,
    nonlinear_variance: float,
    noise_var: float,
) -> Array:
    """The paper's equations in 200 digits: a quartic for chi, and E_1/E_0, E_2/E_0 at its root.

    nu_1 = i a, nu_2 = i b and chi = -a b solve a (u + b + zeta^2 b/(1 + zeta^2 a b)) = psi_1 and the same
    with 1 and 2 exchanged; products of both give the quartic. (feature_ratio, pairs of n/d and penalty).
    """
    found = [
        [
            _paper_risk(psi_1, psi_2, lam, linear, nonlinear_variance, noise_var)
            for psi_2, lam in zip(sample_ratio, penalty, strict=True)
        ]
        for psi_1 in feature_ratio
    ]
    return np.array(found)


def _paper_risk(
    psi_1: Any, psi_2: Any, penalty: Any, linear: float, nonlinear: float, noise: float
) -> float:
    import mpmath

    with mpmath.workdps(200):
        p1, p2, lam, extra = (mpmath.mpf(float(x)) for x in (psi_1, psi_2, penalty, nonlinear))
        zeta_sq = mpmath.mpf(linear) ** 2 / extra
        u_sq = p1 * p2 * (lam / p2) / extra

        def used(z: Any) -> Any:
            return z + zeta_sq * z / (1 + zeta_sq * z)

        # (1 + zeta^2 z)^2 [u^2 z - (psi_1 - used)(psi_2 - used)] from its factors, lowest order first
        one = [mpmath.mpf(1), zeta_sq]
        numerator = [mpmath.mpf(0), 1 + zeta_sq, zeta_sq]
        left = _product([0, u_sq], _product(one, one))
        right = _product(*(_difference([p * c for c in one], numerator) for p in (p1, p2)))
        quartic = _difference(left, right)
        roots = mpmath.polyroots(quartic[::-1], maxsteps=2000, extraprec=2000)
        (z,) = (
            r.real for r in roots
            if abs(r.imag) < abs(r) * mpmath.mpf(10) ** -60 and r.real > 0
            and used(r.real) < min(p1, p2)
        )  # fmt: skip
        bias, variance = _polynomials(-z, zeta_sq, p1, p2)
        return float(bias + noise * variance)


def _polynomials(chi: Any, z: Any, p1: Any, p2: Any) -> tuple[Any, Any]:
    """E_1/E_0 and E_2/E_0 of the paper, z = zeta^2."""
    e0 = (
        -(chi**5) * z**3 + 3 * chi**4 * z**2 + (p1 * p2 - p2 - p1 + 1) * chi**3 * z**3
        - 2 * chi**3 * z**2 - 3 * chi**3 * z + (p1 + p2 - 3 * p1 * p2 + 1) * chi**2 * z**2
        + 2 * chi**2 * z + chi**2 + 3 * p1 * p2 * chi * z - p1 * p2
    )  # fmt: skip
    e1 = p2 * chi**3 * z**2 - p2 * chi**2 * z + p1 * p2 * chi * z - p1 * p2
    e2 = (
        chi**5 * z**3 - 3 * chi**4 * z**2 + (p1 - 1) * chi**3 * z**3 + 2 * chi**3 * z**2
        + 3 * chi**3 * z + (-p1 - 1) * chi**2 * z**2 - 2 * chi**2 * z - chi**2
    )  # fmt: skip
    return e1 / e0, e2 / e0


def _product(a: list[Any], b: list[Any]) -> list[Any]:
    out = [0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] += x * y
    return out


def _difference(a: list[Any], b: list[Any]) -> list[Any]:
    size = max(len(a), len(b))
    a, b = (x + [0] * (size - len(x)) for x in (a, b))
    return [x - y for x, y in zip(a, b, strict=True)]
