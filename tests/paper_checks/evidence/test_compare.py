"""One call from a notebook: judged like a claim, printed as one line."""

import numpy as np
import pytest
import sympy

from lazyrich.paper_checks.evidence.compare import compare

T = np.linspace(0.1, 3.0, 10)


def noisy(rng, width, t):
    return np.exp(-t) + 0.1 / width + 1e-3 * rng.standard_normal(t.shape)


def test_a_deterministic_comparison():
    rate = 1.0
    evidence = compare(
        lambda t: np.exp(-rate * t), lambda t: np.exp(-t), parameters={"t": T}, margin=0.01
    )
    assert (evidence.verdict, evidence.kind, evidence.gap) == ("agrees", "Deterministic", 0.0)
    assert "\n" not in str(evidence) and str(evidence).startswith("agrees ")
    rate = 1.2
    evidence = compare(lambda t: np.exp(-rate * t), lambda t: np.exp(-t), parameters={"t": T})
    assert evidence.verdict == "disagrees"
    assert evidence.hint == "it would agree with t multiplied by 0.8333"
    assert "\n" not in str(evidence) and str(evidence).startswith("disagrees ")


def test_an_expression_against_steps():
    t, a = sympy.symbols("t a")
    times = 0.25 * np.arange(1, 9)

    def train(t, a, h):
        return a * (1 - h) ** np.round(t / h)

    evidence = compare(
        a * sympy.exp(-t),
        train,
        parameters={"t": times, "a": 2.0},
        steps=(0.01, 0.005, 0.0025),
        step="h",
    )
    assert evidence.verdict == "agrees", evidence
    assert evidence.sizes == (0.0025, 0.005, 0.01) and evidence.size_name == "h"
    assert evidence.order[0] == pytest.approx(1.0, abs=0.05)


def test_an_ensemble_with_its_settings():
    seen = []

    def measurement(rng, dimension, t, noise):
        seen.append((dimension, noise, rng.random()))
        return np.exp(-t) + 0.1 / dimension + noise * rng.standard_normal(t.shape)

    declared = {
        "parameters": {"t": T},
        "settings": {"noise": 1e-3},
        "sizes": np.array([16, 64, 256]),
        "size": "dimension",
        "seeds": 9,
        "margin": 0.015,
        "scale": "initial",
    }
    evidence = compare(lambda t: np.exp(-t), measurement, **declared)
    assert (evidence.verdict, evidence.kind, evidence.seeds) == ("agrees", "Ensemble", 9)
    assert [d for d, *_ in seen] == [16] * 9 + [64] * 9 + [256] * 9
    assert all(isinstance(d, int) and noise == 1e-3 for d, noise, _ in seen)
    first = [x for *_, x in seen]
    assert len(set(first)) == 27
    again = compare(lambda t: np.exp(-t), measurement, **declared)
    assert again.facts() == evidence.facts() and [x for *_, x in seen[27:]] == first
    compare(lambda t: np.exp(-t), measurement, **declared, seed=1)
    assert not set(first) & {x for *_, x in seen[54:]}


def test_a_paired_comparison():
    def measurement(rng, width, t):
        start = 1 + rng.random()
        noise = 1e-3 * rng.standard_normal(t.shape)
        return {"values": start * np.exp(-t) + noise, "start": start}

    evidence = compare(
        lambda t, start: start * np.exp(-t),
        measurement,
        parameters={"t": T},
        sizes=(64,),
        margin=0.01,
        paired=True,
        alternatives={"start ignored": lambda t, start: np.exp(-t) * 0.5},
    )
    assert evidence.verdict == "agrees", evidence
    assert evidence.alternatives == {"start ignored": "disagrees"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"margin": 0.5}, "margin 0.5; needs 0 < margin <= 0.03"),
        ({"coordinate": "tau"}, "'tau' is not among its parameters"),
        ({"sizes": (16, 64)}, "three and more"),
        ({"sizes": (64,), "seeds": 3}, "3 seeds a size"),
        ({"steps": (0.1,)}, "needs none, or two or more"),
        ({"scale": "largest"}, "needs one of"),
        ({"prediction": lambda t: t[1:]}, "the prediction has shape (9,)"),
        ({"prediction": lambda t: t * np.nan}, "the prediction is nan at index [0]"),
        ({"measurement": lambda t: t * np.nan}, "measured 'values' is nan"),
        ({"measurement": lambda t: t + 1j}, "measured 'values' is complex"),
        ({"sizes": (64,), "measurement": lambda rng, width, t: t}, "seed"),
    ],
)
def test_what_cannot_be_compared_is_refused(changes, words):
    arguments = {
        "prediction": lambda t: np.exp(-t),
        "measurement": lambda t: np.exp(-t),
        "parameters": {"t": T},
    } | changes
    with pytest.raises(ValueError) as caught:
        compare(arguments.pop("prediction"), arguments.pop("measurement"), **arguments)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_measurement_that_changes_from_run_to_run_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(
        ValueError, match="not deterministic, two runs differ by .*declare an Ensemble"
    ):
        compare(
            lambda t: np.exp(-t),
            lambda t: np.exp(-t) + 1e-3 * rng.standard_normal(t.shape),
            parameters={"t": np.array([0.5, 1.0])},
        )


def test_a_call_that_does_not_fit_the_signature_is_told_in_words():
    with pytest.raises(ValueError, match=r"measurement is called with \(rng, t=..., width=...\)"):
        compare(
            lambda t: np.exp(-t),
            lambda rng, t, n: np.exp(-t),
            parameters={"t": np.array([0.5, 1.0])},
            sizes=(16, 64, 256),
        )
    with pytest.raises(ValueError, match=r"prediction is called with \(t=...\)"):
        compare(lambda s: s, lambda t: t, parameters={"t": np.array([0.5, 1.0])})


def test_contradicted_declarations_are_named():
    """Noise that falls as 1/width and a correction of order 1/2, declared 0 and 1."""

    def measure(rng, width, t):
        noise = rng.standard_normal() + 0.1 * rng.standard_normal(t.shape)
        return np.exp(-t) * (1 + 0.3 * width**-0.5) + 0.6 * noise / width**0.5

    found = compare(
        lambda t: np.exp(-t),
        measure,
        parameters={"t": np.linspace(0.5, 3, 6)},
        sizes=(64, 256, 1024),
        scale="initial",
    )
    assert found.verdict == "inconclusive"
    assert "falls as size^-" in found.reason and "declared noise_exponent 0" in found.reason
