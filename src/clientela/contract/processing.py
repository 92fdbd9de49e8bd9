"""What is kept of people, why and for how long: the basis of the record of processing.

LGPD art. 37 asks for such a record. A table with a column of customers stands here, which a test
asserts; the columns come from the tables' own declarations.
"""

from dataclasses import dataclass
from typing import Literal

from clientela.contract.records import RECORD_TABLES
from clientela.contract.results import RESULT_TABLES
from clientela.contract.tables import CONTACTS, CUSTOMERS, QUARANTINE, TRANSACTIONS, Column

Purpose = Literal[
    "analysis", "quality", "identity", "contact", "scores", "promise", "experiment", "rights"
]
Period = Literal["months", "source", "runs", "current", "erasure", "request"]

IDENTITIES = (Column("source_id", "string"), Column("customer_id", "string"))


@dataclass(frozen=True)
class ProcessingActivity:
    """A table that holds people: where it stands, what for, and what ends its rows.

    ``purpose`` and ``period`` are keys of texts, ``privacy.purpose.*`` and ``privacy.period.*``.
    """

    table: str
    place: Literal["tables", "results"]
    purpose: Purpose
    period: Period
    columns: tuple[str, ...]


CANONICAL: dict[str, tuple[Purpose, Period, tuple[Column, ...]]] = {
    "transactions": ("analysis", "months", TRANSACTIONS),
    "customers": ("analysis", "source", CUSTOMERS),
    "contacts": ("contact", "erasure", CONTACTS),
    "identities": ("identity", "source", IDENTITIES),
    "quarantine": ("quality", "months", QUARANTINE),
}
PUBLISHED: dict[str, tuple[Purpose, Period]] = {
    "customers": ("scores", "runs"),
    "no_purchases": ("quality", "runs"),
    "quarantine": ("quality", "runs"),
    "contacts": ("contact", "current"),
    "programme_members": ("scores", "runs"),
    "programme_memberships": ("promise", "erasure"),
    "experiment_members": ("experiment", "erasure"),
    "audience_members": ("contact", "erasure"),
    "customer_tags": ("contact", "erasure"),
    "exclusions": ("contact", "erasure"),
    "erasure_requests": ("rights", "request"),
}


def list_activities() -> tuple[ProcessingActivity, ...]:
    """Return the tables that hold people, with their columns."""
    declared = {table.name: table for table in (*RESULT_TABLES, *RECORD_TABLES)}
    held = [
        ProcessingActivity(name, "tables", purpose, period, _names(columns))
        for name, (purpose, period, columns) in CANONICAL.items()
    ]
    published = [
        ProcessingActivity(name, "results", purpose, period, _names(declared[name].columns))
        for name, (purpose, period) in PUBLISHED.items()
    ]
    return (*held, *published)


def _names(columns: tuple[Column, ...]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)
