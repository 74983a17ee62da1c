"""The figures of Pezeshki and others 2021 draw what was computed, and theory lies on random designs."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from lazyrich.figures.figure import curves, drawn, with_settings
from lazyrich.figures.pezeshki_2021 import FIGURES

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "epoch-wise-double-descent": ["n_features=60", "n_designs=6", "condition_numbers=1.0,30.0"],
    "order-parameter-plane": ["n_features=60", "n_designs=6", "condition_numbers=1.0,30.0"],
    "fast-and-slow-features": ["n_features=60", "n_designs=6"],
    "time-and-penalty": ["n_features=60", "n_designs=6", "points=8"],
    "published-ridge-form": ["n_features=60", "n_designs=6"],
}


@pytest.fixture(scope="module")
def computed():
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


def lines_of(axes):
    return [(line.get_xdata(), line.get_ydata(), line.get_marker()) for line in axes.lines]


def is_drawn(axes, x, y, marker):
    return any(
        np.array_equal(x, u)
        and np.array_equal(y, v, equal_nan=True)
        and (m == "o") == (marker == "o")
        for u, v, m in lines_of(axes)
    )


def test_every_figure_has_words_and_small_settings():
    assert set(SMALL) == set(BY_NAME) and len(FIGURES) == 5
    for figure in FIGURES:
        assert figure.caption.endswith(".") and "2112.03215" in figure.source


@pytest.mark.parametrize("name", BY_NAME)
def test_the_same_seed_gives_the_same_curves(name, computed):
    again = curves(with_settings(BY_NAME[name], SMALL[name]))
    for key, array in computed[name].items():
        np.testing.assert_array_equal(array, again[key])
        assert key.startswith("slow_reached") or np.isfinite(array).all()


@pytest.mark.parametrize("name", ["epoch-wise-double-descent", "fast-and-slow-features"])
def test_errors_in_time_are_drawn(name, computed):
    data = computed[name]
    axes = drawn(BY_NAME[name], data).axes[0]
    for i in range(len(data["half_error"])):
        assert is_drawn(axes, data["t"], data["half_error"][i], "-")
        assert is_drawn(axes, data["t_measured"], data["half_error_measured"][i], "o")


def test_the_plane_is_drawn(computed):
    data = computed["order-parameter-plane"]
    axes = drawn(BY_NAME["order-parameter-plane"], data).axes[0]
    for i in range(2):
        assert is_drawn(axes, data["R"][i], data["Q"][i], "-")
        assert is_drawn(axes, data["R_measured"][i], data["Q_measured"][i], "o")


def test_the_map_and_its_cuts_are_drawn(computed):
    data = computed["time-and-penalty"]
    left, right, *_ = drawn(BY_NAME["time-and-penalty"], data).axes
    (mesh,) = left.collections
    assert_allclose(mesh.get_array(), data["half_error"])
    for i in range(3):
        assert is_drawn(right, data["t"], data["half_error_cut"][i], "-")
        assert is_drawn(right, data["t_measured"], data["half_error_measured"][i], "o")


def test_exact_and_published_ridge_are_drawn(computed):
    data = computed["published-ridge-form"]
    for axes, name in zip(
        drawn(BY_NAME["published-ridge-form"], data).axes, ("many", "few"), strict=True
    ):
        assert is_drawn(axes, 1 / data["penalty"], data[f"exact_{name}"], "-")
        assert is_drawn(axes, 1 / data["penalty_measured"], data[f"measured_{name}"], "o")
        assert any(np.isnan(y).any() for _, y, _ in lines_of(axes)) == (name == "few")
    assert data["published_few"].min() < 0 < data["exact_few"].min()


def test_theory_lies_on_designs_of_60_features(computed):
    """Within their O(1/d): 5 % of the scale."""
    data = computed["epoch-wise-double-descent"]
    for i in range(2):
        theory = np.interp(np.log(data["t_measured"]), np.log(data["t"]), data["half_error"][i])
        assert_allclose(theory, data["half_error_measured"][i], atol=0.025)


def test_one_design_has_no_error_bar():
    name = "published-ridge-form"
    with pytest.raises(ValueError, match="n_designs 1; needs 2"):
        curves(with_settings(BY_NAME[name], [*SMALL[name], "n_designs=1"]))
