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
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    return "\n".join(_parts(function, set()))


def _parts(function: Callable[..., Any], seen: set[int]) -> Iterator[str]:
    while isinstance(function, functools.partial):
        yield from _parts_of_values({"args": function.args, **function.keywords}, seen)
        function = function.func
    if not inspect.isfunction(function):
        raise ValueError(
            f"{function!r} is a {type(function).__name__}; a measurement must be a plain function, "
            "so that its source can be followed"
        )
    if id(function) in seen:
        return
    seen.add(id(function))
    defaults = {"defaults": function.__defaults__ or (), **(function.__kwdefaults__ or {})}
    yield from _parts_of_values(defaults, seen)
    yield from _parts_of_values(inspect.getclosurevars(function).nonlocals, seen)
    file = inspect.getsourcefile(function) or ""
    tree = _tree(file) if Path(file).is_file() else ast.Module([], [])
    first_line = function.__code__.co_firstlineno
    start: list[ast.AST] = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.Lambda) and _first_line(node) == first_line
    ]
    if not start:
        raise ValueError(f"{function!r} is defined in no file, so that its source is not known")
    followed = _followed(tree, start)
    yield from map(ast.unparse, followed + _helpers(followed))


def _parts_of_values(values: Mapping[str, Any], seen: set[int]) -> Iterator[str]:
    """Values that a function carries along: in its closure, its defaults or a partial."""
    for name, value in values.items():
        for part in value if isinstance(value, tuple) else (value,):
            part = getattr(part, "py_func", part)  # what numba compiles
            if inspect.isfunction(part) or isinstance(part, functools.partial):
                yield name
                yield from _parts(part, seen)
            elif isinstance(part, np.ufunc) or hasattr(part, "free_symbols"):
                yield f"{name} {part}"
            elif inspect.ismodule(part) or hasattr(part, "__qualname__"):
                yield f"{name} {_qualified_name(part)}"
            else:
                yield name + json.dumps(plain(part))


def _qualified_name(part: Any) -> str:
    """Of an installed module, class or builtin; others, and methods, could change unseen."""
    module = part.__name__ if inspect.ismodule(part) else str(part.__module__)
    owner = getattr(part, "__self__", None)
    if _own_file(module) is not None or not (owner is None or inspect.ismodule(owner)):
        raise ValueError(
            f"{part!r} reaches the measurement by a closure or default; needs plain data or "
            "functions there, so that its source can be followed"
        )
    return module if inspect.ismodule(part) else f"{module}.{part.__qualname__}"


def _followed(tree: ast.Module, start: list[ast.AST]) -> list[ast.AST]:
    """`start` and, name by name, the top-level statements of the module it relies on."""
    bound: dict[str, list[ast.AST]] = {}
    for statement in tree.body:
        for name in _bound_names(statement):
            bound.setdefault(name, []).append(statement)
    found: list[ast.AST] = list(start)
    for node in found:  # grows while we walk
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        for name in ["*", *sorted(names)]:
            found += [s for s in bound.get(name, []) if s not in found]
    return found


def _helpers(nodes: Sequence[ast.AST]) -> list[ast.AST]:
    """The user's own modules that the nodes import, and those that these import, whole."""
    trees: list[ast.AST] = []
    modules = [name for node in nodes for name in _imported(node)]
    for name in modules:  # grows while we walk
        helper = _own_file(name)
        if helper is not None and _tree(str(helper)) not in trees:
            trees.append(_tree(str(helper)))
            modules += _imported(
                trees[-1], name if helper.stem == "__init__" else name.rpartition(".")[0]
            )
    return trees


def _bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement defines or changes."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
        return
    nodes = list(ast.walk(statement))
    loops = [c.target for c in nodes if isinstance(c, ast.comprehension)]
    inner = {id(n) for target in loops for n in ast.walk(target)}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in inner:
            yield node.id
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield from _base(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield from _base(node.value.func)  # table.append(1)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((a.asname or a.name).partition(".")[0] for a in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def _base(node: ast.AST) -> Iterator[str]:
    """The variable that an attribute or item belongs to."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def _imported(node: ast.AST, package: str = "") -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Import):
            yield from (a.name for a in child.names)
        elif isinstance(child, ast.ImportFrom):
            parents = package.split(".")[: 1 - child.level or None] if child.level else []
            module = ".".join([*parents, *filter(None, [child.module])])
            yield module
            yield from (f"{module}.{a.name}" for a in child.names)


def _own_file(module_name: str) -> Path | None:
    """The file of a module that is neither installed, nor Python's, nor covered elsewhere."""
    if module_name.startswith(("lazyrich.solvers", "lazyrich.paper_checks.evidence")):
        return None
    top = module_name.partition(".")[0]
    if top != "lazyrich" and _is_installed(top):
        return None
    loaded = sys.modules.get(module_name)
    try:
        spec = loaded.__spec__ if loaded else importlib.util.find_spec(module_name)
    except (ImportError, ValueError, AttributeError):  # a name within a module, not a module
        return None
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin).resolve()


@functools.cache
def _is_installed(package: str) -> bool:
    """Whether a top-level package is Python's or lies among the installed ones; imports nothing."""
    if package in sys.stdlib_module_names:
        return True
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return False
    places = [spec.origin or "", *(spec.submodule_search_locations or [])] if spec else []
    return any({"site-packages", "dist-packages"} & set(Path(place).parts) for place in places)


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
    if isinstance(value, np.generic) and value.dtype.kind in "biuf" and value.itemsize <= 8:
        return value.item()
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
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
