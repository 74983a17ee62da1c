"""The examples of docs/own_formula.md run and judge as they say."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "own_formula.md").read_text(encoding="utf-8")
IDENTITY, NOTEBOOK = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def run(*arguments, folder):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def checked(file, folder, *options):
    end = run("-m", "lazyrich.paper_checks", "check", str(file), *options, folder=folder)
    (claim,) = json.loads((folder / "results" / "verdicts.json").read_text())["claims"]
    return end, claim


@pytest.mark.parametrize("effort", ["quick", "standard"])
def test_the_ensemble_agrees_at_a_sharp_margin(effort, tmp_path):
    end, claim = checked(DOCS / "my_ensemble.py", tmp_path, "--effort", effort)
    assert end.returncode == 0, end.stdout + end.stderr
    assert claim["claim"] == "my_ensemble/second-moment"
    assert max(claim["sensitivity"].values()) < 0.03


def test_a_wrong_moment_is_refuted(tmp_path):
    text = (DOCS / "my_ensemble.py").read_text(encoding="utf-8")
    wrong = text.replace("return 1 + ratio", "return 1 + 1.05 * ratio")
    assert wrong != text
    (tmp_path / "wrong.py").write_text(wrong, encoding="utf-8")
    end, claim = checked(tmp_path / "wrong.py", tmp_path)
    assert end.returncode == 1 and claim["verdict"] == "disagrees"


def test_the_identity_is_a_whole_file_that_agrees(tmp_path):
    (tmp_path / "sigmoid.py").write_text(IDENTITY, encoding="utf-8")
    end, claim = checked(tmp_path / "sigmoid.py", tmp_path)
    assert end.returncode == 0 and claim["verdict"] == "agrees", end.stdout + end.stderr


def test_the_notebook_example_runs_and_agrees(tmp_path):
    end = run("-c", NOTEBOOK, folder=tmp_path)
    assert end.returncode == 0, end.stderr
    assert end.stdout.startswith("agrees")


def test_the_table_names_every_field():
    table = PAGE.split("## Fields")[1].split("\n## ")[0]
    first = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    named = set(re.findall(r"`(\w+)`", " ".join(first)))
    fields = [*dataclasses.fields(Deterministic), *dataclasses.fields(Ensemble)]
    assert named == {field.name for field in fields}
