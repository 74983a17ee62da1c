"""Leading-order movements against the ODE they solve, their limits, alignment, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

from lazyrich.theory.lazy_to_rich import diagnostics

RNG = np.random.default_rng(1)
ROOT = RNG.standard_normal((4, 7))
KERNEL, Y = ROOT @ ROOT.T / 4, RNG.standard_normal(4)
THIRD = RNG.standard_normal((4, 4, 4))
THIRD = THIRD + THIRD.swapaxes(0, 1)
T = np.array([0.0, 0.2, 1.0, 5.0])


def solved(t):
    """Weights along J^T = ROOT^T/2, error and departure by Runge-Kutta, without any eigenvector."""

    def rate(_, state):
        weights, f, departure = state[:7], state[7:11], state[11:]
        moved = np.linalg.solve(KERNEL, ROOT @ weights / 2)
        change = np.einsum("abc,c->ab", THIRD, moved)
        error = Y - f
        return np.concatenate(
            [ROOT.T @ error / 2, KERNEL @ error, change @ error - KERNEL @ departure]
        )

    run = solve_ivp(rate, (0, t[-1]), np.zeros(15), t_eval=t, rtol=1e-11, atol=1e-12)
    return run.y[:7].T, run.y[7:11].T, run.y[11:].T


def test_movements_solve_their_equations():
    weights, f, departure = solved(T)
    norm = np.linalg.norm(weights, axis=1)
    assert_allclose(diagnostics.weight_movement(T, KERNEL, Y), norm, atol=1e-9)
    assert_allclose(diagnostics.linearised_outputs(T, KERNEL, Y), f, atol=1e-9)
    assert_allclose(diagnostics.linear_departure(T, KERNEL, THIRD, Y), departure, atol=1e-8)
    moved = np.linalg.solve(KERNEL, ROOT @ weights.T / 2).T
    change = np.einsum("abc,tc->tab", THIRD, moved)
    assert_allclose(diagnostics.kernel_movement(T, KERNEL, THIRD, Y), change, atol=1e-8)


def test_degenerate_modes_are_no_exception():
    """Equal eigenvalues, and one that is the sum of two others: convolutions are t e^{-lam t}."""
    near = np.diag([1.0, 1.0 + 1e-9, 2.0 + 1e-9, 3.0])
    exact = np.diag([1.0, 1.0, 2.0, 3.0])
    found = diagnostics.linear_departure(T, exact, THIRD, Y)
    assert np.isfinite(found).all()
    assert_allclose(diagnostics.linear_departure(T, near, THIRD, Y), found, atol=1e-6)


def test_ends_of_training():
    inverse = np.linalg.inv(KERNEL)
    movement = diagnostics.weight_movement(np.inf, KERNEL, Y)
    assert movement == pytest.approx(np.sqrt(Y @ inverse @ Y), rel=1e-12)
    change = diagnostics.kernel_movement(np.inf, KERNEL, THIRD, Y)
    assert_allclose(change, THIRD @ (inverse @ Y), rtol=1e-9)
    assert_allclose(diagnostics.linear_departure([0, np.inf], KERNEL, THIRD, Y), 0, atol=1e-14)
    assert_allclose(diagnostics.linearised_outputs(np.inf, KERNEL, Y), Y, rtol=1e-12)


def test_gradient_descent_is_followed_step_by_step():
    rate, weights, f = 0.1, np.zeros(7), np.zeros(4)
    for _ in range(15):
        weights, f = weights + rate * ROOT.T @ (Y - f) / 2, f + rate * KERNEL @ (Y - f)
    given = (1.5, KERNEL, Y)
    found = diagnostics.linearised_outputs(*given, learning_rate=rate)
    assert_allclose(found, f, rtol=1e-10)
    movement = diagnostics.weight_movement(*given, learning_rate=rate)
    assert movement == pytest.approx(np.linalg.norm(weights), rel=1e-10)
    flow = diagnostics.weight_movement(*given)
    assert abs(flow - movement) > 1e-4 * flow
    change = diagnostics.kernel_movement(1.5, KERNEL, THIRD, Y, learning_rate=rate)
    assert_allclose(change, THIRD @ np.linalg.solve(KERNEL, f), rtol=1e-8)


def test_null_modes_do_not_move():
    kernel = np.diag([2.0, 0.0])
    y = np.array([1.0, 3.0])
    assert diagnostics.weight_movement(np.inf, kernel, y) == pytest.approx(np.sqrt(0.5))
    assert_allclose(diagnostics.linearised_outputs(np.inf, kernel, y), [1, 0], atol=1e-15)
    third = np.ones((2, 2, 2))
    assert_allclose(diagnostics.kernel_movement(np.inf, kernel, third, y), 0.5)
    with pytest.raises(ValueError, match="singular"):
        diagnostics.linear_departure(np.inf, kernel, third, y)
    assert diagnostics.weight_movement(1.0, np.zeros((2, 2)), y) == 0


def test_shapes_follow_t():
    t = np.ones((2, 3))
    assert diagnostics.weight_movement(t, KERNEL, Y).shape == (2, 3)
    assert diagnostics.kernel_movement(t, KERNEL, THIRD, Y).shape == (2, 3, 4, 4)
    assert diagnostics.linear_departure(t, KERNEL, THIRD, Y).shape == (2, 3, 4)
    assert diagnostics.linear_departure(1.0, KERNEL, THIRD, Y).shape == (4,)


@given(st.integers(0, 10**6), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_alignment_is_a_cosine_without_units(seed, size, norm):
    rng = np.random.default_rng(seed)
    root, y = rng.standard_normal((5, 3)), rng.standard_normal(5)
    kernel = root @ root.T
    found = diagnostics.kernel_target_alignment(kernel, y)
    assert 0 <= found <= 1 + 1e-12
    assert diagnostics.kernel_target_alignment(size * kernel, norm * y) == pytest.approx(found)
    assert diagnostics.kernel_target_alignment(np.outer(y, y), y) == pytest.approx(1)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("weight_movement", (-1.0, KERNEL, Y), "t = -1.0"),
        ("weight_movement", (np.nan, KERNEL, Y), "t = nan"),
        ("weight_movement", ([], KERNEL, Y), "t is empty"),
        ("weight_movement", (1.0, KERNEL[:2], Y), "square"),
        ("weight_movement", (1.0, -KERNEL, Y), "positive semidefinite"),
        ("weight_movement", (1.0, KERNEL + np.triu(np.ones((4, 4)), 1), Y), "symmetric"),
        ("weight_movement", (1.0, KERNEL, Y[:3]), "y has shape"),
        ("weight_movement", (1.0, KERNEL, np.ones((4, 2))), "one output"),
        ("weight_movement", (1.0, KERNEL, np.full(4, np.nan)), "NaN"),
        ("kernel_movement", (1.0, KERNEL, THIRD[:3], Y), "third has shape"),
        ("linear_departure", (1.0, KERNEL, np.full((4, 4, 4), np.inf), Y), "finite"),
        ("kernel_target_alignment", (KERNEL, Y[:3]), r"\(P,\)"),
        ("kernel_target_alignment", (0 * KERNEL, Y), "zero"),
        ("kernel_target_alignment", (KERNEL, np.full(4, np.nan)), "not finite"),
    ],
)
def test_bad_arguments_are_named(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(diagnostics, function)(*arguments)


def test_diverging_learning_rates_are_refused():
    with pytest.raises(ValueError, match="learning_rate"):
        diagnostics.linearised_outputs(100.0, KERNEL, Y, learning_rate=10.0)
