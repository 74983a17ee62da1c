import numpy as np
import pytest

from lazyrich.solvers.networks import initial_weights


def test_small_random_weights_have_the_stated_variance():
    rng = np.random.default_rng(2)
    widths = (50, 200, 400, 30)
    stds = [0.1 * h**-0.5 for h in (200, 200, 400)]
    for w, std in zip(initial_weights.small_random_weights(widths, 0.1, rng), stds, strict=True):
        assert abs(w.std() / std - 1) < 5 / np.sqrt(2 * w.size)
    (single,) = initial_weights.small_random_weights((100, 90), 2.0, rng)
    assert abs(single.std() / 0.2 - 1) < 0.04


def test_aligned_weights_have_the_stated_strengths():
    rng = np.random.default_rng(4)
    left, right = initial_weights.random_frame(4, 3, rng), initial_weights.random_frame(6, 3, rng)
    strengths = rng.uniform(-1, 1, (3, 3))
    weights = initial_weights.aligned_weights(left, right, strengths, [5, 3], rng)
    assert [w.shape for w in weights] == [(5, 6), (3, 5), (4, 3)]
    product = left.T @ weights[2] @ weights[1] @ weights[0] @ right
    np.testing.assert_allclose(product, np.diag(strengths.prod(axis=0)), atol=1e-14)
    for w, a in zip(weights, strengths, strict=True):
        singular = np.linalg.svd(w)[1][:3]
        np.testing.assert_allclose(singular, np.sort(np.abs(a))[::-1], rtol=1e-12)
    (single,) = initial_weights.aligned_weights(left, right, strengths[:1], [], rng)
    np.testing.assert_allclose(single, (left * strengths[0]) @ right.T, atol=1e-15)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda rng: initial_weights.small_random_weights((3,), 1.0, rng), "widths"),
        (lambda rng: initial_weights.small_random_weights((3, 0), 1.0, rng), "widths"),
        (lambda rng: initial_weights.small_random_weights((3, 1.5), 1.0, rng), "widths"),
        (lambda rng: initial_weights.small_random_weights((3, 2), -1.0, rng), "scale = -1"),
        (lambda rng: initial_weights.orthogonal_weights((3, 2), np.nan, rng), "gain = nan"),
        (lambda rng: initial_weights.random_frame(2, 3, rng), "3 orthonormal columns in 2"),
        (
            lambda rng: initial_weights.aligned_weights(
                np.eye(3, 2), np.eye(3, 2), np.ones((2, 2)), [1], rng
            ),
            "each must hold 2 modes",
        ),
        (
            lambda rng: initial_weights.aligned_weights(
                np.eye(3, 2), np.eye(3, 2), np.ones((2, 2)), [], rng
            ),
            "L - 1 hidden layers",
        ),
        (
            lambda rng: initial_weights.aligned_weights(
                np.eye(3, 2), 2 * np.eye(3, 2), np.ones((1, 2)), [], rng
            ),
            "right are not orthonormal",
        ),
        (
            lambda rng: initial_weights.aligned_weights(
                np.eye(3, 2), np.eye(3, 1), np.ones((1, 2)), [], rng
            ),
            "right has 1 columns",
        ),
        (
            lambda rng: initial_weights.aligned_weights(
                np.eye(3, 2), np.eye(3, 2), np.ones((2, 2)), 16, rng
            ),
            r"hidden_widths = 16; expected a list such as \[16\]",
        ),
        (
            lambda rng: initial_weights.aligned_weights(
                np.eye(3, 2), np.eye(3, 2), np.ones(2), [4], rng
            ),
            r"strengths has shape \(2,\); expected .* \(L, m\)",
        ),
        (
            lambda rng: initial_weights.aligned_weights(
                np.eye(3)[0], np.eye(3, 1), np.ones((2, 1)), [4], rng
            ),
            r"left has shape \(3,\); .* left\[:, None\]",
        ),
        (
            lambda rng: initial_weights.aligned_weights(
                np.eye(3, 2), np.eye(3, 2), np.ones((2, 2)), [4], 0
            ),
            "rng = 0; needs a numpy.random.Generator such as",
        ),
        (lambda rng: initial_weights.small_random_weights([3, 2], 1.0, 0), "rng = 0; needs"),
        (lambda rng: initial_weights.orthogonal_weights([3, 2], 1.0, 0), "rng = 0; needs"),
        (lambda rng: initial_weights.small_random_weights(16, 1.0, rng), "widths = 16; expected"),
        (
            lambda rng: initial_weights.small_random_weights([3, 2], [1.0], rng),
            "scale = .*needs one",
        ),
        (lambda rng: initial_weights.orthogonal_weights([3, 2], "1", rng), "gain = '1'; needs one"),
    ],
)
def test_impossible_weights_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.random.default_rng(0))
