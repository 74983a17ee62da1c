"""Two-time theory of nonlinear networks against linear ones, tangent kernels, quadrature and repeated solves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from lazyrich.theory.infinite_width.kernels import mlp_kernels
from lazyrich.theory.lazy_to_rich import linear_dmft, mlp_dmft

X = np.array([[1.0, 0.8, -0.2], [0.3, -1.1, 0.9]])
KERNEL = X @ X.T / 3
Y = np.array([1.0, -0.6])


def solved(seed=0, **changed):
    setting = {
        "hidden_layers": 2,
        "activation": "tanh",
        "gamma0": 1.5,
        "learning_rate": 0.1,
        "n_steps": 6,
        "n_paths": 400,
    }
    return mlp_dmft.solve(KERNEL, Y, rng=np.random.default_rng(seed), **setting | changed)


@pytest.mark.parametrize("hidden_layers", [1, 2, 3])
def test_the_identity_gives_linear_networks(hidden_layers):
    setting = {"hidden_layers": hidden_layers, "gamma0": 1.5, "learning_rate": 0.1, "n_steps": 8}
    exact = linear_dmft.solve(KERNEL, Y, **setting)
    matched = solved(activation="identity", n_paths=128, **setting)
    assert_allclose(matched.f, exact.f, atol=1e-9)
    assert_allclose(matched.Phi, exact.H, atol=1e-8)
    assert_allclose(matched.G, exact.G, atol=1e-8)
    sampled = solved(
        activation="identity", n_paths=4000, n_repeats=8, normals="stratified", **setting
    )
    assert np.all(np.abs(sampled.f - exact.f) <= 6 * sampled.f_standard_error + 1e-12)
    assert sampled.f_standard_error.max() < 0.01


def test_standard_errors_are_the_spread_of_repeated_solves():
    runs = [solved(seed, n_paths=200, n_steps=5) for seed in range(40)]
    spread = np.std([run.f[2:] for run in runs], axis=0, ddof=1)
    claimed = np.sqrt(np.mean([run.f_standard_error[2:] ** 2 for run in runs], axis=0))
    assert_allclose(claimed / spread, 1, atol=0.35)


def test_more_paths_change_nothing_beyond_the_standard_error():
    few, many = (solved(3, n_paths=n, n_repeats=8) for n in (400, 4000))
    error = np.hypot(few.f_standard_error, many.f_standard_error)
    assert np.all(np.abs(few.f - many.f)[1:] < 5 * error[1:])


@pytest.mark.parametrize(
    ("hidden_layers", "activation"), [(1, "relu"), (2, "tanh"), (3, "erf"), (2, "gelu")]
)
def test_lazy_networks_follow_their_tangent_kernel(hidden_layers, activation):
    ntk = mlp_kernels(X, hidden_layers=hidden_layers, activation=activation).ntk
    steps = 6
    found = solved(
        hidden_layers=hidden_layers, activation=activation, gamma0=1e-3, n_steps=steps,
        n_paths=4000, n_repeats=8,
    )  # fmt: skip
    left = [np.linalg.matrix_power(np.eye(2) - 0.1 * ntk, t) @ Y for t in range(steps + 1)]
    gap = np.abs(found.f - (Y - np.array(left)))
    assert np.all(gap <= 5 * found.f_standard_error + 2e-3)  # 2e-3: bias of a finite sample
    assert found.f_standard_error.max() < 0.01


def test_kernels_move_with_the_square_of_gamma0():
    moved = []
    for gamma0 in (0.1, 0.2, 0.4):  # noise of order 1/gamma0 in what follows
        run = solved(gamma0=gamma0, n_paths=4000, n_repeats=8)
        moved.append((run.Phi[:, -1, -1] - run.Phi[:, 0, 0]).ravel() / gamma0**2)
    assert_allclose(moved[0], moved[1], atol=0.05 * np.abs(moved[1]).max())
    assert_allclose(moved[2], moved[1], atol=0.15 * np.abs(moved[1]).max())


def test_one_layer_is_a_cloud_of_independent_units():
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    h, w = np.meshgrid(nodes, nodes, indexing="ij")
    mass = np.outer(weights, weights) / (2 * np.pi)
    gamma0, eta, y = 1.3, 0.1, 0.9
    outputs, kernels = [], []
    for _ in range(9):
        f = np.sum(mass * w * np.tanh(h)) / gamma0
        outputs.append(f)
        kernels.append(np.sum(mass * np.tanh(h) ** 2))
        change = eta * gamma0 * (y - f)
        h, w = h + change * w / np.cosh(h) ** 2, w + change * np.tanh(h)
    found = mlp_dmft.solve(
        [[1.0]], [y], hidden_layers=1, activation="tanh", gamma0=gamma0, learning_rate=eta,
        n_steps=8, n_paths=20000, n_repeats=8, rng=np.random.default_rng(0),
    )  # fmt: skip
    assert np.all(np.abs(found.f[:, 0] - outputs) <= 5 * found.f_standard_error[:, 0] + 1e-12)
    assert_allclose(found.f[:, 0], outputs, atol=5e-3)
    assert_allclose(np.einsum("ttmm->t", found.Phi[0]), kernels, atol=5e-3)


def test_responses_matter_and_only_beyond_one_layer():
    for hidden_layers, least, most in ((1, 0.0, 0.0), (2, 0.02, 0.5), (3, 0.02, 0.5)):
        gap = np.abs(
            solved(hidden_layers=hidden_layers).f
            - solved(hidden_layers=hidden_layers, responses=False).f
        ).max()
        assert least <= gap <= most


def test_kernels_are_symmetric_and_positive():
    run = solved(hidden_layers=3, n_steps=4)
    for kernel in (*run.Phi, *run.G):
        flat = kernel.swapaxes(1, 2).reshape(10, 10)
        assert_array_equal(flat, flat.T)
        assert np.linalg.eigvalsh(flat)[0] > -1e-12


def test_the_future_does_not_change_the_past():
    short, long = solved(n_steps=4), solved(n_steps=7)
    assert_array_equal(short.f, long.f[:5])
    assert_allclose(short.G, long.G[:, :5, :5], rtol=1e-12)


def test_threads_do_not_change_the_result():
    import numba

    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        single = solved(n_steps=3)
    finally:
        numba.set_num_threads(before)
    assert_array_equal(single.f, solved(n_steps=3).f)


def test_divergence_is_reported_with_its_step():
    with pytest.raises(FloatingPointError, match="diverged at step"):
        solved(activation="identity", learning_rate=3.0, n_steps=40)
    with pytest.raises(FloatingPointError, match="diverged at step"):
        solved(activation="softplus", learning_rate=2.0, n_steps=60, hidden_layers=3)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"activation": "relu"}, "kink"),
        ({"activation": "sign", "hidden_layers": 1}, "jumps"),
        ({"activation": "nonsense"}, "nonsense"),
        ({"activation": np.cosh}, "derivatives"),
        ({"hidden_layers": 0}, "hidden_layers"),
        ({"gamma0": 0.0}, "gamma0"),
        ({"learning_rate": np.nan}, "learning_rate"),
        ({"n_steps": -1}, "n_steps"),
        ({"n_paths": 402}, "multiple of 4"),
        ({"n_repeats": 1}, "n_repeats"),
        ({"normals": "sobol"}, "normals"),
        ({"n_paths": 10**7, "n_steps": 500}, "GiB"),
        ({"n_paths": 16}, "16 paths|paths cannot match"),
    ],
)
def test_bad_settings_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        solved(**changed)


@pytest.mark.parametrize(
    ("kernel", "y", "message"),
    [
        ([[1.0, 0.2], [0.1, 1.0]], Y, "symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], Y, "eigenvalue"),
        (KERNEL, [1.0], "y has shape"),
        ([[np.nan]], [1.0], "nan"),
    ],
)
def test_bad_data_are_refused(kernel, y, message):
    with pytest.raises(ValueError, match=message):
        mlp_dmft.solve(
            kernel, y, hidden_layers=2, activation="tanh", gamma0=1.0, learning_rate=0.1,
            n_steps=2, n_paths=100, rng=np.random.default_rng(0),
        )  # fmt: skip
