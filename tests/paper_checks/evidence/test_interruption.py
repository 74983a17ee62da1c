"""A run that is killed, at whatever moment, goes on with what is missing and ends the same."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

COMMAND = [sys.executable, "-m", "lazyrich.paper_checks"]
CLAIMS = """
import time
import numpy as np
from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble

T = 0.3 * np.arange(1, 11)
COMMON = {"statement": "It decays.", "source": "a toy", "coordinate": "t", "margin": 0.015,
          "parameters": {"t": T}, "scale": "initial", "prediction": lambda t: np.exp(-t)}


def networks(rng, width, t, seconds):
    time.sleep(seconds)
    return np.exp(-t) + 0.1 / width + 1e-3 * rng.standard_normal(t.shape)


def one_run(t, learning_rate):
    time.sleep(0.2)
    return (1 - learning_rate) ** np.round(t / learning_rate)


CLAIMS = [
    *[Ensemble(name=f"many-{i}", measurement=networks, sizes=(16, 64, 256), size="width",
               settings={"seconds": 0.01 * (i + 1)}, **COMMON) for i in range(3)],
    Deterministic(name="one", measurement=one_run, steps=(0.01, 0.005, 0.0025), **COMMON),
]
"""


@pytest.fixture
def started(tmp_path):
    """Start a check in a process group of its own; end the group after the test."""
    (tmp_path / "toy.py").write_text(CLAIMS)
    running = []

    def start(output, jobs):
        process = subprocess.Popen(
            [*COMMAND, "check", "toy.py", "--jobs", str(jobs), "--output", output],
            cwd=tmp_path,
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell that runs the tests in the background has them ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if is_alive(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def is_alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def stored(folder):
    """Identity and bytes of every outcome."""
    found = {}
    for path in folder.glob("outcomes/*/*/*.npz"):
        status = path.stat()
        found[path] = status.st_ino, status.st_mtime_ns, path.read_bytes()
    return found


def verdicts(folder):
    record = json.loads((folder / "verdicts.json").read_text())
    for claim in record["claims"]:
        assert claim.pop("cost_seconds") >= 0
    return record["claims"]


def test_a_killed_run_goes_on_where_it_was(tmp_path, started):
    whole = started("whole", 2)
    out, error = whole.communicate(timeout=60)
    assert (whole.returncode, error) == (0, ""), out
    expected = verdicts(tmp_path / "whole")
    assert [claim["verdict"] for claim in expected] == ["agrees"] * 4
    total = len(stored(tmp_path / "whole"))
    assert total == 3 * 3 * 2 + 3

    folder = tmp_path / "killed"
    kept = {}
    for jobs, least in ((1, 1), (3, 6), (2, 13)):
        process = started("killed", jobs)
        until(lambda least=least: len(stored(folder)) >= least)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert not (folder / "verdicts.json").exists()
        found = stored(folder)
        assert kept.items() <= found.items()
        assert least <= len(found) < total
        kept = found
    last = started("killed", 3)
    _, error = last.communicate(timeout=60)
    assert (last.returncode, error) == (0, "")
    assert kept.items() <= stored(folder).items()
    assert verdicts(folder) == expected
    assert {p.name for p in stored(folder)} == {p.name for p in stored(tmp_path / "whole")}


def test_workers_end_with_a_parent_that_is_killed(tmp_path, started):
    process = started("out", 2)
    until(lambda: stored(tmp_path / "out"))
    process.kill()
    process.wait()
    until(lambda: not is_alive(process.pid), seconds=10)


@pytest.mark.parametrize("kill", [os.killpg, os.kill])
def test_ctrl_c_ends_with_one_line(tmp_path, started, kill):
    process = started("out", 2)
    until(lambda: len(stored(tmp_path / "out")) >= 3)
    kill(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert error.strip() == "lazyrich: stopped; run the same command again to go on"
    until(lambda: not is_alive(process.pid), seconds=10)
