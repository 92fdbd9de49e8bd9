"""Sources understood by their first rows and staged as text, before any row is judged."""

import contextlib
import dataclasses
import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import ibis

from clientela.config import Settings
from clientela.config.database_url import SECRET_TEXT, show_url
from clientela.engine import Engine
from clientela.errors import InputError, MappingError, SourceError
from clientela.mapping import dates, lines, parse, privacy, sniff
from clientela.mapping.contacts import add_contacts
from clientela.mapping.groups import describe_headings, lift_headings, lift_staged
from clientela.mapping.joining import join_files
from clientela.mapping.source_columns import Mapping, Role, resolve
from clientela.progress import Progress
from clientela.sources import reading as sources
from clientela.sources.guard import visible
from clientela.sources.staging import CallEach, Sample, StagedSource
from clientela.tables.identity import form_of_sample
from clientela.tables.tombstones import Tombstones
from clientela.tables.workspace import Workspace


@dataclass(frozen=True)
class SourceTable:
    """A source on the disk as staged text, understood."""

    staged: StagedSource
    mapping: Mapping
    columns: tuple[str, ...]


@dataclass(frozen=True)
class ReadJob:
    """What reading sources needs; ``now`` is the moment of the run, aware."""

    workspace: Workspace
    engine: Engine
    settings: Settings
    progress: Progress
    scratch: Path
    now: dt.datetime

    @property
    def call_each(self) -> CallEach | None:
        """What calls functions on workers, where there are any."""
        return None if self.engine.local is self.engine else self.engine.call_each


def stage_sources(
    job: ReadJob,
    files: Sequence[str],
    customers: Sequence[str],
    *,
    sold: bool,
    is_held: Callable[[str], bool],
) -> list[SourceTable]:
    """Understand sources and stage them, in the order in which they are to be taken in.

    Parameters
    ----------
    job : ReadJob
        The workspace and what works on it.
    files, customers : sequence of str
        As :func:`clientela.tables.ingest.ingest`.
    sold : bool
        Whether transactions are held already, without which customers are refused.
    is_held : callable
        Tells whether nothing of a source of transactions is news; then it is not opened.

    Raises
    ------
    InputError
        A source cannot be read or understood.
    """
    files, read = _join_files(job, files)
    files = [location for location in files if not is_held(location)]
    if customers and not (files or read or sold):
        raise _without_sales(customers[0])
    for number, location in enumerate(files, 1):
        sold = sold or any(source.mapping.role == "transactions" for source in read)
        needs_sales = number == len(files) and not sold
        read.append(_read(job, location, len(read), None, needs_sales=needs_sales))
    read += [
        _read(job, location, len(read) + n, "customers") for n, location in enumerate(customers)
    ]
    if read:
        _warn_of_typos(job, read)
    return _in_order(job, read)


def _join_files(job: ReadJob, files: Sequence[str]) -> tuple[Sequence[str], list[SourceTable]]:
    """Read files of one system as one source; returns the files that stand for themselves too."""
    folder = job.scratch / "joined"
    folder.mkdir()
    joined = join_files(job.engine, files, job.settings, folder)
    if joined is None:
        return files, []
    job.progress.fact(joined.announcement, source=joined.shown)
    with name_source(joined.shown):
        source = _read(job, str(joined.path), 0, "transactions")
    shutil.rmtree(folder)
    staged = dataclasses.replace(source.staged, location=joined.shown)
    return joined.others, [dataclasses.replace(source, staged=staged)]


def _in_order(job: ReadJob, read: Sequence[SourceTable]) -> list[SourceTable]:
    """Put transactions before customers, and the export that ends later after the others."""
    lines = [source for source in read if source.mapping.role == "transactions"]
    if len(lines) > 1:
        lines = sorted(lines, key=lambda source: _last_moment(job, source))
    return lines + [source for source in read if source.mapping.role != "transactions"]


def _last_moment(job: ReadJob, source: SourceTable) -> str:
    """Return the last moment of a source that is not in the future, as text that sorts."""
    mapping, staging = source.mapping, job.engine.read_parquet(source.staged.paths)
    staging = lines.join_dates(staging, mapping)
    column = staging[mapping.columns["ordered_local"]]
    formats = sniff.decide(
        job.engine,
        staging,
        dataclasses.replace(mapping, columns={"ordered_local": column.get_name()}),
        job.settings.source,
        source.staged.typed,
    )
    texts = staging.select(x=parse.strip_blanks(column)).distinct()
    shown = dates.moment(texts.x, formats.dates["ordered_local"])
    now = ibis.literal(tell_time(job, mapping.timezone))
    last = job.engine.to_arrow(texts.aggregate(last=shown.max(where=shown <= now)))["last"][0]
    return str(last.as_py() or "")


def _without_sales(location: str) -> SourceError:
    return SourceError(
        "there are customers and no transactions, so that nothing tells what they bought",
        where=location,
        do="give the transactions too: clientela run TRANSACTIONS --customers FILE; "
        "of customers alone only churn can be judged: clientela backtest FILE",
    )


def _read(
    job: ReadJob, location: str, number: int, role: Role | None, *, needs_sales: bool = False
) -> SourceTable:
    """Understand a source and stage it; customers are refused before that where sales are needed.

    Staging reads the whole file, the mapping its first rows alone.
    """
    with job.progress.stage("read"), name_source(location):
        dropped = job.settings.privacy.drop_columns
        sample, headings = lift_headings(sources.peek(location, job.settings.source))
        mapping = _resolve_mapping(visible(sample, dropped), job.settings, role)
        if needs_sales and mapping.role != "transactions":
            raise _without_sales(location)
        guard = privacy.guard(job.settings.privacy, mapping)
        mapping = privacy.drop_attributes(job.settings.privacy, mapping)
        if guard.keys:
            form = form_of_sample(sample, mapping, job.settings.source)
            stones = Tombstones(job.workspace.folder)
            guard = dataclasses.replace(guard, form=form, is_erased=stones.holds)
        folder = job.scratch / f"source-{number}"
        folder.mkdir()
        call_each = None if headings else job.call_each
        staged = sources.stage(location, job.settings.source, guard, folder, call_each)
        if headings:
            staged = lift_staged(staged, headings, guard)
            job.progress.fact(describe_headings(headings), source=staged.location)
    job.progress.fact(
        mapping.announcement, source=staged.location, rows=staged.counted, **staged.details
    )
    return SourceTable(staged, mapping, sample.columns)


def _resolve_mapping(sample: Sample, settings: Settings, role: Role | None) -> Mapping:
    """Understand the columns; a source given as transactions may turn out to hold customers."""
    refused: list[MappingError] = []
    for candidate in ("transactions", "customers") if role is None else (role,):
        try:
            mapping = resolve(sample.columns, sample.rows, settings.source, candidate)
            return add_contacts(mapping, sample.columns, sample.rows, settings.source)
        except MappingError as error:
            refused.append(error)
    raise refused[0]


@contextlib.contextmanager
def name_source(location: str) -> Iterator[None]:
    """Name the source in what goes wrong with it; of a URL what may be shown."""
    is_plain = "://" not in location and SECRET_TEXT.search(location) is None
    shown = location if is_plain else show_url(location)
    try:
        yield
    except InputError as error:
        if Path(shown).name not in error.where:
            error.where = f"{shown}: {error.where}" if error.where else shown
        raise


def _warn_of_typos(job: ReadJob, read: Sequence[SourceTable]) -> None:
    """Tell of columns to drop that no source has: a typo there would store personal data."""
    source_columns = {column.casefold() for source in read for column in source.columns}
    for column in job.settings.privacy.drop_columns:
        if column.casefold() not in source_columns:
            job.progress.fact("privacy.drop_columns names a column of no source", column=column)


def tell_time(job: ReadJob, timezone: str) -> dt.datetime:
    """Return the moment of the run by the clock of a zone."""
    return job.now.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
