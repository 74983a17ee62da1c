"""The figures of Bordelon and Pehlevan 2022 draw finite curves, and networks lie on the theory."""

import numpy as np
import pytest

from lazyrich.figures.bordelon_2022 import linear
from lazyrich.figures.figure import curves, drawn, with_settings

BY_NAME = {figure.name: figure for figure in linear.FIGURES}
SMALL = {
    "strength-of-feature-learning": ["width=64", "networks=6", "strengths=0.5,2.0", "t_end=1.0"],
    "two-time-kernels": ["width=64", "networks=8", "n_steps=10"],
}


@pytest.fixture(scope="module")
def computed():
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


@pytest.mark.parametrize("name", BY_NAME)
def test_curves_are_finite_and_drawn(name, computed):
    assert all(np.isfinite(array).all() for array in computed[name].values())
    assert drawn(BY_NAME[name], computed[name]).axes
    assert BY_NAME[name].caption.endswith(".")


def test_networks_follow_the_theory(computed):
    outputs, kernels = computed["strength-of-feature-learning"], computed["two-time-kernels"]
    np.testing.assert_allclose(outputs["f"], outputs["theory_f"], atol=0.1)
    np.testing.assert_allclose(kernels["forward"], kernels["theory_forward"], atol=0.4)
