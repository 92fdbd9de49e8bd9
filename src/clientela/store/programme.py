"""The programme's ledger: rules in versions, memberships as records, reviews as counts.

Records are only ever added. Where a customer stands is their last record up to a day.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, func, insert, select, update

from clientela.errors import InputError, StoreError
from clientela.store.arrow_schemas import arrow_schema, build_table
from clientela.store.connect import connect_to_read, transaction
from clientela.store.erasures import People, refuse_changed_people
from clientela.store.lock import lock
from clientela.store.read import open_reader
from clientela.store.record import RunRecord
from clientela.store.schema import (
    customers,
    programme_memberships,
    programme_reviews,
    programme_rules,
)


@dataclass(frozen=True, kw_only=True)
class RuleVersion:
    """A version of the programme's rules; its fields are the columns of ``programme_rules``."""

    version: int
    entry: str
    exit: str
    tiers: str | None = None
    grace_days: int
    proposed_at: dt.datetime
    proposed_by: str | None = None
    run_id: str
    members: int
    entering: int
    leaving: int
    expected_revenue: float | None = None
    expected_revenue_change: float | None = None
    horizon_days: int | None = None
    returned_share: float | None = None
    returned_leavers_share: float | None = None
    approved_at: dt.datetime | None = None
    approved_by: str | None = None
    valid_from: dt.date | None = None
    refused_at: dt.datetime | None = None
    refused_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A record of the ledger; its fields are columns of ``programme_memberships``."""

    recorded_on: dt.date
    customer_id: str
    entered_on: dt.date
    warned_on: dt.date | None = None
    leaves_on: dt.date | None = None
    left_on: dt.date | None = None
    tier: str | None = None
    tier_since: dt.date | None = None
    tier_warned_on: dt.date | None = None
    tier_ends_on: dt.date | None = None
    rule_version: int
    reason: str
    other_id: str | None = None
    source_ids: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        """Return the record as a row, without its position and run."""
        spellings = json.dumps(self.source_ids) if self.source_ids else None
        return asdict(self) | {"source_ids": spellings}


@dataclass(frozen=True, kw_only=True)
class Review:
    """Counts of a review; its fields are columns of ``programme_reviews``."""

    reviewed_on: dt.date
    rule_version: int
    members: int
    entered: int = 0
    warned: int = 0
    recovered: int = 0
    left: int = 0
    corrected: int = 0


@dataclass(frozen=True)
class ProgrammeLedger:
    """All that was ever decided about the programme.

    Parameters
    ----------
    rules : tuple of RuleVersion
        By version.
    records : tuple of Membership
        In the order of their positions.
    reviews : tuple of Review
        By day; the first is the launch.
    """

    rules: tuple[RuleVersion, ...] = ()
    records: tuple[Membership, ...] = ()
    reviews: tuple[Review, ...] = ()

    def add_to(self, ledger: "ProgrammeLedger") -> "ProgrammeLedger":
        """Return a ledger with these records and reviews after its own."""
        return replace(
            ledger,
            records=(*ledger.records, *self.records),
            reviews=(*ledger.reviews, *self.reviews),
        )

    @property
    def launched_on(self) -> dt.date | None:
        """The day of the launch; None before it."""
        return self.reviews[0].reviewed_on if self.reviews else None

    @cached_property
    def last_day(self) -> dt.date | None:
        """The last day on which anything was recorded."""
        days = [review.reviewed_on for review in self.reviews]
        return max([*days, *(record.recorded_on for record in self.records)], default=None)

    def is_launched(self, day: dt.date) -> bool:
        """Check whether the programme was launched by a day."""
        return self.launched_on is not None and self.launched_on <= day

    def rule_at(self, day: dt.date) -> RuleVersion | None:
        """Return the version in force on a day: of those approved, the last to become valid."""
        valid = [rule for rule in self.rules if rule.valid_from and rule.valid_from <= day]
        return max(valid, key=lambda rule: (rule.valid_from, rule.version), default=None)

    def version(self, number: int) -> RuleVersion:
        """Return a version by its number.

        Raises
        ------
        InputError
            There is none of this number.
        """
        for rule in self.rules:
            if rule.version == number:
                return rule
        raise InputError(
            f"there is no version {number} of the programme's rules",
            do="see 'clientela programme show'",
        )

    def latest_records(self, day: dt.date) -> dict[str, Membership]:
        """Return the last record of every customer up to a day."""
        return {record.customer_id: record for record in self.records if record.recorded_on <= day}

    def members_at(self, day: dt.date) -> dict[str, Membership]:
        """Return the members of a day, those warned included."""
        latest = self.latest_records(day)
        return {name: record for name, record in latest.items() if record.left_on is None}


def load_ledger(url: str, *, migrate: bool = False) -> ProgrammeLedger:
    """Read the ledger; empty before anything was proposed.

    Raises
    ------
    StoreError
        The database cannot be used, or is not there and ``migrate`` is not set.
    """
    with connect_to_read(url, migrate=migrate) as connection:
        return read_ledger(connection)


def read_ledger(connection: Connection) -> ProgrammeLedger:
    """Read the ledger in a transaction of the caller's."""
    records = [
        Membership(**row | {"source_ids": tuple(json.loads(row["source_ids"] or "[]"))})
        for row in _rows(connection, programme_memberships, Membership)
    ]
    return ProgrammeLedger(
        tuple(RuleVersion(**row) for row in _rows(connection, programme_rules, RuleVersion)),
        tuple(records),
        tuple(Review(**row) for row in _rows(connection, programme_reviews, Review)),
    )


def _rows(connection: Connection, table: Any, kind: Any) -> list[dict[str, Any]]:
    columns = [table.c[field.name] for field in fields(kind)]
    order = list(table.primary_key.columns)
    return [dict(row._mapping) for row in connection.execute(select(*columns).order_by(*order))]


def add_records(
    connection: Connection, run_id: str, records: Sequence[Membership], reviews: Sequence[Review]
) -> None:
    """Add records and reviews after those that are there."""
    last = connection.scalar(select(func.max(programme_memberships.c.position))) or 0
    rows = [
        record.row() | {"position": position, "run_id": run_id}
        for position, record in enumerate(records, last + 1)
    ]
    counts = [asdict(review) | {"run_id": run_id} for review in reviews]
    for table, values in ((programme_memberships, rows), (programme_reviews, counts)):
        if values:
            connection.execute(insert(table), values)


def save_rule(url: str, rule: Mapping[str, Any]) -> int:
    """Store a proposed version and return its number, the next one."""
    with transaction(url, migrate=False) as connection:
        lock(connection)
        last = connection.scalar(select(func.max(programme_rules.c.version))) or 0
        connection.execute(insert(programme_rules), {**rule, "version": last + 1})
    return last + 1


def approve_rule(url: str, version: int, by: str, moment: dt.datetime, valid_from: dt.date) -> None:
    """Write who approved a version and from when on it is valid; done once.

    Raises
    ------
    InputError
        There is no such version, or it is decided already.
    """
    approval = {"approved_at": moment, "approved_by": by, "valid_from": valid_from}
    _decide(url, version, approval)


def refuse_rule(url: str, version: int, by: str, moment: dt.datetime) -> None:
    """Write who refused a version; done once.

    Raises
    ------
    InputError
        There is no such version, or it is decided already.
    """
    _decide(url, version, {"refused_at": moment, "refused_by": by})


def _decide(url: str, version: int, decision: Mapping[str, Any]) -> None:
    this = programme_rules.c.version == version
    with transaction(url, migrate=False) as connection:
        lock(connection)
        rule = read_ledger(connection).version(version)
        if rule.approved_at is not None:
            raise InputError(
                f"version {version} was approved by {rule.approved_by}, valid from "
                f"{rule.valid_from}, and an approval does not change",
                do="propose and approve another version",
            )
        if rule.refused_at is not None:
            raise InputError(
                f"version {version} was refused by {rule.refused_by}, and that does not change",
                do="propose another version",
            )
        connection.execute(update(programme_rules).where(this).values(decision))


def launch(
    url: str, run_id: str, records: Sequence[Membership], review: Review, people: People
) -> None:
    """Write the first members and the day of the launch; done once.

    Parameters
    ----------
    people : tuple
        What :func:`clientela.store.erasures.read_people` returned before they were read.

    Raises
    ------
    InputError
        The programme is launched already, or somebody was erased since.
    """
    with transaction(url, migrate=False) as connection:
        lock(connection)
        refuse_changed_people(connection, [record.customer_id for record in records], people)
        ledger = read_ledger(connection)
        if ledger.reviews:
            raise InputError(
                f"the programme was launched on {ledger.launched_on}",
                do="see 'clientela programme show'",
            )
        add_records(connection, run_id, records, [review])


def read_current_customers(url: str, columns: Sequence[str]) -> tuple[RunRecord, pa.Table]:
    """Return the published run and some columns of its customers, ordered by id.

    Raises
    ------
    StoreError
        The database cannot be used, or nothing is published yet.
    """
    with closing(open_reader(url)) as reader:
        run = reader.current_run()
    if run is None:
        raise StoreError("nothing is published yet", do="publish a run with 'clientela run FILE'")
    return run, read_customers(url, run.run_id, columns)


def read_customers(url: str, run_id: str, columns: Sequence[str]) -> pa.Table:
    """Return some columns of the customers of a run, ordered by id; empty where none are kept.

    Raises
    ------
    StoreError
        The database cannot be used.
    """
    selection = [customers.c[name] for name in columns]
    query = select(*selection).where(customers.c.run_id == run_id)
    with connect_to_read(url) as connection:
        rows = connection.execute(query.order_by(customers.c.customer_id)).all()
    return build_table(rows, arrow_schema("customers", *columns))
