"""Encoders that train: routes to the numbers of Littwin et al. 2024 that use none of its formulas.

Objectives are "jepa" and "mae"; strengths are |Wb e_i|, the product of the encoder's layers.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _trained(
    t: Array, cross: Any, coefficients: Any, start: Any, objective: str, rate: float, **given: Any
) -> Any:
    """Record of a training run at times t, which must be multiples of the rate."""
    from lazyrich.solvers.networks.self_distillation import train, views_from_features

    steps = np.rint(np.asarray(t) / rate).astype(np.int64)
    assert np.allclose(steps * rate, t, rtol=1e-12)
    return train(start, views_from_features(cross, coefficients), objective, rate, steps, **given)


def train_encoders(
    t: Array,
    durations: Any,
    cross_covariances: Any,
    regression_coefficients: Any,
    initial_weight: float,
    depths: Any,
    objective: str,
    learning_rate: float,
) -> Array:
    """|Wb e_i| of encoders with random orthogonal layers: (times, features, depths)."""
    from lazyrich.solvers.networks.self_distillation import structured_start

    found = []
    for depth, duration in zip(depths, durations, strict=True):
        rng = np.random.default_rng(depth)
        start = structured_start(len(cross_covariances), depth, initial_weight, objective, rng)
        run = _trained(
            duration * t, cross_covariances, regression_coefficients, start, objective,
            learning_rate,
        )  # fmt: skip
        found.append(run.strengths)
    return np.stack(found, axis=-1)


def train_with_moving_average(
    t: Array,
    cross_covariances: Any,
    regression_coefficients: Any,
    initial_weight: float,
    depth: int,
    ema_rates: Any,
    learning_rate: float,
) -> Array:
    """|Wb e_i| and |Wt e_i|: (times, features, rates, 2)."""
    from lazyrich.solvers.networks.self_distillation import structured_start

    found = []
    for rate in ema_rates:
        rng = np.random.default_rng(0)
        start = structured_start(len(cross_covariances), depth, initial_weight, "jepa", rng)
        run = _trained(
            t, cross_covariances, regression_coefficients, start, "jepa", learning_rate,
            ema_rate=rate,
        )  # fmt: skip
        found.append(np.stack([run.strengths, np.linalg.norm(run.target, axis=1)], axis=-1))
    return np.stack(found, axis=2)


def final_strengths(
    regression_coefficient: Array, initial_weight: float, depths: Any, learning_rate: float
) -> Array:
    """|Wb e_i| at the end of training, one feature each: (coefficients, depths, (jepa, mae))."""
    from lazyrich.solvers.networks.self_distillation import structured_start

    found = np.empty((len(regression_coefficient), len(depths), 2))
    cross = np.ones(len(regression_coefficient))
    for k, objective in enumerate(("jepa", "mae")):
        for j, depth in enumerate(depths):
            rng = np.random.default_rng(depth)
            start = structured_start(len(cross), depth, initial_weight, objective, rng)
            t = np.array([800.0, 1000.0])
            run = _trained(t, cross, regression_coefficient, start, objective, learning_rate)
            assert np.abs(run.strengths[1] - run.strengths[0]).max() < 1e-7
            found[:, j, k] = run.strengths[1]
    return found


def _crossings(t: Array, strengths: Array, levels: Array) -> Array:
    """Times at which each feature crosses its levels, (levels, features); cubic between records."""
    from scipy.interpolate import CubicSpline

    found = np.empty_like(levels)
    for i, strength in enumerate(strengths.T):
        spline = CubicSpline(t, strength)
        for j, level in enumerate(levels[:, i]):
            after = int(np.argmax(strength >= level))
            assert after > 0
            roots = spline.solve(level, extrapolate=False)
            found[j, i] = roots[(roots >= t[after - 1]) & (roots <= t[after])][0]
    return found


def crossing_times(
    fraction: Array,
    regression_coefficients: Any,
    initial_weight: float,
    depths: Any,
    objective: str,
    durations: Any,
    learning_rate: float,
) -> Array:
    """Times at which features of equal lam = 1 reach fractions of the strength they end with.

    (fractions, features, depths), from encoders with random orthogonal layers.
    """
    from lazyrich.solvers.networks.self_distillation import structured_start

    found = []
    for depth, duration in zip(depths, durations, strict=True):
        rng = np.random.default_rng(depth)
        cross = np.ones(len(regression_coefficients))
        start = structured_start(len(cross), depth, initial_weight, objective, rng)
        spacing = 0.04 if duration < 50 else 0.24 if duration < 500 else 0.48
        t = spacing * np.arange(round(duration / spacing) + 1)
        run = _trained(
            np.append(t, duration + 600), cross, regression_coefficients, start, objective,
            learning_rate,
        )  # fmt: skip
        levels = np.asarray(fraction)[:, None] * run.strengths[-1]
        found.append(_crossings(t, run.strengths[:-1], levels))
    return np.stack(found, axis=-1)


def relative_gaps(
    regression_coefficients: Any,
    initial_weight: float,
    depths: Any,
    objective: str,
    durations: Any,
    fraction: float,
    learning_rate: float,
) -> Array:
    """(t_i - t_first)/t_first of trained encoders: (other features, depths)."""
    times = crossing_times(
        np.array([fraction]), regression_coefficients, initial_weight, depths, objective,
        durations, learning_rate,
    )[0]  # fmt: skip
    return times[1:] / times[0] - 1


def crossing_times_from_perturbed_layers(
    fraction: Array,
    regression_coefficients: Any,
    initial_weight: float,
    depth: int,
    duration: float,
    learning_rate: float,
    perturbation: float,
) -> Array:
    """As `crossing_times` of JEPA, with Gaussian noise of norm perturbation x w0 in every layer."""
    from lazyrich.solvers.networks.self_distillation import Start, structured_start

    rng = np.random.default_rng(5)
    d = len(regression_coefficients)
    start = structured_start(d, depth, initial_weight, "jepa", rng)
    noise = rng.standard_normal(start.layers.shape) / np.sqrt(d)
    start = Start(start.layers + perturbation * initial_weight * noise, start.predictor)
    t = duration * np.arange(0, 1001) / 1000
    run = _trained(t, np.ones(d), regression_coefficients, start, "jepa", learning_rate)
    levels = np.asarray(fraction)[:, None] * np.asarray(regression_coefficients) ** depth
    return _crossings(t, run.strengths, levels)


def digit_views(rng: np.random.Generator, copies: int, components: Any, noise: float) -> Any:
    """Second moments of two noisy views of handwritten digits.

    Both views get independent noise in every pixel; then both are projected on the given principal
    components of the clean digits and divided by the clean standard deviations. Up to the sample,
    <y x^T> = 1 and <x x^T> = 1 + noise^2/variance of the component: equal cross-covariances, and
    regression coefficients that fall with the variance. `copies` noisy pairs a digit.
    """
    from lazyrich.solvers.networks.linear_tasks import digits
    from lazyrich.solvers.networks.self_distillation import Views, views_from_samples

    data = digits(whitened=True)
    chosen = list(components)
    clean, project = data.inputs[:, chosen], data.transform[:, chosen]
    moments = []
    for _ in range(copies):
        noisy = [clean + noise * rng.standard_normal((len(clean), 64)) @ project for _ in range(2)]
        moments.append(views_from_samples(*noisy))
    return Views(*(np.mean(m, axis=0) for m in zip(*moments, strict=True)))


def train_on_digit_views(
    rng: np.random.Generator,
    copies: int,
    t: Array,
    durations: Any,
    initial_weight: float,
    depth: int,
    components: Any,
    noise: float,
    learning_rate: float,
) -> dict[str, Array]:
    """|Wb e_i| of JEPA and MAE: (times, features, 2), and what was measured of the views."""
    from lazyrich.solvers.networks.self_distillation import structured_start, train

    views = digit_views(rng, copies, components, noise)
    found = []
    for objective, duration in zip(("jepa", "mae"), durations, strict=True):
        start = structured_start(len(views.sigma_xx), depth, initial_weight, objective, rng)
        steps = np.rint(duration * t / learning_rate).astype(np.int64)
        found.append(train(start, views, objective, learning_rate, steps).strengths)
    cross = views.sigma_yx.diagonal().copy()
    return {
        "values": np.stack(found, axis=-1),
        "cross_covariances": cross,
        "regression_coefficients": cross / views.sigma_xx.diagonal(),
    }


def train_on_time_series(
    rng: np.random.Generator,
    n_samples: int,
    t: Array,
    persistences: Any,
    variances: Any,
    durations: Any,
    initial_weight: float,
    depth: int,
    learning_rate: float,
) -> Array:
    """|Wb e_i| of JEPA and MAE that learn from neighbours in one series: (times, features, 2)."""
    from lazyrich.solvers.networks.self_distillation import (
        structured_start,
        train,
        views_from_samples,
    )
    from lazyrich.solvers.networks.time_series import autoregressive_neighbours

    views = views_from_samples(
        *autoregressive_neighbours(int(n_samples), persistences, variances, rng)
    )
    found = []
    for objective, duration in zip(("jepa", "mae"), durations, strict=True):
        start = structured_start(len(persistences), depth, initial_weight, objective, rng)
        steps = np.rint(duration * t / learning_rate).astype(np.int64)
        found.append(train(start, views, objective, learning_rate, steps).strengths)
    return np.stack(found, axis=-1)
