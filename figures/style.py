"""The look of all figures: theory is a line, simulation is points with error bars.

The settings stand in ``lazyrich.mplstyle``; here are the two marks and the way to apply them.
matplotlib is imported only when something is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.container import ErrorbarContainer
    from matplotlib.lines import Line2D

STYLE = "lazyrich.figures.lazyrich"


@contextmanager
def house_style() -> Iterator[None]:
    """Draw and save with the house style, whatever the user's own matplotlib settings.

    Works as a context (``with house_style():``) and as a decorator (``@house_style()``).
    """
    import matplotlib.style

    with matplotlib.style.context(STYLE, after_reset=True):
        yield


def theory_line(axes: Axes, x: ArrayLike, y: ArrayLike, **line: Any) -> Line2D:
    """Draw a prediction: a line, by default solid."""
    (drawn,) = axes.plot(x, y, **{"zorder": 2, **line})
    return drawn


def simulation_points(
    axes: Axes, x: ArrayLike, y: ArrayLike, error: ArrayLike | None = None, **marks: Any
) -> ErrorbarContainer:
    """Draw measurements: points with error bars, never joined, over the lines of theory."""
    look = {"fmt": "o", "markeredgecolor": "white", "markeredgewidth": 0.4, "elinewidth": 1.0}
    return axes.errorbar(x, y, yerr=error, **{**look, "zorder": 3, **marks})


def plain_ticks(axis: Axis, values: Sequence[float]) -> None:
    """Label a logarithmic axis at `values`, as 0.5, 1, 2, and nowhere else."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    axis.set_major_locator(FixedLocator(values))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.set_minor_formatter(NullFormatter())
