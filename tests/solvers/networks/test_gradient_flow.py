"""The integrated gradient flow against 30-digit integration, gradient descent and its conservation law."""

import mpmath as mp
import numpy as np
import pytest

from lazyrich.solvers.networks.deep_linear import train
from lazyrich.solvers.networks.gradient_flow import two_layer_flow
from lazyrich.solvers.networks.second_moments import from_covariances
from lazyrich.theory.deep_linear.modes import two_layer_mode


def start(seed, n_in=2, n_hidden=3, n_out=2, scale=0.3):
    rng = np.random.default_rng(seed)
    shapes = (n_hidden, n_in), (n_out, n_hidden), (n_out, n_in)
    first, second, target = (rng.standard_normal(shape) for shape in shapes)
    return scale * first, scale * second, target


def taylor(first, second, target, t, order=22, h=0.05):
    """Power series of the flow in 30 digits, from step to step."""
    with mp.workdps(30):
        w1, w2, s = (mp.matrix(x.tolist()) for x in (first, second, target))
        parts = int(np.ceil(t / h))
        h = mp.mpf(t) / parts
        for _ in range(parts):
            a, b, r = [w1], [w2], []
            for k in range(order):
                product = sum((b[j] * a[k - j] for j in range(k + 1)), mp.zeros(s.rows, s.cols))
                r.append((s if k == 0 else 0 * s) - product)
                a.append(sum((b[j].T * r[k - j] for j in range(k + 1)), 0 * w1) / (k + 1))
                b.append(sum((r[j] * a[k - j].T for j in range(k + 1)), 0 * w2) / (k + 1))
            w1 = sum((a[k] * h**k for k in range(order + 1)), 0 * w1)
            w2 = sum((b[k] * h**k for k in range(order + 1)), 0 * w2)
        return [np.array(w.tolist(), dtype=float) for w in (w1, w2)]


@pytest.mark.parametrize("seed", range(2))
def test_against_taylor_series_in_30_digits(seed):
    given = start(seed)
    found = two_layer_flow(*given, [0.0, 0.7, 1.2])
    np.testing.assert_array_equal(found[0][0], given[0])
    for w, exact in zip(found, taylor(*given, 1.2), strict=True):
        np.testing.assert_allclose(w[-1], exact, atol=1e-15)


def test_small_weights_that_escape_from_a_saddle():
    given = start(3, 2, 1, 2, scale=1e-4)
    found = two_layer_flow(*given, [6.0])
    for w, exact in zip(found, taylor(*given, 6.0), strict=True):
        assert np.abs(exact).max() > 0.5
        np.testing.assert_allclose(w[0], exact, atol=1e-14)


def test_gradient_descent_converges_to_it():
    first, second, target = start(4)
    moments = from_covariances(np.eye(2), target)
    errors = []
    for rate in (0.01, 0.005):
        run = train([first, second], moments, rate, [round(2 / rate)])
        flow = two_layer_flow(first, second, target, [2.0])
        errors.append(max(np.abs(w - x).max() for w, x in zip(run.weights, flow, strict=True)))
    assert errors[0] / errors[1] == pytest.approx(2, abs=0.2)


def test_the_balance_is_conserved_for_10000_time_units():
    first, second, target = start(5, 3, 2, 4)
    w1, w2 = two_layer_flow(first, second, target, [1e2, 1e4])
    balance = second.T @ second - first @ first.T
    np.testing.assert_allclose(
        w2.swapaxes(1, 2) @ w2 - w1 @ w1.swapaxes(1, 2), [balance] * 2, atol=1e-14
    )


def test_bad_input_is_refused():
    first, second, target = start(0)
    with pytest.raises(ValueError, match="need"):
        two_layer_flow(first, second, target[:1], [1.0])
    for t in ([2.0, 1.0], [-1.0], [np.inf], [[1.0]]):
        with pytest.raises(ValueError, match="t must"):
            two_layer_flow(first, second, target, t)


@pytest.mark.parametrize(("a0", "b0"), [(0.3, 0.5), (0.01, 0.01), (1.2, -0.2)])
def test_one_unit_is_the_closed_form_up_to_10000_time_units(a0, b0):
    t = np.array([0.5, 3.0, 30.0, 1e3, 1e4])
    a, b, _ = two_layer_mode(t, a0, b0, 1.5)
    first, second = two_layer_flow([[a0]], [[b0]], [[1.5]], t)
    np.testing.assert_allclose(first[:, 0, 0], a, atol=1e-14)
    np.testing.assert_allclose(second[:, 0, 0], b, atol=1e-14)
