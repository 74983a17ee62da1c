"""Gaussian paths: their covariance, singular processes, less noise, signs, bad input."""

import numpy as np
import pytest

from lazyrich.solvers.gaussian_paths import NORMALS, GaussianPaths


def drawn(covariance, n_paths, seed=0, blocks=None, **given):
    """All rows, appended in blocks of the sizes given (default: one by one)."""
    rng = np.random.default_rng(seed)
    paths = GaussianPaths(len(covariance), n_paths, rng, **given)
    rows, n = [], 0
    for size in blocks or [1] * len(covariance):
        rows.append(paths.append(covariance[n : n + size, : n + size]))
        n += size
    return np.concatenate(rows), paths


def random_covariance(n, seed=0):
    root = np.random.default_rng(seed).standard_normal((n, n + 2))
    return root @ root.T / n


@pytest.mark.parametrize("normals", NORMALS)
def test_the_covariance_is_the_one_given(normals):
    covariance = random_covariance(6)
    x, paths = drawn(covariance, 40_000, normals=normals, blocks=[1, 2, 3])
    found = x @ x.T / x.shape[1]
    spread = np.sqrt((np.outer(np.diag(covariance), np.diag(covariance)) + covariance**2) / 40_000)
    assert paths.rank == 6
    assert (np.abs(found - covariance) < 4.5 * spread).all()
    assert (np.abs(x.mean(axis=1)) < 4.5 * np.sqrt(np.diag(covariance) / 40_000)).all()


def test_matched_normals_have_exact_moments():
    covariance = random_covariance(30)
    x, _ = drawn(covariance, 100, normals="matched")
    np.testing.assert_allclose(x @ x.T / 100, covariance, rtol=0, atol=1e-10)
    np.testing.assert_allclose(x.mean(axis=1), 0, atol=1e-12)


def test_blocks_draw_what_single_rows_draw():
    covariance = random_covariance(6)
    one_by_one, _ = drawn(covariance, 50, seed=3)
    in_blocks, _ = drawn(covariance, 50, seed=3, blocks=[2, 1, 3])
    np.testing.assert_allclose(in_blocks, one_by_one, rtol=0, atol=1e-12)


@pytest.mark.parametrize("floor", [1e-4, 1e-8])
@pytest.mark.parametrize("length", [3.0, 25.0])
def test_a_smooth_process_needs_few_normals_and_keeps_its_digits(floor, length):
    t = np.linspace(0, length, 200)
    covariance = np.exp(-((t[:, None] - t) ** 2) / 2)
    x, paths = drawn(covariance, 400, normals="matched", floor=floor)
    assert paths.rank < 40 + 5 * length
    assert np.abs(x @ x.T / 400 - covariance).max() < np.sqrt(floor)
    np.testing.assert_allclose(np.mean(x**2, axis=1), 1, atol=3 * floor)


def test_a_repeated_row_repeats_the_path_and_a_zero_row_is_zero():
    x, paths = drawn(np.array([[2.0, 2.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 0.0]]), 10)
    np.testing.assert_allclose(x[1], x[0], rtol=1e-9)
    assert paths.rank == 1 and (x[2] == 0).all()


def test_stratified_draws_lose_most_noise_and_no_truth():
    def mean_cosine(normals):
        ones = np.ones((1, 1))
        return np.array([
            np.cos(drawn(ones, 100, seed=seed, normals=normals)[0]).mean() for seed in range(300)
        ])  # fmt: skip

    plain, stratified = mean_cosine("independent"), mean_cosine("stratified")
    assert stratified.std() < 0.2 * plain.std()
    error = stratified.std() / np.sqrt(300)
    assert stratified.mean() == pytest.approx(np.exp(-0.5), abs=4 * error)


def test_signs_of_two_fields_cancel_what_is_odd_in_one():
    rng = np.random.default_rng(0)
    u = GaussianPaths(2, 400, rng, signs=(1, 1, -1, -1))
    r = GaussianPaths(2, 400, rng, signs=(1, -1, 1, -1))
    covariance = np.array([[1.0, 0.5], [0.5, 2.0]])
    a, b = u.append(covariance), r.append(covariance)
    assert a.shape == (2, 400)
    odd = np.mean(np.tanh(a) * np.exp(b**2 / 9), axis=1), np.mean(np.exp(a / 3) * b**3, axis=1)
    np.testing.assert_allclose(odd, 0, atol=1e-14)
    assert abs(np.mean(a[0] ** 2 * b[0] ** 2)) > 0.1


def test_same_seed_same_paths():
    covariance = random_covariance(5)
    first, again = drawn(covariance, 64, seed=1)[0], drawn(covariance, 64, seed=1)[0]
    assert first.tobytes() == again.tobytes()
    assert drawn(covariance, 64, seed=2)[0].tobytes() != first.tobytes()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_rows": 0}, "n_rows = 0"),
        ({"n_paths": 0}, "n_paths = 0"),
        ({"n_paths": 5, "signs": (1, -1)}, "multiple of 2"),
        ({"signs": ()}, "signs"),
        ({"signs": (1, 2)}, "signs"),
        ({"normals": "sobol"}, "normals = 'sobol'"),
        ({"floor": 1.0}, "floor = 1.0"),
        ({"floor": np.nan}, "floor = nan"),
        ({"rng": 0}, "Generator"),
    ],
)
def test_bad_settings_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        GaussianPaths(**({"n_rows": 3, "n_paths": 8, "rng": np.random.default_rng(0)} | given))


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        ([[1.0, 0.0]], "shape"),
        ([1.0], "shape"),
        (np.eye(4), "at most 3"),
        ([[np.nan]], "NaN"),
        ([[-1.0]], "that of no process"),
        ([[1.0, 2.0], [2.0, 1.0]], "that of no process"),
    ],
)
def test_bad_covariances_are_refused(covariance, message):
    paths = GaussianPaths(3, 8, np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        paths.append(covariance)


def test_more_moments_than_paths_are_refused():
    with pytest.raises(ValueError, match="cannot match"):
        drawn(np.eye(9), 8, normals="matched")
