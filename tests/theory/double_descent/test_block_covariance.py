"""Blocks of a covariance are checked, immutable and summed as documented."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from lazyrich.theory.double_descent.block_covariance import surplus
from lazyrich.theory.double_descent.covariance import BlockCovariance


def test_sums_over_blocks():
    blocks = BlockCovariance([2.0, 0.5], [3, 10], [1.5, 4.0])
    assert blocks.teacher_power == 5.0
    assert blocks.trace == 11.0
    assert blocks.total_dimension == 13.0


def test_arrays_are_copied_and_cannot_be_changed():
    eigenvalues = np.array([1.0, 2.0])
    blocks = BlockCovariance(eigenvalues, [1, 1], [1, 1])
    eigenvalues[0] = 7.0
    assert blocks.eigenvalues[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        blocks.eigenvalues[0] = 3.0
    with pytest.raises(AttributeError):
        blocks.dimensions = np.ones(2)


def test_surplus_ignores_rounding_of_fractional_dimensions():
    assert surplus(60.0, np.full(200, 0.3))[-1] == 0.0
    assert_array_equal(surplus(10.0, np.array([4.0, 7.0])), [10.0, 6.0, -1.0])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([0.0], [1], [1]), "eigenvalues holds 0.0"),
        (([1.0, -2.0], [1, 1], [1, 1]), "eigenvalues holds -2.0"),
        (([1.0], [0], [1]), "dimensions holds 0.0"),
        (([1.0], [1], [-1]), "teacher_norms_squared holds -1.0"),
        (([np.nan], [1], [1]), "nan or inf"),
        (([1.0], [np.inf], [1]), "nan or inf"),
        (([1.0, 2.0], [1], [1]), "one of each"),
        (([], [], []), "one block or more"),
        (([[1.0]], [1], [1]), "one block or more"),
        ((["a"], [1], [1]), "real numbers"),
        (([[1.0], [1.0, 2.0]], [1], [1]), "ragged"),
        (([1j], [1], [1]), "real numbers"),
    ],
)
def test_bad_blocks_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        BlockCovariance(*arguments)
