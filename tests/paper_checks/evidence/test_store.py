"""Outcomes on disk: whole or absent, bit for bit, and never a crash on a damaged file."""

import os
import random
from pathlib import Path

import numpy as np
import pytest

from lazyrich.paper_checks.evidence import store
from lazyrich.paper_checks.evidence.store import Outcome, joined, load, save, write_atomically

VALUES = np.array([[0.1, -0.0, np.nextafter(1, 2)], [5e-324, 1.7976931348623157e308, -1 / 3]])
OUTCOME = Outcome(VALUES, {"norms": np.arange(2.0), "axes": np.ones((2, 1, 3))}, 1.25)


def same_bits(found, expected):
    return (
        found.values.dtype == expected.values.dtype
        and found.values.tobytes() == expected.values.tobytes()
        and found.start.keys() == expected.start.keys()
        and all(found.start[n].tobytes() == a.tobytes() for n, a in expected.start.items())
        and all(found.start[n].shape == a.shape for n, a in expected.start.items())
    )


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "folder" / "outcome.npz"
    save(path, OUTCOME, {"size": 3.0, "source": "def f(): ..."})
    return path


def test_round_trip_of_bits(path):
    found = load(path)
    assert same_bits(found, OUTCOME) and found.cost_seconds == 1.25
    assert list(path.parent.iterdir()) == [path]


def test_scalars_keep_their_shape(tmp_path):
    save(tmp_path / "a.npz", Outcome(np.array([3.5])), {})
    found = load(tmp_path / "a.npz")
    assert found.values.shape == (1,) and found.start == {}


def test_nothing_is_loaded_where_nothing_is(tmp_path):
    assert load(tmp_path / "no.npz") is None
    assert load(tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"garbage" * 100, b"\x93NUMPY", b"PK\x05\x06" + 18 * b"\0", b"{}"],
)
def test_garbage_counts_as_absent(path, content):
    path.write_bytes(content)
    assert load(path) is None


def test_other_numpy_files_count_as_absent(path):
    with open(path, "wb") as file:
        np.save(file, VALUES)
    assert load(path) is None
    np.savez(path, values=VALUES)
    assert load(path) is None
    np.savez(path, values=VALUES, facts=np.array("[]"))
    assert load(path) is None
    np.savez(path, values=np.array([None]), facts=np.array('{"cost_seconds": 1}'))
    assert load(path) is None


def test_every_truncation_counts_as_absent(path):
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert load(path) is None


def test_flipped_bits_are_noticed_or_do_no_harm(path):
    whole = path.read_bytes()
    draw = random.Random(1)
    absent = 0
    for _ in range(3000):
        damaged = bytearray(whole)
        damaged[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(damaged))
        found = load(path)
        absent += found is None
        assert found is None or same_bits(found, OUTCOME)
    assert absent > 2000


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_the_old_file(path, monkeypatch, moment):
    before = path.read_bytes()

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, moment, crash)
    with pytest.raises(KeyboardInterrupt):
        save(path, Outcome(VALUES / 2), {})
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    save(path, Outcome(VALUES / 2), {})
    assert same_bits(load(path), Outcome(VALUES / 2))


def test_a_crash_while_writing_the_first_time_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("crash")))
    with pytest.raises(OSError, match="crash"):
        save(tmp_path / "new.npz", OUTCOME, {})
    assert load(tmp_path / "new.npz") is None
    assert list(tmp_path.iterdir()) == []


def test_text_is_written_as_utf8(tmp_path):
    write_atomically(tmp_path / "a" / "b.txt", "η → ∞\n")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "η → ∞\n".encode()


def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        save(tmp_path / "file" / "outcome.npz", OUTCOME, {})


def test_a_read_only_folder_is_an_os_error(tmp_path, monkeypatch):
    """As root may write anywhere, the refusal is the operating system's, imitated."""

    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(store, "open", refuse, raising=False)
    with pytest.raises(PermissionError):
        save(tmp_path / "outcome.npz", OUTCOME, {})
    assert list(Path(tmp_path).iterdir()) == []


def test_blocks_are_joined_in_order():
    blocks = [
        Outcome(np.full((2, 3), float(i)), {"s": np.full((2, 1), float(i))}, cost_seconds=i)
        for i in range(3)
    ]
    found = joined(blocks)
    assert found.values[:, 0].tolist() == [0, 0, 1, 1, 2, 2]
    assert found.start["s"].tolist() == [[0], [0], [1], [1], [2], [2]]
    assert found.cost_seconds == 3
