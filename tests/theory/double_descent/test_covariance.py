"""Learning curves of block covariances: the isotropic law in 25 digits, limits, invariances, steps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from numpy.testing import assert_allclose

from lazyrich.solvers import inverse_laplace
from lazyrich.theory.double_descent import block_dynamics
from lazyrich.theory.double_descent.covariance import (
    BlockCovariance,
    alignment,
    learning_curve,
    ridge_learning_curve,
)
from lazyrich.theory.double_descent.deterministic_equivalents import (
    largest_eigenvalue,
    ridge_kappa,
)

TWO = BlockCovariance([1.0, 0.01], [60, 140], [60.0, 1400.0])
WIDE = BlockCovariance(np.geomspace(1, 1e-14, 100), np.ones(100), np.geomspace(1, 1e14, 100) / 100)


def isotropic_quadrature(ratio, function):
    """int' rho(l) function(l) over the continuous Marchenko-Pastur law, X X^T of inputs of variance 1/N."""
    ratio = mp.mpf(ratio)
    low = ((1 - ratio) / (1 + mp.sqrt(ratio))) ** 2

    def density(phi):
        value = low + 4 * mp.sqrt(ratio) * mp.sin(phi / 2) ** 2
        return 2 * ratio / mp.pi * mp.sin(phi) ** 2 / value * function(value)

    panels = [mp.mpf(0)] + [mp.pi * mp.mpf(2) ** -j for j in range(16, -1, -1)]
    return mp.quad(density, panels)


def isotropic_errors(ratio, decay):
    """Bias and variance per unit, and both parts of train, where decay(l) is left of a mode."""
    zero = max(0, 1 - mp.mpf(ratio))
    kept = isotropic_quadrature(ratio, lambda x: decay(x) ** 2)
    noise = isotropic_quadrature(ratio, lambda x: (1 - decay(x)) ** 2 / x)
    signal = isotropic_quadrature(ratio, lambda x: x * decay(x) ** 2) / ratio
    return zero + kept, noise, signal, max(0, 1 - 1 / mp.mpf(ratio)) + kept / ratio


@pytest.mark.parametrize(
    ("ratio", "t"),
    [(0.5, 1e-3), (0.5, 3.0), (0.5, 1e4), (1, 0.1), (1, 50.0), (1, 1e4), (3, 0.7), (3, 1e4)],
)
@pytest.mark.parametrize("rate", [None, 0.3])
def test_equal_eigenvalues_give_the_isotropic_law(ratio, t, rate):
    """To 1e-10, also in steps (eta lambda up to 1.75 at ratio 0.5)."""
    if rate is not None:
        t = max(1, round(t / rate)) * rate
    with mp.workdps(25):
        lr = mp.mpf(0.3) / ratio
        if rate is None:
            expected = isotropic_errors(ratio, lambda x: mp.exp(-x * mp.mpf(t) / ratio))
        else:
            expected = isotropic_errors(ratio, lambda x: (1 - lr * x) ** round(t / rate))
        bias, variance, signal, noise = (float(x) for x in expected)
    blocks = BlockCovariance([2.0, 2.0], [30, 70], [0.1, 0.4])
    halved = None if rate is None else rate / 2
    curve = learning_curve(t / 2, blocks, 100 * ratio, noise_var=0.3, learning_rate=halved)
    assert_allclose(curve.bias, bias, rtol=0, atol=1e-12)
    assert_allclose(curve.variance, 0.3 * variance, rtol=1e-12, atol=1e-12)
    assert_allclose(curve.train, signal + 0.3 * noise, rtol=0, atol=1e-12)


def test_400_blocks_reproduce_two():
    rng = np.random.default_rng(0)
    which = np.repeat([0, 1], 200)
    share = np.concatenate([rng.dirichlet(np.ones(200)) for _ in range(2)])
    order = rng.permutation(400)
    parts = BlockCovariance(
        TWO.eigenvalues[which][order],
        (TWO.dimensions[which] * share)[order],
        (TWO.teacher_norms_squared[which] * share)[order],
    )
    t = np.geomspace(1e-2, 1e6, 5)
    for n_train in (110, 200, 400):
        whole = learning_curve(t, TWO, n_train, noise_var=0.2)
        split = learning_curve(t, parts, n_train, noise_var=0.2)
        for one, other in zip(whole, split, strict=True):
            assert_allclose(other, one, rtol=1e-11, atol=1e-11 * TWO.teacher_power)


@given(st.integers(1, 500), st.floats(-8, 12), st.floats(-12, 12))
@settings(max_examples=40, deadline=None)
def test_scaling_of_the_inputs(n_train, log_t, log_scale):
    """C -> a C, t -> t/a, m -> m/a leaves the risk alone."""
    a, t = 10**log_scale, 10**log_t
    scaled = BlockCovariance(a * TWO.eigenvalues, TWO.dimensions, TWO.teacher_norms_squared / a)
    one = learning_curve(t, TWO, n_train, noise_var=0.2)
    other = learning_curve(t / a, scaled, n_train, noise_var=0.2)
    for x, y in zip(one, other, strict=True):
        assert_allclose(y, x, rtol=1e-9, atol=1e-10 * TWO.teacher_power)


@given(st.integers(1, 300), st.floats(-8, 20))
@settings(max_examples=25, deadline=None)
def test_numbers_of_nodes_agree_at_condition_1e14(n_train, log_t):
    curves = []
    for half_nodes in (16, 20):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                block_dynamics,
                "exponential_nodes",
                lambda t, n=half_nodes: inverse_laplace.exponential_nodes(t, n),
            )
            curves.append(learning_curve(10.0**log_t, WIDE, n_train, noise_var=1.0))
    for one, other in zip(*curves, strict=True):
        assert_allclose(other, one, rtol=1e-11, atol=1e-10)


@pytest.mark.parametrize("n_train", [1, 10, 59, 61, 90, 150, 1e9])
@pytest.mark.parametrize("blocks", [TWO, WIDE], ids=["two", "wide"])
def test_both_ends_in_time(blocks, n_train):
    curve = learning_curve([0.0, 1e-30, 1e-8, 1e25, np.inf], blocks, n_train, noise_var=0.3)
    power = blocks.teacher_power
    assert_allclose(curve.bias[:2], power)
    assert_allclose(curve.bias[2], power, rtol=1e-7)
    assert_allclose(curve.variance[:3], 0, atol=1e-12)
    assert_allclose(curve.train[0], power + 0.3)
    scale = max(1.0, curve.variance[-1])
    assert_allclose(curve.bias[3], curve.bias[-1], atol=1e-10 * power)
    assert_allclose(curve.variance[3], curve.variance[-1], atol=1e-10 * scale)
    assert_allclose(curve.train[3], curve.train[-1], atol=1e-10 * power)


@pytest.mark.parametrize("n_train", [50, 130, 300])
def test_static_limit_is_ridgeless(n_train):
    """Excess risk of the least-norm interpolator, or least squares, in its textbook form."""
    curve = learning_curve(np.inf, TWO, n_train, noise_var=0.3)
    c, n = TWO.eigenvalues, TWO.dimensions
    k = float(ridge_kappa(0.0, TWO, n_train))
    if n_train > 200:
        assert k == 0
        assert_allclose(curve, (0.0, 0.3 * 200 / (n_train - 200), 0.3 * (1 - 200 / n_train)))
        return
    g = (n * (c / (c + k)) ** 2).sum() / n_train
    unseen = (TWO.teacher_norms_squared * c * (k / (c + k)) ** 2).sum()
    assert_allclose(curve, (unseen / (1 - g), 0.3 * g / (1 - g), 0.0), rtol=1e-12)


def test_as_many_dimensions_as_samples():
    t = np.array([1.0, 1e6, 1e12, np.inf])
    noisy = learning_curve(t, TWO, 200, noise_var=0.1)
    assert noisy.variance[-1] == np.inf and noisy.train[-1] == 0 and noisy.bias[-1] == 0
    grown = noisy.variance[2] / noisy.variance[1]
    assert_allclose(grown, 1e3, rtol=0.05)
    silent = learning_curve(t, TWO, 200)
    assert (silent.variance == 0).all()


def test_train_error_never_rises_and_risk_starts_by_falling():
    t = np.geomspace(1e-6, 1e9, 200)
    for n_train in (1, 130, 200, 450):
        curve = learning_curve(t, TWO, n_train, noise_var=0.3)
        assert (np.diff(curve.train) <= 1e-11).all()
        assert curve.bias[100] < curve.bias[0]
        assert (np.diff(curve.variance) >= -1e-10).all()


def test_a_block_without_teacher_or_far_below_in_scale_hardly_matters_early():
    tiny = BlockCovariance([1.0, 0.01, 1e-12], [60, 140, 1000], [60.0, 1400.0, 0.0])
    t = np.array([0.1, 10.0, 1e3])
    for one, other in zip(
        learning_curve(t, TWO, 130, noise_var=0.1),
        learning_curve(t, tiny, 130, noise_var=0.1),
        strict=True,
    ):
        assert_allclose(other, one, rtol=1e-6)


def test_stopping_early_against_ridge():
    """Excess risk at t is at most 1.6859 times that of ridge with penalty 1/t (Ali, Kolter, Tibshirani)."""
    t = np.geomspace(1e-2, 1e6, 40)
    c, n, m = TWO.eigenvalues, TWO.dimensions, TWO.teacher_norms_squared
    for n_train in (50, 130, 300):
        k = ridge_kappa(1 / t, TWO, n_train)[:, None]
        g = (n * (c / (c + k)) ** 2).sum(axis=1) / n_train
        ridge = ((m * c * (k / (c + k)) ** 2).sum(axis=1) + 0.3 * g) / (1 - g)
        curve = learning_curve(t, TWO, n_train, noise_var=0.3)
        ratio = (curve.bias + curve.variance) / ridge
        assert ratio.max() < 1.6859 and ratio.max() > 1


def test_small_steps_approach_the_flow_at_first_order():
    t = 8.0
    flow = learning_curve(t, TWO, 130, noise_var=0.3)
    gaps = [
        learning_curve(t, TWO, 130, noise_var=0.3, learning_rate=rate).bias - flow.bias
        for rate in (0.02, 0.01, 0.005)
    ]
    assert_allclose([gaps[0] / gaps[1], gaps[1] / gaps[2]], 2, rtol=0.02)


def test_one_step_of_descent_from_moments():
    """f = 1 - eta S: E S = C and E S C S = (C tr C^2 + (P + 1) C^3)/P, whose 1/P part the limit drops."""
    rate, P = 0.4, 130
    c, n, m = TWO.eigenvalues, TWO.dimensions, TWO.teacher_norms_squared
    square = c**3 + c * (n @ c**2) / P
    expected = m @ (c - 2 * rate * c**2 + rate**2 * square)
    curve = learning_curve(rate, TWO, P, noise_var=0.3, learning_rate=rate)
    assert_allclose(curve.bias, expected, rtol=1e-13)
    assert_allclose(curve.variance, 0.3 * rate**2 * (n @ c**2) / P, rtol=1e-12)


def test_alignment_is_half_of_what_the_bias_misses():
    """At t = inf the interpolator is a projection: E w*^T C w = sum m c^2/(c + kappa)."""
    k = float(ridge_kappa(0.0, TWO, 130))
    c, m = TWO.eigenvalues, TWO.teacher_norms_squared
    expected = (m * c * c / (c + k)).sum()
    assert_allclose(alignment(np.inf, TWO, 130), expected)
    assert_allclose(alignment(1e14, TWO, 130), expected, rtol=1e-11)
    assert alignment(0.0, TWO, 130) == 0
    one_step = 0.4 * (m * c * c).sum()
    assert_allclose(alignment(0.4, TWO, 130, learning_rate=0.4), one_step, rtol=1e-13)


@pytest.mark.parametrize("n_train", [3, 130, 200, 2000])
def test_largest_eigenvalue_is_where_kappa_turns(n_train):
    """Against the minimum over x of x (1 + (1/P) sum n c/(x - c)), found by a search."""
    from scipy.optimize import minimize_scalar

    blocks = BlockCovariance([1.0, 0.9, 0.01], [60, 3, 140], [1, 1, 1])
    c, w = blocks.eigenvalues, blocks.dimensions / n_train

    def edge(log_distance):
        x = 1 + np.exp(log_distance)
        return x * (1 + (w * c / (x - c)).sum())

    found = minimize_scalar(edge, bounds=(-12, 5), method="bounded", options={"xatol": 1e-10})
    assert_allclose(largest_eigenvalue(blocks, n_train), found.fun, rtol=1e-12)


def test_shapes_and_scalars():
    curve = learning_curve(np.ones((2, 3)), TWO, 100)
    assert all(x.shape == (2, 3) for x in curve)
    assert all(np.ndim(x) == 0 for x in learning_curve(1, TWO, 100))
    assert alignment([[1.0]], TWO, 100).shape == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "keywords", "words"),
    [
        ((-1.0, TWO, 100), {}, "t = -1.0 is outside"),
        (([1.0, np.nan], TWO, 100), {}, "t = nan"),
        (([], TWO, 100), {}, "t is empty"),
        (("a", TWO, 100), {}, "t = 'a'"),
        ((1.0, TWO, 0), {}, "n_train = 0"),
        ((1.0, TWO, 100), {"noise_var": -0.1}, "noise_var = -0.1"),
        ((1.0, TWO, 100), {"noise_var": np.nan}, "noise_var = nan"),
        ((1.0, TWO, 100), {"noise_var": [0.1, 0.2]}, "needs one number"),
        ((1.0, TWO, 100), {"learning_rate": 1.0}, "is outside"),
        ((1.0, TWO, 100), {"learning_rate": 0.0}, "is outside"),
        ((1.0, TWO, 100), {"learning_rate": 0.3}, "no whole number of steps"),
        ((1.0, [1.0], 100), {}, "BlockCovariance"),
    ],
)
def test_bad_input_is_refused(arguments, keywords, words):
    with pytest.raises(ValueError, match=words):
        learning_curve(*arguments, **keywords)


# With a ridge penalty


@pytest.mark.parametrize("n_train", [50, 130, 200, 300])
def test_small_penalty_is_plain_training_and_late_times_are_ridge(n_train):
    t = np.array([0.0, 0.1, 5.0, 300.0])
    plain = learning_curve(t, TWO, n_train, noise_var=0.3)
    curve = ridge_learning_curve(t, TWO, n_train, 1e-14, noise_var=0.3)
    assert_allclose(curve, plain[:2], rtol=1e-9, atol=1e-9)
    late = ridge_learning_curve([1e4, np.inf], TWO, n_train, 0.02, noise_var=0.3)
    for values in late:
        assert_allclose(values[0], values[1], rtol=1e-10)


def test_penalised_flow_of_dense_designs():
    """Averages over teacher and noise of whole matrices; N = 1000, within O(1/N)."""
    penalty, t, n_train = 0.03, np.array([0.3, 4.0, 40.0]), 650
    big = BlockCovariance([1.0, 0.01], [300, 700], [300.0, 7000.0])
    c = np.repeat(big.eigenvalues, [300, 700])
    teacher = np.repeat(big.teacher_norms_squared / big.dimensions, [300, 700])
    X = np.random.default_rng(0).standard_normal((n_train, 1000)) * np.sqrt(c)
    values, vectors = np.linalg.eigh(X.T @ X / n_train)
    values = np.maximum(values, 0)
    curve = ridge_learning_curve(t, big, n_train, penalty, noise_var=0.3)
    for j, time in enumerate(t):
        gone = np.exp(-(values + penalty) * time)
        left = (vectors * ((penalty + values * gone) / (values + penalty))) @ vectors.T
        fitted = values * ((1 - gone) / (values + penalty)) ** 2
        bias = c @ (left**2) @ teacher
        variance = 0.3 / n_train * (c @ vectors**2) @ fitted
        assert_allclose(curve.bias[j], bias, rtol=0.02)
        assert_allclose(curve.variance[j], variance, rtol=0.01)


def test_bad_penalties_are_refused():
    for penalty in (0.0, -1.0, np.nan, np.inf, [0.1, 0.2]):
        with pytest.raises(ValueError, match="^penalty "):
            ridge_learning_curve(1.0, TWO, 100, penalty)
