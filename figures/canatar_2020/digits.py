"""Digits: theory from the measured spectrum, points from real training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import plain_ticks, simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
Numbers = tuple[float, ...]
REAL = "arXiv:2006.13198, experiments on real data; here scikit-learn's digits"


def _repeated(measure: Any, subsets: int, seed: int, **given: Any) -> tuple[Array, Array]:
    """Mean over training sets and its standard error."""
    if subsets < 2:
        raise ValueError(f"subsets {subsets}; needs 2 or more for an error bar")
    rng = np.random.default_rng(seed)
    rows = np.array([measure(rng, n_subsets=1, **given) for _ in range(subsets)])
    return rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(subsets)


def compute_samples(
    *,
    penalties: Numbers,
    linear_samples: tuple[int, ...],
    kernel_samples: tuple[int, ...],
    width: float,
    subsets: int,
    seed: int,
) -> dict[str, Array]:
    """Test error against the number of training digits for several penalties."""
    from lazyrich.paper_checks.canatar_2020 import digits
    from lazyrich.paper_checks.measurements.canatar_2020 import digits as routes

    lam = np.asarray(penalties)
    found: dict[str, Array] = {"penalty": lam}
    more: dict[str, Any]
    for name, samples, measure, more in (
        ("linear", linear_samples, routes.linear_test_error, {}),
        ("gaussian", linear_samples, routes.gaussian_test_error, {}),
        ("kernel", kernel_samples, routes.kernel_test_error, {"width": width}),
    ):
        P = np.asarray(samples, dtype=float)
        mean, error = _repeated(measure, subsets, seed, n_train=P, penalty=lam, **more)
        found |= {f"{name}_samples": P, name: mean, f"{name}_error": error}
    line = np.geomspace(min(linear_samples), max(linear_samples), 200)
    kernel_line = np.geomspace(min(kernel_samples), max(kernel_samples), 60)
    return found | {
        "line": line,
        "theory_linear": digits.linear_test_error(line, lam),
        "kernel_line": kernel_line,
        "theory_kernel": digits.kernel_test_error(kernel_line, lam, width),
    }


def draw_samples(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.4))
    left, right = picture.subplots(1, 2)
    for k, lam in enumerate(data["penalty"]):
        theory_line(left, data["line"], data["theory_linear"][:, k], color=f"C{k}")
        theory_line(
            right,
            data["kernel_line"],
            data["theory_kernel"][:, k],
            color=f"C{k}",
            label=f"λ = {lam:g}",
        )
        for axes, name, marks in (
            (left, "linear", {}),
            (left, "gaussian", {"fmt": "s", "markerfacecolor": "none", "markeredgecolor": f"C{k}"}),
            (right, "kernel", {}),
        ):
            x = data["kernel_samples" if name == "kernel" else "linear_samples"]
            values = data[name][:, k], data[f"{name}_error"][:, k]
            simulation_points(axes, x, *values, color=f"C{k}", **marks)
    marks = {"color": "0.3", "fmt": "s", "markerfacecolor": "none", "markeredgecolor": "0.3"}
    handles = [
        simulation_points(left, [], [], color="0.3", label="digits"),
        simulation_points(left, [], [], **marks, label="Gaussian inputs, same covariance"),
    ]
    picture.legend(handles=handles, loc="outside upper left", ncols=2)
    right.legend(loc="lower left")
    for axes, title in ((left, "linear regression"), (right, "Gaussian kernel")):
        axes.set(xscale="log", yscale="log", xlabel="training digits P", title=title)
        plain_ticks(axes.xaxis, (10, 20, 50, 100, 200, 500))
        plain_ticks(axes.yaxis, (0.1, 0.2, 0.3, 0.5, 0.7, 1, 2))
    left.set_ylabel("test error, summed over outputs")
    return picture


def compute_time(
    *,
    n_train: tuple[int, ...],
    linear_rate: float,
    linear_steps: int,
    kernel_rate: float,
    kernel_steps: int,
    width: float,
    subsets: int,
    seed: int,
) -> dict[str, Array]:
    """Test error of gradient descent from zero in time, for several numbers of training digits."""
    from lazyrich.paper_checks.canatar_2020 import digits
    from lazyrich.paper_checks.measurements.canatar_2020 import digits as routes

    sizes = np.asarray(n_train)
    found: dict[str, Array] = {"n_train": sizes}
    more: dict[str, Any]
    for name, rate, last, measure, predict, more in (
        ("linear", linear_rate, linear_steps, routes.linear_error_in_time, digits.linear_error_in_time, {}),
        ("kernel", kernel_rate, kernel_steps, routes.kernel_error_in_time, digits.kernel_error_in_time,
         {"width": width}),
    ):  # fmt: skip
        steps = np.unique(np.rint(np.geomspace(1, last, 12)).astype(int))
        given: dict[str, Any] = {"steps": steps, "learning_rate": rate, "n_train": sizes, **more}
        mean, error = _repeated(measure, subsets, seed, **given)
        line = np.unique(np.rint(np.geomspace(1, last, 50)).astype(int))
        found |= {
            f"{name}_t": steps * rate,
            name: mean,
            f"{name}_error": error,
            f"{name}_line": line * rate,
            f"theory_{name}": predict(**(given | {"steps": line})),
        }
    return found


def draw_time(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.2))
    for axes, name, title in zip(
        picture.subplots(1, 2),
        ("linear", "kernel"),
        ("linear regression", "Gaussian kernel"),
        strict=True,
    ):
        for k, P in enumerate(data["n_train"]):
            theory_line(
                axes,
                data[f"{name}_line"],
                data[f"theory_{name}"][:, k],
                color=f"C{k}",
                label=f"P = {P}",
            )
            values = data[name][:, k], data[f"{name}_error"][:, k]
            simulation_points(axes, data[f"{name}_t"], *values, color=f"C{k}")
        axes.set(xscale="log", yscale="log", xlabel="time t", title=title)
        plain_ticks(axes.yaxis, (0.3, 0.4, 0.5, 0.6, 0.7, 0.8))
        axes.legend(loc="lower left")
    picture.axes[0].set_ylabel("test error, summed over outputs")
    return picture


FIGURES = [
    Figure(
        name="digits-in-samples",
        caption="Test error on digits against the number of training digits. Lines: theory from the spectrum "
        "and teacher measured on all digits. Full points: means and standard errors over random subsets; "
        "squares: Gaussian inputs of the same covariance. With a weak penalty digits err more than Gaussian "
        "inputs: what a linear map misses depends on the inputs, and rare images are far from Gaussian.",
        source=REAL,
        parameters={
            "penalties": (1e-4, 0.01, 0.1),
            "linear_samples": (20, 40, 60, 80, 120, 200, 400, 800),
            "kernel_samples": (10, 20, 40, 80, 160, 320),
            "width": 2.0,
            "subsets": 30,
            "seed": 0,
        },
        compute=compute_samples,
        draw=draw_samples,
    ),
    Figure(
        name="digits-in-time",
        caption="Test error on digits under gradient descent. Lines: theory from the spectrum and teacher "
        "measured on all digits, with the same steps. Points: means and standard errors over random subsets. "
        "Late in time and with few digits linear regression errs more than the theory says, as with a weak "
        "penalty.",
        source=REAL + "; in time derived here",
        parameters={
            "n_train": (80, 320),
            "linear_rate": 0.5,
            "linear_steps": 1000,
            "kernel_rate": 1.0,
            "kernel_steps": 100,
            "width": 2.0,
            "subsets": 12,
            "seed": 0,
        },
        compute=compute_time,
        draw=draw_time,
    ),
]
