r"""A linear student that learns a random linear teacher from finitely many noisy samples.

Inputs x ~ N(0, diag(variances)) stand in the P rows of X, labels y = X w* + noise, and the student w
descends the mean loss abs(y - X w)^2/(2P); time t = learning rate x steps. On the eigenvectors of
X^T X/P the student decays towards its minimum mode by mode, so that one singular value decomposition
gives all times of one design, averaged over teacher, initial weights and label noise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import (
    finite_matrix,
    generator,
    positive_number,
    whole_number,
)
from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.linear_student_input import (
    non_negative,
    per_input,
    record_steps,
    times_of,
    variance_vector,
    vector,
    whole_steps,
)
from lazyrich.solvers.networks.memory import require_memory

Array = NDArray[np.float64]

DIVERGED = 1e8
"""Descent has diverged once the mean squared error exceeds this many times its start."""

_FLOP_PER_CALL = 1e8  # a compiled call ends within a fraction of a second, so that Ctrl-C works
_CLIPPED = -700.0  # np.exp leaves its fast path below


class AveragedErrors(NamedTuple):
    """Means over teachers, initial weights and label noise for one design; each of t's shape."""

    signal: Array
    """Part of E (w - w*)^T C (w - w*), C = diag(variances), from teacher and initial weights."""
    noise: Array
    """Its part from the label noise; the excess risk is the sum of both."""
    train: Array
    """Mean squared error on the noisy labels, without 1/2."""
    weight_norm: Array
    """E abs(w)^2, summed over the weights."""


def gaussian_design(n_train: int, variances: ArrayLike, rng: np.random.Generator) -> Array:
    """Independent inputs x ~ N(0, diag(variances)), one in each row: (n_train, N).

    Raises
    ------
    ValueError
        n_train is not whole and at least 1, a variance is negative or not finite, or rng is none.

    Examples
    --------
    >>> gaussian_design(3, [1.0, 0.5], np.random.default_rng(0)).shape
    (3, 2)
    """
    n_train = whole_number(n_train, "n_train")
    variance = variance_vector(variances, "variances")
    require_memory(8.0 * n_train * len(variance), "the inputs")
    normal = generator(rng).standard_normal((n_train, len(variance)))
    normal *= np.sqrt(variance)
    return normal


def averaged_errors(
    X: ArrayLike,
    variances: ArrayLike,
    teacher_variances: ArrayLike,
    t: ArrayLike,
    *,
    noise_var: float = 0.0,
    init_variances: ArrayLike = 0.0,
    learning_rate: float | None = None,
) -> AveragedErrors:
    """Errors of the student at times t, exact for this design.

    Parameters
    ----------
    X : array_like, (P, N)
        Inputs, a sample in each row.
    variances : array_like, (N,)
        Variances of the inputs of the test samples, >= 0.
    teacher_variances : array_like, (N,) or scalar
        Variance of each independent teacher weight w*_i of mean 0, >= 0.
    t : array_like, any shape
        Time, in [0, inf]: flow time, or learning rate x steps.
    noise_var : float
        Variance of the label noise, >= 0.
    init_variances : array_like, (N,) or scalar
        Variance of each independent initial weight of mean 0, >= 0.
    learning_rate : float, optional
        For exact gradient descent, of which t/learning_rate is then a whole number of steps.
        Without it, gradient flow.

    Returns
    -------
    AveragedErrors

    Raises
    ------
    ValueError
        For shapes that do not fit, values outside these ranges, or a learning rate that is not
        below 2/(largest eigenvalue of X^T X/P), with which descent diverges.

    Examples
    --------
    One sample of one input, 2 x in a label: all is learned at last.

    >>> averaged_errors([[2.0]], [1.0], [1.0], [0.0, np.inf]).signal
    array([1., 0.])
    """
    inputs = finite_matrix(X, "X", "a non-empty matrix, a sample in each row")
    n_train, n_inputs = inputs.shape
    test = per_input(variances, "variances", n_inputs)
    teacher = per_input(teacher_variances, "teacher_variances", n_inputs)
    initial = per_input(init_variances, "init_variances", n_inputs)
    noise = non_negative(noise_var, "noise_var")
    times = times_of(t)
    rank = min(n_train, n_inputs)
    require_memory(8.0 * (4 * times.size * rank + 3 * rank * n_inputs), "all modes at all times")
    flat = all(np.ptp(each) == 0 for each in (test, teacher, initial))
    with one_blas_thread():
        modes = _Modes.of(inputs, flat)
        kept, learned = modes.decay(times.ravel(), learning_rate)
        found = _averaged(modes, kept, learned, test, teacher, initial, noise, n_train)
    return AveragedErrors(*(each.reshape(times.shape)[()] for each in found))


def gradient_descent(
    X: ArrayLike,
    y: ArrayLike,
    w0: ArrayLike,
    learning_rate: float,
    n_steps: int,
    record: ArrayLike,
) -> Array:
    """Weights of an explicit loop of full-batch gradient descent on abs(y - X w)^2/(2P).

    Parameters
    ----------
    X : array_like, (P, N)
        Inputs, a sample in each row.
    y : array_like, (P,)
        Labels.
    w0 : array_like, (N,)
        Weights at the start.
    learning_rate : float
        > 0.
    n_steps : int
        Number of updates, >= 1.
    record : array_like of int, (T,)
        Numbers of updates, in ascending order within 0, ..., n_steps, after which to record.

    Returns
    -------
    array, (T, N)

    Raises
    ------
    ValueError
        For bad arguments, or when the descent diverges; the message names the step.

    Examples
    --------
    >>> gradient_descent([[1.0]], [1.0], [0.0], 0.5, 2, [0, 1, 2]).ravel()
    array([0.  , 0.5 , 0.75])
    """
    inputs = finite_matrix(X, "X", "a non-empty matrix, a sample in each row")
    labels = vector(y, "y", inputs.shape[0], "one label a row of X")
    weights = vector(w0, "w0", inputs.shape[1], "one weight a column of X").copy()
    rate = positive_number(learning_rate, "learning_rate")
    last = whole_number(n_steps, "n_steps")
    steps = record_steps(record, last)
    require_memory(8.0 * len(steps) * len(weights), "the recorded weights")
    from lazyrich.solvers.networks.linear_student_kernel import descend

    records = np.empty((len(steps), len(weights)))
    start = float(np.mean((labels - inputs @ weights) ** 2))
    bound = DIVERGED * max(start, float(np.mean(labels**2)), 1e-300)
    chunk = max(1, int(_FLOP_PER_CALL / (4.0 * inputs.size)))
    with one_blas_thread():
        for first in range(0, last + 1, chunk):
            stop = min(first + chunk, last + 1)
            bad = descend(inputs, labels, weights, rate, bound, first, stop, steps, records)
            if bad >= 0:
                raise ValueError(
                    f"gradient descent diverged at step {bad}: learning_rate = {rate} must be below "
                    "2/(largest eigenvalue of X^T X/P)"
                )
    return records


class _Modes(NamedTuple):
    """Eigenvalues of X^T X/P that are not zero, and their eigenvectors in the rows, if needed."""

    eigenvalues: Array
    directions: Array | None

    @classmethod
    def of(cls, inputs: Array, values_only: bool) -> _Modes:
        """`values_only` where every direction has the same variances."""
        directions = None
        if values_only:
            scales = np.linalg.svd(inputs, compute_uv=False)
        else:
            _, scales, directions = np.linalg.svd(inputs, full_matrices=False)
        learned = scales > max(inputs.shape) * np.finfo(float).eps * scales[0]
        if directions is not None:
            directions = directions[learned]
        return cls(scales[learned] ** 2 / len(inputs), directions)

    def decay(self, t: Array, learning_rate: float | None) -> tuple[Array, Array]:
        """Factor q left of the start in each mode, and 1 - q without cancellation: (T, modes)."""
        if learning_rate is None:
            exponent = -np.maximum(np.multiply.outer(t, self.eigenvalues), 0.0)
            np.maximum(exponent, _CLIPPED, out=exponent)
            return np.where(exponent > _CLIPPED, np.exp(exponent), 0.0), -np.expm1(exponent)
        rate = positive_number(learning_rate, "learning_rate")
        largest = float(self.eigenvalues.max(initial=0.0))
        if rate * largest >= 2:
            raise ValueError(
                f"learning_rate = {rate} is outside (0, {2 / largest:.6g}) = (0, 2/(largest eigenvalue "
                "of X^T X/P)): gradient descent diverges"
            )
        steps = whole_steps(t, rate)[:, None]
        shrunk = 1 - rate * self.eigenvalues
        with np.errstate(divide="ignore", invalid="ignore"):
            kept = np.power(shrunk, steps)
            learned = -np.expm1(steps * np.log1p(-rate * self.eigenvalues))
        learned = np.where((shrunk > 0) & (steps > 0), learned, 1 - kept)
        return kept, learned

    def diagonal(self, variances: Array) -> Array:
        """Diagonal of V^T diag(variances) V over the modes."""
        if self.directions is None:
            return np.full(len(self.eigenvalues), variances[0])
        return self.directions**2 @ variances


def _averaged(
    modes: _Modes,
    kept: Array,
    learned: Array,
    test: Array,
    teacher: Array,
    initial: Array,
    noise_var: float,
    n_train: int,
) -> tuple[Array, Array, Array, Array]:
    """The four averages at each time, from w - w* = Q (w0 - w*) + V (1 - q)/sqrt(P lambda) U^T noise."""
    values = modes.eigenvalues
    start = teacher + initial
    of_noise = noise_var / n_train * learned**2 / values
    signal = _left(modes, kept, learned, test, start)
    noise = of_noise @ modes.diagonal(test)
    train = kept**2 @ (values * modes.diagonal(start) + noise_var / n_train)
    train = train + noise_var * (1 - len(values) / n_train)
    initial_modes = modes.diagonal(initial)
    norm = kept**2 @ initial_modes + (initial.sum() - initial_modes.sum())
    norm = norm + learned**2 @ modes.diagonal(teacher) + of_noise.sum(axis=-1)
    return signal, noise, train, norm


def _left(modes: _Modes, kept: Array, learned: Array, test: Array, start: Array) -> Array:
    """tr(Q C Q M) with Q = V q V^T + (what X does not see), C = diag(test), M = diag(start)."""
    unseen = len(test) - len(modes.eigenvalues)
    if modes.directions is None:
        return test[0] * start[0] * ((kept**2).sum(axis=-1) + unseen)
    seen, v = unseen == 0, modes.directions
    factor = kept if seen else learned
    pairs = ((v * test) @ v.T) * ((v * start) @ v.T)
    quadratic = ((factor @ pairs) * factor).sum(axis=-1)
    if seen:
        return quadratic
    return test @ start - 2 * learned @ modes.diagonal(test * start) + quadratic
