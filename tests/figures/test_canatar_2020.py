"""Figures of Canatar et al. 2020: theory lies on the points, and what was computed is drawn."""

import numpy as np
import pytest

from lazyrich.figures.canatar_2020 import FIGURES
from lazyrich.figures.figure import curves, drawn, with_settings

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "multiple-descent": ["dimensions=10.0,30.0,90.0", "samples=5,10,40,130,200", "designs=3"],
    "mode-errors": ["dimensions=10.0,30.0,90.0", "samples=20,40,150", "designs=3"],
    "digits-in-samples": ["linear_samples=40,200", "kernel_samples=20,80", "subsets=4"],
    "digits-in-time": ["n_train=40,160", "linear_steps=30", "kernel_steps=10", "subsets=3"],
}


@pytest.fixture(scope="module")
def computed():
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


@pytest.mark.parametrize("name", BY_NAME)
def test_curves_are_finite_and_drawn(computed, name):
    data = computed[name]
    assert all(np.isfinite(array).all() for array in data.values())
    picture = drawn(BY_NAME[name], data)
    assert all(axes.get_xlabel() for axes in picture.axes)
    assert BY_NAME[name].caption.endswith(".") and "2006.13198" in BY_NAME[name].source


def test_modes_lie_on_their_theory(computed):
    for name in ("multiple-descent", "mode-errors"):
        data = computed[name]
        for k in range(len(data["noise"])):
            line = data["theory"][k].sum(axis=-1)
            expected = np.interp(data["measured_samples"], data["samples"], line)
            np.testing.assert_allclose(data["risk"][k], expected, rtol=0.6)
            np.testing.assert_allclose(data["modes"][k].sum(axis=-1), data["risk"][k], rtol=1e-9)


def test_digits_lie_on_their_theory(computed):
    data = computed["digits-in-time"]
    for name in ("linear", "kernel"):
        for k in range(2):
            expected = np.interp(
                data[f"{name}_t"], data[f"{name}_line"], data[f"theory_{name}"][:, k]
            )
            np.testing.assert_allclose(data[name][:, k], expected, rtol=0.1)
    data = computed["digits-in-samples"]
    np.testing.assert_allclose(data["kernel"][0, 1:], data["theory_kernel"][0, 1:], rtol=0.15)
