"""Neighbours in a time series have the moments of a stationary autoregression."""

import numpy as np
import pytest

from lazyrich.solvers.networks.time_series import autoregressive_neighbours


def test_moments_are_those_of_a_stationary_series():
    gamma, v = np.array([0.8, 0.3, -0.5]), np.array([1.0, 2.0, 0.5])
    now, later = autoregressive_neighbours(200_000, gamma, v, np.random.default_rng(0))
    np.testing.assert_allclose(now.T @ now / len(now), np.diag(v), atol=0.03)
    np.testing.assert_allclose(later.T @ now / len(now), np.diag(gamma * v), atol=0.03)


def test_every_pair_follows_the_recursion_and_the_start_is_stationary():
    starts = []
    for rng in np.random.default_rng(1).spawn(4000):
        now, later = autoregressive_neighbours(1, [0.9], [4.0], rng)
        starts.append([now[0, 0], later[0, 0]])
    covariance = np.cov(np.transpose(starts))
    np.testing.assert_allclose(covariance, [[4.0, 3.6], [3.6, 4.0]], rtol=0.08)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, [0.5], [1.0]), "n_samples = 0"),
        ((5, [1.0], [1.0]), r"\|gamma\| < 1"),
        ((5, [np.nan], [1.0]), r"\|gamma\| < 1"),
        ((5, [0.5], [0.0]), "positive variances"),
        ((5, [0.5], [np.inf]), "positive variances"),
        ((5, [0.5, 0.1], [1.0]), "one length"),
        ((5, [], []), "one length"),
    ],
)
def test_input_outside_the_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        autoregressive_neighbours(*arguments, np.random.default_rng(0))
