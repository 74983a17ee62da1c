"""Class error under flipped labels: closed limits, high precision and the sheet's numbers."""

import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from lazyrich.theory.double_descent.truncation import label_flip_error
from tests.theory.double_descent.high_precision import in_high_precision


def test_numbers_of_the_theory_sheet():
    found = label_flip_error([0.5, 2, 10, 1e3], 1.5, [[0.0], [0.2]])
    expected = [[0.2277, 0.2156, 0.2402, 0.2605], [0.3268, 0.3385, 0.3679, 0.3829]]
    assert_allclose(found, expected, atol=5e-5)


@pytest.mark.parametrize(("t", "ratio", "p"), [(2.0, 0.5, 0.1), (30.0, 1.0, 0.3), (0.2, 4.0, 0.8)])
def test_against_high_precision(t, ratio, p):
    m = mpmath.sqrt(2 / mpmath.pi) * (1 - 2 * mpmath.mpf(p))
    along = m * in_high_precision(ratio, lambda x: 1 - mpmath.exp(-x * t))

    def squared(x):
        return (1 - mpmath.exp(-x * t)) ** 2 * (m**2 + (1 - m**2) / x) if x else mpmath.mpf(0)

    length = mpmath.sqrt(in_high_precision(ratio, squared))
    assert_allclose(
        label_flip_error(t, ratio, p), float(mpmath.acos(along / length) / mpmath.pi), rtol=1e-11
    )


def test_trained_to_the_end_with_many_samples():
    """Least squares: R = m, Q = m^2 + (1 - m^2)/(ratio - 1)."""
    ratio, p = np.array([1.1, 3.0, 1e4, 1e8]), 0.1
    m = np.sqrt(2 / np.pi) * 0.8
    expected = np.arctan(np.sqrt((1 - m**2) / (ratio - 1)) / m) / np.pi
    assert_allclose(label_flip_error(np.inf, ratio, p), expected, rtol=1e-12)


def test_short_times():
    m = np.sqrt(2 / np.pi) * 0.6
    expected = np.arctan(1 / (m * np.sqrt(1.5))) / np.pi
    for t in (0.0, 1e-300, 1e-120, 1e-12):
        assert_allclose(label_flip_error(t, 1.5, 0.2), expected, rtol=1e-11)


@given(st.floats(-2, 2), st.floats(-2, 4), st.floats(0, 0.5))
def test_flips_only_harm_and_exchange_the_classes(log_ratio, log_t, p):
    ratio, t = 10.0**log_ratio, 10.0**log_t
    error = label_flip_error(t, ratio, [p, 1 - p, min(p + 0.01, 0.5), 0.5])
    assert_allclose(error[0] + error[1], 1, rtol=1e-14)
    assert error[0] <= error[2] + 1e-15 and error[2] <= 0.5 + 1e-15
    assert_allclose(error[3], 0.5, rtol=1e-15)


def test_the_best_time_is_earlier_with_more_flips():
    t = np.geomspace(1e-3, 100, 2000)
    best = t[np.argmin(label_flip_error(t, 1.5, np.array([[0.0], [0.1], [0.2], [0.3]])), axis=1)]
    assert (np.diff(best) < 0).all()


def test_ratio_one_ends_at_chance_without_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert label_flip_error(np.inf, 1.0, 0.1) == 0.5
        assert label_flip_error(1e300, [0.5, 2.0], 0.1).max() < 0.5


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, [], "0.1"])
def test_bad_arguments_are_refused(value):
    given_ = {"t": 1.0, "sample_ratio": 1.5, "flip_probability": 0.1}
    for name in given_:
        if name == "t" and value == np.inf:
            continue
        with pytest.raises(ValueError, match=name):
            label_flip_error(**given_ | {name: value})
    with pytest.raises(ValueError, match=r"flip_probability = 1.1 is outside \[0, 1\]"):
        label_flip_error(1.0, 1.5, 1.1)
    with pytest.raises(ValueError, match="broadcast"):
        label_flip_error([1.0, 2.0], 1.5, [0.1, 0.2, 0.3])
