"""Singular values of random products and of Jacobians of random tanh networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.figure import Curves, Figure
from lazyrich.figures.style import simulation_points, theory_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Array = NDArray[np.float64]
KINDS = ("orthogonal", "Gaussian")
JACOBIAN_BINS = np.linspace(-3.0, 1.0, 33)


def compute_singular_values(
    *,
    n_factors: Sequence[int],
    width: int,
    networks: int,
    gain: float,
    depth: int,
    jacobian_width: int,
    seed: int,
) -> dict[str, Array]:
    """Histograms of singular values, the Fuss-Catalan density, and the mean-field gain."""
    from lazyrich.theory.deep_linear import initialisation

    if networks < 2:
        raise ValueError(f"networks {networks}; a standard deviation needs 2 or more")
    products, jacobians = np.random.default_rng(seed).spawn(2)
    factors = np.asarray(n_factors)
    top = np.sqrt(float(initialisation.fuss_catalan_edge(factors.max())))
    bins = np.linspace(0.0, 1.05 * top, 25)
    sampled = np.stack([_product_histograms(products, width, m, networks, bins) for m in factors])
    jacobian = np.stack(
        [_jacobian_histograms(jacobians, kind, gain, depth, jacobian_width, networks) for kind in KINDS]
    )  # fmt: skip
    x = np.linspace(0.02, 1.05 * top, 400)
    chi = initialisation.tanh_mean_field(gain, depth, 1.0).chi
    return {
        "n_factors": factors,
        "singular_value": x,
        "density": 2 * x[:, None] * initialisation.fuss_catalan_density(x[:, None] ** 2, factors),
        "bin_centre": (bins[:-1] + bins[1:]) / 2,
        "product_mean": sampled.mean(axis=1).T,
        "product_deviation": sampled.std(axis=1, ddof=1).T,
        "jacobian_centre": (JACOBIAN_BINS[:-1] + JACOBIAN_BINS[1:]) / 2,
        "jacobian_mean": jacobian.mean(axis=1).T,
        "jacobian_deviation": jacobian.std(axis=1, ddof=1).T,
        "log_root_mean_square": np.atleast_1d(np.log10(chi).sum() / 2),
        "gain_and_depth": np.array([gain, depth]),
    }


def draw_singular_values(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(6.5, 3.2))
    left, right = picture.subplots(1, 2)
    for k, factors in enumerate(data["n_factors"]):
        label = f"{factors} Gaussian" + (" layer" if factors == 1 else " layers")
        theory_line(left, data["singular_value"], data["density"][:, k], color=f"C{k}", label=label)
        points = data["product_mean"][:, k], data["product_deviation"][:, k]
        simulation_points(left, data["bin_centre"], *points, color=f"C{k}", markersize=3)
    left.axvline(1.0, color="0.4", linestyle="--", linewidth=1, label="orthogonal layers")
    left.set_ylim(0, 1.6)
    left.set_xlim(left=0)
    left.set_xlabel("singular value of the product")
    left.set_ylabel("density")
    left.legend(loc="upper right")
    for k, kind in enumerate(KINDS):
        points = data["jacobian_mean"][:, k], data["jacobian_deviation"][:, k]
        simulation_points(right, data["jacobian_centre"], *points, color=f"C{k + 4}", label=kind)
    mean = float(data["log_root_mean_square"][0])
    right.axvline(mean, color="0.2", linewidth=1.5, label="theory, r.m.s.")
    gain, depth = data["gain_and_depth"]
    right.set_title(f"tanh networks of gain {gain:g}, {depth:g} layers")
    right.set_xlabel("log10 of singular value of the Jacobian")
    right.set_ylim(bottom=0)
    right.legend(loc="upper left")
    return picture


def _product_histograms(
    rng: np.random.Generator, width: int, n_factors: int, networks: int, bins: Array
) -> Array:
    """Densities of the singular values of products of Gaussian matrices: (networks, bins)."""
    from lazyrich.solvers.networks.initial_weights import small_random_weights
    from lazyrich.solvers.networks.random_networks import product

    found = []
    for _ in range(networks):
        matrix = product(small_random_weights((width,) * (int(n_factors) + 1), 1.0, rng))
        counts = np.histogram(np.linalg.svd(matrix, compute_uv=False), bins)[0]
        found.append(counts / (width * np.diff(bins)))
    return np.array(found)


def _jacobian_histograms(
    rng: np.random.Generator, kind: str, gain: float, depth: int, width: int, networks: int
) -> Array:
    """Densities of log10 of the singular values of the Jacobian: (networks, bins)."""
    from lazyrich.solvers.networks.initial_weights import orthogonal_weights, small_random_weights
    from lazyrich.solvers.networks.random_networks import tanh_jacobians

    draw = orthogonal_weights if kind == "orthogonal" else small_random_weights
    found = []
    for _ in range(networks):
        weights = draw((width,) * (depth + 1), gain, rng)
        start = rng.standard_normal(width)
        start *= np.sqrt(width) / np.linalg.norm(start)
        values = np.linalg.svd(tanh_jacobians(weights, start)[-1], compute_uv=False)
        counts = np.histogram(np.log10(values), JACOBIAN_BINS)[0]
        found.append(counts / (width * np.diff(JACOBIAN_BINS)))
    return np.array(found)


FIGURES = [
    Figure(
        name="singular-values",
        caption="Gaussian layers spread singular values ever more, orthogonal ones do not. Left: "
        "products of linear layers, with the Fuss-Catalan density; of orthogonal layers all are 1. "
        "Right: Jacobians of tanh networks, for both kinds of layers with one mean-field mean "
        "square. Points: mean and standard deviation over networks.",
        source="arXiv:1312.6120, singular values of random products and of Jacobians",
        parameters={
            "n_factors": (1, 2, 5),
            "width": 200,
            "networks": 8,
            "gain": 1.05,
            "depth": 20,
            "jacobian_width": 200,
            "seed": 0,
        },
        compute=compute_singular_values,
        draw=draw_singular_values,
    )
]
