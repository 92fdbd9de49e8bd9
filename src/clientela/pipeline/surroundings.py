"""What a run needs around it, for ``clientela doctor``: schedule, data, keys, disk, clock, S3.

Each check gives a sentence, and whether something is to be done about it.
"""

import datetime as dt
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from statistics import median

from sqlalchemy import text

from clientela.errors import ClientelaError
from clientela.files.object_store import list_objects
from clientela.store import keys, users
from clientela.store.connect import connect_to_read
from clientela.store.read import open_reader
from clientela.store.record import RunRecord

LATE_TIMES = 2.0  # by convention: a run that is twice as late as usual was missed
LEAST_LATE_HOURS = 2.0  # by convention: runs by hand, minutes apart, are no schedule
OLD_DAYS = 45  # by convention: a monthly export that came not, and half a month
SPARE_TIMES = 2.0  # by convention: --replace writes all anew beside the old, and results grow
SOON_DAYS = 14  # by convention: time to hand out another key
CLOCK_SECONDS = 60.0  # by convention: schedules and locks are of minutes

Finding = tuple[str, str, bool]
"""What was looked at, what was found, and whether something is to be done."""


def check_surroundings(
    url: str, folder: Path, objects: str | None, now: dt.datetime
) -> Iterator[Finding]:
    """Yield the findings of all that a run needs around it.

    Parameters
    ----------
    url : str
        The results database.
    folder : Path
        The workspace.
    objects : str, optional
        A prefix of S3 to list.
    now : datetime
        The moment, aware.
    """
    yield check_disk(folder)
    if objects is not None:
        yield _check_objects(objects)
    try:
        with closing(open_reader(url)) as reader:
            runs = reader.runs()
        yield check_schedule([run.finished_at for run in reversed(runs)], now)
        yield check_freshness(runs, now)
        yield check_keys(url, now)
        yield _check_clock(url, runs, now)
    except ClientelaError:
        return  # what is wrong with the database stands beside these


def check_schedule(ended: Sequence[dt.datetime], now: dt.datetime) -> Finding:
    """Judge by the hours between runs whether one was missed.

    Parameters
    ----------
    ended : sequence of datetime
        When runs ended, the oldest first.

    Examples
    --------
    >>> days = [dt.datetime(2024, 5, day, tzinfo=dt.UTC) for day in (1, 2, 3)]
    >>> check_schedule(days, dt.datetime(2024, 5, 6, tzinfo=dt.UTC))
    ('schedule', 'the last run ended 72 hours ago, usual are 24: see the log of the schedule', True)
    >>> minutes = [dt.datetime(2024, 5, 1, 2, minute, tzinfo=dt.UTC) for minute in (0, 5)]
    >>> check_schedule(minutes, dt.datetime(2024, 5, 1, 2, 30, tzinfo=dt.UTC))[2]
    False
    """
    if len(ended) < 2:
        return "schedule", "not told yet: fewer than two runs are published", False
    usual = median((b - a).total_seconds() for a, b in pairwise(ended)) / 3600
    age = (now - ended[-1]).total_seconds() / 3600
    late = age > max(LATE_TIMES * usual, LEAST_LATE_HOURS)
    step = ": see the log of the schedule" if late else ""
    return (
        "schedule",
        f"the last run ended {age:,.0f} hours ago, usual are {usual:,.0f}{step}",
        late,
    )


def check_freshness(runs: Sequence[RunRecord], now: dt.datetime) -> Finding:
    """Judge the age of the latest day of the data by how old it was at earlier runs."""
    if not runs:
        return "freshness", "no run is published", False
    age = (now.date() - runs[0].as_of).days
    usual = median((run.started_at.date() - run.as_of).days for run in runs)
    late = age > usual + OLD_DAYS
    step = ": find out why no newer file comes" if late else ""
    return (
        "freshness",
        f"the data end {age:,} days ago, usual at a run are {usual:,.0f}{step}",
        late,
    )


def check_keys(url: str, now: dt.datetime) -> Finding:
    """Tell who may ask, and which keys end soon."""
    live = [
        key
        for key in keys.list_keys(url)
        if key.revoked_at is None and (key.expires_at is None or key.expires_at > now)
    ]
    soon = [
        key.name
        for key in live
        if key.expires_at is not None and key.expires_at - now < dt.timedelta(days=SOON_DAYS)
    ]
    people = len(users.list_users(url))
    finding = f"{len(live):,} keys, {people:,} people"
    if not live and not people:
        return "keys", "none: everybody on this machine may read, nobody else", False
    if soon:
        names = ", ".join(sorted(soon))
        return "keys", f"{finding}; end within {SOON_DAYS} days: {names}: create others", True
    return "keys", finding, False


def check_disk(folder: Path) -> Finding:
    """Compare what is free with what the workspace takes."""
    existing = folder if folder.exists() else folder.absolute().parent
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    tight = free < SPARE_TIMES * size
    step = ": free some, or move the workspace" if tight else ""
    gb = 1e9
    return "disk", f"{free / gb:,.1f} GB free, the workspace takes {size / gb:,.1f}{step}", tight


def _check_clock(url: str, runs: Sequence[RunRecord], now: dt.datetime) -> Finding:
    """Compare this machine's clock with that of the last run, and of PostgreSQL."""
    step = ": set the clock, by NTP for example"
    ahead = (runs[0].finished_at - now).total_seconds() if runs else 0.0
    if ahead > CLOCK_SECONDS:
        return "clock", f"the last run ended {ahead:,.0f} seconds in the future{step}", True
    if url.startswith("sqlite"):
        return "clock", "after the last run", False
    with connect_to_read(url) as connection:
        theirs = connection.scalar(text("SELECT clock_timestamp()"))
    apart = abs((dt.datetime.now(dt.UTC) - theirs).total_seconds()) if theirs else 0.0
    wrong = apart > CLOCK_SECONDS
    return "clock", f"{apart:,.0f} seconds from the database's{step if wrong else ''}", wrong


def _check_objects(location: str) -> Finding:
    """List a prefix of S3; what is wrong is the finding."""
    try:
        count = len(list_objects(location))
    except ClientelaError as error:
        return "s3", str(error), True
    server = os.environ.get("AWS_ENDPOINT_URL", "Amazon")
    return "s3", f"{count:,} objects under {location} at {server}", False
