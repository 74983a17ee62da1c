"""Workload A: a two-layer linear network, 32-32-32, 64 samples."""

from functools import partial

import numpy as np

from tests.benchmarks import linear_training as peers
from tests.benchmarks.contest import OURS, Contest, Floor


def problem() -> peers.Problem:
    """X ~ N(0, 1), Y = T X with singular values 4, 3, 2, 1 of T, W ~ N(0, 0.01^2)."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((32, 64))
    left, right = (np.linalg.qr(rng.standard_normal((32, 4)))[0] for _ in range(2))
    targets = (left * [4.0, 3.0, 2.0, 1.0]) @ right.T @ inputs
    weights = [0.01 * rng.standard_normal((32, 32)) for _ in range(2)]
    return peers.Problem(inputs, targets, weights, learning_rate=0.02, steps=5000)


def run(rounds: int) -> bool:
    task = problem()
    contenders = {
        OURS: peers.lazyrich,
        "numpy on data": peers.numpy_data,
        "numpy on data, plain": peers.numpy_data_plain,
        "numpy on moments": peers.numpy_moments_two_layer,
        "torch autograd + SGD": peers.torch_autograd,
        "torch manual moments": peers.torch_manual_two_layer,
        "torch.compile moments": peers.torch_compile_two_layer,
        "JAX scan + grad on data": peers.jax_data,
        "JAX scan on moments": peers.jax_moments,
    }
    return Contest(
        title="A  two-layer linear network 32-32-32, 64 samples",
        steps=task.steps,
        flop_per_step=4 * 2 * 32**3,
        dgemm_fraction=0.65,
        reference=peers.numpy_data(task),
        contenders={name: partial(prepare, task) for name, prepare in contenders.items()},
        floors=(
            Floor(("numpy on moments", "JAX scan on moments"), 2),
            Floor(("JAX scan + grad on data",), 4),
            Floor(("numpy on data",), 5),
            Floor(("torch autograd + SGD",), 20),
        ),
    ).run(rounds)
