"""The floors of the house: who may import whom, read from the imports themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("theory", "solvers", "figures", "paper_checks")
FILES = sorted(path.relative_to(ROOT) for folder in OURS for path in (ROOT / folder).rglob("*.py"))
LONGEST = 400

# The first folder (or file) that contains a file decides. Within a folder that may be imported,
# those after `but` may not.
ALLOWED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "solvers/networks": (("solvers/networks",), ()),
    "solvers": (("solvers",), ("solvers/networks",)),
    "theory": (("theory", "solvers"), ("solvers/networks",)),
    "paper_checks/evidence": (("paper_checks/evidence",), ()),
    "paper_checks/measurements": (("paper_checks/measurements", "solvers"), ()),
    "paper_checks/predictions": (("paper_checks/predictions", "theory"), ("solvers",)),
    "paper_checks/cli.py": (("paper_checks", "theory", "solvers", "figures"), ()),
    "paper_checks": (("paper_checks", "theory", "solvers"), ()),
    "figures": (OURS, ()),
}


def imported(source: str) -> Iterator[str]:
    """Every module that a source may import, also inside functions; "." for a relative import."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                yield "."
            elif module == "lazyrich":
                yield from (f"lazyrich.{alias.name}" for alias in node.names)
            else:
                yield module
                yield from (f"{module}.{alias.name}" for alias in node.names)


def within(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def offences(file: str, source: str) -> list[str]:
    """What a file imports although its floor forbids it."""
    allowed, but = next(rule for folder, rule in ALLOWED.items() if within(file, (folder,)))
    found = []
    for module in imported(source):
        path = module.removeprefix("lazyrich.").replace(".", "/")
        is_ours = module.startswith("lazyrich.")
        forbidden = (
            not within(path, allowed) or within(path, but) if is_ours else within(path, OURS)
        )
        if forbidden or module in (".", "lazyrich"):
            found.append(module)
    return found


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_stay_on_their_floor(file):
    assert offences(file.as_posix(), (ROOT / file).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("solvers/a.py", "import lazyrich.theory"),
        ("solvers/a.py", "from lazyrich.solvers import networks"),
        ("solvers/a.py", "from lazyrich.solvers.networks.deep_linear import train"),
        ("solvers/networks/a.py", "from lazyrich.solvers.quadrature import nodes"),
        ("solvers/networks/a.py", "def f():\n    from lazyrich.theory.deep_linear import modes"),
        ("theory/a.py", "def f():\n    import lazyrich.solvers.networks.two_layer as n"),
        ("theory/a.py", "from lazyrich import paper_checks"),
        ("theory/a/b.py", "from lazyrich import figures as f"),
        ("theory/a.py", "from . import b"),
        ("theory/a.py", "from .b import c"),
        ("theory/a.py", "import theory.deep_linear"),
        ("theory/a.py", "from theory import deep_linear"),
        ("theory/a.py", "import solvers"),
        ("theory/a.py", "import lazyrich"),
        ("paper_checks/evidence/a.py", "from lazyrich.paper_checks import saxe_2013"),
        ("paper_checks/evidence/a.py", "import lazyrich.solvers"),
        ("paper_checks/measurements/a.py", "from lazyrich.theory.deep_linear import modes"),
        ("paper_checks/measurements/a.py", "import lazyrich.paper_checks.saxe_2013"),
        ("paper_checks/measurements/a.py", "import lazyrich.paper_checks.evidence.claims"),
        ("paper_checks/a.py", "if True:\n    import lazyrich.figures.style"),
        ("figures/a.py", "from ..theory import modes"),
    ],
)
def test_an_offence_is_noticed(file, source):
    assert offences(file, source)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("solvers/a.py", "import numpy, json\nfrom lazyrich.solvers.b import c"),
        ("solvers/networks/a.py", "from lazyrich.solvers.networks import b"),
        ("theory/a.py", "from lazyrich.solvers.b import c\nfrom lazyrich.theory import d"),
        (
            "paper_checks/a.py",
            "from lazyrich.solvers.networks.b import c\nimport lazyrich.theory.d",
        ),
        ("paper_checks/measurements/a.py", "import lazyrich.solvers.networks.b"),
        ("paper_checks/cli.py", "import lazyrich.figures"),
        ("figures/a.py", "from lazyrich.paper_checks.evidence.record import Evidence"),
    ],
)
def test_what_the_floors_allow_is_no_offence(file, source):
    assert offences(file, source) == []


def at_module_level(source: str) -> set[str]:
    """Top-level packages imported when the module is."""
    statements = [
        node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    tops = {name.partition(".")[0] for s in statements for name in imported(ast.unparse(s))}
    return tops - {""}


@pytest.mark.parametrize("file", [f for f in FILES if f.parts[0] == "theory"], ids=str)
def test_theory_starts_without_symbols_and_drawing(file):
    source = (ROOT / file).read_text(encoding="utf-8")
    assert not at_module_level(source) & {"sympy", "matplotlib"}


def test_an_import_at_module_level_is_noticed():
    assert at_module_level("import numpy\ndef f():\n    import sympy\n") == {"numpy"}
    assert at_module_level("from sympy.abc import x\n") == {"sympy"}


@pytest.mark.parametrize("file", FILES, ids=str)
def test_files_are_short(file):
    lines = len((ROOT / file).read_text(encoding="utf-8").splitlines())
    assert lines < LONGEST
