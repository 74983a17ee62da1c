"""Times of contenders measured side by side, so that a busy or changing machine hits all alike."""

import math
import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

LEAST_SECONDS = 0.05


def interleaved(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, NDArray[np.float64]]:
    """Seconds per call of each contender in each round, (rounds,).

    Every round calls all contenders, each one starting later in the next round. A measurement
    repeats short calls until it lasts 50 ms. The contenders are warm: each was called once more before.
    """
    names = list(contenders)
    repeats = {}
    for name in names:
        contenders[name]()
        start = clock()
        contenders[name]()
        repeats[name] = max(1, math.ceil(LEAST_SECONDS / max(clock() - start, 1e-6)))
    seconds = {name: np.empty(rounds) for name in names}
    for k in range(rounds):
        turn = k % len(names)
        for name in names[turn:] + names[:turn]:
            start = clock()
            for _ in range(repeats[name]):
                contenders[name]()
            seconds[name][k] = (clock() - start) / repeats[name]
    return seconds


def fastest(
    seconds: Mapping[str, NDArray[np.float64]], names: tuple[str, ...]
) -> NDArray[np.float64]:
    """Time of the fastest of `names` in each round."""
    return np.min([seconds[name] for name in names], axis=0)


def dgemm_1024() -> tuple[Callable[[], object], float]:
    """The product of two 1024 x 1024 float64 matrices, and its floating-point operations."""
    a = np.random.default_rng(0).standard_normal((1024, 1024))
    out = np.empty_like(a)
    return lambda: np.matmul(a, a, out=out), 2.0 * 1024**3
