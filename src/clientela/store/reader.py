"""What can be asked of the results database, and the shapes of its answers."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from clientela.store.record import RunRecord

T = TypeVar("T")
Row = dict[str, object]


class Segmented(NamedTuple):
    """What a look-up tells of a customer."""

    customer_id: str
    segment: int | None
    segment_confidence: float | None
    rfm_segment: str | None
    r_score: int | None
    f_score: int | None
    m_score: int | None
    insider: str | None = None


class LiveKey(NamedTuple):
    """What a presented key is checked against."""

    key_id: str
    name: str
    hash: str
    scopes: str


class KeyRow(NamedTuple):
    """A stored API key; the secret itself is stored nowhere."""

    key_id: str
    name: str
    hash: str
    scopes: str
    created_at: dt.datetime
    revoked_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What was read, and of which run."""

    run: RunRecord
    content: T


class Reader(Protocol):
    """Reads of the published run.

    Every answer belongs to one run, whatever is published meanwhile, and names it; a newly
    published run is seen by the next call. One reader serves all threads.

    Rows are dictionaries by column, with ``datetime.date`` for days, aware UTC ``datetime`` for
    moments and ``float`` for money on both databases. All but the first two, the keys and ``close``
    raise StoreError where nothing is published yet.
    """

    def current_run(self) -> RunRecord | None:
        """Give the published run; None before the first."""

    def runs(self, limit: int = 100) -> list[RunRecord]:
        """Give the latest runs, newest first."""

    def lookup(self, ids: Sequence[str]) -> Reading[list[Segmented | None]]:
        """Give each id's segment and scores in the order asked; None for an unknown id."""

    def segmented(self, run_id: str, after: str, limit: int) -> list[Segmented]:
        """Give what look-ups tell of a run's customers after an id, in the order of their ids."""

    def no_purchases(self, ids: Sequence[str]) -> set[str]:
        """Tell which of the ids are known by returns or fees alone."""

    def customer(self, customer_id: str) -> Reading[Row | None]:
        """Give all columns of one customer; None for an unknown id."""

    def customers(self, ids: Sequence[str]) -> Reading[list[Row | None]]:
        """Give all columns of each customer in the order asked; None for an unknown id."""

    def page(
        self, segment: int | None, after: str | None, limit: int, run_id: str | None = None
    ) -> Reading[list[Row]]:
        """Give the customers after an id, ordered by id, of one segment or all.

        With ``run_id`` later pages stay with the run of the first; InputError where its customers
        are no longer kept.
        """

    def segments(self, run_id: str | None = None) -> Reading[list[Row]]:
        """Give the segments of the current run or another, by number; ``profile`` is parsed."""

    def migrations(self) -> Reading[list[Row]]:
        """Give how many customers moved between segments since the run before."""

    def revenue_by_month(self) -> Reading[list[Row]]:
        """Give the money by month, oldest first."""

    def quality(self) -> Reading[list[Row]]:
        """Give the reconciliation and the count of every cleaning rule."""

    def models(self) -> Reading[list[Row]]:
        """Give the models of the run; ``card`` is parsed."""

    def metrics(self) -> Reading[list[Row]]:
        """Give the measured values of the run."""

    def table(self, name: str) -> Reading[list[Row]]:
        """Give all rows of one of the short tables of the run, by their key."""

    def answers(self, lang: str) -> Reading[list[Row]]:
        """Give the report's answers in a language, in order; ``content`` is parsed."""

    def members(
        self, status: str | None, after: str | None, limit: int, run_id: str | None = None
    ) -> Reading[list[Row]]:
        """Give customers of the programme after an id, ordered by id.

        Those of one status (``member``, ``leaving``, ``candidate``), or by None all but the
        candidates; ``missing`` is parsed. ``run_id`` as in :meth:`page`.
        """

    def member_counts(self) -> Reading[dict[str, int]]:
        """Give how many customers of the programme have each status."""

    def at_risk(
        self, after: str | None, limit: int, run_id: str | None = None
    ) -> Reading[list[Row]]:
        """Give customers at risk worth contacting after an id, ordered by id.

        ``run_id`` as in :meth:`page`.
        """

    def at_risk_count(self) -> int:
        """Count the customers at risk worth contacting."""

    def live_key(self, key_id: str) -> LiveKey | None:
        """Give a key that is not revoked."""

    def has_keys(self) -> bool:
        """Tell whether any key was ever created, revoked or not."""

    def close(self) -> None:
        """Close the connections of all threads."""
