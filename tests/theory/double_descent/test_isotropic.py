"""Learning curves of the isotropic student against high precision, closed forms and limits."""

import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ive

from lazyrich.theory.double_descent.isotropic import (
    learning_curve,
    optimal_stopping_time,
    ridge_risk,
    student_size_curve,
)
from tests.theory.double_descent.high_precision import in_high_precision

RATIOS = st.floats(-3, 3).map(lambda x: 10.0**x)
VARIANCES = st.floats(0, 5)


def curve_in_high_precision(t, alpha, s, s0, noise, left):
    """(test, train, norm) from the formulas of the sheet, `left(lambda)` = q."""
    null = max(0, 1 - alpha)

    def mean(f):
        return in_high_precision(alpha, lambda x: f(x, left(x)))

    kept, residual = mean(lambda x, q: q**2), mean(lambda x, q: x * q**2)
    fitted = mean(lambda x, q: (1 - q) ** 2 / x if x else 0)
    learned = mean(lambda x, q: (1 - q) ** 2)
    return (
        noise + null * (s + s0) + (s + s0) * kept + noise * fitted,
        max(0, 1 - 1 / alpha) * noise + ((s + s0) * residual + noise * kept) / alpha,
        null * s0 + s0 * kept + s * learned + noise * fitted,
    )


CASES = [
    (0.97, 50), (1.0003, 2e4), (1.5, 7), (0.4, 300), (1, 20), (1e-3, 1), (1e-3, 40), (1e3, 1e-3),
    (1e3, 0.02),
]  # fmt: skip


@pytest.mark.parametrize(("alpha", "t"), CASES)
def test_flow_against_high_precision(alpha, t):
    found = learning_curve(t, alpha, teacher_power=1.3, init_var=0.2, noise_var=0.4)
    true = curve_in_high_precision(t, alpha, 1.3, 0.2, 0.4, lambda x: mpmath.exp(-x * t))
    np.testing.assert_allclose(found, true, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize(
    ("alpha", "largest", "steps"),
    [(0.5, 0.7, 1), (2, 1.7, 1), (2, 1.7, 12), (1, 1.999, 3000), (0.97, 1.99, 37), (3, 1.0, 5)],
)
def test_descent_against_high_precision_also_where_modes_alternate(alpha, largest, steps):
    rate = largest / (1 + np.sqrt(alpha)) ** 2
    found = learning_curve(
        rate * steps, alpha, teacher_power=1.3, init_var=0.2, noise_var=0.4, learning_rate=rate
    )
    true = curve_in_high_precision(0, alpha, 1.3, 0.2, 0.4, lambda x: (1 - rate * x) ** steps)
    np.testing.assert_allclose(found, true, rtol=1e-12)


def test_known_values_of_descent():
    """Sheet: alpha = 2, S = 1, S0 = .1, sigma^2 = .3, step .3."""
    steps = np.array([1, 3, 10, 100])
    found = learning_curve(0.3 * steps, 2.0, init_var=0.1, noise_var=0.3, learning_rate=0.3).test
    np.testing.assert_allclose(found, [0.72800, 0.54537, 0.52946, 0.59987], atol=6e-6)
    flow = learning_curve(0.3, 2.0, init_var=0.1, noise_var=0.3).test
    assert abs(flow / found[0] - 1) > 0.04


@pytest.mark.parametrize("t", [1e-9, 0.1, 1.0, 30.0, 1e3, 1e6])
def test_ratio_one_has_a_closed_form(t):
    def law(s):
        return ive(0, 2 * s) + ive(1, 2 * s)

    def integral(s):
        """int_0^s of the law: at small s by its series, where the closed form cancels."""
        x = 2 * s
        return s - s**2 / 2 if s < 1e-5 else x * law(s) + (ive(0, x) - 1) / 2

    found = learning_curve(t, 1.0, noise_var=1.0)
    noise = found.test - 1 - law(2 * t)
    exact = 2 * integral(t) - integral(2 * t)
    assert noise == pytest.approx(exact, rel=1e-10, abs=1e-15)
    assert found.train == pytest.approx(law(2 * t) + _slope(2 * t), rel=1e-12)
    if t >= 1e3:
        assert exact / (2 * (2 - np.sqrt(2)) / np.sqrt(np.pi) * np.sqrt(t)) == pytest.approx(
            1, abs=0.03 * np.sqrt(1e3 / t)
        )


def _slope(s):
    """-dL/ds = int rho lambda exp(-lambda s): L' = -(I1 exp(-x))/s at x = 2 s."""
    return ive(1, 2 * s) / s


@given(ratio=RATIOS, s=VARIANCES, s0=VARIANCES, noise=VARIANCES)
def test_limits(ratio, s, s0, noise):
    given = {"teacher_power": s, "init_var": s0, "noise_var": noise}
    start = learning_curve(0.0, ratio, **given)
    np.testing.assert_allclose(start, [noise + s + s0, noise + s + s0, s0], rtol=1e-12, atol=1e-12)
    if abs(ratio - 1) > 1e-6:
        end = learning_curve(np.inf, ratio, **given)
        small = ratio < 1
        test = (
            noise / (1 - 1 / ratio) if not small else noise / (1 - ratio) + (1 - ratio) * (s + s0)
        )
        assert end.test == pytest.approx(test, rel=1e-11)
        assert end.train == pytest.approx(max(0, 1 - 1 / ratio) * noise, rel=1e-12)
        late = learning_curve(1e18, ratio, **given)
        np.testing.assert_allclose(late, end, rtol=1e-10, atol=1e-15)


def test_ratio_one_without_end_is_infinite_and_quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = learning_curve([1.0, np.inf], np.array([[0.5], [1.0], [2.0]]), noise_var=0.1)
        assert np.isinf(run.test[1, 1]) and np.isinf(run.weight_norm[1, 1])
        assert np.isfinite(np.delete(run.test.ravel(), 3)).all() and np.isfinite(run.train).all()
        quiet = learning_curve(np.inf, 1.0)
        assert quiet == (0, 0, 1)
        assert np.isinf(ridge_risk(1.0, 0.0, noise_var=0.1)) and ridge_risk(1.0, 0.0) == 0
        descent = learning_curve([0.0, 0.2, np.inf], 1.0, noise_var=0.1, learning_rate=0.2)
        assert np.isinf(descent.test[2]) and np.isfinite(descent.test[:2]).all()


@settings(deadline=None)
@given(ratio=RATIOS, s=VARIANCES, s0=VARIANCES, noise=VARIANCES, t=st.floats(-6, 9))
def test_errors_are_ordered(ratio, s, s0, noise, t):
    times = 10.0**t * np.array([1.0, 1.7])
    run = learning_curve(times, ratio, teacher_power=s, init_var=s0, noise_var=noise)
    assert (run.test >= noise * (1 - 1e-14)).all() and (run.train >= 0).all()
    assert run.train[1] <= run.train[0] * (1 + 1e-12) + 1e-300
    assert (run.weight_norm >= 0).all()


@settings(deadline=None)
@given(ratio=RATIOS, noise=st.floats(1e-3, 1e3), t=st.floats(-4, 5))
def test_flow_and_ridge(ratio, noise, t):
    """No time beats the best ridge; the flow stays within 1.6859 of ridge at penalty 1/t."""
    t = 10.0**t
    flow = learning_curve(t, ratio, noise_var=noise).test
    assert flow >= ridge_risk(ratio, noise, noise_var=noise) * (1 - 1e-13)
    excess = ridge_risk(ratio, 1 / t, noise_var=noise) - noise
    assert flow - noise <= 1.685910 * excess + 1e-13 * flow


def test_small_steps_approach_the_flow_at_first_order():
    flow = learning_curve(2.0, 0.7, noise_var=0.3, init_var=0.1)
    gaps = [
        np.subtract(learning_curve(2.0, 0.7, noise_var=0.3, init_var=0.1, learning_rate=rate), flow)
        for rate in (2e-4, 1e-4)
    ]
    np.testing.assert_allclose(gaps[0] / gaps[1], 2, rtol=1e-3)


def test_arguments_broadcast_as_separate_calls():
    t, ratio = np.array([0.1, 3.0, np.inf]), np.array([[0.5], [2.0], [0.5]])
    noise = np.array([0.0, 1.0, 2.0])
    whole = learning_curve(t, ratio, noise_var=noise)
    for i, j in np.ndindex(3, 3):
        each = learning_curve(t[j], ratio[i, 0], noise_var=noise[j])
        np.testing.assert_allclose([w[i, j] for w in whole], each, rtol=1e-14)
    assert learning_curve(1.0, 2.0).test.shape == ()
    assert optimal_stopping_time(ratio, noise).shape == (3, 3)


# Stopping


@pytest.mark.parametrize(
    ("snr", "ratio", "time", "error", "ridge"),
    [(5, 1, 3.06707, 2.83758, 2.79129), (100, 1.1, 55.8347, 7.13357, 6.91271)],
)
def test_known_stopping_times(snr, ratio, time, error, ridge):
    found = optimal_stopping_time(ratio, snr)
    assert found == pytest.approx(time, rel=2e-6)
    test = learning_curve(found, ratio, teacher_power=snr, noise_var=1.0).test
    assert test == pytest.approx(error, rel=2e-6)
    best = ridge_risk(ratio, 1 / snr, teacher_power=snr, noise_var=1.0)
    assert best == pytest.approx(ridge, rel=2e-6)


@settings(deadline=None, max_examples=60)
@given(ratio=RATIOS, snr=st.floats(-4, 8), inr=st.floats(0, 10))
def test_stopping_time_is_stationary_and_least(ratio, snr, inr):
    """Against a grid of the error itself, which knows nothing of the condition."""
    s = 10.0**snr
    best = optimal_stopping_time(ratio, s, inr)
    around = best * np.array([1.0, 1e-3, 0.03, 0.3, 0.9, 1.1, 3.0, 30.0, 1e3])
    test = learning_curve(around, ratio, teacher_power=s, init_var=inr, noise_var=1.0).test
    assert (test >= test[0] * (1 - 1e-14)).all()
    lower, upper = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2
    assert np.log1p(upper * (s + inr)) / upper <= best * (1 + 1e-12)
    assert best <= np.log1p(lower * (s + inr)) / lower * (1 + 1e-9) if lower > 1e-12 else True


def test_stopping_time_solves_its_equation_in_high_precision():
    for ratio, snr, inr in ((0.3, 2.0, 0.5), (1.0, 1e4, 0.0), (1.02, 50.0, 3.0)):
        t = float(optimal_stopping_time(ratio, snr, inr))

        def slope(time, ratio=ratio, s=snr + inr):
            def condition(x):
                q = mpmath.exp(-x * time)
                return q * (1 - q) - x * s * q**2

            return in_high_precision(ratio, condition)

        below, above = slope(t * (1 - 1e-9)), slope(t * (1 + 1e-9))
        assert below < 0 < above


def test_stopping_without_noise_or_without_signal():
    assert optimal_stopping_time(2.0, np.inf) == np.inf
    assert optimal_stopping_time(2.0, 0.0) == 0
    assert optimal_stopping_time(2.0, 0.0, 3.0) == optimal_stopping_time(2.0, 3.0)


# Ridge


@pytest.mark.parametrize("ratio", [1e-3, 0.3, 0.999, 1.0, 1.4, 1e3])
@pytest.mark.parametrize("penalty", [1e-6, 0.2, 30.0])
def test_ridge_against_high_precision(ratio, penalty):
    def error(x):
        return (penalty**2 * mpmath.mpf(1.3) + x * mpmath.mpf(0.4)) / (x + penalty) ** 2

    true = 0.4 + in_high_precision(ratio, error) + max(0, 1 - ratio) * 1.3
    found = ridge_risk(ratio, penalty, teacher_power=1.3, noise_var=0.4)
    assert found == pytest.approx(true, rel=1e-12)


@given(ratio=RATIOS, snr=st.floats(1e-3, 1e3))
def test_best_penalty_is_one_over_snr(ratio, snr):
    factors = np.array([1.0, 1e-6, 0.5, 0.9, 1.1, 2.0, 1e6])
    risk = ridge_risk(ratio, factors / snr, teacher_power=snr, noise_var=1.0)
    assert (risk >= risk[0] * (1 - 1e-14)).all()
    ends = ridge_risk(ratio, [0.0, np.inf, 1e200], teacher_power=snr, noise_var=1.0)
    np.testing.assert_allclose(ends[1:], 1 + snr)
    if abs(ratio - 1) > 1e-9:
        flow = learning_curve(np.inf, ratio, teacher_power=snr, noise_var=1.0).test
        assert ends[0] == pytest.approx(flow, rel=1e-12)


# Size


def test_known_value_of_another_size():
    found = student_size_curve(2.0, 0.5, 0.8, init_var=0.4, noise_var=0.1).test
    assert found == pytest.approx(0.9290, abs=6e-5)


@given(t=st.floats(0, 100), samples=RATIOS, s0=VARIANCES, noise=VARIANCES)
def test_student_of_the_teachers_size(t, samples, s0, noise):
    one = student_size_curve(t, 1.0, samples, init_var=s0, noise_var=noise)
    np.testing.assert_allclose(one, learning_curve(t, samples, init_var=s0, noise_var=noise))


@pytest.mark.parametrize("size", [0.2, 0.5, 3.0])
def test_fully_trained_students_of_other_sizes(size):
    """Least squares with the unseen part as noise; the least norm among many."""
    samples, s, noise = 0.8, 1.5, 0.3
    a = samples / size
    hidden = max(0, 1 - size) * s
    end = student_size_curve(np.inf, size, samples, teacher_power=s, noise_var=noise).test
    if a > 1:
        assert end == pytest.approx((noise + hidden) * a / (a - 1), rel=1e-12)
    else:
        assert end == pytest.approx((1 - a) * (s - hidden) + (noise + hidden) / (1 - a), rel=1e-12)


def test_start_of_another_size():
    run = student_size_curve(0.0, [0.5, 2.0], 0.8, teacher_power=1.5, init_var=0.4, noise_var=0.3)
    np.testing.assert_allclose(run.test, 0.3 + 1.5 + 0.4 * np.array([0.5, 2.0]))
    np.testing.assert_allclose(run.weight_norm, 0.4)


# Refusals


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"t": -1.0}, r"t = -1.0 is outside \[0, inf\]: training starts"),
        ({"t": np.nan}, "t = nan"),
        ({"t": []}, "t is empty"),
        ({"t": "1"}, "t = '1'"),
        ({"sample_ratio": 0.0}, r"sample_ratio = 0.0 is outside \(0, inf\): samples per"),
        ({"sample_ratio": np.inf}, "sample_ratio = inf"),
        ({"teacher_power": -1.0}, "teacher_power = -1.0"),
        ({"init_var": np.inf}, "init_var = inf"),
        ({"noise_var": -0.1}, "noise_var = -0.1"),
        ({"t": [1.0, 2.0], "sample_ratio": [1.0, 2.0, 3.0]}, "shapes must broadcast"),
        ({"learning_rate": 0.0}, "learning_rate = 0.0"),
        ({"learning_rate": 0.3}, "t = 1.0 is not a whole number"),
        ({"learning_rate": 0.5}, r"outside \(0, 0.343146\)"),
        ({"learning_rate": [0.1, 0.2]}, "one number"),
    ],
)
def test_bad_arguments_of_curves(changed, message):
    with pytest.raises(ValueError, match=message):
        learning_curve(**({"t": 1.0, "sample_ratio": 2.0} | changed))


@pytest.mark.parametrize(
    ("function", "given", "message"),
    [
        (optimal_stopping_time, (0.0, 1.0), "sample_ratio = 0.0"),
        (optimal_stopping_time, (1.0, -1.0), "snr = -1.0"),
        (optimal_stopping_time, (1.0, 1.0, np.nan), "inr = nan"),
        (ridge_risk, (1.0, -1.0), "penalty = -1.0"),
        (ridge_risk, (-1.0, 1.0), "sample_ratio = -1.0"),
        (student_size_curve, (1.0, 0.0, 1.0), "size_ratio = 0.0"),
        (student_size_curve, (1.0, [1.0, 2.0], [1.0, 2.0, 3.0]), "shapes must broadcast"),
    ],
)
def test_bad_arguments_elsewhere(function, given, message):
    with pytest.raises(ValueError, match=message):
        function(*given)
