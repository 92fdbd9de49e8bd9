"""Where every customer stands today: member, leaving, candidate, or none of them."""

import datetime as dt
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.contract.features import find_feature
from clientela.i18n import LANGS, Lang, t
from clientela.insiders.score.arrow_schemas import MEMBERS, STATUS
from clientela.insiders.score.membership import NEVER, Days
from clientela.insiders.score.monthly_snapshots import MonthlySnapshots
from clientela.insiders.score.months import WINDOWS_DAYS, DayView, Rows
from clientela.insiders.score.rule import (
    Chosen,
    ProgrammeRule,
    RuleCondition,
    join_words,
    write_day,
    write_value,
)
from clientela.insiders.score.thresholds import pick_unit
from clientela.statistics.arrays import Doubles
from clientela.store.programme import Membership

LAST = "days_since_last"


def write_facts(
    today: DayView, rule: ProgrammeRule, rows: Sequence[int], lang: Lang, currency: str | None
) -> list[str]:
    """Describe for customers what the features of a rule amount to.

    Amounts are cut, not rounded, so that nobody seems to reach what they do not.

    Parameters
    ----------
    today : DayView
        All customers.
    rule : ProgrammeRule
        Whose features are written.
    rows : sequence of int
        The customers.
    lang : 'en' or 'pt_BR'
        The reader's language.
    currency : str or None
        ISO 4217 code of the amounts.
    """

    @cache
    def write_fact(name: str, value: float) -> str:
        if name == LAST:
            day = today.day - dt.timedelta(days=int(value))
            return t("programme.has.days_since_last", lang, day=write_day(day, lang))
        form = "one" if value == 1 else "other"
        written = write_value(name, value, lang, currency)
        return t(f"programme.has.{name}.{form}", lang, value=written)

    columns = [
        [write_fact(name, _cut(value)) for value in today.columns[name][rows].tolist()]
        for name in (condition.feature for condition in rule.conditions)
    ]
    return [join_words(parts, lang) for parts in zip(*columns, strict=True)]


def write_lacking(missing: Mapping[str, Doubles], lang: Lang, currency: str | None) -> list[str]:
    """Describe what customers lack: an amount, orders, or one more purchase."""

    def write_lack(amount: float, orders: float) -> str:
        parts = []
        if amount:
            value = write_value("revenue", amount, lang, currency)
            parts.append(t("programme.lacks.amount", lang, value=value))
        if orders:
            form = "one" if orders == 1 else "other"
            value = write_value("orders", orders, lang, currency)
            parts.append(t(f"programme.lacks.orders.{form}", lang, value=value))
        return join_words(parts or [t("programme.lacks.purchase", lang)], lang)

    amounts, orders = (_find_largest(missing, unit) for unit in ("amount", "count"))
    return [write_lack(*pair) for pair in zip(amounts, orders, strict=True)]


def _find_largest(missing: Mapping[str, Doubles], unit: str) -> list[float]:
    of_unit = [values for name, values in missing.items() if find_feature(name).unit == unit]
    nothing = np.zeros(len(next(iter(missing.values()))))
    limit: list[float] = np.max([nothing, *of_unit], axis=0).tolist()
    return limit


LITTLE = 0.25  # of a threshold: whoever lacks more is no near miss


ONE_ORDER = 0.05  # how near someone is who only has to buy again


NearMisses = tuple[Rows, dict[str, Doubles]]
"""Rows of today's view, the nearest first; and what each lacks by the next review, by feature."""


def find_near_misses(
    past: MonthlySnapshots,
    today: DayView,
    entry: ProgrammeRule,
    out: Chosen,
    *,
    limit: int,
    deadline: dt.date,
) -> NearMisses:
    """Find those who need little, and how much by the next review.

    Amounts are rounded up, to whole units where the threshold is 100 or more, else finer.
    What counts is what will still count then: of a sum over 12 months, only purchases that the
    12 months up to the deadline hold. So the amount named is enough if it comes in time, and
    returns nothing.

    Parameters
    ----------
    past : MonthlySnapshots
        Where the snapshots come from.
    today : DayView
        All customers of today.
    entry : ProgrammeRule
        What they have to meet.
    out : array of bool
        Those who cannot be candidates: members, and whoever stays away too long.
    limit : int
        How many are wanted.
    deadline : datetime.date
        The next review, by which it has to be there.
    """
    days = (deadline - today.day).days
    missing = {
        condition.feature: _lacking(past, today, condition, days) for condition in entry.conditions
    }
    parts = [
        np.where(missing[condition.feature] > 0, ONE_ORDER, 0.0)
        if condition.operator == "<="
        else missing[condition.feature] / condition.value
        for condition in entry.conditions
    ]
    distance = np.max(parts, axis=0) if parts else np.full(today.customers, np.inf)
    near = np.flatnonzero(~out & (distance > 0) & (distance <= LITTLE))
    rows: Rows = near[np.argsort(distance[near], kind="stable")][:limit]
    return rows, {name: item[rows] for name, item in missing.items()}


@dataclass(frozen=True)
class ProgrammeMembers:
    """Who belongs to the programme on a day, row by row of that day's customers.

    Before the launch it is the launch list: whoever meets the entry rule. After it, the ledger.

    Parameters
    ----------
    member : array of bool
        Those who belong to it.
    since, leaves_on : array of int
        Ordinals of days: when members entered, when those warned leave; NEVER for the others.
    launched : bool
        Whether the ledger says so; nobody on a launch list has a day of entry.
    next_review : datetime.date
        The first day on which anything can change.
    records : tuple of Membership or None
        The ledger's last record of each; empty before the launch.
    """

    member: Chosen
    since: Days
    leaves_on: Days
    launched: bool
    next_review: dt.date
    records: tuple[Membership | None, ...] = ()

    @property
    def leaving(self) -> Chosen:
        """The members who were warned."""
        warned: Chosen = self.member & (self.leaves_on != NEVER)
        return warned


def list_launch(today: DayView, entry: ProgrammeRule, next_review: dt.date) -> ProgrammeMembers:
    """Return the launch list of a day."""
    never = np.full(today.customers, NEVER)
    return ProgrammeMembers(today.choose(entry), never, never.copy(), False, next_review)


def place_members(
    ids: pa.ChunkedArray, memberships: Mapping[str, Membership], next_review: dt.date
) -> ProgrammeMembers:
    """Return the ledger's members among the customers of a day."""
    records = [memberships.get(name) for name in ids.to_pylist()]
    since = [NEVER if record is None else record.entered_on.toordinal() for record in records]
    leaves = [
        NEVER if record is None or record.leaves_on is None else record.leaves_on.toordinal()
        for record in records
    ]
    return ProgrammeMembers(
        np.array([record is not None for record in records], dtype=np.bool_),
        np.array(since, dtype=np.int64),
        np.array(leaves, dtype=np.int64),
        True,
        next_review,
        tuple(records),
    )


@dataclass(frozen=True)
class MembershipStatus:
    """Everything known of today's members and candidates.

    Parameters
    ----------
    ids : pa.ChunkedArray
        Of today's customers, sorted.
    today : DayView
        The same customers.
    members : ProgrammeMembers
        Who belongs to the programme.
    entry, exit : ProgrammeRule
        The rules in force.
    near : NearMisses or None
        None where there is no rule to come near to.
    segments : array of int
        Of today's customers.
    """

    ids: pa.ChunkedArray
    today: DayView
    members: ProgrammeMembers
    entry: ProgrammeRule
    exit: ProgrammeRule
    near: NearMisses | None
    segments: Rows

    def status(self) -> pa.Table:
        """Return the columns ``insider`` and ``insider_since`` of every customer."""
        words = np.full(self.today.customers, None, dtype=object)
        if self.near is not None:
            words[self.near[0]] = "candidate"
        words[self.members.member] = "member"
        words[self.members.leaving] = "leaving"
        since = _days(self.members.since, self.members.since != NEVER)
        return pa.table([self.ids, pa.array(words, pa.string()), since], schema=STATUS)

    def table(self, currency: str | None) -> pa.Table:
        """Return the members, those leaving and the candidates, with their reasons."""
        rows = np.concatenate([self._staying, self._leaving, self._near]).astype(np.intp)
        status = (
            ["member"] * len(self._staying)
            + ["leaving"] * len(self._leaving)
            + ["candidate"] * len(self._near)
        )
        members = self.members
        inside = members.member[rows]
        records = [members.records[row] if members.records else None for row in rows]
        reasons = [
            [
                f"{reason} {_write_tier(record, lang)}".strip()
                for reason, record in zip(self._reasons(lang, currency), records, strict=True)
            ]
            for lang in LANGS
        ]
        columns = {
            "customer_id": self.ids.take(rows),
            "status": status,
            "tier": [record and record.tier for record in records],
            "tier_since": [record and record.tier_since for record in records],
            "tier_ends_on": [record and record.tier_ends_on for record in records],
            "since": _days(members.since[rows], members.since[rows] != NEVER),
            "leaves_on": _days(members.leaves_on[rows], members.leaving[rows]),
            "segment": self.segments[rows],
            "revenue_365d": self.today.columns["revenue_365d"][rows],
            "orders_365d": self.today.columns["orders_365d"][rows].astype(np.int64),
            "days_since_last": self.today.columns["days_since_last"][rows].astype(np.int64),
            "expected_revenue": [None] * len(rows),
            "reason_en": reasons[0],
            "reason_pt_br": reasons[1],
            "missing": [None] * int(inside.sum()) + self._missing,
            "deadline": [None] * int(inside.sum()) + [members.next_review] * len(self._near),
        }
        arrays = [_array(columns[name], MEMBERS.field(name).type) for name in MEMBERS.names]
        return pa.table(arrays, schema=MEMBERS)

    @property
    def _staying(self) -> Rows:
        return self._by_revenue(np.flatnonzero(self.members.member & ~self.members.leaving))

    @property
    def _leaving(self) -> Rows:
        return self._by_revenue(np.flatnonzero(self.members.leaving))

    @property
    def _near(self) -> Rows:
        return np.zeros(0, dtype=np.intp) if self.near is None else self.near[0]

    @property
    def _missing(self) -> list[str]:
        """Write what candidates lack as JSON; who has to buy again lacks an order."""
        if self.near is None:
            return []
        lists = [values.tolist() for values in self.near[1].values()]
        names = ["orders" if name == "days_since_last" else name for name in self.near[1]]
        return [_json(names, values) for values in zip(*lists, strict=True)]

    def _by_revenue(self, rows: Rows) -> Rows:
        return rows[np.argsort(-self.today.columns["revenue_365d"][rows], kind="stable")]

    def _reasons(self, lang: Lang, currency: str | None) -> list[str]:
        writers = (self._of_members, self._of_leaving, self._of_candidates)
        return [reason for write in writers for reason in write(lang, currency)]

    def _of_members(self, lang: Lang, currency: str | None) -> Iterator[str]:
        rows = self._staying.tolist()
        enters, stays = self.today.choose(self.entry)[rows], self.today.choose(self.exit)[rows]
        day = write_day(self.members.next_review, lang)
        places = np.asarray(rows, dtype=np.intp)
        of_entry, of_exit = (
            iter(write_facts(self.today, rule, places[some].tolist(), lang, currency))
            for rule, some in ((self.entry, enters), (self.exit, ~enters))
        )
        for meets, may_stay in zip(enters, stays, strict=True):
            if meets:
                yield t("programme.reason.enters", lang, facts=next(of_entry))
            elif may_stay:
                yield t("programme.reason.stays", lang, facts=next(of_exit))
            else:
                yield t("programme.reason.below", lang, facts=next(of_exit), day=day)

    def _of_leaving(self, lang: Lang, currency: str | None) -> Iterator[str]:
        rows = self._leaving.tolist()
        ends = self.members.leaves_on[rows].tolist()
        stays = self.today.choose(self.exit) | self.today.choose(self.entry)
        review = write_day(self.members.next_review, lang)
        written = write_facts(self.today, self.exit, rows, lang, currency)
        for row, facts, end in zip(rows, written, ends, strict=True):
            if stays[row]:
                yield t("programme.reason.recovering", lang, facts=facts, day=review)
            else:
                day = write_day(dt.date.fromordinal(end), lang)
                yield t("programme.reason.leaving", lang, facts=facts, day=day)

    def _of_candidates(self, lang: Lang, currency: str | None) -> Iterator[str]:
        if self.near is None or not len(self.near[0]):
            return
        day = write_day(self.members.next_review, lang)
        for lacking in write_lacking(self.near[1], lang, currency):
            yield t("programme.reason.candidate", lang, lacking=lacking, day=day)


def _write_tier(record: Membership | None, lang: Lang) -> str:
    """Say which tier a member has, since or until when; empty without tiers."""
    if record is None or record.tier is None or record.tier_since is None:
        return ""
    key = "tier" if record.tier_ends_on is None else "tier_ends"
    day = write_day(record.tier_ends_on or record.tier_since, lang)
    return t(f"programme.reason.{key}", lang, tier=record.tier, day=day)


def _days(ordinals: Any, marks: Any) -> pa.Array:
    epoch = dt.date(1970, 1, 1).toordinal()
    days = np.where(marks, ordinals - epoch, 0).astype(np.int32)
    return pa.array(days, pa.int32(), mask=~np.asarray(marks, dtype=np.bool_)).cast(pa.date32())


def _array(values: Any, kind: pa.DataType) -> Any:
    return values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, kind)


def _json(names: list[str], values: tuple[float, ...]) -> str:
    return json.dumps({name: value for name, value in zip(names, values, strict=True) if value})


def _cut(value: float) -> float:
    unit = pick_unit(abs(value))
    return round(math.floor(round(value / unit, 6)) * unit, 4)


def _lacking(
    past: MonthlySnapshots, today: DayView, condition: RuleCondition, days: int
) -> Doubles:
    values = today.columns[condition.feature]
    if condition.feature == "days_since_last":
        return np.where(values + days > condition.value, 1.0, 0.0)
    still = values - _dropping_out(past, condition.feature, days)
    unit = pick_unit(condition.value) if find_feature(condition.feature).unit == "amount" else 1.0
    units = np.ceil(np.round((condition.value - still) / unit, 4))
    gap: Doubles = np.maximum(np.round(units * unit, 4), 0.0)
    return gap


def _dropping_out(past: MonthlySnapshots, name: str, days: int) -> Doubles:
    """Return what counts today and no longer will at the next review."""
    window = WINDOWS_DAYS[name]
    total = "revenue" if find_feature(name).unit == "amount" else "orders"
    purchases = past.purchases
    still = purchases.add_up_later(past.today - dt.timedelta(days=max(window - days, 0)), total)
    return np.round(purchases.add_up(past.today, total, window) - still, 4)
