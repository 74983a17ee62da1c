"""The figures of Rosenfeld and Risteski 2023 draw what was computed, and theory lies on networks."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lazyrich.figures.figure import curves, drawn, with_settings
from lazyrich.figures.rosenfeld_2023 import FIGURES

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {name: ["n_signal=6"] for name in BY_NAME} | {
    "spike-step": ["n_signal=6", "rate_ratios=1.1,1.4,2.0"]
}
Data = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def computed() -> dict[str, Data]:
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


def is_drawn(axes: Any, x: Any, y: Any, marker: str) -> bool:
    return any(
        np.array_equal(x, line.get_xdata())
        and np.array_equal(y, line.get_ydata())
        and (line.get_marker() == "o") == (marker == "o")
        for line in axes.lines
    )


def test_every_figure_has_words_and_defaults() -> None:
    assert len(BY_NAME) == len(FIGURES) == 4
    for figure in FIGURES:
        assert figure.caption.endswith(".") and "2311.04163" in figure.source


@pytest.mark.parametrize("name", BY_NAME)
def test_curves_are_finite_and_repeat(name: str, computed: dict[str, Data]) -> None:
    again = curves(with_settings(BY_NAME[name], SMALL[name]))
    for key, array in computed[name].items():
        assert np.isfinite(array).all(), key
        np.testing.assert_array_equal(array, again[key])


@pytest.mark.parametrize(
    ("figure", "panels"),
    [
        ("sharpness", [("theory_sharpness", "sharpness")]),
        ("loss-spike", [("theory_loss", "loss"), ("theory_outlier_loss", "outlier_loss")]),
    ],
)
def test_descents_are_drawn_and_lie_on_the_network(
    figure: str, panels: list[tuple[str, str]], computed: dict[str, Data]
) -> None:
    data = computed[figure]
    at = data["step_network"].astype(int)
    for axes, (line, points) in zip(drawn(BY_NAME[figure], data).axes, panels, strict=True):
        assert is_drawn(axes, data["step"], data[line], "line")
        assert is_drawn(axes, data["step_network"], data[points], "o")
        np.testing.assert_allclose(data[line][at], data[points], rtol=1e-8, atol=1e-8)
        spike = float(data["spike"][0])
        assert any(np.all(np.asarray(line.get_xdata()) == spike) for line in axes.lines)


def test_sharpness_passes_the_edge_long_before_the_spike(computed: dict[str, Data]) -> None:
    data = computed["sharpness"]
    edge, spike = float(data["edge"][0]), int(data["spike"][0])
    crossing = int(np.argmax(data["theory_sharpness"] > edge))
    assert data["sharpness"][0] < 5 and spike > 1.5 * crossing
    assert data["theory_sharpness"][spike:].min() < edge  # the spike ends it
    quiet = data["theory_loss"][crossing + 40 : spike]
    assert np.ptp(quiet) < 0.01 and data["theory_loss"][spike:].max() > 1


def test_groups_take_turns(computed: dict[str, Data]) -> None:
    data = computed["opposing-groups"]
    (axes,) = drawn(BY_NAME["opposing-groups"], data).axes
    for name in ("positive", "negative"):
        assert is_drawn(axes, data["step"], data[f"theory_{name}"], "line")
        assert is_drawn(axes, data["step_network"], data[name], "o")
        np.testing.assert_allclose(data[f"theory_{name}"], data[name], rtol=1e-8)
    turns = np.sign(data["positive"] - data["negative"])
    assert np.all(turns[1:] == -turns[:-1])
    assert data["positive"][-1] + data["negative"][-1] > 5


def test_spike_steps_are_drawn_and_lie_on_the_networks(computed: dict[str, Data]) -> None:
    data = computed["spike-step"]
    (axes,) = drawn(BY_NAME["spike-step"], data).axes
    assert is_drawn(axes, data["rate_ratio"], data["theory_spike"], "line")
    assert is_drawn(axes, data["trained_ratio"], data["trained_spike"], "o")
    ends = data["theory_spike"][[0, -1]]
    np.testing.assert_allclose(data["trained_spike"][[0, -1]], ends, rtol=0.02)
    assert np.all(data["theory_crossing"] < data["theory_spike"])


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("sharpness", "rate_ratio=-1.0", "rate_ratio > 0"),
        ("sharpness", "steps=0", "1 or more"),
        ("opposing-groups", "rate_ratio=0.9", "no spike"),
        ("spike-step", "rate_ratios=0.9,1.5", "no spike"),
        ("loss-spike", "scale=0.0", "scale > 0"),
        ("loss-spike", "outlier_power=-2.0", "outlier_power"),
    ],
)
def test_impossible_parameters_are_refused(name: str, setting: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        curves(with_settings(BY_NAME[name], [setting]))
