"""The whole backtest on one page: read, learn on the past, judge once on what followed."""

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from clientela.config import Settings
from clientela.engine import connect
from clientela.pipeline.backtest.attributes import alone, by_folds
from clientela.pipeline.backtest.btyd_fits import fitted
from clientela.pipeline.backtest.churn import churned
from clientela.pipeline.backtest.comparison import compared
from clientela.pipeline.backtest.context import Scene, scene
from clientela.pipeline.backtest.parts import whole
from clientela.pipeline.backtest.request import Ask
from clientela.pipeline.backtest.value import valued
from clientela.pipeline.reading import Reading, Request, read
from clientela.progress import Progress
from clientela.tables.workspace import Workspace


def backtest(ask: Ask, settings: Settings, folder: Path | None, now: dt.datetime) -> dict[str, Any]:
    """Learn as if a past day were today, and look once at what followed.

    Parameters
    ----------
    ask : Ask
        The sources and the days.
    settings : Settings
        The configuration.
    folder : Path, optional
        The workspace; one that is gone afterwards if absent.
    now : datetime
        The moment of the command, aware.

    Returns
    -------
    dict
        What ``backtest --json`` prints.

    Raises
    ------
    InputError
        The sources or the days do not allow it.
    """
    if folder is not None:
        return _in(Workspace(folder), ask, settings, now)
    with tempfile.TemporaryDirectory(prefix="clientela-") as made:
        return _in(Workspace(Path(made)), ask, settings, now)


def _in(workspace: Workspace, ask: Ask, settings: Settings, now: dt.datetime) -> dict[str, Any]:
    progress = Progress("backtest")
    with workspace.lock(), workspace.scratch() as scratch:
        duck = msgspec.structs.replace(settings.engine, name="duckdb")
        engine = connect(duck, temp_folder=scratch)
        try:
            file = alone(ask, settings)
            if file is not None:
                return by_folds(ask, file, settings, engine, scratch, now.date())
            reading = Reading(workspace, engine, settings, progress, scratch, now)
            state = read(reading, Request(ask.sources, ask.customers))
            return _judged(scene(ask, settings, engine, workspace, state), progress)
        finally:
            engine.close()


def _judged(scene: Scene, progress: Progress) -> dict[str, Any]:
    with progress.stage("value"):
        learnt, value = valued(scene)
    with progress.stage("btyd"):
        btyd = fitted(scene)
    with progress.stage("churn"):
        churn = churned(scene)
    truth = compared(scene, learnt.model, churn)
    tables, judged = whole([value, *([churn.part] if churn else [])])
    period = scene.period
    return {
        "as_of": period.as_of,
        "upto": period.upto,
        "horizon_days": period.horizon_days,
        "first_day": period.first_day,
        "last_day": period.last_day,
        "customers": scene.customers,
        "currency": scene.currency,
        "judged": judged,
        "tables": tables,
        "btyd": btyd,
        "truth": truth,
        **value.facts,
        **(churn.part.facts if churn else {}),
        "seconds": progress.seconds,
    }
