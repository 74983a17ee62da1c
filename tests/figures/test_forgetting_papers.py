"""The figures of Evron et al. 2022 and Lin et al. 2023 draw what was computed, points near the lines."""

import importlib

import numpy as np
import pytest

from lazyrich.figures.figure import curves, drawn, with_settings

FIGURES = {
    f"{paper}/{figure.name}": figure
    for paper in ("evron_2022", "lin_2023")
    for figure in importlib.import_module(f"lazyrich.figures.{paper}").FIGURES
}
FEW = ["n_sequences=10", "seeds=8"]
SMALL = {
    "evron_2022/random-tasks": ["ranks=2,10", "last=8", *FEW],
    "evron_2022/worst-case": ["last=6", "n_angles=5", "longest=40"],
    "evron_2022/digits": ["cycles=1", "times=1.0,", "learning_rate=0.01"],
    "lin_2023/overparametrisation": ["noise_vars=0.5,", "dims=8,36,60", *FEW],
    "lin_2023/similarity-and-order": ["samples=10,", *FEW],
    "lin_2023/stopped-early": ["n_inputs=60", "sample_ratios=0.5,"],
    "lin_2023/digits": ["n_each=1,3"],
}
# (line, points, abscissa of the line, abscissa of the points, error of the points)
PAIRS = {
    "evron_2022/random-tasks": [
        ("theory_forgetting", "forgetting", "k", "k_students", "forgetting_error"),
        ("theory_distance", "distance", "k", "k_students", "distance_error"),
    ],
    "evron_2022/worst-case": [("kept", "kept_by_students", "k_rotating", "k_rotated", None)],
    "evron_2022/digits": [("theory", "students", "k", "k", None)],
    "lin_2023/overparametrisation": [
        (f"theory_{name}", name, "dim", "dim_students", f"{name}_error")
        for name in ("forgetting", "generalization")
    ],
    "lin_2023/similarity-and-order": [
        ("theory_similar", "similar", "angle", "angle_students", "similar_error"),
        ("theory_order", "order", "position", "position", "order_error"),
    ],
    "lin_2023/stopped-early": [
        (f"theory_{name}", name, "t", "t_students", f"{name}_error")
        for name in ("forgetting", "generalization")
    ],
    "lin_2023/digits": [("theory", "students", "samples", "samples_students", None)],
}


@pytest.fixture(scope="module")
def computed():
    return {name: curves(with_settings(FIGURES[name], SMALL[name])) for name in FIGURES}


def columns(array):
    return array.reshape(len(array), -1).T


def is_drawn(picture, x, y, *, points):
    return any(
        np.isin(line.get_xdata(), x).all()
        and np.isin(line.get_ydata(), y).all()
        and len(line.get_xdata()) > 0
        and (line.get_marker() == "o") == points
        for axes in picture.axes
        for line in axes.lines
    )


def test_every_figure_is_tested_and_has_words():
    assert set(FIGURES) == set(SMALL) == set(PAIRS)
    for name, figure in FIGURES.items():
        assert figure.caption.endswith(".") and "arXiv:" in figure.source, name


@pytest.mark.parametrize("name", FIGURES)
def test_curves_are_finite_but_for_infinite_times(name, computed):
    for key, array in computed[name].items():
        assert np.isfinite(array[:-1] if key == "t" and name.endswith("digits") else array).all(), (
            key
        )


@pytest.mark.parametrize("name", FIGURES)
def test_lines_and_points_are_drawn_and_agree(name, computed):
    data = computed[name]
    picture = drawn(FIGURES[name], data)
    for line, points, x, x_points, error in PAIRS[name]:
        bars = columns(data[error]) if error else [0.0] * len(columns(data[points]))
        for y, found, bar in zip(columns(data[line]), columns(data[points]), bars, strict=True):
            assert is_drawn(picture, data[x], y, points=False), line
            assert is_drawn(picture, data[x_points], found, points=True), points
            expected = np.interp(data[x_points], data[x], y)
            assert np.all(np.abs(found - expected) <= 6 * bar + 0.02 * np.abs(y).max()), points


def test_students_stay_below_the_worst_case(computed):
    data = computed["evron_2022/worst-case"]
    assert np.all(data["students"] <= data["worst"][:, None] + 1e-14)
    assert is_drawn(
        drawn(FIGURES["evron_2022/worst-case"], data), data["k"], data["students"], points=True
    )


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("evron_2022/random-tasks", "seeds=1", "2 or more"),
        ("evron_2022/random-tasks", "ranks=2,31", "rank = 31"),
        ("evron_2022/worst-case", "last=1", "2 and 4 or more"),
        ("lin_2023/overparametrisation", "seeds=1", "2 or more"),
        ("lin_2023/overparametrisation", "cosine=1.5", "cosine 1.5"),
        ("lin_2023/stopped-early", "sample_ratios=0.333,", "whole samples"),
    ],
)
def test_impossible_parameters_are_refused(name, setting, message):
    with pytest.raises(ValueError, match=message):
        curves(with_settings(FIGURES[name], [setting]))
