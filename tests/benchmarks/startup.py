"""Start-up: time of fresh processes, interleaved like all other contenders.

Counted is the CPU time of the processes, which on an idle machine is their wall time: each has one
thread. It survives a busy machine.
"""

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.benchmarks.timing import interleaved

NUMPY = "import numpy"
MODES = "import lazyrich.theory.deep_linear.modes"
COMMANDS = (("--help",), ("list",))


def run(rounds: int) -> bool:
    """Print the seconds of each process; floors: import 1.5 x numpy, ``--help`` 0.12 s."""
    print("\nstartup  CPU seconds of a fresh process")
    processes = {
        "python": [sys.executable, "-c", "pass"],
        NUMPY: [sys.executable, "-c", NUMPY],
        MODES: [sys.executable, "-c", MODES],
    }
    command = Path(sys.executable).with_name("lazyrich")
    for arguments in COMMANDS:
        processes["lazyrich " + " ".join(arguments)] = [str(command), *arguments]
    contenders = {}
    for name, line in processes.items():
        problem = _failure(line)
        if problem:
            print(f"  {name:44}unmeasured: {problem}")
        else:
            contenders[name] = _process(line)
    seconds = interleaved(contenders, rounds, clock=_children_seconds)
    for name, times in seconds.items():
        print(f"  {name:44}{times.min():7.3f} to {times.max():.3f}, median {np.median(times):.3f}")
    held = True
    if MODES in seconds:
        ratio = seconds[MODES].min() / seconds[NUMPY].min()
        held &= _verdict("import over import numpy", ratio, 1.5)
    if "lazyrich --help" in seconds:
        held &= _verdict("lazyrich --help, s", seconds["lazyrich --help"].min(), 0.12)
    return held


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _process(line: list[str]) -> Callable[[], object]:
    return lambda: subprocess.run(line, check=True, stdout=subprocess.DEVNULL)


def _failure(line: list[str]) -> str:
    """Last line of what went wrong in the first run, empty if nothing did."""
    try:
        done = subprocess.run(line, check=False, capture_output=True, text=True)
    except FileNotFoundError as missing:
        return str(missing)
    return (done.stderr.strip().splitlines() or ["failed"])[-1] if done.returncode else ""


def _verdict(label: str, value: float, limit: float) -> bool:
    held = bool(value <= limit)
    print(f"  {label}: {value:.3g}; at most {limit:g}: {'holds' if held else 'DOES NOT HOLD'}")
    return held
