"""Eigenvalues of the kernel on the circle and the sphere, against their tails and dense matrices."""

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
CASES = (
    ("one layer, no bias", 1, 0.0),
    ("one layer, bias 0.5", 1, 0.5),
    ("three layers, no bias", 3, 0.0),
)


def compute_spectrum(
    *, n_modes: int, dims: Sequence[int], n_inputs: int, n_random: int, seed: int
) -> dict[str, Array]:
    """Eigenvalues by degree in several dimensions; dense matrices on the circle and of random inputs."""
    from lazyrich.paper_checks.measurements.jacot_2018 import dense_kernels
    from lazyrich.paper_checks.predictions.jacot_2018 import sphere_spectrum
    from lazyrich.theory.infinite_width.spectral_tails import relu_tail

    if n_modes < 12:
        raise ValueError(f"n_modes {n_modes}; needs 12 or more")
    strength = float(np.sqrt(2))
    degrees = np.unique(np.geomspace(1, min(n_modes, n_inputs // 6) - 1, 16).round().astype(int))
    found: dict[str, Array] = {
        "degree": np.arange(n_modes, dtype=float),
        "degree_dense": degrees.astype(float),
        "dim": np.array(dims, dtype=float),
    }
    for case, (_, layers, bias) in enumerate(CASES):
        found[f"circle_{case}"] = sphere_spectrum(2, n_modes, layers, strength, bias)
        given = (degrees, layers, strength, bias, 1 / n_inputs)
        found[f"dense_{case}"] = dense_kernels.circle_eigenvalues(*given)
    rng = np.random.default_rng(seed)
    for dim in dims:
        found[f"sphere_{dim}"] = sphere_spectrum(dim, n_modes, 2, strength, 0.0)
        found[f"tail_{dim}"] = relu_tail(dim, n_modes, hidden_layers=2)
        runs = [
            dense_kernels.random_inputs_spectrum(rng, n_random, dim, 3, 2, strength, 0.0)
            for _ in range(8)
        ]
        found[f"random_{dim}"] = np.mean(runs, axis=0)
        found[f"error_{dim}"] = np.std(runs, axis=0, ddof=1)
    return found


def draw_spectrum(data: Curves) -> Picture:
    from matplotlib.figure import Figure as Picture

    picture = Picture(figsize=(7.4, 3.5))
    left, right = picture.subplots(1, 2)
    k, marks = data["degree"][1:], data["degree_dense"]
    for case, (label, _, _) in enumerate(CASES):
        colour, floor = f"C{case}", 1e-9
        line, points = data[f"circle_{case}"][1:], data[f"dense_{case}"]
        theory_line(
            left, k[line > floor], line[line > floor], color=colour, linewidth=1.2, label=label
        )
        seen = points > floor
        simulation_points(left, marks[seen], points[seen], color=colour, markersize=4)
    left.set(xscale="log", yscale="log", xlabel="degree k", ylabel="eigenvalue $\\lambda_k$")
    left.set_title("circle")
    left.legend(loc="lower left")
    for number, dim in enumerate(data["dim"].astype(int)):
        colour = f"C{number}"
        theory_line(right, k, data[f"sphere_{dim}"][1:], color=colour, label=f"dim {dim}")
        high = k >= 3
        theory_line(
            right, k[high], data[f"tail_{dim}"][1:][high], color="0.3", linestyle=":", linewidth=1
        )
        random, error = data[f"random_{dim}"][1:], data[f"error_{dim}"][1:]
        at = np.arange(1, len(random) + 1)
        simulation_points(right, at, random, error, color=colour, markersize=4)
    theory_line(right, [], [], color="0.3", linestyle=":", linewidth=1, label="tail $k^{-dim}$")
    right.set(xscale="log", yscale="log", xlabel="degree k", ylabel="eigenvalue $\\lambda_k$")
    right.set_title("two hidden layers, no bias")
    right.legend(loc="lower left")
    return picture


FIGURES = [
    Figure(
        name="spectrum",
        caption="Eigenvalues of the kernel by degree. Left, circle: one layer without bias sees no odd degree above 1 "
        "(they are left out); a bias or more layers give all degrees positive eigenvalues. Right: decay as "
        "k^-dim, with its amplitude (dotted). Points: eigenvalues of dense kernel matrices, of equispaced "
        "inputs (left) and of random ones (right, bars: standard deviation).",
        source="arXiv:1806.07572, principal components of the kernel and its positive definiteness",
        parameters={"n_modes": 80, "dims": (2, 3, 5), "n_inputs": 384, "n_random": 256, "seed": 0},
        compute=compute_spectrum,
        draw=draw_spectrum,
    )
]
