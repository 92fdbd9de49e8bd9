"""What a person or a log file sees while long work runs.

On a terminal a bar grows stage by stage; elsewhere each stage is a structured line on standard
error. The run's id is on every line.
"""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from clientela.telemetry import logger, trace

STAGES = (
    *("read", "clean", "account", "snapshot", "segment", "value", "churn", "programme"),
    *("monitor", "report", "publish"),
)
"""The stages of a run in their order, by which the bar grows; other work has a bar that pulses."""


class Progress:
    """Announce stages and facts of one run, and keep the seconds of each stage.

    Parameters
    ----------
    run_id : str
        Named on every line.
    stream : TextIO, optional
        Where lines go; standard error if absent.
    localize : callable, optional
        Writes a fact in the user's language; lines in JSON, for machines, stay English.
    """

    def __init__(
        self,
        run_id: str,
        stream: TextIO | None = None,
        localize: Callable[[str], str] = str,
    ) -> None:
        self.seconds: dict[str, float] = {}
        self._stream = stream or sys.stderr
        self._localize = str if os.environ.get("CLIENTELA_LOG") == "json" else localize
        self._live = self._stream.isatty() and os.environ.get("CLIENTELA_LOG") is None
        self._run_id = run_id
        self._log = logger(self._stream).bind(run_id=run_id)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Mark a stage of the work, by the wall clock."""
        begun = time.perf_counter()
        with self._bar(name), trace(name, **{"clientela.run_id": self._run_id}):
            if not self._live:
                self._log.info("stage", stage=name)
            yield
        spent = time.perf_counter() - begun
        self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 3)

    def fact(self, event: str, **facts: Any) -> None:
        """Report a fact worth keeping."""
        event = self._localize(event)
        if self._live:
            _console(self._stream).print(event, *(f"{k}={v}" for k, v in facts.items()))
        else:
            self._log.info(event, **facts)

    def _bar(self, name: str) -> contextlib.AbstractContextManager[Any]:
        """Draw a bar up to the stage, which is gone when the stage is over."""
        if not self._live:
            return contextlib.nullcontext()
        from rich import progress

        at = STAGES.index(name) if name in STAGES else None
        count = "" if at is None else f"{at + 1}/{len(STAGES)}"
        columns = (
            progress.TextColumn("{task.description:<13}"),
            progress.BarColumn(30),
            progress.TextColumn(count),
            progress.TimeElapsedColumn(),
        )
        bar = progress.Progress(*columns, console=_console(self._stream), transient=True)
        text = self._localize(f"stage {name}").removeprefix("stage ")
        bar.add_task(text, total=None if at is None else len(STAGES), completed=at or 0)
        return bar


def _console(stream: TextIO) -> Any:
    from rich.console import Console

    return Console(file=stream, highlight=False)
