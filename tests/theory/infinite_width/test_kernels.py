"""NNGP and NTK of perceptrons: against the recursion in 60 digits, identities, limits, threads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazyrich.theory.infinite_width.activations import dual
from lazyrich.theory.infinite_width.kernels import mlp_kernels
from tests.theory.infinite_width.recursion_in_60_digits import (
    CUBIC,
    MOMENTS,
    at_angle,
    kernels_in_60_digits,
)

HE = float(np.sqrt(2))
ANGLES = (1e-10, 1e-8, 1e-5, 1e-3, 0.4, 1.1)
CLOSED = tuple(MOMENTS)


def rows(n=7, dim=4, seed=0):
    return np.random.default_rng(seed).standard_normal((n, dim))


def spelt(activation):
    return CUBIC if activation == "cubic" else activation


def close_pairs():
    """Near coincident and nearly opposite inputs, of equal and of different length."""
    for k, angle in enumerate(ANGLES):
        for ratio in (1.0, 1.3):
            yield at_angle(angle, ratio=ratio, seed=k)
            yield at_angle(-angle, ratio=ratio, seed=k)


@pytest.mark.parametrize("sigma_b", [0.0, 0.3])
@pytest.mark.parametrize("activation", CLOSED, ids=str)
def test_every_entry_near_coincident_and_opposite_inputs(activation, sigma_b):
    scale = 0.1 if activation in ("exp", "cubic") else 1.0
    depths = (1, 2) if activation in ("exp", "cubic") else (1, 3)
    for x, y in close_pairs():
        x, y = scale * x, scale * y
        for depth in depths:
            given_ = {"hidden_layers": depth, "sigma_w": 1.2, "sigma_b": sigma_b}
            found = mlp_kernels([x], [y], activation=spelt(activation), **given_)
            true = kernels_in_60_digits(x, y, activation=activation, **given_)
            for kernel, exact in zip(found, true, strict=True):
                assert abs(kernel.item() - exact) <= 1e-12 * abs(exact), (x, y, depth)


@pytest.mark.parametrize(("activation", "sigma_w"), [("relu", HE), ("erf", 1.5), ("erf", 20.0)])
def test_deep_networks_keep_the_digits(activation, sigma_w):
    for depth in range(1, 11):
        for angle in (1e-10, 1e-7, 1e-4, -1e-10, -1e-4):
            for sigma_b in (0.0, 0.2):
                x, y = at_angle(angle, seed=depth)
                given_ = {"hidden_layers": depth, "sigma_w": sigma_w, "sigma_b": sigma_b}
                found = mlp_kernels([x], [y], activation=activation, **given_)
                true = kernels_in_60_digits(x, y, activation=activation, **given_)
                for kernel, exact in zip(found, true, strict=True):
                    assert abs(kernel.item() - exact) <= 1e-12 * abs(exact), (depth, angle)


def test_the_difference_to_the_diagonal_has_digits_too():
    """The arc cosine of a correlation loses all of them at an angle of 1e-8."""
    for angle, allowed in ((1e-3, 1e-11), (1e-5, 1e-9), (1e-8, 1e-6)):
        x, y = at_angle(angle)
        found = mlp_kernels([x, y], hidden_layers=10, activation="relu", sigma_w=HE).ntk
        same, other = (
            kernels_in_60_digits(
                x, z, hidden_layers=10, activation="relu", sigma_w=HE, sigma_b=0.0
            )[1]
            for z in (x, y)
        )
        assert found[0, 0] - found[0, 1] == pytest.approx(float(same - other), rel=allowed)


def test_large_variances_of_gelu_and_erf():
    for activation, sigma_w in (("gelu", 30.0), ("erf", 1e3), ("gaussian", 100.0)):
        for angle in (1e-4, 0.5, -0.5, -1e-4):
            x, y = at_angle(angle, ratio=2.0)
            given_ = {"hidden_layers": 2, "sigma_w": sigma_w, "sigma_b": 0.1}
            found = mlp_kernels([x], [y], activation=activation, **given_)
            true = kernels_in_60_digits(x, y, activation=activation, **given_)
            for kernel, exact in zip(found, true, strict=True):
                assert abs(kernel.item() - exact) <= 1e-12 * abs(exact), (activation, angle)


def test_numbers_of_neural_tangents():
    """Made by ``python ../../benchmarks/neural_tangents_peer.py < neural_tangents_requests.jsonl >
    neural_tangents_0_6_5.jsonl`` in this folder; its NTK of ReLU and abs has 8 digits at coincident inputs.
    """
    here = Path(__file__).parent
    requests = (here / "neural_tangents_requests.jsonl").read_text().splitlines()
    answers = (here / "neural_tangents_0_6_5.jsonl").read_text().splitlines()[1:]
    for request, answer in zip(requests, answers, strict=True):
        given_ = json.loads(request)
        inputs, depth = given_.pop("inputs"), given_.pop("layers")
        allowed = 1e-8 if given_["activation"] in ("relu", "abs") else 1e-14
        found = mlp_kernels(inputs, hidden_layers=depth, **given_)
        for kernel, theirs, rtol in zip(found, json.loads(answer), (1e-14, allowed), strict=True):
            scale = np.abs(kernel).max()
            np.testing.assert_allclose(kernel, theirs, rtol=0, atol=rtol * scale, err_msg=request)


def test_he_diagonal():
    X = rows()
    for depth in (0, 1, 4, 10):
        nngp, ntk = mlp_kernels(X, hidden_layers=depth, activation="relu", sigma_w=HE)
        power = 2 * (X**2).mean(axis=1)
        np.testing.assert_allclose(np.diag(nngp), power, rtol=5e-15)
        np.testing.assert_allclose(np.diag(ntk), (depth + 1) * power, rtol=5e-15)


def test_no_hidden_layer_is_the_linear_kernel():
    X, Y = rows(), rows(3, seed=1)
    nngp, ntk = mlp_kernels(X, Y, hidden_layers=0, activation="tanh", sigma_w=1.3, sigma_b=0.4)
    np.testing.assert_allclose(nngp, 1.69 * X @ Y.T / 4 + 0.16, rtol=1e-13, atol=1e-15)
    np.testing.assert_array_equal(nngp, ntk)


def test_linear_networks():
    X = rows()
    gram = X @ X.T / 4
    nngp, ntk = mlp_kernels(X, hidden_layers=3, activation="identity", sigma_w=1.1)
    np.testing.assert_allclose(nngp, 1.1**8 * gram, rtol=0, atol=1e-14)
    np.testing.assert_allclose(ntk, 4 * 1.1**8 * gram, rtol=0, atol=4e-14)


@pytest.mark.parametrize(
    "activation", ["relu", "erf", "gelu", "cos", "tanh", CUBIC, ("leaky_relu", 0.1)], ids=str
)
def test_recursion_by_the_dual_activation(activation):
    """All pairs at once, with `dual`, the other implementation of the moments."""
    X = rows()
    nngp = 1.44 * X @ X.T / 4 + 0.04
    ntk = nngp
    for _ in range(2):
        q = np.diag(nngp)
        value, slope = dual(activation, q[:, None], q, nngp)
        nngp = 1.44 * value + 0.04
        ntk = nngp + 1.44 * slope * ntk
    found = mlp_kernels(X, hidden_layers=2, activation=activation, sigma_w=1.2, sigma_b=0.2)
    np.testing.assert_allclose(found.nngp, nngp, rtol=0, atol=3e-10 * nngp.max())
    np.testing.assert_allclose(found.ntk, ntk, rtol=0, atol=3e-10 * ntk.max())


@pytest.mark.parametrize("activation", ["relu", "erf", "gelu", "sin", "exp", "tanh"])
def test_symmetric_and_rectangular_agree(activation):
    X = rows(12) / 3
    given_ = {"hidden_layers": 2, "activation": activation, "sigma_w": 1.1, "sigma_b": 0.1}
    whole, rectangular = mlp_kernels(X, **given_), mlp_kernels(X, X.copy(), **given_)
    part = mlp_kernels(X[:5], X[5:], **given_)
    turned = mlp_kernels(X[5:], X[:5], **given_)
    for all_of, square, some, back in zip(whole, rectangular, part, turned, strict=True):
        np.testing.assert_array_equal(all_of, all_of.T)
        np.testing.assert_allclose(all_of, square, rtol=2e-14, atol=1e-15)
        np.testing.assert_allclose(all_of[:5, 5:], some, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(some, back.T, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("activation", ["relu", "erf", "gelu", "gaussian", "swish"])
def test_positive_semidefinite_and_unit_free(activation):
    X = rows(40, 3)
    for kernel in mlp_kernels(X, hidden_layers=2, activation=activation, sigma_b=0.1):
        values = np.linalg.eigvalsh(kernel)
        assert values[0] > -1e-12 * values[-1]


def test_zeros_and_repeated_rows():
    X = np.vstack([rows(3), np.zeros((2, 4))])
    X = np.vstack([X, X[:1]])
    for activation in ("relu", "erf", "gelu", "sin", "tanh", ("polynomial", [0, 1, 1])):
        nngp, ntk = mlp_kernels(X, hidden_layers=3, activation=activation)
        assert (nngp[3:5] == 0).all() and (ntk[3:5] == 0).all(), activation
        np.testing.assert_allclose(nngp[0], nngp[5], rtol=1e-14)
        np.testing.assert_allclose(ntk[0], ntk[5], rtol=1e-14)
    nngp, ntk = mlp_kernels(X[3:4], X[:1], hidden_layers=1, activation="cos", sigma_b=0.0)
    power = (X[0] ** 2).mean()
    assert nngp.item() == pytest.approx(np.exp(-power / 2), rel=1e-14)


def test_silent_weights_leave_the_biases():
    X = rows()
    nngp, ntk = mlp_kernels(X, hidden_layers=3, activation="relu", sigma_w=0.0, sigma_b=0.5)
    np.testing.assert_allclose(nngp, 0.25, rtol=1e-15)
    np.testing.assert_allclose(ntk, 0.25, rtol=1e-15)
    assert (mlp_kernels(X, hidden_layers=2, activation="erf", sigma_w=0.0).ntk == 0).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(-150, 150), st.integers(-20, 20))
def test_homogeneous_networks_know_no_units(shift, weight_shift):
    """Powers of 2 pass through a ReLU network without biases, whatever their size."""
    X, scale = rows(4), 2.0**weight_shift
    plain = mlp_kernels(X, hidden_layers=2, activation="relu")
    scaled = mlp_kernels(X * 2.0**shift, hidden_layers=2, activation="relu", sigma_w=scale)
    for one, other in zip(plain, scaled, strict=True):
        np.testing.assert_allclose(other, one * 4.0**shift * scale**6, rtol=1e-14, atol=1e-300)


def test_small_inputs_see_the_first_term_of_an_odd_activation():
    X = 1e-150 * rows()
    for activation, slope in (("erf", 2 / np.sqrt(np.pi)), ("sin", 1.0)):
        found = mlp_kernels(X, hidden_layers=3, activation=activation).ntk
        linear = mlp_kernels(X, hidden_layers=3, activation="identity", sigma_w=1.0).ntk
        np.testing.assert_allclose(found, slope**6 * linear, rtol=1e-12, atol=1e-320)


def test_ntk_of_one_hidden_relu_layer_on_the_circle():
    angles = np.linspace(0, np.pi, 9)
    X = np.sqrt(2) * np.column_stack([np.cos(angles), np.sin(angles)])
    found = mlp_kernels(X[:1], X, hidden_layers=1, activation="relu", sigma_w=HE).ntk[0]
    true = (np.sin(angles) + 2 * (np.pi - angles) * np.cos(angles)) * 2 / np.pi
    np.testing.assert_allclose(found, true, rtol=0, atol=1e-14)


THREADS = """
import sys
import numpy as np
from lazyrich.theory.infinite_width.kernels import mlp_kernels
X = np.random.default_rng(0).standard_normal((501, 33))
parts = [mlp_kernels(X, hidden_layers=2, activation=a, sigma_b=0.1) for a in ("relu", "erf")]
sys.stdout.buffer.write(b"".join(kernel.tobytes() for pair in parts for kernel in pair))
"""


def test_threads_leave_no_trace():
    runs = []
    for threads in ("1", "2"):
        names = ("NUMBA", "OMP", "OPENBLAS", "MKL")
        environment = {**os.environ, **{f"{name}_NUM_THREADS": threads for name in names}}
        done = subprocess.run(
            [sys.executable, "-c", THREADS], env=environment, capture_output=True, check=True
        )
        runs.append(done.stdout)
    assert len(runs[0]) == 4 * 8 * 501**2 and runs[0] == runs[1]


def test_many_blocks_are_one_kernel(monkeypatch):
    from lazyrich.theory.infinite_width import kernels

    X, Y = rows(23), rows(9, seed=1)
    for other in (None, Y):
        whole = mlp_kernels(X, other, hidden_layers=2, activation="erf", sigma_b=0.1)
        monkeypatch.setattr(kernels, "_BLOCK", 50)
        pieces = mlp_kernels(X, other, hidden_layers=2, activation="erf", sigma_b=0.1)
        monkeypatch.undo()
        for one, many in zip(whole, pieces, strict=True):
            np.testing.assert_allclose(many, one, rtol=1e-14, atol=1e-16)


def test_the_plain_recursion_would_be_noticed():
    """c and acos(rho) instead of gaps: 1e-8 instead of 1e-12 between nearly equal inputs."""
    x, y = at_angle(1e-8)
    q1, q2, c = 2 * x @ x / 5, 2 * y @ y / 5, 2 * x @ y / 5
    ntk = c
    for _ in range(3):
        theta = np.arccos(min(1.0, c / np.sqrt(q1 * q2)))
        c = np.sqrt(q1 * q2) / np.pi * (np.sin(theta) + (np.pi - theta) * np.cos(theta))
        ntk = c + (np.pi - theta) / np.pi * ntk
    given_ = {"hidden_layers": 3, "activation": "relu", "sigma_w": HE, "sigma_b": 0.0}
    true = float(kernels_in_60_digits(x, y, **given_)[1])
    assert abs(ntk / true - 1) > 1e-9
    assert mlp_kernels([x], [y], **given_).ntk.item() == pytest.approx(true, rel=1e-14)


def test_bias_between_inputs_of_different_length_is_not_forgotten():
    """Parallel inputs differ after a bias: without (b_1 - b_2)^2 they would stay parallel."""
    x = rows(1)[0]
    nngp = mlp_kernels([x, 3 * x], hidden_layers=2, activation="relu", sigma_b=0.7).nngp
    true = kernels_in_60_digits(
        x, 3 * x, hidden_layers=2, activation="relu", sigma_w=1.0, sigma_b=0.7
    )[0]
    assert nngp[0, 1] == pytest.approx(float(true), rel=1e-14)
    assert nngp[0, 1] < 0.99 * np.sqrt(nngp[0, 0] * nngp[1, 1])
