"""Mode strengths, learning time against depth, and handwritten digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
TIME = "time t = learning rate × steps"
LINE_POINTS = 300


def compute_mode_strengths(
    *,
    singular_values: Sequence[float],
    width: int,
    scale: float,
    learning_rate: float,
    t_end: float,
    networks: int,
    seed: int,
) -> dict[str, Array]:
    """Strengths of the modes of networks that train, and the sigmoids from where each starts."""
    from lazyrich.solvers.networks.linear_tasks import whitened_task

    s = np.asarray(singular_values, dtype=float)
    n_outputs = len(s) + 2
    task = whitened_task(s, n_outputs + 1, n_outputs)
    widths = (n_outputs + 1, width, n_outputs)
    return {
        "singular_values": s,
        **_small_random(task, widths, scale, learning_rate, t_end, networks, seed),
    }


def draw_mode_strengths(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.4))
    axes = picture.subplots()
    for k, s in enumerate(data["singular_values"]):
        _draw_strength(axes, data, k, f"C{k % 7}")
        axes.annotate(
            f"s = {s:g}", (1.0, data["theory"][-1, k]), xycoords=("axes fraction", "data"),
            xytext=(4, 0), textcoords="offset points", va="center", color="0.2",
        )  # fmt: skip
    axes.set_xlabel(TIME)
    axes.set_ylabel("mode strength u")
    axes.margins(x=0.015)
    explain_marks(axes, "theory", "networks: mean ± standard deviation")
    return picture


def compute_learning_time(
    *,
    depths: Sequence[int],
    singular_value: float,
    initial_strength: float,
    final_strength: float,
    rate_fraction: float,
) -> dict[str, Array]:
    """Learning times of aligned networks of several depths, and of the chain they follow."""
    from lazyrich.theory.deep_linear import modes

    s, ends = singular_value, (initial_strength, final_strength)
    trained = np.asarray(depths, dtype=float)
    depth = np.arange(1.0, trained.max() + 1)
    time = modes.deep_time(*ends, s, depth)
    if not np.isfinite(time).all():
        raise ValueError(
            f"initial_strength {initial_strength}, final_strength {final_strength}: never reached; "
            f"needs 0 < initial < final < singular_value = {s}"
        )
    if not 0 < rate_fraction < 1:
        raise ValueError(f"rate_fraction {rate_fraction}; needs 0 < rate_fraction < 1")
    rate = rate_fraction * modes.optimal_learning_rate(s, depth)
    trained_rate = rate_fraction * modes.optimal_learning_rate(s, trained)
    steps = [
        _steps_to_learn(int(depth), s, *ends, float(rate))
        for depth, rate in zip(trained, trained_rate, strict=True)
    ]
    limit = modes.infinite_depth_time(*ends, s)
    return {
        "depth": depth,
        "theory_depth_times_time": depth * time,
        "theory_steps": time / rate,
        "trained_depth": trained,
        "trained_depth_times_time": trained * np.array(steps) * trained_rate,
        "trained_steps": np.array(steps),
        "limit_depth_times_time": np.atleast_1d(limit),
        "limit_steps": np.atleast_1d(limit * s**2 / rate_fraction),
        "rate_fraction": np.atleast_1d(rate_fraction),
    }


def draw_learning_time(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.0))
    left, right = picture.subplots(1, 2)
    for axes, name in ((left, "depth_times_time"), (right, "steps")):
        theory_line(axes, data["depth"], data[f"theory_{name}"], color="C0", label="theory")
        limit = float(data[f"limit_{name}"][0])
        axes.axhline(limit, color="0.4", linestyle="--", linewidth=1, label="infinite depth")
        trained = data["trained_depth"], data[f"trained_{name}"]
        simulation_points(axes, *trained, color="C1", label="trained networks")
        axes.set_xscale("log")
        axes.set_xticks(ticks := [1, 2, 5, 10, 20, 50, 100], [str(tick) for tick in ticks])
        axes.minorticks_off()
        axes.set_xlim(0.9, 1.1 * data["depth"][-1])
        axes.set_ylim(0, 1.12 * limit)
        axes.set_xlabel("depth L (weight matrices)")
    left.set_ylabel("depth × learning time, L t")
    right.set_ylabel(f"steps at {data['rate_fraction'][0]:g} × the best learning rate")
    left.legend(loc="lower right")
    return picture


def compute_digits(
    *, width: int, scale: float, learning_rate: float, t_end: float, networks: int, seed: int
) -> dict[str, Array]:
    """Loss and mode strengths on whitened digits, and what their singular values predict."""
    from lazyrich.solvers.networks.linear_tasks import Task, digits
    from lazyrich.solvers.networks.second_moments import from_samples

    data = digits(whitened=True)
    moments = from_samples(data.inputs, data.targets)
    left, s, right = np.linalg.svd(moments.sigma_yx, full_matrices=False)
    modes = s > 1e-10 * s[0]
    left, s, right = left[:, modes], s[modes], right[modes].T
    task = Task(moments, left, right, s, np.ones_like(s))
    widths = (data.inputs.shape[1], width, data.targets.shape[1])
    return {
        "singular_values": s,
        "lowest_loss": np.atleast_1d((moments.trace_yy - s @ s) / 2),
        **_small_random(task, widths, scale, learning_rate, t_end, networks, seed),
    }


def draw_digits(data: Curves) -> Picture:
    import matplotlib
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.0))
    left, right = picture.subplots(1, 2)
    theory_line(left, data["t"], data["theory_loss"], color="C0")
    points = data["loss_mean"], data["loss_deviation"]
    simulation_points(left, data["t_simulation"], *points, color="C1")
    left.axhline(float(data["lowest_loss"][0]), color="0.4", linestyle="--", linewidth=1)
    left.text(0.5, float(data["lowest_loss"][0]), "best linear map", va="bottom", color="0.4")
    left.set_ylim(bottom=0)
    left.set_ylabel("loss")
    explain_marks(left, "theory, from singular values", "networks, mean ± s.d.")
    shades = matplotlib.colormaps["viridis"](np.linspace(0, 0.88, len(data["singular_values"])))
    for k, shade in enumerate(shades):
        _draw_strength(right, data, k, shade, markersize=3, markevery=2, errorevery=2)
    right.set_ylabel("mode strength u")
    for axes in (left, right):
        axes.set_xlabel(TIME)
        axes.margins(x=0.015)
    return picture


def _small_random(
    task: Any,
    widths: tuple[int, int, int],
    scale: float,
    learning_rate: float,
    t_end: float,
    networks: int,
    seed: int,
) -> dict[str, Array]:
    """Train from small random weights; predict each network from its start; average both."""
    from lazyrich.solvers.networks.deep_linear import train_ensemble
    from lazyrich.solvers.networks.initial_weights import small_random_weights
    from lazyrich.theory.deep_linear import modes

    if networks < 2:
        raise ValueError(f"networks {networks}; a standard deviation needs 2 or more")
    if not (learning_rate > 0 and t_end >= learning_rate):
        raise ValueError(
            f"learning_rate {learning_rate}, t_end {t_end}; needs 0 < learning_rate <= t_end"
        )
    rngs = np.random.default_rng(seed).spawn(networks)
    members = [small_random_weights(widths, scale, rng) for rng in rngs]
    steps = np.unique(np.rint(np.linspace(0, t_end, 33) / learning_rate).astype(np.int64))
    frames = {"left": task.left, "right": task.right}
    run = train_ensemble(members, task.moments, learning_rate, steps, **frames)
    start = np.sqrt([_growing_strength(*weights, **frames) for weights in members])
    t = np.linspace(0, steps[-1] * learning_rate, LINE_POINTS)
    u = modes.two_layer_mode(t[:, None, None], start, start, task.singular_values).u
    floor = (task.moments.trace_yy - task.singular_values @ task.singular_values) / 2
    loss = floor + ((task.singular_values - u) ** 2).sum(axis=-1) / 2
    return {
        "t": t,
        "theory": u.mean(axis=1),
        "theory_loss": loss.mean(axis=1),
        "t_simulation": steps * learning_rate,
        "mean": run.mode_strengths.mean(axis=1),
        "deviation": run.mode_strengths.std(axis=1, ddof=1),
        "loss_mean": run.loss.mean(axis=1),
        "loss_deviation": run.loss.std(axis=1, ddof=1),
    }


def _growing_strength(first: Array, second: Array, *, left: Array, right: Array) -> Array:
    """What the weights hold of each mode on its growing direction, |W1 v + W2^T u|^2 / 4."""
    return ((first @ right + second.T @ left) ** 2).sum(axis=0) / 4


def _steps_to_learn(depth: int, s: float, initial: float, final: float, rate: float) -> float:
    """Steps until the mode of an aligned network reaches its final strength (interpolated)."""
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.initial_weights import aligned_weights
    from lazyrich.solvers.networks.linear_tasks import whitened_task

    rng = np.random.default_rng(depth)
    task = whitened_task([s], 4, 3, rng)
    layers = np.full((depth, 1), initial ** (1 / depth))
    weights = aligned_weights(task.left, task.right, layers, [4] * (depth - 1), rng)
    frames = {"left": task.left, "right": task.right}
    last = 64
    while True:
        run = train(weights, task.moments, rate, np.arange(last), **frames)
        strength = run.mode_strengths[:, 0]
        if strength[-1] >= final:
            return float(np.interp(final, strength, run.steps))
        last *= 2


def _draw_strength(axes: Axes, data: Curves, mode: int, colour: Any, **marks: Any) -> None:
    theory_line(axes, data["t"], data["theory"][:, mode], color=colour)
    points = data["mean"][:, mode], data["deviation"][:, mode]
    simulation_points(axes, data["t_simulation"], *points, color=colour, **marks)


def explain_marks(axes: Axes, line: str, points: str) -> None:
    """A legend of the two marks, whatever the colours of the curves."""
    handles = [
        theory_line(axes, [], [], color="0.3", label=line),
        simulation_points(axes, [], [], [], color="0.3", label=points),
    ]
    axes.figure.legend(handles=handles, loc="outside upper left", ncols=2)


FIGURES = [
    Figure(
        name="mode-strengths",
        caption="A linear network learns each mode of its task along a sigmoid, strong modes first. "
        "Lines: theory, started from the part of the first weights that grows. Points: networks "
        "trained from small random weights, mean and standard deviation over networks.",
        source="arXiv:1312.6120, exact solutions for two weight matrices",
        parameters={
            "singular_values": (5.0, 3.0, 2.0, 1.5, 1.0),
            "width": 100,
            "scale": 1e-2,
            "learning_rate": 1e-3,
            "t_end": 8.0,
            "networks": 10,
            "seed": 0,
        },
        compute=compute_mode_strengths,
        draw=draw_mode_strengths,
    ),
    Figure(
        name="learning-time-depth",
        caption="Depth costs no more than a finite delay. Left: depth times learning time tends to "
        "a limit. Right: so does the number of steps at a fixed fraction of the best learning rate. "
        "Points: aligned networks that were trained; they start from one state, so no error bar.",
        source="arXiv:1312.6120, learning time and optimal learning rate against depth",
        parameters={
            "depths": (1, 2, 3, 4, 6, 10, 16, 30, 60, 100),
            "singular_value": 2.0,
            "initial_strength": 0.05,
            "final_strength": 1.9,
            "rate_fraction": 0.02,
        },
        compute=compute_learning_time,
        draw=draw_learning_time,
    ),
    Figure(
        name="digits",
        caption="The singular values of the map from whitened handwritten digits to their classes "
        "predict how a two-layer linear network learns them. Left: loss. Right: strength of each of "
        "the nine modes. Points: mean and standard deviation over networks.",
        source="arXiv:1312.6120, for scikit-learn's handwritten digits",
        parameters={
            "width": 64,
            "scale": 1e-2,
            "learning_rate": 2e-2,
            "t_end": 32.0,
            "networks": 8,
            "seed": 0,
        },
        compute=compute_digits,
        draw=draw_digits,
    ),
]
