r"""Perceptrons drawn so that few of them show the mean and the spread of all.

Siblings share their hidden layers, which are random as ever. Their readouts and output biases come in pairs of
opposite sign, and are linearly combined within a family so that, on given inputs, the outputs of the siblings at
the start have the mean 0 and exactly the second moments E[f(x) f(x')] that the hidden layers imply. What is left
to average over is the hidden layers, whose fluctuations vanish as 1/sqrt(width).

Nothing else is changed: every network is an ordinary one, and readouts stay Gaussian across the matched
directions. Along them their fourth moments are too small by O(1/pairs), which moments of second order of outputs
feel only through terms that are nonlinear in the start, of order 1/width.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.arguments import whole_number
from lazyrich.solvers.networks.blas_threads import one_blas_thread
from lazyrich.solvers.networks.ntk_mlp import initial_parameters
from lazyrich.solvers.networks.ntk_mlp_input import checked_inputs, checked_network
from lazyrich.solvers.networks.ntk_mlp_layers import forward

Array = NDArray[np.float64]


def sibling_networks(
    rng: np.random.Generator,
    X: ArrayLike,
    *,
    width: int,
    hidden_layers: int,
    families: int,
    pairs: int,
    activation: Any,
    sigma_w: float = 1.0,
    sigma_b: float = 0.0,
) -> list[Array]:
    """Parameters for `ntk_mlp`, with leading axes (families, 2 pairs).

    Parameters
    ----------
    rng : numpy.random.Generator
    X : array_like, (n_samples, d)
        Inputs on which second moments are matched, along the leading directions if there are fewer pairs.
    width, hidden_layers : int
        Sizes of each network, >= 1.
    families : int
        Independent draws of the hidden layers, >= 1.
    pairs : int
        Readouts of a family, each once with either sign, >= 1. All moments match from pairs = n_samples on.
    activation, sigma_w, sigma_b
        As for `ntk_mlp.outputs`.

    Raises
    ------
    ValueError
        For sizes that are not whole and at least 1, and as for `ntk_mlp.outputs`.

    Examples
    --------
    >>> from lazyrich.solvers.networks.ntk_mlp import empirical_ntk, outputs
    >>> x = np.eye(3)
    >>> given = {"activation": "relu", "sigma_b": 0.5}
    >>> rng = np.random.default_rng(0)
    >>> family = sibling_networks(rng, x, width=9, hidden_layers=1, families=1, pairs=4, **given)
    >>> f = outputs(family, x, **given)[0]
    >>> f.shape
    (8, 3)
    >>> one = [array[0, 0] for array in family]
    >>> np.allclose(f.T @ f / 8, empirical_ntk(one, x, last_layer_only=True, **given))
    True
    """
    families, pairs = whole_number(families, "families"), whole_number(pairs, "pairs")
    d = np.shape(X)[-1] if np.ndim(X) else 0
    base = initial_parameters(d, width, hidden_layers, rng, networks=families)
    network = checked_network(base, activation, sigma_w, sigma_b)
    x = checked_inputs(X, "X", network)
    readouts = rng.standard_normal((families, pairs, width + 1))
    with one_blas_thread():
        for k in range(families):
            hidden = forward(network.take(slice(k, k + 1)), x.T)[-2][0]
            features = np.vstack(
                [sigma_w / np.sqrt(width) * hidden, np.full((1, len(x)), float(sigma_b))]
            )
            readouts[k] = _matched(readouts[k], features)
    signed = np.concatenate([readouts, -readouts], axis=1)
    hidden_parameters = [np.repeat(array[:, None], 2 * pairs, axis=1) for array in base[:-2]]
    return [*hidden_parameters, signed[..., :-1].copy(), signed[..., -1].copy()]


def _matched(readouts: Array, features: Array) -> Array:
    """Rows with unit second moments along the leading directions of the features, (width + 1, n_samples)."""
    directions, sizes, _ = np.linalg.svd(features, full_matrices=False)
    kept = min(len(readouts), int((sizes > 1e-10 * sizes[0]).sum())) if sizes[0] > 0 else 0
    directions = directions[:, :kept]
    along = readouts @ directions
    left, _, right = np.linalg.svd(along, full_matrices=False)
    return readouts + (np.sqrt(len(readouts)) * left @ right - along) @ directions.T
