r"""NNGP and NTK of multilayer perceptrons: the limit of infinite width, for any set of inputs.

Setting (NTK parametrisation, all parameters N(0, 1), phi the activation, d the dimension)::

    z^1 = sigma_w/sqrt(d) W^1 x + sigma_b b^1,   z^(l+1) = sigma_w/sqrt(n) W^(l+1) phi(z^l) + sigma_b b^(l+1),

with output f = z^(L+1), L = `hidden_layers`, and all widths n -> inf.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.infinite_width import layer_tables
from lazyrich.theory.infinite_width.kernel_arguments import (
    inputs,
    non_negative,
    require_memory,
    whole,
)

FloatArray = NDArray[np.float64]

_BLOCK = 32  # rows that one thread takes at a time


class Kernels(NamedTuple):
    """`nngp` = S and `ntk` = T of all pairs, (rows of X1, rows of X2)."""

    nngp: FloatArray
    ntk: FloatArray


def mlp_kernels(
    X1: ArrayLike,
    X2: ArrayLike | None = None,
    *,
    hidden_layers: int,
    activation: Any,
    sigma_w: float = 1.0,
    sigma_b: float = 0.0,
) -> Kernels:
    r"""NNGP and NTK of a multilayer perceptron between the rows of X1 and of X2 (or of X1).

    With V(q1, q2, c) = E phi(u) phi(v) and V' = E phi'(u) phi'(v), (u, v) ~ N(0, [[q1, c], [c, q2]]), taken
    at the entries of S for the two inputs::

        S <- sigma_w^2 x.x'/d + sigma_b^2,    T <- S,    then L times
        S <- sigma_w^2 V + sigma_b^2,         T <- S + sigma_w^2 V' T   (V' of the former S).

    Parameters
    ----------
    X1 : array_like, (n1, d)
        Inputs, one a row.
    X2 : array_like, (n2, d), optional
        Other inputs; X1 if left out, which takes half the work.
    hidden_layers : int
        L >= 0, the number of activations (Jacot et al. call L + 1 the depth).
    activation : str, (str, value) or callable
        "relu", "abs", "identity", ("leaky_relu", slope), "erf", "scaled_erf" = erf(x/sqrt 2).
    sigma_w, sigma_b : float
        Standard deviations of weights and biases, >= 0; He's choice for ReLU is sigma_w = sqrt(2).

    Returns
    -------
    Kernels
        `nngp` and `ntk`, (n1, n2).

    Raises
    ------
    ValueError
        For NaN, inf, empty or one-dimensional inputs, X1 and X2 of different dimension, negative sigma,
        hidden_layers that is not whole, an activation that is not known, variances beyond 1e150, or more
        memory than there is.

    Notes
    -----
    Exact in the limit. At finite width the kernel of a random network fluctuates by O(n^-1/2), with a mean
    shift of O(1/n), and moves by O(1/n) in training.

    Entries of nearly coincident and opposite inputs keep all digits, since 1 - |correlation| is carried
    from layer to layer. The deeper the network, the closer all correlations: look at
    ``numpy.linalg.cond(kernels.ntk)`` before solving with it.

    References
    ----------
    Jacot, Gabriel, Hongler 2018, arXiv:1806.07572; Lee et al. 2019, arXiv:1902.06720; Cho and Saul 2009 (ReLU);
    Williams 1997 (erf).

    Examples
    --------
    He's networks keep the size of their inputs, and T = (L + 1) 2 |x|^2/d on the diagonal:

    >>> kernels = mlp_kernels([[3.0, 4.0]], hidden_layers=3, activation="relu", sigma_w=2**0.5)
    >>> print(kernels.nngp.round(12), kernels.ntk.round(12))
    [[25.]] [[100.]]
    """
    first = inputs(X1, "X1")
    second = None if X2 is None else inputs(X2, "X2", columns=first.shape[1])
    layers = whole(hidden_layers, "hidden_layers")
    phi = _known(activation)
    widths = non_negative(sigma_w, "sigma_w"), non_negative(sigma_b, "sigma_b")
    columns = first if second is None else second
    require_memory(
        _needed(first, columns, layers), f"kernels of {len(first)} x {len(columns)} pairs"
    )

    left = _prepared(first, layers, phi, *widths)
    right = left if second is None else _prepared(second, layers, phi, *widths)
    return _all_pairs(left, right, phi, symmetric=second is None)


class _Rows(NamedTuple):
    """`rows` times a power of 2 each, 1/length of each (0 for zeros), tables of the layers."""

    rows: FloatArray
    inverse_lengths: FloatArray
    layers: FloatArray
    scales: FloatArray


def _all_pairs(
    left: _Rows, right: _Rows, activation: layer_tables.Activation, symmetric: bool
) -> Kernels:
    """Blocks of rows, each by one thread: only the two results are as large as the kernel."""
    import numba

    from lazyrich.theory.infinite_width import pair_passes

    run = getattr(pair_passes, f"{activation.name}_pass")
    parameters = np.array(activation.parameters)
    nngp = np.matmul(left.rows, right.rows.T)
    ntk = np.empty_like(nngp)

    def block(first: int) -> None:
        last = min(first + _BLOCK, len(nngp))
        start = first if symmetric else 0
        span = first, last, start
        lengths = left.inverse_lengths, right.inverse_lengths
        pair_passes.correlate(nngp, ntk, left.rows, right.rows, *lengths, *span)
        tables = left.layers, right.layers, left.scales, right.scales
        run(nngp, ntk, *tables, parameters, *span)
        if symmetric:
            pair_passes.mirror(nngp, ntk, first, last)

    with ThreadPoolExecutor(numba.config.NUMBA_NUM_THREADS) as threads:
        list(threads.map(block, range(0, len(nngp), _BLOCK)))
    return Kernels(nngp, ntk)


def _prepared(
    X: FloatArray,
    hidden_layers: int,
    activation: layer_tables.Activation,
    sigma_w: float,
    sigma_b: float,
) -> _Rows:
    """Rows scaled to entries of order 1 without rounding, and what the recursion needs of each."""
    _, exponents = np.frexp(np.abs(X).max(axis=1))
    rows = np.ldexp(X, -exponents[:, None])
    lengths = np.sqrt((rows**2).sum(axis=1))
    norms = np.ldexp(lengths / np.sqrt(X.shape[1]), exponents)
    tables = layer_tables.layer_tables(norms, hidden_layers, activation, sigma_w, sigma_b)
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return _Rows(rows, inverse, *tables)


def _needed(first: FloatArray, second: FloatArray, layers: int) -> float:
    """Bytes: two kernels, unit rows, and tables of up to ten features a row and layer."""
    rows = len(first) + (0 if first is second else len(second))
    return 8.0 * (2 * len(first) * len(second) + rows * (2 * first.shape[1] + 10 * (layers + 1)))


def _known(activation: Any) -> layer_tables.Activation:
    """The activation's table functions; ``ValueError`` for one that is not known."""
    if activation == "relu":
        return layer_tables.piecewise_linear(0.0, 1.0)
    if activation == "abs":
        return layer_tables.piecewise_linear(-1.0, 1.0)
    if activation == "identity":
        return layer_tables.piecewise_linear(1.0, 1.0)
    if activation == "erf":
        return layer_tables.scaled_erf(2.0)
    if activation == "scaled_erf":
        return layer_tables.scaled_erf(1.0)
    if isinstance(activation, tuple) and len(activation) == 2 and activation[0] == "leaky_relu":
        return layer_tables.piecewise_linear(float(activation[1]), 1.0)
    raise ValueError(f"activation = {activation!r}; needs relu, leaky_relu, abs, identity or erf")
