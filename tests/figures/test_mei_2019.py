"""Figures of Mei and Montanari 2019: theory lies on the points, and what was computed is drawn."""

import numpy as np
import pytest

from lazyrich.figures.figure import curves, drawn, with_settings
from lazyrich.figures.mei_2019 import FIGURES

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "model-wise": ["n_inputs=40", "students=4", "at=0.2,0.5,1.0,2.0,3.0"],
    "sample-wise": ["n_inputs=40", "students=4", "at=0.2,0.5,1.0,2.0,3.0"],
    "gaussian-equivalence": ["n_inputs=20", "students=4"],
    "rise-and-fall": ["n_inputs=40", "students=4"],
    "peak-in-time": ["n_inputs=20", "students=4"],
}


@pytest.fixture(scope="module")
def computed():
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


def lines_of(name, data):
    return [
        (np.asarray(line.get_ydata()), line.get_marker())
        for axes in drawn(BY_NAME[name], data).axes
        for line in axes.lines
    ]


def assert_drawn(found, y, marker):
    assert any(np.array_equal(y, line) and m == marker for line, m in found)


@pytest.mark.parametrize("name", ["model-wise", "sample-wise"])
def test_sweeps(computed, name):
    data = computed[name]
    found = lines_of(name, data)
    for k in range(len(data["penalty"])):
        assert_drawn(found, data["theory_risk"][:, k], "None")
        assert_drawn(found, data["risk"][:, k], "o")
        expected = np.interp(data["measured_ratio"], data["ratio"], data["theory_risk"][:, k])
        np.testing.assert_allclose(data["risk"][:, k], expected, rtol=0.5)
    assert_drawn(found, data["theory_best"], "None")
    assert_drawn(found, data["best"], "o")
    assert (np.diff(data["theory_best"]) < 0).all()
    small = data["theory_risk"][:, 0]
    assert data["ratio"][small.argmax()] == pytest.approx(1, abs=0.02)


def test_real_features_and_equivalents(computed):
    data = computed["gaussian-equivalence"]
    found = lines_of("gaussian-equivalence", data)
    for name in ("relu", "erf"):
        assert_drawn(found, data[f"theory_{name}"], "None")
        assert_drawn(found, data[f"real_{name}"], "o")
        assert_drawn(found, data[f"equivalent_{name}"], "D")
        expected = np.interp(data["measured_ratio"], data["ratio"], data[f"theory_{name}"])
        np.testing.assert_allclose(data[f"equivalent_{name}"], expected, rtol=0.4)
        np.testing.assert_allclose(data[f"real_{name}"], expected, rtol=0.5)
        assert data[f"limit_{name}"][0] < data[f"theory_{name}"][-1]


def test_risk_falls_and_rises(computed):
    data = computed["rise-and-fall"]
    found = lines_of("rise-and-fall", data)
    for k in range(len(data["ratio"])):
        assert_drawn(found, data["theory"][k], "None")
        assert_drawn(found, data["risk"][k], "o")
        expected = np.interp(np.log(data["measured_t"]), np.log(data["t"]), data["theory"][k])
        np.testing.assert_allclose(data["risk"][k], expected, rtol=0.4)
        least = data["theory"][k].argmin()
        assert 0 < least < len(data["t"]) - 1


def test_the_peak_comes_late(computed):
    data = computed["peak-in-time"]
    found = lines_of("peak-in-time", data)
    for k in range(data["theory"].shape[1]):
        assert_drawn(found, data["theory"][:, k], "None")
        assert_drawn(found, data["risk"][:, k], "o")
    late, best = data["theory"][:, 2], data["theory"][:, 3]
    assert 0.8 < data["ratio"][late.argmax()] < 1.2
    assert (data["theory"][:, :3] >= best[:, None]).all()
    assert best[-1] < best[0]


@pytest.mark.parametrize(
    ("figure", "setting", "message"),
    [
        ("model-wise", "students=1", "students 1"),
        ("model-wise", "sample_ratio=-1.0", "sample_ratio"),
        ("sample-wise", "noise_var=-1.0", "noise_var"),
        ("rise-and-fall", "n_inputs=0", "n_inputs"),
    ],
)
def test_bad_settings(figure, setting, message):
    with pytest.raises(ValueError, match=message):
        curves(with_settings(BY_NAME[figure], [setting]))
