"""With what a run was made: versions, commit, effort, seed, date and command."""

import importlib.metadata
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PACKAGES = ("lazyrich", "numpy", "scipy", "sympy", "numba", "matplotlib", "scikit-learn")


def provenance(effort: str, seed: int) -> dict[str, Any]:
    """The facts a reader needs to repeat a run.

    Returns
    -------
    dict
        ``versions`` (of Python and packages), ``commit`` (None outside a git checkout), ``effort``,
        ``seed``, ``date``, ``command`` and ``machine``.
    """
    return {
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in PACKAGES},
        "commit": commit(),
        "effort": effort,
        "seed": seed,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def commit() -> str | None:
    """The commit of the package's own checkout, ending in "+" where files differ from it."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        head = _git(root, "rev-parse", "HEAD")
        return head + ("+" if _git(root, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(root: Path, *arguments: str) -> str:
    run = subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=10, check=True
    )
    return run.stdout.strip()
