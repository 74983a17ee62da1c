"""Convergence along the principal components of the kernel, and stopping early."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]


def compute_components(
    *,
    widths: Sequence[int],
    networks: int,
    degrees: Sequence[int],
    learning_rate: float,
    steps: int,
    n_train: int,
    hidden_layers: int,
    sigma_b: float,
    seed: int,
) -> dict[str, Array]:
    """What is left of each component, along it and across, at equispaced inputs."""
    from lazyrich.paper_checks.measurements.jacot_2018.components import parts_left
    from lazyrich.paper_checks.predictions.jacot_2018 import along_component

    if steps < 1:
        raise ValueError(f"steps {steps}; needs 1 or more")
    rng = np.random.default_rng(seed)
    marks = np.unique(np.geomspace(1, steps, 10).round().astype(int))
    given: dict[str, Any] = {
        "degrees": tuple(degrees),
        "learning_rate": learning_rate,
        "n_train": n_train,
        "hidden_layers": hidden_layers,
        "sigma_b": sigma_b,
    }
    every = np.arange(steps + 1)
    found: dict[str, Array] = {
        "t": np.asarray(learning_rate * every, dtype=np.float64),
        "degree": np.array(degrees, dtype=float),
        "theory": along_component(**given, steps=every),
        "t_networks": learning_rate * marks,
        "width": np.array(widths, dtype=float),
    }
    for width in widths:
        along, across = parts_left(rng, width, **given, steps=marks, entries=networks * width)
        found[f"along_{width}"] = along
        found[f"across_{width}"] = np.sqrt(across)
    return found


def draw_components(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    widths = [int(width) for width in data["width"]]
    picture = Picture(figsize=(7.4, 3.3))
    left, right = picture.subplots(1, 2)
    widest = data[f"along_{widths[-1]}"]
    for k, degree in enumerate(data["degree"]):
        label = "constant" if degree == 0 else f"cos {int(degree) if degree > 1 else ''}γ"
        theory_line(left, data["t"], data["theory"][k], color=f"C{k}", label=label)
        mean, spread = widest[k].mean(axis=-1), widest[k].std(axis=-1, ddof=1)
        simulation_points(left, data["t_networks"], mean, spread, color=f"C{k}", markersize=4)
    left.set(xlabel="time t", ylabel="part left along the component")
    left.set_title(f"width {widths[-1]}")
    left.legend(loc="upper right")
    last = len(data["degree"]) - 1
    for k, width in enumerate(widths):
        across = data[f"across_{width}"][last]
        mean, error = across.mean(axis=-1), across.std(axis=-1, ddof=1)
        marks = "osD^v"[k % 5]
        simulation_points(
            right, data["t_networks"], mean, error, color=f"C{k}", fmt=marks, markersize=4,
            label=f"width {width}",
        )  # fmt: skip
    theory_line(right, data["t"], 0 * data["t"], color="0.2", label="infinite width")
    right.set(xlabel="time t", ylabel="part that left its direction")
    right.set_ylim(top=1.25 * right.get_ylim()[1])
    right.set_title(f"learning cos {int(data['degree'][last])}γ")
    right.legend(loc="upper right")
    return picture


def compute_stopping(
    *,
    width: int,
    networks: int,
    signal: Sequence[float],
    noise_level: float,
    n_train: int,
    learning_rate: float,
    steps: int,
    hidden_layers: int,
    sigma_b: float,
    seed: int,
) -> dict[str, Array]:
    """Error on the circle while noisy labels are learned; and the best step."""
    from lazyrich.paper_checks.measurements.jacot_2018 import components
    from lazyrich.paper_checks.predictions import jacot_2018 as predictions

    if steps < 1:
        raise ValueError(f"steps {steps}; needs 1 or more")
    rng = np.random.default_rng(seed)
    noise = noise_level * rng.standard_normal(n_train)
    given: dict[str, Any] = {
        "learning_rate": learning_rate,
        "signal": tuple(signal),
        "n_test": 48,
        "hidden_layers": hidden_layers,
        "sigma_b": sigma_b,
    }
    every = np.unique(np.geomspace(1, steps, 160).round().astype(int))
    marks = np.unique(np.geomspace(1, steps, 14).round().astype(int))
    risks = np.array(
        [
            components.risk_on_noisy_labels(
                rng, width, steps=marks, noise=noise, entries=width, **given
            )
            for _ in range(networks)
        ]
    )
    return {
        "t": np.asarray(learning_rate * every, dtype=np.float64),
        "theory": predictions.risk_on_noisy_labels(every, noise=noise, **given),
        "theory_clean": predictions.risk_on_noisy_labels(every, noise=0 * noise, **given),
        "t_networks": learning_rate * marks,
        "risk": risks.mean(axis=0),
        "spread": risks.std(axis=0, ddof=1),
    }


def draw_stopping(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(5.2, 3.3))
    axes = picture.subplots()
    theory_line(axes, data["t"], data["theory"], color="C0", label="noisy labels, theory")
    theory_line(
        axes, data["t"], data["theory_clean"], color="0.4", linestyle="--",
        label="clean labels, theory",
    )  # fmt: skip
    points = data["t_networks"], data["risk"], data["spread"]
    simulation_points(axes, *points, color="C1", label="noisy labels, networks")
    best = data["t"][np.argmin(data["theory"])]
    axes.axvline(best, color="0.6", linewidth=1, linestyle=":")
    axes.set(xscale="log", yscale="log", xlabel="time t", ylabel="mean square error on the circle")
    axes.legend(loc="upper right")
    return picture


FIGURES = [
    Figure(
        name="principal-components",
        caption="Targets along principal components of the kernel, each learned alone. Left: what is left decays at "
        "the rate of the eigenvalue, constants fast, waves slower. Right: the part that leaves the direction "
        "of the component vanishes as width^(-1/2). Points: networks, bars: standard deviation between them.",
        source="arXiv:1806.07572, figure of convergence along a principal component",
        parameters={
            "widths": (32, 128, 512),
            "networks": 10,
            "degrees": (0, 1, 2, 3),
            "learning_rate": 0.4,
            "steps": 60,
            "n_train": 12,
            "hidden_layers": 2,
            "sigma_b": 0.1,
            "seed": 0,
        },
        compute=compute_components,
        draw=draw_components,
    ),
    Figure(
        name="early-stopping",
        caption="Error on the circle while networks learn noisy labels: it falls as the large components are "
        "learned and rises again as the small ones fit the noise (dotted: the best time to stop). Points: "
        "networks, bars: standard deviation between them.",
        source="arXiv:1806.07572, least squares regression, motivation of early stopping",
        parameters={
            "width": 4096,
            "networks": 8,
            "signal": (0.1, 0.2, 0.05, 0.05),
            "noise_level": 0.08,
            "n_train": 16,
            "learning_rate": 0.2,
            "steps": 300,
            "hidden_layers": 1,
            "sigma_b": 0.1,
            "seed": 4,
        },
        compute=compute_stopping,
        draw=draw_stopping,
    ),
]
