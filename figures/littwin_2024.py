"""Figures of Littwin et al. 2024 (arXiv:2407.03475): what JEPA and MAE learn first."""

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
STRENGTH = r"strength of a feature, $|\bar{W} e_i|$"
OBJECTIVES = ("jepa", "mae")
LINE_POINTS = 400
RECORDS = 24


def compute_trajectories(
    *,
    cross_covariance: float,
    regression_coefficients: Sequence[float],
    initial_weight: float,
    depths: Sequence[int],
    learning_rate: float,
    seed: int,
) -> dict[str, Array]:
    """Strengths of features of equal cross-covariance, for each objective and depth."""
    from lazyrich.solvers.networks.self_distillation import views_from_features
    from lazyrich.theory.deep_linear.self_distillation import critical_time

    rho = np.asarray(regression_coefficients, dtype=float)
    lam = np.full_like(rho, cross_covariance)
    views = views_from_features(lam, rho)
    found = {"regression_coefficients": rho, "depths": np.asarray(depths, dtype=float)}
    for objective in OBJECTIVES:
        for depth in depths:
            late = critical_time(lam, rho, initial_weight, depth, objective, 0.97).max()
            if not learning_rate < late:
                raise ValueError(
                    f"learning_rate {learning_rate}, initial_weight {initial_weight}: nothing is "
                    f"learned at depth {depth} in time {late}"
                )
            rng = np.random.default_rng(seed)
            run = _trained(views, objective, depth, initial_weight, 1.1 * late, learning_rate, rng)
            line = _predicted(lam, rho, initial_weight, depth, objective, 1.1 * late)
            key = f"{objective}_{depth}"
            found |= {f"{key}_{name}": array for name, array in (run | line).items()}
    return found


def draw_trajectories(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    depths = data["depths"].astype(int)
    picture = Picture(figsize=(2.2 * len(depths) + 0.6, 4.2))
    panels = picture.subplots(2, len(depths), squeeze=False, sharey=True)
    rho = data["regression_coefficients"]
    colours = _shades(len(rho))
    for row, objective in zip(panels, OBJECTIVES, strict=True):
        for axes, depth in zip(row, depths, strict=True):
            key = f"{objective}_{depth}"
            for i, colour in enumerate(colours):
                theory_line(axes, data[f"{key}_t"], data[f"{key}_theory"][:, i], color=colour)
                points = data[f"{key}_t_simulation"], data[f"{key}_strengths"][:, i]
                simulation_points(axes, *points, color=colour, markersize=3)
            axes.set_title(f"{objective.upper()}, depth {depth}", fontsize="medium")
    for axes in panels[-1]:
        axes.set_xlabel("time t")
    picture.supylabel(STRENGTH, fontsize="medium")
    handles: list[Any] = [
        theory_line(panels[0][0], [], [], color=colour, label=rf"$\rho$ = {r:g}")
        for r, colour in zip(rho, colours, strict=True)
    ]
    handles.append(simulation_points(panels[0][0], [], [], color="0.3", label="trained encoders"))
    picture.legend(handles=handles, loc="outside upper left", ncols=len(handles))
    return picture


def compute_critical_times(
    *,
    depths: Sequence[int],
    initial_weight: float,
    trained_coefficients: Sequence[float],
    smallest_weight: float,
    coefficients: Sequence[float],
    learning_rate: float,
    seed: int,
) -> dict[str, Array]:
    """Times to half of the final strength against rho, and their ratio for two features."""
    from lazyrich.solvers.networks.self_distillation import views_from_features
    from lazyrich.theory.deep_linear.self_distillation import critical_time

    if len(coefficients) != 2:
        raise ValueError(f"coefficients {tuple(coefficients)}; a ratio needs two")
    trained, depth = np.asarray(trained_coefficients, dtype=float), np.asarray(depths)
    rho = np.linspace(trained.min(), trained.max(), 200)
    weight = np.geomspace(smallest_weight, initial_weight, 200)
    found = {"depths": depth.astype(float), "rho": rho, "trained_rho": trained, "weight": weight}
    found["coefficients"] = np.asarray(coefficients, dtype=float)
    views = views_from_features(np.ones_like(trained), trained)
    for objective in OBJECTIVES:
        time = critical_time(1.0, rho[:, None], initial_weight, depth, objective)
        first, second = (
            critical_time(1.0, r, weight[:, None], depth, objective) for r in coefficients
        )
        if not (time.min() > 0 and first.min() > 0 and second.min() > 0):
            raise ValueError(
                f"initial_weight {initial_weight}: some feature starts above half of its final "
                "strength; take it smaller, or larger coefficients"
            )
        found[f"{objective}_time"], found[f"{objective}_ratio"] = time, second / first
        rows = []
        for each in depth:
            duration = 1.3 * float(time[:, list(depth).index(each)].max()) + 10
            rng = np.random.default_rng(seed)
            run = _trained(
                views, objective, int(each), initial_weight, duration, learning_rate, rng, 4000
            )
            final = trained**each if objective == "jepa" else trained ** (each / (each + 1))
            rows.append(
                [
                    np.interp(f / 2, strength, run["t_simulation"])
                    for f, strength in zip(final, run["strengths"].T, strict=True)
                ]
            )
        found[f"{objective}_trained_time"] = np.transpose(rows)
    return found


def draw_critical_times(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.8, 3.2))
    left, right = picture.subplots(1, 2)
    looks = {"jepa": ("-", "o"), "mae": ("--", "s")}
    for objective, (line, mark) in looks.items():
        for k, depth in enumerate(data["depths"].astype(int)):
            label = f"{objective.upper()}, depth {depth}"
            look: dict[str, Any] = {"color": f"C{k}", "linestyle": line}
            theory_line(left, data["rho"], data[f"{objective}_time"][:, k], label=label, **look)
            theory_line(right, data["weight"], data[f"{objective}_ratio"][:, k], **look)
            points = data["trained_rho"], data[f"{objective}_trained_time"][:, k]
            simulation_points(left, *points, color=f"C{k}", fmt=mark, markersize=4)
    left.set_yscale("log")
    left.set_xlabel(r"regression coefficient $\rho$, at equal $\lambda = 1$")
    left.set_ylabel("time to half of the final strength")
    low, high = sorted(data["coefficients"])
    right.set_xscale("log")
    right.axhline(1, color="0.7", linewidth=1, zorder=1)
    right.set_xlabel(r"initial weight $w_0$")
    right.set_ylabel(rf"ratio of times, $\rho$ = {low:g} over $\rho$ = {high:g}")
    picture.legend(*left.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return picture


def compute_digits(
    *,
    components: Sequence[int],
    noise: float,
    copies: int,
    initial_weight: float,
    depth: int,
    learning_rate: float,
    networks: int,
    seed: int,
) -> dict[str, Array]:
    """Components of handwritten digits in two noisy views: measured covariances, and training."""
    from lazyrich.paper_checks.measurements.littwin_2024 import digit_views
    from lazyrich.theory.deep_linear.self_distillation import critical_time

    if networks < 2:
        raise ValueError(f"networks {networks}; a standard deviation needs 2 or more")
    seeds = np.random.default_rng(seed).spawn(networks)
    views = [digit_views(rng, copies, components, noise) for rng in seeds]
    cross = np.array([view.sigma_yx.diagonal() for view in views])
    rho = cross / np.array([view.sigma_xx.diagonal() for view in views])
    if not all(np.all(critical_time(cross, rho, initial_weight, depth, o)) for o in OBJECTIVES):
        raise ValueError(
            f"initial_weight {initial_weight}: some component starts above half of its final strength"
        )
    found: dict[str, Array] = {
        "components": np.asarray(components, dtype=float),
        "rho": rho.mean(axis=0),
    }
    for objective in OBJECTIVES:
        time = critical_time(cross, rho, initial_weight, depth, objective)
        late = critical_time(cross, rho, initial_weight, depth, objective, 0.97).max()
        runs, lines, halves = [], [], []
        for each, lam, r, rng in zip(views, cross, rho, seeds, strict=True):
            run = _trained(each, objective, depth, initial_weight, late, learning_rate, rng, 2000)
            lines.append(_predicted(lam, r, initial_weight, depth, objective, late)["theory"])
            final = r**depth if objective == "jepa" else r ** (depth / (depth + 1))
            runs.append(run["strengths"])
            crossed = zip(final, run["strengths"].T, strict=True)
            halves.append([np.interp(f / 2, s, run["t_simulation"]) for f, s in crossed])
        shown = np.linspace(0, len(run["t_simulation"]) - 1, RECORDS).astype(int)
        found |= {
            f"{objective}_t": np.linspace(0, late, LINE_POINTS),
            f"{objective}_theory": np.mean(lines, axis=0),
            f"{objective}_t_simulation": run["t_simulation"][shown],
            f"{objective}_mean": np.mean(runs, axis=0)[shown],
            f"{objective}_deviation": np.std(runs, axis=0, ddof=1)[shown],
            f"{objective}_time": time.mean(axis=0),
            f"{objective}_time_mean": np.mean(halves, axis=0),
            f"{objective}_time_deviation": np.std(halves, axis=0, ddof=1),
        }
    return found


def draw_digits(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(8.4, 3.0))
    *curves, last = picture.subplots(1, 3)
    colours = _shades(len(data["rho"]))
    for axes, objective, mark in zip(curves, OBJECTIVES, ("o", "s"), strict=True):
        for i, colour in enumerate(colours):
            label = rf"$\rho$ = {data['rho'][i]:.2f}"
            line = data[f"{objective}_t"], data[f"{objective}_theory"][:, i]
            theory_line(axes, *line, color=colour, label=label)
            points = data[f"{objective}_t_simulation"], data[f"{objective}_mean"][:, i]
            error = data[f"{objective}_deviation"][:, i]
            simulation_points(axes, *points, error, color=colour, markersize=3)
        axes.set_title(objective.upper(), fontsize="medium")
        axes.set_xlabel("time t")
        axes.set_ylim(bottom=0)
        relative = data[f"{objective}_time_mean"], data[f"{objective}_time_deviation"]
        unit = data[f"{objective}_time"][0]
        shade = "C0" if objective == "jepa" else "C1"
        theory_line(last, data["rho"], data[f"{objective}_time"] / unit, color=shade)
        simulation_points(
            last, data["rho"], *(x / unit for x in relative), color=shade, fmt=mark,
            label=objective.upper(),
        )  # fmt: skip
    curves[0].set_ylabel(STRENGTH)
    last.set_xlabel(r"measured regression coefficient $\rho$")
    last.set_ylabel("time to half, relative to the first")
    last.legend()
    picture.legend(
        *curves[0].get_legend_handles_labels(), loc="outside upper left", ncols=len(colours)
    )
    return picture


def _trained(
    views: Any,
    objective: str,
    depth: int,
    initial_weight: float,
    duration: float,
    learning_rate: float,
    rng: np.random.Generator,
    records: int = RECORDS,
) -> dict[str, Array]:
    """Times and strengths of one encoder from random orthogonal layers."""
    from lazyrich.solvers.networks.self_distillation import structured_start, train

    start = structured_start(len(views.sigma_xx), depth, initial_weight, objective, rng)
    steps = np.unique(np.rint(np.linspace(0, duration / learning_rate, records)).astype(np.int64))
    run = train(start, views, objective, learning_rate, steps)
    t: Array = steps * np.float64(learning_rate)
    return {"t_simulation": t, "strengths": run.strengths}


def _predicted(
    lam: Array, rho: Array, initial_weight: float, depth: int, objective: str, duration: float
) -> dict[str, Array]:
    from lazyrich.theory.deep_linear.self_distillation import feature_trajectory

    t = np.linspace(0, duration, LINE_POINTS)
    w = feature_trajectory(t[:, None], lam, rho, initial_weight, depth, objective).encoder
    return {"t": t, "theory": w**depth}


def _shades(count: int) -> Any:
    import matplotlib

    return matplotlib.colormaps["viridis"](np.linspace(0, 0.88, count))


FIGURES = [
    Figure(
        name="feature-trajectories",
        caption="Features of equal cross-covariance. At depth 2 and more JEPA learns the one with "
        "the largest regression coefficient first and suppresses noisy ones; MAE learns all at "
        "once. Lines: theory. Points: encoders with random orthogonal layers; all start alike, so "
        "no error bar.",
        source="arXiv:2407.03475, dynamics of features under JEPA and MAE",
        parameters={
            "cross_covariance": 1.0,
            "regression_coefficients": (0.9, 0.75, 0.6, 0.5),
            "initial_weight": 0.2,
            "depths": (1, 2, 3),
            "learning_rate": 5e-3,
            "seed": 0,
        },
        compute=compute_trajectories,
        draw=draw_trajectories,
    ),
    Figure(
        name="critical-times",
        caption="Left: time to half of the final strength against the regression coefficient. "
        "Right: ratio of these times of two features. Depth makes JEPA slower and selective; at "
        "depth 1 its order is reversed unless the weights are very small. Small initial weights wash "
        "all preferences out. Lines: theory. Points: trained encoders.",
        source="arXiv:2407.03475, critical times",
        parameters={
            "depths": (1, 2, 3),
            "initial_weight": 0.15,
            "trained_coefficients": (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
            "smallest_weight": 1e-3,
            "coefficients": (0.8, 0.5),
            "learning_rate": 1e-2,
            "seed": 0,
        },
        compute=compute_critical_times,
        draw=draw_critical_times,
    ),
    Figure(
        name="digits",
        caption="Principal components of handwritten digits in two views with pixel noise, scaled to "
        "equal cross-covariance: the noisier a component, the later JEPA learns it, and the less; "
        "MAE learns all at about one time. Lines: theory from the measured covariances. Points: "
        "mean and standard deviation over views and encoders.",
        source="arXiv:2407.03475, for scikit-learn's handwritten digits",
        parameters={
            "components": (0, 2, 5, 9, 14, 20),
            "noise": 0.3,
            "copies": 16,
            "initial_weight": 0.1,
            "depth": 2,
            "learning_rate": 5e-3,
            "networks": 4,
            "seed": 0,
        },
        compute=compute_digits,
        draw=draw_digits,
    ),
]
