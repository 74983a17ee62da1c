"""Parameters, stored curves and files of a figure."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lazyrich.figures.figure import (
    Curves,
    Figure,
    check_path,
    compute_or_load,
    csv_text,
    curves,
    drawn,
    save,
    svg,
    with_settings,
)


def compute(*, strengths: tuple[float, ...], width: int, scale: float, kind: str) -> Curves:
    t = np.linspace(0, 1, width)
    return {
        "t": t,
        "theory": np.exp(-np.outer(t, strengths)),
        "limit": np.asarray(scale),
        "cube": np.arange(8.0).reshape(2, 2, 2),
        "few": np.array([0.1, np.nan]),
    }


def draw(data: Curves) -> Any:
    from matplotlib.figure import Figure as Picture

    picture = Picture()
    picture.subplots().plot(data["t"], data["theory"])
    return picture


FIGURE = Figure(
    name="decay",
    caption="Decay,\nwith a comma.",
    source="a paper",
    parameters={"strengths": (2.0, 1.0), "width": 5, "scale": 0.5, "kind": "exact"},
    compute=compute,
    draw=draw,
)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("strengths=5,3,2", (5.0, 3.0, 2.0)),
        ("strengths = [5, 3]", (5.0, 3.0)),
        ("width=40", 40),
        ("width=1e2", 100),
        ("scale=2", 2.0),
        ("kind=rough", "rough"),
        ("kind='rough'", "rough"),
        ("kind=7", "7"),
    ],
)
def test_settings_take_the_kind_of_the_default(setting: str, value: Any) -> None:
    changed = with_settings(FIGURE, [setting])
    name = setting.partition("=")[0].strip()
    assert changed.parameters == {**FIGURE.parameters, name: value}
    assert type(changed.parameters[name]) is type(value)
    assert FIGURE.parameters["width"] == 5, "the original keeps its parameters"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("witdh=3", "did you mean 'width'"),
        ("zzz=3", "it has strengths, width, scale, kind"),
        ("width", "needs name=value"),
        ("width=2.5", "a whole number"),
        ("width=True", "a number"),
        ("width=(1, 2)", "a whole number"),
        ("scale=1e999", "a finite number"),
        ("scale=__import__('os')", "a finite number"),
        ("scale=", "a finite number"),
        ("strengths=3", "values joined by commas"),
        ("strengths=()", "values joined by commas"),
        ("strengths=1,'a'", "a finite number"),
        ("strengths=1,(2,3)", "a finite number"),
    ],
)
def test_wrong_settings_say_what_is_needed(setting: str, message: str) -> None:
    with pytest.raises(ValueError, match="(figure|parameter|setting)") as error:
        with_settings(FIGURE, [setting])
    assert message in str(error.value)


def test_curves_are_computed_once_for_a_key(tmp_path: Path) -> None:
    first = compute_or_load(FIGURE, "key", tmp_path)
    calls = []

    def never(**_: Any) -> Curves:
        calls.append(1)
        return {}

    again = compute_or_load(Figure(**{**vars(FIGURE), "compute": never}), "key", tmp_path)
    assert not calls
    assert list(first) == list(again)
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    compute_or_load(Figure(**{**vars(FIGURE), "compute": never}), "other", tmp_path)
    assert calls


def test_a_damaged_file_is_computed_again(tmp_path: Path) -> None:
    (tmp_path / "decay-key.npz").write_bytes(b"PK half a file")
    np.testing.assert_array_equal(
        compute_or_load(FIGURE, "key", tmp_path)["t"], curves(FIGURE)["t"]
    )
    with np.load(tmp_path / "decay-key.npz") as stored:
        assert set(stored) == set(curves(FIGURE))


@pytest.mark.parametrize("suffix", [".pdf", ".svg", ".png", ".PDF"])
def test_save_writes_the_picture_and_its_curves(tmp_path: Path, suffix: str) -> None:
    data = curves(FIGURE)
    target = tmp_path / "new" / f"decay{suffix}"
    files = save(FIGURE, data, target)
    before = [file.read_bytes() for file in files]
    assert files == (target, target.with_suffix(".npz"), target.with_suffix(".csv"))
    assert sorted(target.parent.iterdir()) == sorted(files), "no temporary file is left"
    starts = {".pdf": b"%PDF", ".svg": b"<?xml", ".png": b"\x89PNG"}
    assert before[0].startswith(starts[suffix.lower()])
    with np.load(files[1]) as stored:
        for name, array in data.items():
            np.testing.assert_array_equal(stored[name], array)
    save(FIGURE, data, target)
    assert [file.read_bytes() for file in files] == before, "equal curves give equal bytes"


@pytest.mark.parametrize("name", ["decay.jpg", "decay", "decay.csv"])
def test_other_formats_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"\.pdf, \.svg, \.png"):
        check_path(tmp_path / name)
    with pytest.raises(ValueError, match="needs a name"):
        save(FIGURE, curves(FIGURE), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_csv_columns_hold_every_array() -> None:
    data = curves(FIGURE)
    lines = csv_text(FIGURE, data).splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert "# Parameter strengths = (2.0, 1.0)" in comments
    assert any("Decay, with a comma." in line for line in comments)
    rows = list(csv.DictReader(io.StringIO("\n".join(lines[len(comments) :]))))
    cube = [f"cube[{i};{j}]" for i in range(2) for j in range(2)]
    assert list(rows[0]) == ["t", "theory[0]", "theory[1]", "limit", *cube, "few"]

    def column(name: str) -> list[float]:
        return [float(row[name]) for row in rows if row[name]]

    np.testing.assert_array_equal(column("theory[1]"), data["theory"][:, 1])
    np.testing.assert_array_equal(column("cube[1;0]"), data["cube"][:, 1, 0])
    np.testing.assert_array_equal(column("few"), data["few"])
    assert column("limit") == [0.5]


def test_svg_is_the_same_from_run_to_run() -> None:
    data = curves(FIGURE)
    texts = [svg(drawn(FIGURE, data)) for _ in range(2)]
    assert texts[0] == texts[1]
    assert "<dc:date>" not in texts[0]
