"""Error against the size of the student, late in training and at the best time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.advani_2017.simulated import over_designs
from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]


def compute_sizes(
    *,
    times: Sequence[float],
    sizes: Sequence[float],
    sample_ratio: float,
    teacher_power: float,
    noise_var: float,
    n_teacher: int,
    designs: int,
    seed: int,
) -> dict[str, Array]:
    """Test and train error at some times, and the least test error: (sizes, times) and (sizes,)."""
    from lazyrich.paper_checks.measurements.advani_2017 import student_size as routes
    from lazyrich.theory.double_descent import isotropic

    line = np.unique(np.append(np.geomspace(min(sizes), max(sizes), 160), sample_ratio))
    t = np.asarray(times, dtype=float)
    physics = {"teacher_power": teacher_power, "noise_var": noise_var}
    theory = isotropic.student_size_curve(t, line[:, None], sample_ratio, **physics)
    seen = np.minimum(1, line)
    noise = noise_var + (1 - seen) * teacher_power
    best = isotropic.optimal_stopping_time(sample_ratio / line, seen * teacher_power / noise) / line
    given = (tuple(sizes), sample_ratio, teacher_power, 0.0, noise_var)

    def errors(rng: np.random.Generator) -> Any:
        return routes.quantities_by_size(rng, n_teacher, t, *given)[:2].transpose(0, 2, 1)

    def least(rng: np.random.Generator) -> Any:
        return routes.least_errors_by_size(
            rng, n_teacher, tuple(sizes), sample_ratio, teacher_power, noise_var
        )

    mean, error = over_designs(errors, designs=designs, seed=seed)
    least_mean, least_error = over_designs(least, designs=designs, seed=seed)
    return {
        "size_ratio": line,
        "times": t,
        "theory_test": theory.test,
        "theory_train": theory.train,
        "theory_least": isotropic.student_size_curve(best, line, sample_ratio, **physics).test,
        "size_ratio_designs": np.asarray(sizes, dtype=float),
        "test": mean[0],
        "test_error": error[0],
        "train": mean[1],
        "train_error": error[1],
        "least": least_mean,
        "least_error": least_error,
        "sample_ratio": np.atleast_1d(float(sample_ratio)),
    }


def draw_sizes(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.8, 3.2))
    left, right = picture.subplots(1, 2)
    x, marks = data["size_ratio"], data["size_ratio_designs"]
    for axes, name in ((left, "test"), (right, "train")):
        for k, time in enumerate(data["times"]):
            color, label = f"C{k}", f"t = {time:g}" if axes is left else None
            theory_line(axes, x, data[f"theory_{name}"][:, k], color=color, label=label)
            points = marks, data[name][:, k], data[f"{name}_error"][:, k]
            simulation_points(axes, *points, color=color)
        axes.set_xscale("log")
        axes.set_xticks([0.1, 0.2, 0.5, 1, 2, 4], ["0.1", "0.2", "0.5", "1", "2", "4"])
        axes.minorticks_off()
        axes.set_xlabel("size of the student $N_s/N_t$")
        axes.set_ylabel(f"{name} error")
        axes.axvline(float(data["sample_ratio"][0]), color="0.6", linewidth=1, linestyle=":")
        axes.set_ylim(bottom=0)
    color = "C6"
    theory_line(left, x, data["theory_least"], color=color, linestyle="--", label="best time")
    simulation_points(left, marks, data["least"], data["least_error"], color=color)
    picture.legend(loc="outside upper center", ncols=5)
    return picture


FIGURES = [
    Figure(
        name="student-size",
        caption="Errors of students that see a part of the teacher's inputs or irrelevant ones "
        "besides. Late in training the test error peaks where weights and samples are as many "
        "(dotted); at the best time of each size (dashed) it falls until all inputs of the "
        "teacher are seen. Points: finite designs, mean and standard error.",
        source="arXiv:1710.03667, error against the size of the network with and without early stopping",
        parameters={
            "times": (1.0, 10.0, 100.0),
            "sizes": (0.1, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5, 2.0, 4.0),
            "sample_ratio": 0.8,
            "teacher_power": 1.0,
            "noise_var": 0.2,
            "n_teacher": 200,
            "designs": 8,
            "seed": 0,
        },
        compute=compute_sizes,
        draw=draw_sizes,
    )
]
