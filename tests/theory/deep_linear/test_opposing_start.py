"""Bad input of the opposing-signals formulas is refused at their door."""

import numpy as np
import pytest

from lazyrich.theory.deep_linear import opposing_signals as opposing
from tests.theory.deep_linear.opposing_cases import ALPHA, BETA, START

VALID = {"beta": BETA, "outlier_power": ALPHA, **START, "learning_rate": 0.02}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("beta", [0.0, 0.0, 0.0], "beta = 0 is outside"),
        ("beta", [np.nan, 0.0, 0.0], "beta = nan is outside"),
        ("beta", [1.0], "one length"),
        ("outlier_power", 0.0, "outlier_power = 0.0 is outside"),
        ("b_s", [], "b_s is empty"),
        ("b_o", 0.1, "one axis"),
        ("c", np.inf, "c = inf is outside"),
        ("c", [0.1], "one number"),
        ("learning_rate", -1.0, "learning_rate = -1.0 is outside"),
        ("b_o", ["a"], "outside the real numbers"),
    ],
)
def test_bad_values_are_refused(name, value, message):
    given = {**VALID, name: value}
    for function in (opposing.spike_step, opposing.crossing_time):
        with pytest.raises(ValueError, match=message):
            function(**given)


def test_other_bad_values_are_refused():
    start = {name: VALID[name] for name in ("beta", "outlier_power", "b_s", "b_o", "c")}
    with pytest.raises(ValueError, match=r"t = -1.0 is outside \[0, inf\)"):
        opposing.flow(-1.0, **start)
    with pytest.raises(ValueError, match="imbalance"):
        opposing.flow(1.0, **start, imbalance=[0.1])
    with pytest.raises(ValueError, match="steps"):
        opposing.descent(-1, **VALID)
    with pytest.raises(ValueError, match="threshold = 0.0"):
        opposing.spike_step(**VALID, threshold=0.0)
    with pytest.raises(ValueError, match="leading axes"):
        opposing.sharpness([1.0, 2.0], np.ones((3, 1)), [0.0], [1.0], 2.0)
    with pytest.raises(ValueError, match="last axis"):
        opposing.sharpness(1.0, [1.0, 2.0], [0.0], [1.0], 2.0)
    with pytest.raises(ValueError, match="c = 0"):
        opposing.outlier_floor([0.1], 2.0, 0.0)
    with pytest.raises(ValueError, match="outlier_power = -1.0"):
        opposing.threshold_learning_rate(-1.0, 1.0)
    with pytest.raises(ValueError, match=r"\[1, inf\)"):
        opposing.crossing_time(**{**VALID, "outlier_power": 0.5})
