"""Logarithms of the probabilities that an ensemble reads an input of `permutations` wrong."""

from __future__ import annotations

import numpy as np

from lazyrich.theory.infinite_width.permutation_moments import FloatArray, output_moments


class Failures:
    """Failure probabilities 1 - P at m = 1, ..., k as logarithms: they may be below 1e-308."""

    def __init__(self, k: float) -> None:
        from scipy.special import gammaln

        self.m = np.arange(1, k + 1)
        self.signals = signals(np.asarray(k), self.m)
        with np.errstate(divide="ignore"):  # no bits: log 0
            self.log_bits = np.log(self.m), np.log(k - self.m)
        self.log_count = gammaln(k + 1) - gammaln(self.m + 1) - gammaln(k - self.m + 1)

    def _logs(self, size: float) -> FloatArray:
        pairs = zip(self.log_bits, self.signals, strict=True)
        log = np.logaddexp(*(n + _log_minus_log_ndtr(np.sqrt(size) * z) for n, z in pairs))
        likely = log > -37  # here log(-log P) is not yet log(1 - P)
        log[likely] = np.log(-np.expm1(-np.exp(np.minimum(log[likely], 100.0))))
        return log

    def log_largest(self, size: float) -> float:
        """log of the largest failure probability of one input, for N = size networks."""
        return float(self._logs(size).max())

    def log_sum(self, size: float) -> float:
        """log of the expected number of inputs that fail."""
        from scipy.special import logsumexp

        return float(logsumexp(self.log_count + self._logs(size)))


def _log_minus_log_ndtr(z: FloatArray) -> FloatArray:
    """log(-log Phi(z)) for z >= 0; Phi(-z) replaces -log Phi(z) where they agree to rounding."""
    from scipy.special import log_ndtr

    log = np.asarray(log_ndtr(-z))
    near = z < 8.5
    log[near] = np.log(-log_ndtr(z[near]))
    return log


def signals(k: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """abs(mean)/standard deviation of set and unset bits; inf where the variance is 0, at m = 1."""
    set_bits, unset_bits, variance = output_moments(k, m)
    noise = np.where(m == 1, 1.0, np.sqrt(variance))
    return (
        np.where(m == 1, np.inf, set_bits / noise),
        np.where(m == 1, np.inf, -unset_bits / noise),
    )
