"""Running claims on worker processes: same bits always, nothing twice, no claim stops another."""

import os
import textwrap

import pytest

from lazyrich.paper_checks.evidence.loading import InputError, load_claims
from lazyrich.paper_checks.evidence.run import Reference, run
from lazyrich.paper_checks.evidence.store import load, save
from lazyrich.paper_checks.evidence.tasks import generators, measure, path_of, tasks_of
from lazyrich.paper_checks.evidence.workers import workers

HEAD = """
import os
import sys
import time
import uuid
from pathlib import Path
import numpy as np
from lazyrich.paper_checks.evidence.claims import Deterministic, Ensemble, Identity

T = np.linspace(0.1, 3.0, 10)
COMMON = {"statement": "It decays.", "source": "a toy", "coordinate": "t", "margin": 0.015}


def decay(t):
    return np.exp(-t)


def note(calls, text):
    (Path(calls) / f"{text}.{uuid.uuid4()}").touch()


def networks(rng, width, t, calls=""):
    if calls:
        note(calls, f"networks-{width}")
    return {"values": decay(t) + 0.1 / width + 1e-3 * rng.standard_normal(t.shape),
            "first": rng.standard_normal(2)}


def one_run(t, calls):
    note(calls, "one-run")
    return decay(t)


def ensemble(name, measurement, **changes):
    declared = {"prediction": decay, "parameters": {"t": T}, "scale": "initial", "size": "width",
                "sizes": (16, 64, 256)}
    return Ensemble(name=name, measurement=measurement, **(COMMON | declared | changes))


def deterministic(name, measurement, **changes):
    declared = {"prediction": decay, "parameters": {"t": T}, "scale": "initial"}
    return Deterministic(name=name, measurement=measurement, **(COMMON | declared | changes))

"""


def write(tmp_path, claims, name="toy.py"):
    file = tmp_path / name
    file.write_text(HEAD + textwrap.dedent(claims))
    return [Reference(str(file), claim) for claim in load_claims(str(file))]


def outcomes(folder):
    """Every stored outcome's bits, by name."""
    found = {}
    for path in sorted(folder.rglob("*.npz")):
        outcome = load(path)
        found[path.name] = (
            outcome.values.tobytes(),
            {name: array.tobytes() for name, array in outcome.start.items()},
        )
    return found


def facts(evidence):
    return [{k: v for k, v in e.facts().items() if k != "cost_seconds"} for e in evidence]


COUNTED = """
CALLS = {calls!r}
CLAIMS = [
    ensemble("many", networks, settings={{"calls": CALLS}}, alternatives={{"still": lambda t: t**0}}),
    deterministic("one", one_run, settings={{"calls": CALLS}}),
]
"""


def test_the_same_bits_for_any_number_of_jobs_and_nothing_twice(tmp_path):
    calls = tmp_path / "calls"
    calls.mkdir()
    references = write(tmp_path, COUNTED.format(calls=str(calls)))

    def count():
        names = [path.name.partition(".")[0] for path in calls.iterdir()]
        return {name: names.count(name) for name in sorted(set(names))}

    first = run(references, effort="standard", jobs=1, output=tmp_path / "1")
    # The one run is repeated to see that it is deterministic.
    once = {"networks-16": 16, "networks-256": 16, "networks-64": 16, "one-run": 2}
    assert [e.verdict for e in first] == ["agrees", "agrees"]
    assert count() == once
    for jobs in (2, 3):
        other = run(references, effort="standard", jobs=jobs, output=tmp_path / str(jobs))
        assert facts(other) == facts(first)
        assert outcomes(tmp_path / str(jobs)) == outcomes(tmp_path / "1")
    assert count() == {name: 3 * n for name, n in once.items()}

    # Again: nothing is measured. Without one outcome, or with a damaged one: that one is.
    stamps = {p: p.stat().st_mtime_ns for p in (tmp_path / "1").rglob("*.npz")}
    assert facts(run(references, effort="standard", jobs=3, output=tmp_path / "1")) == facts(first)
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps
    assert count() == {name: 3 * n for name, n in once.items()}
    bits = outcomes(tmp_path / "1")
    lost, damaged = sorted(p for p in stamps if p.name.startswith("size=64"))
    lost.unlink()
    damaged.write_bytes(damaged.read_bytes()[:-100])
    assert facts(run(references, effort="standard", jobs=2, output=tmp_path / "1")) == facts(first)
    assert outcomes(tmp_path / "1") == bits
    assert count() == {name: 3 * n for name, n in once.items()} | {"networks-64": 3 * 16 + 16}
    kept = [p for p in stamps if p not in (lost, damaged)]
    assert all(p.stat().st_mtime_ns == stamps[p] for p in kept)

    # Another effort reuses the seeds it shares: quick's are the first of standard's.
    before = count()
    quick = run(references, effort="quick", jobs=2, output=tmp_path / "1")
    assert count() == before and [e.seeds for e in quick] == [8, 0]


def test_seeds_are_distinct_and_the_same_at_every_effort(tmp_path):
    references = write(
        tmp_path,
        'CLAIMS = [ensemble("many", networks, seeds=20), ensemble("more", networks, seeds=20)]',
    )
    drawn = {}
    for ref in references:
        claim = load_claims(ref.source)[ref.claim]
        for effort in ("quick", "standard", "thorough"):
            for task in tasks_of(ref.source, claim, effort, 0, tmp_path):
                for i, rng in enumerate(generators(task)):
                    key = ref.claim, task.size, task.first_seed + i
                    state = rng.bit_generator.state["state"]["state"]
                    assert drawn.setdefault(key, state) == state
    assert len(drawn) == 2 * 3 * 80 == len(set(drawn.values()))
    task = tasks_of(ref.source, claim, "quick", 1, tmp_path)[0]
    assert generators(task)[0].bit_generator.state["state"]["state"] not in drawn.values()


def test_blocks_do_not_change_what_is_measured(tmp_path):
    (ref,) = write(tmp_path, 'CLAIMS = [ensemble("many", networks)]')
    claim = load_claims(ref.source)["many"]
    task = tasks_of(ref.source, claim, "standard", 0, tmp_path)[0]
    whole = measure(claim, 16.0, generators(task._replace(first_seed=0, end_seed=16)))
    part = measure(claim, 16.0, generators(task._replace(first_seed=5, end_seed=7)))
    assert part.values.tobytes() == whole.values[5:7].tobytes()
    assert part.start["first"].tobytes() == whole.start["first"][5:7].tobytes()


FAILING = """
class Unpicklable(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def raising(error):
    def measurement(t):
        raise error
    return measurement


def value_error(t):
    raise ValueError("training diverged at step 12,\\nloss inf")

def floating_point_error(t):
    raise FloatingPointError("overflow")

def key_error(t):
    return {}["lost"]

def exits(t):
    sys.exit(3)

def unpicklable(t):
    raise Unpicklable("this", "that")

def dies(t):
    os._exit(1)

def crashes(t):
    import signal
    os.kill(os.getpid(), signal.SIGSEGV)

def nan(t):
    return np.where(t > 1, np.nan, t)

def complex_numbers(t):
    return t + 1j

def nothing(t):
    return np.zeros(0)

def none(t):
    pass

def no_values(t):
    return {"start": t}

def ragged(rng, width, t):
    return t[: rng.integers(2, 5)]

def nan_seed(rng, width, t):
    return networks(rng, width, t)["values"] / (rng.random() > 0.5)

def other_names(rng, width, t):
    return {"values": t, f"start-{rng.integers(1000)}": 1.0}

def constant(rng, width, t):
    return decay(t)

def wrong_shape(t):
    return t[:2]

def raises_key_error(t):
    return {}["predicted"]

CLAIMS = [
    deterministic("good", decay),
    *[
        deterministic(f.__name__.replace("_", "-"), f)
        for f in (value_error, floating_point_error, key_error, exits, unpicklable, dies, crashes,
                  nan, complex_numbers, nothing, none, no_values)
    ],
    *[ensemble(f.__name__.replace("_", "-"), f) for f in (ragged, nan_seed, other_names, constant)],
    deterministic("wrong-shape", decay, prediction=wrong_shape),
    deterministic("raises-in-prediction", decay, prediction=raises_key_error),
    deterministic("not-followed", np.exp),
    deterministic("odd-parameter", lambda t, odd: t, settings={"odd": object()}),
    ensemble("also-good", networks),
]
"""
REASONS = {
    "value-error": "ValueError: training diverged at step 12, loss inf",
    "floating-point-error": "FloatingPointError: overflow",
    "key-error": "KeyError: 'lost' (toy.py, line ",
    "exits": "SystemExit: 3",
    "unpicklable": "Unpicklable: this and that",
    "dies": "its worker process died (out of memory?)",
    "crashes": "its worker process died (out of memory?)",
    "nan": "measured 'values' is nan for seed 0 at index [3]; needs finite numbers",
    "complex-numbers": "measured 'values' is complex",
    "nothing": "measured 'values' has shapes [(0,)]",
    "none": "measured 'values' is None",
    "no-values": "the measurement returned ['start']; needs an array or a mapping",
    "ragged": "measured 'values' has shapes [(2,), (3,), (4,)]",
    "nan-seed": "measured 'values' is inf for seed",
    "other-names": "the measurement returned other names for other seeds",
    "constant": "seed",
    "wrong-shape": "the prediction has shape (2,), the measurement (10,)",
    "raises-in-prediction": "KeyError: 'predicted' (toy.py, line ",
    "not-followed": "a measurement must be a plain function",
    "odd-parameter": "must be numbers, strings",
}


def test_a_claim_that_fails_says_why_and_stops_no_other(tmp_path):
    references = write(tmp_path, FAILING)
    evidence = run(references, effort="quick", jobs=3, output=tmp_path / "out")
    found = {e.claim.removeprefix("toy/"): e for e in evidence}
    assert list(found) == [ref.claim for ref in references]
    assert found.keys() == REASONS.keys() | {"good", "also-good"}
    assert found["good"].verdict == found["also-good"].verdict == "agrees"
    for name, reason in REASONS.items():
        assert found[name].verdict == "failed", name
        assert reason in found[name].reason and "\n" not in found[name].reason, name
    for output in ("out", "other"):  # the same is told whatever fails first
        again = run(references, effort="quick", jobs=1, output=tmp_path / output)
        assert facts(again) == facts(evidence)


THREADS = """
def threads(t):
    import numba
    import threadpoolctl
    np.ones((4, 4)) @ np.ones((4, 4))
    pools = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
    assert pools
    return np.full_like(t, max(numba.get_num_threads(), *pools))

CLAIMS = [deterministic("threads", threads, prediction=lambda t: t**0)]
"""


def test_workers_use_one_thread_and_the_environment_is_restored(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    before = dict(os.environ)
    (evidence,) = run(write(tmp_path, THREADS), jobs=1, output=tmp_path / "out")
    assert set(evidence.points["measured"]) == {1.0}
    assert dict(os.environ) == before
    with workers(1) as pool:
        for name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
            assert pool.submit(os.getenv, f"{name}_NUM_THREADS").result() == "1"
    with pytest.raises(RuntimeError, match="stop"), workers(1):
        raise RuntimeError("stop")
    assert dict(os.environ) == before


def test_an_output_folder_that_cannot_be_written_is_an_input_error(tmp_path):
    references = write(tmp_path, 'CLAIMS = [deterministic("good", decay)]')
    (tmp_path / "file").write_text("")
    for output in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="cannot write to the output folder"):
            run(references, output=output)


def test_stored_numbers_are_what_is_judged(tmp_path):
    """A forged outcome is believed: predictions are compared with the store, not run again."""
    references = write(tmp_path, 'CLAIMS = [deterministic("good", decay)]')
    (ref,) = references
    claim = load_claims(ref.source)["good"]
    (task,) = tasks_of(ref.source, claim, "quick", 0, tmp_path / "out")
    outcome = measure(claim, 0.0, [])
    save(path_of(task), type(outcome)(1.5 * outcome.values), {})
    (evidence,) = run(references, effort="quick", jobs=1, output=tmp_path / "out")
    assert evidence.verdict == "disagrees"
    assert evidence.hint == "it would agree with the prediction multiplied by 1.5"
