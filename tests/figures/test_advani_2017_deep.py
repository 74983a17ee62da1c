"""The figures of deep and ReLU students: theory lies on the networks, and the peak is there."""

import numpy as np
import pytest

from lazyrich.figures.advani_2017.deep_students import FIGURES
from lazyrich.figures.figure import curves, drawn, with_settings

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "deep-linear-students": ["n_inputs=96", "designs=4", "t_end=10.0"],
    "plateau": ["n_inputs=60", "init_scales=1e-4,1e-2", "depths=2,3"],
    "relu-width": ["widths=2,8,64", "seeds=5"],
}


@pytest.fixture(scope="module")
def computed():
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


@pytest.mark.parametrize("name", BY_NAME)
def test_figures_have_words_and_finite_curves(name, computed):
    assert BY_NAME[name].caption.endswith(".") and "1710.03667" in BY_NAME[name].source
    assert all(np.isfinite(array).all() for array in computed[name].values())


def is_drawn(axes, y):
    return any(np.array_equal(y, line.get_ydata()) for line in axes.lines)


def test_deep_curves_lie_on_the_networks(computed):
    data = computed["deep-linear-students"]
    panels = np.reshape(drawn(BY_NAME["deep-linear-students"], data).axes, (2, -1))
    for i, j, row in np.ndindex(len(data["depth"]), len(data["sample_ratio"]), 2):
        theory, networks = data["theory"][i, j, :, row], data["networks"][i, j, :, row]
        assert is_drawn(panels[row, j], theory) and is_drawn(panels[row, j], networks)
        expected = np.interp(np.log(data["t_networks"]), np.log(data["t"]), theory)
        assert np.abs(networks - expected).max() < 0.08


def test_plateaus_lie_on_the_networks(computed):
    data = computed["plateau"]
    (axes,) = drawn(BY_NAME["plateau"], data).axes
    for k in range(len(data["depth"])):
        assert is_drawn(axes, data["theory"][k]) and is_drawn(axes, data["leading"][k])
        expected = np.interp(
            np.log(data["networks_init_scale"]), np.log(data["init_scale"]), data["theory"][k]
        )
        np.testing.assert_allclose(data["networks"][k], expected, rtol=0.15)


def test_a_relu_student_peaks_at_the_end_only(computed):
    data = computed["relu-width"]
    (axes,) = drawn(BY_NAME["relu-width"], data).axes
    assert all(is_drawn(axes, data[name]) for name in ("best", "final", "train"))
    assert data["final"][1] > 1.3 * max(data["final"][0], data["final"][2])
    assert data["final"][1] > 2 * data["best"][1]


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("deep-linear-students", "designs=1", "designs 1"),
        ("relu-width", "seeds=1", "seeds 1"),
        ("plateau", "sample_ratio=-1.0", "sample_ratio"),
    ],
)
def test_impossible_parameters_are_refused(name, setting, message):
    with pytest.raises(ValueError, match=message):
        curves(with_settings(BY_NAME[name], [setting]))
