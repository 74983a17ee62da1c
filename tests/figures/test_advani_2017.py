"""The figures of Advani and Saxe 2017 draw what was computed, and theory lies on the designs."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lazyrich.figures.advani_2017 import in_time, stopping, student_size
from lazyrich.figures.figure import curves, drawn, with_settings

FIGURES = [*in_time.FIGURES, *stopping.FIGURES, *student_size.FIGURES]
BY_NAME = {figure.name: figure for figure in FIGURES}
FEW = ["n_inputs=80", "designs=4"]
SMALL = {
    "errors-in-time": FEW,
    "error-over-time-and-ratio": ["n_times=20", "n_ratios=21"],
    "starts-and-signals": ["n_inputs=70", "designs=4"],
    "weight-norm": FEW,
    "stopping-and-ridge": [*FEW, "ratios=0.5,0.8,1.25,2.0", "snrs=1.0,10.0"],
    "student-size": ["n_teacher=80", "designs=4", "sizes=0.2,0.4,0.8,1.0,2.0"],
}
Data = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def computed() -> dict[str, Data]:
    return {name: curves(with_settings(BY_NAME[name], SMALL[name])) for name in BY_NAME}


def is_drawn(axes: Any, x: Any, y: Any, marker: str) -> bool:
    return any(
        np.array_equal(x, line.get_xdata())
        and np.array_equal(y, line.get_ydata(), equal_nan=True)
        and (line.get_marker() == "o") == (marker == "o")
        for line in axes.lines
    )


def test_every_figure_has_words_and_defaults() -> None:
    assert set(BY_NAME) == set(SMALL)
    for figure in FIGURES:
        assert figure.caption.endswith(".") and "1710.03667" in figure.source


@pytest.mark.parametrize("name", BY_NAME)
def test_curves_are_finite_and_repeat(name: str, computed: dict[str, Data]) -> None:
    again = curves(with_settings(BY_NAME[name], SMALL[name]))
    for key, array in computed[name].items():
        if key != "theory_end_by_ratio":  # inf at ratio 1
            assert np.isfinite(array).all(), key
        np.testing.assert_array_equal(array, again[key])


def test_errors_are_drawn_and_lie_on_the_designs(computed: dict[str, Data]) -> None:
    data = computed["errors-in-time"]
    panels = drawn(BY_NAME["errors-in-time"], data).axes
    for k, axes in enumerate(panels):
        for name in ("test", "train"):
            assert is_drawn(axes, data["t"], data[f"theory_{name}"][:, k], "line")
            assert is_drawn(axes, data["t_designs"], data[name][:, k], "o")
            predicted = np.interp(
                np.log(data["t_designs"]), np.log(data["t"]), data[f"theory_{name}"][:, k]
            )
            np.testing.assert_allclose(data[name][:, k], predicted, rtol=0.12, atol=0.02)
        stop = data["stopping_time"][k]
        assert any(np.all(np.asarray(line.get_xdata()) == stop) for line in axes.lines)
        least = data["t"][np.argmin(data["theory_test"][:, k])]
        assert least == pytest.approx(stop, rel=0.05)
    assert data["theory_test"][-1, 1] > 2 * data["theory_test"][-1, [0, 2]].max()


def test_ridge_of_the_map_is_at_ratio_one_late(computed: dict[str, Data]) -> None:
    data = computed["error-over-time-and-ratio"]
    late = data["theory_test"][-1]
    assert data["sample_ratio"][np.argmax(late)] == pytest.approx(1)
    axes, bar = drawn(BY_NAME["error-over-time-and-ratio"], data).axes
    np.testing.assert_array_equal(
        axes.collections[0].get_array().ravel(), data["theory_test"].T.ravel()
    )
    assert is_drawn(axes, data["stopping_time"], data["sample_ratio"], "line")
    assert bar.get_ylabel().startswith("test error")


def test_starts_and_signals_are_drawn(computed: dict[str, Data]) -> None:
    data = computed["starts-and-signals"]
    panels = drawn(BY_NAME["starts-and-signals"], data).axes
    for axes, name in zip(panels, ("inr", "snr"), strict=True):
        for k in range(len(data[name])):
            assert is_drawn(axes, data["t"], data[f"theory_by_{name}"][:, k], "line")
            assert is_drawn(axes, data["t_designs"], data[f"by_{name}"][:, k], "o")
            last = data[f"theory_by_{name}"][-1, k]
            assert data[f"by_{name}"][-1, k] == pytest.approx(last, rel=0.1)


def test_norm_and_bound_are_drawn(computed: dict[str, Data]) -> None:
    data = computed["weight-norm"]
    left, right = drawn(BY_NAME["weight-norm"], data).axes
    for k in range(3):
        assert is_drawn(left, data["t"], data["theory_weight_norm"][:, k], "line")
        assert is_drawn(right, data["bound_ratio"], data["theory_bound"][:, k], "line")
        assert is_drawn(right, data["bound_ratio_designs"], data["bound"][:, k], "o")
    assert data["bound_ratio"][np.argmax(data["theory_bound"][:, -1])] == pytest.approx(1, abs=0.1)


def test_stopping_removes_the_peak(computed: dict[str, Data]) -> None:
    data = computed["stopping-and-ridge"]
    panels = drawn(BY_NAME["stopping-and-ridge"], data).axes
    for axes, name in zip(panels, ("ratio", "snr"), strict=True):
        for way in ("stopped", "ridge"):
            assert is_drawn(axes, data[name], data[f"theory_{way}_by_{name}"], "line")
            assert is_drawn(axes, data[f"{name}_designs"], data[f"{way}_by_{name}"], "o")
    stopped, ridge = data["theory_stopped_by_ratio"], data["theory_ridge_by_ratio"]
    assert (
        (np.diff(stopped) < 0).all() and (stopped >= ridge).all() and (stopped < 1.04 * ridge).all()
    )
    assert np.isinf(data["theory_end_by_ratio"].max())


def test_sizes_are_drawn_and_peak_at_the_number_of_samples(computed: dict[str, Data]) -> None:
    data = computed["student-size"]
    left, right = drawn(BY_NAME["student-size"], data).axes
    for axes, name in ((left, "test"), (right, "train")):
        for k in range(3):
            assert is_drawn(axes, data["size_ratio"], data[f"theory_{name}"][:, k], "line")
            assert is_drawn(axes, data["size_ratio_designs"], data[name][:, k], "o")
    assert is_drawn(left, data["size_ratio"], data["theory_least"], "line")
    peak = data["size_ratio"][np.argmax(data["theory_test"][:, -1])]
    assert peak == pytest.approx(0.8, rel=0.15)
    small = data["size_ratio"] <= 1
    assert (np.diff(data["theory_least"][small]) < 0).all()


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("errors-in-time", "snr=-1.0", "teacher_power = -1.0"),
        ("errors-in-time", "t_end=0.0", "t_end"),
        ("errors-in-time", "designs=1", "2 or more"),
        ("errors-in-time", "n_inputs=7", "whole numbers"),
        ("error-over-time-and-ratio", "n_times=1", "2 or more"),
        ("stopping-and-ridge", "ratios=-1.0,2.0", "sample_ratio"),
        ("student-size", "n_teacher=7", "whole numbers"),
    ],
)
def test_impossible_parameters_are_refused(name: str, setting: str, message: str) -> None:
    with pytest.raises(ValueError, match=message), np.errstate(invalid="ignore"):
        curves(with_settings(BY_NAME[name], [setting]))
