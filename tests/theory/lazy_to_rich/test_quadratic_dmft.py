"""Quadratic DMFT: closed form without quadratic part, infinite data, start, symmetry, honest errors."""

import numba
import numpy as np
import pytest
from scipy.integrate import quad

from lazyrich.theory.lazy_to_rich.quadratic_dmft import planted_initialisation, solve

GROKS = {
    "sample_ratio": 6.0,
    "output_scale": 1.0,
    "quadratic_strength": 0.25,
    "scaled_learning_rate": 0.2,
    "overlap": [0.3, -0.3],
    "centered": False,
}
GRAM = np.array([[1.0, 0.3, -0.2], [0.3, 1.2, 0.1], [-0.2, 0.1, 0.8]])
NOISY = {
    "sample_ratio": 4.0,
    "output_scale": 0.9,
    "quadratic_strength": 0.5,
    "scaled_learning_rate": 0.08,
    "overlap": [0.3, 0.1, -0.2],
    "gram": GRAM,
    "teacher_power": 1.3,
    "noise_var": 0.16,
}


def solved(seed=0, **given):
    return solve(rng=np.random.default_rng(seed), **given)


def linear_student(steps, nu, rate, q):
    """Train and test loss of a linear student of (beta . x)^2/2, by quadrature over Marchenko-Pastur."""
    low, high = nu * (1 - nu**-0.5) ** 2, nu * (1 + nu**-0.5) ** 2
    k, s2 = rate / nu, 3 * q**2 / 4

    def average(f):
        def integrand(angle):
            x = (low + high) / 2 + (high - low) / 2 * np.cos(angle)
            return (np.sin(angle) * (high - low) / 2) ** 2 / (2 * np.pi * x) * f(x)

        return quad(integrand, 0, np.pi, epsabs=1e-12)[0]

    test = [s2 * (1 + average(lambda x, t=t: (1 - (1 - k * x) ** t) ** 2 / x)) for t in steps]
    train = [s2 * (1 - average(lambda x, t=t: 1 - (1 - k * x) ** (2 * t)) / nu) for t in steps]
    return np.array(train), np.array(test)


@pytest.mark.parametrize("tangents", ["exact", "hutchinson"])
def test_without_quadratic_part_the_closed_form_is_reached_within_standard_errors(tangents):
    steps = np.arange(41)
    train, test = linear_student(steps, 3.5, 0.4, 1.2)
    np.testing.assert_allclose(test[[2, 10, 40]] / 1.44, [0.82725, 0.98842, 1.04867], atol=1e-5)
    found = solved(
        sample_ratio=3.5, output_scale=0.8, quadratic_strength=0.0, scaled_learning_rate=0.4, n_steps=40,
        overlap=[0.2], gram=[[1.1]], teacher_power=1.2, n_paths=1500, n_repeats=12, tangents=tangents,
    )  # fmt: skip
    for name, expected in (("train", train), ("test", test)):
        error = getattr(found, f"{name}_standard_error")[1:]
        z = (getattr(found, name) - expected)[1:] / error
        assert np.abs(z).max() < 4.5, name  # t_11 at 40 correlated points
        assert error.max() < 0.01 * expected.max(), name


def test_infinite_data_learn_as_the_population_does():
    """w <- w - (eta/alpha) [b + eps (tr A/(2 D) w + A w/D)], on vectors of 60 dimensions."""
    given = NOISY | {"sample_ratio": 1e6, "noise_var": 0.0}
    found = solved(n_steps=25, n_paths=4000, **given)
    W, beta = planted_initialisation(60, given["overlap"], GRAM, 1.3, np.random.default_rng(0))
    W0, alpha, eps = W.copy(), 0.9, 0.5
    losses, overlaps = [], []
    for _ in range(26):
        b = alpha * (W - W0).mean(axis=0)
        A = alpha * eps * (W.T @ W - W0.T @ W0) / 3 - np.outer(beta, beta)
        overlaps.append(W @ beta / 60)
        trace = np.trace(A) / 60
        losses.append(b @ b / 60 + trace**2 / 4 + np.sum(A**2) / 7200)
        W = W - 0.08 / alpha * (b + eps * (trace / 2 * W + W @ A / 60))
    np.testing.assert_allclose(found.test, losses, atol=0.01 * losses[0])
    np.testing.assert_allclose(found.overlap, overlaps, atol=0.01)
    np.testing.assert_allclose(found.train, found.test, atol=0.05 * losses[0])


@pytest.mark.parametrize("centered", [True, False])
def test_start(centered):
    found = solved(n_steps=1, n_paths=4000, n_repeats=8, **(NOISY | {"centered": centered}))
    rng = np.random.default_rng(0)
    W, beta = planted_initialisation(40, NOISY["overlap"], GRAM, 1.3, rng)
    x = rng.standard_normal((200_000, 40)) / np.sqrt(40)
    outputs = 0.9 * np.mean(x @ W.T + 0.25 * (x @ W.T) ** 2, axis=1)
    errors = ((0.0 if centered else outputs) - (x @ beta) ** 2 / 2) ** 2
    spread = errors.std() / np.sqrt(len(x))
    assert found.test[0] == pytest.approx(errors.mean(), abs=4 * spread)
    if centered:
        assert found.test[0] == pytest.approx(0.75 * 1.3**2, rel=1e-12)
    difference = found.train[0] - found.test[0] - 0.16
    assert abs(difference) < 5 * found.train_standard_error[0]
    np.testing.assert_allclose(found.overlap[0], NOISY["overlap"], rtol=1e-12)
    np.testing.assert_allclose(found.correlation[0, 0], GRAM, rtol=1e-12)


def test_first_step_of_the_overlap():
    found = solved(n_steps=1, n_paths=600, **(NOISY | {"overlap": [0.2], "gram": None}))
    expected = 0.2 * (1 + 1.5 * 0.08 / 0.9 * 0.5 * 1.3)
    assert found.overlap[1, 0] == pytest.approx(expected, rel=1e-7)


def test_swapped_neurons_swap_results():
    order = [2, 0, 1]
    swapped = NOISY | {
        "overlap": np.array(NOISY["overlap"])[order],
        "gram": GRAM[np.ix_(order, order)],
    }
    given = {"n_steps": 20, "n_paths": 1500, "n_repeats": 8}
    first, other = solved(**NOISY, **given), solved(seed=1, **swapped, **given)
    for name in ("train", "test"):
        error = np.hypot(*(getattr(f, f"{name}_standard_error") for f in (first, other)))
        z = (getattr(first, name) - getattr(other, name))[1:] / error[1:]
        assert np.abs(z).max() < 4.5
    np.testing.assert_allclose(first.overlap[:, order], other.overlap, atol=0.01)
    there = first.correlation[:, :, order][:, :, :, order]
    np.testing.assert_allclose(there, other.correlation, atol=0.02)


def test_two_time_functions_have_their_symmetries():
    found = solved(n_steps=12, n_paths=300, **NOISY)
    np.testing.assert_allclose(
        found.correlation, found.correlation.transpose(1, 0, 3, 2), atol=1e-12
    )
    flat = found.correlation.swapaxes(1, 2).reshape(39, 39)
    assert np.linalg.eigvalsh(flat)[0] > -1e-10
    for t in range(13):
        assert (found.response[t, t:] == 0).all()
        if t:
            np.testing.assert_allclose(found.response[t, t - 1], np.eye(3), atol=1e-12)


def test_both_tangents_agree_within_their_errors():
    given = {"n_steps": 30, "n_repeats": 10, **GROKS}
    exact = solved(n_paths=600, **given)
    probed = solved(seed=1, n_paths=1500, tangents="hutchinson", **given)
    for name in ("train", "test"):
        error = np.hypot(*(getattr(f, f"{name}_standard_error") for f in (exact, probed)))
        z = (getattr(exact, name) - getattr(probed, name))[1:] / error[1:]
        assert np.abs(z).max() < 4.5


@pytest.mark.parametrize("tangents", ["exact", "hutchinson"])
def test_standard_errors_are_honest(tangents):
    """The means of 40 solves scatter as much as they say: mean square z in a 99.9 % band."""
    given = {"n_steps": 15, "n_paths": 150, "n_repeats": 6, "tangents": tangents, **GROKS}
    runs = [solved(seed=seed, **given) for seed in range(40)]
    for name in ("train", "test"):
        for t in (5, 15):
            means = np.array([getattr(run, name)[t] for run in runs])
            variances = np.array([getattr(run, f"{name}_standard_error")[t] ** 2 for run in runs])
            assert 0.45 < means.var(ddof=1) / variances.mean() < 1.9


def test_results_do_not_depend_on_threads_and_repeat_with_the_seed():
    given = {"n_steps": 10, "n_paths": 200, **GROKS}
    before = numba.get_num_threads()
    found = []
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            found.append(solved(**given))
    finally:
        numba.set_num_threads(before)
    for one, other in zip(*found, strict=True):
        assert one.tobytes() == other.tobytes()
    assert solved(seed=1, **given).train.tobytes() != found[0].train.tobytes()


def test_divergence_is_reported_with_its_step():
    with pytest.raises(
        FloatingPointError, match=r"diverges at step \d+: a smaller scaled_learning"
    ):
        solved(n_steps=100, n_paths=400, **(GROKS | {"scaled_learning_rate": 1.5}))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sample_ratio": 0.0}, "sample_ratio = 0.0 is outside"),
        ({"sample_ratio": np.nan}, "sample_ratio = nan"),
        ({"output_scale": np.inf}, "output_scale = inf"),
        ({"quadratic_strength": -0.1}, "quadratic_strength = -0.1"),
        ({"scaled_learning_rate": "fast"}, "scaled_learning_rate = 'fast'"),
        ({"n_steps": 0}, "n_steps = 0"),
        ({"n_steps": 2.5}, "n_steps = 2.5"),
        ({"n_paths": 4}, "n_paths = 4"),
        ({"n_paths": 10**9}, "GiB"),
        ({"n_repeats": 1}, "n_repeats = 1"),
        ({"overlap": []}, "overlap has shape"),
        ({"overlap": [[0.1]]}, "overlap has shape"),
        ({"overlap": [0.1, np.nan]}, "overlap holds NaN"),
        ({"overlap": [1.1, 0.0]}, "no vectors"),
        ({"gram": [[1.0]]}, "gram has shape"),
        ({"gram": [[1.0, 0.5], [0.0, 1.0]]}, "symmetric"),
        ({"teacher_power": 0.0}, "teacher_power = 0.0"),
        ({"noise_var": -1.0}, "noise_var = -1.0"),
        ({"tangents": "none"}, "tangents = 'none'"),
        ({"rng": 3}, "rng = 3"),
    ],
)
def test_bad_input_is_refused(changed, message):
    given = GROKS | {"n_steps": 3, "n_paths": 64, "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match=message):
        solve(**(given | changed))


def test_planted_start():
    W, beta = planted_initialisation(9, NOISY["overlap"], GRAM, 1.3, np.random.default_rng(0))
    np.testing.assert_allclose(W @ W.T / 9, GRAM, atol=1e-12)
    np.testing.assert_allclose(W @ beta / 9, NOISY["overlap"], atol=1e-12)
    assert beta @ beta == pytest.approx(9 * 1.3)
    for given in (
        {"dim": 3, "overlap": NOISY["overlap"], "gram": GRAM},
        {"dim": 9, "overlap": [1.0], "gram": None, "teacher_power": 1.0},
    ):
        with pytest.raises(ValueError, match=r"dim = 3|singular"):
            planted_initialisation(
                **({"teacher_power": 1.3, "rng": np.random.default_rng(0)} | given)
            )
