"""Run claims on worker processes: measure what is missing, then judge."""

import math
import os
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from lazyrich.paper_checks.evidence import store
from lazyrich.paper_checks.evidence.claims import Claim
from lazyrich.paper_checks.evidence.loading import InputError, load_claims, paper_of
from lazyrich.paper_checks.evidence.progress import Progress
from lazyrich.paper_checks.evidence.record import Evidence
from lazyrich.paper_checks.evidence.tasks import Task, judge, path_of, perform, tasks_of
from lazyrich.paper_checks.evidence.workers import available_cores, submit, workers

JUDGING_SHARE = 0.1  # of a claim's declared cost, for the time left


class Reference(NamedTuple):
    """A claim by name: its source (module or file) and its name there."""

    source: str
    claim: str


@dataclass
class _State:
    claim: Claim
    tasks: list[Task]
    waiting: deque[Task]
    running: int = 0
    share: float = 0.0  # of the claim's declared cost, that a task has
    error: str = ""
    error_rank: float = math.inf  # of several errors the first in the order of tasks is told
    evidence: Evidence | None = None

    @property
    def work_left(self) -> float:
        return self.share * len(self.waiting) + JUDGING_SHARE * self.claim.cost


class _Settings(NamedTuple):
    effort: str
    seed: int
    output: str


class _Failure(NamedTuple):
    """What a unit of work raised, in words: not every exception survives the way to the parent."""

    error: str


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
    _require_writable(Path(output))
    settings = _Settings(effort, seed, str(output))
    progress = progress or Progress()
    states = {ref: _planned(ref, settings) for ref in references}
    progress.start(sum(state.work_left for state in states.values()))
    jobs = min(jobs or available_cores(), max(1, sum(len(s.tasks) for s in states.values())))
    try:
        while suspects := _work(states, jobs, settings, progress):
            for ref in suspects:  # whose work killed a worker shows when each runs alone
                if _work({ref: states[ref]}, 1, settings, progress):
                    states[ref].error = "its worker process died (out of memory?)"
    finally:
        progress.stop()
    return [state.evidence for state in states.values() if state.evidence is not None]


def _planned(ref: Reference, settings: _Settings) -> _State:
    claim = load_claims(ref.source)[ref.claim]
    state = _State(claim, [], deque())
    try:
        state.tasks = tasks_of(
            ref.source, claim, settings.effort, settings.seed, Path(settings.output)
        )
        state.waiting = _missing(state.tasks)
        state.share = (1 - JUDGING_SHARE) * claim.cost / len(state.tasks)
    except Exception as error:  # noqa: BLE001 - whatever a claim raises is its verdict
        state.error = f"{type(error).__name__}: {error}"
    return state


def _missing(tasks: Sequence[Task]) -> deque[Task]:
    return deque(task for task in tasks if store.load(path_of(task)) is None)


def _work(
    states: Mapping[Reference, _State], jobs: int, settings: _Settings, progress: Progress
) -> list[Reference]:
    """Measure and judge; returns the claims at work when a worker died, none if all went well."""
    with workers(jobs) as pool:
        try:
            _work_on(pool, states, jobs, settings, progress)
            return []
        except BrokenProcessPool:
            suspects = [ref for ref, state in states.items() if state.running]
    for ref in suspects:
        states[ref].running = 0
        states[ref].waiting = _missing(states[ref].tasks)
    return suspects


def _work_on(
    pool: ProcessPoolExecutor,
    states: Mapping[Reference, _State],
    jobs: int,
    settings: _Settings,
    progress: Progress,
) -> None:
    running: dict[Future[float | Evidence | _Failure], tuple[Reference, float, int]] = {}
    while True:
        for ref, state in states.items():
            while len(running) < jobs and (work := _next(ref, state, settings)):
                state.running += 1
                measures = work[0] is perform
                share = state.share if measures else JUDGING_SHARE * state.claim.cost
                rank = state.tasks.index(work[1]) if measures else len(state.tasks)
                running[submit(pool, _attempt, *work)] = ref, share, rank
            if state.error and state.evidence is None and not state.running:
                state.evidence = _failed(ref, state)
                progress.finished(state.evidence)
        if not running:
            return
        progress.working_on([f"{paper_of(ref.source)}/{ref.claim}" for ref, *_ in running.values()])
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            ref, share, rank = running.pop(future)
            _collect(future.result(), rank, states[ref], progress)
            progress.advance(share)


def _next(ref: Reference, state: _State, settings: _Settings) -> tuple[Any, ...]:
    """The claim's next unit of work, a function and its arguments; empty if there is none now."""
    if state.error or state.evidence:
        return ()
    if state.waiting:
        return perform, state.waiting.popleft()
    return () if state.running else (judge, ref.source, ref.claim, *settings)


def _attempt(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it raises is the verdict
        return _Failure(f"{type(error).__name__}: {error}{_place(error)}")


def _place(error: BaseException) -> str:
    """File and line in the code of the claim; a `ValueError` says by itself what is wrong."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [Path(f.filename) for f in frames if "site-packages" not in Path(f.filename).parts]
    if isinstance(error, ValueError) or not ours or ours[-1].parent == Path(__file__).parent:
        return ""
    line = next(f.lineno for f in reversed(frames) if Path(f.filename) == ours[-1])
    return f" ({ours[-1].name}, line {line})"


def _collect(
    result: float | Evidence | _Failure, rank: int, state: _State, progress: Progress
) -> None:
    state.running -= 1
    if isinstance(result, Evidence):
        state.evidence = result
        progress.finished(result)
    if isinstance(result, _Failure) and rank < state.error_rank:
        state.error, state.error_rank = result.error, rank
        progress.advance(state.work_left)
        state.waiting.clear()


def _failed(ref: Reference, state: _State) -> Evidence:
    claim = state.claim
    return Evidence.of(
        claim,
        paper_of(ref.source),
        margin=getattr(claim, "margin", 0.0),
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
