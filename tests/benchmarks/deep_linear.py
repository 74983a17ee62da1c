"""Workload C: a deep linear network, 6 matrices of 64 x 64, 256 samples."""

from functools import partial

import numpy as np

from tests.benchmarks import linear_training as peers
from tests.benchmarks.contest import OURS, Contest, Floor


def problem() -> peers.Problem:
    """X ~ N(0, 1), Y = diag(2, 1.5, 1, 0.5, 0, ...) X, W = 0.7 x Haar orthogonal."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((64, 256))
    strengths = np.zeros(64)
    strengths[:4] = 2, 1.5, 1, 0.5
    weights = []
    for _ in range(6):
        q, r = np.linalg.qr(rng.standard_normal((64, 64)))
        weights.append(0.7 * q * np.sign(np.diagonal(r)))
    targets = strengths[:, None] * inputs
    return peers.Problem(inputs, targets, weights, learning_rate=0.01, steps=1000)


def run(rounds: int) -> bool:
    task = problem()
    contenders = {
        OURS: peers.lazyrich,
        "numpy on data": peers.numpy_data,
        "numpy on data, plain": peers.numpy_data_plain,
        "numpy on moments": peers.numpy_moments,
        "torch autograd + SGD": peers.torch_autograd,
        "torch autograd on moments": peers.torch_autograd_moments,
        "JAX scan + grad on data": peers.jax_data,
        "JAX scan on moments": peers.jax_moments,
    }
    return Contest(
        title="C  deep linear network, 6 matrices of 64 x 64, 256 samples",
        steps=task.steps,
        flop_per_step=16 * 2 * 64**3,
        dgemm_fraction=0.78,
        reference=peers.numpy_data(task),
        contenders={name: partial(prepare, task) for name, prepare in contenders.items()},
        floors=(
            Floor(("numpy on moments",), 1.12),
            Floor(("JAX scan on moments",), 1.5),
            Floor(("JAX scan + grad on data",), 5.3),
            Floor(("torch autograd + SGD",), 6),
        ),
    ).run(rounds)
