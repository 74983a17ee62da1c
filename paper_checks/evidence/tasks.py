"""Units of work: which outcomes a claim needs, where they lie, and how one is made.

A task is plain strings and numbers, so that a worker process of any start method can do it.
"""

import os
import time
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lazyrich.paper_checks.evidence import store
from lazyrich.paper_checks.evidence.claims import Claim, Deterministic, Ensemble, Identity
from lazyrich.paper_checks.evidence.examine import examine, examine_identity
from lazyrich.paper_checks.evidence.fingerprint import digest, environment, plain, source_of
from lazyrich.paper_checks.evidence.identities import is_proven
from lazyrich.paper_checks.evidence.loading import load_claims, paper_of, target_of
from lazyrich.paper_checks.evidence.predicting import called
from lazyrich.paper_checks.evidence.record import Evidence

SEEDS_A_BLOCK = 8
SECONDS_TO_REPEAT = 10.0  # a deterministic measurement is repeated once if it takes less


class Task(NamedTuple):
    """One outcome: a claim's measurement at one size (or step) for a block of seeds."""

    source: str
    claim: str
    size: float  # 0 where there is neither size nor step
    first_seed: int
    end_seed: int
    seed: int  # root of all seeds of the run
    output: str


def tasks_of(source: str, claim: Claim, effort: str, seed: int, output: Path) -> list[Task]:
    """Everything that must be measured to judge a claim at this effort."""
    if isinstance(claim, Ensemble):
        seeds = claim.seeds_at(effort)
        return [
            Task(
                source,
                claim.name,
                float(size),
                first,
                min(first + SEEDS_A_BLOCK, seeds),
                seed,
                str(output),
            )
            for size in claim.sizes_at(effort)
            for first in range(0, seeds, SEEDS_A_BLOCK)
        ]
    steps = [float(h) for h in claim.steps] if isinstance(claim, Deterministic) else []
    return [Task(source, claim.name, size, 0, 1, seed, str(output)) for size in steps or [0.0]]


def path_of(task: Task) -> Path:
    """Where the task's outcome lies; the name ends in a digest of all that it depends on."""
    facts = facts_of(task)
    parts = [f"size={task.size:g}"] if task.size else []
    if facts["kind"] == "Ensemble":
        parts.append(f"seeds={task.first_seed}-{task.end_seed - 1}")
    parts.append(digest(facts)[:20])
    folder = Path(task.output) / "outcomes" / paper_of(task.source) / task.claim
    return folder / ("_".join(parts) + ".npz")


def facts_of(task: Task) -> dict[str, Any]:
    """All that the outcome depends on."""
    claim = load_claims(task.source)[task.claim]
    facts: dict[str, Any] = {"kind": claim.kind, "size": task.size, **environment()}
    if isinstance(claim, Identity):
        sources = source_of(claim.closed_form) + source_of(claim.residual)
        return facts | {"source": sources, "provable": claim.provable}
    facts |= {"parameters": dict(claim.parameters), "settings": dict(claim.settings)}
    facts |= {"source": source_of(claim.measurement)}
    if isinstance(claim, Deterministic):
        return facts | {"step": claim.step if claim.steps else ""}
    seeds = [task.first_seed, task.end_seed]
    stream = [paper_of(task.source), claim.name]
    return facts | {"seed": task.seed, "seeds": seeds, "stream": stream, "size_name": claim.size}


def perform(task: Task) -> float:
    """Make and store the task's outcome unless it is there; returns its cost in seconds."""
    path = path_of(task)
    outcome = store.load(path)
    if outcome is None:
        claim = load_claims(task.source)[task.claim]
        start = _processor_seconds()
        if isinstance(claim, Identity):
            proven = claim.provable and is_proven(task.source, claim.name)
            outcome = store.Outcome(np.array([float(proven)]))
        else:
            outcome = measure(claim, task.size, generators(task))
        outcome = store.Outcome(outcome.values, outcome.start, _processor_seconds() - start)
        store.save(path, outcome, plain(facts_of(task)))
    return outcome.cost_seconds


def judge(source: str, name: str, effort: str, seed: int, output: str) -> Evidence:
    """Judge a claim from its stored outcomes."""
    claim = load_claims(source)[name]
    by_size: dict[float, list[store.Outcome]] = {}
    for task in tasks_of(source, claim, effort, seed, Path(output)):
        outcome = store.load(path_of(task))
        if outcome is None:
            raise FileNotFoundError(f"outcome {path_of(task)} is missing or damaged: run again")
        by_size.setdefault(task.size, []).append(outcome)
    outcomes = {size: store.joined(blocks) for size, blocks in by_size.items()}
    if isinstance(claim, Identity):
        evidence = examine_identity(claim, paper_of(source), outcomes[0.0])
    else:
        evidence = examine(claim, paper_of(source), outcomes)
    return replace(evidence, target=target_of(source, name))


def measure(
    claim: Deterministic | Ensemble, size: float, generators: list[np.random.Generator]
) -> store.Outcome:
    """Run a claim's measurement at one size (once a generator) or at one step."""
    if isinstance(claim, Deterministic):
        step = {claim.step: size} if claim.steps else {}
        arguments = {**claim.parameters, **claim.settings, **step}
        start = time.monotonic()
        found = _stacked(claim, [called(claim.name, "measurement", claim.measurement, **arguments)])
        is_cheapest = size == max(claim.steps, default=0.0)
        if is_cheapest and time.monotonic() - start < SECONDS_TO_REPEAT:
            again = _stacked(claim, [claim.measurement(**arguments)])
            _require_same(claim, found.values, again.values)
        return found
    named = {claim.size: int(size) if size.is_integer() else size}
    arguments = {**claim.parameters, **claim.settings, **named}
    rows = [
        called(claim.name, "measurement", claim.measurement, rng, **arguments) for rng in generators
    ]
    return _stacked(claim, rows)


def _require_same(
    claim: Deterministic, first: NDArray[np.float64], again: NDArray[np.float64]
) -> None:
    if not np.array_equal(first, again):
        change = float(np.abs(again - first).max()) if first.shape == again.shape else np.nan
        raise ValueError(
            f"claim {claim.name}: the measurement is not deterministic, two runs differ by "
            f"{change:.3g}; fix its seed, or declare an Ensemble"
        )


def generators(task: Task) -> list[np.random.Generator]:
    """A stream for each seed that depends on nothing but root seed, claim, size and seed."""
    name = f"{paper_of(task.source)}/{task.claim}/{task.size!r}"
    stream = zlib.crc32(name.encode())
    return [
        np.random.default_rng(np.random.SeedSequence(task.seed, spawn_key=(stream, i)))
        for i in range(task.first_seed, task.end_seed)
    ]


def _stacked(claim: Deterministic | Ensemble, rows: list[Any]) -> store.Outcome:
    """What a measurement returned for each seed, as one outcome; refuses NaN and odd shapes."""
    named: list[Mapping[str, Any]] = [
        row if isinstance(row, Mapping) else {"values": row} for row in rows
    ]
    if any(set(row) != set(named[0]) for row in named):
        raise ValueError(
            f"claim {claim.name}: the measurement returned other names for other seeds"
        )
    arrays = {name: _same_shape(claim.name, name, [r[name] for r in named]) for name in named[0]}
    if "values" not in arrays:
        raise ValueError(
            f"claim {claim.name}: the measurement returned {sorted(arrays)}; needs an array or a "
            'mapping that holds "values"'
        )
    return store.Outcome(arrays.pop("values"), arrays)


def _same_shape(claim: str, name: str, rows: list[Any]) -> NDArray[np.float64]:
    if any(row is None for row in rows):
        raise ValueError(f"claim {claim}: measured {name!r} is None; needs numbers")
    if any(np.iscomplexobj(row) for row in rows):
        raise ValueError(f"claim {claim}: measured {name!r} is complex; needs real numbers")
    arrays = [np.asarray(row, dtype=float) for row in rows]
    shapes = sorted({a.shape for a in arrays})
    if len(shapes) > 1 or arrays[0].size == 0:
        raise ValueError(
            f"claim {claim}: measured {name!r} has shapes {shapes}; needs one, not empty, for all seeds"
        )
    stack = np.stack(arrays)
    if not np.isfinite(stack).all():
        seed, *index = np.argwhere(~np.isfinite(stack))[0].tolist()
        raise ValueError(
            f"claim {claim}: measured {name!r} is {stack[(seed, *index)]} for seed {seed} at index "
            f"{index}; needs finite numbers (did the training diverge?)"
        )
    return stack


def _processor_seconds() -> float:
    """Of this process and of those it has waited for (a proof runs in one of its own)."""
    return sum(os.times()[:4])
