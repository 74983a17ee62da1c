"""The figures of Littwin et al. 2024 draw what was computed, and theory lies on simulation."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lazyrich.figures.figure import curves, drawn, with_settings
from lazyrich.figures.littwin_2024 import FIGURES, OBJECTIVES

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "feature-trajectories": ["depths=1,2", "learning_rate=2e-3"],
    "critical-times": ["depths=1,2", "learning_rate=5e-3", "trained_coefficients=0.5,0.7,0.9"],
    "digits": ["networks=2", "copies=8", "learning_rate=1e-2"],
}
Data = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def computed() -> dict[str, Data]:
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


def assert_drawn(axes: Any, x: Any, y: Any, marker: str) -> None:
    found = [
        np.array_equal(x, line.get_xdata())
        and np.array_equal(y, line.get_ydata())
        and (line.get_marker() != "None") == (marker != "line")
        for line in axes.lines
        if len(line.get_xdata())
    ]
    assert any(found)


def test_every_figure_has_words_and_defaults() -> None:
    assert len(BY_NAME) == len(FIGURES) == 3
    for figure in FIGURES:
        assert figure.caption.endswith(".") and "2407.03475" in figure.source


@pytest.mark.parametrize("name", BY_NAME)
def test_curves_are_finite(name: str, computed: dict[str, Data]) -> None:
    for key, array in computed[name].items():
        assert np.isfinite(array).all(), key


def test_curves_repeat(computed: dict[str, Data]) -> None:
    name = "feature-trajectories"
    again = curves(with_settings(BY_NAME[name], SMALL[name]))
    for key, array in computed[name].items():
        np.testing.assert_array_equal(array, again[key])


def test_trajectories_are_drawn_and_predicted(computed: dict[str, Data]) -> None:
    data = computed["feature-trajectories"]
    panels = iter(drawn(BY_NAME["feature-trajectories"], data).axes)
    for objective in OBJECTIVES:
        for depth in (1, 2):
            axes, key = next(panels), f"{objective}_{depth}"
            for i in range(4):
                assert_drawn(axes, data[f"{key}_t"], data[f"{key}_theory"][:, i], "line")
                points = data[f"{key}_t_simulation"], data[f"{key}_strengths"][:, i]
                assert_drawn(axes, *points, "o")
                at_points = np.interp(points[0], data[f"{key}_t"], data[f"{key}_theory"][:, i])
                assert np.abs(at_points - points[1]).max() < 0.007
                late = np.interp(1.1 * points[0], data[f"{key}_t"], data[f"{key}_theory"][:, i])
                assert np.abs(late - points[1]).max() > 0.015


def test_critical_times_are_drawn_and_predicted(computed: dict[str, Data]) -> None:
    data = computed["critical-times"]
    left, right = drawn(BY_NAME["critical-times"], data).axes
    for objective in OBJECTIVES:
        for k in range(2):
            assert_drawn(left, data["rho"], data[f"{objective}_time"][:, k], "line")
            assert_drawn(right, data["weight"], data[f"{objective}_ratio"][:, k], "line")
            trained = data[f"{objective}_trained_time"][:, k]
            assert_drawn(left, data["trained_rho"], trained, "o")
            theory = np.interp(data["trained_rho"], data["rho"], data[f"{objective}_time"][:, k])
            np.testing.assert_allclose(trained, theory, rtol=0.01)
    assert data["jepa_ratio"][-1, 1] > 1.1 and data["jepa_ratio"][-1, 0] < 0.9
    assert np.all(data["mae_ratio"][:, 1] < 1)


def test_digits_are_drawn_and_learned_in_the_predicted_order(computed: dict[str, Data]) -> None:
    data = computed["digits"]
    *panels, last = drawn(BY_NAME["digits"], data).axes
    for axes, objective in zip(panels, OBJECTIVES, strict=True):
        for i in range(6):
            line = data[f"{objective}_theory"][:, i]
            assert_drawn(axes, data[f"{objective}_t"], line, "line")
            mean = data[f"{objective}_mean"][:, i]
            assert_drawn(axes, data[f"{objective}_t_simulation"], mean, "o")
            predicted = np.interp(data[f"{objective}_t_simulation"], data[f"{objective}_t"], line)
            assert np.abs(predicted - mean).max() < 0.05 * data[f"{objective}_theory"].max()
        unit = data[f"{objective}_time"][0]
        assert_drawn(last, data["rho"], data[f"{objective}_time"] / unit, "line")
    assert np.all(np.diff(data["rho"]) < 0)
    for times in (data["jepa_time"], data["jepa_time_mean"]):
        assert np.all(np.diff(times) > 0)


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("feature-trajectories", "initial_weight=2.0", "nothing is learned"),
        ("critical-times", "initial_weight=0.5", "starts above half"),
        ("critical-times", "coefficients=0.5,0.6,0.7", "needs two"),
        ("digits", "networks=1", "2 or more"),
        ("digits", "initial_weight=0.25", "starts above half"),
    ],
)
def test_impossible_parameters_are_refused(name: str, setting: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        curves(with_settings(BY_NAME[name], [*SMALL[name], setting]))
