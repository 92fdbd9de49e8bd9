"""What kept runs and records say that happened to a person, each with its day."""

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from sqlalchemy import bindparam, literal, or_, select

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.audience_queries import narrow_to_audience
from clientela.store.audience_reader import find_audience
from clientela.store.campaigns import read_campaigns
from clientela.store.earlier_runs import find_run_on, list_past
from clientela.store.filter_compile import compile_filter
from clientela.store.filter_text import read_filter
from clientela.store.reader import Reader

NAMES = "customer_id"
SEGMENT, EXPERIMENT, TAG, CAMPAIGN = "segment", "experiment", "tag", "campaign"
MOST_RUNS = 100  # by convention: three months of nights
READY, TREATMENT = "ready", "treatment"
GROUP_FILTERS = {
    "insiders": "insider in ('member', 'leaving')",
    "candidates": "insider = 'candidate'",
    "at-risk": "contact_rank is not null",
    "segment": "segment = {}",
    "action": "action = '{}'",
}
"""Who belongs to the groups of campaigns in a run, by their kinds."""
_ID: Any = bindparam("id")


class HistoryEvent(NamedTuple):
    """Something that happened to a person.

    Its kind is ``segment``, ``experiment``, ``campaign``, ``tag`` or a reason of the programme's
    ledger; it is about an experiment, campaign, tag or tier. Segments before and after are written
    as their numbers; of an experiment the arm stands as what came after, of a campaign its offer.
    """

    day: dt.date
    kind: str
    about: str | None = None
    before: str | None = None
    after: str | None = None


def read_events(reader: Reader, customer_id: str) -> list[HistoryEvent]:
    """Read what happened to a customer but orders, the latest first."""
    arms = list(_list_arms(reader, customer_id))
    events = [
        *_list_moves(reader, customer_id),
        *_list_memberships(reader, customer_id),
        *arms,
        *_list_campaigns(reader, customer_id, {str(arm.about): arm for arm in arms}),
        *_list_tags(reader, customer_id),
    ]
    return sorted(events, key=lambda event: event.day, reverse=True)


def _list_moves(reader: Reader, customer_id: str) -> Iterator[HistoryEvent]:
    """Yield changes of segment between kept runs of this past; of a day the last run counts."""
    customers = schema.customers
    past = list(list_past(reader).items())[:MOST_RUNS]
    # each run by name: the key begins with the run, and without it every customer is read
    of_runs = or_(*(customers.c.run_id == run_id for run_id, _ in past))
    query = select(customers.c.run_id, customers.c.segment).where(customers.c[NAMES] == _ID)
    rows = reader.ask(query.where(of_runs), id=customer_id)
    segments = {row["run_id"]: row["segment"] for row in rows}
    by_day = {day: segments[run_id] for run_id, day in reversed(past) if run_id in segments}
    days = sorted(by_day)
    for earlier, day in itertools.pairwise(days):
        before, after = by_day[earlier], by_day[day]
        if before != after:
            yield HistoryEvent(day, SEGMENT, None, _write_number(before), _write_number(after))


def _write_number(segment: object) -> str | None:
    return None if segment is None else str(segment)


def _list_memberships(reader: Reader, customer_id: str) -> Iterator[HistoryEvent]:
    table = schema.programme_memberships
    query = select(table.c.recorded_on, table.c.reason, table.c.tier)
    query = query.where(table.c[NAMES] == _ID).order_by(table.c.position.desc())
    for row in reader.ask(query, id=customer_id):
        tier = cast("str | None", row["tier"])
        yield HistoryEvent(cast(dt.date, row["recorded_on"]), str(row["reason"]), tier)


def _list_arms(reader: Reader, customer_id: str) -> Iterator[HistoryEvent]:
    members, experiments = schema.experiment_members, schema.experiments
    query = (
        select(experiments.c.name, experiments.c.as_of, members.c.arm, members.c.starts_on)
        .join_from(members, experiments, members.c.experiment_id == experiments.c.experiment_id)
        .where(members.c[NAMES] == _ID)
    )
    for row in reader.ask(query, id=customer_id):
        day = cast(dt.date, row["starts_on"] or row["as_of"])
        yield HistoryEvent(day, EXPERIMENT, str(row["name"]), None, str(row["arm"]))


def _list_campaigns(
    reader: Reader, customer_id: str, arms: Mapping[str, HistoryEvent]
) -> Iterator[HistoryEvent]:
    """Yield begun campaigns that were for a customer, with the offer; none that left them alone.

    Where an experiment measures one, its arms say whom it was for.
    """
    past, today = list_past(reader), dt.datetime.now(dt.UTC).date()
    for campaign in read_campaigns(reader):
        arm = arms.get(str(campaign["experiment"]))
        day = cast("dt.date | None", arm.day if arm else campaign["starts_on"])
        if day is None or day > max(today, *past.values()):
            continue
        if campaign["experiment"] is not None:
            is_meant = arm is not None and arm.after == TREATMENT
        else:
            is_meant = campaign["state"] == READY and _was_in_group(
                reader, customer_id, str(campaign["customer_group"]), find_run_on(past, day)
            )
        if is_meant:
            offer = cast("str | None", campaign["offer"])
            yield HistoryEvent(day, CAMPAIGN, str(campaign["title"]), None, offer)


def _was_in_group(reader: Reader, customer_id: str, group: str, run_id: str | None) -> bool:
    """Check whether a customer belonged to a campaign's group in a run that is kept."""
    if run_id is None:
        return False
    kind, _, part = group.partition(":")
    customers, run = schema.customers, literal(run_id)
    try:
        if kind == "audience":
            audience = find_audience(reader, part)
            narrowed = narrow_to_audience(
                audience, customers, run, reader.dialect, frozen=audience.frozen
            )
        else:
            tree = read_filter(GROUP_FILTERS[kind].format(part))
            narrowed = [compile_filter(tree, customers, reader.dialect, run)]
    except (InputError, KeyError):  # the audience is gone, or nobody said for whom
        return False
    query = select(customers.c[NAMES]).where(
        customers.c.run_id == run, customers.c[NAMES] == _ID, *narrowed
    )
    return bool(reader.ask(query, id=customer_id))


def _list_tags(reader: Reader, customer_id: str) -> Iterator[HistoryEvent]:
    """Yield the tags that a customer has, by the day on which each was given."""
    tags, changes = schema.customer_tags, schema.list_changes
    query = (
        select(tags.c.tag, changes.c.changed_at)
        .join_from(tags, changes, tags.c.change_id == changes.c.change_id)
        .where(tags.c[NAMES] == _ID, tags.c.removed_in.is_(None))
    )
    for row in reader.ask(query, id=customer_id):
        yield HistoryEvent(cast(dt.datetime, row["changed_at"]).date(), TAG, str(row["tag"]))
