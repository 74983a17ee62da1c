"""Time lazyrich against its peers: ``python -m tests.benchmarks [WORKLOAD ...]``.

Run it from the root of the repository, on an otherwise idle machine. Peers (PyTorch, JAX) are used
where they are installed; the floor of a missing one is printed as unmeasured. Exit code 1: a
measured floor does not hold.
"""

import argparse
import os
import sys
from importlib import import_module

# Thread counts must be set before numpy is imported, the core before JAX counts its threads.
for _name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

WORKLOADS = {
    "A": "two_layer_linear",
    "B": "balanced",
    "C": "deep_linear",
    "online": "online",
    "G": "dmft",
    "H": "marchenko_pastur",
    "N": "infinite_width",
    "startup": "startup",
}
"""Each module has a function ``run(rounds)`` that prints its table and returns whether all floors hold."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(WORKLOADS)}; default all"
    )
    parser.add_argument("--rounds", type=int, default=7, help="at least 5; default 7")
    options = parser.parse_args()
    unknown = set(options.workloads) - set(WORKLOADS)
    if unknown:
        parser.error(
            f"unknown workload {', '.join(sorted(unknown))}; known: {', '.join(WORKLOADS)}"
        )
    if options.rounds < 5:
        parser.error("a comparison needs at least 5 rounds")
    held = True
    for name in options.workloads or WORKLOADS:
        module = import_module(f"tests.benchmarks.{WORKLOADS[name]}")
        held &= module.run(options.rounds)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
