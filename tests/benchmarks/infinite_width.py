"""Workload N: NNGP and NTK of perceptrons between all pairs of n random inputs of dimension 100.

The peer is neural-tangents 0.6.5, which does not run with a current JAX: NEURAL_TANGENTS_PYTHON names an
interpreter that has it (``pip install neural-tangents==0.6.5 jax==0.4.30 jaxlib==0.4.30 numpy==1.26.4
scipy==1.12`` with the tensorflow it asks for). Both work in float64 on the one core of this process, warm, in turns;
counted is CPU time, of the peer after compilation.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from lazyrich.theory.infinite_width.kernels import mlp_kernels
from tests.theory.infinite_width.recursion_in_60_digits import at_angle, kernels_in_60_digits

DIM = 100
HE = {"sigma_w": 2**0.5, "sigma_b": 0.0}
WORKLOADS = [
    (n, layers, activation)
    for n in (1000, 3000)
    for layers in (3, 10)
    for activation in ("relu", "erf")
]
FLOORS = {(3000, 10, "relu"): 5.0}  # elsewhere 1: not behind the peer
MEMORY_FLOOR = 5.0
LARGEST_ERROR = 1e-12
ANGLES = (1e-10, 1e-8, 1e-6, 1e-4, 1e-3)

OUR_MEMORY = f"""
import numpy as np
from lazyrich.theory.infinite_width.kernels import mlp_kernels
def peak():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20
X = np.random.default_rng(0).standard_normal((3000, {DIM}))
mlp_kernels(X[:20], hidden_layers=1, activation="relu")
before = peak()
mlp_kernels(X, hidden_layers=10, activation="relu")
print(peak() - before)
"""


class Peer:
    """neural-tangents in a process of its own: one question, one answer."""

    def __init__(self, interpreter: str) -> None:
        script = Path(__file__).with_name("neural_tangents_peer.py")
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [interpreter, str(script)],
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.answer()

    def answer(self) -> object:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the process of neural-tangents ended; try its interpreter by hand")
        return json.loads(line)

    def ask(self, **question: object) -> object:
        print(json.dumps(question), file=self.process.stdin, flush=True)
        return self.answer()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def run(rounds: int) -> bool:
    """Print one line a workload; floors on time, memory and accuracy."""
    print(f"\nN  NNGP and NTK, d = {DIM}, CPU seconds on one core")
    interpreter = os.environ.get("NEURAL_TANGENTS_PYTHON")
    if not interpreter:
        for workload in WORKLOADS:
            print(f"  {_title(*workload)}: {min(_ours(*workload) for _ in range(rounds)):.3f} s")
        print("  peer missing, floors unmeasured: set NEURAL_TANGENTS_PYTHON")
        return _accurate(None)
    peer = Peer(interpreter)
    try:
        held = [_faster(peer, workload, rounds) for workload in WORKLOADS]
        held.append(_accurate(peer))
    finally:
        peer.close()
    return all(held) & _smaller(interpreter)


def _title(n: int, layers: int, activation: str) -> str:
    return f"n = {n}, {layers:2} hidden layers, {activation:4}"


def _ours(n: int, layers: int, activation: str) -> float:
    X = np.random.default_rng(0).standard_normal((n, DIM))
    start = time.process_time()
    mlp_kernels(X, hidden_layers=layers, activation=activation, **HE)
    return time.process_time() - start


def _faster(peer: Peer, workload: tuple[int, int, str], rounds: int) -> bool:
    n, layers, activation = workload
    question = {"activation": activation, "layers": layers, "n": n, "dim": DIM, **HE}
    ours, theirs = np.empty((2, rounds))
    _ours(*workload), peer.ask(**question)
    for k in range(rounds):
        ours[k] = _ours(*workload)
        theirs[k] = peer.ask(**question)["seconds"]
    floor = FLOORS.get(workload, 1.0)
    best, median = theirs.min() / ours.min(), float(np.median(theirs / ours))
    held = min(best, median) >= floor
    print(
        f"  {_title(*workload)}: {ours.min():.3f} s, neural-tangents {theirs.min():.3f} s: {best:.1f}x "
        f"(median {median:.1f}x); floor {floor:g}x: {_verdict(held)}"
    )
    return held


def _accurate(peer: Peer | None) -> bool:
    """Largest relative error of an entry between inputs at angles from 1e-10 to 1e-3."""
    held = True
    for layers in (3, 10):
        for activation in ("relu", "erf"):
            ours, theirs = 0.0, 0.0
            for seed, angle in enumerate(ANGLES):
                pair = np.array(at_angle(angle, DIM, seed=seed))
                given = {"activation": activation, **HE}
                true = kernels_in_60_digits(*pair, hidden_layers=layers, **given)
                found = mlp_kernels(pair, hidden_layers=layers, **given)
                ours = max(ours, _worst(found, true))
                if peer:
                    answer = peer.ask(layers=layers, inputs=pair.tolist(), **given)
                    theirs = max(theirs, _worst(answer, true))
            holds = ours <= LARGEST_ERROR
            beside = f", neural-tangents {theirs:.1e}" if peer else ""
            print(
                f"  error at angles 1e-10 to 1e-3, {layers:2} hidden layers, {activation:4}: "
                f"{ours:.1e}{beside}; floor {LARGEST_ERROR:g}: {_verdict(holds)}"
            )
            held &= holds
    return held


def _worst(kernels: object, true: tuple[object, object]) -> float:
    return max(
        float(abs(np.asarray(kernel)[0, 1].item() - exact) / abs(exact))
        for kernel, exact in zip(kernels, true, strict=True)
    )


def _smaller(interpreter: str) -> bool:
    """Growth of peak memory in fresh processes, beyond that of a small call and of the imports. Linux only."""
    done = subprocess.run(
        [sys.executable, "-c", OUR_MEMORY], check=True, capture_output=True, text=True
    )
    ours = float(done.stdout)
    peer = Peer(interpreter)
    theirs = peer.ask(activation="relu", layers=10, n=3000, dim=DIM, **HE)["gib"]
    peer.close()
    held = theirs >= MEMORY_FLOOR * ours
    print(
        f"  memory, {_title(3000, 10, 'relu')}: {ours:.3f} GiB (two kernels are {2 * 8 * 3000**2 / 2**30:.3f}), "
        f"neural-tangents {theirs:.3f} GiB: {theirs / ours:.1f}x; floor {MEMORY_FLOOR:g}x: {_verdict(held)}"
    )
    return held


def _verdict(held: bool) -> str:
    return "holds" if held else "DOES NOT HOLD"
