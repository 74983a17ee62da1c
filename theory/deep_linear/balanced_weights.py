"""Random weights of a two-layer linear network with a chosen balance."""

import math

import numpy as np

from lazyrich.theory.deep_linear.balanced_flow import FloatArray


def balanced_weights(
    n_in: int,
    n_hidden: int,
    n_out: int,
    balance: float,
    scale: float,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Random W1 (n_hidden, n_in), W2 (n_out, n_hidden) with W2^T W2 - W1 W1^T = balance x identity.

    W1 = R diag(s1) V^T, W2 = U diag(s2) R^T with random orthonormal frames and s2^2 - s1^2 = balance
    in every hidden direction. The smaller of s1, s2 is scale x (uniform in [0.5, 1.5]), or 0 where
    its layer has no direction left. With balance 0, min(n_in, n_hidden, n_out) directions are used.

    Parameters
    ----------
    n_in, n_hidden, n_out : int
        Widths, at least 1. balance > 0 needs n_out >= n_hidden, balance < 0 needs n_in >= n_hidden:
        the larger layer must span all hidden directions.
    balance : float
        lambda, finite.
    scale : float
        Size of the smaller layer's singular values, finite, >= 0.
    rng : numpy.random.Generator

    Returns
    -------
    W1, W2 : arrays

    Raises
    ------
    ValueError
        For widths that admit no such weights, or values outside these ranges.

    References
    ----------
    Domine, Anguita, Proca, Braun, Kunin, Mediano, Saxe 2024, arXiv:2409.14623.

    Examples
    --------
    >>> first, second = balanced_weights(3, 2, 4, 0.5, 0.1, np.random.default_rng(0))
    >>> (np.round(second.T @ second - first @ first.T, 12) + 0.0).tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    for name, n in (("n_in", n_in), ("n_hidden", n_hidden), ("n_out", n_out)):
        if int(n) != n or n < 1:
            raise ValueError(f"{name} = {n} is outside {{1, 2, ...}}: it is a number of units")
    if not math.isfinite(balance):
        raise ValueError(f"balance = {balance} is outside the finite numbers")
    if not (math.isfinite(scale) and scale >= 0):
        raise ValueError(f"scale = {scale} is outside [0, inf): it is a size")
    larger = {1: ("n_out", n_out), -1: ("n_in", n_in)}.get(int(np.sign(balance)))
    if larger and larger[1] < n_hidden:
        raise ValueError(
            f"balance = {balance} with {larger[0]} = {larger[1]} < n_hidden = {n_hidden}: the larger "
            "layer must span every hidden direction; wider hidden layers have balance 0 only"
        )
    shared = min(n_in, n_hidden, n_out)
    small = np.zeros(n_hidden)
    small[:shared] = scale * rng.uniform(0.5, 1.5, shared)
    large = np.sqrt(abs(balance) + small**2)
    s1, s2 = (small, large) if balance > 0 else (large, small)
    hidden = _frame(n_hidden, n_hidden, rng)
    inputs, outputs = _frame(n_in, n_hidden, rng), _frame(n_out, n_hidden, rng)
    first = hidden[:, : inputs.shape[1]] * s1[: inputs.shape[1]] @ inputs.T
    second = outputs * s2[: outputs.shape[1]] @ hidden[:, : outputs.shape[1]].T
    return first, second


def _frame(n: int, m: int, rng: np.random.Generator) -> FloatArray:
    """min(n, m) orthonormal columns in n dimensions, uniformly distributed."""
    q, r = np.linalg.qr(rng.standard_normal((n, min(n, m))))
    return q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
