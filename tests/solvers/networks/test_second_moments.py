import numpy as np
import pytest

from lazyrich.solvers.networks import second_moments


def test_moments_of_samples_match_their_definition():
    rng = np.random.default_rng(5)
    inputs, targets = rng.standard_normal((30, 4)) + 1, rng.standard_normal((30, 3))
    moments = second_moments.from_samples(inputs, targets)
    each = zip(inputs, targets, strict=True)
    sums = [(np.outer(x, x), np.outer(y, x), y @ y) for x, y in each]
    for ours, parts in zip(moments, zip(*sums, strict=True), strict=False):
        np.testing.assert_allclose(ours, np.mean(parts, axis=0), rtol=1e-12)
    network_map = rng.standard_normal((3, 4))
    loss = np.mean(np.sum((targets - inputs @ network_map.T) ** 2, axis=1)) / 2
    excess = second_moments.excess_loss(network_map, moments)
    np.testing.assert_allclose(moments.floor + excess, loss, rtol=1e-12)
    again = second_moments.from_covariances(*moments[:3])
    np.testing.assert_allclose(again.floor, moments.floor, rtol=1e-11)
    np.testing.assert_allclose(again.least_squares, moments.least_squares, rtol=1e-10)


def test_fewer_samples_than_inputs_leave_no_loss():
    rng = np.random.default_rng(5)
    inputs, targets = rng.standard_normal((5, 9)), rng.standard_normal((5, 2))
    moments = second_moments.from_samples(inputs, targets)
    assert moments.floor < 1e-28
    np.testing.assert_allclose(moments.least_squares, (np.linalg.pinv(inputs) @ targets).T)
    again = second_moments.from_covariances(*moments[:3])
    np.testing.assert_allclose(again.least_squares, moments.least_squares, atol=1e-12)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (([[1.0, 0.0]], [[1.0]]), "sigma_xx has shape"),
        (([[1.0, 0.5], [0.0, 1.0]], [[1.0, 1.0]]), "not symmetric"),
        (([[1.0, 0.0], [0.0, -1.0]], [[1.0, 1.0]]), "negative eigenvalue -1"),
        (([[1.0, 0.0], [0.0, 0.0]], [[1.0, 1.0]]), "outside the range"),
        (([[1.0]], [[2.0]], 3.0), "at least the 4"),
        (([[1.0]], [[2.0]], np.nan), "trace_yy = nan"),
        (([[np.nan]], [[2.0]]), "sigma_xx holds NaN"),
        (([[1.0]], np.empty((0, 1))), "non-empty"),
    ],
)
def test_impossible_covariances_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        second_moments.from_covariances(*arguments)


def test_samples_that_do_not_pair_are_refused():
    with pytest.raises(ValueError, match="3 rows and targets 2"):
        second_moments.from_samples(np.ones((3, 1)), np.ones((2, 1)))


@pytest.mark.parametrize(
    "network_map, message",
    [
        (np.ones((3, 2)), r"network_map has shape \(3, 2\); expected \(2, 3\)"),
        ([np.ones((4, 3)), np.ones((2, 4))], "list of 2 matrices; multiply the layers first"),
        ([[1.0, 2.0, 3.0], [1.0]], "network_map is ragged"),
        ([[1.0, 2.0, np.nan]] * 2, "network_map holds NaN"),
    ],
)
def test_maps_that_do_not_fit_are_refused(network_map, message):
    moments = second_moments.from_covariances(np.eye(3), np.ones((2, 3)))
    with pytest.raises(ValueError, match=message):
        second_moments.excess_loss(network_map, moments)
