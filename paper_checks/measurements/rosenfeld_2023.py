"""Routes to the numbers of Rosenfeld and Risteski 2023 that use none of the theory's formulas.

An ODE solver on whole vectors, dense Hessians, and networks that learn from opposing signals.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PROBABILITY = 0.1  # share of the examples with an outlier


def _data(beta: Any, n_outliers: int, outlier_power: float, imbalance: float = 0.0) -> Any:
    """Population with E x_o x_o^T = outlier_power I and E y x_o = imbalance (1, ..., 1)."""
    from lazyrich.solvers.networks.opposing_data import population

    size = np.sqrt(outlier_power * n_outliers / PROBABILITY)
    positive = (1 + imbalance * n_outliers / (PROBABILITY * size)) / 2
    return population(beta, n_outliers, size, PROBABILITY, positive)


def _train(
    beta: Any,
    outlier_power: float,
    b_s: Any,
    b_o: Any,
    c: float,
    rate: float,
    steps: Any,
    **data: Any,
) -> Any:
    from lazyrich.solvers.networks.opposing_signals import train

    return train(_data(beta, len(b_o), outlier_power, **data), b_s, b_o, c, rate, steps)


def _steps(t: Any, learning_rate: float) -> NDArray[np.int64]:
    steps = np.rint(np.asarray(t) / learning_rate).astype(np.int64)
    assert np.allclose(steps * learning_rate, t, rtol=1e-12)
    return steps


def top_of_dense_hessian(
    c: Any, b_s: Any, b_o: Any, beta: Any, outlier_power: float, imbalance: Any = (0.0,)
) -> Array:
    """Largest eigenvalue of the network's dense Hessian, point by point."""
    from lazyrich.solvers.networks.opposing_signals import hessian

    data = _data(beta, np.shape(b_o)[-1], outlier_power, imbalance[0])
    points = zip(c, b_s, b_o, strict=True)
    return np.array([np.linalg.eigvalsh(hessian(data, *point))[-1] for point in points])


def solve_signal(t: Array, beta: Any, b_s: Any, c: float) -> Array:
    """Runge-Kutta of c' = b_s . (beta - c b_s), b_s' = c (beta - c b_s), and of int c^2."""
    from scipy.integrate import solve_ivp

    beta = np.asarray(beta)

    def rate(_: float, state: Array) -> Array:
        weight, b = state[0], state[1:-1]
        residual = beta - weight * b
        return np.array([b @ residual, *(weight * residual), weight**2])

    states, state, before = [], np.array([c, *b_s, 0.0]), 0.0
    for now in t:  # one call an interval: no interpolated output
        run = solve_ivp(rate, (before, now), state, method="DOP853", rtol=1e-12, atol=1e-14)
        state, before = run.y[:, -1], now
        states.append(state)
    return np.array(states)


def train_along_flow(
    t: Array, beta: Any, outlier_power: float, b_s: Any, b_o: Any, c: float, learning_rate: float
) -> Array:
    """(c, b_s, log |b_o|) of a network: (times, d_s + 2)."""
    steps = _steps(t, learning_rate)
    run = _train(beta, outlier_power, b_s, b_o, c, learning_rate, steps)
    return np.column_stack([run.c, run.b_s, run.log_b_o])


def sharpness_while_training(
    t: Array, beta: Any, outlier_power: float, b_s: Any, b_o: Any, c: float, learning_rate: float
) -> Array:
    """Largest eigenvalue of the dense Hessian of a network while it learns."""
    steps = _steps(t, learning_rate)
    run = _train(beta, outlier_power, b_s, b_o, c, learning_rate, steps)
    return top_of_dense_hessian(run.c, run.b_s, run.b_o, beta, outlier_power)


def sharpness_on_examples(
    rng: np.random.Generator,
    n_samples: float,
    t: Array,
    beta: Any,
    outlier_power: float,
    b_s: Any,
    b_o: Any,
    c: float,
    probability: float,
    learning_rate: float,
) -> Array:
    """Largest eigenvalue of the dense Hessian of a network while it learns from random examples."""
    from lazyrich.solvers.networks.opposing_data import from_examples, sampled
    from lazyrich.solvers.networks.opposing_signals import hessian, train

    size = np.sqrt(outlier_power * len(b_o) / probability)
    examples = sampled(rng, int(n_samples), beta, len(b_o), size, probability)
    data = from_examples(examples, len(b_s))
    run = train(data, b_s, b_o, c, learning_rate, _steps(t, learning_rate))
    points = zip(run.c, run.b_s, run.b_o, strict=True)
    return np.array([np.linalg.eigvalsh(hessian(data, *point))[-1] for point in points])


def sharpness_of_learned(
    teacher_norm: Array,
    direction: Any,
    outlier_power: float,
    b_s: Any,
    b_o: Any,
    c: float,
    t: float,
    learning_rate: float,
) -> Array:
    """Largest eigenvalue of the dense Hessian of networks that have learned, by teacher norm."""
    found = []
    for norm in teacher_norm:
        beta = norm * np.asarray(direction)
        given = (np.array([t]), beta, outlier_power, b_s, b_o, c, learning_rate)
        found.append(sharpness_while_training(*given)[0])
    return np.array(found)


def drift_of_balance(
    t: Array, beta: Any, outlier_power: float, b_s: Any, b_o: Any, c: float, learning_rate: float
) -> Array:
    """c^2 - |b|^2 of a network since its start."""
    steps = _steps(t, learning_rate)
    run = _train(beta, outlier_power, b_s, b_o, c, learning_rate, steps)
    start = c**2 - np.sum(np.square(b_s)) - np.sum(np.square(b_o))
    return run.c**2 - (run.b_s**2).sum(axis=1) - (run.b_o**2).sum(axis=1) - start


def balance_after_a_step(
    c: Any, b_s: Any, b_o: Any, beta: Any, outlier_power: float, learning_rate: float
) -> Array:
    """Change of c^2 - |b|^2 in one step of gradient descent, point by point."""
    changes = []
    for point in zip(c, b_s, b_o, strict=True):
        run = _train(beta, outlier_power, point[1], point[2], point[0], learning_rate, [0, 1])
        balance = run.c**2 - (run.b_s**2).sum(axis=1) - (run.b_o**2).sum(axis=1)
        changes.append(balance[1] - balance[0])
    return np.array(changes)


def measured_threshold(
    teacher_norm: Array, b_s: Any, b_o: Any, c: float, inverse_outlier_power: float
) -> Array:
    """outlier_power x the smallest learning rate at which networks that have learned amplify b_o."""
    alpha, found = 1 / inverse_outlier_power, []
    for norm in teacher_norm:
        beta = norm * np.eye(len(b_s))[0]

        def amplified(rate: float, beta: Array = beta, norm: float = norm) -> bool:
            last = int(20 / (rate * norm))  # the signal is learned to 1e-15
            run = _train(beta, alpha, b_s, b_o, c, rate, [last - 1, last])
            return bool(run.log_b_o[1] > run.log_b_o[0])

        stable, unstable = 1.8 / (alpha * norm), 2.2 / (alpha * norm)
        assert amplified(unstable) and not amplified(stable)
        while unstable - stable > 1e-8 * unstable:
            middle = (stable + unstable) / 2
            stable, unstable = (stable, middle) if amplified(middle) else (middle, unstable)
        found.append(alpha * unstable)
    return np.array(found)


def time_to_edge(
    edge_rate: Array,
    beta: Any,
    outlier_power: float,
    b_s: Any,
    b_o: Any,
    c: float,
    learning_rate: float,
) -> Array:
    """Times at which the dense Hessian's curvature along b_o passes 2/edge_rate."""
    steps = np.arange(round(5 / learning_rate))
    run = _train(beta, outlier_power, b_s, b_o, c, learning_rate, steps)
    curvature = outlier_power * run.c**2
    low = int(np.argmin(curvature))
    t = learning_rate * steps
    return np.interp(2 / np.asarray(edge_rate), curvature[low:], t[low:])


def spike_of_networks(
    rate_ratio: Array, beta: Any, outlier_power: float, b_s: Any, b_o: Any, c: float, level: float
) -> Array:
    """Steps at which the outliers' share of the loss is back at level |beta|^2 from far below."""
    norm_sq = np.sum(np.square(beta))
    found = []
    for ratio in rate_ratio:
        rate, last = ratio * 2 / (outlier_power * np.sqrt(norm_sq)), 250
        while True:
            run = _train(beta, outlier_power, b_s, b_o, c, rate, np.arange(last))
            lost = np.log(outlier_power * run.c**2 / 2 / norm_sq) + 2 * run.log_b_o
            fallen = np.minimum.accumulate(lost) < np.log(1e-3 * level)
            back = np.flatnonzero(fallen & (lost >= np.log(level)))
            if len(back):
                found.append(float(back[0]))
                break
            last *= 2
            assert last < 1e6
    return np.array(found)


def sharpness_after_the_spike(
    rate_ratio: Array, beta: Any, outlier_power: float, b_s: Any, b_o: Any, c: float, step: int
) -> Array:
    """Learning rate x top eigenvalue of the dense Hessian at a late step, once the loss has spiked."""
    found = []
    for ratio in rate_ratio:
        rate = 2 * ratio / (outlier_power * float(np.linalg.norm(beta)))
        run = _train(beta, outlier_power, b_s, b_o, c, rate, np.arange(step + 1))
        highest = int(np.argmax(run.c))
        assert rate * outlier_power * run.c[highest] ** 2 > 2
        assert run.log_b_o[highest:-1].max() > run.log_b_o[-1] + 1  # the spike is over
        end = (run.c[-1:], run.b_s[-1:], run.b_o[-1:], beta, outlier_power)
        found.append(rate * top_of_dense_hessian(*end)[0])
    return np.array(found)


def group_losses_of_network(
    step: Array,
    beta: Any,
    outlier_power: float,
    b_s: Any,
    b_o: Any,
    c: float,
    learning_rate: float,
) -> Array:
    """Losses of the two groups of outliers: (steps, 2)."""
    run = _train(beta, outlier_power, b_s, b_o, c, learning_rate, np.asarray(step))
    return run.group_losses[:, 1:]


def floor_of_networks(
    imbalance: Array,
    t: float,
    beta: Any,
    outlier_power: float,
    b_s: Any,
    b_o: Any,
    c: float,
    learning_rate: float,
) -> Array:
    """b_o of networks that have learned from groups of unequal size: (imbalances, d_o)."""
    given = (beta, outlier_power, b_s, b_o, c, learning_rate, _steps([t], learning_rate))
    return np.array([_train(*given, imbalance=kappa).b_o[0] for kappa in imbalance])
