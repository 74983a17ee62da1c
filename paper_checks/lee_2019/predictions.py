"""Predictions of Lee et al. 2019 at the settings of the claims."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.infinite_width import kernel_flow

Array = NDArray[np.float64]
NETWORK = ("hidden_layers", "activation", "sigma_w", "sigma_b")


def pairs_of_kernels(
    X: Any, X_test: Any, *, last_layer_only: bool = False, **given: Any
) -> tuple[Any, Any, Any]:
    """(nngp, ntk) of train, cross and test; of the last layer alone both are the nngp."""
    from lazyrich.theory.infinite_width.kernels import mlp_kernels

    network = {name: given[name] for name in NETWORK}
    x, x_test = np.asarray(X, dtype=float), np.asarray(X_test, dtype=float)
    train, cross, test = (
        mlp_kernels(x, **network), mlp_kernels(x_test, x, **network), mlp_kernels(x_test, **network)
    )  # fmt: skip
    if last_layer_only:
        return (train.nngp,) * 2, (cross.nngp,) * 2, (test.nngp,) * 2
    return train, cross, test


def moments(
    step: Any, learning_rate: float, y: Any, *, discrete: bool = True, **given: Any
) -> kernel_flow.EnsemblePrediction:
    """Mean and covariance of test outputs after each number of steps, or of gradient flow at these times."""
    kernels = pairs_of_kernels(**given)
    return kernel_flow.ensemble_prediction(
        *kernels,
        y,
        np.asarray(step) * learning_rate,
        learning_rate=learning_rate if discrete else None,
    )


def means(**given: Any) -> Array:
    return moments(**given).mean


def variances(**given: Any) -> Array:
    return np.einsum("tii->ti", moments(**given).covariance)


def covariances(**given: Any) -> Array:
    return moments(**given).covariance[:, 0, 1:]


def means_and_covariances(**given: Any) -> Array:
    found = moments(**given)
    above = np.triu_indices(found.mean.shape[-1])
    return np.hstack([found.mean, found.covariance[:, above[0], above[1]]])


def losses(step: Any, learning_rate: float, y: Any, X_test: Any, **given: Any) -> Array:
    train, _, _ = pairs_of_kernels(X_test=X_test, **given)
    return kernel_flow.expected_loss(
        train, y, np.asarray(step) * learning_rate, learning_rate=learning_rate
    )


def variances_of_one_kernel(
    which: str, *, step: Any, learning_rate: float, y: Any, **given: Any
) -> Array:
    """What the variance would be with one kernel, `which`, for both the start and the training.

    It falls to the posterior variance of that kernel at the end, as a Gaussian process conditioned on the data would.
    """
    kernels = [pair[("nngp", "ntk").index(which)] for pair in pairs_of_kernels(**given)]
    train, cross, test = ((kernel, kernel) for kernel in kernels)
    found = kernel_flow.ensemble_prediction(train, cross, test, y, np.asarray(step) * learning_rate)
    return np.einsum("tii->ti", found.covariance)


def _own_kernels(X: Any, X_test: Any, **given: Any) -> dict[str, Any]:
    """Outputs and empirical kernels of the network that the measurement trains."""
    from lazyrich.paper_checks.measurements.lee_2019.linearised import start
    from lazyrich.solvers.networks.ntk_mlp import empirical_ntk, outputs

    parameters, x, x_test = start(X, X_test, **given)
    network = {name: given[name] for name in NETWORK[1:]}
    return {
        "start_train": outputs(parameters, x, **network),
        "start_test": outputs(parameters, x_test, **network),
        "ntk_train": empirical_ntk(parameters, x, **network),
        "ntk_cross": empirical_ntk(parameters, x_test, x, **network),
    }


def linearised_descent(step: Any, learning_rate: float, y: Any, **given: Any) -> Array:
    return kernel_flow.linearised_outputs(
        **_own_kernels(**given),
        y=y,
        t=np.asarray(step) * learning_rate,
        learning_rate=learning_rate,
    )


def linearised_flow(t: Any, y: Any, **given: Any) -> Array:
    return kernel_flow.linearised_outputs(**_own_kernels(**given), y=y, t=t)


def kernel_regression(y_scale: Any, y: Any, **given: Any) -> Array:
    own = _own_kernels(**given)
    return np.array(
        [
            kernel_flow.linearised_outputs(**own, y=scale * np.asarray(y), t=np.inf)
            for scale in y_scale
        ]
    )


def thresholds(sigma_w: Any, steps: int, **given: Any) -> Array:
    """2/lambda_max of the empirical NTK."""
    return np.array(
        [
            kernel_flow.largest_learning_rate(_own_kernels(sigma_w=scale, **given)["ntk_train"])
            for scale in sigma_w
        ]
    )


def sufficient_thresholds(sigma_w: Any, steps: int, **given: Any) -> Array:
    """2/(lambda_min + lambda_max), the published sufficient bound."""
    kernels = [_own_kernels(sigma_w=scale, **given)["ntk_train"] for scale in sigma_w]
    return np.array([2 / np.linalg.eigvalsh(kernel)[[0, -1]].sum() for kernel in kernels])


def paired_descent(
    step: Any, learning_rate: float, X: Any, X_test: Any, y: Any, start_train: Any, start_test: Any,
    ntk_train: Any, ntk_cross: Any, **network: Any,
) -> Array:  # fmt: skip
    """From the measured start of each network."""
    return kernel_flow.linearised_outputs(
        start_train, start_test, ntk_train, ntk_cross, y, np.asarray(step) * learning_rate,
        learning_rate=learning_rate,
    )  # fmt: skip


def relu_variances(width: Any, X: Any, hidden_layers: int, activation: str, **scales: Any) -> Array:
    from lazyrich.theory.infinite_width.kernel_fluctuation import relu_ntk_variance

    above = np.triu_indices(len(X))
    return relu_ntk_variance(X, width=width, **scales)[:, above[0], above[1]]


def mean_kernels(step: Any, X: Any, y: Any, learning_rate: float, **network: Any) -> Array:
    """The kernel of infinite width, at every step."""
    from lazyrich.theory.infinite_width.kernels import mlp_kernels

    ntk = mlp_kernels(np.asarray(X, dtype=float), **network).ntk
    return np.tile(ntk[np.triu_indices(len(ntk))], (len(step), 1))


def relu_kernel_change(
    width: float, learning_rate: Any, X: Any, y: Any, sigma_w: float, sigma_b: float, **_: Any
) -> Array:
    from lazyrich.theory.infinite_width.kernel_fluctuation import relu_kernel_drift

    power = sigma_w**2 * np.mean(np.square(X)) + sigma_b**2
    return relu_kernel_drift(
        y[0], learning_rate, width=width, field_power=power, sigma_w=sigma_w, sigma_b=sigma_b
    )


def change_with_switching(factor: float, width: float, **given: Any) -> Array:
    """The part of order 1/sqrt(n), due to units that pass their kink, times a factor."""
    smooth = _change_without_switching(width, **given)
    return smooth + factor * (relu_kernel_change(width, **given) - smooth)


def _change_without_switching(
    width: float, learning_rate: Any, X: Any, y: Any, sigma_w: float, sigma_b: float, **_: Any
) -> Array:
    """sigma_w^2 S E alpha^2 - 2 sigma_w^4 S^2 eta/n, of order 1/n."""
    power, rate = sigma_w**2 * np.mean(np.square(X)) + sigma_b**2, np.asarray(learning_rate)
    error_power = y[0] ** 2 + sigma_w**2 * power / 2 + sigma_b**2
    return sigma_w**4 * power**2 * rate * (rate * error_power - 2) / width


def _digit_moments(
    classes: tuple[int, int], n_train: int, n_test: int, **given: Any
) -> kernel_flow.EnsemblePrediction:
    from lazyrich.paper_checks.measurements.lee_2019.digits import task

    x, y, x_test, _ = task(classes, n_train, n_test)
    return moments(X=x, y=y, X_test=x_test, **given)


def digit_means(**given: Any) -> Array:
    return _digit_moments(**given).mean


def digit_variances(**given: Any) -> Array:
    return np.einsum("tii->ti", _digit_moments(**given).covariance).mean(axis=-1)


def digit_variances_of_one_kernel(
    which: str, classes: tuple[int, int], n_train: int, n_test: int, **given: Any
) -> Array:
    from lazyrich.paper_checks.measurements.lee_2019.digits import task

    x, y, x_test, _ = task(classes, n_train, n_test)
    return variances_of_one_kernel(which, X=x, y=y, X_test=x_test, **given).mean(axis=-1)
