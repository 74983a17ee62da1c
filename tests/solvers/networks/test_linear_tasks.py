import numpy as np
import pytest

from lazyrich.solvers.networks import second_moments
from lazyrich.solvers.networks.linear_tasks import diagonal_task, digits, whitened_task


@pytest.mark.parametrize("seed", [None, 0])
def test_whitened_task_has_the_modes_it_names(seed):
    rng = None if seed is None else np.random.default_rng(seed)
    task = whitened_task([3.0, 1.0, 0.0], 7, 4, rng)
    assert np.array_equal(task.moments.sigma_xx, np.eye(7))
    product = task.left.T @ task.moments.sigma_yx @ task.right
    np.testing.assert_allclose(product, np.diag([3.0, 1.0, 0.0]), atol=1e-14)
    np.testing.assert_allclose(
        np.linalg.svd(task.moments.sigma_yx)[1], [3.0, 1.0, 0.0, 0.0], atol=1e-14
    )
    assert task.moments.trace_yy == 10.0 and task.input_variances.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("seed", [None, 0])
def test_diagonal_task_agrees_with_its_covariances(seed):
    rng = None if seed is None else np.random.default_rng(seed)
    task = diagonal_task([3.0, 1.0], [2.0, 0.5, 1e-3], 4, rng)
    moments = task.moments
    np.testing.assert_allclose(moments.sigma_xx @ task.right, task.right * [2.0, 0.5], atol=1e-14)
    np.testing.assert_allclose(np.linalg.eigvalsh(moments.sigma_xx), [1e-3, 0.5, 2.0], rtol=1e-11)
    assert np.array_equal(moments.sigma_xx, moments.sigma_xx.T)
    again = second_moments.from_covariances(moments.sigma_xx, moments.sigma_yx)
    np.testing.assert_allclose(again.least_squares, moments.least_squares, atol=1e-11)
    assert abs(again.trace_yy - moments.trace_yy) < 1e-12 and again.floor == moments.floor == 0.0


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: whitened_task([1.0, 1.0, 1.0], 5, 2), "3 singular values for 5 inputs and 2"),
        (lambda: whitened_task([], 5, 2), "singular_values"),
        (lambda: whitened_task([[1.0]], 5, 2), "singular_values"),
        (lambda: whitened_task([np.inf], 5, 2), "singular_values"),
        (lambda: diagonal_task([1.0], [1.0, 0.0], 2), "input_variances go down to 0.0"),
        (lambda: diagonal_task([1.0], [np.nan], 2), "input_variances"),
        (lambda: whitened_task([-3.0], 5, 2), "singular_values go down to -3.0; each must be >= 0"),
        (lambda: diagonal_task([-3.0], [1.0], 2), "singular_values go down to -3.0"),
        (lambda: whitened_task(["a"], 5, 2), "singular_values holds <U1 entries"),
        (lambda: whitened_task([1.0], 2.5, 2), "n_inputs = 2.5; needs one whole number"),
        (lambda: whitened_task([1.0], 2, [2]), r"n_outputs = \[2\]; needs one whole number"),
        (lambda: whitened_task([1.0], 2, 2, 0), "rng = 0; needs a numpy.random.Generator such as"),
    ],
)
def test_impossible_tasks_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_whole_floats_are_sizes():
    assert whitened_task([1.0], 2.0, 3.0).moments.sigma_yx.shape == (3, 2)


def test_whitened_digits_are_white_and_lose_nothing():
    white, plain = digits(whitened=True), digits(whitened=False)
    assert white._fields == plain._fields
    assert white.inputs.shape == (1797, 61) and plain.inputs.shape == (1797, 64)
    gram = white.inputs.T @ white.inputs / 1797
    assert np.abs(gram - np.eye(61)).max() < 1e-13
    assert np.abs(white.inputs.mean(axis=0)).max() < 1e-14
    np.testing.assert_allclose(plain.inputs @ white.transform, white.inputs, atol=1e-11)
    assert np.array_equal(plain.inputs @ plain.transform, plain.inputs)
    floors = [second_moments.from_samples(d.inputs, d.targets).floor for d in (white, plain)]
    assert abs(floors[0] - floors[1]) < 1e-13
    largest = np.abs(white.transform).argmax(axis=0)
    assert (white.transform[largest, np.arange(61)] > 0).all()


def test_digit_targets_are_centred_classes():
    data = digits(whitened=False)
    assert np.array_equal(data.targets.argmax(axis=1), data.labels)
    assert np.abs(data.targets.mean(axis=0)).max() < 1e-15
    np.testing.assert_allclose(data.targets.max(axis=1) - data.targets.min(axis=1), 1.0, atol=0.02)
    assert data.inputs.min() >= -1 and np.abs(data.inputs + data.pixel_mean).max() == 1.0
