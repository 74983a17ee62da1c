"""Learning curves of the levels of a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.saxe_2013.modes import TIME, explain_marks
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]


def compute_tree(
    *,
    n_levels: int,
    flip_probability: float,
    n_features: int,
    initial_strength: float,
    learning_rate: float,
    t_end: float,
    networks: int,
    seed: int,
) -> dict[str, Array]:
    """Strength of each level, over its final one in theory, in networks and predicted."""
    from lazyrich.theory.deep_linear import initialisation, modes

    if networks < 2:
        raise ValueError(f"networks {networks}; a standard deviation needs 2 or more")
    spectrum, times = initialisation.hierarchical_spectrum(n_levels, flip_probability)
    if not spectrum.min() > 0:
        raise ValueError(f"flip_probability {flip_probability}; needs 0 < flip_probability < 1")
    s = np.sqrt(spectrum)
    steps = np.unique(np.rint(np.linspace(0, t_end, 31) / learning_rate).astype(np.int64))
    measured = np.array(
        [
            _trained(rng, n_levels, flip_probability, n_features, initial_strength, learning_rate, steps)
            for rng in np.random.default_rng(seed).spawn(networks)
        ]
    )  # fmt: skip
    ends = np.cumsum(times)
    levels = [
        measured[..., end - n : end].mean(axis=-1) for end, n in zip(ends, times, strict=True)
    ]
    fractions = np.stack(levels, axis=-1) / s
    t = np.linspace(0, steps[-1] * learning_rate, 300)
    start = np.sqrt(initial_strength)
    return {
        "t": t,
        "theory": modes.two_layer_mode(t[:, None], start, start, s, tau=2.0**n_levels).u / s,
        "t_simulation": steps * learning_rate,
        "mean": fractions.mean(axis=0),
        "deviation": fractions.std(axis=0, ddof=1),
        "strengths": s,
    }


def draw_tree(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.5, 3.4))
    axes = picture.subplots()
    for k in range(len(data["strengths"])):
        theory_line(axes, data["t"], data["theory"][:, k], color=f"C{k % 7}")
        points = data["mean"][:, k], data["deviation"][:, k]
        simulation_points(axes, data["t_simulation"], *points, color=f"C{k % 7}")
        middle = float(np.interp(0.5, data["theory"][:, k], data["t"]))
        label = "root" if k == 0 else f"level {k}"
        axes.annotate(
            label, (middle, 0.5), xytext=(-5, 3), textcoords="offset points", rotation=65,
            ha="right", va="bottom", color=f"C{k % 7}", rotation_mode="anchor",
        )  # fmt: skip
    axes.axhline(1.0, color="0.6", linewidth=0.8, linestyle="--")
    axes.set_xlabel(TIME)
    axes.set_ylabel("learned part of a level")
    axes.margins(x=0.015)
    explain_marks(axes, "theory, from the tree", "networks: mean ± standard deviation")
    return picture


def _trained(
    rng: np.random.Generator,
    n_levels: int,
    flip: float,
    n_features: int,
    initial_strength: float,
    learning_rate: float,
    steps: NDArray[np.int64],
) -> Array:
    """Strengths of all modes of a network on sampled features, in the order of their strength."""
    from lazyrich.solvers.networks.deep_linear import train
    from lazyrich.solvers.networks.hierarchical_data import hierarchical_features
    from lazyrich.solvers.networks.initial_weights import aligned_weights
    from lazyrich.solvers.networks.second_moments import from_samples

    items = 2**n_levels
    features = hierarchical_features(n_levels, flip, n_features, rng) / np.sqrt(n_features)
    targets = features @ np.linalg.qr(features.T)[0]  # in a basis of the space they span
    moments = from_samples(np.eye(items), targets)
    left, _, rows = np.linalg.svd(moments.sigma_yx)
    layers = np.full((2, items), np.sqrt(initial_strength))
    weights = aligned_weights(left, rows.T, layers, [items], rng)
    return train(
        weights, moments, learning_rate, steps, left=left, right=rows.T
    ).mode_strengths  # fmt: skip


FIGURES = [
    Figure(
        name="hierarchy",
        caption="A network learns a hierarchy from the top: what all items share, then the broad "
        "distinctions, then the fine ones. Lines: theory, from depth and flip probability of the "
        "tree. Points: networks trained on sampled features, mean and standard deviation over data.",
        source="arXiv:1312.6120, hierarchically structured data",
        parameters={
            "n_levels": 3,
            "flip_probability": 0.1,
            "n_features": 2000,
            "initial_strength": 1e-3,
            "learning_rate": 0.05,
            "t_end": 75.0,
            "networks": 10,
            "seed": 0,
        },
        compute=compute_tree,
        draw=draw_tree,
    )
]
