"""Exact learning of a two-layer linear network from any balanced weights.

Setting. A network y = W2 W1 x, W1 (N_h, N_i), W2 (N_o, N_h), with loss 1/(2 P) sum |y_target - y|^2
over P examples, whitened inputs (Sigma_xx = I) and Sigma_yx (N_o, N_i) the average of y_target x^T.
Its weights are balanced: W2^T W2 - W1 W1^T = balance x identity, which the flow conserves (some texts
use the negative). Time t is gradient-flow time, dW/dt = -gradient: learning rate x steps of gradient
descent, which follows the flow up to O(learning rate).
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from lazyrich.theory.deep_linear.balanced_flow import (
    FloatArray,
    advance,
    distance_to_saddle,
    limit,
    spectrum,
)
from lazyrich.theory.deep_linear.balanced_weights import balanced_weights

__all__ = ["BalancedSolution", "balanced_weights"]

NEAR_SADDLE = 1e-6


class BalancedSolution:
    r"""Q Q^T(t) of a two-layer linear network that starts balanced, for any dimensions and rank.

    With Q = [W1^T; W2] and F = [[-balance/2, Sigma_yx^T], [Sigma_yx, balance/2]] the flow is
    dQ/dt = F Q - Q Q^T Q/2, and::

        Q Q^T(t) = e^(F t) Q0 [I + Q0^T C(t) Q0]^-1 Q0^T e^(F t),   C(t) = int_0^t e^(2 F s) ds.

    The weights themselves are not given by the symmetric root of this: it is wrong by a rotation of
    the hidden units. So only Q Q^T, and what follows from it, is offered.

    Parameters
    ----------
    W1 : (N_h, N_i) array_like
        First weights at t = 0.
    W2 : (N_o, N_h) array_like
        Second weights at t = 0.
    sigma_yx : (N_o, N_i) array_like
        Average of y x^T over the data, for whitened inputs; of any rank.
    tol : float
        Largest imbalance that is accepted, relative to the largest entry of W2^T W2 and W1 W1^T.

    Attributes
    ----------
    balance : float
        Mean of the diagonal of W2^T W2 - W1 W1^T.

    Raises
    ------
    ValueError
        Weights that are not balanced (with the measured imbalance), shapes that do not fit, empty
        arrays, values that are not finite.

    Warns
    -----
    RuntimeWarning
        When the start lies on, or within 1e-6 of, the stable set of a saddle. For balance 0 and
        N_i = N_o <= N_h that is so when det(W2 W1) and det(Sigma_yx) have different signs: the
        exact solution then never learns the weakest mode, while rounding makes it escape late.

    Notes
    -----
    Exact for the flow. Q Q^T is within 1e-10 x max(1, abs(Q Q^T)) of it for t from 0 to 1e4 unless
    warned of (4e-14 in 1,000 random cases, most of it the error of the integrated flow). Gradient descent
    deviates by O(learning rate), weights that are not balanced by the order of the imbalance. The
    published forms with inverses of F or of the singular values need equal dimensions and full rank.

    References
    ----------
    Fukumizu 1998; Braun, Domine, Fitzgerald, Saxe 2022 (zero balance); Domine, Anguita, Proca, Braun,
    Kunin, Mediano, Saxe 2024, arXiv:2409.14623 (any balance).

    Examples
    --------
    One hidden unit follows the two-layer mode with a0 = 0.3, b0 = 0.5:

    >>> from lazyrich.theory.deep_linear.modes import two_layer_mode
    >>> solution = BalancedSolution([[0.3]], [[0.5]], [[2.0]])
    >>> print(f"{solution.network(1.5)[0, 0]:.12f} {two_layer_mode(1.5, 0.3, 0.5, 2.0).u:.12f}")
    1.945003934750 1.945003934750
    """

    def __init__(
        self, W1: ArrayLike, W2: ArrayLike, sigma_yx: ArrayLike, tol: float = 1e-8
    ) -> None:
        first, second = _matrix("W1", W1), _matrix("W2", W2)
        target = _matrix("sigma_yx", sigma_yx)
        if first.shape[0] != second.shape[1] or target.shape != (second.shape[0], first.shape[1]):
            raise ValueError(
                f"W1 {first.shape}, W2 {second.shape}, sigma_yx {target.shape}: need "
                "(n_hidden, n_in), (n_out, n_hidden), (n_out, n_in)"
            )
        if not 0 < tol < 1:
            raise ValueError(f"tol = {tol} is outside (0, 1): it is a relative imbalance")
        self.balance = _measured_balance(first, second, tol)
        self._n_in = first.shape[1]
        self._start = np.concatenate([first.T, second])
        self._rates, self._vectors = spectrum(target, self.balance)
        self._rows = self._vectors.T @ self._start
        self._warn_of_saddle(first, second, target)

    def qqt(self, t: ArrayLike) -> FloatArray:
        """Q Q^T at times t, of blocks [[W1^T W1, (W2 W1)^T], [W2 W1, W2 W2^T]].

        Parameters
        ----------
        t : array_like
            Gradient-flow time in [0, inf], in any order; inf gives the limit.

        Returns
        -------
        array, t.shape + (N_i + N_o, N_i + N_o)
            Inputs first, then outputs.

        Examples
        --------
        The weights learn the target in equal shares when balance = 0:

        >>> start = balanced_weights(2, 2, 2, 0.0, 0.1, np.random.default_rng(2))
        >>> solution = BalancedSolution(*start, np.diag([3.0, 1.0]))
        >>> (np.round(solution.qqt(np.inf)[:2, :2], 9) + 0.0).tolist()
        [[3.0, 0.0], [0.0, 1.0]]
        """
        n = len(self._start)
        times, states = self._states(t)
        found = np.empty((*times.shape, n, n))
        for index, q in states:
            found[index] = q @ q.T
        return found

    def network(self, t: ArrayLike) -> FloatArray:
        """The network's map W2 W1 at times t, t.shape + (N_o, N_i).

        Examples
        --------
        >>> solution = BalancedSolution([[1.0], [0.0]], [[1.0, 0.0]], [[2.0]], tol=1e-8)
        >>> np.round(solution.network([0.0, np.inf]), 12).tolist()
        [[[1.0]], [[2.0]]]
        """
        n_in = self._n_in
        times, states = self._states(t)
        found = np.empty((*times.shape, len(self._start) - n_in, n_in))
        for index, q in states:
            found[index] = q[n_in:] @ q[:n_in].T
        return found

    def ntk_distance(self, t: ArrayLike) -> FloatArray:
        """Movement of the tangent kernel since t = 0: 1 - cosine of the angle between K(0) and K(t).

        K = W2 W2^T (x) I + I (x) W1^T W1 for whitened inputs, with the inner product tr K K'; it is
        taken from Q Q^T without forming K, and without cancellation while K hardly moves.

        Parameters
        ----------
        t : array_like
            Gradient-flow time in [0, inf].

        Returns
        -------
        array, t.shape
            In [0, 1].

        Raises
        ------
        ValueError
            When the kernel vanishes, so that it has no direction.

        Examples
        --------
        A large balance of either sign is lazy:

        >>> for balance in (-100.0, 0.0, 100.0):
        ...     start = balanced_weights(3, 3, 3, balance, 0.1, np.random.default_rng(0))
        ...     moved = BalancedSolution(*start, np.diag([2.0, 1.5, 1.0])).ntk_distance(np.inf)
        ...     print(f"{moved:.3f}")
        0.000
        0.060
        0.000
        """
        n_in = self._n_in
        start = self._kernel_factors(self._start @ self._start.T)
        times, states = self._states(t)
        moved = np.empty(times.shape)
        for index, q in states:
            outputs, inputs = (
                now - then for now, then in zip(self._kernel_factors(q @ q.T), start, strict=True)
            )
            n_out = len(outputs)
            moved[index] = (
                n_in * (outputs**2).sum()
                + n_out * (inputs**2).sum()
                + 2 * np.trace(outputs) * np.trace(inputs)
            ) / 2
        return np.maximum(moved, 0.0)[()]

    def _kernel_factors(self, qqt: FloatArray) -> tuple[FloatArray, FloatArray]:
        """W2 W2^T and W1^T W1, divided by the norm of the kernel."""
        n_in = self._n_in
        inputs, outputs = qqt[:n_in, :n_in], qqt[n_in:, n_in:]
        square = n_in * (outputs**2).sum() + len(outputs) * (inputs**2).sum()
        square += 2 * np.trace(outputs) * np.trace(inputs)
        if not square > 0:
            raise ValueError(
                f"the tangent kernel has norm {square**0.5:g}; needs > 0: all weights vanish"
            )
        return outputs / np.sqrt(square), inputs / np.sqrt(square)

    def _states(self, t: ArrayLike) -> tuple[FloatArray, list[tuple[tuple[int, ...], FloatArray]]]:
        """Times, and (index, Q up to a rotation) for each, by one exact step from time to time."""
        times = _times(t)
        rows, before = self._rows, 0.0
        states = []
        for flat in np.argsort(times, axis=None, kind="stable"):
            index = tuple(int(i) for i in np.unravel_index(flat, times.shape))
            now = float(times[index])
            if np.isinf(now):
                if not np.isinf(before):
                    rows = limit(self._rows, self._rates)
            elif now > before:
                rows = advance(rows, self._rates, now - before)
            before = now
            states.append((index, self._start if now == 0 else self._vectors @ rows))
        return times, states

    def _warn_of_saddle(self, first: FloatArray, second: FloatArray, target: FloatArray) -> None:
        distance = distance_to_saddle(self._rows, self._rates)
        if distance >= NEAR_SADDLE:
            return
        n_out, n_in = target.shape
        if n_in == n_out <= len(first) and abs(self.balance) < 1e-12 * (self._start**2).max():
            signs = np.linalg.slogdet(second @ first).sign, np.linalg.slogdet(target).sign
            reason = (
                f"det(W2 W1) has the sign {signs[0]:+.0f} and det(sigma_yx) {signs[1]:+.0f}; with "
                "zero balance the flow conserves the sign, so the weakest mode is never learned"
            )
        else:
            reason = (
                f"the start holds only {distance:.1e} of a direction that it should learn, so the "
                "flow passes by a saddle"
            )
        warnings.warn(
            f"{reason}. Rounding decides when it is left: digits are lost from "
            "t = 10/(smallest mode strength) on",
            RuntimeWarning,
            stacklevel=3,
        )


def _matrix(name: str, value: ArrayLike) -> FloatArray:
    given = np.asarray(value)
    if given.ndim != 2 or given.size == 0:
        raise ValueError(f"{name} has shape {given.shape}; needs a matrix that is not empty")
    if given.dtype.kind not in "iuf" or not np.isfinite(given).all():
        raise ValueError(f"{name} has entries outside the finite real numbers")
    return given.astype(np.float64)


def _times(t: ArrayLike) -> FloatArray:
    given = np.asarray(t)
    if given.dtype.kind not in "iuf" or given.size == 0:
        raise ValueError(f"t = {t!r}; needs real times, at least one")
    times = given.astype(np.float64)
    if not (times >= 0).all():
        raise ValueError(
            f"t = {times[~(times >= 0)].flat[0]} is outside [0, inf]: the flow starts at t = 0"
        )
    return times


def _measured_balance(first: FloatArray, second: FloatArray, tol: float) -> float:
    """Mean diagonal of W2^T W2 - W1 W1^T, once the rest is small; exactly 0 if only rounding."""
    grams = second.T @ second, first @ first.T
    difference = grams[0] - grams[1]
    size = max(np.abs(gram).max() for gram in grams)
    balance = float(np.trace(difference)) / len(difference)
    imbalance = np.abs(difference - balance * np.eye(len(difference))).max()
    if imbalance > tol * size:
        raise ValueError(
            f"W2^T W2 - W1 W1^T deviates by {imbalance:.3g} from {balance:.3g} x identity; at most "
            f"tol x largest entry = {tol * size:.3g} is allowed: the closed form holds for balanced "
            "weights only"
        )
    return 0.0 if abs(balance) <= 1e-15 * sum(first.shape + second.shape) * size else balance
