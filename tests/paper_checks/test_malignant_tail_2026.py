"""The claims on the malignant tail would not hold for theories a little wrong."""

import dataclasses
import inspect

import numpy as np
import pytest

from lazyrich.paper_checks import malignant_tail_2026
from lazyrich.paper_checks.evidence.examine import compare_with
from lazyrich.paper_checks.malignant_tail_2026 import cuts, label_flips, segregation, two_blocks
from lazyrich.theory.double_descent import isotropic, truncation

CLAIMS = {claim.name: claim for claim in malignant_tail_2026.CLAIMS}


@pytest.fixture(scope="module")
def outcomes(check_quickly):
    return check_quickly("malignant_tail_2026").outcomes


def verdict(claim, outcomes):
    return compare_with(claim, outcomes[claim.name]).judgement.verdict


# Claims with a dropped or a wrong term


def signal_not_learned_twice(t, cut, **given):
    """Energies linear in what is learned: 1 - q in the place of its square."""
    return np.sqrt(segregation.energies(t, cut, **given))


def cut_from_above(cut, t, **given):
    """Keeps the small eigenvalues instead."""
    return cuts.risk_of_cuts(cut[::-1], t, **given)


def unseen_directions_forgotten(sample_ratio, t):
    return segregation.harmful_noise(np.maximum(sample_ratio, 1 / sample_ratio), t)


def cut_at_any_time(snr, t, sample_ratio):
    return cuts.best_cuts(snr, 2 * t, sample_ratio)


def without_noise(t, **given):
    return two_blocks.risk_of_two_blocks(t, **given | {"noise_var": 0.0})


def flips_without_noise(t, flip_probability, sample_ratio):
    """Flips shrink the teacher; the remainder of the labels stays that of clean signs."""
    m = np.sqrt(2 / np.pi) * (1 - 2 * flip_probability[:, None])
    clean = np.tan(np.pi * label_flips.class_errors(t, 0 * flip_probability, sample_ratio))
    return np.arctan(clean * np.sqrt(2 / np.pi) / m * np.sqrt(1 - 2 / np.pi)) / np.pi


def twice_the_flips(flip_probability, sample_ratio):
    return label_flips.best_times(2 * flip_probability, sample_ratio)


@pytest.mark.parametrize(
    ("name", "prediction"),
    [
        ("noise-is-segregated-in-time", signal_not_learned_twice),
        ("truncation-lowers-the-error", cut_from_above),
        ("harm-sets-in-with-noise", unseen_directions_forgotten),
        ("optimal-cut", cut_at_any_time),
        ("truncated-students-do-not-overtrain", without_noise),
        ("class-error-with-flips", flips_without_noise),
        ("overtraining-moves-earlier", twice_the_flips),
    ],
)
def test_a_dropped_term_is_refuted(outcomes, name, prediction):
    altered = dataclasses.replace(CLAIMS[name], prediction=prediction)
    assert verdict(altered, outcomes) == "disagrees"


# The theory itself, mutated

MUTATED = {
    "isotropic_risk": "truncation-lowers-the-error",
    "learned_energy.signal": "noise-is-segregated-in-time",
    "learned_energy.noise": "noise-ends-in-small-eigenvalues",
    "optimal_cut": "optimal-cut",
    "harmful_noise": "harm-sets-in-with-noise",
    "block_risk.bias": "truncated-students-do-not-overtrain",
    "block_risk.variance": "truncated-late-as-good-as-stopped",
    "label_flip_error": "class-error-with-flips",
}


def test_every_public_function_is_mutated():
    functions = [n for n in truncation.__all__ if inspect.isfunction(getattr(truncation, n))]
    assert {name.split(".")[0] for name in MUTATED} == set(functions)


@pytest.mark.parametrize("mutated", MUTATED)
def test_a_mutated_theory_is_refuted(outcomes, monkeypatch, mutated):
    """An error of 10 %, which the few networks of quick effort can tell."""
    name, _, field = mutated.partition(".")
    original = getattr(truncation, name)

    def wrong(*arguments, **named):
        found = original(*arguments, **named)
        if field:
            return found._replace(**{field: 1.1 * np.asarray(getattr(found, field))})
        return 1.1 * found

    monkeypatch.setattr(truncation, name, wrong)
    assert verdict(CLAIMS[MUTATED[mutated]], outcomes) == "disagrees"


def test_the_best_ridge_and_the_best_time():
    """Closed form of the best ridge, and a stationary class error."""
    snr, ratio = np.array([0.5, 3.0]), 1.5
    b = 1 / snr + ratio - 1
    expected = 2 / snr / (b + np.sqrt(b**2 + 4 / snr))
    np.testing.assert_allclose(cuts.best_ridge(snr, ratio), expected, rtol=1e-13)
    assert (cuts.best_truncated(snr, ratio) > 1.05 * expected).all()
    stopped = [
        isotropic.learning_curve(t, ratio, noise_var=1 / 3.0).test - 1 / 3 for t in (1.0, 2, 4)
    ]
    assert min(stopped) < cuts.best_truncated(snr, ratio)[1]
    for p, t in zip([0.0, 0.1], label_flips.best_times(np.array([0.0, 0.1]), ratio), strict=True):
        errors = truncation.label_flip_error(t * np.array([0.99, 1, 1.01]), ratio, p)
        assert errors[1] < errors[0] and errors[1] < errors[2]


def test_truncated_late_is_within_a_tenth_of_stopped():
    claim = CLAIMS["truncated-late-as-good-as-stopped"]
    late, full, stopped = claim.prediction(**claim.parameters).T
    assert (abs(late / stopped - 1) < 0.1).all() and (full > 3 * stopped).all()
