"""Balanced linear networks against their gradient flow, with limits, symmetries and bad input."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazyrich.solvers.networks.gradient_flow import two_layer_flow
from lazyrich.theory.deep_linear.balanced import BalancedSolution, balanced_weights
from lazyrich.theory.deep_linear.modes import two_layer_mode
from tests.theory.deep_linear.balanced_cases import (
    BOUND,
    CASES,
    REFERENCES,
    error,
    flow_qqt,
    solution,
    task,
)

# The integrated flow


@pytest.mark.parametrize("number", range(25))
def test_qqt_is_that_of_the_integrated_flow(number):
    *start, t = CASES[number]
    found = solution(*start).qqt(t)
    assert error(found, REFERENCES[number]) < BOUND / 10
    n_in = start[0].shape[1]
    np.testing.assert_allclose(solution(*start).network(t), found[n_in:, :n_in], atol=1e-14)


def test_the_cases_cover_every_kind():
    shapes = {(w1.shape[1] - w2.shape[0], np.sign(np.trace(w2.T @ w2 - w1 @ w1.T).round(9)))
              for w1, w2, *_ in CASES}  # fmt: skip
    assert {(np.sign(difference), sign) for difference, sign in shapes} >= {
        (a, b) for a in (-1, 1) for b in (-1, 0, 1)
    }
    assert sum(np.linalg.matrix_rank(target) < min(target.shape) for *_, target, _ in CASES) > 5
    assert min(t for *_, t in CASES) < 0.1 and max(t for *_, t in CASES) > 1e3


def test_many_times_from_0_to_10000_in_any_order():
    rng = np.random.default_rng(5)
    target = task(rng, 5, 4, [2.0, 1.0, 0.5])
    start = balanced_weights(4, 3, 5, 0.3, 0.05, rng)
    t = np.concatenate([[0.0, 1e4], np.geomspace(1e-3, 5e3, 40)])
    found = solution(*start, target).qqt(t[::-1].reshape(2, 21)).reshape(42, 9, 9)[::-1]
    order = np.argsort(t)
    reference = flow_qqt(*start, target, t[order])
    assert max(map(error, found[order], reference)) < BOUND / 10
    alone = solution(*start, target).qqt(1e4)
    np.testing.assert_allclose(alone, found[1], atol=1e-13)


def test_narrow_layers_compete_for_close_modes():
    rng = np.random.default_rng(2)
    target = task(rng, 6, 6, 1 + 1e-3 * np.arange(6))
    start = balanced_weights(6, 2, 6, 0.0, 0.01, rng)
    t = np.array([5.0, 100.0, 1000.0, 8000.0])
    found = solution(*start, target).qqt(t)
    assert max(map(error, found, flow_qqt(*start, target, t))) < BOUND


# Weights that are not balanced


def test_unbalanced_weights_are_refused_with_the_imbalance():
    first, second = np.diag([1.0, 2.0]), np.eye(2)
    with pytest.raises(ValueError, match=r"deviates by 1\.5 from -1\.5 x identity"):
        BalancedSolution(first, second, np.eye(2))
    moved, _ = balanced_weights(3, 2, 3, 0.5, 0.1, np.random.default_rng(0))
    moved[0, 0] += 1e-6
    with pytest.raises(ValueError, match="balanced"):
        BalancedSolution(moved, _, np.eye(3))


def test_trap_the_formula_is_wrong_for_unbalanced_weights():
    rng = np.random.default_rng(0)
    start = rng.standard_normal((3, 3)), rng.standard_normal((3, 3))
    found = solution(*start, np.diag([2.0, 1.5, 1.0]), tol=0.999999).qqt(1.0)
    assert error(found, flow_qqt(*start, np.diag([2.0, 1.5, 1.0]), 1.0)[0]) > 1e-2


@pytest.mark.parametrize(
    ("widths", "balance", "words"),
    [((3, 4, 3), 0.5, "n_out = 3 < n_hidden = 4"), ((3, 4, 8), -0.5, "n_in = 3 < n_hidden = 4")],
)
def test_balances_that_do_not_exist_are_refused(widths, balance, words):
    with pytest.raises(ValueError, match=words):
        balanced_weights(*widths, balance, 0.1, np.random.default_rng(0))


@given(
    st.tuples(*[st.integers(1, 6)] * 3),
    st.floats(-5, 5),
    st.floats(0, 2),
    st.integers(0, 2**31),
)
@settings(deadline=None, max_examples=60)
def test_balanced_weights_are_balanced(widths, balance, scale, seed):
    n_in, n_hidden, n_out = widths
    if balance > 0 and n_out < n_hidden or balance < 0 and n_in < n_hidden:
        balance = 0.0
    first, second = balanced_weights(*widths, balance, scale, np.random.default_rng(seed))
    assert first.shape == (n_hidden, n_in) and second.shape == (n_out, n_hidden)
    difference = second.T @ second - first @ first.T
    np.testing.assert_allclose(difference, balance * np.eye(n_hidden), atol=1e-13)


# The sign of the determinant


def square_start(seed, balance=0.0, size=4, scale=0.1):
    rng = np.random.default_rng(seed)
    return *balanced_weights(size, size, size, balance, scale, rng), np.diag(1.0 + np.arange(size))


def test_trap_half_of_the_square_starts_have_the_wrong_sign():
    wrong = 0
    for seed in range(100):
        first, second, target = square_start(seed)
        sign = np.sign(np.linalg.det(second @ first))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            end = BalancedSolution(first, second, target).network(np.inf)
        wrong += len(caught)
        assert bool(caught) == (sign < 0)
        assert all("det(W2 W1) has the sign -1" in str(each.message) for each in caught)
        left = np.linalg.norm(end - target)
        assert left < 1e-12 if sign > 0 else abs(left - 1.0) < 1e-9  # the weakest mode, s = 1
    assert 35 < wrong < 65


def test_a_wrong_sign_follows_the_flow_to_the_saddle():
    start = next(s for s in map(square_start, range(9)) if np.linalg.det(s[1] @ s[0]) < 0)
    with pytest.warns(RuntimeWarning, match="weakest mode is never learned"):
        found = BalancedSolution(*start).qqt([2.0, 10.0])
    assert max(map(error, found, flow_qqt(*start, [2.0, 10.0]))) < BOUND


def test_other_starts_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(20):
            BalancedSolution(*square_start(seed, balance=0.3))
            rng = np.random.default_rng(seed)
            BalancedSolution(*balanced_weights(4, 3, 4, 0.0, 0.1, rng), np.diag([4.0, 3, 2, 1]))
            BalancedSolution(*balanced_weights(4, 4, 3, 0.0, 0.1, rng), np.eye(3, 4))


def test_a_narrow_start_aligned_with_the_weaker_mode_warns():
    with pytest.warns(RuntimeWarning, match="passes by a saddle"):
        end = BalancedSolution([[0.0, 0.3]], [[0.0], [0.3]], np.diag([2.0, 1.0])).network(np.inf)
    np.testing.assert_allclose(end, np.diag([0.0, 1.0]), atol=1e-14)


# Limits and symmetries


def test_start():
    first, second, target, _ = CASES[7]
    q = np.concatenate([first.T, second])
    np.testing.assert_array_equal(solution(first, second, target).qqt(0.0), q @ q.T)


@pytest.mark.parametrize(("a0", "b0"), [(0.3, 0.5), (1.2, -0.2), (0.1, 0.1), (0.0, 0.7)])
@pytest.mark.parametrize("t", [0.1, 2.0, 50.0, np.inf])
def test_one_unit_is_the_two_layer_mode(a0, b0, t):
    a, b, u = two_layer_mode(t, a0, b0, 1.5)
    found = solution([[a0]], [[b0]], [[1.5]]).qqt(t)
    np.testing.assert_allclose(found, [[a * a, u], [u, b * b]], atol=1e-12)


@pytest.mark.parametrize("number", range(25))
def test_transposed_networks_mirror(number):
    first, second, target, t = CASES[number]
    mirrored = solution(second.T, first.T, target.T).qqt(t)
    n_out = len(second)
    expected = np.roll(mirrored, -n_out, axis=(0, 1))
    assert error(solution(first, second, target).qqt(t), expected) < BOUND


@pytest.mark.parametrize("number", range(25))
def test_the_limit_is_reached(number):
    first, second, target, _ = CASES[number]
    exact = solution(first, second, target)
    end, late = exact.qqt(np.inf), exact.qqt(1e6)
    wrong_sign = np.linalg.det(second @ first @ target.T) < -1e-12 and exact.balance == 0
    if not wrong_sign:  # else rounding leaves the saddle
        assert error(end, late) < 2e-6  # modes without strength decay as 1/(2 t)
    assert np.linalg.eigvalsh(end).min() > -1e-12
    assert np.linalg.norm(exact.network(np.inf) - target, 2) <= np.linalg.norm(target, 2) + 1e-12


def test_modes_without_strength_decay_algebraically():
    t = np.array([0.0, 1.0, 100.0, 1e4])
    found = solution([[0.5]], [[0.5]], [[0.0]]).network(t)[:, 0, 0]
    np.testing.assert_allclose(found, 0.25 / (1 + 2 * 0.25 * t), rtol=1e-12)


def test_narrow_layers_learn_the_best_map_of_their_rank():
    rng = np.random.default_rng(0)
    target = task(rng, 5, 6, [3.0, 2.0, 1.5, 1.0])
    u, s, v = np.linalg.svd(target)
    for balance in (-0.5, 0.0, 0.5):
        start = balanced_weights(6, 2, 5, balance, 0.1, rng)
        for t in (500.0, np.inf):
            found = solution(*start, target).network(t)
            np.testing.assert_allclose(found, u[:, :2] * s[:2] @ v[:2], atol=1e-12)


def test_tangent_kernel_is_the_dense_one():
    start = balanced_weights(4, 2, 3, 0.7, 0.3, np.random.default_rng(0))
    target = np.eye(3, 4)
    t = [0.0, 1e-6, 0.5, 3.0]
    w1, w2 = two_layer_flow(*start, target, t)
    kernels = [
        np.kron(b @ b.T, np.eye(4)) + np.kron(np.eye(3), a.T @ a)
        for a, b in zip(w1, w2, strict=True)
    ]
    norms = [np.linalg.norm(k) for k in kernels]
    dense = [
        1 - (k * kernels[0]).sum() / (n * norms[0]) for k, n in zip(kernels, norms, strict=True)
    ]
    found = solution(*start, target).ntk_distance(t)
    np.testing.assert_allclose(found, dense, atol=1e-14)
    assert found[0] == 0 and found[1] > 0
    assert solution(*start, target).ntk_distance(1.0).shape == ()


def test_lazy_at_both_ends_and_funnels():
    """Square: lazy for large balance of either sign. Funnel: for large positive balance only."""
    rng = np.random.default_rng(1)

    def moved(widths, balance, target):
        start = balanced_weights(*widths, balance, 0.05, np.random.default_rng(0))
        return float(solution(*start, target).ntk_distance(60.0))

    square, wide = rng.standard_normal((4, 4)), rng.standard_normal((3, 8))
    assert moved((4, 4, 4), 0.0, square) > 0.1
    assert max(moved((4, 4, 4), b, square) for b in (-30.0, 30.0)) < 2e-3
    assert moved((8, 3, 3), 30.0, wide) < 2e-3 and moved((8, 3, 3), -30.0, wide) > 0.3
    assert moved((3, 3, 8), -30.0, wide.T) < 2e-3 and moved((3, 3, 8), 30.0, wide.T) > 0.3


# Input


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1.0], [[1.0]], [[1.0]]), "needs a matrix"),
        (([[1.0, 2.0]], [[1.0]], [[1.0]]), "need"),
        (([[np.nan]], [[1.0]], [[1.0]]), "finite"),
        (([["a"]], [[1.0]], [[1.0]]), "real"),
        ((np.empty((0, 2)), np.empty((2, 0)), np.eye(2)), "not empty"),
    ],
)
def test_bad_weights_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        BalancedSolution(*arguments)


@pytest.mark.parametrize("t", [-1.0, np.nan, [], [1.0, -2.0], "soon", 1j])
def test_bad_times_are_refused(t):
    with pytest.raises(ValueError, match="t = "):
        solution([[1.0]], [[1.0]], [[1.0]]).qqt(t)


def test_other_bad_input_is_refused():
    with pytest.raises(ValueError, match="tol"):
        BalancedSolution([[1.0]], [[1.0]], [[1.0]], tol=0.0)
    with pytest.raises(ValueError, match="all weights vanish"):
        solution([[0.0]], [[0.0]], [[1.0]]).ntk_distance(1.0)
    for arguments in ((0, 1, 1, 0.0, 1.0), (1, 1.5, 1, 0.0, 1.0), (1, 1, 1, np.inf, 1.0),
                      (1, 1, 1, 0.0, -1.0)):  # fmt: skip
        with pytest.raises(ValueError, match="outside"):
            balanced_weights(*arguments, np.random.default_rng(0))


def test_zero_weights_never_learn():
    found = BalancedSolution(np.zeros((2, 2)), np.zeros((2, 2)), np.eye(2)).qqt([0.0, 5.0, np.inf])
    np.testing.assert_array_equal(found, 0.0)
