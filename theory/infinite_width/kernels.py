r"""NNGP and NTK of multilayer perceptrons: the limit of infinite width, for any set of inputs.

Setting (NTK parametrisation, all parameters N(0, 1), phi the activation, d the dimension)::

    z^1 = sigma_w/sqrt(d) W^1 x + sigma_b b^1,   z^(l+1) = sigma_w/sqrt(n) W^(l+1) phi(z^l) + sigma_b b^(l+1),

with output f = z^(L+1), L = `hidden_layers`, and all widths n -> inf.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.blas_threads import one_blas_thread
from lazyrich.theory.infinite_width.kernel_arguments import (
    inputs,
    non_negative,
    require_memory,
    whole,
)

if TYPE_CHECKING:
    from lazyrich.theory.infinite_width.activation_maps import ActivationMap
    from lazyrich.theory.infinite_width.layer_tables import Tables

FloatArray = NDArray[np.float64]

_BLOCK = 2**17  # pairs that one thread takes at a time: their state stays near its core


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
        As in `activations.resolve`. identity, relu, leaky_relu, abs, erf, scaled_erf, sin, cos, exp, gaussian,
        gelu and polynomial are exact; tanh, sigmoid, softplus, swish and smooth functions of one real
        variable have errors below 1e-10 of the largest entry that a layer can have for its two inputs.
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
        hidden_layers that is not whole; an activation that is unknown, that jumps (step and sign: their NTK is
        infinite), or a function that is not smooth; variances beyond 1e150; more memory than there is.

    Notes
    -----
    Exact in the limit. At finite width the kernel of a random network fluctuates by O(n^-1/2), with a mean
    shift of O(1/n), and moves by O(1/n) in training, with kinked activations by O(n^-1/2).

    Entries of nearly coincident and opposite inputs keep all digits, since 1 - |correlation| is carried
    from layer to layer. Exceptions: chaotic networks (erf with sigma_w = 100 and ten layers), where rounding
    errors of the lengths grow beyond 1e-12, and GELU at variances above 1e9, whose NTK errs by up to
    2e-10. Memory is that of the two results. NUMBA_NUM_THREADS sets the number of threads, on which
    results do not depend.

    The deeper the network, the closer all correlations, to 9 pi^2/(2 L^2) from 1 for He's ReLU networks: look
    at the condition number before solving with a kernel.

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

    Depth makes the NNGP ill-conditioned:

    >>> for depth in (2, 8, 32):
    ...     kernel = mlp_kernels(np.eye(4), hidden_layers=depth, activation="relu", sigma_w=2**0.5).nngp
    ...     print(round(np.linalg.cond(kernel)))
    5
    21
    155
    """
    first = inputs(X1, "X1")
    second = first if X2 is None else inputs(X2, "X2", columns=first.shape[1])
    layers = whole(hidden_layers, "hidden_layers")
    widths = non_negative(sigma_w, "sigma_w"), non_negative(sigma_b, "sigma_b")
    rows = (len(first) + len(second)) * (2 * first.shape[1] + 10.0 * layers)
    n_bytes = 8 * (2.0 * len(first) * len(second) + rows)
    require_memory(
        n_bytes, f"kernels of {len(first)} x {len(second)} pairs, {layers} hidden layers,"
    )
    return _kernels(first, None if X2 is None else second, layers, activation, *widths)


def _kernels(
    X1: FloatArray,
    X2: FloatArray | None,
    hidden_layers: int,
    activation: Any,
    sigma_w: float,
    sigma_b: float,
) -> Kernels:
    from lazyrich.theory.infinite_width.activation_maps import activation_map
    from lazyrich.theory.infinite_width.layer_tables import layer_tables

    phi = activation_map(activation)
    rows, lengths, norms = _scaled(X1)
    if X2 is None:
        tables = layer_tables(norms, hidden_layers, phi, sigma_w, sigma_b)
        inputs1 = _Inputs(rows, lengths, tables)
        return _all_pairs(inputs1, inputs1, phi, symmetric=True)
    rows2, lengths2, norms2 = _scaled(X2)
    n = len(norms)
    both = layer_tables(np.concatenate((norms, norms2)), hidden_layers, phi, sigma_w, sigma_b)
    left, right = (
        both._replace(layers=[np.ascontiguousarray(a[:, part]) for a in both.layers])._replace(
            scales=both.scales[part]
        )
        for part in (slice(n), slice(n, None))
    )
    return _all_pairs(
        _Inputs(rows, lengths, left), _Inputs(rows2, lengths2, right), phi, symmetric=False
    )


class _Inputs(NamedTuple):
    """`rows` times a power of 2 each, 1/length of each (0 for zeros), and the tables of the layers."""

    rows: FloatArray
    inverse_lengths: FloatArray
    tables: Tables


def _scaled(X: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rows with entries of order 1, without rounding, their inverse lengths, root mean squares of X."""
    _, exponents = np.frexp(np.abs(X).max(axis=1))
    rows = np.ldexp(X, -exponents[:, None])
    lengths = np.sqrt((rows**2).sum(axis=1))
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return rows, inverse, np.ldexp(lengths / np.sqrt(X.shape[1]), exponents)


def _all_pairs(left: _Inputs, right: _Inputs, phi: ActivationMap, symmetric: bool) -> Kernels:
    """Blocks of rows, one thread each; only the two results are as large as a kernel."""
    import numba

    n1, n2 = len(left.rows), len(right.rows)
    found = Kernels(np.empty((n1, n2)), np.empty((n1, n2)))
    height = max(1, _BLOCK // n2)
    blocks = list(range(0, n1, height))[::-1]
    n_threads = min(numba.config.NUMBA_NUM_THREADS, len(blocks))  # type: ignore[attr-defined]

    def work(_: int) -> None:
        state = np.empty((4, height * n2))
        while True:
            try:
                first = blocks.pop()
            except IndexError:
                return
            span = first, min(first + height, n1), first if symmetric else 0
            _block(found, state, left, right, phi, *span)
            if symmetric:
                _mirror(found, *span[:2])

    with one_blas_thread(), ThreadPoolExecutor(n_threads) as threads:
        list(threads.map(work, range(n_threads)))
    return found


def _block(
    found: Kernels,
    state: FloatArray,
    left: _Inputs,
    right: _Inputs,
    phi: ActivationMap,
    first: int,
    last: int,
    start: int,
) -> None:
    """Rows `first` to `last` and columns from `start`, through all layers."""
    from lazyrich.theory.infinite_width.pair_correlations import affine, correlate

    shape = last - first, len(right.rows) - start
    rho, gap, tau, slope = (part[: shape[0] * shape[1]].reshape(shape) for part in state)
    np.matmul(left.rows[first:last], right.rows[start:].T, out=rho)
    lengths = left.inverse_lengths, right.inverse_lengths
    correlate(rho, gap, left.rows, right.rows, *lengths, first, start)
    tau[:] = slope[:] = 0
    for k, (own, other) in enumerate(zip(left.tables.layers, right.tables.layers, strict=True)):
        if k:
            phi.through(rho, gap, slope, own, other, first, start)
        affine(rho, gap, tau, slope, own, other, first, start)
    for kernel, correlation in ((found.nngp, rho), (found.ntk, tau)):
        correlation *= left.tables.scales[first:last, None]
        np.multiply(correlation, right.tables.scales[start:], out=kernel[first:last, start:])


def _mirror(found: Kernels, first: int, last: int) -> None:
    """Copy what stands right of the diagonal in rows `first` to `last` to the left of it."""
    below = np.tril_indices(last - first, -1)
    for kernel in found:
        kernel[last:, first:last] = kernel[first:last, last:].T
        square = kernel[first:last, first:last]
        square[below] = square.T[below]
