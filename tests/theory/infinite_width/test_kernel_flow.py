"""Outputs of infinitely wide networks in time: ODE solver, dense linear algebra, high precision, limits, traps."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from lazyrich.theory.infinite_width import kernel_flow as flow
from lazyrich.theory.infinite_width.mode_decay import mode_decay, mode_response

P, M = 5, 3


def kernels(seed=0, n_train=P, n_test=M, rank=12):
    """Random positive semidefinite (nngp, ntk) of train, cross and test, and targets."""
    rng = np.random.default_rng(seed)
    n = n_train + n_test
    found = []
    for scale in (1.0, 1.7):
        root = scale * rng.standard_normal((n, rank)) / np.sqrt(rank)
        found.append(root @ root.T)
    parts = [
        tuple(k[rows, columns] for k in found)
        for rows, columns in (
            (slice(n_train), slice(n_train)),
            (slice(n_train, n), slice(n_train)),
            (slice(n_train, n), slice(n_train, n)),
        )
    ]
    return *parts, rng.standard_normal(n_train)


def affine_map(train, cross, y, t, step=None):
    """M and c of f_t = M f_0 + c on all points, from an ODE solver or from steps of gradient descent."""
    ntk = np.vstack([train[1], cross[1]])
    n = len(ntk)

    def rate(state):
        change = state[: len(y)].copy()
        change[:, -1] -= y
        return -ntk @ change

    start = np.column_stack([np.eye(n), np.zeros(n)])
    if step is None:
        run = solve_ivp(
            lambda _, s: rate(s.reshape(n, -1)).ravel(),
            (0, t),
            start.ravel(),
            method="DOP853",
            rtol=1e-12,
            atol=1e-14,
        )
        end = run.y[:, -1].reshape(n, -1)
    else:
        end = start
        for _ in range(round(t / step)):
            end = end + step * rate(end)
    return end[:, :-1], end[:, -1]


def joint(train, cross, test, which):
    return np.block([[train[which], cross[which].T], [cross[which], test[which]]])


@pytest.mark.parametrize("learning_rate", [None, 0.25])
@pytest.mark.parametrize("t", [0.25, 1.5, 6.0])
def test_moments_are_those_of_the_evolved_gaussian(t, learning_rate):
    train, cross, test, y = kernels()
    assert learning_rate is None or 1 < learning_rate * np.linalg.eigvalsh(train[1])[-1] < 2
    linear, constant = affine_map(train, cross, y, t, learning_rate)
    covariance = linear @ joint(train, cross, test, 0) @ linear.T
    found = flow.ensemble_prediction(train, cross, test, y, t, learning_rate=learning_rate)
    np.testing.assert_allclose(found.mean, constant[P:], atol=1e-10)
    np.testing.assert_allclose(found.covariance, covariance[P:, P:], atol=1e-10)
    found = flow.training_prediction(train, y, t, learning_rate=learning_rate)
    np.testing.assert_allclose(found.mean, constant[:P], atol=1e-10)
    np.testing.assert_allclose(found.covariance, covariance[:P, :P], atol=1e-10)
    loss = (((constant[:P] - y) ** 2).sum() + np.trace(covariance[:P, :P])) / 2
    assert flow.expected_loss(train, y, t, learning_rate=learning_rate) == pytest.approx(loss)


def test_training_points_among_the_test_points():
    train, _, _, y = kernels()
    t = [0.0, 0.4, 3.0]
    found = flow.ensemble_prediction(train, train, train, y, t)
    expected = flow.training_prediction(train, y, t)
    np.testing.assert_allclose(found.mean, expected.mean, atol=1e-12)
    np.testing.assert_allclose(found.covariance, expected.covariance, atol=1e-12)


def test_at_the_start_the_prior():
    train, cross, test, y = kernels()
    found = flow.ensemble_prediction(train, cross, test, y, 0)
    np.testing.assert_array_equal(found.mean, np.zeros(M))
    np.testing.assert_allclose(found.covariance, test[0], rtol=1e-14)


def test_at_the_end_kernel_regression():
    train, cross, test, y = kernels()
    ridge = cross[1] @ np.linalg.inv(train[1])
    lift = np.hstack([-ridge, np.eye(M)])
    end = flow.ensemble_prediction(train, cross, test, y, np.inf)
    np.testing.assert_allclose(end.mean, ridge @ y, rtol=1e-10)
    np.testing.assert_allclose(end.covariance, lift @ joint(train, cross, test, 0) @ lift.T)
    late = flow.ensemble_prediction(train, cross, test, y, 1e6)
    np.testing.assert_allclose(end.mean, late.mean, rtol=1e-12)
    slow = flow.ensemble_prediction(train, cross, test, y, np.inf, learning_rate=0.1)
    np.testing.assert_array_equal(end.mean, slow.mean)
    trained = flow.training_prediction(train, y, np.inf)
    np.testing.assert_allclose(trained.mean, y, rtol=1e-12)
    np.testing.assert_array_equal(trained.covariance, np.zeros((P, P)))


def test_only_the_last_layer_gives_the_posterior_and_the_ntk_does_not():
    train, cross, test, y = kernels()
    k, k_cross, k_test = train[0], cross[0], test[0]
    only = flow.ensemble_prediction((k, k), (k_cross, k_cross), (k_test, k_test), y, np.inf)
    posterior = k_test - k_cross @ np.linalg.solve(k, k_cross.T)
    np.testing.assert_allclose(only.mean, k_cross @ np.linalg.solve(k, y), rtol=1e-10)
    np.testing.assert_allclose(only.covariance, posterior, atol=1e-12)
    whole = flow.ensemble_prediction(train, cross, test, y, np.inf)
    of_ntk = test[1] - cross[1] @ np.linalg.solve(train[1], cross[1].T)
    for wrong in (posterior, of_ntk):
        assert np.abs(whole.covariance - wrong).max() > 0.05 * np.abs(whole.covariance).max()


def test_axes_of_time_and_of_outputs_come_first_and_last():
    train, cross, test, y = kernels()
    t = np.array([[0.1, 0.2, 0.3], [1.0, 2.0, np.inf]])
    both = np.column_stack([y, -2 * y])
    found = flow.ensemble_prediction(train, cross, test, both, t)
    assert found.mean.shape == (2, 3, M, 2) and found.covariance.shape == (2, 3, M, M)
    one = flow.ensemble_prediction(train, cross, test, y, 2.0)
    np.testing.assert_allclose(found.mean[1, 1], np.outer(one.mean, [1, -2]), rtol=1e-12)
    np.testing.assert_allclose(found.covariance[1, 1], one.covariance, rtol=1e-12)
    assert flow.expected_loss(train, both, t).shape == (2, 3)
    single = [flow.expected_loss(train, column, t) for column in both.T]
    np.testing.assert_allclose(flow.expected_loss(train, both, t), single[0] + single[1])


def test_linearised_outputs_average_to_the_ensemble():
    """The affine map of the start, probed with unit vectors, carries the prior to the prediction."""
    train, cross, test, y = kernels()

    def end(start):
        return flow.linearised_outputs(start[:P], start[P:], train[1], cross[1], y, 0.7)

    constant = end(np.zeros(P + M))
    linear = np.column_stack([end(unit) - constant for unit in np.eye(P + M)])
    found = flow.ensemble_prediction(train, cross, test, y, 0.7)
    np.testing.assert_allclose(found.mean, constant, atol=1e-13)
    covariance = linear @ joint(train, cross, test, 0) @ linear.T
    np.testing.assert_allclose(found.covariance, covariance, atol=1e-12)


def test_linearised_outputs_of_several_outputs():
    train, cross, _, y = kernels()
    start, before = np.arange(P) / 3, np.arange(M) / 5
    one = flow.linearised_outputs(start, before, train[1], cross[1], y, [0.5, 2.0])
    two = flow.linearised_outputs(
        np.column_stack([start] * 2), np.column_stack([before] * 2), train[1], cross[1],
        np.column_stack([y] * 2), [0.5, 2.0],
    )  # fmt: skip
    assert two.shape == (2, M, 2)
    np.testing.assert_allclose(two[..., 1], one, rtol=1e-13)


@pytest.mark.filterwarnings("ignore:.*singular to rounding")  # of either sign
def test_repeated_training_points_learn_their_mean_target_twice_as_fast():
    """The NTK is singular; the mode in which the two targets differ is never learned."""
    train, cross, test, y = kernels(n_train=2)
    twice = np.array([0, 0, 1])
    repeated = tuple(k[np.ix_(twice, twice)] for k in train)
    wide = tuple(k[:, twice] for k in cross)
    found = flow.ensemble_prediction(repeated, wide, test, [y[0] - 1, y[0] + 1, y[1]], np.inf)
    once = flow.ensemble_prediction(train, cross, test, y, np.inf)
    np.testing.assert_allclose(found.mean, once.mean, rtol=1e-10)
    np.testing.assert_allclose(found.covariance, once.covariance, atol=1e-12)


def test_rounded_zeros_are_clipped_with_a_warning():
    k = np.diag([1.0, -1e-14])
    with pytest.warns(UserWarning, match="ntk of train is singular to rounding"):
        found = flow.training_prediction((np.eye(2), k), [1.0, 1.0], np.inf)
    np.testing.assert_allclose(found.mean, [1.0, 0.0])
    np.testing.assert_allclose(found.covariance, [[0, 0], [0, 1]])


@given(st.integers(0, 10**6), st.floats(0, 50), st.integers(1, 8))
def test_variances_never_are_negative_nor_rise_on_training_points(seed, t, rank):
    train, cross, test, y = kernels(seed, rank=rank + 5)
    found = flow.ensemble_prediction(train, cross, test, y, t)
    assert np.linalg.eigvalsh(found.covariance)[0] > -1e-10
    own = flow.training_prediction(train, y, t)
    assert np.linalg.eigvalsh(own.covariance)[-1] <= np.linalg.eigvalsh(train[0])[-1] * (1 + 1e-12)
    assert np.linalg.norm(own.mean - y) <= np.linalg.norm(y) * (1 + 1e-12)


# Single modes


@pytest.mark.parametrize("rate", [None, 0.5])
@pytest.mark.parametrize("lam", [1e-300, 1e-18, 1e-9, 0.3, 1.9999, 2.0, 2.3, 3.9])
@pytest.mark.parametrize("t", [0.0, 0.5, 7.0, 1e4])
def test_modes_against_high_precision(lam, t, rate):
    with mpmath.workdps(400):
        x = mpmath.mpf(lam)
        if rate is None:
            decay = mpmath.exp(-x * t)
        else:
            decay = (1 - mpmath.mpf(rate) * x) ** round(t / rate)
        response = float((1 - decay) / x)
        decay = float(decay)
    condition = max(1.0, lam * t, t)
    found = mode_decay(lam, t, learning_rate=rate)
    assert float(found) == pytest.approx(decay, rel=1e-14 * condition, abs=1e-300)
    found = mode_response(lam, t, learning_rate=rate)
    assert float(found) == pytest.approx(response, rel=1e-14 * condition if decay > 1e-3 else 1e-12)


def test_modes_that_do_not_learn():
    np.testing.assert_array_equal(mode_decay([0.0, 1.0], [0.0, np.inf]), [[1, 1], [1, 0]])
    np.testing.assert_array_equal(mode_response([0.0, 2.0], [0.0, np.inf]), [[0, 0], [np.inf, 0.5]])
    found = mode_decay([0.0, 2.0], np.inf, learning_rate=0.9)
    np.testing.assert_array_equal(found, [1, 0])


def test_gradient_descent_of_many_steps_is_no_flow():
    """Near the largest learning rate the two differ at every step; for small rates by O(rate)."""
    exact = mode_decay(1.0, 3.0)
    gaps = [abs(mode_decay(1.0, 3.0, learning_rate=3 / k) - exact) for k in (50, 100)]
    assert gaps[0] / gaps[1] == pytest.approx(2, abs=0.1)
    assert mode_decay(1.9, 3.0, learning_rate=1.0) == pytest.approx(-(0.9**3))


# Bad input


def altered(which, kernel):
    train, cross, test, y = kernels()
    pairs = {"train": train, "cross": cross, "test": test, "y": y, "t": 1.0}
    name, _, kind = which.partition(".")
    if kind:
        nngp, ntk = pairs[name]
        pairs[name] = (kernel, ntk) if kind == "nngp" else (nngp, kernel)
    else:
        pairs[name] = kernel
    return pairs


BAD = [
    ("train", np.eye(P), "train must be a pair"),
    ("train.ntk", np.eye(P) - 2 * np.diag(np.eye(P)[0]), "ntk of train has the eigenvalue -1 "),
    ("train.nngp", -np.eye(P), "nngp of train has the eigenvalue -1 .* not positive semidefinite"),
    ("train.ntk", np.ones((P, P + 1)), r"ntk of train has shape \(5, 6\); needs a square"),
    ("train.ntk", np.triu(np.ones((P, P))), "ntk of train differs from its transpose"),
    ("train.nngp", np.eye(P + 1), r"nngp of train has shape \(6, 6\); needs \(5, 5\)"),
    ("train.nngp", np.full((P, P), np.nan), "nngp of train holds NaN"),
    ("cross.ntk", np.ones((P, M)), r"ntk of cross has shape \(5, 3\); needs \(3, 5\)"),
    ("cross.ntk", 10 * np.ones((M, P)), "do not belong to the same inputs"),
    ("cross.nngp", 3 * np.ones((M, P)), "predicted variance .* is negative"),
    ("test.nngp", np.eye(M + 1), r"nngp of test has shape \(4, 4\); needs \(3, 3\)"),
    ("test.ntk", np.zeros((M, M)), "do not belong to the same inputs"),
    ("y", np.ones(P + 1), r"y has shape \(6,\); needs \(5,\)"),
    ("y", np.full(P, np.inf), "y holds NaN or infinite"),
    ("y", [[1], [1, 2]], "y is ragged"),
    ("y", ["a"] * P, "needs real numbers"),
    ("t", -1.0, r"t = -1.0 is outside \[0, inf\]"),
    ("t", np.nan, "t = nan is outside"),
    ("t", [], "t is empty"),
]


@pytest.mark.parametrize(("which", "value", "message"), BAD)
def test_bad_arguments_are_named(which, value, message):
    with pytest.raises(ValueError, match=message):
        flow.ensemble_prediction(**altered(which, value))


def test_learning_rates_that_diverge_are_refused():
    train, cross, test, y = kernels()
    bound = flow.largest_learning_rate(train[1])
    assert bound == pytest.approx(2 / np.linalg.eigvalsh(train[1])[-1])
    given_arguments = (train, cross, test, y)
    with pytest.raises(ValueError, match="above 2/lambda_max"):
        flow.ensemble_prediction(*given_arguments, 10 * bound, learning_rate=1.01 * bound)
    with pytest.raises(ValueError, match="t = inf has no limit"):
        flow.training_prediction(train, y, np.inf, learning_rate=bound)
    flow.ensemble_prediction(*given_arguments, 9.9 * bound, learning_rate=0.99 * bound)
    for rate in (0.0, -1.0, np.nan, [0.1, 0.2]):
        with pytest.raises(ValueError, match="learning_rate = .* is outside"):
            flow.expected_loss(train, y, 1.0, learning_rate=rate)
    with pytest.raises(ValueError, match="needs a whole number of steps"):
        flow.ensemble_prediction(*given_arguments, 0.25, learning_rate=0.1)


def test_linearised_outputs_name_what_does_not_fit():
    train, cross, _, y = kernels()
    with pytest.raises(ValueError, match=r"start_train has shape \(5, 1\)"):
        flow.linearised_outputs(y[:, None], np.ones(M), train[1], cross[1], y, 1.0)
    with pytest.raises(ValueError, match=r"start_test has shape \(3, 2\)"):
        flow.linearised_outputs(y, np.ones((M, 2)), train[1], cross[1], y, 1.0)
    with pytest.raises(ValueError, match=r"ntk_cross has shape \(3, 3\); needs \(3, 5\)"):
        flow.linearised_outputs(y, np.ones(M), train[1], np.ones((3, 3)), y, 1.0)


def test_negative_eigenvalues_are_refused():
    for function in (mode_decay, mode_response):
        with pytest.raises(ValueError, match="eigenvalues hold -1.0"):
            function([1.0, -1.0], 1.0)
