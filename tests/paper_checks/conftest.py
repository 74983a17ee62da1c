"""The claims of every paper at quick effort, run once for all tests."""

import importlib
from typing import Any, NamedTuple

import pytest

from lazyrich.paper_checks.evidence import store
from lazyrich.paper_checks.evidence.claims import Identity
from lazyrich.paper_checks.evidence.record import Evidence
from lazyrich.paper_checks.evidence.run import Reference, run
from lazyrich.paper_checks.evidence.tasks import path_of, tasks_of


class Checked(NamedTuple):
    """Evidence of a paper's claims, and the outcomes it rests on, by claim; outcomes by size."""

    evidence: dict[str, Evidence]
    outcomes: dict[str, Any]


@pytest.fixture(scope="session")
def check_quickly(tmp_path_factory):
    """A function from a paper's name to its `Checked`."""
    known = {}

    def checked(paper):
        if paper not in known:
            known[paper] = _check(paper, tmp_path_factory.mktemp(paper))
        return known[paper]

    return checked


def _check(paper, folder):
    source = f"lazyrich.paper_checks.{paper}"
    claims = {claim.name: claim for claim in importlib.import_module(source).CLAIMS}
    references = [Reference(source, name) for name in claims]
    evidence = run(references, effort="quick", jobs=2, output=folder)
    outcomes = {}
    for name, claim in claims.items():
        if isinstance(claim, Identity):
            continue
        blocks = {}
        for task in tasks_of(source, claim, "quick", 0, folder):
            blocks.setdefault(task.size, []).append(store.load(path_of(task)))
        outcomes[name] = {size: store.joined(found) for size, found in blocks.items()}
    return Checked(dict(zip(claims, evidence, strict=True)), outcomes)
