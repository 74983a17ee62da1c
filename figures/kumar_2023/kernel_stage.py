"""What regression with the kernel at the start learns of a quadratic target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import plain_ticks, simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]


def compute(
    *, strengths: tuple[float, ...], ratios: tuple[float, ...], dim: int, samples: int, seed: int
) -> dict[str, Array]:
    """Theory for infinitely many inputs, and dense solves with `dim` of them."""
    from lazyrich.paper_checks.measurements.kumar_2023.kernel_stage import regression_losses
    from lazyrich.theory.lazy_to_rich import quadratic_network as quadratic

    if samples < 2 or dim < 2:
        raise ValueError(f"samples {samples} and dim {dim}; each needs 2 or more")
    ratio = np.geomspace(min(ratios) / 1.3, max(ratios) * 1.3, 400)
    eps, nu = np.meshgrid(strengths, ratios, indexing="ij")
    found = np.array(
        [
            regression_losses(rng, dim, eps.ravel(), nu.ravel(), 1.0, teachers=16)
            for rng in np.random.default_rng(seed).spawn(samples)
        ]
    ).reshape(samples, *eps.shape)
    return {
        "strengths": np.array(strengths, float),
        "ratio": ratio,
        "theory": quadratic.kernel_regression_loss(np.array(strengths)[:, None], ratio),
        "ratio_sample": np.array(ratios, float),
        "mean": found.mean(axis=0),
        "error": found.std(axis=0, ddof=1) / np.sqrt(samples),
    }


def draw(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.4))
    axes = picture.subplots()
    for k, strength in enumerate(data["strengths"]):
        label = rf"$\epsilon$ = {strength:g}"
        theory_line(axes, data["ratio"], data["theory"][k], color=f"C{k}", label=label)
        simulation_points(
            axes, data["ratio_sample"], data["mean"][k], data["error"][k], color=f"C{k}"
        )
    axes.axhline(0.5, color="0.6", lw=0.8, ls=":")
    axes.set(
        xlabel=r"samples per dimension $\nu=P/D$",
        ylabel="test loss of kernel regression",
        xscale="log",
        ylim=(0.4, 2.5),
    )
    plain_ticks(axes.xaxis, [0.3, 0.5, 1, 2, 4])
    axes.legend(title="quadratic strength")
    return picture


FIGURES = [
    Figure(
        name="kernel-regression",
        caption="The kernel stage of grokking: samples in proportion to the dimension teach the mean of the target "
        "only (dotted: 1/2), and a weak quadratic part overfits near one sample a dimension. Lines: theory. "
        "Points: dense solves.",
        source="kernel regression with the initial kernel; the formula derived here",
        parameters={
            "strengths": (0.2, 0.5, 1.0, 2.0),
            "ratios": (0.3, 0.5, 0.8, 1.0, 1.3, 2.0, 4.0),
            "dim": 300,
            "samples": 6,
            "seed": 0,
        },
        compute=compute,
        draw=draw,
    )
]
