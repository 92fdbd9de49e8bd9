"""The checks replayed over past weeks: how often each would have alarmed."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clientela.config import Settings
from clientela.engine import connect
from clientela.errors import InputError
from clientela.features.history import History
from clientela.features.reading import make_reader
from clientela.monitoring.check import Check
from clientela.monitoring.past import REFERENCE_DAYS
from clientela.monitoring.profiles import (
    Profile,
    check_drift,
    measure_drift,
    profile_columns,
)
from clientela.monitoring.weeks import WEEK_DAYS, check_new_values, check_weeks, read_weeks
from clientela.tables.schema import Tables
from clientela.tables.workspace import Workspace


def replay_workspace(settings: Settings, folder: Path, weeks: int) -> dict[str, Any]:
    """Replay the checks of data and drift over the last weeks of a workspace's tables.

    Returns
    -------
    dict
        ``weeks``, ``from``, ``to``, and ``checks``: name, weeks judged, weeks that alarmed.

    Raises
    ------
    InputError
        The tables are shorter than what is to be replayed.
    """
    workspace = Workspace(folder)
    engine = connect(settings.engine)
    try:
        tables = workspace.tables(engine)
        bounds = engine.to_arrow(
            tables.transactions.aggregate(
                first=tables.transactions.ordered_local.min().date(),
                last=tables.transactions.ordered_local.max().date(),
            )
        ).to_pylist()[0]
        history = History(
            engine=engine,
            read=make_reader(engine, workspace),
            groups=workspace.groups(engine.rows_at_once),
            first_day=bounds["first"],
            as_of=bounds["last"],
        )
        return summarise_replay(history, tables, weeks)
    finally:
        engine.close()


def summarise_replay(history: History, tables: Tables, weeks: int) -> dict[str, Any]:
    """Count the alarms of each check over the last weeks of a history."""
    first = history.as_of - dt.timedelta(days=WEEK_DAYS * (weeks - 1))
    if first - dt.timedelta(days=REFERENCE_DAYS) <= history.first_day:
        raise InputError(
            f"the tables are shorter than {weeks} weeks and the four before them",
            do="replay fewer weeks",
        )
    judged: dict[str, list[dt.date]] = {}
    alarms: dict[str, list[dt.date]] = {}
    for day, check in replay_checks(history, tables, weeks):
        if check.state != "learning":
            judged.setdefault(check.name, []).append(day)
        if check.state == "alarm":
            alarms.setdefault(check.name, []).append(day)
    return {
        "weeks": weeks,
        "from": first.isoformat(),
        "to": history.as_of.isoformat(),
        "checks": [
            {
                "name": name,
                "judged": len(days),
                "alarms": [day.isoformat() for day in alarms.get(name, [])],
            }
            for name, days in judged.items()
        ],
    }


def replay_checks(history: History, tables: Tables, weeks: int) -> Iterator[tuple[dt.date, Check]]:
    """Yield every check of data and drift at the end of each of the last weeks."""
    series = read_weeks(history.engine, tables, history.as_of)
    profiles: dict[dt.date, dict[str, Profile]] = {}
    past: dict[str, list[float]] = {}
    for back in reversed(range(weeks)):
        day = history.as_of - dt.timedelta(days=WEEK_DAYS * back)
        for check in check_weeks(series.slice(0, max(len(series) - back, 0))):
            yield day, check
        yield day, check_new_values(history.engine, tables, day)
        reference_day = day - dt.timedelta(days=REFERENCE_DAYS)
        if reference_day not in profiles:
            profiles[reference_day] = profile_columns(history.snapshot(reference_day))
        customers = history.snapshot(day)
        profiles[day] = profile_columns(customers)
        rows = measure_drift(customers, profiles[day], profiles[reference_day], past)
        yield day, check_drift(rows)
        for row in rows:
            past.setdefault(row["column"], []).append(row["psi"])
