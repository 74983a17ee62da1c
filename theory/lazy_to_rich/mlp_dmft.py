r"""Dynamical mean-field theory of nonlinear networks: outputs and two-time kernels, exact for gradient descent.

Setting (Bordelon, Pehlevan 2022): L hidden layers of infinite width, N(0, 1) weights, h^1 = W^0 x/sqrt D,
h^{l+1} = W^l phi(h^l)/sqrt N, f = w . phi(h^L)/(gamma0 N), gradient descent of 1/2 sum (y - f)^2 with the rate
learning_rate gamma0^2 N. Kernels Phi^l = phi(h^l) . phi(h^l)/N and G^l = g^l . g^l/N with g^l = gamma0 N df/dh^l.

A unit sees Gaussian fields u of covariance Phi^{l-1} and r of covariance G^{l+1}, and its own past, through what
it did to the weights and through the response functions of the layers next to it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import one_number
from lazyrich.theory.lazy_to_rich.mlp_march import March
from lazyrich.theory.lazy_to_rich.quadratic_arguments import array, whole
from lazyrich.theory.lazy_to_rich.smooth_activations import with_derivatives

FloatArray = NDArray[np.float64]

_LARGEST_MEMORY = 8 * 2**30


class Network(NamedTuple):
    """Outputs and kernels of the infinitely wide network at steps 0 to n_steps: means over independent solves."""

    f: FloatArray
    """(n_steps + 1, P)."""
    Phi: FloatArray
    """Phi^l_mu,nu(t, s), (L, n_steps + 1, n_steps + 1, P, P)."""
    G: FloatArray
    """G^l_mu,nu(t, s), likewise."""
    f_standard_error: FloatArray
    """(n_steps + 1, P)."""


def solve(
    input_kernel: ArrayLike,
    y: ArrayLike,
    *,
    hidden_layers: int,
    activation: Any,
    gamma0: float,
    learning_rate: float,
    n_steps: int,
    n_paths: int,
    n_repeats: int = 4,
    normals: str = "matched",
    responses: bool = True,
    rng: np.random.Generator,
) -> Network:
    r"""Outputs and two-time kernels of gradient descent, step by step.

    With Delta = y - f, eta the learning rate, and sums over earlier steps s and samples nu::

        h^l(t) = u^l(t) + gamma0 sum_{s<t} [A^{l-1}(t,s) + eta Delta(s) Phi^{l-1}(t,s)] g^l(s),
        z^l(t) = r^l(t) + gamma0 sum_{s<=t} [B^l(t,s) + eta [s<t] Delta(s) G^{l+1}(t,s)] phi(h^l(s)),
        g^l = phi'(h^l) z^l,   u^l ~ N(0, Phi^{l-1}),   r^l ~ N(0, G^{l+1}) independent of it,
        A^l(t,s) = E d phi(h^l(t))/d r^l(s) / gamma0,   B^l(t,s) = E d g^{l+1}(t)/d u^{l+1}(s) / gamma0,
        f(t) = E z^L(t) phi(h^L(t)) / gamma0,

    A^0 = B^L = 0, Phi^0 the input kernel and G^{L+1} = 1 at all pairs of times. In a step the layers are passed
    upwards, then downwards; nothing is iterated. Averages are those of `n_paths` sampled units a layer, with all
    signs of u and r, and exact derivatives.

    Parameters
    ----------
    input_kernel : array_like, (P, P)
        x_mu . x_nu/D, symmetric, without negative eigenvalues.
    y : array_like, (P,)
    hidden_layers : int
        L >= 1.
    activation : str, pair or Smooth
        phi with phi' and phi'': see `smooth_activations.with_derivatives`. relu, abs and leaky_relu for L = 1
        only: deeper, the responses need phi'', a spike at the kink that no sampled unit sees.
    gamma0 : float
        Strength of feature learning, > 0.
    learning_rate : float
        eta > 0; stable while eta times the largest eigenvalue of the tangent kernel, as grown, is below 2.
    n_steps : int
        Number of updates, >= 0.
    n_paths : int
        Sampled units a layer, a multiple of 4, at least 16. With "matched" normals more than four times the
        independent values a field takes (at most P (n_steps + 1)).
    n_repeats : int
        Independent solves, >= 2, whose spread gives the standard errors.
    normals : str
        "matched", "stratified" or "independent", see `solvers.gaussian_paths`.
    responses : bool
        False sets A = B = 0, as if backward and forward pass had independent weights: wrong for L > 1, to see
        what the response functions do.
    rng : numpy.random.Generator

    Returns
    -------
    Network
        (f, Phi, G, f_standard_error).

    Raises
    ------
    ValueError
        For values outside these ranges, nan, shapes that do not fit, activations without phi'', and for more than
        8 GiB of memory: about 40 L P n_steps n_paths bytes a thread, and 16 L (P n_steps)^2 a solve.
    FloatingPointError
        Where gradient descent diverges, with the step.

    Notes
    -----
    Infinite width, exact for any step. Kernels of a network of width N deviate by O(1/sqrt N), on average by
    O(1/N); its outputs too, by 1/(gamma0 sqrt N) at the start. The sampled solve has a bias of O(1/n_paths)
    besides its standard error, and kernel movements at small gamma0, of size gamma0^2, have noise of
    gamma0/sqrt(n_paths n_repeats) in all layers but the first. Cost O(L n_paths n_repeats (P n_steps)^3 2/3).

    References
    ----------
    Bordelon, Pehlevan 2022, arXiv:2205.09653, for the equations of gradient flow, there iterated over whole
    trajectories; the march in discrete time derived here.

    Examples
    --------
    With the identity it is the theory of deep linear networks:

    >>> from lazyrich.theory.lazy_to_rich import linear_dmft
    >>> setting = {"hidden_layers": 2, "gamma0": 1.5, "learning_rate": 0.1, "n_steps": 5}
    >>> rng = np.random.default_rng(0)
    >>> found = solve([[1.0]], [1.0], activation="identity", n_paths=64, rng=rng, **setting)
    >>> linear = linear_dmft.solve([[1.0]], [1.0], **setting)
    >>> bool(np.abs(found.f - linear.f).max() < 1e-9)
    True
    """
    kernel = array("input_kernel", input_kernel, (None, None))
    count = len(kernel)
    size = np.abs(kernel).max()
    if kernel.shape != (count, count) or np.abs(kernel - kernel.T).max() > 1e-10 * size:
        raise ValueError("input_kernel is not symmetric; its entries are x_mu . x_nu/D")
    least = np.linalg.eigvalsh(kernel)[0]
    if least < -1e-8 * size:
        raise ValueError(f"input_kernel has the eigenvalue {least:.3g}; needs none below 0")
    target = array("y", y, (count,))
    layers, steps = whole("hidden_layers", hidden_layers, 1), whole("n_steps", n_steps, 0)
    paths, repeats = whole("n_paths", n_paths, 16), whole("n_repeats", n_repeats, 2)
    if paths % 4:
        raise ValueError(f"n_paths = {paths}; needs a multiple of 4, the signs of u and r")
    strength, rate = one_number("gamma0", gamma0), one_number("learning_rate", learning_rate)
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng = {rng!r}; needs a numpy.random.Generator")  # noqa: TRY004
    phi = with_derivatives(activation, curvature=layers > 1)
    workers = _workers(repeats)
    _require_memory(count * (steps + 1), layers, paths, workers, repeats)
    march = partial(
        _solved,
        (kernel, target, phi, layers, strength, rate, steps + 1, paths, normals, bool(responses)),
    )
    return _averaged(_in_threads(march, rng.spawn(repeats), workers), steps + 1)


def _solved(setting: tuple[Any, ...], rng: np.random.Generator) -> tuple[FloatArray, ...]:
    """f, Phi and G of one march; its paths are forgotten."""
    march = March(*(*setting, rng)).run()
    kernels = (
        [getattr(x, f"{name}_kernel") for x in march.layers] for name in ("feature", "gradient")
    )
    return (march.f, *(np.array(kernel) for kernel in kernels))


def _require_memory(rows: int, layers: int, paths: int, workers: int, repeats: int) -> None:
    march = layers * rows * (5.0 * paths + 6.0 * rows)
    needed = 8 * (workers * march + (repeats + 1) * 2.0 * layers * rows**2)
    if needed > _LARGEST_MEMORY:
        raise ValueError(
            f"{rows} steps times samples, {layers} layers and n_paths = {paths} need {needed / 2**30:.1f} GiB; "
            f"at most {_LARGEST_MEMORY / 2**30:.0f}: take fewer paths and more repeats"
        )


def _workers(repeats: int) -> int:
    from numba import get_num_threads

    return min(repeats, int(get_num_threads()))


def _in_threads(march: Any, streams: list[np.random.Generator], workers: int) -> list[Any]:
    """All marches; BLAS has one thread, so that each takes one core and gives the same bits."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
        return list(pool.map(march, streams))


def _averaged(marches: list[tuple[FloatArray, ...]], times: int) -> Network:
    outputs = np.array([march[0] for march in marches]).reshape(len(marches), times, -1)
    count = outputs.shape[2]

    def mean(place: int) -> FloatArray:
        kernel = np.mean([march[place] for march in marches], axis=0)
        return kernel.reshape(len(kernel), times, count, times, count).swapaxes(2, 3)

    return Network(
        outputs.mean(axis=0),
        mean(1),
        mean(2),
        outputs.std(axis=0, ddof=1) / np.sqrt(len(marches)),
    )
