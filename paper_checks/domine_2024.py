"""Dominé et al. 2024: from lazy to rich, exact learning dynamics in deep linear networks.

Two weight matrices, loss 1/(2P) sum |y - W2 W1 x|^2, whitened inputs; time t = learning rate x
steps; W2^T W2 - W1 W1^T = balance x identity (the paper's lambda).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic
from lazyrich.paper_checks.measurements import braun_2022
from lazyrich.paper_checks.measurements import domine_2024 as routes
from lazyrich.theory.deep_linear.balanced import BalancedSolution

Array = NDArray[np.float64]

BIBTEX = """
@misc{domine2024lazy,
  title = {From lazy to rich: exact learning dynamics in deep linear networks},
  author = {Domin{\\'e}, Cl{\\'e}mentine C. J. and Anguita, Nicolas and Proca, Alexandra M. and Braun, Lukas
    and Kunin, Daniel and Mediano, Pedro A. M. and Saxe, Andrew M.},
  year = {2024},
  eprint = {2409.14623},
  archivePrefix = {arXiv}
}
"""


def exact_aligned(t: Array, balances: Any, singular_values: Any, initial_strength: float) -> Array:
    """Mode strengths of the exact solution: (times, balances, modes)."""
    found = []
    for balance in balances:
        start = routes.aligned_start(balance, singular_values, initial_strength)
        found.append(routes.strengths(BalancedSolution(*start).network(t), start.sigma_yx))
    return np.stack(found, axis=1)


def sigmoids(t: Array, balances: Any, singular_values: Any, initial_strength: float) -> Array:
    """Altered: the sigmoid of zero balance at any balance."""
    s, u0 = np.asarray(singular_values), initial_strength
    u = s / (1 + (s / u0 - 1) * np.exp(-2 * s * t[:, None]))
    return np.repeat(u[:, None], len(balances), axis=1)


def exponentials(t: Array, balances: Any, singular_values: Any, initial_strength: float) -> Array:
    """Altered: the exponential of large balance, of rate sqrt(balance^2 + 4 s^2), at any balance."""
    s = np.asarray(singular_values)
    rate = np.hypot(np.asarray(balances)[:, None], 2 * s)
    return s + (initial_strength - s) * np.exp(-rate * t[:, None, None])


def final_rates(balance: Array, singular_values: Any, initial_strength: float) -> Array:
    """sqrt(balance^2 + 4 s^2): (balances, modes)."""
    del initial_strength
    return np.hypot(np.asarray(balance)[:, None], 2 * np.asarray(singular_values))


def larger_rate(balance: Array, singular_values: Any, initial_strength: float) -> Array:
    """Altered: |balance| of the lazy or 2 s of the rich regime, whichever is larger."""
    return np.maximum(np.abs(balance)[:, None], 2 * np.asarray(singular_values))


def sum_of_rates(balance: Array, singular_values: Any, initial_strength: float) -> Array:
    """Altered: |balance| + 2 s."""
    return np.abs(balance)[:, None] + 2 * np.asarray(singular_values)


def rate_of_the_strength(balance: Array, singular_values: Any, initial_strength: float) -> Array:
    """Altered: 2 s alone."""
    return final_rates(0 * np.asarray(balance), singular_values, initial_strength)


def exact_kernel_movement(
    balance: Array, shapes: Any, singular_values: Any, scale: float, t_end: float
) -> Array:
    """1 - cosine of the tangent kernels at the start and at t_end: (balances, shapes)."""
    found = np.empty((len(balance), len(shapes)))
    for k, each in enumerate(balance):
        for j, widths in enumerate(shapes):
            case = routes.balanced_case(widths, float(each), singular_values, scale)
            found[k, j] = BalancedSolution(*braun_2022.start_of(case)).ntk_distance(t_end)
    return found


def funnels_exchanged(shapes: Any, **given: Any) -> Array:
    """Altered: each shape moves as its mirror image, inputs and outputs exchanged."""
    mirrored = tuple(tuple(widths)[::-1] for widths in shapes)
    return exact_kernel_movement(shapes=mirrored, **given)


def moves_as_without_balance(balance: Array, **given: Any) -> Array:
    """Altered: the balance does not matter."""
    return exact_kernel_movement(0 * np.asarray(balance), **given)


def truncated_task(case: Mapping[str, Any], rank: int) -> Array:
    """The best map of that rank."""
    u, s, v = np.linalg.svd(braun_2022.start_of(case).sigma_yx)
    return np.asarray(u[:, :rank] * s[:rank] @ v[:rank])


def best_narrow_maps(cases: Any, t_end: float) -> Array:
    """Best maps of the rank of the hidden layer, (cases, outputs x inputs)."""
    del t_end
    return np.stack([truncated_task(case, case["widths"][1]).ravel() for case in cases])


def whole_tasks(cases: Any, t_end: float) -> Array:
    """Altered: the whole task is learned."""
    return np.stack([braun_2022.start_of(case).sigma_yx.ravel() for case in cases])


def one_mode_fewer(cases: Any, t_end: float) -> Array:
    """Altered: one mode fewer than hidden units is learned."""
    return np.stack([truncated_task(case, case["widths"][1] - 1).ravel() for case in cases])


def mirrored_maps(t: Array, cases: Any) -> Array:
    """Maps of the mirrored networks, W1 <-> W2^T, balance <-> -balance, transposed back."""
    found = []
    for case in cases:
        first, second, target = braun_2022.start_of(case)
        mirrored = BalancedSolution(second.T, first.T, target.T).network(t)
        found.append(mirrored.swapaxes(1, 2).reshape(len(t), -1))
    return np.concatenate(found, axis=1)


def mirror_with_the_same_balance(t: Array, cases: Any) -> Array:
    """Altered: the network of opposite balance, not transposed."""
    opposite = [{**case, "balance": -case["balance"]} for case in cases]
    found = [BalancedSolution(*braun_2022.start_of(case)).network(t) for case in opposite]
    return np.concatenate([maps.reshape(len(t), -1) for maps in found], axis=1)


SOURCE = "arXiv:2409.14623, "
STRENGTHS = (2.0, 1.5, 1.0, 0.8)
MOVEMENT = "tangent kernel, 1 - cosine"
STEPS = (0.002, 0.001, 0.0005)
BALANCES = np.array([-6.0, -3.0, -1.0, -0.3, 0.3, 1.0, 3.0, 6.0])


def _narrow(widths: Any, balance: float) -> Mapping[str, Any]:
    return routes.balanced_case(widths, balance, (3.0, 2.0, 1.2, 0.7), 0.3)


CLAIMS = [
    Deterministic(
        name="learning-curves-from-sigmoid-to-exponential",
        statement="The learning curve of a mode crosses from a sigmoid at zero balance to an "
        "exponential at large balance of either sign, as the exact solution says.",
        source=SOURCE + "sigmoidal and exponential learning curves against the balance",
        equation=r"$\dot u=\sqrt{\lambda^2+4u^2}\,(s-u)$",
        prediction=exact_aligned,
        measurement=routes.train_aligned,
        parameters={
            "t": 0.08 * np.arange(1, 51),
            "balances": (-8.0, -1.0, 0.0, 0.3, 3.0, 8.0),
            "singular_values": (2.0, 1.0),
            "initial_strength": 0.02,
        },
        coordinate="t",
        scale="maximum",
        steps=STEPS,
        quantity="mode strength u",
        margin=2e-3,
        max_sensitivity=0.01,
        alternatives={
            "a sigmoid at any balance": sigmoids,
            "an exponential at any balance": exponentials,
        },
        cost=3.0,
    ),
    Deterministic(
        name="final-rate-of-learning",
        statement="A mode approaches its strength at the rate sqrt(balance^2 + 4 s^2).",
        source=SOURCE + "time scale of learning against the balance",
        equation=r"$s-u\propto e^{-\sqrt{\lambda^2+4s^2}\,t}$",
        prediction=final_rates,
        measurement=routes.approach_rates,
        parameters={
            "balance": np.array([-6.0, -2.0, -0.5, 0.0, 0.2, 1.0, 4.0]),
            "singular_values": (2.0, 1.0, 0.5),
            "initial_strength": 0.1,
        },
        coordinate="balance",
        steps=(0.001, 0.0005, 0.00025),
        quantity="rate of the approach",
        margin=2e-3,
        max_sensitivity=0.01,
        alternatives={
            "the larger of |balance| and 2 s": larger_rate,
            "|balance| + 2 s": sum_of_rates,
            "2 s": rate_of_the_strength,
        },
        cost=5.0,
    ),
    Deterministic(
        name="lazy-at-both-ends",
        statement="In a square network the tangent kernel moves at balance near zero and is still "
        "at large balance of either sign.",
        source=SOURCE + "lazy and rich regimes of square networks against the balance",
        equation=r"$K=W_2W_2^\top\otimes I+I\otimes W_1^\top W_1$",
        prediction=exact_kernel_movement,
        measurement=routes.kernel_movement,
        parameters={
            "balance": np.concatenate([BALANCES[:4], [0.0], BALANCES[4:]]),
            "shapes": ((4, 4, 4),),
            "singular_values": STRENGTHS,
            "scale": 0.05,
            "t_end": 12.0,
        },
        coordinate="balance",
        scale="maximum",
        steps=STEPS,
        quantity=MOVEMENT,
        margin=1e-3,
        max_sensitivity=0.01,
        alternatives={"the balance does not matter": moves_as_without_balance},
        cost=3.0,
    ),
    Deterministic(
        name="funnels-are-lazy-at-one-end",
        statement="A funnel (more inputs than hidden units) is lazy for large positive balance only, an "
        "inverted funnel (more outputs) for large negative balance only.",
        source=SOURCE + "funnel and inverted-funnel networks against the balance",
        equation=r"$K=W_2W_2^\top\otimes I+I\otimes W_1^\top W_1$",
        prediction=exact_kernel_movement,
        measurement=routes.kernel_movement,
        parameters={
            "balance": BALANCES,
            "shapes": ((8, 3, 3), (3, 3, 8)),
            "singular_values": STRENGTHS,
            "scale": 0.05,
            "t_end": 12.0,
        },
        coordinate="balance",
        scale="maximum",
        steps=STEPS,
        quantity=MOVEMENT,
        margin=1e-3,
        max_sensitivity=0.01,
        alternatives={"funnels exchanged": funnels_exchanged},
        cost=3.0,
    ),
    Deterministic(
        name="narrow-layers-learn-the-best-map-of-their-rank",
        statement="With fewer hidden units than modes the network learns the strongest modes, the best "
        "approximation of that rank, at any balance.",
        source=SOURCE + "limit of the exact solution with a bottleneck",
        equation=r"$W_2W_1\to\sum_{i\leq N_h}s_i\,u_iv_i^\top$",
        prediction=best_narrow_maps,
        measurement=routes.learned_maps,
        parameters={
            "cases": tuple(_narrow((6, 2, 5), balance) for balance in (-2.0, -0.5, 0.0, 0.5, 2.0)),
            "t_end": 40.0,
        },
        coordinate=None,
        scale=1.0,
        quantity="entries of the map",
        settings={"learning_rate": 0.01},
        margin=1e-8,
        max_sensitivity=1e-6,
        alternatives={"the whole task": whole_tasks, "one mode fewer": one_mode_fewer},
        cost=1.0,
    ),
    Deterministic(
        name="mirrored-networks-learn-alike",
        statement="Exchanging inputs and outputs, W1 and W2^T, and the sign of the balance transposes "
        "the learned map at every time.",
        source=SOURCE + "symmetry between the two layers",
        equation=r"$(W_1,W_2,\Sigma,\lambda)\to(W_2^\top,W_1^\top,\Sigma^\top,-\lambda)$",
        prediction=mirrored_maps,
        measurement=routes.train_maps,
        parameters={
            "t": 0.16 * np.arange(1, 26),
            "cases": tuple(_narrow((4, 3, 4), balance) for balance in (-1.0, 0.0, 1.0)),
        },
        coordinate="t",
        scale=2.0,
        steps=STEPS,
        quantity="entries of the map",
        margin=2e-3,
        max_sensitivity=0.01,
        alternatives={"opposite balance, not transposed": mirror_with_the_same_balance},
        cost=2.0,
    ),
]
