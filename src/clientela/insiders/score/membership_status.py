"""Where every customer stands today: member, leaving, candidate, or none of them."""

import datetime as dt
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.contract.features import find_feature
from clientela.i18n import LANGS, Lang, t
from clientela.insiders.score.arrow_schemas import MEMBERS, STATUS
from clientela.insiders.score.membership import MembershipSimulation
from clientela.insiders.score.monthly_snapshots import STEP_DAYS, MonthlySnapshots
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

LAST = "days_since_last"


@dataclass(frozen=True)
class ReasonWriter:
    """Writes the sentences of one day, language and currency.

    Parameters
    ----------
    today : DayView
        All customers.
    lang : 'en' or 'pt_BR'
        The reader's language.
    currency : str or None
        ISO 4217 code of the amounts.
    """

    today: DayView
    lang: Lang
    currency: str | None

    def facts(self, rule: ProgrammeRule, rows: Sequence[int]) -> list[str]:
        """Describe for customers what the features of a rule amount to.

        Amounts are cut, not rounded, so that nobody seems to reach what they do not.
        """
        names = [condition.feature for condition in rule.conditions]
        columns = [
            [self._fact(name, value) for value in self._values(name, rows)] for name in names
        ]
        return [join_words(parts, self.lang) for parts in zip(*columns, strict=True)]

    def lacking(self, missing: Mapping[str, Doubles]) -> list[str]:
        """Describe what customers lack: an amount, orders, or one more purchase."""
        amounts = self._find_largest(missing, "amount")
        orders = self._find_largest(missing, "count")
        return [self._lack(*pair) for pair in zip(amounts, orders, strict=True)]

    def _values(self, name: str, rows: Sequence[int]) -> list[float]:
        exact: list[float] = self.today.columns[name][rows].tolist()
        return [_cut(value) for value in exact]

    def _fact(self, name: str, value: float) -> str:
        if name == LAST:
            day = self.today.day - dt.timedelta(days=int(value))
            return t("programme.has.days_since_last", self.lang, day=write_day(day, self.lang))
        form = "one" if value == 1 else "other"
        written = write_value(name, value, self.lang, self.currency)
        return t(f"programme.has.{name}.{form}", self.lang, value=written)

    def _find_largest(self, missing: Mapping[str, Doubles], unit: str) -> list[float]:
        of_unit = [values for name, values in missing.items() if find_feature(name).unit == unit]
        nothing = np.zeros(len(next(iter(missing.values()))))
        limit: list[float] = np.max([nothing, *of_unit], axis=0).tolist()
        return limit

    def _lack(self, amount: float, orders: float) -> str:
        parts = []
        if amount:
            value = write_value("revenue", amount, self.lang, self.currency)
            parts.append(t("programme.lacks.amount", self.lang, value=value))
        if orders:
            form = "one" if orders == 1 else "other"
            value = write_value("orders", orders, self.lang, self.currency)
            parts.append(t(f"programme.lacks.orders.{form}", self.lang, value=value))
        return join_words(parts or [t("programme.lacks.purchase", self.lang)], self.lang)


LITTLE = 0.25  # of a threshold: whoever lacks more is no near miss


ONE_ORDER = 0.05  # how near someone is who only has to buy again


@dataclass(frozen=True)
class NearMisses:
    """Who is near, the nearest first.

    Parameters
    ----------
    rows : array of int
        Their rows in today's view.
    missing : dict of str to array of float
        What each lacks by the deadline, by feature; 0 for nothing.
    deadline : datetime.date
        The next review, by which it has to be there.
    """

    rows: Rows
    missing: dict[str, Doubles]
    deadline: dt.date


def find_near_misses(
    past: MonthlySnapshots, today: DayView, entry: ProgrammeRule, out: Chosen, limit: int
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
    """
    missing = {
        condition.feature: _lacking(past, today, condition) for condition in entry.conditions
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
    deadline = today.day + dt.timedelta(days=STEP_DAYS)
    return NearMisses(rows, {name: item[rows] for name, item in missing.items()}, deadline)


BY_NUMBERS = ProgrammeRule(
    (RuleCondition("revenue_365d", ">=", 0), RuleCondition("days_since_last", "<=", 0))
)
"""Whose features describe a member where no rule chose."""


@dataclass(frozen=True)
class MembershipStatus:
    """Everything known of today's members and candidates.

    Parameters
    ----------
    ids : pa.ChunkedArray
        Of today's customers, sorted.
    today : DayView
        The same customers.
    run : MembershipSimulation
        Whose last review is today's.
    policy : str
        What chose the members.
    entry, exit : ProgrammeRule
        The rules in force; of use where ``policy`` is 'rules'.
    near : NearMisses or None
        None where there is no rule to come near to.
    segments : array of int
        Of today's customers.
    """

    ids: pa.ChunkedArray
    today: DayView
    run: MembershipSimulation
    policy: str
    entry: ProgrammeRule
    exit: ProgrammeRule
    near: NearMisses | None
    segments: Rows

    def status(self) -> pa.Table:
        """Return the columns ``insider`` and ``insider_since`` of every customer."""
        words = np.full(self.today.customers, None, dtype=object)
        if self.near is not None:
            words[self.near.rows] = "candidate"
        words[self.run.member[-1]] = "member"
        words[self.run.leaving] = "leaving"
        since = _days(self.run.since, self.run.member[-1])
        return pa.table([self.ids, pa.array(words, pa.string()), since], schema=STATUS)

    def table(self, currency: str | None) -> pa.Table:
        """Return the members, those leaving and the candidates, with their reasons."""
        rows = np.concatenate([self._staying, self._leaving, self._near]).astype(np.intp)
        status = (
            ["member"] * len(self._staying)
            + ["leaving"] * len(self._leaving)
            + ["candidate"] * len(self._near)
        )
        inside = self.run.member[-1][rows]
        reasons = [self._reasons(ReasonWriter(self.today, lang, currency)) for lang in LANGS]
        columns = {
            "customer_id": self.ids.take(rows),
            "status": status,
            "since": _days(self.run.since[rows], inside),
            "leaves_on": _days(self.run.leaves_on[rows], self.run.leaving[rows]),
            "segment": self.segments[rows],
            "revenue_365d": self.today.columns["revenue_365d"][rows],
            "orders_365d": self.today.columns["orders_365d"][rows].astype(np.int64),
            "days_since_last": self.today.columns["days_since_last"][rows].astype(np.int64),
            "expected_revenue": [None] * len(rows),
            "reason_en": reasons[0],
            "reason_pt_br": reasons[1],
            "missing": [None] * int(inside.sum()) + self._missing,
            "deadline": [None] * int(inside.sum()) + [self._deadline] * len(self._near),
        }
        arrays = [_array(columns[name], MEMBERS.field(name).type) for name in MEMBERS.names]
        return pa.table(arrays, schema=MEMBERS)

    @property
    def _staying(self) -> Rows:
        return self._by_revenue(np.flatnonzero(self.run.member[-1] & ~self.run.leaving))

    @property
    def _leaving(self) -> Rows:
        return self._by_revenue(np.flatnonzero(self.run.leaving))

    @property
    def _near(self) -> Rows:
        return np.zeros(0, dtype=np.intp) if self.near is None else self.near.rows

    @property
    def _deadline(self) -> dt.date | None:
        return None if self.near is None else self.near.deadline

    @property
    def _missing(self) -> list[str]:
        """Write what candidates lack as JSON; who has to buy again lacks an order."""
        if self.near is None:
            return []
        lists = [values.tolist() for values in self.near.missing.values()]
        names = ["orders" if name == "days_since_last" else name for name in self.near.missing]
        return [_json(names, values) for values in zip(*lists, strict=True)]

    def _by_revenue(self, rows: Rows) -> Rows:
        return rows[np.argsort(-self.today.columns["revenue_365d"][rows], kind="stable")]

    def _reasons(self, write: ReasonWriter) -> list[str]:
        return [*self._of_members(write), *self._of_leaving(write), *self._of_candidates(write)]

    def _of_members(self, write: ReasonWriter) -> Iterator[str]:
        if self.policy != "rules":
            policy = t(f"programme.policy.{self.policy}", write.lang)
            for facts in write.facts(BY_NUMBERS, self._staying.tolist()):
                yield t("programme.reason.policy", write.lang, policy=policy, facts=facts)
            return
        enters = self.today.choose(self.entry)[self._staying]
        facts_of = write.facts(self.entry, self._staying.tolist())
        for meets, facts in zip(enters, facts_of, strict=True):
            key = "enters" if meets else "stays"
            yield t(f"programme.reason.{key}", write.lang, facts=facts)

    def _of_leaving(self, write: ReasonWriter) -> Iterator[str]:
        rows = self._leaving.tolist()
        ends = self.run.leaves_on[rows].tolist()
        for facts, end in zip(write.facts(self.exit, rows), ends, strict=True):
            day = write_day(dt.date.fromordinal(end), write.lang)
            yield t("programme.reason.leaving", write.lang, facts=facts, day=day)

    def _of_candidates(self, write: ReasonWriter) -> Iterator[str]:
        if self.near is None or not len(self.near.rows):
            return
        day = write_day(self.near.deadline, write.lang)
        for lacking in write.lacking(self.near.missing):
            yield t("programme.reason.candidate", write.lang, lacking=lacking, day=day)


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


def _lacking(past: MonthlySnapshots, today: DayView, condition: RuleCondition) -> Doubles:
    values = today.columns[condition.feature]
    if condition.feature == "days_since_last":
        return np.where(values + STEP_DAYS > condition.value, 1.0, 0.0)
    still = values - _dropping_out(past, condition.feature)
    unit = pick_unit(condition.value) if find_feature(condition.feature).unit == "amount" else 1.0
    units = np.ceil(np.round((condition.value - still) / unit, 4))
    gap: Doubles = np.maximum(np.round(units * unit, 4), 0.0)
    return gap


def _dropping_out(past: MonthlySnapshots, name: str) -> Doubles:
    """Return what counts today and no longer will at the next review."""
    window = WINDOWS_DAYS[name]
    total = "revenue" if find_feature(name).unit == "amount" else "orders"
    still_counted = past.since(past.today - dt.timedelta(days=window - STEP_DAYS), total)
    return np.round(past.columns(past.today)[name] - still_counted, 4)
