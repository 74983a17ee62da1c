"""Routes to the numbers of Ali, Kolter and Tibshirani 2018 that use none of its filters.

Explicit gradient descent on the mean loss, ridge regression by dense linear algebra, and a search for the
worst case by an optimiser. An estimator linear in the labels is a matrix B, w = B y; its risk is the
average over noise (and prior) of B's two parts.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def design(seed: int, n_train: int, n_inputs: int) -> tuple[Array, Array, Array]:
    """Inputs (P, N) of a random non-white covariance, that covariance, and a teacher (N,)."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((n_inputs, n_inputs)))[0]
    scales = np.geomspace(1.5, 0.3, n_inputs)
    inputs = rng.standard_normal((n_train, n_inputs)) * scales @ basis.T
    return inputs, basis * scales**2 @ basis.T, rng.standard_normal(n_inputs)


def descended(inputs: Array, t: Array, learning_rate: float) -> Array:
    """Gradient descent as a matrix B at each time, (times, N, P): one run for every unit label."""
    from lazyrich.solvers.networks.linear_student import gradient_descent

    steps = np.rint(np.asarray(t) / learning_rate).astype(np.int64)
    start = np.zeros(inputs.shape[1])
    runs = [
        gradient_descent(inputs, label, start, learning_rate, int(steps[-1]), steps)
        for label in np.eye(len(inputs))
    ]
    return np.stack(runs, axis=2)


def ridge(inputs: Array, penalty: Any) -> Array:
    """Ridge regression as a matrix B for each penalty, (penalties, N, P)."""
    n_train, n_inputs = inputs.shape
    covariance = inputs.T @ inputs / n_train
    return np.stack(
        [
            np.linalg.solve(covariance + each * np.eye(n_inputs), inputs.T / n_train)
            for each in penalty
        ]
    )


def risk(
    estimator: Array, inputs: Array, teachers: Array, noise_var: float, metric: Array
) -> Array:
    """Sum over teachers (columns) of the bias, plus the variance, in a metric (N, N)."""
    left = estimator @ (inputs @ teachers) - teachers
    bias = np.einsum("tij,ik,tkj->t", left, metric, left, optimize=True)
    variance = np.einsum("tip,ik,tkp->t", estimator, metric, estimator, optimize=True)
    return bias + noise_var * variance


def metrics(inputs: Array) -> tuple[Array, Array]:
    """Error of the weights, and of the predictions on the samples."""
    return np.eye(inputs.shape[1]), inputs.T @ inputs / len(inputs)


def risks_of_descent(
    t: Array, seed: int, n_train: int, n_inputs: int, noise_var: float, learning_rate: float
) -> Array:
    """Risk of gradient descent in both metrics, (times, 2)."""
    inputs, _, teacher = design(seed, n_train, n_inputs)
    estimator = descended(inputs, t, learning_rate)
    given = (inputs, teacher[:, None], noise_var)
    return np.column_stack([risk(estimator, *given, metric) for metric in metrics(inputs)])


def risks_of_ridge(t: Array, seed: int, n_train: int, n_inputs: int, noise_var: float) -> Array:
    """Risk of ridge at penalty 1/t in both metrics, (times, 2)."""
    inputs, _, teacher = design(seed, n_train, n_inputs)
    estimator = ridge(inputs, 1 / np.asarray(t))
    given = (inputs, teacher[:, None], noise_var)
    return np.column_stack([risk(estimator, *given, metric) for metric in metrics(inputs)])


def excess_over_ridge(
    t: Array,
    seed: int,
    n_train: int,
    n_inputs: int,
    prior_var: float,
    noise_var: float,
    learning_rate: float,
) -> Array:
    """Bayes excess risk on fresh inputs of gradient descent, less the least of ridge regression.

    The prior is averaged over by one teacher along each input; the best penalty is searched for.
    """
    from scipy.optimize import minimize_scalar

    inputs, covariance, _ = design(seed, n_train, n_inputs)
    given = (inputs, np.sqrt(prior_var) * np.eye(n_inputs), noise_var, covariance)

    def ridge_risk(log_penalty: float) -> float:
        return float(risk(ridge(inputs, np.array([np.exp(log_penalty)])), *given)[0])

    least = minimize_scalar(ridge_risk, bounds=(-12, 12), method="bounded", options={"xatol": 1e-7})
    return risk(descended(inputs, t, learning_rate), *given) - least.fun


def norm_ratio(x: Array, t: float, n_train: int, learning_rate: float) -> Array:
    """|w| of gradient descent over |w| of ridge at penalty 1/t, on designs of one eigenvalue x/t."""
    rng = np.random.default_rng(0)
    directions = np.linalg.qr(rng.standard_normal((n_train, 3)))[0]
    labels = rng.standard_normal(n_train)
    found = []
    for each in x:
        inputs = np.sqrt(each / t * n_train) * directions
        weights = descended(inputs, np.array([t]), learning_rate)[0] @ labels
        found.append(np.linalg.norm(weights) / np.linalg.norm(ridge(inputs, [1 / t])[0] @ labels))
    return np.array(found)


def _labelled(logs: Array, seed: int) -> tuple[Array, Array]:
    """Inputs with the eigenvalues exp(logs) of X^T X/P in a random basis; the flow's B at t = 1."""
    from scipy.linalg import expm

    n = len(logs)
    rng = np.random.default_rng(seed)
    left = np.linalg.qr(rng.standard_normal((n + 2, n)))[0]
    right = np.linalg.qr(rng.standard_normal((n, n)))[0]
    inputs = left * np.sqrt((n + 2) * np.exp(logs)) @ right.T
    covariance = inputs.T @ inputs / (n + 2)
    flow = np.linalg.solve(covariance, (np.eye(n) - expm(-covariance)) @ inputs.T / (n + 2))
    return inputs, flow[None]


def _worst(objective: Any, n_parameters: int) -> float:
    """Largest value that an optimiser finds, from many starts."""
    from scipy.optimize import minimize

    rng = np.random.default_rng(1)
    starts = rng.normal(scale=1.5, size=(12, n_parameters))
    options = {"maxiter": 4000, "xatol": 1e-7, "fatol": 1e-11, "adaptive": True}
    runs = [
        minimize(lambda p: -objective(p), start, method="Nelder-Mead", options=options)
        for start in starts
    ]
    return max(-float(run.fun) for run in runs)


def worst_risk_ratio(n_inputs: int) -> Array:
    """Largest ratio of the weights' risk, flow at t = 1 over ridge at 1, that a search finds.

    Over all eigenvalues and teachers, relative to noise of variance 1: (1,).
    """

    def ratio(parameters: Array) -> float:
        logs, teacher = np.clip(parameters[:n_inputs], -12, 4), parameters[n_inputs:]
        inputs, flow = _labelled(logs, 0)
        given = (inputs, teacher[:, None], 1.0, np.eye(n_inputs))
        return float(risk(flow, *given)[0] / risk(ridge(inputs, [1.0]), *given)[0])

    return np.array([_worst(ratio, 2 * n_inputs)])


def worst_tuned_ratio(n_inputs: int) -> Array:
    """The same under an isotropic prior, with the noise for which the penalty 1 is optimal: (1,)."""

    def ratio(parameters: Array) -> float:
        inputs, flow = _labelled(np.clip(parameters, -12, 4), 0)
        given = (inputs, np.eye(n_inputs), float(len(inputs)), np.eye(n_inputs))
        return float(risk(flow, *given)[0] / risk(ridge(inputs, [1.0]), *given)[0])

    return np.array([_worst(ratio, n_inputs)])


def isotropic_ratio(
    rng: np.random.Generator, n_inputs: float, t: Array, sample_ratio: float, snr: float
) -> Array:
    """Excess risk of flow at t over that of ridge at penalty 1/t, averaged over teacher and noise.

    Inputs of variance 1, noise of variance 1 and teacher weights of variance snr/N.
    """
    from lazyrich.solvers.networks.linear_student import averaged_errors, gaussian_design

    n = int(n_inputs)
    inputs = gaussian_design(round(sample_ratio * n), np.ones(n), rng)
    flow = averaged_errors(inputs, np.ones(n), snr / n, t, noise_var=1.0)
    teachers = np.sqrt(snr / n) * np.eye(n)
    estimators = ridge(inputs, 1 / t)
    against = [risk(each[None], inputs, teachers, 1.0, np.eye(n))[0] for each in estimators]
    return (flow.signal + flow.noise) / np.array(against)
