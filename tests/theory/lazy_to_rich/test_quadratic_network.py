"""Loss, reduction to moments, flows and kernel stage of the quadratic network, by independent routes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad, solve_ivp

from lazyrich.theory.lazy_to_rich import quadratic_network as quadratic

RNG = np.random.default_rng(5)


def teacher(dim, power=1.0, rng=RNG):
    beta = rng.normal(size=dim)
    return beta * np.sqrt(power * dim / (beta @ beta))


def step_of_units(W, X, beta, alpha, eps, rate, start=None):
    """One step of gradient descent, unit by unit and sample by sample."""
    n, (count, dim) = len(W), X.shape

    def output(weights, x):
        h = weights @ x
        return alpha / n * np.sum(h + eps / 2 * h**2)

    moved = W.copy()
    for x in X:
        error = output(W, x) - (beta @ x) ** 2 / 2 - (0 if start is None else output(start, x))
        moved -= rate * dim / (alpha * count) * error * np.outer(1 + eps * (W @ x), x)
    return moved


# Test loss


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_the_loss_is_a_gaussian_moment(seed, centered):
    rng = np.random.default_rng(seed)
    dim, alpha, eps = 2, rng.uniform(0.2, 3), rng.uniform(-1, 1)
    W, W0, beta = rng.normal(size=(3, dim)), rng.normal(size=(2, dim)), rng.normal(size=dim)
    z, weights = np.polynomial.hermite_e.hermegauss(4)
    total = 0.0
    for a, u in zip(z, weights, strict=True):
        for b, v in zip(z, weights, strict=True):
            x = np.array([a, b]) / np.sqrt(dim)
            h, h0 = W @ x, W0 @ x
            f = alpha * np.mean(h + eps / 2 * h**2)
            f -= alpha * np.mean(h0 + eps / 2 * h0**2) if centered else 0
            total += u * v * (f - (beta @ x) ** 2 / 2) ** 2
    found = quadratic.test_loss(W, beta, alpha, eps, initial_W=W0 if centered else None)
    assert_allclose(sum(found), total / weights.sum() ** 2, rtol=1e-12)


def test_a_perfect_student_has_no_loss():
    beta = np.array([1.0, -2.0, 0.5])
    pair = np.array([beta, -beta]) / np.sqrt(0.7 * 1.5)
    assert_allclose(quadratic.test_loss(pair, beta, 0.7, 1.5), 0, atol=1e-15)


def test_large_networks_are_no_problem_for_the_loss():
    W = 1e8 * np.ones((1, 2))
    assert np.isfinite(quadratic.test_loss(W, [1.0, 1.0], 1e3, 1.0)).all()


# Width reduction


@pytest.mark.parametrize("centered", [True, False])
@pytest.mark.parametrize("eps", [0.0, 0.4, -0.3])
def test_descent_is_that_of_every_unit(centered, eps):
    X, W = RNG.normal(size=(7, 3)) / np.sqrt(3), RNG.normal(size=(4, 3))
    beta, alpha, rate = teacher(3, 1.3), 0.8, 0.05
    run = quadratic.exact_gradient_descent(
        X,
        beta,
        W.mean(axis=0),
        W.T @ W / 4,
        output_scale=alpha,
        quadratic_strength=eps,
        scaled_learning_rate=rate,
        n_steps=6,
        centered=centered,
    )
    start = W.copy() if centered else None
    for step in range(7):
        assert_allclose(run.mean_weight[step], W.mean(axis=0), atol=1e-13)
        assert_allclose(run.second_moment[step], W.T @ W / 4, atol=1e-13)
        parts = quadratic.test_loss(W, beta, alpha, eps, initial_W=start)
        assert_allclose(run.test[step], sum(parts), rtol=1e-12)
        W = step_of_units(W, X, beta, alpha, eps, rate, start)


def test_divergence_names_its_step():
    X = 3 * np.eye(4)
    with pytest.raises(FloatingPointError, match=r"diverged at step \d+"):
        quadratic.exact_gradient_descent(
            X,
            np.ones(4),
            np.zeros(4),
            np.eye(4),
            output_scale=1.0,
            quadratic_strength=1.0,
            scaled_learning_rate=5.0,
            n_steps=100,
        )


# Population flow


def test_the_isotropic_flow_is_the_matrix_flow_of_isotropic_weights():
    turn = np.linalg.qr(RNG.normal(size=(6, 6)))[0]
    W0, beta, t = np.sqrt(6) * np.vstack([turn, -turn]), teacher(6, 1.4), [0.0, 5.0, 20.0, 60.0]
    matrix = quadratic.population_flow(t, W0, beta, 1.2, 0.5)
    two = quadratic.isotropic_population_flow(t, 6, 1.2, 0.5, teacher_power=1.4)
    along = np.einsum("i,tij,j->t", beta, matrix.second_moment, beta) / (beta @ beta)
    assert_allclose(along, two.aligned, rtol=1e-8)
    assert_allclose(matrix.loss, two.loss, atol=1e-8)
    assert_allclose(matrix.mean_weight, 0, atol=1e-12)


def test_the_flow_is_that_of_every_unit():
    dim, alpha, eps = 3, 0.9, 0.6
    W0, beta = RNG.normal(size=(4, dim)), teacher(3)
    M0, mean0 = W0.T @ W0 / 4, W0.mean(axis=0)

    def velocity(_, flat):
        W = flat.reshape(4, dim)
        b = alpha * (W.mean(axis=0) - mean0)
        A = alpha * eps * (W.T @ W / 4 - M0) - np.outer(beta, beta)
        G = (np.trace(A) * np.eye(dim) + 2 * A) / (2 * dim**2)
        return -(b / dim + eps * W @ G).ravel()

    t = [0.3, 2.0, 9.0]
    solution = solve_ivp(velocity, (0, 9), W0.ravel(), "RK45", rtol=1e-11, atol=1e-13, t_eval=t)
    found = quadratic.population_flow(t, W0, beta, alpha, eps)
    for k in range(3):
        W = solution.y[:, k].reshape(4, dim)
        assert_allclose(found.second_moment[k], W.T @ W / 4, atol=1e-8)


def test_times_come_in_any_order_and_shape():
    t = np.array([[30.0, 0.0], [3.0, np.inf]])
    found = quadratic.isotropic_population_flow(t, 10, 1.0, 0.5)
    one_by_one = [quadratic.isotropic_population_flow(x, 10, 1.0, 0.5).loss for x in t.ravel()]
    assert_allclose(found.loss.ravel(), one_by_one, atol=1e-9)
    assert found.loss[0, 1] == pytest.approx(0.75) and found.loss[1, 1] == 0


def test_the_spike_escapes_after_the_predicted_time():
    # dominated by 2 q eps/D once the mean output is learned, not 3 q eps/D
    ratios = []
    for dim in (10**4, 10**8):
        t = np.linspace(0, 40, 401) * dim
        along = quadratic.isotropic_population_flow(t, dim, 1.0, 0.5, teacher_power=1.5).aligned
        half = np.interp(along[-1] / 2, along, t)
        ratios.append(half / (dim / (2 * 1.5 * 0.5) * np.log(1.5 * dim / 0.5)))
    assert 0.85 < ratios[0] < ratios[1] < 1 and 1 - ratios[1] < 0.6 * (1 - ratios[0])


# Kernel stage


def test_kernel_of_many_units():
    x, y = RNG.normal(size=(2, 3)), RNG.normal(size=(2, 3))
    W = RNG.normal(size=(400_000, 3))
    slope = [1 + 0.7 * W @ v.T for v in (x, y)]
    sampled = 2.25 * (x @ y.T) * (slope[0].T @ slope[1]) / len(W)
    found = quadratic.infinite_width_ntk(x, y, 1.5, 0.7)
    assert_allclose(found, sampled, atol=0.08)


@pytest.mark.parametrize("eps", [0.0, 0.6])
def test_lazy_training_is_descent_with_a_large_output_scale(eps):
    X, W, beta = RNG.normal(size=(9, 4)) / 2, RNG.normal(size=(3, 4)), teacher(4)
    model = {"quadratic_strength": eps, "scaled_learning_rate": 0.1}
    mean, moment = W.mean(axis=0), W.T @ W / 3
    steps = [0, 1, 5, 40]
    lazy = quadratic.lazy_training(steps, X, beta, **model, mean_weight=mean, second_moment=moment)
    run = quadratic.exact_gradient_descent(
        X, beta, mean, moment, output_scale=1e7, n_steps=40, **model
    )
    assert_allclose(lazy.train, run.train[steps], rtol=1e-5)
    assert_allclose(lazy.test, run.test[steps], rtol=1e-5)


def test_steps_beyond_the_middle_of_the_stable_range_alternate():
    X, beta = np.array([[2.0, 0.0]]), np.array([1.0, 0.0])
    lazy = quadratic.lazy_training(
        [0, 1, 2], X, beta, quadratic_strength=0.0, scaled_learning_rate=0.2
    )
    factor = 1 - 0.2 * 2 * 4
    assert_allclose(lazy.train, 4 * factor ** (2 * np.arange(3)), rtol=1e-13)
    with pytest.raises(ValueError, match="outside"):
        quadratic.lazy_training(1, X, beta, quadratic_strength=0.0, scaled_learning_rate=0.26)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.05, 3), st.floats(0.05, 0.95) | st.floats(1.05, 8))
def test_the_ridge_equation(eps, nu):
    """By brute force: s = tr (X^T X + lambda)^-1/D and its derivative as integrals over the law."""
    lower = (np.sqrt(nu) - 1) ** 2

    def moment(power):
        def of_angle(phi):
            lam = lower + 4 * np.sqrt(nu) * np.sin(phi / 2) ** 2
            rho = 2 * nu / np.pi * np.sin(phi) ** 2 / lam if lam > 0 else 2 / np.pi
            return rho * (lam + eps**2) ** -power

        return quad(of_angle, 0, np.pi, epsabs=0, epsrel=1e-9, limit=400)[0] + max(
            1 - nu, 0
        ) * eps ** (-2 * power)

    s, slope = moment(1), -moment(2)
    share = (1 + s) / (1 + s + nu)
    assert_allclose(
        quadratic.kernel_regression_loss(eps, nu),
        (0.5 + share**2 / 4) * (1 + s + eps**2 * slope),
        rtol=1e-6,
    )


def test_kernel_regression_at_the_extremes():
    assert quadratic.kernel_regression_loss(0.0, 1.0) == np.inf
    assert_allclose(
        quadratic.kernel_regression_loss(1e-9, [0.5, 3.0]), [1.5, 0.95 / 1.2], rtol=1e-9
    )
    assert_allclose(quadratic.kernel_regression_loss([0.0, 1e-9], 0.5), 1.5, rtol=1e-9)
    assert_allclose(quadratic.kernel_regression_loss(1e9, 2.0), 0.5 + 0.25 / 9, rtol=1e-9)
    assert np.isfinite(quadratic.kernel_regression_loss(1e-6, [1e-6, 1e6])).all()


def test_the_alignment_of_samples():
    dim, count = 20, 400
    rng = np.random.default_rng(3)
    found = []
    for _ in range(20):
        X = rng.normal(size=(count, dim)) / np.sqrt(dim)
        beta = np.sqrt(dim) * np.linalg.qr(rng.normal(size=(dim, dim)))[0]
        y = (X @ beta) ** 2
        y -= y.mean(axis=0)
        K = X @ X.T + 0.64 * (X @ X.T) ** 2
        K = K - K.mean(axis=0)
        K = K - K.mean(axis=1)[:, None]
        aligned = (y * (K @ y)).sum(axis=0) / (y**2).sum(axis=0)
        found.append(aligned.mean() / np.linalg.norm(K))
    error = np.std(found, ddof=1) / np.sqrt(20)
    expected = quadratic.kernel_target_alignment(0.8, count, dim)
    assert abs(np.mean(found) - expected) < 4 * error + 6 / count * expected
    assert error < 0.02 * expected


# Without quadratic part


def test_the_linear_student_of_a_random_design():
    rng = np.random.default_rng(2)
    dim, nu, rate, steps = 300, 2.5, 0.3, np.array([0, 1, 7, 40, 4000])
    lam = np.linalg.eigvalsh(_gram(rng.normal(size=(round(nu * dim), dim)) / np.sqrt(dim)))
    left = (1 - rate / nu * lam) ** steps[:, None]
    found = quadratic.linear_student_loss(steps, nu, rate, teacher_power=1.2)
    scale = 0.75 * 1.44
    assert_allclose(found.test, scale * (1 + ((1 - left) ** 2 / lam).mean(axis=1)), rtol=0.01)
    assert_allclose(found.train, scale * (1 - (1 - left**2).mean(axis=1) / nu), rtol=0.01)


def _gram(X):
    return X.T @ X


def test_the_linear_student_at_last():
    assert quadratic.linear_student_loss(np.inf, 1.0, 0.1).test == np.inf
    assert_allclose(quadratic.linear_student_loss(np.inf, 0.5, 0.1), [0.0, 1.5], atol=1e-12)


# Bad input


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: quadratic.test_loss([[np.nan]], [1.0], 1.0, 1.0), "W contains nan"),
        (lambda: quadratic.test_loss([[1.0, 2.0]], [1.0], 1.0, 1.0), r"beta has shape \(1,\)"),
        (lambda: quadratic.test_loss([[1.0]], [1.0], 0.0, 1.0), "output_scale = 0"),
        (lambda: quadratic.test_loss([[1.0]], [1.0], 1.0, np.inf), "quadratic_strength"),
        (lambda: quadratic.population_flow(-1, [[1.0]], [1.0], 1.0, 1.0), "t = -1"),
        (lambda: quadratic.isotropic_population_flow(1, 2.5, 1.0, 1.0), "dim = 2.5"),
        (lambda: quadratic.isotropic_population_flow(1, 2, 1.0, -1.0), "quadratic_strength = -1"),
        (lambda: quadratic.linear_student_loss(1.5, 2.0, 0.1), "whole"),
        (lambda: quadratic.linear_student_loss(1, 2.0, 3.0), "scaled_learning_rate = 3"),
        (lambda: quadratic.kernel_regression_loss(1.0, 0.0), "sample_ratio = 0"),
        (lambda: quadratic.kernel_target_alignment(1.0, 1, 5), "n_samples"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (np.array([[1.0, 0.5], [0.0, 1.0]]), "not symmetric"),
        (np.diag([1.0, -1.0]), "eigenvalue"),
        (np.eye(3), "shape"),
    ],
)
def test_moments_that_no_units_have(moment, words):
    with pytest.raises(ValueError, match=words):
        quadratic.exact_gradient_descent(
            np.eye(2),
            [1.0, 1.0],
            [0.0, 0.0],
            moment,
            output_scale=1.0,
            quadratic_strength=1.0,
            scaled_learning_rate=0.1,
            n_steps=1,
        )


def test_results_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="GiB"):
        quadratic.exact_gradient_descent(
            np.eye(100),
            np.ones(100),
            np.zeros(100),
            np.eye(100),
            output_scale=1.0,
            quadratic_strength=1.0,
            scaled_learning_rate=0.1,
            n_steps=10**7,
        )
