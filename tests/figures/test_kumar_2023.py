"""The figures of Kumar et al. 2023 draw finite curves, and networks lie on the theory."""

import numpy as np
import pytest

from lazyrich.figures.figure import curves, drawn, with_settings
from lazyrich.figures.kumar_2023 import FIGURES

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "time-course": ["dim=12", "n_train=72", "width=3000", "n_steps=60"],
    "parts-of-the-loss": ["dim=12", "n_train=72", "n_steps=60"],
    "laziness-and-samples": [
        "dim=8",
        "n_train=48",
        "width=3000",
        "train_sizes=24,48",
        "output_scales=1.0,2.0",
        "n_steps=60",
    ],
    "kernel-regression": ["dim=60", "samples=4"],
}
OURS = [name for name in SMALL if name in BY_NAME]


@pytest.fixture(scope="module")
def computed():
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in OURS}


@pytest.mark.parametrize("name", OURS)
def test_curves_are_finite_and_drawn(name, computed):
    assert all(np.isfinite(array).all() for array in computed[name].values())
    picture = drawn(BY_NAME[name], computed[name])
    assert all(axes.get_xlabel() for axes in picture.axes)
    assert BY_NAME[name].caption.endswith(".")


def test_a_narrow_network_is_its_reduction(computed):
    data = computed["parts-of-the-loss"]
    on_line = np.isin(data["step"], data["step_network"])
    np.testing.assert_allclose(data["parts"], data["theory_parts"][on_line], atol=1e-10)
    np.testing.assert_allclose(data["train"], data["theory_train"][on_line], atol=1e-10)


@pytest.mark.parametrize("name", ["time-course", "laziness-and-samples"])
def test_wide_networks_follow_infinite_width(name, computed):
    data = computed[name]
    on_line = np.isin(data["step"], data["step_network"])
    prefix = "scale_" if name != "time-course" else ""
    for loss in ("train", "test"):
        theory = data[f"{prefix}theory_{loss}"][..., on_line]
        np.testing.assert_allclose(data[prefix + loss], theory, atol=0.06)


@pytest.mark.parametrize("setting", ["dim=0", "n_train=0", "n_steps=0"])
def test_empty_figures_are_refused(setting):
    with pytest.raises(ValueError, match=setting.split("=")[0]):
        curves(with_settings(BY_NAME["time-course"], [setting]))
