from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from numba import njit
from numba.core import caching
from threadpoolctl import threadpool_info, threadpool_limits

from lazyrich.solvers.networks import deep_linear, initial_weights, linear_tasks, second_moments
from lazyrich.solvers.networks.deep_linear import train, train_ensemble
from lazyrich.solvers.networks.numba_cache import compiled

WIDTHS = [(5, 3), (3, 5), (4, 7, 3), (3, 7, 4), (6, 4, 5, 3, 2), (2, 3, 5, 4, 6), (1, 1), (1, 3, 1)]


def noisy_data(widths, rng, n_samples=40):
    inputs = rng.standard_normal((n_samples, widths[0])) + 0.3
    targets = inputs @ rng.standard_normal((widths[0], widths[-1]))
    return inputs, targets + 0.3 * rng.standard_normal(targets.shape)


def plain_descent(weights, inputs, targets, learning_rate, n_steps):
    """Back-propagation sample by sample, as in a textbook: nothing here knows second moments."""
    weights, losses = [w.copy() for w in weights], []
    for step in range(n_steps + 1):
        activity = [inputs.T]
        for w in weights:
            activity.append(w @ activity[-1])
        error = activity[-1] - targets.T
        losses.append(np.sum(error**2) / (2 * len(inputs)))
        if step == n_steps:
            return weights, np.array(losses)
        signal, gradients = error / len(inputs), []
        for k in reversed(range(len(weights))):
            gradients.insert(0, signal @ activity[k].T)
            signal = weights[k].T @ signal
        weights = [w - learning_rate * g for w, g in zip(weights, gradients, strict=True)]


def same_bits(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one[:-1], other[:-1], strict=True)) and all(
        np.array_equal(a, b) for a, b in zip(one.weights, other.weights, strict=True)
    )


@pytest.mark.parametrize("widths", WIDTHS)
def test_follows_back_propagation_on_the_samples(widths):
    rng = np.random.default_rng(7)
    inputs, targets = noisy_data(widths, rng)
    start = initial_weights.small_random_weights(widths, 0.7, rng)
    before = [w.copy() for w in start]
    moments = second_moments.from_samples(inputs, targets)
    run = train(start, moments, 0.02, np.arange(301))
    weights, losses = plain_descent(start, inputs, targets, 0.02, 300)
    np.testing.assert_allclose(run.loss, losses, rtol=1e-12)
    for ours, w in zip(run.weights, weights, strict=True):
        assert np.abs(ours[-1] - w).max() < 1e-12 * np.abs(w).max()
    assert all(np.array_equal(a, b) for a, b in zip(start, before, strict=True))


@pytest.mark.parametrize("condition", [1e3, 1e9])
def test_nearly_collinear_inputs_cost_no_digits(condition):
    rng = np.random.default_rng(4)
    scales = np.geomspace(1, 1 / condition, 12)
    inputs = (rng.standard_normal((40, 12)) * scales) @ initial_weights.random_frame(12, 12, rng)
    targets = rng.standard_normal((40, 3))
    start = initial_weights.small_random_weights((12, 9, 3), 0.5, rng)
    moments = second_moments.from_samples(inputs, targets)
    run = train(start, moments, 0.1, np.arange(301))
    weights, losses = plain_descent(start, inputs, targets, 0.1, 300)
    np.testing.assert_allclose(run.loss, losses, rtol=1e-12)
    for ours, w in zip(run.weights, weights, strict=True):
        assert np.abs(ours[-1] - w).max() < 1e-12 * np.abs(w).max()


@given(
    widths=st.lists(st.integers(1, 9), min_size=2, max_size=6),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40, deadline=None)
def test_one_step_is_the_gradient_for_any_shape(widths, seed):
    """Central differences of the loss over the samples, in one random direction of all weights."""
    rng = np.random.default_rng(seed)
    inputs, targets = noisy_data(widths, rng)
    start = initial_weights.orthogonal_weights(widths, 1.0, rng)
    direction = [rng.standard_normal(w.shape) for w in start]

    def loss(shift):
        network_map = np.eye(widths[0])
        for w, d in zip(start, direction, strict=True):
            network_map = (w + shift * d) @ network_map
        return np.sum((inputs @ network_map.T - targets) ** 2) / (2 * len(inputs))

    # five-point rule: the loss is a polynomial, the truncation error is O(h^4)
    h = 1e-3
    slope = (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h)
    moments = second_moments.from_samples(inputs, targets)
    run = train(start, moments, 1e-4, [0, 1], weight_steps=[0, 1])
    change = sum(np.sum((w[1] - w[0]) * d) for w, d in zip(run.weights, direction, strict=True))
    assert abs(change / 1e-4 + slope) < 1e-7 * (loss(0) + abs(slope) + 1)


def test_a_single_matrix_decays_geometrically():
    task = linear_tasks.diagonal_task([3, 2, 0.5], [2, 1, 0.3, 0.7], 5, np.random.default_rng(3))
    steps = np.array([0, 1, 2, 10, 1000])
    run = train([np.zeros((5, 4))], task.moments, 0.4, steps, left=task.left, right=task.right)
    s, d = task.singular_values, task.input_variances
    expected = s / d * (1 - (1 - 0.4 * d) ** steps[:, None])
    np.testing.assert_allclose(run.mode_strengths, expected, rtol=1e-12, atol=1e-15)
    losses = 0.5 * np.sum(s**2 / d * (1 - 0.4 * d) ** (2 * steps[:, None]), axis=1)
    np.testing.assert_allclose(run.excess_loss[:4], losses[:4], rtol=1e-12)


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_aligned_modes_stay_alone(depth):
    """Each mode of an aligned start follows its own scalar recursion, at any learning rate."""
    rng = np.random.default_rng(depth)
    task = linear_tasks.whitened_task([2.0, 1.0, 0.0], 6, 4, rng)
    layers = rng.uniform(0.3, 1.2, (depth, 3))
    start = initial_weights.aligned_weights(task.left, task.right, layers, [5] * (depth - 1), rng)
    run = train(start, task.moments, 0.05, np.arange(201), left=task.left, right=task.right)
    for step in range(201):
        u = np.prod(layers, axis=0)
        np.testing.assert_allclose(run.mode_strengths[step], u, rtol=1e-11, atol=1e-13)
        layers = layers + 0.05 * (task.singular_values - u) * u / layers


def test_the_excess_loss_keeps_its_digits():
    """Two layers, one mode, in 40 digits: excess (s - ab)^2/2 down to 1e-25, with any floor."""
    task = linear_tasks.whitened_task([1.5], 3, 2)
    start = initial_weights.aligned_weights(
        task.left, task.right, [[0.6], [0.8]], [3], np.random.default_rng(1)
    )
    steps = np.arange(0, 70, 3)
    run = train(start, task.moments, 0.1, steps)
    exact = []
    with mp.workdps(40):
        a, b = mp.mpf(0.6), mp.mpf(0.8)
        for _ in range(70):
            exact.append((1.5 - a * b) ** 2 / 2)
            a, b = a + 0.1 * b * (1.5 - a * b), b + 0.1 * a * (1.5 - a * b)
    exact = np.array(exact, dtype=float)[steps]
    assert 1e-27 < exact[-1] < 1e-20
    np.testing.assert_allclose(run.excess_loss, exact, rtol=2e-15 / np.sqrt(exact[-1]))
    noisy = train(start, task.moments._replace(trace_yy=4.25, floor=1.0), 0.1, steps)
    assert np.array_equal(noisy.excess_loss, run.excess_loss)
    assert np.array_equal(noisy.loss, 1.0 + run.excess_loss)


def test_records_what_was_asked_where_it_was_asked():
    rng = np.random.default_rng(0)
    inputs, targets = noisy_data((5, 6, 3), rng)
    moments = second_moments.from_samples(inputs, targets)
    start = initial_weights.small_random_weights((5, 6, 3), 0.5, rng)
    left, right = rng.standard_normal((3, 2)), rng.standard_normal((5, 2))
    full = train(start, moments, 0.02, range(51), left=left, right=right, weight_steps=range(51))
    some = train(start, moments, 0.02, [3, 40], left=left, right=right, weight_steps=[0, 7, 50])
    assert np.array_equal(some.loss, full.loss[[3, 40]])
    assert np.array_equal(some.mode_strengths, full.mode_strengths[[3, 40]])
    assert all(
        np.array_equal(a, b[[0, 7, 50]]) for a, b in zip(some.weights, full.weights, strict=True)
    )
    for k in (0, 25, 50):
        network_map = full.weights[1][k] @ full.weights[0][k]
        np.testing.assert_allclose(full.mode_strengths[k], np.diag(left.T @ network_map @ right))
        excess = second_moments.excess_loss(network_map, moments)
        np.testing.assert_allclose(full.excess_loss[k], excess, rtol=1e-10)
    bare = train(start, moments, 0.02, [3, 40])
    assert bare.mode_strengths.shape == (2, 0) and bare.weight_steps.tolist() == [40]
    assert np.array_equal(bare.weights[0][-1], full.weights[0][40])


@pytest.mark.parametrize("widths", [(6, 9, 4), (4, 70, 70, 6), (100, 100, 100)])
def test_same_bits_for_any_threads_alone_or_together(widths):
    rng = np.random.default_rng(11)
    starts = [initial_weights.small_random_weights(widths, 0.5, rng) for _ in range(5)]
    data = [second_moments.from_samples(*noisy_data(widths, rng, 150)) for _ in starts]
    steps = np.arange(0, 31, 3)
    modes = {
        "left": rng.standard_normal((widths[-1], 2)),
        "right": rng.standard_normal((widths[0], 2)),
    }
    with threadpool_limits(2):
        runs = [train_ensemble(starts, data, 1e-3, steps, threads=n, **modes) for n in (1, 2, 4)]
        alone = [train(w, m, 1e-3, steps, **modes) for w, m in zip(starts, data, strict=True)]
    with threadpool_limits(1):
        runs.append(train_ensemble(starts, data, 1e-3, steps, **modes))
    assert all(same_bits(runs[0], run) for run in runs[1:])
    for member, run in enumerate(alone):
        assert np.array_equal(run.loss, runs[0].loss[:, member])
        assert np.array_equal(run.mode_strengths, runs[0].mode_strengths[:, member])
        for one, all_ in zip(run.weights, runs[0].weights, strict=True):
            assert np.array_equal(one, all_[:, member])


def test_blas_threads_are_restored_after_overlapping_runs():
    rng = np.random.default_rng(0)
    start = initial_weights.small_random_weights((20, 30, 20), 0.5, rng)
    moments = second_moments.from_samples(*noisy_data((20, 20), rng))
    with threadpool_limits(2, "blas"):
        with ThreadPoolExecutor(3) as pool:
            losses = list(pool.map(lambda n: train(start, moments, 1e-3, [n]).loss, [900, 50, 400]))
        assert {
            pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"
        } == {2}
    assert losses[1] > losses[2] > losses[0]


def test_tiny_starts_neither_underflow_nor_crawl():
    task = linear_tasks.whitened_task([1.0], 4, 4)
    start = initial_weights.aligned_weights(
        task.left, task.right, [[1e-150], [1e-150]], [4], np.random.default_rng(0)
    )
    run = train(start, task.moments, 0.5, [0, 2000], left=task.left, right=task.right)
    np.testing.assert_allclose(run.mode_strengths[:, 0], [1e-300, 1.0], rtol=1e-12)


def test_divergence_names_its_step():
    task = linear_tasks.whitened_task([1.0], 2, 2)
    # depth 1: the excess loss grows 1.21-fold a step from 1/2 up to the bound 1e8 (1 + tr Sigma_yy)
    with pytest.raises(FloatingPointError, match=r"diverged at step 104 of network 0.*= 2\.1 must"):
        train([np.zeros((2, 2))], task.moments, 2.1, [1000])
    edge = train([np.zeros((2, 2))], task.moments, 2.0, [0, 1000])
    np.testing.assert_allclose(edge.loss, 0.5)  # at the edge of stability it oscillates for ever
    start = [np.full((2, 2), 1e200), np.full((2, 2), 1e200)]
    with pytest.raises(FloatingPointError, match="step 0"):
        train(start, task.moments, 0.1, [5])


def test_divergence_in_an_ensemble_names_the_network():
    task = linear_tasks.whitened_task([1.0], 2, 2)
    fine, wild = [np.eye(2), np.eye(2)], [30 * np.eye(2), 30 * np.eye(2)]
    for threads in (1, 2):
        with pytest.raises(FloatingPointError, match="of network 2"):
            train_ensemble([fine, fine, wild, fine, wild], task.moments, 0.1, [50], threads=threads)


def test_a_cancelled_run_stops_before_its_end():
    cancelled = Event()
    cancelled.set()
    seen = []
    with pytest.raises(KeyboardInterrupt):
        deep_linear._run_all(lambda k, event: _interrupt(k, event, seen), 4, 2)
    assert all(seen)


def _interrupt(member, cancelled, seen):
    if member == 0:
        raise KeyboardInterrupt
    seen.append(cancelled.wait(10))


GOOD = {
    "weights": [np.ones((3, 2)), np.ones((4, 3))],
    "moments": second_moments.from_covariances(np.eye(2), np.ones((4, 2))),
    "learning_rate": 0.1,
    "record_steps": [0, 5],
}


@pytest.mark.parametrize(
    "change, message",
    [
        ({"weights": []}, "weights is empty"),
        ({"weights": [np.ones((3, 2)), np.ones((4, 2))]}, r"weights\[0\] has shape \(3, 2\)"),
        ({"weights": [np.ones(3), np.ones((4, 3))]}, r"weights\[0\] has shape \(3,\)"),
        ({"weights": [np.ones((0, 2)), np.ones((4, 0))]}, "non-empty"),
        ({"weights": [np.full((3, 2), np.nan), np.ones((4, 3))]}, r"weights\[0\] holds NaN"),
        ({"weights": [np.ones((3, 5)), np.ones((4, 3))]}, "2 inputs and 4 outputs, the network 5"),
        ({"learning_rate": 0.0}, "learning_rate = 0.0; it must be positive"),
        ({"learning_rate": -1.0}, "learning_rate = -1.0"),
        ({"learning_rate": np.nan}, "learning_rate = nan"),
        ({"learning_rate": [0.1]}, r"learning_rate = \[0.1\]; needs one positive number"),
        ({"learning_rate": "0.1"}, "learning_rate = '0.1'; needs one positive number"),
        ({"moments": linear_tasks.whitened_task([1.0], 2, 4)}, "is a Task; pass task.moments"),
        ({"moments": (np.ones((5, 2)), np.ones((5, 4)))}, r"use second_moments.from_samples\(X, Y"),
        ({"record_steps": []}, "record_steps is empty"),
        ({"record_steps": 100}, r"record_steps has shape \(\); .* such as \[0, 100\]"),
        ({"record_steps": [0, np.nan]}, "record_steps holds nan; expected whole numbers"),
        ({"record_steps": ["0"]}, "record_steps holds <U1 entries; needs real numbers"),
        ({"weights": [[[1.0, 2.0], [3.0]]]}, r"weights\[0\] is ragged"),
        ({"left": np.ones(4), "right": np.ones(2)}, r"\(4,\); .* \(4, m\) .* left\[:, None\]"),
        ({"record_steps": [-1, 2]}, "from 0 or later"),
        ({"record_steps": [3, 2]}, "increase strictly"),
        ({"record_steps": [2, 2]}, "increase strictly"),
        ({"record_steps": [0.5, 1.0]}, "whole numbers"),
        ({"record_steps": [[1, 2]]}, "whole numbers"),
        ({"weight_steps": [4, 1]}, "weight_steps"),
        ({"left": np.ones((4, 1))}, "given together"),
        ({"left": np.ones((4, 1)), "right": np.ones((2, 2))}, "pairs"),
        ({"left": np.ones((2, 1)), "right": np.ones((4, 1))}, r"expected \(4, m\) and \(2, m\)"),
    ],
)
def test_bad_input_is_refused(change, message):
    assert train(**GOOD).loss.shape == (2,)
    with pytest.raises(ValueError, match=message):
        train(**{**GOOD, **change})


def test_whole_floats_are_steps():
    run = train(**{**GOOD, "record_steps": [0.0, 5.0]})
    assert same_bits(run, train(**GOOD)) and run.steps.dtype == np.int64


def test_bad_ensembles_are_refused():
    start, moments = GOOD["weights"], GOOD["moments"]
    with pytest.raises(ValueError, match="members is empty"):
        train_ensemble([], moments, 0.1, [1])
    with pytest.raises(ValueError, match="member 1 has widths"):
        train_ensemble([start, [np.ones((4, 2))]], moments, 0.1, [1])
    with pytest.raises(ValueError, match="2 members but 1 sets"):
        train_ensemble([start, start], [moments], 0.1, [1])
    with pytest.raises(ValueError, match="threads = 0"):
        train_ensemble([start], moments, 0.1, [1], threads=0)


def test_records_too_large_for_memory_are_refused(monkeypatch):
    monkeypatch.setattr("lazyrich.solvers.networks.memory.available_bytes", lambda: 2.0**20)
    with pytest.raises(ValueError, match=r"need 0\.\d+ GiB, but only 0\.000977 GiB"):
        train(**{**GOOD, "record_steps": np.arange(10**5)})


def test_compiles_without_any_place_for_a_cache(monkeypatch):
    """numba refuses cache=True where it can write nowhere; the kernel must still run."""
    implementation = getattr(caching, "CacheImpl", None) or caching._CacheImpl  # before numba 0.61
    monkeypatch.setattr(implementation, "_locator_classes", [])
    with pytest.raises(RuntimeError, match="no locator"):
        njit(cache=True)(abs_difference)
    assert compiled()(abs_difference)(3.0, 5.0) == 2.0


def abs_difference(x, y):
    return abs(x - y)
