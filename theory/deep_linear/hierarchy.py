r"""Spectrum of data from a branching process: why broad distinctions are learned first.

Setting. A binary tree with D = `n_levels` levels of splits has P = 2^D leaves, the items. Every
feature is a random sign at the root, and changes its sign along every edge with probability e. The
correlation of two items is the mean product of their features.

Reached through `initialisation`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.deep_linear.mode_arguments import FloatArray
from lazyrich.theory.deep_linear.start_arguments import finite, whole

_DEEPEST = 62  # 2^62 items are the most that an int64 counts


class HierarchicalSpectrum(NamedTuple):
    """Eigenvalues, root first, then the splits from the top; and how often each occurs."""

    eigenvalues: FloatArray
    multiplicities: NDArray[np.int64]


def hierarchical_spectrum(n_levels: int, flip_probability: ArrayLike) -> HierarchicalSpectrum:
    r"""Eigenvalues of the correlation matrix of the items of a binary tree.

    Two items whose paths part l levels below the root have the correlation r^(D - l) with
    r = (1 - 2 e)^2. Eigenvectors contrast the two sides of one split (or none, at the root)::

        mu_root = 1 + r sum_{j=0}^{D-1} (2 r)^j                   (once),
        mu_l    = (1 - r) sum_{j=0}^{D-l-1} (2 r)^j               (2^l times, l = 0, ..., D - 1).

    A network with one-hot inputs has, per N_f features and with correlations summed over the items,
    modes of strength sqrt(N_f mu). They fall from the root to the leaves, so that broad
    distinctions are learned before fine ones.

    Parameters
    ----------
    n_levels : int
        D in {0, ..., 62}.
    flip_probability : array_like
        e in [0, 1]; e and 1 - e give the same spectrum.

    Returns
    -------
    HierarchicalSpectrum
        eigenvalues, (D + 1, ...) with the shape of flip_probability behind, and multiplicities,
        (D + 1,) whole numbers. Eigenvalues times multiplicities sum to 2^D.

    Raises
    ------
    ValueError
        For values outside these ranges, nan or empty arrays.

    Notes
    -----
    Exact for the mean over features. With N_f features the sample eigenvalues deviate by
    order 1/sqrt(N_f), and equal ones split by that order.

    References
    ----------
    Saxe, McClelland, Ganguli 2013, arXiv:1312.6120: hierarchical data are learned level by level.

    Examples
    --------
    One split: two items of correlation r = 0.64:

    >>> values, times = hierarchical_spectrum(1, 0.1)
    >>> np.round(values, 12).tolist(), times.tolist()
    ([1.64, 0.36], [1, 1])
    """
    levels = int(whole(n_levels, "n_levels", 0, scalar=True))
    if levels > _DEEPEST:
        raise ValueError(
            f"n_levels = {levels} is outside [0, {_DEEPEST}]: items are counted in int64"
        )
    e = finite(flip_probability, "flip_probability", 0.0, 1.0, "it is a probability")
    kept, lost = (1 - 2 * e) ** 2, 4 * e * (1 - e)
    partial_sums = [np.zeros_like(e)]
    for _ in range(levels):
        partial_sums.append(1 + 2 * kept * partial_sums[-1])
    root = 1 + kept * partial_sums[-1]
    splits = [lost * partial for partial in partial_sums[:0:-1]]
    counts = [1] + [2**level for level in range(levels)]
    return HierarchicalSpectrum(np.stack([root, *splits]), np.array(counts, dtype=np.int64))
