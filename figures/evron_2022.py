"""Figures of Evron et al. 2022 (arXiv:2205.09588): forgetting of tasks that share a teacher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
Place = Literal["upper left", "upper right", "lower left", "lower right"]
TRAININGS = "trainings $k$"


def compute_random_tasks(
    *, dim: int, ranks: Sequence[int], last: int, n_sequences: int, seeds: int, seed: int
) -> dict[str, Array]:
    """Distance and forgetting against the number of random tasks: theory, and fitted students."""
    from lazyrich.paper_checks.measurements.evron_2022 import random_sequences
    from lazyrich.theory.double_descent.forgetting import random_tasks

    if seeds < 2:
        raise ValueError(f"seeds {seeds}; needs 2 or more, for error bars")
    every = np.arange(1, last + 1)
    theory = random_tasks(dim, np.asarray(ranks), every[:, None])
    marks = np.unique(np.geomspace(1, last, 12).round().astype(np.int64))
    streams = np.random.SeedSequence(seed).spawn(seeds)
    found = np.array(
        [
            random_sequences(np.random.default_rng(stream), dim, ranks, marks, n_sequences)
            for stream in streams
        ]
    )
    mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(seeds)
    return {
        "rank": np.asarray(ranks, dtype=float),
        "k": every.astype(float),
        "theory_distance": theory.squared_distance,
        "theory_forgetting": theory.forgetting,
        "k_students": marks.astype(float),
        "distance": mean[..., 0],
        "distance_error": error[..., 0],
        "forgetting": mean[..., 1],
        "forgetting_error": error[..., 1],
    }


def draw_random_tasks(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.1))
    left, right = picture.subplots(1, 2)
    for axes, name in ((left, "forgetting"), (right, "distance")):
        for at, rank in enumerate(data["rank"]):
            colour = f"C{at}"
            line = data[f"theory_{name}"][:, at]
            theory_line(axes, data["k"], line, color=colour, label=f"rank {rank:g}")
            points, error = data[name][:, at], data[f"{name}_error"][:, at]
            simulation_points(axes, data["k_students"], points, error, color=colour)
        axes.set_xscale("log")
        axes.set_xlabel(TRAININGS)
    left.set_ylim(bottom=0)
    left.set_ylabel("forgetting $F_k$")
    right.set_yscale("log")
    right.set_ylim(1e-4, 2)
    right.set_ylabel(r"squared distance $|e_k|^2$ to the teacher")
    left.legend()
    _explain_marks(right, "lower left")
    return picture


def compute_worst_case(*, last: int, n_angles: int, longest: int, seed: int) -> dict[str, Array]:
    """Two tasks at random angles under the worst case; slow rotation, with the best number of turns."""
    from lazyrich.paper_checks.measurements.evron_2022 import (
        train_rotating_tasks,
        train_two_tasks,
    )
    from lazyrich.theory.double_descent.forgetting import rotating_tasks, two_task_worst_case

    if last < 2 or longest < 4:
        raise ValueError(f"last {last}, longest {longest}; needs 2 and 4 or more")
    every = np.arange(1, last + 1)
    angles = np.pi / 2 * np.random.default_rng(seed).random(n_angles)
    k = np.unique(np.geomspace(3, longest, 40).round().astype(np.int64))
    best = []
    for count in k:
        turning = np.arange(1, count + 1)
        values = rotating_tasks(count, turning)
        best.append((values.max(), turning[values.argmax()]))
    rotating, turning = np.array(best).T
    picked = slice(None, None, 5)
    return {
        "k": every.astype(float),
        "worst": two_task_worst_case(every),
        "angle": angles,
        "students": train_two_tasks(angles, every).T,
        "k_rotating": k.astype(float),
        "kept": 1 - rotating,
        "k_rotated": k[picked].astype(float),
        "kept_by_students": 1 - train_rotating_tasks(k[picked], turning[picked].astype(int)),
    }


def draw_worst_case(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.1))
    left, right = picture.subplots(1, 2)
    shown = data["k"] >= 2
    k, students = data["k"][shown], data["students"][shown]
    theory_line(left, k, data["worst"][shown], color="C0", label="worst case")
    theory_line(
        left, k, 1 / (2 * np.e * k), color="0.4", linestyle="--", linewidth=1, label="$1/(2ek)$"
    )
    times = np.repeat(k, students.shape[1])
    simulation_points(
        left, times, students.ravel(), color="C1", markersize=2.5, markeredgewidth=0,
        label="students, random angles",
    )  # fmt: skip
    left.set_xscale("log")
    left.set_yscale("log")
    left.set_ylim(1e-4, 0.4)
    ticks = [tick for tick in (2, 5, 10, 20, 50, 100, 200, 500) if tick <= k[-1]]
    left.set_xticks(ticks, [str(tick) for tick in ticks])
    left.set_xticks([], minor=True)
    left.set_xlabel(TRAININGS)
    left.set_ylabel("forgetting $F_k$ of two tasks")
    left.legend(loc="lower left", frameon=True, framealpha=0.9, edgecolor="none")
    theory_line(right, data["k_rotating"], data["kept"], color="C0", label="theory")
    limit = np.pi / np.sqrt(2 * data["k_rotating"])
    theory_line(
        right, data["k_rotating"], limit, color="0.4", linestyle="--", linewidth=1,
        label=r"$\pi/\sqrt{2k}$",
    )  # fmt: skip
    simulation_points(
        right, data["k_rotated"], data["kept_by_students"], color="C1", label="students"
    )
    right.set_xscale("log")
    right.set_yscale("log")
    right.set_xlabel(TRAININGS)
    right.set_ylabel("$1-F_k$ of slowly turning tasks")
    right.legend()
    return picture


def compute_digits(
    *, n_each: int, cycles: int, times: Sequence[float], learning_rate: float
) -> dict[str, Array]:
    """Error on digit pairs learned so far, fitted (t = inf) and stopped early."""
    from lazyrich.paper_checks.measurements import evron_2022 as routes
    from lazyrich.theory.double_descent.forgetting import given_tasks

    inputs, labels = routes.digit_tasks(n_each)
    order = tuple(range(len(inputs))) * cycles
    w = np.linalg.pinv(np.vstack(inputs)) @ np.concatenate(labels)
    tasks = [inputs[m] for m in order]
    every = (*times, np.inf)
    theory = [given_tasks(tasks, w, t).forgetting / (2 * n_each) for t in every]
    stopped = routes.stop_digits(np.asarray(times), order, n_each, learning_rate)
    return {
        "t": np.asarray(every),
        "k": np.arange(1.0, len(order) + 1),
        "theory": np.transpose(theory),
        "students": np.column_stack([*stopped, routes.train_digits(order, n_each, 1.0)]),
    }


def draw_digits(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture()
    axes = picture.subplots()
    for at, t in enumerate(data["t"]):
        label = "fitted" if np.isinf(t) else f"stopped at $t$ = {t:g}"
        theory_line(axes, data["k"], data["theory"][:, at], color=f"C{at}", label=label)
        simulation_points(axes, data["k"], data["students"][:, at], color=f"C{at}")
    axes.set_ylim(bottom=0)
    axes.set_xticks(np.arange(0, data["k"][-1] + 1, 5))
    axes.set_xlabel(TRAININGS + " (pairs 0–1, 2–3, 4–5, 6–7, 8–9 in turn)")
    axes.set_ylabel("mean squared error on learned pairs")
    picture.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    _explain_marks(axes, "upper right")
    return picture


def _explain_marks(axes: Axes, place: Place) -> None:
    """A legend of the two marks, whatever the colours of the curves."""
    line = theory_line(axes, [], [], color="0.3")
    points = simulation_points(axes, [], [], color="0.3")
    axes.legend([line, points], ["theory", "students"], loc=place)


FIGURES = [
    Figure(
        name="random-tasks",
        caption="Forgetting of random tasks first grows, as every fit turns the error, and dies out as "
        "the teacher is found; the larger the rank, the sooner. Points: students of every teacher, "
        "mean and standard error over seeds.",
        source="arXiv:2205.09588, random tasks; exact average derived here",
        parameters={
            "dim": 30,
            "ranks": (2, 5, 10, 20),
            "last": 40,
            "n_sequences": 20,
            "seeds": 8,
            "seed": 0,
        },
        compute=compute_random_tasks,
        draw=draw_random_tasks,
    ),
    Figure(
        name="worst-case",
        caption="Left: two tasks in turn forget at most 1/(2ek), whatever their angle (zigzag: odd k "
        "train the first task once more). Right: many tasks that turn slowly are forgotten almost "
        "completely. Points: students trained by gradient descent; without chance, so no error bars.",
        source="arXiv:2205.09588, worst cases of two tasks and of many",
        parameters={"last": 40, "n_angles": 25, "longest": 1000, "seed": 0},
        compute=compute_worst_case,
        draw=draw_worst_case,
    ),
    Figure(
        name="digits",
        caption="Five pairs of handwritten digits, learned in turn again and again: the singular vectors of "
        "the pairs predict the error on those learned so far. Points: students trained by gradient "
        "descent, one data set, so no error bars.",
        source="arXiv:2205.09588, tasks in cyclic order; digits added here",
        parameters={"n_each": 4, "cycles": 4, "times": (0.5, 4.0), "learning_rate": 0.005},
        compute=compute_digits,
        draw=draw_digits,
    ),
]
