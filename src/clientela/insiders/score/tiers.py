"""Tiers of members by the revenue of 12 months: promised, warned and lowered as memberships are.

- Whoever enters has the best tier whose amount was spent, and a better one from the review on that
  finds its amount spent.
- A member who no longer reaches the tier is warned, and falls at the first review after the grace,
  a day that the warning names, to the tier reached then; reaching it again takes the warning back.
- Data that came late reverses a warning or a fall of the last three months by a new record.
- The last tier takes all other members: nobody falls out of it.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from clientela.i18n import Lang, format_amount, t
from clientela.insiders.score.thresholds import count_places, find_amount_for
from clientela.statistics.arrays import Doubles, doubles
from clientela.store.programme import Membership

SPENT = "revenue_365d"
Tiers = Mapping[str, float]
"""Least revenue of 12 months by tier, the best first; the last holds for any."""


def is_by_amount(tiers: Tiers) -> bool:
    """Check whether tiers are stated as amounts; shares of customers are 1 at most.

    Examples
    --------
    >>> is_by_amount({"gold": 0.02, "silver": 0.1}), is_by_amount({"gold": 9000.0, "silver": 0.0})
    (False, True)
    """
    return any(value > 1.0 or value == 0.0 for value in tiers.values())


def order_tiers(tiers: Tiers) -> list[tuple[str, float]]:
    """Return the tiers, the best first: the smallest share, the largest amount.

    Examples
    --------
    >>> order_tiers({"silver": 0.1, "gold": 0.02}), order_tiers({"silver": 500.0, "gold": 900.0})
    ([('gold', 0.02), ('silver', 0.1)], [('gold', 900.0), ('silver', 500.0)])
    """
    return sorted(tiers.items(), key=lambda pair: pair[1], reverse=is_by_amount(tiers))


def find_threshold(value: float, spent: Doubles, *, by_amount: bool) -> float | None:
    """Return the amount of a tier: its own, or a readable one that its share of customers reach."""
    return value if by_amount else find_amount_for(spent, count_places(len(spent), value))


def write_tiers(tiers: Tiers, spent: Doubles) -> str | None:
    """Return tiers with their amounts as a rule version stores them; None without any.

    A tier whose amount nobody reaches is left out: it could be promised to nobody.

    Examples
    --------
    >>> write_tiers({"silver": 1.0, "gold": 0.5}, np.array([900.0, 100.0]))
    '{"gold": 110.0, "silver": 0.0}'
    """
    if not tiers:
        return None
    *upper, (last, _) = order_tiers(tiers)
    by_amount = is_by_amount(tiers)
    found = {name: find_threshold(value, spent, by_amount=by_amount) for name, value in upper}
    return json.dumps({name: value for name, value in found.items() if value} | {last: 0.0})


def read_tiers(text: str | None) -> dict[str, float]:
    """Return the tiers of a rule version, the best first; empty without any."""
    return dict(order_tiers(json.loads(text))) if text else {}


def describe_tiers(tiers: Tiers, lang: Lang, currency: str | None) -> str:
    """Say what each tier asks of a member; empty without tiers."""
    parts = [
        t("ledger.tier", lang, tier=name, amount=format_amount(amount, lang, currency))
        if amount
        else t("ledger.tier_last", lang, tier=name)
        for name, amount in tiers.items()
    ]
    return "; ".join(parts)


def reach_tiers(tiers: Tiers, snapshot: pa.Table) -> dict[str, str]:
    """Return the tier that each customer of a snapshot reaches, by id; empty without tiers."""
    if not tiers:
        return {}
    names, spent = list(tiers), doubles(snapshot, SPENT)
    amounts = np.array(list(tiers.values())[:-1])
    rank = (np.nan_to_num(spent)[:, None] < amounts).sum(axis=1)
    ids: list[str] = snapshot["customer_id"].to_pylist()
    return {customer: names[position] for customer, position in zip(ids, rank, strict=True)}


def decide_tier(
    record: Membership, reached: str | None, names: Sequence[str], *, day: dt.date, ends_on: dt.date
) -> Membership | None:
    """Decide on the tier of one member at a review; None where nothing changes.

    Parameters
    ----------
    record : Membership
        Where the member stands after the review of the membership itself.
    reached : str or None
        The tier whose amount was spent; None for a member unknown on the day.
    names : sequence of str
        Tiers of the version in force, the best first; empty where it has none.
    day, ends_on : datetime.date
        The review, and the day to announce to a member who is warned at it.
    """
    record = replace(record, recorded_on=day, other_id=None)
    if not names:
        return None if record.tier is None else _move(record, None, day, "tier_closed")
    reached = reached or names[-1]
    if record.tier not in names:
        return _move(record, reached, day, "tier_entered")
    rank, current = names.index(reached), names.index(record.tier)
    if rank < current:
        return _move(record, reached, day, "tier_entered")
    if rank == current:
        kept = replace(record, tier_warned_on=None, tier_ends_on=None, reason="tier_recovered")
        return kept if record.tier_ends_on is not None else None
    if record.tier_ends_on is None:
        return replace(record, tier_warned_on=day, tier_ends_on=ends_on, reason="tier_warned")
    return _move(record, reached, day, "tier_lowered") if record.tier_ends_on <= day else None


def _move(record: Membership, tier: str | None, day: dt.date, reason: str) -> Membership:
    since = None if tier is None else day
    return replace(
        record, tier=tier, tier_since=since, tier_warned_on=None, tier_ends_on=None, reason=reason
    )


def find_doubtful(
    records: Sequence[Membership], latest: Mapping[str, Membership], since: dt.date
) -> Iterator[tuple[dt.date, Membership]]:
    """Yield warnings that stand and falls since a day, each with the day that decided it."""
    lowered = {
        (record.customer_id, record.tier_since)
        for record in records
        if record.reason == "tier_lowered" and record.recorded_on >= since
    }
    for name, record in latest.items():
        if record.left_on is not None or record.tier is None:
            continue
        if record.tier_warned_on is not None and record.tier_warned_on >= since:
            yield record.tier_warned_on, record
        elif record.tier_since is not None and (name, record.tier_since) in lowered:
            yield record.tier_since, record


def correct_tier(
    record: Membership, reached: str | None, names: Sequence[str], day: dt.date
) -> Membership | None:
    """Reverse a warning or a fall where the day that decided it shows more spent today."""
    if reached is None or record.tier not in names:
        return None
    rank, current = names.index(reached), names.index(record.tier)
    if rank > current or (rank == current and record.tier_warned_on is None):
        return None
    corrected = replace(record, recorded_on=day, other_id=None, reason="tier_corrected")
    since = record.tier_since if rank == current else day
    return replace(
        corrected, tier=reached, tier_since=since, tier_warned_on=None, tier_ends_on=None
    )


def keep_better(
    joined: Membership, records: Sequence[Membership | None], names: Sequence[str]
) -> Membership:
    """Give the better tier of two customers who became one, with its warning."""
    current = [record for record in records if record is not None and record.tier in names]
    if not current:
        return joined
    best = min(current, key=lambda record: names.index(record.tier or ""))
    parts = ("tier", "tier_since", "tier_warned_on", "tier_ends_on")
    return replace(joined, **{name: getattr(best, name) for name in parts})
