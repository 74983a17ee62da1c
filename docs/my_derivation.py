"""A derivation of one's own, with a slip: the growth rate lacks a factor 2.

Try ``lazyrich check docs/my_derivation.py`` and then ``lazyrich explain`` with
``docs/my_derivation.py/strength-of-a-mode``. To mend it, write ``-2 * s * t``.
"""

import numpy as np
import sympy

from lazyrich.paper_checks.evidence.claims import Deterministic

t, s, u0 = sympy.symbols("t s u0", positive=True)

# "Each weight grows at the rate s, so their product does": no, it grows at the rate 2 s.
strength = s / (1 + (s / u0 - 1) * sympy.exp(-s * t))


def train(t, s, u0, learning_rate):
    """Strength of the only mode of a two-layer linear network that really trains."""
    from lazyrich.solvers.networks import deep_linear, initial_weights, linear_tasks

    task = linear_tasks.whitened_task([s], n_inputs=6, n_outputs=4)
    start = np.full((2, 1), np.sqrt(u0))
    rng = np.random.default_rng(0)
    weights = initial_weights.aligned_weights(task.left, task.right, start, [12], rng)
    steps = np.rint(t / learning_rate).astype(int)
    run = deep_linear.train(
        weights, task.moments, learning_rate, steps, left=task.left, right=task.right
    )
    return run.mode_strengths[:, 0]


CLAIMS = [
    Deterministic(
        name="strength-of-a-mode",
        statement="The strength of a mode of a two-layer linear network follows my formula.",
        source="my notebook",
        prediction=strength,  # its symbols are named after the parameters
        measurement=train,
        parameters={"t": np.linspace(0.1, 3.0, 30), "s": 2.0, "u0": 0.05},
        coordinate="t",
        scale="maximum",
        steps=(0.01, 0.005, 0.0025),  # gradient descent meets gradient flow as the step goes to 0
        margin=0.01,
    )
]
