"""Kernels of functions without a closed form: against the closed forms, and quadrature."""

import numpy as np
import pytest
from scipy import special

from lazyrich.theory.infinite_width.activations import dual
from lazyrich.theory.infinite_width.kernels import mlp_kernels

FUNCTIONS = {
    "erf": lambda x: special.erf(x),
    "sin": lambda x: np.sin(x),
    "cos": lambda x: np.cos(x),
    "gaussian": lambda x: np.exp(-(x**2)),
    "gelu": lambda x: x * special.ndtr(x),
    "identity": lambda x: 1.0 * x,
}


def inputs():
    """Opposite, repeated, nearly repeated, vanishing and long ones among them."""
    X = np.random.default_rng(0).standard_normal((9, 5))
    X[1], X[2], X[3], X[4], X[5] = X[0], -X[0], X[0] + 1e-7 * X[6], 0, 3 * X[7]
    return X


@pytest.mark.parametrize("sigma_b", [0.0, 0.2])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_agree_with_closed_forms(name, sigma_b):
    given = {"hidden_layers": 2, "sigma_w": 1.2, "sigma_b": sigma_b}
    series = mlp_kernels(inputs(), activation=FUNCTIONS[name], **given)
    closed = mlp_kernels(inputs(), activation=name, **given)
    for found, true in zip(series, closed, strict=True):
        largest = np.sqrt(np.outer(np.diag(true), np.diag(true)))
        assert (np.abs(found - true) <= 1e-10 * largest).all()


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "swish"])
def test_smooth_names_against_quadrature(name):
    X, Y = inputs()[:4], inputs()[5:]
    found = mlp_kernels(X, Y, hidden_layers=1, activation=name, sigma_w=1.5)
    c = 2.25 * X @ Y.T / 5
    q1, q2 = (2.25 * (rows**2).mean(axis=1) for rows in (X, Y))
    value, slope = dual(name, q1[:, None], q2, c, tolerance=1e-11)
    np.testing.assert_allclose(found.nngp, 2.25 * value, rtol=0, atol=1e-10 * value.max())
    ntk = 2.25 * (value + slope * c)
    np.testing.assert_allclose(found.ntk, ntk, rtol=0, atol=1e-10 * np.abs(ntk).max())


def test_large_variance_takes_thousands_of_terms():
    X = np.array([[9.0, 0.0], [8.0, 3.0], [-9.0, 1e-3]]) * np.sqrt(2)
    found = mlp_kernels(X, hidden_layers=1, activation="tanh").nngp
    gram = X @ X.T / 2
    true = dual("tanh", np.diag(gram)[:, None], np.diag(gram), gram, tolerance=1e-11).value
    np.testing.assert_allclose(found, true, rtol=0, atol=1e-10)


def test_polynomials_are_exact():
    """E (a + b u)(a + b v) and E u^2 v^2 by hand."""
    X = inputs()
    c = X @ X.T / 5
    q = np.diag(c)
    square = mlp_kernels(X, hidden_layers=1, activation=("polynomial", [0, 0, 1]))
    np.testing.assert_allclose(square.nngp, np.outer(q, q) + 2 * c**2, rtol=0, atol=1e-12)
    np.testing.assert_allclose(square.ntk, square.nngp + 4 * c**2, rtol=0, atol=1e-12)
    line = mlp_kernels(X, hidden_layers=1, activation=("polynomial", [0.5, 2]))
    np.testing.assert_allclose(line.ntk, 0.25 + 8 * c, rtol=0, atol=1e-13)


def test_one_number_at_a_time_is_a_function_too():
    import math

    one = mlp_kernels(inputs(), hidden_layers=1, activation=math.tanh)
    for found, true in zip(
        one, mlp_kernels(inputs(), hidden_layers=1, activation="tanh"), strict=True
    ):
        np.testing.assert_allclose(found, true, rtol=1e-13, atol=1e-15)
