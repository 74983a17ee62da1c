"""Figures of Hastie et al. 2019: theory lies on the points, and what was computed is drawn."""

import numpy as np
import pytest

from lazyrich.figures.figure import curves, drawn, with_settings
from lazyrich.figures.hastie_2019 import FIGURES

BY_NAME = {figure.name: figure for figure in FIGURES}
SMALL = {
    "ridgeless": ["n_inputs=40", "designs=4"],
    "ridge": ["n_inputs=40", "designs=4"],
    "benign-tail": ["tails=220,1000", "designs=3"],
    "number-of-features": ["n_latent=16", "n_inputs=48", "designs=4"],
}


@pytest.fixture(scope="module")
def computed():
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


def lines_of(picture):
    return [
        (np.asarray(line.get_xdata()), np.asarray(line.get_ydata()), line.get_marker())
        for axes in picture.axes
        for line in axes.lines
    ]


@pytest.mark.parametrize(
    ("figure", "x", "theory", "at", "points"),
    [
        ("ridgeless", "ratio", "theory_risk", "measured_ratio", "risk"),
        ("number-of-features", "seen", "theory_misspecified", "measured_seen", "misspecified"),
        ("number-of-features", "features", "theory_latent", "measured_features", "latent"),
    ],
)
def test_theory_and_points_are_drawn_and_agree(computed, figure, x, theory, at, points):
    data = computed[figure]
    found = lines_of(drawn(BY_NAME[figure], data))
    for line, marks in zip(np.atleast_2d(data[theory]), np.atleast_2d(data[points]), strict=True):
        assert any(np.array_equal(line, y) and m == "None" for _, y, m in found)
        assert any(np.array_equal(marks, y) and m == "o" for _, y, m in found)
        expected = np.exp(np.interp(data[at], data[x], np.log(line)))
        np.testing.assert_allclose(marks, expected, rtol=0.5)


def test_ridge_and_its_best(computed):
    data = computed["ridge"]
    assert (np.diff(data["theory_best"]) < 0).all()
    assert (data["theory_best"][:, None] <= data["theory_risk"] * (1 + 1e-12)).all()
    found = lines_of(drawn(BY_NAME["ridge"], data))
    assert any(np.array_equal(data["theory_best"], y) for _, y, _ in found)


def test_the_tail_is_benign_only_if_long(computed):
    data = computed["benign-tail"]
    noise = data["theory"][:, 1]
    assert noise[0] > 1 and noise[-1] < 0.25
    np.testing.assert_allclose(data["parts"][-1], np.exp(
        [np.interp(np.log(5.0), np.log(data["tail"]), np.log(data["theory"][:, k])) for k in (0, 1)]
    ), rtol=0.15)  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "setting", "message"),
    [("ridgeless", "snrs=-1.0,2.0", "snr"), ("benign-tail", "n_train=10", "n_train 10")],
)
def test_bad_settings(figure, setting, message):
    with pytest.raises(ValueError, match=message):
        curves(with_settings(BY_NAME[figure], [setting]))
