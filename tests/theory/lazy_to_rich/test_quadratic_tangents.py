"""Tangents of single paths against finite differences of the path itself, and against dense algebra."""

import numpy as np
import pytest

from lazyrich.theory.lazy_to_rich.quadratic_tangents import ExactTangents, Model, ProbedTangents

EPS, ALPHA, NU, GAMMA = 0.7, 0.9, 1.3, 0.15


def model(centered):
    return Model(NU, ALPHA, EPS, GAMMA, centered)


def responses(n_steps, width, seed=0):
    """Strictly causal, unit blocks below the diagonal."""
    R = 0.3 * np.random.default_rng(seed).standard_normal((n_steps * width, n_steps * width))
    for t in range(n_steps):
        R[t * width : (t + 1) * width, t * width :] = 0
        if t:
            R[t * width : (t + 1) * width, (t - 1) * width : t * width] += np.eye(width)
    return R


def path(u, h_star, R, centered):
    """g, phi'(h) and Delta at each step, (T, N), (T, N), (T,), written out step by step."""
    n_steps, width = u.shape
    g, h, delta = np.zeros_like(u), np.zeros_like(u), np.zeros(n_steps)
    for t in range(n_steps):
        n = t * width
        h[t] = u[t] - GAMMA * R[n : n + width, :n] @ g[:t].ravel()
        output = ALPHA * np.mean(h[t] + EPS * h[t] ** 2 / 2)
        start = ALPHA * np.mean(h[0] + EPS * h[0] ** 2 / 2) if centered else 0.0
        delta[t] = output - start - h_star**2 / 2
        g[t] = delta[t] * (1 + EPS * h[t])
    return g, 1 + EPS * h, delta


def numerical(u, h_star, R, centered, step=1e-6):
    """dg/du, (T N, T N), and dg/dh*, (T N,), by central differences."""
    columns = []
    for k in range(u.size):
        kick = np.zeros(u.size)
        kick[k] = step
        sides = [path(u + sign * kick.reshape(u.shape), h_star, R, centered)[0] for sign in (1, -1)]
        columns.append((sides[0] - sides[1]).ravel() / (2 * step))
    sides = [path(u, h_star + sign * step, R, centered)[0] for sign in (1, -1)]
    return np.array(columns).T, (sides[0] - sides[1]).ravel() / (2 * step)


def rows_of(tangents, slopes, errors, R):
    """Both results stacked over the steps; slopes (T, N, P), errors (T, P)."""
    n_steps, width = slopes.shape[:2]
    dg_du, dg_dh = np.zeros((n_steps * width,) * 2), np.zeros(n_steps * width)
    for t in range(n_steps):
        n = t * width
        row, by_target = tangents.row(t, slopes[t], errors[t], R[n : n + width, :n])
        dg_du[n : n + width, : n + width], dg_dh[n : n + width] = row, by_target
    return dg_du, dg_dh


def some_paths(n_paths, n_steps, width, R, centered, seed=1):
    rng = np.random.default_rng(seed)
    u, h_star = rng.standard_normal((n_paths, n_steps, width)), rng.standard_normal(n_paths)
    found = [path(*given, R, centered) for given in zip(u, h_star, strict=True)]
    slopes = np.array([f[1] for f in found]).transpose(1, 2, 0)
    return u, h_star, slopes.copy(), np.array([f[2] for f in found]).T.copy()


@pytest.mark.parametrize("centered", [True, False])
@pytest.mark.parametrize(("width", "n_steps"), [(1, 40), (2, 30), (3, 5)])
def test_exact_tangents_are_the_numerical_derivatives(width, n_steps, centered):
    R = responses(n_steps, width)
    u, h_star, slopes, errors = some_paths(3, n_steps, width, R, centered)
    tangents = ExactTangents(model(centered), h_star, n_steps, width)
    dg_du, dg_dh = rows_of(tangents, slopes, errors, R)
    expected = [numerical(*given, R, centered) for given in zip(u, h_star, strict=True)]
    scale = np.abs(dg_du).max()
    mean = NU * np.mean([e[0] for e in expected], axis=0)
    np.testing.assert_allclose(dg_du, mean, rtol=0, atol=1e-6 * scale)
    mean = NU * np.mean([e[1] for e in expected], axis=0)
    np.testing.assert_allclose(dg_dh, mean, rtol=0, atol=1e-6 * np.abs(mean).max())


def test_the_output_at_the_start_is_noticed():
    """Centred outputs depend on u(0) through f0 as well."""
    R = responses(6, 1)
    _, h_star, slopes, errors = some_paths(50, 6, 1, R, True)
    with_start, without = (
        rows_of(ExactTangents(model(c), h_star, 6, 1), slopes, errors, R)[0] for c in (True, False)
    )
    assert np.abs(with_start - without)[:, 0].min() > 0.1
    np.testing.assert_array_equal(with_start[:, 1:], without[:, 1:])


@pytest.mark.parametrize("n_paths", [1, 63, 64, 65, 200])
def test_blocks_of_paths_add_up(n_paths):
    n_steps, width = 25, 2
    R = responses(n_steps, width)
    _, h_star, slopes, errors = some_paths(n_paths, n_steps, width, R, True)
    tangents = ExactTangents(model(True), h_star, n_steps, width)
    dg_du, dg_dh = rows_of(tangents, slopes, errors, R)
    expected, by_target = np.zeros_like(dg_du), np.zeros_like(dg_dh)
    for p in range(n_paths):
        J, J0 = np.zeros_like(dg_du), np.zeros_like(dg_du)
        for t in range(n_steps):
            now, s = slice(t * width, (t + 1) * width), slopes[t, :, p]
            J[now, now] = ALPHA / width * np.outer(s, s) + EPS * errors[t, p] * np.eye(width)
            J0[now, :width] = -ALPHA / width * np.outer(s, slopes[0, :, p])
        whole = np.eye(len(J)) + GAMMA * J @ R
        expected += np.linalg.solve(whole, J + J0)
        by_target -= np.linalg.solve(whole, slopes[:, :, p].ravel() * h_star[p])
    np.testing.assert_allclose(dg_du, NU * expected / n_paths, atol=1e-10 * np.abs(dg_du).max())
    np.testing.assert_allclose(dg_dh, NU * by_target / n_paths, atol=1e-10 * np.abs(dg_dh).max())


@pytest.mark.parametrize("centered", [True, False])
def test_probed_tangents_average_to_the_exact_ones(centered):
    n_steps, width = 8, 2
    R = responses(n_steps, width)
    _, h_star, slopes, errors = some_paths(300, n_steps, width, R, centered)
    exact, exact_h = rows_of(
        ExactTangents(model(centered), h_star, n_steps, width), slopes, errors, R
    )
    estimates = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        probed = ProbedTangents(model(centered), h_star, n_steps, width, rng)
        found, found_h = rows_of(probed, slopes, errors, R)
        np.testing.assert_allclose(found_h, exact_h, atol=1e-12 * np.abs(exact_h).max())
        estimates.append(found)
    estimates = np.array(estimates)
    error = estimates.std(axis=0) / np.sqrt(200) + 1e-12
    assert np.abs((estimates.mean(axis=0) - exact) / error).max() < 4.5
    diagonal = np.arange(n_steps * width)
    assert estimates.std(axis=0)[diagonal, diagonal].max() < 1e-12
