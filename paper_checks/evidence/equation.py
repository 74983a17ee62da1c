"""An equation in matplotlib's mathtext as a picture for the report."""

import io
from typing import Any, NamedTuple

FONT_SIZE = 12.0
ENLARGED = 1.25  # against the text around it: fractions and exponents are small


class EquationPicture(NamedTuple):
    """SVG text and its width in units of the surrounding font's size."""

    svg: str
    width: float


def equation_svg(equation: str) -> EquationPicture | None:
    """Draw an equation; None where it is empty or cannot be read as mathtext.

    Text without a dollar sign is taken as mathematics as a whole.
    """
    if not equation.strip():
        return None
    import matplotlib
    from matplotlib.figure import Figure

    text = equation if "$" in equation else f"${equation}$"
    look: dict[Any, Any] = {
        "mathtext.fontset": "cm",
        "svg.fonttype": "path",
        "svg.hashsalt": "lazyrich",
    }
    figure = Figure()
    figure.text(0.0, 0.0, text, fontsize=FONT_SIZE, parse_math=True)
    target = io.StringIO()
    with matplotlib.rc_context(look):
        try:
            figure.savefig(
                target,
                format="svg",
                transparent=True,
                bbox_inches="tight",
                pad_inches=0.02,
                metadata={"Date": None},
            )
        except (ValueError, RuntimeError):
            return None
    svg = target.getvalue()
    width = float(svg.partition('width="')[2].partition("pt")[0])
    return EquationPicture(svg, round(ENLARGED * width / FONT_SIZE, 2))
