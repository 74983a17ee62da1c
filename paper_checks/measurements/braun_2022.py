"""Routes to the numbers of Braun et al. 2022 that use no closed form: trained networks, integrated flow.

A case is a mapping with "widths" (inputs, hidden, outputs), "balance", "scale" (size of the smaller
layer), "singular_values" of the task and "seed".
"""

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Start(NamedTuple):
    """First weights W1, W2 and the whitened task's Sigma_yx."""

    first: Array
    second: Array
    sigma_yx: Array


def start_of(case: Mapping[str, Any]) -> Start:
    """Balanced weights W1 = H diag(s1) V^T, W2 = U diag(s2) H^T, s2^2 - s1^2 = balance, and a task.

    A square start of zero balance gets a determinant of the sign of the task's.
    """
    rng = np.random.default_rng(case["seed"])
    n_in, n_hidden, n_out = case["widths"]
    target = _task(case, rng).moments.sigma_yx
    weights = _balanced(case, rng)
    square = n_in == n_out <= n_hidden and case["balance"] == 0
    if square and np.linalg.det(weights[1] @ weights[0]) * np.linalg.det(target) < 0:
        reflection = np.eye(n_out) - 2 / n_out * np.ones((n_out, n_out))
        weights = weights[0], reflection @ weights[1]
    return Start(*weights, target)


def _task(case: Mapping[str, Any], rng: np.random.Generator) -> Any:
    from lazyrich.solvers.networks.linear_tasks import whitened_task

    n_in, _, n_out = case["widths"]
    return whitened_task(case["singular_values"], n_in, n_out, rng)


def _balanced(case: Mapping[str, Any], rng: np.random.Generator) -> tuple[Array, Array]:
    from lazyrich.solvers.networks.initial_weights import random_frame

    n_in, n_hidden, n_out = case["widths"]
    balance = case["balance"]
    hidden = random_frame(n_hidden, n_hidden, rng)
    layers = []
    small = np.where(np.arange(n_hidden) < min(case["widths"]), case["scale"], 0.0)
    small *= rng.uniform(0.5, 1.5, n_hidden)
    for n, extra in ((n_in, max(-balance, 0)), (n_out, max(balance, 0))):
        kept = min(n, n_hidden)
        strength = np.sqrt(small[:kept] ** 2 + extra)
        layers.append(random_frame(n, kept, rng) * strength @ hidden[:, :kept].T)
    return layers[0].T, layers[1]


def random_case(number: int) -> dict[str, Any]:
    """One of many cases: any rank, balance of either sign or zero, any scale.

    Widths go from 1 to 5, in one of ten cases to 10. A third has zero balance; a third of these is
    square, of full rank, with a hidden layer as wide.
    """
    rng = np.random.default_rng([2022, number])
    balance = 0.0 if number % 3 == 0 else float((-1) ** number * 10 ** rng.uniform(-2, 0.5))
    while True:
        widths = tuple(int(n) for n in rng.integers(1, 11 if number % 10 == 5 else 6, 3))
        if not (balance > 0 and widths[2] < widths[1] or balance < 0 and widths[0] < widths[1]):
            break
    rank = int(rng.integers(0, min(widths[0], widths[2]) + 1))
    if number % 9 == 0:
        rank = widths[0]
        widths = rank, max(rank, widths[1]), rank
    s = np.zeros(min(widths[0], widths[2]))
    s[:rank] = rng.uniform(0.3, 3, rank)
    scale = 10 ** rng.uniform(-3, 0.2)
    return {
        "widths": widths, "balance": balance, "scale": scale, "singular_values": s, "seed": number
    }  # fmt: skip


@functools.cache
def random_starts(count: int) -> tuple[tuple[Start, float], ...]:
    """Starts of the first `count` random cases, each with the latest time of comparison.

    Half of the square starts of zero balance have the wrong determinant, tend to a saddle, and leave
    it by rounding: they are compared up to 10/(smallest strength).
    """
    found = []
    for number in range(count):
        case = random_case(number)
        start = start_of(case)
        latest, s = np.inf, case["singular_values"]
        n_in, n_hidden, n_out = case["widths"]
        square = n_in == n_out <= n_hidden and case["balance"] == 0
        if square and s.min() > 0 and number % 2:
            second = start.second.copy()
            second[0] *= -1
            start, latest = start._replace(second=second), 10 / s.min()
        found.append((start, latest))
    return tuple(found)


def _qqt(first: Array, second: Array) -> Array:
    """Q Q^T, Q = [W1^T; W2], along the last two axes."""
    q = np.concatenate([np.swapaxes(first, -1, -2), second], axis=-2)
    return q @ np.swapaxes(q, -1, -2)


def integrate_random_cases(t: Array) -> Array:
    """Entries of Q Q^T at time t_k of case k, case after case, from weights integrated in 32 digits."""
    from lazyrich.solvers.networks.gradient_flow import two_layer_flow

    found = []
    for now, (start, latest) in zip(t, random_starts(len(t)), strict=True):
        found.append(lower(_qqt(*two_layer_flow(*start, [min(now, latest)]))).ravel())
    return np.concatenate(found)


def trained(start: Start, t: Array, learning_rate: float) -> tuple[Array, Array]:
    """W1 and W2 along the training of one network, from the time 0."""
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.second_moments import from_covariances

    steps = np.rint(np.asarray(t) / learning_rate).astype(np.int64)
    assert np.allclose(steps * learning_rate, t, rtol=1e-12)
    moments = from_covariances(np.eye(start.first.shape[1]), start.sigma_yx)
    run = train(start[:2], moments, learning_rate, steps, weight_steps=steps)
    return run.weights[0], run.weights[1]


def lower(qqt: Array) -> Array:
    """The entries on and below the diagonal: (times, n (n + 1)/2)."""
    rows, columns = np.tril_indices(qqt.shape[-1])
    return qqt[:, rows, columns]


def train_cases(t: Array, cases: Any, learning_rate: float) -> Array:
    """Entries of Q Q^T of trained networks, case after case: (times, entries)."""
    found = [lower(_qqt(*trained(start_of(case), t, learning_rate))) for case in cases]
    return np.concatenate(found, axis=1)


def other_task(case: Mapping[str, Any]) -> Array:
    """Sigma_yx of a second task with the same strengths and unrelated directions."""
    return np.asarray(_task(case, np.random.default_rng(case["seed"] + 1000)).moments.sigma_yx)


def retrain(t: Array, case: Mapping[str, Any], switch: float, learning_rate: float) -> Array:
    """Q Q^T while learning a second task, after the first was learned for a time `switch`."""
    first, second = trained(start_of(case), np.array([switch]), learning_rate)
    again = Start(first[0], second[0], other_task(case))
    return lower(_qqt(*trained(again, t, learning_rate)))


def balance_drift(t: Array, cases: Any, learning_rate: float) -> Array:
    """Change of W2^T W2 - W1 W1^T since the start, entry by entry: (times, entries)."""
    found = []
    for case in cases:
        start = start_of(case)
        first, second = trained(start, t, learning_rate)
        grams = np.swapaxes(second, 1, 2) @ second - first @ np.swapaxes(first, 1, 2)
        found.append(lower(grams - (start.second.T @ start.second - start.first @ start.first.T)))
    return np.concatenate(found, axis=1)
