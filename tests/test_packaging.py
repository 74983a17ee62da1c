"""What is installed is what lies here, and every example in it runs."""

import doctest
import importlib
import pkgutil
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ("theory", "solvers", "figures", "paper_checks")


def modules():
    """Every module of the package by its installed name."""
    for floor in FLOORS:
        package = importlib.import_module(f"lazyrich.{floor}")
        yield package.__name__
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield found.name


def test_every_package_is_listed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = project["tool"]["setuptools"]["packages"]
    present = {
        ".".join(("lazyrich", *init.parent.relative_to(ROOT).parts))
        for floor in FLOORS
        for init in (ROOT / floor).rglob("__init__.py")
    }
    assert sorted(listed) == sorted(present)


def test_every_folder_of_modules_is_a_package():
    folders = {file.parent for floor in FLOORS for file in (ROOT / floor).rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("floor", FLOORS)
def test_types_are_announced(floor):
    assert (ROOT / floor / "py.typed").exists()


def test_the_top_level_is_a_namespace():
    assert not (ROOT / "__init__.py").exists()
    assert importlib.import_module("lazyrich").__file__ is None


def test_every_module_is_found():
    by_file = {
        f"lazyrich.{'.'.join(file.relative_to(ROOT).with_suffix('').parts)}".removesuffix(
            ".__init__"
        )
        for floor in FLOORS
        for file in (ROOT / floor).rglob("*.py")
    }
    assert set(modules()) == by_file


@pytest.mark.parametrize("name", sorted(set(modules()) - {"lazyrich.paper_checks.__main__"}))
def test_examples_run(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    modes = importlib.import_module("lazyrich.theory.deep_linear.modes")
    assert sum(len(test.examples) for test in finder.find(modes)) > 0
