r"""Random deep networks before learning: products of their weights and their Jacobians."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.solvers.networks.initial_weights import random_frame

Array = NDArray[np.float64]


def product(weights: Sequence[ArrayLike]) -> Array:
    """W_L ... W_1, the map of a linear network.

    Examples
    --------
    >>> product([[[1.0, 2.0]], [[3.0], [4.0]]]).tolist()
    [[3.0, 6.0], [4.0, 8.0]]
    """
    first, *others = _chain(weights)
    for weight in others:
        first = weight @ first
    return first


def log_singular_values(weights: Sequence[ArrayLike], sweeps: int = 3) -> Array:
    r"""Logarithms of the singular values of W_L ... W_1, also where the product itself underflows.

    Orthonormal frames are carried through the layers, backwards and forwards, `sweeps` times
    (subspace iteration, a QR decomposition a layer). What the last pass leaves on the diagonals
    differs from the singular values by relative order (sigma_{k+1}/sigma_k)^(4 sweeps).

    Parameters
    ----------
    weights : sequence of L arrays
        Square matrices of one size, (..., N, N); leading axes are independent networks.
    sweeps : int
        At least 1.

    Returns
    -------
    array
        log sigma_k, the largest first, (..., N); -inf for singular products.

    Examples
    --------
    >>> layers = [np.diag([2.0, 1e-3])] * 200
    >>> np.round(log_singular_values(layers) / 200 - np.log([2.0, 1e-3]), 12) + 0
    array([0., 0.])
    """
    chain = _chain(weights)
    if sweeps < 1:
        raise ValueError(f"sweeps = {sweeps}; at least one is needed")
    if any(w.shape != chain[0].shape or w.shape[-1] != w.shape[-2] for w in chain):
        raise ValueError(
            f"weights have shapes {[w.shape for w in chain]}; needs square matrices of one size"
        )
    frame = np.broadcast_to(np.eye(chain[0].shape[-1]), chain[0].shape)
    for _ in range(sweeps):
        for weight in reversed(chain):
            frame, _triangle = np.linalg.qr(weight.swapaxes(-1, -2) @ frame)
        logs = np.zeros(chain[0].shape[:-1])
        for weight in chain:
            frame, triangle = np.linalg.qr(weight @ frame)
            with np.errstate(divide="ignore"):
                logs += np.log(np.abs(np.diagonal(triangle, axis1=-2, axis2=-1)))
    return logs


def tanh_jacobians(weights: Sequence[ArrayLike], start: ArrayLike) -> Array:
    r"""Jacobians dh_l/dh_0 of the network h_l = W_l tanh(h_{l-1}), for l = 1, ..., L.

    Parameters
    ----------
    weights : sequence of L arrays
        Square matrices of N rows.
    start : (N,)
        h_0, finite.

    Returns
    -------
    array
        (L, N, N).

    Examples
    --------
    At h_0 = 0 the slope of tanh is 1 and the Jacobian is the product of the weights:

    >>> tanh_jacobians([[[2.0]], [[3.0]]], [0.0]).ravel().tolist()
    [2.0, 6.0]
    """
    chain = _chain(weights)
    h = np.array(start, dtype=np.float64)
    if h.ndim != 1 or not np.isfinite(h).all() or any(w.shape != (h.size, h.size) for w in chain):
        raise ValueError(
            f"start has shape {h.shape} and weights {[w.shape for w in chain]}; needs a finite "
            "vector of N entries and matrices of N rows and columns"
        )
    jacobians, jacobian = [], np.eye(h.size)
    for weight in chain:
        signal = np.tanh(h)
        jacobian = weight @ ((1 - signal**2)[:, None] * jacobian)
        h = weight @ signal
        jacobians.append(jacobian)
    return np.array(jacobians)


def sampled_jacobian_gains(
    kind: str,
    gain: float,
    n_layers: int,
    width: int,
    n_probes: int,
    rng: np.random.Generator,
) -> Array:
    r"""Mean squared singular value of the Jacobian dh_l/dh_0 of one random tanh network.

    The network is h_l = W_l tanh(h_{l-1}) with W_l random orthogonal or Gaussian (variance 1/N) times
    `gain`, and h_0 normal, scaled to |h_0|^2 = N. The mean |J v|^2/|v|^2 over probes v estimates
    tr(J^T J)/N. A layer is drawn only where it acts, on the signal and the probes: of an orthogonal
    matrix these are the images of a basis of their span, a random frame; of a Gaussian one,
    independent normal vectors. The sample has the distribution of the whole network, at the cost
    of N n_probes^2 a layer, so that widths of thousands are cheap.

    Parameters
    ----------
    kind : {"orthogonal", "gaussian"}
    gain : float
    n_layers : int
        L >= 1.
    width : int
        N > n_probes.
    n_probes : int
        At least 1; the estimate's relative error is of order 1/sqrt(N n_probes).
    rng : numpy.random.Generator

    Returns
    -------
    array
        (L,), for l = 1, ..., L.

    Examples
    --------
    The Jacobian of an orthogonal network can only shrink below gain 1:

    >>> gains = sampled_jacobian_gains("orthogonal", 0.9, 3, 50, 2, np.random.default_rng(0))
    >>> bool(np.all(np.diff(gains) < 0)), bool(gains[0] < 0.81)
    (True, True)
    """
    _check_kind(kind)
    if not (n_layers >= 1 and 1 <= n_probes < width and np.isfinite(gain)):
        raise ValueError(
            f"n_layers = {n_layers}, n_probes = {n_probes}, width = {width}, gain = {gain}; needs "
            "one layer or more, 1 <= n_probes < width and a finite gain"
        )
    h = rng.standard_normal(width)
    h *= np.sqrt(width) / np.linalg.norm(h)
    probes = rng.standard_normal((width, n_probes))
    start = (probes**2).sum(axis=0)
    found = np.empty(n_layers)
    for layer in range(n_layers):
        signal = np.tanh(h)
        inputs = np.column_stack([signal, (1 - signal**2)[:, None] * probes])
        _basis, coordinates = np.linalg.qr(inputs)
        if kind == "orthogonal":
            images = random_frame(width, n_probes + 1, rng)
        else:
            images = rng.standard_normal((width, n_probes + 1)) / np.sqrt(width)
        outputs = gain * images @ coordinates
        h, probes = outputs[:, 0], outputs[:, 1:]
        found[layer] = ((probes**2).sum(axis=0) / start).mean()
    return found


def sampled_signal_variances(
    kind: str, gain: float, n_layers: int, width: int, rng: np.random.Generator
) -> Array:
    r"""|h_l|^2/N along one random tanh network h_l = W_l tanh(h_{l-1}), for l = 1, ..., L.

    W_l is random orthogonal or Gaussian (variance 1/N) times `gain`, h_0 normal, scaled to
    |h_0|^2 = N. Every layer acts once, on one vector, whose image is drawn in its place: a random
    direction of the same length, or independent normal entries. The sample has the distribution of
    the whole network.

    Parameters
    ----------
    kind : {"orthogonal", "gaussian"}
    gain : float
    n_layers, width : int
        L >= 1 and N >= 1.
    rng : numpy.random.Generator

    Returns
    -------
    array
        (L,).

    Examples
    --------
    >>> q = sampled_signal_variances("orthogonal", 0.5, 20, 50, np.random.default_rng(0))
    >>> bool(np.all(np.diff(q) < 0)), bool(q[-1] < 1e-10)
    (True, True)
    """
    _check_kind(kind)
    if not (n_layers >= 1 and width >= 1 and np.isfinite(gain)):
        raise ValueError(
            f"n_layers = {n_layers}, width = {width}, gain = {gain}; needs one layer and one unit or "
            "more, and a finite gain"
        )
    h = rng.standard_normal(width)
    h *= np.sqrt(width) / np.linalg.norm(h)
    found = np.empty(n_layers)
    for layer in range(n_layers):
        length = gain * np.linalg.norm(np.tanh(h))
        h = rng.standard_normal(width)
        h *= length / (np.linalg.norm(h) if kind == "orthogonal" else np.sqrt(width))
        found[layer] = h @ h / width
    return found


def _check_kind(kind: str) -> None:
    if kind not in ("orthogonal", "gaussian"):
        raise ValueError(f"kind = {kind!r}; it must be 'orthogonal' or 'gaussian'")


def _chain(weights: Sequence[ArrayLike]) -> list[Array]:
    chain = [np.asarray(w, dtype=np.float64) for w in weights]
    if not chain or any(w.ndim < 2 or w.size == 0 for w in chain):
        raise ValueError(
            f"weights have shapes {[w.shape for w in chain]}; needs one or more non-empty matrices"
        )
    if not all(np.isfinite(w).all() for w in chain):
        raise ValueError("weights hold NaN or infinite entries")
    return chain
