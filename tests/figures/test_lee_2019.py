"""The figures of Lee et al. 2019 draw what was computed, and theory lies on networks."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lazyrich.figures.figure import curves, drawn, with_settings
from lazyrich.figures.lee_2019 import FIGURES

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "outputs-on-the-circle": ["width=128", "families=8"],
    "kernel-against-width": ["widths=32,128,512", "networks=2000"],
    "held-out-digits": ["width=256", "families=4", "pairs=10", "n_train=30", "n_test=12"],
}
Data = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def computed() -> dict[str, Data]:
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


def has_line(axes: Any, y: Any) -> bool:
    return any(np.array_equal(y, line.get_ydata()) for line in axes.lines)


@pytest.mark.parametrize("name", BY_NAME)
def test_curves_are_finite_and_have_words(name: str, computed: dict[str, Data]) -> None:
    assert BY_NAME[name].caption.endswith(".") and "1902.06720" in BY_NAME[name].source
    for key, array in computed[name].items():
        assert np.isfinite(array).all(), key


def test_networks_lie_in_the_predicted_band(computed: dict[str, Data]) -> None:
    data = computed["outputs-on-the-circle"]
    for k, axes in enumerate(drawn(BY_NAME["outputs-on-the-circle"], data).axes):
        assert has_line(axes, data["mean"][k]) and has_line(axes, data["trained_mean"][k])
        for name in ("mean", "deviation"):
            line = np.interp(data["trained_angle"], data["angle"], data[name][k])
            np.testing.assert_allclose(data[f"trained_{name}"][k], line, atol=0.12)


def test_smooth_kernels_move_faster_to_rest_with_width_than_relu(computed: dict[str, Data]) -> None:
    data = computed["kernel-against-width"]
    left, right = drawn(BY_NAME["kernel-against-width"], data).axes
    assert has_line(left, data["relu_fluctuation_theory"]) and has_line(right, data["erf_drift"])
    np.testing.assert_allclose(data["relu_fluctuation"], data["relu_fluctuation_theory"], rtol=0.15)
    slopes = {
        name: np.log(data[f"{name}_drift"][-1] / data[f"{name}_drift"][0]) / np.log(16)
        for name in ("erf", "relu")
    }
    assert -1.1 < slopes["erf"] < -0.85 < slopes["relu"] < -0.5


def test_digits_lie_on_the_diagonal(computed: dict[str, Data]) -> None:
    data = computed["held-out-digits"]
    axes = drawn(BY_NAME["held-out-digits"], data).axes
    three = data["target"] > 0
    assert has_line(axes[0], data["trained_mean"][three])
    assert has_line(axes[2], data["average_variance"])
    np.testing.assert_allclose(data["trained_mean"], data["mean"], atol=0.12)
    np.testing.assert_allclose(data["trained_average_variance"], data["average_variance"], rtol=0.2)


@pytest.mark.parametrize("name", ["outputs-on-the-circle", "held-out-digits"])
def test_one_family_has_no_error_bar(name: str) -> None:
    with pytest.raises(ValueError, match="families 1; needs 2 or more"):
        curves(with_settings(BY_NAME[name], [*SMALL[name], "families=1"]))
