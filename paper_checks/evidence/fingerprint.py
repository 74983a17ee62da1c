"""Digests that decide whether a stored outcome still answers the question.

An outcome is keyed by the settings, the source of everything its measurement runs (its own module
followed name by name, helper files as a whole, all of ``solvers/``) and the versions of numpy and
numba, so that outcomes of edited code are never met again.
"""

import ast
import functools
import hashlib
import importlib.metadata
import importlib.util
import inspect
import json
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np


def digest(facts: Mapping[str, Any]) -> str:
    """SHA-256 of plain data: numbers, strings, arrays, and mappings and sequences of them."""
    text = json.dumps(plain(facts), sort_keys=True, allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()


def environment() -> dict[str, str]:
    """What every stored number depends on besides its own settings and source."""
    versions = {name: importlib.metadata.version(name) for name in ("numpy", "numba")}
    return versions | {"solvers": _solvers_digest()}


def source_of(function: Callable[..., Any]) -> str:
    """Source of a function and of all it uses, without comments and layout.

    The function's module is followed name by name, so that an edit elsewhere in it changes
    nothing. Modules of the user's own are taken whole, those of ``solvers`` and of installed
    packages are left to `environment`.
    """
    parts: list[str] = []
    while isinstance(function, functools.partial):
        parts.append(json.dumps(plain([function.args, function.keywords])))
        function = function.func
    if not inspect.isfunction(function):
        raise ValueError(
            f"{function!r} is a {type(function).__name__}; a measurement must be a plain function, "
            "so that its source can be followed"
        )
    for name, value in inspect.getclosurevars(function).nonlocals.items():
        parts.append(name + (source_of(value) if callable(value) else json.dumps(plain(value))))
    tree = _tree(inspect.getsourcefile(function) or "")
    first_line = function.__code__.co_firstlineno
    start: list[ast.AST] = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.Lambda) and _first_line(node) == first_line
    ]
    parts += [ast.unparse(node) for node in _closure(tree, start)]
    return "\n".join(parts)


def _closure(tree: ast.Module, start: list[ast.AST]) -> list[ast.AST]:
    """`start` and, name by name, the top-level statements of the module it relies on."""
    bound: dict[str, list[ast.AST]] = {}
    for statement in tree.body:
        for name in _bound_names(statement):
            bound.setdefault(name, []).append(statement)
    found: list[ast.AST] = list(start)
    for node in found:  # grows while we walk
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        for name in sorted(names):
            found += [s for s in bound.get(name, []) if s not in found]
        for module_name in _imported(node):
            helper = _own_file(module_name)
            if helper is not None:
                found += [s for s in _tree(str(helper)).body if s not in found]
    return found


def _bound_names(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((a.asname or a.name).partition(".")[0] for a in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def _imported(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            yield from (a.name for a in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
            yield from (f"{child.module}.{a.name}" for a in child.names)


def _own_file(module_name: str) -> Path | None:
    """The file of a module that is neither installed, nor Python's, nor covered elsewhere."""
    if module_name.startswith(("lazyrich.solvers", "lazyrich.paper_checks.evidence")):
        return None
    loaded = sys.modules.get(module_name)
    try:
        spec = loaded.__spec__ if loaded else importlib.util.find_spec(module_name)
    except (ImportError, ValueError, AttributeError):  # a name within a module, not a module
        return None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return None
    path = Path(spec.origin).resolve()
    installed = (Path(sysconfig.get_path(p)).resolve() for p in ("stdlib", "purelib", "platlib"))
    is_ours = module_name.startswith("lazyrich.")
    return path if is_ours or not any(path.is_relative_to(f) for f in installed) else None


def _first_line(node: ast.FunctionDef | ast.Lambda) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


@functools.cache
def _tree(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))


@functools.cache
def _solvers_digest() -> str:
    spec = importlib.util.find_spec("lazyrich.solvers")
    assert spec is not None and spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations)))
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def plain(value: Any) -> Any:
    """`value` as data that JSON writes the same way on every machine."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        data = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return {"dtype": str(value.dtype), "shape": list(value.shape), "data": data}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(v) for v in value]
    raise ValueError(
        f"{value!r} is a {type(value).__name__}; parameters and settings must be numbers, strings, "
        "arrays, or lists, tuples and dictionaries of them, so that outcomes can be keyed"
    )
