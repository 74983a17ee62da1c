"""Starts of the opposing-signals model, and gradient descent on whole vectors."""

import numpy as np

ALPHA, BETA = 50.0, np.array([1.2, 0.0, -1.6])
START = {"b_s": [0.05, 0.07, 0.02], "b_o": [0.06, -0.08], "c": 0.1}
THRESHOLD = 0.02


def gradient(c, b_s, b_o, beta, alpha, kappa=0.0):
    residual = c * b_s - beta
    return (
        b_s @ residual + alpha * c * b_o @ b_o - np.sum(kappa * b_o),
        c * residual,
        alpha * c**2 * b_o - c * kappa,
    )


def iterated(beta, alpha, b_s, b_o, c, rate, n_steps, kappa=0.0):
    """Plain gradient descent on whole vectors, every state."""
    b_s, b_o = np.array(b_s, dtype=float), np.array(b_o, dtype=float)
    states = []
    for _ in range(n_steps + 1):
        states.append((c, b_s.copy(), b_o.copy()))
        of_c, of_s, of_o = gradient(c, b_s, b_o, beta, alpha, kappa)
        c, b_s, b_o = c - rate * of_c, b_s - rate * of_s, b_o - rate * of_o
    return [np.array(x) for x in zip(*states, strict=True)]
