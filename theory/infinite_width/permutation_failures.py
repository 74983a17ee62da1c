"""Logarithms of the probabilities that an ensemble reads an input of `permutations` wrong."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, log_ndtr, logsumexp

from lazyrich.theory.infinite_width.permutation_moments import FloatArray, output_moments


class Failures:
    """Failure probabilities 1 - P at m = 1, ..., k as logarithms: they may be below 1e-308."""

    def __init__(self, k: float) -> None:
        self.k, self.m = k, np.arange(1, k + 1)
        self.signals = signals(np.asarray(k), self.m)

    def _logs(self, size: float) -> FloatArray:
        scaled = (np.sqrt(size) * signal for signal in self.signals)
        with np.errstate(divide="ignore"):  # no bits: log 0
            log_bits = np.log(self.m), np.log(self.k - self.m)
        parts = (bits + _log_minus_log_ndtr(z) for bits, z in zip(log_bits, scaled, strict=True))
        log = np.logaddexp(*parts)  # log(-log P)
        with np.errstate(over="ignore", divide="ignore"):
            return np.where(log < -37, log, np.log(-np.expm1(-np.exp(log))))

    def log_largest(self, size: float) -> float:
        """log of the largest failure probability of one input, for N = size networks."""
        return float(self._logs(size).max())

    def log_sum(self, size: float) -> float:
        """log of the expected number of inputs that fail."""
        k, m = self.k, self.m
        log_binomial = gammaln(k + 1) - gammaln(m + 1) - gammaln(k - m + 1)
        return float(logsumexp(log_binomial + self._logs(size)))


def _log_minus_log_ndtr(z: FloatArray) -> FloatArray:
    """log(-log Phi(z)); Phi(-z) replaces -log Phi(z) where they agree to rounding."""
    far = z > 8.5
    with np.errstate(divide="ignore"):
        return np.where(far, log_ndtr(-z), np.log(-log_ndtr(np.where(far, 0.0, z))))


def signals(k: FloatArray, m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """abs(mean)/standard deviation of set and unset bits; inf where the variance is 0, at m = 1."""
    set_bits, unset_bits, variance = output_moments(k, m)
    noise = np.where(m == 1, 1.0, np.sqrt(variance))
    return (
        np.where(m == 1, np.inf, set_bits / noise),
        np.where(m == 1, np.inf, -unset_bits / noise),
    )
