"""Figures of Lee et al. 2019 (arXiv:1902.06720): wide networks against the Gaussian process that they follow."""

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
NETWORK = {"hidden_layers": 1, "activation": "erf", "sigma_w": 1.2, "sigma_b": 0.5}
ANGLE = "angle of the input / °"


def _spread(outputs: Array) -> tuple[Array, Array, Array]:
    """Mean over networks, its standard error between families, and standard deviation; axes (steps, inputs)."""
    families = outputs.mean(axis=2)
    error = families.std(axis=1, ddof=1) / np.sqrt(families.shape[1])
    flat = outputs.reshape(len(outputs), -1, outputs.shape[-1])
    return families.mean(axis=1), error, flat.std(axis=1)


def compute_circle(
    *,
    train_angles: Sequence[float],
    y: Sequence[float],
    steps: Sequence[int],
    learning_rate: float,
    width: int,
    families: int,
    seed: int,
    **network: Any,
) -> Curves:
    """Outputs around the circle at several times: Gaussian process, and networks of finite width."""
    from lazyrich.paper_checks.lee_2019.predictions import moments
    from lazyrich.paper_checks.lee_2019.settings import on_circle
    from lazyrich.paper_checks.measurements.lee_2019.ensembles import trained

    if families < 2:
        raise ValueError(f"families {families}; needs 2 or more for an error bar")
    angles, marks = np.linspace(0, 360, 121), np.arange(10.0, 360.0, 20.0)
    given = {"X": on_circle(*train_angles), "y": tuple(y), "step": tuple(steps), **network}
    found = moments(X_test=on_circle(*angles), learning_rate=learning_rate, **given)
    _, outputs = trained(
        np.random.default_rng(seed), width, X_test=on_circle(*marks), learning_rate=learning_rate,
        families=families, pairs=len(marks) + len(y), **given,
    )  # fmt: skip
    mean, error, deviation = _spread(outputs)
    return {
        "angle": angles,
        "mean": found.mean,
        "deviation": np.sqrt(np.einsum("tii->ti", found.covariance)),
        "trained_angle": marks,
        "trained_mean": mean,
        "trained_error": error,
        "trained_deviation": deviation,
        "train_angle": np.asarray(train_angles, dtype=float),
        "target": np.asarray(y, dtype=float),
        "steps": np.asarray(steps, dtype=float),
    }


def draw_circle(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(8.0, 3.0))
    panels = np.atleast_1d(picture.subplots(1, len(data["steps"]), sharey=True))
    for k, axes in enumerate(panels):
        mean, deviation = data["mean"][k], data["deviation"][k]
        axes.fill_between(
            data["angle"], mean - deviation, mean + deviation, color="C0", alpha=0.2, linewidth=0
        )
        theory_line(axes, data["angle"], mean, color="C0", label="theory: mean, ± 1 sd")
        for sign in (-1, 1):
            theory_line(axes, data["angle"], mean + sign * deviation, color="C0", linewidth=0.6)
        measured = data["trained_mean"][k], data["trained_error"][k]
        simulation_points(
            axes, data["trained_angle"], *measured, color="C1", markersize=4, label="networks: mean"
        )
        for sign in (-1, 1):
            simulation_points(
                axes, data["trained_angle"], measured[0] + sign * data["trained_deviation"][k],
                fmt="_", color="C1", markeredgecolor="C1", markeredgewidth=1.2, markersize=6,
                label="networks: ± 1 sd" if sign > 0 else None,
            )  # fmt: skip
        axes.plot(
            data["train_angle"], data["target"], "k*", markersize=8, zorder=4, label="training data"
        )
        step = int(data["steps"][k])
        axes.set_title(f"{step} step" + "s" * (step != 1))
        axes.set_xticks([0, 120, 240, 360])
        axes.set_xlabel(ANGLE)
    panels[0].set_ylabel("output f")
    handles, labels = panels[0].get_legend_handles_labels()
    picture.legend(handles, labels, loc="outside upper center", ncols=4)
    return picture


def compute_kernel(
    *,
    widths: Sequence[int],
    networks: int,
    step: int,
    learning_rate: float,
    sigma_w: float,
    sigma_b: float,
    seed: int,
) -> Curves:
    """Fluctuation of the kernel at the start, and its change by training, for erf and for ReLU."""
    from lazyrich.paper_checks.lee_2019.settings import TASK
    from lazyrich.paper_checks.measurements.lee_2019.kernels import root_mean_square_drift
    from lazyrich.theory.infinite_width.kernel_fluctuation import relu_ntk_variance
    from lazyrich.theory.infinite_width.kernels import mlp_kernels

    n, x = np.asarray(widths, dtype=float), np.asarray(TASK["X"])
    scales = {"sigma_w": sigma_w, "sigma_b": sigma_b}
    ntk = mlp_kernels(x, hidden_layers=1, activation="relu", **scales).ntk
    exact = np.sqrt(relu_ntk_variance(x, width=n, **scales).mean(axis=(1, 2)) / (ntk**2).mean())
    found: dict[str, Array] = {"width": n, "relu_fluctuation_theory": exact}
    for activation in ("erf", "relu"):
        repeats = [
            [
                root_mean_square_drift(
                    np.random.default_rng([seed, width, part]), width, max(8, networks // width), step,
                    learning_rate, x, TASK["y"], hidden_layers=1, activation=activation, **scales,
                )
                for part in range(8)
            ]
            for width in widths
        ]  # fmt: skip
        values = np.array(repeats)
        error = values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
        for k, name in enumerate(("fluctuation", "drift")):
            found[f"{activation}_{name}"] = values.mean(axis=1)[:, k]
            found[f"{activation}_{name}_error"] = error[:, k]
    return found


def draw_kernel(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(7.0, 3.2))
    left, right = picture.subplots(1, 2, sharex=True)
    n = data["width"]
    marks = (("erf", "C0", "o"), ("relu", "C1", "s"))
    for activation, colour, shape in marks:
        for axes, name in ((left, "fluctuation"), (right, "drift")):
            simulation_points(
                axes, n, data[f"{activation}_{name}"], data[f"{activation}_{name}_error"],
                fmt=shape, color=colour, label={"erf": "erf", "relu": "ReLU"}[activation],
            )  # fmt: skip
    theory_line(left, n, data["relu_fluctuation_theory"], color="C1", label="ReLU, exact variance")
    erf = data["erf_fluctuation"][-1] * np.sqrt(n[-1] / n)
    theory_line(left, n, erf, color="C0", linestyle="--", linewidth=1, label=r"slope $-1/2$")
    smooth = data["erf_drift"][-1] * n[-1] / n
    theory_line(right, n, smooth, color="C0", linestyle="--", linewidth=1, label=r"slope $-1$")
    kinked = data["relu_drift"][-1] * np.sqrt(n[-1] / n)
    theory_line(right, n, kinked, color="C1", linestyle=":", linewidth=1, label=r"slope $-1/2$")
    for axes, title in ((left, "spread at the start"), (right, "change by training")):
        axes.set(xscale="log", yscale="log", xlabel="width n", title=title)
        axes.legend()
        plain_ticks(axes.xaxis, [64, 256, 1024, 4096])
    plain_ticks(left.yaxis, [0.02, 0.05, 0.1, 0.2])
    left.set_ylabel("rms of the NTK / its mean")
    return picture


def compute_digits(
    *,
    classes: Sequence[int],
    n_train: int,
    n_test: int,
    steps: Sequence[int],
    learning_rate: float,
    width: int,
    families: int,
    pairs: int,
    seed: int,
    **network: Any,
) -> Curves:
    """Mean and standard deviation of outputs on held-out digits, predicted and measured."""
    from lazyrich.paper_checks.lee_2019.predictions import moments
    from lazyrich.paper_checks.measurements.lee_2019 import digits

    if families < 2:
        raise ValueError(f"families {families}; needs 2 or more for an error bar")
    given = {"step": tuple(steps), "learning_rate": learning_rate, **network}
    first, second = classes
    x, y, x_test, y_test = digits.task((first, second), n_train, n_test)
    found = moments(X=x, y=y, X_test=x_test, **given)
    outputs = digits.outputs(
        np.random.default_rng(seed), (first, second), n_train, n_test, width=width,
        families=families, pairs=pairs, **given,
    )  # fmt: skip
    mean, error, deviation = _spread(outputs)
    by_family = outputs.std(axis=2)
    return {
        "mean": found.mean[-1],
        "deviation": np.sqrt(np.einsum("ii->i", found.covariance[-1])),
        "trained_mean": mean[-1],
        "trained_mean_error": error[-1],
        "trained_deviation": deviation[-1],
        "trained_deviation_error": by_family.std(axis=1, ddof=1)[-1] / np.sqrt(families),
        "target": y_test,
        "step": np.asarray(steps, dtype=float),
        "average_variance": np.einsum("tii->ti", found.covariance).mean(axis=1),
        "trained_average_variance": (deviation**2).mean(axis=1),
        "trained_average_variance_error": (by_family**2).mean(axis=2).std(axis=1, ddof=1)
        / np.sqrt(families),
    }


def draw_digits(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(9.0, 3.0))
    left, middle, right = picture.subplots(1, 3)
    three = data["target"] > 0
    for chosen, colour, shape, label in ((three, "C0", "o", "3"), (~three, "C1", "s", "8")):
        for axes, name in ((left, "mean"), (middle, "deviation")):
            simulation_points(
                axes, data[name][chosen], data[f"trained_{name}"][chosen],
                data[f"trained_{name}_error"][chosen], fmt=shape, color=colour, markersize=4,
                label=f"digit {label}",
            )  # fmt: skip
    for axes, name in ((left, "mean"), (middle, "deviation")):
        both = np.concatenate([data[name], data[f"trained_{name}"]])
        ends = np.array([both.min(), both.max()])
        theory_line(axes, ends, ends, color="0.4", linewidth=1, label="equal")
        word = {"mean": "mean output", "deviation": "standard deviation"}[name]
        axes.set(xlabel=f"predicted {word}", ylabel=f"measured {word}")
    left.legend()
    theory_line(right, data["step"], data["average_variance"], color="C2", label="theory")
    simulation_points(
        right, data["step"], data["trained_average_variance"],
        data["trained_average_variance_error"], color="C2", label="networks",
    )  # fmt: skip
    right.set(xlabel="step of gradient descent", ylabel="variance, mean of digits")
    right.set_ylim(bottom=0)
    right.legend()
    return picture


FIGURES = [
    Figure(
        name="outputs-on-the-circle",
        caption="Outputs of networks with one hidden erf layer around the circle, before and during training on four "
        "points (stars). Line and band: mean and standard deviation at infinite width. Points and dashes: networks of "
        "finite width; error bars between draws of the hidden layer.",
        source="arXiv:1902.06720, figure 2",
        parameters={
            "train_angles": (0.0, 80.0, 150.0, 250.0),
            "y": (1.5, 1.0, -1.0, -0.5),
            "steps": (0, 2, 16),
            "learning_rate": 0.2,
            "width": 512,
            "families": 24,
            "seed": 0,
            **NETWORK,
        },
        compute=compute_circle,
        draw=draw_circle,
    ),
    Figure(
        name="kernel-against-width",
        caption="The empirical NTK of one hidden layer: spread between networks at the start (left) and change after 4 "
        "steps of training (right). Solid: exact variance for ReLU. Smooth kernels move as 1/n, ReLU kernels as 1/√n at "
        "large width, because of units that pass their kink.",
        source="arXiv:1902.06720, figure 1; ReLU derived here",
        parameters={
            "widths": (32, 128, 512, 2048, 8192),
            "networks": 20000,
            "step": 4,
            "learning_rate": 0.1,
            "sigma_w": 1.2,
            "sigma_b": 0.5,
            "seed": 0,
        },
        compute=compute_kernel,
        draw=draw_kernel,
    ),
    Figure(
        name="held-out-digits",
        caption="Networks with one hidden erf layer of 1024 units learn from 100 images to tell the handwritten digits "
        "3 (y = 1) and 8 (y = −1) apart. Mean and standard deviation of the outputs on held-out images after the last "
        "step, and the mean variance in time. Error bars between draws of the hidden layer.",
        source="arXiv:1902.06720, equations 15 and 16; digits of scikit-learn",
        parameters={
            "classes": (3, 8),
            "n_train": 100,
            "n_test": 40,
            "steps": (0, 1, 2, 4, 8),
            "learning_rate": 0.02,
            "width": 1024,
            "families": 12,
            "pairs": 24,
            "seed": 0,
            **NETWORK,
        },
        compute=compute_digits,
        draw=draw_digits,
    ),
]
