"""The figures of Saxe et al. 2013 draw what was computed, and theory lies on simulation."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad

from lazyrich.figures.figure import curves, drawn, with_settings
from lazyrich.figures.saxe_2013 import FIGURES

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "mode-strengths": ["networks=4", "learning_rate=2e-3"],
    "learning-time-depth": ["depths=1,2,5,20"],
    "digits": ["networks=4"],
    "learning-time-starts": [
        "depths=1,2,5",
        "random_depths=2,4",
        "networks=2",
        "width=6",
        "most_steps=300",
    ],
    "singular-values": ["networks=3", "width=80", "jacobian_width=60", "depth=6"],
    "hierarchy": ["networks=4", "n_features=1000"],
}
Data = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def computed() -> dict[str, Data]:
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


def lines(axes: Any) -> list[tuple[NDArray[Any], NDArray[Any], str]]:
    drawn_lines = (line for line in axes.lines if len(line.get_xdata()))
    return [
        (np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), line.get_marker())
        for line in drawn_lines
    ]


def assert_drawn(axes: Any, x: Any, y: Any, marker: str) -> None:
    found = [
        np.array_equal(x, xs) and np.array_equal(y, ys) and (mark == "o") == (marker == "o")
        for xs, ys, mark in lines(axes)
    ]
    assert any(found)


def test_every_figure_has_words_and_defaults() -> None:
    assert len(BY_NAME) == len(FIGURES) == 6
    for figure in FIGURES:
        assert figure.caption.endswith(".") and "1312.6120" in figure.source


@pytest.mark.parametrize("name", BY_NAME)
def test_curves_are_finite_and_repeat(name: str, computed: dict[str, Data]) -> None:
    again = curves(with_settings(BY_NAME[name], SMALL[name]))
    for key, array in computed[name].items():
        assert np.isfinite(array).all(), key
        np.testing.assert_array_equal(array, again[key])


def test_mode_strengths_are_drawn_as_computed(computed: dict[str, Data]) -> None:
    data = computed["mode-strengths"]
    (axes,) = drawn(BY_NAME["mode-strengths"], data).axes
    for k in range(5):
        assert_drawn(axes, data["t"], data["theory"][:, k], "line")
        assert_drawn(axes, data["t_simulation"], data["mean"][:, k], "o")
        bars = np.array(axes.collections[k].get_segments())
        heights = np.ptp(bars[:, :, 1], axis=1)
        np.testing.assert_allclose(heights, 2 * data["deviation"][:, k], atol=1e-14)
    labels = [text.get_text() for text in axes.texts]
    assert labels == ["s = 5", "s = 3", "s = 2", "s = 1.5", "s = 1"]


@pytest.mark.parametrize("name", ["mode-strengths", "digits"])
def test_sigmoids_lie_on_the_networks(name: str, computed: dict[str, Data]) -> None:
    """Within 3 % of the final strength, and the networks do learn."""
    data = computed[name]
    s = data["singular_values"]
    theory = np.stack(
        [np.interp(data["t_simulation"], data["t"], u) for u in data["theory"].T], axis=1
    )
    assert np.abs(data["mean"] - theory).max(axis=0) == pytest.approx(0 * s, abs=0.03 * s.max())
    assert np.all(data["mean"][0] < 0.01 * s)
    assert np.all(data["mean"][-1] > 0.9 * s)


def test_sigmoids_of_another_rate_do_not(computed: dict[str, Data]) -> None:
    data = computed["mode-strengths"]
    late = [np.interp(1.1 * data["t_simulation"], data["t"], u) for u in data["theory"].T]
    error = np.abs(data["mean"] - np.transpose(late)).max(axis=0)
    assert np.all(error > 0.06 * data["singular_values"])


def test_digits_loss_is_drawn_and_predicted(computed: dict[str, Data]) -> None:
    data = computed["digits"]
    loss, strengths = drawn(BY_NAME["digits"], data).axes
    assert_drawn(loss, data["t"], data["theory_loss"], "line")
    assert_drawn(loss, data["t_simulation"], data["loss_mean"], "o")
    for k in range(9):
        assert_drawn(strengths, data["t"], data["theory"][:, k], "line")
        assert_drawn(strengths, data["t_simulation"], data["mean"][:, k], "o")
    predicted = np.interp(data["t_simulation"], data["t"], data["theory_loss"])
    learned = data["loss_mean"][0] - data["lowest_loss"][0]
    assert np.abs(data["loss_mean"] - predicted).max() < 0.03 * learned
    assert learned == pytest.approx((data["singular_values"] ** 2).sum() / 2, rel=0.01)


def test_learning_times_are_drawn_as_computed(computed: dict[str, Data]) -> None:
    data = computed["learning-time-depth"]
    panels = drawn(BY_NAME["learning-time-depth"], data).axes
    for axes, name in zip(panels, ("depth_times_time", "steps"), strict=True):
        assert_drawn(axes, data["depth"], data[f"theory_{name}"], "line")
        assert_drawn(axes, data["trained_depth"], data[f"trained_{name}"], "o")
        limit = float(data[f"limit_{name}"][0])
        assert any(np.all(y == limit) for _, y, _ in lines(axes))
        assert np.all(data[f"theory_{name}"] < limit)


def test_learning_times_match_networks_and_quadrature(computed: dict[str, Data]) -> None:
    data = computed["learning-time-depth"]
    at = np.searchsorted(data["depth"], data["trained_depth"])
    for name in ("depth_times_time", "steps"):
        ratio = data[f"trained_{name}"] / data[f"theory_{name}"][at]
        np.testing.assert_allclose(ratio, 1, atol=0.02)
    for depth, product in zip(data["depth"][:6], data["theory_depth_times_time"], strict=False):
        integral, _ = quad(lambda u, L=depth: 1 / (u ** (2 - 2 / L) * (2 - u)), 0.05, 1.9)
        assert product == pytest.approx(integral, rel=1e-7)


def test_starts_are_drawn_and_networks_lie_on_the_lines(computed: dict[str, Data]) -> None:
    data = computed["learning-time-starts"]
    left, right = drawn(BY_NAME["learning-time-starts"], data).axes
    at = np.searchsorted(data["depth"], data["trained_depth"])
    for name in ("uniform", "pretrained"):
        assert_drawn(left, data["depth"], data[f"theory_{name}"], "line")
        assert_drawn(left, data["trained_depth"], data[f"trained_{name}"], "o")
        ratio = data[f"trained_{name}"] / data[f"theory_{name}"][at]
        np.testing.assert_allclose(ratio, 1, atol=0.03)
    assert data["trained_pretrained"][-1] < 0.1 * data["trained_uniform"][-1]
    assert_drawn(right, data["depth"][1:], data["theory_steps"], "line")
    aligned = np.median(data["steps"][:, 2], axis=1)
    assert_drawn(right, data["random_depth"], aligned, "o")
    predicted = np.interp(data["random_depth"], data["depth"][1:], data["theory_steps"])
    assert np.abs(aligned - predicted).max() < 2  # steps


def test_singular_values_are_drawn_and_predicted(computed: dict[str, Data]) -> None:
    data = computed["singular-values"]
    left, right = drawn(BY_NAME["singular-values"], data).axes
    for k in range(3):
        assert_drawn(left, data["singular_value"], data["density"][:, k], "line")
        assert_drawn(left, data["bin_centre"], data["product_mean"][:, k], "o")
        predicted = np.interp(data["bin_centre"], data["singular_value"], data["density"][:, k])
        assert np.abs(data["product_mean"] - predicted[:, None])[2:, k].max() < 0.12
    for k in range(2):
        assert_drawn(right, data["jacobian_centre"], data["jacobian_mean"][:, k], "o")
    mass = data["jacobian_mean"].sum(axis=0) * np.diff(data["jacobian_centre"])[0]
    squares = 10 ** (2 * data["jacobian_centre"])
    mean_square = (squares @ data["jacobian_mean"]) * np.diff(data["jacobian_centre"])[0]
    assert mass[0] > 0.99 and np.log10(mean_square[0]) / 2 == pytest.approx(
        data["log_root_mean_square"][0], abs=0.1
    )


def test_levels_are_learned_from_the_top_as_predicted(computed: dict[str, Data]) -> None:
    data = computed["hierarchy"]
    (axes,) = drawn(BY_NAME["hierarchy"], data).axes
    for k in range(4):
        assert_drawn(axes, data["t"], data["theory"][:, k], "line")
        assert_drawn(axes, data["t_simulation"], data["mean"][:, k], "o")
    half_times = [np.interp(0.5, u, data["t"]) for u in data["theory"].T]
    assert np.all(np.diff(half_times) > 5)
    theory = [np.interp(data["t_simulation"], data["t"], u) for u in data["theory"].T]
    assert np.abs(data["mean"] - np.transpose(theory)).max() < 0.1


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("mode-strengths", "networks=1", "2 or more"),
        ("mode-strengths", "learning_rate=0.0", "0 < learning_rate"),
        ("learning-time-depth", "final_strength=2.5", "never reached"),
        ("learning-time-depth", "initial_strength=0.0", "never reached"),
        ("learning-time-depth", "rate_fraction=3.0", "0 < rate_fraction < 1"),
        ("learning-time-starts", "learned=1.5", "0 < learned < 1"),
        ("singular-values", "networks=1", "2 or more"),
        ("hierarchy", "networks=1", "2 or more"),
        ("hierarchy", "flip_probability=0.0", "0 < flip_probability < 1"),
    ],
)
def test_impossible_parameters_are_refused(name: str, setting: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        curves(with_settings(BY_NAME[name], [setting]))
