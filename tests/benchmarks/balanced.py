"""Workload B: the exact solution of a balanced network of 100 units a layer at 100 times.

Against SciPy's DOP853 at rtol 1e-10 on the weights themselves, asked for the same output.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.deep_linear.balanced import BalancedSolution, balanced_weights
from tests.benchmarks.timing import interleaved

Array = NDArray[np.float64]

N = 100
STRONGEST = 2.0
LONG = 1e4
DEVIATION = 1e-7
"""Largest difference between the two; DOP853 with rtol 1e-10 is the less precise one."""


def problem() -> tuple[Array, Array, Array]:
    """Strengths 0.1 to 2, balance 1, smaller layer of size 0.1."""
    rng = np.random.default_rng(0)
    left, right = (np.linalg.qr(rng.standard_normal((N, N)))[0] for _ in range(2))
    target = left * np.linspace(0.1, STRONGEST, N) @ right.T
    return *balanced_weights(N, N, N, 1.0, 0.1, rng), target


def exact(t: Array) -> Callable[[], Array]:
    """The decomposition is part of what is timed."""
    start = problem()
    return lambda: BalancedSolution(*start).qqt(t)


def integrated(t: Array) -> Callable[[], Array]:
    from scipy.integrate import solve_ivp

    first, second, target = problem()
    start = np.concatenate([first.ravel(), second.ravel()])

    def rate(_: float, state: Array) -> Array:
        w1, w2 = state.reshape(2, N, N)
        residual = target - w2 @ w1
        return np.concatenate([(w2.T @ residual).ravel(), (residual @ w1.T).ravel()])

    def run() -> Array:
        found = solve_ivp(
            rate, (0, t[-1]), start, method="DOP853", t_eval=t, rtol=1e-10, atol=1e-12
        )
        weights = found.y.T.reshape(len(t), 2, N, N)
        q = np.concatenate([weights[:, 0].swapaxes(1, 2), weights[:, 1]], axis=1)
        return q @ q.swapaxes(1, 2)

    return run


def run(rounds: int) -> bool:
    """Print both ratios; floor: never slower than DOP853. The long one is timed once: it is slow."""
    held = True
    for t_end, times in ((40 / STRONGEST, rounds), (LONG, 1)):
        t = np.linspace(0, t_end, 100)
        ours, peer = exact(t), integrated(t)
        print(f"\nB  exact balanced solution, {N} units a layer, 100 times up to t = {t_end:g}")
        if times > 1:
            deviation = float(np.abs(ours() - peer()).max())
            seconds = interleaved({"lazyrich": ours, "DOP853": peer}, times)
        else:
            seconds, deviation = _once(ours, peer)
        ratio = seconds["DOP853"] / seconds["lazyrich"]
        slowest, best = float(np.median(ratio)), seconds["DOP853"].min() / seconds["lazyrich"].min()
        for name, found in seconds.items():
            print(f"  {name:12}{found.min():9.3f} s")
        holds = min(slowest, best) >= 1 and deviation < DEVIATION
        held &= holds
        print(
            f"  ahead of DOP853: best {best:.2f}, median {slowest:.2f}; deviation {deviation:.1e};"
            f" floor 1: {'holds' if holds else 'DOES NOT HOLD'}"
        )
    return held


def _once(
    ours: Callable[[], Array], peer: Callable[[], Array]
) -> tuple[dict[str, NDArray[np.float64]], float]:
    import time

    seconds, results = {}, []
    for name, contender in (("lazyrich", ours), ("DOP853", peer)):
        start = time.process_time()
        results.append(contender())
        seconds[name] = np.array([time.process_time() - start])
    return seconds, float(np.abs(results[0] - results[1]).max())
