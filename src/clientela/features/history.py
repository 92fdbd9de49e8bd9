"""Snapshots of the past beside what happened after them: all that is learnt is learnt from here."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import ibis.expr.types as ir
import pyarrow as pa

from clientela.engine import Engine
from clientela.features.build import build, join_parts, schema_of
from clientela.features.outcome import OUTCOME, sum_outcomes
from clientela.features.reading import Reader, stage_customers
from clientela.features.snapshot import KEY
from clientela.statistics.sampling import draw_sample

T = TypeVar("T")
_Held = dict[tuple[dt.date, tuple[str, ...]], pa.Table]

HELD_BYTES = 1 << 30
"""Past snapshots held at once; beyond it the one held longest is computed again when asked for."""

SAMPLE_CUSTOMERS = 50_000
"""Customers whose past is learnt from, as many as the model that learns from most of them takes
(churn). A share of them is known to within half a point, 19 times in 20."""

SAMPLE_SEED = 42
"""The default seed of every stage, so that a stage's own smaller sample is a part of this one."""


@dataclass(frozen=True)
class History:
    """The firm's past as snapshots, up to ``as_of`` and never beyond.

    Parameters
    ----------
    engine : Engine
        What computes.
    read : callable
        Gives the canonical tables of some buckets; all lines of a customer stand in one bucket.
    groups : sequence of sequences of str
        Buckets to compute together.
    first_day, as_of : datetime.date
        The first day of the data and the last that is known, local days, both included.
    stands_for : float
        Customers of the firm for each of this history: above 1 in a sample.
    whole : History, optional
        What this is a sample of; its rows are staged when they are first asked for.
    only : pa.ChunkedArray, optional
        The sample's ids.
    """

    engine: Engine
    read: Reader
    groups: Sequence[Sequence[str]]
    first_day: dt.date
    as_of: dt.date
    stands_for: float = 1.0
    whole: "History | None" = None
    only: pa.ChunkedArray | None = None
    _held: _Held = field(default_factory=dict, init=False, repr=False, compare=False)
    _outcomes: dict[tuple[dt.date, int], pa.Table] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _answers: dict[Callable[["History"], Any], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def sample(self) -> "History":
        """The same past of at most :data:`SAMPLE_CUSTOMERS` customers, computed on this machine.

        It is this history itself where all fit in and are here.

        Those of smallest keyed hash among the customers known on ``as_of``. Their lines are
        staged once, so that a past day costs the same however many customers the firm has, and
        not before one is asked for.
        """
        ids = self.snapshot(self.as_of, ["orders"])[KEY]
        if len(ids) <= SAMPLE_CUSTOMERS and self.engine.local is self.engine:
            return self
        rows = draw_sample(ids.to_pylist(), SAMPLE_CUSTOMERS, SAMPLE_SEED)
        sample = replace(
            self,
            engine=self.engine.local,
            whole=self,
            only=ids.take(rows),
            stands_for=len(ids) / len(rows),
        )
        for (day, _), table in self._held.items():
            if day == self.as_of:
                sample.hold(day, table.take(rows))
        return sample

    @cached_property
    def source(self) -> tuple[Reader, Sequence[Sequence[str]]]:
        """What reads the rows of some buckets, and which buckets are computed together."""
        if self.whole is None or self.only is None:
            return self.read, self.groups
        whole = self.whole
        return stage_customers(whole.engine, whole.read, whole.groups, self.only)

    def hold(self, as_of: dt.date, snapshot: pa.Table) -> None:
        """Keep a snapshot that was made already, by whatever engine."""
        self._held[as_of, tuple(snapshot.column_names)] = snapshot
        past = [key for key in self._held if key[0] not in (as_of, self.as_of)]
        while past and sum(table.nbytes for table in self._held.values()) > HELD_BYTES:
            del self._held[past.pop(0)]

    def snapshot(self, as_of: dt.date, names: Sequence[str] | None = None) -> pa.Table:
        """Return the customers as known on a day, with some features or all; computed once.

        Parameters
        ----------
        as_of : datetime.date
            Not after the history's own.
        names : sequence of str, optional
            Features wanted; few of them cost less.

        Returns
        -------
        pa.Table
            ``customer_id`` and the features, sorted by ``customer_id``.

        Raises
        ------
        ValueError
            The day lies in the future of this history.
        """
        self._check_day(as_of)
        schema = schema_of(names)
        for (day, _), table in self._held.items():
            if day == as_of and set(schema.names) <= set(table.column_names):
                return table.select(schema.names)
        read, groups = self.source
        snapshot = build(self.engine, read, as_of, groups, names)
        self.hold(as_of, snapshot)
        return snapshot

    def later(self, as_of: dt.date, horizon_days: int) -> pa.Table:
        """Return what the customers known on a day did in the days after it.

        Returns
        -------
        pa.Table
            The columns of :data:`clientela.features.outcome.OUTCOME`, one row for every customer of
            ``snapshot(as_of)`` in the same order; zeros where nothing happened in
            ``(as_of, as_of + horizon_days]``.

        Raises
        ------
        ValueError
            Those days are not over yet in this history.
        """
        upto = as_of + dt.timedelta(days=horizon_days)
        self._check_day(upto)
        key = (as_of, horizon_days)
        if key not in self._outcomes:
            parts = list(self.each(sum_outcomes(as_of, upto), OUTCOME))
            everyone = self.snapshot(as_of, ["orders"]).select([KEY])
            outcome = everyone.join(join_parts(parts, OUTCOME), KEY, use_threads=False)
            self._outcomes[key] = _fill_zeros(outcome)
        return self._outcomes[key]

    def compute_once(self, compute: Callable[["History"], T]) -> T:
        """Return what a function reads off this history, computed once for all who ask."""
        if compute not in self._answers:
            self._answers[compute] = compute(self)
        answer: T = self._answers[compute]
        return answer

    def release(self) -> None:
        """Let go of all that was computed, once nothing more is asked: of a large firm 1 GB."""
        if "sample" in vars(self) and self.sample is not self:
            self.sample.release()
        for computed in (self._held, self._outcomes, self._answers):
            computed.clear()

    def dates(self, horizon_days: int, step_days: int, least_days: int) -> list[dt.date]:
        """List the past days on which a horizon can be judged, the latest first.

        Parameters
        ----------
        horizon_days : int
            Days that must lie between each of them and ``as_of``.
        step_days : int
            Days from one to the next.
        least_days : int
            Days of history that each must have behind it.
        """
        latest = (self.as_of - self.first_day).days - horizon_days - least_days
        ages = range(horizon_days, horizon_days + max(latest, -1) + 1, step_days)
        return [self.as_of - dt.timedelta(days=age) for age in ages]

    def each(self, expr: ir.Table, schema: pa.Schema) -> Iterator[pa.Table]:
        """Evaluate an expression upon one group of buckets after another.

        Parameters
        ----------
        expr : ir.Table
            Upon :func:`clientela.features.lines.lines`; all lines of a customer come together.
        schema : pa.Schema
            Its columns.
        """
        sql = self.engine.compile(expr)
        read, groups = self.source
        for group in groups:
            self.engine.bind("transactions", read(group).transactions)
            yield self.engine.query(sql, schema)

    def gather(self, expr: ir.Table, schema: pa.Schema) -> pa.Table:
        """Evaluate an expression upon every group, the rows below each other."""
        return pa.concat_tables([pa.Table.from_batches([], schema), *self.each(expr, schema)])

    def _check_day(self, day: dt.date) -> None:
        if day > self.as_of:
            raise ValueError(f"{day} lies after {self.as_of}, the last day this history knows")


def _fill_zeros(outcome: pa.Table) -> pa.Table:
    table = outcome.sort_by(KEY)
    for position, name in enumerate(table.column_names):
        if name != KEY:
            table = table.set_column(position, name, table.column(name).fill_null(0))
    return table.select(OUTCOME.names).cast(OUTCOME)
