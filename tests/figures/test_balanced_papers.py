"""The figures of Braun et al. 2022 and Dominé et al. 2024 draw what was computed; theory lies on simulation."""

import numpy as np
import pytest

from lazyrich.figures import braun_2022, domine_2024
from lazyrich.figures.figure import curves, drawn, with_settings

BY_NAME = {figure.name: figure for figure in (*braun_2022.FIGURES, *domine_2024.FIGURES)}


@pytest.fixture(scope="module")
def computed():
    return {name: curves(figure) for name, figure in BY_NAME.items()}


def assert_drawn(axes, x, y, marker):
    found = [
        np.array_equal(x, line.get_xdata())
        and np.array_equal(y, line.get_ydata())
        and (line.get_marker() == "o") == (marker == "o")
        for line in axes.lines
    ]
    assert any(found)


def test_every_figure_has_words():
    assert len(BY_NAME) == 3
    for figure in BY_NAME.values():
        assert figure.caption.endswith(".") and figure.source.startswith(("arXiv:2409", "Braun"))


@pytest.mark.parametrize("name", BY_NAME)
def test_curves_are_finite_and_repeat(name, computed):
    again = curves(BY_NAME[name])
    for key, array in computed[name].items():
        assert np.isfinite(array).all(), key
        np.testing.assert_array_equal(array, again[key])


def test_similarity_is_drawn_and_learned(computed):
    data = computed["similarity"]
    panels = [axes for axes in drawn(BY_NAME["similarity"], data).axes if axes.images]
    shown = [np.asarray(axes.images[0].get_array()) for axes in panels]
    expected = [*data["theory"], *data["simulation"]]
    assert len(shown) == len(expected)
    for found, array in zip(shown, expected, strict=True):
        np.testing.assert_array_equal(found, array)
    assert np.abs(data["theory"] - data["simulation"]).max() < 0.01 * np.abs(data["theory"]).max()
    np.testing.assert_allclose(
        data["theory"][-1, 4:, :4], np.diag([3.0, 2, 1]) @ np.eye(3, 4), atol=0.05
    )


def test_movement_is_drawn_and_lies_on_the_networks(computed):
    data = computed["loss-and-kernel-movement"]
    left, right = drawn(BY_NAME["loss-and-kernel-movement"], data).axes
    for k in range(4):
        assert_drawn(left, data["t"], data["loss"][:, k], "line")
        assert_drawn(left, data["t_simulation"], data["loss_simulation"][:, k], "o")
        predicted = np.interp(data["t_simulation"], data["t"], data["loss"][:, k])
        assert np.abs(predicted - data["loss_simulation"][:, k]).max() < 0.02 * data["loss"][0, k]
    for k in range(3):
        assert_drawn(right, data["balance"], data["movement"][:, k], "line")
        assert_drawn(right, data["balance_simulation"], data["movement_simulation"][:, k], "o")
    np.testing.assert_allclose(data["balance"][::5], data["balance_simulation"], atol=1e-12)
    np.testing.assert_allclose(data["movement"][::5], data["movement_simulation"], atol=2e-3)
    square, funnel, inverted = data["movement"].T
    assert max(square[0], square[-1], funnel[-1], inverted[0]) < 0.01
    assert min(funnel[0], inverted[-1]) > 0.4 and np.argmax(square) == len(square) // 2


def test_strengths_are_drawn_and_lie_on_the_networks(computed):
    data = computed["sigmoid-to-exponential"]
    panels = drawn(BY_NAME["sigmoid-to-exponential"], data).axes
    for k, axes in enumerate(panels):
        for mode in range(3):
            assert_drawn(axes, data["t"], data["theory"][:, k, mode], "line")
            assert_drawn(axes, data["t_simulation"], data["simulation"][:, k, mode], "o")
    at = [
        [np.interp(data["t_simulation"], data["t"], data["theory"][:, k, m]) for m in range(3)]
        for k in range(3)
    ]
    gap = np.moveaxis(np.array(at), 2, 0) - data["simulation"]
    assert np.abs(gap).max() < 0.03 * 3
    half = [
        [np.argmax(data["theory"][:, k, m] > s / 2) for m, s in enumerate((3, 2, 1.2))]
        for k in (0, 2)
    ]
    assert np.diff(half[0]).min() > 10 and np.diff(half[1]).max() <= 3  # one by one; together


@pytest.mark.parametrize(
    ("name", "setting", "words"),
    [
        ("similarity", "times=1.0,0.5", "increasing"),
        ("similarity", "learning_rate=0.0", "learning_rate > 0"),
        ("loss-and-kernel-movement", "learning_rate=1.0", "t_end/40"),
        ("sigmoid-to-exponential", "learning_rate=0.0", "0 < learning_rate"),
    ],
)
def test_impossible_parameters_are_refused(name, setting, words):
    with pytest.raises(ValueError, match=words):
        curves(with_settings(BY_NAME[name], [setting]))
