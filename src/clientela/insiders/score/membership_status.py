"""Where every customer stands today: member, leaving, candidate, or none of them."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.i18n import LANGS, t
from clientela.insiders.score.arrow_schemas import MEMBERS, STATUS
from clientela.insiders.score.condition_words import day_text
from clientela.insiders.score.membership import Simulation
from clientela.insiders.score.near_misses import Candidates
from clientela.insiders.score.reasons import Reasons
from clientela.insiders.score.rule import Condition, Rule
from clientela.insiders.score.view import Rows, View

BY_NUMBERS = Rule((Condition("revenue_365d", ">=", 0), Condition("days_since_last", "<=", 0)))
"""Whose features describe a member where no rule chose."""


@dataclass(frozen=True)
class Standing:
    """Everything known of today's members and candidates.

    Parameters
    ----------
    ids : pa.ChunkedArray
        Of today's customers, sorted.
    today : View
        The same customers.
    run : Simulation
        Whose last review is today's.
    policy : str
        What chose the members.
    entry, exit : Rule
        The rules in force; of use where ``policy`` is 'rules'.
    near : Candidates or None
        None where there is no rule to come near to.
    segments : array of int
        Of today's customers.
    """

    ids: pa.ChunkedArray
    today: View
    run: Simulation
    policy: str
    entry: Rule
    exit: Rule
    near: Candidates | None
    segments: Rows

    def status(self) -> pa.Table:
        """Give the columns ``insider`` and ``insider_since`` of every customer."""
        words = np.full(self.today.customers, None, dtype=object)
        if self.near is not None:
            words[self.near.rows] = "candidate"
        words[self.run.member[-1]] = "member"
        words[self.run.leaving] = "leaving"
        since = _days(self.run.since, self.run.member[-1])
        return pa.table([self.ids, pa.array(words, pa.string()), since], schema=STATUS)

    def table(self, currency: str | None) -> pa.Table:
        """Give the members, those leaving and the candidates, with their reasons."""
        rows = np.concatenate([self._staying, self._leaving, self._near]).astype(np.intp)
        status = (
            ["member"] * len(self._staying)
            + ["leaving"] * len(self._leaving)
            + ["candidate"] * len(self._near)
        )
        inside = self.run.member[-1][rows]
        reasons = [self._reasons(Reasons(self.today, lang, currency)) for lang in LANGS]
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

    def _reasons(self, write: Reasons) -> list[str]:
        return [*self._of_members(write), *self._of_leaving(write), *self._of_candidates(write)]

    def _of_members(self, write: Reasons) -> Iterator[str]:
        if self.policy != "rules":
            policy = t(f"programme.policy.{self.policy}", write.lang)
            for facts in write.facts(BY_NUMBERS, self._staying.tolist()):
                yield t("programme.reason.policy", write.lang, policy=policy, facts=facts)
            return
        enters = self.today.chosen(self.entry)[self._staying]
        facts_of = write.facts(self.entry, self._staying.tolist())
        for meets, facts in zip(enters, facts_of, strict=True):
            key = "enters" if meets else "stays"
            yield t(f"programme.reason.{key}", write.lang, facts=facts)

    def _of_leaving(self, write: Reasons) -> Iterator[str]:
        rows = self._leaving.tolist()
        ends = self.run.leaves_on[rows].tolist()
        for facts, end in zip(write.facts(self.exit, rows), ends, strict=True):
            day = day_text(dt.date.fromordinal(end), write.lang)
            yield t("programme.reason.leaving", write.lang, facts=facts, day=day)

    def _of_candidates(self, write: Reasons) -> Iterator[str]:
        if self.near is None or not len(self.near.rows):
            return
        day = day_text(self.near.deadline, write.lang)
        for lacking in write.lacking(self.near.missing):
            yield t("programme.reason.candidate", write.lang, lacking=lacking, day=day)


def _days(ordinals: Any, known: Any) -> pa.Array:
    epoch = dt.date(1970, 1, 1).toordinal()
    days = np.where(known, ordinals - epoch, 0).astype(np.int32)
    return pa.array(days, pa.int32(), mask=~np.asarray(known, dtype=np.bool_)).cast(pa.date32())


def _array(values: Any, kind: pa.DataType) -> Any:
    return values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, kind)


def _json(names: list[str], values: tuple[float, ...]) -> str:
    return json.dumps({name: value for name, value in zip(names, values, strict=True) if value})
