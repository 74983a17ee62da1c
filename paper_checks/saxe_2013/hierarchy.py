"""Hierarchical data: its spectrum, and the order in which networks learn its levels."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble
from lazyrich.paper_checks.measurements.saxe_2013 import hierarchy as routes
from lazyrich.theory.deep_linear import initialisation, modes

Array = NDArray[np.float64]
SOURCE = "arXiv:1312.6120, "
FLIPS = np.array([0.05, 0.1, 0.2])


def item_spectrum(flip_probability: Array, n_levels: int) -> Array:
    """All eigenvalues of the item correlations, the largest first: (flips, items)."""
    values, times = initialisation.hierarchical_spectrum(n_levels, flip_probability)
    return np.repeat(values, times, axis=0).T


def level_spectrum(flip_probability: Array, n_levels: int) -> Array:
    """One eigenvalue a level, root first: (flips, levels)."""
    return initialisation.hierarchical_spectrum(n_levels, flip_probability).eigenvalues.T


def spectrum_of_half_the_flips(flip_probability: Array, n_levels: int) -> Array:
    """Altered: one flip probability an edge pair, correlations (1 - 2 e)^(D - l)."""
    kept = np.sqrt(1 - 2 * np.asarray(flip_probability))
    return level_spectrum((1 - kept) / 2, n_levels)


def level_times(flip_probability: Array, n_levels: int, initial_strength: float) -> Array:
    """Time to half of each level's strength sqrt(mu), with one-hot inputs: (flips, levels)."""
    s = np.sqrt(level_spectrum(flip_probability, n_levels))
    return modes.two_layer_time(initial_strength, s / 2, s, tau=2.0**n_levels)


def times_of_equal_levels(flip_probability: Array, n_levels: int, initial_strength: float) -> Array:
    """Altered: no order, every level has the mean strength 1."""
    one = modes.two_layer_time(initial_strength, 0.5, 1.0, tau=2.0**n_levels)
    return np.full((len(flip_probability), n_levels + 1), float(one))


def level_strengths(
    t: Array, n_levels: int, final_strengths: Array, growing_strength: Array, **_: Any
) -> Array:
    """Mean of each level's sigmoids, which start at what the weights hold of them: (times, levels)."""
    start = np.sqrt(growing_strength)
    u = modes.two_layer_mode(t[:, None], start, start, final_strengths, tau=2.0**n_levels).u
    ends = np.append(0, 2 ** np.arange(n_levels + 1))
    return np.stack([u[:, a:b].mean(axis=1) for a, b in pairwise(ends)], axis=-1)


def level_strengths_of_the_norms(
    norm_product: Array, growing_strength: Array, **given: Any
) -> Array:
    """Altered: the start is |W1 v| |W2^T u|, not its projection on the growing direction."""
    del growing_strength
    return level_strengths(growing_strength=norm_product, **given)


def level_strengths_of_equal_modes(final_strengths: Array, **given: Any) -> Array:
    """Altered: no levels, all modes have the root mean square strength."""
    equal = np.full_like(final_strengths, np.sqrt((final_strengths**2).mean()))
    return level_strengths(final_strengths=equal, **given)


_PARAMETERS: dict[str, Any] = {"flip_probability": FLIPS, "n_levels": 3}

CLAIMS = [
    Deterministic(
        name="hierarchical-spectrum-against-diagonalisation",
        statement="The correlations of items at the leaves of a binary tree have one eigenvalue a "
        "level, which falls from the root to the finest distinctions.",
        source=SOURCE + "hierarchically structured data, in closed form for a binary tree",
        equation=r"$\mu_l=(1-r)\sum_{j=0}^{D-l-1}(2r)^j,\quad r=(1-2e)^2$",
        prediction=item_spectrum,
        measurement=routes.diagonalise_tree,
        parameters={"flip_probability": np.linspace(0.02, 0.45, 20), "n_levels": 5},
        coordinate="flip_probability",
        quantity="eigenvalue",
        margin=1e-9,
        max_sensitivity=1e-6,
        cost=1.0,
    ),
    Ensemble(
        name="sampled-features-have-the-hierarchical-spectrum",
        statement="The squared singular values of sampled features of a tree tend to its spectrum "
        "as the number of features grows.",
        source=SOURCE + "hierarchically structured data from a branching process",
        equation=r"$s_l^2/N_f\to\mu_l$",
        prediction=level_spectrum,
        measurement=routes.sampled_spectrum,
        parameters=_PARAMETERS,
        coordinate="flip_probability",
        sizes=(1000, 4000, 16000),
        size="n_features",
        noise_exponent=1.0,
        seeds=64,
        quantity="squared singular value over number of features",
        margin=0.015,
        alternatives={"correlations of one flip a pair": spectrum_of_half_the_flips},
        cost=3.0,
    ),
    Ensemble(
        name="hierarchical-data-is-learned-level-by-level",
        statement="Networks trained on items of a tree learn broad distinctions before fine ones, "
        "each level at the time that its strength predicts.",
        source=SOURCE + "progressive differentiation: broad distinctions are learned first",
        equation=r"$t_l=\frac{P}{2\sqrt{\mu_l}}\ln(\sqrt{\mu_l}/u_0-1)$",
        prediction=level_times,
        measurement=routes.level_learning_times,
        parameters={**_PARAMETERS, "initial_strength": 0.01},
        settings={"learning_rate": 0.02},
        coordinate="flip_probability",
        sizes=(1000, 4000, 16000),
        size="n_features",
        noise_exponent=1.0,
        seeds=32,
        quantity="learning time t",
        margin=0.01,
        alternatives={"all levels equal": times_of_equal_levels},
        cost=8.0,
    ),
    Ensemble(
        name="random-weights-learn-level-by-level",
        statement="From small random weights, too, wide networks learn items of a tree level by level, "
        "along the sigmoids of their data's modes.",
        source=SOURCE + "progressive differentiation from small random weights",
        equation=r"$\dot u=\frac{2}{P}u(\sqrt{\mu}-u),\quad"
        r"u_i(0)\to\frac{1}{4}|W_1v_i+W_2^\top u_i|^2$",
        prediction=level_strengths,
        measurement=routes.learn_tree_from_random_weights,
        paired=True,
        parameters={"t": 2.0 * np.arange(5, 46), "flip_probability": 0.1, "n_levels": 3},
        settings={"n_features": 4000, "scale": 1e-2, "learning_rate": 0.01},
        coordinate="t",
        scale="maximum",
        sizes=(128, 512, 2048),
        size="width",
        seeds=32,
        quantity="mean strength of a level",
        margin=0.02,
        alternatives={
            "start not projected on the growing direction": level_strengths_of_the_norms,
            "all modes alike": level_strengths_of_equal_modes,
        },
        cost=20.0,
    ),
]
