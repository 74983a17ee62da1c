"""Quadrature, an ODE solver and dense linear algebra for scalar modes; aligned networks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.measurements.saxe_2013.steps import whole_steps

Array = NDArray[np.float64]


def _integrated(rate: Any, start: Any, t: Array) -> Array:
    """An ODE solution at times t, one solver call an interval (no interpolated output)."""
    from scipy.integrate import solve_ivp

    states, state, before = [], np.asarray(start, dtype=float), 0.0
    for now in t:
        if now > before:
            run = solve_ivp(
                lambda _, x: rate(x), (before, now), state, method="DOP853", rtol=1e-12, atol=1e-14
            )
            state, before = run.y[:, -1], now
        states.append(state)
    return np.array(states)


def solve_two_layer(t: Array, starts: Any) -> Array:
    """Runge-Kutta of a' = b (s - a b), b' = a (s - a b)."""
    found = []
    for a0, b0, s in starts:
        ab = _integrated(lambda x, s=s: x[::-1] * (s - x[0] * x[1]), (a0, b0), t)
        found.append(np.column_stack([ab, ab.prod(axis=1)]))
    return np.stack(found, axis=1)


def solve_deep(t: Array, starts: Any, depths: Any) -> Array:
    """Runge-Kutta of u' = L |u|^(2 - 2/L) (s - u)."""
    return np.stack(
        [
            np.stack(
                [
                    _integrated(
                        lambda u, s=s, L=depth: L * np.abs(u) ** (2 - 2 / L) * (s - u), (u0,), t
                    )[:, 0]
                    for depth in depths
                ],
                axis=-1,
            )
            for u0, s in starts
        ],
        axis=1,
    )


def integrate_two_layer_time(final_strength: Array, cases: Any) -> Array:
    """Quadrature in 30 digits of du / (sqrt(c^2 + 4 u^2) (s - u)), for cases (u0, s, c)."""
    import mpmath

    def time(u0: float, uf: float, s: float, c: float) -> float:
        def inverse_speed(u: Any) -> Any:
            return 1 / (mpmath.hypot(c, 2 * u) * (s - u))

        return float(mpmath.quad(inverse_speed, mpmath.linspace(u0, uf, 5)))

    with mpmath.workdps(30):
        return np.array([[time(u0, uf, s, c) for u0, s, c in cases] for uf in final_strength])


def integrate_deep_time(
    final_strength: Array, initial_strength: float, singular_value: float, depths: Any
) -> Array:
    """Quadrature in 30 digits of du / (L u^(2 - 2/L) (s - u))."""
    import mpmath

    def time(uf: float, depth: float) -> float:
        power = 2 - 2 / mpmath.mpf(depth)
        points = mpmath.linspace(mpmath.mpf(initial_strength), uf, 5)
        return float(mpmath.quad(lambda u: 1 / (depth * u**power * (singular_value - u)), points))

    with mpmath.workdps(30):
        return np.array([[time(uf, depth) for depth in depths] for uf in final_strength])


def scaled_time_of_deep_chain(
    final_strength: Array, initial_strength: float, singular_value: float, inverse_depth: float
) -> Array:
    """Depth x time at a large but finite depth, by quadrature."""
    depth = 1 / inverse_depth
    times = integrate_deep_time(final_strength, initial_strength, singular_value, (depth,))
    return depth * times[:, 0]


def _chain_hessian(u: float, s: float, depth: int) -> Array:
    """Hessian of (s - prod a)^2/2 at a_l = u^(1/L), entry by entry from products of the others."""
    a = np.full(depth, u ** (1 / depth))
    hessian = np.empty((depth, depth))
    for i in range(depth):
        for j in range(depth):
            gradients = np.delete(a, i).prod() * np.delete(a, j).prod()
            both = 0.0 if i == j else np.delete(a, [i, j]).prod()
            hessian[i, j] = gradients - (s - a.prod()) * both
    return hessian


def diagonalise_chain_hessian(strength: Array, singular_value: float, depths: Any) -> Array:
    """Eigenvalues of the dense Hessian, the one of the uniform vector first."""
    found = np.empty((len(strength), len(depths), 2))
    for i, u in enumerate(strength):
        for j, depth in enumerate(depths):
            values, vectors = np.linalg.eigh(_chain_hessian(u, singular_value, depth))
            uniform = int(np.argmax(np.abs(vectors.sum(axis=0))))
            others = np.delete(values, uniform)
            assert np.ptp(others) < 1e-9 * np.abs(values).max()
            found[i, j] = values[uniform], others.mean()
    return found


def inverse_top_curvature(singular_value: Array, depths: Any) -> Array:
    """1 / largest eigenvalue of the dense Hessian at the solution u = s."""
    return np.array(
        [
            [1 / np.linalg.eigvalsh(_chain_hessian(s, s, d))[-1] for d in depths]
            for s in singular_value
        ]
    )


def train_aligned(
    t: Array, initial_strength: float, singular_values: Any, depths: Any, learning_rate: float
) -> Array:
    """Mode strengths of networks that start balanced in the task's modes: (times, modes, depths)."""
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.initial_weights import aligned_weights
    from lazyrich.solvers.networks.linear_tasks import whitened_task

    found = []
    for depth in depths:
        rng = np.random.default_rng(depth)
        moments, left, right, *_ = whitened_task(singular_values, 8, 7, rng)
        layers = np.full((depth, len(singular_values)), initial_strength ** (1 / depth))
        weights = aligned_weights(left, right, layers, [10] * (depth - 1), rng)
        run = train(
            weights, moments, learning_rate, whole_steps(t, learning_rate), left=left, right=right
        )
        found.append(run.mode_strengths)
    return np.stack(found, axis=-1)


def train_unbalanced(t: Array, starts: Any, learning_rate: float) -> Array:
    """(a, b, u) of a two-layer network that starts aligned but unbalanced: (times, modes, 3)."""
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.initial_weights import aligned_weights
    from lazyrich.solvers.networks.linear_tasks import whitened_task

    a0, b0, s = np.transpose(starts)
    rng = np.random.default_rng(0)
    moments, left, right, *_ = whitened_task(s, 8, 7, rng)
    first, second = aligned_weights(left, right, np.stack([a0, b0]), [10], rng)
    hidden = first @ right / a0
    steps = whole_steps(t, learning_rate)
    run = train(
        [first, second], moments, learning_rate, steps, left=left, right=right, weight_steps=steps
    )
    a = np.einsum("hm,thi,im->tm", hidden, run.weights[0], right)
    b = np.einsum("om,toh,hm->tm", left, run.weights[1], hidden)
    return np.stack([a, b, run.mode_strengths], axis=-1)


def learning_times(
    final_strength: Array,
    initial_strength: float,
    singular_value: float,
    depths: Any,
    learning_rate: float,
) -> Array:
    """Times at which the strength of trained aligned networks crosses the final strengths."""
    t: Array = learning_rate * np.arange(round(6 / learning_rate), dtype=np.float64)
    found = []
    for depth in depths:
        u = train_aligned(t, initial_strength, (singular_value,), (depth,), learning_rate)
        found.append(np.interp(final_strength, u[:, 0, 0], t))
    return np.stack(found, axis=-1)
