"""The noun `Figure`: its parameters, its curves, and the files both are written to.

A figure is computed (theory and simulation, as named arrays) and then drawn. Drawing never
simulates, so that a figure can be redrawn from its curves alone.
"""

from __future__ import annotations

import ast
import csv
import difflib
import io
import math
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazyrich.figures.style import house_style
from lazyrich.paper_checks.evidence.store import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture

Curves = Mapping[str, NDArray[Any]]

# What each format would write of the date or the program, so that equal curves give equal bytes.
_METADATA: dict[str, dict[str, None]] = {
    ".pdf": {"CreationDate": None},
    ".svg": {"Date": None},
    ".png": {"Software": None},
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of a paper: what it is computed from and how it is drawn.

    Parameters
    ----------
    name : the figure's name within its paper: lower-case words joined by hyphens.
    caption : what is seen, in one or two sentences.
    source : the paper's figure or statement, in words.
    compute : called as ``compute(**parameters)``; returns named arrays, theory and simulation.
    draw : called with these arrays only; returns a `matplotlib.figure.Figure`.
    parameters : the defaults of `compute`: numbers, strings and tuples of them.
    """

    name: str
    caption: str
    source: str
    compute: Callable[..., Curves]
    draw: Callable[[Curves], Picture]
    parameters: Mapping[str, Any] = field(default_factory=dict)


def with_settings(figure: Figure, settings: Iterable[str]) -> Figure:
    """The same figure with parameters replaced, each given as the text ``name=value``.

    Values are Python literals (``3``, ``0.5``, ``5,3,2``, ``(5, 3)``) of the kind of the default.

    Raises
    ------
    ValueError
        For an unknown parameter, or a value of another kind than the default.
    """
    parameters = dict(figure.parameters)
    for setting in settings:
        name, equals, text = (part.strip() for part in setting.partition("="))
        if not equals:
            raise ValueError(f"setting {setting!r}; needs name=value")
        if name not in parameters:
            raise ValueError(
                f"figure {figure.name} has no parameter {name!r}; {_offer(name, parameters)}"
            )
        parameters[name] = _parsed(name, text, figure.parameters[name])
    return replace(figure, parameters=parameters)


def curves(figure: Figure) -> dict[str, NDArray[Any]]:
    """Compute the figure's named arrays from its parameters."""
    return {name: np.asarray(x) for name, x in figure.compute(**figure.parameters).items()}


def compute_or_load(figure: Figure, key: str, folder: str | Path) -> dict[str, NDArray[Any]]:
    """The figure's arrays from ``folder/NAME-KEY.npz``, computed and stored where they are missing.

    `key` must change with whatever the arrays depend on: the parameters and the source code.
    """
    path = Path(folder) / f"{figure.name}-{key}.npz"
    try:
        with np.load(path) as stored:
            return dict(stored)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        computed = curves(figure)
    write_atomically(path, _npz(computed))
    return computed


def drawn(figure: Figure, data: Curves) -> Picture:
    """Draw the figure from its arrays, in the house style."""
    with house_style():
        return figure.draw(data)


def svg(picture: Picture) -> str:
    """The picture as SVG text, the same from run to run."""
    return _rendered(picture, ".svg").decode()


def check_path(path: str | Path) -> Path:
    """Return `path` if a figure can be written there.

    Raises
    ------
    ValueError
        When its suffix names no format that is offered.
    """
    path = Path(path)
    if path.suffix.lower() not in _METADATA:
        raise ValueError(
            f"figure file {str(path)!r}; needs a name ending in {', '.join(_METADATA)}"
        )
    return path


def save(figure: Figure, data: Curves, path: str | Path) -> tuple[Path, Path, Path]:
    """Draw the figure into `path` (PDF, SVG or PNG) and write its curves beside it.

    Returns
    -------
    The three files written: the picture, and the curves as ``.npz`` and ``.csv``. The columns of
    the CSV file run along an array's first axis, so that a spreadsheet can plot them; lines that
    begin with ``#`` give caption, source and parameters.
    """
    path = check_path(path)
    beside = path.with_suffix(".npz"), path.with_suffix(".csv")
    write_atomically(path, _rendered(drawn(figure, data), path.suffix.lower()))
    write_atomically(beside[0], _npz(data))
    write_atomically(beside[1], csv_text(figure, data).encode())
    return path, *beside


def csv_text(figure: Figure, data: Curves) -> str:
    """The arrays as comma-separated columns under a commented header.

    A column is one line along an array's first axis: ``x`` of a vector, ``x[0]``, ``x[1]``, ... of
    a matrix, ``x[0;2]`` of three axes. Shorter columns end in empty cells.
    """
    header = [f"Figure {figure.name}: {figure.caption}", f"Source: {figure.source}"]
    header += [f"Parameter {name} = {value!r}" for name, value in figure.parameters.items()]
    header += ["Columns run along the first axis of an array; x[j] is its column j, from 0."]
    columns: dict[str, list[Any]] = {}
    for name, array in data.items():
        array = np.atleast_1d(array)
        for index in np.ndindex(array.shape[1:]):
            label = f"{name}[{';'.join(map(str, index))}]" if index else name
            columns[label] = array[(slice(None), *index)].tolist()
    text = io.StringIO()
    text.writelines(f"# {' '.join(line.split())}\n" for line in header)
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    table.writerows(zip_longest(*columns.values(), fillvalue=""))
    return text.getvalue()


def _offer(name: str, known: Mapping[str, Any]) -> str:
    if not known:
        return "it has none"
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"


def _parsed(name: str, text: str, default: Any) -> Any:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = text
    if isinstance(default, str) and not isinstance(value, str):
        value = text
    try:
        return _alike(value, default)
    except TypeError as error:
        raise ValueError(
            f"parameter {name} = {text}; needs {error}, such as its default {default!r}"
        ) from None


def _alike(value: Any, default: Any) -> Any:
    """`value` as the kind of `default`; a TypeError whose text is the kind that is needed."""
    if default is None:
        return value
    if isinstance(default, (tuple, list)):
        if not isinstance(value, (tuple, list)) or not value:
            raise TypeError("values joined by commas")
        return tuple(_alike(entry, default[0]) for entry in value) if default else tuple(value)
    if isinstance(default, bool) or isinstance(value, bool):
        if type(value) is not type(default):
            raise TypeError("True or False" if isinstance(default, bool) else "a number")
        return value
    if isinstance(default, int):
        if not isinstance(value, (int, float)) or value != value // 1:
            raise TypeError("a whole number")
        return int(value)
    if isinstance(default, float):
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            raise TypeError("a finite number")
        return float(value)
    if not isinstance(value, type(default)):
        raise TypeError(f"a {type(default).__name__}")
    return value


def _rendered(picture: Picture, suffix: str) -> bytes:
    target = io.BytesIO()
    with house_style():
        picture.savefig(target, format=suffix[1:], metadata=_METADATA[suffix])
    return target.getvalue()


def _npz(data: Curves) -> bytes:
    target = io.BytesIO()
    arrays: dict[str, Any] = {name: np.asarray(x) for name, x in data.items()}
    np.savez_compressed(target, **arrays)
    return target.getvalue()
