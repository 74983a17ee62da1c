"""Online students against a plain loop, and what training must refuse."""

import numpy as np
import pytest
from scipy.special import erf

from lazyrich.solvers.networks.online_student import train, train_ensemble

SETTINGS = {"student_readout": [0.5, 1.0, -0.3], "teacher_readout": [1.0, 0.8]}
FUNCTIONS = {
    "scaled_erf": (
        lambda x: erf(x / np.sqrt(2)),
        lambda x: np.sqrt(2 / np.pi) * np.exp(-x * x / 2),
    ),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
    "identity": (lambda x: x, np.ones_like),
}


def start(N=20, K=3, M=2, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((K, N)) / 2, rng.standard_normal((M, N))


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_steps_against_a_plain_loop(activation):
    """The same generator gives the same inputs, so the overlaps agree to rounding."""
    g, slope = FUNCTIONS[activation]
    w, B = start()
    eta, eta_v, sigma = 0.3, 0.2, 0.4
    run = train(
        np.random.default_rng(7), w, B, [0, 1, 50], **SETTINGS, learning_rate=eta,
        readout_learning_rate=eta_v, noise_var=sigma**2, activation=activation,
    )  # fmt: skip
    rng, v, A = np.random.default_rng(7), np.array(SETTINGS["student_readout"]), [1.0, 0.8]
    first, N = w.copy(), w.shape[1]
    for step in range(50):
        x = rng.standard_normal(N)
        label = A @ g(B @ x / np.sqrt(N)) + sigma * rng.standard_normal()
        fields = w @ x / np.sqrt(N)
        difference = v @ g(fields) - label
        moved = w - eta / np.sqrt(N) * np.outer(v * slope(fields) * difference, x)
        v = v - eta_v / N * g(fields) * difference
        w = moved
        if step == 0:
            np.testing.assert_allclose(run.Q[1], w @ w.T / N, rtol=1e-12)
    np.testing.assert_allclose(run.Q[2], w @ w.T / N, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(run.R[2], w @ B.T / N, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(run.readout[2], v, rtol=1e-10)
    np.testing.assert_array_equal(run.Q[0], first @ first.T / N)


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_error_is_that_of_real_inputs(activation):
    g, _ = FUNCTIONS[activation]
    w, B = start()
    run = train(
        np.random.default_rng(1), w, B, [0], **SETTINGS, learning_rate=0.1,
        activation=activation,
    )  # fmt: skip
    x = np.random.default_rng(2).standard_normal((200_000, w.shape[1])) / np.sqrt(w.shape[1])
    difference = g(x @ w.T) @ SETTINGS["student_readout"] - g(x @ B.T) @ [1.0, 0.8]
    losses = difference**2 / 2
    error = losses.std() / np.sqrt(200_000)
    assert abs(run.error[0] - losses.mean()) < 5 * error


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize(("own", "other", "cosine"), [
    (1.0, 1.0, 0.3), (1e-3, 1.0, -0.9), (30.0, 0.5, 0.99), (1.0, 4.0, 1.0), (2.0, 2.0, -1.0),
])  # fmt: skip
def test_error_against_quadrature(activation, own, other, cosine):
    """Unit teacher and student of these variances: two fields, on a fine grid over both."""
    g, _ = FUNCTIONS[activation]
    w, B = np.zeros((1, 2)), np.zeros((1, 2))
    w[0] = np.sqrt(2 * own) * np.array([cosine, np.sqrt(1 - cosine**2)])
    B[0, 0] = np.sqrt(2 * other)
    run = train(
        np.random.default_rng(0), w, B, [0], student_readout=0.8, teacher_readout=1.0,
        learning_rate=0.1, activation=activation,
    )  # fmt: skip
    r, of_r = np.polynomial.legendre.leggauss(100)
    r, of_r = 5 * (1 + r), 5 * of_r
    phi = np.linspace(0, 2 * np.pi, 4_001)[:-1]
    x = r[:, None, None] * np.stack((np.cos(phi), np.sin(phi)), -1)
    losses = (0.8 * g(x @ w[0] / np.sqrt(2)) - g(x @ B[0] / np.sqrt(2))) ** 2 / 2
    exact = (of_r * r * np.exp(-r * r / 2)) @ losses.mean(axis=1)
    assert run.error[0] == pytest.approx(exact, abs=1e-7 * (own + other))


def test_blocks_of_inputs_are_no_blocks_of_updates():
    """1 to 9 steps: whole blocks of four inputs and every remainder, against single steps."""
    w, B = start()
    given = SETTINGS | {"learning_rate": 0.3, "noise_var": 0.1, "readout_learning_rate": 0.2}
    single = train(np.random.default_rng(4), w, B, range(10), **given)
    for steps in range(1, 10):
        run = train(np.random.default_rng(4), w, B, [steps], **given)
        np.testing.assert_allclose(run.Q[0], single.Q[steps], rtol=1e-13)
        np.testing.assert_allclose(run.readout[0], single.readout[steps], rtol=1e-13)


def test_recording_does_not_change_the_training():
    w, B = start()
    many = train(np.random.default_rng(3), w, B, range(101), **SETTINGS, learning_rate=0.2)
    few = train(np.random.default_rng(3), w, B, [100], **SETTINGS, learning_rate=0.2)
    np.testing.assert_allclose(many.Q[-1], few.Q[0], rtol=1e-11)


def test_ensembles_do_not_depend_on_threads():
    students, teachers = (np.stack(x) for x in zip(*[start(seed=s) for s in range(4)], strict=True))
    runs = [
        train_ensemble(
            np.random.default_rng(5).spawn(4), students, teachers, [0, 40], **SETTINGS,
            learning_rate=0.2, threads=threads,
        )
        for threads in (1, 3)
    ]  # fmt: skip
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, other)
    alone = train(
        np.random.default_rng(5).spawn(4)[2], students[2], teachers[2], [0, 40], **SETTINGS,
        learning_rate=0.2,
    )  # fmt: skip
    np.testing.assert_array_equal(runs[0].Q[2], alone.Q)


def test_divergence_names_its_step():
    w, B = start()
    with pytest.raises(ValueError, match=r"diverged at step \d+"):
        train(
            np.random.default_rng(0), w, B, [5000], **SETTINGS, learning_rate=9.0,
            activation="identity",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rng": 3}, "Generator"),
        ({"student": np.full((3, 20), np.nan)}, "student"),
        ({"student": np.zeros((3, 5))}, "needs the same"),
        ({"teacher": np.zeros((0, 20))}, "teacher"),
        ({"steps": []}, "steps"),
        ({"steps": [3, 1]}, "ascending"),
        ({"steps": [-1]}, "whole"),
        ({"steps": [0.5]}, "whole"),
        ({"student_readout": [1.0]}, "student_readout"),
        ({"teacher_readout": np.nan}, "teacher_readout"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"readout_learning_rate": np.inf}, "readout_learning_rate"),
        ({"noise_var": -1.0}, "noise_var"),
        ({"activation": "tanh"}, "activation"),
    ],
)
def test_bad_arguments(changed, message):
    w, B = start()
    given = {"rng": np.random.default_rng(0), "student": w, "teacher": B, "steps": [0, 1]}
    given |= SETTINGS | {"learning_rate": 0.1} | changed
    with pytest.raises((ValueError, MemoryError), match=message):
        train(**given)


def test_bad_ensembles():
    w, B = start()
    with pytest.raises(ValueError, match="2 generators"):
        train_ensemble(
            np.random.default_rng(0).spawn(2), [w], [B], [0], **SETTINGS, learning_rate=0.1
        )
