"""Online learning: the order-parameter ODEs and the networks (K = M = 4, erf, eta = 1)."""

import numpy as np
from scipy.integrate import odeint
from scipy.special import erf

from lazyrich.solvers.networks.online_student import train
from lazyrich.theory.double_descent.online import order_parameters
from tests.benchmarks.timing import interleaved

K, N, STEPS = 4, 500, 5000
UNIT = {"student_readout": 1.0, "teacher_readout": 1.0, "learning_rate": 1.0}


def run(rounds: int) -> bool:
    """JAX and PyTorch are not run here: their floors count as unmeasured."""
    return all([_networks(rounds), _equations(rounds)])


def _networks(rounds: int) -> bool:
    from numba import njit

    start = np.random.default_rng(0)
    w, B = start.standard_normal((K, N)) / 2, np.sqrt(N) * np.eye(K, N)

    def ours() -> object:
        return train(np.random.default_rng(1), w, B, [STEPS], **UNIT, n_test=1)

    def by_numpy() -> object:
        rng, student, root = np.random.default_rng(1), w.copy(), np.sqrt(N)
        for _ in range(STEPS):
            x = rng.standard_normal(N)
            field = student @ x / root
            error = erf(field / np.sqrt(2)).sum() - erf(B @ x / root / np.sqrt(2)).sum()
            slope = np.sqrt(2 / np.pi) * np.exp(-field * field / 2)
            student -= (error / root * slope)[:, None] * x
        return student

    @njit
    def draw(rng, count):
        total = 0.0
        for _ in range(count):
            total += rng.standard_normal()
        return total

    contenders = {
        "lazyrich": ours,
        "numpy": by_numpy,
        "normals": lambda: draw(np.random.default_rng(1), N * STEPS),
    }
    np.testing.assert_allclose(
        ours().Q[0], (found := by_numpy()) @ found.T / N, rtol=1e-8, atol=1e-10
    )
    seconds = interleaved(contenders, rounds)
    return _judged("online SGD, us/step", seconds, 1e6 / STEPS, {"numpy": 6.5, "normals": 1 / 1.2})


def _equations(rounds: int) -> bool:
    from lazyrich.theory.double_descent.online_kernel import velocity

    t = np.linspace(0, 400, 200)
    Q, R = 0.25 * np.eye(K), 1e-3 * np.random.default_rng(0).standard_normal((K, K))
    state = np.concatenate((Q[np.triu_indices(K)], R.ravel(), np.ones(K)))
    C, u = np.eye(2 * K), np.concatenate((np.ones(K), -np.ones(K)))
    given = (C, u, 0, K, 1.0, 0.0, 0.0)
    contenders = {
        "lazyrich": lambda: order_parameters(t, Q, R, np.eye(K), **UNIT),
        "bare odeint": lambda: odeint(velocity, state, t, args=given, rtol=1e-8, atol=1e-10),
    }
    close = order_parameters(t, Q, R, np.eye(K), **UNIT, rtol=1e-12).error
    deviation = np.abs(order_parameters(t, Q, R, np.eye(K), **UNIT).error - close).max()
    seconds = interleaved(contenders, rounds)
    held = _judged("order parameters, ms", seconds, 1e3, {"bare odeint": 1 / 1.15})
    print(f"  largest deviation {deviation:.1e}; floor 1e-07")
    return held and bool(deviation <= 1e-7)


def _judged(title, seconds, unit, floors) -> bool:
    print(f"\n{title}")
    for name, times in seconds.items():
        print(f"  {name:12} {unit * times.min():8.3f}")
    held = []
    for name, floor in floors.items():
        ratio = float(np.median(seconds[name] / seconds["lazyrich"]))
        held.append(ratio >= floor)
        print(
            f"  {name} / lazyrich {ratio:.2f}; floor {floor:.2f}: {'holds' if held[-1] else 'FAILS'}"
        )
    return all(held)
