"""Outcomes on disk: one file a claim, size and block of seeds, written whole or not at all."""

import io
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Outcome:
    """What a measurement returned for a row of seeds (one row if it is deterministic).

    Attributes
    ----------
    values : array (rows, ...) of measured values.
    start : arrays (rows, ...) measured at the start, for paired predictions.
    cost_seconds : processor time.
    """

    values: NDArray[np.float64]
    start: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    cost_seconds: float = 0.0


def save(path: Path, outcome: Outcome, facts: Mapping[str, Any]) -> None:
    """Write an outcome with the facts of its origin; a reader sees all of it or nothing."""
    arrays = {f"start.{name}": array for name, array in outcome.start.items()}
    note = dict(facts) | {
        "cost_seconds": outcome.cost_seconds,
        "written": time.time(),
        "start": sorted(outcome.start),
    }
    buffer = io.BytesIO()
    np.savez(
        buffer,
        allow_pickle=False,
        values=outcome.values,
        facts=np.array(json.dumps(note)),
        **arrays,
    )
    write_atomically(path, buffer.getvalue())


def load(path: Path) -> Outcome | None:
    """The outcome stored at `path`; None where there is none or the file is damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            start = {
                name.removeprefix("start."): stored[name]
                for name in stored.files
                if name.startswith("start.")
            }
            facts = json.loads(str(stored["facts"]))
            if sorted(start) != facts["start"]:
                return None
            return Outcome(stored["values"], start, facts["cost_seconds"])
    except Exception:  # noqa: BLE001 - a damaged file may raise anything
        return None


def joined(outcomes: list[Outcome]) -> Outcome:
    """Blocks of seeds as one outcome."""
    starts = {name: np.concatenate([o.start[name] for o in outcomes]) for name in outcomes[0].start}
    values = np.concatenate([o.values for o in outcomes])
    return Outcome(values, starts, sum(o.cost_seconds for o in outcomes))


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write beside the target, flush to the disk, then rename over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
