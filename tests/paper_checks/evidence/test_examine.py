"""The evidence about a claim, against gaps and sensitivities worked out by hand."""

import numpy as np
import pytest

from lazyrich.paper_checks.evidence.examine import compare_with, examine
from lazyrich.paper_checks.evidence.predicting import Sampled
from lazyrich.paper_checks.evidence.store import Outcome
from tests.paper_checks.evidence.toy_claims import T, decay, deterministic, ensemble, outcome


def examined(measured, make=deterministic, **changes):
    outcomes = measured if isinstance(measured, dict) else {0.0: outcome(measured)}
    return examine(make(**changes), "toys", outcomes)


def networks(offset=0.0, noise=1e-3, sizes=(16.0, 64.0, 256.0), seeds=16):
    rng = np.random.default_rng(3)
    return {
        n: Outcome(decay(T) + 0.1 / n + offset + noise * rng.standard_normal((seeds, len(T))))
        for n in sizes
    }


# Gap and scale


@pytest.mark.parametrize(
    ("scale", "gap", "worst"),
    [
        ("pointwise", 0.004 * np.exp(3.0), 29),
        ("maximum", 0.004 * np.exp(0.1), 29),
        ("initial", 0.004 * np.exp(0.1), 29),
        (2.0, 0.002, 29),
        (np.where(T < 2, 0.5, 5.0), 0.008 * T[18] / 3, 18),
    ],
)
def test_gap_is_relative_to_the_declared_scale(scale, gap, worst):
    measured = decay(T) + 0.004 * T / 3  # largest at the last time
    found = examined(measured, scale=scale)
    assert found.gap == pytest.approx(gap, rel=1e-12)
    assert found.half_width == 0
    assert found.worst == f"t = {T[worst]:.4g} (index {worst})"


def test_log_scale_compares_logarithms():
    found = examined(decay(T) * np.exp(0.006 * T / 3), scale="log")
    assert (found.verdict, found.gap) == ("agrees", pytest.approx(0.006))
    assert examined(decay(T) * np.exp(-0.02 * T), scale="log").gap == pytest.approx(0.06)


def test_maximum_and_initial_are_those_of_each_curve():
    curves = np.array([1.0, 100.0])  # along the second axis; the first falls, the second rises
    rates = np.array([-1.0, 1.0])

    def prediction(t):
        return curves * np.exp(t[:, None] * rates)

    measured = prediction(T)
    measured[-1, 0] += 0.01
    of_maximum = examined(measured, prediction=prediction, scale="maximum")
    of_start = examined(measured, prediction=prediction, scale="initial")
    assert of_maximum.gap == pytest.approx(0.01 / np.exp(-0.1))
    assert of_start.gap == pytest.approx(0.01 / np.exp(-0.1))
    assert of_maximum.worst == "t = 3 (index (29, 0))"
    measured = prediction(T)
    measured[0, 1] += 1.0
    of_maximum = examined(measured, prediction=prediction, scale="maximum")
    of_start = examined(measured, prediction=prediction, scale="initial")
    assert of_maximum.gap == pytest.approx(0.01 * np.exp(-3.0))
    assert of_start.gap == pytest.approx(0.01 * np.exp(-0.1))


@pytest.mark.parametrize("scale", ["pointwise", "initial", 0.0, -1.0, np.nan])
def test_a_scale_of_zero_is_refused(scale):
    with pytest.raises(ValueError, match="scale"):
        examined(T - T[0], prediction=lambda t: t - t[0], scale=scale)


@pytest.mark.parametrize("shape", [(29,), (1,), (30, 30), (1, 30)])
def test_a_scale_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match="the scale has shape"):
        examined(decay(T), scale=np.ones(shape))


@pytest.mark.parametrize(("measured", "sign"), [(-decay(T), 1), (decay(T), -1)])
def test_the_log_scale_needs_positive_numbers(measured, sign):
    with pytest.raises(ValueError, match="log scale needs values above 0"):
        examined(measured, prediction=lambda t: sign * decay(t), scale="log")


# Worst location and points


def test_a_scalar_has_no_location():
    found = examined(1.0, prediction=lambda x: x**2, parameters={"x": 1.0}, coordinate="x")
    assert found.worst == ""
    assert found.points["measured"].tolist() == [1.0]


def test_a_coordinate_that_is_no_axis_is_located_by_index():
    found = examined(
        np.array([1.0, 2.001]),
        prediction=lambda x: x * np.array([1.0, 2.0]),
        parameters={"x": 1.0},
        coordinate="x",
    )
    assert found.worst == "index 1"
    assert found.points["coordinate"].tolist() == [0.0, 1.0]


def test_points_are_the_flattened_curves():
    prediction = np.outer(T, [1.0, 2.0])
    found = examined(prediction + 1e-3, prediction=lambda t: np.outer(t, [1.0, 2.0]), scale=1.0)
    points = found.points
    assert points["coordinate"].tolist() == np.repeat(T, 2).tolist()
    assert points["curve"].tolist() == [0, 1] * len(T)
    assert points["prediction"].tolist() == prediction.ravel().tolist()
    assert points["measured"].tolist() == (prediction + 1e-3).ravel().tolist()
    assert points["measured_error"].tolist() == [0.0] * 60
    np.testing.assert_allclose(points["limit"], 1e-3)


def test_points_of_an_ensemble_are_those_of_the_largest_size():
    outcomes = networks()
    found = examined(outcomes, ensemble)
    largest = outcomes[256.0].values
    np.testing.assert_allclose(found.points["measured"], largest.mean(axis=0), rtol=1e-14)
    error = np.sqrt(((largest - largest.mean(axis=0)) ** 2).sum(axis=0) / 15 / 16)
    np.testing.assert_allclose(found.points["measured_error"], error, rtol=1e-12)
    assert (found.seeds, found.sizes, found.size_name) == (16, (16.0, 64.0, 256.0), "width")


def test_points_of_steps_are_those_of_the_finest():
    outcomes = {h: outcome(decay(T) * (1 + h)) for h in (0.02, 0.01)}
    found = examined(outcomes, steps=(0.02, 0.01))
    assert found.points["measured"].tolist() == (decay(T) * 1.01).tolist()
    assert (found.verdict, found.gap, found.sizes) == (
        "inconclusive",
        pytest.approx(0),
        (0.01, 0.02),
    )


# Sensitivity


@pytest.mark.parametrize("margin", [0.001, 0.01, 0.03])
def test_sensitivity_by_hand(margin):
    """(p - p (1 + e))/(p (1 + e)) and exp(3 e) - 1 reach the margin, for the worse sign."""
    found = examined(decay(T), margin=margin)
    assert found.verdict == "agrees"
    value, stretch = margin / (1 - margin), -np.log(1 - margin) / 3
    assert value < found.sensitivity["value"] <= 1.0101 * value
    assert stretch < found.sensitivity["t"] <= 1.0101 * stretch


def test_a_blunt_comparison_is_held_back():
    flat = np.linspace(0.0, 0.1, 30)  # the rate hardly shows
    found = examined(decay(flat), parameters={"t": flat})
    assert found.verdict == "inconclusive"
    assert found.sensitivity["t"] == pytest.approx(-np.log(0.99) / 0.1, rel=0.011)
    assert found.reason.startswith(
        "agrees, but would notice errors of t only from 10 % (allowed 5 %)"
    )


def test_a_coordinate_that_is_never_noticed_is_said_so():
    found = examined(np.ones(30), prediction=lambda a: a**0, parameters={"a": T}, coordinate="a")
    assert found.verdict == "inconclusive" and found.sensitivity["a"] == np.inf
    assert "a not at all (allowed 5 %)" in found.reason


def test_max_sensitivity_is_the_claims_own():
    assert examined(decay(T), max_sensitivity=0.0102).verdict == "agrees"
    assert examined(decay(T), max_sensitivity=0.01).verdict == "inconclusive"


def test_a_coordinate_at_the_edge_of_its_range_is_noticed():
    def prediction(x):
        if np.max(x) > 1.2:
            raise ValueError("beyond 1.2")
        return x**3

    found = examined(T**3 / 27, prediction=prediction, parameters={"x": T / 3}, coordinate="x")
    assert found.verdict == "agrees"
    assert found.sensitivity["x"] == pytest.approx(1 - 0.99 ** (1 / 3), rel=0.02)


def test_a_coordinate_of_whole_numbers_is_refused():
    def prediction(depth):
        if np.any(depth != np.floor(depth)):
            raise ValueError("whole numbers only")
        return 1 / depth

    depths = np.arange(1.0, 6.0)
    with pytest.raises(ValueError, match="choose a continuous coordinate"):
        examined(
            1 / depths, prediction=prediction, parameters={"depth": depths}, coordinate="depth"
        )


def test_a_prediction_is_made_anew_only_where_its_coordinate_is():
    calls = []

    def counted(t):
        calls.append(t[0])
        return decay(t)

    assert examined(decay(T), prediction=counted).verdict == "agrees"
    assert calls.count(T[0]) == 1 < len(calls) == len(set(calls))


# Alternatives


def test_alternatives_must_be_rejected():
    wrong = {"squared": lambda t: decay(t) ** 2}
    found = examined(decay(T), alternatives=wrong)
    assert (found.verdict, found.alternatives) == ("agrees", {"squared": "disagrees"})
    close = wrong | {"a little more": lambda t: 1.001 * decay(t)}
    found = examined(decay(T), alternatives=close)
    assert found.verdict == "inconclusive"
    assert found.reason == "agrees, but does not reject the alternative 'a little more'"


def test_a_prediction_of_zero_rests_on_its_alternatives():
    changes = {
        "prediction": lambda t: 0 * t,
        "coordinate": None,
        "value_sensitivity": False,
        "scale": 1.0,
    }
    found = examined(np.full(30, 1e-4), alternatives={"drifts": lambda t: 0.1 * t}, **changes)
    assert (found.verdict, found.sensitivity) == ("agrees", {})
    found = examined(np.full(30, 1e-4), alternatives={"still": lambda t: 0 * t}, **changes)
    assert found.verdict == "inconclusive"


# Hints


def test_a_lost_factor_in_the_rate_is_hinted_at():
    found = examined(np.exp(-2 * T))
    assert found.verdict == "disagrees"
    assert found.hint == "it would agree with t multiplied by 2"


def test_a_lost_factor_in_the_value_is_hinted_at():
    found = examined(decay(T) / 4, coordinate=None, alternatives={"one": lambda t: t**0})
    assert (found.verdict, found.hint) == (
        "disagrees",
        "it would agree with the prediction multiplied by 0.25",
    )


def test_no_hint_where_no_factor_helps():
    found = examined(1 / (1 + 5 * T))
    assert (found.verdict, found.hint) == ("disagrees", "")


def test_a_disagreement_survives_a_coordinate_that_cannot_be_stretched():
    def prediction(depth):
        if np.any(depth != np.floor(depth)):
            raise ValueError("whole numbers only")
        return 1 / depth

    depths = np.arange(1.0, 6.0) * 7
    found = examined(
        depths**-0.5, prediction=prediction, parameters={"depth": depths}, coordinate="depth"
    )
    assert (found.verdict, found.hint) == ("disagrees", "")


# Ensembles and errors


def test_an_ensemble_that_agrees():
    found = examined(networks(), ensemble)
    assert found.verdict == "agrees"
    assert found.gap + found.half_width <= 0.015
    assert found.order is not None


def test_an_ensemble_that_disagrees():
    found = examined(networks(offset=0.1), ensemble)
    assert found.verdict == "disagrees" and found.gap == pytest.approx(0.11, rel=0.1)


def test_one_size_is_compared_with_a_prediction_for_that_size():
    outcomes = networks(sizes=(16.0,))
    exact = {"prediction": lambda t, width: decay(t) + 0.1 / width, "sizes": (16,)}
    assert examined(outcomes, ensemble, **exact, margin=0.005).verdict == "agrees"
    assert examined(outcomes, ensemble, sizes=(16,), margin=0.005).verdict == "disagrees"


def test_a_paired_prediction_removes_the_spread_of_the_starts():
    rng = np.random.default_rng(0)
    outcomes = {}
    for n in (16.0, 64.0, 256.0):
        start = 1 + 0.3 * rng.standard_normal(16)
        noise = 1e-3 * rng.standard_normal((16, len(T)))
        outcomes[n] = Outcome(start[:, None] * decay(T) + noise, {"start": start})
    paired = {"prediction": lambda t, start: start * decay(t), "paired": True}
    assert examined(outcomes, ensemble, **paired).verdict == "agrees"
    assert examined(outcomes, ensemble).verdict != "agrees"


def test_the_error_of_a_sampled_prediction_counts():
    outcomes = networks()
    sure = compare_with(ensemble(), outcomes).judgement
    sampled = ensemble(prediction=lambda t: Sampled(decay(t), 0.01 * decay(T[0])))
    unsure = compare_with(sampled, outcomes).judgement
    expected = np.hypot(sure.standard_error, 0.01)
    np.testing.assert_allclose(unsure.standard_error, expected, rtol=1e-9)
    assert (sure.verdict, unsure.verdict) == ("agrees", "inconclusive")


def test_a_sampled_prediction_has_no_place_in_a_deterministic_claim():
    with pytest.raises(ValueError, match="standard error; needs an Ensemble"):
        examined(decay(T), prediction=lambda t: Sampled(decay(t), 0.01))


def test_a_wrong_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(30,\), the measurement \(29,\)"):
        examined(decay(T[:-1]))
