r"""Two-time mean-field theory of quadratic students: exact for gradient descent with any step, D -> inf.

N neurons w_i in R^D, f(x) = (alpha/N) sum_i phi(w_i . x) - f0(x), phi(h) = h + eps h^2/2, f0 the network at
the start (centred) or 0; P = nu D inputs x ~ N(0, I/D), labels y = (beta . x)^2/2 + noise, loss (1/P) sum (f - y)^2, step
w_i <- w_i - gamma sum_mu x_mu Delta_mu phi'(h_imu), gamma = eta_hat/(alpha nu), Delta = f - y.

A data point sees the Gaussian fields (u(0..t), h*) with covariance C(t,s) = W(t) W(s)^T/D, m(t) = W(t) beta/D,
q = abs(beta)^2/D, and its own past influence through the responses R of the weights::

    h(t) = u(t) - gamma sum_{s<t} R(t,s) g(s),     g_i(t) = Delta(t) phi'(h_i(t)),
    C_g = E g g^T,   B(t,s) = nu E dg(t)/du(s),   b(t) = nu E dg(t)/dh*   (sampled),
    w(t+1) = w(t) - gamma [r(t) + sum_{s<=t} B(t,s) w(s) + b(t) beta],   r ~ N(0, nu C_g)   (closed).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.lazy_to_rich.quadratic_dmft_input import (
    checked_count,
    checked_number,
    checked_overlaps,
    require_memory,
)
from lazyrich.theory.lazy_to_rich.quadratic_march import March
from lazyrich.theory.lazy_to_rich.quadratic_tangents import Model

Array = NDArray[np.float64]

TANGENTS = ("exact", "hutchinson")


class Solution(NamedTuple):
    """Losses and order parameters at the steps 0, ..., T: means over independent solves."""

    train: Array
    """E Delta^2 on the noisy labels, (T + 1,)."""
    test: Array
    """E (f - y)^2 for a fresh input and its noiseless target, (T + 1,)."""
    overlap: Array
    """m, (T + 1, N)."""
    correlation: Array
    """C, (T + 1, T + 1, N, N)."""
    response: Array
    """R, (T + 1, T + 1, N, N): change of w(t) per kick in the update from s to s + 1; 0 for s >= t."""
    train_standard_error: Array
    """(T + 1,)"""
    test_standard_error: Array
    """(T + 1,)"""


def solve(
    *,
    sample_ratio: float,
    output_scale: float,
    quadratic_strength: float,
    scaled_learning_rate: float,
    n_steps: int,
    overlap: ArrayLike,
    gram: ArrayLike | None = None,
    teacher_power: float = 1.0,
    noise_var: float = 0.0,
    centered: bool = True,
    n_paths: int,
    tangents: str = "exact",
    n_repeats: int = 4,
    rng: np.random.Generator,
) -> Solution:
    r"""Losses, overlaps and two-time functions of quadratic students under full-batch gradient descent.

    One forward march: nothing is iterated to a fixed point. Averages over data are those of
    `n_paths` sampled paths, and the whole is solved `n_repeats` times, on as many threads as numba
    may use; the result does not depend on their number.

    Parameters
    ----------
    sample_ratio : float
        nu = P/D > 0.
    output_scale : float
        alpha > 0.
    quadratic_strength : float
        eps >= 0.
    scaled_learning_rate : float
        eta_hat > 0, in units of the plain rate N D/(2 alpha^2). Stable in the lazy regime below
        2/(1 + 1/sqrt(nu))^2.
    n_steps : int
        T >= 1.
    overlap : array_like, (N,)
        m(0) = W(0) beta/D.
    gram : array_like, (N, N), optional
        C(0, 0) = W(0) W(0)^T/D; default the identity.
    teacher_power : float
        q > 0.
    noise_var : float
        Variance of the label noise, >= 0.
    centered : bool
        Whether f0 is the network at the start, or 0.
    n_paths : int
        Sampled data points of one solve, at least 16. A few thousand leave errors of 1 %.
    tangents : str
        "exact": dg/du of every path, in time n_paths T^3 N^3/3. "hutchinson": from random signs, in time
        n_paths T^2 N^2; unbiased too, and at equal cost the less noisy beyond about 50 steps.
    n_repeats : int
        Independent solves, >= 2, from whose spread the standard errors come.
    rng : numpy.random.Generator

    Returns
    -------
    Solution

    Raises
    ------
    ValueError
        For values outside these ranges, overlaps of no vectors, and when memory would not suffice:
        (4 T N + T) x 8 bytes a path and thread (exact; hutchinson 5 T N), about 0.1 GiB for T = 300, N = 2 and 4000
        paths, besides 64 (T N)^2 bytes a thread and 16 (T N)^2 a repeat.
    FloatingPointError
        Where gradient descent diverges, with the step.

    Notes
    -----
    Limit D, P -> inf at fixed nu, N and number of steps. Runs of size D scatter by O(1/sqrt(D)), amplified
    while the teacher is discovered; their mean deviates by O(1/D). N = O(D) neurons are not covered.
    With a random start m(0) = O(1/sqrt(D)), and m = 0 never grows: give the overlaps of the network to be compared.

    References
    ----------
    Kumar, Bordelon, Gershman, Pehlevan 2023, arXiv:2310.06110, for the model; dynamical mean-field theory of
    batch gradient descent: Mignacco, Krzakala, Urbani, Zdeborova 2020, arXiv:2006.06098; Celentano, Cheng,
    Montanari 2021, arXiv:2112.07572. Discrete form derived here.

    Examples
    --------
    A centred student starts at 3/4 q^2; its overlap grows by m(1)/m(0) = 1 + (3/2) (eta_hat/alpha) eps q:

    >>> found = solve(
    ...     sample_ratio=3.0, output_scale=1.0, quadratic_strength=1.0, scaled_learning_rate=0.05, n_steps=2,
    ...     overlap=[0.2], n_paths=500, rng=np.random.default_rng(0),
    ... )
    >>> print(f"{found.test[0]:.6f} {found.overlap[1, 0]:.6f}")
    0.750000 0.215000
    """
    if tangents not in TANGENTS:
        raise ValueError(f"tangents = {tangents!r}; needs one of {TANGENTS}")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng = {rng!r}; needs a numpy.random.Generator")  # noqa: TRY004
    nu, alpha = (
        checked_number("sample_ratio", sample_ratio),
        checked_number("output_scale", output_scale),
    )
    eps = checked_number("quadratic_strength", quadratic_strength, zero=True)
    rate = checked_number("scaled_learning_rate", scaled_learning_rate)
    power = checked_number("teacher_power", teacher_power)
    noise = checked_number("noise_var", noise_var, zero=True)
    steps, paths = checked_count("n_steps", n_steps, 1), checked_count("n_paths", n_paths, 16)
    repeats = checked_count("n_repeats", n_repeats, 2)
    start, units = checked_overlaps(overlap, gram, power)
    workers = _workers(repeats)
    require_memory(steps, len(start), paths, tangents == "exact", workers, repeats)
    model = Model(nu, alpha, eps, rate / (alpha * nu), bool(centered))

    def march(stream: np.random.Generator) -> March:
        return March(model, start, units, power, noise, steps, paths, tangents, stream).run()

    return _averaged(_in_threads(march, rng.spawn(repeats), workers), steps + 1, len(start))


class PlantedStart(NamedTuple):
    """Weights of a student and of its teacher."""

    W: Array
    """(N, D)"""
    beta: Array
    """(D,)"""


def planted_initialisation(
    dim: int,
    overlap: ArrayLike,
    gram: ArrayLike | None,
    teacher_power: float,
    rng: np.random.Generator,
) -> PlantedStart:
    """Weights in random directions with exactly the overlaps and norms from which `solve` starts.

    (beta, w_1, ..., w_N) = sqrt(D) Q L^T, L L^T = [[q, m^T], [m, C]], Q of N + 1 random orthonormal columns.

    Parameters
    ----------
    dim : int
        D >= N + 1.
    overlap, gram, teacher_power
        As of `solve`; [[q, m^T], [m, C]] must be positive definite.
    rng : numpy.random.Generator

    Returns
    -------
    PlantedStart

    Raises
    ------
    ValueError
        For values outside these ranges.

    Examples
    --------
    >>> W, beta = planted_initialisation(50, [0.1, -0.1], None, 2.0, np.random.default_rng(0))
    >>> (W @ beta / 50).round(12), round(float(beta @ beta / 50), 12)
    (array([ 0.1, -0.1]), 2.0)
    """
    power = checked_number("teacher_power", teacher_power)
    start, units = checked_overlaps(overlap, gram, power)
    size = checked_count("dim", dim, len(start) + 1)
    whole = np.block([[np.full((1, 1), power), start[None, :]], [start[:, None], units]])
    try:
        factor = np.linalg.cholesky(whole)
    except np.linalg.LinAlgError:
        raise ValueError(
            "[[teacher_power, overlap], [overlap, gram]] is singular; needs independent vectors"
        ) from None
    frame, triangle = np.linalg.qr(rng.standard_normal((size, len(whole))))
    rows = np.sqrt(size) * factor @ (frame * np.sign(triangle.diagonal())).T
    return PlantedStart(rows[1:].copy(), rows[0].copy())


def _workers(repeats: int) -> int:
    from numba import get_num_threads

    return min(repeats, int(get_num_threads()))


def _in_threads(march: Any, streams: list[np.random.Generator], workers: int) -> list[March]:
    """All marches; BLAS has one thread, so that each takes one core and gives the same bits."""
    import scipy.linalg  # noqa: F401  the BLAS that compiled kernels call must be loaded to be limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
        return list(pool.map(march, streams))


def _averaged(marches: list[March], times: int, width: int) -> Solution:
    def mean(name: str) -> Array:
        return np.mean([getattr(march, name) for march in marches], axis=0)

    def standard_error(name: str) -> Array:
        spread = np.std([getattr(march, name) for march in marches], axis=0, ddof=1)
        return spread / np.sqrt(len(marches))

    def two_time(name: str) -> Array:
        return mean(name).reshape(times, width, times, width).swapaxes(1, 2)

    return Solution(
        mean("train"),
        mean("test"),
        mean("m").reshape(times, width),
        two_time("C"),
        two_time("R"),
        standard_error("train"),
        standard_error("test"),
    )
