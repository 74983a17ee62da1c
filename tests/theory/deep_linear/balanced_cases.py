"""Random balanced networks, and the Q Q^T of their integrated weights."""

import warnings

import numpy as np

from lazyrich.solvers.networks.gradient_flow import two_layer_flow
from lazyrich.theory.deep_linear.balanced import BalancedSolution, balanced_weights

BOUND = 1e-10


def task(rng, n_out, n_in, strengths):
    m = len(strengths)
    left = np.linalg.qr(rng.standard_normal((n_out, n_out)))[0][:, :m]
    right = np.linalg.qr(rng.standard_normal((n_in, n_in)))[0][:, :m]
    return (left * strengths) @ right.T


def random_case(seed):
    """(W1, W2, Sigma_yx, t): all shapes, ranks, balances; wrong determinants to 10/s_min only."""
    rng = np.random.default_rng(seed)
    balance = 0.0 if seed % 3 == 0 else float((-1) ** seed * 10 ** rng.uniform(-2, 0.8))
    while True:
        n_in, n_hidden, n_out = (int(n) for n in rng.integers(1, 6, 3))
        if not (balance > 0 and n_out < n_hidden or balance < 0 and n_in < n_hidden):
            break
    rank = int(rng.integers(0, min(n_in, n_out) + 1))
    strengths = rng.uniform(0.3, 3, rank)
    target = task(rng, n_out, n_in, strengths)
    weights = balanced_weights(n_in, n_hidden, n_out, balance, 10 ** rng.uniform(-3, 0.3), rng)
    t = 10 ** rng.uniform(-2, 4)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        BalancedSolution(*weights, target)
    return *weights, target, min(t, 10 / strengths.min()) if caught else t


def solution(*arguments, **named):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return BalancedSolution(*arguments, **named)


def flow_qqt(first, second, target, t):
    """Q Q^T of the integrated weights."""
    w1, w2 = two_layer_flow(first, second, target, np.atleast_1d(t))
    q = np.concatenate([w1.swapaxes(1, 2), w2], axis=1)
    return q @ q.swapaxes(1, 2)


def error(found, true):
    found = np.asarray(found)
    if not np.isfinite(found).all():
        return np.inf
    return float(np.abs(found - true).max() / max(1.0, np.abs(true).max()))


CASES = [random_case(seed) for seed in range(25)]
REFERENCES = [flow_qqt(*case)[0] for case in CASES]
