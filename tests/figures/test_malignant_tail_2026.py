"""The figures of the malignant tail draw what was computed, and theory lies near the networks."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lazyrich.figures.figure import curves, drawn, with_settings
from lazyrich.figures.malignant_tail_2026 import FIGURES

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "segregation": ["n_inputs=60", "n_seeds=3"],
    "risk-against-cut": ["n_inputs=60", "n_seeds=3"],
    "truncated-in-time": ["n_train=60", "n_seeds=3"],
    "class-error": ["n_inputs=40", "n_seeds=3"],
    "harm": ["n_inputs=60", "n_train=60", "n_seeds=3"],
}
# the theory's lines and the networks' points of each figure, their coordinates, and the tolerance of the
# smallest networks in units of the largest value
PAIRS = [
    ("segregation", "t", "theory_signal", "t_points", "signal", 0.05),
    ("segregation", "t", "theory_noise", "t_points", "noise", 0.15),
    ("risk-against-cut", "cut", "theory", "cut_points", "risk", 0.1),
    ("truncated-in-time", "t", "theory_cut", "t_points", "cut", 0.1),
    ("truncated-in-time", "t", "theory_full", "t_points", "full", 0.1),
    ("class-error", "t", "theory", "t_points", "error", 0.05),
    ("harm", "noise", "theory_risk", "noise_points", "risk", 0.1),
    ("harm", "ratio", "theory_harmful", "ratio_points", "harmful", 0.1),
]
Data = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def computed() -> dict[str, Data]:
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


def rows(array: NDArray[Any], length: int) -> NDArray[Any]:
    """Curves, one in each row, of arrays whose first or last axis is the coordinate."""
    array = np.atleast_2d(array)
    return array if array.shape[-1] == length else array.T


def is_drawn(picture: Any, x: Any, y: Any, marker: str) -> bool:
    return any(
        np.array_equal(x, line.get_xdata())
        and np.array_equal(y, line.get_ydata())
        and line.get_marker() == marker
        for axes in picture.axes
        for line in axes.lines
    )


def test_every_figure_has_words_and_defaults() -> None:
    assert len(BY_NAME) == len(FIGURES) == len(SMALL)
    for figure in FIGURES:
        assert figure.caption.endswith(".") and "2603.02293" in figure.source


@pytest.mark.parametrize(("name", "x", "line", "x_points", "points", "tolerance"), PAIRS)
def test_lines_and_points(
    name: str,
    x: str,
    line: str,
    x_points: str,
    points: str,
    tolerance: float,
    computed: dict[str, Data],
) -> None:
    data = computed[name]
    picture = drawn(BY_NAME[name], data)
    lines, marks = rows(data[line], len(data[x])), rows(data[points], len(data[x_points]))
    for curve, measured in zip(lines, marks, strict=True):
        assert is_drawn(picture, data[x], curve, "None")
        assert is_drawn(picture, data[x_points], measured, "o")
        expected = np.interp(data[x_points], data[x], curve)
        np.testing.assert_allclose(measured, expected, atol=tolerance * curve.max())


@pytest.mark.parametrize("name", BY_NAME)
def test_curves_are_finite_and_repeat(name: str, computed: dict[str, Data]) -> None:
    again = curves(with_settings(BY_NAME[name], SMALL[name]))
    for key, array in computed[name].items():
        np.testing.assert_array_equal(array, again[key])
        if key != "t":  # which may hold inf, the fully trained student
            assert np.isfinite(array).all(), key


def test_best_cuts_are_marked(computed: dict[str, Data]) -> None:
    data = computed["risk-against-cut"]
    picture = drawn(BY_NAME["risk-against-cut"], data)
    marks = [line for line in picture.axes[0].lines if line.get_marker() == "D"]
    assert len(marks) == len(data["t"])
    assert (data["best_risk"] <= data["theory"].min(axis=1) * (1 + 1e-12)).all()
    assert data["ridge"][0] < data["best_risk"].min()


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("segregation", "n_seeds=1", "n_seeds 1"),
        ("segregation", "t_end=0.01", "0 < first < last"),
        ("segregation", "sample_ratio=-1.0", "sample_ratio"),
        ("risk-against-cut", "noise_var=0.0", "noise_var > 0"),
        ("truncated-in-time", "n_train=55", "multiple of 10"),
        ("truncated-in-time", "tail_variance=0.9", "gap"),
        ("class-error", "flip_probabilities=0.1,1.2", "flip_probability"),
        ("harm", "n_train=0", "multiple of 10"),
    ],
)
def test_impossible_parameters_are_refused(name: str, setting: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        curves(with_settings(BY_NAME[name], [setting]))
