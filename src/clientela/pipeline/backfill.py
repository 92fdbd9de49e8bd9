"""Past days replayed in order, each from what was taken in by then, from an empty registry."""

import calendar
import datetime as dt
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import msgspec

from clientela.config import Settings, Tracking
from clientela.engine import connect
from clientela.errors import InputError, KeyChanged
from clientela.i18n import Lang
from clientela.pipeline.reading import RunRequest
from clientela.pipeline.run import name_run, run
from clientela.store.read import open_reader
from clientela.tables import manifest as manifests
from clientela.tables.rebuild import end_day, list_batches, rebuild_tables
from clientela.tables.workspace import Workspace

Step = Literal["week", "month"]
MARK = "backfill.txt"
"""The file by which a folder is known as a backfill's own: its tables may be replaced."""


MOST_RUNS = 10_000  # more than a life of weeks


def list_days(first: dt.date, last: dt.date, every: Step) -> list[dt.date]:
    """List the days from the first on, by week or by month, up to the last.

    Raises
    ------
    InputError
        The last day lies before the first.

    Examples
    --------
    >>> [f"{day}" for day in list_days(dt.date(2024, 1, 31), dt.date(2024, 4, 1), "month")]
    ['2024-01-31', '2024-02-29', '2024-03-31']
    """
    if last < first:
        raise InputError(f"{last} lies before {first}", where="--to", do="give a later day")
    if every == "week":
        return [first + dt.timedelta(days=n) for n in range(0, (last - first).days + 1, 7)]
    days, month = [first], first.year * 12 + first.month - 1
    while days[-1] <= last:
        month += 1
        year, number = month // 12, month % 12 + 1
        end = calendar.monthrange(year, number)[1]
        days.append(dt.date(year, number, min(first.day, end)))
    return days[:-1]


def backfill(
    settings: Settings, folder: Path, into: Path, days: Sequence[dt.date], *, lang: Lang
) -> dict[str, Any]:
    """Run as if each day were today, in order; days that were published already are skipped.

    Parameters
    ----------
    folder : Path
        The workspace whose rows are read; it stays as it is.
    into : Path
        A folder of the backfill's own: the tables of the last day, models and results of all.
    days : sequence of date
        Ascending.

    Returns
    -------
    dict
        ``into`` and ``runs``: ``day``, ``run_id``, ``as_of``, ``customers``, ``net_amount``,
        ``currency``, ``segments`` and ``learnt``, the kinds of models learnt on it.

    Raises
    ------
    InputError
        The folder holds something else, or nobody had bought by the first day.
    KeyChanged
        Its runs hold pseudonyms under other keys.
    """
    source, target = Workspace(folder), Workspace(into)
    _claim(source, target)
    plain = msgspec.structs.replace(settings, tracking=Tracking())
    published = _list_published(target)
    rows, before = [], 0
    for day in days:
        everything = source.manifest()
        moment = end_day(day, everything.timezone)
        if name_run(moment) not in published:
            with source.lock(), source.scratch() as scratch:
                engine = connect(
                    msgspec.structs.replace(settings.engine, name="duckdb"), temp_folder=scratch
                )
                try:
                    manifest = rebuild_tables(engine, source, target, scratch, moment)
                finally:
                    engine.close()
            ledgers = tuple(batch.ledger for batch in manifest.batches[before:])
            request = RunRequest(ledgers=ledgers, lang=lang)
            rows.append(
                _summarise(day, run(request, plain, into, target.default_store_url, moment))
            )
        before = len(list_batches(everything, moment))
    return {"into": str(into), "runs": rows}


def _claim(source: Workspace, target: Workspace) -> None:
    """Mark a folder as the backfill's own, unless it is anything else already."""
    mark, owner = target.folder / MARK, str(source.folder.resolve())
    if mark.exists():
        before = mark.read_text("utf-8", errors="replace").strip()
        if before != owner:
            raise InputError(
                f"the folder holds the past of another workspace, {before}",
                where=str(target.folder),
                do="give a new folder: clientela backfill --into DIR",
            )
        if manifests.read(target.manifest_path).pseudonyms not in (
            "",
            source.manifest().pseudonyms,
        ):
            raise KeyChanged(
                "the key of the pseudonyms was rotated since: who is in the folder would be others",
                where=str(target.folder),
                do="rotate it there too, clientela keys rotate --workspace DIR, or give a new "
                "folder: clientela backfill --into DIR",
            )
        return
    if target.folder.exists() and any(target.folder.iterdir()):
        raise InputError(
            "the folder is not empty and no backfill made it",
            where=str(target.folder),
            do="give a new folder: clientela backfill --into DIR",
        )
    target.folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(f"{owner}\n", "utf-8")


def _list_published(target: Workspace) -> set[str]:
    if not target.default_store_path.exists():
        return set()
    with closing(open_reader(target.default_store_url)) as reader:
        return {record.run_id for record in reader.runs(MOST_RUNS)}


def _summarise(day: dt.date, facts: dict[str, Any]) -> dict[str, Any]:
    models = {"segments": facts["model"]} | {
        part: facts[part]["model"] for part in ("value", "churn")
    }
    return {
        "day": day.isoformat(),
        **{name: facts[name] for name in ("run_id", "as_of", "customers", "net_amount")},
        "currency": facts["currency"],
        "segments": len(facts["segments"]),
        "learnt": [kind for kind, model in models.items() if model["fitted"]],
    }
