"""The figures of Ali, Kolter and Tibshirani 2018: theory lies on descent and on linear solves."""

import numpy as np
import pytest

from lazyrich.figures.ali_2018 import FIGURES
from lazyrich.figures.figure import curves, drawn, with_settings

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "risks": ["n_train=8", "n_inputs=10"],
    "bounds": ["learning_rate=0.004"],
    "isotropic-ratio": ["n_inputs=100", "designs=4"],
}


@pytest.fixture(scope="module")
def computed():
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


@pytest.mark.parametrize("name", BY_NAME)
def test_figures_have_words_and_finite_curves(name, computed):
    assert BY_NAME[name].caption.endswith(".") and "1810.10082" in BY_NAME[name].source
    assert all(np.isfinite(array).all() for array in computed[name].values())


def interpolated(data, x, y, at):
    return np.interp(np.log(data[at]), np.log(data[x]), data[y])


def is_drawn(axes, y):
    return any(np.array_equal(y, line.get_ydata()) for line in axes.lines)


def test_risks(computed):
    data = computed["risks"]
    panels = drawn(BY_NAME["risks"], data).axes
    for k, axes in enumerate(panels):
        for line, points in (("theory_flow", "descent"), ("theory_ridge", "solved")):
            assert is_drawn(axes, data[line][k]) and is_drawn(axes, data[points][k])
            expected = np.interp(np.log(data["t_marks"]), np.log(data["t"]), data[line][k])
            np.testing.assert_allclose(data[points][k], expected, rtol=0.02)


def test_bounds(computed):
    data = computed["bounds"]
    (axes,) = drawn(BY_NAME["bounds"], data).axes
    assert all(is_drawn(axes, data[name]) for name in ("risk", "bayes", "descent"))
    np.testing.assert_allclose(
        interpolated(data, "x", "risk", "x_marks"), data["descent"], rtol=0.02
    )
    np.testing.assert_allclose(data["largest"][:, 1], [1.6859, 1.2147], atol=1e-4)


def test_isotropic_ratio(computed):
    data = computed["isotropic-ratio"]
    (axes,) = drawn(BY_NAME["isotropic-ratio"], data).axes
    for k in range(len(data["sample_ratio"])):
        assert is_drawn(axes, data["theory"][k]) and is_drawn(axes, data["designs"][k])
        expected = np.interp(np.log(data["t_designs"]), np.log(data["t"]), data["theory"][k])
        np.testing.assert_allclose(data["designs"][k], expected, rtol=0.06)
    with pytest.raises(ValueError, match="designs 1"):
        curves(with_settings(BY_NAME["isotropic-ratio"], ["designs=1"]))
