"""Figures of Dominé et al. 2024 (arXiv:2409.14623): from lazy to rich by the balance of two layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
TIME = "time t = learning rate × steps"
SHAPES = {"square": (4, 4, 4), "funnel": (8, 3, 3), "inverted funnel": (3, 3, 8)}


def compute_movement(
    *,
    singular_values: Sequence[float],
    balances: Sequence[float],
    largest_balance: float,
    scale: float,
    t_end: float,
    t_movement: float,
    learning_rate: float,
    seed: int,
) -> dict[str, Array]:
    """Loss of the square network against time, and kernel movement of three shapes against balance."""
    _check(learning_rate, t_end)
    t = np.linspace(0, t_end, 200)
    steps = np.rint(np.linspace(0, t_end, 21) / learning_rate).astype(np.int64)
    task = scale, singular_values, seed
    square = [_start(SHAPES["square"], balance, *task) for balance in balances]
    maps = np.stack([_solution(start).network(t) for start in square], axis=1)
    trained = [_trained(start, steps, learning_rate) for start in square]
    trained_maps = np.stack([second @ first for first, second in trained], axis=1)
    fine, coarse = (_balances(largest_balance, count) for count in (81, 17))
    ends = np.array([0, round(t_movement / learning_rate)])
    shapes = SHAPES.values()
    theory = [[_start(shape, b, *task) for shape in shapes] for b in fine]
    simulation = [[_start(shape, b, *task) for shape in shapes] for b in coarse]
    return {
        "t": t,
        "t_simulation": steps * learning_rate,
        "loss_balances": np.asarray(balances, dtype=float),
        "loss": _loss(maps, square[0][2]),
        "loss_simulation": _loss(trained_maps, square[0][2]),
        "balance": fine,
        "balance_simulation": coarse,
        "movement": np.array(
            [[_solution(start).ntk_distance(t_movement) for start in row] for row in theory]
        ),
        "movement_simulation": np.array(
            [
                [_kernel_movement(*_trained(start, ends, learning_rate)) for start in row]
                for row in simulation
            ]
        ),
    }


def draw_movement(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.2))
    left, right = picture.subplots(1, 2)
    for k, balance in enumerate(data["loss_balances"]):
        theory_line(left, data["t"], data["loss"][:, k], color=f"C{k}", label=f"{balance:g}")
        simulation_points(
            left, data["t_simulation"], data["loss_simulation"][:, k], color=f"C{k}", markersize=3.5
        )
    left.set_xlabel(TIME)
    left.set_ylabel("loss, square network")
    left.set_ylim(bottom=0)
    left.legend(title="balance λ")
    for k, name in enumerate(SHAPES):
        colour = f"C{k}"
        theory_line(right, data["balance"], data["movement"][:, k], color=colour, label=name)
        points = data["balance_simulation"], data["movement_simulation"][:, k]
        simulation_points(right, *points, color=colour, markersize=3.5)
    right.set_xlabel("balance λ of the first weights")
    right.set_ylabel("movement of the tangent kernel")
    right.set_ylim(bottom=0)
    picture.legend(*right.get_legend_handles_labels(), loc="outside upper right", ncols=3)
    return picture


def compute_strengths(
    *,
    singular_values: Sequence[float],
    balances: Sequence[float],
    scale: float,
    t_end: float,
    learning_rate: float,
    seed: int,
) -> dict[str, Array]:
    """Singular values of the network's map against time, for several balances."""
    _check(learning_rate, t_end)
    n = len(singular_values)
    t = np.linspace(0, t_end, 200)
    steps = np.rint(np.linspace(0, t_end, 21) / learning_rate).astype(np.int64)
    starts = [_start((n, n, n), b, scale, singular_values, seed) for b in balances]
    theory = np.stack([_solution(start).network(t) for start in starts], axis=1)
    trained = [_trained(start, steps, learning_rate) for start in starts]
    simulation = np.stack([second @ first for first, second in trained], axis=1)
    return {
        "balances": np.asarray(balances, dtype=float),
        "t": t,
        "theory": np.linalg.svd(theory, compute_uv=False),
        "t_simulation": steps * learning_rate,
        "simulation": np.linalg.svd(simulation, compute_uv=False),
    }


def draw_strengths(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 2.8))
    panels = picture.subplots(1, len(data["balances"]), sharey=True, squeeze=False)[0]
    for k, (axes, balance) in enumerate(zip(panels, data["balances"], strict=True)):
        for mode in range(data["theory"].shape[-1]):
            theory_line(axes, data["t"], data["theory"][:, k, mode], color=f"C{mode}")
            points = data["t_simulation"], data["simulation"][:, k, mode]
            simulation_points(axes, *points, color=f"C{mode}", markersize=3.5)
        axes.set_title(f"balance λ = {balance:g}")
        axes.set_ylim(bottom=0)
    panels[len(panels) // 2].set_xlabel(TIME)
    panels[0].set_ylabel("singular values of W₂W₁")
    handles = [
        theory_line(panels[0], [], [], color="0.3", label="theory"),
        simulation_points(panels[0], [], [], color="0.3", label="trained network"),
    ]
    picture.legend(handles=handles, loc="outside upper right", ncols=2)
    return picture


def _loss(maps: Array, target: Array) -> Array:
    return np.asarray(((target - maps) ** 2).sum(axis=(-2, -1)) / 2)


def _balances(largest: float, count: int) -> Array:
    """Balances of either sign, denser near zero."""
    return largest * np.sinh(3 * np.linspace(-1, 1, count)) / np.sinh(3)


def _check(learning_rate: float, t_end: float) -> None:
    if not 0 < learning_rate <= t_end / 40:
        raise ValueError(
            f"learning_rate {learning_rate}, t_end {t_end}; needs 0 < learning_rate <= t_end/40"
        )


def _start(
    widths: tuple[int, int, int],
    balance: float,
    scale: float,
    singular_values: Sequence[float],
    seed: int,
) -> tuple[Array, Array, Array]:
    """W1, W2, Sigma_yx; a square start gets a determinant of the sign of the task's."""
    from lazyrich.solvers.networks.linear_tasks import whitened_task
    from lazyrich.theory.deep_linear.balanced import balanced_weights

    n_in, n_hidden, n_out = widths
    rng = np.random.default_rng(seed)
    target = whitened_task(singular_values[: min(n_in, n_out)], n_in, n_out).moments.sigma_yx
    first, second = balanced_weights(n_in, n_hidden, n_out, balance, scale, rng)
    if n_in == n_out and np.linalg.det(second @ first) < 0:
        second[0] *= -1
    return first, second, target


def _solution(start: tuple[Array, Array, Array]) -> Any:
    from lazyrich.theory.deep_linear.balanced import BalancedSolution

    return BalancedSolution(*start)


def _trained(
    start: tuple[Array, Array, Array], steps: NDArray[np.int64], learning_rate: float
) -> tuple[Array, Array]:
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.second_moments import from_covariances

    first, second, target = start
    moments = from_covariances(np.eye(first.shape[1]), target)
    run = train([first, second], moments, learning_rate, steps, weight_steps=steps)
    return run.weights[0], run.weights[1]


def _kernel_movement(first: Array, second: Array) -> float:
    """1 - cosine of the dense tangent kernels of the two given times."""
    before, after = (
        np.kron(b @ b.T, np.eye(a.shape[1])) + np.kron(np.eye(len(b)), a.T @ a)
        for a, b in zip(first, second, strict=True)
    )
    norms = np.linalg.norm(before) * np.linalg.norm(after)
    return float(1 - (before * after).sum() / norms)


SOURCE = "arXiv:2409.14623, "
FIGURES = [
    Figure(
        name="loss-and-kernel-movement",
        caption="The balance of the two layers sets the regime. Left: the loss falls as a delayed "
        "sigmoid at balance 0 and as an exponential at large balance of either sign. Right: the "
        "tangent kernel of a square network is still at both ends; funnels move at one. "
        "Lines: exact solution. Points: trained networks.",
        source=SOURCE + "loss and tangent kernel against the balance",
        parameters={
            "singular_values": (2.0, 1.5, 1.0, 0.8),
            "balances": (-5.0, -1.0, 0.0, 2.0),
            "largest_balance": 6.0,
            "scale": 0.15,
            "t_end": 5.0,
            "t_movement": 12.0,
            "learning_rate": 2e-3,
            "seed": 3,
        },
        compute=compute_movement,
        draw=draw_movement,
    ),
    Figure(
        name="sigmoid-to-exponential",
        caption="Singular values of a linear network's map cross from step-like sigmoids, strong modes "
        "first, to simultaneous exponentials as the balance grows. Lines: exact solution. Points: "
        "networks trained from the same weights.",
        source=SOURCE + "singular values against time for several balances",
        parameters={
            "singular_values": (3.0, 2.0, 1.2),
            "balances": (0.0, 1.0, 5.0),
            "scale": 0.1,
            "t_end": 4.0,
            "learning_rate": 1e-3,
            "seed": 1,
        },
        compute=compute_strengths,
        draw=draw_strengths,
    ),
]
