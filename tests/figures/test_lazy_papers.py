"""The figures of lazy training draw what was computed, and theory lies on networks where it should."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lazyrich.figures import chizat_2018, geiger_2019
from lazyrich.figures.figure import curves, drawn, with_settings

BY_NAME = {figure.name: figure for figure in (*chizat_2018.FIGURES, *geiger_2019.FIGURES)}
LAZY = ["width=40", "n_samples=8", "dim=6", "output_scales=0.3,10.0,300.0", "t_end=20.0"]
WIDE = ["widths=32,512", "scaled_outputs=0.1,1.0,100.0", "n_seeds=4"]
SMALL = {
    "scalings": LAZY,
    "alignment": LAZY,
    "crossover": WIDE,
    "tanh-collapse": WIDE,
}
Data = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def computed() -> dict[str, Data]:
    found = {
        name: curves(with_settings(BY_NAME[name], SMALL[name]))
        for name in SMALL
        if name != "alignment"
    }
    return found | {"alignment": found["scalings"]}


def has_line(axes: Any, y: Any, marker: bool = False) -> bool:
    return any(
        np.array_equal(y, line.get_ydata()) and (line.get_marker() == "o") == marker
        for line in axes.lines
    )


def test_every_figure_has_words_and_defaults() -> None:
    assert len(BY_NAME) == 4
    for figure in chizat_2018.FIGURES:
        assert figure.caption.endswith(".") and "1812.07956" in figure.source
    for figure in geiger_2019.FIGURES:
        assert figure.caption.endswith(".") and "1906.08034" in figure.source


@pytest.mark.parametrize("name", SMALL)
def test_curves_are_finite(name: str, computed: dict[str, Data]) -> None:
    for key, array in computed[name].items():
        assert np.isfinite(array).all(), key


def test_scalings_lie_on_the_lazy_networks(computed: dict[str, Data]) -> None:
    data = computed["scalings"]
    (axes,) = drawn(BY_NAME["scalings"], data).axes
    for name in chizat_2018.NAMES:
        assert has_line(axes, data[f"theory_{name}"]) and has_line(axes, data[name], True)
        assert data[name][-1] == pytest.approx(data[f"theory_{name}"][-1], rel=0.05)
    for name in ("weights", "kernel"):  # rich
        assert abs(data[name][0] / data[f"theory_{name}"][0] - 1) > 0.1


def test_alignment_is_drawn_and_tabulated(computed: dict[str, Data]) -> None:
    data = computed["alignment"]
    top, bottom = drawn(BY_NAME["alignment"], data).axes
    assert has_line(top, data["theory_alignment"]) and has_line(top, data["alignment"], True)
    assert data["alignment"][-1] == pytest.approx(data["alignment_start"][-1], abs=1e-3)
    (table,) = bottom.tables
    written = [table[row, 4].get_text().get_text() for row in range(1, 4)]
    assert written == [f"{x:.3f}" for x in data["alignment"]]


def test_crossover_lies_on_wide_networks(computed: dict[str, Data]) -> None:
    data = computed["crossover"]
    left, right = drawn(BY_NAME["crossover"], data).axes
    assert has_line(left, data["theory_weights"]) and has_line(right, data["theory_kernel"])
    for j in range(2):
        assert has_line(left, data["weights"][:, j], True)
        assert has_line(right, data["kernel"][:, j], True)
        assert has_line(right, data["theory_kernel_at_width"][:, j])
    for name in ("weights", "kernel"):
        near = np.exp(np.interp(0.0, np.log(data["line"]), np.log(data[f"theory_{name}"])))
        assert data[name][1, 1] == pytest.approx(near, rel=0.15)
    assert data["kernel"][2, 1] > 3 * data["theory_kernel"][-1]  # the collapse has ended


def test_tanh_weights_collapse_on_the_ntk(computed: dict[str, Data]) -> None:
    data = computed["tanh-collapse"]
    left, right = drawn(BY_NAME["tanh-collapse"], data).axes
    assert has_line(left, data["theory_weights"]) and has_line(right, data["kernel"][:, 0], True)
    np.testing.assert_allclose(data["weights"][:, 0], data["weights"][:, 1], rtol=0.15)
    assert data["weights"][2, 1] == pytest.approx(data["theory_weights"][-1], rel=0.05)


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("scalings", "output_scales=0.0,1.0", "output_scales > 0"),
        ("scalings", "activation=sine", "identity, relu, tanh"),
        ("scalings", "t_end=0.1", "40 steps"),
        ("alignment", "dim=1", "2 or more"),
        ("crossover", "scaled_outputs=-1.0,1.0", "positive"),
        ("crossover", "n_seeds=1", "2 seeds"),
        ("tanh-collapse", "widths=0,4", "widths"),
    ],
)
def test_impossible_parameters_are_refused(name: str, setting: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        curves(with_settings(BY_NAME[name], [*SMALL[name], setting]))
