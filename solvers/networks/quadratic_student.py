r"""A two-layer student with quadratic units and a fixed readout that learns a quadratic teacher.

f(x) = (alpha/N) sum_i phi(w_i . x) - f0(x), phi(h) = h + eps h^2/2, with f0 the network at the start
(centred) or 0. Inputs x ~ N(0, I/D), labels c (beta . x)^2 + noise, c = 1/2 unless said. Full-batch
gradient descent on (1/P) sum (f - y)^2, without 1/2. The error on fresh inputs is a Gaussian moment of the weights
and is computed exactly, so that no test set adds noise: its integrand has heavy tails.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import (
    finite_matrix,
    one_number,
    positive_number,
    real_array,
)
from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.deep_linear_input import checked_steps
from lazyrich.solvers.networks.memory import require_memory
from lazyrich.solvers.networks.quadratic_start import (
    Start,
    learning_rate_of,
    planted_start,
    random_inputs,
    random_start,
)

Array = NDArray[np.float64]
Steps = NDArray[np.int64]

__all__ = [
    "Start",
    "Trajectory",
    "learning_rate_of",
    "loss_parts",
    "planted_start",
    "random_inputs",
    "random_start",
    "train",
]

DIVERGED = 1e6
"""Training has diverged once the error exceeds this many times its start plus the mean of y^2."""

_FLOP_PER_CALL = 1e8  # a compiled call ends within a fraction of a second, so that Ctrl-C works


class Trajectory(NamedTuple):
    """What was recorded while training; the first axis is the number of updates made."""

    steps: Steps
    """(T,)"""
    train_loss: Array
    """Mean of (f - y)^2 on the P labels, their noise included, (T,)."""
    test_loss: Array
    """E (f - c (beta . x)^2)^2 over fresh inputs, (T,); the sum of its three parts."""
    test_parts: Array
    """(T, 3): linear, trace and alignment part, see `loss_parts`."""
    mean_weight: Array
    """Mean of the units' weights, (T, D)."""
    second_moment_norm: Array
    """Frobenius norm of M = W^T W/N, (T,)."""
    second_moment_aligned: Array
    """beta^T M beta/abs(beta)^2, (T,)."""
    weight_norm: Array
    """Frobenius norm of W, (T,)."""
    overlap: Array
    """w_i . beta/D, (T, N)."""
    weight_steps: Steps
    """(S,)"""
    weights: Array
    """W at `weight_steps`, (S, N, D)."""


def loss_parts(
    weights: ArrayLike,
    beta: ArrayLike,
    output_scale: float,
    quadratic_strength: float,
    *,
    start: ArrayLike | None = None,
    target_factor: float = 0.5,
) -> Array:
    r"""Linear, trace and alignment part of E (f - c (beta . x)^2)^2; their sum is the test loss.

    f - y = b . x + x^T A x/2 with b = alpha (mean w - mean w0), A = alpha eps (M - M0) - 2c beta beta^T
    gives abs(b)^2/D, (tr A)^2/(4 D^2) and abs(A)_F^2/(2 D^2) for x ~ N(0, I/D).

    Parameters
    ----------
    weights : array_like, (N, D)
    beta : array_like, (D,)
    output_scale, quadratic_strength : float
        alpha > 0, eps.
    start : array_like, (N0, D), optional
        Weights at the start, for centred outputs.
    target_factor : float
        c.

    Returns
    -------
    array, (3,)

    Examples
    --------
    A centred student that has not moved errs by E (beta . x)^4/4 = 3/4:

    >>> w = np.array([[1.0, 0.3]])
    >>> loss_parts(w, [0.0, np.sqrt(2)], 1.0, 0.5, start=w)
    array([0.  , 0.25, 0.5 ])
    """
    w = finite_matrix(weights, "weights")
    teacher = _vector(beta, "beta", w.shape[1])
    first = None if start is None else finite_matrix(start, "start")
    if first is not None and first.shape[1] != w.shape[1]:
        raise ValueError(f"start has {first.shape[1]} inputs, weights {w.shape[1]}")
    scale = positive_number(output_scale, "output_scale")
    eps = one_number(quadratic_strength, "quadratic_strength")
    return _parts(w, first, teacher, scale, eps, one_number(target_factor, "target_factor"))


def train(
    start: Start,
    inputs: ArrayLike,
    learning_rate: float,
    record_steps: ArrayLike,
    *,
    output_scale: float,
    quadratic_strength: float,
    centered: bool = True,
    label_noise: ArrayLike | None = None,
    target_factor: float = 0.5,
    weight_steps: ArrayLike | None = None,
) -> Trajectory:
    """Train all units by full-batch gradient descent on (1/P) sum (f - y)^2.

    A step is w_i <- w_i - eta (2 alpha/(N P)) sum_mu (f - y)_mu (1 + eps h_imu) x_mu.

    Parameters
    ----------
    start : Start
        Weights (N, D) and teacher (D,); not changed.
    inputs : array_like, (P, D)
        A sample in each row, such as `random_inputs`.
    learning_rate : float
        eta > 0; `learning_rate_of` converts the one natural in many dimensions.
    record_steps : array_like of int, (T,)
        Numbers of updates, strictly increasing from 0 on, after which to record.
    output_scale : float
        alpha > 0.
    quadratic_strength : float
        eps.
    centered : bool
        Whether the outputs of the start are subtracted.
    label_noise : array_like, (P,), optional
        Added to the labels.
    target_factor : float
        c in the target c (beta . x)^2.
    weight_steps : array_like of int, (S,), optional
        Steps among `record_steps` at which W is kept; default the last.

    Returns
    -------
    Trajectory

    Raises
    ------
    ValueError
        For values outside these ranges or shapes that do not fit.
    FloatingPointError
        Where training diverges, with the step.

    Examples
    --------
    Without the quadratic part the teacher stays unlearned and the linear part only fits noise:

    >>> rng = np.random.default_rng(0)
    >>> begin, x = planted_start(20, [0.2], rng), random_inputs(60, 20, rng)
    >>> run = train(begin, x, 1.0, [0, 200], output_scale=1.0, quadratic_strength=0.0)
    >>> print(run.test_loss[0].round(6), run.test_loss[1] > 1, run.train_loss[1] < run.train_loss[0])
    0.75 True True
    """
    w = finite_matrix(start.weights, "start.weights").copy()
    x = finite_matrix(inputs, "inputs", "a non-empty matrix, a sample in each row")
    teacher = _vector(start.beta, "start.beta", w.shape[1])
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"inputs has {x.shape[1]} columns, the weights {w.shape[1]}")
    scale = positive_number(output_scale, "output_scale")
    eps = one_number(quadratic_strength, "quadratic_strength")
    factor = one_number(target_factor, "target_factor")
    noise = 0.0 if label_noise is None else _vector(label_noise, "label_noise", len(x))
    rate = (
        2
        * scale
        / (w.size // w.shape[1] * len(x))
        * positive_number(learning_rate, "learning_rate")
    )
    steps = checked_steps(record_steps, "record_steps")
    kept = steps[-1:] if weight_steps is None else checked_steps(weight_steps, "weight_steps")
    if not np.isin(kept, steps).all():
        raise ValueError(f"weight_steps = {kept}; needs steps that are among record_steps")
    require_memory(8.0 * w.size * (len(kept) + 4), "the recorded weights")
    labels = factor * (x @ teacher) ** 2 + noise
    run = _Run(w, x, labels, scale, eps, rate, centered)
    record = _Record(
        w.copy() if centered else None, teacher, scale, eps, factor, set(kept.tolist())
    )
    with one_blas_thread():
        for step in steps.tolist():
            record.add(run.weights, run.advance(step), step)
    return record.trajectory(steps, kept)


class _Run:
    """A student in training."""

    def __init__(
        self,
        w: Array,
        x: Array,
        labels: Array,
        scale: float,
        eps: float,
        rate: float,
        centered: bool,
    ) -> None:
        from lazyrich.solvers.networks.quadratic_student_kernel import evaluate

        if centered:
            h = x @ w.T
            labels = labels + scale * (h + eps / 2 * h**2).mean(axis=1)
        self.weights, self.given, self.rate, self.step = w, (x, labels), rate, 0
        self.model, self.gradient = (scale, eps), np.empty(w.shape)
        with one_blas_thread():
            self.loss = evaluate(x, labels, w, *self.model, self.gradient)
        self.bound = DIVERGED * (self.loss + float(np.mean(labels**2))) + 1e-300
        self.chunk = 1 + int(_FLOP_PER_CALL / (4.0 * w.size * len(x)))

    def advance(self, step: int) -> float:
        """The loss after `step` updates."""
        from lazyrich.solvers.networks.quadratic_student_kernel import descend

        while self.step < step:
            count = min(self.chunk, step - self.step)
            self.loss, bad = descend(
                *self.given, self.weights, *self.model, self.gradient, self.rate, self.bound, count
            )
            if bad >= 0:
                raise FloatingPointError(
                    f"training diverged at step {self.step + bad}: the error passed {DIVERGED:g} times "
                    "its scale. A smaller learning_rate is needed; the largest stable one shrinks "
                    "with the largest field among the samples"
                )
            self.step += count
        return self.loss


class _Record:
    """What is noted of the weights, step by step."""

    def __init__(
        self,
        start: Array | None,
        beta: Array,
        scale: float,
        eps: float,
        factor: float,
        kept: set[int],
    ) -> None:
        self.start, self.beta, self.model, self.kept = start, beta, (scale, eps, factor), kept
        self.weights: list[Array] = []
        self.rows: list[tuple[Any, ...]] = []

    def add(self, w: Array, loss: float, step: int) -> None:
        fields = w @ self.beta
        aligned = fields @ fields / (len(w) * (self.beta @ self.beta))
        moment = np.linalg.norm(_smaller_product(w)) / len(w)
        parts = _parts(w, self.start, self.beta, *self.model)
        norm = np.linalg.norm(w)
        overlap = fields / w.shape[1]
        self.rows.append((loss, parts.sum(), parts, w.mean(axis=0), moment, aligned, norm, overlap))
        if step in self.kept:
            self.weights.append(w.copy())

    def trajectory(self, steps: Steps, kept: Steps) -> Trajectory:
        columns = [np.array(column) for column in zip(*self.rows, strict=True)]
        return Trajectory(*[steps, *columns, kept, np.array(self.weights)])


def _parts(
    w: Array, start: Array | None, beta: Array, scale: float, eps: float, factor: float
) -> Array:
    dim, shift = len(beta), w.mean(axis=0)
    rows, signs = [w], [np.full(len(w), scale * eps / len(w))]
    if start is not None:
        shift = shift - start.mean(axis=0)
        rows.append(start)
        signs.append(np.full(len(start), -scale * eps / len(start)))
    stacked = np.vstack([*rows, beta])
    factors = np.concatenate([*signs, [-2 * factor]])
    if len(stacked) < dim:  # A = V^T diag(s) V of few rows: traces of products of V V^T
        gram = stacked @ stacked.T
        trace, square = factors @ gram.diagonal(), factors @ gram**2 @ factors
    else:
        matrix = (stacked.T * factors) @ stacked
        trace, square = matrix.trace(), (matrix**2).sum()
    linear = scale**2 * (shift @ shift) / dim
    return np.array([linear, trace**2 / 4 / dim**2, square / 2 / dim**2])


def _smaller_product(w: Array) -> Array:
    """W W^T or W^T W: their Frobenius norms are equal."""
    return w @ w.T if len(w) < w.shape[1] else w.T @ w


def _vector(values: ArrayLike, name: str, length: int) -> Array:
    vector = real_array(values, name)
    if vector.shape != (length,) or not np.isfinite(vector).all():
        raise ValueError(f"{name} has shape {vector.shape}; needs ({length},), finite numbers")
    return vector
