"""Ridge regressions on random designs of several blocks, averaged over teachers and label noise.

Dimensions and numbers of samples are multiples of `scale`, the size that goes to infinity.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


ROWS = 8
"""Designs of P = multiple x scale rows are repeated until they have ROWS x scale rows together."""


class _Fit(NamedTuple):
    modes: Array
    train: Array
    residual_share: Array


def _fits(
    rng: np.random.Generator,
    scale: float,
    samples: Any,
    dimensions: Sequence[float],
    variances: Sequence[float],
    teacher_norms_squared: Sequence[float],
    penalty: Any,
    noise_var: float = 0.0,
) -> _Fit:
    """Means over designs for each number of samples, more of them where they are small."""
    from lazyrich.solvers.networks.linear_student import gaussian_design
    from lazyrich.solvers.networks.ridge_student import averaged_ridge

    n = np.rint(scale * np.asarray(dimensions)).astype(int)
    teacher, found = np.asarray(teacher_norms_squared) / n, []
    for multiple in samples:
        fits = []
        for _ in range(max(1, round(ROWS / multiple))):
            X = gaussian_design(round(scale * multiple), np.repeat(variances, n), rng)
            errors = averaged_ridge(X, n.tolist(), variances, teacher, penalty, noise_var=noise_var)
            fits.append(
                (
                    errors.signal + errors.noise,
                    errors.train_signal + errors.train_noise,
                    errors.residual_share,
                )
            )
        found.append([np.mean(each, axis=0) for each in zip(*fits, strict=True)])
    return _Fit(*(np.array(each) for each in zip(*found, strict=True)))


def mode_errors(rng: np.random.Generator, **given: Any) -> Array:
    """Error in each block: (samples, penalties..., blocks)."""
    return _fits(rng, **given).modes


def risk(rng: np.random.Generator, **given: Any) -> Array:
    """Excess risk: (samples, penalties...)."""
    return _fits(rng, **given).modes.sum(axis=-1)


def train_error(rng: np.random.Generator, **given: Any) -> Array:
    """Mean squared error on the noisy training labels: (samples, penalties...)."""
    return _fits(rng, **given).train


def effective_ridge(rng: np.random.Generator, penalty: Any, **given: Any) -> Array:
    """1/kappa is the mean eigenvalue of (X X^T/P + penalty)^-1: (samples, penalties...)."""
    blocks = given | {"teacher_norms_squared": np.zeros(len(given["dimensions"]))}
    return np.asarray(penalty) / _fits(rng, penalty=penalty, **blocks).residual_share


def test_and_validation_error(rng: np.random.Generator, noise_var: float, **given: Any) -> Array:
    """Test error with label noise, and generalised cross-validation, which sees the training data only.

    GCV = train error/(1 - degrees of freedom/P)^2. (samples, penalties..., 2).
    """
    fit = _fits(rng, noise_var=noise_var, **given)
    test = fit.modes.sum(axis=-1) + noise_var
    return np.stack([test, fit.train / fit.residual_share**2], axis=-1)


def samples_to_learn(
    rng: np.random.Generator,
    scale: float,
    fraction: Array,
    dimensions: Sequence[float],
    variances: Sequence[float],
    penalty: float,
    largest: float,
) -> Array:
    """P/scale at which a fraction of a block's power is still missed, without noise: (fractions, blocks).

    One design of largest x scale rows, of which more and more are used.
    """
    from lazyrich.solvers.networks.linear_student import gaussian_design
    from lazyrich.solvers.networks.ridge_student import averaged_ridge

    n = np.rint(scale * np.asarray(dimensions)).astype(int)
    c = np.asarray(variances)
    X = gaussian_design(round(scale * largest), np.repeat(variances, n), rng)
    teacher, power = 1 / n, c
    known: dict[int, Array] = {}

    def missed(n_train: int) -> Array:
        if n_train not in known:
            fit = averaged_ridge(X[:n_train], n.tolist(), c, teacher, penalty)
            known[n_train] = fit.signal / power
        return known[n_train]

    found = np.empty((len(fraction), len(n)))
    for i, left in enumerate(fraction):
        for k in range(len(n)):
            low, high = 1, len(X)
            while high - low > 1:
                middle = round(np.sqrt(low * high)) if high > 2 * low else (low + high) // 2
                low, high = (middle, high) if missed(middle)[k] > left else (low, middle)
            before, after = missed(low)[k], missed(high)[k]
            found[i, k] = (low + (before - left) / (before - after)) / scale
    return found
