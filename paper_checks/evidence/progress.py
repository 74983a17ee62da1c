"""One progress bar over all outcomes on a terminal, plain lines elsewhere."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lazyrich.paper_checks.evidence.record import Evidence

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

COLOURS = {"agrees": "green", "disagrees": "red", "inconclusive": "yellow", "failed": "magenta"}


class Progress:
    """Tells how far a run is; silent without a console.

    Work is counted in the seconds that claims declare; the time left is extrapolated from what has
    been done.
    """

    def __init__(self, console: "Console | None" = None) -> None:
        self._console = console
        self._bar: Bar | None = None
        self._total = self._done = 0.0
        self._start = time.monotonic()

    def start(self, total: float) -> None:
        self._total, self._start = total, time.monotonic()
        if self._console is None or not self._console.is_terminal:
            return
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.percentage:>3.0f} %"),
            BarColumn(bar_width=24),
            TimeRemainingColumn(),
            TextColumn("left  {task.description}"),
            console=self._console,
            transient=True,
        )
        self._bar.add_task("", total=total)
        self._bar.start()

    def working_on(self, claims: Sequence[str]) -> None:
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], description=", ".join(dict.fromkeys(claims)))

    def advance(self, work: float) -> None:
        self._done += work
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0], work)

    def finished(self, evidence: Evidence) -> None:
        if self._console is None:
            return
        from rich.text import Text

        line = Text(str(evidence))
        line.stylize(COLOURS[evidence.verdict], 0, len(evidence.verdict))
        if self._bar is None and 0 < self._done < self._total:
            left = (time.monotonic() - self._start) * (self._total / self._done - 1)
            if left >= 1:
                line.append(f"  [about {left:.0f} s left]", "dim")
        self._console.print(line, soft_wrap=True)

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
