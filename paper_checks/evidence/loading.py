"""Find claims: in a module of papers or in a user's own Python file."""

import difflib
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from lazyrich.paper_checks.evidence.claims import Claim, Deterministic, Ensemble, Identity


class InputError(ValueError):
    """A mistake in what the user asked for; shown as one line, exit code 2."""


def load_claims(source: str) -> dict[str, Claim]:
    """The claims of a module (dotted name) or of a Python file (path ending in .py), by name.

    Raises `InputError` where the file is missing, does not run or holds no usable ``CLAIMS``.
    """
    module = load_file(Path(source)) if source.endswith(".py") else importlib.import_module(source)
    claims = getattr(module, "CLAIMS", None)
    if not isinstance(claims, list | tuple) or not claims:
        raise InputError(f"{source}: holds no claims; needs CLAIMS = [Ensemble(...), ...]")
    for claim in claims:
        if not isinstance(claim, Identity | Deterministic | Ensemble):
            raise InputError(
                f"{source}: CLAIMS holds a {type(claim).__name__}; "
                "needs Identity, Deterministic or Ensemble"
            )
    by_name = {claim.name: claim for claim in claims}
    if len(by_name) < len(claims):
        names = [claim.name for claim in claims]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{source}: two claims are called {twice!r}; needs distinct names")
    return by_name


def paper_of(source: str) -> str:
    """The name under which a source's claims are listed: last part of the module, or file stem."""
    return Path(source).stem if source.endswith(".py") else source.rpartition(".")[2]


def target_of(source: str, claim: str) -> str:
    """What names the claim on the command line: PAPER/CLAIM or FILE.py/CLAIM."""
    return f"{source if source.endswith('.py') else paper_of(source)}/{claim}"


def load_file(path: Path) -> ModuleType:
    """Run a user's file once a process, with its folder importable as for a script."""
    name = f"lazyrich_user_file_{path.stem}"
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__file__ == str(path.resolve()):
        return loaded
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    assert spec is not None and spec.loader is not None  # the suffix is .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        del sys.modules[name]
        raise InputError(
            f"{error.filename or path}, line {error.lineno or 1}: {error.msg}"
        ) from error
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise InputError(f"{path}: {type(error).__name__}: {error}") from error
    return module


def choose(name: str, known: Iterable[str], what: str) -> str:
    """`name` if it is known; else an `InputError` with the nearest known name."""
    known = list(known)
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    raise InputError(f"unknown {what} {name!r}; {hint}")
