"""The mean-field figures of Kumar et al. 2023 draw what was computed, and networks lie on theory."""

import numpy as np
import pytest

from lazyrich.figures.figure import curves, drawn, with_settings
from lazyrich.figures.kumar_2023.dmft import FIGURES

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = ["steps=20", "dim=120", "networks=8", "paths=300", "overlap=(0.3, -0.3)"]


@pytest.fixture(scope="module")
def computed():
    return {name: curves(with_settings(figure, SMALL)) for name, figure in BY_NAME.items()}


def drawn_points(axes):
    return [line for line in axes.lines if line.get_marker() == "o"]


def test_every_figure_has_words():
    for figure in FIGURES:
        assert figure.caption.endswith(".") and "2310.06110" in figure.source


def test_curves_are_finite_and_repeat(computed):
    again = curves(with_settings(BY_NAME["dmft-grokking"], SMALL))
    for key, array in computed["dmft-grokking"].items():
        assert np.isfinite(array).all(), key
        np.testing.assert_array_equal(array, again[key])


def test_networks_lie_on_the_theory(computed):
    data = computed["dmft-grokking"]
    at = data["step_network"].astype(int)
    for name in ("train", "test"):
        error = np.hypot(data[f"{name}_error"], data[f"theory_{name}_error"][at])
        gap = np.abs(data[name] - data[f"theory_{name}"][at])
        assert (gap < 4 * error + 0.03 * data["theory_test"][0]).all()
    data = computed["dmft-correlation"]
    np.testing.assert_allclose(data["networks"], data["theory"], atol=0.15)


def test_the_grokking_curve_is_drawn(computed):
    data = computed["dmft-grokking"]
    left, right = drawn(BY_NAME["dmft-grokking"], data).axes
    lines = [line for line in left.lines if line.get_marker() != "o"]
    for line, points, name in zip(lines, drawn_points(left), ("train", "test"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), data[f"theory_{name}"])
        np.testing.assert_array_equal(points.get_ydata(), data[name])
    assert len(left.collections) == 4  # two bands and two sets of error bars
    np.testing.assert_array_equal(right.lines[0].get_xdata(), data["theory_train"])
    np.testing.assert_array_equal(drawn_points(right)[0].get_xdata(), data["train"])


def test_the_heat_map_shows_networks_above_theory(computed):
    data = computed["dmft-correlation"]
    axes = drawn(BY_NAME["dmft-correlation"], data).axes[0]
    shown = axes.collections[0].get_array().reshape(len(data["step"]), -1)
    assert shown[-1, 0] == data["networks"][-1, 0] and shown[0, -1] == data["theory"][0, -1]


@pytest.mark.parametrize("setting", ["steps=1", "networks=0"])
@pytest.mark.parametrize("name", BY_NAME)
def test_bad_settings_are_refused(name, setting):
    with pytest.raises(ValueError, match="needs 2"):
        curves(with_settings(BY_NAME[name], [setting]))
