"""What README.md and docs/ show works as shown."""

import importlib
import inspect
import json
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from lazyrich.paper_checks import cli

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def lazyrich(*arguments, folder):
    command = [sys.executable, "-m", "lazyrich.paper_checks", *arguments]
    return subprocess.run(
        command, cwd=folder, check=False, capture_output=True, text=True, timeout=120
    )


def test_the_first_example_runs_is_short_and_agrees(tmp_path):
    example = blocks(README, "python")[0]
    assert len(example.strip().splitlines()) < 15
    run = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    shown = float(re.search(r"# (\d\.\d+)", example).group(1))
    assert float(run.stdout.split()[-1]) == pytest.approx(shown, abs=1e-4)
    assert shown < 0.01


def test_the_curves_of_the_digits_are_as_shown():
    example = next(block for block in blocks(README, "python") if "load_digits" in block)
    run = subprocess.run(
        [sys.executable, "-c", example], check=False, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == example.strip().rsplit("# ", 1)[1]


def test_the_two_commands_are_as_ci_and_the_parser_know_them():
    first, second = blocks(README, "sh")[0].strip().splitlines()
    install = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && "
    assert first.startswith(install) and second == install + ".venv/bin/pytest"
    program, *arguments = shlex.split(first.removeprefix(install))
    assert program == ".venv/bin/lazyrich"
    assert cli.parser().parse_args(arguments).targets == ["saxe_2013"]
    assert "&& .venv/bin/pytest' README.md" in (ROOT / ".ci/run").read_text()


def test_every_command_of_the_table_exists(capsys):
    names = re.findall(r"^\| `lazyrich (\w+)", README, re.MULTILINE)
    assert len(names) >= 6
    for name in names:
        with pytest.raises(SystemExit) as end:
            cli.parser().parse_args([name, "--help"])
        assert end.value.code == 0
    capsys.readouterr()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_worked_file_is_told_its_slip_and_where(tmp_path):
    """The rate lacks a factor 2: the verdict, the worst time and the missing factor are named."""
    file = ROOT / "docs" / "my_derivation.py"
    run = lazyrich("explain", f"{file}/strength-of-a-mode", folder=tmp_path)
    assert run.returncode == 1, run.stderr
    assert "my_derivation/strength-of-a-mode: disagrees" in run.stdout
    assert re.search(r"worst +gap 63 % .* at t = 1\.4", run.stdout)
    assert "it would agree with t multiplied by 2\n" in run.stdout


def test_the_mended_file_agrees(tmp_path):
    text = (ROOT / "docs" / "my_derivation.py").read_text(encoding="utf-8")
    mended = text.replace("sympy.exp(-s * t)", "sympy.exp(-2 * s * t)")
    assert mended != text
    file = tmp_path / "mended.py"
    file.write_text(mended, encoding="utf-8")
    run = lazyrich("check", str(file), folder=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    (claim,) = json.loads((tmp_path / "results" / "verdicts.json").read_text())["claims"]
    assert claim["claim"] == "mended/strength-of-a-mode" and claim["verdict"] == "agrees"
    assert max(claim["sensitivity"].values()) < 0.02


def test_the_symbol_table_names_real_arguments():
    """Every code name in the first column is an argument or a result of a public function."""
    known = set()
    for name in ("lazyrich.theory", "lazyrich.solvers"):
        path = importlib.import_module(name).__path__
        for found in pkgutil.walk_packages(path, f"{name}."):
            module = importlib.import_module(found.name)
            for value in vars(module).values():
                if inspect.isfunction(value) or inspect.isclass(value):
                    known |= set(getattr(value, "__annotations__", {}))
    table = README.split("## Symbols")[1].split("##")[0]
    for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", row):
            assert name in known, name
