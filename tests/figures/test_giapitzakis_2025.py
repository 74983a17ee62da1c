"""The figures of Giapitzakis et al. 2025 draw what was computed, and theory lies on networks."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lazyrich.figures.figure import curves, drawn, with_settings
from lazyrich.figures.giapitzakis_2025 import FIGURES

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "ensemble-size": ["longest=2000", "checked_lengths=5,12"],
    "success": ["length=5", "width=64", "n_pairs=16", "ensemble_sizes=1,4,16", "n_seeds=8"],
    "outputs": ["length=5", "width=256"],
}
Data = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def computed() -> dict[str, Data]:
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


def has_line(axes: Any, y: Any, marker: bool = False) -> bool:
    return any(
        np.array_equal(y, line.get_ydata()) and (line.get_marker() == "o") == marker
        for line in axes.lines
    )


def test_every_figure_has_words_and_defaults() -> None:
    assert len(BY_NAME) == len(FIGURES) == 3
    for figure in FIGURES:
        assert figure.caption.endswith(".") and "2502.16763" in figure.source


@pytest.mark.parametrize("name", BY_NAME)
def test_curves_are_finite(name: str, computed: dict[str, Data]) -> None:
    for key, array in computed[name].items():
        assert np.isfinite(array).all(), key


def test_needed_lies_below_sufficient(computed: dict[str, Data]) -> None:
    data = computed["ensemble-size"]
    (axes,) = drawn(BY_NAME["ensemble-size"], data).axes
    for name in ("single", "all", "sufficient"):
        assert has_line(axes, data[name]) and has_line(axes, data[f"{name}_checked"], True)
        near = np.interp(data["length_checked"], data["length"], data[name])
        np.testing.assert_allclose(near, data[f"{name}_checked"], rtol=0.05)
    assert np.all((data["single"] < data["all"]) & (data["all"] < data["sufficient"]))


def test_success_lies_on_trained_networks(computed: dict[str, Data]) -> None:
    data = computed["success"]
    (axes,) = drawn(BY_NAME["success"], data).axes
    for j in range(3):
        assert has_line(axes, data["theory"][:, j]) and has_line(axes, data["trained"][:, j], True)
        near = np.interp(data["trained_size"], data["ensemble_size"], data["theory"][:, j])
        np.testing.assert_allclose(data["trained"][:, j], near, atol=0.08)


def test_outputs_lie_on_trained_networks(computed: dict[str, Data]) -> None:
    data = computed["outputs"]
    left, right = drawn(BY_NAME["outputs"], data).axes
    for j in range(2):
        assert has_line(left, data["theory"][:, j]) and has_line(left, data["trained"][:, j], True)
        np.testing.assert_allclose(data["trained"][:, j], data["theory"][1:, j], atol=0.03)
    assert has_line(right, data["spread"]) and has_line(right, data["trained_spread"], True)
    np.testing.assert_allclose(data["trained_spread"], data["spread"][1:], rtol=0.1)


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("ensemble-size", "longest=3", "10 or more"),
        ("ensemble-size", "probability=1.5", "probability"),
        ("success", "length=30", "3 to 10"),
        ("success", "ensemble_sizes=1,100", "n_pairs"),
        ("outputs", "n_seeds=1", "2 seeds"),
        ("outputs", "width=0", "width"),
    ],
)
def test_impossible_parameters_are_refused(name: str, setting: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        curves(with_settings(BY_NAME[name], [*SMALL[name], setting]))
