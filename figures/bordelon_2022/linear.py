"""Deep linear networks: how far kernels move, and kernels between two times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]


def compute_strengths(
    *,
    strengths: tuple[float, ...],
    hidden_layers: int,
    width: int,
    networks: int,
    learning_rate: float,
    t_end: float,
    seed: int,
) -> dict[str, Array]:
    """Outputs in time and final kernels for some strengths; final kernels of theory for many."""
    from lazyrich.solvers.networks import mean_field_mlp as mlp
    from lazyrich.theory.lazy_to_rich import linear_dmft

    if networks < 2:
        raise ValueError(f"networks {networks}; needs 2 or more")

    def model(strength: float) -> tuple[float, int]:
        """Rate and steps: growing kernels need smaller steps, and end sooner."""
        growth = (1 + strength**2) ** (hidden_layers / (hidden_layers + 1))
        return learning_rate / growth, round(t_end / learning_rate)

    data: dict[str, Any] = {"strengths": np.array(strengths, float)}
    many = np.geomspace(0.05, 1.5 * max(strengths), 24)
    kernels = []
    for strength in many:
        rate, steps = model(float(strength))
        given = {"hidden_layers": hidden_layers, "gamma0": strength, "learning_rate": rate}
        kernels.append(linear_dmft.solve([[1.0]], [1.0], **given, n_steps=steps).H[:, -1, -1, 0, 0])
    data |= {"many": many, "theory_kernels": np.array(kernels)}
    rng = np.random.default_rng(seed)
    rows: dict[str, list[Any]] = {
        name: [] for name in ("t", "theory_f", "f", "f_error", "mean", "error")
    }
    for strength in strengths:
        rate, steps = model(strength)
        given = {"hidden_layers": hidden_layers, "gamma0": strength, "learning_rate": rate}
        theory = linear_dmft.solve([[1.0]], [1.0], **given, n_steps=steps)
        every = np.arange(steps + 1)
        outputs, finals = [], []
        for _ in range(networks):
            start = mlp.initial_weights(1, width, hidden_layers, rng)
            run = mlp.train(start, [[1.0]], [1.0], strength, rate, every, record_kernels=False)
            last = mlp.train(run.weights, [[1.0]], [1.0], strength, rate, [0])
            outputs.append(run.outputs[:, 0])
            finals.append(last.forward_kernels[:, 0, 0, 0, 0])
        found = np.array(finals)
        rows["t"].append(rate * every)
        rows["theory_f"].append(theory.f[:, 0])
        rows["f"].append(np.mean(outputs, axis=0))
        rows["f_error"].append(np.std(outputs, axis=0, ddof=1) / np.sqrt(networks))
        rows["mean"].append(found.mean(axis=0))
        rows["error"].append(found.std(axis=0, ddof=1) / np.sqrt(networks))
    return data | {name: np.array(values) for name, values in rows.items()}


def draw_strengths(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.6, 3.2))
    left, right = picture.subplots(1, 2)
    for k, strength in enumerate(data["strengths"]):
        t = data["t"][k]
        theory_line(
            left, t, data["theory_f"][k], color=f"C{k}", label=rf"$\gamma_0$ = {strength:g}"
        )
        marks = np.arange(0, len(t), max(1, len(t) // 18))
        points = data["f"][k][marks], data["f_error"][k][marks]
        simulation_points(left, t[marks], *points, color=f"C{k}")
    left.set(xlabel="time t", ylabel="output f, target 1", xlim=(0, 0.8), ylim=(0, 1.05))
    left.legend()
    for level in range(data["theory_kernels"].shape[1]):
        color = f"C{level + 3}"
        label = f"layer {level + 1}"
        theory_line(right, data["many"], data["theory_kernels"][:, level], color=color, label=label)
        simulation_points(
            right, data["strengths"], data["mean"][:, level], data["error"][:, level], color=color
        )
    right.set(
        xlabel=r"strength of feature learning $\gamma_0$",
        ylabel="kernel after training",
        xscale="log",
        yscale="log",
    )
    right.legend(loc="upper left")
    return picture


def compute_two_times(
    *,
    gamma0: float,
    hidden_layers: int,
    width: int,
    networks: int,
    learning_rate: float,
    n_steps: int,
    seed: int,
) -> dict[str, Array]:
    """Kernels of features and gradients of the first layer at all pairs of times, one sample."""
    from lazyrich.solvers.networks import mean_field_mlp as mlp
    from lazyrich.theory.lazy_to_rich import linear_dmft

    if networks < 1 or n_steps < 1:
        raise ValueError(f"networks {networks} and n_steps {n_steps}; each needs 1 or more")
    rng = np.random.default_rng(seed)
    theory = linear_dmft.solve(
        [[1.0]],
        [1.0],
        hidden_layers=hidden_layers,
        gamma0=gamma0,
        learning_rate=learning_rate,
        n_steps=n_steps,
    )
    forward, backward = np.zeros((2, n_steps + 1, n_steps + 1))
    for _ in range(networks):
        start = mlp.initial_weights(1, width, hidden_layers, rng)
        run = mlp.train(start, [[1.0]], [1.0], gamma0, learning_rate, np.arange(n_steps + 1))
        forward = forward + run.forward_kernels[0, :, :, 0, 0] / networks
        backward = backward + run.backward_kernels[0, :, :, 0, 0] / networks
    return {
        "t": np.linspace(0, learning_rate * n_steps, n_steps + 1),
        "theory_forward": theory.H[0, :, :, 0, 0],
        "theory_backward": theory.G[0, :, :, 0, 0],
        "forward": forward,
        "backward": backward,
    }


def draw_two_times(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.6, 4.6))
    panels = picture.subplots(2, 2, sharex=True, sharey=True)
    end = data["t"][-1]
    for row, (name, title) in enumerate(
        (("forward", "features $H^1(t,s)$"), ("backward", "gradients $G^1(t,s)$"))
    ):
        both = np.stack([data[f"theory_{name}"], data[name]])
        for axes, values, kind in zip(panels[row], both, ("theory", "networks"), strict=True):
            image = axes.imshow(
                values, origin="lower", extent=(0, end, 0, end), vmin=both.min(), vmax=both.max()
            )
            axes.set_title(f"{title}, {kind}")
        picture.colorbar(image, ax=panels[row].tolist())
        panels[row, 0].set_ylabel("time t")
    for axes in panels[1]:
        axes.set_xlabel("time s")
    return picture


FIGURES = [
    Figure(
        name="strength-of-feature-learning",
        caption="Deep linear networks learn one sample the faster, and their kernels grow the more, the stronger "
        "feature learning is; the last layers move most. Lines: two-time mean-field theory. Points: mean of "
        "networks.",
        source="outputs and final kernels of deep linear networks against gamma0",
        parameters={
            "strengths": (0.3, 1.0, 3.0),
            "hidden_layers": 3,
            "width": 200,
            "networks": 12,
            "learning_rate": 0.03,
            "t_end": 1.5,
            "seed": 0,
        },
        compute=compute_strengths,
        draw=draw_strengths,
    ),
    Figure(
        name="two-time-kernels",
        caption="Kernels of features and of gradients in the first of two hidden layers, between all pairs of times. "
        "Left: theory. Right: mean of networks that train.",
        source="two-time kernels of deep linear networks",
        parameters={
            "gamma0": 2.0,
            "hidden_layers": 2,
            "width": 400,
            "networks": 12,
            "learning_rate": 0.02,
            "n_steps": 60,
            "seed": 0,
        },
        compute=compute_two_times,
        draw=draw_two_times,
    ),
]
