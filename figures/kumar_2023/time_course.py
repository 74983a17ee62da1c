"""Train and test loss of quadratic networks in time, and what the weights do meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
STEP = "step of gradient descent"


def _data(dim: int, n_train: int, seed: int) -> tuple[Array, Array, np.random.Generator]:
    """Inputs and a teacher with teacher_power 1."""
    for name, value in (("dim", dim), ("n_train", n_train)):
        if value < 1:
            raise ValueError(f"{name} {value}; needs 1 or more")
    rng = np.random.default_rng(seed)
    X, beta = rng.standard_normal((n_train, dim)) / np.sqrt(dim), rng.standard_normal(dim)
    return X, beta * np.sqrt(dim / (beta @ beta)), rng


def _marks(n_steps: int, count: int = 22) -> NDArray[np.int64]:
    if n_steps < 1:
        raise ValueError(f"n_steps {n_steps}; needs 1 or more")
    return np.unique(np.append(0, np.geomspace(1, n_steps, count).round())).astype(np.int64)


def _trained(W0: Array, X: Array, beta: Array, steps: Any, rate: float, **model: Any) -> Any:
    from lazyrich.solvers.networks import quadratic_student as student

    width, dim = W0.shape
    learning_rate = rate * width * dim / (2 * model["output_scale"] ** 2)
    return student.train(student.Start(W0, beta), X, learning_rate, steps, **model)


def _predicted(
    X: Array, beta: Array, rate: float, n_steps: int, W0: Any = None, **model: Any
) -> Any:
    from lazyrich.theory.lazy_to_rich import quadratic_network as quadratic

    dim = len(beta)
    mean = np.zeros(dim) if W0 is None else W0.mean(axis=0)
    moment = np.eye(dim) if W0 is None else W0.T @ W0 / len(W0)
    return quadratic.exact_gradient_descent(
        X, beta, mean, moment, scaled_learning_rate=rate, n_steps=n_steps, **model
    )


def compute_time_course(
    *,
    dim: int,
    n_train: int,
    width: int,
    output_scale: float,
    quadratic_strength: float,
    scaled_learning_rate: float,
    n_steps: int,
    seed: int,
) -> dict[str, Array]:
    """Infinite width, one wide network, and the network linearised at its start."""
    from lazyrich.theory.lazy_to_rich import quadratic_network as quadratic

    X, beta, rng = _data(dim, n_train, seed)
    model = {"output_scale": output_scale, "quadratic_strength": quadratic_strength}
    run = _predicted(X, beta, scaled_learning_rate, n_steps, **model)
    steps = _marks(n_steps)
    every = np.unique(np.append(np.geomspace(1, n_steps, 300).round(), 0)).astype(np.int64)
    lazy = quadratic.lazy_training(
        every,
        X,
        beta,
        quadratic_strength=quadratic_strength,
        scaled_learning_rate=scaled_learning_rate,
    )
    W0 = rng.standard_normal((width, dim))
    network = _trained(W0, X, beta, steps, scaled_learning_rate, **model)
    size = np.trace(run.second_moment[every], axis1=1, axis2=2) / dim
    along = np.einsum("i,tij,j->t", beta, run.second_moment[every], beta) / (beta @ beta)
    return {
        "step": every.astype(float),
        "theory_train": run.train[every],
        "theory_test": run.test[every],
        "lazy_test": lazy.test,
        "theory_norm": np.sqrt(size),
        "theory_aligned": along,
        "step_network": steps.astype(float),
        "train": network.train_loss,
        "test": network.test_loss,
        "norm": network.weight_norm / np.sqrt(W0.size),
        "aligned": network.second_moment_aligned,
    }


def draw_time_course(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.6, 3.2))
    left, right = picture.subplots(1, 2)
    x, points = data["step"] + 1, data["step_network"] + 1
    for color, name in (("C0", "train"), ("C1", "test")):
        theory_line(left, x, data[f"theory_{name}"], color=color, label=f"{name} loss")
        simulation_points(left, points, data[name], color=color)
    theory_line(left, x, data["lazy_test"], color="0.5", ls="--", label="test, lazy for ever")
    left.set(xlabel=STEP + " + 1", ylabel="mean squared error", xscale="log", ylim=(0, None))
    left.legend(loc="lower left")
    theory_line(right, x, data["theory_norm"], color="C2", label="size of the weights")
    simulation_points(right, points, data["norm"], color="C2")
    theory_line(
        right, x, data["theory_aligned"], color="C3", label="second moment along the teacher"
    )
    simulation_points(right, points, data["aligned"], color="C3")
    right.set(xlabel=STEP + " + 1", ylabel="relative to the start", xscale="log", yscale="log")
    right.set_ylim(0.7, 4 * data["theory_aligned"].max())
    right.legend(loc="upper left")
    return picture


def compute_parts(
    *,
    dim: int,
    n_train: int,
    width: int,
    output_scale: float,
    quadratic_strength: float,
    scaled_learning_rate: float,
    n_steps: int,
    seed: int,
) -> dict[str, Array]:
    """Parts of the test loss of a narrow network that is not centred: reduction and network."""
    from lazyrich.theory.lazy_to_rich.quadratic_moments import parts_of

    X, beta, rng = _data(dim, n_train, seed)
    W0 = rng.standard_normal((width, dim))
    model: dict[str, Any] = {
        "output_scale": output_scale,
        "quadratic_strength": quadratic_strength,
        "centered": False,
    }
    run = _predicted(X, beta, scaled_learning_rate, n_steps, W0, **model)
    every = np.unique(np.append(np.geomspace(1, n_steps, 300).round(), 0)).astype(np.int64)
    parts = parts_of(
        output_scale * run.mean_weight[every],
        output_scale * quadratic_strength * run.second_moment[every] - np.outer(beta, beta),
    )
    steps = _marks(n_steps)
    network = _trained(W0, X, beta, steps, scaled_learning_rate, **model)
    return {
        "step": every.astype(float),
        "theory_train": run.train[every],
        "theory_parts": np.column_stack(parts),
        "step_network": steps.astype(float),
        "train": network.train_loss,
        "parts": network.test_parts,
    }


def draw_parts(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.4))
    axes = picture.subplots()
    x, points = data["step"] + 1, data["step_network"] + 1
    theory_line(axes, x, data["theory_train"], color="C0", label="train loss")
    simulation_points(axes, points, data["train"], color="C0")
    names = ("linear part", "trace part (mean output)", "alignment part")
    for k, (color, name) in enumerate(zip(("C4", "C2", "C1"), names, strict=True)):
        theory_line(axes, x, data["theory_parts"][:, k], color=color, label="test loss: " + name)
        simulation_points(axes, points, data["parts"][:, k], color=color)
    axes.set(xlabel=STEP + " + 1", ylabel="mean squared error", xscale="log", yscale="log")
    axes.set_ylim(1e-5, 3)
    axes.legend(loc="lower left")
    return picture


def compute_sweeps(
    *,
    dim: int,
    width: int,
    n_train: int,
    output_scales: tuple[float, ...],
    train_sizes: tuple[int, ...],
    quadratic_strength: float,
    scaled_learning_rate: float,
    n_steps: int,
    seed: int,
) -> dict[str, Array]:
    """Sweep of the output scale at one number of samples, and of that number at output scale 1."""
    every = np.unique(np.append(np.geomspace(1, n_steps, 200).round(), 0)).astype(np.int64)
    steps = _marks(n_steps, 14)
    data: dict[str, Any] = {
        "step": every.astype(float),
        "step_network": steps.astype(float),
        "output_scales": np.array(output_scales, float),
        "train_sizes": np.array(train_sizes, float),
    }
    cases = {
        "scale": [(alpha, n_train) for alpha in output_scales],
        "size": [(1.0, count) for count in train_sizes],
    }
    for kind, members in cases.items():
        curves = []
        for alpha, count in members:
            X, beta, rng = _data(dim, count, seed)
            model = {"output_scale": alpha, "quadratic_strength": quadratic_strength}
            run = _predicted(X, beta, scaled_learning_rate, n_steps, **model)
            W0 = rng.standard_normal((width, dim))
            network = _trained(W0, X, beta, steps, scaled_learning_rate, **model)
            curves.append(
                (run.train[every], run.test[every], network.train_loss, network.test_loss)
            )
        for name, found in zip(
            ("theory_train", "theory_test", "train", "test"), zip(*curves, strict=True), strict=True
        ):
            data[f"{kind}_{name}"] = np.array(found)
    return data


def draw_sweeps(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture
    from matplotlib.lines import Line2D

    picture = Picture(figsize=(6.6, 3.2))
    panels = picture.subplots(1, 2, sharey=True)
    x, points = data["step"] + 1, data["step_network"] + 1
    for axes, kind, values, label in (
        (panels[0], "scale", data["output_scales"], r"output scale $\alpha$"),
        (panels[1], "size", data["train_sizes"], "samples $P$"),
    ):
        for k, value in enumerate(values):
            color = f"C{k}"
            theory_line(axes, x, data[f"{kind}_theory_test"][k], color=color, label=f"{value:g}")
            theory_line(axes, x, data[f"{kind}_theory_train"][k], color=color, ls=":")
            simulation_points(axes, points, data[f"{kind}_test"][k], color=color)
            simulation_points(axes, points, data[f"{kind}_train"][k], color=color, fmt="s", ms=2.5)
        axes.set(xlabel=STEP + " + 1", xscale="log", yscale="log", ylim=(3e-4, 3))
        styles = [
            Line2D([], [], color="0.3", ls=ls, label=name)
            for ls, name in (("-", "test"), (":", "train"))
        ]
        first = axes.legend(title=label, loc="lower left", ncols=2)
        axes.add_artist(first)
        axes.legend(handles=styles, loc="upper right", ncols=2)
    panels[0].set_ylabel("mean squared error")
    return picture


FIGURES = [
    Figure(
        name="time-course",
        caption="A wide centred network memorises first and generalises late, while its weights grow along the "
        "teacher. Lines: infinite width, exact in the samples; dashed: the network linearised at its start. "
        "Points: one trained network.",
        source="main time course; weight norms",
        parameters={
            "dim": 40,
            "n_train": 240,
            "width": 500,
            "output_scale": 1.0,
            "quadratic_strength": 0.1,
            "scaled_learning_rate": 0.1,
            "n_steps": 3000,
            "seed": 0,
        },
        compute=compute_time_course,
        draw=draw_time_course,
    ),
    Figure(
        name="parts-of-the-loss",
        caption="The test loss of a network of two units in its three parts: the alignment part dominates the "
        "plateau and falls last. Lines: the exact reduction to moments. Points: the network.",
        source="decomposition of the loss, two hidden units",
        parameters={
            "dim": 40,
            "n_train": 240,
            "width": 2,
            "output_scale": 1.0,
            "quadratic_strength": 0.25,
            "scaled_learning_rate": 0.05,
            "n_steps": 4000,
            "seed": 1,
        },
        compute=compute_parts,
        draw=draw_parts,
    ),
    Figure(
        name="laziness-and-samples",
        caption="Left: the larger the output scale, the longer the gap between train and test loss. Right: with few "
        "samples the network memorises and stays wrong, with many it generalises at once. Lines: infinite "
        "width. Points: networks.",
        source="sweeps of the output scale and of the number of samples",
        parameters={
            "dim": 30,
            "width": 400,
            "n_train": 180,
            "output_scales": (0.5, 1.0, 2.0, 4.0),
            "train_sizes": (45, 90, 180, 720),
            "quadratic_strength": 0.25,
            "scaled_learning_rate": 0.1,
            "n_steps": 2000,
            "seed": 2,
        },
        compute=compute_sweeps,
        draw=draw_sweeps,
    ),
]
