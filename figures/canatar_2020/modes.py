"""Mode errors and multiple descent on random designs of several blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
Numbers = tuple[float, ...]
SOURCE = "arXiv:2006.13198, "


def compute(
    *,
    dimensions: Numbers,
    variances: Numbers,
    teacher_norms_squared: Numbers,
    penalty: float,
    noise_vars: Numbers,
    samples: tuple[int, ...],
    designs: int,
    seed: int,
) -> dict[str, Array]:
    """Mode errors and risk against the number of samples for each variance of the label noise."""
    from lazyrich.paper_checks.measurements.canatar_2020.modes import mode_errors
    from lazyrich.paper_checks.predictions.canatar_2020 import prediction

    if designs < 2:
        raise ValueError(f"designs {designs}; needs 2 or more for an error bar")
    blocks: dict[str, Any] = {
        "dimensions": dimensions,
        "variances": variances,
        "teacher_norms_squared": teacher_norms_squared,
        "penalty": penalty,
    }
    line = np.geomspace(min(samples), max(samples), 400)
    found: dict[str, list[Array]] = {"theory": [], "modes": [], "modes_error": [], "risk": [], "risk_error": []}  # fmt: skip
    for noise in noise_vars:
        rng = np.random.default_rng(seed)
        found["theory"].append(prediction(line, **blocks, noise_var=noise).mode_errors)
        rows = np.array(
            [
                mode_errors(rng, scale=1, samples=samples, **blocks, noise_var=noise)
                for _ in range(designs)
            ]
        )
        for name, values in (("modes", rows), ("risk", rows.sum(axis=-1))):
            found[name].append(values.mean(axis=0))
            found[f"{name}_error"].append(values.std(axis=0, ddof=1) / np.sqrt(designs))
    power = np.asarray(variances) * np.asarray(teacher_norms_squared)
    return {
        "samples": line,
        "measured_samples": np.asarray(samples, dtype=float),
        "edges": np.cumsum(dimensions),
        "power": power,
        "noise": np.asarray(noise_vars),
        **{name: np.array(values) for name, values in found.items()},
    }


def draw_multiple_descent(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    for edge in data["edges"]:
        axes.axvline(float(edge), color="0.7", linewidth=1, linestyle=":")
    for k, noise in enumerate(data["noise"]):
        label = f"noise variance {noise:g}"
        theory_line(
            axes, data["samples"], data["theory"][k].sum(axis=-1), color=f"C{k}", label=label
        )
        points = data["measured_samples"], data["risk"][k], data["risk_error"][k]
        simulation_points(axes, *points, color=f"C{k}")
    axes.set(xscale="log", yscale="log", xlabel="samples P", ylabel="excess risk")
    axes.legend(loc="lower left", frameon=True, edgecolor="none", framealpha=1)
    return picture


def draw_mode_errors(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    for k, power in enumerate(data["power"]):
        theory_line(
            axes,
            data["samples"],
            data["theory"][0][:, k] / power,
            color=f"C{k}",
            label=f"block {k + 1}",
        )
        values = data["modes"][0][:, k] / power, data["modes_error"][0][:, k] / power
        simulation_points(axes, data["measured_samples"], *values, color=f"C{k}")
        axes.axvline(float(data["edges"][k]), color=f"C{k}", linewidth=1, linestyle=":")
    axes.set(xscale="log", yscale="log", xlabel="samples P")
    axes.set_ylabel("error of the block / its power")
    axes.legend(loc="lower left", frameon=True, edgecolor="none", framealpha=1)
    return picture


FIGURES = [
    Figure(
        name="multiple-descent",
        caption="With gaps in the spectrum the risk peaks each time the samples suffice for one more block "
        "(dotted: 20, 120 and 520 dimensions). What is left below acts as noise and as the ridge that "
        "limits the peak. Points: means and standard errors over random designs.",
        source=SOURCE + "multiple descent",
        parameters={
            "dimensions": (20.0, 100.0, 400.0),
            "variances": (1.0, 4e-3, 1.6e-5),
            "teacher_norms_squared": (1.0, 50.0, 2500.0),
            "penalty": 1e-7,
            "noise_vars": (0.0, 0.05),
            "samples": (6, 10, 15, 20, 24, 40, 70, 100, 120, 145, 200, 300, 430, 520, 620, 900),
            "designs": 4,
            "seed": 0,
        },
        compute=compute,
        draw=draw_multiple_descent,
    ),
    Figure(
        name="mode-errors",
        caption="Modes are learned in the order of their eigenvalues, each block when there are about as "
        "many samples as it and those above it have dimensions (dotted). While a block is being learned it is "
        "noise to those above. Points: means and standard errors over random designs.",
        source=SOURCE + "mode errors against samples",
        parameters={
            "dimensions": (10.0, 60.0, 300.0),
            "variances": (1.0, 0.02, 0.001),
            "teacher_norms_squared": (1.0, 30.0, 300.0),
            "penalty": 1e-4,
            "noise_vars": (0.05,),
            "samples": (5, 10, 20, 40, 80, 120, 200, 320, 500, 700, 1000),
            "designs": 4,
            "seed": 0,
        },
        compute=compute,
        draw=draw_mode_errors,
    ),
]  # fmt: skip
