r"""Full-batch gradient descent of deep linear encoders on pairs of views (JEPA and MAE).

An encoder Wb = W_L ... W_1 and a predictor V, all d x d, learn from two views x, y of dimension d by

    "jepa":  1/2 <|V Wb x - Wt y|^2>,   Wt = Wb or its moving average, held fixed in the gradient
    "mae":   1/2 <|V Wb x - y|^2>

With R = T Sigma_yx - V Wb Sigma_xx, T = Wt or 1, the updates are learning_rate times
R Wb^T for V and (V W_L ... W_{l+1})^T R (W_{l-1} ... W_1)^T for W_l: only the second moments of the
views enter. With `ema_rate` kappa each layer of the target moves by
learning_rate kappa (W_l - Wt_l) in the same update.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.deep_linear_input import checked_steps
from lazyrich.solvers.networks.initial_weights import random_frame
from lazyrich.solvers.networks.memory import require_memory
from lazyrich.solvers.networks.second_moments import finite_matrix
from lazyrich.solvers.networks.self_distillation_kernel import advance

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

OBJECTIVES = ("jepa", "mae")
DIVERGED = 1e8
"""Training has diverged once |R|^2 exceeds this many times its start plus |Sigma_yx|^2."""

_UPDATES_PER_CALL = (
    20_000  # a compiled call ends within a fraction of a second, so that Ctrl-C works
)


class Views(NamedTuple):
    """Second moments of two views, (d, d) each: <x x^T>, <y x^T>, <y y^T>."""

    sigma_xx: Array
    sigma_yx: Array
    sigma_yy: Array


class Start(NamedTuple):
    """Initial weights."""

    layers: Array
    """W_1, ..., W_L, (L, d, d)."""
    predictor: Array
    """V, (d, d)."""


class Trajectory(NamedTuple):
    """What was recorded; the first axis is time, learning_rate x steps."""

    steps: Steps
    """Number of updates made before each record, (T,)."""
    loss: Array
    """(T,); of JEPA, with the target of that step."""
    encoder: Array
    """Wb, (T, d, d)."""
    predictor: Array
    """V, (T, d, d)."""
    target: Array
    """The target's product of layers, (T, d, d); equals `encoder` without a moving average."""
    overlaps: Array
    """Wb^T Wb, (T, d, d): products of the features (Wb e_i) . (Wb e_j)."""
    strengths: Array
    """|Wb e_i|, (T, d)."""


def views_from_samples(x: ArrayLike, y: ArrayLike) -> Views:
    """Second moments of P pairs of views, one pair in each row; means are not removed.

    Examples
    --------
    >>> views_from_samples([[1.0], [-1.0]], [[3.0], [-1.0]]).sigma_yx.item()
    2.0
    """
    first, second = finite_matrix(x, "x"), finite_matrix(y, "y")
    if first.shape != second.shape:
        raise ValueError(f"x has shape {first.shape} and y {second.shape}; views come in pairs")
    n = len(first)
    with one_blas_thread():
        return Views(first.T @ first / n, second.T @ first / n, second.T @ second / n)


def views_from_features(cross_covariances: ArrayLike, regression_coefficients: ArrayLike) -> Views:
    """Views with Sigma_yx = diag(lambda_i) and Sigma_xx = diag(lambda_i/rho_i).

    Sigma_yy = Sigma_xx, or what is left of y without noise, lambda_i rho_i, where that is larger.

    Parameters
    ----------
    cross_covariances, regression_coefficients : (d,)
        lambda_i and rho_i, positive.

    Examples
    --------
    >>> views_from_features([1.0], [0.5]).sigma_xx.item()
    2.0
    """
    lam = np.asarray(cross_covariances, dtype=np.float64)
    rho = np.asarray(regression_coefficients, dtype=np.float64)
    if lam.ndim != 1 or lam.size == 0 or lam.shape != rho.shape:
        raise ValueError(
            f"cross_covariances has shape {lam.shape} and regression_coefficients {rho.shape}; "
            "expected two lists of one length, (d,)"
        )
    if not (np.isfinite(lam) & np.isfinite(rho) & (lam > 0) & (rho > 0)).all():
        raise ValueError(
            f"cross_covariances = {lam} and regression_coefficients = {rho}; "
            "all must be positive and finite"
        )
    variances = lam / rho
    return Views(np.diag(variances), np.diag(lam), np.diag(np.maximum(variances, lam * rho)))


def structured_start(
    dimension: int, depth: int, initial_weight: float, objective: str, rng: np.random.Generator
) -> Start:
    """W_l = w0 U_l U_{l-1}^T with random orthogonal U_l, U_0 = 1; V = w0 (jepa) or w0 U_L^T (mae).

    Every singular value of every layer is w0, and the layers turn at random, yet the map V Wb (mae)
    and Wb^T V Wb (jepa) are multiples of the unit matrix: features e_i start decoupled.

    Examples
    --------
    >>> start = structured_start(3, 2, 0.5, "mae", np.random.default_rng(0))
    >>> bool(np.allclose(start.predictor @ start.layers[1] @ start.layers[0], 0.125 * np.eye(3)))
    True
    """
    _check_objective(objective)
    if depth < 1 or dimension < 1 or not (np.isfinite(initial_weight) and initial_weight > 0):
        raise ValueError(
            f"dimension = {dimension}, depth = {depth}, initial_weight = {initial_weight}; "
            "needs dimension >= 1, depth >= 1 and a finite positive initial_weight"
        )
    frames = [np.eye(dimension)] + [random_frame(dimension, dimension, rng) for _ in range(depth)]
    layers = [initial_weight * frames[k + 1] @ frames[k].T for k in range(depth)]
    predictor = np.eye(dimension) if objective == "jepa" else frames[-1].T
    return Start(np.stack(layers), initial_weight * predictor)


def train(
    start: Start,
    views: Views,
    objective: str,
    learning_rate: float,
    record_steps: ArrayLike,
    *,
    ema_rate: float | None = None,
) -> Trajectory:
    """Train one encoder with its predictor and record its features.

    Parameters
    ----------
    start : Start
        Initial weights, for example from :func:`structured_start`; they are not changed.
    views : Views
        Second moments, from :func:`views_from_samples` or :func:`views_from_features`.
    objective : {"jepa", "mae"}
    learning_rate : float
        Positive.
    record_steps : (T,) int
        Steps after which to record: strictly increasing, from 0 on. Step 0 is the initial state.
    ema_rate : float, optional
        kappa in (0, 1/learning_rate): the target of JEPA starts as the encoder and follows it at
        this rate, layer by layer. Without it the target is the encoder itself.

    Returns
    -------
    Trajectory

    Raises
    ------
    ValueError
        Shapes that do not fit, values that are not finite or outside these ranges, an unknown
        objective, steps that do not increase, or records that would not fit in memory.
    FloatingPointError
        The residual became infinite or exceeded 1e8 times its scale; the message names the step.

    Examples
    --------
    Both learn the feature of their views; JEPA its regression coefficient:

    >>> views = views_from_features([1.0, 0.8], [0.9, 0.7])
    >>> start = structured_start(2, 1, 0.5, "jepa", np.random.default_rng(0))
    >>> print(np.round(train(start, views, "jepa", 0.05, [0, 2000]).strengths, 6).tolist())
    [[0.5, 0.5], [0.9, 0.7]]
    """
    _check_objective(objective)
    layers, predictor, views = _checked(start, views)
    steps = checked_steps(record_steps, "record_steps")
    if not (np.isfinite(learning_rate) and learning_rate > 0):
        raise ValueError(f"learning_rate = {learning_rate}; it must be positive and finite")
    latent, ema_step = objective == "jepa", 1.0
    if ema_rate is not None:
        ema_step = float(learning_rate * ema_rate)
        if not (latent and 0 < ema_step < 1):
            raise ValueError(
                f"ema_rate = {ema_rate} with objective {objective!r} and learning_rate = "
                f"{learning_rate}; needs 'jepa' and 0 < ema_rate < 1/learning_rate"
            )
    require_memory(32.0 * len(steps) * predictor.size, "the recorded matrices")
    target, done = layers.copy(), 0
    bound = _bound(layers, predictor, views, latent)
    records = []
    with one_blas_thread():
        for step in steps:
            while done < step:
                updates = min(int(step) - done, _UPDATES_PER_CALL)
                failed = advance(
                    layers, predictor, target, views.sigma_xx, views.sigma_yx, latent, ema_step,
                    float(learning_rate), bound, updates,
                )  # fmt: skip
                if failed >= 0:
                    raise _diverged(done + int(failed), learning_rate)
                done += updates
            records.append(_record(layers, predictor, target, ema_step < 1, latent, views))
            if not np.isfinite(records[-1][0]):
                raise _diverged(done, learning_rate)
    loss, encoder, predictors, targets = (np.array(column) for column in zip(*records, strict=True))
    overlaps = encoder.swapaxes(1, 2) @ encoder
    strengths = np.sqrt(np.einsum("tii->ti", overlaps))
    return Trajectory(steps, loss, encoder, predictors, targets, overlaps, strengths)


def loss(predictor: Array, encoder: Array, target: Array | None, views: Views) -> float:
    """1/2 <|V Wb x - T y|^2>, with T the given map of y, or 1."""
    network = predictor @ encoder
    goal = np.eye(len(predictor)) if target is None else target
    cross = np.sum(network * (goal @ views.sigma_yx))
    power = np.sum(goal * (goal @ views.sigma_yy))
    return float(np.sum(network * (network @ views.sigma_xx)) - 2 * cross + power) / 2


def _product(layers: Array) -> Array:
    return reduce(lambda product, layer: layer @ product, layers, np.eye(layers.shape[-1]))


def _record(
    layers: Array, predictor: Array, target: Array, moving: bool, latent: bool, views: Views
) -> tuple[float, Array, Array, Array]:
    with np.errstate(over="ignore", invalid="ignore"):
        encoder = _product(layers)
        goal = _product(target) if moving else encoder
        now = loss(predictor, encoder, goal if latent else None, views)
    return now, encoder, predictor.copy(), goal


def _bound(layers: Array, predictor: Array, views: Views, latent: bool) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        encoder = _product(layers)
        goal = encoder @ views.sigma_yx if latent else views.sigma_yx
        residual = goal - predictor @ encoder @ views.sigma_xx
        scale = float(np.sum(residual**2) + np.sum(views.sigma_yx**2))
        return min(DIVERGED * scale, float(np.finfo(float).max))


def _diverged(step: int, learning_rate: float) -> FloatingPointError:
    return FloatingPointError(
        f"training diverged at step {step}: the residual passed {DIVERGED:g} times its scale; "
        f"learning_rate = {learning_rate} is too large"
    )


def _check_objective(objective: str) -> None:
    if objective not in OBJECTIVES:
        raise ValueError(f"objective = {objective!r}; needs one of {OBJECTIVES}")


def _checked(start: Start, views: Views) -> tuple[Array, Array, Views]:
    layers: Sequence[Array] = [
        finite_matrix(layer, f"layers[{k}]") for k, layer in enumerate(start.layers)
    ]
    moments = Views(*(finite_matrix(m, name) for m, name in zip(views, Views._fields, strict=True)))
    predictor = finite_matrix(start.predictor, "predictor").copy()
    shapes = {each.shape for each in (*layers, predictor, *moments)}
    if not layers or len(shapes) != 1 or predictor.shape[0] != predictor.shape[1]:
        raise ValueError(f"shapes {sorted(shapes)}; layers, predictor and moments are all (d, d)")
    return np.stack(layers), predictor, moments
