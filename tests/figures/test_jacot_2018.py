"""The figures of Jacot, Gabriel, Hongler 2018 draw what was computed, and theory lies on networks."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lazyrich.figures.figure import curves, drawn, with_settings
from lazyrich.figures.jacot_2018 import FIGURES

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "kernel-on-the-circle": ["widths=32,64", "networks=4", "steps=5"],
    "functions-on-the-circle": ["widths=16,64", "networks=4", "steps=40"],
    "principal-components": ["widths=16,64", "networks=4", "steps=10"],
    "early-stopping": ["width=1024", "networks=3", "steps=40"],
    "spectrum": ["n_modes=20", "n_inputs=192", "n_random=64"],
}
Data = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def computed() -> dict[str, Data]:
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


def has_line(axes: Any, y: Any) -> bool:
    return any(np.array_equal(y, line.get_ydata()) for line in axes.lines)


def test_every_figure_has_words() -> None:
    assert set(BY_NAME) == set(SMALL)
    for figure in FIGURES:
        assert figure.caption.endswith(".") and "1806.07572" in figure.source


@pytest.mark.parametrize("name", SMALL)
def test_curves_are_finite(name: str, computed: dict[str, Data]) -> None:
    assert all(np.isfinite(array).all() for array in computed[name].values())


@pytest.mark.parametrize(
    ("name", "panel", "curve"),
    [
        ("kernel-on-the-circle", 0, "theory"),
        ("early-stopping", 0, "theory"),
        ("early-stopping", 0, "risk"),
    ],
)
def test_curves_are_drawn(name: str, panel: int, curve: str, computed: dict[str, Data]) -> None:
    axes = drawn(BY_NAME[name], computed[name]).axes[panel]
    assert has_line(axes, computed[name][curve])


def test_other_panels_are_drawn(computed: dict[str, Data]) -> None:
    data = computed["functions-on-the-circle"]
    axes = drawn(BY_NAME["functions-on-the-circle"], data).axes[1]
    assert has_line(axes, data["percentiles"][:, 1]) and has_line(axes, data["networks_64"][:, 2])
    data = computed["principal-components"]
    axes = drawn(BY_NAME["principal-components"], data).axes[0]
    assert has_line(axes, data["theory"][1])
    data = computed["spectrum"]
    axes = drawn(BY_NAME["spectrum"], data).axes[1]
    assert has_line(axes, data["sphere_3"][1:]) and has_line(axes, data["random_3"][1:])


def test_networks_lie_on_theory(computed: dict[str, Data]) -> None:
    data = computed["early-stopping"]
    theory = np.interp(data["t_networks"], data["t"], data["theory"])
    np.testing.assert_allclose(data["risk"], theory, rtol=0.15)
    data = computed["spectrum"]
    at = data["degree_dense"].astype(int)
    np.testing.assert_allclose(data["dense_2"], data["circle_2"][at], rtol=0.05)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("principal-components", "steps=0"),
        ("early-stopping", "steps=0"),
        ("spectrum", "n_modes=3"),
        ("kernel-on-the-circle", "networks=0"),
    ],
)
def test_impossible_parameters_are_refused(name: str, setting: str) -> None:
    with pytest.raises(ValueError):
        curves(with_settings(BY_NAME[name], [*SMALL[name], setting]))
