r"""Dynamical mean-field theory of deep linear networks: two-time kernels, exact for gradient descent.

Setting (Bordelon, Pehlevan 2022): L hidden layers of infinite width, N(0, 1) weights, h^1 = W^0 x/sqrt D,
h^{l+1} = W^l h^l/sqrt N, f = w . h^L/(gamma0 N), gradient descent of 1/2 sum (y - f)^2 with the rate
learning_rate gamma0^2 N. Kernels H^l = h^l . h^l/N and G^l = g^l . g^l/N with g^l = gamma0 N df/dh^l.

In each layer the fields h and g are linear in independent Gaussian ones, u of covariance H^{l-1} and r of
covariance G^{l+1}; all is causal, so that one march through the steps solves it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lazyrich.theory.double_descent.arguments import one_number
from lazyrich.theory.lazy_to_rich.one_hidden_layer import (
    Moments,
    OneHiddenLayer,
    one_hidden_layer,
    one_hidden_moments,
)
from lazyrich.theory.lazy_to_rich.quadratic_arguments import array, whole

__all__ = [
    "LinearNetwork",
    "Moments",
    "OneHiddenLayer",
    "one_hidden_layer",
    "one_hidden_moments",
    "solve",
]

FloatArray = NDArray[np.float64]

_DIVERGED = 1e6
_LARGEST_MEMORY = 8 * 2**30


class LinearNetwork(NamedTuple):
    """Outputs and kernels of the infinitely wide network at steps 0 to n_steps."""

    f: FloatArray
    """(n_steps + 1, P)."""
    H: FloatArray
    """H^l_mu,nu(t, s), (L, n_steps + 1, n_steps + 1, P, P)."""
    G: FloatArray
    """G^l_mu,nu(t, s), likewise."""


def solve(
    input_kernel: ArrayLike,
    y: ArrayLike,
    *,
    hidden_layers: int,
    gamma0: float,
    learning_rate: float,
    n_steps: int,
) -> LinearNetwork:
    r"""Outputs and two-time kernels of gradient descent, step by step.

    With Delta = y - f, rows (t, mu), all matrices causal, and eta the learning rate::

        X^l = A^{l-1} + eta [s < t] H^{l-1} Delta(s),   Y^l = B^l + eta [s < t] G^{l+1} Delta(s),
        R = (1 - gamma0^2 X Y)^-1,   A^l = R X,      H^l = R (H^{l-1} + gamma0^2 X G^{l+1} X^T) R^T,
        Q = (1 - gamma0^2 Y X)^-1,   B^{l-1} = Q Y,  G^l = Q (G^{l+1} + gamma0^2 Y H^{l-1} Y^T) Q^T,
        f(t) = sum A^L(t, .) + eta sum_{s<t} H^L(t, s) Delta(s),

    A^0 = B^L = 0, H^0 the input kernel and G^{L+1} = 1 at all pairs of times. Row t of each needs earlier rows only.

    Parameters
    ----------
    input_kernel : array_like, (P, P)
        x_mu . x_nu/D, symmetric, without negative eigenvalues.
    y : array_like, (P,)
    hidden_layers : int
        L >= 1.
    gamma0 : float
        Strength of feature learning, > 0.
    learning_rate : float
        eta > 0; stable while eta times the largest eigenvalue of the tangent kernel, as grown, is below 2.
    n_steps : int
        Number of updates, >= 0. Cost O(L (P n_steps)^3), memory 10 L (P n_steps)^2 numbers.

    Returns
    -------
    LinearNetwork
        (f, H, G).

    Raises
    ------
    ValueError
        For values outside these ranges, nan, shapes that do not fit, or more than 8 GiB of memory.
    FloatingPointError
        Where gradient descent diverges, with the step.

    Notes
    -----
    Infinite width, exact for any step. Kernels of a network of width N deviate by O(1/sqrt N), on average by
    O(1/N); its outputs too, by 1/(gamma0 sqrt N) at the start. H^l = G^{L+1-l} where the inputs are whitened.

    References
    ----------
    Bordelon, Pehlevan 2022, arXiv:2205.09653: deep linear networks; the march in discrete time derived here.

    Examples
    --------
    Lazy networks follow their tangent kernel, L + 1 = 3 for one whitened sample:

    >>> lazy = solve([[1.0]], [1.0], hidden_layers=2, gamma0=1e-4, learning_rate=0.1, n_steps=3)
    >>> print(lazy.f.ravel().round(6), 1 - 0.7 ** np.arange(4))
    [0.    0.3   0.51  0.657] [0.    0.3   0.51  0.657]
    """
    kernel = array("input_kernel", input_kernel, (None, None))
    count = len(kernel)
    if (
        kernel.shape != (count, count)
        or np.abs(kernel - kernel.T).max() > 1e-10 * np.abs(kernel).max()
    ):
        raise ValueError("input_kernel is not symmetric; its entries are x_mu . x_nu/D")
    least = np.linalg.eigvalsh(kernel)[0]
    if least < -1e-8 * np.abs(kernel).max():
        raise ValueError(f"input_kernel has the eigenvalue {least:.3g}; needs none below 0")
    target = array("y", y, (count,))
    layers, steps = whole("hidden_layers", hidden_layers, 1), whole("n_steps", n_steps, 0)
    strength, rate = one_number("gamma0", gamma0), one_number("learning_rate", learning_rate)
    size = 8.0 * 10 * layers * (count * (steps + 1)) ** 2
    if size > _LARGEST_MEMORY:
        raise ValueError(
            f"n_steps = {steps} with {count} samples and {layers} layers needs {size / 2**30:.1f} GiB; at most "
            f"{_LARGEST_MEMORY / 2**30:.0f}"
        )
    march = _March(kernel, target, layers, strength, rate, steps + 1)
    bound = _DIVERGED * (target @ target) + 1e-300
    for step in range(steps + 1):
        error = target - march.advance(step)
        if not error @ error <= bound:
            raise FloatingPointError(
                f"gradient descent diverged at step {step}: learning_rate = {rate} is too large for the "
                f"tangent kernel as grown by then, at gamma0 = {strength}"
            )
    shape = (layers, steps + 1, count, steps + 1, count)
    return LinearNetwork(
        march.f.reshape(steps + 1, count),
        np.array([field.kernel for field in march.forward]).reshape(shape).swapaxes(2, 3),
        np.array([field.kernel for field in march.backward]).reshape(shape).swapaxes(2, 3),
    )


class _Field:
    """A layer's h (X, R, A, H) or g (Y, Q, B, G), and the covariance of what drives it."""

    def __init__(self, n: int) -> None:
        self.kick, self.response, self.drive, self.kernel = np.zeros((4, n, n))
        self.resolvent = np.eye(n)

    def extend(
        self,
        kick: FloatArray,
        source: FloatArray,
        partner: _Field,
        partner_source: FloatArray,
        square: float,
        now: slice,
    ) -> None:
        """Fill rows `now`; `kick` are those of X (Y), from all earlier times."""
        past, both = slice(0, now.start), slice(0, now.stop)
        self.kick[now, past] = kick
        # R = 1 + gamma0^2 X B, as Y R = B; the other way round for Q
        self.resolvent[now, past] = square * kick @ partner.response[past, past]
        self.response[now, past] = kick + self.resolvent[now, past] @ self.kick[past, past]
        spread = square * kick @ partner_source[past, past] @ self.kick[both, past].T
        self.drive[now, both] = source[now, both] + spread
        self.drive[both, now] = self.drive[now, both].T
        mixed = self.resolvent[now, both] @ self.drive[both, both]
        self.kernel[now, both] = mixed @ self.resolvent[both, both].T
        self.kernel[both, now] = self.kernel[now, both].T


class _March:
    """Fields of all layers, filled a block of P rows a step."""

    def __init__(
        self,
        kernel: FloatArray,
        target: FloatArray,
        layers: int,
        strength: float,
        rate: float,
        times: int,
    ) -> None:
        n = len(target) * times
        self.target, self.square, self.rate = target, strength**2, rate
        self.f, self.delta = np.zeros(n), np.zeros(n)
        self.forward = [_Field(n) for _ in range(layers)]
        self.backward = [_Field(n) for _ in range(layers)]
        self.below = [np.tile(kernel, (times, times)), *[x.kernel for x in self.forward[:-1]]]
        self.above = [*[x.kernel for x in self.backward[1:]], np.ones((n, n))]

    def advance(self, step: int) -> FloatArray:
        """Fill the rows of `step`; returns f."""
        count = len(self.target)
        now, past = slice(step * count, (step + 1) * count), slice(0, step * count)
        arriving: FloatArray | float = 0.0
        for level, field in enumerate(self.forward):
            below = self.below[level]
            kick = arriving + self.rate * below[now, past] * self.delta[past]
            partner = self.backward[level]
            field.extend(kick, below, partner, self.above[level], self.square, now)
            arriving = field.response[now, past]
        top = self.forward[-1]
        f = top.response[now, past].sum(axis=1) + self.rate * (
            top.kernel[now, past] @ self.delta[past]
        )
        self.f[now], self.delta[now] = f, self.target - f
        arriving = 0.0
        for level in reversed(range(len(self.backward))):
            above, field = self.above[level], self.backward[level]
            kick = arriving + self.rate * above[now, past] * self.delta[past]
            partner = self.forward[level]
            field.extend(kick, above, partner, self.below[level], self.square, now)
            arriving = field.response[now, past]
        return f
