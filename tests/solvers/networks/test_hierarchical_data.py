"""Features of trees: signs, correlations by common ancestor, refused input."""

import numpy as np
import pytest

from lazyrich.solvers.networks.hierarchical_data import hierarchical_features


def test_features_are_signs_without_a_mean_and_repeat():
    features = hierarchical_features(3, 0.2, 40000, np.random.default_rng(0))
    assert features.shape == (8, 40000) and set(np.unique(features)) == {-1.0, 1.0}
    assert np.abs(features.mean(axis=1)).max() < 5 / np.sqrt(40000)
    again = hierarchical_features(3, 0.2, 40000, np.random.default_rng(0))
    np.testing.assert_array_equal(features, again)


@pytest.mark.parametrize("flip", [0.05, 0.3, 0.9])
def test_items_correlate_by_the_edges_between_them(flip):
    n = 100000
    features = hierarchical_features(3, flip, n, np.random.default_rng(1))
    found = features @ features.T / n
    for item, edges in ((1, 2), (2, 4), (3, 4), (4, 6), (7, 6)):
        assert found[0, item] == pytest.approx((1 - 2 * flip) ** edges, abs=5 / np.sqrt(n))


def test_fair_flips_leave_no_correlation_and_sure_ones_an_exact_one():
    features = hierarchical_features(2, 1.0, 10, np.random.default_rng(2))
    assert np.all(features == features[0])  # an even number of flips between any two leaves
    assert hierarchical_features(0, 0.5, 3, np.random.default_rng(2)).shape == (1, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 0.1, 5), "n_levels = -1"),
        ((2.5, 0.1, 5), "n_levels = 2.5"),
        ((2, 0.1, 0), "n_features = 0"),
        ((2, 1.1, 5), "flip_probability = 1.1"),
        ((2, np.nan, 5), "flip_probability = nan"),
        ((50, 0.1, 5), "GiB"),
    ],
)
def test_input_outside_the_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        hierarchical_features(*arguments, np.random.default_rng(0))
