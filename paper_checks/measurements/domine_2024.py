"""Routes to the numbers of Dominé et al. 2024 that use no closed form: networks that are trained.

Cases are those of `braun_2022`: widths, balance, scale, singular values and seed.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.measurements.braun_2022 import Start, start_of, trained

Array = NDArray[np.float64]


def aligned_start(balance: float, singular_values: Any, initial_strength: float) -> Start:
    """Weights in the modes of the task, each with a b = initial_strength, b^2 - a^2 = balance."""
    from lazyrich.solvers.networks.initial_weights import aligned_weights
    from lazyrich.solvers.networks.linear_tasks import whitened_task

    rng = np.random.default_rng(0)
    m = len(singular_values)
    task = whitened_task(singular_values, m, m, rng)
    total = np.hypot(balance, 2 * initial_strength)
    large = np.sqrt((total + abs(balance)) / 2)
    small = initial_strength / large
    a, b = (small, large) if balance > 0 else (large, small)
    layers = np.outer((a, b), np.ones(m))
    first, second = aligned_weights(task.left, task.right, layers, [m], rng)
    return Start(first, second, task.moments.sigma_yx)


def strengths(network: Array, sigma_yx: Array) -> Array:
    """Diagonal of the map in the singular vectors of the task, along the last axis."""
    left, _, right = np.linalg.svd(sigma_yx)
    return np.einsum("oi,...oj,ij->...i", left, network, right)


def train_aligned(
    t: Array, balances: Any, singular_values: Any, initial_strength: float, learning_rate: float
) -> Array:
    """Mode strengths of networks that start aligned: (times, balances, modes)."""
    found = []
    for balance in balances:
        start = aligned_start(balance, singular_values, initial_strength)
        first, second = trained(start, t, learning_rate)
        found.append(strengths(second @ first, start.sigma_yx))
    return np.stack(found, axis=1)


def approach_rates(
    balance: Array, singular_values: Any, initial_strength: float, learning_rate: float
) -> Array:
    """Slope of log(s - u) while it falls from 1e-4 to 1e-7, in trained networks: (balances, modes)."""
    found = np.empty((len(balance), len(singular_values)))
    for k, each in enumerate(balance):
        for j, s in enumerate(singular_values):
            t = 0.04 * np.arange(round(40 / np.hypot(each, 2 * s) / 0.04) + 100)
            u = train_aligned(t, (each,), (s,), initial_strength, learning_rate)[:, 0, 0]
            late = (s - u < 1e-4) & (s - u > 1e-7)
            assert late.sum() > 5
            found[k, j] = -np.polyfit(t[late], np.log((s - u)[late]), 1)[0]
    return found


def kernel_movement(
    balance: Array, shapes: Any, singular_values: Any, scale: float, t_end: float,
    learning_rate: float,
) -> Array:  # fmt: skip
    """1 - cosine of the tangent kernels at the start and at t_end: (balances, shapes)."""
    found = np.empty((len(balance), len(shapes)))
    for k, each in enumerate(balance):
        for j, widths in enumerate(shapes):
            case = balanced_case(widths, each, singular_values, scale)
            first, second = trained(start_of(case), np.array([0.0, t_end]), learning_rate)
            before, after = (_tangent_kernel(a, b) for a, b in zip(first, second, strict=True))
            cosine = (before * after).sum() / (np.linalg.norm(before) * np.linalg.norm(after))
            found[k, j] = 1 - cosine
    return found


def balanced_case(
    widths: Any, balance: float, singular_values: Any, scale: float
) -> Mapping[str, Any]:
    return {
        "widths": tuple(widths), "balance": balance, "scale": scale,
        "singular_values": singular_values[: min(widths[0], widths[2])], "seed": 3,
    }  # fmt: skip


def _tangent_kernel(first: Array, second: Array) -> Array:
    """d f_o(e_i)/d weights . d f_o'(e_i')/d weights for unit inputs, from the Jacobian itself."""
    n_in, n_out = first.shape[1], len(second)
    by_first = np.einsum("oh,ij->oihj", second, np.eye(n_in)).reshape(n_out * n_in, -1)
    by_second = np.einsum("op,hi->oiph", np.eye(n_out), first).reshape(n_out * n_in, -1)
    jacobian = np.concatenate([by_first, by_second], axis=1)
    return jacobian @ jacobian.T


def train_maps(t: Array, cases: Any, learning_rate: float) -> Array:
    """Maps W2 W1 of trained networks, case after case: (times, entries)."""
    found = []
    for case in cases:
        first, second = trained(start_of(case), t, learning_rate)
        found.append((second @ first).reshape(len(t), -1))
    return np.concatenate(found, axis=1)


def learned_maps(cases: Any, t_end: float, learning_rate: float) -> Array:
    """Maps at the end of training, (cases, outputs x inputs)."""
    return np.stack([train_maps(np.array([t_end]), (case,), learning_rate)[0] for case in cases])
