"""Predictions: functions and expressions, alone or for each seed, checked before they are compared."""

import mpmath
import numpy as np
import pytest
import sympy

from lazyrich.paper_checks.evidence.predicting import Alteration, Sampled, predict
from lazyrich.paper_checks.evidence.store import Outcome
from tests.paper_checks.evidence.toy_claims import T, deterministic, ensemble, outcome

t, a = sympy.symbols("t a", positive=True)
NONE = Alteration()


def predicted(prediction, values=T, alteration=NONE, make=deterministic, size=0.0, **changes):
    claim = make(prediction=prediction, **changes)
    return predict(claim, size, outcome(values), alteration)


def refused(prediction, values=T, **changes):
    with pytest.raises(ValueError) as caught:
        predicted(prediction, values, **changes)
    return str(caught.value)


def test_a_function_gives_one_row_without_error():
    found = predicted(lambda t: 2 * t)
    assert found.value.tolist() == [(2 * T).tolist()]
    assert found.standard_error.tolist() == [[0.0] * len(T)]


def test_alterations_scale_the_value_and_stretch_the_coordinate():
    found = predicted(lambda t: t**2).times(1.5)
    np.testing.assert_allclose(found.value[0], 1.5 * T**2, rtol=1e-15)
    found = predicted(lambda t: t**2, alteration=Alteration(coordinate=1.5))
    np.testing.assert_allclose(found.value[0], 2.25 * T**2, rtol=1e-15)
    found = predicted(lambda t: t**2, alteration=Alteration(prediction=lambda t: -t))
    assert found.value[0].tolist() == (-T).tolist()


def test_expressions_are_evaluated_on_broadcast_parameters():
    found = predicted(
        a * sympy.exp(-t), np.zeros((30, 2)), parameters={"t": T[:, None], "a": (1.0, 3.0)}
    )
    np.testing.assert_allclose(found.value[0], np.exp(-T)[:, None] * [1, 3], rtol=1e-15)


def test_expressions_without_overflow_stay_in_float64():
    found = predicted(sympy.tanh(t)).value[0]
    assert found.tolist() == np.tanh(T).tolist()


def test_overflow_is_resolved_in_more_digits():
    times = np.array([1.0, 800.0, 2000.0])
    sigmoid = 3 * sympy.exp(t) / (sympy.exp(t) + 10)
    with np.errstate(all="ignore"):
        assert np.isnan(3 * np.exp(times) / (np.exp(times) + 10))[1:].all()
    found = predicted(sigmoid, times, parameters={"t": times}).value[0]
    np.testing.assert_allclose(found, [3 * np.e / (np.e + 10), 3, 3], rtol=1e-15)


def test_special_functions_are_evaluated():
    with mpmath.workdps(30):
        hyper = [float(mpmath.hyp1f1(1, 2, x)) for x in T]
        lambert = [float(mpmath.lambertw(x)) for x in T]
        erf = [float(mpmath.erf(x)) for x in T]
    x = sympy.Symbol("x")
    np.testing.assert_allclose(predicted(sympy.erf(t)).value[0], erf, rtol=1e-14)
    np.testing.assert_allclose(predicted(sympy.hyper((1,), (2,), t)).value[0], hyper, rtol=1e-14)
    np.testing.assert_allclose(predicted(sympy.LambertW(t)).value[0], lambert, rtol=1e-14)
    integral = sympy.Integral(2 * sympy.exp(-(x**2)) / sympy.sqrt(sympy.pi), (x, 0, t))
    np.testing.assert_allclose(predicted(integral).value[0], erf, rtol=1e-13)
    steps = sympy.Piecewise((1, t < 1), (2, True))
    assert predicted(steps).value[0].tolist() == np.where(T < 1, 1.0, 2.0).tolist()


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (a * t, "['a'], which are not among the parameters ['t']"),
        (sympy.sqrt(t - 1), "complex at t = 0.1"),
        (sympy.I * t, "complex at t = 0.1"),
        (1 / (t - t.subs(t, T[3])), "no value at t = 0.4"),
        (sympy.Function("f")(t), "name 'f' is not defined"),
        (sympy.exp(sympy.exp(10 * t)), "inf at index"),
        (sympy.Integer(1), "shape (), the measurement (30,)"),
    ],
)
def test_expressions_without_a_real_value_are_refused(expression, words):
    message = refused(expression)
    assert words in message and message.startswith("claim decays: ")


@pytest.mark.parametrize(
    ("prediction", "words"),
    [
        (lambda t: np.where(t > 1, np.nan, t), "nan at index [10]"),
        (lambda t: t / 0.0, "inf at index [0]"),
        (lambda t: t + 0j, "complex"),
        (lambda t: t[:-1], "shape (29,), the measurement (30,)"),
        (lambda t: t[:, None], "shape (30, 1)"),
        (lambda t: 1.0, "shape ()"),
        (lambda t: None, "shape ()"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_predictions_that_cannot_be_compared_are_refused(prediction, words):
    assert words in refused(prediction)


def test_scalars_are_compared_with_scalars():
    assert predicted(lambda t: 3.0, 3.0).value.tolist() == [3.0]
    assert "nan at index [0]" in refused(lambda t: np.nan, 3.0)


def test_sampled_predictions_carry_their_standard_error():
    found = predicted(lambda t: Sampled(t, 0.1))
    assert found.standard_error.tolist() == [[0.1] * len(T)]
    found = predicted(lambda t: Sampled(t, 0.1 * t))
    assert found.standard_error.tolist() == [(0.1 * T).tolist()]
    assert "standard error has shape (3,)" in refused(lambda t: Sampled(t, np.zeros(3)))


def test_the_size_reaches_predictions_that_ask_for_it():
    found = predicted(lambda t, width: t / width, make=ensemble, size=64.0)
    assert found.value[0].tolist() == (T / 64).tolist()
    width = sympy.Symbol("width")
    assert predicted(t / width, make=ensemble, size=64.0).value[0].tolist() == (T / 64).tolist()
    assert predicted(lambda t: t, make=ensemble, size=64.0).value[0].tolist() == T.tolist()


def test_paired_predictions_are_made_for_each_seed():
    measured = Outcome(np.zeros((3, 30)), {"start": np.array([1.0, 2.0, 5.0])})
    claim = ensemble(prediction=lambda t, start: start * t, paired=True)
    found = predict(claim, 64.0, measured, NONE).times(2.0)
    assert found.value.tolist() == (2 * np.array([1.0, 2.0, 5.0])[:, None] * T).tolist()


def test_unpaired_predictions_do_not_see_the_start():
    measured = Outcome(np.zeros((3, 30)), {"start": np.array([1.0, 2.0, 5.0])})
    with pytest.raises(ValueError, match="start"):
        predict(ensemble(prediction=lambda t, start: t), 64.0, measured, NONE)
