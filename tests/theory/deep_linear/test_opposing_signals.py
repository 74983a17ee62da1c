"""Floor, group losses and balance of the opposing-signals model."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lazyrich.theory.deep_linear import opposing_signals as opposing
from tests.theory.deep_linear.opposing_cases import ALPHA, BETA, START, iterated


def test_floor_is_where_an_imbalance_holds_the_outliers():
    kappa = np.array([0.4, -0.2])
    path = opposing.flow(12.0, BETA, ALPHA, **START, imbalance=kappa)
    floor = opposing.outlier_floor(kappa, ALPHA, path.c)
    assert_allclose(path.b_o, floor, rtol=1e-8)
    assert path.log_b_o == pytest.approx(np.log(np.linalg.norm(floor)), rel=1e-9)


def test_balance_changes_as_stated():
    c, b_s, b_o = iterated(BETA, ALPHA, *START.values(), 0.024, 200)
    balance = c**2 - (b_s**2).sum(axis=1) - (b_o**2).sum(axis=1)
    change = opposing.balance_change(c[:-1], b_s[:-1], b_o[:-1], BETA, ALPHA, 0.024)
    assert_allclose(np.diff(balance), change, atol=2e-15)
    assert np.abs(change).max() > 1e-5


def test_group_losses_are_even_together_and_odd_apart():
    c, b_s, b_o = 1.3, np.array([0.9, 0.1, -1.2]), np.array([0.03, -0.01])
    plus, minus = (opposing.group_losses(c, b_s, sign * b_o, BETA, 8.0) for sign in (1, -1))
    assert plus.positive + plus.negative == pytest.approx(minus.positive + minus.negative)
    assert plus.positive == pytest.approx(minus.negative)
    assert plus.positive - plus.negative == pytest.approx(-2 * 8 * c * b_o.mean())
