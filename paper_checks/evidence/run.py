"""Run claims on worker processes: measure what is missing, then judge."""

import contextlib
import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lazyrich.paper_checks.evidence import store
from lazyrich.paper_checks.evidence.claims import Claim
from lazyrich.paper_checks.evidence.loading import InputError, load_claims, paper_of
from lazyrich.paper_checks.evidence.progress import Progress
from lazyrich.paper_checks.evidence.record import Evidence
from lazyrich.paper_checks.evidence.tasks import Task, judge, path_of, perform, tasks_of

JUDGING_SHARE = 0.1  # of a claim's declared cost, for the time left


class Reference(NamedTuple):
    """A claim by name: its source (module or file) and its name there."""

    source: str
    claim: str


@dataclass
class _State:
    claim: Claim
    waiting: deque[Task]
    running: int = 0
    share: float = 0.0  # of the claim's declared cost, that a task has
    error: str = ""
    evidence: Evidence | None = None

    @property
    def work_left(self) -> float:
        return self.share * len(self.waiting) + JUDGING_SHARE * self.claim.cost


def run(
    references: Sequence[Reference],
    *,
    effort: str = "standard",
    seed: int = 0,
    jobs: int | None = None,
    output: str | Path = "results",
    progress: Progress | None = None,
) -> list[Evidence]:
    """Check claims; the evidence comes in the order of `references`.

    Outcomes already under `output` are kept and not measured again, so that a run that was stopped
    goes on where it was. A claim whose run raises has the verdict "failed"; the others go on.

    Raises
    ------
    InputError : a source cannot be loaded, or the output folder cannot be written.
    """
    output = Path(output)
    _require_writable(output)
    states = {ref: _State(load_claims(ref.source)[ref.claim], deque()) for ref in references}
    progress = progress or Progress()
    for ref, state in states.items():
        _plan(ref, state, effort, seed, output)
    progress.start(sum(state.work_left for state in states.values()))
    jobs = jobs or available_cores()
    try:
        with workers(jobs) as pool:
            _work(pool, states, jobs, (effort, seed, str(output)), progress)
    finally:
        progress.stop()
    return [state.evidence for state in states.values() if state.evidence is not None]


def available_cores() -> int:
    """Processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Spawned workers whose BLAS and numba use one thread each."""
    names = ("OMP", "OPENBLAS", "MKL", "NUMBA")
    threads = {f"{name}_NUM_THREADS": "1" for name in names}
    before = {name: os.environ.get(name) for name in threads}
    os.environ.update(threads)
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _plan(ref: Reference, state: _State, effort: str, seed: int, output: Path) -> None:
    try:
        tasks = tasks_of(ref.source, state.claim, effort, seed, output)
        state.waiting = deque(task for task in tasks if store.load(path_of(task)) is None)
        state.share = (1 - JUDGING_SHARE) * state.claim.cost / len(tasks)
    except Exception as error:  # noqa: BLE001 - whatever a claim raises is its verdict
        state.error = f"{type(error).__name__}: {error}"


def _work(
    pool: ProcessPoolExecutor,
    states: dict[Reference, _State],
    jobs: int,
    run_settings: tuple[str, int, str],
    progress: Progress,
) -> None:
    running: dict[Future[float | Evidence], tuple[Reference, float]] = {}
    judged: set[Reference] = set()
    while True:
        _submit(pool, states, jobs, run_settings, running, judged)
        for ref, state in states.items():
            if state.error and state.evidence is None and not state.running:
                state.evidence = _failed(ref, state)
                progress.finished(state.evidence)
        if not running:
            return
        progress.working_on([f"{paper_of(ref.source)}/{ref.claim}" for ref, _ in running.values()])
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            ref, work = running.pop(future)
            _collect(future, states[ref], progress)
            progress.advance(work)


def _submit(
    pool: ProcessPoolExecutor,
    states: dict[Reference, _State],
    jobs: int,
    run_settings: tuple[str, int, str],
    running: dict[Future[float | Evidence], tuple[Reference, float]],
    judged: set[Reference],
) -> None:
    """Keep the workers busy: judge what is complete, else measure, in the order of claims."""
    for ref, state in states.items():
        if len(running) >= jobs:
            return
        if state.error:
            continue
        complete = not state.waiting and not state.running
        if complete and ref not in judged:
            judged.add(ref)
            state.running += 1
            effort, seed, output = run_settings
            future: Future[float | Evidence] = pool.submit(
                judge, ref.source, ref.claim, effort, seed, output
            )
            running[future] = ref, JUDGING_SHARE * state.claim.cost
        while state.waiting and len(running) < jobs:
            state.running += 1
            running[pool.submit(perform, state.waiting.popleft())] = ref, state.share


def _collect(future: Future[float | Evidence], state: _State, progress: Progress) -> None:
    state.running -= 1
    try:
        result = future.result()
    except BrokenProcessPool:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a claim raises is its verdict
        state.error = state.error or f"{type(error).__name__}: {error}"
        progress.advance(state.work_left)
        state.waiting.clear()
        return
    if isinstance(result, Evidence):
        state.evidence = result
        progress.finished(result)


def _failed(ref: Reference, state: _State) -> Evidence:
    claim = state.claim
    return Evidence(
        claim=f"{paper_of(ref.source)}/{claim.name}",
        kind=claim.kind,
        statement=claim.statement,
        source=claim.source,
        equation=claim.equation,
        margin=getattr(claim, "margin", 0.0),
        max_sensitivity=claim.max_sensitivity,
        verdict="failed",
        reason=" ".join(state.error.split()),
    )


def _require_writable(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
        probe = output / f".writable.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"cannot write to the output folder {output}: {error.strerror}") from error
