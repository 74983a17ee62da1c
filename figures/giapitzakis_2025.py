"""Figures of Giapitzakis, Back de Luca, Fountoulakis 2025 (arXiv:2502.16763): learning permutations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import plain_ticks, simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
SET_BITS = "set bits m"


def compute_size(
    *, longest: int, probability: float, checked_lengths: Sequence[int]
) -> dict[str, Array]:
    """Ensembles needed and sufficient against length; points from dense kernels in 30 digits."""
    from lazyrich.paper_checks.measurements.giapitzakis_2025 import smallest_ensembles
    from lazyrich.theory.infinite_width import permutations

    if longest < 10:
        raise ValueError(f"longest {longest}; needs 10 or more")
    length = np.unique(np.geomspace(4, longest, 60).round())
    checked = np.array(checked_lengths, dtype=float)
    single = permutations.required_ensemble_size(length, probability, "single")
    found = smallest_ensembles(checked.astype(int), probability)
    return {
        "length": length,
        "single": single,
        "all": permutations.required_ensemble_size(length, probability, "all"),
        "sufficient": permutations.sufficient_ensemble_size(length, probability),
        "square": length**2,
        "length_checked": checked,
        "single_checked": found[:, 0],
        "all_checked": found[:, 1],
        "sufficient_checked": found[:, 2],
    }


def draw_size(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 4.0))
    axes = picture.subplots()
    for name, label, colour in (
        ("sufficient", "all inputs, each as hard as the hardest", "C2"),
        ("all", "all inputs, needed (union bound)", "C1"),
        ("single", "hardest input, needed", "C0"),
    ):
        theory_line(axes, data["length"], data[name], color=colour, label=label)
        checked = data["length_checked"], data[f"{name}_checked"]
        simulation_points(axes, *checked, color=colour)
    theory_line(axes, data["length"], data["square"], color="0.4", linestyle="--", label="$k^2$")
    axes.set(xscale="log", yscale="log", xlabel="length k (bits)", ylabel="networks N")
    axes.legend(loc="upper left")
    return picture


def compute_success(
    *,
    length: int,
    width: int,
    output_scale: float,
    n_pairs: int,
    n_seeds: int,
    ensemble_sizes: Sequence[int],
    seed: int,
) -> dict[str, Array]:
    """Probability that all bits are right against ensemble size: theory, and trained networks."""
    from lazyrich.paper_checks.measurements.giapitzakis_2025_networks import trained_success
    from lazyrich.theory.infinite_width import permutations

    if not 3 <= length <= 10:
        raise ValueError(f"length {length}; needs 3 to 10: every input is tried")
    sizes = np.array(ensemble_sizes)
    if n_seeds < 2 or sizes.min() < 1 or sizes.max() > n_pairs:
        raise ValueError(
            f"ensemble_sizes {tuple(ensemble_sizes)}, n_pairs {n_pairs}, n_seeds {n_seeds}; "
            "needs sizes from 1 to n_pairs and 2 seeds or more"
        )
    n_ones = np.arange(2, length)
    line = np.geomspace(1, 20 * sizes.max(), 100)
    draws = np.array(
        [
            trained_success(rng, width, sizes, n_ones, length, output_scale, n_pairs, 200)
            for rng in np.random.default_rng(seed).spawn(n_seeds)
        ]
    )
    return {
        "set_bits": n_ones.astype(float),
        "ensemble_size": line,
        "theory": permutations.success_probability(length, n_ones, line[:, None]),
        "trained_size": sizes.astype(float),
        "trained": draws.mean(axis=0),
        "error": draws.std(axis=0, ddof=1) / np.sqrt(n_seeds),
    }


def draw_success(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.6))
    axes = picture.subplots()
    for j, m in enumerate(data["set_bits"]):
        colour, size = f"C{j}", data["trained_size"]
        theory_line(
            axes, data["ensemble_size"], data["theory"][:, j], color=colour, label=f"{m:.0f}"
        )
        simulation_points(axes, size, data["trained"][:, j], data["error"][:, j], color=colour)
    axes.set(xscale="log", xlabel="networks N", ylabel="probability that all bits are right")
    axes.set_ylim(0, 1.02)
    axes.legend(title=SET_BITS, loc="lower right")
    return picture


def compute_outputs(
    *, length: int, width: int, n_pairs: int, n_seeds: int, seed: int
) -> dict[str, Array]:
    """Mean and standard deviation of the outputs on set and on unset bits: theory, trained networks."""
    from lazyrich.paper_checks.measurements.giapitzakis_2025_networks import trained_moments
    from lazyrich.theory.infinite_width import permutations

    if not 3 <= length <= 10 or n_seeds < 2:
        raise ValueError(f"length {length}, n_seeds {n_seeds}; needs length 3 to 10 and 2 seeds")
    n_ones = np.arange(2, length)
    mean_set, mean_unset, variance = permutations.output_moments(length, np.arange(1, length))
    draws = np.array(
        [
            trained_moments(rng, width, n_ones, length, n_pairs)
            for rng in np.random.default_rng(seed).spawn(n_seeds)
        ]
    )
    return {
        "set_bits": np.arange(1, length).astype(float),
        "theory": np.column_stack([mean_set, mean_unset]),
        "spread": np.sqrt(variance),
        "trained_set_bits": n_ones.astype(float),
        "trained": draws[..., :2].mean(axis=0),
        "error": draws[..., :2].std(axis=0, ddof=1) / np.sqrt(n_seeds),
        "trained_spread": np.sqrt(draws[..., 2].mean(axis=0)),
    }


def draw_outputs(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.2))
    left, right = picture.subplots(1, 2)
    for j, label in enumerate(("bits that should be set", "bits that should not")):
        colour = f"C{j}"
        theory_line(left, data["set_bits"], data["theory"][:, j], color=colour, label=label)
        points = data["trained_set_bits"], data["trained"][:, j], data["error"][:, j]
        simulation_points(left, *points, color=colour)
    left.axhline(0, color="0.4", linestyle="--", linewidth=1)
    left.set(xlabel=SET_BITS, ylabel="mean output")
    left.legend()
    theory_line(right, data["set_bits"], data["spread"], color="C2")
    simulation_points(right, data["trained_set_bits"], data["trained_spread"], color="C2")
    right.set(xlabel=SET_BITS, ylabel="standard deviation of an output")
    right.set_ylim(bottom=0)
    for axes in (left, right):
        plain_ticks(axes.xaxis, data["set_bits"].tolist())
    return picture


POOL: dict[str, Any] = {"length": 6, "seed": 0}

FIGURES = [
    Figure(
        name="ensemble-size",
        caption="Networks needed to have all bits right with probability 0.9. One input: k log k. All "
        "inputs: 16 k log k up to ten thousand bits, then k^(3/2) log k. The published order k² is that of "
        "the size which would do if every input were as hard as the hardest; k² itself (dashed) is enough "
        "from 80 bits on. Points: dense kernels and 30-digit arithmetic.",
        source="arXiv:2502.16763, ensemble complexity; the needed size derived here",
        parameters={
            "longest": 100000,
            "probability": 0.9,
            "checked_lengths": (5, 10, 20, 40, 80),
        },
        compute=compute_size,
        draw=draw_size,
    ),
    Figure(
        name="success",
        caption="Probability that the average of N networks, trained on single bits only, has all bits "
        "of an unseen input right. Lines: theory. Points: ensembles of trained lazy networks with standard "
        "errors over pools of networks.",
        source="arXiv:2502.16763, experiments with ensembles",
        parameters={
            **POOL,
            "width": 256,
            "output_scale": 64.0,
            "n_pairs": 64,
            "n_seeds": 12,
            "ensemble_sizes": (1, 2, 4, 8, 16, 32, 64),
        },
        compute=compute_success,
        draw=draw_success,
    ),
    Figure(
        name="outputs",
        caption="Outputs of single networks on inputs with m bits set, after training on single bits: the "
        "mean has the right sign on every bit, but is small against the standard deviation where bits "
        "should not be set. Lines: infinite width. Points: trained networks with standard errors.",
        source="arXiv:2502.16763, mean and variance of the limiting Gaussian process",
        parameters={**POOL, "width": 2048, "n_pairs": 4, "n_seeds": 12},
        compute=compute_outputs,
        draw=draw_outputs,
    ),
]
