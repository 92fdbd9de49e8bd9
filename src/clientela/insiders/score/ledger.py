"""The ledger's step: what the reviews due up to a day add to the memberships so far.

- Reviews fall on fixed calendar days. Days missed since the last one are caught up, each by the
  snapshot of its own day, so that it does not matter when a run comes.
- Whoever meets the entry rule at a review enters. A member who meets the conditions to stay, stays.
- A member who does not is warned, and leaves at the first review after the grace, a day that the
  warning names; meeting the conditions again by then takes the warning back.
- Data that came late reverses a warning or a leaving of the last three months by a new record,
  where the same day's snapshot would decide otherwise today. An entry is never taken back: such a
  member is warned like any other.
- Tiers, where a version has any, are decided after the memberships, by the same days and grace.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

import pyarrow as pa

from clientela.config import Programme
from clientela.insiders.score.monthly_snapshots import KEY
from clientela.insiders.score.rule import ProgrammeRule
from clientela.insiders.score.tiers import (
    correct_tier,
    decide_tier,
    find_doubtful,
    keep_better,
    reach_tiers,
    read_tiers,
)
from clientela.store.programme import Membership, ProgrammeLedger, Review, RuleVersion

SnapshotAt = Callable[[dt.date], pa.Table]

# Months between two reviews, by what the words mean.
MONTHS = {"month": 1, "quarter": 3}
CORRECTED_DAYS = 92  # by convention: after three months a decision stands, whatever data comes


def find_next_review(settings: Programme, after: dt.date) -> dt.date:
    """Return the first day on which members are reviewed after a day.

    Examples
    --------
    >>> find_next_review(Programme(review_day=5), dt.date(2011, 12, 5))
    datetime.date(2012, 1, 5)
    >>> find_next_review(Programme(review_every="quarter"), dt.date(2011, 11, 20))
    datetime.date(2012, 1, 1)
    """
    if settings.review_every == "week":
        return after + dt.timedelta(days=7 - after.weekday())
    months, month = MONTHS[settings.review_every], 12 * after.year + after.month - 1
    if after.day >= settings.review_day or month % months:
        month += months - month % months
    return dt.date(month // 12, month % 12 + 1, settings.review_day)


def announce_leaving(settings: Programme, warned_on: dt.date, grace_days: int) -> dt.date:
    """Return the day a member warned on a day leaves: the first review after the grace."""
    return find_next_review(settings, warned_on + dt.timedelta(days=max(grace_days - 1, 0)))


def launch_programme(
    rule: RuleVersion, snapshot: pa.Table, day: dt.date, spellings: Mapping[str, str]
) -> ProgrammeLedger:
    """Enter the launch list: who meets the entry rule of a version on a day."""
    sources = _group_sources(spellings)
    reached = reach_tiers(read_tiers(rule.tiers), snapshot)
    records = [
        Membership(
            recorded_on=day,
            customer_id=customer,
            entered_on=day,
            tier=reached.get(customer),
            tier_since=day if reached else None,
            rule_version=rule.version,
            reason="launched",
            source_ids=sources.get(customer, ()),
        )
        for customer in sorted(_choose(rule.entry, snapshot))
    ]
    count = len(records)
    review = Review(reviewed_on=day, rule_version=rule.version, members=count, entered=count)
    return ProgrammeLedger(records=tuple(records), reviews=(review,))


def advance_ledger(
    ledger: ProgrammeLedger,
    as_of: dt.date,
    snapshot_at: SnapshotAt,
    settings: Programme,
    spellings: Mapping[str, str] | None = None,
) -> ProgrammeLedger:
    """Hold the reviews due up to a day and follow the identities known by then.

    Parameters
    ----------
    ledger : ProgrammeLedger
        Rules in force and all records so far.
    as_of : datetime.date
        The day of the run. Before the launch, or before the ledger's last day, nothing is added.
    snapshot_at : callable
        Returns the customers as known at the end of a day, with the features of the rules.
    settings : Programme
        When members are reviewed.
    spellings : mapping of str to str, optional
        Each id that is written otherwise than its customer's, to that customer.
    """
    step, last = ProgrammeLedger(), ledger.last_day
    if not ledger.is_launched(as_of) or last is None or as_of < last:
        return step
    reviewed_on = ledger.reviews[-1].reviewed_on
    while (day := _find_next_review(ledger, reviewed_on, settings)) <= as_of:
        part = _review(ledger, day, snapshot_at, settings, spellings or {})
        ledger, step, reviewed_on = part.add_to(ledger), part.add_to(step), day
    identities = _follow_identities(ledger, as_of, snapshot_at, spellings or {})
    return ProgrammeLedger(records=tuple(identities)).add_to(step)


def _find_next_review(ledger: ProgrammeLedger, after: dt.date, settings: Programme) -> dt.date:
    """Return the next calendar day, or a day announced to a member before the calendar changed."""
    announced = (
        day
        for record in ledger.members_at(dt.date.max).values()
        for day in (record.leaves_on, record.tier_ends_on)
        if day is not None and day > after
    )
    return min([find_next_review(settings, after), *announced])


def _review(
    ledger: ProgrammeLedger,
    day: dt.date,
    snapshot_at: SnapshotAt,
    settings: Programme,
    spellings: Mapping[str, str],
) -> ProgrammeLedger:
    rule = ledger.rule_at(day)
    if rule is None:
        return ProgrammeLedger()
    snapshot = snapshot_at(day)
    enters = _choose(rule.entry, snapshot)
    stays = _choose(rule.exit, snapshot) | enters
    records = list(_correct(ledger, day, snapshot_at))
    latest = ledger.latest_records(day) | {record.customer_id: record for record in records}
    sources = _group_sources(spellings)
    leaves_on = announce_leaving(settings, day, rule.grace_days)
    for customer in sorted(latest.keys() | enters):
        record = _decide(
            latest.get(customer),
            customer,
            day=day,
            leaves_on=leaves_on,
            enters=customer in enters,
            stays=customer in stays,
        )
        if record is not None:
            spelt = sources.get(customer, ())
            records.append(replace(record, rule_version=rule.version, source_ids=spelt))
    review = _count(ledger, records, day, rule)
    ledger = ProgrammeLedger(records=tuple(records)).add_to(ledger)
    records += _review_tiers(ledger, day, snapshot_at, rule, leaves_on)
    return ProgrammeLedger(records=tuple(records), reviews=(review,))


def _review_tiers(
    ledger: ProgrammeLedger,
    day: dt.date,
    snapshot_at: SnapshotAt,
    rule: RuleVersion,
    ends_on: dt.date,
) -> Iterator[Membership]:
    """Yield what late data and the day's revenue change in the tiers of the members."""
    tiers, members = read_tiers(rule.tiers), ledger.members_at(day)
    if not tiers and all(record.tier is None for record in members.values()):
        return
    for record in _correct_tiers(ledger, day, snapshot_at):
        members[record.customer_id] = record
        yield record
    reached = reach_tiers(tiers, snapshot_at(day))
    for customer, record in sorted(members.items()):
        change = decide_tier(record, reached.get(customer), list(tiers), day=day, ends_on=ends_on)
        if change is not None:
            yield replace(change, rule_version=rule.version)


def _correct_tiers(
    ledger: ProgrammeLedger, day: dt.date, snapshot_at: SnapshotAt
) -> Iterator[Membership]:
    """Yield the tiers that late data gives back, each day's snapshot read once."""
    since, latest = day - dt.timedelta(days=CORRECTED_DAYS), ledger.members_at(day)
    decided: dict[tuple[dt.date, int], list[Membership]] = {}
    for on, record in find_doubtful(ledger.records, latest, since):
        decided.setdefault((on, record.rule_version), []).append(record)
    for (on, version), records in sorted(decided.items()):
        tiers = read_tiers(ledger.version(version).tiers)
        reached = reach_tiers(tiers, snapshot_at(on))
        for record in records:
            spent = reached.get(record.customer_id)
            if change := correct_tier(record, spent, list(tiers), day):
                yield change


def _decide(
    record: Membership | None,
    customer: str,
    *,
    day: dt.date,
    leaves_on: dt.date,
    enters: bool,
    stays: bool,
) -> Membership | None:
    """Decide on one customer; None where nothing changes."""
    if record is None or record.left_on is not None:
        entry = Membership(
            recorded_on=day, customer_id=customer, entered_on=day, rule_version=0, reason="entered"
        )
        return entry if enters else None
    record = replace(record, recorded_on=day, other_id=None)
    if stays:
        recovered = replace(record, warned_on=None, leaves_on=None, reason="recovered")
        return recovered if record.leaves_on is not None else None
    if record.leaves_on is None:
        return replace(record, warned_on=day, leaves_on=leaves_on, reason="warned")
    return replace(record, left_on=day, reason="left") if record.leaves_on <= day else None


def _correct(
    ledger: ProgrammeLedger, day: dt.date, snapshot_at: SnapshotAt
) -> Iterator[Membership]:
    """Reverse what late data shows to be wrong: leavings first, then warnings."""
    since = day - dt.timedelta(days=CORRECTED_DAYS)
    decided: dict[tuple[dt.date, int], list[Membership]] = {}
    for record in ledger.latest_records(day).values():
        on = record.left_on if record.reason == "left" else record.warned_on
        open_or_left = record.left_on is None or record.reason == "left"
        if on is not None and on >= since and open_or_left:
            decided.setdefault((on, record.rule_version), []).append(record)
    for (on, version), records in sorted(decided.items()):
        rule, snapshot = ledger.version(version), snapshot_at(on)
        stays = _choose(rule.exit, snapshot) | _choose(rule.entry, snapshot)
        for record in records:
            if record.customer_id in stays:
                reason = "reinstated" if record.left_on else "unwarned"
                yield replace(
                    record,
                    recorded_on=day,
                    warned_on=None,
                    leaves_on=None,
                    left_on=None,
                    other_id=None,
                    reason=reason,
                )


def _count(
    ledger: ProgrammeLedger, records: Sequence[Membership], day: dt.date, rule: RuleVersion
) -> Review:
    reasons = Counter(record.reason for record in records)
    members = ProgrammeLedger(records=tuple(records)).add_to(ledger).members_at(day)
    return Review(
        reviewed_on=day,
        rule_version=rule.version,
        members=len(members),
        entered=reasons["entered"],
        warned=reasons["warned"],
        recovered=reasons["recovered"],
        left=reasons["left"],
        corrected=reasons["reinstated"] + reasons["unwarned"],
    )


def _follow_identities(
    ledger: ProgrammeLedger,
    as_of: dt.date,
    snapshot_at: SnapshotAt,
    spellings: Mapping[str, str],
) -> list[Membership]:
    """Carry memberships over where two customers became one, or one became two."""
    members = ledger.members_at(as_of)
    moved = {
        name: {spellings.get(source, source) for source in (name, *record.source_ids)} - {name}
        for name, record in members.items()
    }
    if not any(moved.values()):
        return []
    customers, sources = set(snapshot_at(as_of)[KEY].to_pylist()), _group_sources(spellings)
    changes: dict[str, Membership] = {}
    rule = ledger.rule_at(as_of)
    tiers = list(read_tiers(rule.tiers if rule else None))
    for name in sorted(moved):
        joined, joins = sorted(moved[name] & customers), name not in customers and name in spellings
        if not joined or (name in spellings and not joins):
            continue
        record, reason = members[name], "joined" if joins else "split"
        for other in joined:
            existing = changes.get(other) or members.get(other)
            if existing is None or joins:
                changes[other] = replace(
                    keep_better(_keep_earlier(record, existing), (record, existing), tiers),
                    recorded_on=as_of,
                    customer_id=other,
                    reason=reason,
                    other_id=name,
                    source_ids=sources.get(other, ()),
                )
        changes[name] = replace(
            record,
            recorded_on=as_of,
            left_on=None if name in customers else as_of,
            reason=reason,
            other_id=joined[0],
            source_ids=sources.get(name, ()),
        )
    return list(changes.values())


def _keep_earlier(record: Membership, other: Membership | None) -> Membership:
    """Return the earlier entry of two, with a warning only where both carry one: the later day."""
    if other is None:
        return record
    earlier = min(record, other, key=lambda entry: entry.entered_on)
    if record.leaves_on is None or other.leaves_on is None:
        return replace(earlier, warned_on=None, leaves_on=None)
    later = max(record, other, key=lambda entry: entry.leaves_on or dt.date.min)
    return replace(earlier, warned_on=later.warned_on, leaves_on=later.leaves_on)


def _group_sources(spellings: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for source, customer in spellings.items():
        groups.setdefault(customer, []).append(source)
    return {customer: tuple(sorted(sources)) for customer, sources in groups.items()}


def _choose(rule: str, snapshot: pa.Table) -> AbstractSet[str]:
    mask = ProgrammeRule.from_json(rule).choose(snapshot)
    chosen: Iterable[str] = snapshot[KEY].filter(pa.array(mask)).to_pylist()
    return set(chosen)
