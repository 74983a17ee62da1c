"""The comparison behind a verdict: prediction and measurement above, their gap below."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.style import house_style, simulation_points, theory_line
from lazyrich.paper_checks.evidence.record import Evidence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

Floats = NDArray[np.float64]
MOST_MARKS = 40

MOST_CURVES = 7  # as many as there are colours

AXIS_WORDS = {"t": "time t", "": "point"}


@house_style()
def gap_figure(evidence: Evidence) -> Picture:
    """Draw the points that were judged.

    Above, the prediction as a line and the measurements as points with one standard error. Below,
    the gap that remains in the limit with its half-width, in per cent of the claim's scale, and
    the band of the margin, which the bars of a claim that agrees must not leave. Of more than 7
    curves, 7 evenly chosen ones stand above; the gaps of the others stand below in grey.

    Raises
    ------
    ValueError
        When the evidence has no points (identities and failed runs).
    """
    from matplotlib.figure import Figure

    if not evidence.points or not len(evidence.points["prediction"]):
        raise ValueError(f"claim {evidence.claim} has no points to draw")
    points = {name: np.asarray(x, dtype=float) for name, x in evidence.points.items()}
    if np.ptp(points["coordinate"]) == 0:
        evidence = replace(evidence, coordinate="")
        points["coordinate"] = np.arange(len(points["prediction"]), dtype=float)
    picture = Figure(figsize=(6.0, 3.4))
    above, below = picture.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    curves = np.unique(points["curve"])
    chosen = _evenly(len(curves), MOST_CURVES).tolist()
    for k, curve in enumerate(curves):
        here = np.flatnonzero(points["curve"] == curve)
        here = here[np.argsort(points["coordinate"][here], kind="stable")]
        aside = 2.5 * (k - (len(curves) - 1) / 2) if len(curves) <= 5 else 0.0
        one = {name: x[here] for name, x in points.items()}
        colour = f"C{chosen.index(k)}" if k in chosen else "0.6"
        if k in chosen:
            _draw_curve(above, one, colour)
        _draw_gaps(below, one, colour, aside)
    few = f" ({len(chosen)} of {len(curves)} curves)" if len(chosen) < len(curves) else ""
    _finish_comparison(above, points, f"prediction{few}", _measured_words(evidence))
    above.set_ylabel(evidence.quantity)
    _finish_gaps(below, points, 100 * evidence.margin)
    below.set_ylabel("gap of the\nlimit (%)" if len(evidence.sizes) > 1 else "gap (%)")
    picture.align_ylabels()
    below.set_xlabel(AXIS_WORDS.get(evidence.coordinate, evidence.coordinate.replace("_", " ")))
    if not evidence.coordinate:
        below.xaxis.get_major_locator().set_params(integer=True)
    return picture


def _draw_curve(above: Axes, points: dict[str, Floats], colour: str) -> None:
    """Draw prediction and measurement of one curve."""
    x = points["coordinate"]
    if len(np.unique(x)) > 1:  # else a dash: one value has no line
        theory_line(above, x, points["prediction"], color=colour)
    else:
        above.plot(x, points["prediction"], "_", color=colour, markersize=16, markeredgewidth=1.5)
    marked = _marked(points)
    error = np.nan_to_num(points["measured_error"][marked], posinf=0.0)
    simulation_points(above, x[marked], points["measured"][marked], error, color=colour)


def _draw_gaps(below: Axes, points: dict[str, Floats], colour: str, aside: float) -> None:
    """Draw the gaps of one curve, `aside` (in points) of the other curves'."""
    from matplotlib.transforms import ScaledTranslation

    x, gap, bar = points["coordinate"], 100 * points["limit"], 100 * points["half_width"]
    marked = _marked(points)
    bars = np.where(np.isfinite(bar), bar, 1e6)[marked]
    place = below.transData + ScaledTranslation(aside / 72, 0, below.figure.dpi_scale_trans)
    look = {"color": colour, "markersize": 3, "transform": place}
    simulation_points(below, x[marked], gap[marked], bars, **look)


def _marked(points: dict[str, Floats]) -> NDArray[np.intp]:
    """Which points of a long curve get a mark: evenly spread ones and the worst."""
    reach = np.abs(points["limit"]) + points["half_width"]
    even = _evenly(len(reach), MOST_MARKS)
    return even if len(even) == len(reach) else np.union1d(even, np.argmax(reach))


def _evenly(count: int, most: int) -> NDArray[np.intp]:
    """At most `most` of the numbers 0 to count - 1, evenly spread, both ends among them."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(np.intp)


def _finish_comparison(
    above: Axes, points: dict[str, Floats], predicted: str, measured: str
) -> None:
    if _logarithmic(np.append(points["prediction"], points["measured"]), 100):
        above.set_yscale("log")
    if _logarithmic(points["coordinate"], 20):
        above.set_xscale("log")
    line = theory_line(above, [], [], color="0.3", label=predicted)
    marks = simulation_points(above, [], [], [], color="0.3", label=measured)
    above.figure.legend(handles=[line, marks], loc="outside upper right", ncols=2)


def _finish_gaps(below: Axes, points: dict[str, Floats], margin: float) -> None:
    reach = 100 * (np.abs(points["limit"]) + points["half_width"])
    top = max(1.35 * margin, 1.1 * np.max(reach, where=np.isfinite(reach), initial=0.0))
    below.axhspan(-margin, margin, color="0.9", zorder=0)
    below.axhline(0.0, color="0.5", linewidth=0.6, zorder=1)
    below.set_ylim(-top, top)
    if top < 3 * margin:
        below.set_yticks([-margin, 0.0, margin], [f"−{margin:g}", "0", f"+{margin:g}"])


def _logarithmic(values: Floats, span: float) -> bool:
    """Whether positive values spread over decades and lie more evenly on a logarithmic axis."""
    low, middle, high = np.quantile(values, (0.0, 0.5, 1.0))
    if not (low > 0 and high >= span * low and np.isfinite(high)):
        return False
    evenly = np.log(middle / low) / np.log(high / low), (middle - low) / (high - low)
    return bool(abs(evenly[0] - 0.5) < abs(evenly[1] - 0.5))


def _measured_words(evidence: Evidence) -> str:
    if not evidence.sizes:
        return "measured"
    best = max(evidence.sizes) if evidence.kind == "Ensemble" else min(evidence.sizes)
    return f"measured ({evidence.size_name.replace('_', ' ')} {best:g})"
