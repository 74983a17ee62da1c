"""Traps of the closed form of balanced networks: each is sprung, and the integrated flow notices."""

import numpy as np
import pytest

from lazyrich.solvers.networks.gradient_flow import two_layer_flow
from lazyrich.theory.deep_linear import balanced_flow
from lazyrich.theory.deep_linear.balanced import balanced_weights
from tests.theory.deep_linear.balanced_cases import (
    BOUND,
    CASES,
    REFERENCES,
    error,
    flow_qqt,
    solution,
    task,
)


def largest_error(cases=CASES, references=REFERENCES):
    worst = 0.0
    for case, reference in zip(cases, references, strict=True):
        try:
            with np.errstate(all="ignore"):
                worst = max(worst, error(solution(*case[:3]).qqt(case[3]), reference))
        except (ValueError, np.linalg.LinAlgError):
            worst = np.inf
    return worst


def test_no_trap_no_error():
    assert largest_error() < BOUND / 10


def test_trap_the_balance_has_the_other_sign(monkeypatch):
    right = balanced_flow.spectrum
    monkeypatch.setattr(
        "lazyrich.theory.deep_linear.balanced.spectrum",
        lambda target, balance: right(target, -balance),
    )
    assert largest_error() > 1e-3


def test_trap_outputs_before_inputs():
    start = CASES[1][:3]
    n_in = start[0].shape[1]
    swapped = np.roll(solution(*start).qqt(CASES[1][3]), -n_in, axis=(0, 1))
    assert error(swapped, REFERENCES[1]) > 1e-3


def test_trap_eigenvalues_that_vanish(monkeypatch):
    """Dividing by f = 0 instead of taking the limit h."""

    def divided(rows, rates, h):
        c = np.expm1(2 * rates * h) / (2 * rates)
        inverse = np.linalg.inv(np.eye(rows.shape[1]) + rows.T @ (c[:, None] * rows))
        return np.exp(rates * h)[:, None] * rows @ np.linalg.cholesky(inverse)

    monkeypatch.setattr("lazyrich.theory.deep_linear.balanced.advance", divided)
    assert largest_error() == np.inf


def test_trap_numbers_of_null_directions(monkeypatch):
    """The -balance/2 of surplus inputs and the +balance/2 of surplus outputs exchanged."""
    right = balanced_flow.spectrum

    def exchanged(target, balance):
        rates, vectors = right(target, balance)
        n_in = target.shape[1]
        inputs = np.abs(vectors[:n_in]).max(axis=0) == 0
        outputs = np.abs(vectors[n_in:]).max(axis=0) == 0
        return balanced_flow.Spectrum(np.where(inputs | outputs, -rates, rates), vectors)

    monkeypatch.setattr("lazyrich.theory.deep_linear.balanced.spectrum", exchanged)
    assert largest_error() > 1e-3


def extreme_case():
    """Strong and weak modes, small start, long step."""
    rng = np.random.default_rng(4)
    target = task(rng, 5, 5, [30.0, 10.0, 1.0, 0.3, 0.1])
    start = balanced_weights(5, 5, 5, 0.05, 0.01, rng)
    return (*start, target, 8.0), flow_qqt(*start, target, 8.0)[0]


def test_trap_cholesky_for_long_steps(monkeypatch):
    case, reference = extreme_case()
    assert largest_error([case], [reference]) < BOUND / 10
    monkeypatch.setattr(balanced_flow, "WELL_CONDITIONED", np.inf)
    assert largest_error([case], [reference]) > BOUND


def test_trap_rows_that_are_not_sorted(monkeypatch):
    case, reference = extreme_case()

    def plain(a):
        return np.linalg.qr(np.concatenate([np.eye(a.shape[1]), a]))[0][a.shape[1] :]

    monkeypatch.setattr(balanced_flow, "_orthonormal_part", plain)
    assert largest_error([case], [reference]) > BOUND


def test_trap_steps_that_overflow(monkeypatch):
    start = extreme_case()[0][:3]
    case, reference = (*start, 1e3), flow_qqt(*start, 1e3)[0]
    assert largest_error([case], [reference]) < BOUND / 10
    monkeypatch.setattr(balanced_flow, "LONGEST", 1e4)
    assert largest_error([case], [reference]) > BOUND


def test_trap_cutting_exponents_of_a_narrow_layer(monkeypatch):
    rng = np.random.default_rng(2)
    target = task(rng, 6, 6, 1 + 1e-3 * np.arange(6))
    case = (*balanced_weights(6, 2, 6, 0.0, 0.01, rng), target, 3000.0)
    reference = flow_qqt(*case)[0]
    assert largest_error([case], [reference]) < BOUND
    monkeypatch.setattr("lazyrich.theory.deep_linear.balanced.advance", balanced_flow._step)
    assert largest_error([case], [reference]) > 1e-6


def textbook(first, second, target, t, inverse):
    """Braun et al.'s arrangement in floats: e^(F t), and C from F^-1 or from the eigenvalues."""
    from scipy.linalg import expm

    n_out, n_in = target.shape
    lam = np.trace(second.T @ second - first @ first.T) / len(first)
    lam = 0.0 if abs(lam) < 1e-12 else lam
    F = np.block([[-lam / 2 * np.eye(n_in), target.T], [target, lam / 2 * np.eye(n_out)]])
    q = np.concatenate([first.T, second])
    growth = expm(F * t)
    if inverse:
        C = np.linalg.solve(2 * F, growth @ growth - np.eye(len(F)))
    else:
        f, V = np.linalg.eigh(F)
        C = V * (np.expm1(2 * f * t) / (2 * f)) @ V.T
    grown = growth @ q
    return grown @ np.linalg.solve(np.eye(q.shape[1]) + q.T @ C @ q, grown.T)


def test_trap_the_published_form_is_singular_or_loses_digits():
    """F is singular for zero balance and unequal dimensions; otherwise digits go with t."""
    rng = np.random.default_rng(0)
    unequal = *balanced_weights(4, 3, 2, 0.0, 0.1, rng), np.eye(2, 4)
    with pytest.raises(np.linalg.LinAlgError):
        textbook(*unequal, 1.0, inverse=True)
    assert error(solution(*unequal).qqt(1.0), flow_qqt(*unequal, 1.0)[0]) < BOUND / 10
    target = task(rng, 4, 4, [2.0, 1.5, 1.0, 0.1])
    equal = *balanced_weights(4, 4, 4, 0.5, 0.1, rng), target
    for inverse in (True, False):
        short, long = (
            error(textbook(*equal, t, inverse), flow_qqt(*equal, t)[0]) for t in (1.0, 15.0)
        )
        assert short < BOUND < long
    assert error(solution(*equal).qqt(15.0), flow_qqt(*equal, 15.0)[0]) < BOUND / 10


def test_trap_high_precision_with_too_few_digits():
    """The textbook formula needs about 2 (f_max - f_min) t/ln 10 digits; fewer are silently wrong."""
    import mpmath as mp

    rng = np.random.default_rng(7)
    target = task(rng, 2, 2, [2.0, 1.0])
    first, second = balanced_weights(2, 2, 2, 0.3, 0.1, rng)
    lam, t = solution(first, second, target).balance, 20.0

    def formula(digits):
        with mp.workdps(digits):
            F = mp.matrix(
                np.block([[-lam / 2 * np.eye(2), target.T], [target, lam / 2 * np.eye(2)]]).tolist()
            )
            q = mp.matrix(np.concatenate([first.T, second]).tolist())
            growth = mp.expm(F * t)
            C = (F**-1) * (growth * growth - mp.eye(4)) / 2
            found = growth * q * ((mp.eye(2) + q.T * C * q) ** -1) * q.T * growth
            return np.array(found.tolist(), dtype=float)

    found = solution(first, second, target).qqt(t)
    needed = 2 * (2 * np.hypot(2, lam / 2)) * t / np.log(10)
    assert error(found, formula(int(needed) + 40)) < BOUND / 100
    assert error(found, formula(25)) > BOUND


def test_trap_symmetric_root_for_the_weights():
    """e^(F t) Q0 [...]^(-1/2) has the right Q Q^T but is not Q; only Q Q^T is public."""
    from scipy.linalg import expm, sqrtm

    rng = np.random.default_rng(3)
    target = task(rng, 3, 3, [2.0, 1.5, 1.0])
    first, second = balanced_weights(3, 3, 3, 0.5, 0.4, rng)
    exact = solution(first, second, target)
    F = np.block([[-0.25 * np.eye(3), target.T], [target, 0.25 * np.eye(3)]])
    q, t = np.concatenate([first.T, second]), 1.5
    f, V = np.linalg.eigh(F)
    C = V * (np.expm1(2 * f * t) / (2 * f)) @ V.T
    root = expm(F * t) @ q @ np.linalg.inv(sqrtm(np.eye(3) + q.T @ C @ q))
    w1, w2 = two_layer_flow(first, second, target, [t])
    assert error(root @ root.T, exact.qqt(t)) < 1e-12
    assert error(root, np.concatenate([w1[0].T, w2[0]])) > 1e-3
    public = {name for name in dir(exact) if not name.startswith("_")}
    assert public == {"balance", "network", "ntk_distance", "qqt"}
