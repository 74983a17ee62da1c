"""The command line: every command, every documented exit code, one clear line for every mistake."""

import contextlib
import json
import os
import subprocess
import sys

import pytest

from lazyrich.paper_checks import cli
from lazyrich.paper_checks.evidence.record import Evidence

CLAIMS = '''"""A toy derivation."""

import numpy as np
import sympy
from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity

t = sympy.Symbol("t", positive=True)
T = np.linspace(0.1, 3.0, 10)
BIBTEX = """
@article{toy}
"""
COMMON = {"statement": "It decays.", "source": "a toy", "coordinate": "t"}
JUDGED = COMMON | {"margin": 0.01, "parameters": {"t": T}}


def decay(t):
    return np.exp(-t)


def diverges(t):
    return np.exp(1000 * t)


CLAIMS = [
    Identity(name="proven", closed_form=lambda: sympy.exp(-t), domain={"t": (0.1, 1.0)},
             residual=lambda u: (u.diff(t) + u, u.subs(t, 0) - 1), **COMMON),
    Deterministic(name="good", prediction=sympy.exp(-t), measurement=decay, **JUDGED),
    Deterministic(name="wrong", prediction=sympy.exp(-2 * t), measurement=decay, **JUDGED),
    Deterministic(name="blunt", prediction=lambda t: t**0, measurement=lambda t: t**0, **JUDGED),
    Deterministic(name="diverges", prediction=decay, measurement=diverges, **JUDGED),
    Deterministic(name="not-a-number", prediction=lambda t: np.where(t > 1, np.nan, t),
                  measurement=decay, **JUDGED),
    Deterministic(name="wrong-shape", prediction=lambda t: t[1:], measurement=decay, **JUDGED),
]
'''
FIGURE = "saxe_2013/" + next(iter(cli.figures_of("saxe_2013")))
VERDICTS = {
    "proven": "agrees",
    "good": "agrees",
    "wrong": "disagrees",
    "blunt": "inconclusive",
    "diverges": "failed",
    "not-a-number": "failed",
    "wrong-shape": "failed",
}


def run(*arguments):
    """Exit code of the command in this process."""
    try:
        return cli.main([str(a) for a in arguments])
    except SystemExit as stop:  # argparse
        return stop.code


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "lazyrich.paper_checks", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.py").write_text(CLAIMS)
    return tmp_path


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A folder in which all claims of the toy have been checked once, and how that went."""
    folder = tmp_path_factory.mktemp("checked")
    (folder / "toy.py").write_text(CLAIMS)
    return folder, command("check", "toy.py", "--output", "out", cwd=folder)


# Verdicts and exit codes


def test_check_prints_a_line_a_claim_and_writes_verdicts(checked):
    folder, done = checked
    lines = done.stdout.splitlines()
    for name, verdict in VERDICTS.items():
        (line,) = [x for x in lines if f" toy/{name};" in x]
        assert line.split()[0] == verdict
    assert "Traceback" not in done.stdout + done.stderr
    record = json.loads((folder / "out" / "verdicts.json").read_text())
    assert record.keys() >= {"versions", "commit", "claims"}
    assert {c["claim"]: c["verdict"] for c in record["claims"]} == {
        f"toy/{name}": verdict for name, verdict in VERDICTS.items()
    }
    assert record["claims"][1].keys() >= {
        *("claim", "kind", "statement", "source", "verdict", "gap", "half_width", "margin"),
        *("order", "sensitivity", "seeds", "sizes", "cost_seconds"),
    }


def test_failures_are_explained_in_one_line(checked):
    _, done = checked
    for words in (
        "toy/diverges; ValueError: claim diverges: measured 'values' is inf for seed 0 at index [2]",
        "toy/not-a-number; ValueError: claim not-a-number: the prediction is nan at index [3]",
        "toy/wrong-shape; ValueError: claim wrong-shape: the prediction has shape (9,), the measure",
    ):
        assert words in done.stdout


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["proven", "good"], 0),
        (["good", "wrong"], 1),
        (["good", "blunt"], 3),
        (["blunt", "wrong"], 1),
        (["diverges"], 4),
        (["blunt", "wrong", "not-a-number"], 4),
    ],
)
def test_exit_codes(checked, monkeypatch, names, code):
    folder, done = checked
    assert done.returncode == 4
    monkeypatch.chdir(folder)
    assert run("check", *[f"toy.py/{n}" for n in names], "--output", "out", "--jobs", 1) == code


def test_the_order_of_exit_codes():
    def code(*verdicts):
        common = {"kind": "Identity", "statement": "", "source": "", "reason": ""}
        return cli.exit_code([Evidence(claim="a/b", verdict=v, **common) for v in verdicts])

    assert code() == code("agrees") == 0
    assert code("agrees", "inconclusive") == 3
    assert code("inconclusive", "disagrees", "agrees") == 1
    assert code("disagrees", "failed", "inconclusive") == 4


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("wrong", 1, ["disagrees", "it would agree with t multiplied by 0.5", "exp(-2*t)"]),
        ("good", 0, ["It decays.", "a toy", "margin 1 %", "t = 0.1 .. 3"]),
        ("proven", 0, ["proven", "a closed form with the equation"]),
        ("diverges", 4, ["failed", "did the training diverge?"]),
    ],
)
def test_explain(checked, monkeypatch, capsys, name, code, words):
    folder, _ = checked
    monkeypatch.chdir(folder)
    assert run("explain", f"toy.py/{name}", "--output", "out", "--jobs", 1) == code
    shown = " ".join(capsys.readouterr().out.split())
    assert all(word in shown for word in words), shown


def test_reproduce_writes_the_report(checked):
    folder, _ = checked
    done = command("reproduce", "toy.py", "--output", "out", cwd=folder)
    assert done.returncode == 4 and "Traceback" not in done.stderr
    page = (folder / "out" / "index.html").read_text()
    assert all(name in page for name in VERDICTS)
    assert str(os.path.join("out", "index.html")) in done.stdout


# Commands that run nothing


def test_list(in_folder, capsys):
    assert run("list") == 0
    shown = capsys.readouterr().out
    assert "saxe_2013/sigmoid-solves-its-ode" in shown
    assert run("list", "toy.py") == 0
    shown = capsys.readouterr().out
    assert "A toy derivation" in shown and "toy.py/good" in shown and "It decays." in shown


def test_cite(in_folder, capsys):
    assert run("cite", "saxe_2013") == 0
    assert "1312.6120" in capsys.readouterr().out
    assert run("cite", "toy.py") == 0
    assert capsys.readouterr().out == "@article{toy}\n"


@pytest.mark.parametrize("arguments", [[], ["list"], ["check"], ["figure"], ["reproduce"]])
def test_help(arguments, capsys):
    assert run(*arguments, "--help") == 0
    assert "exit codes: 0 every claim agrees" in capsys.readouterr().out


def test_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("lazyrich ")


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        ("--help", "numpy numba sympy matplotlib scipy sklearn"),
        ("list", "numba sympy matplotlib scipy sklearn"),
    ],
)
def test_heavy_packages_are_imported_only_where_used(arguments, forbidden):
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print(*sorted(set({forbidden.split()!r}) & set(sys.modules))))\n"
        "from lazyrich.paper_checks.cli import main\n"
        f"main([{arguments!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == ""


def test_a_reader_that_leaves_is_no_error():
    code = (
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-m', 'lazyrich.paper_checks', 'list'],"
        " stdout=subprocess.PIPE, stderr=subprocess.PIPE)\n"
        "p.stdout.close()\n"
        "print(p.stderr.read(), p.wait())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "b'' 0\n"


# Mistakes


def mistaken(capsys, *arguments):
    """The one line on stderr of a command that must end with code 2 and change nothing."""
    assert run(*arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert line.startswith("lazyrich: ")
    return line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "saxe_2014"], "unknown paper 'saxe_2014'; did you mean 'saxe_2013'?"),
        (["check", "SAXE"], "unknown paper 'SAXE'; "),
        (["list", "saxe"], "did you mean 'saxe_2013'?"),
        (["cite", "saxe13"], "did you mean 'saxe_2013'?"),
        (["figure", "sax_2013/x"], "did you mean 'saxe_2013'?"),
        (["reproduce", "saxe_2013", "saxe_2012"], "unknown paper 'saxe_2012'"),
        (["check", "saxe_2013/deep-time"], "did you mean 'deep-time-primitive'?"),
        (["explain", "saxe_2013/sigmoid"], "unknown claim of saxe_2013 'sigmoid'; "),
        (["explain", "saxe_2013"], "names no claim; choose one of: sigmoid-solves-its-ode, "),
        (["figure", "saxe_2013/zzz"], "unknown figure of saxe_2013 'zzz'"),
        (["figure", "saxe_2013"], "names no figure; choose one of: "),
        (["figure", "toy.py/x"], "own files have no figures; lazyrich reproduce toy.py draws"),
        (["explain", FIGURE], f"is a figure: lazyrich figure {FIGURE}"),
        (["check", "toy.py/goad"], "unknown claim of toy.py 'goad'; did you mean 'good'?"),
        (["explain", "toy.py"], "choose one of: proven, good"),
        (["check", "missing.py"], "missing.py: no such file"),
        (["check", "missing.py/claim"], "missing.py: no such file"),
        (["check", "good", "toy.py"], "unknown paper 'good'"),
    ],
)
def test_unknown_names(in_folder, capsys, arguments, words):
    assert words in mistaken(capsys, *arguments)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("x = 1\ndef f(:\n", "mistake.py, line 2: invalid syntax"),
        ("x = '\0'\n", "mistake.py"),
        ("x = 1\n", "holds no claims; needs CLAIMS = ["),
        ("CLAIMS = []\n", "holds no claims"),
        ("CLAIMS = None\n", "holds no claims"),
        ("CLAIMS = 3\n", "holds no claims"),
        ("CLAIMS = {}\n", "holds no claims"),
        ("CLAIMS = ['decays']\n", "CLAIMS holds a str; needs Identity"),
        ("import not_installed_anywhere\n", "No module named 'not_installed_anywhere'"),
        ("raise RuntimeError('two\\nlines')\n", "mistake.py: RuntimeError: two lines"),
        ("import sys\nsys.exit('stop')\n", "mistake.py: SystemExit: stop"),
        ("import helper_with_mistake\n", "helper_with_mistake.py, line 1: "),
        (CLAIMS.replace("0.01", "0.5"), "claim good: margin 0.5; needs 0 < margin <= 0.03"),
        (CLAIMS.replace('"blunt"', '"good"'), "two claims are called 'good'"),
    ],
)
def test_files_that_hold_no_usable_claims(in_folder, capsys, content, words):
    (in_folder / "mistake.py").write_text(content)
    (in_folder / "helper_with_mistake.py").write_text("def f(:\n")
    sys.modules.pop("helper_with_mistake", None)
    with contextlib.ExitStack() as stack:
        stack.callback(sys.modules.pop, "lazyrich_user_file_mistake", None)
        assert words in mistaken(capsys, "check", "mistake.py")
        assert words in mistaken(capsys, "explain", "mistake.py/claim")


def test_two_files_of_one_name_are_not_checked_together(in_folder, capsys):
    (in_folder / "other").mkdir()
    (in_folder / "other" / "toy.py").write_text(CLAIMS)
    line = mistaken(capsys, "check", "toy.py/good", "other/toy.py/wrong")
    assert "other/toy.py and toy.py share a name" in line


def test_a_folder_is_no_file(in_folder, capsys):
    (in_folder / "folder.py").mkdir()
    assert "folder.py: no such file" in mistaken(capsys, "check", "folder.py")


@pytest.mark.parametrize("name", ["check", "explain", "reproduce"])
@pytest.mark.parametrize("output", ["file", "file/below"])
def test_folders_that_cannot_be_written(in_folder, capsys, name, output):
    (in_folder / "file").write_text("")
    line = mistaken(capsys, name, "toy.py/good", "--output", output)
    assert f"cannot write to the output folder {output}" in line.replace(os.sep, "/")


def test_a_verdict_file_that_cannot_be_written(checked, monkeypatch, capsys, tmp_path):
    folder, _ = checked
    monkeypatch.chdir(folder)
    (tmp_path / "verdicts.json").mkdir()
    assert run("check", "toy.py/good", "--output", tmp_path, "--jobs", 1) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("lazyrich: ") and "verdicts.json" in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["chek"], "invalid choice: 'chek'"),
        (["check", "--jobs", "0"], "argument --jobs: '0'; needs a whole number, 1 or more"),
        (["check", "--jobs", "-1"], "argument --jobs"),
        (["check", "--jobs", "two"], "argument --jobs: 'two'; needs a whole number, 1 or more"),
        (["check", "--jobs", "1.5"], "argument --jobs: '1.5'; needs"),
        (["check", "--seed", "-1"], "argument --seed"),
        (["check", "--seed", "x"], "argument --seed: 'x'; needs a whole number, 0 or more"),
        (["check", "--effort", "enormous"], "invalid choice: 'enormous'"),
        (["check", "--colour"], "unrecognized arguments: --colour"),
        (["explain"], "required: PAPER/CLAIM"),
        (["cite"], "required: PAPER"),
    ],
)
def test_usage(capsys, arguments, words):
    assert run(*arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and "Traceback" not in shown.err
    assert words in shown.err.splitlines()[-1]


@pytest.mark.parametrize("options", [["--jobs", "100000000000"], ["--seed", "9" * 40]])
def test_huge_numbers_do_no_harm(checked, monkeypatch, capsys, options):
    folder, _ = checked
    monkeypatch.chdir(folder)
    assert run("check", "toy.py/good", "--output", "out", *options) == 0
    assert capsys.readouterr().err == ""


def test_papers_are_modules_or_packages_and_nothing_else():
    assert "saxe_2013" in cli.papers()
    assert not set(cli.papers()) & {"cli", "__main__", "evidence", "measurements", "predictions"}
