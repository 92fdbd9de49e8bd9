"""The first half of a run: sources into the tables, and what then stands there."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from clientela.config import Privacy
from clientela.errors import InputError, KeyChanged
from clientela.files.object_store import fetch_all
from clientela.i18n import Lang
from clientela.privacy.retention import expire_rows, find_first_day
from clientela.store.replaced_ids import list_recorded_ids
from clientela.tables import summary
from clientela.tables.ingest import ingest
from clientela.tables.ledger import Ledger
from clientela.tables.manifest import Manifest
from clientela.tables.reading import ReadJob
from clientela.tables.rotation import find_pseudonyms
from clientela.tables.summary import Totals


@dataclass(frozen=True)
class RunRequest:
    """What the user asks of a run; without sources the tables are taken as they are.

    ``ledgers`` are the accounts of sources that stand in the tables already, where a past day is
    replayed; ``lang`` is the language of what is announced while it runs.
    """

    sources: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    as_of: dt.date | None = None
    replace: bool = False
    refit: bool = False
    engine: Literal["duckdb", "spark"] | None = None
    ledgers: tuple[Ledger, ...] = ()
    lang: Lang = "en"


@dataclass(frozen=True)
class TablesState:
    """The tables once the sources are in, the account of this run, and the day it looks from.

    ``totals`` are of all that the tables hold, ``totals_then`` of what was known on ``as_of``;
    ``anew`` says that the run began the tables anew, so that no run before it is of their past.
    """

    manifest: Manifest
    ledgers: tuple[Ledger, ...]
    totals: Totals
    totals_then: Totals
    as_of: dt.date
    anew: bool = False

    @property
    def data_hash(self) -> str:
        """Name the content of the tables."""
        return self.manifest.data_hash


def check_records(url: str, settings: Privacy) -> None:
    """Raise if ids would be replaced for the first time, and records know people by their ids.

    Raises
    ------
    KeyChanged
        They do: members, arms and objections would be nobody's.
    """
    recorded = list_recorded_ids(url) if settings.hash_ids else ()
    plain = [id_ for id_ in recorded if not find_pseudonyms(id_)]
    if plain:
        raise KeyChanged(
            f"ids shall be replaced by pseudonyms, and {len(plain)} of members, experiments or "
            "objections are not: everybody would be another person",
            where="privacy.hash_ids",
            do="set it to false again, or begin in another folder with --workspace",
        )


def read_sources(job: ReadJob, request: RunRequest) -> TablesState:
    """Bring the sources into the tables and look at what stands there.

    Raises
    ------
    InputError
        A source is wrong, the tables are empty, or nobody had bought on the day asked for; the
        tables are as they were.
    """
    job.workspace.begin(anew=request.replace)
    if not request.replace:
        job.workspace.check_columns()
    manifest = job.workspace.anew() if request.replace else job.workspace.manifest()
    ledgers = list(request.ledgers)
    if request.sources or request.customers:
        files, customers = (
            fetch_all(locations, job.scratch / "objects", job.call_each)
            for locations in (request.sources, request.customers)
        )
        manifest, ledgers = ingest(job, files, customers, manifest)
    first_day = find_first_day(job.now, job.settings.privacy.keep_months)
    manifest, expired = expire_rows(job.workspace, manifest, first_day)
    if expired:
        job.progress.fact("older than privacy.keep_months", **expired)
    with job.progress.stage("account"):
        tables = job.workspace.tables(job.engine, manifest=manifest)
        totals = summary.totals(job.engine, tables)
        last = totals.last_day or job.now.date()
        as_of = request.as_of or last
        totals_then = totals if as_of >= last else summary.totals(job.engine, tables, as_of)
    _check_purchases(totals_then, request.as_of)
    if ledgers or expired:
        job.workspace.commit(manifest)
    return TablesState(manifest, tuple(ledgers), totals, totals_then, as_of, request.replace)


def _check_purchases(totals_then: Totals, day: dt.date | None) -> None:
    if totals_then.buyers:
        return
    if day:
        raise InputError(
            f"no customer has a purchase on or before {day}",
            where="--as-of",
            do="give a later day",
        )
    raise InputError(
        "no customer has a purchase",
        do="give a file with sales of customers, or see how the columns and signs were read",
    )
