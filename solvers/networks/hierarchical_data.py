r"""Items whose features branch along a binary tree.

A tree with D levels of splits has P = 2^D leaves, the items, in the order of the branches: items
2k and 2k + 1 are siblings.
"""

import numpy as np
from numpy.typing import NDArray

from lazyrich.solvers.networks.memory import require_memory

Array = NDArray[np.float64]


def hierarchical_features(
    n_levels: int, flip_probability: float, n_features: int, rng: np.random.Generator
) -> Array:
    """Features +-1 of the items of a binary tree.

    Each feature is a random sign at the root, handed down the tree; along every edge it changes
    its sign with probability `flip_probability`. Features are independent of each other.

    Parameters
    ----------
    n_levels : int
        D >= 0, the levels of splits.
    flip_probability : float
        In [0, 1].
    n_features : int
        N_f >= 1.
    rng : numpy.random.Generator

    Returns
    -------
    array
        (2^D, N_f), one item in each row.

    Raises
    ------
    ValueError
        For values outside these ranges, or features that would not fit in memory.

    Examples
    --------
    Without flips all items are alike:

    >>> features = hierarchical_features(2, 0.0, 3, np.random.default_rng(0))
    >>> features.shape, bool(np.all(features == features[0]))
    ((4, 3), True)
    """
    for name, value, least in (("n_levels", n_levels, 0), ("n_features", n_features, 1)):
        if int(value) != value or value < least:
            raise ValueError(f"{name} = {value}; it must be a whole number >= {least}")
    if not 0 <= flip_probability <= 1:
        raise ValueError(f"flip_probability = {flip_probability}; a probability lies in [0, 1]")
    require_memory(32.0 * 2**n_levels * n_features, "the features of all items")
    nodes = rng.choice([-1.0, 1.0], size=(1, n_features))
    for _ in range(n_levels):
        nodes = np.repeat(nodes, 2, axis=0)
        nodes = np.where(rng.random(nodes.shape) < flip_probability, -nodes, nodes)
    return nodes
