"""A workload that trains one network: who takes part, what must be reproduced, what must hold."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.timing import dgemm_1024, fastest, interleaved

Array = NDArray[np.float64]
Result = tuple[list[Array], Array]
"""Final weights and the loss before every step and after the last, (steps + 1,)."""

OURS = "lazyrich"
DGEMM = "dgemm(1024)"
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Floor:
    """lazyrich must be `ratio` times as fast as the fastest of `peers`."""

    peers: tuple[str, ...]
    ratio: float


@dataclass
class Contest:
    """Contenders are functions that prepare a run: ``contenders[name]()() -> Result``.

    Preparation (imports, compilation, second moments) is not timed. A contender whose package is
    not installed raises ImportError when prepared.
    """

    title: str
    steps: int
    flop_per_step: float
    dgemm_fraction: float
    """The least (flop_per_step / time) over the speed of dgemm(1024)."""
    reference: Callable[[], Result]
    contenders: dict[str, Callable[[], Callable[[], Result]]]
    floors: tuple[Floor, ...]
    unmeasured: dict[str, str] = field(default_factory=dict)

    def run(self, rounds: int) -> bool:
        """Verify, time and print; whether every measured floor holds."""
        print(f"\n{self.title}; {self.steps} steps, loss at every step")
        ready, deviations = self._verified()
        dgemm, flop = dgemm_1024()
        seconds = interleaved({**ready, DGEMM: dgemm}, rounds)
        self._print_times(seconds, deviations)
        if OURS in self.unmeasured:
            return False
        dgemm_speed = flop / seconds[DGEMM].min()
        held = [self._holds(seconds, floor, dgemm_speed) for floor in self.floors]
        speed = self.flop_per_step * self.steps / seconds[OURS] / 1e9
        fraction = speed / (flop / seconds[DGEMM] / 1e9)
        best = speed.max() / dgemm_speed * 1e9
        held.append(bool(min(best, np.median(fraction)) >= self.dgemm_fraction))
        print(
            f"  {speed.max():.1f} GFLOP/s-equivalent of {dgemm_speed / 1e9:.1f}"
            f" in {DGEMM}: best {best:.2f}, median {np.median(fraction):.2f};"
            f" floor {self.dgemm_fraction:g}: {_verdict(held[-1])}"
        )
        return all(held)

    def _verified(self) -> tuple[dict[str, Callable[[], Result]], dict[str, float]]:
        """Prepared contenders that reproduce the reference, with their largest deviation."""
        weights, losses = self.reference()
        ready, deviations = {}, {}
        for name, prepare in self.contenders.items():
            try:
                run = prepare()
            except ImportError as missing:
                self.unmeasured[name] = f"not installed ({missing.name})"
                continue
            found_weights, found_losses = run()
            pairs = [*zip(found_weights, weights, strict=True), (found_losses, losses)]
            deviations[name] = max(_relative_deviation(found, true) for found, true in pairs)
            if deviations[name] <= TOLERANCE:
                ready[name] = run
            else:
                self.unmeasured[name] = (
                    f"void: off the reference by {deviations[name]:.1e}, more than {TOLERANCE:g}"
                )
        return ready, deviations

    def _print_times(self, seconds: dict[str, Array], deviations: dict[str, float]) -> None:
        print(
            f"  {'':28}{'us/step':>9}{'min':>8}{'median':>8}{'max':>8}{'best':>8}{'deviation':>11}"
        )
        for name in self.contenders:
            if name in self.unmeasured:
                print(f"  {name:28}{self.unmeasured[name]}")
                continue
            line = f"  {name:28}{seconds[name].min() / self.steps * 1e6:9.2f}"
            ratio = seconds[name] / seconds[OURS] if OURS in seconds else np.full(1, np.nan)
            best = seconds[name].min() / seconds[OURS].min() if OURS in seconds else np.nan
            line += f"{ratio.min():8.2f}{np.median(ratio):8.2f}{ratio.max():8.2f}{best:8.2f}"
            print(f"{line}{deviations[name]:11.1e}")

    def _holds(self, seconds: dict[str, Array], floor: Floor, dgemm_speed: float) -> bool:
        """Print one floor; an unmeasured one counts as held.

        Beside it stands how far ahead `flop_per_step` would be at the speed of dgemm(1024), which
        tells a slow kernel from a processor on which the peer is fast.
        """
        label = f"  ahead of {' and '.join(floor.peers)}"
        missing = [name for name in floor.peers if name not in seconds]
        if missing:
            print(f"{label}: floor {floor.ratio:g}: unmeasured, without {', '.join(missing)}")
            return True
        peers = fastest(seconds, floor.peers)
        median = float(np.median(peers / seconds[OURS]))
        best = float(peers.min() / seconds[OURS].min())
        held = min(best, median) >= floor.ratio
        at_dgemm = float(peers.min()) * dgemm_speed / (self.flop_per_step * self.steps)
        print(
            f"{label}: best {best:.2f}, median {median:.2f} (at dgemm speed {at_dgemm:.2f});"
            f" floor {floor.ratio:g}: {_verdict(held)}"
        )
        return held


def _relative_deviation(found: Array, true: Array) -> float:
    """Largest difference over the largest entry; infinite for a wrong shape or a NaN."""
    found = np.asarray(found)
    if found.shape != true.shape or not np.isfinite(found).all():
        return float("inf")
    return float(np.abs(found - true).max() / np.abs(true).max())


def _verdict(held: bool) -> str:
    return "holds" if held else "DOES NOT HOLD"
