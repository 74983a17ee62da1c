"""The closed crossover of linear networks against an ODE of its moments, its limits, errors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

from lazyrich.theory.lazy_to_rich.diagnostics import (
    kernel_movement,
    lazy_kernel_fluctuation,
    linear_crossover,
    two_layer_kernels,
    weight_movement,
)


def by_units(richness, n_samples, dim):
    """End of training by Runge-Kutta on the weights of a network whose start has the right moments."""
    width = dim + 1
    columns = np.sqrt(width) * np.linalg.qr(np.random.default_rng(2).normal(size=(width, width)))[0]
    W, v = columns[:, :-1], columns[:, -1]
    X, y = np.sqrt(dim) * np.eye(n_samples, dim), np.arange(1.0, n_samples + 1)
    y /= np.linalg.norm(y)
    alpha = 1 / (richness * np.sqrt(width))

    def parts(state):
        return state[:-width].reshape(W.shape), state[-width:]

    def rate(_, state):
        w, a = parts(state)
        z = w @ X.T / np.sqrt(dim)
        error = (y - alpha * a @ z / np.sqrt(width)) / (alpha * np.sqrt(width))
        return np.append(np.outer(a, error) @ X / np.sqrt(dim), z @ error)

    start = np.append(W.ravel(), v)
    end = solve_ivp(rate, (0, 20), start, rtol=1e-10, atol=1e-11).y[:, -1]
    kernels = [two_layer_kernels(*parts(s), X, "identity").ntk for s in (start, end)]
    moved = np.linalg.norm(end - start) / np.linalg.norm(start)
    return moved, np.linalg.norm(kernels[1] - kernels[0]) / np.linalg.norm(kernels[0])


@pytest.mark.parametrize(("n_samples", "dim"), [(1, 1), (1, 3), (3, 4)])
@pytest.mark.parametrize("richness", [0.2, 1.0, 6.0])
def test_movements_are_those_of_a_network(richness, n_samples, dim):
    expected = by_units(richness, n_samples, dim)
    assert_allclose(linear_crossover(richness, n_samples, dim), expected, rtol=1e-6)


def test_lazy_end_is_that_of_the_tangent_kernel():
    r, p, d = 1e-5, 3, 5
    lazy = weight_movement(np.inf, 2 * np.eye(p), np.full(p, r / np.sqrt(p))) / np.sqrt(d + 1)
    found = linear_crossover(r, p, d)
    assert found.weights == pytest.approx(lazy, rel=1e-9)
    assert found.weights == pytest.approx(r / np.sqrt(2 * (d + 1)), rel=1e-9)
    assert found.kernel == pytest.approx(r**2 / 2 * np.sqrt((p + 3) / (4 * p)), rel=1e-9)


def test_small_richness_keeps_its_digits_and_large_does_not_overflow():
    assert linear_crossover(1e-100, 1, 1).kernel == pytest.approx(5e-201, rel=1e-12)
    r = 1e150
    found = linear_crossover(r, 2, 3)
    assert found.kernel == pytest.approx(r * np.sqrt(5 / 8), rel=1e-12)
    assert found.weights == pytest.approx(np.sqrt(2 * r / 4), rel=1e-9)


def test_fluctuation_is_that_of_random_starts():
    """First order in 1/alpha from the third kernel of random networks at a finite width."""
    p, dim, width, starts = 3, 3, 200, 1000
    X, y = np.sqrt(dim) * np.eye(p, dim), np.array([0.6, 0.0, 0.8])
    squares = []
    for rng in np.random.default_rng(3).spawn(starts):
        start = rng.standard_normal((width, dim)), rng.standard_normal(width)
        kernel, third = two_layer_kernels(*start, X, "identity")
        change = kernel_movement(np.inf, kernel, third, y)
        squares.append(np.sum(change**2) / np.sum(kernel**2))
    found = width * np.sqrt(np.mean(squares))  # alpha N |dK|/|K_0|
    assert found == pytest.approx(float(lazy_kernel_fluctuation(1.0, p)), rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1.0, 1, 1), "richness = -1.0"),
        ((np.nan, 1, 1), "richness = nan"),
        ((np.inf, 1, 1), "richness = inf"),
        (([], 1, 1), "richness = empty"),
        (("rich", 1, 1), "real numbers"),
        ((1.0, 0, 1), "n_samples = 0"),
        ((1.0, 2, 1), "n_samples = 2"),
        ((1.0, 1, 1.5), "dim = 1.5"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        linear_crossover(*arguments)
    if "dim" not in message and arguments[1] != 2:
        with pytest.raises(ValueError, match=message):
            lazy_kernel_fluctuation(*arguments[:2])
