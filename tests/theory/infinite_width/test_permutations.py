"""Moments, success probabilities and ensemble sizes of networks that learn a permutation."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import comb, ndtr

from lazyrich.theory.infinite_width import permutations

INPUTS = st.integers(1, 10**6).flatmap(lambda k: st.tuples(st.just(k), st.integers(1, k)))


def kernel(r):
    """NNGP and NTK of unit vectors, times k, as mpmath numbers."""
    angle = mpmath.pi - mpmath.acos(r)
    nngp = (mpmath.sqrt(1 - r * r) + r * angle) / (2 * mpmath.pi)
    return nngp, nngp + r * angle / (2 * mpmath.pi)


def by_sherman_morrison(k, m):
    """Moments in 50 digits with the inverse of p I + c 11^T; cancellation does not matter there."""
    with mpmath.workdps(50):
        (same, d), (other, c), (cross, f) = map(kernel, (mpmath.mpf(1), 0, 1 / mpmath.sqrt(m)))
        total = m * f + (k - m) * c
        w1, w0 = ((value - c * total / (d - c + c * k)) / (d - c) for value in (f, c))
        power, amount = m * w1**2 + (k - m) * w0**2, m * w1 + (k - m) * w0
        cross_term = m * w1 * cross + (k - m) * w0 * other
        variance = same + (same - other) * power + other * amount**2 - 2 * cross_term
        return [float(x) for x in (w1, w0, variance / k)]


@given(INPUTS)
def test_moments_keep_their_digits(case):
    k, m = case
    found = permutations.output_moments(k, m)
    expected = by_sherman_morrison(k, m)
    assert_allclose(found, expected, rtol=2e-14, atol=1e-30 if m == 1 else 0)


@given(INPUTS)
def test_means_have_the_right_sign(case):
    k, m = case
    found = permutations.output_moments(k, m)
    assert found.mean_set > 0 and found.variance >= 0
    assert found.mean_unset < 0 if m > 1 else found.mean_unset == 0


@pytest.mark.parametrize("k", [1, 2, 7, 100, 12345, 10**6, 10**9])
def test_training_inputs_are_exact(k):
    assert permutations.output_moments(k, 1) == (1.0, 0.0, 0.0)
    assert permutations.success_probability(k, 1, 1e-9) == 1


def test_variance_is_not_that_of_a_trained_readout():
    """The posterior of the readout's process is a lower bound, missed by one part in twenty here."""
    k, m = 6, 2
    r = np.append(np.full(m, m**-0.5), np.zeros(k - m))
    c = 1 / (2 * np.pi)
    nngp = (0.5 - c) * np.eye(k) + c
    cross = (np.sqrt(1 - r**2) + r * (np.pi - np.arccos(r))) * c
    posterior = (0.5 - cross @ np.linalg.solve(nngp, cross)) / k
    variance = permutations.output_moments(k, m).variance
    assert 1.03 * posterior < variance < 1.1 * posterior


def test_large_lengths_approach_their_limits():
    m = np.arange(1, 6)
    limit = np.array(permutations.large_length_moments(m))
    errors = []
    for k in (10**4, 10**5):
        found = permutations.output_moments(k, m)
        scaled = [found.mean_set, k * found.mean_unset, k * found.variance]
        errors.append(np.abs(np.array(scaled) - limit)[:, 1:])
    assert_allclose(errors[0] / errors[1], 10, rtol=0.01)
    assert_allclose(limit[:, 0], [1, 0, 0], atol=0)


def test_two_set_bits_are_the_hardest_of_few():
    _, mean, variance = permutations.large_length_moments(np.arange(2, 1000))
    assert np.argmax(variance / mean**2) == 0
    assert variance[0] / mean[0] ** 2 == pytest.approx(2.8037, abs=1e-4)


@pytest.mark.parametrize(("k", "m"), [(6, 2), (6, 6), (30, 11)])
def test_success_is_the_product_over_bits(k, m):
    size = np.array([1.0, 10.0, 300.0])
    mean_set, mean_unset, variance = permutations.output_moments(k, m)
    right = ndtr(np.sqrt(size / variance) * mean_set) ** m
    right *= ndtr(np.sqrt(size / variance) * -mean_unset) ** (k - m)
    assert_allclose(permutations.success_probability(k, m, size), right, rtol=1e-13)


def test_success_of_arrays_and_limits():
    found = permutations.success_probability(6, np.arange(2, 7), np.array([[1e-12], [1e9]]))
    assert found.shape == (2, 5)
    assert_allclose(found[0], 2.0**-6, rtol=1e-4)
    assert_allclose(found[1], 1)


@pytest.mark.parametrize("size", [1.0, 50.0, 1000.0])
def test_expected_failures_are_a_sum_over_inputs(size):
    m = np.arange(1, 13)
    wrong = 1 - permutations.success_probability(12, m, size)
    assert permutations.expected_failures(12, size) == pytest.approx(comb(12, m) @ wrong, rel=1e-9)


def test_expected_failures_at_the_extremes():
    assert permutations.expected_failures(1, 1.0) == 0
    assert permutations.expected_failures(10**5, 1.0) == np.inf
    assert_allclose(permutations.expected_failures(200, [1e-9, 1e7]), [2.0**200, 0], rtol=1e-3)


def tail(z):
    return mpmath.erfc(z / mpmath.sqrt(2)) / 2


def test_failures_too_small_for_a_float_still_count():
    """Nearly full inputs at a million bits: chances below exp(-1e4), times as many inputs."""
    from lazyrich.theory.infinite_width.permutation_failures import Failures

    k, size, m = 10**6, 1e9, 10**6 - 3000
    mean_set, _, variance = by_sherman_morrison(k, m)
    expected = mpmath.log(m * tail(mean_set * mpmath.sqrt(size / variance)))
    assert expected < -1000
    failures = Failures(k)
    assert failures._logs(size)[m - 1] == pytest.approx(float(expected), rel=1e-9)
    count = mpmath.log(mpmath.binomial(k, m))
    assert failures.log_count[m - 1] == pytest.approx(float(count), rel=1e-9)


@pytest.mark.parametrize("probability", [0.01, 0.5, 0.9, 1 - 1e-9])
@pytest.mark.parametrize("k", [2, 5, 40])
def test_required_size_is_the_smallest(k, probability):
    m = np.arange(2, k + 1)
    size = permutations.required_ensemble_size(k, probability, "single")
    assert permutations.success_probability(k, m, size).min() >= probability - 1e-15
    if size > 1:
        assert permutations.success_probability(k, m, size - 1).min() < probability
    size = permutations.required_ensemble_size(k, probability, "all")
    assert permutations.expected_failures(k, size) <= (1 - probability) * (1 + 1e-7)
    if size > 1:
        assert permutations.expected_failures(k, size - 1) > (1 - probability) * (1 - 1e-7)


def test_required_sizes_of_the_sheet():
    length = [5, 10, 20, 40, 80, 160]
    single = permutations.required_ensemble_size(length, 0.9, "single")
    every = permutations.required_ensemble_size(length, 0.9, "all")
    assert single.tolist() == [205, 333, 579, 1115, 2304, 4939]
    assert every.tolist() == [455, 801, 1469, 2936, 6227, 13615]
    sufficient = permutations.sufficient_ensemble_size(length, 0.9)
    assert np.all((single < every) & (every < sufficient))


def test_sufficient_size_is_quadratic_and_fails_rarely_everywhere():
    k = np.array([3000, 30000])
    size = permutations.sufficient_ensemble_size(k, 0.9)
    limit = 2 * np.log(2) * 2.8037
    assert_allclose(size / k**2, limit, rtol=0.01)
    assert permutations.expected_failures(9, permutations.sufficient_ensemble_size(9, 0.9)) < 0.1


def test_k_squared_itself_is_enough_from_eighty_bits_on_only():
    length = np.array([10, 40, 79, 80, 1000])
    enough = permutations.required_ensemble_size(length, 0.9, "all") <= length**2
    assert enough.tolist() == [False, False, True, True, True]


def test_nearly_full_inputs_decide_beyond_twenty_thousand_bits():
    length = np.array([5000, 10000, 10**5, 2 * 10**5])
    size = permutations.required_ensemble_size(length, 0.9, "all")
    growth = np.log(size[1::2] / size[::2]) / np.log(2)
    assert growth[0] == pytest.approx(1 + 1 / np.log(7000), abs=0.02)  # k log k
    assert growth[1] == pytest.approx(1.5 + 1 / np.log(1.4e5), abs=0.03)  # k^(3/2) log k


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("output_moments", (0, 1), "length = 0 is outside 1, 2"),
        ("output_moments", (5, 6), "n_ones = 6 is outside 1, ..., length = 5"),
        ("output_moments", (5, 0), "one bit or more"),
        ("output_moments", (5.5, 1), "length = 5.5"),
        ("output_moments", (np.nan, 1), "length = nan"),
        ("output_moments", (np.inf, 1), "length = inf"),
        ("output_moments", ([], 1), "empty"),
        ("output_moments", ("five", 1), "real numbers"),
        ("output_moments", ([[5], [5, 6]], 1), "ragged"),
        ("output_moments", ([5, 6], [1, 2, 3]), "broadcast"),
        ("large_length_moments", (0,), "n_ones = 0"),
        ("success_probability", (5, 2, 0), "ensemble_size = 0"),
        ("success_probability", (5, 2, np.nan), "ensemble_size = nan"),
        ("success_probability", (5, 2, np.inf), "ensemble_size = inf"),
        ("success_probability", (5, [2, 3], [1, 2, 3]), "broadcast"),
        ("expected_failures", ([5, 6], 10), "one number"),
        ("expected_failures", (10**8, 10), "GiB"),
        ("required_ensemble_size", (1, 0.9, "single"), "length = 1"),
        ("required_ensemble_size", (5, 1.0, "single"), r"probability = 1.0 is outside \(0, 1\)"),
        ("required_ensemble_size", (5, np.nan, "all"), "probability = nan"),
        ("required_ensemble_size", (5, 0.9, "some"), "'single' or 'all'"),
        ("required_ensemble_size", (5, 0.9, None), "'single' or 'all'"),
        ("required_ensemble_size", (10**9, 0.9, "all"), "GiB"),
        ("sufficient_ensemble_size", (-3, 0.9), "length = -3"),
    ],
)
def test_bad_arguments_are_named(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(permutations, function)(*arguments)
