"""Responses against finite differences, and the derivatives of every smooth activation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lazyrich.theory.lazy_to_rich.mlp_responses import BLOCK, response_rows
from lazyrich.theory.lazy_to_rich.smooth_activations import _SMOOTH, with_derivatives

TIMES, COUNT = 4, 2
N = TIMES * COUNT


def layer(u, r, forward, backward):
    """h, z and g of one path, step by step."""
    h, z, g = np.zeros((3, N))
    for step in range(TIMES):
        now = slice(step * COUNT, (step + 1) * COUNT)
        h[now] = u[now] + forward[now] @ g
        z[now] = r[now] + backward[now] @ np.sin(h)
        g[now] = np.cos(h[now]) * z[now]
    return h, z, g


def test_responses_are_the_derivatives_of_a_path():
    rng = np.random.default_rng(0)
    steps = np.arange(N) // COUNT
    forward = rng.normal(size=(N, N)) * (steps[:, None] > steps)
    backward = rng.normal(size=(N, N)) * (steps[:, None] >= steps)
    u, r = rng.normal(size=(2, N))
    h, z, _ = layer(u, r, forward, backward)
    slopes, bends = np.zeros((2, N, BLOCK))
    slopes[:, 0], bends[:, 0] = np.cos(h), -np.sin(h) * z
    for step in range(TIMES):
        now = slice(step * COUNT, (step + 1) * COUNT)
        of_features = response_rows(slopes, bends, forward, backward, step, COUNT, True)
        of_gradients = response_rows(slopes, bends, forward, backward, step, COUNT, False)
        for source in range((step + 1) * COUNT):
            kick = 1e-6 * np.eye(N)[source]
            up, down = (layer(u, r + s * kick, forward, backward)[0] for s in (1, -1))
            slope = (np.sin(up) - np.sin(down))[now] / 2e-6
            assert_allclose(of_features[:, source], slope, atol=1e-7, rtol=1e-6)
            up, down = (layer(u + s * kick, r, forward, backward)[2] for s in (1, -1))
            slope = (up - down)[now] / 2e-6
            assert_allclose(of_gradients[:, source], slope, atol=1e-7, rtol=1e-6)


@pytest.mark.parametrize("activation", [*_SMOOTH, ("polynomial", [0.2, 1.0, -0.3, 0.1])])
def test_slopes_and_curvatures_are_derivatives(activation):
    phi = with_derivatives(activation)
    x, step = np.linspace(-3, 3, 41), 1e-5
    slope = (phi.value(x + step) - phi.value(x - step)) / (2 * step)
    assert_allclose(phi.slope(x), slope, atol=1e-8, rtol=1e-8)
    curvature = (phi.slope(x + step) - phi.slope(x - step)) / (2 * step)
    assert_allclose(phi.curvature(x), curvature, atol=1e-8, rtol=1e-8)


@pytest.mark.parametrize(
    ("activation", "below"), [("relu", 0.0), ("abs", -1.0), (("leaky_relu", 0.2), 0.2)]
)
def test_slopes_beside_a_kink(activation, below):
    phi = with_derivatives(activation, curvature=False)
    assert_allclose(phi.slope(np.array([-2.0, 3.0])), [below, 1.0])
