"""The report is one page that stands alone, escapes what it shows and hides no claim."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

from lazyrich.figures.claim import gap_figure
from lazyrich.figures.figure import svg
from lazyrich.paper_checks.evidence.equation import equation_svg
from lazyrich.paper_checks.evidence.provenance import provenance
from lazyrich.paper_checks.evidence.record import Evidence
from lazyrich.paper_checks.evidence.report import (
    ReportFigure,
    summary,
    write_report,
    write_verdicts,
)

NASTY = "a < b & c > d <script>alert('x')</script> \"quoted\" {{ 7 * 7 }}"
VOID = {"meta", "img", "br", "rect", "line", "circle", "polygon", "link", "input", "hr"}


def ensemble(claim: str, verdict: str, **changes: Any) -> Evidence:
    n = 6
    points = {
        "coordinate": np.arange(1.0, n + 1),
        "prediction": np.ones(n),
        "measured": np.full(n, 1.01),
        "measured_error": np.full(n, 0.01),
        "limit": np.full(n, 0.01),
        "half_width": np.full(n, 0.004),
        "curve": np.zeros(n),
    }
    record = Evidence(
        claim=claim,
        kind="Ensemble",
        statement=f"Statement of {claim}.",
        source="a paper, a section",
        verdict=verdict,
        reason=f"reason of {claim}",
        equation=r"$u' = 2u(s - u)$",
        gap=0.01,
        half_width=0.004,
        margin=0.02,
        order=(1.02, 0.05),
        sensitivity={"value": 0.021, "t": 0.013},
        alternatives={"half the rate": "disagrees"},
        seeds=16,
        sizes=(50.0, 200.0, 800.0),
        size_name="width",
        coordinate="t",
        cost_seconds=120.0,
        points=points,
    )
    return replace(record, **changes)


EVIDENCE = [
    ensemble("first_2013/one", "agrees"),
    Evidence(
        claim="first_2013/two",
        kind="Identity",
        statement=NASTY,
        source=NASTY,
        verdict="agrees",
        reason="proven",
        equation=r"\frac{broken & <b>",
        sensitivity={"value": 1e-6},
        alternatives={"<i>altered</i>": "agrees"},
    ),
    ensemble("second_2017/three", "disagrees", hint="a factor 1.1", gap=0.3),
    ensemble(
        "second_2017/four",
        "inconclusive",
        sensitivity={"value": np.inf, "sample_ratio": 0.3},
        half_width=np.inf,
        order=None,
        seeds_needed=160,
    ),
    Evidence(
        claim="my folder/derivation.py/five",
        kind="Ensemble",
        statement="It diverges.",
        source="mine",
        verdict="failed",
        reason=f"FloatingPointError: {NASTY}",
        margin=0.02,
    ),
]


class Page(HTMLParser):
    """Collects tags, ids, addresses and text; unbalanced tags are an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[tuple[str, str]] = []
        self.alts: list[str | None] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "srcset", "data", "action"):
                self.addresses.append((tag, value or ""))
        if tag == "img":
            self.alts.append(dict(attrs).get("alt"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "index.html"
    pictures = {e.claim: svg(gap_figure(e)) for e in EVIDENCE if e.points}
    figures = [ReportFigure("first_2013/curves", NASTY, "the paper", "<svg>drawn</svg>")]
    write_report(
        path, EVIDENCE, pictures=pictures, figures=figures, provenance=provenance("quick", 7)
    )
    assert [p.name for p in path.parent.iterdir()] == ["index.html"], "nothing half-written is left"
    return path.read_text("utf-8")


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


def test_it_loads_nothing(page: Page, source: str) -> None:
    for tag, address in page.addresses:
        expected = "#" if tag == "a" else "data:image/svg+xml,"
        assert address.startswith(expected)
    assert "@import" not in source and not re.search(r"url\((?!%23)", source)  # '#': inside itself
    assert not {"script", "link", "iframe", "object"} & set(page.tags)


def test_ids_are_unique_and_every_link_arrives(page: Page) -> None:
    assert len(set(page.ids)) == len(page.ids)
    targets = [unquote(address[1:]) for tag, address in page.addresses if tag == "a"]
    assert len(targets) >= len(EVIDENCE)
    assert set(targets) <= set(page.ids)


def test_every_claim_shows_its_verdict_and_words(page: Page) -> None:
    words = " ".join(page.text.split())
    for evidence in EVIDENCE:
        assert evidence.claim in page.ids
        for text in (evidence.statement, evidence.reason, evidence.source, evidence.hint):
            assert text in words
    assert "5 claims of 3 papers: 2 agree, 1 disagrees, 1 inconclusive, 1 failed." in words
    for number in ("1 % ± 0.4 % of 2 %", "value 2.1 %", "1.02 ± 0.05", "2.0 min", "160 networks"):
        assert number in words
    assert "16 networks × width 50, 200, 800" in words
    assert "value nothing" in words
    assert "not rejected (agrees)" in words


def test_the_overview_says_what_was_compared_and_begins_with_what_needs_a_look(
    tmp_path: Path,
) -> None:
    verdicts = ("agrees", "inconclusive", "failed", "disagrees")
    shown = [ensemble(f"p/{verdict}", verdict) for verdict in verdicts]
    one_run = ensemble("p/run", "agrees", kind="Deterministic", seeds=0, sizes=())
    exact = ensemble("p/exact", "agrees", kind="Identity", seeds=0, sizes=())
    path = tmp_path / "index.html"
    write_report(path, [*shown, one_run, exact], pictures={}, figures=[], provenance={})
    table = path.read_text("utf-8").split("<tbody>")[1].split("</tbody>")[0]
    rows = re.findall(r'<a href="#p/(\w+)">', table)
    assert rows == ["disagrees", "failed", "inconclusive", "agrees", "run", "exact"]
    assert '<span class="item">one run</span>' in table
    assert '<span class="item">exact</span>' in table
    assert "Statement of p/run." in table


def test_what_is_shown_is_escaped(page: Page, source: str) -> None:
    assert "<script" not in source and "<i>altered" not in source
    assert "{{ 7 * 7 }}" in page.text
    assert r"\frac{broken & <b>" in page.text


def test_pictures_are_the_given_ones_and_described(page: Page) -> None:
    images = [address for tag, address in page.addresses if tag == "img"]
    shown = [unquote(image.partition(",")[2]) for image in images]
    assert "<svg>drawn</svg>" in shown
    assert sum("<svg" in image for image in shown) == len(shown) == 1 + 3 + 3
    assert all(page.alts)


def test_provenance_is_complete(page: Page) -> None:
    for fact in ("quick", "versions: numpy", np.__version__, "seed", "commit", "command"):
        assert fact in page.text


def test_a_failed_write_leaves_the_old_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "index.html"
    path.write_text("old")

    def full_disk(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_report(path, EVIDENCE, pictures={}, figures=[], provenance={})
    assert path.read_text() == "old"


def test_an_empty_report_says_so(tmp_path: Path) -> None:
    assert summary([]) == "No claims were checked."
    write_report(tmp_path / "index.html", [], pictures={}, figures=[], provenance={})
    assert "No claims were checked." in Page((tmp_path / "index.html").read_text()).text


def test_titles_stand_above_the_claims(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    titles = {"first_2013": "Exact solutions & more"}
    write_report(path, EVIDENCE[:1], pictures={}, figures=[], provenance={}, titles=titles)
    assert "Exact solutions & more" in Page(path.read_text()).text


def test_verdicts_are_strict_json_that_ignores_the_command(tmp_path: Path) -> None:
    facts = provenance("quick", 7)
    write_verdicts(tmp_path / "verdicts.json", EVIDENCE, facts)
    write_verdicts(tmp_path / "again.json", EVIDENCE, facts | {"command": "another --jobs 3"})
    text = (tmp_path / "verdicts.json").read_text("utf-8")
    assert text == (tmp_path / "again.json").read_text("utf-8")
    assert not re.search(r"NaN|Infinity", text)
    found = json.loads(text)
    assert {"versions", "commit", "claims"} <= set(found)
    assert [c["claim"] for c in found["claims"]] == [e.claim for e in EVIDENCE]
    assert found["claims"][3]["sensitivity"]["value"] is None


def test_equations_are_drawn_with_or_without_dollars() -> None:
    plain, dressed = equation_svg("u = s"), equation_svg("$u = s$")
    assert plain is not None and plain == dressed
    assert 0 < plain.width < 10
    assert equation_svg("") is None
    assert equation_svg(r"\frac{") is None
