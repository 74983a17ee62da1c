"""Optimal stopping against optimal ridge and no stopping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.advani_2017.simulated import averaged_over_designs, over_designs
from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
WAYS = {"end": "trained to the end", "stopped": "stopped at the best time", "ridge": "best ridge"}


def compute_stopping(
    *,
    snr: float,
    sample_ratio: float,
    ratios: Sequence[float],
    snrs: Sequence[float],
    n_inputs: int,
    designs: int,
    seed: int,
) -> dict[str, Array]:
    """Errors of the three ways against the ratio, and against the signal-to-noise ratio."""
    ensemble = {"designs": designs, "seed": seed}
    line = np.unique(np.append(np.geomspace(min(ratios), max(ratios), 240), 1.0))
    strengths = np.geomspace(min(snrs), max(snrs), 80)
    found: dict[str, Array] = {"ratio": line, "snr": strengths}
    found |= {"ratio_designs": np.asarray(ratios, float), "snr_designs": np.asarray(snrs, float)}
    for name, x, y in (("ratio", line, snr), ("snr", sample_ratio, strengths)):
        for way, error in _predicted(x, y).items():
            found[f"theory_{way}_by_{name}"] = error
    for name, pairs in (
        ("ratio", [(each, snr) for each in ratios]),
        ("snr", [(sample_ratio, each) for each in snrs]),
    ):
        measured = [_simulated(n_inputs, *pair, ensemble) for pair in pairs]
        for way in WAYS:
            found[f"{way}_by_{name}"] = np.array([run[way][0] for run in measured])
            found[f"{way}_by_{name}_error"] = np.array([run[way][1] for run in measured])
    return found


def _predicted(ratio: Any, snr: Any) -> dict[str, Array]:
    from lazyrich.theory.double_descent import isotropic

    times = isotropic.optimal_stopping_time(ratio, snr)
    end = isotropic.learning_curve(np.inf, ratio, teacher_power=snr, noise_var=1.0).test
    return {
        "end": end,
        "stopped": isotropic.learning_curve(times, ratio, teacher_power=snr, noise_var=1.0).test,
        "ridge": isotropic.ridge_risk(ratio, 1 / np.asarray(snr), teacher_power=snr, noise_var=1.0),
    }


def _simulated(
    n_inputs: int, ratio: float, snr: float, ensemble: dict[str, int]
) -> dict[str, tuple[Array, Array]]:
    """(mean, standard error) of each way over the same designs; each stops at its own best time."""
    from lazyrich.paper_checks.measurements.advani_2017.designs import ridge_errors

    physics = {"teacher_power": snr, "init_var": 0.0, "noise_var": 1.0}
    times = np.append(np.geomspace(0.02, 5e3, 400), np.inf)
    given = {"n_inputs": n_inputs, **ensemble}
    mean, error = averaged_over_designs(np.array([ratio]), times, physics, **given)
    test, spread = mean[0, :, 0], error[0, :, 0]
    best = int(np.argmin(test))

    def ridge(rng: np.random.Generator) -> Any:
        return ridge_errors(rng, n_inputs, (ratio,), np.array([1 / snr]), snr, 1.0)[0, 0]

    return {
        "end": (test[-1], spread[-1]),
        "stopped": (test[best], spread[best]),
        "ridge": over_designs(ridge, **ensemble),
    }


def draw_stopping(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.8, 3.3))
    left, right = picture.subplots(1, 2)
    for axes, name in ((left, "ratio"), (right, "snr")):
        top = 0.0
        for k, (way, label) in enumerate(WAYS.items()):
            color = f"C{(1, 0, 2)[k]}"
            y = data[f"theory_{way}_by_{name}"]
            style = "--" if way == "ridge" else "-"
            shown = np.where(np.isfinite(y), y, np.nan)
            theory_line(
                axes, data[name], shown, color=color, linestyle=style,
                label=label if axes is left else None,
            )  # fmt: skip
            x, mean = data[f"{name}_designs"], data[f"{way}_by_{name}"]
            simulation_points(axes, x, mean, data[f"{way}_by_{name}_error"], color=color)
            top = max(top, float(mean.max()))
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_ylim(0.9, 2 * top)
        ticks = [x for x in (1, 2, 5, 10, 20, 50, 100, 200, 500) if x < 2 * top]
        axes.set_yticks(ticks, [f"{x:g}" for x in ticks])
        axes.set_ylabel("test error / noise variance")
    left.set_xlabel("samples a dimension P/N")
    left.set_xticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    right.set_xlabel("signal-to-noise ratio SNR")
    left.minorticks_off()
    right.yaxis.set_tick_params(which="minor", left=False)
    picture.legend(loc="outside upper center", ncols=3)
    return picture


FIGURES = [
    Figure(
        name="stopping-and-ridge",
        caption="Early stopping removes the peak at ratio 1 (left) and is almost as good as the best "
        "ridge at every signal-to-noise ratio (right, P/N = 1.2): it loses at most a few percent. "
        "Points: finite designs, mean and standard error; the best time is that of their mean error.",
        source="arXiv:1710.03667, early stopping against the best regularisation and no stopping",
        parameters={
            "snr": 5.0,
            "sample_ratio": 1.2,
            "ratios": (0.2, 0.4, 0.6, 0.8, 0.9, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0),
            "snrs": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
            "n_inputs": 200,
            "designs": 12,
            "seed": 0,
        },
        compute=compute_stopping,
        draw=draw_stopping,
    )
]
