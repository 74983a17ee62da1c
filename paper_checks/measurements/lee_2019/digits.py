"""Wide networks trained to tell two handwritten digits apart."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.measurements.lee_2019.ensembles import trained

Array = NDArray[np.float64]


@cache
def task(classes: tuple[int, int], n_train: int, n_test: int) -> tuple[Array, Array, Array, Array]:
    """(X, y, X_test, y_test): images in random order, centred over both classes, |x|^2 = d; targets +1 and -1."""
    from lazyrich.solvers.networks.linear_tasks import digits

    data = digits(whitened=False)
    chosen = np.flatnonzero(np.isin(data.labels, classes))
    order = np.random.default_rng(0).permutation(chosen)[: n_train + n_test]
    inputs = data.inputs - data.inputs[chosen].mean(axis=0)
    x = inputs[order] * np.sqrt(inputs.shape[1])
    x /= np.linalg.norm(inputs[order], axis=1, keepdims=True)
    y = np.where(data.labels[order] == classes[0], 1.0, -1.0)
    return x[:n_train], y[:n_train], x[n_train:], y[n_train:]


def outputs(
    rng: np.random.Generator, classes: tuple[int, int], n_train: int, n_test: int, **given: Any
) -> Array:
    """Outputs on held-out digits, (steps, families, networks, n_test)."""
    x, y, x_test, _ = task(classes, n_train, n_test)
    return trained(rng, X=x, y=y, X_test=x_test, **given)[1]


def means(rng: np.random.Generator, **given: Any) -> Array:
    """Mean output on every held-out digit, (steps, n_test)."""
    return outputs(rng, **given).mean(axis=(1, 2))


def mean_variances(rng: np.random.Generator, **given: Any) -> Array:
    """Variance of outputs over networks, averaged over held-out digits, (steps,)."""
    found = outputs(rng, **given)
    flat = found.reshape(len(found), -1, found.shape[-1])
    return flat.var(axis=1).mean(axis=-1)
