"""Right-hand sides of the order-parameter ODEs of `online`; that of scaled_erf is compiled.

A state holds the upper triangle of Q, R and the student's readout; C is the covariance of all fields,
u = (student readout, -teacher readout).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.theory.double_descent import field_averages

FloatArray = NDArray[np.float64]


def velocity(
    activation: str,
    T: FloatArray,
    u: FloatArray,
    rate: float,
    noise_var: float,
    readout_rate: float,
) -> tuple[Callable[..., FloatArray], tuple[Any, ...]]:
    """d state/dt as a function of (state, t, *arguments), and these arguments."""
    M = len(T)
    K = len(u) - M
    C, full = np.zeros((K + M, K + M)), u.copy()
    C[K:, K:] = T
    if activation == "scaled_erf":
        from lazyrich.theory.double_descent.erf_kernel import velocity as compiled_velocity

        return compiled_velocity, (C, full, M, rate, noise_var, readout_rate)
    upper = np.triu_indices(K)

    def change(state: FloatArray, t: float) -> FloatArray:
        C[:K], v = covariances(state[None], T, K)[0, :K], state[-K:]
        C[K:, :K], full[:K] = C[:K, K:].T, v
        drift, noise, of_readout = averages(activation, C, full, K)
        noise = noise + noise_var * _slopes(activation, C, K)
        down = v[:, None] * drift
        of_Q = rate * (rate * np.outer(v, v) * noise - down[:, :K] - down[:, :K].T)
        return np.concatenate(
            (of_Q[upper], -rate * down[:, K:].ravel(), -readout_rate * of_readout)
        )

    return change, ()


def averages(
    activation: str, C: FloatArray, u: FloatArray, K: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """With D = sum_a u_a g(a): <g'(i) m D>, (K, K + M); <g'(i) g'(k) D^2>, (K, K); <g(i) D>, (K,)."""
    d = C.diagonal()
    drift = (
        field_averages.i3(
            activation, d[:K, None, None], d, C[:K, :, None], C[:K, None, :], C[None, :, :]
        )
        @ u
    )
    of_readout = field_averages.i2(activation, d[:K, None], d, C[:K]) @ u
    if activation == "identity":
        return drift, np.full((K, K), u @ C @ u), of_readout
    from lazyrich.theory.double_descent.relu_kernel import squared_error_on_gradients

    return drift, squared_error_on_gradients(C, u, K), of_readout


def _slopes(activation: str, C: FloatArray, K: int) -> FloatArray:
    d = C.diagonal()[:K]
    return field_averages.j2(activation, d[:, None], d, C[:K, :K])


def covariances(states: FloatArray, T: FloatArray, K: int) -> FloatArray:
    """[[Q, R], [R^T, T]] of each state, (S, K + M, K + M)."""
    M, (rows, columns) = len(T), np.triu_indices(K)
    C = np.empty((len(states), K + M, K + M))
    C[:, rows, columns] = C[:, columns, rows] = states[:, : rows.size]
    C[:, :K, K:] = states[:, rows.size : -K].reshape(-1, K, M)
    C[:, K:, :K], C[:, K:, K:] = C[:, :K, K:].swapaxes(1, 2), T
    return C


def test_errors(activation: str, C: FloatArray, u: FloatArray) -> FloatArray:
    """<(sum_a u_a g(a))^2>/2 for covariances (S, n, n) and u (S, n)."""
    d = np.diagonal(C, axis1=1, axis2=2)
    products = field_averages.i2(activation, d[:, :, None], d[:, None, :], C)
    return np.maximum(np.einsum("sa,sab,sb->s", u, products, u) / 2, 0.0)
