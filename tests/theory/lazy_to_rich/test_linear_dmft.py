"""Two-time theory of deep linear networks against moments, fixed points, limits and expansions."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad

from lazyrich.theory.lazy_to_rich import linear_dmft

X = np.array([[1.0, 0.3], [0.8, -1.1], [-0.2, 0.9]])  # D x P
Y = np.array([1.0, -0.6])


def moments_step_by_step(X, y, gamma0, eta, n_steps):
    """Gradient descent of the joint second moment of (rows of W, w): units never mix."""
    dim = len(X)
    S = np.eye(dim + 1)
    f, kernels = [], []
    for _ in range(n_steps + 1):
        out = S[:dim, dim] @ X / np.sqrt(dim) / gamma0
        f.append(out)
        kernels.append(X.T @ S[:dim, :dim] @ X / dim)
        v = eta * gamma0 * X @ (y - out) / np.sqrt(dim)
        T = np.eye(dim + 1)
        T[:dim, dim] += v  # W row += w v
        T[dim, :dim] += v  # w += W row . v
        S = T @ S @ T.T
    return np.array(f), np.array(kernels)


def test_one_layer_is_gradient_descent_of_moments():
    f, kernels = moments_step_by_step(X, Y, 1.7, 0.05, 60)
    found = linear_dmft.solve(
        X.T @ X / 3, Y, hidden_layers=1, gamma0=1.7, learning_rate=0.05, n_steps=60
    )
    assert_allclose(found.f, f, atol=1e-10)
    assert_allclose(np.einsum("ttmn->tmn", found.H[0]), kernels, atol=1e-10)


@pytest.mark.parametrize("gamma0", [0.3, 2.0])
def test_steps_extrapolate_to_the_flow(gamma0):
    finals = []
    for eta in (0.02, 0.01, 0.005):
        run = linear_dmft.solve(
            X.T @ X / 3,
            Y,
            hidden_layers=1,
            gamma0=gamma0,
            learning_rate=eta,
            n_steps=round(0.8 / eta),
        )
        finals.append(run.f[-1])
    first = [2 * fine - coarse for coarse, fine in itertools.pairwise(finals)]
    flow = linear_dmft.one_hidden_moments(0.8, X, Y, gamma0)
    assert_allclose((4 * first[1] - first[0]) / 3, flow.f, atol=1e-5)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_march_solves_the_whole_equations(layers):
    """The matrices of all times at once, in dense algebra, with no row filled before another."""
    K, g, eta, T = X.T @ X / 3, 1.3, 0.08, 6
    run = linear_dmft.solve(K, Y, hidden_layers=layers, gamma0=g, learning_rate=eta, n_steps=T - 1)
    n = 2 * T
    delta = (Y - run.f).ravel()
    H = [np.tile(K, (T, T)), *[h.swapaxes(1, 2).reshape(n, n) for h in run.H]]
    G = [*[k.swapaxes(1, 2).reshape(n, n) for k in run.G], np.ones((n, n))]
    causal = np.kron(np.tril(np.ones((T, T)), -1), np.ones((2, 2)))
    A, B = (
        [np.zeros((n, n)) for _ in range(layers + 1)],
        [np.zeros((n, n)) for _ in range(layers + 1)],
    )
    for _ in range(3 * T):  # each sweep is right one step further
        for k in range(1, layers + 1):
            Xk = A[k - 1] + eta * causal * H[k - 1] * delta
            Yk = B[k] + eta * causal * G[k] * delta
            A[k] = np.linalg.solve(np.eye(n) - g**2 * Xk @ Yk, Xk)
            B[k - 1] = np.linalg.solve(np.eye(n) - g**2 * Yk @ Xk, Yk)
        B[layers][:] = 0
    for k in range(1, layers + 1):
        Xk = A[k - 1] + eta * causal * H[k - 1] * delta
        Yk = B[k] + eta * causal * G[k] * delta
        R, Q = (np.linalg.inv(np.eye(n) - g**2 * P) for P in (Xk @ Yk, Yk @ Xk))
        assert_allclose(R @ (H[k - 1] + g**2 * Xk @ G[k] @ Xk.T) @ R.T, H[k], atol=1e-11)
        assert_allclose(Q @ (G[k] + g**2 * Yk @ H[k - 1] @ Yk.T) @ Q.T, G[k - 1], atol=1e-11)
    joint = R @ (H[layers - 1] @ Yk.T + Xk @ G[layers]) @ Q.T
    assert_allclose(np.diag(joint), run.f.ravel(), atol=1e-11)


def test_whitened_layers_are_mirrored():
    run = linear_dmft.solve(
        [[1.0]], [1.2], hidden_layers=3, gamma0=1.5, learning_rate=0.03, n_steps=40
    )
    assert_allclose(run.H, run.G[::-1], atol=1e-12)


def test_known_final_kernels():
    run = linear_dmft.solve(
        [[1.0]], [1.0], hidden_layers=3, gamma0=1.0, learning_rate=0.02, n_steps=100
    )
    assert_allclose(run.H[:, -1, -1, 0, 0], [1.165216, 1.531507, 2.166957], atol=1e-6)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_first_change_of_lazy_kernels(layers):
    """H^l = 1 + gamma0^2 f^2 l (l + 1)/(2 (L + 1)) at small gamma0 and steps."""
    ends = []
    for eta in (0.02, 0.01):
        run = linear_dmft.solve(
            [[1.0]],
            [1.0],
            hidden_layers=layers,
            gamma0=0.05,
            learning_rate=eta,
            n_steps=round(1 / eta),
        )
        ends.append((run.H[:, -1, -1, 0, 0] - 1) / (0.05 * run.f[-1]) ** 2)
    level = np.arange(1, layers + 1)
    expected = level * (level + 1) / (2 * (layers + 1))
    assert_allclose(2 * ends[1] - ends[0], expected, rtol=4e-3)


def test_rich_kernels_grow_as_powers_of_the_strength():
    run = linear_dmft.solve(
        [[1.0]], [1.0], hidden_layers=2, gamma0=1e3, learning_rate=1e-5, n_steps=300
    )
    assert_allclose(run.f[-1], 1, atol=1e-6)
    assert_allclose(run.H[:, -1, -1, 0, 0] / 1e3 ** (np.array([2, 4]) / 3), 1, atol=0.01)


def test_responses_matter_in_deep_networks_only():
    model = {"gamma0": 1.5, "learning_rate": 0.05, "n_steps": 30}
    K = X.T @ X / 3
    one = [linear_dmft.solve(K, Y, hidden_layers=1, responses=r, **model) for r in (True, False)]
    assert_allclose(one[0].f, one[1].f, atol=1e-12)
    two = [linear_dmft.solve(K, Y, hidden_layers=2, responses=r, **model) for r in (True, False)]
    assert np.abs(two[0].f - two[1].f).max() > 0.02


def test_kernels_are_covariances():
    run = linear_dmft.solve(
        X.T @ X / 3, Y, hidden_layers=2, gamma0=2.0, learning_rate=0.05, n_steps=12
    )
    for kernel in (*run.H, *run.G):
        matrix = kernel.swapaxes(1, 2).reshape(26, 26)
        assert_allclose(matrix, matrix.T, atol=1e-13)
        assert np.linalg.eigvalsh(matrix)[0] > -1e-10


# One hidden layer


@settings(max_examples=40, deadline=None)
@given(
    st.floats(1e-3, 30), st.floats(-3, 3).filter(lambda y: abs(y) > 1e-2), st.floats(0.01, 0.999)
)
def test_the_closed_form_takes_the_time_of_its_ode(gamma0, y, share):
    f = share * y
    time = quad(
        lambda x: 1 / (2 * np.hypot(1, gamma0 * x) * (y - x)), 0, f, epsabs=0, epsrel=1e-11
    )[0]
    found = linear_dmft.one_hidden_layer(time, gamma0, y)
    assert_allclose(found.f, f, rtol=1e-8)
    assert_allclose(found.kernel, np.hypot(1, gamma0 * f), rtol=1e-8)


def test_the_closed_form_at_extremes():
    lazy = linear_dmft.one_hidden_layer([1e-12, 0.3, 1e3], [[0.0], [1e-9]], 2.0).f
    assert_allclose(
        lazy, np.tile(-2 * np.expm1(-2 * np.array([1e-12, 0.3, 1e3])), (2, 1)), rtol=1e-9
    )
    assert linear_dmft.one_hidden_layer(0.0, 1.0, 1.0).f == 0
    assert linear_dmft.one_hidden_layer(np.inf, 1e50, -3.0).f == -3
    assert linear_dmft.one_hidden_layer(5.0, 1.0, 0.0).f == 0
    rich = linear_dmft.one_hidden_layer(1e-6, 1e6, 1.0)  # while y - f is y
    assert_allclose(rich.f, np.sinh(2.0) / 1e6, rtol=1e-5)


def test_moments_of_a_narrow_network_start_where_it_starts():
    rng = np.random.default_rng(0)
    W, w = rng.normal(size=(4, 3)), rng.normal(size=4)
    found = linear_dmft.one_hidden_moments(
        [0.0, 0.2],
        X,
        Y,
        0.9,
        second_moment=W.T @ W / 4,
        cross_moment=W.T @ w / 4,
        readout_moment=w @ w / 4,
    )
    assert_allclose(found.f[0], w @ W @ X / (0.9 * 4 * np.sqrt(3)), rtol=1e-12)
    steps, eta = 20000, 1e-5
    for _ in range(steps):
        v = 0.9 * eta * X @ (Y - w @ W @ X / (0.9 * 4 * np.sqrt(3))) / np.sqrt(3)
        W, w = W + np.outer(w, v), w + W @ v
    assert_allclose(found.second_moment[1], W.T @ W / 4, atol=2e-5)
    assert_allclose(found.readout_moment[1], w @ w / 4, atol=2e-5)


# Bad input


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"input_kernel": [[1.0, 0.0], [0.5, 1.0]]}, "not symmetric"),
        ({"input_kernel": -np.eye(2)}, "eigenvalue"),
        ({"y": [1.0]}, r"y has shape \(1,\)"),
        ({"hidden_layers": 0}, "hidden_layers = 0"),
        ({"gamma0": 0.0}, "gamma0 = 0"),
        ({"learning_rate": np.nan}, "learning_rate"),
        ({"n_steps": 10**6}, "GiB"),
        ({"n_steps": 1.5}, "n_steps = 1.5"),
    ],
)
def test_bad_input_is_named(change, words):
    model = {"input_kernel": np.eye(2), "y": [1.0, 2.0], "hidden_layers": 2, "gamma0": 1.0}
    given = model | {"learning_rate": 0.1, "n_steps": 3} | change
    with pytest.raises(ValueError, match=words):
        linear_dmft.solve(given.pop("input_kernel"), given.pop("y"), **given)


def test_divergence_names_its_step():
    with pytest.raises(FloatingPointError, match=r"diverged at step \d+"):
        linear_dmft.solve(
            [[1.0]], [1.0], hidden_layers=2, gamma0=1.0, learning_rate=2.0, n_steps=50
        )


def test_moments_of_no_network_are_refused():
    with pytest.raises(ValueError, match="no network"):
        linear_dmft.one_hidden_moments(1.0, X, Y, 1.0, cross_moment=[2.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="X has shape"):
        linear_dmft.one_hidden_moments(1.0, Y, Y, 1.0)
