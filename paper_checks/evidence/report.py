"""The report: one HTML page that shows every claim, its verdict and the numbers behind it.

The page carries its pictures and style inside and loads nothing. The same facts go to
``verdicts.json`` for programs.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lazyrich.paper_checks.evidence.equation import equation_svg
from lazyrich.paper_checks.evidence.provenance import provenance
from lazyrich.paper_checks.evidence.record import VERDICTS, Evidence, percent
from lazyrich.paper_checks.evidence.store import write_atomically

__all__ = ["ReportFigure", "provenance", "write_report", "write_verdicts"]

SYMBOLS = {"agrees": "✓", "disagrees": "✗", "inconclusive": "?", "failed": "!"}
PLURALS = {"agrees": "agree", "disagrees": "disagree", "inconclusive": "inconclusive"}
URGENT = ("disagrees", "failed", "inconclusive", "agrees")  # order of the overview
BAR_WIDTH = 120.0  # of the small picture of gap against margin; the margin stands at its middle


@dataclass(frozen=True)
class ReportFigure:
    """A figure ready for the report: its name "PAPER/FIGURE", caption, source and SVG text."""

    name: str
    caption: str
    source: str
    svg: str


def write_report(
    path: Path,
    evidence: Sequence[Evidence],
    *,
    pictures: Mapping[str, str],
    figures: Sequence[ReportFigure],
    provenance: Mapping[str, Any],
    titles: Mapping[str, str] | None = None,
) -> None:
    """Write the report as one self-contained HTML page, whole or not at all.

    Parameters
    ----------
    path : where the page goes.
    evidence : the judged claims, in the order in which they are shown.
    pictures : SVG text of the comparison behind a claim, by "PAPER/CLAIM"; claims may be missing.
    figures : the papers' figures.
    provenance : what the run was made with: text, numbers, or mappings of them.
    titles : the papers' titles by name; the name stands alone where a title is missing.
    """
    import jinja2

    template = files("lazyrich.paper_checks.evidence").joinpath("report.html").read_text("utf-8")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    page = environment.from_string(template).render(
        summary=summary(evidence),
        counts=_counts(evidence),
        symbols=SYMBOLS,
        papers=_papers(evidence, pictures, figures, titles or {}),
        provenance=list(_rows(provenance)),
        cost=_duration(sum(e.cost_seconds for e in evidence)),
    )
    write_atomically(Path(path), page)


def write_verdicts(path: Path, evidence: Sequence[Evidence], provenance: Mapping[str, Any]) -> None:
    """Write the facts of every claim as JSON: versions, commit, effort, seed, date and claims.

    Only costs and the date differ between two runs of the same claims.
    """
    kept = ("versions", "commit", "effort", "seed", "date")
    facts = {name: provenance[name] for name in kept if name in provenance}
    facts["claims"] = [e.facts() for e in evidence]
    text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(Path(path), text + "\n")


def summary(evidence: Sequence[Evidence]) -> str:
    """One sentence: how many claims, and how many of each verdict."""
    if not evidence:
        return "No claims were checked."
    papers = len({_paper(e.claim) for e in evidence})
    of = f"{_counted(len(evidence), 'claim')} of {_counted(papers, 'paper')}"
    found = [
        f"{count} {verdict if count == 1 else PLURALS.get(verdict, verdict)}"
        for verdict, count in _counts(evidence).items()
    ]
    return f"{of}: {', '.join(found)}."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _counts(evidence: Sequence[Evidence]) -> dict[str, int]:
    verdicts = [e.verdict for e in evidence]
    return {v: verdicts.count(v) for v in VERDICTS if v in verdicts}


def _paper(name: str) -> str:
    return name.rpartition("/")[0] or name


def _papers(
    evidence: Sequence[Evidence],
    pictures: Mapping[str, str],
    figures: Sequence[ReportFigure],
    titles: Mapping[str, str],
) -> list[dict[str, Any]]:
    names = dict.fromkeys(_paper(e.claim) for e in evidence)
    names |= dict.fromkeys(_paper(f.name) for f in figures)
    shown = {
        name: [_claim(e, pictures) for e in evidence if _paper(e.claim) == name] for name in names
    }
    return [
        {
            "name": name,
            "title": titles.get(name, "").rstrip("."),
            "counts": _counts([e for e in evidence if _paper(e.claim) == name]),
            "claims": shown[name],
            "table": sorted(shown[name], key=lambda c: URGENT.index(c["evidence"].verdict)),
            "figures": [
                {"name": f.name, "caption": f.caption, "source": f.source, "image": _uri(f.svg)}
                for f in figures
                if _paper(f.name) == name
            ],
        }
        for name in names
    ]


def _claim(evidence: Evidence, pictures: Mapping[str, str]) -> dict[str, Any]:
    """Everything the page says of one claim, as text."""
    judged = evidence.kind != "Identity" and evidence.verdict != "failed"
    picture = pictures.get(evidence.claim)
    equation = equation_svg(evidence.equation)
    return {
        "evidence": evidence,
        "name": evidence.claim.rpartition("/")[2],
        "kind": evidence.kind.lower(),
        "gap": evidence.gap_words() if judged else "",
        "margin": percent(evidence.margin) if judged else "",
        "bar": _bar(evidence) if judged else None,
        "sensitivity": [
            (_spaced(name), percent(e), not e <= evidence.max_sensitivity)
            for name, e in evidence.sensitivity.items()
        ],
        "demanded": percent(evidence.max_sensitivity),
        "compared": _compared(evidence),
        "cost": _duration(evidence.cost_seconds),
        "order": "{:.2f} ± {:.2f}".format(*evidence.order) if evidence.order else "",
        "alternatives": [
            (name, verdict == "disagrees", verdict)
            for name, verdict in evidence.alternatives.items()
        ],
        "picture": _uri(picture) if picture else "",
        "equation": equation and {"image": _uri(equation.svg), "width": equation.width},
    }


def _bar(evidence: Evidence) -> dict[str, float | bool]:
    """The interval gap +- half-width on an axis from 0 to twice the margin, in pixels."""
    unit = BAR_WIDTH / 2 / evidence.margin if evidence.margin else 0.0

    def place(x: float) -> float:
        return round(min(max(x * unit, 0.0), BAR_WIDTH - 4), 1) if x * unit == x * unit else 0.0

    gap, half = evidence.gap, evidence.half_width
    return {
        "low": place(gap - half),
        "gap": place(gap),
        "high": place(gap + half),
        "beyond": (gap + half) * unit > BAR_WIDTH - 4,
    }


def _compared(evidence: Evidence) -> list[str]:
    """What stood against the prediction, in words between which a line may break."""
    sizes = [f"{size:g}" for size in evidence.sizes]
    if sizes:
        sizes = [f"{size}," for size in sizes[:-1]] + sizes[-1:]
        sizes[0] = f"{_spaced(evidence.size_name)} {sizes[0]}".strip()
    if evidence.seeds:
        return [_counted(evidence.seeds, "network") + (" ×" if sizes else ""), *sizes]
    if sizes or evidence.verdict == "failed":
        return sizes
    return ["exact"] if evidence.kind == "Identity" else ["one run"]


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "< 1 s"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def _rows(facts: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    """Nested facts as rows of (name, text)."""
    rows: list[tuple[str, str]] = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            rows += _rows(value, f"{_spaced(str(name))}: ")
        else:
            rows.append((above + _spaced(str(name)), "unknown" if value is None else str(value)))
    return rows


def _uri(svg: str) -> Any:
    """An SVG as the address of an image, so that the ids inside cannot clash between pictures.

    Without its metadata and comments, and with five digits a number, it is about half as long.
    """
    from markupsafe import Markup

    short = re.sub(r"<\?xml.*?\?>|<!.*?>|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    short = re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.5g}", short)
    short = re.sub(r"\s*\n\s*", " ", short).replace('"', "'")
    return Markup(
        "data:image/svg+xml," + quote(short, safe=" <>/='()*+,:;!?{}.-")
    )  # nothing to escape
