"""How long customers stay away between purchases, counted over the whole firm."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from clientela.features.history import History
from clientela.features.lines import sales


class Silence(NamedTuple):
    """What followed when customers were silent for some days.

    ``returns`` and ``longer_returns`` count the silences that a purchase ended, all and those
    longer than ``days``; ``silent`` counts all those longer. Of the ``asked`` customers who bought
    in the ``2 x days`` before the day that lies ``days`` before the history's end, ``left`` did not
    buy in those days.
    """

    days: int
    returns: int
    longer_returns: int
    silent: int
    asked: int
    left: int


COUNTS = ("returns", "longer_returns", "silent", "asked", "left")


def count_silences(history: History, lengths: Sequence[int]) -> list[Silence]:
    """Count for each length what followed on silences of that many days, up to ``as_of``.

    Parameters
    ----------
    history : History
        The firm's past; nothing after its ``as_of`` counts.
    lengths : sequence of int
        Days of silence.
    """
    spells = _spells(history.as_of)
    named = {
        f"{name}_{days}": counted
        for days in lengths
        for name, counted in _counts(spells, days).items()
    }
    schema = pa.schema([(name, pa.int64()) for name in named])
    totals = dict.fromkeys(named, 0)
    for part in history.each(spells.aggregate(**named), schema):
        row = part.to_pylist()[0]
        totals = {name: total + (row[name] or 0) for name, total in totals.items()}
    return [Silence(days, *(totals[f"{name}_{days}"] for name in COUNTS)) for days in lengths]


def _spells(as_of: dt.date) -> ir.Table:
    """Return each purchase day with the days to the next, or to the end where there is none."""
    days = sales(as_of).select("customer_id", "day").distinct()
    window = ibis.window(group_by=days.customer_id, order_by=days.day)
    days = days.mutate(following=days.day.lead().over(window))
    until = ibis.coalesce(days.following, ibis.literal(as_of))
    return days.select(
        ended=days.following.notnull(),
        length=until.delta(days.day, unit="day"),
        age=ibis.literal(as_of).delta(days.day, unit="day"),
    )


def _counts(spells: ir.Table, days: int) -> dict[str, ir.IntegerScalar]:
    longer = spells.length > days
    left_on = spells.age - spells.length  # days from the end of the spell to the last day known
    straddles = (spells.age >= days) & ((left_on < days) | ~spells.ended)
    in_question = straddles & (spells.age < 3 * days)
    return {
        "returns": spells.ended.sum(),
        "longer_returns": (spells.ended & longer).sum(),
        "silent": longer.sum(),
        "asked": in_question.sum(),
        "left": (in_question & ~spells.ended).sum(),
    }
