"""Figures of Lin et al. 2023 (arXiv:2302.05836): forgetting of tasks with teachers of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
Place = Literal["upper left", "upper right", "lower left", "lower right"]
NAMES = ("forgetting", "generalization")
LABELS = ("forgetting", "generalisation error")


def _over_seeds(
    measure: Callable[[np.random.Generator], Array], seeds: int, seed: int
) -> tuple[Array, Array]:
    """Mean and its standard error over seeds."""
    if seeds < 2:
        raise ValueError(f"seeds {seeds}; needs 2 or more, for error bars")
    streams = np.random.SeedSequence(seed).spawn(seeds)
    found = np.array([measure(np.random.default_rng(stream)) for stream in streams])
    return found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(seeds)


def _teachers(n_tasks: int, cosine: float) -> Array:
    """Teachers of length 1, any two at that cosine."""
    from lazyrich.paper_checks.measurements.lin_2023 import teachers_of

    if not -1 / max(n_tasks - 1, 1) <= cosine <= 1:
        raise ValueError(f"cosine {cosine}; needs -1/(n_tasks - 1) <= cosine <= 1")
    return teachers_of(cosine + (1 - cosine) * np.eye(n_tasks))


def _ends(errors: Array) -> Array:
    """Forgetting and generalisation error after all tasks: (..., 2)."""
    from lazyrich.theory.double_descent.forgetting import task_averages

    found = task_averages(errors)
    return np.stack([found.forgetting[..., -1], found.generalization[..., -1]], axis=-1)


def compute_overparametrisation(
    *,
    n_train: int,
    dims: Sequence[int],
    noise_vars: Sequence[float],
    n_tasks: int,
    cosine: float,
    n_sequences: int,
    seeds: int,
    seed: int,
) -> dict[str, Array]:
    """Forgetting and error against the number of inputs: theory, and fitted students."""
    from lazyrich.paper_checks.measurements.lin_2023 import against_dimension
    from lazyrich.theory.double_descent.forgetting import different_teachers

    w = _teachers(n_tasks, cosine)
    every = np.unique(np.geomspace(max(min(dims), n_tasks), max(dims), 120).round().astype(int))
    every = every[np.abs(every - n_train) > 1]
    every = np.unique(np.append(every, [n_train - 2, n_train + 2]))
    found: dict[str, Array] = {
        "noise": np.asarray(noise_vars),
        "n_train": np.atleast_1d(float(n_train)),
        "dim": every.astype(float),
        "dim_students": np.asarray(dims, dtype=float),
    }
    theory = np.array(
        [
            [
                _ends(
                    different_teachers(np.pad(w, ((0, 0), (0, d - n_tasks))), n_train, noise_var=v)
                )
                for v in noise_vars
            ]
            for d in every
        ]
    )
    fixed: dict[str, Any] = {
        "n_train": n_train,
        "dims": dims,
        "teachers": w,
        "n_sequences": (n_sequences,) * len(dims),
    }
    measured = [
        _over_seeds(partial(against_dimension, **fixed, noise_var=v), seeds, seed)
        for v in noise_vars
    ]
    for at, name in enumerate(NAMES):
        found[f"theory_{name}"] = theory[..., at]
        found[name] = np.column_stack([mean[:, at] for mean, _ in measured])
        found[f"{name}_error"] = np.column_stack([error[:, at] for _, error in measured])
    return found


def draw_overparametrisation(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.1))
    n_train = float(data["n_train"][0])
    below = data["dim"] < n_train
    for axes, name, quantity in zip(picture.subplots(1, 2), NAMES, LABELS, strict=True):
        axes.axvline(n_train, color="0.7", linewidth=1, linestyle=":")
        for at, noise in enumerate(data["noise"]):
            line, colour = data[f"theory_{name}"][:, at], f"C{at}"
            label = f"noise {noise:g}"
            theory_line(axes, data["dim"][below], line[below], color=colour)
            theory_line(axes, data["dim"][~below], line[~below], color=colour, label=label)
            error = data[f"{name}_error"][:, at]
            simulation_points(axes, data["dim_students"], data[name][:, at], error, color=colour)
        axes.set_xscale("log")
        axes.set_xlabel("inputs $p$ (dotted: samples a task)")
        axes.set_ylabel(f"{quantity} after all tasks")
    axes.set_yscale("log")
    axes.legend(loc="upper right")
    _explain_marks(picture.axes[0], "lower left")
    return picture


def compute_similarity_and_order(
    *,
    dim: int,
    samples: Sequence[int],
    outlier_angle: float,
    n_tasks: int,
    n_sequences: int,
    seeds: int,
    seed: int,
) -> dict[str, Array]:
    """Forgetting against the angle of two teachers; forgetting and error against an outlier's position."""
    from lazyrich.paper_checks.measurements import lin_2023 as routes
    from lazyrich.theory.double_descent.forgetting import different_teachers

    angles, marks = np.linspace(0, np.pi, 60), np.linspace(0, np.pi, 9)
    pad = ((0, 0), (0, dim - 2))

    def forgotten(angle: float, n: int) -> float:
        pair = np.array([[1.0, 0.0], [np.cos(angle), np.sin(angle)]])
        return float(_ends(different_teachers(np.pad(pair, pad), n))[0])

    fixed: dict[str, Any] = {"dim": dim, "n_sequences": n_sequences}
    noiseless = partial(routes.against_angle, **fixed, angle=marks, noise_var=0.0)
    similar = [_over_seeds(partial(noiseless, n_train=n), seeds, seed) for n in samples]
    n = samples[-1]
    ordered, ordered_error = _over_seeds(
        partial(routes.against_position, **fixed, n_train=n, n_tasks=n_tasks, angle=outlier_angle),
        seeds,
        seed,
    )
    outliers = [routes.outlier_teachers(s, n_tasks, outlier_angle) for s in range(n_tasks)]
    return {
        "share": np.asarray(samples) / dim,
        "angle": angles,
        "theory_similar": np.array([[forgotten(a, n) for n in samples] for a in angles]),
        "angle_students": marks,
        "similar": np.column_stack([mean for mean, _ in similar]),
        "similar_error": np.column_stack([error for _, error in similar]),
        "position": np.arange(1.0, n_tasks + 1),
        "theory_order": np.array([_ends(different_teachers(np.pad(w, pad), n)) for w in outliers]),
        "order": ordered,
        "order_error": ordered_error,
    }


def draw_similarity_and_order(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.1))
    left, right = picture.subplots(1, 2)
    left.axhline(0, color="0.7", linewidth=1)
    for at, share in enumerate(data["share"]):
        colour, label = f"C{at}", f"$n/p$ = {share:g}"
        theory_line(left, data["angle"], data["theory_similar"][:, at], color=colour, label=label)
        error = data["similar_error"][:, at]
        simulation_points(left, data["angle_students"], data["similar"][:, at], error, color=colour)
    left.set_xlabel("angle between two teachers")
    left.set_xticks([0, np.pi / 2, np.pi], ["0", "π/2", "π"])
    left.set_ylabel("forgetting of the first task")
    left.legend(loc="upper left")
    for at, quantity in enumerate(LABELS):
        colour, line = f"C{at + 3}", data["theory_order"][:, at]
        theory_line(right, data["position"], line, color=colour, label=quantity)
        error = data["order_error"][:, at]
        simulation_points(right, data["position"], data["order"][:, at], error, color=colour)
    right.set_xticks(data["position"])
    right.set_ylim(bottom=0)
    right.set_xlabel("position of the task unlike the others")
    right.set_ylabel("after all tasks")
    right.legend(loc="upper left")
    _explain_marks(left, "lower right")
    return picture


def compute_stopped_early(
    *,
    n_inputs: int,
    sample_ratios: Sequence[float],
    noise_power: float,
    n_tasks: int,
    cosine: float,
    seeds: int,
    seed: int,
) -> dict[str, Array]:
    """Forgetting and error after all tasks against the time spent on each."""
    from lazyrich.paper_checks.measurements.lin_2023 import stopped_errors
    from lazyrich.theory.double_descent.forgetting import early_stopped

    w = _teachers(n_tasks, cosine)
    for ratio in sample_ratios:
        if ratio * n_inputs != round(ratio * n_inputs):
            raise ValueError(f"sample_ratios {ratio}; needs whole samples of {n_inputs} inputs")
    t, marks = np.geomspace(0.1, 100, 100), np.geomspace(0.1, 100, 10)
    found: dict[str, Array] = {"ratio": np.asarray(sample_ratios), "t": t, "t_students": marks}
    theory = [_ends(early_stopped(t, r, w, noise_var=noise_power / n_tasks)) for r in sample_ratios]
    given: dict[str, Any] = {
        "n_inputs": n_inputs,
        "t": marks,
        "teachers": w,
        "noise_power": noise_power,
    }

    def ends(rng: np.random.Generator, sample_ratio: float) -> Array:
        return _ends(stopped_errors(rng, sample_ratio=sample_ratio, **given))

    measured = [_over_seeds(partial(ends, sample_ratio=r), seeds, seed) for r in sample_ratios]
    for at, name in enumerate(NAMES):
        found[f"theory_{name}"] = np.column_stack([each[:, at] for each in theory])
        found[name] = np.column_stack([mean[:, at] for mean, _ in measured])
        found[f"{name}_error"] = np.column_stack([error[:, at] for _, error in measured])
    return found


def draw_stopped_early(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.1))
    for axes, name, quantity in zip(picture.subplots(1, 2), NAMES, LABELS, strict=True):
        for at, ratio in enumerate(data["ratio"]):
            colour = f"C{at}"
            line = data[f"theory_{name}"][:, at]
            theory_line(axes, data["t"], line, color=colour, label=f"$P/N$ = {ratio:g}")
            points, error = data[name][:, at], data[f"{name}_error"][:, at]
            simulation_points(axes, data["t_students"], points, error, color=colour)
        axes.set_xscale("log")
        axes.set_xlabel("time $t$ on each task (learning rate × steps)")
        axes.set_ylabel(f"{quantity} after all tasks")
    picture.axes[0].legend(loc="upper left")
    _explain_marks(picture.axes[1], "upper left")
    return picture


def compute_digits(*, n_each: Sequence[int]) -> dict[str, Array]:
    """Forgetting of digit pairs, learned once each, against the samples of a class."""
    from lazyrich.paper_checks.measurements.evron_2022 import digit_tasks
    from lazyrich.paper_checks.measurements.lin_2023 import train_digits
    from lazyrich.theory.double_descent.forgetting import given_tasks, task_averages

    found = []
    every = np.arange(min(n_each), max(n_each) + 1)
    for n in every:
        inputs, labels = digit_tasks(int(n))
        w = [np.linalg.pinv(x) @ y for x, y in zip(inputs, labels, strict=True)]
        losses = given_tasks(inputs, np.array(w)).losses / (2 * n)
        found.append(task_averages(losses).forgetting[1:])
    return {
        "samples": every.astype(float),
        "theory": np.array(found),
        "samples_students": np.asarray(n_each, dtype=float),
        "students": train_digits(n_each, 1.0),
    }


def draw_digits(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture()
    axes = picture.subplots()
    for at in range(data["theory"].shape[1]):
        label = f"{at + 2} pairs"
        theory_line(axes, data["samples"], data["theory"][:, at], color=f"C{at}", label=label)
        simulation_points(axes, data["samples_students"], data["students"][:, at], color=f"C{at}")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("samples of each class")
    axes.set_ylabel("forgetting: rise of the mean squared error")
    axes.legend(loc="upper left", title="after")
    _explain_marks(axes, "lower right")
    return picture


def _explain_marks(axes: Axes, place: Place) -> None:
    """A legend of the two marks beside the legend of the curves."""
    own = axes.get_legend()
    line = theory_line(axes, [], [], color="0.3")
    points = simulation_points(axes, [], [], color="0.3")
    axes.legend([line, points], ["theory", "students"], loc=place)
    if own is not None:
        axes.add_artist(own)


SAMPLING = {"n_sequences": 30, "seeds": 8, "seed": 0}

FIGURES = [
    Figure(
        name="overparametrisation",
        caption="Forgetting of tasks with teachers of their own falls with the number of inputs; the "
        "error peaks where they are as many as the samples of a task. With fewer, each task is all that "
        "is known, and noise adds nothing to the forgetting. Points: fitted students, mean and standard "
        "error over seeds.",
        source="arXiv:2302.05836, influence of overparametrisation",
        parameters={
            "n_train": 20,
            "dims": (5, 8, 12, 28, 36, 60, 120, 240),
            "noise_vars": (0.0, 0.3, 1.0),
            "n_tasks": 4,
            "cosine": 0.3,
            **SAMPLING,
        },
        compute=compute_overparametrisation,
        draw=draw_overparametrisation,
    ),
    Figure(
        name="similarity-and-order",
        caption="Left: of similar teachers the second improves the first, so that forgetting is "
        "negative. Right: one task unlike four equal ones does least harm early. Points: fitted students, "
        "mean and standard error over seeds.",
        source="arXiv:2302.05836, influence of task similarity and of task order",
        parameters={
            "dim": 40,
            "samples": (5, 10, 20),
            "outlier_angle": 2.0,
            "n_tasks": 5,
            **SAMPLING,
        },
        compute=compute_similarity_and_order,
        draw=draw_similarity_and_order,
    ),
    Figure(
        name="stopped-early",
        caption="Leaving each task early lowers forgetting, and, with noisy labels, the error too: there is "
        "a best time. Points: students of finite size, mean and standard error over seeds.",
        source="arXiv:2302.05836, different teachers; stopping derived here",
        parameters={
            "n_inputs": 200,
            "sample_ratios": (0.5, 1.0, 2.0),
            "noise_power": 0.3,
            "n_tasks": 3,
            "cosine": 0.5,
            "seeds": 8,
            "seed": 0,
        },
        compute=compute_stopped_early,
        draw=draw_stopped_early,
    ),
    Figure(
        name="digits",
        caption="Pairs of handwritten digits learned once each: the singular vectors of the pairs predict "
        "what is forgotten of their labels. Points: students trained by gradient descent, one data set, "
        "so no error bars.",
        source="arXiv:2302.05836, forgetting on image tasks; a linear student of digits here",
        parameters={"n_each": (1, 2, 3, 4, 5, 6, 8, 10)},
        compute=compute_digits,
        draw=draw_digits,
    ),
]
