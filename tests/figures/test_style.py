"""The house style holds whatever the user's settings, and changes none of them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure as Picture
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text

from lazyrich.figures.claim import gap_figure
from lazyrich.figures.saxe_2013.modes import draw_mode_strengths
from lazyrich.figures.style import house_style, simulation_points, theory_line
from lazyrich.paper_checks.evidence.record import Evidence

BASELINES = Path(__file__).parent / "baseline"
TOLERANCE = 2.0  # root mean square over pixels, of 255


def mode_strengths(stretch: float = 1.0) -> Picture:
    t, points = np.linspace(0, 4, 200), np.linspace(0, 4, 9)
    s = np.array([3.0, 2.0, 1.0])

    def strength(t: Any) -> Any:
        return s / (1 + (s / 0.02 - 1) * np.exp(-2 * s * t[:, None] * stretch))

    deviation = 0.1 * np.ones((9, 3))
    data = {"t": t, "theory": strength(t), "t_simulation": points, "singular_values": s}
    with house_style():
        return draw_mode_strengths({**data, "mean": strength(points), "deviation": deviation})


def evidence(**changes: Any) -> Evidence:
    x = np.tile(np.linspace(1.0, 4.0, 7), 2)
    limit = 0.012 * np.sin(2 * x)
    points = {
        "coordinate": x,
        "prediction": np.exp(-x) * np.repeat([1.0, 2.0], 7),
        "measured": np.exp(-x) * np.repeat([1.0, 2.0], 7) * (1 + limit),
        "measured_error": np.full(14, 0.01),
        "limit": limit,
        "half_width": np.full(14, 0.004),
        "curve": np.repeat([0.0, 1.0], 7),
    }
    facts = {
        "claim": "paper_2013/claim",
        "kind": "Ensemble",
        "statement": "a statement",
        "source": "a source",
        "verdict": "agrees",
        "reason": "a reason",
        "margin": 0.02,
        "coordinate": "sample_ratio",
        "sizes": (50.0, 800.0),
        "size_name": "width",
        "points": points,
    }
    return Evidence(**{**facts, **changes})  # type: ignore[arg-type]


def rendered(picture: Picture, path: Path) -> Path:
    """Without its text, so that neither fonts nor the layout around them matter."""
    for legend in picture.legends:
        legend.remove()
    for text in picture.findobj(Text):
        text.set_visible(False)
    with house_style():
        picture.savefig(path, dpi=80)
    return path


@pytest.mark.parametrize(
    ("name", "make"),
    [("mode_strengths", mode_strengths), ("gap", lambda: gap_figure(evidence()))],
)
def test_the_look_is_kept(name: str, make: Callable[[], Picture], tmp_path: Path) -> None:
    """If a new look is wanted, copy the new picture over the baseline."""
    actual = rendered(make(), tmp_path / f"{name}.png")
    baseline = BASELINES / f"{name}.png"
    assert baseline.exists(), f"no baseline; the picture is {actual}"
    difference = compare_images(str(baseline), str(actual), tol=TOLERANCE)
    assert difference is None, difference


def test_another_curve_has_another_look(tmp_path: Path) -> None:
    actual = rendered(mode_strengths(stretch=1.1), tmp_path / "stretched.png")
    baseline = str(BASELINES / "mode_strengths.png")
    assert compare_images(baseline, str(actual), tol=TOLERANCE) is not None


def test_the_style_ignores_and_keeps_the_users_settings() -> None:
    with matplotlib.rc_context({"lines.linewidth": 7.0, "svg.hashsalt": None}):
        before = dict(matplotlib.rcParams)
        with house_style():
            line = theory_line(Picture().subplots(), [0, 1], [0, 1])
            assert matplotlib.rcParams["svg.hashsalt"] == "lazyrich"
            assert line.get_linewidth() == 1.5
        assert dict(matplotlib.rcParams) == before


def test_theory_is_a_line_and_simulation_is_points() -> None:
    with house_style():
        axes = Picture().subplots()
        line = theory_line(axes, [0, 1], [2, 3])
        marks, _, bars = simulation_points(axes, [0, 1], [2, 3], [0.1, 0.2])
    assert line.get_linestyle() == "-" and line.get_marker() in ("None", None, "")
    assert marks is not None and marks.get_linestyle() == "None" and marks.get_marker() == "o"
    heights = [np.ptp(segment[:, 1]) for segment in bars[0].get_segments()]
    np.testing.assert_allclose(heights, [0.2, 0.4])
    assert marks.get_zorder() > line.get_zorder()


def test_gap_figure_shows_the_points_that_were_judged() -> None:
    shown = evidence()
    above, below = gap_figure(shown).axes
    first = slice(0, 7)
    np.testing.assert_array_equal(above.lines[0].get_ydata(), shown.points["prediction"][first])
    np.testing.assert_array_equal(above.lines[1].get_ydata(), shown.points["measured"][first])
    gaps = 100 * shown.points["limit"]
    np.testing.assert_allclose(below.lines[0].get_ydata(), gaps[first])
    np.testing.assert_allclose(below.lines[1].get_ydata(), gaps[7:])
    low, high = below.get_ylim()
    assert low == -high and high > 2
    assert below.get_xlabel() == "sample ratio"
    assert below.get_ylabel() == "gap of the\nlimit (%)"
    plain = gap_figure(evidence(sizes=(), coordinate="t")).axes[1]
    assert (plain.get_ylabel(), plain.get_xlabel()) == ("gap (%)", "time t")


def test_gap_figure_draws_seven_of_many_curves_and_all_gaps() -> None:
    curve, x = (a.ravel().astype(float) for a in np.mgrid[0:18, 1:6])
    points = {name: 0 * x for name in ("measured_error", "limit", "half_width")}
    points |= {"coordinate": x, "curve": curve, "prediction": x + curve, "measured": x + curve}
    picture = gap_figure(evidence(points=points))
    above, below = picture.axes
    lines = [line for line in above.lines if line.get_linestyle() == "-" and line.get_xdata().size]
    starts = [line.get_ydata()[0] - 1 for line in lines]
    assert starts == [0, 3, 6, 8, 11, 14, 17]
    assert len({line.get_color() for line in lines}) == 7
    assert sum(len(line.get_xdata()) == 5 for line in below.lines) >= 18
    (legend,) = picture.legends
    assert legend.get_texts()[0].get_text() == "prediction (7 of 18 curves)"


def test_gap_figure_marks_the_worst_of_many_points() -> None:
    n = 1000
    points = {name: np.ones(n) for name in ("prediction", "measured", "measured_error")}
    limit = np.zeros(n)
    limit[123] = 0.5
    points |= {
        "coordinate": np.arange(n) + 1.0,
        "limit": limit,
        "half_width": limit,
        "curve": 0 * limit,
    }
    above, below = gap_figure(evidence(points=points)).axes
    assert len(above.lines[0].get_xdata()) == n
    assert len(below.lines[0].get_xdata()) <= 41
    assert 50.0 in below.lines[0].get_ydata()


@pytest.mark.parametrize(("power", "scale"), [(-2.0, "log"), (0.0, "linear")])
def test_gap_figure_is_logarithmic_over_decades(power: float, scale: str) -> None:
    x = np.geomspace(1, 1e3, 7)
    points = {name: 0 * x for name in ("measured_error", "limit", "half_width", "curve")}
    points |= {"coordinate": x, "prediction": x**power, "measured": x**power}
    above, below = gap_figure(evidence(points=points)).axes
    assert above.get_yscale() == scale
    assert below.get_xscale() == "log"


def test_gap_figure_survives_infinite_bars_and_single_points() -> None:
    points = {name: np.ones(3) for name in ("prediction", "measured", "measured_error", "limit")}
    points |= {
        "coordinate": np.zeros(3),
        "half_width": np.array([0.1, np.inf, 0]),
        "curve": np.arange(3.0),
    }
    picture = gap_figure(evidence(points=points, coordinate=""))
    assert np.isfinite(picture.axes[1].get_ylim()).all()
    with pytest.raises(ValueError, match="no points"):
        gap_figure(evidence(points={}))


def test_listing_figures_imports_no_plotting() -> None:
    heavy = "matplotlib numba scipy sympy sklearn"
    code = (
        "import sys, lazyrich.figures.saxe_2013, lazyrich.figures.claim;"
        f"print([m for m in '{heavy}'.split() if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
