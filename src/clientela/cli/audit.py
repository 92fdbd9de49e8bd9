"""Commands on the access log: audit, breach."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clientela.cli.options import CommandResult, Site, on_results, on_workspace, translate_text
from clientela.errors import InputError

if TYPE_CHECKING:
    from clientela.store.access_log import AccessLog, LogRow

KeyOption = Annotated[str | None, typer.Option("--key", help="Id of a key; all keys if absent.")]
SinceOption = Annotated[
    dt.datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d"], help="First day, in UTC; all if absent."),
]


@on_workspace
def verify_log(
    site: Site,
) -> CommandResult:
    """Check that nothing in the access log was changed, added or taken out."""
    log = _open_log(site)
    rows, last = log.verify()
    kills = log.count_kills()
    text = f"{rows:,} rows are as they were written. The last has the hash {last}: keep it, and "
    text += "a later check shows whether rows were cut off at the end."
    if kills:
        text += f"\n{kills:,} servers ended without a stop: "
        text += "up to a second of look-ups may lack each."
    return {"rows": rows, "hash": last, "kills": kills}, translate_text(text)


@on_workspace
def show_log(
    site: Site,
    key: KeyOption = None,
    since: SinceOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the latest rows.")] = 100,
) -> CommandResult:
    """Show who asked the API for what; persons stand there by a keyed hash."""
    log = _open_log(site)
    rows = log.read(actor=key, since=_to_utc(since), limit=limit)
    facts = [row._asdict() | {"at": row.at.isoformat()} for row in rows]
    lines = "\n".join(map(_write_row, rows))
    return {"rows": facts}, lines or "Nobody asked for anything."


@on_workspace
def cut_log(
    site: Site,
) -> CommandResult:
    """End the rows that are older than access_log.keep_days, behind a signed checkpoint."""
    now = dt.datetime.now(dt.UTC)
    until = now - dt.timedelta(days=site.settings.access_log.keep_days)
    removed = _open_log(site).cut(until, now)
    return {"removed": removed}, translate_text(f"{removed:,} rows before {until.date()} are gone.")


@on_results
def breach(
    site: Site,
    key: Annotated[str, typer.Option("--key", help="Id of the key, as `keys list` shows it.")],
    since: Annotated[
        dt.datetime,
        typer.Option("--since", formats=["%Y-%m-%d"], help="First day, in UTC."),
    ],
) -> CommandResult:
    """List the persons that a key reached, for an incident (LGPD art. 48)."""
    from clientela.serving.breach import find_reached

    log = _open_log(site)
    facts = find_reached(log, site.url, key, since.replace(tzinfo=dt.UTC))
    return facts, _write_breach(facts)


def _open_log(site: Site) -> "AccessLog":
    from clientela.store.access_log import AccessLog

    url, key_file = site.locate_access_log()
    if not key_file.exists():
        raise InputError(
            "there is no access log yet",
            where=str(key_file),
            do="it begins with `clientela serve`",
        )
    return AccessLog(url, key_file)


def _to_utc(day: dt.datetime | None) -> dt.datetime | None:
    return day and day.replace(tzinfo=dt.UTC)


def _write_row(row: "LogRow") -> str:
    persons = len(row.persons.split())
    whom = f"{persons:,} persons" if persons else row.detail
    who = row.actor or "-"
    return (
        f"{row.at:%Y-%m-%d %H:%M:%S}  {who}  {row.operation}  {row.status}  {row.address}  {whom}"
    )


def _write_breach(facts: dict[str, Any]) -> str:
    persons, unknown, lost = facts["persons"], facts["unknown"], facts["lists_lost"]
    lines = [f"{len(persons):,} persons were reached in {facts['requests']:,} requests."]
    if unknown:
        lines.append(f"{unknown:,} more are in no kept run; the log has their hashes alone.")
    if lost:
        lines += ["Lists that cannot be read again, as their run or audience is gone:", *lost]
    if facts["lists_changed"]:
        lines += ["Audiences that may have named others then:", *facts["lists_changed"]]
    lines += persons
    if facts["withheld"]:
        lines += ["In no list now, but perhaps in one before they objected:", *facts["withheld"]]
    return "\n".join(lines)
