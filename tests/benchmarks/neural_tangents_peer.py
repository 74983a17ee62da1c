"""neural-tangents in an interpreter of its own; `infinite_width` starts it and asks for kernels by lines.

A line is a JSON object: activation, layers, sigma_w, sigma_b, and either n and dim (random inputs, seed 0: answered
by the CPU seconds of a warm call, and the growth of peak memory, GiB, up to then) or inputs (answered by
the kernels). It needs neural-tangents 0.6.5 with jax = jaxlib 0.4.30, numpy 1.26.4 and scipy 1.12, and nothing of ours.
"""

import json
import sys
import time
from functools import cache

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

from neural_tangents import stax

ACTIVATIONS = {
    "relu": stax.Relu,
    "erf": stax.Erf,
    "abs": stax.Abs,
    "sin": stax.Sin,
    "cos": stax.Cos,
    "gelu": stax.Gelu,
}
WARM = set()


def peak():
    """Largest memory of this process so far, GiB; Linux only (getrusage would count the parent's)."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


PEAK_AT_START = peak()


@cache
def kernel(activation, layers, sigma_w, sigma_b):
    """The compiled function of inputs, (n, d) -> (nngp, ntk)."""
    dense = {"W_std": sigma_w, "b_std": sigma_b or None, "parameterization": "ntk"}
    hidden = [
        layer
        for _ in range(layers)
        for layer in (stax.Dense(1, **dense), ACTIVATIONS[activation]())
    ]
    kernel_of = stax.serial(*hidden, stax.Dense(1, **dense))[2]
    return jax.jit(lambda x: tuple(kernel_of(x, None, ("nngp", "ntk"))))


def answer(activation, layers, sigma_w, sigma_b, n=None, dim=None, inputs=None):
    """What one line asks for."""
    run = kernel(activation, layers, sigma_w, sigma_b)
    if inputs is not None:
        return [np.asarray(part).tolist() for part in run(np.array(inputs))]
    x = np.random.default_rng(0).standard_normal((n, dim))
    if (run, n, dim) not in WARM:
        jax.block_until_ready(run(x))
        WARM.add((run, n, dim))
    start = time.process_time()
    jax.block_until_ready(run(x))
    return {"seconds": time.process_time() - start, "gib": peak() - PEAK_AT_START}


def main():
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
