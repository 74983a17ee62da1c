"""The figures on online learning draw what was computed, and theory lies on networks."""

import numpy as np
import pytest

from lazyrich.figures import goldt_2019, saad_1995
from lazyrich.figures.figure import curves, drawn, with_settings

BY_NAME = {figure.name: figure for figure in (*saad_1995.FIGURES, *goldt_2019.FIGURES)}
SMALL = {
    "plateau-and-specialisation": ["n_inputs=200", "n_seeds=8", "t_end=20.0"],
    "label-noise-in-time": ["n_inputs=100", "n_seeds=8", "t_end=20.0", "sizes=2,3"],
    "final-error": ["n_inputs=50", "n_seeds=8", "learning_rates=0.5,1.0", "sizes=2,4"],
}


@pytest.fixture(scope="module")
def computed():
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


def is_drawn(axes, x, y):
    return any(
        np.array_equal(x, line.get_xdata()) and np.allclose(y, line.get_ydata(), rtol=1e-14)
        for line in axes.lines
    )


def test_overlaps(computed):
    data = computed["plateau-and-specialisation"]
    for axes, letter in zip(
        drawn(BY_NAME["plateau-and-specialisation"], data).axes, "QR", strict=True
    ):
        for name in ("11", "12"):
            key = letter + name
            assert is_drawn(axes, data["t"], data[f"theory_{key}"])
            assert is_drawn(axes, data["t_network"], data[key])
            theory = np.interp(data["t_network"], data["t"], data[f"theory_{key}"])
            assert np.abs(theory - data[key]).max() < 0.05
    assert data["theory_R11"][-1] > data["theory_R12"][-1] + 0.2


def test_label_noise_in_time(computed):
    data = computed["label-noise-in-time"]
    (axes,) = drawn(BY_NAME["label-noise-in-time"], data).axes
    for K in (2, 3):
        assert is_drawn(axes, data["t"], data[f"theory_{K}"])
        assert is_drawn(axes, data["t_network"], data[f"network_{K}"])
        theory = np.interp(data["t_network"], data["t"], data[f"theory_{K}"])
        np.testing.assert_allclose(theory, data[f"network_{K}"], rtol=0.3)
    assert data["theory_3"][-1] > data["theory_2"][-1]


def test_final_error(computed):
    data = computed["final-error"]
    left, right = drawn(BY_NAME["final-error"], data).axes
    assert is_drawn(left, data["rates"], 1e3 * data["theory_rate"])
    assert is_drawn(left, data["rates"], 1e3 * data["network_rate"])
    for name in ("first", "both"):
        assert is_drawn(right, data["sizes"], 1e3 * data[f"theory_{name}"])
        np.testing.assert_allclose(data[f"network_{name}"], data[f"theory_{name}"], rtol=0.15)
    assert data["theory_first"][1] > data["theory_first"][0]
    assert data["theory_both"][1] < data["theory_both"][0]
