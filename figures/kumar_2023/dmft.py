"""Mean-field theory of quadratic students beside networks: a grokking curve, and correlations of two times."""

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
MARKS = 16


def _setting(
    sample_ratio: float,
    output_scale: float,
    quadratic_strength: float,
    scaled_learning_rate: float,
    overlap: Sequence[float],
) -> dict[str, Any]:
    return {
        "sample_ratio": sample_ratio,
        "output_scale": output_scale,
        "quadratic_strength": quadratic_strength,
        "scaled_learning_rate": scaled_learning_rate,
        "overlap": tuple(np.atleast_1d(overlap)),
        "centered": False,
    }


def _solved(n_steps: int, n_paths: int, seed: int, setting: dict[str, Any]) -> Any:
    from lazyrich.theory.lazy_to_rich.quadratic_dmft import solve

    return solve(
        n_steps=n_steps, n_paths=n_paths, n_repeats=8, tangents="hutchinson",
        rng=np.random.default_rng(seed), **setting,
    )  # fmt: skip


def _trained(
    dim: int, steps: NDArray[np.int64], stream: Any, setting: dict[str, Any], **recorded: Any
) -> Any:
    """A network of the setting's overlaps on samples of its own."""
    from lazyrich.solvers.networks import quadratic_student as student

    rng = np.random.default_rng(stream)
    start = student.planted_start(dim, setting["overlap"], rng)
    inputs = student.random_inputs(round(setting["sample_ratio"] * dim), dim, rng)
    width, scale = len(setting["overlap"]), setting["output_scale"]
    rate = student.learning_rate_of(setting["scaled_learning_rate"], width, dim, scale)
    return student.train(
        start, inputs, rate, steps, output_scale=scale, centered=setting["centered"],
        quadratic_strength=setting["quadratic_strength"], **recorded,
    )  # fmt: skip


def compute_grokking(
    *, steps: int, dim: int, networks: int, paths: int, seed: int, **setting: Any
) -> dict[str, Array]:
    """Train and test loss of one solve and of networks with its overlaps."""
    if steps < 2 or networks < 2:
        raise ValueError(f"steps {steps}, networks {networks}; needs 2 or more of each")
    chosen = _setting(**setting)
    theory = _solved(steps, paths, seed, chosen)
    at = np.unique(np.linspace(0, steps, MARKS).round().astype(np.int64))
    streams = np.random.SeedSequence(seed).spawn(networks)
    runs = [_trained(dim, at, stream, chosen) for stream in streams]
    found = {
        "step": np.arange(steps + 1.0),
        "theory_train": theory.train,
        "theory_test": theory.test,
        "theory_train_error": theory.train_standard_error,
        "theory_test_error": theory.test_standard_error,
        "step_network": at.astype(float),
    }
    for name in ("train", "test"):
        losses = np.array([getattr(run, f"{name}_loss") for run in runs])
        found[name] = losses.mean(axis=0)
        found[f"{name}_error"] = losses.std(axis=0, ddof=1) / np.sqrt(networks)
    return found


def draw_grokking(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.6, 3.1))
    left, right = picture.subplots(1, 2, width_ratios=(1.35, 1))
    for name, colour in (("train", "C0"), ("test", "C1")):
        _line_and_band(left, data, name, colour)
        simulation_points(
            left, data["step_network"], data[name], data[f"{name}_error"], color=colour
        )
    left.set(xlabel="gradient-descent steps", ylabel="loss")
    left.set_ylim(bottom=0)
    left.legend(loc="upper right")
    theory_line(right, data["theory_train"], data["theory_test"], color="C2")
    points = simulation_points(
        right, data["train"], data["test"], data["test_error"], xerr=data["train_error"], color="C2"
    )
    points.set_label("networks")
    top = 1.05 * float(
        max(data["theory_train"].max(), data["theory_test"].max(), data["train"].max())
    )
    right.plot([0, top], [0, top], color="0.6", linestyle="--", linewidth=1, zorder=1)
    right.text(0.6 * top, 0.55 * top, "no gap", ha="left", va="top", color="0.45")
    right.set(xlabel="train loss", ylabel="test loss", xlim=(0, top), ylim=(0, top))
    return picture


def _line_and_band(axes: Axes, data: Curves, name: str, colour: str) -> None:
    """The solve and two of its standard errors on either side."""
    line, error = data[f"theory_{name}"], data[f"theory_{name}_error"]
    theory_line(axes, data["step"], line, color=colour, label=f"{name}: theory, networks")
    axes.fill_between(
        data["step"], line - 2 * error, line + 2 * error, color=colour, alpha=0.25, linewidth=0
    )


def compute_correlation(
    *, steps: int, dim: int, networks: int, paths: int, seed: int, **setting: Any
) -> dict[str, Array]:
    """tr C(t, s)/N of the theory, and tr W(t) W(s)^T/(N D) averaged over networks, on a grid of steps."""
    if steps < 2 or networks < 1:
        raise ValueError(f"steps {steps}, networks {networks}; needs 2 steps, 1 network or more")
    chosen = _setting(**setting)
    width = len(chosen["overlap"])
    theory = np.einsum("tsii->ts", _solved(steps, paths, seed, chosen).correlation) / width
    at = np.unique(np.linspace(0, steps, 41).round().astype(np.int64))
    total = np.zeros((len(at), len(at)))
    for stream in np.random.SeedSequence(seed).spawn(networks):
        weights = _trained(dim, at, stream, chosen, weight_steps=at).weights.reshape(len(at), -1)
        total += weights @ weights.T / weights.shape[1] / networks
    return {"step": at.astype(float), "theory": theory[np.ix_(at, at)], "networks": total}


def draw_correlation(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(4.6, 3.7))
    axes = picture.subplots()
    at = data["step"]
    later = at[:, None] >= at
    shown = np.where(later, data["networks"], data["theory"])
    low, high = float(shown.min()), float(shown.max())
    mesh = axes.pcolormesh(at, at, shown, vmin=low, vmax=high, shading="nearest", rasterized=True)
    levels = np.linspace(low, high, 9)[1:-1]
    axes.contour(at, at, data["theory"], levels=levels, colors="white", linewidths=0.8)
    axes.plot(at[[0, -1]], at[[0, -1]], color="white", linewidth=1.2)
    for x, y, word in ((0.97, 0.05, "theory"), (0.03, 0.95, "networks")):
        axes.text(
            x, y, word, transform=axes.transAxes, color="white", ha="right" if x > 0.5 else "left",
            va="bottom" if y < 0.5 else "top", fontweight="bold",
            bbox={"facecolor": "0.2", "alpha": 0.8, "edgecolor": "none"},
        )  # fmt: skip
    axes.set(xlabel="step $s$", ylabel="step $t$", aspect="equal")
    picture.colorbar(mesh, ax=axes, label=r"correlation of the weights, tr $C(t,s)/N$")
    return picture


GROKKING = {
    "sample_ratio": 6.0,
    "output_scale": 1.0,
    "quadratic_strength": 0.25,
    "scaled_learning_rate": 0.2,
    "overlap": (0.15, -0.15),
    "steps": 130,
    "dim": 800,
    "networks": 24,
    "paths": 5000,
    "seed": 0,
}

FIGURES = [
    Figure(
        name="dmft-grokking",
        caption="The train loss falls at once, the test loss after a plateau: grokking. Left: one solve of "
        "the mean-field theory (lines; bands: two standard errors of the solve) and networks that start "
        "with the same overlaps (points: mean and standard error). Right: test loss against train loss, "
        "which does not depend on when the teacher is discovered.",
        source="arXiv:2310.06110, mean-field theory of the quadratic student",
        parameters=GROKKING,
        compute=compute_grokking,
        draw=draw_grokking,
    ),
    Figure(
        name="dmft-correlation",
        caption="Correlation of the weights at two times, averaged over the units: networks above the "
        "diagonal, theory below it and as white contours everywhere. Weights forget their start while "
        "they grow towards the teacher.",
        source="arXiv:2310.06110, two-time correlations of the mean-field theory",
        parameters=GROKKING | {"networks": 8},
        compute=compute_correlation,
        draw=draw_correlation,
    ),
]
